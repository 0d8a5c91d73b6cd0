//! How long is that, as people write it?

use chrono::TimeDelta;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::digits::format_number;
use super::fold::{fold_digits, fold_text};
use super::number::{NotANumber, Token, number_of, tokens};
use super::variety::Variety;
use crate::context::Locale;

/// The text is no duration that can be read without a guess.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotADuration {
    /// A number of the duration cannot be read.
    #[error(transparent)]
    Number(#[from] NotANumber),
    /// No duration at all.
    #[error("«{0}» is not a duration; write it as 2:30, 2h 30m or in words")]
    Unreadable(String),
    /// A number alone.
    #[error("«{0}» has no unit; write minutes, hours or days behind it")]
    NoUnit(String),
    /// Months and years are not of one length.
    #[error("«{0}» counts months or years, which are not all of one length; write days")]
    NoLength(String),
    /// Longer than can be stored.
    #[error("«{0}» is longer than 200,000 years")]
    TooLong(String),
}

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// Reads a duration: `۲ ساعت و ۳۰ دقیقه`, `نیم ساعت`, `ساعتان ونصف`, `1h30`, `90 min`, `2:30` (hours and minutes),
/// `PT1H30M`. To the microsecond.
///
/// # Errors
/// What is missing or wrong.
pub fn parse_duration(text: &str, variety: Option<Variety>) -> Result<TimeDelta, NotADuration> {
    let trimmed = text.trim();
    let plain = fold_digits(trimmed);
    let micros = match plain.trim_start_matches('-').starts_with(['P', 'p']) {
        true => iso(&plain, trimmed)?,
        false if plain.contains(':') => {
            clock(&plain).ok_or_else(|| NotADuration::Unreadable(trimmed.to_owned()))?
        }
        false => in_units(trimmed, variety)?,
    };
    Ok(TimeDelta::microseconds(micros))
}

/// `PT1H30M`, `P2DT3H`, `P1W`; the least unit may have a fraction.
fn iso(plain: &str, text: &str) -> Result<i64, NotADuration> {
    let unreadable = || NotADuration::Unreadable(text.to_owned());
    let (negative, rest) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain),
    };
    let rest = rest.get(1..).ok_or_else(unreadable)?;
    let mut total = Decimal::ZERO;
    let (mut in_time, mut number, mut last) = (false, String::new(), i64::MAX);
    for c in rest.chars() {
        match c.to_ascii_uppercase() {
            '0'..='9' | '.' => number.push(c),
            ',' => number.push('.'),
            'T' if !in_time && number.is_empty() => in_time = true,
            'Y' => return Err(NotADuration::NoLength(text.to_owned())),
            'M' if !in_time => return Err(NotADuration::NoLength(text.to_owned())),
            unit => {
                let length = match (unit, in_time) {
                    ('W', false) => WEEK,
                    ('D', false) => DAY,
                    ('H', true) => HOUR,
                    ('M', true) => MINUTE,
                    ('S', true) => SECOND,
                    _ => return Err(unreadable()),
                };
                let count = Decimal::from_str_exact(&number).map_err(|_| unreadable())?;
                if length >= last {
                    return Err(unreadable());
                }
                last = length;
                number.clear();
                total = add(total, count, length).ok_or_else(|| too_long(text))?;
            }
        }
    }
    if last == i64::MAX || !number.is_empty() {
        return Err(unreadable());
    }
    micros(total, negative).ok_or_else(|| too_long(text))
}

/// `2:30` and `2:30:15`: hours, minutes, seconds.
fn clock(plain: &str) -> Option<i64> {
    let plain: String = plain
        .chars()
        .filter(|c| !matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}'))
        .collect();
    let (negative, rest) = match plain.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, plain.as_str()),
    };
    let mut total = 0i64;
    let mut unit = HOUR;
    for (place, part) in rest.split(':').enumerate() {
        let is_number = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if place > 2 || !is_number || place > 0 && part.len() != 2 {
            return None;
        }
        let count: i64 = part.parse().ok()?;
        if place > 0 && count > 59 {
            return None;
        }
        total = total.checked_add(count.checked_mul(unit)?)?;
        unit /= 60;
    }
    Some(if negative { -total } else { total })
}

