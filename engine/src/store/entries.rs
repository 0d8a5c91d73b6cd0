//! How are many entries handed out at once?
//!
//! Laid end to end in one piece of memory: who reads a list asks for memory a few times, and not twice for each row.

use super::Row;

/// Entries in the order in which they were read.
#[derive(Default)]
pub(crate) struct Entries {
    bytes: Vec<u8>,
    ends: Vec<Ends>,
}

struct Ends {
    key: usize,
    /// `None` where there is no such entry.
    value: Option<usize>,
}

/// What a scan writes what it finds into.
pub(super) trait Sink {
    fn count(&self) -> usize;
    /// An entry, its key in two parts.
    fn put(&mut self, prefix: &[u8], rest: &[u8], value: &[u8]);
}

impl Sink for Vec<Row> {
    fn count(&self) -> usize {
        self.len()
    }

    fn put(&mut self, prefix: &[u8], rest: &[u8], value: &[u8]) {
        self.push(([prefix, rest].concat(), value.to_vec()));
    }
}

impl Sink for Entries {
    fn count(&self) -> usize {
        self.len()
    }

    fn put(&mut self, prefix: &[u8], rest: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(prefix);
        self.bytes.extend_from_slice(rest);
        self.end(Some(value));
    }
}

impl Entries {
    pub(super) fn with_capacity(entries: usize, bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(entries),
        }
    }

    /// What was found under a key that the reader knows.
    pub(super) fn put_value(&mut self, value: Option<&[u8]>) {
        self.end(value);
    }

    fn end(&mut self, value: Option<&[u8]>) {
        let key = self.bytes.len();
        self.bytes.extend_from_slice(value.unwrap_or_default());
        self.ends.push(Ends {
            key,
            value: value.map(|_| self.bytes.len()),
        });
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Keys and values; without those that were not found.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        (0..self.len()).filter_map(|at| Some((self.key(at)?, self.value(at)?)))
    }

    /// What was found under each key that was asked for.
    pub(crate) fn values(&self) -> impl Iterator<Item = Option<&[u8]>> {
        (0..self.len()).map(|at| self.value(at))
    }

    pub(crate) fn last_key(&self) -> Option<&[u8]> {
        self.key(self.len().checked_sub(1)?)
    }

    fn key(&self, at: usize) -> Option<&[u8]> {
        let before = at.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = before.map_or(0, |ends| ends.value.unwrap_or(ends.key));
        self.bytes.get(start..self.ends.get(at)?.key)
    }

    fn value(&self, at: usize) -> Option<&[u8]> {
        let ends = self.ends.get(at)?;
        self.bytes.get(ends.key..ends.value?)
    }
}

impl From<Vec<Row>> for Entries {
    fn from(rows: Vec<Row>) -> Self {
        let mut entries = Self::default();
        for (key, value) in rows {
            entries.put(&[], &key, &value);
        }
        entries
    }
}

impl From<Vec<Option<Vec<u8>>>> for Entries {
    fn from(values: Vec<Option<Vec<u8>>>) -> Self {
        let mut entries = Self::default();
        for value in values {
            entries.put_value(value.as_deref());
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_out_as_they_went_in() {
        let rows: Vec<Row> = (0..5)
            .map(|at| (vec![b'k', at], vec![at; at as usize]))
            .collect();
        let entries = Entries::from(rows.clone());
        let read = entries
            .iter()
            .map(|(key, value)| (key.to_vec(), value.to_vec()));
        assert!(read.eq(rows.iter().cloned()));
        assert_eq!(entries.last_key(), Some(&b"k\x04"[..]));
    }

    #[test]
    fn an_empty_value_is_not_a_missing_one() {
        let entries = Entries::from(vec![Some(vec![1]), None, Some(vec![]), Some(vec![2])]);
        let values: Vec<_> = entries.values().collect();
        assert_eq!(values, [Some(&[1][..]), None, Some(&[]), Some(&[2])]);
        assert_eq!(entries.iter().count(), 3);
    }
}
