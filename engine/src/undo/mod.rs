//! How is a change taken back, however long ago it was made?
//!
//! One way for all: an import, a mass change, a delete, a hand-over, and an undo itself. The journal says what each commit
//! found and left; each record is compared with that as it is now, within the write path, so that what somebody wrote
//! since stays (`write/stage/take_back.rs`). A work of several commits is taken back from its end, commit by commit.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::journal::{Entry, Position};
use crate::query::Reader;
use crate::record::{Record, RecordId};
use crate::session::Session;
use crate::store::{StoreError, spaces};
use crate::timeline::{EntryChange, changes_of};
use crate::write::{Ask, Group, OutcomeKind, TakeBack, is_untouched, three_way};

/// What is to be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undoable {
    /// One commit: a mass change, a delete, a hand-over.
    Commit(Position),
    /// All commits of an import, by the name in its receipt, or of an undo.
    Run(String),
}

/// What was taken back, or would be. Every change of a record that who asks sees is in one of the counts; others stay as
/// they are, untold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Undone {
    /// Changes of records that were to be taken back.
    pub changes: u64,
    /// Those that were, as a whole.
    pub taken_back: u64,
    /// Those of which some fields were written since: these stay.
    pub partly: u64,
    /// Those that stay, because somebody wrote or built there since.
    pub kept: u64,
    /// Those that were taken back before.
    pub nothing: u64,
    /// The first hundred that stay, as a whole or in part, of those that who asks sees.
    pub kept_changes: Vec<KeptChange>,
    /// The name by which this undo is taken back itself; none of a preview, or where nothing was done.
    pub run: Option<String>,
}

/// A change that stays, as a whole or in part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeptChange {
    /// The record.
    #[serde(with = "crate::write::id_text")]
    pub record: RecordId,
    /// What a person would call it; empty where it is not there any more.
    pub title: String,
    /// The fields that were written since; empty where all of it stays.
    pub fields: Vec<String>,
    /// Why, for a person.
    pub why: String,
}

const MOST_TOLD: usize = 100;
/// Records that belong to each other go one after the other.
const ROUNDS: usize = 8;

/// What becomes of one change.
enum Verdict {
    Whole,
    Partly(Vec<String>),
    Kept(String),
    Nothing,
}

impl Session {
    /// What [`Session::undo`] would take back; changes nothing.
    ///
    /// # Errors
    /// As [`Session::undo`].
    pub fn preview_undo(&self, what: &Undoable) -> Result<Undone> {
        let (reader, _) = self.read()?;
        let mut undone = Undone::default();
        // What records that the work changed more than once would be by then.
        let mut then: HashMap<RecordId, Record> = HashMap::new();
        for position in self.positions(&reader, what)? {
            let (_, changes) = self.changes(position)?;
            for change in changes {
                let live = match then.remove(&change.id) {
                    Some(record) => Some(record),
                    None => reader.get_stored(change.id)?,
                };
                let verdict = judge(&reader, &change, live.as_ref())?;
                if let (Some(live), Some(before), Some(after)) =
                    (live, &change.before, &change.after)
                {
                    then.insert(change.id, given(live, before, after));
                }
                undone.count(&reader, change.id, verdict)?;
            }
        }
        Ok(undone)
    }

