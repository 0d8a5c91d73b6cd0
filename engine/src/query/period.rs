//! Which days are `this-quarter@persian`?
//!
//! ```text
//! today  yesterday  tomorrow
//! this-week  last-month  next-quarter  this-year
//! last-90-days  next-7-days        days count today in: ninety that end today, seven that begin today
//! last-3-months  next-2-weeks      whole ones, before or after the one that today lies in
//! this-fiscal-year  last-2-fiscal-quarters    as the workspace has set its fiscal year, which has a calendar of its own
//! 1403/05/07@persian  1403/05@persian  1403@persian  2026-03  2026
//! ```
//!
//! Each may end in `@persian`, `@hijri` or `@gregorian`, and is Gregorian where it does not: a filter that many share
//! means the same days for all of them, whatever their language. The calendar also says when a week begins: on Monday,
//! by the Persian calendar on Saturday, by the Hijri one, which is that of Saudi Arabia, on Sunday.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::fiscal::FiscalYear;
use crate::locale::fold_digits;
#[cfg(feature = "intl")]
use crate::locale::{Calendar, parse_date};
use crate::schema::did_you_mean;

/// What a message lists.
pub(super) const WORDS: &str = "today, yesterday, tomorrow, this-week, last-month, next-quarter, this-year, \
     last-90-days, next-2-weeks, this-fiscal-year, today-14d, 2026-03-21, 2026-03, 2026, \
     and by another calendar this-month@persian, 1403/05/07@persian, this-year@hijri";

const UNITS: [(&str, Unit); 7] = [
    ("day", Unit::Day),
    ("week", Unit::Week),
    ("month", Unit::Month),
    ("quarter", Unit::Quarter),
    ("year", Unit::Year),
    ("fiscal-quarter", Unit::FiscalQuarter),
    ("fiscal-year", Unit::FiscalYear),
];
/// A year without a calendar's name is not taken for a Gregorian one before this: it may be Persian or Hijri.
const FIRST_PLAIN_YEAR: i32 = 1700;
const LONGEST: i64 = 10_000;

/// From the first to the last day, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    FiscalQuarter,
    FiscalYear,
}

impl Unit {
    /// How many months a part of the fiscal year has.
    fn fiscal(self) -> Option<i64> {
        match self {
            Self::FiscalQuarter => Some(3),
            Self::FiscalYear => Some(12),
            _ => None,
        }
    }
}

/// The calendar that months and years are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reckoning {
    Gregorian,
    #[cfg(feature = "intl")]
    Other(Calendar),
}

/// Reads a form of the list above; `None` when it is none of them, such as `2026-03-21` or `today-14d`.
pub(super) fn period(
    written: &str,
    today: NaiveDate,
    fiscal: Option<FiscalYear>,
) -> Option<Result<Period, String>> {
    let plain = fold_digits(written.trim()).to_lowercase();
    let (form, calendar) = match plain.rsplit_once('@') {
        Some((form, name)) => match Reckoning::named(name.trim()) {
            Ok(calendar) => (form.trim(), Some(calendar)),
            Err(message) => return Some(Err(format!("'{written}': {message}"))),
        },
        None => (plain.as_str(), None),
    };
    let reckoning = calendar.unwrap_or(Reckoning::Gregorian);
    let outside = || {
        let name = reckoning.name();
        format!("'{written}' is outside the years that the {name} calendar is known for")
    };
    if let Some((unit, from, to)) = words(form) {
        let period = match (unit.fiscal(), calendar, fiscal) {
            (None, ..) => reckoning.period(unit, today, from, to),
            (Some(_), Some(_), _) => {
                return Some(Err(format!(
                    "'{written}': a fiscal year has a calendar of its own; leave out what stands after @"
                )));
            }
            (Some(months), None, fiscal) => fiscal?.period(today, months, from, to),
        };
        return Some(period.ok_or_else(outside));
    }
    match (calendar, whole(form)) {
        (None, Some((year, _))) if year < FIRST_PLAIN_YEAR => Some(Err(format!(
            "the year of '{written}' may be a Persian or a Hijri one; say which, as in {year}@persian"
        ))),
        (_, Some((year, month))) => Some(reckoning.of_year(year, month).ok_or_else(outside)),
        (Some(calendar), None) => Some(calendar.literal(form).map_or_else(
            || Err(unreadable(written, form)),
            |day| {
                Ok(Period {
                    first: day,
                    last: day,
                })
            },
        )),
        (None, None) if looks_like_words(form) => Some(Err(unreadable(written, form))),
        (None, None) => None,
    }
}

