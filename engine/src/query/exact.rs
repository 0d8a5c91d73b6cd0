//! Which filters have one answer, whenever and by whomever they are asked?
//!
//! A total is kept inside the commit that changes a record, so whether a record counts may depend on nothing but that
//! record: not on the day, not on another record, not on who asks.

use super::candidate::Look;
use super::compile::{Compiled, Test};
use super::error::QueryError;
use super::filter::{Condition, Filter, Operator};
use super::operand::read_exact;
use super::target::{Slot, Target};
use crate::schema::Object;

/// The operators whose answer is the record's alone.
const OPERATORS: [Operator; 12] = [
    Operator::Eq,
    Operator::Ne,
    Operator::Gt,
    Operator::Gte,
    Operator::Lt,
    Operator::Lte,
    Operator::In,
    Operator::Nin,
    Operator::Contains,
    Operator::StartsWith,
    Operator::IsNull,
    Operator::Between,
];

/// A filter of a total, bound to the object that is counted.
#[derive(Clone, Debug)]
pub(crate) struct ExactFilter(Compiled);

impl ExactFilter {
    /// # Errors
    /// What the filter cannot be asked, or not by a total.
    pub(crate) fn of(object: &Object, filter: &Filter) -> Result<Self, QueryError> {
        let bound = Compiled::bound(filter, &|condition| test(object, condition))?;
        Ok(Self(bound))
    }

    /// Whether the record counts.
    pub(crate) fn passes(&self, record: &impl Look) -> bool {
        self.0.matches_alone(record)
    }
}

fn test(object: &Object, condition: &Condition) -> Result<Test, QueryError> {
    let inexact = |why| QueryError::Inexact {
        field: condition.field.clone(),
        operator: condition.operator.name(),
        why,
    };
    if condition.field.contains('.') {
        return Err(inexact("it is a field of another record"));
    }
    let target = Target::of(object, &condition.field)?;
    if target.rollup {
        return Err(inexact("it is a total itself, kept apart from the record"));
    }
    if !matches!(target.slot, Slot::Field(_)) {
        return Err(inexact("it is no field"));
    }
    if !OPERATORS.contains(&condition.operator) {
        return Err(inexact("the answer depends on other records"));
    }
    condition.check_operands()?;
    target.check_fits(condition.operator)?;
    let operands = condition.operands.iter();
    let operands = operands.map(|written| read_exact(&target, condition.operator, written));
    let operands = operands.collect::<Result<_, _>>()?;
    Ok(Test::new(target, condition.operator, operands))
}
