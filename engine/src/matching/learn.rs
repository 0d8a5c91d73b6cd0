//! How often do levels come about among the same, and among others?

use super::prepared::Prepared;
use super::settings::Settings;
use super::weigh::{Weights, levels};

/// With fewer rows than this nothing is counted.
pub(super) const LEARNS_FROM: u32 = 500;
/// How many pairs are drawn.
const DRAWN: usize = 40_000;
/// How many pairs the same are estimated from, at most.
const MOST_WEIGHED: usize = 200_000;
/// How many pairs the file's own shares count for.
const FILE_COUNTS: f64 = 200.0;

/// Counts u among pairs drawn at random, nearly all of which are of different ones, and estimates m among those that
/// share a block, by expectation and maximisation with u held.
pub(super) fn learn(settings: &Settings, prepared: &Prepared, blocked: &[(u32, u32)]) -> Weights {
    let mut weights = Weights::of_file(settings);
    if prepared.rows < LEARNS_FROM {
        return weights;
    }
    weights.count_u(settings, prepared, &drawn(prepared.rows));
    let step = blocked.len().div_ceil(MOST_WEIGHED).max(1);
    if settings.rounds > 0 {
        let pairs = blocked.iter().step_by(step);
        let seen: Vec<_> = pairs
            .map(|pair| levels(settings, prepared, *pair))
            .collect();
        let file = weights.m.clone();
        for _ in 0..settings.rounds {
            round(&mut weights, &seen, &file, settings.same);
        }
    }
    weights
}

/// One round: how likely each pair is the same, and what share of those has which level.
fn round(weights: &mut Weights, seen: &[Vec<Option<usize>>], file: &[Vec<f64>], even: f64) {
    let mut sums: Vec<Vec<f64>> = file
        .iter()
        .map(|levels| levels.iter().map(|share| share * FILE_COUNTS).collect())
        .collect();
    for levels in seen {
        let fields = levels.iter().enumerate();
        let bits = fields
            .clone()
            .filter_map(|(field, level)| Some(weights.bits(field, (*level)?)));
        let bits: f64 = bits.sum();
        // Where pairs begin to be the same, one is as likely to be as not.
        let same = 1.0 / (1.0 + (even - bits).exp2());
        for (field, level) in fields {
            let sum = level.and_then(|level| sums.get_mut(field)?.get_mut(level));
            if let Some(sum) = sum {
                *sum += same;
            }
        }
    }
    for (m, sums) in weights.m.iter_mut().zip(sums) {
        let all: f64 = sums.iter().sum();
        for (m, sum) in m.iter_mut().zip(sums) {
            *m = sum / all;
        }
    }
}

/// Pairs of rows, always the same ones for so many rows.
fn drawn(rows: u32) -> Vec<(u32, u32)> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % u64::from(rows.max(1))) as u32
    };
    let pairs = (0..DRAWN).map(|_| (draw(), draw()));
    pairs.filter(|(one, other)| one != other).collect()
}
