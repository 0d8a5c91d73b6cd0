//! What do people write? Folding, digits, telephones and the days of three calendars, as the host
//! does them. Natively nothing answers: a test that needs them runs the component.

use crate::value::Date;

/// One of the calendars that people live by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Calendar {
    Gregorian,
    Jalali,
    Hijri,
}

/// A day as a calendar names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct CalendarDay {
    pub year: i32,
    pub month: u8,
    pub day: u8,
}

/// The form in which two spellings are equal. Natively: without capitals.
pub fn fold(text: &str) -> String {
    #[cfg(target_arch = "wasm32")]
    return crate::guest::fold(text);
    #[cfg(not(target_arch = "wasm32"))]
    text.to_lowercase()
}

/// The text with Persian and Arabic digits as 0 to 9.
pub fn ascii_digits(text: &str) -> String {
    #[cfg(target_arch = "wasm32")]
    return crate::guest::ascii_digits(text);
    #[cfg(not(target_arch = "wasm32"))]
    {
        let digit = |c: char| match c {
            '۰'..='۹' => char::from_digit(c as u32 - '۰' as u32, 10).unwrap_or(c),
            '٠'..='٩' => char::from_digit(c as u32 - '٠' as u32, 10).unwrap_or(c),
            _ => c,
        };
        text.chars().map(digit).collect()
    }
}

/// A telephone number in the international form; without its country it is one of `country`
/// (`98`), dialled with `trunk` (`0`) within it. Natively none.
pub fn phone(number: &str, country: &str, trunk: &str) -> Option<String> {
    #[cfg(target_arch = "wasm32")]
    return crate::guest::phone(number, country, trunk);
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _ = (number, country, trunk);
        None
    }
}

impl Calendar {
    /// What this calendar calls a day; none outside its years, and natively.
    pub fn name(self, day: Date) -> Option<CalendarDay> {
        #[cfg(target_arch = "wasm32")]
        return crate::guest::in_calendar(day, self);
        #[cfg(not(target_arch = "wasm32"))]
        {
            let _ = day;
            None
        }
    }

    /// The day of a date; none where there is no such date, and natively.
    pub fn day(self, named: CalendarDay) -> Option<Date> {
        #[cfg(target_arch = "wasm32")]
        return crate::guest::day_of(self, named);
        #[cfg(not(target_arch = "wasm32"))]
        {
            let _ = named;
            None
        }
    }
}
