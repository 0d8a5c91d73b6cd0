//! How is a key kept that many others are compared with?
//!
//! In place, where it is short, as fences are: who looks for one in a map then reads the map alone, and not a dozen
//! pieces of memory elsewhere that are not at hand.

use std::borrow::Borrow;
use std::cmp::Ordering;

const HERE: usize = 30;

/// A key that sorts as its bytes.
#[derive(Clone, Debug)]
pub(super) enum ShortKey {
    Here { length: u8, bytes: [u8; HERE] },
    There(Box<[u8]>),
}

impl ShortKey {
    pub(super) fn new(key: &[u8]) -> Self {
        let mut bytes = [0; HERE];
        match bytes.get_mut(..key.len()) {
            Some(start) => {
                start.copy_from_slice(key);
                Self::Here {
                    length: key.len() as u8,
                    bytes,
                }
            }
            None => Self::There(key.into()),
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Here { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::There(bytes) => bytes,
        }
    }
}

impl Borrow<[u8]> for ShortKey {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq for ShortKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for ShortKey {}

impl PartialOrd for ShortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ShortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_short_keys_sort_as_their_bytes() {
        let keys = [vec![], vec![1], vec![1; 30], vec![1; 31], vec![2]];
        for left in &keys {
            for right in &keys {
                let order = ShortKey::new(left).cmp(&ShortKey::new(right));
                assert_eq!(order, left.cmp(right));
                assert_eq!(ShortKey::new(left).as_bytes(), left.as_slice());
            }
        }
    }
}
