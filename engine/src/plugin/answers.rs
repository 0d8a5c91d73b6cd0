//! Is what a guest answered something that the engine may act on?
//!
//! Rows and columns in range, values of their fields' kinds, and not more of anything than a batch of this size may
//! bring. What it wants done besides is looked at by `effects`.

use super::check::{BoundHook, Source};
use super::columns::{Cell, Writer, field_value, read_patches};
use super::contract::{self, Awards, Batch, Kind, Patches};
use super::guest::{Fault, shortened};
use super::limits::{AWARDS_PER_ROW, Limits, MESSAGE_BYTES};
use crate::hook::{Patch, Refusal, Row, Verb};
use crate::record::Value;

/// The rows as a guest gets them: only the columns that the hook reads.
pub(super) fn batch(hook: &BoundHook, rows: &[Row<'_>]) -> Result<Batch, Fault> {
    let kinds = hook.reads.iter().map(|column| column.kind);
    let mut writer = Writer::with_room(kinds, rows.len());
    for column in &hook.reads {
        for row in rows {
            let own;
            let value = match column.source {
                Source::Id => {
                    own = Value::Reference(row.id);
                    Some(&own)
                }
                Source::Revision => {
                    own = Value::Integer(row.record().map_or(0, |record| {
                        i64::try_from(record.revision()).unwrap_or(i64::MAX)
                    }));
                    Some(&own)
                }
                Source::Verb => {
                    own = Value::Text(word(row.verb).into());
                    Some(&own)
                }
                Source::Field(number) => row.record().and_then(|record| record.value(number)),
                Source::Old(number) => row.before.and_then(|record| record.value(number)),
                Source::Given | Source::Withheld => None,
            };
            let cell = value.and_then(|value| Cell::of(column.kind, value));
            writer
                .push(column.kind, cell.as_ref())
                .map_err(|_| too_long())?;
        }
    }
    Ok(writer.batch(u32::try_from(rows.len()).map_err(|_| too_long())?))
}

/// What became of a record, as a guest is told.
fn word(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "create",
        Verb::Update => "update",
        Verb::Delete => "delete",
    }
}

/// Values of a field type as a guest gets them.
pub(super) fn values_batch(values: &[&str]) -> Result<Batch, Fault> {
    let mut writer = Writer::default();
    for value in values {
        writer
            .push(Kind::Text, Some(&Cell::Text((*value).into())))
            .map_err(|_| too_long())?;
    }
    Ok(writer.batch(u32::try_from(values.len()).map_err(|_| too_long())?))
}

fn too_long() -> Fault {
    Fault::Start(
        "the batch is longer than the contract can carry: save fewer records at once".to_owned(),
    )
}

fn checked<T>(result: Result<T, String>) -> Result<T, Fault> {
    result.map_err(Fault::Answer)
}

/// The patches of a hook.
pub(super) fn patches(
    hook: &BoundHook,
    rows: usize,
    answer: &Patches,
) -> Result<Vec<Patch>, Fault> {
    checked(read_all(hook, rows, answer))
}

fn read_all(hook: &BoundHook, rows: usize, answer: &Patches) -> Result<Vec<Patch>, String> {
    let most = rows.saturating_mul(hook.writes.len()).saturating_mul(2);
    if answer.at.len() > most {
        return Err(format!(
            "{} patches for {rows} records; at most {most} are taken",
            answer.at.len()
        ));
    }
    if answer.text.len() > Limits::text_bytes(rows) {
        return Err(format!(
            "{} bytes of text; at most {} are taken",
            answer.text.len(),
            Limits::text_bytes(rows)
        ));
    }
    let kinds: Vec<Kind> = hook.writes.iter().map(|column| column.kind).collect();
    let mut patches = Vec::with_capacity(answer.at.len());
    read_patches(&kinds, rows, answer, |row, column, cell| {
        let column = hook.writes.get(column).ok_or("column out of range")?;
        if let Some(missing) = &column.refused {
            let (object, name) = (&hook.declared.object, &column.name);
            return Err(format!("it set {object}.{name}, {missing}"));
        }
        let value = cell
            .map(|cell| field_value(&column.field_kind, &cell))
            .transpose();
        let value = value.map_err(|message| format!("{} of row {row}: {message}", column.name))?;
        patches.push(Patch {
            row: row as usize,
            field: column.field,
            value,
        });
        Ok(())
    })?;
    Ok(patches)
}

