//! What did each hook cost?
//!
//! Counted in units that are the same on every machine: fuel (a script's operations count as fuel), calls, rows.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;

use super::HookName;
use crate::context::Actor;

/// What one call used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) fuel: u64,
    pub(crate) memory_bytes: u64,
    /// How often it was stopped because it took too long.
    pub(crate) time_outs: u64,
    /// Records that it was given besides its rows.
    pub(crate) rows_read: u64,
}

/// What one hook has used since the engine was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bill {
    /// Plugin and version, or script and version.
    pub owner: String,
    /// Which of its hooks.
    pub hook: String,
    /// How often it was called.
    pub calls: u64,
    /// How many records it was given.
    pub rows: u64,
    /// How many records it read besides.
    pub rows_read: u64,
    /// WebAssembly fuel, or a script's operations.
    pub fuel: u64,
    /// The largest memory of an instance, in bytes.
    pub peak_memory_bytes: u64,
    /// How many values it set.
    pub patches: u64,
    /// How many records it refused.
    pub refusals: u64,
    /// How many effects it asked for.
    pub effects: u64,
    /// How many records it changed, or asked to be made or changed.
    pub rows_written: u64,
    /// How often it did not answer.
    pub failures: u64,
    /// How often it was stopped because it took too long.
    pub time_outs: u64,
    /// What the last failure said.
    pub last_failure: Option<String>,
}

/// What a plugin or script used on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) calls: u64,
    pub(crate) fuel: u64,
    pub(crate) peak_memory_bytes: u64,
    pub(crate) rows_read: u64,
    pub(crate) rows_written: u64,
    pub(crate) failures: u64,
    pub(crate) time_outs: u64,
}

impl Used {
    pub(crate) fn add(&mut self, more: &Self) {
        self.calls += more.calls;
        self.fuel = self.fuel.saturating_add(more.fuel);
        self.peak_memory_bytes = self.peak_memory_bytes.max(more.peak_memory_bytes);
        self.rows_read += more.rows_read;
        self.rows_written += more.rows_written;
        self.failures += more.failures;
        self.time_outs += more.time_outs;
    }
}

/// Who used it, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Billed {
    pub(crate) actor: Actor,
    /// Days since 1970.
    pub(crate) day: u32,
    pub(crate) used: Used,
}

/// Calls that are gathered before a commit takes along what they used. A killed process loses fewer of them.
const GATHERED: u64 = 64;

/// The bills of all hooks.
#[derive(Default)]
pub(crate) struct Bills {
    hooks: Mutex<BTreeMap<HookName, Bill>>,
    waiting: Mutex<Waiting>,
}

/// What is not in the store yet.
#[derive(Default)]
struct Waiting {
    today: u32,
    calls: u64,
    /// The next commit takes it along, however little it is.
    is_ripe: bool,
    /// A few: plugins and scripts, and seldom more than one day.
    billed: Vec<Billed>,
}

impl Waiting {
    fn add(&mut self, actor: &Actor, day: u32, used: &Used) {
        self.calls += used.calls;
        let same = |billed: &&mut Billed| billed.day == day && billed.actor == *actor;
        match self.billed.iter_mut().find(same) {
            Some(billed) => billed.used.add(used),
            None => self.billed.push(Billed {
                actor: actor.clone(),
                day,
                used: used.clone(),
            }),
        }
    }
}

impl Bills {
    pub(crate) fn charge(
        &self,
        name: &HookName,
        rows: usize,
        cost: Cost,
        more: impl FnOnce(&mut Bill),
    ) {
        let mut bills = self.hooks.lock().unwrap_or_else(PoisonError::into_inner);
        let first = || Bill {
            owner: name.owner.clone(),
            hook: name.hook.clone(),
            ..Bill::default()
        };
        let bill = match bills.get_mut(name) {
            Some(bill) => bill,
            None => bills.entry(name.clone()).or_insert_with(first),
        };
        let before = (bill.rows_written, bill.failures);
        bill.calls += 1;
        bill.rows += rows as u64;
        bill.fuel += cost.fuel;
        bill.rows_read += cost.rows_read;
        bill.peak_memory_bytes = bill.peak_memory_bytes.max(cost.memory_bytes);
        bill.time_outs += cost.time_outs;
        more(bill);
        // Rules of the engine are nobody's to pay for.
        if matches!(name.actor, Actor::Plugin(_) | Actor::Script(_)) {
            let used = Used {
                calls: 1,
                fuel: cost.fuel,
                peak_memory_bytes: cost.memory_bytes,
                rows_read: rows as u64 + cost.rows_read,
                rows_written: bill.rows_written - before.0,
                failures: bill.failures - before.1,
                time_outs: cost.time_outs,
            };
            drop(bills);
            let mut waiting = self.lock();
            let today = waiting.today;
            waiting.add(&name.actor, today, &used);
        }
    }

