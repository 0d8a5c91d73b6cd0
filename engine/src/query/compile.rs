//! Does a record pass the filter?

use std::cmp::Ordering;
use std::sync::Arc;

use super::candidate::Look;
use super::error::QueryError;
use super::filter::{Condition, Filter, Operator};
use super::membership::Members;
use super::operand::{Held, Operand, is_exact, read};
use super::reader::Reader;
use super::target::{Slot, Target};
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
    Test(Box<Test>),
}

/// One condition, ready to be held against records.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) target: Target,
    pub(super) operator: Operator,
    pub(super) operands: Vec<Operand>,
    exact: bool,
    /// Of a condition on segments.
    pub(super) members: Option<Members>,
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

impl Filter {
    /// The same filter with ids where it names records by their keys, which may change.
    ///
    /// # Errors
    /// As [`Filter::compile`].
    pub(crate) fn with_ids(
        &self,
        object: &Arc<Object>,
        reader: &Reader,
        time: &QueryTime,
    ) -> Result<Self> {
        self.compile(object, reader, time)?;
        let several = |parts: &[Filter]| {
            let parts = parts.iter().map(|part| part.with_ids(object, reader, time));
            parts.collect::<Result<Vec<_>>>()
        };
        Ok(match self {
            Self::And(parts) => Self::And(several(parts)?),
            Self::Or(parts) => Self::Or(several(parts)?),
            Self::Not(inner) => Self::Not(Box::new(inner.with_ids(object, reader, time)?)),
            Self::Is(condition) => {
                let test = test(condition, object, reader, time)?;
                let operands = test.operands.iter().zip(&condition.operands);
                let operands = operands.map(|(operand, written)| match &operand.value {
                    Value::Reference(id) => id.to_string(),
                    _ => written.clone(),
                });
                Self::Is(Condition {
                    operands: operands.collect(),
                    ..condition.clone()
                })
            }
        })
    }
}

impl Compiled {
    /// A filter whose conditions are bound by `test`.
    pub(super) fn bound(
        filter: &Filter,
        test: &impl Fn(&Condition) -> Result<Test, QueryError>,
    ) -> Result<Self, QueryError> {
        filter.check_size()?;
        Ok(Self {
            root: bound_node(filter, test)?,
        })
    }
}

fn bound_node(
    filter: &Filter,
    test: &impl Fn(&Condition) -> Result<Test, QueryError>,
) -> Result<Node, QueryError> {
    let nodes = |parts: &[Filter]| -> Result<Vec<Node>, QueryError> {
        parts.iter().map(|part| bound_node(part, test)).collect()
    };
    Ok(match filter {
        Filter::And(parts) => Node::All(nodes(parts)?),
        Filter::Or(parts) => Node::Any(nodes(parts)?),
        Filter::Not(inner) => Node::Not(Box::new(bound_node(inner, test)?)),
        Filter::Is(condition) => Node::Test(Box::new(test(condition)?)),
    })
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
        Filter::Is(condition) => Node::Test(Box::new(test(condition, object, reader, time)?)),
    })
}

fn test(condition: &Condition, object: &Object, reader: &Reader, time: &QueryTime) -> Result<Test> {
    condition.check_operands()?;
    let target = Target::of(object, &condition.field)?;
    target.check_fits(condition.operator)?;
    let operands = condition
        .operands
        .iter()
        .map(|written| read(&target, condition.operator, written, reader, time))
        .collect::<Result<Vec<_>>>()?;
    let members = match target.slot {
        Slot::Segment => Some(Members::of(condition, &operands, object, reader)?),
        _ => None,
    };
    Ok(Test {
        members,
        ..Test::new(target, condition.operator, operands)
    })
}

impl Compiled {
    /// Whether the record passes. Rollups are compared only when the record carries them.
    pub(crate) fn matches(&self, record: &impl Look) -> bool {
        self.root.matches(record)
    }

    /// To be asked after looks: a segment that cannot be read looks empty.
    pub(super) fn was_readable(&self) -> Result<()> {
        let mut readable = Ok(());
        self.root.any_test(&|test| test.members.is_some()).then(|| {
            self.root.each_members(&mut |members| {
                if readable.is_ok() {
                    readable = members.were_readable();
                }
            });
        });
        readable
    }

    /// The conditions that every matching record meets: those that an index may answer.
    pub(super) fn required(&self) -> Vec<&Test> {
        let mut tests = Vec::new();
        self.root.gather_required(&mut tests);
        tests
    }

    pub(super) fn uses_rollups(&self) -> bool {
        self.root.any_test(&|test| test.target.rollup)
    }
}

impl Node {
    fn matches(&self, record: &impl Look) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.matches(record)),
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(record)),
            Self::Not(node) => !node.matches(record),
            Self::Test(test) => test.holds(record),
        }
    }

    fn gather_required<'a>(&'a self, tests: &mut Vec<&'a Test>) {
        match self {
            Self::All(nodes) => nodes.iter().for_each(|node| node.gather_required(tests)),
            Self::Test(test) => tests.push(test),
            Self::Any(_) | Self::Not(_) => {}
        }
    }

    fn each_members(&self, each: &mut impl FnMut(&Members)) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => {
                nodes.iter().for_each(|node| node.each_members(each));
            }
            Self::Not(node) => node.each_members(each),
            Self::Test(test) => test.members.iter().for_each(each),
        }
    }

    fn any_test(&self, is: &impl Fn(&Test) -> bool) -> bool {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(|node| node.any_test(is)),
            Self::Not(node) => node.any_test(is),
            Self::Test(test) => is(test),
        }
    }
}

impl Test {
    pub(super) fn new(target: Target, operator: Operator, operands: Vec<Operand>) -> Self {
        let exact = is_exact(&target.kind);
        Self {
            target,
            operator,
            operands,
            exact,
            members: None,
        }
    }

    fn holds(&self, record: &impl Look) -> bool {
        if let Some(members) = &self.members {
            let outside = matches!(self.operator, Operator::Ne | Operator::Nin);
            return members.have(record.id()) != outside;
        }
        let value = self.target.slot.value(record);
        if self.operator == Operator::IsNull {
            return self.wants_empty() == value.is_none();
        }
        // A missing value is unequal to everything, and in no order with anything.
        let unequal = matches!(self.operator, Operator::Ne | Operator::Nin);
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

    /// Of `is_null`: whether empty fields are wanted.
    pub(super) fn wants_empty(&self) -> bool {
        self.operands
            .first()
            .is_some_and(|operand| operand.value == Value::Boolean(true))
    }
}
