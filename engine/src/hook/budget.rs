//! What did each hook cost?
//!
//! Counted in units that are the same on every machine: fuel (a script's operations count as fuel), calls, rows.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::HookName;

/// What one call used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) fuel: u64,
    pub(crate) memory_bytes: u64,
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
    /// How often it did not answer.
    pub failures: u64,
    /// What the last failure said.
    pub last_failure: Option<String>,
}

/// The bills of all hooks.
#[derive(Default)]
pub(crate) struct Bills(Mutex<BTreeMap<HookName, Bill>>);

impl Bills {
    pub(crate) fn charge(
        &self,
        name: &HookName,
        rows: usize,
        cost: Cost,
        more: impl FnOnce(&mut Bill),
    ) {
        let mut bills = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = || Bill {
            owner: name.owner.clone(),
            hook: name.hook.clone(),
            ..Bill::default()
        };
        let bill = match bills.get_mut(name) {
            Some(bill) => bill,
            None => bills.entry(name.clone()).or_insert_with(first),
        };
        bill.calls += 1;
        bill.rows += rows as u64;
        bill.fuel += cost.fuel;
        bill.rows_read += cost.rows_read;
        bill.peak_memory_bytes = bill.peak_memory_bytes.max(cost.memory_bytes);
        more(bill);
    }

    pub(crate) fn all(&self) -> Vec<Bill> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }
}
