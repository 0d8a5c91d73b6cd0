//! What did plugins and scripts use on each day?

use chrono::{Days, NaiveDate};

use super::Engine;
use crate::context::Actor;
use crate::error::Result;
use crate::hook::Billed;
use crate::write::stored_bills;

/// What a plugin or a script used on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DayBill {
    /// `plugin:lead-score` or `script:big-deals`.
    pub owner: String,
    /// The day in the workspace's time zone.
    pub day: NaiveDate,
    /// How often it was called.
    pub calls: u64,
    /// WebAssembly fuel, or a script's operations.
    pub fuel: u64,
    /// The largest memory of an instance, in bytes.
    pub peak_memory_bytes: u64,
    /// How many records it was given.
    pub rows_read: u64,
    /// How many records it changed or asked to be made or changed.
    pub rows_written: u64,
    /// How often it did not answer.
    pub failures: u64,
    /// How often it was stopped because it took too long.
    pub time_outs: u64,
}

impl Engine {
    /// What plugins and scripts used on each day, by owner and day; of all days where no bound is given. Kept in the
    /// store: of a process that is killed, what the last few calls used may be missing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn daily_bills(
        &self,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    ) -> Result<Vec<DayBill>> {
        let waiting = self.inner.bills.waiting();
        let mut bills = stored_bills(&self.read()?.0.snapshot, None)?;
        for more in waiting {
            let same = |bill: &&mut Billed| (&bill.actor, bill.day) == (&more.actor, more.day);
            match bills.iter_mut().find(same) {
                Some(bill) => bill.used.add(&more.used),
                None => bills.push(more),
            }
        }
        let mut bills: Vec<DayBill> = bills.into_iter().filter_map(day_bill).collect();
        bills.retain(|bill| {
            from.is_none_or(|from| bill.day >= from) && to.is_none_or(|to| bill.day <= to)
        });
        bills.sort_by(|one, next| (&one.owner, one.day).cmp(&(&next.owner, next.day)));
        Ok(bills)
    }

    /// Writes down what was used since the last commit that did.
    pub(super) fn write_bills(&self) -> Result<()> {
        if self.inner.bills.ripen() {
            self.write(&self.session().context, &[], None, 0)?;
        }
        Ok(())
    }
}

fn day_bill(Billed { actor, day, used }: Billed) -> Option<DayBill> {
    debug_assert!(matches!(actor, Actor::Plugin(_) | Actor::Script(_)));
    let day = NaiveDate::default().checked_add_days(Days::new(u64::from(day)))?;
    Some(DayBill {
        owner: actor.to_string(),
        day,
        calls: used.calls,
        fuel: used.fuel,
        peak_memory_bytes: used.peak_memory_bytes,
        rows_read: used.rows_read,
        rows_written: used.rows_written,
        failures: used.failures,
        time_outs: used.time_outs,
    })
}
