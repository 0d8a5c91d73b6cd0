//! What becomes of a reference that names no record?
//!
//! It waits for a later row, or the record is made, or its text is kept, or the row is refused: as the mapping says.

use serde_json::Value as Json;

use super::import::{RowWrite, Run, Wanted};
use super::plan::made_of;
use super::row::{Draft, Open};
use super::tally::{AMBIGUOUS, Counted, Fate, UNRESOLVED};
use crate::error::{Error, ErrorKind, Failure, Result};
use crate::locale::fold_text;
use crate::record::{Record, RecordId};

/// A row that is in, and the references that it still waits for.
pub(super) struct Waiting {
    line: u64,
    /// None in a dry run, for a record that is not there.
    id: Option<RecordId>,
    counted: Counted,
    open: Vec<Open>,
    /// The fields whose text is kept already, from an earlier import.
    kept: Vec<String>,
}

/// What a text leads to.
enum Settled {
    Found(RecordId),
    /// It would be there if this were no dry run.
    Hoped,
    Failed(Vec<Failure>),
    Loose(usize),
}

impl Run<'_, '_> {
    /// Decides about the open references of a row that is not written yet.
    pub(super) fn settle(&mut self, draft: &mut Draft) -> Result<()> {
        for open in std::mem::take(&mut draft.open) {
            let Some(column) = self.plan.columns.get(open.column) else {
                continue;
            };
            let (field, defer) = (column.field.to_owned(), column.rule.defer);
            let settled = match self.find_again(&open) {
                Settled::Loose(0) if defer => {
                    draft.waiting.push(open);
                    continue;
                }
                Settled::Loose(0) => self.make(&open)?,
                settled => settled,
            };
            let Some(column) = self.plan.columns.get(open.column) else {
                continue;
            };
            match settled {
                Settled::Found(id) => column.link(draft, id),
                Settled::Hoped => draft.hoped.push(field),
                Settled::Failed(failures) => draft.failures.extend(failures),
                Settled::Loose(matches) => match &column.rule.unresolved {
                    Some(keep) => {
                        draft.fields.insert(keep.clone(), open.text.clone().into());
                        self.tally.loose(
                            open.column,
                            &open.text,
                            matches,
                            Fate::Kept(keep.clone()),
                        );
                    }
                    None => {
                        draft
                            .failures
                            .push(not_found(column.header, &open.text, matches));
                        self.tally
                            .loose(open.column, &open.text, matches, Fate::Refused);
                    }
                },
            }
        }
        Ok(())
    }

    /// Looks once more: a row of the same batch may have made the record.
    fn find_again(&self, open: &Open) -> Settled {
        let Some(column) = self.plan.columns.get(open.column) else {
            return Settled::Loose(0);
        };
        match column.find(&open.text, self.target.lookup()) {
            Ok(id) => Settled::Found(id),
            Err(0) if self.is_hoped(open) => Settled::Hoped,
            Err(matches) => Settled::Loose(matches),
        }
    }

    fn is_hoped(&self, open: &Open) -> bool {
        let Some(column) = self.plan.columns.get(open.column) else {
            return false;
        };
        !self.hoped.is_empty()
            && column.targets.iter().any(|target| {
                let by = target.by.clone().unwrap_or_default();
                self.hoped
                    .contains(&(target.object.name.clone(), by, fold_text(&open.text)))
            })
    }

