//! Which figures and words does a date consist of?

use super::super::calendar::Calendar;
use super::super::month_names::{FOLDED_MONTHS, FOLDED_WEEKDAYS};

/// A date taken apart, before anybody knows what its numbers mean.
pub(super) struct Parts {
    /// Each number with the count of its figures; a date has three at most.
    numbers: [(u32, usize); 3],
    count: usize,
    /// The words without those that say nothing, joined.
    pub(super) words: String,
    /// What an era says of the calendar.
    pub(super) era: Option<Calendar>,
}

impl Parts {
    /// Of folded text; `None` where there are more numbers than a date has.
    pub(super) fn of(folded: &str) -> Option<Self> {
        let mut parts = Self {
            numbers: [(0, 0); 3],
            count: 0,
            words: String::new(),
            era: None,
        };
        let mut weak = None;
        let is_mark = |c: char| {
            matches!(c, ' ' | '/' | '-' | '.' | ',' | '\\' | '\'' | '(' | ')') || c == '\u{2013}'
        };
        for part in folded.split(is_mark).filter(|part| !part.is_empty()) {
            let figures = part.bytes().take_while(u8::is_ascii_digit).count();
            let (figures, word) = part.split_at(figures);
            if !figures.is_empty() {
                let slot = parts.numbers.get_mut(parts.count)?;
                *slot = (figures.parse().ok()?, figures.len());
                parts.count += 1;
            }
            // «7th», «۷ام».
            if word.is_empty() || !figures.is_empty() && is_ordinal(word) {
                continue;
            }
            match era(word) {
                Some(Era::Of(calendar)) => parts.era = Some(calendar),
                Some(Era::Lunar) => weak = Some(Calendar::Hijri),
                None if is_noise(word) => {}
                None => parts.words.push_str(word),
            }
        }
        // «هـ» alone is the lunar year; before «ش» it only says that the years are counted from the Hijra.
        parts.era = parts.era.or(weak);
        Some(parts)
    }

    pub(super) fn numbers(&self) -> &[(u32, usize)] {
        self.numbers.get(..self.count).unwrap_or_default()
    }
}

enum Era {
    Of(Calendar),
    /// «هـ», which Persian puts before «ش» too.
    Lunar,
}

fn era(word: &str) -> Option<Era> {
    Some(Era::Of(match word {
        "ق" | "قمری" | "ah" => Calendar::Hijri,
        "ش" | "شمسی" | "خورشیدی" | "ap" => Calendar::Jalali,
        "م" | "میلادی" | "میلادیه" | "ad" | "ce" => Calendar::Gregorian,
        "ه" => return Some(Era::Lunar),
        _ => return None,
    }))
}

fn is_ordinal(word: &str) -> bool {
    matches!(word, "st" | "nd" | "rd" | "th" | "ام" | "م")
}

/// Days of the week, «ماه» after a month's name: the date is the same without.
fn is_noise(word: &str) -> bool {
    matches!(
        word,
        "ماه"
            | "شهر"
            | "of"
            | "هجری"
            | "روز"
            | "مورخ"
            | "تاریخ"
            | "the"
            | "سال"
            | "سنه"
            | "عام"
            | "لعام"
    ) || FOLDED_WEEKDAYS.iter().any(|name| name == word)
        || matches!(
            word,
            "mon"
                | "tue"
                | "wed"
                | "thu"
                | "fri"
                | "sat"
                | "sun"
                | "سه"
                | "چهار"
                | "پنج"
                | "یک"
                | "دو"
        )
}

/// The calendar and the number of a month by its joined, folded name. A name that two calendars have is the usual one's.
pub(super) fn month(name: &str, usual: Option<Calendar>) -> Option<(Calendar, u8)> {
    let may_be_short = name.is_ascii() && name.len() >= 3;
    let mut found = None;
    for (full, calendar, month) in FOLDED_MONTHS.iter() {
        let short = may_be_short && *calendar == Calendar::Gregorian && full.starts_with(name);
        if full == name || short {
            if Some(*calendar) == usual {
                return Some((*calendar, *month));
            }
            found = found.or(Some((*calendar, *month)));
        }
    }
    found
}
