//! How do new versions of entries get into pages?
//!
//! In key order, page by page. The newest version of a key takes the place of the entry in its
//! current page; every version that it overwrites or deletes becomes an entry of history, in the
//! same batch or in one before it. Doing it again after a crash changes nothing: versions up to the
//! position of the entry that is found were merged before, and history has one place for each
//! version.

use std::iter::Peekable;

use crate::journal::Position;
use crate::store::StoreError;
use crate::store::overlay::{Change, Versions};

use super::cache::{Fenced, Space, Update};
use super::history;
use super::pack::{Packed, pack};
use super::page::{Entry, Leaf, Press};
use super::pages::Pages;

/// Pages of one batch. Large batches cost memory and block readers.
const BATCH: usize = 64;
/// Bytes of history that wait for a batch.
const WAITING: usize = 128 * 1024;

/// An entry of history on its way.
struct Past {
    key: Vec<u8>,
    since: u64,
    value: Vec<u8>,
}

/// What a merge has done and not written yet.
pub(super) struct Merge<'a> {
    pages: &'a Pages,
    press: Press,
    /// History until here is needed by nobody.
    floor: u64,
    batch: Vec<Change>,
    updates: Vec<(Space, Update)>,
    past: Vec<Past>,
    past_bytes: usize,
}

impl Pages {
    /// Merges the versions of keys, sorted by key. Entries that ended at `floor` or before are not
    /// kept as history. Stops early, between two batches, when `stop` says so; returns whether it
    /// came to the end.
    pub(super) fn merge<'v>(
        &self,
        versions: impl Iterator<Item = (&'v [u8], &'v Versions)>,
        floor: Position,
        stop: &dyn Fn() -> bool,
    ) -> Result<bool, StoreError> {
        let mut merge = Merge::new(self, floor);
        let mut versions = versions.peekable();
        while let Some((key, _)) = versions.peek() {
            let page = self.passing(Space::Current, key)?;
            merge.page(page.as_deref(), &mut versions)?;
            if merge.batch.len() >= BATCH {
                merge.write()?;
                if stop() {
                    return Ok(false);
                }
            }
        }
        merge.write()?;
        Ok(true)
    }

    /// Drops history that ended at `floor` or before from the next `count` pages after `after`.
    /// Returns the fence of the last of them, or `None` when there were no more.
    pub(super) fn prune(
        &self,
        after: Option<&[u8]>,
        floor: Position,
        count: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut merge = Merge::new(self, floor);
        let mut fence = after.map(<[u8]>::to_vec);
        for _ in 0..count {
            let next = match &fence {
                None => Some(Vec::new()),
                Some(fence) => match self.passing(Space::History, fence)? {
                    Some(page) => page.next.clone(),
                    None => None,
                },
            };
            let Some(next) = next else {
                merge.write()?;
                return Ok(None);
            };
            if let Some(page) = self.passing(Space::History, &next)? {
                merge.prune_page(&page);
            }
            fence = Some(next);
            if merge.batch.len() >= BATCH {
                merge.write()?;
            }
        }
        merge.write()?;
        Ok(fence)
    }
}

impl<'a> Merge<'a> {
    fn new(pages: &'a Pages, floor: Position) -> Self {
        Merge {
            pages,
            press: Press::new(),
            floor: floor.get(),
            batch: Vec::new(),
            updates: Vec::new(),
            past: Vec::new(),
            past_bytes: 0,
        }
    }