    pub(crate) fn all(&self) -> Vec<Bill> {
        let bills = self.hooks.lock().unwrap_or_else(PoisonError::into_inner);
        bills.values().cloned().collect()
    }

    /// What is charged from now on is of this day.
    pub(crate) fn on(&self, day: NaiveDate) {
        let days = day.signed_duration_since(NaiveDate::default()).num_days();
        self.lock().today = u32::try_from(days).unwrap_or_default();
    }

    /// What a commit is to take along: nothing until it is enough.
    pub(crate) fn take(&self) -> Vec<Billed> {
        let mut waiting = self.lock();
        if waiting.calls < GATHERED && !waiting.is_ripe {
            return Vec::new();
        }
        (waiting.calls, waiting.is_ripe) = (0, false);
        std::mem::take(&mut waiting.billed)
    }

    /// Takes back what was not committed.
    pub(crate) fn give_back(&self, billed: &[Billed]) {
        let mut waiting = self.lock();
        for Billed { actor, day, used } in billed {
            waiting.add(actor, *day, used);
        }
    }

    /// Makes the next commit take along what there is; whether there is anything.
    pub(crate) fn ripen(&self) -> bool {
        let mut waiting = self.lock();
        waiting.is_ripe = !waiting.billed.is_empty();
        waiting.is_ripe
    }

    /// What is not in the store yet.
    pub(crate) fn waiting(&self) -> Vec<Billed> {
        self.lock().billed.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(actor: Actor) -> HookName {
        HookName {
            owner: actor.to_string(),
            hook: "before save of lead".to_owned(),
            actor,
        }
    }

    fn charge(bills: &Bills, actor: Actor, calls: usize) {
        let cost = Cost {
            fuel: 5,
            memory_bytes: 7,
            time_outs: 1,
            rows_read: 1,
        };
        let name = name(actor);
        (0..calls).for_each(|_| bills.charge(&name, 3, cost, |bill| bill.rows_written += 2));
    }

    #[test]
    fn a_commit_takes_bills_along_once_they_are_enough_and_gives_back_what_it_could_not_write() {
        let bills = Bills::default();
        charge(&bills, Actor::Plugin("a".to_owned()), 63);
        assert!(bills.take().is_empty());
        charge(&bills, Actor::Script("b".to_owned()), 1);
        let taken = bills.take();
        assert_eq!(taken.len(), 2);
        assert!(bills.take().is_empty() && bills.waiting().is_empty());
        bills.give_back(&taken);
        charge(&bills, Actor::Plugin("a".to_owned()), 1);
        let used = bills.take().swap_remove(0).used;
        let expected = Used {
            calls: 64,
            fuel: 320,
            peak_memory_bytes: 7,
            rows_read: 256,
            rows_written: 128,
            failures: 0,
            time_outs: 64,
        };
        assert_eq!(used, expected);
    }

    #[test]
    fn what_was_used_stays_on_its_day() {
        let bills = Bills::default();
        for day in [20_000, 20_001] {
            bills.on(NaiveDate::default() + chrono::TimeDelta::days(day));
            charge(&bills, Actor::Plugin("a".to_owned()), 1);
        }
        let days: Vec<u32> = bills.waiting().iter().map(|billed| billed.day).collect();
        assert_eq!(days, [20_000, 20_001]);
    }

    #[test]
    fn the_engine_owes_nobody() {
        let bills = Bills::default();
        charge(&bills, Actor::System, 100);
        assert!(!bills.ripen() && bills.take().is_empty());
    }
}
