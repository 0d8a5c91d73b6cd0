//! What every test starts from: an engine whose clock, ids and zone are fixed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Utc};
use peyvand::{Engine, EngineBuilder, FixedClock, RecordId, SeededIds, Session};
use serde_json::Value as Json;

/// Noon of a working day in Tehran.
pub(crate) fn noon() -> DateTime<Utc> {
    "2026-03-25T08:30:00Z".parse().unwrap()
}

pub(crate) fn fixed(builder: EngineBuilder) -> (EngineBuilder, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at(noon()));
    let builder = builder
        .clock(clock.clone())
        .ids(Arc::new(SeededIds::new(7)))
        .zone(FixedOffset::east_opt(3 * 3600 + 1800).unwrap());
    (builder, clock)
}

pub(crate) fn memory() -> Session {
    fixed(Engine::in_memory()).0.open().unwrap().session()
}

pub(crate) fn on_disk(dir: &Path) -> Session {
    fixed(Engine::builder(dir)).0.open().unwrap().session()
}

pub(crate) fn create(session: &Session, object: &str, fields: Json) -> RecordId {
    session.create(object, fields).unwrap().id().unwrap()
}

/// (code, field) of every failure, in order.
pub(crate) fn codes(error: &peyvand::Error) -> Vec<(String, Option<String>)> {
    error
        .failures()
        .iter()
        .map(|failure| (failure.code.clone(), failure.field.clone()))
        .collect()
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// What tests may be skipped for want of: data sets, and a database. The gate starts a database, and forbids to skip for
/// want of data where the data is there.
const MAY_SKIP: &str = include_str!("../../.ci/may-skip");

/// Real data beside the repository; `None` after saying so, where it is not there.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    assert!(
        MAY_SKIP.lines().any(|listed| listed == name),
        "{name} is not listed in .ci/may-skip, so its tests may not depend on it"
    );
    let path = root().parent()?.join("shared/data").join(name);
    if !path.exists() {
        assert!(
            std::env::var_os("PEYVAND_NO_SKIPS").is_none(),
            "{} is not there, and no test may be skipped",
            path.display()
        );
        eprintln!("skipped: ../shared/data/{name} is not there");
        return None;
    }
    Some(path)
}

/// The connection string of a PostgreSQL for tests; `None` after saying so, where `PEYVAND_POSTGRES` names none.
pub(crate) fn server() -> Option<String> {
    assert!(MAY_SKIP.lines().any(|listed| listed == "postgresql"));
    let url = std::env::var("PEYVAND_POSTGRES").ok();
    if url.is_none() {
        assert!(
            std::env::var_os("PEYVAND_NO_SKIPS").is_none(),
            "PEYVAND_POSTGRES is not set, and no test may be skipped"
        );
        eprintln!("skipped: PEYVAND_POSTGRES names no database; `.ci/postgres start` makes one");
    }
    url
}

/// A file that a variable of the environment names; `None` after saying so, where it is not set.
pub(crate) fn optional_file(variable: &str, listed: &str) -> Option<PathBuf> {
    assert!(MAY_SKIP.lines().any(|line| line == listed));
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        assert!(
            std::env::var_os("PEYVAND_NO_SKIPS").is_none(),
            "{variable} is not set, and no test may be skipped"
        );
        eprintln!("skipped: {variable} names no file");
    }
    path
}

/// The component of a plugin: as it is kept in `plugins/dist`, or as the gate built it from source.
pub(crate) fn component(id: &str) -> Vec<u8> {
    let built = std::env::var_os("PEYVAND_DIST").map(PathBuf::from);
    let path = built
        .unwrap_or_else(|| root().join("plugins/dist"))
        .join(format!("{id}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; `peyvand plugin build` makes it",
            path.display()
        )
    })
}
