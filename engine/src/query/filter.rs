//! What may be asked of a record?
//!
//! One tree of conditions with three spellings: built in Rust here, as text (`text.rs`) and as JSON (`json.rs`).
//!
//! A field without a value answers only `is_null:true`, `ne`, `nin`, and what stands under a `not`: it is neither equal
//! to anything nor smaller or larger than anything. Text is compared folded: case, yeh and kaf, half-spaces and the
//! three kinds of digits make no difference. Options are compared exactly.

use std::fmt;

use super::error::QueryError;
use crate::error::Result;

/// How deep and, or and not may be nested, conditions included.
pub(crate) const MAX_DEPTH: usize = 32;
/// How many conditions one filter may have.
pub(crate) const MAX_CONDITIONS: usize = 1000;
/// How many values one condition may list.
pub(crate) const MAX_OPERANDS: usize = 1000;

/// A tree of conditions on the fields of one object.
///
/// ```text
/// and(stage[eq]:won,amount[gte]:1000,or(owner[eq]:"a b",name[contains]:"علی"))
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Filter {
    /// All of these hold; with nothing inside, everything matches.
    And(Vec<Filter>),
    /// At least one of these holds; with nothing inside, nothing matches.
    Or(Vec<Filter>),
    /// This does not hold.
    Not(Box<Filter>),
    /// A condition on one field.
    Is(Condition),
}

/// What one field is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    /// The field's name, or `id` or `revision`.
    pub field: String,
    /// How it is compared.
    pub operator: Operator,
    /// What it is compared with, as text: every kind of field reads its values from text.
    pub operands: Vec<String>,
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal, or empty.
    Ne,
    /// Greater, later, or after in the alphabet.
    Gt,
    /// Greater or equal.
    Gte,
    /// Smaller, earlier, or before in the alphabet.
    Lt,
    /// Smaller or equal.
    Lte,
    /// Equal to one of a list; a field of several options has at least one of them.
    In,
    /// Equal to none of a list, or empty; a field of several options has none of them.
    Nin,
    /// The text has this part; a field of several options has this one.
    Contains,
    /// The text begins so.
    StartsWith,
    /// `true`: has no value; `false`: has one.
    IsNull,
    /// From the first to the second of a list, both included.
    Between,
}

impl Operator {
    pub(crate) const ALL: [Self; 12] = [
        Self::Eq,
        Self::Ne,
        Self::Gt,
        Self::Gte,
        Self::Lt,
        Self::Lte,
        Self::In,
        Self::Nin,
        Self::Contains,
        Self::StartsWith,
        Self::IsNull,
        Self::Between,
    ];

