//! Which day does a spreadsheet's number mean?

use chrono::{Days, NaiveDate};

/// From when a spreadsheet counts its days; its file says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SerialDates {
    /// 1 is 1 January 1900, and 60 is a 29 February that this year did not have: no day has this number.
    From1900,
    /// 0 is 1 January 1904.
    From1904,
}

impl SerialDates {
    /// The last day that sheets have, 31 December 9999, as counted from 1900.
    const LAST: u32 = 2_958_465;

    /// The day of a number; `None` where there is none.
    #[must_use]
    pub fn day(self, serial: u32) -> Option<NaiveDate> {
        let (year, month, day) = match self {
            Self::From1900 if serial == 0 || serial == 60 => return None,
            Self::From1900 if serial < 60 => (1899, 12, 31),
            Self::From1900 => (1899, 12, 30),
            Self::From1904 => (1904, 1, 1),
        };
        let first = NaiveDate::from_ymd_opt(year, month, day)?;
        (serial <= Self::LAST)
            .then(|| first.checked_add_days(Days::new(u64::from(serial))))
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_counts_have_their_first_days_and_the_day_that_never_was_is_none() {
        let date = NaiveDate::from_ymd_opt;
        for (serials, serial, day) in [
            (SerialDates::From1900, 1, date(1900, 1, 1)),
            (SerialDates::From1900, 59, date(1900, 2, 28)),
            (SerialDates::From1900, 60, None),
            (SerialDates::From1900, 61, date(1900, 3, 1)),
            (SerialDates::From1900, 45_501, date(2024, 7, 28)),
            (SerialDates::From1904, 0, date(1904, 1, 1)),
            (SerialDates::From1904, 44_039, date(2024, 7, 28)),
            (SerialDates::From1900, 0, None),
            (SerialDates::From1900, 2_958_465, date(9999, 12, 31)),
            (SerialDates::From1900, 2_958_466, None),
            (SerialDates::From1904, u32::MAX, None),
        ] {
            assert_eq!(serials.day(serial), day, "{serial}");
        }
    }
}
