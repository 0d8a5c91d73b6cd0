//! Every day of years is asked by itself whether a rule names it, by conditions that know nothing of periods.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use chrono::{Datelike, Days, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::context::Locale;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn rule(text: &str) -> Recurrence {
    text.parse().unwrap()
}

fn days(text: &str, first: &str, count: usize) -> Vec<String> {
    let days = rule(text);
    days.days(day(first))
        .take(count)
        .map(|day| day.to_string())
        .collect()
}

/// Whether the rule, whose weekdays may count and whose positions are none, names a day.
fn names(rule: &Recurrence, first: NaiveDate, day: NaiveDate) -> bool {
    let named = |day| {
        let named = rule.calendar.name_day(day).unwrap();
        (i64::from(named.year), named.month, i64::from(named.day))
    };
    let length = |(year, month, _): (i64, u8, i64)| {
        i64::from(rule.calendar.days_in_month(year as i32, month).unwrap())
    };
    let begin = named(first);
    let here = named(day);
    // What the day may stand for: itself, and days that a month does not have.
    let mut meant = vec![here];
    if rule.skip == Skip::Backward && here.2 == length(here) {
        meant.extend((here.2 + 1..=31).map(|none| (here.0, here.1, none)));
    }
    if rule.skip == Skip::Forward && here.2 == 1 {
        let before = named(day.pred_opt().unwrap());
        meant.extend((before.2 + 1..=31).map(|none| (before.0, before.1, none)));
    }
    let interval = i64::from(rule.interval);
    let in_period = |(year, month, _): (i64, u8, i64)| match rule.frequency {
        Frequency::Daily => (day - first).num_days() % interval == 0,
        Frequency::Weekly => {
            let week = |day: NaiveDate| {
                let back = day.weekday().days_since(rule.week_start);
                day - Days::new(back.into())
            };
            (week(day) - week(first)).num_days() / 7 % interval == 0
        }
        Frequency::Monthly => {
            (year * 12 + i64::from(month) - begin.0 * 12 - i64::from(begin.1)) % interval == 0
        }
        Frequency::Yearly => (year - begin.0) % interval == 0,
    };
    let in_month = |(_, month, _): (i64, u8, i64)| {
        let implied = rule.frequency == Frequency::Yearly
            && rule.month_days.is_empty()
            && rule.weekdays.is_empty();
        match rule.months.as_slice() {
            [] => !implied || month == begin.1,
            months => months.contains(&month),
        }
    };
    let on_day = |one: (i64, u8, i64)| {
        let implied = matches!(rule.frequency, Frequency::Monthly | Frequency::Yearly)
            && rule.weekdays.is_empty();
        let is_none = one != here;
        match rule.month_days.as_slice() {
            [] => (!implied && !is_none) || (implied && one.2 == begin.2),
            days => days.iter().any(|wanted| {
                let wanted = i64::from(*wanted);
                wanted == one.2 || (!is_none && wanted < 0 && one.2 - length(one) - 1 == wanted)
            }),
        }
    };
    // Days that there are not are moved only within months and years.
    let moves = matches!(rule.frequency, Frequency::Monthly | Frequency::Yearly);
    meant.retain(|one| moves || *one == here);
    let fits = meant
        .iter()
        .any(|one| in_period(*one) && in_month(*one) && on_day(*one));
    let implied_weekday = rule.frequency == Frequency::Weekly && rule.weekdays.is_empty();
    let on_weekday = match rule.weekdays.as_slice() {
        [] => !implied_weekday || day.weekday() == first.weekday(),
        some => some
            .iter()
            .any(|one| one.day == day.weekday() && is_nth(rule, *one, here, day)),
    };
    fits && on_weekday
}

