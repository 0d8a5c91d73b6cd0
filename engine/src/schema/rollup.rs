//! What is kept of the records that refer to a record?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::field::FieldKind;
use crate::query::Filter;

/// A total over the records that refer to this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rollup {
    /// The object of the records that are counted.
    pub child: String,
    /// Their reference field that names this record.
    pub by: String,
    /// What is totalled.
    #[serde(flatten)]
    pub measure: RollupMeasure,
    /// Which of them count: option field → option; all when empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub only: BTreeMap<String, String>,
    /// Which of them count besides; all when it asks nothing. Only fields of the counted record itself may be named,
    /// records by their ids, and days and instants in full: whether a record counts must change with the record alone.
    #[serde(default, skip_serializing_if = "Filter::is_everything")]
    pub filter: Filter,
    /// It is being filled from the records that were there before it, and has no value yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) filling: bool,
}

/// What a rollup totals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "measure", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RollupMeasure {
    /// How many records there are.
    Count,
    /// The sum of a number field.
    Sum {
        /// The integer, decimal or percent field.
        of: String,
    },
    /// The sum of a money field, over the records in one currency; declare one rollup for each currency.
    SumMoney {
        /// The money field.
        of: String,
        /// ISO 4217.
        currency: String,
    },
    /// The smallest value of a number field, or of the amounts in one currency.
    Min {
        /// The integer, decimal, percent or money field.
        of: String,
        /// ISO 4217, for a money field.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<String>,
    },
    /// The greatest value of a number field, or of the amounts in one currency.
    Max {
        /// The integer, decimal, percent or money field.
        of: String,
        /// ISO 4217, for a money field.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<String>,
    },
    /// The earliest value of an instant field.
    Earliest {
        /// The instant field.
        of: String,
    },
    /// The latest value of an instant field.
    Latest {
        /// The instant field.
        of: String,
    },
}

impl RollupMeasure {
    /// The field of the counted records that it adds up or compares; none for a count.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::Count => None,
            Self::Sum { of }
            | Self::SumMoney { of, .. }
            | Self::Min { of, .. }
            | Self::Max { of, .. }
            | Self::Earliest { of }
            | Self::Latest { of } => Some(of),
        }
    }

    /// The currency of the amounts that count, where it is told.
    pub(crate) fn currency(&self) -> Option<&str> {
        match self {
            Self::SumMoney { currency, .. } => Some(currency),
            Self::Min { currency, .. } | Self::Max { currency, .. } => currency.as_deref(),
            Self::Count | Self::Sum { .. } | Self::Earliest { .. } | Self::Latest { .. } => None,
        }
    }

    /// What sort of value it comes to.
    pub(crate) fn kind(&self) -> FieldKind {
        match self {
            Self::Count => FieldKind::Integer,
            Self::Earliest { .. } | Self::Latest { .. } => FieldKind::Instant,
            Self::Sum { .. } | Self::SumMoney { .. } | Self::Min { .. } | Self::Max { .. } => {
                match self.currency() {
                    Some(_) => FieldKind::Money,
                    None => FieldKind::Decimal,
                }
            }
        }
    }
}

impl Rollup {
    /// A total over the records of `child` whose reference field `by` names the record.
    #[must_use]
    pub fn new(child: &str, by: &str, measure: RollupMeasure) -> Self {
        Self {
            child: child.to_owned(),
            by: by.to_owned(),
            measure,
            only: BTreeMap::new(),
            filter: Filter::everything(),
            filling: false,
        }
    }

    /// Only of records whose option field has this option.
    #[must_use]
    pub fn only(mut self, field: &str, option: &str) -> Self {
        self.only.insert(field.to_owned(), option.to_owned());
        self
    }

    /// Only of records that pass the filter.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// The fields of the counted records that it depends on.
    pub(crate) fn fields(&self) -> Vec<&str> {
        let mut fields = vec![self.by.as_str()];
        fields.extend(self.measure.field());
        fields.extend(self.only.keys().map(String::as_str));
        self.filter.each_field(&mut |field| fields.push(field));
        fields
    }
}
