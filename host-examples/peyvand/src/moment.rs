//! Which earlier moment does `--as-of` or `--until` mean?

use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use peyvand::Position;
use peyvand::locale::{Calendar, parse_date};

/// An instant, the end of a day (UTC; of today, now), or the position of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) peyvand::Moment);

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(position) = text.parse() {
            return Ok(Moment(Position::from_number(position).into()));
        }
        if let Ok(instant) = text.parse::<DateTime<Utc>>() {
            return Ok(Moment(instant.into()));
        }
        let day = day(text).map_err(|_| EXPECTED)?;
        let next = day.checked_add_days(Days::new(1)).ok_or(EXPECTED)?;
        let end = next.and_time(NaiveTime::MIN).and_utc() - TimeDelta::microseconds(1);
        // Of today, as much as there is.
        let now = Utc::now();
        let is_today = now.date_naive() == day;
        Ok(Moment(if is_today { now } else { end }.into()))
    }
}

/// A day as it is typed: `2026-03-20`, `today`, `yesterday`, or of another calendar, `1404/12/29@persian`.
pub(crate) fn day(text: &str) -> Result<NaiveDate, String> {
    let today = Utc::now().date_naive();
    match text {
        "today" => return Ok(today),
        "yesterday" => return Ok(today.pred_opt().unwrap_or(today)),
        _ => {}
    }
    let (written, calendar) = match text.split_once('@') {
        Some((written, name)) => {
            let unknown =
                || format!("there is no calendar '{name}'; there are gregorian, persian and hijri");
            (written, Calendar::from_name(name).ok_or_else(unknown)?)
        }
        None => (text, Calendar::Gregorian),
    };
    let day = parse_date(written, calendar).map_err(|error| format!("{error}; {DAY}"))?;
    // Whoever names no calendar and such a year means another calendar.
    if calendar == Calendar::Gregorian && day.year() < 1700 {
        return Err(format!(
            "the year of '{text}' is of another calendar: name it; {DAY}"
        ));
    }
    Ok(day)
}

const DAY: &str =
    "a day is written 2026-03-20, today, yesterday, 1404/12/29@persian or 1447/09/30@hijri";

const EXPECTED: &str = "expected a day (2026-03-20, its end is meant), an instant (2026-03-20T08:30:00Z) or the position of a commit (1204)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_means_its_last_microsecond() {
        let end: DateTime<Utc> = "2026-03-20T23:59:59.999999Z".parse().unwrap_or_default();
        assert_eq!("2026-03-20".parse(), Ok(Moment(end.into())));
        assert_eq!(
            "1204".parse(),
            Ok(Moment(Position::from_number(1204).into()))
        );
        assert_eq!("one day".parse::<Moment>(), Err(EXPECTED));
    }

    #[test]
    fn a_day_of_another_calendar_is_named_so_and_never_taken_for_a_gregorian_one() {
        let nowruz = NaiveDate::from_ymd_opt(2026, 3, 21);
        for typed in ["2026-03-21", "1405/01/01@persian", "۱۴۰۵/۱/۱@persian"] {
            assert_eq!(day(typed).ok(), nowruz, "{typed}");
        }
        for typed in [
            "1405-01-01",
            "1405/01/01@jalal",
            "1404/12/30@persian",
            "2026-02-30",
        ] {
            assert!(day(typed).is_err(), "{typed}");
        }
        assert!("1405-01-01".parse::<Moment>().is_err());
    }
}
