//! Where does the next page begin?
//!
//! A cursor names the last row by its sort values and id, not by a number of rows: records that others create, change
//! or delete meanwhile neither shift the page nor repeat a row that stayed where it was. It is text for carrying, not
//! for reading: format, fingerprint of the query, sort values, id, and a checksum, in hexadecimal digits. The checksum
//! guards against accidents; a forged cursor only begins at another place of the same list.

use super::error::QueryError;
use super::filter::Filter;
use super::order::{SortKey, Standing};
use crate::schema::Object;

const FORMAT: u8 = 1;
const MARK: usize = 8;

/// What must stay the same from page to page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; MARK]);

impl Fingerprint {
    /// Of the query as it was written: `today` on the last page is the `today` of the first one's text, whatever day it is.
    pub(super) fn of(object: &Object, filter: &Filter, sort: &[SortKey]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&object.number.to_be_bytes());
        hasher.update(filter.to_string().as_bytes());
        for key in sort {
            hasher.update(b"\0");
            hasher.update(key.to_string().as_bytes());
        }
        Self(mark(&hasher))
    }
}

fn mark(hasher: &blake3::Hasher) -> [u8; MARK] {
    let mut mark = [0; MARK];
    hasher.finalize_xof().fill(&mut mark);
    mark
}

fn checksum(body: &[u8]) -> [u8; MARK] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"cursor");
    hasher.update(body);
    mark(&hasher)
}

pub(super) fn write(fingerprint: Fingerprint, standing: &Standing) -> String {
    let mut bytes = vec![FORMAT];
    bytes.extend_from_slice(&fingerprint.0);
    for value in &standing.values {
        // An index entry's value is a few hundred bytes at most.
        bytes.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(value);
    }
    bytes.extend_from_slice(&standing.id.to_be_bytes());
    let check = checksum(&bytes);
    bytes.extend_from_slice(&check);
    to_hex(&bytes)
}

/// Reads the cursor of a query with so many sort keys.
pub(super) fn read(
    text: &str,
    fingerprint: Fingerprint,
    keys: usize,
) -> Result<Standing, QueryError> {
    let bytes = from_hex(text.trim()).ok_or(QueryError::CursorDamaged)?;
    let (body, check) = bytes
        .split_last_chunk::<MARK>()
        .ok_or(QueryError::CursorDamaged)?;
    if *check != checksum(body) {
        return Err(QueryError::CursorDamaged);
    }
    let (format, body) = body.split_first().ok_or(QueryError::CursorDamaged)?;
    if *format != FORMAT {
        return Err(QueryError::CursorForeign);
    }
    let (of, body) = body
        .split_first_chunk::<MARK>()
        .ok_or(QueryError::CursorDamaged)?;
    if *of != fingerprint.0 {
        return Err(QueryError::CursorForeign);
    }
    standing(body, keys).ok_or(QueryError::CursorDamaged)
}

fn standing(mut body: &[u8], keys: usize) -> Option<Standing> {
    let mut values = Vec::with_capacity(keys);
    for _ in 0..keys {
        let (length, rest) = body.split_first_chunk::<2>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        values.push(value.to_vec());
        body = rest;
    }
    Some(Standing {
        values,
        id: u128::from_be_bytes(body.try_into().ok()?),
    })
}

fn to_hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some((digit(*high)? << 4) | digit(*low)?),
            _ => None,
        })
        .collect()
}
