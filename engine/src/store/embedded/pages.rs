//! How do pages lie in the tree, and how is one found?
//!
//! A page's key is its space, `01` for current entries and `02` for history, and a fence: a page
//! holds the keys from its fence up to the next page's. The first page's fence is the empty key.
//! `00` alone holds the position up to which commits are folded in, how long the files were then and
//! the hash of the journal's entry there, `00 01` the oldest position that can be read.

use std::ops::Bound;
use std::sync::Arc;

use crate::journal::Position;
use crate::store::StoreError;
use crate::store::overlay::Change;

use super::cache::{Cache, Fenced, Space};
use super::page::{Entry, Leaf};
use super::tree::{Tree, exactly, failed};

const FOLDED: [u8; 1] = [0];
pub(super) const OLDEST: [u8; 2] = [0, 1];

/// The hash of an entry of the journal.
pub(super) type Chain = [u8; 32];

/// The pages of a store. Clones share one tree.
#[derive(Clone)]
pub(super) struct Pages(Arc<Shelved>);

struct Shelved {
    tree: Box<dyn Tree>,
    cache: Cache,
}

/// What is noted when a fold has come to its end.
#[derive(Clone, Copy, Default)]
struct Fold {
    /// The position up to which commits are folded in.
    upto: Position,
    /// How long the files were, or 0 when nobody can tell.
    extent: u64,
    /// The hash of the journal's entry there.
    chain: Option<Chain>,
}

impl Fold {
    fn marked(self) -> Change {
        let numbers = [self.upto.get(), self.extent].map(u64::to_be_bytes);
        let chain = self.chain.as_ref().map_or(&[][..], |chain| chain);
        (FOLDED.to_vec(), Some([&numbers.concat(), chain].concat()))
    }
}

impl Space {
    fn byte(self) -> u8 {
        match self {
            Space::Current => 1,
            Space::History => 2,
        }
    }

    pub(super) fn tree_key(self, fence: &[u8]) -> Vec<u8> {
        let mut key = Vec::with_capacity(1 + fence.len());
        key.push(self.byte());
        key.extend_from_slice(fence);
        key
    }

    /// The space of a key of the tree, when a page lies there.
    pub(super) fn of(key: &[u8]) -> Option<Self> {
        [Space::Current, Space::History]
            .into_iter()
            .find(|space| space.fence(key).is_some())
    }

    /// The fence in a key of the tree, when it is of this space.
    fn fence(self, key: &[u8]) -> Option<&[u8]> {
        let (byte, fence) = key.split_first()?;
        (*byte == self.byte()).then_some(fence)
    }
}

impl Pages {
    pub(super) fn new(tree: Box<dyn Tree>, cache_bytes: usize) -> Self {
        Pages(Arc::new(Shelved {
            tree,
            cache: Cache::new(cache_bytes),
        }))
    }

    pub(super) fn tree(&self) -> &dyn Tree {
        self.0.tree.as_ref()
    }

    pub(super) fn cache(&self) -> &Cache {
        &self.0.cache
    }

    /// The position up to which commits are folded in.
    pub(super) fn folded(&self) -> Result<Position, StoreError> {
        Ok(self.fold()?.upto)
    }

    /// The hash of the journal's entry at that position. States of earlier versions do not say it.
    pub(super) fn chain(&self) -> Result<Option<Chain>, StoreError> {
        Ok(self.fold()?.chain)
    }

    /// Whether the files lost something since they were folded into.
    pub(super) fn were_cut(&self) -> Result<bool, StoreError> {
        Ok(self.tree().was_cut(self.fold()?.extent))
    }

    /// The last fold that came to its end.
    fn fold(&self) -> Result<Fold, StoreError> {
        let value = exactly(self.tree(), &FOLDED)?;
        let value = value.ok_or_else(|| failed("it does not say where it stands"))?;
        let (upto, rest) = value.split_at_checked(8).ok_or_else(unreadable)?;
        let (extent, chain) = rest.split_at_checked(8).ok_or_else(unreadable)?;
        Ok(Fold {
            upto: position(upto)?,
            extent: number(extent)?,
            chain: chain.try_into().ok(),
        })
    }

    /// The oldest position that can be read.
    pub(super) fn oldest(&self) -> Result<Position, StoreError> {
        match exactly(self.tree(), &OLDEST)? {
            Some(value) => position(&value),
            None => Ok(Position::START),
        }
    }

    /// Notes the oldest position, before anything is dropped that only older ones need. What is
    /// done next may make files shorter: how long they were is of no use from now on.
    pub(super) fn mark_oldest(&self, position: Position) -> Result<(), StoreError> {
        let fold = self.fold()?;
        let mut marks = Vec::new();
        if fold.extent > 0 {
            marks.push(Fold { extent: 0, ..fold }.marked());
        }
        if self.oldest()? < position {
            marks.push(marked(&OLDEST, position));
        }
        match marks.is_empty() {
            true => Ok(()),
            false => self.tree().apply(marks),
        }
    }

    /// Makes all merged pages durable, then says that they hold the commits up to `position`, whose
    /// entry has this hash, and makes that durable too.
    pub(super) fn mark_folded(&self, position: Position, chain: Chain) -> Result<(), StoreError> {
        self.tree().sync()?;
        let fold = Fold {
            upto: position,
            extent: self.tree().extent()?,
            chain: Some(chain),
        };
        self.tree().apply(vec![fold.marked()])?;
        self.tree().sync()
    }

