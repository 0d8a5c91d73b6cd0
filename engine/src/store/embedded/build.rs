//! How is a state built from sorted entries, with no look at what is there?
//!
//! For import into an empty store, restore and rebuild. Pages are filled up and written in key
//! order. The new state is built beside the old one and takes its place by renaming.

#[cfg(test)]
use std::path::Path;

use std::sync::Arc;

use crate::journal::{Disk, Position};
use crate::store::overlay::Change;
use crate::store::{Row, StoreError};

use super::cache::Space;
use super::folder::Folder;
#[cfg(test)]
use super::folder::Unmarked;
use super::history;
use super::open::{beside, open_tree};
use super::options::StoreOptions;
use super::pack::{Filling, between};
use super::page::{Entry, Leaf, Press};
use super::pages::{Chain, OLDEST, Pages, marked};
use super::tree::failed;

/// Pages of one batch.
const BATCH: usize = 256;

/// An entry of a state that is built: since when it holds, and until when if it holds no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) row: Row,
    pub(crate) since: Position,
    pub(crate) until: Option<Position>,
}

/// Builds the state of the store in `dir` anew and puts it in the place of the old one.
///
/// `entries` holds what is current, in key order, then what was overwritten or deleted, by key and
/// then by the position until which it held. `folded` is the position that they describe and the
/// hash of the entry there, `oldest` the oldest position that they describe whole.
#[cfg(test)]
pub(crate) fn rebuild_state<E: From<StoreError>>(
    dir: &Path,
    options: &StoreOptions,
    entries: impl Iterator<Item = Result<Kept, E>>,
    folded: (Position, Chain),
    oldest: Position,
) -> Result<(), E> {
    let folder = Folder::open(dir, Unmarked::Refuse, options.pid)?;
    let disk: Arc<dyn Disk> = Arc::new(crate::journal::RealDisk);
    build_state((&folder, &disk), options, entries, folded, oldest)
}

pub(super) fn build_state<E: From<StoreError>>(
    (folder, disk): (&Folder, &Arc<dyn Disk>),
    options: &StoreOptions,
    entries: impl Iterator<Item = Result<Kept, E>>,
    (folded, chain): (Position, Chain),
    oldest: Position,
) -> Result<(), E> {
    let engine = folder.engine.unwrap_or(options.state_engine);
    beside(folder, |new| -> Result<(), E> {
        let pages = Pages::new(open_tree(engine, disk, new)?, 0);
        pages.build(entries)?;
        pages.tree().apply(vec![marked(&OLDEST, oldest)])?;
        pages.mark_folded(folded, chain)?;
        Ok(pages.close()?)
    })
}

impl Pages {
    /// Fills an empty tree.
    pub(super) fn build<E: From<StoreError>>(
        &self,
        entries: impl Iterator<Item = Result<Kept, E>>,
    ) -> Result<(), E> {
        let mut build = Build {
            pages: self,
            press: Press::new(),
            batch: Vec::new(),
            space: Space::Current,
            last: None,
            filling: Filling::default(),
            rows: Vec::new(),
        };
        for entry in entries {
            build.take(entry?)?;
        }
        build.end_page();
        Ok(build.write()?)
    }
}

struct Build<'a> {
    pages: &'a Pages,
    press: Press,
    batch: Vec<Change>,
    space: Space,
    /// The last key of the page before, if there is one in this space.
    last: Option<Vec<u8>>,
    filling: Filling,
    rows: Vec<(Vec<u8>, u64, Vec<u8>)>,
}

impl Build<'_> {
    fn take(&mut self, kept: Kept) -> Result<(), StoreError> {
        let (key, value) = kept.row;
        let (space, key) = match kept.until {
            None => (Space::Current, key),
            Some(until) => (Space::History, history::key_until(&key, until.get())),
        };
        if space != self.space {
            if space == Space::Current {
                return Err(failed("it was built from history before current entries"));
            }
            self.end_page();
            self.space = space;
            self.last = None;
        }
        let before = self.rows.last().map(|(key, ..)| key);
        if before
            .or(self.last.as_ref())
            .is_some_and(|last| *last >= key)
        {
            return Err(failed("it was built from entries that are not in order"));
        }
        let first = self.rows.first().map_or(&key, |(first, ..)| first);
        if !self.filling.takes(first, &key, &value) {
            self.end_page();
            if self.batch.len() >= BATCH {
                self.write()?;
            }
            self.filling.takes(&key, &key, &value);
        }
        self.rows.push((key, kept.since.get(), value));
        Ok(())
    }

    fn end_page(&mut self) {
        self.filling = Filling::default();
        let Some((first, ..)) = self.rows.first() else {
            return;
        };
        let fence = match &self.last {
            Some(last) => between(last, first.clone()),
            None => Vec::new(),
        };
        let entries: Vec<Entry<'_>> = self
            .rows
            .iter()
            .map(|(key, since, value)| Entry::new(key, *since, value))
            .collect();
        let stored = self.press.stored(&Leaf::encode(&entries));
        self.batch.push((self.space.tree_key(&fence), Some(stored)));
        self.last = self.rows.pop().map(|(key, ..)| key);
        self.rows.clear();
    }

    fn write(&mut self) -> Result<(), StoreError> {
        self.pages.tree().apply(std::mem::take(&mut self.batch))
    }
}
