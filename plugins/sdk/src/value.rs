//! Which plain values does a plugin see? Numbers, days, times and money, exact and small.

use std::fmt;
use std::str::FromStr;

/// How many billionths make one.
const ONE: i128 = 1_000_000_000;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// An exact decimal number with nine places, counted in billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(i128);

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The number of so many billionths.
    pub const fn from_billionths(billionths: i128) -> Self {
        Self(billionths)
    }

    /// A whole number.
    pub const fn whole(number: i64) -> Self {
        Self(number as i128 * ONE)
    }

    /// The number as billionths.
    pub const fn billionths(self) -> i128 {
        self.0
    }

    /// The whole part, cut towards zero; the nearest end where it does not fit.
    pub fn truncated(self) -> i64 {
        let whole = self.0 / ONE;
        i64::try_from(whole).unwrap_or(if whole < 0 { i64::MIN } else { i64::MAX })
    }

    /// Whether there are no places after the point.
    pub const fn is_whole(self) -> bool {
        self.0 % ONE == 0
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self::whole(number)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        let (whole, places) = (size / ONE as u128, size % ONE as u128);
        if places == 0 {
            return write!(f, "{sign}{whole}");
        }
        let places = format!("{places:09}");
        write!(f, "{sign}{whole}.{}", places.trim_end_matches('0'))
    }
}

/// A text that is no decimal number of at most nine places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotDecimal;

impl fmt::Display for NotDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decimal number of at most nine places; write it as -12.50")
    }
}

impl std::error::Error for NotDecimal {}

impl FromStr for Decimal {
    type Err = NotDecimal;

    fn from_str(text: &str) -> Result<Self, NotDecimal> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let dangling = digits.ends_with('.');
        if whole.is_empty()
            || dangling
            || places.len() > 9
            || !all_digits(whole)
            || !all_digits(places)
        {
            return Err(NotDecimal);
        }
        let whole: i128 = whole.parse().map_err(|_| NotDecimal)?;
        let places: i128 = format!("{places:0<9}").parse().map_err(|_| NotDecimal)?;
        let size = whole
            .checked_mul(ONE)
            .and_then(|billionths| billionths.checked_add(places))
            .ok_or(NotDecimal)?;
        Ok(Self(if negative { -size } else { size }))
    }
}

/// The three letters of an ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currency of three capital letters.
    pub fn new(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
        letters
            .iter()
            .all(u8::is_ascii_uppercase)
            .then_some(Self(letters))
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        // They are capital letters, or there is no such value.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) const fn letters(self) -> [u8; 3] {
        self.0
    }
}

/// An amount in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// How much.
    pub amount: Decimal,
    /// Of what.
    pub currency: Currency,
}

/// A length of time in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(pub i64);

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl Instant {
    /// The day of this moment in UTC. A plugin has no time zone; where the day matters to a
    /// person, take [`Row::today`](crate::Row::today), which is the workspace's.
    pub fn day(self) -> Date {
        Date(i32::try_from(self.0.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX))
    }

    /// The first moment of a day in UTC.
    pub const fn start_of(day: Date) -> Self {
        Self(day.0 as i64 * MICROS_PER_DAY)
    }
}

/// A day without a zone: days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub i32);

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// The day with this English name in lower case, whole or its first three letters.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "mon" | "monday" => Self::Monday,
            "tue" | "tuesday" => Self::Tuesday,
            "wed" | "wednesday" => Self::Wednesday,
            "thu" | "thursday" => Self::Thursday,
            "fri" | "friday" => Self::Friday,
            "sat" | "saturday" => Self::Saturday,
            "sun" | "sunday" => Self::Sunday,
            _ => return None,
        })
    }
}

impl Date {
    /// The day of a Gregorian year, month (1 to 12) and day of the month.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        if day == 0 || day > last || !(-9999..=9999).contains(&year) {
            return None;
        }
        // Years are counted from March, so that the leap day is the last of its year.
        let shifted = i64::from(year) - i64::from(month < 3);
        let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
        let months = i64::from((month + 9) % 12);
        let of_year = (153 * months + 2) / 5 + i64::from(day) - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        i32::try_from(days).ok().map(Self)
    }

    /// The Gregorian year, month and day of the month.
    pub fn parts(self) -> (i32, u32, u32) {
        let days = i64::from(self.0) + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let months = (5 * of_year + 2) / 153;
        let day = of_year - (153 * months + 2) / 5 + 1;
        let month = (months + 2) % 12 + 1;
        let year = era * 400 + year + i64::from(month < 3);
        (
            i32::try_from(year).unwrap_or(i32::MAX),
            u32::try_from(month).unwrap_or(1),
            u32::try_from(day).unwrap_or(1),
        )
    }

    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        match (i64::from(self.0) + 3).rem_euclid(7) {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }

    /// So many days later (or earlier, below zero).
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn days_and_their_parts_agree_over_three_centuries() {
        let mut previous = Date::new(1899, 12, 31).unwrap();
        for year in 1900..2200 {
            for month in 1..=12 {
                for day in 1..=31 {
                    let Some(date) = Date::new(year, month, day) else {
                        continue;
                    };
                    assert_eq!(date, previous.plus_days(1));
                    assert_eq!(date.parts(), (year, month, day));
                    previous = date;
                }
            }
        }
    }

    #[test]
    fn known_days_have_their_numbers_and_weekdays() {
        assert_eq!(Date::new(1970, 1, 1), Some(Date(0)));
        assert_eq!(Date(0).weekday(), Weekday::Thursday);
        // Nowruz 1405.
        let nowruz = Date::new(2026, 3, 21).unwrap();
        assert_eq!(nowruz.weekday(), Weekday::Saturday);
        assert_eq!(nowruz.to_string(), "2026-03-21");
        assert_eq!(Date::new(2023, 2, 29), None);
        assert_eq!(Instant(-1).day(), Date(-1));
    }

    #[test]
    fn decimals_keep_nine_places_and_refuse_the_rest() {
        for text in [
            "0",
            "12.5",
            "-12.5",
            "0.000000001",
            "-170141183460469231731.5",
        ] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), text);
        }
        assert_eq!("12.50".parse::<Decimal>().unwrap().to_string(), "12.5");
        for text in [
            "",
            "-",
            ".5",
            "1.",
            "1e3",
            "+1",
            "0.0000000001",
            "۱۲",
            "--1",
            "999999999999999999999999999999999999999",
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(NotDecimal), "{text}");
        }
        assert_eq!(Decimal::from_billionths(-1_500_000_000).truncated(), -1);
    }
}