    /// The newest value of a key, and since when it holds.
    pub(super) fn get<T>(
        &self,
        key: &[u8],
        take: impl FnOnce(&Entry<'_>) -> T,
    ) -> Result<Option<T>, StoreError> {
        let page = self.holding(Space::Current, key)?;
        Ok(page.and_then(|page| Some(take(&page.leaf.get(key)?))))
    }

    /// What `take` takes of the first entry at or after `key`.
    pub(super) fn first_from<T>(
        &self,
        space: Space,
        key: &[u8],
        take: impl FnOnce(&Entry<'_>) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut page = self.holding(space, key)?;
        while let Some(found) = page {
            let at = found.leaf.first_at_or_after(key);
            if at < found.leaf.len() {
                return Ok(take(&found.leaf.entry(at)));
            }
            page = match &found.next {
                Some(next) => self.holding(space, next)?,
                None => None,
            };
        }
        Ok(None)
    }

    /// What `take` takes of the last entry before `end`, or of the very last.
    pub(super) fn last_before<T>(
        &self,
        space: Space,
        end: Option<&[u8]>,
        take: impl FnOnce(&Entry<'_>) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut page = self.before(space, end)?;
        while let Some(found) = page {
            let leaf = &found.leaf;
            let behind = end.map_or(leaf.len(), |end| leaf.first_at_or_after(end));
            if let Some(at) = behind.checked_sub(1) {
                return Ok(take(&leaf.entry(at)));
            }
            if found.fence.is_empty() {
                break;
            }
            page = self.before(space, Some(&found.fence))?;
        }
        Ok(None)
    }

    /// The page that a key belongs to. There is none only while there are no pages at all.
    pub(super) fn holding(
        &self,
        space: Space,
        key: &[u8],
    ) -> Result<Option<Arc<Fenced>>, StoreError> {
        if let Some(page) = self.cache().holding(space, key) {
            return Ok(Some(page));
        }
        self.kept(space, Bound::Included(&space.tree_key(key)))
    }

    /// The last page with a key before `end`, or the very last.
    pub(super) fn before(
        &self,
        space: Space,
        end: Option<&[u8]>,
    ) -> Result<Option<Arc<Fenced>>, StoreError> {
        if let Some(page) = self.cache().before(space, end) {
            return Ok(Some(page));
        }
        match end {
            Some(end) => self.kept(space, Bound::Excluded(&space.tree_key(end))),
            None => self.kept(space, Bound::Excluded(&[space.byte() + 1])),
        }
    }

    fn kept(&self, space: Space, bound: Bound<&[u8]>) -> Result<Option<Arc<Fenced>>, StoreError> {
        let batches = self.cache().batches();
        let page = self.load(space, bound)?.map(Arc::new);
        if let Some(page) = &page {
            self.cache().keep(space, page, batches);
        }
        Ok(page)
    }

    /// As [`holding`](Self::holding), for a fold: what it reads would only push out what readers read.
    pub(super) fn passing(
        &self,
        space: Space,
        key: &[u8],
    ) -> Result<Option<Arc<Fenced>>, StoreError> {
        if let Some(page) = self.cache().holding(space, key) {
            return Ok(Some(page));
        }
        let loaded = self.load(space, Bound::Included(&space.tree_key(key)))?;
        Ok(loaded.map(Arc::new))
    }

    fn load(&self, space: Space, bound: Bound<&[u8]>) -> Result<Option<Fenced>, StoreError> {
        let Some((key, bytes)) = self.tree().last_before(bound)? else {
            return Ok(None);
        };
        let Some(fence) = space.fence(&key) else {
            return Ok(None);
        };
        let leaf = Leaf::read(&bytes).map_err(failed)?;
        let next = self.tree().key_after(&key)?;
        let next = next.and_then(|key| space.fence(&key).map(<[u8]>::to_vec));
        Ok(Some(Fenced {
            fence: fence.to_vec(),
            next,
            leaf,
        }))
    }

    #[cfg(test)]
    pub(super) fn overwrite_first_page(&self, bytes: &[u8]) {
        let change = (Space::Current.tree_key(b""), Some(bytes.to_vec()));
        drop(self.tree().apply(vec![change]));
        self.cache().clear();
    }

    /// Lets go of the tree, unless somebody still reads, who then does.
    pub(super) fn close(self) -> Result<(), StoreError> {
        Arc::into_inner(self.0).map_or(Ok(()), |shelved| shelved.tree.close())
    }
}

pub(super) fn marked(key: &[u8], position: Position) -> Change {
    (key.to_vec(), Some(position.get().to_be_bytes().to_vec()))
}

fn position(bytes: &[u8]) -> Result<Position, StoreError> {
    number(bytes).map(Position::from_number)
}

fn number(bytes: &[u8]) -> Result<u64, StoreError> {
    let bytes: [u8; 8] = bytes.try_into().map_err(|_| unreadable())?;
    Ok(u64::from_be_bytes(bytes))
}

fn unreadable() -> StoreError {
    failed("a position in it cannot be read")
}
