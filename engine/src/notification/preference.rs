//! By which ways does somebody want to be told, and when?
//!
//! What a preference of the kind leaves open, the one for `any` kind says; what that leaves open is the default: in the
//! application, at once.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};

use super::told::Kind;
use super::{integer, referring};
use crate::error::Result;
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};

/// The ways by which a notification goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Channels {
    pub(super) in_app: bool,
    pub(super) email: bool,
    pub(super) sms: bool,
}

impl Channels {
    pub(super) fn of(record: &Record) -> Option<Self> {
        let Some(Value::Options(names)) = record.get("channels") else {
            return None;
        };
        let has = |name: &str| names.iter().any(|known| known == name);
        let off = has("off");
        Some(Self {
            in_app: !off && has("in_app"),
            email: !off && has("email"),
            sms: !off && has("sms"),
        })
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Whether something is to leave the house.
    pub(super) fn has_letters(self) -> bool {
        self.email || self.sms
    }

    /// Whether a letter may go by a way that is among others.
    pub(super) fn meets(self, others: Self) -> bool {
        self.both(others).has_letters()
    }

    /// The ways that are in both.
    pub(super) fn both(self, others: Self) -> Self {
        Self {
            in_app: self.in_app && others.in_app,
            email: self.email && others.email,
            sms: self.sms && others.sms,
        }
    }

    pub(super) fn names(self) -> Vec<&'static str> {
        [
            (self.in_app, "in_app"),
            (self.email, "email"),
            (self.sms, "sms"),
        ]
        .into_iter()
        .filter_map(|(on, name)| on.then_some(name))
        .collect()
    }
}

/// What one user has chosen.
pub(super) struct Preferences {
    records: Vec<Record>,
    /// The workspace's zone, for who names none.
    zone: FixedOffset,
}

impl Preferences {
    pub(super) fn of(reader: &Reader, user: RecordId, zone: FixedOffset) -> Result<Self> {
        Ok(Self {
            records: referring(reader, "notification_preference", "user", user)?,
            zone,
        })
    }

    /// What he has chosen for a kind.
    pub(super) fn about(&self, kind: Kind) -> Preference {
        let name = match kind {
            Kind::Assignments => Kind::Assignment.name(),
            Kind::Digest => "any",
            other => other.name(),
        };
        let of = |kind: &str| {
            let mut records = self.records.iter();
            records.find(move |record| record.text("kind") == Some(kind))
        };
        let chosen: Vec<&Record> = of(name).into_iter().chain(of("any")).collect();
        let hour = |record: &Record, field: &str| {
            integer(record, field).and_then(|hour| u32::try_from(hour).ok())
        };
        let quiet =
            |record: &&Record| Some((hour(record, "quiet_from")?, hour(record, "quiet_until")?));
        let in_app = Channels {
            in_app: true,
            ..Channels::default()
        };
        Preference {
            channels: chosen
                .iter()
                .find_map(|record| Channels::of(record))
                .unwrap_or(in_app),
            digest_hour: chosen.iter().find_map(|record| hour(record, "digest_hour")),
            quiet: chosen.iter().find_map(quiet),
            zone: chosen
                .iter()
                .find_map(|record| zone(record.text("zone")?))
                .unwrap_or(self.zone),
        }
    }
}

/// What holds for one user and kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Preference {
    pub(super) channels: Channels,
    pub(super) digest_hour: Option<u32>,
    /// From which hour until before which other; over midnight where the first is the later one.
    quiet: Option<(u32, u32)>,
    zone: FixedOffset,
}

impl Preference {
    /// When a letter about something that happens now may leave: at once, after the quiet hours, or with the digest.
    pub(super) fn deliver_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        if let Some(hour) = self.digest_hour {
            return self.next(now, hour);
        }
        match self.quiet {
            Some((from, until)) if self.is_quiet(now, from, until) => self.next(now, until),
            _ => now,
        }
    }

    /// The day that his wall calendar shows.
    pub(super) fn day_of(&self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.zone).date_naive()
    }

    fn is_quiet(&self, now: DateTime<Utc>, from: u32, until: u32) -> bool {
        let hour = now.with_timezone(&self.zone).hour();
        match from <= until {
            true => (from..until).contains(&hour),
            false => hour >= from || hour < until,
        }
    }

    /// The next time that his clock shows this full hour; now, where it does.
    fn next(&self, now: DateTime<Utc>, hour: u32) -> DateTime<Utc> {
        let local = now.with_timezone(&self.zone).naive_local();
        let time = NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN);
        let today = local.date().and_time(time);
        let next = match today < local {
            true => today + TimeDelta::days(1),
            false => today,
        };
        let instant = next.and_local_timezone(self.zone).single();
        instant.map_or(now, |at| at.with_timezone(&Utc))
    }
}

/// Reads `+03:30`.
pub(super) fn zone(text: &str) -> Option<FixedOffset> {
    crate::locale::fold_digits(text.trim()).parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn preference(digest_hour: Option<u32>, quiet: Option<(u32, u32)>) -> Preference {
        Preference {
            channels: Channels::default(),
            digest_hour,
            quiet,
            zone: zone("+۰۳:۳۰").unwrap(),
        }
    }

    #[test]
    fn a_digest_leaves_at_the_next_full_hour_of_his_zone() {
        let eight = preference(Some(8), None);
        assert_eq!(
            eight.deliver_at(at("2026-03-25T03:00:00Z")),
            at("2026-03-25T04:30:00Z")
        );
        assert_eq!(
            eight.deliver_at(at("2026-03-25T04:30:00Z")),
            at("2026-03-25T04:30:00Z")
        );
        assert_eq!(
            eight.deliver_at(at("2026-03-25T04:30:01Z")),
            at("2026-03-26T04:30:00Z")
        );
    }

    #[test]
    fn quiet_hours_go_over_midnight() {
        let night = preference(None, Some((22, 7)));
        let morning = at("2026-03-26T03:30:00Z");
        assert_eq!(night.deliver_at(at("2026-03-25T19:00:00Z")), morning);
        assert_eq!(night.deliver_at(at("2026-03-26T03:29:00Z")), morning);
        assert_eq!(night.deliver_at(morning), morning);
        let noon = preference(None, Some((13, 14)));
        assert_eq!(
            noon.deliver_at(at("2026-03-25T09:45:00Z")),
            at("2026-03-25T10:30:00Z")
        );
        let never = preference(None, Some((9, 9)));
        assert_eq!(
            never.deliver_at(at("2026-03-25T05:45:00Z")),
            at("2026-03-25T05:45:00Z")
        );
    }
}
