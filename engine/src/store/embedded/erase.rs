//! How does everything that holds values of a record leave the files of a store?
//!
//! First all that was committed is folded: once the journal does not say any longer that a record
//! was deleted, no state and no checkpoint may be left in which it was not. Then checkpoints, then
//! the journal are written anew without it, then the state. The engines of the state keep old bytes
//! in their files, so its pages are copied into a new one, which takes the place of the old. Page
//! keys are made anew on the way, for they are beginnings of keys of entries.
//!
//! A crash anywhere leaves a store that is whole; what is left to do is done by doing it again.

use std::collections::BTreeSet;
use std::io;
use std::ops::Bound;
use std::path::Path;

use crate::journal::Subject;
use crate::store::locks::{lock, read, write};
use crate::store::overlay::Change;
use crate::store::{Backend, Progress, StoreError, kept, spaces};

use super::cache::Space;
use super::folder::Folder;
use super::open::{open_tree, remove};
use super::pack::between;
use super::page::{Entry, Leaf, Press};
use super::pages::Pages;
use super::tree::{Tree, failed};
use super::{EmbeddedBackend, history};

/// Pages of one batch.
const BATCH: usize = 256;
/// How often progress is told, in pages.
const TOLD_EVERY: u64 = 4096;

type Tell<'a> = &'a mut dyn FnMut(Progress);

impl EmbeddedBackend {
    pub(super) fn erase_everywhere(
        &self,
        subjects: &BTreeSet<Subject>,
        tell: Tell<'_>,
    ) -> Result<u64, StoreError> {
        self.fold()?;
        kept::erase(self.journal.disk().as_ref(), &self.checkpoints(), subjects)?;
        let erased = self.journal.erase(subjects, |done, total| {
            let (done, total) = (done as u64, total as u64);
            tell(Progress::new(done, total, "journal segments gone through"));
        })?;
        let _folding = lock(&self.folding);
        // The less is left in memory, the shorter the next open.
        self.fold_all()?;
        let folder = lock(&self.folder);
        let folder = folder.as_ref().ok_or(StoreError::Closed)?;
        self.rewrite_state(folder, subjects, tell)?;
        folder.remove_set_aside()?;
        Ok(erased)
    }

    /// Copies the state without what is erased, and goes on with the copy.
    fn rewrite_state(
        &self,
        folder: &Folder,
        subjects: &BTreeSet<Subject>,
        tell: Tell<'_>,
    ) -> Result<(), StoreError> {
        let engine = folder.engine.unwrap_or_default();
        let new = folder.new_state();
        remove(&new)?;
        let pages = read(&self.layers).pages()?.clone();
        let disk = self.journal.disk();
        let copied = open_tree(engine, disk, &new).and_then(|tree| {
            let mut copy = Copy::new(tree.as_ref(), subjects);
            match copy.all_of(pages.tree(), tell) {
                // It is the state that was to be copied which failed: nothing but a rebuild helps.
                Err(error) if copy.reading => self.noted(Err(error)),
                Err(error) => Err(of_the_copy(error, &new)),
                Ok(()) => tree.close().map_err(|error| of_the_copy(error, &new)),
            }
        });
        if copied.is_err() {
            // Half of a copy is of no use, and it may be what fills the disk.
            drop(remove(&new));
            return copied;
        }
        let cache = pages.cache().limit();
        drop(pages);

        // From here on readers and writers wait.
        let mut layers = write(&self.layers);
        let old = layers.pages.take().ok_or(StoreError::Closed)?;
        let opened = old
            .close()
            .and_then(|()| folder.swap_state())
            .and_then(|()| Ok(Pages::new(open_tree(engine, disk, &folder.state())?, cache)));
        match opened {
            Ok(pages) => layers.pages = Some(pages),
            Err(error) => {
                // Where the system refused, the next open goes on with the one state that is there.
                return self.noted_write(Err(error));
            }
        }
        Ok(())
    }
}

/// A copy that fails says nothing of the state that it is made of.
fn of_the_copy(error: StoreError, new: &Path) -> StoreError {
    match error {
        StoreError::StateFailed { why } => {
            StoreError::io("copying the state to", new, io::Error::other(why))
        }
        other => other,
    }
}

