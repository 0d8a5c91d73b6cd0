//! Which day is it in another calendar?
//!
//! Days are `chrono::NaiveDate`; the other calendars are reached through the day number that both sides count from
//! 1 January of the year 1. Persian years follow ICU4X's 33-year rule with its corrections, which gives the 293 years
//! 1206 to 1498 of the table that the calendar centre of the University of Tehran publishes (a test has the table).
//! Hijri years are those of the Umm al-Qura calendar of Saudi Arabia, known from 1300 to 1600; outside there is no day.
//! A month announced after a sighting may begin a day apart: official holidays are data, not this calendar.

use chrono::{Datelike, NaiveDate};
use icu_calendar::Date;
use icu_calendar::cal::{Hijri, Persian};
use icu_calendar::types::RataDie;

use crate::context::Locale;

/// One of the calendars that our users live by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Calendar {
    /// The civil calendar of most of the world; also before 1582.
    Gregorian,
    /// The Persian solar calendar.
    Jalali,
    /// The lunar calendar as Umm al-Qura has it.
    Hijri,
}

/// A day as a calendar names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CalendarDay {
    /// The calendar.
    pub calendar: Calendar,
    /// The year, from 1.
    pub year: i32,
    /// The month, from 1 to 12.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

/// The years that the Umm al-Qura calendar is known for.
const HIJRI_YEARS: std::ops::RangeInclusive<i32> = 1300..=1600;
/// The years in which a Persian date is more than a sum: far ahead the rule is a guess about the sky.
const JALALI_YEARS: std::ops::RangeInclusive<i32> = 1..=3000;
/// The years that the published table of Persian leap years covers.
const JALALI_PUBLISHED: std::ops::RangeInclusive<i32> = 1206..=1498;

impl Calendar {
    /// The calendar that a language's readers expect: Persian ones the Jalali calendar, all others the Gregorian one.
    /// Somebody's own setting goes before it; Hijri is never guessed.
    #[must_use]
    pub fn usual(language: Locale) -> Self {
        match language {
            Locale::Fa => Self::Jalali,
            Locale::En | Locale::Ar => Self::Gregorian,
        }
    }

    /// The name in requests and templates: `gregorian`, `jalali`, `hijri`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gregorian => "gregorian",
            Self::Jalali => "jalali",
            Self::Hijri => "hijri",
        }
    }

    /// The calendar of a name; `persian` and `islamic-umalqura`, the names of Unicode, are understood too.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "gregorian" | "gregory" => Self::Gregorian,
            "jalali" | "persian" => Self::Jalali,
            "hijri" | "islamic-umalqura" => Self::Hijri,
            _ => return None,
        })
    }

    /// What this calendar calls a day; `None` outside its years.
    #[must_use]
    pub fn name_day(self, day: NaiveDate) -> Option<CalendarDay> {
        let number = RataDie::new(i64::from(day.num_days_from_ce()));
        let (year, month, of_month) = match self {
            Self::Gregorian => (day.year(), day.month() as u8, day.day() as u8),
            Self::Jalali => {
                let date = Date::from_rata_die(number, Persian);
                (
                    date.year().extended_year(),
                    date.month().ordinal,
                    date.day_of_month().0,
                )
            }
            Self::Hijri => {
                let date = Date::from_rata_die(number, Hijri::new_umm_al_qura());
                (
                    date.year().extended_year(),
                    date.month().ordinal,
                    date.day_of_month().0,
                )
            }
        };
        self.has_year(year).then_some(CalendarDay {
            calendar: self,
            year,
            month,
            day: of_month,
        })
    }

    /// The day of a year, month and day of this calendar; `None` where there is none, as 30 Esfand of a common year.
    #[must_use]
    pub fn day(self, year: i32, month: u8, day: u8) -> Option<NaiveDate> {
        if !self.has_year(year) {
            return None;
        }
        let number = match self {
            Self::Gregorian => {
                return NaiveDate::from_ymd_opt(year, u32::from(month), u32::from(day));
            }
            Self::Jalali => Date::try_new_persian(year, month, day).ok()?.to_rata_die(),
            Self::Hijri => {
                Date::try_new_hijri_with_calendar(year, month, day, Hijri::new_umm_al_qura())
                    .ok()?
                    .to_rata_die()
            }
        };
        NaiveDate::from_num_days_from_ce_opt(i32::try_from(number.to_i64_date()).ok()?)
    }

    /// Whether the year has a day more than a common one; `None` outside the calendar's years.
    #[must_use]
    pub fn is_leap(self, year: i32) -> Option<bool> {
        let first = self.day(year, 1, 1)?;
        match self {
            Self::Gregorian => Some(first.leap_year()),
            Self::Jalali => Some(self.day(year, 12, 30).is_some()),
            Self::Hijri => {
                let days = (1..=12).filter_map(|month| self.days_in_month(year, month));
                Some(days.map(u32::from).sum::<u32>() > 354)
            }
        }
    }

    /// How many days a month has; `None` where there is no such month.
    #[must_use]
    pub fn days_in_month(self, year: i32, month: u8) -> Option<u8> {
        (28..=31)
            .rev()
            .find(|day| self.day(year, month, *day).is_some())
            .or_else(|| self.day(year, month, 1).map(|_| 1))
    }

    /// Whether a day's date in this calendar is published by who keeps the calendar; where it is not, the rule goes on
    /// where the table ends, and the date may be a day off.
    #[must_use]
    pub fn is_published(self, day: NaiveDate) -> bool {
        self.name_day(day).is_some_and(|named| match self {
            Self::Gregorian => true,
            Self::Jalali => JALALI_PUBLISHED.contains(&named.year),
            Self::Hijri => true,
        })
    }

    fn has_year(self, year: i32) -> bool {
        match self {
            Self::Gregorian => (1..=9999).contains(&year),
            Self::Jalali => JALALI_YEARS.contains(&year),
            Self::Hijri => HIJRI_YEARS.contains(&year),
        }
    }
}

