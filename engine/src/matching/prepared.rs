//! What of each record is compared, made ready once?

use std::collections::HashMap;

use super::compare::Ready;
use super::settings::{FieldRule, Settings};
use super::table::Table;

/// One field of all rows: each different value once.
#[derive(Debug)]
pub(super) struct Column {
    /// The value of each row, by its number; 0 is none.
    of_row: Vec<u32>,
    /// The different values, from number 1.
    values: Vec<Ready>,
    /// How many rows have a value, by its number less one.
    pub(super) counts: Vec<u32>,
    /// How many rows have any.
    pub(super) filled: u32,
}

impl Column {
    fn of(rule: &FieldRule, table: &Table) -> Self {
        let names = rule.columns.iter().map(String::as_str);
        let found = names
            .chain([rule.name.as_str()])
            .find_map(|name| table.column(name));
        let mut column = Self {
            of_row: vec![0; table.rows()],
            values: Vec::new(),
            counts: Vec::new(),
            filled: 0,
        };
        let mut known: HashMap<&str, u32> = HashMap::new();
        for (number, text) in column.of_row.iter_mut().zip(found.into_iter().flatten()) {
            *number = *known.entry(text.as_str()).or_insert_with(|| {
                let Some(ready) = Ready::of(rule.compare, text) else {
                    return 0;
                };
                column.values.push(ready);
                column.counts.push(0);
                column.values.len() as u32
            });
            if let Some(count) = column.counts.get_mut((*number as usize).wrapping_sub(1)) {
                *count += 1;
                column.filled += 1;
            }
        }
        column
    }

    /// The number of a row's value; nothing where it has none.
    pub(super) fn number(&self, row: u32) -> Option<u32> {
        self.of_row
            .get(row as usize)
            .copied()
            .filter(|number| *number > 0)
    }

    pub(super) fn value(&self, row: u32) -> Option<&Ready> {
        self.values.get(self.number(row)? as usize - 1)
    }

    /// How often the value of a row is there, as a share of all.
    pub(super) fn share(&self, row: u32) -> Option<f64> {
        let count = self.counts.get(self.number(row)? as usize - 1)?;
        Some(f64::from(*count) / f64::from(self.filled.max(1)))
    }
}

/// All fields of all rows.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) columns: Vec<Column>,
    pub(super) rows: u32,
}

impl Prepared {
    pub(super) fn of(settings: &Settings, table: &Table) -> Self {
        let columns = settings.fields.iter().map(|rule| Column::of(rule, table));
        Self {
            columns: columns.collect(),
            rows: table.rows() as u32,
        }
    }

    pub(super) fn value(&self, field: usize, row: u32) -> Option<&Ready> {
        self.columns.get(field)?.value(row)
    }
}
