//! Which positions are still being read?

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::journal::Position;

use super::locks::lock;

/// How many readers hold each pinned position.
#[derive(Default)]
pub(super) struct Pins(Mutex<BTreeMap<Position, usize>>);

impl Pins {
    /// Pins the head. `head` is read under the lock, so that no fold can pass in between.
    pub(super) fn pin(&self, head: impl FnOnce() -> Position) -> Position {
        let mut pins = lock(&self.0);
        let at = head();
        *pins.entry(at).or_default() += 1;
        at
    }

    /// Pins a position that the caller found to be readable, or will.
    pub(super) fn pin_at(&self, at: Position) {
        *lock(&self.0).entry(at).or_default() += 1;
    }

    pub(super) fn unpin(&self, at: Position) {
        let mut pins = lock(&self.0);
        if let Some(count) = pins.get_mut(&at) {
            *count -= 1;
            if *count == 0 {
                pins.remove(&at);
            }
        }
    }

    /// The position up to which no reader needs older versions: the oldest pin, or the head.
    pub(super) fn horizon(&self, head: impl FnOnce() -> Position) -> Position {
        let pins = lock(&self.0);
        let head = head();
        pins.keys().next().map_or(head, |oldest| head.min(*oldest))
    }
}
