//! Is the house left in order?

use crate::access;
use crate::error::{Failure, Result};
use crate::record::Record;
use crate::write::Write;
use crate::write::draft::{Draft, Drafts};

/// The house must be left in order: nobody above himself, and somebody in charge.
pub(super) fn check(
    write: &Write<'_>,
    drafts: &Drafts,
    faults: &mut Vec<(usize, Failure)>,
) -> Result<()> {
    in_charge(write, drafts, faults)?;
    let concerned = drafts.drafts.iter().filter(|draft| {
        (access::concerns(&draft.object.name) || is_moved(draft))
            && !drafts.faults.contains_key(&draft.group)
    });
    let concerned: Vec<&Draft> = concerned.collect();
    if concerned.is_empty() {
        return Ok(());
    }
    let mut changes = Vec::with_capacity(concerned.len());
    for draft in &concerned {
        changes.push(access::Changed {
            group: draft.group,
            before: draft.before.as_ref(),
            after: draft.after.as_ref(),
        });
    }
    let enforced = write.acting.is_enforced();
    let before = || write.acting.organisation(&write.reader);
    for (place, failure) in access::faults(&write.reader, before, enforced, &changes)? {
        faults.extend(concerned.get(place).map(|draft| draft.fail(failure)));
    }
    Ok(())
}

/// Whether the record is put under another one of its own object.
fn is_moved(draft: &Draft) -> bool {
    let Some(field) = draft.object.above() else {
        return false;
    };
    let of = |record: &'_ Option<Record>| {
        record
            .as_ref()
            .and_then(|record| record.value(field.number))
            .cloned()
    };
    let after = of(&draft.after);
    after.is_some() && after != of(&draft.before)
}

/// Rights are enforced only while somebody could take that back; he may have left since it was asked for.
fn in_charge(write: &Write<'_>, drafts: &Drafts, faults: &mut Vec<(usize, Failure)>) -> Result<()> {
    let enforcing = drafts
        .stored
        .iter()
        .filter(|(.., stored)| access::enforces(&stored.entries));
    for (group, request, _) in enforcing {
        let organisation = write.acting.organisation(&write.reader)?;
        if let Some(failure) = organisation.without_administrator() {
            faults.push((*group, failure.of_request(*request)));
        }
    }
    Ok(())
}