    /// Takes a change back, however long ago it was made. What somebody wrote since stays, field by field; records that
    /// it made go to the bin, unless somebody changed them or built upon them; those that it deleted come back. Where
    /// nobody wrote since, the store is as if it had never been.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{Engine, Request, Undoable};
    /// use serde_json::json;
    ///
    /// let session = Engine::in_memory().open()?.session();
    /// let account = session.create("account", json!({"name": "Pars", "industry": "steel"}))?.id()?;
    /// let change = json!({"industry": "iron", "phone": "+98 21 8877"});
    /// let mass = session.commit([Request::update(account, change)])?;
    /// let _ = session.commit([Request::update(account, json!({"industry": "metal"}))])?;
    /// let undone = session.undo(&Undoable::Commit(mass.position))?;
    /// assert_eq!((undone.partly, &undone.kept_changes[0].fields[..]), (1, &["industry".to_owned()][..]));
    /// let account = session.get(account)?.to_json();
    /// assert_eq!((&account["industry"], account.get("phone")), (&json!("metal"), None));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is no such commit or work, or the journal does not go back so far; what the store says. What who asks
    /// may not change stays, and is told as kept.
    pub fn undo(&self, what: &Undoable) -> Result<Undone> {
        let (reader, _) = self.read()?;
        let positions = self.positions(&reader, what)?;
        let name = format!("undo-{}", reader.position().get() + 1);
        let mut worker = self.clone();
        worker.context.run = Some(Arc::from(name.as_str()));
        let mut undone = Undone::default();
        for position in positions {
            worker.undo_commit(position, &mut undone)?;
        }
        undone.run = (undone.taken_back + undone.partly > 0).then_some(name);
        Ok(undone)
    }

    fn undo_commit(&self, position: Position, undone: &mut Undone) -> Result<()> {
        let (entry, mut left) = self.changes(position)?;
        for round in 1..=ROUNDS {
            let (reader, _) = self.read()?;
            let (mut asked, mut again) = (Vec::new(), Vec::new());
            for change in left {
                let live = reader.get_stored(change.id)?;
                let verdict = judge(&reader, &change, live.as_ref())?;
                match verdict {
                    Verdict::Whole | Verdict::Partly(_) => asked.push((change, verdict)),
                    verdict => undone.count(&reader, change.id, verdict)?,
                }
            }
            let groups: Vec<Group> = asked
                .iter()
                .map(|(change, _)| group(change, &entry))
                .collect();
            if groups.is_empty() {
                return Ok(());
            }
            let report = self.engine.write(&self.context, &groups, None, 0)?;
            let last = round == ROUNDS || report.groups.iter().all(Result::is_err);
            for ((change, verdict), outcome) in asked.into_iter().zip(report.groups) {
                match outcome {
                    Ok(outcomes) if is_nothing(&outcomes) => {
                        undone.count(&reader, change.id, Verdict::Nothing)?;
                    }
                    Ok(_) => undone.count(&reader, change.id, verdict)?,
                    // What stood in the way may have gone with this round.
                    Err(_) if !last => again.push(change),
                    Err(error) => {
                        undone.count(&reader, change.id, Verdict::Kept(error.to_string()))?;
                    }
                }
            }
            left = again;
        }
        Ok(())
    }

    /// The commits, last first.
    fn positions(&self, reader: &Reader, what: &Undoable) -> Result<Vec<Position>> {
        let name = match what {
            Undoable::Commit(position) => return Ok(vec![*position]),
            Undoable::Run(name) => name,
        };
        let mut positions = Vec::new();
        reader
            .snapshot
            .scan_all(&spaces::named(spaces::RUN, name), |key, _| {
                let number = key
                    .last_chunk::<8>()
                    .map(|bytes| u64::from_be_bytes(*bytes));
                positions.extend(number.map(Position::from_number));
                Ok::<_, Error>(std::ops::ControlFlow::Continue(()))
            })?;
        if positions.is_empty() {
            let message = format!("there is no import or other work '{name}', or it wrote nothing");
            return Err(Error::new(ErrorKind::NotFound, message)
                .hint("its name is in its receipt: import-…, undo-…"));
        }
        positions.reverse();
        Ok(positions)
    }

