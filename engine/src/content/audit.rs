//! Is every file there that records name, and is it what was stored?

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::named::{Names, each_named};
use super::place::hash_of;
use super::{Content, ContentError};
use crate::engine::Engine;
use crate::error::Result;
use crate::journal::Subject;
use crate::query::Reader;
use crate::record::{ContentHash, FileRef, RecordId};
use crate::store::Progress;

/// How often progress is told.
const EVERY: u64 = 64;
/// So many files that something is wrong with are told of.
const MOST: usize = 20;
/// So many of the records that name one.
const MOST_USERS: usize = 3;

/// What was found.
pub(crate) struct Audit {
    /// Files that were read.
    pub(crate) files: u64,
    /// What is wrong, in words.
    pub(crate) problems: Vec<String>,
}

/// Reads every file, and looks for every one that something names. Memory is bounded by what is wrong.
pub(crate) fn audit(
    engine: &Engine,
    reader: &Reader,
    tell: &mut dyn FnMut(Progress),
) -> Result<Audit> {
    let content = &engine.inner.content;
    let mut wrong = Wrong::default();
    let mut files = 0;
    content.place.each(|hash| {
        if !is_whole(content, &hash)? {
            wrong.damaged.insert(hash);
        }
        files += 1;
        if files % EVERY == 0 {
            tell(Progress::new(files, 0, "files read"));
        }
        Ok(())
    })?;
    tell(Progress::new(files, files, "files read"));
    let mut problems = Vec::new();
    if files > 0 || has_records(reader)? {
        let damaged = each_named(engine, &mut |subject, file| {
            Ok(wrong.look(content, subject, file)?)
        })?;
        problems.extend(damaged.iter().map(ToString::to_string));
    }
    problems.extend(wrong.told(reader)?);
    Ok(Audit { files, problems })
}

fn is_whole(content: &Content, hash: &ContentHash) -> Result<bool, ContentError> {
    let Some(bytes) = content.place.open(hash)? else {
        // Dropped meanwhile.
        return Ok(true);
    };
    // What the disk does not give back is as bad as what it gives back wrongly.
    Ok(hash_of(bytes.as_ref()).is_ok_and(|(found, _)| found == *hash))
}

/// Whether there is any record that could name a file.
fn has_records(reader: &Reader) -> Result<bool> {
    let names = Names::of(&reader.schema);
    let mut any = false;
    for object in reader.schema.objects() {
        if names.objects().contains(&object.number) {
            reader.each(object, |_| {
                any = true;
                Ok(ControlFlow::Break(()))
            })?;
        }
    }
    Ok(any)
}

#[derive(Default)]
struct Wrong {
    damaged: BTreeSet<ContentHash>,
    /// By file: what is wrong with it and who names it.
    found: BTreeMap<ContentHash, (ContentError, BTreeSet<Subject>)>,
}

impl Wrong {
    fn look(
        &mut self,
        content: &Content,
        subject: Subject,
        file: &FileRef,
    ) -> Result<(), ContentError> {
        if let Some((_, users)) = self.found.get_mut(&file.hash) {
            users.insert(subject);
            return Ok(());
        }
        let damaged = self.damaged.contains(&file.hash);
        let missing = !damaged && content.place.open(&file.hash)?.is_none();
        if self.found.len() >= MOST || !(damaged || missing) {
            return Ok(());
        }
        let file = file.clone();
        let hash = file.hash;
        let error = match damaged {
            true => ContentError::Damaged { file },
            false => ContentError::Missing { file },
        };
        self.found.insert(hash, (error, BTreeSet::from([subject])));
        Ok(())
    }

    fn told(self, reader: &Reader) -> Result<Vec<String>> {
        let mut problems = Vec::new();
        for (hash, (error, users)) in &self.found {
            let now = users.iter().filter_map(|user| id_of(reader, user));
            let mut ids = Vec::new();
            for id in now.take(MOST_USERS) {
                let live = reader.get_stored(id)?;
                let has = live.is_some_and(|record| {
                    let mut values = record.values.iter();
                    values.any(|(_, value)| matches!(value, crate::record::Value::File(file) if file.hash == *hash))
                });
                ids.push(match has {
                    true => id.to_string(),
                    false => format!("{id} (as it was)"),
                });
            }
            let more = match users.len() > ids.len() {
                true => format!(" and {} more", users.len() - ids.len()),
                false => String::new(),
            };
            let remedy = error
                .hint()
                .map_or_else(String::new, |hint| format!("; {hint}"));
            problems.push(format!("{error}: used by {}{more}{remedy}", ids.join(", ")));
        }
        // A damaged file that nobody names harms nobody, and the next backup would carry it along.
        let unnamed = self
            .damaged
            .iter()
            .filter(|hash| !self.found.contains_key(hash));
        problems.extend(unnamed.take(MOST).map(|hash| {
            format!("the file of the hash {hash} is damaged, and nothing names it; `peyvand collect` drops it")
        }));
        Ok(problems)
    }
}

fn id_of(reader: &Reader, user: &Subject) -> Option<RecordId> {
    let object = reader.schema.by_number(user.object)?;
    Some(RecordId::new(object.prefix, user.id))
}
