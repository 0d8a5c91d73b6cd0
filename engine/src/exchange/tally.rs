//! How are the rows counted, and the same complaint told once?

use std::collections::BTreeMap;

use super::import::Lookup;
use super::mapping::Section;
use super::plan::{Bound, Plan};
use super::receipt::{Receipt, Refusal, Warning};
use super::repair::Repair;
use crate::error::Failure;
use crate::locale::fold_text;
use crate::schema::nearest;

/// Which count a row is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Created,
    Updated,
    Merged,
    Skipped,
}

impl Counted {
    /// An update that changes nothing is none.
    pub(super) fn if_changed(self, changed: bool) -> Self {
        if self == Self::Updated && !changed {
            Self::Skipped
        } else {
            self
        }
    }
}

/// What became of a reference's text that named no record, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is kept in this field.
    Kept(String),
    /// The row was refused.
    Refused,
    /// The row is in, the reference is empty.
    Empty,
}

struct Loose {
    text: String,
    rows: u64,
    matches: usize,
    fate: Fate,
}

struct Complaint {
    count: u64,
    line: u64,
    message: String,
}

/// More different texts of a column than this are counted together.
const TEXTS_KEPT: usize = 1_000;
/// This many of them, the most frequent, get a warning of their own.
const TEXTS_TOLD: usize = 100;
/// With this many names a text is compared to find the nearest.
const NAMES_COMPARED: usize = 10_000;
const REFUSALS_KEPT: usize = 100;
/// The longest text of a cell, and the longest message, that a receipt holds.
const TEXT_SHOWN: usize = 200;
const MESSAGE_SHOWN: usize = 600;

/// The receipt in the making.
#[derive(Default)]
pub(super) struct Tally {
    receipt: Receipt,
    /// By column and folded text.
    loose: BTreeMap<usize, BTreeMap<String, Loose>>,
    loose_rest: BTreeMap<usize, u64>,
    refused_for: BTreeMap<(String, Option<String>), Complaint>,
    /// Rows that are in, but not with everything.
    noted: BTreeMap<(String, Option<String>), Complaint>,
}

impl Tally {
    pub(super) fn row(&mut self) -> u64 {
        self.receipt.rows += 1;
        self.receipt.rows
    }

    pub(super) fn rows(&self) -> u64 {
        self.receipt.rows
    }

    pub(super) fn count(&mut self, counted: Counted) {
        *self.counter(counted) += 1;
    }

    pub(super) fn repaired(&mut self, repairs: &[Repair]) {
        for repair in repairs {
            *self.receipt.repairs.entry(*repair).or_default() += 1;
        }
    }

    /// A row that seemed to say nothing new did after all.
    pub(super) fn recount(&mut self, from: Counted, to: Counted) {
        let counter = self.counter(from);
        *counter = counter.saturating_sub(1);
        *self.counter(to) += 1;
    }

    fn counter(&mut self, counted: Counted) -> &mut u64 {
        match counted {
            Counted::Created => &mut self.receipt.created,
            Counted::Updated => &mut self.receipt.updated,
            Counted::Merged => &mut self.receipt.merged,
            Counted::Skipped => &mut self.receipt.skipped,
        }
    }

    pub(super) fn refuse(&mut self, line: u64, failures: &[Failure]) {
        self.receipt.refused += 1;
        for failure in failures {
            if self.receipt.refusals.len() < REFUSALS_KEPT {
                let message = shortened(&failure.message, MESSAGE_SHOWN);
                let (field, code) = (failure.field.clone(), failure.code.clone());
                self.receipt.refusals.push(Refusal {
                    line,
                    field,
                    code,
                    message,
                });
            }
            // The text that was not found has a warning of its own, with all its rows.
            if !matches!(failure.code.as_str(), UNRESOLVED | AMBIGUOUS) {
                complain(&mut self.refused_for, line, failure);
            }
        }
    }

    /// Something about a row that is in all the same.
    pub(super) fn note(&mut self, line: u64, failure: &Failure) {
        complain(&mut self.noted, line, failure);
    }

    pub(super) fn warn(&mut self, code: &str, count: u64, message: impl Into<String>) {
        self.receipt.warnings.push(Warning {
            code: code.to_owned(),
            count,
            message: message.into(),
        });
    }

    /// A reference's text that names no record (`matches` = 0), or several.
    pub(super) fn loose(&mut self, column: usize, text: &str, matches: usize, fate: Fate) {
        let texts = self.loose.entry(column).or_default();
        let text = shortened(text, TEXT_SHOWN);
        let key = fold_text(&text);
        if texts.len() >= TEXTS_KEPT && !texts.contains_key(&key) {
            *self.loose_rest.entry(column).or_default() += 1;
            return;
        }
        texts
            .entry(key)
            .or_insert_with(|| Loose {
                text,
                rows: 0,
                matches,
                fate,
            })
            .rows += 1;
    }

