//! What do the fields of one record hold?

use std::fmt;

use super::Value;

/// Values by field number, in the order of the numbers.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Values(Vec<(u32, Value)>);

impl From<Vec<(u32, Value)>> for Values {
    fn from(values: Vec<(u32, Value)>) -> Self {
        Self(values)
    }
}

impl Values {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Value> {
        let place = self.0.binary_search_by_key(&number, |(field, _)| *field);
        self.0.get(place.ok()?).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, (u32, Value)> {
        self.0.iter()
    }

    pub(crate) fn set(&mut self, number: u32, value: Option<Value>) {
        let place = self.0.binary_search_by_key(&number, |(field, _)| *field);
        match (place, value) {
            (Ok(at), Some(value)) => self.0[at].1 = value,
            (Ok(at), None) => {
                self.0.remove(at);
            }
            (Err(at), Some(value)) => self.0.insert(at, (number, value)),
            (Err(_), None) => {}
        }
    }

    pub(crate) fn reserve(&mut self, more: usize) {
        self.0.reserve(more);
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&(u32, Value)) -> bool) {
        self.0.retain(keep);
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|(number, value)| (number, value)))
            .finish()
    }
}

impl<'a> IntoIterator for &'a Values {
    type Item = &'a (u32, Value);
    type IntoIter = std::slice::Iter<'a, (u32, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