/// A copy of the pages of a tree on its way.
struct Copy<'a> {
    to: &'a dyn Tree,
    subjects: &'a BTreeSet<Subject>,
    press: Press,
    batch: Vec<Change>,
    /// What is no page; it says what the pages hold and so comes last.
    marks: Vec<Change>,
    /// The last key of the page before, in its space.
    last: Option<(Space, Vec<u8>)>,
    /// Whether the page that it is at is being read, and not written.
    reading: bool,
}

impl<'a> Copy<'a> {
    fn new(to: &'a dyn Tree, subjects: &'a BTreeSet<Subject>) -> Self {
        Copy {
            to,
            subjects,
            press: Press::new(),
            batch: Vec::new(),
            marks: Vec::new(),
            last: None,
            reading: false,
        }
    }

    fn all_of(&mut self, from: &dyn Tree, tell: Tell<'_>) -> Result<(), StoreError> {
        let mut at: Option<Vec<u8>> = None;
        let mut done = 0;
        loop {
            let bound = at.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            self.reading = true;
            let Some((key, bytes)) = from.first_after(bound)? else {
                break;
            };
            match Space::of(&key) {
                Some(space) => self.page(space, bytes)?,
                None => self.marks.push((key.clone(), Some(bytes))),
            }
            at = Some(key);
            done += 1;
            if done % TOLD_EVERY == 0 {
                tell(Progress::new(done, 0, "pages of the state written"));
            }
        }
        self.reading = false;
        self.write()?;
        self.to.sync()?;
        self.to.apply(std::mem::take(&mut self.marks))?;
        self.to.sync()
    }

    fn page(&mut self, space: Space, bytes: Vec<u8>) -> Result<(), StoreError> {
        let leaf = Leaf::read(&bytes).map_err(failed)?;
        self.reading = false;
        let mut entries: Vec<Entry<'_>> = (0..leaf.len()).map(|at| leaf.entry(at)).collect();
        entries.retain(|entry| !self.is_erased(space, entry));
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
            return Ok(());
        };
        let fence = match &self.last {
            Some((before, last)) if *before == space => between(last, first.key()),
            _ => Vec::new(),
        };
        self.last = Some((space, last.key()));
        let stored = match entries.len() == leaf.len() {
            true => bytes,
            false => self.press.stored(&Leaf::encode(&entries)),
        };
        self.batch.push((space.tree_key(&fence), Some(stored)));
        match self.batch.len() < BATCH {
            true => Ok(()),
            false => self.write(),
        }
    }

    fn is_erased(&self, space: Space, entry: &Entry<'_>) -> bool {
        let key = match space {
            Space::Current => Some(entry.key()),
            Space::History => history::original(&entry.key()),
        };
        let owner = key.and_then(|key| spaces::owner(&key, entry.value));
        owner.is_some_and(|owner| self.subjects.contains(&owner))
    }

    fn write(&mut self) -> Result<(), StoreError> {
        self.to.apply(std::mem::take(&mut self.batch))
    }
}

/// Everything that the tree in a folder holds, unpacked: page keys, keys, values.
#[cfg(test)]
pub(crate) fn contents(
    folder: &std::path::Path,
    engine: super::StateEngine,
    each: &mut dyn FnMut(&[u8]),
) -> Result<(), StoreError> {
    let disk: std::sync::Arc<dyn crate::journal::Disk> =
        std::sync::Arc::new(crate::journal::RealDisk);
    let tree = open_tree(engine, &disk, folder)?;
    let mut at: Option<Vec<u8>> = None;
    loop {
        let bound = at.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let Some((key, bytes)) = tree.first_after(bound)? else {
            return tree.close();
        };
        each(&key);
        if Space::of(&key).is_some() {
            let leaf = Leaf::read(&bytes).map_err(failed)?;
            for entry in (0..leaf.len()).map(|at| leaf.entry(at)) {
                each(&entry.key());
                each(entry.value);
            }
        }
        at = Some(key);
    }
}
