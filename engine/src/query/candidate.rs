//! What is looked at before a record is made?
//!
//! A filter looks at a field or two of many records and wants few of them: it looks at the bytes that are stored, and
//! only what passes becomes a record.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use super::compile::Compiled;
use super::reader::{Reader, decode, unreadable};
use crate::error::Result;
use crate::record::{Record, RecordId, Value};
use crate::schema::Object;
use crate::store::codec::{CodecError, Unread};

/// What can be asked of a record and of one that was not made yet.
pub(crate) trait Look {
    fn id(&self) -> RecordId;
    fn revision(&self) -> u64;
    fn look(&self, field: u32) -> Option<Cow<'_, Value>>;
}

impl Look for Record {
    fn id(&self) -> RecordId {
        self.id
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn look(&self, field: u32) -> Option<Cow<'_, Value>> {
        self.value(field).map(Cow::Borrowed)
    }
}

/// A row of a plan's source.
pub(super) enum Candidate<'a> {
    Stored(Unmade<'a>),
    /// With its totals, which lie elsewhere.
    Made(Record),
}

/// A record as it is stored.
pub(super) struct Unmade<'a> {
    object: &'a Arc<Object>,
    id: u128,
    bytes: &'a [u8],
    written: Unread<'a>,
    /// Why a look at a field saw nothing, when it could not be read.
    broken: RefCell<Option<CodecError>>,
}

impl<'a> Candidate<'a> {
    pub(super) fn stored(object: &'a Arc<Object>, id: u128, bytes: &'a [u8]) -> Result<Self> {
        let written = Unread::open(bytes).map_err(|error| unreadable(object, id, &error))?;
        Ok(Self::Stored(Unmade {
            object,
            id,
            bytes,
            written,
            broken: RefCell::new(None),
        }))
    }

    /// The row, where it matches and who reads sees it. There is no other way to a record.
    pub(super) fn passed(self, compiled: &Compiled, reader: &Reader) -> Result<Option<Passed<'a>>> {
        let passes = compiled.matches(&self);
        self.was_readable()?;
        compiled.was_readable()?;
        if !passes {
            return Ok(None);
        }
        // What was made a record has been judged.
        if let (Some(seeing), Self::Stored(_)) = (&reader.seeing, &self) {
            let sees = seeing.sees(&self)?;
            self.was_readable()?;
            if !sees {
                return Ok(None);
            }
        }
        Ok(Some(Passed(self)))
    }

    /// To be asked after looks: fields that cannot be read look empty.
    pub(super) fn was_readable(&self) -> Result<()> {
        match self {
            Self::Stored(unmade) => match unmade.broken.take() {
                Some(error) => Err(unreadable(unmade.object, unmade.id, &error)),
                None => Ok(()),
            },
            Self::Made(_) => Ok(()),
        }
    }
}

/// A row that matches, and that who reads sees.
pub(super) struct Passed<'a>(Candidate<'a>);

impl Passed<'_> {
    pub(super) fn was_readable(&self) -> Result<()> {
        self.0.was_readable()
    }

    pub(super) fn into_record(self) -> Result<Record> {
        match self.0 {
            Candidate::Stored(unmade) => decode(unmade.object, unmade.id, unmade.bytes),
            Candidate::Made(record) => Ok(record),
        }
    }
}

impl Look for Passed<'_> {
    fn id(&self) -> RecordId {
        self.0.id()
    }

    fn revision(&self) -> u64 {
        self.0.revision()
    }

    fn look(&self, field: u32) -> Option<Cow<'_, Value>> {
        self.0.look(field)
    }
}

impl Look for Candidate<'_> {
    fn id(&self) -> RecordId {
        match self {
            Self::Stored(unmade) => RecordId::new(unmade.object.prefix, unmade.id),
            Self::Made(record) => record.id,
        }
    }

    fn revision(&self) -> u64 {
        match self {
            Self::Stored(unmade) => unmade.written.revision,
            Self::Made(record) => record.revision,
        }
    }

    fn look(&self, field: u32) -> Option<Cow<'_, Value>> {
        match self {
            Self::Stored(unmade) => match unmade.written.value(field) {
                Ok(value) => value.map(Cow::Owned),
                Err(error) => {
                    unmade.broken.replace(Some(error));
                    None
                }
            },
            Self::Made(record) => record.look(field),
        }
    }
}
