//! Which index would have made a query cheap?

use super::compile::{Compiled, Test};
use super::filter::Operator;
use super::order::Order;
use super::relation::{Step, Way};
use super::target::{Slot, Target};
use crate::schema::{FieldKind, Object};

/// What to do about it, in words.
pub(super) fn advice(object: &Object, compiled: &Compiled, order: &Order) -> String {
    let required = compiled.required();
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
    let answered = match test.operator {
        Operator::Ne | Operator::Nin | Operator::Contains => false,
        Operator::IsNull => test.wants_empty(),
        _ => true,
    };
    answered && can_have_one(&test.target)
}

/// Whether it has none, and could have one.
fn can_have_one(target: &Target) -> bool {
    matches!(target.slot, Slot::Field(_))
        && !target.indexed
        && !target.rollup
        && !matches!(target.kind, FieldKind::Json | FieldKind::MultiOption { .. })
}
