//! Is nothing lost that was acknowledged, whichever call of the disk fails?

#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::engine::Engine;
use crate::journal::{Call, Fault, Faults};
use crate::record::RecordId;

/// Opens, writes until something fails, and gives what was acknowledged.
fn work(dir: &std::path::Path, faults: &Faults) -> Vec<RecordId> {
    let Ok(engine) = Engine::builder(dir).faults(faults).open() else {
        return Vec::new();
    };
    let session = engine.session();
    let mut kept = Vec::new();
    for number in 0..4 {
        let fields = json!({"name": format!("account {number}")});
        let written = session.create("account", fields);
        kept.extend(written.and_then(|committed| committed.id()));
    }
    kept
}

#[test]
fn whichever_call_fails_the_acknowledged_is_there_after_the_next_open() {
    for call in [Call::Create, Call::Write, Call::Sync, Call::Rename] {
        for stays_broken in [false, true] {
            let mut more = 0;
            loop {
                let dir = tempfile::tempdir().unwrap();
                let faults = Faults::new();
                faults.stay_broken(stays_broken);
                faults.fail(call, more, Fault::Torn(11));
                let kept = work(dir.path(), &faults);
                let engine = Engine::open(dir.path()).unwrap();
                for id in kept {
                    engine.session().get(id).unwrap();
                }
                assert!(engine.check().unwrap().ok);
                if faults.failed() == 0 {
                    break;
                }
                more += 1;
            }
            assert!(more > 0, "{call:?} never comes");
        }
    }
}
