//! Are days found by words and by the calendars that people live by?

use chrono::NaiveDate;
use serde_json::json;

use super::shelf::Shelf;
use crate::query::period::period;

/// Tuesday; 11 Farvardin 1405, 12 Shawwal 1447.
fn today() -> NaiveDate {
    day("2026-03-31")
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn read(written: &str) -> (String, String) {
    let period = period(written, today(), None).unwrap().unwrap();
    (period.first.to_string(), period.last.to_string())
}

#[track_caller]
fn reads(written: &str, first: &str, last: &str) {
    let expected = (first.to_owned(), last.to_owned());
    assert_eq!(read(written), expected, "{written}");
}

#[test]
fn words_stand_for_their_days() {
    for (written, first, last) in [
        ("today", "2026-03-31", "2026-03-31"),
        ("Yesterday", "2026-03-30", "2026-03-30"),
        ("tomorrow", "2026-04-01", "2026-04-01"),
        ("this-week", "2026-03-30", "2026-04-05"),
        ("last-week", "2026-03-23", "2026-03-29"),
        ("this_month", "2026-03-01", "2026-03-31"),
        ("next month", "2026-04-01", "2026-04-30"),
        ("last-quarter", "2025-10-01", "2025-12-31"),
        ("next-year", "2027-01-01", "2027-12-31"),
        ("last-90-days", "2026-01-01", "2026-03-31"),
        ("last-۱-day", "2026-03-31", "2026-03-31"),
        ("next-7-days", "2026-03-31", "2026-04-06"),
        ("last-3-months", "2025-12-01", "2026-02-28"),
        ("next-2-weeks", "2026-04-06", "2026-04-19"),
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2026/12@gregorian", "2026-12-01", "2026-12-31"),
    ] {
        reads(written, first, last);
    }
}

#[cfg(feature = "intl")]
#[test]
fn months_quarters_years_and_weeks_are_those_of_the_calendar_named() {
    for (written, first, last) in [
        ("this-week@persian", "2026-03-28", "2026-04-03"),
        ("this-week@hijri", "2026-03-29", "2026-04-04"),
        ("this-month@persian", "2026-03-21", "2026-04-20"),
        ("last-month@Persian", "2026-02-20", "2026-03-20"),
        ("this-quarter@jalali", "2026-03-21", "2026-06-21"),
        ("last-quarter@persian", "2025-12-22", "2026-03-20"),
        ("last-year@persian", "2025-03-21", "2026-03-20"),
        ("this-year@hijri", "2025-06-26", "2026-06-15"),
        ("this-month@hijri", "2026-03-20", "2026-04-17"),
        ("1403@persian", "2024-03-20", "2025-03-20"),
        ("۱۴۰۳/۱۲@persian", "2025-02-19", "2025-03-20"),
        ("1403/05/07@persian", "2024-07-28", "2024-07-28"),
        ("۱۴۰۳/۰۵/۰۷@persian", "2024-07-28", "2024-07-28"),
        ("۷ مرداد ۱۴۰۳@persian", "2024-07-28", "2024-07-28"),
        ("١٤٤٧/٩/١ @ hijri", "2026-02-18", "2026-02-18"),
    ] {
        reads(written, first, last);
    }
}

#[cfg(feature = "intl")]
#[test]
fn every_period_is_the_days_that_its_calendar_calls_so() {
    use crate::locale::Calendar;
    use chrono::Datelike;

    for (suffix, calendar, weekday) in [
        ("", Calendar::Gregorian, 0),
        ("@persian", Calendar::Jalali, 5),
        ("@hijri", Calendar::Hijri, 6),
    ] {
        for ahead in (0..1200).step_by(13) {
            let today = day("2024-01-01") + chrono::Days::new(ahead);
            let whole = |word: &str| {
                period(&format!("{word}{suffix}"), today, None)
                    .unwrap()
                    .unwrap()
            };
            let (named, month) = (calendar.name_day(today).unwrap(), whole("this-month"));
            let same = |other: NaiveDate, months: u8| {
                let other = calendar.name_day(other).unwrap();
                other.year == named.year && (other.month - 1) / months == (named.month - 1) / months
            };
            for (found, months) in [
                (month, 1),
                (whole("this-quarter"), 3),
                (whole("this-year"), 12),
            ] {
                assert!(
                    same(found.first, months) && same(found.last, months),
                    "{today}{suffix}"
                );
                assert!(
                    !same(found.first.pred_opt().unwrap(), months)
                        && !same(found.last.succ_opt().unwrap(), months),
                    "{today}{suffix}"
                );
            }
            assert_eq!(whole("last-month").last.succ_opt(), Some(month.first));
            assert_eq!(
                whole("next-2-quarters").first.pred_opt(),
                Some(whole("this-quarter").last)
            );
            let week = whole("this-week");
            assert_eq!(week.first.weekday().num_days_from_monday(), weekday);
            assert!(
                (week.first..=week.last).contains(&today)
                    && week.last - week.first == chrono::TimeDelta::days(6)
            );
        }
    }
}

/// A task for each of the days around the last of March, at noon and at one in the night in Tehran.
fn tasks() -> Shelf {
    let shelf = Shelf::new();
    for (number, due, at) in [
        (1, "2026-03-20", "2026-03-30T20:29:59Z"),
        (2, "2026-03-21", "2026-03-30T20:30:00Z"),
        (3, "2026-03-31", "2026-03-31T20:29:59.999999Z"),
        (4, "2026-04-01", "2026-03-31T20:30:00Z"),
        (5, "2026-06-21", "2026-06-21T12:00:00Z"),
    ] {
        let fields = json!({"kind": "task", "subject": "کار", "due_on": due, "at": at});
        shelf.put("activity", number, fields);
    }
    shelf.put("activity", 6, json!({"kind": "task", "subject": "بی‌تاریخ"}));
    shelf
}

#[test]
fn periods_are_compared_as_all_their_days() {
    let shelf = tasks();
    for (filter, wanted) in [
        ("due_on[in]:this-month", vec![1, 2, 3]),
        ("due_on[eq]:this-month", vec![1, 2, 3]),
        ("due_on[in]:(today,tomorrow,2026-06)", vec![3, 4, 5]),
        ("due_on[nin]:this-month", vec![4, 5, 6]),
        ("due_on[ne]:this-month", vec![4, 5, 6]),
        ("due_on[gt]:this-month", vec![4, 5]),
        ("due_on[gte]:this-month", vec![1, 2, 3, 4, 5]),
        ("due_on[lt]:next-month", vec![1, 2, 3]),
        ("due_on[lte]:next-month", vec![1, 2, 3, 4]),
        ("due_on[between]:(today,next-quarter)", vec![3, 4, 5]),
        ("due_on[lt]:today", vec![1, 2]),
    ] {
        assert_eq!(shelf.found("activity", filter), wanted, "{filter}");
    }
}

#[cfg(feature = "intl")]
#[test]
fn the_persian_quarter_of_a_deal_is_found() {
    let shelf = tasks();
    for (filter, wanted) in [
        ("due_on[in]:this-quarter@persian", vec![2, 3, 4, 5]),
        ("due_on[in]:last-month@persian", vec![1]),
        ("due_on[gte]:۱۴۰۵/۰۱/۱۲@persian", vec![4, 5]),
        (
            "due_on[between]:(1405/01/01@persian,1405/01@persian)",
            vec![2, 3, 4],
        ),
        ("at[in]:this-quarter@persian", vec![1, 2, 3, 4, 5]),
    ] {
        assert_eq!(shelf.found("activity", filter), wanted, "{filter}");
    }
}

#[test]
fn of_instants_days_are_those_of_the_zone_from_their_first_to_their_last_instant() {
    let shelf = tasks();
    for (filter, wanted) in [
        ("at[in]:today", vec![2, 3]),
        ("at[eq]:2026-03-31", vec![2, 3]),
        ("at[lte]:today", vec![1, 2, 3]),
        ("at[lt]:today", vec![1]),
        ("at[gt]:today", vec![4, 5]),
        ("at[gte]:tomorrow", vec![4, 5]),
        ("at[between]:(yesterday,today)", vec![1, 2, 3]),
        ("at[between]:(2026-03-31,2026-03-31)", vec![2, 3]),
        ("at[nin]:(today,2026-06)", vec![1, 4, 6]),
    ] {
        assert_eq!(shelf.found("activity", filter), wanted, "{filter}");
    }
}

#[test]
fn what_is_mistyped_is_told_with_the_words_there_are() {
    let shelf = tasks();
    for (filter, wanted) in [
        (
            "due_on[in]:this-qarter",
            "due_on[in]: 'this-qarter' stands for no days; did you mean 'this-quarter'?; there are today, yesterday,",
        ),
        (
            "due_on[in]:last-mnth@gregorian",
            "due_on[in]: 'last-mnth@gregorian' stands for no days; did you mean 'last-month@gregorian'?",
        ),
        (
            "due_on[in]:last-0-days",
            "due_on[in]: 'last-0-days' stands for no days",
        ),
        (
            "due_on[in]:this-3-days",
            "due_on[in]: 'this-3-days' stands for no days",
        ),
        (
            "due_on[eq]:soon",
            "due_on[eq]: 'soon' is not a Gregorian date such as 2026-03-21, and no other day; there are today, ",
        ),
        ("at[gt]:soon", "at[gt]: 'soon' is neither an instant"),
        (
            "due_on[in]:1403",
            "due_on[in]: the year of '1403' may be a Persian or a Hijri one; say which, as in 1403@persian",
        ),
        (
            "due_on[in]:today@persain",
            "due_on[in]: 'today@persain': there is no calendar 'persain'; did you mean 'persian'?; there are gregorian, persian, hijri",
        ),
        (
            "due_on[in]:2026-13",
            "due_on[in]: '2026-13' is outside the years",
        ),
        ("due_on[in]:now", "due_on[in]: 'now' is an instant"),
    ] {
        let refused = shelf.refusal("activity", filter);
        assert!(refused.starts_with(wanted), "{filter}: {refused}");
    }
    #[cfg(feature = "intl")]
    for (filter, wanted) in [
        (
            "due_on[in]:1404/12/30@persian",
            "due_on[in]: '1404/12/30@persian' stands for no days",
        ),
        (
            "due_on[in]:1200@hijri",
            "due_on[in]: '1200@hijri' is outside the years that the hijri calendar is known for",
        ),
        (
            "due_on[in]:last-9999-years@persian",
            "due_on[in]: 'last-9999-years@persian' is outside the years that the persian calendar is known for",
        ),
    ] {
        let refused = shelf.refusal("activity", filter);
        assert!(refused.starts_with(wanted), "{filter}: {refused}");
    }
}
