//! Which pages are at hand without asking the engine for them?
//!
//! Decoded pages, found by their fences, each with the fence of the next page, so that one look
//! tells which page holds a key and that no other can. A fold puts the pages that it writes in the
//! place of those that they replace.
//!
//! Between the batch in the engine and those pages here, a reader of an older position may already find
//! the new current page. What that one no longer says is in the new page of history, so the old one is
//! not shown from before the batch on.
//!
//! Who goes when memory is short: pages stand in line; one that was read since it came there goes
//! to the end of the line again, one that was not leaves. A scan of everything therefore pushes out
//! little of what is read often.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard};

use super::page::Leaf;
use super::short_key::ShortKey;
use crate::store::locks::{read, write};

/// Which entries a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// The newest of each key.
    Current,
    /// Those that were overwritten or deleted.
    History,
}

/// A page, with the keys that belong to it.
#[derive(Debug)]
pub(super) struct Fenced {
    /// The page holds keys from here on.
    pub(super) fence: Vec<u8>,
    /// And before this one; `None` for the last page.
    pub(super) next: Option<Vec<u8>>,
    pub(super) leaf: Leaf,
}

impl Fenced {
    fn size(&self) -> usize {
        // Beside itself: its key and its place in the map and in the line.
        self.leaf.size() + self.fence.len() + 320
    }
}

/// What a batch does to one page.
pub(super) enum Update {
    Put(Fenced),
    Remove(Vec<u8>),
}

/// Decoded pages, up to so many bytes of them.
pub(super) struct Cache {
    limit: usize,
    /// So much more while somebody else does not need it.
    lent: AtomicUsize,
    /// Counts the batches: a page that was read from the engine before one is not kept after it.
    batches: AtomicU64,
    shelf: RwLock<Shelf>,
}

#[derive(Default)]
struct Shelf {
    current: BTreeMap<ShortKey, Slot>,
    history: BTreeMap<ShortKey, Slot>,
    line: VecDeque<(Space, ShortKey, u64)>,
    bytes: usize,
    tickets: u64,
    /// Whether the engine may have a batch that is not followed yet.
    awaits: bool,
}

struct Slot {
    page: Arc<Fenced>,
    /// The fence of the next page again, here where it is at hand.
    next: Option<ShortKey>,
    read: AtomicBool,
    /// Which place in the line is this page's.
    ticket: u64,
    /// Whether the engine may have a newer one that must be read instead.
    replaced: bool,
}

impl Slot {
    fn holds(&self, key: &[u8]) -> bool {
        let next = self.next.as_ref();
        !self.replaced && next.is_none_or(|next| key < next.as_bytes())
    }

    fn seen(&self) -> &Arc<Fenced> {
        // Written only when it changes, so that readers do not take the line from each other.
        if !self.read.load(Ordering::Relaxed) {
            self.read.store(true, Ordering::Relaxed);
        }
        &self.page
    }
}

/// The pages that are here, while nobody changes which they are. Who holds it asks the cache for nothing else.
pub(super) struct Shown<'a>(RwLockReadGuard<'a, Shelf>);

impl Shown<'_> {
    /// The current page that `key` belongs to, if it is here.
    pub(super) fn holding(&self, key: &[u8]) -> Option<&Leaf> {
        let slot = self.0.holding(Space::Current, key)?;
        Some(&slot.seen().leaf)
    }
}

impl Cache {
    pub(super) fn new(limit: usize) -> Self {
        Cache {
            limit,
            lent: AtomicUsize::new(0),
            batches: AtomicU64::new(0),
            shelf: RwLock::default(),
        }
    }

    /// How many bytes of pages it keeps.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Lets it keep so much more than its limit from now on, in place of what was lent before.
    pub(super) fn lend(&self, bytes: usize) {
        let before = self.lent.swap(bytes, Ordering::Relaxed);
        if bytes < before && self.limit > 0 {
            write(&self.shelf).shrink(self.most());
        }
    }

    fn most(&self) -> usize {
        self.limit.saturating_add(self.lent.load(Ordering::Relaxed))
    }

    /// To be asked before a page is read from the engine, and given to [`keep`](Self::keep).
    pub(super) fn batches(&self) -> u64 {
        self.batches.load(Ordering::Acquire)
    }

    /// The page that `key` belongs to, if it is here.
    pub(super) fn holding(&self, space: Space, key: &[u8]) -> Option<Arc<Fenced>> {
        let shelf = read(&self.shelf);
        shelf
            .holding(space, key)
            .map(|slot| Arc::clone(slot.seen()))
    }

