//! How much has a plugin used today?

use std::sync::{Mutex, PoisonError};

use super::guest::{Fault, Moment};
use super::limits::Limits;

/// Counts the fuel of one day.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<DayFuel>);

/// What was used on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DayFuel {
    /// Days since 1970.
    pub(crate) day: i32,
    pub(crate) fuel: u64,
}

impl Meter {
    /// Goes on from what the store knows of the last day.
    pub(super) fn new(spent: DayFuel) -> Self {
        Self(Mutex::new(spent))
    }

    /// Whether there is fuel left for this day.
    pub(super) fn check(&self, limits: &Limits, moment: Moment) -> Result<(), Fault> {
        let Some(most) = limits.fuel_per_day() else {
            return Ok(());
        };
        let spent = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match spent.day == moment.today && spent.fuel >= most {
            true => Err(Fault::Day(most)),
            false => Ok(()),
        }
    }

    pub(super) fn add(&self, fuel: u64, moment: Moment) {
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.day != moment.today {
            *spent = DayFuel {
                day: moment.today,
                fuel: 0,
            };
        }
        spent.fuel = spent.fuel.saturating_add(fuel);
    }
}