/// Whether a form means other days when it is asked another day.
pub(crate) fn is_relative(written: &str) -> bool {
    let plain = fold_digits(written.trim()).to_lowercase();
    let form = plain.split('@').next().unwrap_or_default().trim();
    form.starts_with("today") || form.starts_with("now") || words(form).is_some()
}

/// Whether a form names a fiscal year or a part of one.
pub(super) fn is_fiscal(written: &str) -> bool {
    let plain = fold_digits(written.trim()).to_lowercase();
    let form = plain.split('@').next().unwrap_or_default().trim();
    words(form).is_some_and(|(unit, ..)| unit.fiscal().is_some())
}

fn unreadable(written: &str, form: &str) -> String {
    let mut known: Vec<String> = ["today", "yesterday", "tomorrow"].map(str::to_owned).into();
    for which in ["this", "last", "next"] {
        known.extend(
            UNITS
                .iter()
                .skip(1)
                .map(|(unit, _)| format!("{which}-{unit}")),
        );
    }
    let calendar = written.trim().rsplit_once('@').map_or("", |(_, name)| name);
    if !calendar.is_empty() {
        known
            .iter_mut()
            .for_each(|word| *word = format!("{word}@{calendar}"));
    }
    let typed = match calendar.is_empty() {
        true => form.to_owned(),
        false => format!("{form}@{calendar}"),
    };
    let near = did_you_mean(&typed, known.iter().map(String::as_str));
    format!("'{written}' stands for no days{near}; there are {WORDS}")
}

/// Forms that are meant as words of this list, and mistyped.
fn looks_like_words(form: &str) -> bool {
    ["this", "last", "next", "yester", "tomor"]
        .iter()
        .any(|start| form.starts_with(start))
}

/// The unit, and from which to which, counted from the one that today lies in.
fn words(form: &str) -> Option<(Unit, i64, i64)> {
    let form = form.replace(['_', ' '], "-");
    match form.as_str() {
        "today" => return Some((Unit::Day, 0, 0)),
        "yesterday" => return Some((Unit::Day, -1, -1)),
        "tomorrow" => return Some((Unit::Day, 1, 1)),
        _ => {}
    }
    let (which, rest) = form.split_once('-')?;
    let unit_of = |name: &str| UNITS.iter().find(|(known, _)| *known == name);
    let one = unit_of(rest);
    if let Some((_, unit)) = one.filter(|(_, unit)| *unit != Unit::Day) {
        let at = match which {
            "this" => 0,
            "last" => -1,
            "next" => 1,
            _ => return None,
        };
        return Some((*unit, at, at));
    }
    let (count, units) = rest.split_once('-')?;
    let (_, unit) = unit_of(units.strip_suffix('s').unwrap_or(units))?;
    let digits = count.bytes().all(|byte| byte.is_ascii_digit());
    let count: i64 = count.parse().ok().filter(|_| digits)?;
    if !(1..=LONGEST).contains(&count) {
        return None;
    }
    // Of days, today is one.
    let today = i64::from(*unit == Unit::Day);
    match which {
        "last" => Some((*unit, -count + today, -1 + today)),
        "next" => Some((*unit, 1 - today, count - today)),
        _ => None,
    }
}

/// `1403` or `1403/05`.
fn whole(form: &str) -> Option<(i32, Option<u8>)> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (year, month) = match form.split_once(['/', '-']) {
        Some((year, month)) => (year, Some(month)),
        None => (form, None),
    };
    if year.len() != 4
        || !digits(year)
        || !month.is_none_or(|month| month.len() <= 2 && digits(month))
    {
        return None;
    }
    let month = match month {
        Some(month) => Some(month.parse().ok()?),
        None => None,
    };
    Some((year.parse().ok()?, month))
}

impl Reckoning {
    #[cfg(feature = "intl")]
    pub(super) fn named(name: &str) -> Result<Self, String> {
        match Calendar::from_name(name) {
            Some(Calendar::Gregorian) => Ok(Self::Gregorian),
            Some(other) => Ok(Self::Other(other)),
            None => Err(no_calendar(name)),
        }
    }

    #[cfg(not(feature = "intl"))]
    pub(super) fn named(name: &str) -> Result<Self, String> {
        match name {
            "gregorian" | "gregory" => Ok(Self::Gregorian),
            "persian" | "jalali" | "hijri" | "islamic-umalqura" => Err(format!(
                "this program was built without the {name} calendar; build it with the feature intl"
            )),
            _ => Err(no_calendar(name)),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gregorian => "gregorian",
            #[cfg(feature = "intl")]
            Self::Other(Calendar::Jalali) => "persian",
            #[cfg(feature = "intl")]
            Self::Other(other) => other.name(),
        }
    }

