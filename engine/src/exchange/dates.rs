//! Which day does a cell mean, in a column of which the calendar is known?
//!
//! The calendar, and whether the day or the month comes first, is a matter of the column: decided once, by the mapping
//! or by what the first rows show beyond doubt, and asked where they do not. A cell that does not fit is refused, and
//! never read another way than its neighbours.

use chrono::{Datelike, Days, NaiveDate};

use super::cell::Cell;
use super::fault::InputFault;
use super::repair::{Fault, Mended, Repair};
use crate::locale::{Calendar, fold_text, parse_date};

/// The calendar of a column's days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnDays {
    Of(Calendar),
    /// The column mixes: years from 1700 on are Gregorian, earlier ones Persian. Only a mapping says so.
    ByYear,
}

/// Which of day and month comes first where the year is last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

impl Order {
    /// As a mapping writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::DayFirst => "day-first",
            Self::MonthFirst => "month-first",
        }
    }
}

/// What is known of a column of days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DateRule {
    pub(super) days: Option<ColumnDays>,
    pub(super) order: Option<Order>,
    /// Whether the workbook counts from 1904.
    pub(super) from_1904: bool,
}

/// A Gregorian year is not earlier, one of the other calendars not later.
const GREGORIAN: i32 = 1700;
/// Persian years of two figures: `03` is 1403, `60` is 1360.
const LAST_SHORT_YEAR: i32 = 1429;
/// The days of the years 1927 to 2119, as workbooks count them.
const SERIALS: std::ops::RangeInclusive<i64> = 10_000..=80_000;
/// Between the two ways of counting.
const DAYS_TO_1904: i64 = 1_462;

/// What the figures of a cell are.
enum Figures {
    Ymd(i32, u32, u32),
    /// The year is last, and the others in the order of the column.
    Last(u32, u32, i32),
    /// A year of two figures.
    Short(i32, u32, u32),
    /// Eight digits are above; fewer are days since 1900.
    Serial(i64),
    Words,
}

fn figures(cell: &Cell, text: &str) -> Figures {
    if let Cell::Moment(at) = cell {
        return Figures::Ymd(at.year(), at.month(), at.day());
    }
    let folded = fold_text(text);
    // A time behind the day says nothing of the day.
    let day = match folded.split_once([' ', 't']) {
        Some((day, time)) if time.contains(':') => day,
        _ => folded.as_str(),
    };
    let parts: Vec<&str> = day.split(['/', '-', '.', '\\']).map(str::trim).collect();
    let number = |text: &str| {
        let digits =
            !text.is_empty() && text.len() <= 8 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u32>().ok()).flatten()
    };
    let numbers: Option<Vec<u32>> = parts.iter().map(|part| number(part)).collect();
    let year = |number: u32| i32::try_from(number).unwrap_or_default();
    match numbers.as_deref() {
        Some([y, m, d]) if *y > 99 => Figures::Ymd(year(*y), *m, *d),
        Some([a, b, y]) if *y > 99 => Figures::Last(*a, *b, year(*y)),
        Some([y, m, d]) => Figures::Short(year(*y), *m, *d),
        Some([digits]) if (10_000_101..=99_991_231).contains(digits) => {
            Figures::Ymd(year(digits / 10_000), digits / 100 % 100, digits % 100)
        }
        Some([serial]) => Figures::Serial(i64::from(*serial)),
        _ => match cell {
            // A moment that the sheet shows as a bare number has a fraction.
            #[allow(
                clippy::cast_possible_truncation,
                reason = "a float that is too large saturates"
            )]
            Cell::Number(serial) => Figures::Serial(serial.floor() as i64),
            _ => Figures::Words,
        },
    }
}

impl DateRule {
    /// The day of a cell as programs write it.
    pub(super) fn mend(&self, cell: &Cell, text: &str) -> Result<Mended, Fault> {
        let day = self.day(cell, text)?.to_string();
        let mut mended = Mended {
            text: day,
            ..Mended::default()
        };
        if mended.text != text && !matches!(cell, Cell::Moment(at) if at.year() >= GREGORIAN) {
            mended.by.insert(Repair::Date);
        }
        Ok(mended)
    }