    /// The changes of an entry. What they say is compared, and told to nobody who does not see the record.
    fn changes(&self, position: Position) -> Result<(Entry, Vec<EntryChange>)> {
        let (reader, _) = self.engine.read()?;
        let backend = &self.engine.inner.backend;
        let gone = |message: String| {
            Error::new(ErrorKind::NotFound, message)
                .hint("what was trimmed off the journal cannot be taken back")
        };
        let entry = match backend.entry(position) {
            Ok(entry) => entry,
            Err(StoreError::Trimmed { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let entry =
            entry.ok_or_else(|| gone(format!("there is no commit {position} in the journal")))?;
        let changes = changes_of(&reader, backend, &entry)?;
        Ok((entry, changes))
    }
}

/// The requests that take the changes of an entry back in one commit, or not at all.
pub(crate) fn whole(changes: Vec<EntryChange>, time: i64) -> Group {
    let asks = changes.into_iter().map(|change| ask(&change, time));
    Group {
        asks: asks.collect(),
        once: None,
    }
}

fn ask(change: &EntryChange, time: i64) -> Ask {
    let (before, after) = (change.before.clone(), change.after.clone());
    Ask::TakeBack(Box::new(TakeBack::new(change.id, before, after, time)))
}

fn group(change: &EntryChange, entry: &Entry) -> Group {
    Group {
        asks: vec![ask(change, entry.time)],
        once: None,
    }
}

fn is_nothing(outcomes: &[crate::write::Outcome]) -> bool {
    outcomes
        .iter()
        .all(|outcome| outcome.kind == OutcomeKind::Unchanged)
}

/// What a record would be when a change of it is taken back.
fn given(mut live: Record, before: &Record, after: &Record) -> Record {
    for (number, value) in three_way(&live, before, after).give {
        live.set(number, value);
    }
    live
}

fn judge(reader: &Reader, change: &EntryChange, live: Option<&Record>) -> Result<Verdict> {
    Ok(match (&change.before, &change.after, live) {
        (None, Some(_), None) => Verdict::Nothing,
        (None, Some(after), Some(live)) if is_untouched(live, after) => Verdict::Whole,
        (None, Some(_), Some(_)) => Verdict::Kept("it was changed since".to_owned()),
        (Some(_), Some(_), None) => Verdict::Kept("it was deleted since".to_owned()),
        (Some(before), Some(after), Some(live)) => {
            let way = three_way(live, before, after);
            let name = |number: &u32| {
                live.object
                    .field_by_number(*number)
                    .map(|field| field.name.clone())
            };
            match (way.give.is_empty(), way.kept.is_empty()) {
                (true, true) => Verdict::Nothing,
                (false, true) => Verdict::Whole,
                (true, false) => Verdict::Kept("it was changed since".to_owned()),
                (false, false) => Verdict::Partly(way.kept.iter().filter_map(name).collect()),
            }
        }
        (_, None, Some(_)) => Verdict::Nothing,
        (_, None, None) => match reader.binned(change.id)? {
            Some((_, binned)) if binned.root == change.id => Verdict::Whole,
            // It comes back with the one that it went with.
            Some(_) => Verdict::Nothing,
            None => Verdict::Kept("it is not in the bin any more".to_owned()),
        },
    })
}

impl Undone {
    fn count(&mut self, reader: &Reader, id: RecordId, verdict: Verdict) -> Result<()> {
        if !reader.is_known_to_reader(id)? {
            return Ok(());
        }
        self.changes += 1;
        let (fields, why) = match verdict {
            Verdict::Whole => {
                self.taken_back += 1;
                return Ok(());
            }
            Verdict::Nothing => {
                self.nothing += 1;
                return Ok(());
            }
            Verdict::Partly(fields) => {
                self.partly += 1;
                let why = format!("{} was written since", fields.join(", "));
                (fields, why)
            }
            Verdict::Kept(why) => {
                self.kept += 1;
                (Vec::new(), why)
            }
        };
        if self.kept_changes.len() < MOST_TOLD {
            let live = reader.get(id)?.map(|record| record.title());
            let title = match live {
                Some(title) => title,
                None => reader
                    .binned(id)?
                    .map_or_else(String::new, |(record, _)| record.title()),
            };
            self.kept_changes.push(KeptChange {
                record: id,
                title,
                fields,
                why,
            });
        }
        Ok(())
    }
}
