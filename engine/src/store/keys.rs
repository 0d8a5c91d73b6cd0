//! How is a value written so that its bytes sort as it does?
//!
//! A key is a concatenation of these encodings. No encoding of a value is the beginning of another
//! value's of the same kind, so whatever follows cannot disturb the order. Layouts are frozen: they
//! are on disk.

const SIGN: u8 = 0x80;
const ESCAPED_ZERO: [u8; 2] = [0x00, 0xFF];
const END_OF_TEXT: [u8; 2] = [0x00, 0x00];

pub(crate) fn push_bool(key: &mut Vec<u8>, value: bool) {
    key.push(u8::from(value));
}

pub(crate) fn push_u8(key: &mut Vec<u8>, value: u8) {
    key.push(value);
}

pub(crate) fn push_u32(key: &mut Vec<u8>, value: u32) {
    key.extend_from_slice(&value.to_be_bytes());
}

pub(crate) fn push_u64(key: &mut Vec<u8>, value: u64) {
    key.extend_from_slice(&value.to_be_bytes());
}

/// Big-endian with the sign turned over, so that negative numbers come first.
pub(crate) fn push_i64(key: &mut Vec<u8>, value: i64) {
    let mut bytes = value.to_be_bytes();
    bytes[0] ^= SIGN;
    key.extend_from_slice(&bytes);
}

/// As [`push_i64`], in 16 bytes.
pub(crate) fn push_i128(key: &mut Vec<u8>, value: i128) {
    let mut bytes = value.to_be_bytes();
    bytes[0] ^= SIGN;
    key.extend_from_slice(&bytes);
}

/// The bytes of the text with `00` written as `00 FF`, then `00 00`.
pub(crate) fn push_text(key: &mut Vec<u8>, value: &str) {
    key.reserve(value.len() + END_OF_TEXT.len());
    for (place, part) in value.as_bytes().split(|byte| *byte == 0).enumerate() {
        if place > 0 {
            key.extend_from_slice(&ESCAPED_ZERO);
        }
        key.extend_from_slice(part);
    }
    end_text(key);
}

