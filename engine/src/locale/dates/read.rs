//! Which day did somebody write?
//!
//! The year comes first, or last, and is the number of four figures. What the text does not say, the rules say; what
//! neither says is refused with both readings:
//! - A month's name or an era names the calendar, and a year from 1700 on is Gregorian. Years before may be Persian or
//!   Hijri: where only one of them has such a day (no Hijri month has 31), it is that one.
//! - With the year last, a number over 12 is the day.
//! - A year of two figures needs rules that say which the latest is; a Persian one comes first, as in `۰۳/۰۵/۰۷`.

use chrono::NaiveDate;

use super::super::calendar::Calendar;
use super::super::fold::fold_text;
use super::super::variety::Variety;
use super::parts::{Parts, month};
use super::serial::SerialDates;

/// In which order figures stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DateOrder {
    /// Year, month, day.
    YearFirst,
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
}

/// What is known of dates before they are read. By default nothing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DateRules {
    /// The calendar of years that may be of several.
    pub calendar: Option<Calendar>,
    /// The order of figures that do not tell it.
    pub order: Option<DateOrder>,
    /// The latest year, in its calendar, that two figures mean: with 1410 `۰۳` is 1403 and `۹۹` is 1399.
    pub latest_year: Option<i32>,
    /// Numbers alone are days of a spreadsheet.
    pub serials: Option<SerialDates>,
}

impl DateRules {
    /// What readers of a variety of a language take for granted: its calendar and the order of its figures. In English
    /// day and month come in both orders, and none is taken for granted.
    #[must_use]
    pub fn of(variety: Variety) -> Self {
        Self {
            calendar: Some(variety.calendar()),
            order: match variety {
                Variety::English => None,
                Variety::Persian | Variety::Dari => Some(DateOrder::YearFirst),
                Variety::Arabic | Variety::Levantine | Variety::Maghrebi => {
                    Some(DateOrder::DayFirst)
                }
            },
            ..Self::default()
        }
    }

    /// With the latest year that two figures mean.
    #[must_use]
    pub fn with_latest_year(mut self, year: i32) -> Self {
        self.latest_year = Some(year);
        self
    }

    /// With a spreadsheet's count of days for numbers alone.
    #[must_use]
    pub fn with_serials(mut self, serials: SerialDates) -> Self {
        self.serials = Some(serials);
        self
    }

    /// With the calendar of years that may be of several.
    #[must_use]
    pub fn with_calendar(mut self, calendar: Calendar) -> Self {
        self.calendar = Some(calendar);
        self
    }

    /// With the order of figures that do not tell it.
    #[must_use]
    pub fn with_order(mut self, order: DateOrder) -> Self {
        self.order = Some(order);
        self
    }
}

/// A day that was read, and how it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadDate {
    /// The day.
    pub day: NaiveDate,
    /// The calendar of its figures; `None` for a spreadsheet's number.
    pub calendar: Option<Calendar>,
    /// The order in which its figures were taken; `None` where the year of four figures comes first, or a month is named.
    pub order: Option<DateOrder>,
}

/// The text is not a date that can be read without a guess.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotADate {
    /// No date at all.
    #[error("'{0}' is not a date; write it as 1404/05/07, 2025-07-29, or with the month in words")]
    Unreadable(String),
    /// A year that two calendars have, where nothing says which is meant.
    #[error("the year of '{text}' may be of the Persian calendar{} or of the Hijri one{}; say which", .jalali.map(so).unwrap_or_default(), .hijri.map(so).unwrap_or_default())]
    WhichCalendar {
        /// What was to be read.
        text: String,
        /// The day, if the year is Persian.
        jalali: Option<NaiveDate>,
        /// The day, if it is Hijri.
        hijri: Option<NaiveDate>,
    },
    /// Day and month may change places.
    #[error(
        "'{text}' may be {day_first} or {month_first}; say whether the day or the month comes first"
    )]
    WhichOrder {
        /// What was to be read.
        text: String,
        /// The day, if the day comes first.
        day_first: NaiveDate,
        /// The day, if the month does.
        month_first: NaiveDate,
    },
    /// A year of two figures, and nothing that says of which century.
    #[error(
        "the year of '{0}' has two figures; write all four, or say which is the latest year that is meant"
    )]
    ShortYear(String),
    /// Year, month and day are there, but the calendar has no such day.
    #[error("there is no day '{0}' in the {1} calendar")]
    NoSuchDay(String, &'static str),
}

fn so(day: NaiveDate) -> String {
    format!(" ({day})")
}

