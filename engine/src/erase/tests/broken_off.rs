//! Does an erasing that could not go on come to its end, and leave nothing behind until then?

use std::path::Path;

use super::*;

/// What of a store was half made.
fn half_made(crm: &Path) -> Vec<PathBuf> {
    let within = |folder: &str| fs::read_dir(crm.join(folder)).into_iter().flatten();
    let files = ["", "journal", "checkpoints", "content"].into_iter();
    let paths = files.flat_map(within).map(|file| file.unwrap().path());
    paths
        .filter(|path| path.to_string_lossy().ends_with(".new"))
        .collect()
}

#[test]
fn an_erasing_that_a_full_disk_broke_off_is_ended_once_there_is_room() {
    let mut refused = 0;
    for room in (0..).map(|step| step * 3_000) {
        let place = Place::new();
        let faults = Faults::new();
        let opened = || {
            let builder = Engine::builder(place.path("crm")).faults(&faults);
            builder
                .ids(Arc::new(SeededIds::new(11)))
                .background(false)
                .open()
        };
        let engine = opened().unwrap();
        let (erased, kept, _) = two(&engine.session());
        crowd(&engine.session(), 60);
        engine.keep_checkpoint(&mut |_| {}).unwrap();
        engine.inner.backend.fold().unwrap();
        // Nothing of it is done but what begins it.
        faults.fail(Call::Create, 2, Fault::DiskFull);
        engine.session().erase([erased]).unwrap_err();
        drop(engine);
        for _ in 0..2 {
            faults.fill_after(room);
            let Err(error) = opened() else { break };
            let told = error.to_string();
            assert!(told.contains("an erasing that was begun"), "{room}: {told}");
            assert!(told.contains("no space is left"), "{room}: {told}");
            assert_eq!(half_made(&place.path("crm")), [] as [PathBuf; 0], "{room}");
            refused += 1;
        }
        let ended = faults.failed() == 1;
        faults.mend();
        let engine = opened().unwrap();
        assert!(engine.check().unwrap().ok);
        assert!(engine.session().get(kept).is_ok());
        let pending = Register::of(&engine).unwrap().unwrap().pending().count();
        assert_eq!(pending, 0, "{room}");
        engine.close().unwrap();
        let mut gone = ERASED.search();
        gone.store(&place.path("crm"), place.state);
        assert_eq!(gone.found, BTreeMap::new(), "{room}");
        assert!(!place.path("crm").join("state.failed-1").exists());
        if ended {
            break;
        }
    }
    assert!(refused > 3, "{refused}");
}

#[test]
fn an_erasing_that_meets_a_damaged_state_is_ended_by_the_open_after() {
    let place = Place::new();
    let (engine, erased, kept) = small(&place);
    engine.session().erase([erased]).unwrap();
    engine.close().unwrap();
    let crm = place.path("crm");
    let register = fs::read_to_string(crm.join("ERASED")).unwrap();
    fs::write(crm.join("ERASED"), register.replace(" erased", "")).unwrap();
    // Somewhere in the history, which nobody reads but who copies all of it.
    let pages = crm.join("state/pages.data");
    let mut bytes = fs::read(&pages).unwrap();
    let last = bytes.len() - 2_000;
    bytes[last..last + 1_000].fill(7);
    fs::write(&pages, bytes).unwrap();
    let opened = || Engine::builder(&crm).background(false).open();
    let told = opened().err().unwrap().to_string();
    assert!(told.contains("the state is then rebuilt"), "{told}");
    assert_eq!(half_made(&crm), [] as [PathBuf; 0]);
    let engine = opened().unwrap();
    assert!(engine.session().get(kept).is_ok());
    assert!(engine.check().unwrap().ok);
    let register = Register::of(&engine).unwrap().unwrap();
    assert_eq!(register.pending().count(), 0);
    assert!(!crm.join("state.failed-1").exists());
}