/// Numbers in figures or words with their units.
fn in_units(text: &str, variety: Option<Variety>) -> Result<i64, NotADuration> {
    let all = tokens(text);
    let (negative, tokens) = match all.as_slice() {
        [Token::Minus, rest @ ..] => (true, rest),
        all => (false, all),
    };
    let number = |pending: &[Token]| -> Result<Decimal, NotADuration> {
        let plain = number_of(pending, variety).map_err(|fault| fault.of(text))?;
        Decimal::from_str_exact(&plain).map_err(|_| NotADuration::Unreadable(text.to_owned()))
    };
    let mut total = Decimal::ZERO;
    let mut last: Option<i64> = None;
    let mut pending: Vec<Token> = Vec::new();
    for token in tokens {
        let found = match token {
            Token::Word(word) => unit(&fold_text(word)),
            _ => None,
        };
        let Some(found) = found else {
            pending.push(token.clone());
            continue;
        };
        let (length, alone) = match found {
            Unit::Of(length, alone) => (length, alone),
            Unit::NoLength => return Err(NotADuration::NoLength(text.to_owned())),
        };
        if last.is_some_and(|last| length >= last) {
            return Err(NotADuration::Unreadable(text.to_owned()));
        }
        let count = match pending.is_empty() {
            true => Decimal::from(alone),
            false => number(&pending)?,
        };
        total = add(total, count, length).ok_or_else(|| too_long(text))?;
        last = Some(length);
        pending.clear();
    }
    if !pending.is_empty() {
        let count = number(&pending)?;
        let of = match last {
            None => return Err(NotADuration::NoUnit(text.to_owned())),
            // «دو ساعت و نیم».
            Some(last) if count < Decimal::ONE => last,
            // «1h30».
            Some(HOUR) => MINUTE,
            Some(MINUTE) => SECOND,
            Some(_) => return Err(NotADuration::NoUnit(text.to_owned())),
        };
        total = add(total, count, of).ok_or_else(|| too_long(text))?;
    } else if last.is_none() {
        return Err(NotADuration::Unreadable(text.to_owned()));
    }
    micros(total, negative).ok_or_else(|| too_long(text))
}

fn too_long(text: &str) -> NotADuration {
    NotADuration::TooLong(text.to_owned())
}

fn add(total: Decimal, count: Decimal, length: i64) -> Option<Decimal> {
    total.checked_add(count.checked_mul(Decimal::from(length))?)
}

fn micros(total: Decimal, negative: bool) -> Option<i64> {
    let micros = total.round().to_i64()?;
    Some(if negative { -micros } else { micros })
}

enum Unit {
    /// How long it is, and how many of it are meant where no number stands before it.
    Of(i64, u32),
    NoLength,
}

fn unit(folded: &str) -> Option<Unit> {
    named(folded).or_else(|| named(folded.strip_prefix('و')?))
}

fn named(folded: &str) -> Option<Unit> {
    Some(match folded {
        "ثانیه" | "ثوان" | "ثوانی" | "s" | "sec" | "secs" | "second" | "seconds" => {
            Unit::Of(SECOND, 1)
        }
        "ثانیتان" | "ثانیتین" => Unit::Of(SECOND, 2),
        "دقیقه" | "دقایق" | "m" | "min" | "mins" | "minute" | "minutes" => {
            Unit::Of(MINUTE, 1)
        }
        "دقیقتان" | "دقیقتین" => Unit::Of(MINUTE, 2),
        "ساعت" | "ساعه" | "ساعات" | "h" | "hr" | "hrs" | "hour" | "hours" => {
            Unit::Of(HOUR, 1)
        }
        "ساعتان" | "ساعتین" => Unit::Of(HOUR, 2),
        "روز" | "یوم" | "ایام" | "یوما" | "d" | "day" | "days" => Unit::Of(DAY, 1),
        "یومان" | "یومین" => Unit::Of(DAY, 2),
        "هفته" | "اسبوع" | "اسابیع" | "اسبوعا" | "w" | "week" | "weeks" => {
            Unit::Of(WEEK, 1)
        }
        "اسبوعان" | "اسبوعین" => Unit::Of(WEEK, 2),
        "ماه" | "سال" | "شهر" | "شهور" | "اشهر" | "سنه" | "سنوات" | "month" | "months" | "year"
        | "years" => Unit::NoLength,
        _ => return None,
    })
}