    fn day(&self, cell: &Cell, text: &str) -> Result<NaiveDate, Fault> {
        if let Cell::Moment(at) = cell
            && at.year() >= GREGORIAN
        {
            return Ok(at.date());
        }
        let (year, month, day) = match figures(cell, text) {
            Figures::Ymd(year, month, day) => (year, month, day),
            Figures::Last(one, other, year) if year < GREGORIAN => (year, other, one),
            Figures::Last(one, other, year) => match self.order {
                Some(Order::MonthFirst) => (year, one, other),
                Some(Order::DayFirst) => (year, other, one),
                None if one == other => (year, other, one),
                None => return Err(unclear(text)),
            },
            Figures::Short(year, month, day)
                if self.days == Some(ColumnDays::Of(Calendar::Jalali)) =>
            {
                let full = 1400 + year;
                let full = if full > LAST_SHORT_YEAR {
                    full - 100
                } else {
                    full
                };
                (full, month, day)
            }
            Figures::Short(..) => {
                let what = format!("the year of '{text}' has two figures; write all four");
                return Err(("short-year", what));
            }
            Figures::Serial(serial) => return self.serial(serial, text),
            Figures::Words => return self.words(text),
        };
        let calendar = self.calendar(year, text)?;
        let found = u8::try_from(month).ok().zip(u8::try_from(day).ok());
        let found = found.and_then(|(month, day)| calendar.day(year, month, day));
        found.ok_or_else(|| {
            let what = format!(
                "there is no day '{text}' in the {} calendar",
                calendar.name()
            );
            ("no-such-day", what)
        })
    }

    fn serial(&self, serial: i64, text: &str) -> Result<NaiveDate, Fault> {
        let offset = if self.from_1904 { DAYS_TO_1904 } else { 0 };
        let counted = serial + offset;
        // Day 1 is 1 January 1900, and there was a 29 February, says the first spreadsheet.
        let first = NaiveDate::from_ymd_opt(1899, 12, 30);
        let day = u64::try_from(counted)
            .ok()
            .filter(|_| SERIALS.contains(&counted));
        day.zip(first)
            .and_then(|(days, first)| first.checked_add_days(Days::new(days)))
            .ok_or_else(|| unreadable(text))
    }

    /// A month in words says its calendar itself.
    fn words(&self, text: &str) -> Result<NaiveDate, Fault> {
        let usual = match self.days {
            Some(ColumnDays::Of(calendar)) => calendar,
            Some(ColumnDays::ByYear) => Calendar::Jalali,
            None => Calendar::Gregorian,
        };
        parse_date(text, usual).map_err(|fault| ("wrong-type", fault.to_string()))
    }

    fn calendar(&self, year: i32, text: &str) -> Result<Calendar, Fault> {
        let is_late = year >= GREGORIAN;
        match self.days {
            Some(ColumnDays::ByYear) if is_late => Ok(Calendar::Gregorian),
            Some(ColumnDays::ByYear) => Ok(Calendar::Jalali),
            Some(ColumnDays::Of(calendar)) if is_late == (calendar == Calendar::Gregorian) => {
                Ok(calendar)
            }
            Some(ColumnDays::Of(calendar)) => {
                let what = format!(
                    "the column's days are those of the {} calendar and '{text}' is none; if both stand in it, write `calendar = \"by-year\"`",
                    calendar.name()
                );
                Err(("other-calendar", what))
            }
            None if is_late => Ok(Calendar::Gregorian),
            None => {
                let what = format!(
                    "the year of '{text}' is of the Persian or of the Hijri calendar; write `calendar = \"jalali\"` or \"hijri\""
                );
                Err(("which-calendar", what))
            }
        }
    }
}

fn unreadable(text: &str) -> Fault {
    let what = format!("'{text}' is not a day; write it as 1403/05/07 or 2024-07-28");
    ("wrong-type", what)
}

