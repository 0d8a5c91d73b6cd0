//! How does an answer look, for people and for programs?

use std::io::{self, Write};

use serde::Serialize;

use crate::fault::Fault;

/// Where an answer goes, and in which form.
pub(crate) struct Output<'a> {
    to: &'a mut dyn Write,
    pub(crate) json: bool,
}

impl<'a> Output<'a> {
    pub(crate) fn new(to: &'a mut dyn Write, json: bool) -> Self {
        Self { to, json }
    }

    pub(crate) fn writer(&mut self) -> &mut dyn Write {
        self.to
    }

    /// One line of text.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> Result<(), Fault> {
        Ok(writeln!(self.to, "{}", one_line(text.as_ref()).trim_end())?)
    }

    /// One JSON document on one line.
    pub(crate) fn document(&mut self, value: &impl Serialize) -> Result<(), Fault> {
        serde_json::to_writer(&mut *self.to, value).map_err(io::Error::from)?;
        Ok(writeln!(self.to)?)
    }

    pub(crate) fn table(&mut self, table: &Table) -> Result<(), Fault> {
        for line in table.lines() {
            self.line(line)?;
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> Result<(), Fault> {
        Ok(self.to.flush()?)
    }
}

/// Rows under headings. The last column is not filled up, so that names in right-to-left scripts stand there and do
/// not shift the others.
pub(crate) struct Table {
    columns: Vec<(String, Side)>,
    rows: Vec<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

const WIDEST: usize = 60;

impl Table {
    pub(crate) fn new(columns: &[(&'static str, Side)]) -> Self {
        Self {
            columns: columns
                .iter()
                .map(|(name, side)| ((*name).to_owned(), *side))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// The same with headings in a language that was asked for.
    pub(crate) fn headed(columns: Vec<(String, Side)>) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// A table of whole columns. Terminals reorder a line around right-to-left text, so what has some goes to the end.
    pub(crate) fn of_columns<T: Into<String>>(mut columns: Vec<((T, Side), Vec<String>)>) -> Self {
        columns.sort_by_key(|(_, cells)| cells.iter().any(|cell| is_right_to_left(cell)));
        let (headings, cells): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let mut table = Self {
            columns: headings
                .into_iter()
                .map(|(name, side)| (name.into(), side))
                .collect(),
            rows: Vec::new(),
        };
        for row in 0..cells.first().map_or(0, Vec::len) {
            table.row(
                cells
                    .iter()
                    .map(|cells| cells.get(row).cloned().unwrap_or_default()),
            );
        }
        table
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows
            .push(cells.into_iter().map(|cell| one_line(&cell)).collect());
    }

    fn lines(&self) -> Vec<String> {
        let last = self.columns.len().saturating_sub(1);
        let cell = |row: &[String], place: usize| {
            let text = row.get(place).map_or("", String::as_str);
            if place == last {
                text.to_owned()
            } else {
                shortened(text, WIDEST)
            }
        };
        let heading: Vec<String> = self
            .columns
            .iter()
            .map(|(name, _)| name.to_uppercase())
            .collect();
        let rows: Vec<&[String]> = std::iter::once(heading.as_slice())
            .chain(self.rows.iter().map(Vec::as_slice))
            .collect();
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|place| {
                rows.iter()
                    .map(|row| width(&cell(row, place)))
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let line =
            |row: &&[String]| {
                let cells = self.columns.iter().zip(&widths).enumerate().map(
                    |(place, ((_, side), wide))| {
                        let text = cell(row, place);
                        let fill = " ".repeat(wide.saturating_sub(width(&text)));
                        match side {
                            Side::Right => format!("{fill}{text}"),
                            Side::Left if place == last => text,
                            Side::Left => format!("{text}{fill}"),
                        }
                    },
                );
                cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
            };
        rows.iter().map(line).collect()
    }
}

/// The text without anything that would break the line or steer the terminal.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn is_right_to_left(text: &str) -> bool {
    text.chars().any(
        |c| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'),
    )
}

/// How many columns a text takes: marks and joiners stand on the letter before them.
fn width(text: &str) -> usize {
    let zero = |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{200b}'..='\u{200f}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.chars().filter(|c| !zero(*c)).count()
}

fn shortened(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// `8,800`.
pub(crate) fn counted(number: u64) -> String {
    grouped(&number.to_string())
}

/// A plain decimal number with its thousands apart: `10,005,534.5`.
pub(crate) fn grouped(number: &str) -> String {
    let (sign, number) = number
        .strip_prefix('-')
        .map_or(("", number), |number| ("-", number));
    let (whole, part) = number
        .split_once('.')
        .map_or((number, None), |(whole, part)| (whole, Some(part)));
    let digits = whole.chars().count();
    let mut text = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (digits - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(part) = part {
        text.push('.');
        text.push_str(part);
    }
    text
}

/// `59.6 KB`; a kilobyte is 1000 bytes.
pub(crate) fn bytes(size: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "KB")];
    match units.into_iter().find(|(unit, _)| size >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", size / unit, size % unit * 10 / unit),
        None => format!("{size} bytes"),
    }
}

/// `1 row`, `2 rows`.
pub(crate) fn several(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", counted(count), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn columns_stand_under_their_headings_whatever_the_script() {
        let mut table = Table::new(&[
            ("stage", Side::Left),
            ("count", Side::Right),
            ("name", Side::Left),
        ]);
        table.row(["won".into(), "4,238".into(), "پارس".into()]);
        table.row(["می\u{200c}رود".into(), "1".into(), "Alpha".into()]);
        assert_eq!(
            table.lines(),
            [
                "STAGE  COUNT  NAME",
                "won    4,238  پارس",
                "می\u{200c}رود      1  Alpha"
            ]
        );
    }

    #[test]
    fn columns_with_right_to_left_text_come_last_in_their_order() {
        let column = |name, cell: &str| ((name, Side::Left), vec![cell.to_owned()]);
        let table = Table::of_columns(vec![
            column("id", "1"),
            column("account", "پارس"),
            column("stage", "won"),
            column("name", "شرکة"),
        ]);
        assert_eq!(
            table.lines(),
            ["ID  STAGE  ACCOUNT  NAME", "1   won    پارس     شرکة"]
        );
    }

    #[test]
    fn a_cell_cannot_break_the_line_or_steer_the_terminal() {
        let mut table = Table::new(&[("a", Side::Left)]);
        table.row(["x\n\u{1b}[2Jy\r".into()]);
        assert_eq!(table.lines(), ["A", "x  [2Jy"]);
    }

    #[test]
    fn long_cells_are_shortened_except_in_the_last_column() {
        let long = "x".repeat(200);
        let mut table = Table::new(&[("a", Side::Left), ("b", Side::Left)]);
        table.row([long.clone(), long.clone()]);
        let lines = table.lines();
        assert_eq!(lines[1].chars().count(), WIDEST + 2 + 200);
    }

    #[test]
    fn thousands_are_apart_and_fractions_stay() {
        for (plain, read) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-10005534.25", "-10,005,534.25"),
            ("123456", "123,456"),
        ] {
            assert_eq!(grouped(plain), read);
        }
    }

    #[test]
    fn sizes_are_read_by_people() {
        for (size, read) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (59_610, "59.6 KB"),
            (1_000_000, "1.0 MB"),
            (2_500_000_000, "2.5 GB"),
        ] {
            assert_eq!(bytes(size), read);
        }
    }

    #[test]
    fn a_document_is_one_line_of_utf8() {
        let mut written = Vec::new();
        Output::new(&mut written, true)
            .document(&serde_json::json!({"name": "بیمه\nآینده"}))
            .unwrap();
        assert_eq!(
            String::from_utf8(written).unwrap(),
            "{\"name\":\"بیمه\\nآینده\"}\n"
        );
    }
}
