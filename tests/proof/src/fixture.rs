//! Does an old store still open, with everything in it?
//!
//! Under `tests/fixtures/stores` lies a store of each format, with what its records were when it was written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use peyvand::{Filter, Query, Session, StateEngine};
use serde_json::Value as Json;

use crate::child::no_children;
use crate::power::{copy_folder, fresh};
use crate::writer::{Work, open, write};
use crate::{Proof, doing};

const RECORDS: &str = "records.json";
const STORE: &str = "store";
/// Whose records are told and compared.
const OBJECTS: [&str; 9] = [
    "account",
    "contact",
    "opportunity",
    "stage",
    "document",
    "document_version",
    "message",
    "comment",
    "template",
];

/// The kept stores, one folder for each format.
///
/// # Errors
/// When there is none.
pub fn kept() -> Proof<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/stores");
    let mut found: Vec<PathBuf> = fs::read_dir(&folder)
        .map_err(doing(folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    match found.is_empty() {
        true => Err(format!("{} is empty", folder.display())),
        false => Ok(found),
    }
}

/// Writes a store of today's format into an empty folder.
///
/// # Errors
/// When it cannot be written.
pub fn make(folder: &Path) -> Proof<()> {
    let _alone = no_children();
    let dir = folder.join(STORE);
    let work = Work {
        seed: 11,
        threads: 1,
        first: 1,
        steps: 12,
        rounds: 2,
        every: 0,
        engine: StateEngine::default(),
    };
    write(&dir, &work, &mut Vec::new())?;
    let engine = open(&dir, StateEngine::default())?;
    let records = records(&engine.session())?;
    engine.close().map_err(doing("close"))?;
    let text = serde_json::to_string_pretty(&records).map_err(doing("telling the records"))?;
    fs::write(folder.join(RECORDS), text + "\n").map_err(doing("writing the records"))
}

/// What every change of a record writes anew.
const OF_A_CHANGE: [&str; 3] = ["revision", "updated_at", "updated_by"];

/// Opens a copy of a kept store, checks it and reads every record that it had.
///
/// # Errors
/// What is wrong, in words.
pub fn still_opens(kept: &Path, scratch: &Path) -> Proof<usize> {
    let _alone = no_children();
    let dir = fresh(scratch, "kept")?;
    copy_folder(&kept.join(STORE), &dir)?;
    let text = fs::read_to_string(kept.join(RECORDS)).map_err(doing("reading the records"))?;
    let were: BTreeMap<String, Json> =
        serde_json::from_str(&text).map_err(doing("reading the records"))?;
    let engine = open(&dir, StateEngine::default())?;
    let checked = engine.check().map_err(doing("check"))?;
    if !checked.ok {
        return Err(format!("check: {}", checked.problems.join("; ")));
    }
    let are = records(&engine.session())?;
    for (id, was) in &were {
        let is = are.get(id).ok_or_else(|| format!("{id} is missing"))?;
        // A later version may add fields to a record, which is a change of it, and lose none.
        let is_later = is["revision"].as_u64() > was["revision"].as_u64();
        for (field, was) in was.as_object().into_iter().flatten() {
            let of_the_change = is_later && OF_A_CHANGE.contains(&field.as_str());
            if is[field] != *was && !of_the_change {
                return Err(format!("{id}: {field} is {}, not {was}", is[field]));
            }
        }
    }
    if are.len() != were.len() {
        return Err(format!(
            "there are {} records, not {}",
            are.len(),
            were.len()
        ));
    }
    engine.close().map_err(doing("close"))?;
    Ok(were.len())
}

fn records(session: &Session) -> Proof<BTreeMap<String, Json>> {
    let mut records = BTreeMap::new();
    for object in OBJECTS {
        let query = Query::new(object).filter(Filter::everything()).limit(1_000);
        let page = session.query(&query).map_err(doing(object))?;
        let of = |record: peyvand::Record| (record.id().to_string(), record.to_json());
        records.extend(page.records.into_iter().map(of));
    }
    Ok(records)
}
