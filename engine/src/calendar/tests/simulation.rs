//! Every minute of years is looked at by itself, with the hours written out once more as plain conditions.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc, Weekday};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};

use crate::calendar::{BusinessCalendar, WorkingTime};
use crate::locale::Calendar;

struct Simulated {
    begin: DateTime<Utc>,
    /// Whether it is open in each minute, and how many were before it.
    open: Vec<bool>,
    before: Vec<i64>,
}

impl Simulated {
    fn of(
        zone: &str,
        (from, until): (&str, &str),
        is_open: impl Fn(NaiveDateTime) -> bool,
    ) -> Self {
        let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).unwrap();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (begin, end) = (at(from), at(until));
        let minutes = (end - begin).num_minutes();
        let mut this = Self {
            begin,
            open: Vec::new(),
            before: vec![0],
        };
        for minute in 0..minutes {
            let at = jiff::Timestamp::from_second(begin.timestamp() + minute * 60).unwrap();
            let ahead = zone.to_offset(at).seconds();
            let wall = DateTime::from_timestamp(at.as_second() + i64::from(ahead), 0).unwrap();
            let open = is_open(wall.naive_utc());
            this.open.push(open);
            this.before
                .push(this.before.last().unwrap() + i64::from(open));
        }
        this
    }

    fn at(&self, minute: usize) -> DateTime<Utc> {
        self.begin + TimeDelta::minutes(minute as i64)
    }

    /// Holds the calendar against the minutes.
    fn agrees_with(&self, time: &WorkingTime) {
        let minutes = self.open.len();
        for (minute, open) in self.open.iter().enumerate() {
            assert_eq!(time.is_open(self.at(minute)), *open, "{}", self.at(minute));
        }
        let mut runner = TestRunner::new_with_rng(
            Config {
                cases: 1_500,
                failure_persistence: None,
                ..Config::default()
            },
            proptest::test_runner::TestRng::deterministic_rng(
                proptest::test_runner::RngAlgorithm::ChaCha,
            ),
        );
        let pairs = (0..minutes, prop_oneof![0..minutes, Just(0)], 0..20_000_i64);
        let held = runner.run(&pairs, |(one, other, step)| {
            let (a, b) = (self.at(one), self.at(other));
            let worked = TimeDelta::minutes(self.before[other] - self.before[one]);
            prop_assert_eq!(time.between(a, b), Some(worked), "{} to {}", a, b);
            // The first minute at whose begin so much has been worked.
            let wanted = self.before[one] + step;
            if wanted <= self.before[minutes] && step > 0 {
                let found = self.before.partition_point(|before| *before < wanted);
                let later = time.add(a, TimeDelta::minutes(step));
                prop_assert_eq!(later, Some(self.at(found)), "{} after {}", step, a);
            }
            let wanted = self.before[one] - step;
            if wanted > 0 && step > 0 {
                let found = self.before.partition_point(|before| *before <= wanted) - 1;
                let earlier = time.add(a, TimeDelta::minutes(-step));
                prop_assert_eq!(earlier, Some(self.at(found)), "{} before {}", step, a);
            }
            if let Some(next) = self.open[one..].iter().position(|open| *open) {
                prop_assert_eq!(time.next_opening(a), Some(self.at(one + next)));
            }
            Ok(())
        });
        held.unwrap();
    }
}

fn calendar(json: &Json) -> WorkingTime {
    BusinessCalendar::from_json(json).unwrap().working_time()
}

fn named(calendar: Calendar, day: NaiveDate) -> (u8, u8) {
    let named = calendar.name_day(day).unwrap();
    (named.month, named.day)
}

