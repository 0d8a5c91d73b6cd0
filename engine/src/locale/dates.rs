//! How is a day written and read in three calendars and three languages?

use std::fmt::Write;

use chrono::NaiveDate;

use super::calendar::{Calendar, CalendarDay};
use super::digits::Digits;
use super::fold::fold_text;
use super::month_names::{FOLDED_MONTHS, FOLDED_WEEKDAYS, month_name, weekday_name};
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
    language: Locale,
    style: DateStyle,
) -> Option<String> {
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
            let name = month_name(calendar, month, language)?;
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
    Some(match language {
        Locale::En => out,
        Locale::Fa | Locale::Ar => Digits::of(language).write(&out),
    })
}

/// The text is not a date that can be read without a guess.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotADate {
    /// No date at all.
    #[error("'{0}' is not a date; write it as 1404/05/07, 2025-07-29, or with the month in words")]
    Unreadable(String),
    /// A year that two calendars have, where neither is the usual one.
    #[error("the year of '{0}' is one of the Persian or of the Hijri calendar; say which")]
    WhichCalendar(String),
    /// Year, month and day are there, but the calendar has no such day.
    #[error("there is no day '{0}' in the {1} calendar")]
    NoSuchDay(String, &'static str),
}

/// Reads a date in any of three sets of digits: `1404/5/7`, `۱۴۰۴-۰۵-۰۷`, `٢١/٣/٢٠٢٥`, `14040507`, `7 مرداد 1404`,
/// `جمعه ۱ فروردین ۱۴۰۴`, `March 21, 2025`.
///
/// The name of a month says which calendar it is; in figures a year from 1700 on is Gregorian, and an earlier one
/// belongs to the `usual` calendar. Where that is the Gregorian one, such a year is refused and not guessed.
///
/// # Errors
/// What is missing or wrong, in words.
pub fn parse_date(text: &str, usual: Calendar) -> Result<NaiveDate, NotADate> {
    let unreadable = || NotADate::Unreadable(text.to_owned());
    let folded = fold_text(text);
    let (numbers, words) = parts(&folded).ok_or_else(unreadable)?;
    let named = match words.as_str() {
        "" => None,
        words => Some(month(words, usual).ok_or_else(unreadable)?),
    };
    let (year, month, day) = match (named, numbers.as_slice()) {
        (Some((_, month)), [day, year]) if *year > 31 => (*year, u32::from(month), *day),
        (Some((_, month)), [year, day]) if *year > 31 => (*year, u32::from(month), *day),
        (None, [year, month, day]) if *year > 31 => (*year, *month, *day),
        (None, [day, month, year]) if *year > 31 => (*year, *month, *day),
        (None, [digits]) if (10_000_101..=99_991_231).contains(digits) => {
            (digits / 10_000, digits / 100 % 100, digits % 100)
        }
        _ => return Err(unreadable()),
    };
    let calendar = match named {
        Some((calendar, _)) => calendar,
        None if year >= 1700 => Calendar::Gregorian,
        None if usual == Calendar::Gregorian => {
            return Err(NotADate::WhichCalendar(text.to_owned()));
        }
        None => usual,
    };
    let no_such_day = || NotADate::NoSuchDay(text.to_owned(), calendar.name());
    let (Ok(year), Ok(month), Ok(day)) =
        (i32::try_from(year), u8::try_from(month), u8::try_from(day))
    else {
        return Err(no_such_day());
    };
    calendar.day(year, month, day).ok_or_else(no_such_day)
}

/// The numbers of a folded date, and its words without those that say nothing new.
fn parts(folded: &str) -> Option<(Vec<u32>, String)> {
    let mut numbers = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    let is_mark = |c: char| c.is_whitespace() || matches!(c, '/' | '-' | '.' | ',' | '،' | '\\');
    for part in folded.split(is_mark).filter(|part| !part.is_empty()) {
        if part.starts_with(|c: char| c.is_ascii_digit()) {
            numbers.push(part.parse().ok()?);
        } else if !is_noise(part) {
            words.push(part);
        }
    }
    Some((numbers, words.join(" ")))
}

/// Days of the week, eras, «ماه» after a month's name: the date is the same without.
fn is_noise(word: &str) -> bool {
    const WORDS: [&str; 15] = [
        "ماه",
        "ه",
        "ق",
        "ش",
        "م",
        "ah",
        "ad",
        "ce",
        "ap",
        "of",
        "میلادی",
        "شمسی",
        "قمری",
        "هجری",
        "روز",
    ];
    WORDS.contains(&word) || FOLDED_WEEKDAYS.iter().any(|name| name == word)
}

/// The calendar and the number of a month's folded name. A name that two calendars have is the usual one's.
fn month(folded: &str, usual: Calendar) -> Option<(Calendar, u8)> {
    let is_short = folded.is_ascii() && folded.len() >= 3;
    let mut found = None;
    for (name, calendar, month) in FOLDED_MONTHS.iter() {
        let short = is_short && *calendar == Calendar::Gregorian && name.starts_with(folded);
        if name == folded || short {
            if *calendar == usual {
                return Some((*calendar, *month));
            }
            found = found.or(Some((*calendar, *month)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const LANGUAGES: [Locale; 3] = [Locale::En, Locale::Fa, Locale::Ar];

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
            Err(NotADate::WhichCalendar(_))
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
            "5/7/4",
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

    proptest! {
        #[test]
        fn a_date_is_read_back_as_it_was_written(number in 690_000i32..790_000) {
            let day = NaiveDate::from_num_days_from_ce_opt(number).unwrap();
            for calendar in [Calendar::Gregorian, Calendar::Jalali, Calendar::Hijri] {
                for language in LANGUAGES {
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
