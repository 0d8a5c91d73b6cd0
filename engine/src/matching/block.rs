//! Which pairs of records are worth comparing?

use std::hash::{DefaultHasher, Hash, Hasher};

use super::compare::Ready;
use super::prepared::Prepared;
use super::settings::Settings;

/// How many characters `start` and `end` are.
const PART: usize = 4;

/// The pairs of rows that share a key of a block, each once and in order, the smaller row first.
pub(super) fn pairs(settings: &Settings, prepared: &Prepared) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    for block in &settings.blocks {
        let parts: Vec<(usize, &str)> = block
            .iter()
            .filter_map(|part| {
                let (name, part) = part.split_once(':').unwrap_or((part, ""));
                let at = settings
                    .fields
                    .iter()
                    .position(|field| field.name == name)?;
                Some((at, part))
            })
            .collect();
        let keyed = (0..prepared.rows).filter_map(|row| Some((key(prepared, &parts, row)?, row)));
        let mut keyed: Vec<(u64, u32)> = keyed.collect();
        keyed.sort_unstable();
        for block in keyed.chunk_by(|one, next| one.0 == next.0) {
            of_block(settings, prepared, block, &mut pairs);
        }
        pairs.sort_unstable();
        pairs.dedup();
    }
    pairs
}

/// Whether a row has every part of a key, and what they are together.
fn key(prepared: &Prepared, parts: &[(usize, &str)], row: u32) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    for (field, part) in parts {
        let value = prepared.value(*field, row)?;
        part_of(value, part)?.hash(&mut hasher);
    }
    Some(hasher.finish())
}

fn part_of(value: &Ready, part: &str) -> Option<String> {
    let text = value.text();
    let part = match (part, value) {
        ("sound", Ready::Name(name)) => name.key(),
        ("year", _) | ("start", _) => text.chars().take(PART).collect(),
        ("end", _) => text.chars().rev().take(PART).collect(),
        _ => text,
    };
    (!part.is_empty()).then_some(part)
}

/// All pairs of a block; of a large one those of rows that stand near each other in the order of their texts.
fn of_block(
    settings: &Settings,
    prepared: &Prepared,
    block: &[(u64, u32)],
    pairs: &mut Vec<(u32, u32)>,
) {
    let mut rows: Vec<u32> = block.iter().map(|(_, row)| *row).collect();
    let reach = match rows.len() <= settings.largest_block {
        true => rows.len(),
        false => {
            rows.sort_by_cached_key(|row| text(prepared, *row));
            settings.neighbours
        }
    };
    for (at, row) in rows.iter().enumerate() {
        let others = rows.iter().skip(at + 1).take(reach);
        pairs.extend(others.map(|other| (*row.min(other), *row.max(other))));
    }
}

/// All that a row says, in the order of the fields.
fn text(prepared: &Prepared, row: u32) -> String {
    let fields = 0..prepared.columns.len();
    let texts = fields.filter_map(|field| Some(prepared.value(field, row)?.text()));
    texts.collect::<Vec<_>>().join(" ")
}
