//! Does everything hold where several changes come together: in one commit, or by two writers at once?

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{account, by_filter, checked, create, joined, list, members, memory, set};
use crate::record::RecordId;
use crate::write::Request;

#[test]
fn two_segments_of_one_commit_are_not_made_of_each_other() {
    let session = memory();
    let one = account(&session, "افق", "retail");
    by_filter(&session, "retail", "industry[eq]:retail");
    list(&session, "vip");
    let ids = ["a", "b", "c"].map(|key| joined(&session, key, "union", &["retail", "vip"]));
    let made_of = |place: usize, of: [&str; 2]| Request::update(ids[place], json!({"made_of": of}));
    let circle = [
        made_of(0, ["b", "vip"]),
        made_of(1, ["c", "vip"]),
        made_of(2, ["a", "vip"]),
    ];
    let error = session.commit(circle).unwrap_err();
    assert!(error.to_string().contains("made of itself"), "{error}");
    for key in ["a", "b", "c"] {
        assert_eq!(members(&session, key), set(&[one]), "{key}");
    }
    let chain = [made_of(0, ["b", "vip"]), made_of(1, ["c", "vip"])];
    let _ = session.commit(chain).unwrap();
    assert_eq!(members(&session, "a"), set(&[one]));
    checked(&session);
}

#[test]
fn a_segment_does_not_go_in_the_commit_that_makes_another_one_of_it() {
    let session = memory();
    let one = account(&session, "شركة النور", "retail");
    let retail = by_filter(&session, "retail", "industry[eq]:retail");
    list(&session, "vip");
    let fields = json!({"key": "u", "name": "u", "object": "account", "kind": "union", "made_of": ["retail", "vip"]});
    let delete = || Request::Delete {
        id: retail,
        revision: None,
    };
    for requests in [
        [Request::create("segment", fields.clone()), delete()],
        [delete(), Request::create("segment", fields)],
    ] {
        let error = session.commit(requests).unwrap_err();
        assert!(
            error.to_string().contains("'u' is to be made of it"),
            "{error}"
        );
    }
    assert_eq!(members(&session, "retail"), set(&[one]));
    assert!(session.segment("u").is_err());
    checked(&session);
}

struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn who_is_put_on_a_list_while_another_one_changes_him_is_in_the_right_segments() {
    let session = memory();
    let ids: Vec<RecordId> = (0..8)
        .map(|_| account(&session, "پارس", "energy"))
        .collect();
    by_filter(&session, "retail", "industry[eq]:retail");
    list(&session, "vip");
    joined(&session, "either", "union", &["retail", "vip"]);
    joined(&session, "both", "intersection", &["retail", "vip"]);
    joined(&session, "rest", "difference", &["vip", "retail"]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Whoever fails here must not leave the other one writing for ever.
        let _ended = Ended(&done);
        let writer = scope.spawn(|| {
            let session = session.engine().session();
            let mut rounds = 0;
            while rounds < 20 || !done.load(Ordering::SeqCst) {
                for industry in ["retail", "energy"] {
                    for id in &ids {
                        let _ = session.update(*id, json!({"industry": industry})).unwrap();
                    }
                }
                rounds += 1;
            }
        });
        for _ in 0..20 {
            for id in &ids {
                session.add_to_segment("vip", [*id]).unwrap();
            }
            session
                .remove_from_segment("vip", ids.iter().copied())
                .unwrap();
        }
        session
            .add_to_segment("vip", ids[..6].iter().copied())
            .unwrap();
        done.store(true, Ordering::SeqCst);
        writer.join().unwrap();
    });
    for id in &ids[..3] {
        let _ = session.update(*id, json!({"industry": "retail"})).unwrap();
    }
    assert_eq!(members(&session, "either"), set(&ids[..6]));
    assert_eq!(members(&session, "both"), set(&ids[..3]));
    assert_eq!(members(&session, "rest"), set(&ids[3..6]));
    create(
        &session,
        "account",
        json!({"name": "ت", "industry": "retail"}),
    );
    assert_eq!(members(&session, "either").len(), 7);
    checked(&session);
}