/// Reads a date in any of three sets of digits: `1404/5/7`, `۱۴۰۴-۰۵-۰۷`, `٢١/٣/٢٠٢٥`, `14040507`, `7 مرداد 1404`,
/// `جمعه ۱ فروردین ۱۴۰۴`, `March 21, 2025`.
///
/// The name of a month says which calendar it is; in figures a year from 1700 on is Gregorian, and an earlier one
/// belongs to the `usual` calendar. Where that is the Gregorian one, such a year is refused and not guessed. With the year
/// last, the day comes first.
///
/// # Errors
/// What is missing or wrong, in words.
pub fn parse_date(text: &str, usual: Calendar) -> Result<NaiveDate, NotADate> {
    let rules = DateRules::default().with_calendar(usual);
    read_date(text, &rules.with_order(DateOrder::DayFirst)).map(|read| read.day)
}

/// Reads a date by the rules of whoever knows where it comes from; what neither text nor rules say is not guessed.
///
/// # Errors
/// What is missing or wrong, or the days that it may be.
pub fn read_date(text: &str, rules: &DateRules) -> Result<ReadDate, NotADate> {
    let unreadable = || NotADate::Unreadable(text.trim().to_owned());
    let parts = Parts::of(&fold_text(text)).ok_or_else(unreadable)?;
    let named = match parts.words.as_str() {
        "" => None,
        word => Some(month(word, rules.calendar).ok_or_else(unreadable)?),
    };
    let calendar = named.map(|(calendar, _)| calendar).or(parts.era);
    let reading = Reading {
        text,
        rules,
        calendar,
    };
    match (named, parts.numbers()) {
        (Some((_, month)), [a, b]) => reading.with_month(month, *a, *b),
        (None, [a, b, c]) => reading.in_figures([*a, *b, *c]),
        (None, [(packed, 8)]) => reading.day_of(packed / 10_000, packed / 100 % 100, packed % 100),
        (None, [(serial, figures)]) if *figures < 8 && calendar.is_none() => {
            let serials = rules.serials.ok_or_else(unreadable)?;
            let day = serials.day(*serial);
            day.map(|day| ReadDate {
                day,
                calendar: None,
                order: None,
            })
            .ok_or_else(|| NotADate::NoSuchDay(text.trim().to_owned(), "spreadsheet's"))
        }
        _ => Err(unreadable()),
    }
}

/// A number and how many figures it has.
type Number = (u32, usize);

struct Reading<'a> {
    text: &'a str,
    rules: &'a DateRules,
    /// The calendar that the text names.
    calendar: Option<Calendar>,
}

