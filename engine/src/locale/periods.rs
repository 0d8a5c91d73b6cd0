//! What is a week, a month, a quarter or a year called?

use chrono::NaiveDate;

use super::{Calendar, DateStyle, Digits, format_date, month_name};
use crate::context::Locale;

/// The name of the period that begins on a day, such as `Farvardin 1405`, `Q1 2026` or `۱۴۰۵`; a day and a week are
/// called by their first day. `period` is `day`, `week`, `month`, `quarter` or `year`.
///
/// ```
/// use peyvand::{Locale, locale::{Calendar, period_name}};
///
/// let nowruz = "2026-03-21".parse().unwrap();
/// assert_eq!(period_name("month", nowruz, Calendar::Jalali, Locale::Fa), "فروردین ۱۴۰۵");
/// assert_eq!(period_name("month", nowruz, Calendar::Jalali, Locale::En), "Farvardin 1405");
/// assert_eq!(period_name("quarter", nowruz, Calendar::Gregorian, Locale::En), "Q1 2026");
/// ```
#[must_use]
pub fn period_name(period: &str, first: NaiveDate, calendar: Calendar, language: Locale) -> String {
    let digits = |text: &str| Digits::of(language).write(text);
    let Some(named) = calendar.name_day(first) else {
        return digits(&first.to_string());
    };
    let year = digits(&named.year.to_string());
    match period {
        "year" => year,
        "quarter" => {
            let quarter = digits(&(named.month.saturating_sub(1) / 3 + 1).to_string());
            match language {
                Locale::Fa => format!("سه\u{200c}ماههٔ {quarter}، {year}"),
                Locale::Ar => format!("الربع {quarter}، {year}"),
                Locale::En => format!("Q{quarter} {year}"),
            }
        }
        "month" => match month_name(calendar, named.month, language) {
            Some(month) => format!("{month} {year}"),
            None => digits(&first.to_string()),
        },
        _ => format_date(first, calendar, language, DateStyle::Short)
            .unwrap_or_else(|| digits(&first.to_string())),
    }
}
