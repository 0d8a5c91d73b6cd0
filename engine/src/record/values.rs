//! What do the fields of one record hold?
//!
//! A record that was read stays as it is stored until somebody asks: a list shows six of its fields, a filter looks at
//! one. A value is made when it is asked for, and kept.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use super::{Value, codec};

/// Values by field number, in the order of the numbers.
#[derive(Clone, Default)]
pub(crate) struct Values {
    /// Until a value is changed, all is here.
    stored: Option<Stored>,
    /// And after that, here.
    made: Vec<(u32, Value)>,
}

/// A stored record, looked over and known to be whole.
#[derive(Clone)]
struct Stored {
    bytes: Vec<u8>,
    places: Vec<Place>,
    made: OnceLock<Box<[Cell]>>,
}

/// A value that is made when it is first asked for.
type Cell = OnceLock<Option<Value>>;

/// Where in the stored bytes a field's value begins.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) field: u32,
    pub(super) at: u32,
}

impl Stored {
    fn value(&self, place: usize) -> Option<&Value> {
        let cells = || self.places.iter().map(|_| Cell::new()).collect();
        let cell = self.made.get_or_init(cells).get(place)?;
        cell.get_or_init(|| self.make(place)).as_ref()
    }

    fn made(&self, place: usize) -> Option<&Value> {
        self.made.get()?.get(place)?.get()?.as_ref()
    }

    fn make(&self, place: usize) -> Option<Value> {
        codec::value(&self.bytes, self.places.get(place)?.at)
    }

    fn inmake_all(self) -> Vec<(u32, Value)> {
        let all = self.places.iter().enumerate().filter_map(|(place, of)| {
            let value = self.made(place).cloned().or_else(|| self.make(place))?;
            Some((of.field, value))
        });
        all.collect()
    }
}

impl From<Vec<(u32, Value)>> for Values {
    fn from(made: Vec<(u32, Value)>) -> Self {
        Self { stored: None, made }
    }
}

impl Values {
    /// The values of a stored record whose fields lie at these places.
    pub(super) fn stored(bytes: Vec<u8>, places: Vec<Place>) -> Self {
        let stored = Stored {
            bytes,
            places,
            made: OnceLock::new(),
        };
        Self {
            stored: Some(stored),
            made: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        let stored = self.stored.as_ref();
        stored.map_or(self.made.len(), |stored| stored.places.len())
    }

    fn place(&self, number: u32) -> Option<usize> {
        let found = match &self.stored {
            Some(stored) => stored
                .places
                .binary_search_by_key(&number, |place| place.field),
            None => self.made.binary_search_by_key(&number, |(field, _)| *field),
        };
        found.ok()
    }

    fn nth(&self, place: usize) -> Option<(&u32, &Value)> {
        match &self.stored {
            Some(stored) => Some((&stored.places.get(place)?.field, stored.value(place)?)),
            None => self.made.get(place).map(|(field, value)| (field, value)),
        }
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Value> {
        self.nth(self.place(number)?).map(|(_, value)| value)
    }

    /// The value for a look that may be the only one: it is not kept where it had to be made.
    pub(crate) fn peek(&self, number: u32) -> Option<Cow<'_, Value>> {
        let place = self.place(number)?;
        let Some(stored) = &self.stored else {
            return self.made.get(place).map(|(_, value)| Cow::Borrowed(value));
        };
        match stored.made(place) {
            Some(value) => Some(Cow::Borrowed(value)),
            None => stored.make(place).map(Cow::Owned),
        }
    }

    pub(crate) fn iter(&self) -> Iter<'_> {
        Iter {
            values: self,
            place: 0,
        }
    }

    pub(crate) fn set(&mut self, number: u32, value: Option<Value>) {
        let values = self.make_all();
        let place = values.binary_search_by_key(&number, |(field, _)| *field);
        match (place, value) {
            (Ok(at), Some(value)) => values[at].1 = value,
            (Ok(at), None) => {
                values.remove(at);
            }
            (Err(at), Some(value)) => values.insert(at, (number, value)),
            (Err(_), None) => {}
        }
    }

    pub(crate) fn reserve(&mut self, more: usize) {
        self.make_all().reserve(more);
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&(u32, Value)) -> bool) {
        self.make_all().retain(keep);
    }

    fn make_all(&mut self) -> &mut Vec<(u32, Value)> {
        if let Some(stored) = self.stored.take() {
            self.made = stored.inmake_all();
        }
        &mut self.made
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// Values in the order of their fields' numbers.
pub(crate) struct Iter<'a> {
    values: &'a Values,
    place: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a u32, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        while self.place < self.values.len() {
            self.place += 1;
            if let Some(found) = self.values.nth(self.place - 1) {
                return Some(found);
            }
        }
        None
    }
}

impl<'a> IntoIterator for &'a Values {
    type Item = (&'a u32, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}
