//! What may be said of a calendar, and how is what may not be said told?

use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value as Json, json};

use crate::Locale;
use crate::calendar::{BusinessCalendar, WorkingTime};
use crate::engine::Engine;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn week() -> Json {
    json!([{"open": {"saturday-wednesday": "08:00-16:00", "thursday": "08:00-12:00"}}])
}

fn time(json: &Json) -> WorkingTime {
    BusinessCalendar::from_json(json).unwrap().working_time()
}

#[test]
fn what_makes_no_sense_is_refused_with_its_place() {
    for (definition, told) in [
        (json!({"zone": "Asia/Tehran"}), "'weeks' is missing"),
        (
            json!({"zone": "Asia/Tehran", "weeks": [{"open": {"friday": "closed"}}]}),
            "weeks: no day of any week has working time",
        ),
        (
            json!({"zone": "Asia/Theran", "weeks": week()}),
            "zone: there is no time zone 'Asia/Theran'; did you mean 'Asia/Tehran'?",
        ),
        (json!({"weeks": week()}), "'zone' is missing"),
        (
            json!({"zone": "UTC", "weeks": [{"open": {"monday": "08:00-12:00, 11:00-13:00"}}]}),
            "weeks[0].open: monday: the spans 08:00-12:00 and 11:00-13:00 overlap",
        ),
        (
            json!({"zone": "UTC", "weeks": [{"open": {"monday": "22:00-06:00"}}]}),
            "two spans",
        ),
        (
            json!({"zone": "UTC", "weeks": [{"open": {"monday-friday": "8-16", "fri": "8-12"}}]}),
            "a day of it has hours already",
        ),
        (
            json!({"zone": "UTC", "weeks": [{"until": "2026-03-21", "open": {"monday": "8-16"}}, {"from": "2026-03-21", "open": {"monday": "8-16"}}]}),
            "weeks[1]: it holds on days on which weeks[0] holds too",
        ),
        (
            json!({"zone": "UTC", "weeks": week(), "holiday": []}),
            "there is no key 'holiday'; did you mean 'holidays'?",
        ),
        (
            json!({"zone": "UTC", "weeks": week(), "holidays": [{"name": "x", "calendar": "hijri", "day": "09-31"}]}),
            "holidays[0].day: '09-31' is no day of a year",
        ),
        (
            json!({"zone": "UTC", "weeks": week(), "holidays": [{"day": "10-01", "corrected": {"1447": "1405-01-01x"}}]}),
            "1447: '1405-01-01x' is no day",
        ),
        (
            json!({"zone": "UTC", "weeks": week(), "days": [{"day": "2026-01-01", "open": "8-9"}, {"day": "2026-01-01", "open": "9-10"}]}),
            "days[1]: 2026-01-01 has hours in another entry already",
        ),
    ] {
        let fault = BusinessCalendar::from_json(&definition)
            .unwrap_err()
            .to_string();
        assert!(fault.contains(told), "{definition}\n{fault}");
    }
}

#[test]
fn the_write_path_takes_no_calendar_that_is_none() {
    let session = Engine::in_memory().open().unwrap().session();
    let bad = json!({"key": "t", "name": "تهران", "label": {"fa": ""}, "definition": {"zone": "Asia/Tehran"}});
    let refused = session.create("business_calendar", bad).unwrap_err();
    let fields: Vec<_> = refused
        .failures()
        .iter()
        .filter_map(|one| one.field.as_deref())
        .collect();
    assert_eq!(fields, ["label", "definition"]);
    let good = json!({"key": "t", "name": "دفتر تهران", "label": {"en": "Tehran office"},
        "definition": {"zone": "Asia/Tehran", "weeks": week()}});
    let _ = session.create("business_calendar", good).unwrap();
    assert_eq!(
        session.business_calendar("t").unwrap().name,
        "Tehran office"
    );
    assert_eq!(
        session.in_locale(Locale::Fa).business_calendars().unwrap()[0].name,
        "دفتر تهران"
    );
}

#[test]
fn a_corrected_holiday_leaves_the_day_that_was_expected() {
    let with = |corrected: Json| {
        time(
            &json!({"zone": "Asia/Tehran", "weeks": week(), "holidays": [
            {"name": {"fa": "عید فطر", "en": "Eid al-Fitr"}, "calendar": "hijri", "day": "10-01", "corrected": corrected}]}),
        )
    };
    // Umm al-Qura has 1 Shawwal 1446 on Sunday, the 30th of March; Iran had it on Monday.
    let expected = with(json!({}));
    let corrected = with(json!({"1446": "2025-03-31"}));
    assert!(
        !expected.is_working_day(day("2025-03-30")) && expected.is_working_day(day("2025-03-31"))
    );
    assert!(
        corrected.is_working_day(day("2025-03-30")) && !corrected.is_working_day(day("2025-03-31"))
    );
    let told = corrected.date(day("2025-03-31"), Locale::Fa).unwrap();
    assert_eq!(told.holidays, ["عید فطر"]);
}

#[test]
fn working_days_are_counted_over_holidays_and_half_days() {
    let time = time(
        &json!({"zone": "Asia/Tehran", "weeks": week(), "holidays": [
        {"name": "نوروز", "calendar": "persian", "day": "01-01", "days": 4}]}),
    );
    // Thursday; Friday, then four days of Nowruz from Saturday on.
    let thursday = day("2026-03-19");
    assert_eq!(time.next_working_day(thursday), Some(day("2026-03-25")));
    assert_eq!(time.add_working_days(day("2026-03-25"), -1), Some(thursday));
    assert_eq!(
        time.add_working_days(day("2026-03-20"), 0),
        Some(day("2026-03-25"))
    );
    assert_eq!(time.add_working_days(thursday, 0), Some(thursday));
    assert_eq!(time.add_working_days(thursday, i32::MAX), None);
}

#[test]
fn outside_of_its_years_and_after_its_last_week_there_is_no_answer() {
    let until = json!({"zone": "UTC", "weeks": [{"until": "2026-12-31", "open": {"monday-friday": "8-16"}}]});
    let time = time(&until);
    let at = |text: &str| text.parse().unwrap();
    assert_eq!(time.next_opening(at("2027-01-01T00:00:00Z")), None);
    assert_eq!(
        time.add(at("2026-12-31T12:00:00Z"), TimeDelta::hours(5)),
        None
    );
    assert_eq!(time.add(at("2026-12-31T12:00:00Z"), TimeDelta::MAX), None);
    assert_eq!(time.add(at("2026-12-31T12:00:00Z"), TimeDelta::MIN), None);
    assert_eq!(
        time.between(at("1899-12-31T12:00:00Z"), at("2026-01-01T00:00:00Z")),
        None
    );
    assert!(!time.is_open(at("2151-01-01T12:00:00Z")));
}
