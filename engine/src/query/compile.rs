//! Does a record pass the filter?

use std::cmp::Ordering;
use std::sync::Arc;

use super::candidate::Look;
use super::filter::{Condition, Filter, Operator};
use super::operand::{Held, Operand, is_exact, read};
use super::reader::Reader;
use super::relation::{Relation, Way};
use super::target::Target;
use super::when::QueryTime;
use crate::error::Result;
use crate::record::Value;
use crate::schema::Object;

/// A filter that is bound to an object: names are found, values read, relative days fixed.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    root: Node,
}

#[derive(Clone, Debug)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Test),
    Relation(Relation),
}

/// One condition, ready to be held against records.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) target: Target,
    pub(super) operator: Operator,
    pub(super) operands: Vec<Operand>,
    exact: bool,
}

impl Filter {
    /// Binds the filter to an object.
    ///
    /// # Errors
    /// A field is unknown, an operator does not fit its kind, or a value cannot be read as one of the field's.
    pub(crate) fn compile(
        &self,
        object: &Arc<Object>,
        reader: &Reader,
        time: &QueryTime,
    ) -> Result<Compiled> {
        self.check_size()?;
        Ok(Compiled {
            root: node(self, object, reader, time)?,
        })
    }
}

fn node(filter: &Filter, object: &Object, reader: &Reader, time: &QueryTime) -> Result<Node> {
    let nodes = |parts: &[Filter]| {
        parts
            .iter()
            .map(|part| node(part, object, reader, time))
            .collect::<Result<Vec<_>>>()
    };
    Ok(match filter {
        Filter::And(parts) => Node::All(nodes(parts)?),
        Filter::Or(parts) => Node::Any(nodes(parts)?),
        Filter::Not(inner) => Node::Not(Box::new(node(inner, object, reader, time)?)),
        Filter::Is(condition) => {
            condition.check_operands()?;
            let mut leaf =
                |object: &Object, name: &str| test(condition, object, name, reader, time);
            match Way::resolve(object, &condition.field, &reader.schema, &mut leaf)? {
                Way::Here(test) => Node::Test(test),
                Way::By(step) => Node::Relation(Relation::new(&condition.field, step)),
            }
        }
    })
}

fn test(
    condition: &Condition,
    object: &Object,
    name: &str,
    reader: &Reader,
    time: &QueryTime,
) -> Result<Test> {
    let mut target = Target::of(object, name)?;
    // Messages name it as it was written.
    target.name.clone_from(&condition.field);
    target.check_fits(condition.operator)?;
    let operands = condition
        .operands
        .iter()
        .map(|written| read(&target, condition.operator, written, reader, time))
        .collect::<Result<_>>()?;
    let exact = is_exact(&target.kind);
    Ok(Test {
        target,
        operator: condition.operator,
        operands,
        exact,
    })
}

/// The conditions that every matching record meets: those that an index may answer.
#[derive(Default)]
pub(super) struct Required<'a> {
    pub(super) tests: Vec<&'a Test>,
    pub(super) relations: Vec<&'a Relation>,
}

impl Compiled {
    /// Whether the record passes, with what the reader's snapshot says of the records that it refers to. Rollups are
    /// compared only when the record carries them.
    ///
    /// # Errors
    /// A record that it refers to cannot be read.
    pub(crate) fn matches(&self, record: &impl Look, reader: &Reader) -> Result<bool> {
        self.root.matches(record, reader)
    }

    pub(super) fn required(&self) -> Required<'_> {
        let mut required = Required::default();
        self.root.gather_required(&mut required);
        required
    }

    pub(super) fn uses_rollups(&self) -> bool {
        self.root.any_test(&|test| test.target.rollup)
    }
}

impl Node {
    fn matches(&self, record: &impl Look, reader: &Reader) -> Result<bool> {
        match self {
            Self::All(nodes) => {
                for node in nodes {
                    if !node.matches(record, reader)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(nodes) => {
                for node in nodes {
                    if node.matches(record, reader)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(node) => Ok(!node.matches(record, reader)?),
            Self::Test(test) => Ok(test.holds(record)),
            Self::Relation(relation) => relation.holds(record, reader),
        }
    }

    fn gather_required<'a>(&'a self, required: &mut Required<'a>) {
        match self {
            Self::All(nodes) => nodes.iter().for_each(|node| node.gather_required(required)),
            Self::Test(test) => required.tests.push(test),
            Self::Relation(relation) => required.relations.push(relation),
            Self::Any(_) | Self::Not(_) => {}
        }
    }

    /// Of the record itself: totals of others are read with them.
    fn any_test(&self, is: &impl Fn(&Test) -> bool) -> bool {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(|node| node.any_test(is)),
            Self::Not(node) => node.any_test(is),
            Self::Test(test) => is(test),
            Self::Relation(_) => false,
        }
    }
}

impl Test {
    pub(super) fn holds(&self, record: &impl Look) -> bool {
        let value = self.target.slot.value(record);
        if self.operator == Operator::IsNull {
            return self.wants_empty() == value.is_none();
        }
        let unequal = self.holds_for_empty();
        let Some(value) = value else {
            return unequal;
        };
        // Mostly it is written as it was asked for, and then need not be folded.
        if matches!(self.operator, Operator::Eq | Operator::In)
            && self.operands.iter().any(|operand| operand.value == *value)
        {
            return true;
        }
        let Some(held) = Held::of(&value, self.exact) else {
            return unequal;
        };
        let first = |check: &dyn Fn(&Operand) -> bool| self.operands.first().is_some_and(check);
        match self.operator {
            Operator::Eq | Operator::In => self.operands.iter().any(|operand| held.equals(operand)),
            Operator::Ne | Operator::Nin => {
                !self.operands.iter().any(|operand| held.equals(operand))
            }
            Operator::Gt => first(&|operand| held.order(operand).is_some_and(Ordering::is_gt)),
            Operator::Gte => first(&|operand| held.order(operand).is_some_and(Ordering::is_ge)),
            Operator::Lt => first(&|operand| held.order(operand).is_some_and(Ordering::is_lt)),
            Operator::Lte => first(&|operand| held.order(operand).is_some_and(Ordering::is_le)),
            Operator::Contains => first(&|operand| held.has_part(operand)),
            Operator::StartsWith => first(&|operand| held.begins_with(operand)),
            Operator::Between => match self.operands.as_slice() {
                [least, most] => {
                    held.order(least).is_some_and(Ordering::is_ge)
                        && held.order(most).is_some_and(Ordering::is_le)
                }
                _ => false,
            },
            Operator::IsNull => false,
        }
    }

    /// What it says of a field without a value.
    pub(super) fn holds_for_empty(&self) -> bool {
        match self.operator {
            Operator::IsNull => self.wants_empty(),
            // A missing value is unequal to everything, and in no order with anything.
            operator => matches!(operator, Operator::Ne | Operator::Nin),
        }
    }

    /// Of `is_null`: whether empty fields are wanted.
    pub(super) fn wants_empty(&self) -> bool {
        self.operands
            .first()
            .is_some_and(|operand| operand.value == Value::Boolean(true))
    }
}