fn unclear(text: &str) -> Fault {
    let what = format!(
        "in '{text}' the day or the month may come first; write `order = \"day-first\"` or \"month-first\" into the mapping"
    );
    ("which-order", what)
}

/// What the first cells of a column show of it.
#[derive(Default)]
pub(super) struct Evidence {
    gregorian: Option<String>,
    early: Option<String>,
    /// Only Persian months have a 31st.
    has_31: bool,
    day_first: Option<String>,
    month_first: Option<String>,
    unclear: Option<String>,
}

impl Evidence {
    pub(super) fn add(&mut self, cell: &Cell, text: &str) {
        let keep = |place: &mut Option<String>| {
            place.get_or_insert_with(|| text.to_owned());
        };
        match figures(cell, text) {
            Figures::Ymd(year, ..) if year >= GREGORIAN => {
                // A real day of a workbook is clear in every column.
                if !matches!(cell, Cell::Moment(_)) {
                    keep(&mut self.gregorian);
                }
            }
            Figures::Ymd(_, _, day) | Figures::Short(_, _, day) => {
                keep(&mut self.early);
                self.has_31 |= day == 31;
            }
            Figures::Last(day, _, year) if year < GREGORIAN => {
                keep(&mut self.early);
                self.has_31 |= day == 31;
            }
            Figures::Last(one, other, _) => {
                keep(&mut self.gregorian);
                match (one, other) {
                    (13.., _) => keep(&mut self.day_first),
                    (_, 13..) => keep(&mut self.month_first),
                    (one, other) if one != other => keep(&mut self.unclear),
                    _ => {}
                }
            }
            Figures::Serial(_) | Figures::Words => {}
        }
    }

    /// What the column is, with what the mapping says of it first; a fault where somebody must be asked.
    pub(super) fn decide(
        self,
        header: &str,
        rule: DateRule,
        usual: Option<Calendar>,
    ) -> Result<DateRule, InputFault> {
        let column = || header.to_owned();
        let days = match (rule.days, self.gregorian, self.early) {
            (Some(days), ..) => Some(days),
            (None, Some(one), Some(other)) => {
                return Err(InputFault::MixedCalendars {
                    header: column(),
                    one,
                    other,
                });
            }
            (None, Some(_), None) => Some(ColumnDays::Of(Calendar::Gregorian)),
            (None, None, None) => None,
            (None, None, Some(example)) => {
                let said = named_in(header)
                    .or(self.has_31.then_some(Calendar::Jalali))
                    .or(usual.filter(|usual| *usual != Calendar::Gregorian));
                let Some(calendar) = said else {
                    return Err(InputFault::WhichCalendar {
                        header: column(),
                        example,
                    });
                };
                Some(ColumnDays::Of(calendar))
            }
        };
        let order = match (rule.order, self.day_first, self.month_first, self.unclear) {
            (Some(order), ..) => Some(order),
            (None, Some(_), None, _) => Some(Order::DayFirst),
            (None, None, Some(_), _) => Some(Order::MonthFirst),
            (None, None, None, None) => None,
            (None, Some(example), Some(_), _) | (None, None, None, Some(example)) => {
                return Err(InputFault::WhichOrder {
                    header: column(),
                    example,
                });
            }
        };
        Ok(DateRule {
            days,
            order,
            ..rule
        })
    }
}

/// The calendar that a header names.
pub(super) fn named_in(header: &str) -> Option<Calendar> {
    let folded = fold_text(header);
    let has = |words: &[&str]| words.iter().any(|word| folded.contains(&fold_text(word)));
    if has(&["شمسی", "جلالی", "jalali", "shamsi"]) {
        Some(Calendar::Jalali)
    } else if has(&["قمری", "هجري", "hijri"]) {
        Some(Calendar::Hijri)
    } else if has(&["میلادی", "gregorian"]) {
        Some(Calendar::Gregorian)
    } else {
        None
    }
}
