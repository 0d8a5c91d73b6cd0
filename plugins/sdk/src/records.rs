//! What else is there? Records besides those of the batch, as they were before it.
//!
//! Of the objects and fields that the plugin's manifest needs. What a hook before a save reads
//! is checked at the commit: where somebody changed it meanwhile, the hook is asked again.
//! Natively a test's [`world`](crate::world) answers.

use crate::columns::{Batch, Column, Kind, Layout};
use crate::row::{Clock, Faults, Hook, Records};
use crate::value::{Date, Instant};

/// Why records were not given. Each says what to do, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// The plugin may not read this.
    NotGranted(String),
    /// There is no such object or field.
    Unknown(String),
    /// The filter, the sort keys, an id or the cursor cannot be read.
    Invalid(String),
    /// More records than one call may read, or look at.
    TooMuch(String),
    /// Records are not read here.
    Unavailable(String),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotGranted(what)
            | Self::Unknown(what)
            | Self::Invalid(what)
            | Self::TooMuch(what)
            | Self::Unavailable(what) => f.write_str(what),
        }
    }
}

/// Records that were given; read them as the rows of a batch.
#[derive(Debug)]
pub struct Selected {
    hook: Hook,
    batch: Batch,
    faults: Faults,
}

impl Selected {
    pub(crate) fn new(object: &str, fields: &[&str], kinds: Vec<Kind>, batch: Batch) -> Self {
        let columns = fields.iter().zip(kinds);
        let columns = columns.map(|(name, kind)| Column {
            name: (*name).to_owned(),
            kind,
        });
        Self {
            hook: Hook {
                name: format!("records of {object}"),
                object: object.to_owned(),
                reads: Layout::new(columns.collect()),
                ..Hook::default()
            },
            batch,
            faults: Faults::default(),
        }
    }

    /// The records, in the order asked for. A field that was not asked for is empty.
    pub fn records(&self) -> Records<'_> {
        Records {
            hook: &self.hook,
            batch: &self.batch,
            words: std::str::from_utf8(&self.batch.text).unwrap_or_default(),
            clock: Clock::Fixed {
                now: Instant(0),
                today: Date(0),
            },
            faults: &self.faults,
        }
    }

    /// How many there are.
    pub fn len(&self) -> u32 {
        self.batch.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.batch.rows == 0
    }
}

/// Records by their ids.
#[derive(Debug)]
pub struct Got {
    /// A row for each id, in that order.
    pub selected: Selected,
    /// Whether there is such a record, for each id.
    pub found: Vec<bool>,
}

/// These records of one object. Fields may be `id` and `revision` too.
///
/// # Errors
/// What may not be read, or cannot.
pub fn get(object: &str, ids: &[&str], fields: &[&str]) -> Result<Got, ReadError> {
    #[cfg(target_arch = "wasm32")]
    return crate::guest::get(object, ids, fields);
    #[cfg(not(target_arch = "wasm32"))]
    crate::world::get(object, ids, fields)
}

/// How many records match a filter, `and(stage[eq]:won,amount[gte]:1000)`.
///
/// # Errors
/// What may not be read, or cannot.
pub fn count(object: &str, filter: &str) -> Result<u64, ReadError> {
    #[cfg(target_arch = "wasm32")]
    return crate::guest::count(object, filter);
    #[cfg(not(target_arch = "wasm32"))]
    crate::world::count(object, filter)
}

/// A question about the records of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query<'q> {
    /// The object.
    pub object: &'q str,
    /// `and(stage[eq]:won,amount[gte]:1000)`; all records when empty.
    pub filter: &'q str,
    /// `-created_at,name`; by id when empty.
    pub sort: &'q str,
    /// What is wanted of each record.
    pub fields: &'q [&'q str],
    /// 1 to 1,000.
    pub limit: u32,
    /// The cursor of the page before.
    pub after: Option<&'q str>,
}

impl<'q> Query<'q> {
    /// The first hundred records of an object that match a filter.
    pub fn new(object: &'q str, filter: &'q str, fields: &'q [&'q str]) -> Self {
        Self {
            object,
            filter,
            sort: "",
            fields,
            limit: 100,
            after: None,
        }
    }

    /// Asks.
    ///
    /// # Errors
    /// What may not be read, or cannot.
    pub fn run(&self) -> Result<Page, ReadError> {
        #[cfg(target_arch = "wasm32")]
        return crate::guest::query(self);
        #[cfg(not(target_arch = "wasm32"))]
        crate::world::query(self)
    }
}

/// Some of the records that match.
#[derive(Debug)]
pub struct Page {
    /// The records.
    pub selected: Selected,
    /// For the next page, where there is one.
    pub next: Option<String>,
}
