//! Is it open, and what is so much working time later?

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use peyvand::calendar::WorkingTime;
use peyvand::locale::{Calendar, DateStyle, Digits, format_date};
use peyvand::{Locale, Session};
use serde_json::json;

use crate::fault::Fault;
use crate::moment;
use crate::output::Output;

/// An instant, or a day and a time by the calendar's clock.
fn instant(written: Option<&str>, time: &WorkingTime) -> Result<DateTime<Utc>, Fault> {
    let Some(written) = written else {
        return Ok(Utc::now());
    };
    if let Ok(at) = written.parse::<DateTime<Utc>>() {
        return Ok(at);
    }
    let unreadable = |why: String| {
        Fault::input(
            format!("'{written}' is no moment{why}"),
            "write it as 2026-03-19T07:30:00Z, or by the calendar's clock as '2026-03-19 11:00' or '1404/12/28@persian 11:00'",
        )
    };
    let (day, clock) = written.rsplit_once(' ').unwrap_or((written, "00:00"));
    let clock = NaiveTime::parse_from_str(clock, "%H:%M").map_err(|_| unreadable(String::new()))?;
    let day = moment::day(day.trim()).map_err(|why| unreadable(format!(": {why}")))?;
    Ok(time.zone().instant(NaiveDateTime::new(day, clock)))
}

/// As the calendar's clock shows it.
fn wall(at: DateTime<Utc>, time: &WorkingTime, language: Locale) -> String {
    let wall = time.zone().wall(at);
    let usual = Calendar::usual(language);
    let day = format_date(wall.date(), usual, language, DateStyle::Full).unwrap_or_default();
    let clock = Digits::of(language).write(&wall.format("%H:%M").to_string());
    format!("{day} {clock}")
}

pub(super) fn open(
    session: &Session,
    name: &str,
    at: Option<&str>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let time = session.working_time(name)?;
    let at = instant(at, &time)?;
    let (is_open, next) = (time.is_open(at), time.next_opening(at));
    if output.json {
        return output.document(&json!({"at": at.to_rfc3339(), "open": is_open, "next_opening": next.map(|at| at.to_rfc3339())}));
    }
    let language = session.locale();
    let at = wall(at, &time, language);
    let next = next.map(|next| wall(next, &time, language));
    output.line(match (is_open, next, language) {
        (true, _, Locale::Fa) => format!("باز است: {at}"),
        (true, _, Locale::Ar) => format!("مفتوح: {at}"),
        (true, _, _) => format!("open: {at}"),
        (false, Some(next), Locale::Fa) => format!("بسته است: {at}؛ باز می‌شود: {next}"),
        (false, Some(next), Locale::Ar) => format!("مغلق: {at}؛ يفتح: {next}"),
        (false, Some(next), _) => format!("closed: {at}; opens {next}"),
        (false, None, Locale::Fa) => format!("بسته است: {at}؛ دیگر باز نمی‌شود"),
        (false, None, Locale::Ar) => format!("مغلق: {at}؛ لا يفتح بعد ذلك"),
        (false, None, _) => format!("closed: {at}; it opens no more"),
    })
}

/// Minutes of `1h30m`, or days of `3d`.
enum Amount {
    Time(TimeDelta),
    Days(i32),
}

fn amount(written: &str) -> Option<Amount> {
    let (sign, mut rest) = match written.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, written),
    };
    if let Some(days) = rest.strip_suffix('d') {
        return days
            .parse()
            .ok()
            .filter(|days: &i32| *days >= 0)
            .map(|days| Amount::Days(sign * days));
    }
    let mut minutes: i64 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = rest.split_at_checked(end)?;
        let number: i64 = number.parse().ok()?;
        minutes = minutes.checked_add(match unit.get(..1)? {
            "h" => number.checked_mul(60)?,
            "m" => number,
            _ => return None,
        })?;
        rest = unit.get(1..)?;
    }
    let time = TimeDelta::try_minutes(minutes.checked_mul(i64::from(sign))?)?;
    (written.len() > 1).then_some(Amount::Time(time))
}

pub(super) fn add(
    session: &Session,
    name: &str,
    written: &str,
    from: Option<&str>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let time = session.working_time(name)?;
    let from = instant(from, &time)?;
    let amount = amount(written).ok_or_else(|| {
        Fault::input(
            format!("'{written}' is no working time"),
            "write it as 8h, 90m, 1h30m or 3d, or with - before it",
        )
    })?;
    let outside = || {
        Fault::input(
            "that is outside of the years that the calendar knows",
            "ask for less",
        )
    };
    let language = session.locale();
    match amount {
        Amount::Time(amount) => {
            let at = time.add(from, amount).ok_or_else(outside)?;
            match output.json {
                true => output.document(&json!({"from": from.to_rfc3339(), "at": at.to_rfc3339()})),
                false => output.line(wall(at, &time, language)),
            }
        }
        Amount::Days(days) => {
            let from = time.zone().wall(from).date();
            let day = time.add_working_days(from, days).ok_or_else(outside)?;
            let shown = format_date(day, Calendar::usual(language), language, DateStyle::Full);
            match output.json {
                true => output.document(&json!({"from": from.to_string(), "day": day.to_string()})),
                false => output.line(shown.unwrap_or_default()),
            }
        }
    }
}

pub(super) fn between(
    session: &Session,
    name: &str,
    (from, until): (&str, &str),
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let time = session.working_time(name)?;
    let (from, until) = (instant(Some(from), &time)?, instant(Some(until), &time)?);
    let outside = || {
        Fault::input(
            "that is outside of the years that the calendar knows",
            "ask for less",
        )
    };
    let minutes = time.between(from, until).ok_or_else(outside)?.num_minutes();
    if output.json {
        return output.document(&json!({"minutes": minutes}));
    }
    let sign = if minutes < 0 { "-" } else { "" };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    output.line(Digits::of(session.locale()).write(&format!("{sign}{hours}:{rest:02}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_working_time_are_read_in_hours_minutes_and_days() {
        let minutes = |text| match amount(text) {
            Some(Amount::Time(time)) => Some(time.num_minutes()),
            _ => None,
        };
        assert_eq!(minutes("1h30m"), Some(90));
        assert_eq!(minutes("-90m"), Some(-90));
        for text in [
            "",
            "-",
            "h",
            "3",
            "3x",
            "99999999999999999999h",
            "9223372036854775807h",
        ] {
            assert_eq!(minutes(text), None, "{text}");
        }
        assert!(matches!(amount("-3d"), Some(Amount::Days(-3))));
        assert!(amount("--3d").is_none());
    }
}
