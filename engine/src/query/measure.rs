//! What is totalled?

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::QueryError;
use crate::error::Result;

/// What is totalled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Measure {
    /// How many records.
    Count,
    /// The sum of a number, an amount or a duration.
    Sum(String),
    /// The smallest number, amount or duration, or the earliest date or instant.
    Min(String),
    /// The greatest number, amount or duration, or the latest date or instant.
    Max(String),
    /// The mean of a number, an amount or a duration, over the records that have one.
    Avg(String),
    /// The exact median of a number, an amount or a duration, over the records that have one; of an even number of them
    /// the mean of the two in the middle.
    Median(String),
    /// How many different values a field has; spellings of one word are one value.
    Distinct(String),
    /// A measure of an amount, each amount first changed to the base currency of the workspace: `sum(amount in base)`.
    InBase {
        /// What is measured of the changed amounts; not a count.
        measure: Box<Measure>,
        /// The date or instant field whose day chooses the rate. Without it `close_date` where the object has one. A
        /// record whose field is empty is changed by the rate of the day on which it was made.
        on: Option<String>,
    },
}

impl Measure {
    /// Reads `count`, or a function of a field: `sum(amount)`, `min`, `max`, `avg`, `median`, `distinct`; of amounts also
    /// `sum(amount in base)` and `sum(amount in base on close_date)`.
    ///
    /// # Errors
    /// The text is none of these.
    pub fn parse(text: &str) -> Result<Self> {
        let plain = text.trim();
        let unknown = || QueryError::UnknownMeasure(plain.to_owned());
        if plain == "count" {
            return Ok(Self::Count);
        }
        let (name, of) = plain
            .strip_suffix(')')
            .and_then(|text| text.split_once('('))
            .ok_or_else(unknown)?;
        let words: Vec<&str> = of.split_whitespace().collect();
        let (field, base) = match words.as_slice() {
            [field] => (*field, None),
            [field, "in", "base"] => (*field, Some(None)),
            [field, "in", "base", "on", day] => (*field, Some(Some((*day).to_owned()))),
            _ => return Err(unknown().into()),
        };
        let field = field.to_owned();
        let measure = match name.trim() {
            "sum" => Self::Sum(field),
            "min" => Self::Min(field),
            "max" => Self::Max(field),
            "avg" => Self::Avg(field),
            "median" => Self::Median(field),
            "distinct" => Self::Distinct(field),
            _ => return Err(unknown().into()),
        };
        Ok(match base {
            Some(on) => Self::InBase {
                measure: Box::new(measure),
                on,
            },
            None => measure,
        })
    }

    /// The field that is measured; none for a count.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Count => None,
            Self::Sum(field)
            | Self::Min(field)
            | Self::Max(field)
            | Self::Avg(field)
            | Self::Median(field)
            | Self::Distinct(field) => Some(field),
            Self::InBase { measure, .. } => measure.field(),
        }
    }

    fn function(&self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum(_) => "sum",
            Self::Min(_) => "min",
            Self::Max(_) => "max",
            Self::Avg(_) => "avg",
            Self::Median(_) => "median",
            Self::Distinct(_) => "distinct",
            Self::InBase { measure, .. } => measure.function(),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.function())?;
        let Some(field) = self.field() else {
            return Ok(());
        };
        match self {
            Self::InBase { on: Some(day), .. } => write!(f, "({field} in base on {day})"),
            Self::InBase { on: None, .. } => write!(f, "({field} in base)"),
            _ => write!(f, "({field})"),
        }
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Measure {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
