//! Which store does a command work on, and may it make one?

use std::path::{Path, PathBuf};

use peyvand::Engine;

use crate::fault::Fault;

/// What a command needs of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// It must be there: a typo in --dir makes no empty store.
    Existing,
    /// It is made where there is none.
    Created,
    /// Where there is none, an empty one in a temporary folder answers, and is thrown away.
    Any,
}

/// Opens the store, does the work and closes it, so that errors of closing are told too.
pub(crate) fn with<T>(
    dir: &Path,
    need: Need,
    work: impl FnOnce(&Engine) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let scratch = (need == Need::Any && is_absent(dir)).then(Scratch::new);
    let place = scratch.as_ref().map_or(dir, |scratch| scratch.0.as_path());
    if need == Need::Existing && is_absent(dir) {
        return Err(Fault::NoStore(dir.to_owned()));
    }
    let create = need == Need::Created || scratch.is_some();
    let engine = Engine::builder(place).create(create).open()?;
    let done = work(&engine);
    let closed = engine.close();
    let done = done?;
    closed?;
    Ok(done)
}

/// Whether there is nothing at a path, or an empty folder.
pub(crate) fn is_absent(dir: &Path) -> bool {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// A folder that goes when the work is done.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("peyvand-scratch-{}", std::process::id())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left behind is a few kilobytes in the folder for such things.
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A path here or in a folder further up.
pub(crate) fn further_up(path: &Path) -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors()
        .map(|folder| folder.join(path))
        .find(|found| found.exists())
}
