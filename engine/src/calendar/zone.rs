//! What does the clock on the wall show, and when did it change?
//!
//! The zones are those of the IANA database that is compiled in, so that a store gives the same answers on every
//! machine, and no file of the machine is read.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDateTime, Utc};
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::schema::did_you_mean;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone by its IANA name: `Asia/Tehran`.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

/// There is no time zone of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no time zone '{name}'{near}; zones have names such as Asia/Tehran, Asia/Riyadh, UTC"
)]
pub struct NotAZone {
    name: String,
    near: String,
}

/// Seconds since 1970 between which the clock was so far ahead of UTC. The end is not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) from: i64,
    pub(super) until: i64,
    pub(super) ahead: i64,
}

impl Zone {
    /// The zone of an IANA name.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> Result<Self, NotAZone> {
        match ZONES.get(name.trim()) {
            Ok(zone) => Ok(Self {
                name: zone.iana_name().unwrap_or(name).to_owned(),
                zone,
            }),
            Err(_) => {
                let known: Vec<String> = ZONES.available().map(|name| name.to_string()).collect();
                Err(NotAZone {
                    name: name.to_owned(),
                    near: did_you_mean(name, known.iter().map(String::as_str)),
                })
            }
        }
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its clocks show at an instant.
    #[must_use]
    pub fn wall(&self, at: DateTime<Utc>) -> NaiveDateTime {
        let ahead = chrono::TimeDelta::seconds(self.ahead_at(at.timestamp()));
        at.naive_utc()
            .checked_add_signed(ahead)
            .unwrap_or(at.naive_utc())
    }

    /// The first instant at which its clocks show this. Where they skip it, as when summer time begins, they show
    /// something later by as much as is skipped.
    #[must_use]
    pub fn instant(&self, wall: NaiveDateTime) -> DateTime<Utc> {
        let local = wall.and_utc().timestamp();
        // No zone is further from UTC than a day, and none changes twice within two.
        let before = self.ahead_at(local - 86_400);
        let after = self.ahead_at(local + 86_400);
        let shows = |ahead: i64| self.ahead_at(local - ahead) == ahead;
        let ahead = match (shows(before), shows(after)) {
            (true, true) => before.max(after),
            (false, true) => after,
            // What is skipped is read as if the clocks had not yet been changed.
            (true, false) | (false, false) => before,
        };
        let nanos = wall.and_utc().timestamp_subsec_nanos();
        DateTime::from_timestamp(local - ahead, nanos).unwrap_or(wall.and_utc())
    }

    fn ahead_at(&self, second: i64) -> i64 {
        let at = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
        self.zone.to_offset(at).seconds().into()
    }

    /// The pieces of a span of seconds, in order and without gaps.
    pub(super) fn pieces(&self, from: i64, until: i64) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut last = Piece {
            from,
            until,
            ahead: self.ahead_at(from),
        };
        let begin = Timestamp::from_second(from).unwrap_or(Timestamp::MAX);
        for change in self.zone.following(begin) {
            let at = change.timestamp().as_second();
            if at >= until {
                break;
            }
            let ahead = i64::from(change.offset().seconds());
            if ahead != last.ahead {
                pieces.push(Piece { until: at, ..last });
                last = Piece {
                    from: at,
                    until,
                    ahead,
                };
            }
        }
        pieces.push(last);
        pieces
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn wall(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn tehran_had_summer_time_until_2022() {
        let tehran = Zone::named("Asia/Tehran").unwrap();
        let shown = |at: &str| tehran.wall(at.parse().unwrap()).to_string();
        assert_eq!(shown("2022-07-01T00:00:00Z"), "2022-07-01 04:30:00");
        assert_eq!(shown("2023-07-01T00:00:00Z"), "2023-07-01 03:30:00");
        // At midnight of 22 March 2022 the clocks went on to one o'clock, on 22 September from midnight back to eleven.
        for (local, instant) in [
            ("2022-03-21T23:59:59", "2022-03-21T20:29:59Z"),
            ("2022-03-22T00:30:00", "2022-03-21T21:00:00Z"),
            ("2022-03-22T01:00:00", "2022-03-21T20:30:00Z"),
            ("2022-09-21T23:30:00", "2022-09-21T19:00:00Z"),
            ("2022-09-22T00:00:00", "2022-09-21T20:30:00Z"),
        ] {
            let instant: DateTime<Utc> = instant.parse().unwrap();
            assert_eq!(tehran.instant(wall(local)), instant, "{local}");
        }
    }

    #[test]
    fn a_mistyped_zone_is_told_with_the_nearest() {
        let told = Zone::named("Asia/Teheran").unwrap_err().to_string();
        assert!(told.contains("did you mean 'Asia/Tehran'"), "{told}");
    }
}
