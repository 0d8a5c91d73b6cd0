//! How do many small versions lie in memory without a heap block for each?
//!
//! One arena of bytes and one slot of 16 bytes for each version. A slot caches eight bytes of the
//! key, so that sorting seldom looks into the arena: versions are sorted by the first eight bytes of
//! their keys, those that are equal by the next eight, and so on.
//!
//! ```text
//! arena: u64 position, u32 length of the key, u32 length of the value or all ones for a delete,
//!        key, value
//! ```

use std::cmp::Reverse;
use std::ops::Range;

use crate::journal::Position;

use super::Version;

const HEAD: usize = 16;
const DELETED: u32 = u32::MAX;
/// So few are sorted by comparing them whole.
const FEW: usize = 12;
/// Memory grows by doubling and then in steps of this part of the budget, so that it is never much
/// larger than what it holds; and in such steps where there is no budget.
const PART: usize = 16;
const STEP: usize = 8 * 1024 * 1024;

#[derive(Clone, Copy)]
struct Slot {
    /// What the sort compares now.
    cached: u64,
    /// Where the version lies in the arena.
    at: usize,
}

pub(super) struct Buffer {
    arena: Vec<u8>,
    slots: Vec<Slot>,
    budget: usize,
}

/// By what equal slots are told apart next.
#[derive(Clone, Copy)]
enum By {
    /// The eight bytes of the key from here on.
    Key(usize),
    /// Keys that are equal as far as the longest reaches: the shorter comes first.
    Length,
    /// Keys that are equal: the newer version comes first.
    Age,
}

impl Buffer {
    pub(super) fn new(budget: usize) -> Self {
        Buffer {
            arena: Vec::new(),
            slots: Vec::new(),
            budget,
        }
    }

    /// Whether a version fits in. An empty buffer takes any.
    pub(super) fn has_room(&self, version: &Version<'_>) -> bool {
        let slots = (self.slots.len() + 1) * size_of::<Slot>();
        let needed = self.arena.len() + size(version) + slots;
        needed <= self.budget || self.slots.is_empty()
    }

    pub(super) fn push(&mut self, version: &Version<'_>) {
        let step = (self.budget / PART).min(STEP);
        grow(&mut self.arena, size(version), step);
        grow(&mut self.slots, 1, step);
        self.slots.push(Slot {
            cached: 0,
            at: self.arena.len(),
        });
        let value = version.value.unwrap_or_default();
        let length = version.value.map_or(DELETED, |value| value.len() as u32);
        let position = version.position.get().to_be_bytes();
        self.arena.extend_from_slice(&position);
        self.arena
            .extend_from_slice(&(version.key.len() as u32).to_be_bytes());
        self.arena.extend_from_slice(&length.to_be_bytes());
        self.arena.extend_from_slice(version.key);
        self.arena.extend_from_slice(value);
    }

    pub(super) fn clear(&mut self) {
        self.arena.clear();
        self.slots.clear();
    }

    pub(super) fn versions(&self) -> impl Iterator<Item = Version<'_>> {
        self.slots.iter().map(|slot| version(&self.arena, slot.at))
    }

    /// The version at a place of the order.
    pub(super) fn get(&self, place: usize) -> Option<Version<'_>> {
        let slot = self.slots.get(place)?;
        Some(version(&self.arena, slot.at))
    }

    /// Sorts by key, newest first.
    pub(super) fn sort(&mut self) {
        let mut left: Vec<(Range<usize>, By)> = vec![(0..self.slots.len(), By::Key(0))];
        while let Some((range, by)) = left.pop() {
            let start = range.start;
            let Some(slots) = self.slots.get_mut(range) else {
                continue;
            };
            if slots.len() <= FEW {
                slots.sort_unstable_by_key(|slot| {
                    let version = version(&self.arena, slot.at);
                    (version.key, Reverse(version.position))
                });
                continue;
            }
            let next = cache(&self.arena, slots, by);
            slots.sort_unstable_by_key(|slot| slot.cached);
            if let Some(next) = next {
                push_equal(slots, start, next, &mut left);
            }
        }
    }
}

/// Puts into each slot what it is compared by, and says what comes after that.
fn cache(arena: &[u8], slots: &mut [Slot], by: By) -> Option<By> {
    let mut longest = 0;
    for slot in slots {
        let version = version(arena, slot.at);
        longest = longest.max(version.key.len());
        slot.cached = match by {
            By::Key(from) => eight(version.key.get(from..).unwrap_or_default()),
            By::Length => version.key.len() as u64,
            By::Age => u64::MAX - version.position.get(),
        };
    }
    match by {
        By::Key(from) if longest > from + 8 => Some(By::Key(from + 8)),
        By::Key(_) => Some(By::Length),
        By::Length => Some(By::Age),
        By::Age => None,
    }
}

/// Asks for every row of equal slots to be sorted further.
fn push_equal(slots: &[Slot], start: usize, by: By, left: &mut Vec<(Range<usize>, By)>) {
    let mut at = start;
    for equal in slots.chunk_by(|a, b| a.cached == b.cached) {
        if equal.len() > 1 {
            left.push((at..at + equal.len(), by));
        }
        at += equal.len();
    }
}

/// The first eight bytes as a number that sorts as they do; what is missing counts as zero.
fn eight(bytes: &[u8]) -> u64 {
    if let Some(eight) = bytes.first_chunk::<8>() {
        return u64::from_be_bytes(*eight);
    }
    let mut padded = [0; 8];
    for (to, from) in padded.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_be_bytes(padded)
}

fn size(version: &Version<'_>) -> usize {
    HEAD + version.key.len() + version.value.map_or(0, <[u8]>::len)
}

/// Reads what [`Buffer::push`] wrote at `at`.
fn version(arena: &[u8], at: usize) -> Version<'_> {
    let read = || {
        let (head, rest) = arena.get(at..)?.split_first_chunk::<HEAD>()?;
        let (position, lengths) = head.split_first_chunk::<8>()?;
        let (key, value) = lengths.split_first_chunk::<4>()?;
        let (key, rest) = rest.split_at_checked(u32::from_be_bytes(*key) as usize)?;
        let value = match u32::from_be_bytes(*value.first_chunk()?) {
            DELETED => None,
            length => Some(rest.get(..length as usize)?),
        };
        Some(Version {
            key,
            position: Position::from_number(u64::from_be_bytes(*position)),
            value,
        })
    };
    // What was pushed can be read.
    read().unwrap_or(Version {
        key: &[],
        position: Position::START,
        value: None,
    })
}

fn grow<T>(list: &mut Vec<T>, more: usize, step: usize) {
    if list.capacity() - list.len() < more {
        let step = list.capacity().min(step / size_of::<T>());
        list.reserve_exact(more.max(step));
    }
}

#[cfg(test)]
impl Buffer {
    /// What it takes of the heap.
    pub(super) fn memory(&self) -> usize {
        self.arena.capacity() + self.slots.capacity() * size_of::<Slot>()
    }
}