fn is_nth(rule: &Recurrence, one: NthWeekday, here: (i64, u8, i64), day: NaiveDate) -> bool {
    let Some(nth) = one.nth else { return true };
    let of_year = rule.frequency == Frequency::Yearly && rule.months.is_empty();
    let same = |other: NaiveDate| {
        let named = rule.calendar.name_day(other).unwrap();
        i64::from(named.year) == here.0 && (of_year || named.month == here.1)
    };
    let weeks = i64::from(nth.unsigned_abs());
    let at = |weeks: i64| match nth > 0 {
        true => day - chrono::TimeDelta::weeks(weeks),
        false => day + chrono::TimeDelta::weeks(weeks),
    };
    same(at(weeks - 1)) && !same(at(weeks))
}

fn any_rule() -> impl Strategy<Value = Recurrence> {
    let frequency = prop_oneof![
        Just(Frequency::Daily),
        Just(Frequency::Weekly),
        Just(Frequency::Monthly),
        Just(Frequency::Yearly)
    ];
    let calendar = prop_oneof![
        Just(Calendar::Gregorian),
        Just(Calendar::Jalali),
        Just(Calendar::Hijri)
    ];
    let skip = prop_oneof![Just(Skip::Omit), Just(Skip::Backward), Just(Skip::Forward)];
    let weekday = (0..7_i64, prop_oneof![Just(0_i8), -5..=5_i8]);
    let month_day = prop_oneof![1..=31_i8, 28..=31_i8, -31..=-1_i8];
    let vecs = (
        prop::collection::vec(1..=12_u8, 0..3),
        prop::collection::vec(month_day, 0..3),
        prop::collection::vec(weekday, 0..3),
    );
    let end = prop_oneof![
        Just(End::Never),
        (1..40_u32).prop_map(End::Count),
        (730_000..745_000_i32)
            .prop_map(|day| End::Day(NaiveDate::from_num_days_from_ce_opt(day).unwrap())),
    ];
    (frequency, calendar, skip, vecs, 1..5_u32, 0..7_u8, end).prop_map(
        |(
            frequency,
            calendar,
            skip,
            (mut months, mut month_days, weekdays),
            interval,
            week_start,
            end,
        )| {
            let in_periods = matches!(frequency, Frequency::Monthly | Frequency::Yearly);
            months.sort_unstable();
            months.dedup();
            month_days.sort_unstable();
            month_days.dedup();
            if frequency == Frequency::Weekly {
                month_days.clear();
            }
            let counts = in_periods && month_days.is_empty();
            let weekdays = weekdays.into_iter().map(|(day, nth)| NthWeekday {
                nth: (counts && nth != 0).then_some(nth),
                day: Weekday::try_from(day as u8).unwrap(),
            });
            let mut weekdays: Vec<NthWeekday> = weekdays.collect();
            weekdays.sort_by_key(|one| (one.nth, one.day.num_days_from_monday()));
            weekdays.dedup();
            let positions = Vec::new();
            let week_start = Weekday::try_from(week_start).unwrap();
            Recurrence {
                calendar,
                scaled: true,
                frequency,
                interval,
                end,
                months,
                month_days,
                weekdays,
                positions,
                skip,
                week_start,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_rule_names_the_days_that_a_slow_look_at_every_day_finds(rule in any_rule(), first in 735_000..738_000_i32) {
        let first = NaiveDate::from_num_days_from_ce_opt(first).unwrap();
        let unending = Recurrence { end: End::Never, ..rule };
        let until = first + Days::new(2_400);
        let slow: Vec<NaiveDate> = first.iter_days().take(2_400).filter(|day| names(&unending, first, *day)).collect();
        let found: Vec<NaiveDate> = unending.days(first).take_while(|day| *day < until).collect();
        prop_assert_eq!(found, slow, "{} from {}", unending, first);
    }

    #[test]
    fn a_rule_is_read_back_as_it_was_written(rule in any_rule()) {
        let written = rule.to_string();
        let read: Recurrence = written.parse().unwrap();
        prop_assert_eq!(&read, &rule);
        prop_assert_eq!(read.to_string(), written);
        for language in [Locale::En, Locale::Fa, Locale::Ar] {
            prop_assert!(!rule.describe(language).is_empty());
        }
    }

    #[test]
    fn no_text_is_too_much(text in "[A-Z=;,0-9+-]{0,60}") {
        let _ = text.parse::<Recurrence>().map(|rule| rule.days(day("2026-01-01")).take(3).count());
    }
}

#[test]
fn the_thirtieth_of_esfand_comes_in_leap_years_or_is_moved() {
    let yearly = "RSCALE=PERSIAN;FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30";
    assert_eq!(days(yearly, "2021-03-20", 2), ["2021-03-20", "2025-03-20"]);
    let backward = format!("{yearly};SKIP=BACKWARD");
    assert_eq!(
        days(&backward, "2021-03-20", 3),
        ["2021-03-20", "2022-03-20", "2023-03-20"]
    );
    let forward = format!("{yearly};SKIP=FORWARD");
    assert_eq!(
        days(&forward, "2021-03-20", 3),
        ["2021-03-20", "2022-03-21", "2023-03-21"]
    );
    // Said by the day of the beginning alone.
    assert_eq!(
        days("RSCALE=PERSIAN;FREQ=YEARLY;SKIP=BACKWARD", "2021-03-20", 2),
        ["2021-03-20", "2022-03-20"]
    );
}

#[test]
fn a_day_that_is_moved_onto_another_comes_once() {
    let rule = "RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=1,31;SKIP=FORWARD";
    let expected = [
        "2026-01-31",
        "2026-02-01",
        "2026-03-01",
        "2026-03-31",
        "2026-04-01",
        "2026-05-01",
    ];
    assert_eq!(days(rule, "2026-01-15", 6), expected);
}

#[test]
fn the_examples_of_the_standards_come_out() {
    for (rule, first, expected) in [
        // RFC 5545: every other year on January, Tuesday after a Monday, the last work day of the month.
        (
            "FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=SU;COUNT=5",
            "1997-01-05",
            vec![
                "1997-01-05",
                "1997-01-12",
                "1997-01-19",
                "1997-01-26",
                "1999-01-03",
            ],
        ),
        (
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
            "1997-09-02",
            vec!["1998-02-13", "1998-03-13", "1998-11-13"],
        ),
        (
            "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
            "1997-09-22",
            vec![
                "1997-09-22",
                "1997-10-20",
                "1997-11-17",
                "1997-12-22",
                "1998-01-19",
                "1998-02-16",
            ],
        ),
        (
            "FREQ=YEARLY;BYDAY=20MO",
            "1997-05-19",
            vec!["1997-05-19", "1998-05-18", "1999-05-17"],
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
            "1997-09-29",
            vec!["1997-09-29", "1997-10-30", "1997-11-27"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "1997-08-05",
            vec!["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "1997-08-05",
            vec!["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"],
        ),
        (
            "FREQ=DAILY;INTERVAL=10;COUNT=3",
            "1997-09-02",
            vec!["1997-09-02", "1997-09-12", "1997-09-22"],
        ),
        (
            "FREQ=DAILY;UNTIL=19970904T000000Z",
            "1997-09-02",
            vec!["1997-09-02", "1997-09-03", "1997-09-04"],
        ),
        // RFC 7529: the 31st of each month, leap days.
        (
            "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD;COUNT=4",
            "2014-01-31",
            vec!["2014-01-31", "2014-03-01", "2014-03-31", "2014-05-01"],
        ),
        (
            "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=BACKWARD;COUNT=3",
            "2012-02-29",
            vec!["2012-02-29", "2013-02-28", "2014-02-28"],
        ),
    ] {
        assert_eq!(days(rule, first, expected.len()), expected, "{rule}");
    }
}

#[test]
fn a_rule_that_names_no_day_comes_to_its_end() {
    for never in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "RSCALE=ISLAMIC-UMALQURA;FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTH=2;BYDAY=-53MO",
    ] {
        assert!(days(never, "2026-01-01", 1).is_empty(), "{never}");
    }
}

#[test]
fn instants_keep_the_time_of_the_wall_over_summer_time_and_end_at_an_instant() {
    let tehran = Zone::named("Asia/Tehran").unwrap();
    let first = "2022-03-20T00:30:00".parse().unwrap();
    let rule = rule("FREQ=DAILY;UNTIL=20220323T000000Z");
    let instants: Vec<String> = rule
        .instants(first, &tehran)
        .map(|at| at.to_rfc3339())
        .collect();
    // At midnight of the 22nd the clock went on to one o'clock.
    let expected = [
        "2022-03-19T21:00:00+00:00",
        "2022-03-20T21:00:00+00:00",
        "2022-03-21T21:00:00+00:00",
        "2022-03-22T20:00:00+00:00",
    ];
    assert_eq!(instants, expected);
}

#[test]
fn rules_are_said_in_three_languages() {
    for (text, en, fa, ar) in [
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,MO;COUNT=10",
            "every 2 weeks, on Monday and Saturday, 10 times",
            "هر ۲ هفته، دوشنبه و شنبه، ۱۰ بار",
            "كل ٢ أسابيع، الاثنين والسبت، ١٠ مرات",
        ),
        (
            "RSCALE=PERSIAN;FREQ=YEARLY;UNTIL=20270320;BYMONTH=12;BYMONTHDAY=30;SKIP=BACKWARD",
            "every year of the Persian calendar, in Esfand, on day 30, until 29 Esfand 1405, where a month has no such day, on its last day",
            "هر سال شمسی، در اسفند، روز ۳۰، تا ۲۹ اسفند ۱۴۰۵، در ماهی که آن روز را ندارد، روز آخر آن ماه",
            "كل سنة فارسية، في إسفند، اليوم ٣٠، حتى ٢٩ إسفند ١٤٠٥، وإن لم يكن في الشهر ذلك اليوم ففي آخر يوم منه",
        ),
        (
            "RSCALE=ISLAMIC-UMALQURA;FREQ=MONTHLY;BYDAY=2TU",
            "every month of the Hijri calendar, on the second Tuesday",
            "هر ماه قمری، دومین سه‌شنبه",
            "كل شهر هجري، الثلاثاء رقم ٢",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE;BYSETPOS=-1",
            "every month, on Monday, Tuesday and Wednesday, of these only the last",
            "هر ماه، دوشنبه، سه‌شنبه و چهارشنبه، از این‌ها تنها آخرین",
            "كل شهر، الاثنين، الثلاثاء والأربعاء، منها فقط الأخير",
        ),
    ] {
        let rule = rule(text);
        assert_eq!(rule.describe(Locale::En), en);
        assert_eq!(rule.describe(Locale::Fa), fa);
        assert_eq!(rule.describe(Locale::Ar), ar);
    }
}

#[test]
fn what_is_no_rule_is_told_why() {
    for (text, told) in [
        ("BYDAY=MO", "FREQ is missing"),
        (
            "FREQ=HOURLY",
            "FREQ may be DAILY, WEEKLY, MONTHLY, YEARLY, and not 'HOURLY'",
        ),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ is given twice"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260101", "not by both"),
        (
            "FREQ=MONTHLY;BYMONTHDAY=0",
            "'0' is no number for BYMONTHDAY",
        ),
        ("FREQ=WEEKLY;BYDAY=2MO", "only in months and years"),
        (
            "FREQ=MONTHLY;BYMONTHDAY=30;SKIP=FORWARD",
            "SKIP needs RSCALE",
        ),
        (
            "RSCALE=CHINESE;FREQ=YEARLY",
            "RSCALE may be GREGORIAN, PERSIAN, ISLAMIC-UMALQURA",
        ),
        (
            "FREQ=DAILY;BYHOUR=3",
            "the time of day is that of the beginning",
        ),
        ("FREQ=DAILY;BYDAI=MO", "there is no part 'BYDAI'"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL is a number"),
    ] {
        let fault = text.parse::<Recurrence>().unwrap_err().to_string();
        assert!(fault.contains(told), "{text}: {fault}");
    }
}
