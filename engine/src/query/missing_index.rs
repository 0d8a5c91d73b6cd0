//! Which index would have made a query cheap?

use super::compile::{Compiled, Test};
use super::filter::Operator;
use super::order::Order;
use super::relation::{Step, Way};
use super::target::{Slot, Target};
use crate::schema::{FieldKind, Index, MOST_FIELDS, Object};

/// What to do about it, in words.
pub(super) fn advice(object: &Object, compiled: &Compiled, order: &Order) -> String {
    let required = compiled.required();
    if let Some(fields) = several(object, &required.tests, order) {
        let object = &object.name;
        let named: Vec<String> = fields.iter().map(|name| format!("\"{name}\"")).collect();
        return format!(
            "an index of {object} by {} would help: `peyvand schema apply` with \
             [{{\"change\": \"add_index\", \"object\": \"{object}\", \"fields\": [{}]}}]",
            fields.join(", "),
            named.join(", ")
        );
    }
    let of_tests = required.tests.iter().filter(|test| would_help(test));
    let mut wanted: Vec<(String, String)> = of_tests
        .map(|test| (object.name.clone(), test.target.name.clone()))
        .collect();
    for relation in &required.relations {
        if !relation.when_empty {
            behind(&relation.step, &mut wanted);
        }
    }
    if wanted.is_empty()
        && let Some(first) = order.keys.first().and_then(|key| key.target())
        && can_have_one(first)
    {
        wanted.push((object.name.clone(), first.name.clone()));
    }
    let Some((object, field)) = wanted.first() else {
        return "ask for fewer, by a condition that an index answers".to_owned();
    };
    format!(
        "an index of {object}.{field} would help: `peyvand schema apply` with \
         [{{\"change\": \"set_indexed\", \"object\": \"{object}\", \"field\": \"{field}\", \"indexed\": true}}]"
    )
}

/// The fields of an index that would give the rows in their order, where several are needed for it and there is none that
/// begins so.
fn several<'a>(object: &Object, tests: &[&'a Test], order: &'a Order) -> Option<Vec<&'a str>> {
    let mut wanted: Vec<&Target> = Vec::new();
    let names = |target: &Target| target.stored().is_some() && target.kind.fits_several();
    let mut want = |target: &'a Target| {
        if !wanted.iter().any(|known| known.slot == target.slot) {
            wanted.push(target);
        }
    };
    let fixed = tests.iter().filter(|test| test.fixes_one_value());
    let fixed = fixed.map(|test| &test.target);
    fixed.filter(|target| names(target)).for_each(&mut want);
    let descending = order.keys.first().map(|key| key.descending);
    let keys = order.keys.iter();
    let keys = keys.take_while(|key| Some(key.descending) == descending);
    let keys = keys.map_while(|key| key.target());
    keys.take_while(|target| names(target)).for_each(&mut want);
    if order.keys.is_empty() {
        let ranges = tests.iter().filter(|test| !test.fixes_one_value());
        let mut ranges = ranges
            .filter(|test| is_answered(test))
            .map(|test| &test.target);
        ranges
            .find(|target| names(target))
            .into_iter()
            .for_each(&mut want);
    }
    wanted.truncate(MOST_FIELDS);
    let numbers: Vec<u32> = wanted.iter().filter_map(|target| target.stored()).collect();
    let has_it = |index: &Index| index.numbers.starts_with(&numbers);
    if wanted.len() < 2 || object.told_indexes().any(has_it) {
        return None;
    }
    Some(
        wanted
            .into_iter()
            .map(|target| target.name.as_str())
            .collect(),
    )
}

fn behind(step: &Step<Test>, wanted: &mut Vec<(String, String)>) {
    for (object, way) in &step.beyond {
        match way {
            Way::Here(test) if would_help(test) => {
                // A test behind a reference is named by its path.
                let field = test.target.name.rsplit('.').next().unwrap_or_default();
                wanted.push((object.name.clone(), field.to_owned()));
            }
            Way::Here(_) => {}
            Way::By(step) => behind(step, wanted),
        }
    }
}

fn would_help(test: &Test) -> bool {
    is_answered(test) && can_have_one(&test.target)
}

/// Whether an index can answer it.
fn is_answered(test: &Test) -> bool {
    match test.operator {
        Operator::Ne | Operator::Nin | Operator::Contains => false,
        Operator::IsNull => test.wants_empty(),
        _ => true,
    }
}

/// Whether it has none, and could have one.
fn can_have_one(target: &Target) -> bool {
    matches!(target.slot, Slot::Field(_))
        && !target.indexed
        && !target.rollup
        && !matches!(target.kind, FieldKind::Json | FieldKind::MultiOption { .. })
}
