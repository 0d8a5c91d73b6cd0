//! Which records come nearest, in which order?

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::asked::{Reading, Term, readings, spaced_otherwise};
use super::closeness::{Closeness, Match, judge};
use super::postings::{Candidates, Postings};
use crate::error::Result;
use crate::locale::{KeyboardLayout, on_other_layouts};
use crate::query::Reader;
use crate::record::{Record, RecordId};
use crate::schema::Object;
use crate::session::Session;

/// How many hits there are unless told.
const DEFAULT_LIMIT: usize = 20;

/// How many hits there may be.
const MOST_HITS: usize = 200;

/// With fewer hits than this it is read in other ways too: with other spaces, and on other keyboard layouts.
const FEW: usize = 5;

/// How many records of an object are looked at for one reading.
const MOST_RECORDS: usize = 1_000;

/// What is searched for.
///
/// ```
/// # fn main() -> Result<(), peyvand::Error> {
/// use peyvand::{Engine, Search};
/// use serde_json::json;
///
/// let session = Engine::in_memory().open()?.session();
/// session.create("contact", json!({"name": "سارا رضایی", "mobile": "+989121234567"}))?;
/// for typed in ["رضايي", "سار رض", "۴۵۶۷", "0912 123 4567", "vqhdd"] {
///     assert_eq!(session.search(&Search::new(typed))?.hits[0].title, "سارا رضایی", "{typed}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Search {
    /// What was typed.
    pub words: String,
    /// Only records of these objects; of all that have searchable fields where it is empty.
    pub objects: Vec<String>,
    /// How many hits there are at most, 1 to 200; 20 unless told.
    pub limit: usize,
}

impl Search {
    /// A search for what was typed, among all objects.
    pub fn new(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            objects: Vec::new(),
            limit: DEFAULT_LIMIT,
        }
    }

    /// With so many hits at most.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Among records of these objects.
    #[must_use]
    pub fn objects<S: Into<String>>(mut self, objects: impl IntoIterator<Item = S>) -> Self {
        self.objects = objects.into_iter().map(Into::into).collect();
        self
    }
}

/// One record that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hit {
    /// The record.
    pub id: RecordId,
    /// Its object.
    pub object: String,
    /// What people call it.
    pub title: String,
    /// The field that says what was searched for, or the most of it.
    pub field: String,
    /// How near it is.
    pub closeness: Closeness,
    /// Where the same keys were read on another keyboard layout: which, and what they are there.
    pub read_as: Option<(KeyboardLayout, String)>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// The nearest first; of equally near ones those in the heavier field, then the newest.
    pub hits: Vec<Hit>,
    /// Whether every record was taken into account. Where words are very common, only the postings of the highest
    /// rank and the newest records are; more letters or another word make it complete.
    pub complete: bool,
}

impl Session {
    /// The records that come nearest to what was typed, each word of which may be the beginning of one: names, titles
    /// and numbers by their words, e-mail addresses from their beginning, telephone numbers by their end or whole, in
    /// any digits. What was written in the commit before is found.
    ///
    /// Where fewer than five (or the limit) have all words, the same letters are tried with other spaces, and the same
    /// keys on other keyboard layouts; such hits come after those. Records with some of the words are found where none has all of them.
    ///
    /// # Errors
    /// When one of the objects does not exist, or the store cannot be read.
    pub fn search(&self, search: &Search) -> Result<Found> {
        let (reader, _) = self.read()?;
        Finder::new(&reader, search)?.find(&search.words)
    }
}

/// How what was typed was read. In the order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Read {
    AsTyped,
    SpacedOtherwise,
    /// On the layout of this number.
    OnLayout(usize),
    /// As typed, and some of the words are enough.
    InPart,
}

/// A record that fits, and how.
struct Fitting {
    read: Read,
    matched: Match,
    record: Record,
}

impl Fitting {
    fn order(&self) -> impl Ord + use<> {
        let id = self.record.id();
        (self.read, self.matched.order(), Reverse(id.number()), id)
    }
}

struct Finder<'a> {
    reader: &'a Reader,
    objects: Vec<Arc<Object>>,
    limit: usize,
    /// By record, how it fits best.
    found: BTreeMap<RecordId, Fitting>,
    complete: bool,
}

impl<'a> Finder<'a> {
    fn new(reader: &'a Reader, search: &Search) -> Result<Self> {
        let mut objects: Vec<Arc<Object>> = match search.objects.is_empty() {
            true => reader.schema.objects().cloned().collect(),
            false => {
                let named = search.objects.iter();
                let found = named.map(|name| reader.object(name).cloned());
                found.collect::<Result<_>>()?
            }
        };
        objects.sort_unstable_by_key(|object| object.number);
        objects.dedup_by_key(|object| object.number);
        Ok(Self {
            reader,
            objects,
            limit: search.limit.clamp(1, MOST_HITS),
            found: BTreeMap::new(),
            complete: true,
        })
    }

