//! How long does it take to read and to write a number, an amount, a date and a duration?
//!
//! `cargo bench -p peyvand --no-default-features --features intl --bench locale`. Each line is the mean of the texts that
//! it names, over and over on one core; the target is two microseconds.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and a fault ends it"
)]

use std::hint::black_box;
use std::time::Instant;

use chrono::{NaiveDate, TimeDelta};
use peyvand::locale::{
    AmountUnit, Calendar, Collation, DateRules, DateStyle, Variety, format_amount, format_date,
    format_duration, format_number, judge_dates, parse_amount, parse_duration, parse_number,
    read_date, word_forms,
};

const PERSIAN: Variety = Variety::Persian;

/// Prints the mean time of one of `each` calls.
fn time<T>(what: &str, each: usize, mut call: impl FnMut() -> T) {
    let rounds = 200_000 / each;
    for _ in 0..rounds / 10 {
        black_box(call());
    }
    let begun = Instant::now();
    for _ in 0..rounds {
        black_box(call());
    }
    let nanos = begun.elapsed().as_nanos() / (rounds * each) as u128;
    println!("{what:<44} {nanos:>6} ns");
}

fn reading() {
    let texts = |what: &str, texts: &[&str], read: &dyn Fn(&str) -> bool| {
        assert!(texts.iter().all(|text| read(text)), "{what}");
        time(what, texts.len(), || {
            texts.iter().filter(|text| read(text)).count()
        });
    };
    let rules = DateRules::of(PERSIAN).with_latest_year(1410);
    let date = |text: &str| read_date(text, &rules).is_ok();
    texts(
        "read a date in figures",
        &[
            "1403/5/7",
            "۱۴۰۳/۰۵/۰۷",
            "2024-07-28",
            "۰۳/۰۵/۰۷",
            "14030507",
        ],
        &date,
    );
    texts(
        "read a date in words",
        &["۷ مرداد ۱۴۰۳", "28 July 2024", "5 رمضان 1446"],
        &date,
    );
    let number = |text: &str| parse_number(text, Some(PERSIAN)).is_ok();
    texts(
        "read a number in figures",
        &["12500", "۱۲٬۵۰۰٫۷۵", "1,234,567"],
        &number,
    );
    texts(
        "read a number in words",
        &["۲٫۵ میلیون", "دو میلیون و پانصد هزار"],
        &number,
    );
    let amount = |text: &str| parse_amount(text, Some(PERSIAN), Some(AmountUnit::Toman)).is_ok();
    texts(
        "read an amount",
        &["۲٫۵ میلیون تومان", "1,250.75 USD", "۱۲۵۰۰"],
        &amount,
    );
    let duration = |text: &str| parse_duration(text, Some(PERSIAN)).is_ok();
    texts(
        "read a duration",
        &["۲ ساعت و ۳۰ دقیقه", "1h30", "PT1H30M", "2:30"],
        &duration,
    );
    let cells: Vec<String> = (1..=1000)
        .map(|n| format!("1403/{}/{}", n % 12 + 1, n % 29 + 1))
        .collect();
    time("judge a cell of a column of dates", cells.len(), || {
        judge_dates(cells.iter().map(String::as_str), &DateRules::default())
    });
}

fn writing() {
    let day = NaiveDate::from_ymd_opt(2024, 7, 28).unwrap();
    time("write a Persian date", 1, || {
        format_date(day, Calendar::Jalali, PERSIAN, DateStyle::Full)
    });
    time("write a Hijri date", 1, || {
        format_date(day, Calendar::Hijri, Variety::Arabic, DateStyle::Full)
    });
    time("write a number", 1, || format_number("1234567.5", PERSIAN));
    time("write an amount in tomans", 1, || {
        format_amount("25000000", "IRR", Some(AmountUnit::Toman), PERSIAN)
    });
    let duration = TimeDelta::minutes(150);
    time("write a duration", 1, || format_duration(duration, PERSIAN));
    time("stem four words", 1, || {
        word_forms("کتاب‌های مشتریان شرکت ما", PERSIAN.language())
    });
    let order = Collation::of(PERSIAN);
    time("compare two names", 1, || {
        order.compare("محمد رضایی", "محمد رضائی")
    });
    time("make a sort key of a name", 1, || {
        order.sort_key("محمد رضایی")
    });
}

fn main() {
    // Cargo passes `--bench` when it is a benchmark that was asked for.
    if std::env::args().any(|argument| argument == "--bench") {
        reading();
        writing();
    }
}
