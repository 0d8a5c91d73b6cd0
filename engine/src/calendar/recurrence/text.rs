//! How is a rule written and read?
//!
//! `RSCALE=PERSIAN;FREQ=YEARLY;INTERVAL=2;BYMONTH=12;BYMONTHDAY=30;SKIP=BACKWARD`. What is written is read back as the same
//! rule, and a rule has one way to be written: parts in this order, and those left out that say what holds anyway.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc, Weekday};

use super::{End, Frequency, NthWeekday, Recurrence, Skip};
use crate::locale::Calendar;

/// The text is no rule that can be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{message}; a rule is written as FREQ=WEEKLY;BYDAY=SA,MO or RSCALE=PERSIAN;FREQ=MONTHLY;BYDAY=-1TH"
)]
pub struct NotARecurrence {
    message: String,
}

fn fault<T>(message: impl Into<String>) -> Result<T, NotARecurrence> {
    let message = message.into();
    Err(NotARecurrence { message })
}

const FREQUENCIES: [(&str, Frequency); 4] = [
    ("DAILY", Frequency::Daily),
    ("WEEKLY", Frequency::Weekly),
    ("MONTHLY", Frequency::Monthly),
    ("YEARLY", Frequency::Yearly),
];
const CALENDARS: [(&str, Calendar); 3] = [
    ("GREGORIAN", Calendar::Gregorian),
    ("PERSIAN", Calendar::Jalali),
    ("ISLAMIC-UMALQURA", Calendar::Hijri),
];
const SKIPS: [(&str, Skip); 3] = [
    ("OMIT", Skip::Omit),
    ("BACKWARD", Skip::Backward),
    ("FORWARD", Skip::Forward),
];
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];
const DAY: &str = "%Y%m%d";
const INSTANT: &str = "%Y%m%dT%H%M%SZ";
const LONGEST_INTERVAL: u32 = 10_000;

fn word_of<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    let known = words.iter().find(|(_, known)| known == value);
    known.map_or("", |(word, _)| word)
}

fn word<T: Copy>(
    name: &str,
    words: &[(&'static str, T)],
    written: &str,
) -> Result<T, NotARecurrence> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == written) {
        return Ok(*value);
    }
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    fault(format!(
        "{name} may be {}, and not '{written}'",
        known.join(", ")
    ))
}

fn numbers<T: FromStr + PartialEq + Copy + Ord>(
    name: &str,
    written: &str,
    allowed: impl Fn(T) -> bool,
) -> Result<Vec<T>, NotARecurrence> {
    let mut read = Vec::new();
    for one in written.split(',') {
        match one.trim_start_matches('+').parse() {
            Ok(number) if allowed(number) => read.push(number),
            _ => return fault(format!("'{one}' is no number for {name}")),
        }
    }
    read.sort_unstable();
    read.dedup();
    Ok(read)
}

fn weekdays(written: &str) -> Result<Vec<NthWeekday>, NotARecurrence> {
    let mut read: Vec<NthWeekday> = Vec::new();
    for one in written.split(',') {
        let at = one
            .find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(one.len());
        let (nth, day) = one.split_at_checked(at).unwrap_or((one, ""));
        let day = word("a day of BYDAY", &WEEKDAYS, day)?;
        let nth = match nth {
            "" => None,
            nth => match nth.trim_start_matches('+').parse::<i8>() {
                Ok(number) if number != 0 && (-53..=53).contains(&number) => Some(number),
                _ => {
                    return fault(format!(
                        "'{one}' counts no day of the week, as 2TU and -1TH do"
                    ));
                }
            },
        };
        let found = NthWeekday { nth, day };
        if !read.contains(&found) {
            read.push(found);
        }
    }
    read.sort_by_key(|one| (one.nth, one.day.num_days_from_monday()));
    Ok(read)
}

fn until(written: &str) -> Result<End, NotARecurrence> {
    if let Ok(day) = NaiveDate::parse_from_str(written, DAY) {
        return Ok(End::Day(day));
    }
    match NaiveDateTime::parse_from_str(written, INSTANT) {
        Ok(at) => Ok(End::Instant(DateTime::<Utc>::from_naive_utc_and_offset(
            at, Utc,
        ))),
        Err(_) => fault(format!(
            "UNTIL is a day as 20270320 or an instant as 20270320T203000Z, and not '{written}'"
        )),
    }
}

impl FromStr for Recurrence {
    type Err = NotARecurrence;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.trim().to_ascii_uppercase();
        let plain = plain.strip_prefix("RRULE:").unwrap_or(&plain);
        let mut parts: Vec<(&str, &str)> = Vec::new();
        for part in plain.split(';').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some((name, _)) if parts.iter().any(|(known, _)| *known == name) => {
                    return fault(format!("{name} is given twice"));
                }
                Some((name, value)) => parts.push((name, value)),
                None => return fault(format!("'{part}' is no part of a rule")),
            }
        }
        let Some((_, frequency)) = parts.iter().find(|(name, _)| *name == "FREQ") else {
            return fault("FREQ is missing, and says how often it comes");
        };
        let mut rule = Self {
            calendar: Calendar::Gregorian,
            scaled: false,
            frequency: word("FREQ", &FREQUENCIES, frequency)?,
            interval: 1,
            end: End::Never,
            months: Vec::new(),
            month_days: Vec::new(),
            weekdays: Vec::new(),
            positions: Vec::new(),
            skip: Skip::Omit,
            week_start: Weekday::Mon,
        };
        for (name, value) in parts {
            rule.take(name, value)?;
        }
        rule.checked()
    }
}

