//! How much of a call is the sandbox's? A guest of benchmarks: one small job over the contract's
//! columns, the same job over JSON in and out, and points for three numbers.

use std::borrow::Cow;

use peyvand_plugin::{
    Answer, Awards, BeforeSave, BindError, Decimal, Fault, FieldType, Gamification, Plugin,
    Records, Row, Settings,
};
use serde::{Deserialize, Serialize};

/// The guest. It keeps nothing.
#[derive(Debug)]
pub struct Yardstick;

impl Plugin for Yardstick {
    fn bind(_settings: &Settings) -> Result<Self, BindError> {
        Ok(Self)
    }
}

fn is_chance(chance: i64) -> bool {
    (0..=100).contains(&chance)
}

fn is_mail(mail: &str) -> bool {
    mail.contains('@')
}

fn full(first: &str, last: &str) -> String {
    [first, " ", last].concat()
}

fn weighted(worth: Decimal, chance: i64) -> Decimal {
    Decimal::from_billionths(worth.billionths() * i128::from(chance) / 100)
}

impl BeforeSave for Yardstick {
    fn before_save(&self, row: &Row<'_>, answer: &mut Answer<'_, '_>) {
        let chance = row.integer("chance").unwrap_or_default();
        if !is_chance(chance) {
            answer.refuse_field("chance", "range", "set between 0 and 100");
        }
        let mail = row.text("mail").unwrap_or_default();
        if !is_mail(mail) {
            answer.refuse_field("mail", "mail", "an address has an @");
        }
        let name = |part| row.text(part).unwrap_or_default();
        let worth = row.decimal("worth").unwrap_or_default();
        answer
            .set("mail", mail.to_lowercase())
            .set("full", full(name("first"), name("last")))
            .set("weighted", weighted(worth, chance));
    }
}

/// What the job reads of a record that comes as JSON; the rest of it is skipped.
#[derive(Deserialize)]
struct Told<'a> {
    chance: i64,
    mail: Cow<'a, str>,
    first: Cow<'a, str>,
    last: Cow<'a, str>,
    worth: Cow<'a, str>,
}

/// What it answers.
#[derive(Serialize)]
struct Patched {
    mail: String,
    full: String,
    weighted: String,
}

fn in_words(record: &str) -> Option<String> {
    let told: Told<'_> = serde_json::from_str(record).ok()?;
    if !is_chance(told.chance) || !is_mail(&told.mail) {
        return None;
    }
    let worth = told.worth.parse().ok()?;
    let patched = Patched {
        mail: told.mail.to_lowercase(),
        full: full(&told.first, &told.last),
        weighted: weighted(worth, told.chance).to_string(),
    };
    serde_json::to_string(&patched).ok()
}

/// The same job with text both ways: a value is a record as JSON, and is shown as its patches.
impl FieldType for Yardstick {
    fn normalise(&self, _kind: &str, _value: &str) -> Option<String> {
        None
    }

    fn validate(&self, _kind: &str, _value: &str) -> Result<(), Fault> {
        Ok(())
    }

    fn format(&self, _kind: &str, value: &str, _locale: &str) -> String {
        in_words(value).unwrap_or_default()
    }
}

impl Gamification for Yardstick {
    const REASONS: &'static [(&'static str, &'static [&'static str])] = &[("effort", &["effort"])];

    fn score(&self, _row: &Row<'_>, _awards: &mut Awards<'_>) {}

    fn score_all(&self, records: &Records<'_>, awards: &mut Awards<'_>) {
        let number = |column| records.numbers(column).map(Option::unwrap_or_default);
        let effort = number("calls").zip(number("visits")).zip(number("minutes"));
        let points =
            effort.map(|((calls, visits), minutes)| calls * 3 + visits * 20 + minutes / 10);
        let points = points.map(|points| i32::try_from(points).unwrap_or(i32::MAX));
        awards.give_all("effort", points);
    }
}

peyvand_plugin::export!(Yardstick: before_save, field_type, gamification);
