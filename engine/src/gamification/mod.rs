//! What is it worth?
//!
//! Plugins say points for events; this room keeps what must not be a plugin's choice: caps, badges, boards. All of it
//! is a projection of the journal and is thrown away and computed again at will.

mod league;
#[cfg(test)]
mod league_tests;

pub(crate) use league::compute;
pub use league::{BadgeHeld, League, Standing};

use serde::{Deserialize, Serialize};

use crate::schema::Labels;

/// Why points are given, with the cap that keeps a game from being gamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Reason {
    /// `won`.
    pub name: String,
    /// The name that people read.
    #[serde(default)]
    pub label: Labels,
    /// The most points that one person gets for it on one day.
    #[serde(default)]
    pub cap_per_day: Option<i64>,
}

/// A distinction for doing something often enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Badge {
    /// `closer`.
    pub name: String,
    /// The name that people read.
    #[serde(default)]
    pub label: Labels,
    /// Which reason counts.
    pub reason: String,
    /// How often.
    pub count: u32,
    /// Within a week, a month, or ever.
    pub within: Within,
}

/// The span in which a badge's count must be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Within {
    /// Seven days that begin on the workspace's first day of the week.
    Week,
    /// A calendar month.
    Month,
    /// All time.
    Ever,
}