    /// Its word in filters: `gte`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::In => "in",
            Self::Nin => "nin",
            Self::Contains => "contains",
            Self::StartsWith => "starts_with",
            Self::IsNull => "is_null",
            Self::Between => "between",
        }
    }

    /// The operator of a word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|operator| operator.name() == name)
    }

    /// Whether its operand is written as a list.
    pub(crate) fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::Nin | Self::Between)
    }

    /// "; did you mean 'eq'?" or the list of all.
    pub(crate) fn suggest(typed: &str) -> String {
        let near =
            crate::schema::did_you_mean(typed, Self::ALL.iter().map(|operator| operator.name()));
        if near.is_empty() {
            format!("; there are {}", Self::ALL.map(Self::name).join(", "))
        } else {
            near
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Condition {
    /// A condition of a field, an operator and what it is compared with.
    pub fn new(
        field: impl Into<String>,
        operator: Operator,
        operands: impl IntoIterator<Item = impl fmt::Display>,
    ) -> Self {
        Self {
            field: field.into(),
            operator,
            operands: operands
                .into_iter()
                .map(|operand| operand.to_string())
                .collect(),
        }
    }

    pub(crate) fn check_operands(&self) -> Result<(), QueryError> {
        let given = self.operands.len();
        let expected = match self.operator {
            Operator::In | Operator::Nin if given > MAX_OPERANDS => {
                return Err(QueryError::TooManyOperands {
                    field: self.field.clone(),
                    operator: self.operator.name(),
                    given,
                });
            }
            Operator::In | Operator::Nin => return Ok(()),
            Operator::Between if given == 2 => return Ok(()),
            Operator::Between => "two values",
            _ if given == 1 => return Ok(()),
            _ => "one value",
        };
        Err(QueryError::OperandCount {
            field: self.field.clone(),
            operator: self.operator.name(),
            expected,
            given,
        })
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self::everything()
    }
}

impl std::ops::Not for Filter {
    type Output = Self;

    fn not(self) -> Self {
        Self::Not(Box::new(self))
    }
}

/// Building filters in Rust. A value is anything that prints as its field reads it: a number, text, a date, an id, a
/// [`Value`](crate::Value).
impl Filter {
    /// The filter that every record passes; the empty text.
    #[must_use]
    pub fn everything() -> Self {
        Self::And(Vec::new())
    }

    /// Whether every record passes because nothing is asked.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::And(all) if all.is_empty())
    }

    fn one(field: impl Into<String>, operator: Operator, value: impl fmt::Display) -> Self {
        Self::Is(Condition::new(field, operator, [value]))
    }

    /// The field equals the value.
    pub fn eq(field: impl Into<String>, value: impl fmt::Display) -> Self {
        Self::one(field, Operator::Eq, value)
    }

    /// The field is empty or has another value.
    pub fn ne(field: impl Into<String>, value: impl fmt::Display) -> Self {
        Self::one(field, Operator::Ne, value)
    }

    /// The field is greater than the value.
    pub fn gt(field: impl Into<String>, value: impl fmt::Display) -> Self {
        Self::one(field, Operator::Gt, value)
    }

    /// The field is greater than the value or equal to it.
    pub fn gte(field: impl Into<String>, value: impl fmt::Display) -> Self {
        Self::one(field, Operator::Gte, value)
    }

    /// The field is smaller than the value.
    pub fn lt(field: impl Into<String>, value: impl fmt::Display) -> Self {
        Self::one(field, Operator::Lt, value)
    }

    /// The field is smaller than the value or equal to it.
    pub fn lte(field: impl Into<String>, value: impl fmt::Display) -> Self {
        Self::one(field, Operator::Lte, value)
    }

    /// The field has one of the values.
    pub fn is_in(
        field: impl Into<String>,
        values: impl IntoIterator<Item = impl fmt::Display>,
    ) -> Self {
        Self::Is(Condition::new(field, Operator::In, values))
    }

    /// The field is empty or has none of the values.
    pub fn not_in(
        field: impl Into<String>,
        values: impl IntoIterator<Item = impl fmt::Display>,
    ) -> Self {
        Self::Is(Condition::new(field, Operator::Nin, values))
    }

    /// The text has this part; a field of several options has this one.
    pub fn contains(field: impl Into<String>, part: impl fmt::Display) -> Self {
        Self::one(field, Operator::Contains, part)
    }

    /// The text begins so.
    pub fn starts_with(field: impl Into<String>, start: impl fmt::Display) -> Self {
        Self::one(field, Operator::StartsWith, start)
    }

    /// The field is from `least` to `most`, both included.
    pub fn between(
        field: impl Into<String>,
        least: impl fmt::Display,
        most: impl fmt::Display,
    ) -> Self {
        Self::Is(Condition::new(
            field,
            Operator::Between,
            [least.to_string(), most.to_string()],
        ))
    }

    /// The field has no value.
    pub fn is_null(field: impl Into<String>) -> Self {
        Self::one(field, Operator::IsNull, true)
    }

    /// The field has a value.
    pub fn is_present(field: impl Into<String>) -> Self {
        Self::one(field, Operator::IsNull, false)
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::And(all) if all.is_empty() => other,
            Self::And(mut all) => {
                all.push(other);
                Self::And(all)
            }
            one => Self::And(vec![one, other]),
        }
    }

    /// At least one of them holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Or(mut any) => {
                any.push(other);
                Self::Or(any)
            }
            one => Self::Or(vec![one, other]),
        }
    }

    /// Calls `each` with the name of every field that a condition is about.
    pub(crate) fn each_field<'a>(&'a self, each: &mut impl FnMut(&'a str)) {
        self.each_condition(&mut |condition| each(&condition.field));
    }

    /// Calls `each` with every condition.
    pub(crate) fn each_condition<'a>(&'a self, each: &mut impl FnMut(&'a Condition)) {
        match self {
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().for_each(|part| part.each_condition(each));
            }
            Self::Not(inner) => inner.each_condition(each),
            Self::Is(condition) => each(condition),
        }
    }

    /// Refuses what is too deep or too large, before anything walks the tree without a bound.
    pub(crate) fn check_size(&self) -> Result<(), QueryError> {
        let mut conditions = 0;
        self.count_conditions(1, &mut conditions)
    }

    fn count_conditions(&self, depth: usize, conditions: &mut usize) -> Result<(), QueryError> {
        if depth > MAX_DEPTH {
            return Err(QueryError::TooDeep);
        }
        match self {
            Self::And(parts) | Self::Or(parts) => parts
                .iter()
                .try_for_each(|part| part.count_conditions(depth + 1, conditions)),
            Self::Not(inner) => inner.count_conditions(depth + 1, conditions),
            Self::Is(_) => {
                *conditions += 1;
                if *conditions > MAX_CONDITIONS {
                    Err(QueryError::TooManyConditions)
                } else {
                    Ok(())
                }
            }
        }
    }
}
