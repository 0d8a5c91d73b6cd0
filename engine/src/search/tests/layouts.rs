//! Is a name found that was typed on the wrong keyboard layout?

use super::*;
use crate::locale::KeyboardLayout;

/// Names as they are typed on an English layout by who means a Persian one.
const WRONG: [(&str, &str); 12] = [
    ("محمد", "lpln"),
    ("سارا", "shvh"),
    ("رضایی", "vqhdd"),
    ("گلناز", "'gkhc"),
    ("کاوه", ";h,i"),
    ("چنگیز", "]k'dc"),
    ("آبتین", "Hfjdk"),
    ("ژاله", "Chgi"),
    ("پروین", "mv,dk"),
    ("جمشید", "[ladn"),
    ("ذبیح", "bfdp"),
    ("مؤمن", "lAlk"),
];

#[test]
fn names_typed_on_the_wrong_layout_are_offered_and_marked() {
    let session = memory();
    for (name, _) in WRONG {
        contact(&session, name);
    }
    for (name, typed) in WRONG {
        let hits = found(&session, typed).hits;
        assert_eq!(hits[0].title, name, "{typed}");
        let read_as = hits[0].read_as.as_ref().unwrap();
        assert_eq!(read_as.0, KeyboardLayout::Persian, "{typed}");
    }
    contact(&session, "acme");
    let hits = found(&session, "شزپث").hits;
    assert_eq!(
        hits[0].read_as,
        Some((KeyboardLayout::Latin, "acme".to_owned()))
    );
}

#[test]
fn what_was_typed_comes_before_what_the_keys_may_mean() {
    let session = memory();
    for name in ["محمد", "lpln", "lplnx"] {
        contact(&session, name);
    }
    let hits = found(&session, "lpln").hits;
    let told: Vec<_> = hits
        .iter()
        .map(|hit| (hit.title.as_str(), hit.read_as.is_some()))
        .collect();
    assert_eq!(told, [("lpln", false), ("lplnx", false), ("محمد", true)]);
    for number in 0..5 {
        contact(&session, &format!("lpln {number}"));
    }
    let hits = found(&session, "lpln").hits;
    assert!(hits.iter().all(|hit| hit.read_as.is_none()), "{hits:?}");
}