#[test]
fn an_office_in_tehran_over_summer_time_nowruz_ramadan_and_its_end() {
    let time = calendar(&json!({
        "zone": "Asia/Tehran",
        "weeks": [
            {"until": "2022-03-20", "open": {"saturday-wednesday": "08:00-16:00", "thursday": "08:00-12:00"}},
            {"from": "2022-03-21", "open": {"saturday-wednesday": "07:30-12:00, 13:00-16:15"}},
        ],
        "seasons": [{"name": "رمضان", "calendar": "hijri", "from": "09-01", "until": "09-30",
            "open": {"saturday-wednesday": "09:00-14:00", "thursday": "closed"},
            "corrected": {"1443": {"from": "2022-04-03", "until": "2022-05-02"}}}],
        "holidays": [
            {"name": "نوروز", "calendar": "persian", "day": "01-01", "days": 4},
            {"name": "روز آخر سال", "calendar": "persian", "day": "12-30"},
            {"name": "عید فطر", "calendar": "hijri", "day": "10-01", "days": 2, "corrected": {"1443": "2022-05-03"}},
            {"name": "شب یلدا", "calendar": "persian", "day": "09-30", "open": "08:00-13:00"},
        ],
        "days": [
            {"day": "2021-06-19", "name": "پس از انتخابات", "open": "10:00-14:00"},
            {"day": "2022-09-21", "name": "تا نیمه‌شب باز", "open": "20:00-24:00"},
            {"day": "2022-09-18", "name": "اعلام‌شده"},
        ],
    }));
    let span =
        |from: (u32, u32), until: (u32, u32)| move |now: (u32, u32)| from <= now && now < until;
    let is_open = |wall: NaiveDateTime| {
        let (day, now) = (wall.date(), (wall.hour(), wall.minute()));
        match day.to_string().as_str() {
            "2021-06-19" => return span((10, 0), (14, 0))(now),
            "2022-09-21" => return now >= (20, 0),
            "2022-09-18" => return false,
            _ => {}
        }
        let (persian, hijri) = (named(Calendar::Jalali, day), named(Calendar::Hijri, day));
        let in_2022 =
            (day.year(), day.month()) >= (2022, 4) && (day.year(), day.month()) <= (2022, 5);
        let text = day.to_string();
        let (fitr, ramadan) = match in_2022 {
            true => (
                ["2022-05-03", "2022-05-04"].contains(&text.as_str()),
                ("2022-04-03".."2022-05-03").contains(&text.as_str()),
            ),
            false => (hijri == (10, 1) || hijri == (10, 2), hijri.0 == 9),
        };
        if persian.0 == 1 && persian.1 <= 4 || persian == (12, 30) || fitr {
            return false;
        }
        let open = match (day.weekday(), ramadan, text.as_str() < "2022-03-21") {
            (Weekday::Fri, _, _) | (Weekday::Thu, true, _) => false,
            (_, true, _) => span((9, 0), (14, 0))(now),
            (Weekday::Thu, _, true) => span((8, 0), (12, 0))(now),
            (Weekday::Thu, _, false) => false,
            (_, _, true) => span((8, 0), (16, 0))(now),
            (_, _, false) => span((7, 30), (12, 0))(now) || span((13, 0), (16, 15))(now),
        };
        match persian == (9, 30) && day.weekday() != Weekday::Fri {
            // A half day is none where it would have been closed.
            true => {
                (day.weekday() != Weekday::Thu || text.as_str() < "2022-03-21")
                    && span((8, 0), (13, 0))(now)
            }
            false => open,
        }
    };
    let minutes = Simulated::of(
        "Asia/Tehran",
        ("2021-01-15T00:00:00Z", "2023-02-01T00:00:00Z"),
        is_open,
    );
    minutes.agrees_with(&time);
}

#[test]
fn a_night_shift_where_clocks_change_by_an_hour_by_half_of_one_and_by_a_day() {
    let time = |zone: &str| {
        calendar(&json!({
            "zone": zone,
            "weeks": [{"open": {"monday-sunday": "00:15-00:45, 01:45-02:20, 02:40-03:10, 22:30-24:00"}}],
        }))
    };
    let is_open = |wall: NaiveDateTime| {
        let now = wall.hour() * 60 + wall.minute();
        [(15, 45), (105, 140), (160, 190), (1350, 1440)]
            .iter()
            .any(|(from, until)| (*from..*until).contains(&now))
    };
    for (zone, span) in [
        (
            "Europe/Berlin",
            ("2025-03-01T00:00:00Z", "2025-11-15T00:00:00Z"),
        ),
        (
            "Australia/Lord_Howe",
            ("2025-03-20T00:00:00Z", "2025-10-20T00:00:00Z"),
        ),
        (
            "Asia/Tehran",
            ("2022-03-01T00:00:00Z", "2022-10-10T00:00:00Z"),
        ),
        // It left out the 30th of December 2011.
        (
            "Pacific/Apia",
            ("2011-09-15T00:00:00Z", "2012-04-20T00:00:00Z"),
        ),
    ] {
        Simulated::of(zone, span, is_open).agrees_with(&time(zone));
    }
}
