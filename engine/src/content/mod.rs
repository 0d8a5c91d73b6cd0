//! Where do files lie, and who may put, read and drop them?
//!
//! A file is stored once under the blake3 hash of its bytes, in a folder beside the journal. Fields name it
//! ([`FileRef`](crate::FileRef)); it is durable before the first entry that names it, and it stays while anything that
//! can still be read does: a record, the bin, the journal, a kept checkpoint. It is read through a record that has it,
//! so that whoever may not read the record may not read the file.
//!
//! In reading order: `rules` is what may be stored at all, `media` and `archive` are what a file is by its own bytes,
//! `place` is where bytes lie, `upload` how they get there, `reading` how they are read again. `uses` keeps a file from being dropped
//! under a commit that names it; `named` finds who names files, `collect` drops what nobody does, `forget` what only
//! erased records did, `audit` finds what is missing or damaged. `document` is the standard object made of them.
//!
//! ```text
//! content/ab/cdef…     the file whose hash is abcdef…
//! content/upload-…     a file on its way; of no use after the process
//! content/ORPHANS      what nobody named when it was last looked, and since when
//! ```
//!
//! Archives are never unpacked. What a zip archive says of itself is looked at, so that one which would fill the disk of
//! whoever opens it is refused; archives within archives, and those of other formats, are not looked into.

mod archive;
mod audit;
mod collect;
mod document;
mod error;
mod forget;
mod media;
mod named;
mod place;
mod reading;
mod rules;
#[cfg(test)]
mod tests;
mod upload;
mod uses;

pub use collect::Collected;
pub use reading::FileContent;
pub use rules::ContentRules;

pub(crate) use audit::audit;
pub(crate) use collect::collect;
pub(crate) use document::{DocumentRule, Part as DocumentPart, documents_of_only};
pub(crate) use error::ContentError;
pub(crate) use forget::forget;
pub(crate) use named::{Named, named};
pub(crate) use place::{FOLDER, hash_of, path_of, shards};
pub(crate) use uses::Held;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::error::{Error, Failure, Result};
use crate::journal::Disk;
use crate::record::{FileRef, RecordId, Value};
use crate::session::Session;
#[cfg(feature = "postgres")]
use crate::store::StoreError;
use crate::store::spaces;
use place::Place;
use uses::Uses;

/// The files of one store.
pub(crate) struct Content {
    place: Place,
    rules: ContentRules,
    uses: Arc<Uses>,
}

impl Content {
    /// The files in the folder of a store. What uploads left that a crash broke off is removed.
    pub(crate) fn in_folder(disk: Arc<dyn Disk>, home: &Path, rules: ContentRules) -> Self {
        Self::of(Place::folder(disk, home), rules)
    }

    pub(crate) fn in_memory(rules: ContentRules) -> Self {
        Self::of(Place::memory(), rules)
    }

    /// For stores that cannot keep files.
    #[cfg(feature = "postgres")]
    pub(crate) fn nowhere(rules: ContentRules) -> Self {
        Self::of(Place::Nowhere, rules)
    }

    fn of(place: Place, rules: ContentRules) -> Self {
        Self {
            place,
            rules,
            uses: Arc::default(),
        }
    }

    /// Takes a file in. When this returns, it is on the disk.
    fn put(
        &self,
        name: &str,
        declared: Option<&str>,
        from: &mut dyn Read,
        now: DateTime<Utc>,
    ) -> Result<FileRef, ContentError> {
        let named = upload::Named::new(name, declared)?;
        upload::put(self, &named, from, now)
    }

    fn open(&self, file: &FileRef) -> Result<FileContent, ContentError> {
        match self.place.open(&file.hash)? {
            Some(bytes) => Ok(FileContent::new(file.clone(), bytes)),
            None => Err(ContentError::Missing { file: file.clone() }),
        }
    }

    /// Sees to it that files stay while somebody commits what names them. What is wrong with one comes back.
    pub(crate) fn hold(&self, held: &mut Held, file: &FileRef) -> Result<Option<Failure>> {
        if held.knows(file) {
            return Ok(None);
        }
        held.add(&self.uses, file.clone());
        let fault = match self.place.open(&file.hash)? {
            Some(bytes) => upload::fault_of(bytes.as_ref(), file)?,
            None => Some(ContentError::Unknown { file: file.clone() }),
        };
        Ok(fault.map(|fault| Failure::new(fault.code(), fault.to_string())))
    }
}

impl Session {
    /// Stores a file and gives what a field of kind `file` is set to. It is streamed: the memory that it takes does not
    /// depend on its size. When this returns, the file is on the disk, whatever the durability of commits; a file whose
    /// bytes are there already is not stored twice.
    ///
    /// `declared` is the media type that the sender says it is. One that the bytes contradict is an error. Without one it
    /// is told from the bytes, and from the ending of the name where bytes do not tell.
    ///
    /// A file that nothing names is dropped by [`Engine::collect_content`](crate::Engine::collect_content), and by
    /// nothing else.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use std::io::Read;
    /// let engine = peyvand::Engine::in_memory().open()?;
    /// let session = engine.session();
    /// let file = session.put_file("یادداشت.txt", None, &mut "سلام".as_bytes())?;
    /// let document = session.add_document(&file, serde_json::json!({"title": "سلام"}), &[])?.id()?;
    /// let mut text = String::new();
    /// session.open_file(document, "file")?.read_to_string(&mut text).ok();
    /// assert_eq!(text, "سلام");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the name is a trick, when the file is too large, of a type that is not allowed or not of the type that it is
    /// said to be, when `from` fails, or when the disk does. Then nothing is kept, and the engine goes on.
    pub fn put_file(
        &self,
        name: &str,
        declared: Option<&str>,
        from: &mut dyn Read,
    ) -> Result<FileRef> {
        // A store that was closed is somebody else's.
        let _open = self.read()?.0.snapshot.get(&[spaces::CONFIG])?;
        let now = self.context.now();
        Ok(self.engine.inner.content.put(name, declared, from, now)?)
    }

    /// Opens the file that a field of a record holds.
    ///
    /// # Errors
    /// When there is no such record or no such field, when the field is empty or holds no file, or when the file is
    /// missing.
    pub fn open_file(&self, id: RecordId, field: &str) -> Result<FileContent> {
        open_file_of(&self.engine, &self.get(id)?, field)
    }
}

/// The door to a file is the record that has it.
pub(crate) fn open_file_of(
    engine: &crate::engine::Engine,
    record: &crate::record::Record,
    field: &str,
) -> Result<FileContent> {
    let known = record.object.field(field);
    let known = known.ok_or_else(|| ContentError::NoField(record.object.unknown_field(field)))?;
    let file = match record.value(known.number) {
        Some(Value::File(file)) => file,
        Some(_) => {
            let what = format!("{field} of {} is a {} field", record.id, known.kind.name());
            return Err(ContentError::NoFile(what).into());
        }
        None => {
            let what = format!("{field} of {} is empty", record.id);
            return Err(ContentError::NoFile(what).into());
        }
    };
    Ok(engine.inner.content.open(file)?)
}

#[cfg(feature = "postgres")]
fn unsupported() -> ContentError {
    let what = "keeping files";
    StoreError::Unsupported { what }.into()
}

impl From<ContentError> for Error {
    fn from(error: ContentError) -> Self {
        match error {
            ContentError::Store(error) => error.into(),
            other => {
                let told = Self::new(other.kind(), other.to_string());
                match other.hint() {
                    Some(hint) => told.hint(hint).because(other),
                    None => told.because(other),
                }
            }
        }
    }
}
