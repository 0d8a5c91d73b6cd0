//! Which positions are still being read?

use std::sync::Mutex;

use crate::journal::Position;

use super::locks::lock;

/// How many readers hold each pinned position. There are few at a time, and nearly all of them hold the head: a list
/// is faster than a map, and keeps its memory.
#[derive(Default)]
pub(super) struct Pins(Mutex<Vec<(Position, usize)>>);

impl Pins {
    /// Pins the head. `head` is read under the lock, so that no fold can pass in between.
    pub(super) fn pin(&self, head: impl FnOnce() -> Position) -> Position {
        let mut pins = lock(&self.0);
        let at = head();
        add(&mut pins, at);
        at
    }

    /// Pins a position that the caller found to be readable, or will.
    pub(super) fn pin_at(&self, at: Position) {
        add(&mut lock(&self.0), at);
    }

    pub(super) fn unpin(&self, at: Position) {
        let mut pins = lock(&self.0);
        if let Some(place) = pins.iter().position(|(pinned, _)| *pinned == at)
            && let Some((_, count)) = pins.get_mut(place)
        {
            *count -= 1;
            if *count == 0 {
                pins.swap_remove(place);
            }
        }
    }

    /// The position up to which no reader needs older versions: the oldest pin, or the head.
    pub(super) fn horizon(&self, head: impl FnOnce() -> Position) -> Position {
        let pins = lock(&self.0);
        let head = head();
        pins.iter().fold(head, |oldest, (at, _)| oldest.min(*at))
    }
}

fn add(pins: &mut Vec<(Position, usize)>, at: Position) {
    match pins.iter_mut().find(|(pinned, _)| *pinned == at) {
        Some((_, count)) => *count += 1,
        None => pins.push((at, 1)),
    }
}