    fn first_weekday(self) -> Weekday {
        match self {
            Self::Gregorian => Weekday::Mon,
            #[cfg(feature = "intl")]
            Self::Other(Calendar::Jalali) => Weekday::Sat,
            #[cfg(feature = "intl")]
            Self::Other(_) => Weekday::Sun,
        }
    }

    /// Year, and month from 1.
    pub(super) fn month_of(self, day: NaiveDate) -> Option<(i64, i64)> {
        match self {
            Self::Gregorian => Some((day.year().into(), day.month().into())),
            #[cfg(feature = "intl")]
            Self::Other(calendar) => {
                let named = calendar.name_day(day)?;
                Some((named.year.into(), named.month.into()))
            }
        }
    }

    pub(super) fn day(self, year: i32, month: u8, day: u8) -> Option<NaiveDate> {
        match self {
            Self::Gregorian => NaiveDate::from_ymd_opt(year, month.into(), day.into()),
            #[cfg(feature = "intl")]
            Self::Other(calendar) => calendar.day(year, month, day),
        }
    }

    /// The first day of a month, counted from January of the year 0.
    fn month(self, number: i64) -> Option<NaiveDate> {
        let year = i32::try_from(number.div_euclid(12)).ok()?;
        let month = u8::try_from(number.rem_euclid(12) + 1).ok()?;
        self.day(year, month, 1)
    }

    fn period(self, unit: Unit, today: NaiveDate, from: i64, to: i64) -> Option<Period> {
        let start = |at: i64| match unit {
            Unit::Day => moved(today, at),
            Unit::Week => {
                let days = today.weekday().days_since(self.first_weekday());
                moved(today, at * 7 - i64::from(days))
            }
            // The parts of a fiscal year are not counted here.
            Unit::FiscalQuarter | Unit::FiscalYear => None,
            Unit::Month | Unit::Quarter | Unit::Year => {
                let months = match unit {
                    Unit::Month => 1,
                    Unit::Quarter => 3,
                    _ => 12,
                };
                let (year, month) = self.month_of(today)?;
                let number = year * 12 + month - 1;
                self.month((number.div_euclid(months) + at) * months)
            }
        };
        Some(Period {
            first: start(from)?,
            last: start(to + 1)?.pred_opt()?,
        })
    }

    fn of_year(self, year: i32, month: Option<u8>) -> Option<Period> {
        let (months, first) = match month {
            Some(month @ 1..=12) => (1, i64::from(month) - 1),
            Some(_) => return None,
            None => (12, 0),
        };
        let number = i64::from(year) * 12 + first;
        Some(Period {
            first: self.month(number)?,
            last: self.month(number + months)?.pred_opt()?,
        })
    }

    /// `1403/05/07`, or with the month in words.
    fn literal(self, form: &str) -> Option<NaiveDate> {
        let parts: Vec<&str> = form.split(['/', '-']).map(str::trim).collect();
        if let [year, month, day] = parts.as_slice()
            && let (Ok(year), Ok(month), Ok(day)) = (year.parse(), month.parse(), day.parse())
        {
            return self.day(year, month, day);
        }
        self.in_words(form)
    }

    #[cfg(feature = "intl")]
    fn in_words(self, form: &str) -> Option<NaiveDate> {
        let calendar = match self {
            Self::Gregorian => Calendar::Gregorian,
            Self::Other(other) => other,
        };
        let is_figures = form.chars().all(|c| !c.is_alphabetic());
        parse_date(form, calendar).ok().filter(|_| !is_figures)
    }

    #[cfg(not(feature = "intl"))]
    fn in_words(self, _form: &str) -> Option<NaiveDate> {
        None
    }
}

fn moved(day: NaiveDate, days: i64) -> Option<NaiveDate> {
    let by = Days::new(days.unsigned_abs());
    if days < 0 {
        day.checked_sub_days(by)
    } else {
        day.checked_add_days(by)
    }
}

fn no_calendar(name: &str) -> String {
    const NAMES: [&str; 3] = ["gregorian", "persian", "hijri"];
    let near = did_you_mean(name, NAMES.into_iter());
    format!(
        "there is no calendar '{name}'{near}; there are {}",
        NAMES.join(", ")
    )
}
