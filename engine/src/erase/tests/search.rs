//! Which files of a store hold a text, packed or not?

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::journal::{Journal, LeafContent, OpenWith, Position, RealDisk};
use crate::locale::fold_text;
use crate::store::{StateEngine, contents, kept};

/// Finds texts in bytes.
pub(super) struct Search {
    pub(super) needles: Vec<Vec<u8>>,
    pub(super) found: BTreeMap<usize, Vec<String>>,
}

impl Search {
    pub(super) fn new(needles: &[&str]) -> Self {
        let mut needles: Vec<Vec<u8>> = needles
            .iter()
            .flat_map(|text| [(*text).to_owned(), fold_text(text)])
            .map(String::into_bytes)
            .collect();
        needles.dedup();
        Search {
            needles,
            found: BTreeMap::new(),
        }
    }

    fn look(&mut self, place: &str, bytes: &[u8]) {
        for (number, needle) in self.needles.iter().enumerate() {
            // Most places do not even have the first byte.
            let (first, length) = (needle[0], needle.len());
            let mut from = 0;
            while let Some(at) = bytes[from..].iter().position(|byte| *byte == first) {
                let start = from + at;
                if bytes.get(start..start + length) == Some(needle) {
                    self.found.entry(number).or_default().push(place.to_owned());
                    break;
                }
                from = start + 1;
            }
        }
    }

    /// Every file as it is, and everything that is packed in it.
    pub(super) fn store(&mut self, dir: &Path, state: StateEngine) {
        self.files(dir);
        self.journal(&dir.join("journal"));
        contents(&dir.join("state"), state, &mut |bytes| {
            self.look("state", bytes)
        })
        .unwrap();
        for path in kept::newest_first(&RealDisk, &dir.join(kept::FOLDER)) {
            self.checkpoint(&path);
        }
    }

    /// The same of a backup, whose files have the names of a store's and a hash behind.
    pub(super) fn backup(&mut self, dir: &Path) {
        self.files(dir);
        let journal = tempfile::tempdir().unwrap();
        for file in fs::read_dir(dir.join("files")).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            match name.ends_with(".ckpt") {
                true => self.checkpoint(&path),
                false if name == "content.list" => {}
                false => {
                    fs::copy(&path, journal.path().join(name)).unwrap();
                }
            }
        }
        self.journal(journal.path());
    }

    fn files(&mut self, dir: &Path) {
        for file in fs::read_dir(dir).unwrap() {
            let path = file.unwrap().path();
            match path.is_dir() {
                true => self.files(&path),
                false => self.look(&path.display().to_string(), &fs::read(&path).unwrap()),
            }
        }
    }

    fn journal(&mut self, dir: &Path) {
        let journal = Journal::open(dir, OpenWith::existing(Arc::new(RealDisk))).unwrap();
        let all = journal.visit(Position::START, journal.head(), |entry| {
            let leaves = entry.leaves.into_iter().filter_map(|leaf| leaf.content);
            let common = LeafContent {
                asked: entry.asked,
                results: entry.results,
                released: Vec::new(),
            };
            for part in leaves.chain([common]) {
                self.look("journal", &part.asked);
                for (key, value) in &part.results {
                    self.look("journal", key);
                    self.look("journal", value.as_deref().unwrap_or_default());
                }
            }
            std::ops::ControlFlow::Continue(())
        });
        all.unwrap();
    }

    fn checkpoint(&mut self, path: &Path) {
        for row in kept::open(&RealDisk, path).unwrap() {
            let (key, value) = row.unwrap();
            self.look("checkpoint", &key);
            self.look("checkpoint", &value);
        }
    }
}
