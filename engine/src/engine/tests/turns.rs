//! Does somebody who reads much come to his commit while others write without a pause?

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::query::Filter;
use crate::record::RecordId;
use crate::session::fixture::{create, memory};
use crate::write::Request;

/// Tells the others that it is over, also where something failed.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn who_is_overtaken_too_often_is_waited_for() {
    let session = memory();
    let account = |number: u32| {
        let industry = match number.is_multiple_of(2) {
            true => "retail",
            false => "energy",
        };
        Request::create(
            "account",
            json!({"name": format!("پارس {number}"), "industry": industry}),
        )
    };
    let made = session.commit((0..2_000).map(account)).unwrap();
    let ids: Vec<RecordId> = made.outcomes.iter().filter_map(|made| made.id).collect();
    let (over, begun) = (AtomicBool::new(false), Barrier::new(3));
    std::thread::scope(|scope| {
        let _over = Over(&over);
        for part in 0..2 {
            let (engine, ids, over, begun) = (session.engine(), &ids, &over, &begun);
            scope.spawn(move || {
                let session = engine.session();
                let mine = ids.iter().skip(part).step_by(2).cycle();
                begun.wait();
                for (id, employees) in mine.zip(1..) {
                    if over.load(Ordering::SeqCst) {
                        break;
                    }
                    let _ = session
                        .update(*id, json!({"employees": employees}))
                        .unwrap();
                }
            });
        }
        begun.wait();
        // It judges all accounts, in a commit for which nothing at all may be written meanwhile.
        let segment = json!({"key": "retail", "name": "خرده‌فروشی", "object": "account", "kind": "filter", "filter": "industry[eq]:retail"});
        create(&session, "segment", segment);
    });
    let members = Filter::parse("segment[in]:retail").unwrap();
    assert_eq!(session.count("account", &members).unwrap(), 1_000);
    let checked = session.engine().check().unwrap();
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
}
