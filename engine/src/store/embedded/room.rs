//! Where in a file is there room?

use std::collections::{BTreeMap, BTreeSet};

/// Everything begins at a multiple of this, so that what becomes free is of more use.
const UNIT: u64 = 64;

/// The parts of a file in which nothing lies.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// Where the last part ends in which something lies.
    end: u64,
    /// Start and length of what is free before that; no two of them touch.
    free: BTreeMap<u64, u64>,
    /// The same as length and start.
    by_length: BTreeSet<(u64, u64)>,
    /// How much of it there is.
    bytes: u64,
}

impl Room {
    /// Around the parts (start and length) that are taken, unless two of them overlap.
    pub(super) fn around(mut taken: Vec<(u64, u64)>) -> Option<Self> {
        taken.sort_unstable();
        let mut room = Room::default();
        for (start, length) in taken {
            let gap = start.checked_sub(room.end)?;
            let before = std::mem::replace(&mut room.end, start.checked_add(whole(length))?);
            if gap > 0 {
                room.add(before, gap);
            }
        }
        Some(room)
    }

    /// Takes a part: the smallest that is large enough, or one at the end.
    pub(super) fn take(&mut self, length: u64) -> u64 {
        let length = whole(length);
        let found = self.by_length.range((length, 0)..).next().copied();
        let Some((room, start)) = found else {
            let start = self.end;
            self.end += length;
            return start;
        };
        self.remove(start, room);
        if room > length {
            self.add(start + length, room - length);
        }
        start
    }

    /// Gives a part back.
    pub(super) fn give(&mut self, mut start: u64, length: u64) {
        let mut length = whole(length);
        let before = self.free.range(..start).next_back();
        if let Some((at, room)) = before.map(|(at, room)| (*at, *room))
            && at + room == start
        {
            self.remove(at, room);
            (start, length) = (at, length + room);
        }
        if let Some(room) = self.free.get(&(start + length)).copied() {
            self.remove(start + length, room);
            length += room;
        }
        self.add(start, length);
    }

    /// Lets go of what is free at the end, and says whether there was anything.
    pub(super) fn cut(&mut self) -> bool {
        let last = self.free.last_key_value();
        let Some((start, room)) = last.map(|(start, room)| (*start, *room)) else {
            return false;
        };
        let at_end = start + room == self.end;
        if at_end {
            self.remove(start, room);
            self.end = start;
        }
        at_end
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// How many bytes are taken.
    pub(super) fn used(&self) -> u64 {
        self.end - self.bytes
    }

    fn add(&mut self, start: u64, room: u64) {
        self.free.insert(start, room);
        self.by_length.insert((room, start));
        self.bytes += room;
    }

    fn remove(&mut self, start: u64, room: u64) {
        self.free.remove(&start);
        self.by_length.remove(&(room, start));
        self.bytes -= room;
    }
}

fn whole(length: u64) -> u64 {
    length.next_multiple_of(UNIT)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_given_back_is_taken_again_before_the_end_moves() {
        let mut room = Room::default();
        let parts: Vec<u64> = (0..4).map(|_| room.take(100)).collect();
        assert_eq!(parts, [0, 128, 256, 384]);
        room.give(128, 100);
        room.give(256, 100);
        assert_eq!(room.take(200), 128);
        room.give(384, 100);
        assert!(room.cut());
        assert_eq!((room.end(), room.used()), (384, 384));
        assert!(!room.cut());
    }

    #[test]
    fn parts_that_overlap_are_refused() {
        assert!(Room::around(vec![(0, 100), (64, 10)]).is_none());
        assert_eq!(
            Room::around(vec![(0, 100), (256, 10)]).unwrap().take(90),
            128
        );
    }

    proptest! {
        #[test]
        fn no_two_parts_overlap_and_all_can_be_given_back(
            steps in prop::collection::vec((any::<bool>(), 1_u64..9000), 1..80)
        ) {
            let mut room = Room::default();
            let mut taken: Vec<(u64, u64)> = Vec::new();
            for (take, length) in steps {
                if take || taken.is_empty() {
                    taken.push((room.take(length), length));
                } else {
                    let (start, length) = taken.swap_remove(length as usize % taken.len());
                    room.give(start, length);
                }
                let again = Room::around(taken.clone());
                prop_assert_eq!(again.map(|room| room.used()), Some(room.used()));
            }
            for (start, length) in taken {
                room.give(start, length);
            }
            room.cut();
            prop_assert_eq!((room.end(), room.used()), (0, 0));
        }
    }
}
