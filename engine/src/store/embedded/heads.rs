//! Where in a page may a key lie?
//!
//! The first eight bytes of every key of a page, behind what all keys share, side by side: a search reads them, and then
//! one entry, instead of an entry in another piece of memory at each step.

use std::ops::Range;

/// The beginnings of sorted keys, as numbers that sort as they do.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads(Box<[u64]>);

impl Heads {
    /// Of the keys' rests.
    pub(super) fn of<'a>(rests: impl Iterator<Item = &'a [u8]>) -> Self {
        Self(rests.map(head).collect())
    }

    pub(super) fn size(&self) -> usize {
        size_of_val(&*self.0)
    }

    /// What begins as `rest` does: the entries before sort before it, those behind sort behind it.
    pub(super) fn like(&self, rest: &[u8]) -> Range<usize> {
        let head = head(rest);
        let start = self.0.partition_point(|other| *other < head);
        let behind = self.0.get(start..).unwrap_or_default();
        start..start + behind.iter().take_while(|other| **other == head).count()
    }
}

/// Short keys are filled up with zeroes: of two keys, the one that sorts first never has the greater head.
fn head(rest: &[u8]) -> u64 {
    match rest.first_chunk() {
        Some(bytes) => u64::from_be_bytes(*bytes),
        None => rest
            .iter()
            .chain(std::iter::repeat(&0))
            .take(8)
            .fold(0, |head, byte| head << 8 | u64::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_begin_alike_are_left_to_be_compared() {
        let keys: [&[u8]; 6] = [b"", b"\0", b"a", b"abcdefgh", b"abcdefghi", b"b"];
        let heads = Heads::of(keys.into_iter());
        assert_eq!(heads.like(b""), 0..2);
        assert_eq!(heads.like(b"a\0"), 2..3);
        assert_eq!(heads.like(b"abcdefghh"), 3..5);
        assert_eq!(heads.like(b"abd"), 5..5);
        assert_eq!(heads.like(b"c"), 6..6);
        assert_eq!(heads.size(), 48);
    }
}