    /// For looks at many pages: to count who holds each of them takes longer than the look.
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown(read(&self.shelf))
    }

    /// The last page with a key before `end`, or the very last, if it is here.
    pub(super) fn before(&self, space: Space, end: Option<&[u8]>) -> Option<Arc<Fenced>> {
        let shelf = read(&self.shelf);
        let bound = end.map_or(Bound::Unbounded, Bound::Excluded);
        let range = (Bound::Unbounded, bound);
        let (_, slot) = shelf.pages(space).range::<[u8], _>(range).next_back()?;
        let reaches = match (&slot.page.next, end) {
            (None, _) => true,
            (Some(next), Some(end)) => next.as_slice() >= end,
            (Some(_), None) => false,
        };
        (reaches && !slot.replaced).then(|| Arc::clone(slot.seen()))
    }

    /// Keeps a page, unless a batch came since `batches` was asked.
    pub(super) fn keep(&self, space: Space, page: &Arc<Fenced>, batches: u64) {
        if self.limit == 0 {
            return;
        }
        let mut shelf = write(&self.shelf);
        if self.batches() == batches && !shelf.awaits {
            shelf.put(space, Arc::clone(page));
            shelf.shrink(self.most());
        }
    }

    /// To be told of a batch before the engine has it. When that fails, nobody knows what the engine has: then these
    /// pages stay unshown, and it is asked each time.
    pub(super) fn await_batch(&self, updates: &[(Space, Update)]) {
        let mut shelf = write(&self.shelf);
        shelf.awaits = true;
        for (space, update) in updates {
            let (Update::Put(Fenced { fence, .. }) | Update::Remove(fence)) = update;
            if let (Space::History, Some(slot)) = (space, shelf.history.get_mut(fence.as_slice())) {
                slot.replaced = true;
            }
        }
    }

    /// Makes the cache agree with a batch that the engine has applied.
    pub(super) fn follow(&self, updates: Vec<(Space, Update)>) {
        let mut shelf = write(&self.shelf);
        self.batches.fetch_add(1, Ordering::AcqRel);
        shelf.awaits = false;
        let mut warm = false;
        let mut gone = Vec::new();
        for (space, update) in updates {
            match update {
                // The first page of several has the fence of the one that they replace, and they
                // are kept when that one was.
                Update::Put(page) => {
                    let known = shelf.pages(space).contains_key(page.fence.as_slice());
                    let follows = warm && shelf.ends_at(space, &page.fence);
                    warm = known || follows;
                    if warm {
                        shelf.put(space, Arc::new(page));
                    }
                }
                Update::Remove(fence) => {
                    warm = false;
                    gone.push((space, fence));
                }
            }
        }
        for (space, fence) in gone {
            shelf.remove(space, &fence);
            shelf.forget_before(space, &fence);
        }
        shelf.shrink(self.most());
    }

    #[cfg(test)]
    pub(super) fn clear(&self) {
        *write(&self.shelf) = Shelf::default();
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        read(&self.shelf).bytes
    }
}

impl Shelf {
    fn pages(&self, space: Space) -> &BTreeMap<ShortKey, Slot> {
        match space {
            Space::Current => &self.current,
            Space::History => &self.history,
        }
    }

    fn pages_mut(&mut self, space: Space) -> &mut BTreeMap<ShortKey, Slot> {
        match space {
            Space::Current => &mut self.current,
            Space::History => &mut self.history,
        }
    }

    fn holding(&self, space: Space, key: &[u8]) -> Option<&Slot> {
        let range = (Bound::Unbounded, Bound::Included(key));
        let (_, slot) = self.pages(space).range::<[u8], _>(range).next_back()?;
        slot.holds(key).then_some(slot)
    }

    fn put(&mut self, space: Space, page: Arc<Fenced>) {
        self.bytes += page.size();
        let next = page.next.as_deref().map(ShortKey::new);
        if let Some(slot) = self.pages_mut(space).get_mut(page.fence.as_slice()) {
            let old = std::mem::replace(&mut slot.page, page);
            slot.next = next;
            slot.replaced = false;
            self.bytes -= old.size();
            return;
        }
        self.tickets += 1;
        let ticket = self.tickets;
        let fence = ShortKey::new(&page.fence);
        self.line.push_back((space, fence.clone(), ticket));
        let slot = Slot {
            page,
            next,
            read: AtomicBool::new(false),
            ticket,
            replaced: false,
        };
        self.pages_mut(space).insert(fence, slot);
    }

    fn remove(&mut self, space: Space, fence: &[u8]) {
        if let Some(slot) = self.pages_mut(space).remove(fence) {
            self.bytes -= slot.page.size();
        }
    }

    /// Whether the page before `fence` is here and ends there.
    fn ends_at(&self, space: Space, fence: &[u8]) -> bool {
        let before = (Bound::Unbounded, Bound::Excluded(fence));
        let last = self.pages(space).range::<[u8], _>(before).next_back();
        last.is_some_and(|(_, slot)| slot.page.next.as_deref() == Some(fence))
    }

    /// The page that ended at `fence`, which is none any longer, now holds more keys than it says.
    fn forget_before(&mut self, space: Space, fence: &[u8]) {
        let before = (Bound::Unbounded, Bound::Excluded(fence));
        let last = self.pages(space).range::<[u8], _>(before).next_back();
        if let Some(key) = last
            .filter(|(_, slot)| slot.page.next.as_deref() == Some(fence))
            .map(|(key, _)| key.clone())
        {
            self.remove(space, key.as_bytes());
        }
    }

