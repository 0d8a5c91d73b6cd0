//! Are there points for what moves a sale, and none for typing?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use peyvand_plugin::manifest::Manifest;
use peyvand_plugin::testing::{NewRow, Outcome, Rows};
use peyvand_plugin::{Kind, Money};

use super::*;

fn manifest() -> Manifest {
    Manifest::read(include_str!("../plugin.toml")).unwrap()
}

fn plugin(set: &[(&str, &str)]) -> SalesLeague {
    SalesLeague::bind(&manifest().settings(set).unwrap()).unwrap()
}

fn deals() -> Rows {
    let kinds = [
        ("status", Kind::Text),
        ("stage", Kind::Text),
        ("probability", Kind::Decimal),
        ("amount", Kind::Money),
        ("loss_reason", Kind::Text),
    ];
    manifest().rows("gamification", "deals", &kinds).unwrap()
}

fn meetings() -> Rows {
    let kinds = [("kind", Kind::Text), ("status", Kind::Text)];
    manifest().rows("gamification", "meetings", &kinds).unwrap()
}

fn score(rows: &Rows) -> Outcome {
    let outcome = rows.score(&plugin(&[]));
    assert_eq!(outcome.faults, [""; 0]);
    outcome
}

fn money(amount: i64, currency: &str) -> Money {
    Money {
        amount: Decimal::whole(amount),
        currency: Currency::new(currency).unwrap(),
    }
}

fn won(row: NewRow) -> NewRow {
    row.set("old.status", "open").set("status", "won")
}

/// A deal that goes from one stage and probability to another.
fn moved(from: (&'static str, i64), to: (&'static str, i64)) -> impl FnOnce(NewRow) -> NewRow {
    move |row| {
        row.set("old.status", "open")
            .set("status", "open")
            .set("old.stage", from.0)
            .set("old.probability", from.1)
            .set("stage", to.0)
            .set("probability", to.1)
    }
}

#[test]
fn the_manifest_is_sound_and_has_the_reasons_of_the_code() {
    assert_eq!(manifest().faults(), [""; 0]);
    assert_eq!(manifest().reason_faults::<SalesLeague>(), [""; 0]);
}

#[test]
fn a_win_counts_by_its_amount() {
    let outcome = score(
        &deals()
            .row(|row| won(row).set("amount", money(999_999_999, "IRR")))
            .row(|row| won(row).set("amount", money(1_000_000_000, "IRR")))
            .row(|row| won(row).set("amount", money(10_000_000_000, "IRR")))
            .row(|row| won(row).set("amount", money(10_000_000_000, "USD")))
            .row(won),
    );
    let points: Vec<_> = (0..5).map(|row| outcome.points(row, "won")).collect();
    assert_eq!(points, [20, 50, 100, 20, 20]);
    assert_eq!(outcome.awards.len(), 5);
}

#[test]
fn a_win_counts_at_the_moment_it_is_won_and_not_when_it_is_edited() {
    let outcome = score(
        &deals()
            .row(|row| row.set("old.status", "won").set("status", "won"))
            .row(|row| row.set("old.status", "lost").set("status", "won"))
            .row(|row| row.set("old.status", "won").set("status", "open")),
    );
    assert_eq!(outcome.awards, []);
}

#[test]
fn entering_records_gives_nothing() {
    // A creation has nothing before: not even one that is entered as won or done.
    let outcome = score(
        &deals()
            .row(|row| {
                row.set("status", "won")
                    .set("amount", money(i64::MAX / 2, "IRR"))
            })
            .row(|row| {
                row.set("status", "open")
                    .set("stage", "b")
                    .set("probability", 90)
            })
            .row(|row| row.set("status", "lost").set("loss_reason", "price")),
    );
    assert_eq!(outcome.awards, []);
    let outcome = score(&meetings().row(|row| row.set("kind", "visit").set("status", "done")));
    assert_eq!(outcome.awards, []);
    // And the host does not even ask.
    assert!(!include_str!("../plugin.toml").contains("\"create\""));
}

#[test]
fn only_a_stage_that_is_further_on_is_a_step_forward() {
    let outcome = score(
        &deals()
            .row(moved(("a", 10), ("b", 25)))
            .row(moved(("b", 25), ("a", 10)))
            .row(moved(("a", 10), ("a", 90)))
            .row(moved(("a", 10), ("b", 10))),
    );
    let rows: Vec<_> = outcome.awards.iter().map(|award| award.row).collect();
    assert_eq!(rows, [0]);
    assert_eq!(outcome.points(0, "forward"), 5);
}

#[test]
fn a_loss_counts_a_little_when_its_reason_is_given() {
    let lost = |row: NewRow| row.set("old.status", "open").set("status", "lost");
    let outcome = score(
        &deals()
            .row(|row| lost(row).set("loss_reason", "price"))
            .row(|row| lost(row).set("loss_reason", "  "))
            .row(lost),
    );
    assert_eq!(outcome.points(0, "loss-reason"), 3);
    assert_eq!(outcome.awards.len(), 1);
}

#[test]
fn meetings_and_visits_count_when_they_are_held_and_nothing_else_does() {
    for (kind, points) in [
        ("meeting", 4),
        ("visit", 6),
        ("call", 0),
        ("task", 0),
        ("email", 0),
        ("note", 0),
    ] {
        let held = meetings().row(|row| {
            row.set("kind", kind)
                .set("old.status", "planned")
                .set("status", "done")
        });
        assert_eq!(score(&held).points(0, kind), points, "{kind}");
        assert_eq!(score(&held).awards.len(), usize::from(points > 0), "{kind}");
        let again = meetings().row(|row| {
            row.set("kind", kind)
                .set("old.status", "done")
                .set("status", "done")
        });
        assert_eq!(score(&again).awards, []);
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let bind = |set: &[(&str, &str)]| SalesLeague::bind(&manifest().settings(set).unwrap());
    let error = bind(&[("large-from", "\"5\"")]).unwrap_err().to_string();
    assert!(
        error.contains("large-from") && error.contains("at least 1000000000"),
        "{error}"
    );
    assert!(
        bind(&[("currency", "\"rial\"")])
            .unwrap_err()
            .to_string()
            .contains("IRR")
    );
    let quiet = plugin(&[("points-small", "0")]);
    assert_eq!(deals().row(won).score(&quiet).awards, []);
}
