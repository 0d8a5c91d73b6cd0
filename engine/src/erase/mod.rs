//! How is somebody forgotten?
//!
//! What is live is deleted by the ordinary rules, and what goes along with it. The ids are then
//! written into a register in the store's folder, durably and before anything is erased: an open
//! after a crash goes on from there. One commit removes them from the bin and marks them as erased,
//! so that whoever asks for them hears of it; it names ids and nothing else. Then everything that
//! holds values of theirs leaves the journal, the state with its history, and the checkpoints.
//!
//! The register says who was erased, without any data. It is not part of a backup: a restore of a
//! backup from before takes it from outside and erases the same records again.

mod delete;
mod register;
#[cfg(test)]
mod tests;
mod theirs;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::content;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{Position, Subject};
use crate::query::Reader;
use crate::record::RecordId;
use crate::session::Session;
use crate::store::{Progress, StoreError, spaces};
use crate::write::{Ask, Stored};
use delete::How;
pub(crate) use register::Register;

/// How often the marks are written again when others take records out of the bin meanwhile.
const ATTEMPTS: usize = 16;

/// What was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Erased {
    /// The records: those that were asked for, and those that went along with them.
    pub ids: Vec<RecordId>,
    /// How many of them are messages: those that were written to who was erased, or came from him.
    pub messages: usize,
    /// The commit that says so.
    pub position: Position,
    /// In how many places of the journal something of them was erased.
    pub entries: u64,
    /// What follow-ups of the delete could not do, in words.
    pub warnings: Vec<String>,
}

impl Session {
    /// Erases records for good: from the journal, the state, its history and the checkpoints that the store keeps. What
    /// is not in the bin yet is deleted first, by the ordinary rules. What goes along with a record is erased too,
    /// and documents that are attached to nothing else, with all versions and their files; a file that another record
    /// names stays. So are messages to or from who is erased, by their references or by an address that nobody else
    /// has, and what was said about them and lies in the bin by itself. The hash chain of the journal stays whole; that there were such records, when they were changed and by whom, is still
    /// known. Totals of other records, what other records say about them, and keys that a caller gave to
    /// [`Session::commit_once`] are not changed.
    ///
    /// A backup that was taken before still holds them. `ERASED` in the store's folder lists who was erased: keep it, and
    /// give it to a restore of such a backup with [`RestoreOptions::erased`](crate::RestoreOptions::erased).
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use serde_json::json;
    ///
    /// let engine = peyvand::Engine::in_memory().open()?;
    /// let session = engine.session();
    /// let id = session.create("contact", json!({"name": "Maryam Karimi"}))?.id()?;
    /// session.erase([id])?;
    /// assert!(session.get(id).unwrap_err().to_string().contains("was erased on"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When one of them never was, when a rule refuses its delete, or when the store fails. After a failure of the store,
    /// the next open ends what was begun.
    pub fn erase(&self, ids: impl IntoIterator<Item = RecordId>) -> Result<Erased> {
        self.erase_with(ids, &mut |_| {})
    }

    /// What [`Session::erase`] would erase: these records, and the messages, documents and words about them that go
    /// along. Changes nothing.
    ///
    /// # Errors
    /// When who asks does not administer the workspace; when one of them never was.
    pub fn preview_erase(&self, ids: impl IntoIterator<Item = RecordId>) -> Result<Vec<RecordId>> {
        self.must_administer("erase records")?;
        let (reader, _) = self.engine.read()?;
        let ids: BTreeSet<RecordId> = ids.into_iter().collect();
        refuse_unknown(&reader, &ids)?;
        let ids = theirs::with_theirs(&self.engine, &reader, ids)?;
        Ok(ids.into_iter().collect())
    }

