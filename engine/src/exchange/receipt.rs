//! What became of every row?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fault::InputFault;
use super::repair::Repair;
use crate::error::Result;

/// The account of an import: every row of the file is in exactly one of the counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Receipt {
    /// Rows of the file, without the header and without empty lines.
    pub rows: u64,
    /// Rows that became new records.
    pub created: u64,
    /// Rows that changed a record that was there before the import.
    pub updated: u64,
    /// Rows whose key an earlier row of the file had: they went into that row's record.
    pub merged: u64,
    /// Rows that said nothing new.
    pub skipped: u64,
    /// Rows that were not taken; [`Receipt::warnings`] says why.
    pub refused: u64,
    /// The name by which [`Session::undo`](crate::Session::undo) takes it back; none of a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Cells that were put right in rows that are in, by repair.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub repairs: BTreeMap<Repair, u64>,
    /// What to look at, each reason once.
    pub warnings: Vec<Warning>,
    /// The first hundred refusals, one by one.
    #[serde(skip)]
    pub refusals: Vec<Refusal>,
}

/// One reason to look at the file or the mapping again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Warning {
    /// A stable word for programs: `unresolved-reference`, `ragged-row`.
    pub code: String,
    /// How many rows it is about; for `unmapped-column`, the column itself.
    pub count: u64,
    /// What it is and what to do, for a person.
    pub message: String,
}

/// Why one row was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The line of the file on which the row begins, counted from 1.
    pub line: u64,
    /// The field or column, where one is to blame.
    pub field: Option<String>,
    /// A stable word for programs.
    pub code: String,
    /// What is wrong, for a person.
    pub message: String,
}

impl Receipt {
    /// Whether every row is accounted for, once.
    pub fn check(&self) -> Result<()> {
        let told = [
            self.created,
            self.updated,
            self.merged,
            self.skipped,
            self.refused,
        ]
        .into_iter()
        .fold(0_u64, u64::saturating_add);
        if told == self.rows {
            Ok(())
        } else {
            Err(InputFault::Receipt {
                rows: self.rows,
                told,
            }
            .into())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_receipt_that_loses_a_row_is_an_error() {
        let mut receipt = Receipt {
            rows: 15,
            created: 10,
            merged: 2,
            skipped: 1,
            refused: 2,
            ..Receipt::default()
        };
        assert!(receipt.check().is_ok());
        receipt.created = 15;
        assert!(
            receipt
                .check()
                .unwrap_err()
                .to_string()
                .contains("15 rows came in and 20")
        );
    }

    #[test]
    fn the_receipt_has_exactly_the_promised_keys() {
        let warning = Warning {
            code: "c".to_owned(),
            count: 1,
            message: "m".to_owned(),
        };
        let refusal = Refusal {
            line: 1,
            field: None,
            code: "c".to_owned(),
            message: "m".to_owned(),
        };
        let receipt = Receipt {
            warnings: vec![warning],
            refusals: vec![refusal],
            ..Receipt::default()
        };
        let text = serde_json::to_string(&receipt).unwrap();
        assert_eq!(
            text,
            r#"{"rows":0,"created":0,"updated":0,"merged":0,"skipped":0,"refused":0,"warnings":[{"code":"c","count":1,"message":"m"}]}"#
        );
    }
}
