//! Which earlier moment does `--as-of` or `--until` mean?

use std::str::FromStr;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use peyvand::Position;

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
        let day: NaiveDate = text.parse().map_err(|_| EXPECTED)?;
        let next = day.checked_add_days(Days::new(1)).ok_or(EXPECTED)?;
        let end = next.and_time(NaiveTime::MIN).and_utc() - TimeDelta::microseconds(1);
        // Of today, as much as there is.
        let now = Utc::now();
        let is_today = now.date_naive() == day;
        Ok(Moment(if is_today { now } else { end }.into()))
    }
}

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
        assert_eq!("yesterday".parse::<Moment>(), Err(EXPECTED));
    }
}
