//! Which pairs of records are the same, and why?

use serde::Serialize;

use super::block;
use super::cluster;
use super::explain::{Explained, of_pair};
use super::learn::learn;
use super::prepared::Prepared;
use super::settings::Settings;
use super::table::Table;
use super::weigh::{Seen, Weights};

/// Two rows that are the same, or perhaps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Pair {
    /// The first row.
    pub left: usize,
    /// The second, after the first.
    pub right: usize,
    /// How much speaks for one person, in bits.
    pub score: f64,
    /// Whether that is enough; if not, somebody should look.
    pub is_same: bool,
}

/// Records made ready to be compared.
///
/// ```
/// # fn main() -> Result<(), peyvand::matching::BadSettings> {
/// use peyvand::matching::{Matcher, Settings, Table};
///
/// let mut people = Table::new(["given", "family", "phone"]);
/// people.push(["محمد", "رضایی", "+98 912 345 6789"]);
/// people.push(["سارا", "کریمی", "+98 912 345 0000"]);
/// people.push(["Mohammad", "Rezaei", "09123456789"]);
/// let matcher = Matcher::new(Settings::persons()?, &people);
/// let pairs = matcher.pairs();
/// assert_eq!((pairs[0].left, pairs[0].right), (0, 2));
/// assert_eq!(pairs.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Matcher {
    settings: Settings,
    prepared: Prepared,
    weights: Weights,
    blocked: Vec<(u32, u32)>,
}

impl Matcher {
    /// As [`new`](Self::new), for rows that were picked from so many records: nothing is learnt from them, since they were
    /// picked for being alike, and the thresholds are those for all.
    #[must_use]
    pub fn picked(settings: Settings, table: &Table, from: u32) -> Self {
        let settings = settings.for_rows(from);
        let prepared = Prepared::of(&settings, table);
        Self {
            weights: Weights::of_file(&settings),
            blocked: block::pairs(&settings, &prepared),
            settings,
            prepared,
        }
    }

    /// Makes records ready, finds the pairs that share a block, and learns from them how much each level says.
    #[must_use]
    pub fn new(settings: Settings, table: &Table) -> Self {
        let prepared = Prepared::of(&settings, table);
        let settings = settings.for_rows(prepared.rows);
        let blocked = block::pairs(&settings, &prepared);
        let weights = learn(&settings, &prepared, &blocked);
        Self {
            settings,
            prepared,
            weights,
            blocked,
        }
    }

    /// The rules, with the thresholds for so many rows.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How many pairs share a block.
    #[must_use]
    pub fn compared(&self) -> usize {
        self.blocked.len()
    }

    /// The pairs that are the same, or perhaps, in the order of their rows.
    #[must_use]
    pub fn pairs(&self) -> Vec<Pair> {
        let scored = self.blocked.iter().map(|(left, right)| {
            let (left, right) = (*left as usize, *right as usize);
            let score = self.score(left, right);
            Pair {
                left,
                right,
                score,
                is_same: score >= self.settings.same,
            }
        });
        scored
            .filter(|pair| pair.score >= self.settings.perhaps)
            .collect()
    }

    /// How much speaks for two rows being one person, in bits, whether they share a block or not.
    #[must_use]
    pub fn score(&self, left: usize, right: usize) -> f64 {
        self.see(left, right).iter().map(|seen| seen.weight).sum()
    }

    /// Why two rows have their score: each field with its level and weight.
    #[must_use]
    pub fn explain(&self, left: usize, right: usize) -> Explained {
        of_pair(&self.settings, &self.see(left, right))
    }

    /// The rows that are one person altogether, two or more each, in order. Pairs are joined from the strongest on, and
    /// two groups only where all their pairs together are worth a look, so that no chain of half-alike records grows.
    #[must_use]
    pub fn clusters(&self, pairs: &[Pair]) -> Vec<Vec<usize>> {
        cluster::clusters(self, pairs)
    }

    fn see(&self, left: usize, right: usize) -> Vec<Seen> {
        let pair = (left as u32, right as u32);
        self.weights.see(&self.settings, &self.prepared, pair)
    }
}
