//! Is every point of a score explained, and is the score what the weights say?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use peyvand_plugin::manifest::Manifest;
use peyvand_plugin::testing::{NewRow, Rows};
use peyvand_plugin::{Currency, Date, Kind, Money};

use super::*;

fn manifest() -> Manifest {
    Manifest::read(include_str!("../plugin.toml")).unwrap()
}

fn plugin(set: &[(&str, &str)]) -> LeadScore {
    LeadScore::bind(&manifest().settings(set).unwrap()).unwrap()
}

fn leads() -> Rows {
    let kinds = [
        ("status", Kind::Text),
        ("source", Kind::Text),
        ("phone", Kind::Structured),
        ("email", Kind::Text),
        ("company", Kind::Text),
        ("job_title", Kind::Text),
        ("employees", Kind::Integer),
        ("budget", Kind::Money),
    ];
    manifest().rows("computed-fields", "lead", &kinds).unwrap()
}

fn opportunities() -> Rows {
    let kinds = [
        ("status", Kind::Text),
        ("probability", Kind::Decimal),
        ("amount", Kind::Money),
        ("contact", Kind::Text),
        ("close_date", Kind::Date),
        ("product", Kind::Text),
        ("product_text", Kind::Text),
        ("source", Kind::Text),
    ];
    manifest()
        .rows("computed-fields", "opportunity", &kinds)
        .unwrap()
}

fn rial(amount: i64) -> peyvand_plugin::Value {
    Money {
        amount: Decimal::whole(amount),
        currency: Currency::new("IRR").unwrap(),
    }
    .into()
}

fn best_lead(row: NewRow) -> NewRow {
    row.set("source", "referral")
        .json("phone", "{\"e164\":\"+982112345678\"}")
        .set("email", "sara@example.ir")
        .set("company", "Example")
        .set("job_title", "مدیرعامل")
        .set("employees", 80)
        .set("budget", rial(5))
}

#[test]
fn the_manifest_is_sound() {
    assert_eq!(manifest().faults(), [""; 0]);
    assert!(LeadScore::serves("computed-fields", "lead"));
}

#[test]
fn every_point_is_explained() {
    let rows = leads()
        .row(best_lead)
        .row(|row| row.set("source", "web").set("email", "x@gmail.com"))
        .row(|row| row);
    let outcome = rows.compute(&plugin(&[]));
    assert_eq!(outcome.faults, [""; 0]);
    assert_eq!(outcome.integer(0, "score"), Some(100));
    assert_eq!(
        outcome.text(0, "score_reasons"),
        Some(
            "+25 referral, +15 has a phone, +10 has e-mail, +5 company's own e-mail, \
             +10 names a company, +10 decision maker, +10 large company, +15 names a budget"
        )
    );
    assert_eq!(
        outcome.text(1, "score_reasons"),
        Some("+5 known source, +10 has e-mail")
    );
    assert_eq!(outcome.integer(1, "score"), Some(15));
    assert_eq!(outcome.integer(2, "score"), Some(0));
    assert_eq!(outcome.text(2, "score_reasons"), None);
}

#[test]
fn the_reasons_add_up_to_the_score_or_beyond_the_top() {
    let all = ["phone", "email", "company"];
    for mask in 0..8_u32 {
        let rows = leads().row(|mut row| {
            for (bit, column) in all.iter().enumerate() {
                if mask >> bit & 1 == 1 {
                    row = row.set(column, "a@b.co");
                }
            }
            row
        });
        let outcome = rows.compute(&plugin(&[]));
        let reasons = outcome.text(0, "score_reasons").unwrap_or_default();
        let told: i64 = reasons
            .split(", ")
            .filter_map(|reason| {
                reason
                    .split(' ')
                    .next()?
                    .strip_prefix('+')?
                    .parse::<i64>()
                    .ok()
            })
            .sum();
        assert_eq!(outcome.integer(0, "score"), Some(told), "{reasons}");
    }
    let heavy = plugin(&[("weight-phone", "100"), ("weight-referral", "100")]);
    let outcome = leads().row(best_lead).compute(&heavy);
    assert_eq!(outcome.integer(0, "score"), Some(100));
}

