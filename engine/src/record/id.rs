//! How is a record named?

use std::fmt;
use std::str::FromStr;

/// The letters before the underscore of an id: which object a record belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix([u8; 8]);

impl Prefix {
    /// Reads two to eight lower-case letters or digits, beginning with a letter.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let fits = (2..=8).contains(&bytes.len())
            && bytes[0].is_ascii_lowercase()
            && bytes
                .iter()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let mut prefix = [0; 8];
        fits.then(|| prefix[..bytes.len()].copy_from_slice(bytes))?;
        Some(Self(prefix))
    }

    /// The letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|b| *b == 0).unwrap_or(8);
        // Only ASCII is ever stored.
        std::str::from_utf8(&self.0[..end]).unwrap_or_default()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A record's name for ever: 128 bits, written as its object's prefix and 26 letters (`opp_01jd…`).
///
/// The high bits are the time of making, so that new records lie together; nothing may be ordered by it.
// Packed, for a number of 128 bits would want addresses that are multiples of 16, and every value of a record with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(Rust, packed(8))]
pub struct RecordId {
    pub(crate) prefix: Prefix,
    pub(crate) number: u128,
}

/// Crockford's base 32, lower case: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What each byte counts as a letter of an id, small or large.
const DIGITS: [Option<u8>; 256] = {
    let mut digits = [None; 256];
    let mut digit = 0;
    while digit < ALPHABET.len() {
        let letter = ALPHABET[digit];
        digits[letter as usize] = Some(digit as u8);
        digits[letter.to_ascii_uppercase() as usize] = Some(digit as u8);
        digit += 1;
    }
    digits
};

impl RecordId {
    /// The id of a number under a prefix.
    #[must_use]
    pub fn new(prefix: Prefix, number: u128) -> Self {
        Self { prefix, number }
    }

    /// Which object it belongs to.
    #[must_use]
    pub fn prefix(&self) -> Prefix {
        self.prefix
    }

    /// The number without the prefix.
    #[must_use]
    pub fn number(&self) -> u128 {
        self.number
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0_u8; 26];
        for (place, letter) in text.iter_mut().enumerate() {
            *letter = ALPHABET[((self.number >> (5 * (25 - place))) & 31) as usize];
        }
        write!(
            f,
            "{}_{}",
            self.prefix,
            std::str::from_utf8(&text).unwrap_or_default()
        )
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The text is not a record id.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a record id; one looks like acc_01jd0c5e8gq2r4v6x8z0b2d4f6")]
pub struct NotAnId(String);

impl FromStr for RecordId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let read = || {
            let (prefix, letters) = text.split_once('_')?;
            let prefix = Prefix::new(prefix)?;
            if letters.len() != 26 || letters.as_bytes()[0] > b'7' {
                return None;
            }
            let mut number = 0_u128;
            for letter in letters.bytes() {
                number = (number << 5) | u128::from(DIGITS[letter as usize]?);
            }
            Some(Self { prefix, number })
        };
        read().ok_or_else(|| NotAnId(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_wrote() {
        let prefix = Prefix::new("opp").unwrap();
        for number in [0, 1, u128::MAX, 0x0192_3456_789a_bcde_f012_3456_789a_bcde] {
            let id = RecordId::new(prefix, number);
            assert_eq!(id.to_string().parse::<RecordId>().unwrap(), id);
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "opp",
            "opp_",
            "opp_01",
            "OPP_00000000000000000000000000",
            "opp_80000000000000000000000000",
            "opp_0000000000000000000000000u",
        ] {
            assert!(text.parse::<RecordId>().is_err(), "{text}");
        }
    }
}
