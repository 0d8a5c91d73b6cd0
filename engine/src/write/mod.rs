//! How does a change become fact?
//!
//! There is one way to change anything. Seven steps, each in the file of its name; the types carry the order.
//!
//! ```text
//! stage     check revision and target, apply the patch, defaults          → Drafts
//! validate  every failure, not the first                                  → Valid
//! amend     rules, plugins, scripts, computed fields: amend or reject     → Drafts
//! validate  again: a hook is outside input too                            → Valid
//! plan      pure: puts, index changes, rollup deltas, preconditions       → Plan
//! commit    one journal append; conflict means: stage again               → Committed
//! publish   what was committed to those who follow it
//! ```

mod amend;
mod asked;
mod bill;
mod bin;
mod commit;
mod draft;
mod fill;
#[cfg(test)]
mod fill_tests;
#[cfg(test)]
mod index_tests;
mod leaves;
mod looked;
mod plan;
mod publish;
mod request;
mod rollup;
#[cfg(test)]
mod rollup_tests;
mod stage;
#[cfg(test)]
mod tests;
mod validate;
mod view;

pub use request::{Committed, Fields, Outcome, OutcomeKind, Request};

#[cfg(test)]
pub(crate) use asked::requests;
pub(crate) use bill::stored_bills;
pub(crate) use bin::Binned;
pub(crate) use commit::Done;
pub(crate) use fill::Filling;
pub(crate) use plan::{index_entries, record_bytes};
pub(crate) use publish::{Change, Followed, charge, follow};
pub(crate) use request::{Ask, Group, Stored, TakeBack, id_text, id_text_option};
pub(crate) use rollup::{Adds, contributions, live_contributions};
#[cfg(test)]
pub(crate) use rollup_tests::Dice;
pub(crate) use stage::{is_untouched, three_way};
pub(crate) use view::View;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use self::draft::Valid;
use self::validate::Pass;
use crate::access::Acting;
use crate::content::Content;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Failure, Result};
use crate::hook::{Billed, Bills, Registry};
use crate::query::Reader;
use crate::segment::Segments;
use crate::store::Backend;

/// What one run of the write path works with.
pub(crate) struct Write<'a> {
    pub(crate) backend: &'a Arc<dyn Backend>,
    pub(crate) content: &'a Content,
    pub(crate) reader: Reader,
    pub(crate) registry: &'a Registry,
    /// Judges what enters and leaves them, whoever objects or amends.
    pub(crate) segments: &'a Segments,
    /// Under which rights.
    pub(crate) acting: Acting<'a>,
    pub(crate) context: &'a Context,
    /// The time of the whole write: of its stamps, its hooks and its entry.
    pub(crate) now: DateTime<Utc>,
    pub(crate) bills: &'a Bills,
    /// The entry that caused this write, when a follow-up asks.
    pub(crate) cause: Option<crate::journal::Position>,
    pub(crate) depth: u8,
    /// Entries whose follow-ups are done; this commit takes them off the queue.
    pub(crate) followed: Vec<crate::journal::Position>,
    /// What plugins used, which this commit writes down.
    pub(crate) billed: Vec<Billed>,
}

/// What became of the first groups of requests; the others are to be run again, after these.
pub(crate) struct Written {
    pub(crate) groups: Vec<Result<Vec<Outcome>>>,
    /// What was committed, for `publish`; nothing when every group failed or changed nothing.
    pub(crate) committed: Option<commit::Done>,
}

/// Somebody else wrote what this run had read: take a new snapshot and run again.
pub(crate) struct Stale;

/// Runs groups of requests; each group is done whole or not at all, and all that can be done are one commit.
pub(crate) fn run(write: &Write<'_>, groups: &[Group]) -> Result<Result<Written, Stale>> {
    let base = View::new(write.reader.clone());
    let mut refused: Vec<Option<Error>> = groups.iter().map(|_| None).collect();
    loop {
        let Some(mut valid) = prepare(write, &base, groups, &mut refused)? else {
            continue;
        };
        let outcomes = valid.outcomes();
        // Files stay until what names them is committed.
        let _held = valid.take_held();
        let plan = plan::plan(valid, write, groups, &refused)?;
        let committed = match plan {
            Some(plan) => match commit::commit(plan, write)? {
                Ok(done) => Some(done),
                Err(Stale) => return Ok(Err(Stale)),
            },
            None => None,
        };
        let groups = refused
            .into_iter()
            .zip(outcomes)
            .map(|(error, outcomes)| error.map_or(Ok(outcomes), Err))
            .collect();
        return Ok(Ok(Written { groups, committed }));
    }
}

/// The same steps without the commit, on a view that keeps what earlier rehearsals would have written.
#[cfg(feature = "exchange")]
pub(crate) fn rehearse(
    write: &Write<'_>,
    view: &mut View,
    groups: &[Group],
) -> Result<Vec<Result<Vec<Outcome>>>> {
    let mut results = Vec::with_capacity(groups.len());
    while results.len() < groups.len() {
        let groups = &groups[results.len()..];
        let mut refused: Vec<Option<Error>> = groups.iter().map(|_| None).collect();
        let valid = loop {
            if let Some(valid) = prepare(write, view, groups, &mut refused)? {
                break valid;
            }
        };
        let outcomes = valid.outcomes();
        valid.settle(view);
        let staged = refused.into_iter().zip(outcomes);
        results.extend(staged.map(|(error, outcomes)| error.map_or(Ok(outcomes), Err)));
    }
    Ok(results)
}

/// Runs the steps up to the commit; nothing when a group was refused that another one built upon, and the rest is to be
/// staged without it.
fn prepare(
    write: &Write<'_>,
    base: &View,
    groups: &[Group],
    refused: &mut [Option<Error>],
) -> Result<Option<Valid>> {
    let drafts = stage::stage(write, base, groups, refused)?;
    let valid = validate::validate(write, base, drafts, Pass::First)?;
    let drafts = amend::amend(write, base, valid)?;
    let mut valid = validate::validate(write, base, drafts, Pass::Again)?;
    let mut faults = valid.take_faults();
    if faults.is_empty() {
        return Ok(Some(valid));
    }
    // Who wants a value that only a refused group has is asked again without that one.
    let waits = valid.waits_for(faults.keys().copied().collect());
    faults.retain(|group, _| !waits.contains(group));
    let bad: BTreeSet<usize> = faults.keys().copied().collect();
    let again = valid.drop_groups(&bad) || !waits.is_empty();
    for (group, failures) in faults {
        refused[group] = Some(rejection(failures));
    }
    Ok((!again).then_some(valid))
}

/// The error of a group: a conflict or a missing record is said as such when it is the only fault.
fn rejection(failures: Vec<Failure>) -> Error {
    let all = |codes: &[&str]| {
        failures
            .iter()
            .all(|failure| codes.contains(&failure.code.as_str()))
    };
    let kind = if all(&["stale-revision"]) {
        ErrorKind::Conflict
    } else if all(&["not-found", "in-bin", "unknown-object"]) {
        ErrorKind::NotFound
    } else if all(&["access"])
        || failures
            .iter()
            .any(|failure| failure.code.starts_with("refused:"))
    {
        ErrorKind::Refused
    } else {
        ErrorKind::Invalid
    };
    let plain = failures.into_iter().map(|mut failure| {
        if let Some(code) = failure.code.strip_prefix("refused:") {
            failure.code = code.to_owned();
        }
        failure
    });
    Error::with_failures(kind, plain.collect())
}