impl CalendarDay {
    /// The day itself.
    #[must_use]
    pub fn to_date(self) -> Option<NaiveDate> {
        self.calendar.day(self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// The leap years 1206 to 1498 that the Iranian calendar authority publishes (calendar.ut.ac.ir, KabiseShamsi1206-1498).
    const LEAP_YEARS: [i32; 71] = [
        1210, 1214, 1218, 1222, 1226, 1230, 1234, 1238, 1243, 1247, 1251, 1255, 1259, 1263, 1267,
        1271, 1276, 1280, 1284, 1288, 1292, 1296, 1300, 1304, 1309, 1313, 1317, 1321, 1325, 1329,
        1333, 1337, 1342, 1346, 1350, 1354, 1358, 1362, 1366, 1370, 1375, 1379, 1383, 1387, 1391,
        1395, 1399, 1403, 1408, 1412, 1416, 1420, 1424, 1428, 1432, 1436, 1441, 1445, 1449, 1453,
        1457, 1461, 1465, 1469, 1474, 1478, 1482, 1486, 1490, 1494, 1498,
    ];

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn every_published_persian_year_begins_on_its_day_and_has_its_length() {
        let mut first = date(1827, 3, 22);
        for year in 1206..=1498 {
            assert_eq!(Calendar::Jalali.day(year, 1, 1), Some(first), "{year}");
            let leap = LEAP_YEARS.contains(&year);
            assert_eq!(Calendar::Jalali.is_leap(year), Some(leap), "{year}");
            first = first + chrono::Days::new(365 + u64::from(leap));
        }
        assert_eq!(first, date(2120, 3, 21));
    }

    #[test]
    fn known_days_have_their_names_in_all_calendars() {
        let named = |calendar: Calendar, day| {
            let day = calendar.name_day(day).unwrap();
            (day.year, day.month, day.day)
        };
        for (day, jalali, hijri) in [
            (date(2025, 3, 21), (1404, 1, 1), (1446, 9, 21)),
            (date(2025, 3, 20), (1403, 12, 30), (1446, 9, 20)),
            (date(2026, 2, 18), (1404, 11, 29), (1447, 9, 1)),
            (date(1979, 2, 11), (1357, 11, 22), (1399, 3, 14)),
        ] {
            assert_eq!(named(Calendar::Jalali, day), jalali, "{day}");
            assert_eq!(named(Calendar::Hijri, day), hijri, "{day}");
            assert_eq!(
                Calendar::Jalali.day(jalali.0, jalali.1, jalali.2),
                Some(day)
            );
        }
    }

    #[test]
    fn days_that_a_calendar_does_not_have_are_none() {
        assert_eq!(Calendar::Jalali.day(1404, 12, 30), None);
        assert_eq!(Calendar::Jalali.day(1404, 13, 1), None);
        assert_eq!(Calendar::Jalali.day(1404, 7, 31), None);
        assert_eq!(Calendar::Hijri.day(1299, 1, 1), None);
        assert_eq!(Calendar::Hijri.day(1446, 9, 31), None);
        assert_eq!(Calendar::Gregorian.day(2025, 2, 29), None);
        assert_eq!(Calendar::Hijri.name_day(date(1800, 1, 1)), None);
        assert_eq!(Calendar::Jalali.days_in_month(1403, 12), Some(30));
        assert_eq!(Calendar::Jalali.days_in_month(1404, 12), Some(29));
    }

    #[test]
    fn outside_the_published_years_it_says_so() {
        assert!(Calendar::Jalali.is_published(date(2025, 3, 21)));
        assert!(!Calendar::Jalali.is_published(date(2200, 1, 1)));
    }

    proptest! {
        #[test]
        fn a_day_comes_back_from_every_calendar(number in 688_000i32..793_000) {
            let day = NaiveDate::from_num_days_from_ce_opt(number).unwrap();
            for calendar in [Calendar::Gregorian, Calendar::Jalali, Calendar::Hijri] {
                let named = calendar.name_day(day).unwrap();
                prop_assert_eq!(named.to_date(), Some(day));
                let next = calendar.name_day(day.succ_opt().unwrap()).unwrap();
                let follows = (next.year, next.month, next.day) > (named.year, named.month, named.day);
                prop_assert!(follows && (next.day == named.day + 1 || next.day == 1));
            }
        }
    }
}