impl Recurrence {
    fn take(&mut self, name: &str, value: &str) -> Result<(), NotARecurrence> {
        match name {
            "FREQ" => {}
            "RSCALE" => {
                self.calendar = word("RSCALE", &CALENDARS, value)?;
                self.scaled = true;
            }
            "INTERVAL" => match value.parse() {
                Ok(interval @ 1..=LONGEST_INTERVAL) => self.interval = interval,
                _ => {
                    return fault(format!(
                        "INTERVAL is a number from 1 to {LONGEST_INTERVAL}, and not '{value}'"
                    ));
                }
            },
            "COUNT" | "UNTIL" if self.end != End::Never => {
                return fault("a rule ends by COUNT or by UNTIL, and not by both");
            }
            "COUNT" => match value.parse() {
                Ok(count @ 1..) => self.end = End::Count(count),
                _ => return fault(format!("COUNT is a number from 1 on, and not '{value}'")),
            },
            "UNTIL" => self.end = until(value)?,
            "BYMONTH" => self.months = numbers(name, value, |month| (1..=12).contains(&month))?,
            "BYMONTHDAY" => {
                let allowed = |day: i8| day != 0 && (-31..=31).contains(&day);
                self.month_days = numbers(name, value, allowed)?;
            }
            "BYDAY" => self.weekdays = weekdays(value)?,
            "BYSETPOS" => {
                let allowed = |place: i16| place != 0 && (-366..=366).contains(&place);
                self.positions = numbers(name, value, allowed)?;
            }
            "SKIP" => self.skip = word("SKIP", &SKIPS, value)?,
            "WKST" => self.week_start = word("WKST", &WEEKDAYS, value)?,
            "BYHOUR" | "BYMINUTE" | "BYSECOND" => {
                return fault(format!(
                    "{name} is not known here: the time of day is that of the beginning"
                ));
            }
            "BYWEEKNO" | "BYYEARDAY" => {
                return fault(format!(
                    "{name} is not known here; name months and days of the month or week"
                ));
            }
            _ => return fault(format!("there is no part '{name}' of a rule")),
        }
        Ok(())
    }

    fn checked(self) -> Result<Self, NotARecurrence> {
        let counted = self.weekdays.iter().any(|one| one.nth.is_some());
        if self.skip != Skip::Omit && !self.scaled {
            return fault("SKIP needs RSCALE, which may be GREGORIAN");
        }
        if counted && matches!(self.frequency, Frequency::Daily | Frequency::Weekly) {
            return fault("BYDAY counts days, as 2TU does, only in months and years");
        }
        if counted && !self.month_days.is_empty() {
            return fault("BYDAY that counts days and BYMONTHDAY do not go together");
        }
        if !self.month_days.is_empty() && self.frequency == Frequency::Weekly {
            return fault("BYMONTHDAY does not go with FREQ=WEEKLY; use FREQ=DAILY with BYDAY");
        }
        let chosen =
            !self.months.is_empty() || !self.month_days.is_empty() || !self.weekdays.is_empty();
        if !self.positions.is_empty() && !chosen {
            return fault("BYSETPOS chooses among the days of another part, such as BYDAY");
        }
        Ok(self)
    }
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scaled {
            write!(f, "RSCALE={};", word_of(&CALENDARS, &self.calendar))?;
        }
        write!(f, "FREQ={}", word_of(&FREQUENCIES, &self.frequency))?;
        if self.interval > 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        match self.end {
            End::Never => {}
            End::Count(count) => write!(f, ";COUNT={count}")?,
            End::Day(day) => write!(f, ";UNTIL={}", day.format(DAY))?,
            End::Instant(at) => write!(f, ";UNTIL={}", at.format(INSTANT))?,
        }
        list(f, "BYMONTH", &self.months)?;
        list(f, "BYMONTHDAY", &self.month_days)?;
        let weekdays = self.weekdays.iter().map(|one| {
            let nth = one.nth.map_or_else(String::new, |nth| nth.to_string());
            format!("{nth}{}", word_of(&WEEKDAYS, &one.day))
        });
        list(f, "BYDAY", &weekdays.collect::<Vec<_>>())?;
        list(f, "BYSETPOS", &self.positions)?;
        if self.week_start != Weekday::Mon {
            write!(f, ";WKST={}", word_of(&WEEKDAYS, &self.week_start))?;
        }
        if self.skip != Skip::Omit {
            write!(f, ";SKIP={}", word_of(&SKIPS, &self.skip))?;
        }
        Ok(())
    }
}

fn list<T: ToString>(f: &mut fmt::Formatter<'_>, name: &str, values: &[T]) -> fmt::Result {
    if values.is_empty() {
        return Ok(());
    }
    let values: Vec<String> = values.iter().map(T::to_string).collect();
    write!(f, ";{name}={}", values.join(","))
}