/// A unit's names: English one and many, Persian, Arabic one, two, few.
type Names = (i64, [&'static str; 2], &'static str, [&'static str; 3]);

const NAMES: [Names; 4] = [
    (DAY, ["day", "days"], "روز", ["يوم", "يومان", "أيام"]),
    (HOUR, ["hour", "hours"], "ساعت", ["ساعة", "ساعتان", "ساعات"]),
    (
        MINUTE,
        ["minute", "minutes"],
        "دقیقه",
        ["دقيقة", "دقيقتان", "دقائق"],
    ),
    (
        SECOND,
        ["second", "seconds"],
        "ثانیه",
        ["ثانية", "ثانيتان", "ثوان"],
    ),
];

/// A duration as people say it: `۲ ساعت و ۳۰ دقیقه`, `ساعتان و٣٠ دقيقة`, `2 hours 30 minutes`.
#[must_use]
pub fn format_duration(duration: TimeDelta, variety: impl Into<Variety>) -> String {
    let variety = variety.into();
    let micros = duration.num_microseconds().unwrap_or(i64::MAX);
    let mut rest = micros.unsigned_abs();
    let mut said: Vec<String> = Vec::new();
    for names in &NAMES {
        let length = names.0.unsigned_abs();
        let (count, over) = (rest / length, rest % length);
        rest = over;
        if length == SECOND.unsigned_abs() && over > 0 {
            let fraction = format!("{over:06}");
            said.push(counted(
                &format!("{count}.{}", fraction.trim_end_matches('0')),
                None,
                names,
                variety,
            ));
        } else if count > 0 {
            said.push(counted(&count.to_string(), Some(count), names, variety));
        }
    }
    if said.is_empty() {
        said.push(counted("0", Some(0), &NAMES[2], variety));
    }
    let between = match variety.language() {
        Locale::En => " ",
        Locale::Fa => " و ",
        // «و» is part of the word behind it.
        Locale::Ar => " و",
    };
    let said = said.join(between);
    match (micros < 0, variety.language()) {
        (false, _) => said,
        (true, Locale::En) => format!("−{said}"),
        (true, _) => format!("\u{200e}−{said}"),
    }
}

fn counted(number: &str, whole: Option<u64>, names: &Names, variety: Variety) -> String {
    let (_, english, persian, [one, two, few]) = names;
    let written = format_number(number, variety);
    let name = match (variety.language(), whole) {
        (Locale::En, Some(1)) => english[0],
        (Locale::En, _) => english[1],
        (Locale::Fa, _) => persian,
        // One and two are in the noun itself.
        (Locale::Ar, Some(1)) => return (*one).to_owned(),
        (Locale::Ar, Some(2)) => return (*two).to_owned(),
        (Locale::Ar, Some(count)) if (3..=10).contains(&(count % 100)) => few,
        (Locale::Ar, _) => one,
    };
    format!("{written} {name}")
}

/// A day by its distance from today: `امروز`, `۳ روز پیش`, `بعد ٥ أيام`, `in 3 days`; before today it is negative.
#[must_use]
pub fn relative_day(days: i64, variety: impl Into<Variety>) -> String {
    let variety = variety.into();
    let named = match (variety.language(), days) {
        (Locale::En, 0) => "today",
        (Locale::En, 1) => "tomorrow",
        (Locale::En, -1) => "yesterday",
        (Locale::Fa, 0) => "امروز",
        (Locale::Fa, 1) => "فردا",
        (Locale::Fa, 2) => "پس‌فردا",
        (Locale::Fa, -1) => "دیروز",
        (Locale::Fa, -2) => "پریروز",
        (Locale::Ar, 0) => "اليوم",
        (Locale::Ar, 1) => "غدًا",
        (Locale::Ar, 2) => "بعد غد",
        (Locale::Ar, -1) => "أمس",
        (Locale::Ar, -2) => "أول أمس",
        _ => "",
    };
    if !named.is_empty() {
        return named.to_owned();
    }
    let count = days.unsigned_abs();
    let counted = counted(&count.to_string(), Some(count), &NAMES[0], variety);
    match (variety.language(), days < 0) {
        (Locale::En, true) => format!("{counted} ago"),
        (Locale::En, false) => format!("in {counted}"),
        (Locale::Fa, true) => format!("{counted} پیش"),
        (Locale::Fa, false) => format!("{counted} دیگر"),
        (Locale::Ar, true) => format!("قبل {counted}"),
        (Locale::Ar, false) => format!("بعد {counted}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use Variety::{Arabic, English, Persian};
    use proptest::prelude::*;

    #[test]
    fn a_duration_is_read_as_people_write_it() {
        for (text, minutes) in [
            ("۲ ساعت و ۳۰ دقیقه", 150),
            ("دو ساعت و نیم", 150),
            ("یک و نیم ساعت", 90),
            ("نیم ساعت", 30),
            ("ساعتان و٣٠ دقيقة", 150),
            ("ساعة ونصف", 90),
            ("ربع ساعة", 15),
            ("٥ دقائق", 5),
            ("ثلاثون دقيقة", 30),
            ("1h30", 90),
            ("1h 30m", 90),
            ("1h30m", 90),
            ("90 min", 90),
            ("1.5 hours", 90),
            ("2 days", 2880),
            ("یک هفته و دو روز", 12_960),
            ("2:30", 150),
            ("۲:۳۰", 150),
            ("2:30:00", 150),
            ("-0:30", -30),
            ("-1h30", -90),
            ("PT1H30M", 90),
            ("P1DT30M", 1470),
            ("P1W", 10_080),
            ("pt1.5h", 90),
            ("-PT30M", -30),
        ] {
            let read = parse_duration(text, Some(Persian));
            assert_eq!(read, Ok(TimeDelta::minutes(minutes)), "{text}");
        }
    }

    #[test]
    fn what_has_no_unit_or_no_length_is_not_guessed() {
        use NotADuration::{NoLength, NoUnit};
        for text in ["30", "۳۰", "2 days 5", "دو"] {
            assert!(
                matches!(parse_duration(text, None), Err(NoUnit(_))),
                "{text}"
            );
        }
        for text in ["P1Y", "P2M", "2 months", "یک سال"] {
            assert!(
                matches!(parse_duration(text, None), Err(NoLength(_))),
                "{text}"
            );
        }
        for text in [
            "",
            "P",
            "PT",
            "PT5",
            "PTH",
            "abc",
            "2:5",
            "2:75",
            "1:00:00:00",
            "30m 2h",
            "2h 3h",
            "P1H",
            "99999999999999999999 days",
        ] {
            assert!(parse_duration(text, None).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_and_days_are_said_as_each_language_counts() {
        let minutes = TimeDelta::minutes;
        for (duration, variety, expected) in [
            (minutes(150), Persian, "۲ ساعت و ۳۰ دقیقه"),
            (minutes(150), Arabic, "ساعتان و٣٠ دقيقة"),
            (minutes(185), Arabic, "٣ ساعات و٥ دقائق"),
            (minutes(61), English, "1 hour 1 minute"),
            (minutes(1500), Variety::Dari, "۱ روز و ۱ ساعت"),
            (minutes(0), Persian, "۰ دقیقه"),
            (TimeDelta::milliseconds(1500), Persian, "۱٫۵ ثانیه"),
            (minutes(-30), English, "−30 minutes"),
        ] {
            assert_eq!(format_duration(duration, variety), expected);
        }
        for (days, persian, arabic, english) in [
            (0, "امروز", "اليوم", "today"),
            (1, "فردا", "غدًا", "tomorrow"),
            (-3, "۳ روز پیش", "قبل ٣ أيام", "3 days ago"),
            (11, "۱۱ روز دیگر", "بعد ١١ يوم", "in 11 days"),
        ] {
            assert_eq!(relative_day(days, Persian), persian);
            assert_eq!(relative_day(days, Arabic), arabic);
            assert_eq!(relative_day(days, English), english);
        }
    }

    proptest! {
        #[test]
        fn a_duration_is_read_back_as_it_was_written(micros in -100_000_000_000_000i64..100_000_000_000_000, whole: bool) {
            let duration = TimeDelta::microseconds(if whole { micros / MINUTE * MINUTE } else { micros });
            for variety in [English, Persian, Variety::Dari, Arabic, Variety::Levantine, Variety::Maghrebi] {
                let written = format_duration(duration, variety);
                prop_assert_eq!(parse_duration(&written, Some(variety)), Ok(duration), "{}", written);
            }
        }

        #[test]
        fn no_text_is_too_much(text in "-?[0-9۰-۹PTHMSD:., ]{0,30}(ساعت|دقیقه|h|نیم)?.{0,10}") {
            let _ = parse_duration(&text, None);
        }
    }
}
