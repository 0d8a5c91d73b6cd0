//! Which instant do a date, a time of day and a zone mean?

use chrono::{DateTime, FixedOffset, NaiveTime, TimeZone, Utc};

use super::super::fold::fold_text;
use super::read::{DateRules, NotADate, read_date};

/// Reads a date with its time of day: `1403/5/7 14:30`, `۷ مرداد ۱۴۰۳ ساعت ۱۴:۳۰`, `28 Jul 2024 2:30 pm`,
/// `٢٨/٧/٢٠٢٤ ٢:٣٠ م`, `2024-07-28T11:00:00Z`. Without a zone of its own it is of `zone`; without a time of day it is
/// midnight there.
///
/// # Errors
/// As [`read_date`]; also for a time that no day has.
pub fn parse_instant(
    text: &str,
    rules: &DateRules,
    zone: FixedOffset,
) -> Result<DateTime<Utc>, NotADate> {
    let unreadable = || NotADate::Unreadable(text.trim().to_owned());
    let folded = fold_text(text);
    if let Ok(instant) = DateTime::parse_from_rfc3339(&folded.to_ascii_uppercase()) {
        return Ok(instant.to_utc());
    }
    let (date, time, own) = match folded.find(':') {
        None => (folded, NaiveTime::MIN, None),
        Some(colon) => split_time(&folded, colon).ok_or_else(unreadable)?,
    };
    let day = read_date(&date, rules).map_err(|error| match error {
        NotADate::Unreadable(_) => unreadable(),
        other => other,
    })?;
    let at = own
        .unwrap_or(zone)
        .from_local_datetime(&day.day.and_time(time));
    at.single().map(|at| at.to_utc()).ok_or_else(unreadable)
}

/// The date, the time of day, and the offset behind it.
fn split_time(folded: &str, colon: usize) -> Option<(String, NaiveTime, Option<FixedOffset>)> {
    let is_clock = |c: char| c.is_ascii_digit() || c == ':';
    let begin = folded[..colon]
        .rfind(|c| !is_clock(c))
        .map_or(0, |at| at + last_len(folded, at));
    let end = folded[colon..]
        .find(|c| !is_clock(c))
        .map_or(folded.len(), |at| colon + at);
    let mut before = folded[..begin].trim_end_matches([' ', ',', '-']).to_owned();
    // «2024-07-28t11:00».
    if before.ends_with('t') && before[..before.len() - 1].ends_with(|c: char| c.is_ascii_digit()) {
        before.pop();
    }
    let mut half = None;
    let mut offset = None;
    let mut rest = Vec::new();
    let behind = folded[end..].replace(['.', ','], "");
    for word in before.split(' ').chain(behind.split(' ')) {
        match word {
            "" | "ساعت" | "الساعه" | "at" => {}
            "am" | "صبح" | "قظ" | "صباحا" | "ص" => half = Some(false),
            "pm" | "عصر" | "بعدازظهر" | "بظ" | "مساء" | "شب" => {
                half = Some(true)
            }
            // «م» behind the time is the evening, behind a year the calendar.
            "م" if !rest.is_empty() => half = Some(true),
            "z" | "utc" | "gmt" => offset = FixedOffset::east_opt(0),
            word if offset.is_none() && is_offset(word) => offset = parse_offset(word),
            word => rest.push(word),
        }
    }
    let time = clock(&folded[begin..end], half)?;
    Some((rest.join(" "), time, offset))
}

fn last_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

fn clock(text: &str, afternoon: Option<bool>) -> Option<NaiveTime> {
    let mut numbers = text.split(':').map(str::parse::<u32>);
    let hour = numbers.next()?.ok()?;
    let minute = numbers.next()?.ok()?;
    let second = numbers.next().unwrap_or(Ok(0)).ok()?;
    if numbers.next().is_some() {
        return None;
    }
    let hour = match afternoon {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(false) => hour % 12,
        Some(true) => hour % 12 + 12,
    };
    NaiveTime::from_hms_opt(hour, minute, second)
}

fn is_offset(word: &str) -> bool {
    let digits = word.strip_prefix(['+', '-', '\u{2212}']);
    digits.is_some_and(|digits| {
        matches!(digits.len(), 2 | 4) && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

fn parse_offset(word: &str) -> Option<FixedOffset> {
    let east = word.starts_with('+');
    let number: i32 = word
        .trim_start_matches(['+', '-', '\u{2212}'])
        .parse()
        .ok()?;
    let minutes = if word.len() > 4 {
        number / 100 * 60 + number % 100
    } else {
        number * 60
    };
    FixedOffset::east_opt(if east { minutes * 60 } else { -minutes * 60 })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::super::variety::Variety;
    use super::*;
    use proptest::prelude::*;

    fn tehran() -> FixedOffset {
        FixedOffset::east_opt(12_600).unwrap()
    }

    #[test]
    fn an_instant_is_of_its_own_zone_or_of_the_readers() {
        let rules = DateRules::of(Variety::Persian);
        for (text, expected) in [
            ("1403/5/7 14:30", "2024-07-28T11:00:00+00:00"),
            ("۷ مرداد ۱۴۰۳ ساعت ۱۴:۳۰", "2024-07-28T11:00:00+00:00"),
            ("۷ مرداد ۱۴۰۳، ۲:۳۰ ب.ظ", "2024-07-28T11:00:00+00:00"),
            ("28 Jul 2024 2:30 pm", "2024-07-28T11:00:00+00:00"),
            ("٢٨ يوليو ٢٠٢٤ ٢:٣٠ م", "2024-07-28T11:00:00+00:00"),
            ("14:30 1403/5/7", "2024-07-28T11:00:00+00:00"),
            ("2024-07-28T11:00:00Z", "2024-07-28T11:00:00+00:00"),
            ("2024-07-28T14:30:00+03:30", "2024-07-28T11:00:00+00:00"),
            ("2024-07-28 14:30:00 +0330", "2024-07-28T11:00:00+00:00"),
            ("2024-07-28 11:00 UTC", "2024-07-28T11:00:00+00:00"),
            ("2024-07-28T14:30", "2024-07-28T11:00:00+00:00"),
            ("1403/5/7", "2024-07-27T20:30:00+00:00"),
            ("12:05 am 2024-07-28", "2024-07-27T20:35:00+00:00"),
        ] {
            let read = parse_instant(text, &rules, tehran()).map(|at| at.to_rfc3339());
            assert_eq!(read.as_deref(), Ok(expected), "{text}");
        }
        for text in [
            "1403/5/7 25:00",
            "1403/5/7 13:00 pm",
            "14:30",
            "1403/5/7 1:2:3:4",
            ":",
            "1403/5/7 14:",
        ] {
            assert!(parse_instant(text, &rules, tehran()).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "[0-9۰-۹/:TZ+ \\-apmم]{0,30}|.{0,30}:.{0,10}") {
            let _ = parse_instant(&text, &DateRules::of(Variety::Persian), tehran());
        }
    }
}
