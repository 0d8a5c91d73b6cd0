//! How do sorted entries lie in a block?
//!
//! ```text
//! entry: v length of what its key shares with the key before, v length of the key's rest,
//!        v length of the value, the key's rest, the value
//! ```
//!
//! `v` is a number as in `numbers`: seven bits to a byte. The first entry of a block shares nothing,
//! so that a block can be read without the one before.

use std::ops::Range;

use crate::store::numbers::{push_number, take_length};

/// Appends an entry whose value comes in two parts. `before` is the key before it in this block.
pub(in crate::store) fn pack_entry(
    block: &mut Vec<u8>,
    before: &[u8],
    key: &[u8],
    value: (&[u8], &[u8]),
) {
    let shared = shared(before, key);
    let rest = key.get(shared..).unwrap_or_default();
    push_number(block, shared as u64);
    push_number(block, rest.len() as u64);
    push_number(block, (value.0.len() + value.1.len()) as u64);
    block.extend_from_slice(rest);
    block.extend_from_slice(value.0);
    block.extend_from_slice(value.1);
}

fn shared(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// The entries of one block after the other.
#[derive(Default)]
pub(in crate::store) struct Entries {
    block: Vec<u8>,
    at: usize,
    key: Vec<u8>,
    value: Range<usize>,
}

/// Where a step has led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Step {
    /// To an entry whose key is larger than the one before, or is the first of all.
    Ascended,
    /// To an entry whose key is the one before or a smaller one.
    Stayed,
    /// Behind the last entry of the block.
    End,
    /// To bytes that are no entry.
    Malformed,
}

impl Entries {
    /// The emptied buffer for the next block. The key before stays known.
    pub(in crate::store) fn refill(&mut self) -> &mut Vec<u8> {
        self.block.clear();
        self.at = 0;
        self.value = 0..0;
        &mut self.block
    }

    pub(in crate::store) fn step(&mut self) -> Step {
        let left = self.block.get(self.at..).unwrap_or_default();
        if left.is_empty() {
            return Step::End;
        }
        let mut rest = left;
        let numbers = (
            take_length(&mut rest),
            take_length(&mut rest),
            take_length(&mut rest),
        );
        let (Some(shared), Some(length), Some(value)) = numbers else {
            return Step::Malformed;
        };
        let Some((tail, rest)) = rest.split_at_checked(length) else {
            return Step::Malformed;
        };
        let (true, Some(old)) = (value <= rest.len(), self.key.get(shared..)) else {
            return Step::Malformed;
        };
        let ascended = tail > old;
        self.key.truncate(shared);
        self.key.extend_from_slice(tail);
        let start = self.block.len() - rest.len();
        self.value = start..start + value;
        self.at = self.value.end;
        if ascended {
            Step::Ascended
        } else {
            Step::Stayed
        }
    }

    pub(in crate::store) fn key(&self) -> &[u8] {
        &self.key
    }

    pub(in crate::store) fn value(&self) -> &[u8] {
        self.block.get(self.value.clone()).unwrap_or_default()
    }
}
