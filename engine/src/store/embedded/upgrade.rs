//! How does a store of the first format become one of today's?
//!
//! Its journal is written anew beside the old one, each change in the leaf of the record that it is
//! about, and takes its place by renaming. The state is then built from it. Until `FORMAT` says
//! that it is done, an open begins or goes on where the one before broke off.
//!
//! The first format kept what was asked as one text of all records. Since that could not be erased
//! with one of them, the values of the requests are left behind; what came of them is kept whole.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::journal::{
    Change, Disk, Entry, Journal, Leaf, LeafContent, OpenWith, Subject, sync_folder, upgrade,
};
use crate::store::{StoreError, keys, spaces};

use super::folder::Folder;
use super::open::remove;
use super::options::StoreOptions;

const NEW: &str = "journal.new";
const OLD: &str = "journal.format-1";

/// Brings the journal up to date, if it is of the first format.
pub(super) fn bring_up_to_date(
    folder: &Folder,
    disk: &Arc<dyn Disk>,
    options: &StoreOptions,
) -> Result<(), StoreError> {
    if !folder.is_of_first_format() {
        return Ok(());
    }
    let journal = folder.journal();
    let dir = journal.parent().unwrap_or(&journal);
    let (new, old) = (dir.join(NEW), dir.join(OLD));
    let rename = |from: &Path, to: &Path| {
        let renamed = fs::rename(from, to).and_then(|()| sync_folder(dir));
        renamed.map_err(|error| StoreError::io("renaming", from, error))
    };
    if !old.exists() {
        remove(&new)?;
        rewrite(&journal, &new, disk, options)?;
        rename(&journal, &old)?;
    }
    if !journal.exists() {
        rename(&new, &journal)?;
    }
    Ok(())
}

/// Removes the old journal, once the store says that it is of today's format.
pub(super) fn clean_up(folder: &Folder) -> Result<(), StoreError> {
    let journal = folder.journal();
    remove(&journal.with_file_name(OLD))
}

fn rewrite(
    from: &Path,
    into: &Path,
    disk: &Arc<dyn Disk>,
    options: &StoreOptions,
) -> Result<(), StoreError> {
    let with = OpenWith {
        create: true,
        durability: options.durability,
        disk: Arc::clone(disk),
        salt_key: options.salt_key,
        base: None,
        copied: false,
    };
    let journal = Journal::open(into, with)?;
    let mut owners = HashMap::new();
    Ok(upgrade(disk.as_ref(), from, &journal, |entry| {
        in_leaves(entry, &mut owners)
    })?)
}

/// Deals the changes of an entry out to the records that they are about. `owners` remembers who has
/// each unique key, for a delete of one does not say it.
fn in_leaves(entry: Entry, owners: &mut HashMap<Vec<u8>, Subject>) -> Entry {
    let mut common = Vec::new();
    let mut leaves: BTreeMap<Subject, Vec<Change>> = BTreeMap::new();
    for (key, value) in entry.results {
        match owner(&key, value.as_deref(), owners) {
            Some(subject) => leaves.entry(subject).or_default().push((key, value)),
            None => common.push((key, value)),
        }
    }
    let leaf = |(subject, results)| Leaf {
        subject,
        content: Some(LeafContent {
            results,
            ..LeafContent::default()
        }),
    };
    Entry {
        asked: without_values(&entry.asked),
        results: common,
        leaves: leaves.into_iter().map(leaf).collect(),
        ..entry
    }
}

fn owner(
    key: &[u8],
    value: Option<&[u8]>,
    owners: &mut HashMap<Vec<u8>, Subject>,
) -> Option<Subject> {
    let (space, mut rest) = key.split_first()?;
    let object = keys::take_u32(&mut rest);
    match *space {
        spaces::RECORD | spaces::BIN | spaces::INDEX => Some(Subject {
            object: object?,
            id: spaces::id_at_end(key)?,
        }),
        spaces::UNIQUE => match value {
            Some(id) => {
                let id = u128::from_be_bytes(id.try_into().ok()?);
                let subject = Subject {
                    object: object?,
                    id,
                };
                owners.insert(key.to_vec(), subject);
                Some(subject)
            }
            None => owners.remove(key),
        },
        _ => None,
    }
}

/// Who asked, when it was read and what caused it; of the requests only what they did.
fn without_values(asked: &[u8]) -> Vec<u8> {
    let Ok(mut asked) = serde_json::from_slice::<Json>(asked) else {
        return Vec::new();
    };
    if let Some(requests) = asked.get_mut("requests").and_then(Json::as_array_mut) {
        for request in requests {
            *request =
                json!({"do": request["do"], "object": request["object"], "id": request["id"]});
        }
    }
    if let Some(hooks) = asked.get_mut("hooks").and_then(Json::as_array_mut) {
        for hook in hooks.iter_mut().filter_map(Json::as_object_mut) {
            // Its words may quote values.
            hook.remove("failure");
        }
    }
    serde_json::to_vec(&asked).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::journal::Position;

    #[test]
    fn every_change_of_a_record_comes_into_its_leaf() {
        let record = spaces::of_record(spaces::RECORD, 3, 7);
        let mut unique = spaces::of_field(spaces::UNIQUE, 3, 16);
        unique.push(1);
        let count = spaces::of_object(spaces::COUNT, 3);
        let results = [
            (&record, Some(vec![1])),
            (&unique, Some(7_u128.to_be_bytes().to_vec())),
            (&count, Some(vec![2])),
        ];
        let entry = |results: &[(&Vec<u8>, Option<Vec<u8>>)]| {
            Entry {
            position: Position::START.next(),
            time: 0,
            asked: br#"{"actor":"system","requests":[{"do":"create","object":"contact","fields":{"name":"secret"}}]}"#.to_vec(),
            results: results.iter().map(|(key, value)| ((*key).clone(), value.clone())).collect(),
            leaves: Vec::new(),
        }
        };
        let mut owners = HashMap::new();
        let made = in_leaves(entry(&results), &mut owners);
        assert_eq!(made.results.len(), 1);
        assert_eq!(made.leaves.len(), 1);
        assert_eq!(made.leaves[0].subject, Subject { object: 3, id: 7 });
        assert!(!String::from_utf8(made.asked).unwrap().contains("secret"));
        let gone = in_leaves(entry(&[(&unique, None)]), &mut owners);
        assert_eq!(gone.leaves[0].subject, Subject { object: 3, id: 7 });
    }
}
