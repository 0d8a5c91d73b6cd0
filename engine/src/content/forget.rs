//! Which files go with records that are erased?

use std::collections::BTreeSet;

use super::named::{Names, each_named};
use crate::engine::Engine;
use crate::error::Result;
use crate::journal::Subject;

/// Removes the files, of all versions, that these records alone name. It is done before anything else of them is erased:
/// afterwards nobody would know which files were theirs.
pub(crate) fn forget(engine: &Engine, subjects: &BTreeSet<Subject>) -> Result<()> {
    let names = Names::of(&engine.read()?.0.schema);
    let may_name = |subject: &Subject| names.objects().contains(&subject.object);
    if !subjects.iter().any(may_name) {
        return Ok(());
    }
    let content = &engine.inner.content;
    let sweep = content.uses.sweep();
    let (mut theirs, mut others) = (BTreeSet::new(), BTreeSet::new());
    each_named(engine, &mut |subject, file| {
        match subjects.contains(&subject) {
            true => theirs.insert(file.hash),
            false => others.insert(file.hash),
        };
        Ok(())
    })?;
    for hash in theirs.difference(&others) {
        sweep.drop_file(hash, || content.place.remove(hash).map(drop))?;
    }
    Ok(())
}