impl Reading<'_> {
    fn with_month(&self, month: u8, a: Number, b: Number) -> Result<ReadDate, NotADate> {
        let month = u32::from(month);
        match (a, b) {
            ((day, 1 | 2), (year, 4)) | ((year, 4), (day, 1 | 2)) => self.day_of(year, month, day),
            // «۷ مرداد ۰۳»: the day comes first in all three languages.
            ((day, 1 | 2), (year, 2)) => self.day_of(self.full_year(year)?, month, day),
            _ => Err(NotADate::Unreadable(self.text.trim().to_owned())),
        }
    }

    fn in_figures(&self, [a, b, c]: [Number; 3]) -> Result<ReadDate, NotADate> {
        if [a, b, c]
            .iter()
            .any(|(_, figures)| matches!(figures, 3 | 5..))
            || b.1 > 2
        {
            return Err(NotADate::Unreadable(self.text.trim().to_owned()));
        }
        match (a.1, c.1) {
            (4, 1 | 2) => self.day_of(a.0, b.0, c.0),
            (1 | 2, 4) => self.year_last(a.0, b.0, c.0),
            (1 | 2, 1 | 2) => self.short_year(a.0, b.0, c.0),
            _ => Err(NotADate::Unreadable(self.text.trim().to_owned())),
        }
    }

    fn short_year(&self, a: u32, b: u32, c: u32) -> Result<ReadDate, NotADate> {
        // Without the calendar nobody knows which century it is.
        let calendar = self.calendar.or(self.rules.calendar);
        let year_first = match (calendar, self.rules.order) {
            (_, Some(order)) => order == DateOrder::YearFirst,
            (Some(Calendar::Jalali), None) => true,
            _ => false,
        };
        match year_first {
            true => self.ordered(DateOrder::YearFirst, self.full_year(a)?, b, c),
            false => self.year_last(a, b, self.full_year(c)?),
        }
    }

    /// The latest year with these last two figures that the rules allow.
    fn full_year(&self, short: u32) -> Result<u32, NotADate> {
        let latest = self
            .rules
            .latest_year
            .and_then(|year| u32::try_from(year).ok());
        let known = self.calendar.or(self.rules.calendar).is_some();
        let latest = latest.filter(|year| known && *year >= 100);
        let latest = latest.ok_or_else(|| NotADate::ShortYear(self.text.trim().to_owned()))?;
        let year = latest - latest % 100 + short;
        Ok(if year > latest { year - 100 } else { year })
    }

    fn year_last(&self, a: u32, b: u32, year: u32) -> Result<ReadDate, NotADate> {
        let day_first = match self.rules.order {
            Some(DateOrder::DayFirst) => true,
            Some(DateOrder::MonthFirst) => false,
            _ if a > 12 || a == b => true,
            _ if b > 12 => false,
            _ => {
                let (day_first, month_first) = (self.day_of(year, b, a)?, self.day_of(year, a, b)?);
                return Err(NotADate::WhichOrder {
                    text: self.text.trim().to_owned(),
                    day_first: day_first.day,
                    month_first: month_first.day,
                });
            }
        };
        match day_first {
            true => self.ordered(DateOrder::DayFirst, year, b, a),
            false => self.ordered(DateOrder::MonthFirst, year, a, b),
        }
    }

    fn ordered(
        &self,
        order: DateOrder,
        year: u32,
        month: u32,
        day: u32,
    ) -> Result<ReadDate, NotADate> {
        let read = self.day_of(year, month, day)?;
        Ok(ReadDate {
            order: Some(order),
            ..read
        })
    }

    fn day_of(&self, year: u32, month: u32, day: u32) -> Result<ReadDate, NotADate> {
        let day_in = |calendar: Calendar| {
            let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
            let is_of = (year >= 1700) == (calendar == Calendar::Gregorian);
            // A year of another calendar behind a month's name is a mistake, and no year far away.
            is_of.then_some(())?;
            calendar.day(i32::try_from(year).ok()?, month, day)
        };
        let calendar = match self.calendar {
            Some(calendar) => calendar,
            None if year >= 1700 => Calendar::Gregorian,
            None => match self.rules.calendar {
                Some(calendar) if calendar != Calendar::Gregorian => calendar,
                // The Gregorian calendar as a rule does not say which of the two a year before 1700 is of.
                rule => match (day_in(Calendar::Jalali), day_in(Calendar::Hijri)) {
                    (Some(_), None) if rule.is_none() => Calendar::Jalali,
                    (None, Some(_)) if rule.is_none() => Calendar::Hijri,
                    (None, None) if rule.is_none() => {
                        return Err(NotADate::Unreadable(self.text.trim().to_owned()));
                    }
                    (jalali, hijri) => {
                        return Err(NotADate::WhichCalendar {
                            text: self.text.trim().to_owned(),
                            jalali,
                            hijri,
                        });
                    }
                },
            },
        };
        match day_in(calendar) {
            Some(day) => Ok(ReadDate {
                day,
                calendar: Some(calendar),
                order: None,
            }),
            None => Err(NotADate::NoSuchDay(
                self.text.trim().to_owned(),
                calendar.name(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use Calendar::{Gregorian, Hijri, Jalali};

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn what_the_text_says_needs_no_rules() {
        let day = date(2024, 7, 28);
        for text in [
            "۷ مرداد ۱۴۰۳",
            "7 Mordad 1403",
            "۷ امرداد ماه ۱۴۰۳",
            "یکشنبه، ۷ مرداد ۱۴۰۳",
            "۷ اسد ۱۴۰۳",
            "1403/5/7 ه.ش",
            "2024-07-28",
            "٢٨/٧/٢٠٢٤",
            "٢٠٢٤/٧/٢٨",
            "20240728",
            "28 July 2024",
            "July 28th, 2024",
            "28 Jul 2024",
            "٢٨ تموز ٢٠٢٤",
            "٢٨ يوليو ٢٠٢٤ م",
            "۲۸ ژوئیه ۲۰۲۴",
            "۲۸ جولای ۲۰۲۴",
            "28-Jul-2024",
            "7/28/2024",
            "22 محرم 1446",
            "٢٢ محرم ١٤٤٦ هـ",
            "1446/1/22 هـ",
            "22 Muharram 1446 AH",
        ] {
            let read = read_date(text, &DateRules::default());
            assert_eq!(read.map(|read| read.day), Ok(day), "{text}");
        }
    }

    #[test]
    fn a_year_of_two_calendars_is_asked_unless_the_day_or_a_rule_decides() {
        let none = DateRules::default();
        let Err(NotADate::WhichCalendar { jalali, hijri, .. }) = read_date("1403/5/7", &none)
        else {
            panic!("it is read");
        };
        assert_eq!(
            (jalali, hijri),
            (Some(date(2024, 7, 28)), Calendar::Hijri.day(1403, 5, 7))
        );
        // No Hijri month has 31 days.
        let read = read_date("1403/5/31", &none).unwrap();
        assert_eq!((read.day, read.calendar), (date(2024, 8, 21), Some(Jalali)));
        assert_eq!(
            read_date("1403/5/7", &none.with_calendar(Jalali))
                .unwrap()
                .day,
            date(2024, 7, 28)
        );
        assert_eq!(
            read_date("1446/9/5", &none.with_calendar(Hijri))
                .unwrap()
                .day,
            date(2025, 3, 5)
        );
        assert_eq!(
            read_date("14030507", &none.with_calendar(Jalali))
                .unwrap()
                .day,
            date(2024, 7, 28)
        );
    }

    #[test]
    fn day_and_month_are_asked_unless_a_rule_or_a_number_decides() {
        let none = DateRules::default();
        let Err(NotADate::WhichOrder {
            day_first,
            month_first,
            ..
        }) = read_date("5/7/2024", &none)
        else {
            panic!("it is read");
        };
        assert_eq!(
            (day_first, month_first),
            (date(2024, 7, 5), date(2024, 5, 7))
        );
        let american = none.with_order(DateOrder::MonthFirst);
        assert_eq!(
            read_date("5/7/2024", &american).unwrap().day,
            date(2024, 5, 7)
        );
        assert!(matches!(
            read_date("28/7/2024", &american),
            Err(NotADate::NoSuchDay(..))
        ));
        assert_eq!(read_date("5/5/2024", &none).unwrap().day, date(2024, 5, 5));
    }

    #[test]
    fn two_figures_are_the_latest_year_that_the_rules_allow() {
        let persian = DateRules::of(Variety::Persian);
        assert!(matches!(
            read_date("۰۳/۰۵/۰۷", &persian),
            Err(NotADate::ShortYear(_))
        ));
        let persian = persian.with_latest_year(1410);
        for (text, day) in [
            ("۰۳/۰۵/۰۷", date(2024, 7, 28)),
            ("03-5-7", date(2024, 7, 28)),
            ("۹۹/۰۱/۰۱", date(2020, 3, 20)),
            ("۱۱/۰۱/۰۱", date(1932, 3, 21)),
            ("۷ مرداد ۰۳", date(2024, 7, 28)),
        ] {
            assert_eq!(read_date(text, &persian).unwrap().day, day, "{text}");
        }
        let arabic = DateRules::of(Variety::Arabic).with_latest_year(2030);
        assert_eq!(
            read_date("٢٨/٧/٢٤", &arabic).unwrap().day,
            date(2024, 7, 28)
        );
        let anywhere = DateRules::default().with_latest_year(2030);
        assert!(matches!(
            read_date("03/05/07", &anywhere),
            Err(NotADate::ShortYear(_))
        ));
    }

    #[test]
    fn a_number_alone_is_a_day_only_where_the_caller_says_so() {
        let none = DateRules::default();
        assert!(matches!(
            read_date("45501", &none),
            Err(NotADate::Unreadable(_))
        ));
        let read = read_date("۴۵۵۰۱", &none.with_serials(SerialDates::From1900)).unwrap();
        assert_eq!((read.day, read.calendar), (date(2024, 7, 28), None));
        let read = read_date("44039", &none.with_serials(SerialDates::From1904)).unwrap();
        assert_eq!(read.day, date(2024, 7, 28));
    }

    #[test]
    fn a_month_of_one_calendar_with_a_year_of_another_is_no_day() {
        for text in [
            "7 مرداد 2024",
            "7 July 1403",
            "5 رمضان 2024",
            "1403/13/1 ش",
            "1404/12/30 ش",
        ] {
            assert!(
                matches!(
                    read_date(text, &DateRules::default()),
                    Err(NotADate::NoSuchDay(..))
                ),
                "{text}"
            );
        }
        assert_eq!(
            read_date("8 May 2024", &DateRules::default())
                .unwrap()
                .calendar,
            Some(Gregorian)
        );
    }
}
