//! Does an audit tell everything, and is it seen when it does not?

use peyvand::{Position, Query, read_audit};
use serde_json::{Value as Json, json};

use super::house::House;

fn lines(text: &[u8]) -> Vec<Json> {
    let text = std::str::from_utf8(text).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn an_audit_tells_who_changed_and_who_saw_and_no_values() {
    let house = House::new();
    let secret = json!({"name": "راز", "owner": "sara", "confidential": true});
    let secret = house.make("account", secret);
    let before = house.engine().position();
    let sara = house.as_user(house.sara);
    let _ = sara
        .update(secret, json!({"description": "گنج در باغ است"}))
        .unwrap();
    assert!(sara.get(secret).is_ok());
    let boss = house.as_user(house.boss);
    let _ = boss.export(&Query::new("account")).unwrap();
    let mut text = Vec::new();
    let audit = boss.audit(before, None, &mut text).unwrap();
    assert_eq!(read_audit(&text).unwrap(), audit);
    assert_eq!(
        (audit.after, audit.made_by.as_str()),
        (before.get(), house.boss.to_string().as_str())
    );
    let lines = lines(&text);
    assert_eq!(lines.len() as u64, 2 + audit.changes + audit.looks);
    let mine = &lines[1]["change"];
    assert_eq!(mine["actor"], house.sara.to_string());
    assert_eq!(mine["records"][0]["fields"], json!(["description"]));
    let looks: Vec<_> = lines
        .iter()
        .filter(|line| line["look"].is_object())
        .collect();
    let saw = |user, kind: &str| {
        let by =
            |line: &&&Json| line["look"]["user"] == json!(user) && line["look"]["kind"] == kind;
        looks.iter().filter(by).count()
    };
    assert_eq!(saw(house.sara.to_string(), "view"), 1);
    assert_eq!(saw(house.boss.to_string(), "export"), 1);
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains("گنج") && !text.contains("راز"));
    assert!(sara.audit(before, None, &mut Vec::new()).is_err());
}

#[test]
fn a_line_that_is_gone_changed_moved_or_added_is_found() {
    let house = House::new();
    for name in ["فولاد", "نفت", "بیمه"] {
        house.make("account", json!({"name": name}));
    }
    let mut text = Vec::new();
    let boss = house.as_user(house.boss);
    let audit = boss.audit(Position::START, None, &mut text).unwrap();
    assert!(audit.changes > 3);
    let whole = String::from_utf8(text).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let damaged = |lines: &[&str]| {
        let text = lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>();
        read_audit(text.as_bytes()).unwrap_err().to_string()
    };
    for place in 0..lines.len() {
        let mut without = lines.clone();
        without.remove(place);
        let told = damaged(&without);
        assert!(told.contains(&format!("line {} ", place + 1)), "{told}");
        let mut twice = lines.clone();
        twice.insert(place, lines[place]);
        damaged(&twice);
        let changed = lines[place].replace(&house.boss.to_string(), &house.sara.to_string());
        if changed != lines[place] {
            let mut other = lines.clone();
            other[place] = &changed;
            damaged(&other);
        }
    }
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    damaged(&swapped);
    for end in 0..whole.len() {
        assert!(read_audit(&whole.as_bytes()[..end]).is_err());
    }
    assert!(read_audit(b"{}\n").is_err() && read_audit(&[0xff]).is_err());
    // A part of it is another audit, which says so.
    let half = Position::from_number(audit.until / 2);
    let mut text = Vec::new();
    let part = boss.audit(Position::START, Some(half), &mut text).unwrap();
    assert_eq!(part.until, half.get());
    assert!(part.changes < audit.changes && read_audit(&text).unwrap() == part);
}
