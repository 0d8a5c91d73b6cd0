//! Is compiled code loaded only where it was kept, whole and by this compiler?

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::engine::Engine;

const SECRET: [u8; 32] = [7; 32];

fn cache(folder: &Path) -> Arc<CodeCache> {
    Arc::new(CodeCache::in_folder(folder.to_owned(), SECRET))
}

/// The one file of code in a folder.
fn file(folder: &Path) -> PathBuf {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut code = entries.filter(|path| path.extension().is_some_and(|end| end == "code"));
    let found = code.next().expect("code is kept");
    assert_eq!(code.next(), None);
    found
}

/// A folder with the code of a component in it.
fn kept() -> (tempfile::TempDir, Vec<u8>, blake3::Hash, Runtime) {
    let folder = tempfile::tempdir().unwrap();
    let bytes = computing(&patching(0, 0, 42));
    let hash = blake3::hash(&bytes);
    let place = folder.path().join("code");
    let runtime = Runtime::new().unwrap().with_cache(Some(cache(&place)));
    runtime.loaded_or_compiled(hash, &bytes).unwrap();
    (folder, bytes, hash, runtime)
}

#[test]
fn what_was_kept_is_loaded_by_another_engine_of_the_folder() {
    let (folder, _, hash, runtime) = kept();
    let place = folder.path().join("code");
    // The folder has its key by now; a later secret is not taken.
    let later = CodeCache::in_folder(place.clone(), [8; 32]);
    assert!(later.load(runtime.engine(), hash).is_some());
    assert_eq!(later.fault(), None);
    assert!(
        later
            .load(runtime.engine(), blake3::hash(b"another"))
            .is_none()
    );
}

#[test]
fn what_was_changed_cut_or_forged_is_never_loaded_and_is_written_again() {
    let (folder, bytes, hash, runtime) = kept();
    let place = folder.path().join("code");
    let path = file(&place);
    let good = fs::read(&path).unwrap();
    let changed = |at: usize| {
        let mut changed = good.clone();
        changed[at] ^= 1;
        changed
    };
    let places = [0, 31, 32, 33, good.len() / 2, good.len() - 1];
    let mut forgeries: Vec<Vec<u8>> = places.map(changed).into();
    forgeries.extend([0, 31, 32, good.len() - 1].map(|end| good[..end].to_vec()));
    forgeries.push([&good[..], b"more"].concat());
    // With the tag of another key.
    let other = tempfile::tempdir().unwrap();
    let elsewhere = CodeCache::in_folder(other.path().join("code"), [9; 32]);
    let component = runtime.component(&bytes).unwrap();
    elsewhere.keep(runtime.engine(), hash, &component);
    forgeries.push(fs::read(file(&other.path().join("code"))).unwrap());
    for forged in forgeries {
        fs::write(&path, &forged).unwrap();
        assert!(cache(&place).load(runtime.engine(), hash).is_none());
        runtime.loaded_or_compiled(hash, &bytes).unwrap();
        assert!(cache(&place).load(runtime.engine(), hash).is_some());
    }
}

#[test]
fn code_of_another_compiler_or_component_is_not_taken_for_this_one() {
    let (folder, _, hash, runtime) = kept();
    let place = folder.path().join("code");
    let other = wasmtime::Engine::new(wasmtime::Config::new().cranelift_nan_canonicalization(true))
        .unwrap();
    let cache = cache(&place);
    assert!(cache.load(&other, hash).is_none());
    // Its own component is beside it; neither passes under the other's name.
    let mine = file(&place);
    let component =
        wasmtime::component::Component::from_binary(&other, &computing(&patching(0, 0, 1)));
    let theirs = blake3::hash(b"theirs");
    cache.keep(&other, theirs, &component.unwrap());
    assert!(cache.load(&other, theirs).is_some());
    let entries = fs::read_dir(&place)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let path = entries
        .filter(|path| path.extension().is_some_and(|end| end == "code"))
        .find(|path| *path != mine)
        .unwrap();
    fs::copy(&path, &mine).unwrap();
    assert!(cache.load(runtime.engine(), hash).is_none());
}

#[cfg(unix)]
#[test]
fn the_folder_is_its_users_alone_or_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, _, hash, runtime) = kept();
    let place = folder.path().join("code");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&place), mode(&place.join("key"))), (0o700, 0o600));
    assert_eq!(mode(&file(&place)), 0o600);
    for (path, open) in [(place.clone(), 0o750), (place.join("key"), 0o604)] {
        let before = mode(&path);
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        let refused = cache(&place);
        assert!(refused.load(runtime.engine(), hash).is_none());
        assert!(refused.fault().unwrap().contains("not this user's alone"));
        fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
    }
    assert!(cache(&place).load(runtime.engine(), hash).is_some());
}

#[test]
fn a_component_is_compiled_once_for_all_engines_of_the_process() {
    let bytes = computing(&patching(0, 0, 4_242));
    let first = Runtime::new().unwrap().component(&bytes).unwrap();
    assert!(Arc::ptr_eq(
        &first,
        &Runtime::new().unwrap().component(&bytes).unwrap()
    ));
    // Also when many others came in between: as long as somebody uses it, it is the same.
    for number in 0..40 {
        Runtime::new()
            .unwrap()
            .component(&computing(&patching(0, 0, number)))
            .unwrap();
    }
    assert!(Arc::ptr_eq(
        &first,
        &Runtime::new().unwrap().component(&bytes).unwrap()
    ));
}

#[test]
fn a_store_keeps_the_code_of_its_plugins_where_the_embedder_says() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("code");
    let open = || Engine::in_memory().code_cache(&place).open().unwrap();
    assert!(!place.exists(), "who has no plugins has no folder");
    let engine = open();
    engine
        .session()
        .install_unsigned_plugin(&computing(&patching(0, 0, 777)), Json::Null)
        .unwrap();
    assert_eq!(engine.code_cache_fault(), None);
    assert!(file(&place).exists());
}
