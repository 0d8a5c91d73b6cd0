//! Which day is a month later, how old is somebody, and how old is a debt?

use peyvand_plugin::Date;
use peyvand_plugin::text::{Calendar, CalendarDay};

/// The same day so many months later; the last of a month that is too short for it.
pub(crate) fn months_later(day: Date, months: u32, calendar: Calendar) -> Date {
    let Some(named) = named(calendar, day) else {
        return day;
    };
    let months = i64::from(named.year) * 12 + i64::from(named.month) - 1 + i64::from(months);
    let year = i32::try_from(months.div_euclid(12)).unwrap_or(i32::MAX);
    let month = u8::try_from(months.rem_euclid(12) + 1).unwrap_or(1);
    let of_month = |back| {
        let day = named.day.checked_sub(back)?;
        let later = CalendarDay { year, month, day };
        on_day(calendar, later)
    };
    (0..4).find_map(of_month).unwrap_or(day)
}

/// The Gregorian calendar is the kit's own, and the only one in native tests.
fn named(calendar: Calendar, day: Date) -> Option<CalendarDay> {
    if calendar != Calendar::Gregorian
        && let Some(named) = calendar.name(day)
    {
        return Some(named);
    }
    let (year, month, day) = day.parts();
    let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    Some(CalendarDay { year, month, day })
}

fn on_day(calendar: Calendar, named: CalendarDay) -> Option<Date> {
    match calendar {
        Calendar::Gregorian => Date::new(named.year, named.month.into(), named.day.into()),
        _ if cfg!(target_arch = "wasm32") => calendar.day(named),
        _ => Date::new(named.year, named.month.into(), named.day.into()),
    }
}

/// Whole years from one day to another.
pub(crate) fn years(from: Date, to: Date) -> i64 {
    let (born, now) = (from.parts(), to.parts());
    let had_birthday = (now.1, now.2) >= (born.1, born.2);
    i64::from(now.0) - i64::from(born.0) - i64::from(!had_birthday)
}

/// How long a debt is overdue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Age {
    Current,
    Days1To30,
    Days31To60,
    Days61To90,
    Over90,
}

impl Age {
    /// A debt is overdue from the day after it was due.
    pub(crate) fn of(due_on: Date, today: Date) -> Self {
        match i64::from(today.0) - i64::from(due_on.0) {
            ..=0 => Self::Current,
            1..=30 => Self::Days1To30,
            31..=60 => Self::Days31To60,
            61..=90 => Self::Days61To90,
            _ => Self::Over90,
        }
    }

    /// Its option of `bank_debt.bucket`.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Days1To30 => "days_1_30",
            Self::Days31To60 => "days_31_60",
            Self::Days61To90 => "days_61_90",
            Self::Over90 => "over_90",
        }
    }

    /// What it is worth in a call list, of a hundred.
    pub(crate) fn points(self) -> i64 {
        match self {
            Self::Current => 0,
            Self::Days1To30 => 20,
            Self::Days31To60 => 40,
            Self::Days61To90 => 55,
            Self::Over90 => 70,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    fn day(text: (i32, u32, u32)) -> Date {
        Date::new(text.0, text.1, text.2).unwrap()
    }

    #[test]
    fn a_month_later_is_never_in_the_month_after() {
        for (from, months, to) in [
            ((2026, 1, 31), 1, (2026, 2, 28)),
            ((2024, 1, 31), 1, (2024, 2, 29)),
            ((2026, 3, 21), 12, (2027, 3, 21)),
            ((2026, 11, 30), 3, (2027, 2, 28)),
            ((2026, 3, 31), 0, (2026, 3, 31)),
        ] {
            assert_eq!(
                months_later(day(from), months, Calendar::Gregorian),
                day(to)
            );
        }
    }

    #[test]
    fn a_year_is_full_on_the_birthday() {
        assert_eq!(years(day((2008, 3, 26)), day((2026, 3, 25))), 17);
        assert_eq!(years(day((2008, 3, 25)), day((2026, 3, 25))), 18);
    }

    #[test]
    fn buckets_end_on_their_last_day() {
        let due = day((2026, 3, 21));
        let option = |days| Age::of(due, due.plus_days(days)).option();
        for (first, last, bucket) in [
            (-400, 0, "current"),
            (1, 30, "days_1_30"),
            (31, 60, "days_31_60"),
            (61, 90, "days_61_90"),
            (91, 4_000, "over_90"),
        ] {
            assert_eq!((option(first), option(last)), (bucket, bucket));
        }
    }

    proptest! {
        #[test]
        fn a_debt_never_becomes_younger(due in -100_000i32..100_000, days in -500i32..5_000, more in 0i32..500) {
            let due = Date(due);
            let (now, later) = (Age::of(due, due.plus_days(days)), Age::of(due, due.plus_days(days + more)));
            prop_assert!(later >= now && later.points() >= now.points());
        }

        #[test]
        fn months_follow_each_other(from in 0i32..40_000, months in 0u32..240) {
            let at = |months| months_later(Date(from), months, Calendar::Gregorian);
            let days = at(months + 1).0 - at(months).0;
            prop_assert!((28..=31).contains(&days), "{days}");
        }
    }
}