/// The next character of a text that [`end_text`] ends: as [`push_text`], for text that lies nowhere in one piece.
pub(crate) fn push_char(key: &mut Vec<u8>, c: char) {
    match c {
        '\0' => key.extend_from_slice(&ESCAPED_ZERO),
        c if c.is_ascii() => key.push(c as u8),
        c => key.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

pub(crate) fn end_text(key: &mut Vec<u8>) {
    key.extend_from_slice(&END_OF_TEXT);
}

#[cfg(test)]
pub(crate) fn push_bytes16(key: &mut Vec<u8>, value: [u8; 16]) {
    key.extend_from_slice(&value);
}

pub(crate) fn take_bool(key: &mut &[u8]) -> Option<bool> {
    match take::<1>(key)? {
        [0] => Some(false),
        [1] => Some(true),
        _ => None,
    }
}

pub(crate) fn take_u8(key: &mut &[u8]) -> Option<u8> {
    take::<1>(key).map(|[byte]| byte)
}

pub(crate) fn take_u32(key: &mut &[u8]) -> Option<u32> {
    take(key).map(u32::from_be_bytes)
}

pub(crate) fn take_u64(key: &mut &[u8]) -> Option<u64> {
    take(key).map(u64::from_be_bytes)
}

#[cfg(test)]
pub(crate) fn take_i64(key: &mut &[u8]) -> Option<i64> {
    let mut bytes = take::<8>(key)?;
    bytes[0] ^= SIGN;
    Some(i64::from_be_bytes(bytes))
}

pub(crate) fn take_i128(key: &mut &[u8]) -> Option<i128> {
    let mut bytes = take::<16>(key)?;
    bytes[0] ^= SIGN;
    Some(i128::from_be_bytes(bytes))
}

pub(crate) fn take_text(key: &mut &[u8]) -> Option<String> {
    let mut text = Vec::new();
    let mut rest = *key;
    loop {
        let (byte, after) = rest.split_first()?;
        rest = after;
        if *byte != 0 {
            text.push(*byte);
            continue;
        }
        let (escape, after) = rest.split_first()?;
        rest = after;
        match [*byte, *escape] {
            ESCAPED_ZERO => text.push(0),
            END_OF_TEXT => break,
            _ => return None,
        }
    }
    let text = String::from_utf8(text).ok()?;
    *key = rest;
    Some(text)
}

#[cfg(test)]
pub(crate) fn take_bytes16(key: &mut &[u8]) -> Option<[u8; 16]> {
    take(key)
}

fn take<const N: usize>(key: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = key.split_first_chunk::<N>()?;
    *key = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(push: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut key = Vec::new();
        push(&mut key);
        key
    }

    #[test]
    fn layouts_are_frozen() {
        assert_eq!(key(|key| push_bool(key, true)), [1]);
        assert_eq!(key(|key| push_u32(key, 0x0102_0304)), [1, 2, 3, 4]);
        assert_eq!(key(|key| push_u64(key, 258)), [0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(key(|key| push_i64(key, 0)), [0x80, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(
            key(|key| push_i64(key, -1)),
            [0x7F, 255, 255, 255, 255, 255, 255, 255]
        );
        assert_eq!(key(|key| push_i64(key, i64::MIN)), [0; 8]);
        let mut largest = [255; 16];
        assert_eq!(key(|key| push_i128(key, i128::MAX)), largest);
        largest[0] = 0x7F;
        assert_eq!(key(|key| push_i128(key, -1)), largest);
        assert_eq!(key(|key| push_text(key, "")), [0, 0]);
        assert_eq!(
            key(|key| push_text(key, "a\0b")),
            [b'a', 0, 255, b'b', 0, 0]
        );
        assert_eq!(key(|key| push_text(key, "\u{06CC}")), [0xDB, 0x8C, 0, 0]);
        assert_eq!(key(|key| push_bytes16(key, [7; 16])), [7; 16]);
    }

    #[test]
    fn readers_refuse_what_no_writer_wrote() {
        assert_eq!(take_bool(&mut [2].as_slice()), None);
        assert_eq!(take_u64(&mut [0; 7].as_slice()), None);
        assert_eq!(take_text(&mut b"abc".as_slice()), None);
        assert_eq!(take_text(&mut b"abc\0".as_slice()), None);
        assert_eq!(take_text(&mut b"a\0\x01\0\0".as_slice()), None);
        assert_eq!(take_text(&mut b"\xFF\0\0".as_slice()), None);
    }

    #[test]
    fn a_reader_leaves_the_rest_of_the_key() {
        let mut key = Vec::new();
        push_text(&mut key, "\u{627}\0");
        push_i64(&mut key, -5);
        push_bool(&mut key, false);
        push_bytes16(&mut key, [9; 16]);
        let mut rest = key.as_slice();
        assert_eq!(take_text(&mut rest).as_deref(), Some("\u{627}\0"));
        assert_eq!(take_i64(&mut rest), Some(-5));
        assert_eq!(take_bool(&mut rest), Some(false));
        assert_eq!(take_bytes16(&mut rest), Some([9; 16]));
        assert!(rest.is_empty());
    }

    /// Texts with many zeroes, since those are what the escape is about.
    fn text() -> impl Strategy<Value = String> {
        let letter = prop_oneof![Just('\0'), Just('\u{1}'), Just('a'), any::<char>()];
        prop::collection::vec(letter, 0..6).prop_map(|letters| letters.into_iter().collect())
    }

    proptest! {
        #[test]
        fn texts_sort_as_their_keys(a in text(), b in text()) {
            let (left, right) = (key(|key| push_text(key, &a)), key(|key| push_text(key, &b)));
            prop_assert_eq!(a.cmp(&b), left.cmp(&right));
            prop_assert_eq!(take_text(&mut left.as_slice()), Some(a));
        }

        #[test]
        fn a_text_and_a_number_sort_as_the_pair(a in text(), b in text(), m: i64, n: i64) {
            let pair = |text: &str, number| {
                key(|key| {
                    push_text(key, text);
                    push_i64(key, number);
                })
            };
            prop_assert_eq!((&a, m).cmp(&(&b, n)), pair(&a, m).cmp(&pair(&b, n)));
        }

        #[test]
        fn numbers_sort_as_their_keys(a: i64, b: i64, c: i128, d: i128, e: u64, f: u64, g: u32) {
            let (left, right) = (key(|key| push_i64(key, a)), key(|key| push_i64(key, b)));
            prop_assert_eq!(a.cmp(&b), left.cmp(&right));
            prop_assert_eq!(take_i64(&mut left.as_slice()), Some(a));
            let (left, right) = (key(|key| push_i128(key, c)), key(|key| push_i128(key, d)));
            prop_assert_eq!(c.cmp(&d), left.cmp(&right));
            prop_assert_eq!(take_i128(&mut left.as_slice()), Some(c));
            let (left, right) = (key(|key| push_u64(key, e)), key(|key| push_u64(key, f)));
            prop_assert_eq!(e.cmp(&f), left.cmp(&right));
            prop_assert_eq!(take_u64(&mut left.as_slice()), Some(e));
            prop_assert_eq!(take_u32(&mut key(|key| push_u32(key, g)).as_slice()), Some(g));
        }
    }
}