    fn shrink(&mut self, limit: usize) {
        while self.bytes > limit {
            let Some((space, fence, ticket)) = self.line.pop_front() else {
                return;
            };
            let slot = self.pages(space).get(fence.as_bytes());
            let Some(slot) = slot.filter(|slot| slot.ticket == ticket) else {
                continue;
            };
            if slot.read.swap(false, Ordering::Relaxed) {
                self.line.push_back((space, fence, ticket));
            } else {
                self.remove(space, fence.as_bytes());
            }
        }
        // Pages that a fold removed left their places in the line.
        let pages = self.current.len() + self.history.len();
        if self.line.len() > 2 * pages + 64 {
            let mut line = std::mem::take(&mut self.line);
            line.retain(|(space, fence, ticket)| {
                let slot = self.pages(*space).get(fence.as_bytes());
                slot.is_some_and(|slot| slot.ticket == *ticket)
            });
            self.line = line;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn page(fence: &[u8], next: Option<&[u8]>) -> Fenced {
        Fenced {
            fence: fence.to_vec(),
            next: next.map(<[u8]>::to_vec),
            leaf: Leaf::empty(),
        }
    }

    fn keep(cache: &Cache, fence: &[u8], next: Option<&[u8]>) {
        let page = Arc::new(page(fence, next));
        cache.keep(Space::Current, &page, cache.batches());
    }

    fn fence(found: Option<Arc<Fenced>>) -> Option<Vec<u8>> {
        found.map(|page| page.fence.clone())
    }

    #[test]
    fn a_key_is_found_only_where_it_belongs() {
        let cache = Cache::new(1 << 20);
        keep(&cache, b"", Some(b"d"));
        keep(&cache, b"m", None);
        assert_eq!(fence(cache.holding(Space::Current, b"c")), Some(vec![]));
        assert_eq!(fence(cache.holding(Space::Current, b"d")), None);
        assert_eq!(
            fence(cache.holding(Space::Current, b"z")),
            Some(b"m".to_vec())
        );
        assert_eq!(fence(cache.holding(Space::History, b"c")), None);
        assert_eq!(
            fence(cache.before(Space::Current, Some(b"d"))),
            Some(vec![])
        );
        assert_eq!(fence(cache.before(Space::Current, Some(b"e"))), None);
        assert_eq!(
            fence(cache.before(Space::Current, None)),
            Some(b"m".to_vec())
        );
    }

    #[test]
    fn a_page_read_before_a_batch_is_not_kept_after_it() {
        let cache = Cache::new(1 << 20);
        let before = cache.batches();
        cache.follow(Vec::new());
        cache.keep(Space::Current, &Arc::new(page(b"", None)), before);
        assert_eq!(fence(cache.holding(Space::Current, b"c")), None);
    }

    #[test]
    fn the_page_before_a_removed_one_is_asked_for_again() {
        let cache = Cache::new(1 << 20);
        keep(&cache, b"", Some(b"d"));
        keep(&cache, b"d", None);
        let removed = Update::Remove(b"d".to_vec());
        cache.follow(vec![(Space::Current, removed)]);
        assert_eq!(fence(cache.holding(Space::Current, b"a")), None);
        assert_eq!(fence(cache.holding(Space::Current, b"e")), None);
    }

    #[test]
    fn the_parts_of_a_split_page_are_kept_and_cold_pages_are_not() {
        let cache = Cache::new(1 << 20);
        keep(&cache, b"", Some(b"m"));
        let put =
            |fence: &[u8], next: Option<&[u8]>| (Space::Current, Update::Put(page(fence, next)));
        cache.follow(vec![
            put(b"", Some(b"d")),
            put(b"d", Some(b"m")),
            put(b"t", None),
        ]);
        assert_eq!(
            fence(cache.holding(Space::Current, b"e")),
            Some(b"d".to_vec())
        );
        assert_eq!(fence(cache.holding(Space::Current, b"z")), None);
    }

    #[test]
    fn what_was_lent_is_given_back() {
        let size = page(b"0", None).size();
        let cache = Cache::new(2 * size);
        cache.lend(8 * size);
        for number in b'0'..b'8' {
            keep(&cache, &[number], Some(&[number + 1]));
        }
        assert_eq!(cache.bytes(), 8 * size);
        cache.lend(3 * size);
        assert_eq!(cache.bytes(), 5 * size);
        cache.lend(0);
        assert_eq!(cache.bytes(), 2 * size);
    }

    #[test]
    fn what_is_read_stays_and_memory_has_a_bound() {
        let cache = Cache::new(8 * page(b"00000000", None).size());
        keep(&cache, b"", Some(b"00000000"));
        for number in 0..1000_u32 {
            let next = format!("{:08}", number + 1);
            keep(
                &cache,
                format!("{number:08}").as_bytes(),
                Some(next.as_bytes()),
            );
            assert!(cache.holding(Space::Current, b"").is_some());
            assert!(cache.bytes() <= cache.limit);
        }
        assert!(read(&cache.shelf).line.len() < 100);
    }
}
