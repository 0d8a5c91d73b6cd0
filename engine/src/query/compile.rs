//! Does a record pass the filter?

use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;

use super::below::{MOST_BELOW, with_all_below};
use super::candidate::Look;
use super::error::QueryError;
use super::filter::{Condition, Filter, Operator};
use super::membership::Members;
use super::operand::{Held, Operand, is_exact, read};
use super::reader::Reader;
use super::relation::{Relation, Way, objects_of};
use super::target::{Slot, Target};
use super::when::QueryTime;
use crate::error::Result;
use crate::record::{RecordId, Value};
use crate::schema::{FieldKind, Object, targets_in_words};

/// A filter that is bound to an object: names are found, values read, relative days fixed.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    root: Node,
    /// Whether there are conditions on records that are referred to.
    looks_beyond: bool,
}

#[derive(Clone, Debug)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Box<Test>),
    Relation(Relation),
}

/// One condition, ready to be held against records.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) target: Target,
    pub(super) operator: Operator,
    /// Fewer than were written where a word stands for nobody.
    pub(super) operands: Vec<Operand>,
    /// Of `under`: all that the reference may lead to.
    pub(super) below: BTreeSet<RecordId>,
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
        let binding = Binding::new(reader, time);
        let root = binding.node(self, object)?;
        Ok(Compiled {
            looks_beyond: root.looks_beyond(),
            root,
        })
    }
}

/// What names and values are bound to.
struct Binding<'a> {
    reader: &'a Reader,
    time: &'a QueryTime,
    /// How many records `under` may still reach.
    below_left: Cell<usize>,
}

impl<'a> Binding<'a> {
    fn new(reader: &'a Reader, time: &'a QueryTime) -> Self {
        Self {
            reader,
            time,
            below_left: Cell::new(MOST_BELOW),
        }
    }

    fn node(&self, filter: &Filter, object: &Object) -> Result<Node> {
        let nodes = |parts: &[Filter]| {
            let nodes = parts.iter().map(|part| self.node(part, object));
            nodes.collect::<Result<Vec<_>>>()
        };
        Ok(match filter {
            Filter::And(parts) => Node::All(nodes(parts)?),
            Filter::Or(parts) => Node::Any(nodes(parts)?),
            Filter::Not(inner) => Node::Not(Box::new(self.node(inner, object)?)),
            Filter::Is(condition) => {
                condition.check_operands()?;
                let mut leaf = |object: &Object, name: &str| self.test(condition, object, name);
                let schema = &self.reader.schema;
                match Way::resolve(object, &condition.field, schema, &mut leaf)? {
                    Way::Here(test) => Node::Test(Box::new(test)),
                    Way::By(step) => Node::Relation(Relation::new(&condition.field, step)),
                }
            }
        })
    }

    fn test(&self, condition: &Condition, object: &Object, name: &str) -> Result<Test> {
        let mut target = Target::of(object, name)?;
        // Messages name it as it was written.
        target.name.clone_from(&condition.field);
        target.check_fits(condition.operator)?;
        let mut operands = Vec::with_capacity(condition.operands.len());
        for written in &condition.operands {
            let read = read(&target, condition.operator, written, self.reader, self.time)?;
            operands.extend(read);
        }
        let mut test = Test::new(target, condition.operator, operands);
        if test.target.slot == Slot::Segment {
            let members = Members::of(condition, &test.operands, object, self.reader)?;
            test.members = Some(members);
        } else if condition.operator == Operator::Under {
            test.below = self.below(&test.target, &test.operands)?;
        }
        Ok(test)
    }

    /// What `under` asks for.
    fn below(&self, target: &Target, operands: &[Operand]) -> Result<BTreeSet<RecordId>> {
        let schema = &self.reader.schema;
        let top = operands.first().and_then(|top| match &top.value {
            Value::Reference(id) => Some(*id),
            _ => None,
        });
        if let FieldKind::Reference { to, .. } = &target.kind {
            // Where a word stands for nobody, it is asked whether it could be somebody.
            let objects = match top.and_then(|top| schema.by_prefix(top.prefix())) {
                Some(object) => vec![object],
                None => objects_of(to, schema),
            };
            if objects.iter().all(|object| object.above().is_none()) {
                let object = objects.first().map(|object| object.name.clone());
                return Err(self.no_hierarchy(target, to, object).into());
            }
        }
        match top {
            Some(top) => with_all_below(self.reader, top, &target.name, &self.below_left),
            None => Ok(BTreeSet::new()),
        }
    }