/// New texts of a field type's values.
pub(super) fn normalised(values: &[&str], answer: &Patches) -> Result<Vec<String>, Fault> {
    let mut texts: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    checked(read_patches(
        &[Kind::Text],
        values.len(),
        answer,
        |row, _, cell| {
            let Some(Cell::Text(text)) = cell else {
                return Err(format!(
                    "it cleared the value of row {row}: a field type changes values or refuses them"
                ));
            };
            if let Some(place) = texts.get_mut(row as usize) {
                *place = text.into_owned();
            }
            Ok(())
        },
    ))?;
    Ok(texts)
}

/// The refusals of a hook.
pub(super) fn refusals(
    hook: &BoundHook,
    rows: usize,
    answer: Vec<contract::Refusal>,
) -> Result<Vec<Refusal>, Fault> {
    let most = rows.saturating_mul(16);
    if answer.len() > most {
        return Err(Fault::Answer(format!(
            "{} refusals for {rows} records; at most {most} are taken",
            answer.len()
        )));
    }
    answer
        .into_iter()
        .map(|refusal| checked(read_refusal(hook, rows, refusal)))
        .collect()
}

fn read_refusal(
    hook: &BoundHook,
    rows: usize,
    refusal: contract::Refusal,
) -> Result<Refusal, String> {
    let row = in_range(refusal.row, rows)?;
    let field = match refusal.column {
        None => None,
        Some(place) => {
            let column = hook.reads.get(usize::from(place));
            let column = column.ok_or_else(|| {
                format!(
                    "column {place} is out of range: the manifest declares {} under reads",
                    hook.reads.len()
                )
            })?;
            match column.source {
                Source::Field(_) | Source::Old(_) | Source::Withheld => Some(
                    column
                        .name
                        .strip_prefix("old.")
                        .unwrap_or(&column.name)
                        .to_owned(),
                ),
                Source::Id | Source::Revision | Source::Verb | Source::Given => None,
            }
        }
    };
    let is_word = |code: &str| {
        (1..=64).contains(&code.len())
            && code
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
    };
    if !is_word(&refusal.code) {
        return Err(format!(
            "the code of a refusal of row {row} is not a word such as check-digit"
        ));
    }
    if refusal.message.trim().is_empty() {
        return Err(format!("the refusal of row {row} has no message"));
    }
    Ok(Refusal {
        row,
        field,
        code: refusal.code,
        message: shortened(&refusal.message, MESSAGE_BYTES).to_owned(),
    })
}

fn in_range(row: u32, rows: usize) -> Result<usize, String> {
    let row = row as usize;
    if row < rows {
        Ok(row)
    } else {
        Err(format!("row {row} is out of range: the batch has {rows}"))
    }
}

/// The awards of a hook: row, points, reason.
pub(super) fn awards(
    reasons: usize,
    rows: usize,
    answer: &Awards,
) -> Result<Vec<(usize, i32, u16)>, Fault> {
    let count = answer.at.len();
    let most = rows.saturating_mul(AWARDS_PER_ROW);
    if answer.points.len() != count || answer.reason.len() != count || count > most {
        let message = format!(
            "{count} rows, {} points and {} reasons; the lists go together and at most {most} are taken",
            answer.points.len(),
            answer.reason.len()
        );
        return Err(Fault::Answer(message));
    }
    let mut awards = Vec::with_capacity(count);
    for ((row, points), reason) in answer.at.iter().zip(&answer.points).zip(&answer.reason) {
        if usize::from(*reason) >= reasons {
            return Err(Fault::Answer(format!(
                "reason {reason} is out of range: the manifest declares {reasons}"
            )));
        }
        awards.push((checked(in_range(*row, rows))?, *points, *reason));
    }
    Ok(awards)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn awards_out_of_range_are_refused() {
        let awards_of = |at: Vec<u32>, points: Vec<i32>, reason: Vec<u16>| {
            awards(2, 3, &Awards { at, points, reason })
        };
        assert_eq!(
            awards_of(vec![2, 0], vec![5, -1], vec![1, 0]).unwrap(),
            [(2, 5, 1), (0, -1, 0)]
        );
        for (at, points, reason) in [
            (vec![3], vec![1], vec![0]),
            (vec![0], vec![1], vec![2]),
            (vec![0], vec![], vec![0]),
            (vec![0; 49], vec![1; 49], vec![0; 49]),
        ] {
            assert!(matches!(
                awards_of(at, points, reason),
                Err(Fault::Answer(_))
            ));
        }
    }
}
