//! Does the tour tell what it promises, and is what it tells in the store?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn what_is_no_store_is_never_emptied() {
    let dir = std::env::temp_dir().join(format!("peyvand-demo-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    assert!(make_room(&dir, false).is_ok(), "an empty directory is fine");
    for name in ["FORMAT", "letter.txt"] {
        std::fs::write(dir.join(name), "mine").unwrap();
    }
    for fresh in [false, true] {
        assert!(matches!(
            make_room(&dir, fresh),
            Err(DemoError::Taken { store: false, .. })
        ));
    }
    assert!(dir.join("letter.txt").exists());
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(
        make_room(&dir, false).is_ok(),
        "what is not there yet is fine"
    );
}
