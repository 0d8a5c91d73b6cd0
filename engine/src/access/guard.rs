//! Which changes would leave the house without order?
//!
//! Territories below themselves and users who report to themselves, whoever writes them; and, while access is enforced,
//! a workspace without anybody who administers it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::organisation::{OBJECTS, Organisation, reference};
use crate::error::{Failure, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId};

/// A record's change, as the guard looks at it.
#[derive(Clone, Copy)]
pub(crate) struct Changed<'a> {
    pub(crate) group: usize,
    pub(crate) before: Option<&'a Record>,
    pub(crate) after: Option<&'a Record>,
}

impl<'a> Changed<'a> {
    fn record(&self) -> Option<&'a Record> {
        self.after.or(self.before)
    }
}

/// Whether a change of this object may be one of these, or changes what somebody may do.
pub(crate) fn concerns(object: &str) -> bool {
    OBJECTS.contains(&object)
}

/// Whether it does so also while access is not enforced: keys hold in any case, and enforcing takes an administrator.
pub(crate) fn concerns_always(object: &str) -> bool {
    matches!(object, "user" | "role" | "api_key")
}

/// What is wrong with these changes, by their places. `organisation` is how it was before them.
pub(crate) fn faults(
    reader: &Reader,
    organisation: impl FnOnce() -> Result<Arc<Organisation>>,
    enforced: bool,
    changes: &[Changed<'_>],
) -> Result<Vec<(usize, Failure)>> {
    let mut faults = Vec::new();
    circles(reader, changes, &mut faults)?;
    if enforced {
        last_administrator(&*organisation()?, changes, &mut faults);
    }
    Ok(faults)
}

/// The field by which records of these objects stand below each other.
fn above(object: &str) -> Option<&'static str> {
    match object {
        "territory" => Some("parent"),
        "user" => Some("manager"),
        _ => None,
    }
}

fn circles(
    reader: &Reader,
    changes: &[Changed<'_>],
    faults: &mut Vec<(usize, Failure)>,
) -> Result<()> {
    for (place, change) in changes.iter().enumerate() {
        let Some(after) = change.after else { continue };
        let Some(field) = above(after.object()) else {
            continue;
        };
        let Some(first) = reference(after, field) else {
            continue;
        };
        if change.before.and_then(|before| reference(before, field)) == Some(first) {
            continue;
        }
        let mut seen = BTreeSet::from([after.id()]);
        let mut next = Some(first);
        while let Some(id) = next {
            if !seen.insert(id) {
                if id == after.id() {
                    let what = match field {
                        "parent" => "part of itself",
                        _ => "a manager of himself",
                    };
                    let message = format!("{} would become {what} by way of {first}", after.id());
                    faults.push((place, Failure::field(field, "circle", message)));
                }
                break;
            }
            let pending = changes
                .iter()
                .find(|other| other.record().is_some_and(|record| record.id() == id));
            next = match pending {
                Some(other) => other.after.and_then(|record| reference(record, field)),
                None => reader
                    .get_stored(id)?
                    .and_then(|record| reference(&record, field)),
            };
        }
    }
    Ok(())
}

/// Each group is done or not by itself, so each must leave somebody.
fn last_administrator(
    before: &Organisation,
    changes: &[Changed<'_>],
    faults: &mut Vec<(usize, Failure)>,
) {
    let mut now = before.clone();
    let mut rest = changes;
    let mut first = 0;
    while let Some(head) = rest.first() {
        let length = rest
            .iter()
            .take_while(|change| change.group == head.group)
            .count();
        let (group, later) = rest.split_at(length);
        let mut then = now.clone();
        for change in group {
            match (change.after, change.before) {
                (Some(after), _) => then.put(after),
                (None, Some(before)) => then.remove(before.id()),
                (None, None) => {}
            }
        }
        let had: BTreeSet<RecordId> = now.administrators().collect();
        if !had.is_empty() && then.administrators().next().is_none() {
            let (place, name) = blame(group, &had, before);
            let message = format!(
                "nobody would be left who administers the workspace: {name} is the last one; give somebody else the role first"
            );
            faults.push((first + place, super::role::denied(message)));
        } else {
            now = then;
        }
        first += length;
        rest = later;
    }
}

/// The change that a person would blame, and the administrator who would go.
fn blame(
    group: &[Changed<'_>],
    had: &BTreeSet<RecordId>,
    before: &Organisation,
) -> (usize, String) {
    let is_user = |change: &Changed<'_>| {
        change
            .record()
            .is_some_and(|record| had.contains(&record.id()))
    };
    let is_role = |change: &Changed<'_>| {
        change
            .record()
            .is_some_and(|record| record.object() == "role")
    };
    let place = group
        .iter()
        .position(is_user)
        .or_else(|| group.iter().position(is_role))
        .unwrap_or(0);
    let named = group.get(place).and_then(Changed::record);
    let user = named
        .map(|record| record.id())
        .filter(|id| had.contains(id))
        .or_else(|| had.first().copied());
    let name = user.and_then(|user| Some(before.users.get(&user)?.name.clone()));
    (place, name.unwrap_or_default())
}