    /// Makes the record that a text names, where the mapping allows it.
    fn make(&mut self, open: &Open) -> Result<Settled> {
        let Some(column) = self.plan.columns.get(open.column) else {
            return Ok(Settled::Loose(0));
        };
        let (Some(target), Some(_)) = (column.targets.first(), &column.rule.create) else {
            return Ok(Settled::Loose(open.matches));
        };
        let Some(by) = target.by.clone() else {
            return Ok(Settled::Loose(open.matches));
        };
        let fields = made_of(column, target, &by, &open.text);
        let (object, header) = (target.object.name.clone(), column.header);
        let wanted = Wanted {
            object,
            key: by,
            fields,
        };
        match self.ensure(wanted) {
            Ok(Some(id)) => Ok(Settled::Found(id)),
            Ok(None) => Ok(Settled::Hoped),
            Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Refused) => {
                let why = format!("'{}' could not be made: {error}", open.text);
                Ok(Settled::Failed(vec![Failure::field(
                    header,
                    "reference-not-made",
                    why,
                )]))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn ensure(&mut self, wanted: Wanted) -> Result<Option<RecordId>> {
        let ids = self
            .target
            .ensure(std::slice::from_ref(&wanted), self.options.dry_run)?;
        let id = ids.into_iter().next().flatten();
        if id.is_none() && self.options.dry_run {
            self.hope(&wanted.object, &wanted.fields);
        }
        Ok(id)
    }

    /// In a dry run: this record would be there by now.
    pub(super) fn hope(&mut self, object: &str, fields: &serde_json::Map<String, Json>) {
        for (field, value) in fields {
            if let Some(text) = value.as_str() {
                self.hoped
                    .insert((object.to_owned(), field.clone(), fold_text(text)));
            }
        }
    }

    /// Remembers what a row that is in still waits for.
    pub(super) fn wait(
        &mut self,
        draft: &mut Draft,
        id: Option<RecordId>,
        counted: Counted,
        before: Option<&Record>,
    ) {
        let open = std::mem::take(&mut draft.waiting);
        if open.is_empty() {
            return;
        }
        let keeps = |open: &Open| {
            let keep = self
                .plan
                .columns
                .get(open.column)?
                .rule
                .unresolved
                .clone()?;
            (before?.text(&keep)? == open.text).then_some(keep)
        };
        let kept = open.iter().filter_map(keeps).collect();
        self.waiting.push(Waiting {
            line: draft.line,
            id,
            counted,
            open,
            kept,
        });
    }

    /// After the last row: the references that waited for later rows.
    pub(super) fn second_pass(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        for some in waiting.chunks(super::import::BATCH) {
            let mut writes = Vec::new();
            let mut owners = Vec::new();
            for row in some {
                let mut draft = Draft {
                    line: row.line,
                    ..Draft::default()
                };
                for open in &row.open {
                    self.settle_late(&mut draft, open, &row.kept)?;
                }
                // Where a text may be kept from an earlier import, the found record takes its place.
                let outdated = std::mem::take(&mut draft.outdated);
                draft
                    .fields
                    .extend(outdated.into_iter().map(|field| (field, Json::Null)));
                for failure in &draft.failures {
                    self.tally.note(row.line, failure);
                }
                if let (Some(id), false) = (row.id, draft.fields.is_empty()) {
                    writes.push(RowWrite {
                        create: false,
                        id: Some(id),
                        fields: draft.fields,
                    });
                    owners.push(row);
                } else if row.counted == Counted::Skipped && !draft.hoped.is_empty() {
                    self.tally.recount(Counted::Skipped, Counted::Updated);
                }
            }
            for (row, outcome) in owners.into_iter().zip(self.write(writes)?) {
                match outcome {
                    Ok(outcome) if outcome.changed && row.counted == Counted::Skipped => {
                        self.tally.recount(Counted::Skipped, Counted::Updated)
                    }
                    Ok(_) => {}
                    Err(failures) => failures
                        .iter()
                        .for_each(|failure| self.tally.note(row.line, failure)),
                }
            }
        }
        Ok(())
    }

    fn settle_late(&mut self, draft: &mut Draft, open: &Open, kept: &[String]) -> Result<()> {
        let settled = match self.find_again(open) {
            Settled::Loose(0) => self.make(open)?,
            settled => settled,
        };
        let Some(column) = self.plan.columns.get(open.column) else {
            return Ok(());
        };
        match settled {
            Settled::Found(id) => column.link(draft, id),
            Settled::Hoped => draft.hoped.push(column.field.to_owned()),
            Settled::Failed(failures) => draft.failures.extend(failures),
            Settled::Loose(matches) => {
                let fate = match &column.rule.unresolved {
                    Some(keep) => {
                        if !kept.contains(keep) {
                            draft.fields.insert(keep.clone(), open.text.clone().into());
                        }
                        Fate::Kept(keep.clone())
                    }
                    None => Fate::Empty,
                };
                self.tally.loose(open.column, &open.text, matches, fate);
            }
        }
        Ok(())
    }
}

fn not_found(header: &str, text: &str, matches: usize) -> Failure {
    match matches {
        0 => Failure::field(header, UNRESOLVED, format!("'{text}' matches no record")),
        several => Failure::field(
            header,
            AMBIGUOUS,
            format!("'{text}' matches {several} records"),
        ),
    }
}

/// An error that says how far the import came.
pub(super) fn stopped(error: Error, rows: u64, dry_run: bool) -> Error {
    if rows == 0 || dry_run || error.remedy().is_some() {
        return error;
    }
    let read = super::tally::counted(rows, "row");
    error.hint(format!("the import stopped after {read}; import the file again, what is in already is found by its key"))
}
