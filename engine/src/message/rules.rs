//! By which rules does a host want messages sent?

use std::collections::BTreeMap;

use chrono::{DateTime, Days, FixedOffset, NaiveTime, TimeDelta, Utc};

use super::Channel;

/// How messages are sent. What is not said is as in [`MessageRules::default`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MessageRules {
    /// The country of telephone numbers that were written without one. None unless told: they are refused then.
    pub calling_code: Option<CallingCode>,
    /// Who messages come from, where they do not say so.
    pub senders: BTreeMap<Channel, Sender>,
    /// When nobody is to be disturbed; messages wait until it is over. None unless told.
    pub quiet_hours: Option<QuietHours>,
    /// The channels that keep quiet then: SMS and messenger unless told.
    pub quiet_channels: Vec<Channel>,
    /// Whether marketing goes only to who agreed to it. It does unless told.
    pub marketing_needs_consent: bool,
    /// The channels tried after the preferred one, in order, where a message names none: e-mail, SMS unless told.
    pub fallback: Vec<Channel>,
    /// The most parts that an SMS may have: six unless told.
    pub sms_segments: usize,
    /// How often a message is tried before it has failed: eight times unless told.
    pub tries: u32,
    /// How long after the first attempt the second one is; each further one waits four times as long. A minute unless
    /// told.
    pub first_delay: TimeDelta,
    /// The longest wait between attempts: six hours unless told.
    pub longest_delay: TimeDelta,
    /// The largest mail that is taken in, in bytes: 25 million unless told.
    pub largest_mail: usize,
}

impl Default for MessageRules {
    fn default() -> Self {
        Self {
            calling_code: None,
            senders: BTreeMap::new(),
            quiet_hours: None,
            quiet_channels: vec![Channel::Sms, Channel::Messenger],
            marketing_needs_consent: true,
            fallback: vec![Channel::Email, Channel::Sms],
            sms_segments: 6,
            tries: 8,
            first_delay: TimeDelta::minutes(1),
            longest_delay: TimeDelta::hours(6),
            largest_mail: 25_000_000,
        }
    }
}

impl MessageRules {
    /// How long to wait after so many attempts. The key spreads those that failed together, the same way in every run.
    pub(super) fn delay(&self, attempts: u32, key: &str) -> TimeDelta {
        let steps = attempts.saturating_sub(1).min(20);
        let whole = self
            .first_delay
            .checked_mul(4_i32.saturating_pow(steps))
            .unwrap_or(self.longest_delay)
            .min(self.longest_delay);
        let hash = blake3::hash(format!("{key} {attempts}").as_bytes());
        let [byte, ..] = hash.as_bytes();
        // From 80 to 120 percent.
        let percent = 80 + i32::from(*byte) * 40 / 255;
        whole.checked_mul(percent).map_or(whole, |much| much / 100)
    }
}

/// The calling code of a country, and what is dialled inside of it before a number.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallingCode {
    /// `98` of Iran.
    pub code: String,
    /// `0` in most countries.
    pub trunk: String,
}

impl CallingCode {
    /// A calling code and a trunk prefix: `98`, `0`.
    #[must_use]
    pub fn new(code: &str, trunk: &str) -> Self {
        Self {
            code: code.trim_start_matches('+').to_owned(),
            trunk: trunk.to_owned(),
        }
    }
}

/// Who a message comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sender {
    /// The address or number.
    pub address: String,
    /// The name that people see; may be empty.
    pub name: String,
}

impl Sender {
    /// A sender by address and name.
    #[must_use]
    pub fn new(address: &str, name: &str) -> Self {
        Self {
            address: address.to_owned(),
            name: name.to_owned(),
        }
    }
}

/// When nobody is to be disturbed, by the recipient's clock. It may pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuietHours {
    /// From then on.
    pub from: NaiveTime,
    /// Until then.
    pub until: NaiveTime,
    /// The clock of recipients whose own is not known; the engine's zone unless told.
    pub zone: Option<FixedOffset>,
}

impl QuietHours {
    /// From a time of day until another.
    #[must_use]
    pub fn new(from: NaiveTime, until: NaiveTime) -> Self {
        Self {
            from,
            until,
            zone: None,
        }
    }

    /// By this clock, where the recipient's own is not known.
    #[must_use]
    pub fn in_zone(mut self, zone: FixedOffset) -> Self {
        self.zone = Some(zone);
        self
    }

    /// When it is over, if it is quiet now.
    pub(super) fn end(&self, now: DateTime<Utc>, zone: FixedOffset) -> Option<DateTime<Utc>> {
        let local = now.with_timezone(&zone).naive_local();
        let time = local.time();
        let past_midnight = self.from > self.until;
        let quiet = match past_midnight {
            true => time >= self.from || time < self.until,
            false => time >= self.from && time < self.until,
        };
        let day = match quiet && past_midnight && time >= self.from {
            true => local.date().checked_add_days(Days::new(1))?,
            false => local.date(),
        };
        let end = day.and_time(self.until).and_local_timezone(zone).single()?;
        quiet.then(|| end.with_timezone(&Utc))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_night_ends_in_the_morning_of_the_recipient() {
        let time = |text: &str| text.parse::<NaiveTime>().unwrap();
        let night = QuietHours::new(time("21:00:00"), time("08:00:00"));
        let tehran = FixedOffset::east_opt(3 * 3600 + 1800).unwrap();
        for (now, end) in [
            ("2026-03-25T17:29:59Z", None),
            ("2026-03-25T17:30:00Z", Some("2026-03-26T04:30:00Z")),
            ("2026-03-25T22:00:00Z", Some("2026-03-26T04:30:00Z")),
            ("2026-03-26T04:30:00Z", None),
        ] {
            let end: Option<DateTime<Utc>> = end.map(|end| end.parse().unwrap());
            assert_eq!(night.end(now.parse().unwrap(), tehran), end, "{now}");
        }
        let noon = QuietHours::new(time("12:00:00"), time("13:00:00"));
        let end = noon.end(
            "2026-03-25T12:30:00Z".parse().unwrap(),
            FixedOffset::east_opt(0).unwrap(),
        );
        assert_eq!(end.unwrap().to_rfc3339(), "2026-03-25T13:00:00+00:00");
        assert_eq!(
            QuietHours::new(time("08:00:00"), time("08:00:00")).end(end.unwrap(), tehran),
            None
        );
    }

    #[test]
    fn waits_grow_to_their_longest_and_differ_between_messages() {
        let rules = MessageRules::default();
        let seconds = |attempts, key: &str| rules.delay(attempts, key).num_seconds();
        assert!((48..=72).contains(&seconds(1, "a")));
        assert!((192..=288).contains(&seconds(2, "a")));
        for attempts in [6, 100, u32::MAX] {
            let longest = seconds(attempts, "a");
            assert!(
                (4 * 3600..=8 * 3600).contains(&longest),
                "{attempts}: {longest}"
            );
        }
        assert_eq!(seconds(3, "a"), seconds(3, "a"));
        let spread: std::collections::BTreeSet<i64> =
            (0..50).map(|one| seconds(3, &one.to_string())).collect();
        assert!(spread.len() > 20, "{spread:?}");
    }
}
