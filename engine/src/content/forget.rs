//! Which files go with records that are erased?

use std::collections::BTreeSet;

use super::named::{Names, each_named};
use super::uses::Sweep;
use crate::engine::Engine;
use crate::error::Result;
use crate::journal::Subject;
use crate::record::ContentHash;
use crate::store::StoreError;

/// So often it is looked whether those who hold a file came to name it.
const PASSES: usize = 4;

/// Removes the files, of all versions, that these records alone name, and says in words what could not be. It is done
/// before anything else of them is erased: afterwards nobody would know which files were theirs.
pub(crate) fn forget(engine: &Engine, subjects: &BTreeSet<Subject>) -> Result<Vec<String>> {
    let names = Names::of(&engine.read()?.0.schema);
    let may_name = |subject: &Subject| names.objects().contains(&subject.object);
    if !subjects.iter().any(may_name) {
        return Ok(Vec::new());
    }
    let sweep = engine.inner.content.uses.sweep();
    let (mut used, mut damaged) = pass(engine, &sweep, subjects)?;
    for _ in 1..PASSES {
        if used.is_empty() {
            break;
        }
        // Whoever held one has come to name it, or not.
        sweep.look_again();
        (used, damaged) = pass(engine, &sweep, subjects)?;
    }
    let stays = used.iter().map(|hash| {
        format!("the file of the hash {hash} stays: it was put again, or a commit under way names it; `peyvand collect` drops it once nothing does")
    });
    let unread = damaged.iter().map(|error| {
        format!("a checkpoint cannot be read and is removed ({error}): files that it alone named go with `peyvand collect`; keep a new one with `peyvand checkpoint`")
    });
    Ok(stays.chain(unread).collect())
}

/// Drops what only these records name, and gives what is in use all the same and the checkpoints that are damaged. Those
/// are removed by the erasing: whatever else they name is gone too.
fn pass(
    engine: &Engine,
    sweep: &Sweep<'_>,
    subjects: &BTreeSet<Subject>,
) -> Result<(Vec<ContentHash>, Vec<StoreError>)> {
    let place = &engine.inner.content.place;
    let (mut theirs, mut others) = (BTreeSet::new(), BTreeSet::new());
    let damaged = each_named(engine, &mut |subject, file| {
        match subjects.contains(&subject) {
            true => theirs.insert(file.hash),
            false => others.insert(file.hash),
        };
        Ok(())
    })?;
    let mut used = Vec::new();
    for hash in theirs.difference(&others) {
        if !sweep.drop_file(hash, || place.remove(hash).map(drop))? {
            used.push(*hash);
        }
    }
    Ok((used, damaged))
}
