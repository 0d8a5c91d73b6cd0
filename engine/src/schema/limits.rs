//! Does a value keep the limits of its field?

use super::field::{Field, FieldKind};
use crate::error::Failure;
use crate::record::{Decimal, Value};

/// Text without a limit of its own may have this many characters.
const LONGEST_TEXT: usize = 1_000;
const LONGEST_LONG_TEXT: usize = 1_000_000;

impl Field {
    /// What is wrong with a value of the right kind; nothing when it keeps the field's limits.
    pub(crate) fn fault_of(&self, value: &Value) -> Option<Failure> {
        let number = match value {
            Value::Integer(number) => Some(Decimal::from(*number)),
            Value::Decimal(number) => Some(*number),
            Value::Money(money) => Some(money.amount),
            _ => None,
        };
        if let Some(number) = number {
            let low = self
                .minimum
                .is_some_and(|minimum| number < Decimal::from(minimum));
            let high = self
                .maximum
                .is_some_and(|maximum| number > Decimal::from(maximum));
            if low || high {
                let bound = |bound: Option<i64>| {
                    bound.map_or_else(|| "…".to_owned(), |bound| bound.to_string())
                };
                return Some(Failure::field(
                    &self.name,
                    "out-of-range",
                    format!(
                        "{number} is not between {} and {}",
                        bound(self.minimum),
                        bound(self.maximum)
                    ),
                ));
            }
        }
        if let Value::Text(text) = value {
            let limit = self.max_length.map_or(
                if self.kind == FieldKind::LongText {
                    LONGEST_LONG_TEXT
                } else {
                    LONGEST_TEXT
                },
                |limit| limit as usize,
            );
            // No text has more characters than bytes.
            let length = if text.len() > limit {
                text.chars().count()
            } else {
                0
            };
            if length > limit {
                return Some(Failure::field(
                    &self.name,
                    "too-long",
                    format!("{length} characters are more than the {limit} allowed"),
                ));
            }
        }
        None
    }
}
