//! How much does what is seen of two records speak for one person?

use super::prepared::Prepared;
use super::settings::{FieldRule, Settings};

/// A value is never taken to be rarer than this: the rarest ones are mistakes.
const RAREST: f64 = 1.0 / 4_000.0;
/// How much of a likeness at the first level is due to the frequency of its value.
const LIKE: f64 = 0.98;
/// How many pairs the file's own shares count for, beside those that were counted.
const FILE_COUNTS: f64 = 2_000.0;

/// What is seen of one field of two records.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seen {
    /// The place of the level; nothing where one of them has no value.
    pub(super) level: Option<usize>,
    /// In bits.
    pub(super) weight: f64,
    /// Whether the value was found in another field.
    pub(super) swapped: bool,
}

const UNSEEN: Seen = Seen {
    level: None,
    weight: 0.0,
    swapped: false,
};

/// The shares of levels among the same and among others, by field and level.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weights {
    pub(super) m: Vec<Vec<f64>>,
    pub(super) u: Vec<Vec<f64>>,
    /// Whether the values were counted, so that rare ones say more.
    pub(super) counted: bool,
}

impl Weights {
    /// As the file has them.
    pub(super) fn of_file(settings: &Settings) -> Self {
        let fields = settings.fields.iter();
        let m = fields
            .clone()
            .map(|field| field.levels.iter().map(|level| level.m).collect());
        let u = fields.map(|field| field.levels.iter().map(|level| level.u).collect());
        Self {
            m: m.collect(),
            u: u.collect(),
            counted: false,
        }
    }

    /// With u of pairs that were drawn at random, beside that of the file.
    pub(super) fn count_u(
        &mut self,
        settings: &Settings,
        prepared: &Prepared,
        pairs: &[(u32, u32)],
    ) {
        for (field, (rule, u)) in settings.fields.iter().zip(&mut self.u).enumerate() {
            let mut counts = vec![0.0; u.len()];
            let mut all = 0.0;
            for pair in pairs {
                if let Some(count) = level(prepared, rule, (field, field), *pair)
                    .and_then(|level| counts.get_mut(level))
                {
                    *count += 1.0;
                    all += 1.0;
                }
            }
            for (u, count) in u.iter_mut().zip(counts) {
                *u = (count + *u * FILE_COUNTS) / (all + FILE_COUNTS);
            }
        }
        self.counted = true;
    }

    /// The weight of a level.
    pub(super) fn bits(&self, field: usize, level: usize) -> f64 {
        let share = |of: &[Vec<f64>]| of.get(field).and_then(|levels| levels.get(level)).copied();
        match (share(&self.m), share(&self.u)) {
            (Some(m), Some(u)) if m > 0.0 && u > 0.0 => (m / u).log2(),
            _ => 0.0,
        }
    }

    /// What is seen of each field of two rows.
    pub(super) fn see(
        &self,
        settings: &Settings,
        prepared: &Prepared,
        pair: (u32, u32),
    ) -> Vec<Seen> {
        let fields = settings.fields.iter().enumerate();
        let mut seen: Vec<Seen> = fields
            .map(|(at, rule)| self.of_field(prepared, rule, (at, at), pair))
            .collect();
        for [one, other] in &settings.swaps {
            let place = |name: &str| settings.fields.iter().position(|field| field.name == name);
            if let (Some(one), Some(other)) = (place(one), place(other)) {
                self.try_swapped(settings, prepared, pair, (one, other), &mut seen);
            }
        }
        seen
    }

    /// Whether two fields fit better the other way round.
    fn try_swapped(
        &self,
        settings: &Settings,
        prepared: &Prepared,
        pair: (u32, u32),
        (one, other): (usize, usize),
        seen: &mut [Seen],
    ) {
        let straight =
            |seen: &[Seen]| [one, other].map(|at| seen.get(at).map_or(0.0, |seen| seen.weight));
        let straight: f64 = straight(seen).iter().sum();
        let crossed = [(one, other), (other, one)].map(|fields| {
            let rule = settings.fields.get(fields.0)?;
            let mut crossed = self.of_field(prepared, rule, fields, pair);
            crossed.swapped = true;
            crossed.weight -= settings.swap_cost / 2.0;
            crossed.level.map(|_| crossed)
        });
        if let [Some(first), Some(second)] = crossed
            && first.weight + second.weight > straight
        {
            for (at, crossed) in [(one, first), (other, second)] {
                if let Some(seen) = seen.get_mut(at) {
                    *seen = crossed;
                }
            }
        }
    }

    fn of_field(
        &self,
        prepared: &Prepared,
        rule: &FieldRule,
        fields: (usize, usize),
        pair: (u32, u32),
    ) -> Seen {
        let Some(level) = level(prepared, rule, fields, pair) else {
            return UNSEEN;
        };
        let mut weight = self.bits(fields.0, level);
        if level == 0 && rule.frequencies && self.counted {
            let share = |field: usize, row: u32| prepared.columns.get(field)?.share(row);
            let share = share(fields.0, pair.0).zip(share(fields.1, pair.1));
            let m = self.m.get(fields.0).and_then(|levels| levels.first());
            if let (Some((one, other)), Some(m)) = (share, m) {
                weight = (m * LIKE / one.max(other).max(RAREST)).log2();
            }
        }
        Seen {
            level: Some(level),
            weight,
            swapped: false,
        }
    }
}

/// The level of two rows in one field, or in two that may have changed places.
fn level(
    prepared: &Prepared,
    rule: &FieldRule,
    (field, field_of_other): (usize, usize),
    (row, other): (u32, u32),
) -> Option<usize> {
    let (column, beside) = (
        prepared.columns.get(field)?,
        prepared.columns.get(field_of_other)?,
    );
    if field == field_of_other && column.number(row)? == beside.number(other)? {
        return Some(0);
    }
    let likeness = column
        .value(row)?
        .likeness(beside.value(other)?, rule.compare);
    Some(rule.level_of(likeness))
}

/// The levels of two rows in all fields.
pub(super) fn levels(
    settings: &Settings,
    prepared: &Prepared,
    pair: (u32, u32),
) -> Vec<Option<usize>> {
    let fields = settings.fields.iter().enumerate();
    fields
        .map(|(at, rule)| level(prepared, rule, (at, at), pair))
        .collect()
}
