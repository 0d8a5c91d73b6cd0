//! How much may one call use?

use serde::Deserialize;

use super::manifest::Faults;

/// What a manifest asks for; what it leaves out has a default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Limits {
    fuel_per_call: Option<u64>,
    fuel_per_row: Option<u64>,
    memory_mib: Option<u64>,
    time_ms: Option<u64>,
    fuel_per_day: Option<u64>,
    effects_per_row: Option<u64>,
}

/// Fuel that a manifest can ask for at most, for a call and for a row.
const MOST_FUEL: u64 = 1_000_000_000;
const MOST_FUEL_PER_DAY: u64 = 1_000_000_000_000_000;
const MOST_MEMORY_MIB: u64 = 128;
const MOST_TIME_MS: u64 = 5_000;

/// Effects that one record may cause where the manifest does not say, and at most: more belong into several commits, each
/// a wave of the workflow that goes through the records.
const EFFECTS_PER_ROW: u64 = 16;
const MOST_EFFECTS_PER_ROW: u64 = 500;
/// Awards for one event.
pub(super) const AWARDS_PER_ROW: usize = 16;
/// Bytes of the message of one refusal.
pub(super) const MESSAGE_BYTES: usize = 2 << 10;

impl Limits {
    /// Fuel for a call with so many rows. Part of it grows with the rows, so that a record's fate does not depend on the
    /// company in which it is saved.
    pub(super) fn fuel(&self, rows: usize) -> u64 {
        let row = self.fuel_per_row.unwrap_or(1_000_000);
        self.fuel_per_call
            .unwrap_or(20_000_000)
            .saturating_add(row.saturating_mul(rows as u64))
    }

    /// Fuel for one day, of all hooks together; as much as comes where the manifest does not say.
    pub(super) fn fuel_per_day(&self) -> Option<u64> {
        self.fuel_per_day
    }

    /// Effects that one record may cause; the same of records that are added to it and of keys that are written with it.
    pub(super) fn effects_per_row(&self) -> usize {
        self.effects_per_row.unwrap_or(EFFECTS_PER_ROW) as usize
    }

    pub(super) fn memory_mib(&self) -> u64 {
        self.memory_mib.unwrap_or(16)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        (self.memory_mib() as usize) << 20
    }

    /// Milliseconds of wall time: what stops a guest whose instructions are cheap in fuel but slow, such as large copies.
    pub(super) fn time_ms(&self) -> u64 {
        self.time_ms.unwrap_or(1_000)
    }

    /// Bytes of text in an answer for so many rows.
    pub(super) fn text_bytes(rows: usize) -> usize {
        rows.saturating_mul(64 << 10).saturating_add(1 << 20)
    }

    pub(super) fn check(&self, faults: &mut Faults) {
        for (name, value, most) in [
            ("fuel-per-call", self.fuel_per_call, MOST_FUEL),
            ("fuel-per-row", self.fuel_per_row, MOST_FUEL),
            ("memory-mib", self.memory_mib, MOST_MEMORY_MIB),
            ("time-ms", self.time_ms, MOST_TIME_MS),
            ("fuel-per-day", self.fuel_per_day, MOST_FUEL_PER_DAY),
            (
                "effects-per-row",
                self.effects_per_row,
                MOST_EFFECTS_PER_ROW,
            ),
        ] {
            if value.is_some_and(|value| value == 0 || value > most) {
                faults.add(
                    &format!("limits.{name}"),
                    "manifest",
                    format!("set it between 1 and {}", grouped(most)),
                );
            }
        }
    }
}

/// `20,000,000`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuel_grows_with_the_rows() {
        let limits = Limits::default();
        assert_eq!((limits.fuel(0), limits.fuel(7)), (20_000_000, 27_000_000));
        assert_eq!(
            Limits {
                fuel_per_row: Some(u64::MAX),
                ..limits
            }
            .fuel(2),
            u64::MAX
        );
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [1, 999, 1_000, 20_000_000].map(grouped),
            ["1", "999", "1,000", "20,000,000"]
        );
    }
}
