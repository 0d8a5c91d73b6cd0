//! What is kept about a deleted record?

use serde::{Deserialize, Serialize};

use super::request::id_text;
use crate::error::{Error, ErrorKind, Result};
use crate::record::RecordId;

/// Who deleted a record, when, and what went along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Binned {
    /// Microseconds since 1970.
    pub(crate) at: i64,
    pub(crate) by: String,
    /// The record whose delete took this one along; itself when it was asked for.
    #[serde(with = "id_text")]
    pub(crate) root: RecordId,
    /// What a restore of the root brings back too.
    pub(crate) along: Vec<String>,
}

impl Binned {
    /// An entry of the bin: how it was deleted, then the record's own bytes.
    pub(crate) fn join(&self, record: &[u8]) -> Vec<u8> {
        let head = serde_json::to_vec(self).unwrap_or_default();
        let mut bytes = Vec::with_capacity(4 + head.len() + record.len());
        bytes.extend_from_slice(&(head.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&head);
        bytes.extend_from_slice(record);
        bytes
    }

    pub(crate) fn split(bytes: &[u8]) -> Result<(Self, &[u8])> {
        let broken = || {
            Error::new(ErrorKind::Damaged, "an entry of the bin cannot be read")
                .hint("run `peyvand check` on the store")
        };
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(broken)?;
        let (head, record) = rest
            .split_at_checked(u32::from_be_bytes(*length) as usize)
            .ok_or_else(broken)?;
        let binned = serde_json::from_slice(head).map_err(|error| broken().because(error))?;
        Ok((binned, record))
    }
}
