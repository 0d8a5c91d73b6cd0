//! What has a run used?
//!
//! rhai counts operations, but one operation on a long list costs as much as a thousand others, and it does not look
//! at a list or map whose items are set one by one. So every use of a variable weighs what its value is long, and all
//! variables are measured now and then. Everything is counted, nothing is timed: the same run stops at the same place
//! everywhere.

use std::cell::Cell;

use rhai::{Array, Dynamic, Engine, ImmutableString, Map};

use super::engine::LIMITS;

#[derive(Clone, Copy, Default)]
struct Meter {
    operations: u64,
    weight: u64,
    /// The operation at which the variables were measured last.
    measured: u64,
}

impl Meter {
    fn total(self) -> u64 {
        self.operations + self.weight
    }
}

/// Operations between two measurements of all variables.
const MEASURE_EVERY: u64 = 1_000;

thread_local! {
    // rhai tells its counts to callbacks that know nothing of the run; a run begins and ends on one thread.
    static METER: Cell<Meter> = const { Cell::new(Meter { operations: 0, weight: 0, measured: 0 }) };
}

/// Runs, and says what it used.
pub(super) fn metered<T>(run: impl FnOnce() -> T) -> (T, u64) {
    METER.set(Meter::default());
    let result = run();
    (result, METER.get().total())
}

pub(super) fn attach(engine: &mut Engine) {
    engine.on_progress(|count| {
        let mut meter = METER.get();
        // The call at the end of a run counts from one again.
        meter.operations = meter.operations.max(count);
        METER.set(meter);
        (meter.total() > LIMITS.operations).then_some(Dynamic::UNIT)
    });
    // rhai marks the callback as "not deprecated, but volatile".
    #[allow(deprecated)]
    engine.on_var(|name, _, context| {
        let mut meter = METER.get();
        meter.weight += context.scope().get(name).map_or(0, weight);
        let due = meter.operations >= meter.measured + MEASURE_EVERY;
        if due {
            meter.measured = meter.operations;
        }
        METER.set(meter);
        if due {
            for (_, _, value) in context.scope().iter_raw() {
                context.engine().ensure_data_size_within_limits(value)?;
            }
        }
        Ok(None)
    });
}

/// Next to nothing for short values; for the longest list or map as much as a thousand operations, because whole
/// algorithms (copy, sort, search) are one operation on it.
fn weight(value: &Dynamic) -> u64 {
    match value.read_lock::<ImmutableString>() {
        Some(text) => text.len() as u64 / 16,
        None => size(value).pow(2) / 1_000,
    }
}

/// How many items there are, with those inside of items. The limits keep both the number and the depth small.
fn size(value: &Dynamic) -> u64 {
    if let Some(list) = value.read_lock::<Array>() {
        list.iter().map(|item| 1 + size(item)).sum()
    } else if let Some(map) = value.read_lock::<Map>() {
        map.values().map(|item| 1 + size(item)).sum()
    } else {
        0
    }
}
