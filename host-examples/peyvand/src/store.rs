//! Which store does a command work on, and may it make one?

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use chrono::FixedOffset;
use peyvand::{Actor, Engine, EngineBuilder, Locale, Session};

use crate::fault::Fault;
use crate::progress::Progress;

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

/// Whom `--as` names.
static ACTING: OnceLock<String> = OnceLock::new();

/// From here on, everything is asked and done as this user.
pub(crate) fn act_as(user: &str) {
    // It is said once, on the command line.
    ACTING.set(user.to_owned()).ok();
}

/// A session of the user whom `--as` names, or of the program.
pub(crate) fn session(engine: &Engine) -> Result<Session, Fault> {
    Ok(match ACTING.get() {
        Some(user) => engine.session_as(Actor::User(crate::social::user_of(engine, user)?)),
        None => engine.session(),
    })
}

/// Opens the store, does the work and closes it, so that errors of closing are told too.
pub(crate) fn with<T>(
    dir: &Path,
    need: Need,
    work: impl FnOnce(&Engine) -> Result<T, Fault>,
) -> Result<T, Fault> {
    with_settings(dir, need, |builder| builder, work)
}

/// The same of a store that is opened with other settings.
pub(crate) fn with_settings<T>(
    dir: &Path,
    need: Need,
    settings: impl FnOnce(EngineBuilder) -> EngineBuilder,
    work: impl FnOnce(&Engine) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let scratch = (need == Need::Any && is_absent(dir)).then(Scratch::new);
    let place = scratch.as_ref().map_or(dir, |scratch| scratch.0.as_path());
    if need == Need::Existing && is_absent(dir) {
        return Err(Fault::NoStore(dir.to_owned()));
    }
    let create = need == Need::Created || scratch.is_some();
    // Beside the store and in no backup of it.
    let builder = Engine::builder(place)
        .create(create)
        .code_cache(place.join("compiled"));
    let engine = opened(place, settings(builder))?;
    let done = work(&engine);
    let closed = engine.close();
    let done = done?;
    closed?;
    Ok(done)
}

/// From where the one who asks looks at stores: by which clock, in which language.
static LOOKING: OnceLock<(Option<FixedOffset>, Option<Locale>)> = OnceLock::new();

/// Says so once, before a store is opened.
pub(crate) fn look_from(zone: Option<FixedOffset>, locale: Option<Locale>) {
    LOOKING.get_or_init(|| (zone, locale));
}

fn looked_at(mut builder: EngineBuilder) -> EngineBuilder {
    let (zone, locale) = LOOKING.get().copied().unwrap_or_default();
    if let Some(zone) = zone {
        builder = builder.zone(zone);
    }
    match locale {
        Some(locale) => builder.locale(locale),
        None => builder,
    }
}

/// Opens the store, and tells on stderr how far it is when its state has to be built anew, and that it was.
pub(crate) fn opened(dir: &Path, builder: EngineBuilder) -> peyvand::Result<Engine> {
    let lost = dir.join("journal").is_dir() && !dir.join("state").exists();
    let progress = Mutex::new(Progress::of("entries"));
    let tell = move |told| {
        let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.follow(told);
    };
    let engine = looked_at(builder).progress(tell).open()?;
    if let Some(aside) = engine.set_aside() {
        // A lost warning is no reason to stop.
        writeln!(io::stderr().lock(), "{}", rebuilt(dir, aside)).ok();
    } else if lost {
        writeln!(io::stderr().lock(), "{}", missing(dir)).ok();
    }
    Ok(engine)
}

fn rebuilt(dir: &Path, aside: &Path) -> String {
    format!(
        "warning: the state of {} could not be used and was built again from the journal; nothing is lost. What was wrong with it can be looked into in {}: look at the disk, then delete that folder",
        dir.display(),
        aside.display()
    )
}

fn missing(dir: &Path) -> String {
    format!(
        "warning: the state of {} was missing and was built again from the journal; nothing is lost",
        dir.display()
    )
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_state_that_cannot_be_used_is_built_again_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("crm");
        opened(&dir, Engine::builder(&dir))
            .unwrap()
            .close()
            .unwrap();
        std::fs::write(dir.join("state/conf"), "nothing that was written").unwrap();
        let engine = opened(&dir, Engine::builder(&dir).create(false)).unwrap();
        let aside = engine.set_aside().unwrap();
        assert_eq!(aside, dir.join("state.failed-1"));
        let said = rebuilt(&dir, aside);
        assert!(
            said.contains("state.failed-1") && said.contains("delete"),
            "{said}"
        );
    }
}
