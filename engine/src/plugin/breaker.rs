//! When is a plugin that keeps failing asked no longer?
//!
//! The last calls are remembered, failed or not. When too many of them failed the plugin is paused: at once in this
//! process, and soon after in the store, where it stays so until an administrator resumes it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use super::guest::{Fault, Moment};
use super::manifest::Faults;
use crate::hook::{self, Trip};

/// How many of the last calls may fail: `[breaker]` of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Patience {
    /// So many failures pause the plugin …
    failures: u32,
    /// … among so many calls.
    of: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            failures: 20,
            of: 50,
        }
    }
}

impl Patience {
    pub(super) fn check(self, faults: &mut Faults) {
        if !(1..=64).contains(&self.of) || !(1..=self.of).contains(&self.failures) {
            let message = "set of between 1 and 64, and failures between 1 and of";
            faults.add("breaker", "manifest", message);
        }
    }

    /// The calls that are looked at, as bits.
    fn mask(self) -> u64 {
        u64::MAX >> (64 - self.of.clamp(1, 64))
    }
}

/// What decides whether a plugin is asked.
#[derive(Debug)]
pub(crate) struct Breaker {
    plugin: String,
    patience: Patience,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The last calls, the newest in the lowest bit; 1 is a failure.
    calls: u64,
    paused: Option<String>,
    /// The pause that the store does not know yet.
    tripped: Option<Trip>,
}

impl Breaker {
    /// The breaker of a plugin that is paused already, or is not.
    pub(super) fn new(plugin: &str, patience: Patience, paused: Option<&str>) -> Self {
        let state = State {
            paused: paused.map(str::to_owned),
            ..State::default()
        };
        Self {
            plugin: plugin.to_owned(),
            patience,
            state: Mutex::new(state),
        }
    }

    /// Whether the plugin may be asked.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let reason = self.state().paused.clone();
        reason.map_or(Ok(()), |reason| {
            Err(Fault::Paused {
                plugin: self.plugin.clone(),
                reason,
            })
        })
    }

    /// Remembers a call and, when it failed, what it said.
    pub(super) fn note(&self, failure: Option<&str>, moment: Moment) {
        let mut state = self.state();
        state.calls = state.calls << 1 | u64::from(failure.is_some());
        let failed = (state.calls & self.patience.mask()).count_ones();
        let Some(last) = failure.filter(|_| failed >= self.patience.failures) else {
            return;
        };
        if state.paused.is_none() {
            let of = self.patience.of;
            let reason = format!("{failed} of its last {of} calls failed, the last with: {last}");
            state.tripped = Some(Trip {
                since: moment.now,
                reason: reason.clone(),
            });
            state.paused = Some(reason);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl hook::Breaker for Breaker {
    fn plugin(&self) -> &str {
        &self.plugin
    }

    fn tripped(&self) -> Option<Trip> {
        self.state().tripped.clone()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::hook::Breaker as _;

    fn breaker(failures: u32, of: u32) -> Breaker {
        Breaker::new("tester", Patience { failures, of }, None)
    }

    #[test]
    fn so_many_failures_among_the_last_calls_pause_and_older_ones_are_forgotten() {
        let breaker = breaker(3, 5);
        let moment = Moment {
            now: 7,
            ..Moment::default()
        };
        for failed in [true, true, false, false, false, true, true, false] {
            breaker.note(failed.then_some("out of fuel"), moment);
            assert!(breaker.check().is_ok());
        }
        breaker.note(Some("out of fuel"), moment);
        let told = breaker.check().unwrap_err().to_string();
        assert!(told.contains("3 of its last 5 calls failed"), "{told}");
        assert!(told.ends_with("peyvand plugin resume tester"), "{told}");
        assert_eq!(breaker.tripped().unwrap().since, 7);
    }

    #[test]
    fn what_was_paused_before_is_so_from_the_beginning_and_trips_no_more() {
        let breaker = Breaker::new("tester", Patience::default(), Some("it was"));
        assert!(breaker.check().is_err());
        (0..64).for_each(|_| breaker.note(Some("again"), Moment::default()));
        assert!(breaker.tripped().is_none());
    }

    #[test]
    fn all_sixty_four_calls_can_be_looked_at() {
        let breaker = breaker(64, 64);
        (0..63).for_each(|_| breaker.note(Some("x"), Moment::default()));
        assert!(breaker.check().is_ok());
        breaker.note(Some("x"), Moment::default());
        assert!(breaker.check().is_err());
    }
}