    fn find(mut self, typed: &str) -> Result<Found> {
        let as_typed = readings(typed);
        self.read(Read::AsTyped, &as_typed)?;
        let few = FEW.min(self.limit);
        if self.found.len() < few {
            self.read(Read::SpacedOtherwise, &spaced_otherwise(typed))?;
        }
        let mut layouts = Vec::new();
        if self.found.len() < few {
            layouts = on_other_layouts(typed);
            for (place, (_, text)) in layouts.iter().enumerate() {
                self.read(Read::OnLayout(place), &readings(text))?;
            }
        }
        if self.found.is_empty() {
            self.read(Read::InPart, &as_typed)?;
        }
        Ok(self.told(&layouts))
    }

    fn read(&mut self, read: Read, readings: &[Reading]) -> Result<()> {
        for object in self.objects.clone() {
            let Some(postings) = Postings::of(self.reader, &object) else {
                continue;
            };
            for reading in readings {
                self.of_object(read, &postings, reading)?;
            }
        }
        Ok(())
    }

    fn of_object(&mut self, read: Read, postings: &Postings<'_>, reading: &Reading) -> Result<()> {
        if read == Read::InPart {
            if reading.len() > 1 {
                let some = postings.with_some(reading)?;
                self.take(read, postings, reading, some, usize::MAX)?;
            }
            return Ok(());
        }
        let [term] = reading.as_slice() else {
            let all = postings.with_all(reading)?;
            self.take(read, postings, reading, all, usize::MAX)?;
            return Ok(());
        };
        if let Some(all) = postings.all_of(term)? {
            self.take(read, postings, reading, all, usize::MAX)?;
            return Ok(());
        }
        self.of_common_word(read, postings, reading, term)
    }

    /// The best of very many: those that have the word itself, then those that have longer ones.
    fn of_common_word(
        &mut self,
        read: Read,
        postings: &Postings<'_>,
        reading: &Reading,
        term: &Term,
    ) -> Result<()> {
        let (mut taken, mut known) = (0, BTreeSet::new());
        for only in [true, false] {
            let mut ranked = postings.ranked(&term.text, only);
            while taken < self.limit
                && known.len() < MOST_RECORDS
                && !ranked.is_at_end()
                && !ranked.is_spent()
            {
                let page = ranked.next(self.limit)?.into_iter().map(|(_, id)| id);
                let ids = page.filter(|id| known.insert(*id)).collect();
                let complete = true;
                let page = Candidates { ids, complete };
                taken += self.take(read, postings, reading, page, self.limit)?;
            }
            self.complete &= taken >= self.limit || ranked.is_at_end();
        }
        if taken < self.limit && !term.is_whole() {
            let mut longer = postings.of_longer_words(term, self.limit)?;
            longer.ids.retain(|id| known.insert(*id));
            self.take(read, postings, reading, longer, self.limit)?;
        }
        Ok(())
    }

    /// Looks at candidates until so many fit; says how many did.
    fn take(
        &mut self,
        read: Read,
        postings: &Postings<'_>,
        reading: &Reading,
        candidates: Candidates,
        most: usize,
    ) -> Result<usize> {
        let Candidates { ids, complete } = candidates;
        let all = ids.len() <= MOST_RECORDS;
        let object = self
            .objects
            .iter()
            .find(|object| object.number == postings.object.number);
        let Some(object) = object.cloned() else {
            return Ok(0);
        };
        let mut taken = 0;
        let ids: Vec<u128> = ids.into_iter().take(MOST_RECORDS).collect();
        for ids in ids.chunks(most.clamp(1, 128)) {
            for record in self
                .reader
                .stored_records(&object, ids)?
                .into_iter()
                .flatten()
            {
                let Some(matched) = judge(&record, reading) else {
                    continue;
                };
                if (matched.closeness == Closeness::Part) == (read == Read::InPart) {
                    taken += 1;
                    self.keep(Fitting {
                        read,
                        matched,
                        record,
                    });
                }
            }
            if taken >= most {
                break;
            }
        }
        // What was left out is worse than what was taken, where enough was taken.
        self.complete &= complete && (all || taken >= most);
        Ok(taken)
    }

    fn keep(&mut self, fitting: Fitting) {
        let id = fitting.record.id();
        let known = self.found.get(&id);
        if known.is_none_or(|known| fitting.order() < known.order()) {
            self.found.insert(id, fitting);
        }
    }

    fn told(self, layouts: &[(KeyboardLayout, String)]) -> Found {
        let mut found: Vec<Fitting> = self.found.into_values().collect();
        found.sort_unstable_by_key(Fitting::order);
        found.truncate(self.limit);
        let hit = |fitting: Fitting| {
            let Fitting {
                read,
                matched,
                record,
            } = fitting;
            if let Some(seeing) = &self.reader.seeing {
                seeing.note(&record, true);
            }
            let field = record.object.field_by_number(matched.field);
            Hit {
                id: record.id(),
                object: record.object.name.clone(),
                title: record.title(),
                field: field.map_or_else(String::new, |field| field.name.clone()),
                closeness: matched.closeness,
                read_as: match read {
                    Read::OnLayout(place) => layouts.get(place).cloned(),
                    _ => None,
                },
            }
        };
        Found {
            hits: found.into_iter().map(hit).collect(),
            complete: self.complete,
        }
    }
}