    pub(super) fn finish(mut self, plan: &Plan<'_>, lookup: &dyn Lookup) -> Receipt {
        for (column, texts) in std::mem::take(&mut self.loose) {
            self.tell_loose(plan, lookup, column, texts);
        }
        let mut told: Vec<Warning> = Vec::new();
        for ((code, _), complaint) in std::mem::take(&mut self.refused_for) {
            let Complaint {
                count,
                line,
                message,
            } = complaint;
            let (rows, were) = (
                counted(count, "row"),
                if count == 1 { "was" } else { "were" },
            );
            told.push(Warning {
                code,
                count,
                message: format!(
                    "{rows} {were} refused: {message} (line {line}{})",
                    first(count)
                ),
            });
        }
        for ((code, _), complaint) in std::mem::take(&mut self.noted) {
            let Complaint {
                count,
                line,
                message,
            } = complaint;
            told.push(Warning {
                code,
                count,
                message: format!(
                    "{}: {message} (line {line}{})",
                    counted(count, "row"),
                    first(count)
                ),
            });
        }
        told.sort_by_key(|warning| std::cmp::Reverse(warning.count));
        self.receipt.warnings.extend(told);
        // Rows of a wrong width are refused as they are read, the others with their batch.
        self.receipt.refusals.sort_by_key(|refusal| refusal.line);
        self.receipt
    }

    fn tell_loose(
        &mut self,
        plan: &Plan<'_>,
        lookup: &dyn Lookup,
        column: usize,
        texts: BTreeMap<String, Loose>,
    ) {
        let Some(bound) = plan.columns.get(column) else {
            return;
        };
        let named = bound
            .targets
            .iter()
            .filter_map(|target| Some((target, target.by.as_deref()?)));
        let names = named.flat_map(|(target, by)| lookup.names(&target.object.name, by));
        let names: Vec<String> = names.take(NAMES_COMPARED).collect();
        let place = columns_table(plan.section, bound.header);
        let mut texts: Vec<Loose> = texts.into_values().collect();
        texts.sort_by_key(|loose| std::cmp::Reverse(loose.rows));
        let rest = texts.split_off(texts.len().min(TEXTS_TOLD));
        for loose in texts {
            let code = if loose.matches > 1 {
                AMBIGUOUS
            } else {
                UNRESOLVED
            };
            self.warn(code, loose.rows, loose.message(bound, &names, &place));
        }
        let further = rest.iter().map(|loose| loose.rows).sum::<u64>()
            + self.loose_rest.get(&column).copied().unwrap_or(0);
        if further > 0 {
            let (header, rows) = (bound.header, counted(further, "row"));
            let what = format!(
                "{header}: {rows} more with other texts match no {}",
                objects(bound)
            );
            self.warn(UNRESOLVED, further, what);
        }
    }
}

impl Loose {
    fn message(&self, bound: &Bound<'_>, names: &[String], place: &str) -> String {
        let Self {
            text,
            rows,
            matches,
            fate,
        } = self;
        let (object, after) = (objects(bound), after(fate));
        let which = format!("{} '{text}' ({})", bound.header, counted(*rows, "row"));
        if *matches > 1 {
            return format!(
                "{which} matches {matches} records of {object}; rename all but one, or look up by a field that is unique{after}"
            );
        }
        let name = nearest(text, names.iter().map(String::as_str));
        let near = name.map_or_else(String::new, |name| format!("; the nearest is '{name}'"));
        let alias = format!("alias.{} = {}", quoted(text), quoted(name.unwrap_or("…")));
        format!(
            "{which} matches no {object}{near}. Add {alias} under {place} to the mapping to link them{after}"
        )
    }
}

fn objects(bound: &Bound<'_>) -> String {
    let names: Vec<&str> = bound
        .targets
        .iter()
        .map(|target| target.object.name.as_str())
        .collect();
    names.join(" or ")
}

pub(super) const UNRESOLVED: &str = "unresolved-reference";
pub(super) const AMBIGUOUS: &str = "ambiguous-reference";

fn complain(
    told: &mut BTreeMap<(String, Option<String>), Complaint>,
    line: u64,
    failure: &Failure,
) {
    let complaint = told
        .entry((failure.code.clone(), failure.field.clone()))
        .or_insert_with(|| Complaint {
            count: 0,
            line,
            message: shortened(&failure.to_string(), MESSAGE_SHOWN),
        });
    complaint.count += 1;
}

fn first(count: u64) -> &'static str {
    if count == 1 { "" } else { " is the first" }
}

fn after(fate: &Fate) -> String {
    match fate {
        Fate::Kept(field) => format!("; until then the text is kept in {field}"),
        Fate::Refused => "; until then the rows are refused".to_owned(),
        Fate::Empty => "; until then the field is empty".to_owned(),
    }
}

/// The table of the mapping file in which a column's keys are written.
fn columns_table(section: &Section, header: &str) -> String {
    let bare = !header.is_empty()
        && header
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let name = if bare {
        header.to_owned()
    } else {
        quoted(header)
    };
    format!("[import.columns.{name}] of {}", section.place())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The beginning of a text that may be very long.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// `1,480 rows`, `1 row`.
pub(super) fn counted(count: u64, what: &str) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_counts_are_grouped() {
        let told = [0, 1, 999, 1_480, 1_234_567].map(|count| counted(count, "row"));
        assert_eq!(
            told,
            [
                "0 rows",
                "1 row",
                "999 rows",
                "1,480 rows",
                "1,234,567 rows"
            ]
        );
    }

    #[test]
    fn the_same_failure_is_told_once_with_its_first_line() {
        let mut tally = Tally::default();
        for line in [7, 9] {
            tally.refuse(
                line,
                &[Failure::field(
                    "amount",
                    "wrong-type",
                    format!("'x{line}' is not a number"),
                )],
            );
        }
        let complaints: Vec<(u64, u64)> = tally
            .refused_for
            .values()
            .map(|told| (told.count, told.line))
            .collect();
        assert_eq!(
            (
                complaints,
                tally.receipt.refused,
                tally.receipt.refusals.len()
            ),
            (vec![(2, 7)], 2, 2)
        );
    }
}