    /// As [`Session::erase`], telling how far it is.
    ///
    /// # Errors
    /// As [`Session::erase`].
    pub fn erase_with(
        &self,
        ids: impl IntoIterator<Item = RecordId>,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Erased> {
        self.must_administer("erase records")?;
        // A total that is being filled still counts them as they were when it was declared.
        self.engine.fill_totals()?;
        let _alone = self.engine.reshaping();
        let ids: BTreeSet<RecordId> = ids.into_iter().collect();
        let (reader, _) = self.engine.read()?;
        refuse_unknown(&reader, &ids)?;
        let ids = theirs::with_theirs(&self.engine, &reader, ids)?;
        drop(reader);
        let mut warnings = Vec::new();
        let ids = delete::delete(self, &ids, How::ByTheRules, &mut warnings)?;
        if let Some(mut register) = Register::of(&self.engine)? {
            register.begin(&ids, self.engine.position())?;
        }
        end(self, ids, warnings, tell)
    }
}

/// Ends what a crash or a full disk broke off, or what a restore was told to erase.
pub(crate) fn resume(engine: &Engine) -> Result<()> {
    end_what_was_begun(engine).map_err(not_ended)
}

/// Begins to erase these, as far as a crash may leave it.
#[cfg(test)]
pub(crate) fn begin(engine: &Engine, ids: &BTreeSet<RecordId>) -> Result<()> {
    match Register::of(engine)? {
        Some(mut register) => register.begin(ids, engine.position()),
        None => Ok(()),
    }
}

fn end_what_was_begun(engine: &Engine) -> Result<()> {
    let Some(register) = Register::of(engine)? else {
        return Ok(());
    };
    let (reader, _) = engine.read()?;
    let mut ids = BTreeSet::new();
    for id in register.pending() {
        // A store of a backup from before there was such a record has nothing of it.
        if is_known(&reader, id)? {
            ids.insert(id);
        }
    }
    drop(reader);
    if register.pending().next().is_none() {
        return Ok(());
    }
    let session = engine.session();
    let mut warnings = Vec::new();
    let ids = delete::delete(&session, &ids, How::InAnyCase, &mut warnings)?;
    end(&session, ids, warnings, &mut |_| {}).map(drop)
}

/// The store is not opened with what is to be erased still in it.
fn not_ended(error: Error) -> Error {
    let message = format!("an erasing that was begun could not be ended: {error}");
    let told = Error::new(error.kind(), message);
    told.hint(
        "nothing is lost: do what it says and open the store again, which goes on with the erasing",
    )
    .because(error)
}

/// Puts a store in order that was restored up to a point at which somebody was still there whom its journal does not
/// tell of any longer: totals would still count him, and others be bound to him.
pub(crate) fn settle_past(engine: &Engine) -> Result<()> {
    let ids = unmarked(engine)?;
    if ids.is_empty() {
        return Ok(());
    }
    let session = engine.session();
    let mut warnings = Vec::new();
    delete::let_go(&session, &ids, &mut warnings)?;
    mark(&session, &ids, &mut warnings)?;
    if let Some(mut register) = Register::of(engine)? {
        register.end(&ids, engine.position())?;
    }
    let entries = crate::check::wrong_totals(engine)?;
    if !entries.is_empty() {
        let stored = Stored {
            what: "totals without what was erased".to_owned(),
            entries,
            ..Stored::default()
        };
        let _ = session.ask(Ask::Stored(stored))?;
    }
    Ok(())
}

/// Whom the journal does not tell of any longer, and who is not marked as erased.
fn unmarked(engine: &Engine) -> Result<BTreeSet<RecordId>> {
    let Some(journal) = engine.inner.backend.journal() else {
        return Ok(BTreeSet::new());
    };
    let mut subjects = BTreeSet::new();
    let visited = journal.visit(journal.base(), journal.head(), |entry| {
        let gone = entry.leaves.iter().filter(|leaf| leaf.content.is_none());
        subjects.extend(gone.map(|leaf| leaf.subject));
        ControlFlow::Continue(())
    });
    visited.map_err(StoreError::from)?;
    let (reader, _) = engine.read()?;
    let mut ids = BTreeSet::new();
    for Subject { object, id } in subjects {
        if let Some(object) = reader.schema.by_number(object) {
            let id = RecordId::new(object.prefix, id);
            if reader.erased(id)?.is_none() {
                ids.insert(id);
            }
        }
    }
    Ok(ids)
}

/// Marks what is deleted as erased, and erases it.
fn end(
    session: &Session,
    ids: BTreeSet<RecordId>,
    mut warnings: Vec<String>,
    tell: &mut dyn FnMut(Progress),
) -> Result<Erased> {
    let engine = &session.engine;
    let position = mark(session, &ids, &mut warnings)?;
    // Whoever declared a total meanwhile declared it over them too: the delete is counted, so they must be as well, as
    // long as the history has them.
    engine.fill_totals()?;
    let subjects = subjects(&engine.read()?.0, &ids);
    warnings.extend(content::forget(engine, &subjects)?);
    let entries = match subjects.is_empty() {
        true => 0,
        false => engine.inner.backend.erase(&subjects, tell)?,
    };
    if let Some(mut register) = Register::of(engine)? {
        register.end(&ids, engine.position())?;
    }
    let message = session
        .engine
        .read()?
        .0
        .schema
        .object("message")
        .map(|object| object.prefix);
    let messages = ids.iter().filter(|id| Some(id.prefix) == message);
    Ok(Erased {
        messages: messages.count(),
        ids: ids.into_iter().collect(),
        position,
        entries,
        warnings,
    })
}

fn refuse_unknown(reader: &Reader, ids: &BTreeSet<RecordId>) -> Result<()> {
    for id in ids {
        reader.object_of(*id)?;
        if !is_known(reader, *id)? {
            return Err(Error::new(ErrorKind::NotFound, reader.missing(*id)?));
        }
    }
    Ok(())
}

fn is_known(reader: &Reader, id: RecordId) -> Result<bool> {
    Ok(reader.get_stored(id)?.is_some()
        || reader.binned(id)?.is_some()
        || reader.erased(id)?.is_some())
}

fn subjects(reader: &Reader, ids: &BTreeSet<RecordId>) -> BTreeSet<Subject> {
    let subject = |id: &RecordId| {
        let object = reader.schema.by_prefix(id.prefix)?;
        Some(Subject {
            object: object.number,
            id: id.number,
        })
    };
    ids.iter().filter_map(subject).collect()
}

/// Commits that these are erased, and removes them from the bin.
fn mark(
    session: &Session,
    ids: &BTreeSet<RecordId>,
    warnings: &mut Vec<String>,
) -> Result<Position> {
    for _ in 0..ATTEMPTS {
        let (reader, _) = session.engine.read()?;
        let stored = marks(&reader, ids, session.context.now().timestamp_micros())?;
        if stored.entries.is_empty() {
            return Ok(reader.position());
        }
        drop(reader);
        let position = session.ask(Ask::Stored(stored))?.position;
        // Somebody may have taken one out of the bin before it was marked; nobody can any longer.
        let (reader, _) = session.engine.read()?;
        let mut back = BTreeSet::new();
        for id in ids {
            if reader.get_stored(*id)?.is_some() {
                back.insert(*id);
            }
        }
        if back.is_empty() {
            return Ok(position);
        }
        drop(reader);
        delete::delete(session, &back, How::InAnyCase, warnings)?;
    }
    Err(Error::new(
        ErrorKind::Conflict,
        "others kept taking the records out of the bin",
    )
    .hint("try again"))
}

fn marks(reader: &Reader, ids: &BTreeSet<RecordId>, now: i64) -> Result<Stored> {
    let mut stored = Stored {
        what: "erase".to_owned(),
        ..Stored::default()
    };
    for id in ids {
        let object = reader.object_of(*id)?.number;
        let key = |space| spaces::of_record(space, object, id.number);
        if reader.binned(*id)?.is_some() {
            stored.entries.push((key(spaces::BIN), None));
        }
        if reader.erased(*id)?.is_none() {
            let mark = (key(spaces::ERASED), Some(now.to_be_bytes().to_vec()));
            stored.entries.push(mark);
            stored.stamps.push(key(spaces::HISTORY));
        }
    }
    Ok(stored)
}
