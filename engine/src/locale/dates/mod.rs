//! How is a day written and read in three calendars and three languages?

mod column;
mod instant;
mod parts;
mod read;
mod serial;

use std::fmt::Write;

use chrono::NaiveDate;

pub use column::{DateColumn, DateVerdict, judge_dates};
pub use instant::parse_instant;
pub use read::{DateOrder, DateRules, NotADate, ReadDate, parse_date, read_date};
pub use serial::SerialDates;

use super::calendar::{Calendar, CalendarDay};
use super::digits::Digits;
use super::month_names::{month_name, weekday_name};
use super::variety::Variety;
use crate::context::Locale;

/// How much of a date is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DateStyle {
    /// Figures: `۱۴۰۴/۰۱/۰۱`, `٢١/٣/٢٠٢٥`, `2025-03-21`.
    Short,
    /// The month in words: `۱ فروردین ۱۴۰۴`, `21 March 2025`.
    #[default]
    Long,
    /// With the day of the week: `جمعه ۱ فروردین ۱۴۰۴`.
    Full,
}

impl DateStyle {
    /// The style of a name: `short`, `long`, `full`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "short" => Self::Short,
            "long" => Self::Long,
            "full" => Self::Full,
            _ => return None,
        })
    }
}

/// A day as people write it; `None` outside the calendar's years.
#[must_use]
pub fn format_date(
    day: NaiveDate,
    calendar: Calendar,
    language: impl Into<Variety>,
    style: DateStyle,
) -> Option<String> {
    let variety = language.into();
    let language = variety.language();
    let CalendarDay {
        year,
        month,
        day: of_month,
        ..
    } = calendar.name_day(day)?;
    let mut out = String::with_capacity(40);
    if style == DateStyle::Full {
        out.push_str(weekday_name(day, language));
        out.push_str(match language {
            Locale::En => ", ",
            Locale::Fa => " ",
            Locale::Ar => "، ",
        });
    }
    // A String takes everything that is written to it.
    let _ = match (style, language) {
        (DateStyle::Short, Locale::En) => write!(out, "{year:04}-{month:02}-{of_month:02}"),
        (DateStyle::Short, Locale::Fa) => write!(out, "{year:04}/{month:02}/{of_month:02}"),
        (DateStyle::Short, Locale::Ar) => write!(out, "{of_month}/{month}/{year}"),
        (DateStyle::Long | DateStyle::Full, _) => {
            let name = month_name(calendar, month, variety)?;
            write!(out, "{of_month} {name} {year}")
        }
    };
    if style != DateStyle::Short && calendar == Calendar::Hijri {
        out.push_str(match language {
            Locale::En => " AH",
            Locale::Fa => " ق",
            Locale::Ar => " هـ",
        });
    }
    Some(match variety.digits() {
        Digits::Ascii => out,
        digits => digits.write(&out),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const VARIETIES: [Variety; 6] = [
        Variety::English,
        Variety::Persian,
        Variety::Dari,
        Variety::Arabic,
        Variety::Levantine,
        Variety::Maghrebi,
    ];

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn one_day_is_written_in_three_calendars_and_languages() {
        let day = date(2025, 3, 21);
        let written =
            |calendar, language, style| format_date(day, calendar, language, style).unwrap();
        use Calendar::{Gregorian, Hijri, Jalali};
        use DateStyle::{Full, Long, Short};
        use Locale::{Ar, En, Fa};
        for (calendar, language, style, expected) in [
            (Jalali, Fa, Short, "۱۴۰۴/۰۱/۰۱"),
            (Jalali, Fa, Full, "جمعه ۱ فروردین ۱۴۰۴"),
            (Gregorian, Fa, Long, "۲۱ مارس ۲۰۲۵"),
            (Hijri, Ar, Full, "الجمعة، ٢١ رمضان ١٤٤٦ هـ"),
            (Gregorian, Ar, Short, "٢١/٣/٢٠٢٥"),
            (Gregorian, En, Short, "2025-03-21"),
            (Jalali, En, Full, "Friday, 1 Farvardin 1404"),
            (Hijri, En, Long, "21 Ramadan 1446 AH"),
        ] {
            assert_eq!(written(calendar, language, style), expected);
        }
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        for (text, usual, expected) in [
            ("1404/5/7", Calendar::Jalali, date(2025, 7, 29)),
            ("۱۴۰۴-۰۵-۰۷", Calendar::Jalali, date(2025, 7, 29)),
            ("14040507", Calendar::Jalali, date(2025, 7, 29)),
            (
                "سه‌شنبه ۷ مرداد ماه ۱۴۰۴",
                Calendar::Gregorian,
                date(2025, 7, 29),
            ),
            ("۷ امرداد ۱۴۰۴", Calendar::Jalali, date(2025, 7, 29)),
            ("٢١/٣/٢٠٢٥", Calendar::Gregorian, date(2025, 3, 21)),
            ("2025-03-21", Calendar::Jalali, date(2025, 3, 21)),
            ("March 21, 2025", Calendar::Gregorian, date(2025, 3, 21)),
            ("21 mar 2025", Calendar::Jalali, date(2025, 3, 21)),
            ("21 آذار 2025", Calendar::Gregorian, date(2025, 3, 21)),
            ("١٤٤٦/٩/٢١", Calendar::Hijri, date(2025, 3, 21)),
            ("21 رمضان 1446 هـ", Calendar::Gregorian, date(2025, 3, 21)),
        ] {
            assert_eq!(parse_date(text, usual), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_two_calendars_could_mean_is_asked_and_not_guessed() {
        assert!(matches!(
            parse_date("1404/05/07", Calendar::Gregorian),
            Err(NotADate::WhichCalendar { .. })
        ));
        assert!(matches!(
            parse_date("1404/12/30", Calendar::Jalali),
            Err(NotADate::NoSuchDay(_, "jalali"))
        ));
        for text in [
            "",
            "مهر",
            "1404",
            "1404/5",
            "7 Foo 1404",
            "1404/5/7/9",
            "99999999999",
        ] {
            assert!(
                matches!(
                    parse_date(text, Calendar::Jalali),
                    Err(NotADate::Unreadable(_))
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn a_variety_has_its_own_months_and_digits() {
        let day = date(2025, 1, 20);
        let long =
            |calendar, variety| format_date(day, calendar, variety, DateStyle::Long).unwrap();
        for (calendar, variety, expected) in [
            (Calendar::Jalali, Variety::Persian, "۱ بهمن ۱۴۰۳"),
            (Calendar::Jalali, Variety::Dari, "۱ دلو ۱۴۰۳"),
            (Calendar::Gregorian, Variety::Dari, "۲۰ جنوری ۲۰۲۵"),
            (Calendar::Gregorian, Variety::Arabic, "٢٠ يناير ٢٠٢٥"),
            (
                Calendar::Gregorian,
                Variety::Levantine,
                "٢٠ كانون الثاني ٢٠٢٥",
            ),
            (Calendar::Gregorian, Variety::Maghrebi, "20 يناير 2025"),
            (Calendar::Hijri, Variety::Arabic, "٢٠ رجب ١٤٤٦ هـ"),
        ] {
            assert_eq!(long(calendar, variety), expected);
        }
    }

    proptest! {
        #[test]
        fn a_date_is_read_back_as_it_was_written(number in 690_000i32..790_000) {
            let day = NaiveDate::from_num_days_from_ce_opt(number).unwrap();
            for calendar in [Calendar::Gregorian, Calendar::Jalali, Calendar::Hijri] {
                for language in VARIETIES {
                    for style in [DateStyle::Short, DateStyle::Long, DateStyle::Full] {
                        let text = format_date(day, calendar, language, style).unwrap();
                        prop_assert_eq!(parse_date(&text, calendar), Ok(day), "{}", text);
                    }
                }
            }
        }

        #[test]
        fn no_text_is_too_much(text in ".{0,40}") {
            let _ = parse_date(&text, Calendar::Jalali);
        }
    }
}
