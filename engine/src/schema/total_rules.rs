//! Which totals may be declared, and of which fields are they made?

use super::change::is_name;
use super::field::FieldKind;
use super::live_total::LiveTotal;
use super::object::Object;
use super::rollup::{Rollup, RollupMeasure};
use super::{Schema, did_you_mean};
use crate::error::Failure;
use crate::query::{BoundTotal, ExactFilter};
use crate::record::Currency;

/// The total or the index of several fields that is made by or of this field.
pub(super) fn user_of(schema: &Schema, object: &str, field: &str) -> Option<String> {
    let live = schema.live_totals(object).iter();
    if let Some(total) = live.clone().find(|total| total.fields().contains(&field)) {
        return Some(format!("the total {object}.{}", total.name()));
    }
    let kept = schema
        .object(object)
        .map_or(&[][..], |object| object.indexes());
    let mut indexes = kept.iter();
    if let Some(index) = indexes.find(|index| index.fields.iter().any(|name| name == field)) {
        return Some(format!("the index of {object} by {}", index.name()));
    }
    schema
        .rollups_over(object)
        .find(|over| over.rollup.fields().contains(&field))
        .map(|over| format!("{}.{}", over.parent.name, over.field.name))
}

/// How many totals one object may keep: each save pays for all of them.
const MOST_TOTALS: usize = 16;

/// The object with a total more.
pub(super) fn with_total(mut object: Object, total: &LiveTotal) -> Result<Object, Vec<Failure>> {
    let fault = if !is_name(&total.name) {
        Some(format!(
            "'{}' is not a name: use lower-case letters, digits and underscores, beginning with a letter",
            total.name
        ))
    } else if object.totals.iter().any(|known| known.name == total.name) {
        Some(format!(
            "{} keeps a total '{}' already",
            object.name, total.name
        ))
    } else if object.totals.len() >= MOST_TOTALS {
        Some(format!(
            "{} keeps {MOST_TOTALS} totals already; retire one",
            object.name
        ))
    } else {
        BoundTotal::of(&object, total)
            .err()
            .map(|error| error.in_words())
    };
    if let Some(message) = fault {
        return Err(vec![Failure::new("total", message)]);
    }
    let number = next_number(&object);
    object.totals.push(LiveTotal {
        number,
        filling: false,
        ..total.clone()
    });
    object.next_total = Some(number.saturating_add(1));
    Ok(object)
}

/// The object without a total.
pub(super) fn without_total(mut object: Object, total: &str) -> Result<Object, Vec<Failure>> {
    // Before it goes, since a store of an older engine knows the next number only from those that are there.
    object.next_total = Some(next_number(&object));
    let before = object.totals.len();
    object.totals.retain(|known| known.name != *total);
    if object.totals.len() == before {
        let near = did_you_mean(total, object.totals.iter().map(|one| one.name.as_str()));
        let message = format!("{} keeps no total '{total}'{near}", object.name);
        return Err(vec![Failure::new("unknown-total", message)]);
    }
    Ok(object)
}

/// The number of the next total: one that none had, or what is kept of a retired one would be taken for its own.
fn next_number(object: &Object) -> u32 {
    let present = object.totals.iter().map(|known| known.number);
    let after = present.map(|number| number.saturating_add(1)).max();
    object.next_total.max(after).unwrap_or(1)
}

/// What is wrong with a rollup of `parent`.
pub(super) fn rollup_fault(schema: &Schema, parent: &str, rollup: &Rollup) -> Option<String> {
    let Some(child) = schema.object(&rollup.child) else {
        return Some(format!(
            "it counts '{}', which is not an object",
            rollup.child
        ));
    };
    match child.field(&rollup.by).map(|field| &field.kind) {
        Some(kind) if kind.refers_to(parent) => {}
        _ => {
            return Some(format!(
                "{}.{} does not refer to {parent}",
                rollup.child, rollup.by
            ));
        }
    }
    for (name, option) in &rollup.only {
        match child.field(name).map(|field| &field.kind) {
            Some(FieldKind::Option { options }) if options.contains(option) => {}
            Some(_) => return Some(format!("{}.{name} has no option '{option}'", child.name)),
            None => return Some(child.unknown_field(name)),
        }
    }
    if let Err(error) = ExactFilter::of(child, &rollup.filter) {
        return Some(error.in_words());
    }
    let of = rollup.measure.field()?;
    if let Some(code) = rollup.measure.currency()
        && let Err(error) = code.parse::<Currency>()
    {
        return Some(error.to_string());
    }
    let fits = |kind: &FieldKind| match &rollup.measure {
        RollupMeasure::Earliest { .. } | RollupMeasure::Latest { .. } => {
            *kind == FieldKind::Instant
        }
        measure if measure.currency().is_some() => *kind == FieldKind::Money,
        _ => matches!(
            kind,
            FieldKind::Integer | FieldKind::Decimal | FieldKind::Percent
        ),
    };
    match child.field(of) {
        Some(field) if fits(&field.kind) => None,
        Some(field) => Some(format!(
            "{}.{of} is a {} field",
            rollup.child,
            field.kind.name()
        )),
        None => Some(child.unknown_field(of)),
    }
}