#[test]
fn an_unqualified_lead_has_no_points_whatever_it_has() {
    let rows = leads().row(|row| best_lead(row).set("status", "unqualified"));
    let outcome = rows.compute(&plugin(&[]));
    assert_eq!(outcome.integer(0, "score"), Some(0));
    assert_eq!(outcome.text(0, "score_reasons"), Some("unqualified"));
}

#[test]
fn a_weight_of_zero_is_not_mentioned_and_a_wrong_one_is_refused() {
    let outcome = leads()
        .row(best_lead)
        .compute(&plugin(&[("weight-referral", "0")]));
    assert_eq!(outcome.integer(0, "score"), Some(75));
    assert!(
        !outcome
            .text(0, "score_reasons")
            .unwrap()
            .contains("referral")
    );
    let wrong = manifest().settings(&[("weight-referral", "101")]).unwrap();
    assert!(
        LeadScore::bind(&wrong)
            .unwrap_err()
            .to_string()
            .contains("from 0 to 100")
    );
}

#[test]
fn reasons_are_told_in_the_language_set() {
    let rows = leads().row(|row| row.set("source", "referral").set("company", "الف"));
    let persian = rows.compute(&plugin(&[("language", "\"fa\"")]));
    assert_eq!(
        persian.text(0, "score_reasons"),
        Some("+۲۵ معرفی، +۱۰ شرکت دارد")
    );
    let arabic = rows.compute(&plugin(&[("language", "\"ar\"")]));
    assert_eq!(
        arabic.text(0, "score_reasons"),
        Some("+٢٥ إحالة، +١٠ يذكر شركة")
    );
}

#[test]
fn opportunities_are_scored_by_stage_and_completeness() {
    let rows = opportunities()
        .row(|row| {
            row.set("status", "open")
                .set("probability", 50)
                .set("amount", rial(1))
                .set("contact", "con_1")
                .set("close_date", Date(20_000))
                .set("product_text", "pump")
                .set("source", "partner")
        })
        .row(|row| row.set("status", "won"))
        .row(|row| row.set("status", "lost").set("probability", 90))
        .row(|row| row.set("probability", 1000).set("amount", rial(0)));
    let outcome = rows.compute(&plugin(&[]));
    let scores: Vec<_> = (0..4).map(|row| outcome.integer(row, "score")).collect();
    assert_eq!(scores, [Some(80), Some(100), Some(0), Some(40)]);
    assert!(
        outcome
            .text(0, "score_reasons")
            .unwrap()
            .starts_with("+20 by its stage, +15 ")
    );
    assert_eq!(outcome.faults, [""; 0]);
}

#[test]
fn titles_and_addresses_are_read_in_three_languages() {
    for title in [
        "CEO",
        "Head of Sales",
        "مدیر فروش",
        "مدير المبيعات",
        "المدير العام",
        "رئيس",
        "مؤسِّس",
    ] {
        assert!(title::decides(title), "{title}");
    }
    for title in ["Accountant", "کارشناس فروش", "محاسب", "heading", ""] {
        assert!(!title::decides(title), "{title}");
    }
    assert!(title::is_work_address("a@peyvand.example"));
    for email in ["a@Gmail.com", "a@yahoo.co.uk", "a@localhost", "a"] {
        assert!(!title::is_work_address(email), "{email}");
    }
}

#[test]
fn a_batch_answers_what_its_rows_answer_alone() {
    let alone = leads().row(best_lead).compute(&plugin(&[]));
    let batch = leads().row(best_lead).repeated(1000).compute(&plugin(&[]));
    for row in 0..1000 {
        assert_eq!(batch.integer(row, "score"), alone.integer(0, "score"));
        assert_eq!(
            batch.text(row, "score_reasons"),
            alone.text(0, "score_reasons")
        );
    }
}
