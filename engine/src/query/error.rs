//! What can be wrong with a question?

use std::fmt;

use super::below::MOST_BELOW;
use super::filter::{
    MAX_ALL_OPERANDS, MAX_CONDITIONS, MAX_DEPTH, MAX_LENGTH, MAX_NAME, MAX_OPERANDS, MAX_RELATIONS,
};
use super::page::MAX_LIMIT;
use super::relation::MAX_STEPS;
use crate::error::{Error, ErrorKind};

/// Where in a written filter something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The character of the text form, counted from 1.
    Character(usize),
    /// The path in the JSON form: `and[1].not`.
    Path(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(number) => write!(f, "filter, character {number}"),
            Self::Path(path) if path.is_empty() => f.write_str("filter"),
            Self::Path(path) => write!(f, "filter, {path}"),
        }
    }
}

/// Why a query cannot be read or answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    #[error("{place}: {found}; expected {expected}")]
    Syntax {
        place: Place,
        found: String,
        expected: String,
    },
    #[error("{place}: there is no operator '{typed}'{near}")]
    UnknownOperator {
        place: Place,
        typed: String,
        near: String,
    },
    #[cfg(feature = "wasm")]
    #[error("it would look at more records than one call may")]
    Budget,
    /// How many it would read, where who asks may know.
    #[error("it would read {}records, and its budget is {budget}", at_most.map_or_else(|| "more ".to_owned(), |most| format!("up to {most} ")))]
    ReadsTooMany {
        at_most: Option<u64>,
        budget: u64,
        advice: String,
    },
    /// A number is asked for, and no page.
    #[error(
        "to count them, more than {budget} {object} records would be read, which is the budget"
    )]
    CountsTooMany {
        object: String,
        budget: u64,
        advice: String,
    },
    #[error("it has read {budget} records, which is its budget, and its page is not full")]
    BudgetSpent { budget: u64, advice: String },
    #[error("the filter is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    #[error("the filter has more than {MAX_CONDITIONS} conditions")]
    TooManyConditions,
    #[error(
        "the filter has more than {MAX_RELATIONS} conditions on records that references lead to"
    )]
    TooManyRelations,
    #[error("the filter has more than {MAX_ALL_OPERANDS} values")]
    TooManyOperandsInAll,
    #[error("the filter is longer than {MAX_LENGTH} bytes")]
    TooLong,
    #[error("the filter names a field with {0} bytes; a name has {MAX_NAME} at most")]
    LongName(usize),
    #[error("{field}[{operator}] lists {given} values; at most {MAX_OPERANDS} are allowed")]
    TooManyOperands {
        field: String,
        operator: &'static str,
        given: usize,
    },
    #[error("{field}[{operator}] takes {expected}, not {given}")]
    OperandCount {
        field: String,
        operator: &'static str,
        expected: &'static str,
        given: usize,
    },
    /// The text is the object's own: it names the object, the field and the nearest name.
    #[error("{0}")]
    UnknownField(String),
    #[error("{path}: {field} is of kind {kind} and leads to no other record")]
    NoReference {
        path: String,
        field: String,
        kind: &'static str,
    },
    #[error("{0} goes by more than {MAX_STEPS} references")]
    TooFar(String),
    #[error("{field} ({kind}) cannot be asked with {operator}")]
    DoesNotFit {
        field: String,
        kind: &'static str,
        operator: &'static str,
        fitting: String,
    },
    #[error("{field}[{operator}]: {message}")]
    Operand {
        field: String,
        operator: &'static str,
        message: String,
    },
    #[error("a total cannot choose by {field}[{operator}]: {why}")]
    Inexact {
        field: String,
        operator: &'static str,
        why: &'static str,
    },
    #[error("{field}: no {objects} has the key or id '{written}'")]
    UnknownKey {
        field: String,
        objects: String,
        written: String,
    },
    #[error("{field}[{operator}]: no user asks, so there is no '{word}'")]
    NoAsker {
        field: String,
        operator: &'static str,
        word: &'static str,
    },
    #[error("{field} refers to {objects}, and records of {object} do not stand below each other")]
    NoHierarchy {
        field: String,
        objects: String,
        object: String,
        standing: String,
    },
    #[error(
        "{field}[under]: with {top}, more than {MOST_BELOW} records stand below what the filter asks for"
    )]
    TooManyBelow { field: String, top: String },
    #[error("{field} refers to {objects}, and {id} belongs to something else")]
    WrongObject {
        field: String,
        objects: String,
        id: String,
    },
    #[error("{field} ({kind}) cannot be sorted by")]
    CannotSort { field: String, kind: &'static str },
    #[error("the sort order names {0} twice")]
    SortedTwice(String),
    #[error("the sort order names {0} after id, which leaves nothing to sort")]
    SortedAfterId(String),
    #[error("the sort order has an empty name at place {0}")]
    SortNameMissing(usize),
    #[error("a page has 1 to {MAX_LIMIT} records, not {0}")]
    Limit(usize),
    #[error("the cursor cannot be read")]
    CursorDamaged,
    #[error("the cursor belongs to another query")]
    CursorForeign,
    #[error("'{0}' is not a measure")]
    UnknownMeasure(String),
    #[error("{measure}: {field} ({kind}) has no such total")]
    CannotMeasure {
        measure: String,
        field: String,
        kind: &'static str,
    },
    #[error("cannot group by {field} ({kind})")]
    CannotGroup { field: String, kind: &'static str },
    #[error("cannot group {field} by '{bucket}'{near}")]
    UnknownBucket {
        field: String,
        bucket: String,
        near: String,
    },
    #[error("{field} ({kind}) has no {bucket}")]
    NoBuckets {
        field: String,
        kind: &'static str,
        bucket: String,
    },
    #[error(
        "restricted: you do not see everything that the totals of {0} are made of, and adding up what you see takes too long"
    )]
    Restricted(String),
    #[error("the result has more than {0} groups")]
    TooManyGroups(usize),
    #[error("{measure} has more than {most} different values to keep")]
    TooManyValues { measure: String, most: usize },
    #[error("there is no period '{period}'{near}")]
    UnknownPeriod { period: String, near: String },
    #[error("there is no calendar '{calendar}'{near}")]
    UnknownCalendar { calendar: String, near: String },
    #[error("it would look at more than {most} records of {object}")]
    OverBudget {
        object: String,
        most: u64,
        group_by: String,
    },
    #[error("{what} cannot be in a live total: {why}")]
    NoLiveTotal { what: String, why: &'static str },
    #[error("{field} ({kind}) is no day by which a rate could be chosen")]
    NoDay { field: String, kind: &'static str },
    #[error("the workspace has no base currency")]
    NoBaseCurrency,
    #[error("there is no rate from {from} to {to} on or before {day}")]
    NoRate {
        from: String,
        to: String,
        day: String,
    },
    #[error("{0} is too large to be kept exactly")]
    Overflow(String),
}

impl QueryError {
    /// With what to do, where that is known.
    pub(crate) fn in_words(&self) -> String {
        match self.remedy() {
            Some(remedy) => format!("{self}; {remedy}"),
            None => self.to_string(),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::ReadsTooMany { advice, .. } | Self::BudgetSpent { advice, .. } => {
                format!("{advice}; or give it more with `Query::budget`")
            }
            Self::CountsTooMany { advice, .. } => {
                format!("{advice}; or count by `aggregate`, whose budget may be set")
            }
            Self::TooDeep => "join the conditions of one level with a single and(…) or or(…)".to_owned(),
            Self::TooManyConditions => "use [in] with a list instead of many [eq]".to_owned(),
            Self::TooManyRelations | Self::TooManyOperandsInAll | Self::TooLong => {
                "ask in several queries, or filter by a field that these records share".to_owned()
            }
            Self::TooManyOperands { .. } => "ask in several queries, or filter by a field that these records share".to_owned(),
            Self::NoReference { .. } => "only references are followed: account.industry, account.parent.name".to_owned(),
            Self::TooFar(_) => "ask for these records in a query of their own, and then with [in] for those that refer to them".to_owned(),
            Self::Inexact { .. } => "choose by fields of the counted record itself".to_owned(),
            Self::DoesNotFit { fitting, .. } => format!("use {fitting}"),
            Self::UnknownKey { .. } => "check the spelling; keys are compared without case".to_owned(),
            Self::NoAsker { .. } => "ask as a user, or write his login or id".to_owned(),
            Self::NoHierarchy { standing, .. } => format!("ask with eq or in; below each other stand records of {standing}"),
            Self::TooManyBelow { .. } => "ask for one that stands lower".to_owned(),
            Self::SortedAfterId(_) => "put id last, or leave it out: it is always the last tie-break".to_owned(),
            Self::SortNameMissing(_) => "write it as -created_at,name".to_owned(),
            Self::Limit(_) => "page: give the cursor of each page to the next query".to_owned(),
            Self::CursorDamaged => "give the text of `next` back unchanged, or begin again without a cursor".to_owned(),
            Self::CursorForeign => "keep object, filter and sort the same from page to page, or begin again without a cursor".to_owned(),
            Self::UnknownMeasure(_) => "write count, or sum, avg, min, max, median or distinct of a field, as sum(amount); sum(amount in base) for the base currency".to_owned(),
            Self::CannotMeasure { .. } => "sum, avg and median take numbers, amounts and durations; min and max also dates and instants; distinct what can be grouped; in base only amounts".to_owned(),
            Self::CannotGroup { .. } => "group by a field with few different values".to_owned(),
            Self::UnknownBucket { .. } | Self::UnknownPeriod { .. } => "use day, week, month, quarter or year".to_owned(),
            Self::NoBuckets { .. } => "only dates and instants have days, weeks, months, quarters and years".to_owned(),
            Self::Restricted(_) => "filter more, or by something else than a total".to_owned(),
            Self::TooManyGroups(_) => "filter more, or group by fewer fields or longer periods".to_owned(),
            Self::TooManyValues { .. } => "filter more, or group by more fields and ask in several questions".to_owned(),
            Self::UnknownCalendar { .. } => "use gregorian, persian or hijri, as in close_date:month@persian; an engine without the feature intl knows the first alone".to_owned(),
            Self::OverBudget { group_by, .. } => match group_by.is_empty() {
                true => "declare a live total with these measures, filter by an indexed field, or allow more with `budget`".to_owned(),
                false => format!("declare a live total by {group_by} with these measures, filter by an indexed field, or allow more with `budget`"),
            },
            Self::NoDay { .. } => "name a date or an instant: sum(amount in base on close_date)".to_owned(),
            Self::NoBaseCurrency => "set one: `peyvand report base IRR`, or `Session::set_base_currency`".to_owned(),
            Self::NoRate { from, to, .. } => format!("add an exchange_rate from {from} to {to} of that day or an earlier one"),
            Self::Overflow(_) => "filter more, or group by more fields".to_owned(),
            _ => return None,
        })
    }
}

impl From<QueryError> for Error {
    fn from(error: QueryError) -> Self {
        let plain = Self::new(ErrorKind::Query, error.to_string());
        match error.remedy() {
            Some(remedy) => plain.hint(remedy),
            None => plain,
        }
    }
}