    /// Merges the versions of all keys that belong to one page.
    fn page<'v>(
        &mut self,
        page: Option<&Fenced>,
        versions: &mut Peekable<impl Iterator<Item = (&'v [u8], &'v Versions)>>,
    ) -> Result<(), StoreError> {
        let empty = Leaf::empty();
        let leaf = page.map_or(&empty, |page| &page.leaf);
        let end = page.and_then(|page| page.next.as_deref());
        let mut entries: Vec<Entry<'_>> = Vec::with_capacity(leaf.len() + 16);
        let mut at = 0;
        let mut dense = true;
        while let Some((key, versions)) =
            versions.next_if(|(key, _)| end.is_none_or(|end| *key < end))
        {
            let here = leaf.first_from(at, key);
            entries.extend((at..here).map(|at| leaf.entry(at)));
            let old = (here < leaf.len()).then(|| leaf.entry(here));
            dense &= old.is_none();
            let old = old.filter(|old| old.compare(key).is_eq());
            at = here + usize::from(old.is_some());
            entries.extend(self.newest(key, old, versions)?);
        }
        entries.extend((at..leaf.len()).map(|at| leaf.entry(at)));
        self.replace(Space::Current, page, pack(&entries, dense));
        Ok(())
    }

    /// The entry of a key after its versions; what they overwrite goes into history.
    fn newest<'v>(
        &mut self,
        key: &'v [u8],
        old: Option<Entry<'v>>,
        versions: &'v Versions,
    ) -> Result<Option<Entry<'v>>, StoreError> {
        let merged = old.map_or(0, |old| old.since);
        let mut holds = old;
        for version in versions.oldest_first() {
            let at = version.at.get();
            if at <= merged {
                continue;
            }
            if let Some(past) = holds.filter(|_| at > self.floor) {
                self.remember(key, &past, at)?;
            }
            let value = version.value.as_deref();
            holds = value.map(|value| Entry::new(key, at, value));
        }
        Ok(holds)
    }

    fn remember(&mut self, key: &[u8], past: &Entry<'_>, until: u64) -> Result<(), StoreError> {
        let past = Past {
            key: history::key_until(key, until),
            since: past.since,
            value: past.value.to_vec(),
        };
        self.past_bytes += past.key.len() + past.value.len() + size_of::<Past>();
        self.past.push(past);
        if self.past_bytes > WAITING {
            // Earlier than what overwrote it: an entry that is current and past at once does no harm.
            let (batch, updates) = (
                std::mem::take(&mut self.batch),
                std::mem::take(&mut self.updates),
            );
            self.merge_past()?;
            self.apply()?;
            (self.batch, self.updates) = (batch, updates);
        }
        Ok(())
    }

    /// Writes everything that waits in one batch.
    fn write(&mut self) -> Result<(), StoreError> {
        self.merge_past()?;
        self.apply()
    }

    fn apply(&mut self) -> Result<(), StoreError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let updates = std::mem::take(&mut self.updates);
        self.pages.cache().await_batch(&updates);
        self.pages.tree().apply(std::mem::take(&mut self.batch))?;
        self.pages.cache().follow(updates);
        Ok(())
    }

    /// Merges the waiting entries of history into their pages.
    fn merge_past(&mut self) -> Result<(), StoreError> {
        self.past_bytes = 0;
        let past = std::mem::take(&mut self.past);
        let mut rest = past.as_slice();
        while let Some(first) = rest.first() {
            let page = self.pages.passing(Space::History, &first.key)?;
            let end = page.as_ref().and_then(|page| page.next.as_deref());
            let here = rest.partition_point(|past| end.is_none_or(|end| past.key.as_slice() < end));
            let (past, after) = rest.split_at(here);
            self.merge_past_page(page.as_deref(), past);
            rest = after;
        }
        Ok(())
    }

    fn merge_past_page(&mut self, page: Option<&Fenced>, past: &[Past]) {
        let empty = Leaf::empty();
        let leaf = page.map_or(&empty, |page| &page.leaf);
        let mut entries = Vec::with_capacity(leaf.len() + past.len());
        let mut at = 0;
        let mut dense = true;
        for past in past {
            let here = leaf.first_from(at, &past.key);
            entries.extend((at..here).map(|at| leaf.entry(at)));
            let old = (here < leaf.len()).then(|| leaf.entry(here));
            dense &= old.is_none();
            let same = old.is_some_and(|old| old.compare(&past.key).is_eq());
            at = here + usize::from(same);
            entries.push(Entry::new(&past.key, past.since, &past.value));
        }
        entries.extend((at..leaf.len()).map(|at| leaf.entry(at)));
        entries.retain(|entry| self.needed(entry));
        self.replace(Space::History, page, pack(&entries, dense));
    }

    fn prune_page(&mut self, page: &Fenced) {
        let entries: Vec<Entry<'_>> = (0..page.leaf.len())
            .map(|at| page.leaf.entry(at))
            .filter(|entry| self.needed(entry))
            .collect();
        if entries.len() < page.leaf.len() {
            self.replace(Space::History, Some(page), pack(&entries, false));
        }
    }

    fn needed(&self, entry: &Entry<'_>) -> bool {
        let until = history::until(entry.rest).or_else(|| history::until(&entry.key()));
        until.is_none_or(|until| until > self.floor)
    }

    /// Puts the packed pages in the place of a page.
    fn replace(&mut self, space: Space, page: Option<&Fenced>, packed: Vec<Packed>) {
        let mut fence = page.map_or_else(Vec::new, |page| page.fence.clone());
        let end = page.and_then(|page| page.next.clone());
        let mut packed = packed.into_iter().peekable();
        if packed.peek().is_none() {
            if !fence.is_empty() {
                self.batch.push((space.tree_key(&fence), None));
                self.updates.push((space, Update::Remove(fence)));
                return;
            }
            // The first page covers everything before the second and so always stays.
            self.put(space, fence, end, Leaf::empty());
            return;
        }
        while let Some(page) = packed.next() {
            let next = packed.peek().map(|next| next.fence.clone());
            let following = next.clone().unwrap_or_default();
            self.put(space, fence, next.or_else(|| end.clone()), page.leaf);
            fence = following;
        }
    }

    fn put(&mut self, space: Space, fence: Vec<u8>, next: Option<Vec<u8>>, leaf: Leaf) {
        let stored = self.press.stored(&leaf);
        self.batch.push((space.tree_key(&fence), Some(stored)));
        let page = Fenced { fence, next, leaf };
        self.updates.push((space, Update::Put(page)));
    }
}
