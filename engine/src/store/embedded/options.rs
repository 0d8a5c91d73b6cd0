//! How is a store to be opened?

use std::path::Path;

use crate::journal::{Durability, Position};

/// Which engine holds the state of a store. It is chosen when the store is made and kept since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum StateEngine {
    /// sled, the default.
    #[default]
    Sled,
    /// redb, when the crate was built with the feature `redb`.
    Redb,
}

/// What redb's file is called in the folder of a state.
pub(super) const REDB_FILE: &str = "pages.redb";

impl StateEngine {
    /// The engine whose files lie in the folder of a state, or the default.
    pub(super) fn found_in(state: &Path) -> Self {
        match state.join(REDB_FILE).exists() {
            true => StateEngine::Redb,
            false => StateEngine::default(),
        }
    }

    /// What the `FORMAT` file calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            StateEngine::Sled => "sled",
            StateEngine::Redb => "redb",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [StateEngine::Sled, StateEngine::Redb]
            .into_iter()
            .find(|engine| engine.name() == name)
    }
}

/// How far back the state can be read as it was.
///
/// This is about reading records, lists and totals as of an earlier position or instant. The
/// journal keeps what happened in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Retention {
    /// To the beginning.
    #[default]
    Everything,
    /// So many days back from the last commit.
    Days(u32),
    /// So many commits back.
    Commits(u64),
    /// Not at all, but for readers that are still at work.
    None,
}

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

impl Retention {
    /// The oldest position that is to be readable when `head` is the last commit. `time_of` is when
    /// a commit was made, `position_at` the last one at or before an instant, in microseconds.
    pub(crate) fn oldest<E>(
        self,
        head: Position,
        time_of: impl FnOnce(Position) -> Result<Option<i64>, E>,
        position_at: impl FnOnce(i64) -> Result<Position, E>,
    ) -> Result<Position, E> {
        Ok(match self {
            Retention::Everything => Position::START,
            Retention::None => head,
            Retention::Commits(count) => Position::from_number(head.get().saturating_sub(count)),
            Retention::Days(days) => match time_of(head)? {
                Some(now) => position_at(now.saturating_sub(i64::from(days).saturating_mul(DAY)))?,
                None => Position::START,
            },
        })
    }
}

/// How a store is to be opened.
#[derive(Clone, Debug)]
pub(crate) struct StoreOptions {
    pub(crate) durability: Durability,
    /// Commits are folded into pages when they take more memory than this. While they are, as much
    /// again can gather above them.
    pub(crate) overlay_limit_bytes: usize,
    /// Memory for decoded pages, which also get what the overlay does not use.
    pub(crate) cache_bytes: u64,
    pub(crate) keep_history: Retention,
    /// The engine of the state, for a store that is made; an existing one knows its own.
    pub(crate) state_engine: StateEngine,
    /// Whether folds run on the threads of the process's pool, or in the call that makes one due.
    pub(crate) background: bool,
    /// Whether to make a store where there is none.
    pub(crate) create: bool,
    /// Whether to build the state anew from checkpoint and journal, even if it seems good.
    pub(crate) rebuild: bool,
    /// Who we are, for whoever finds the store locked.
    pub(crate) pid: u32,
    /// Makes the salts of the journal's leaves: random, and stored nowhere.
    pub(crate) salt_key: [u8; 32],
}

impl StoreOptions {
    pub(crate) fn new(pid: u32) -> Self {
        StoreOptions {
            durability: Durability::default(),
            overlay_limit_bytes: 64 * 1024 * 1024,
            cache_bytes: 64 * 1024 * 1024,
            keep_history: Retention::default(),
            state_engine: StateEngine::default(),
            background: true,
            create: true,
            rebuild: false,
            pid,
            salt_key: [0; 32],
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::convert::Infallible;

    use super::*;

    #[test]
    fn more_days_than_time_can_hold_are_everything() {
        let oldest = |time| {
            let seen = |time| Ok::<_, Infallible>(Position::from_number((time != i64::MIN).into()));
            let retention = Retention::Days(u32::MAX);
            let now = Position::from_number(9);
            retention.oldest(now, |_| Ok(Some(time)), seen).unwrap()
        };
        assert_eq!(oldest(-2), Position::START);
        assert_eq!(oldest(0).get(), 1);
    }
}
