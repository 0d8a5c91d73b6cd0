//! How are the figures told? As Markdown while they come, and as JSON at the end.

use std::path::Path;

use serde_json::{Value as Json, json};

/// The middle one of several measurements, and the quartiles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) middle: f64,
    low: f64,
    high: f64,
}

impl Spread {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |quarter: usize| {
            sorted
                .get((sorted.len() * quarter / 4).min(sorted.len().saturating_sub(1)))
                .copied()
                .unwrap_or(f64::NAN)
        };
        Self {
            middle: at(2),
            low: at(1),
            high: at(3),
        }
    }

    /// Of rounds, not of medians: both of a ratio ran in the same seconds.
    pub(crate) fn ratio(one: &[f64], other: &[f64]) -> Self {
        Self::of(one.iter().zip(other).map(|(one, other)| one / other))
    }
}

/// One cell of a table.
pub(crate) enum Cell {
    Text(String),
    Number(f64),
    Spread(Spread),
}

impl Cell {
    fn markdown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => short(*number),
            Self::Spread(spread) if spread.middle.is_nan() => "–".to_owned(),
            Self::Spread(Spread { middle, low, high }) => {
                format!("{} ({}–{})", short(*middle), short(*low), short(*high))
            }
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
            Self::Spread(Spread { middle, low, high }) => json!([middle, low, high]),
        }
    }
}

impl From<Spread> for Cell {
    fn from(spread: Spread) -> Self {
        Self::Spread(spread)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Three figures that matter, no more.
fn short(number: f64) -> String {
    match number.abs() {
        _ if number.is_nan() => "–".to_owned(),
        size if size >= 10_000.0 => {
            let step = 10_f64.powf(size.log10().floor() - 2.0);
            format!("{:.0}", (number / step).round() * step)
        }
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

/// A table in the making.
pub(crate) struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<(String, Vec<Cell>)>,
    notes: Vec<String>,
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, columns: &[&str]) -> Self {
        Self {
            title: title.into(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, name: impl Into<String>, cells: Vec<Cell>) {
        self.rows.push((name.into(), cells));
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn markdown(&self) -> String {
        let mut text = format!(
            "\n### {}\n\n| | {} |\n|---|",
            self.title,
            self.columns.join(" | ")
        );
        text += &"---:|".repeat(self.columns.len());
        for (name, cells) in &self.rows {
            let cells: Vec<String> = cells.iter().map(Cell::markdown).collect();
            text += &format!("\n| {name} | {} |", cells.join(" | "));
        }
        text.push('\n');
        for note in &self.notes {
            text += &format!("\n- {note}");
        }
        text
    }

    fn json(&self) -> Json {
        let row = |(name, cells): &(String, Vec<Cell>)| json!({"name": name, "cells": cells.iter().map(Cell::json).collect::<Vec<_>>()});
        json!({
            "title": self.title,
            "columns": self.columns,
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

/// All that one run has to tell.
pub(crate) struct Report {
    told: Vec<Json>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { told: Vec::new() }
    }

    pub(crate) fn say(&mut self, text: &str) {
        println!("{text}\n");
        self.told.push(json!(text));
    }

    pub(crate) fn table(&mut self, table: &Table) {
        println!("{}\n", table.markdown());
        self.told.push(table.json());
    }

    pub(crate) fn write(&self, path: &Path) {
        std::fs::write(path, format!("{:#}\n", json!(self.told))).unwrap();
    }
}