    fn no_hierarchy(&self, target: &Target, to: &[String], object: Option<String>) -> QueryError {
        let standing = self.reader.schema.objects();
        let standing: Vec<&str> = standing
            .filter(|object| object.above().is_some())
            .map(|object| object.name.as_str())
            .collect();
        QueryError::NoHierarchy {
            field: target.name.clone(),
            objects: targets_in_words(to),
            object: object.unwrap_or_default(),
            standing: standing.join(", "),
        }
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
                let binding = Binding::new(reader, time);
                let test = binding.test(condition, object, &condition.field)?;
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
    /// A filter whose conditions are bound by `test`, and asked of nothing but the record.
    pub(super) fn bound(
        filter: &Filter,
        test: &impl Fn(&Condition) -> Result<Test, QueryError>,
    ) -> Result<Self, QueryError> {
        filter.check_size()?;
        Ok(Self {
            root: bound_node(filter, test)?,
            looks_beyond: false,
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
        self.root
            .matches(record, &|relation| relation.holds(record, reader))
    }

    /// The same of a filter that is asked of nothing but the record.
    pub(crate) fn matches_alone(&self, record: &impl Look) -> bool {
        let beyond = |relation: &Relation| Ok::<bool, Infallible>(relation.when_empty);
        let Ok(matches) = self.root.matches(record, &beyond);
        matches
    }

    /// How many records were read for conditions on them since this was last asked.
    pub(super) fn take_reads(&self) -> u64 {
        match self.looks_beyond {
            true => self.root.take_reads(),
            false => 0,
        }
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

    /// What is left to test of rows that all have the one value that is asked for of these fields. Only where an index tells
    /// any two values of a field apart.
    pub(super) fn besides(&self, given: &[u32]) -> Cow<'_, Self> {
        let Node::All(nodes) = &self.root else {
            return match self.root.is_met(given) {
                true => Cow::Owned(Self {
                    root: Node::All(Vec::new()),
                    looks_beyond: false,
                }),
                false => Cow::Borrowed(self),
            };
        };
        if !nodes.iter().any(|node| node.is_met(given)) {
            return Cow::Borrowed(self);
        }
        let left = nodes.iter().filter(|node| !node.is_met(given));
        Cow::Owned(Self {
            root: Node::All(left.cloned().collect()),
            looks_beyond: self.looks_beyond,
        })
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
    fn is_met(&self, given: &[u32]) -> bool {
        let Self::Test(test) = self else {
            return false;
        };
        test.operator == Operator::Eq
            && matches!(
                test.target.kind,
                FieldKind::Reference { .. } | FieldKind::Boolean | FieldKind::Integer
            )
            && test
                .target
                .stored()
                .is_some_and(|field| given.contains(&field))
    }

    fn matches<E>(
        &self,
        record: &impl Look,
        beyond: &impl Fn(&Relation) -> Result<bool, E>,
    ) -> Result<bool, E> {
        match self {
            Self::All(nodes) => {
                for node in nodes {
                    if !node.matches(record, beyond)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(nodes) => {
                for node in nodes {
                    if node.matches(record, beyond)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(node) => Ok(!node.matches(record, beyond)?),
            Self::Test(test) => Ok(test.holds(record)),
            Self::Relation(relation) => beyond(relation),
        }
    }

    fn take_reads(&self) -> u64 {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().map(Self::take_reads).sum(),
            Self::Not(node) => node.take_reads(),
            Self::Test(_) => 0,
            Self::Relation(relation) => relation.take_reads(),
        }
    }

    fn looks_beyond(&self) -> bool {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(Self::looks_beyond),
            Self::Not(node) => node.looks_beyond(),
            Self::Test(_) => false,
            Self::Relation(_) => true,
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

    fn each_members(&self, each: &mut impl FnMut(&Members)) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => {
                nodes.iter().for_each(|node| node.each_members(each));
            }
            Self::Not(node) => node.each_members(each),
            Self::Test(test) => test.members.iter().for_each(each),
            Self::Relation(_) => {}
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
    pub(super) fn new(target: Target, operator: Operator, operands: Vec<Operand>) -> Self {
        let exact = is_exact(&target.kind);
        Self {
            target,
            operator,
            operands,
            below: BTreeSet::new(),
            exact,
            members: None,
        }
    }

    pub(super) fn holds(&self, record: &impl Look) -> bool {
        if let Some(members) = &self.members {
            let outside = matches!(self.operator, Operator::Ne | Operator::Nin);
            return members.have(record.id()) != outside;
        }
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
            Operator::Gt => {
                first(&|operand| held.order_to_last(operand).is_some_and(Ordering::is_gt))
            }
            Operator::Gte => first(&|operand| held.order(operand).is_some_and(Ordering::is_ge)),
            Operator::Lt => first(&|operand| held.order(operand).is_some_and(Ordering::is_lt)),
            Operator::Lte => {
                first(&|operand| held.order_to_last(operand).is_some_and(Ordering::is_le))
            }
            Operator::Contains => first(&|operand| held.has_part(operand)),
            Operator::StartsWith => first(&|operand| held.begins_with(operand)),
            Operator::Between => match self.operands.as_slice() {
                [least, most] => {
                    held.order(least).is_some_and(Ordering::is_ge)
                        && held.order_to_last(most).is_some_and(Ordering::is_le)
                }
                _ => false,
            },
            Operator::Under => {
                matches!(value.as_ref(), Value::Reference(id) if self.below.contains(id))
            }
            Operator::IsNull => false,
        }
    }

    /// Whether all that pass have one and the same value, as an index holds it.
    pub(super) fn fixes_one_value(&self) -> bool {
        match (self.operator, self.operands.as_slice()) {
            (Operator::Eq, [one]) => {
                let amount = self.target.kind == FieldKind::Money;
                one.last.is_none() && (!amount || matches!(one.value, Value::Money(_)))
            }
            (Operator::IsNull, _) => self.wants_empty(),
            _ => false,
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
