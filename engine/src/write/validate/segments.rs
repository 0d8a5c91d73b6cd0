//! Are the segments of a commit made of others that stay, and of themselves nowhere?

use crate::error::{Failure, Result};
use crate::segment;
use crate::write::Write;
use crate::write::draft::{Draft, Drafts};

/// Looks at what the rule left: it has set what each segment is made of.
pub(super) fn check(
    write: &Write<'_>,
    drafts: &Drafts,
    faults: &mut Vec<(usize, Failure)>,
) -> Result<()> {
    let concerned = drafts.drafts.iter().filter(|draft| {
        draft.object.name == "segment" && !drafts.faults.contains_key(&draft.group)
    });
    let concerned: Vec<&Draft> = concerned.collect();
    // One alone is judged by the rule.
    if concerned.len() < 2 {
        return Ok(());
    }
    let changes = concerned.iter();
    let changes: Vec<_> = changes
        .map(|draft| (draft.id, draft.after.as_ref()))
        .collect();
    for (place, failure) in segment::faults(&write.reader, &changes)? {
        faults.extend(concerned.get(place).map(|draft| draft.fail(failure)));
    }
    Ok(())
}
