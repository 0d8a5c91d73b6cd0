//! Are files kept as long as anything names them, and no longer, whatever happens on the way?

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod keeping;
mod refusing;
mod rotting;

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tempfile::TempDir;

use super::place::path_of;
use super::*;
use crate::context::{Clock, FixedClock};
use crate::engine::{Engine, EngineBuilder};
use crate::error::ErrorKind;
use crate::journal::{Call, Fault, Faults};
use crate::record::ContentHash;
use crate::session::fixture::create;
use crate::write::Request;

/// A store in a folder, with a clock that stands still and a disk that fails on demand.
struct Shop {
    folder: TempDir,
    clock: Arc<FixedClock>,
    faults: Faults,
}

fn noon() -> DateTime<Utc> {
    "2026-03-25T08:30:00Z".parse().unwrap()
}

impl Shop {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(FixedClock::at(noon())),
            faults: Faults::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn content(&self) -> PathBuf {
        self.path("shop").join(FOLDER)
    }

    fn builder(&self, name: &str) -> EngineBuilder {
        Engine::builder(self.path(name))
            .clock(self.clock.clone())
            .faults(&self.faults)
            .background(false)
    }

    fn open(&self) -> Engine {
        self.builder("shop").open().unwrap()
    }

    /// The files of the store's content, by their names from its folder on.
    fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.content()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        let name = path.strip_prefix(self.content()).unwrap();
                        found.push(name.display().to_string());
                    }
                }
            }
        }
        found.retain(|name| name != "ORPHANS");
        found.sort();
        found
    }

    fn path_of(&self, file: &FileRef) -> PathBuf {
        path_of(&self.content(), &file.hash)
    }

    fn later(&self, days: i64) {
        self.clock.set(self.clock.now() + TimeDelta::days(days));
    }
}

fn put(session: &Session, name: &str, bytes: &[u8]) -> FileRef {
    session.put_file(name, None, &mut &*bytes).unwrap()
}

fn add(session: &Session, file: &FileRef, to: &[RecordId]) -> RecordId {
    session
        .add_document(file, json!({}), to)
        .unwrap()
        .id()
        .unwrap()
}

fn read(session: &Session, id: RecordId) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    session
        .open_file(id, "file")
        .unwrap()
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn assert_whole(engine: &Engine) {
    let checked = engine.check().unwrap();
    assert!(checked.ok && checked.files_ok, "{:?}", checked.problems);
}

/// Bytes that are longer than a piece and do not repeat.
fn long(seed: u64) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    let mut bytes = vec![0; 2 * super::place::PIECE + 4321];
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}
