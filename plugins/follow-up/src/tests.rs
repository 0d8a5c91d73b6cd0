//! Is there one task for each occasion, for the right person, on a working day, and no other?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use peyvand_plugin::effect::Effect;
use peyvand_plugin::manifest::Manifest;
use peyvand_plugin::testing::{NewRow, Outcome, Rows};
use peyvand_plugin::{Currency, Decimal, FieldValue, Kind, Money};

use super::*;

fn manifest() -> Manifest {
    Manifest::read(include_str!("../plugin.toml")).unwrap()
}

fn plugin(set: &[(&str, &str)]) -> FollowUp {
    FollowUp::bind(&manifest().settings(set).unwrap()).unwrap()
}

fn day(month: u32, day: u32) -> Date {
    Date::new(2026, month, day).unwrap()
}

fn rows() -> Rows {
    let kinds = [
        ("id", Kind::Text),
        ("name", Kind::Text),
        ("status", Kind::Text),
        ("owner", Kind::Text),
        ("amount", Kind::Money),
        ("loss_reason", Kind::Text),
        ("opened_on", Kind::Date),
        ("closed_at", Kind::Instant),
        ("last_activity_at", Kind::Instant),
    ];
    let rows = manifest().rows("workflow-action", "follow-up", &kinds);
    // A Wednesday.
    rows.unwrap().today(day(3, 18))
}

fn deal(status: &'static str) -> impl FnOnce(NewRow) -> NewRow {
    move |row| {
        row.set("id", "opp_1")
            .set("name", "Pump 40")
            .set("status", status)
            .set("owner", "usr_7")
            .set("opened_on", day(1, 1))
    }
}

fn perform(rows: &Rows, plugin: &FollowUp, reason: &str) -> Vec<Effect> {
    let outcome = rows.perform(plugin, &format!("{{\"reason\":\"{reason}\"}}"));
    allowed(outcome).effects
}

fn allowed(outcome: Outcome) -> Outcome {
    assert_eq!(outcome.faults, [""; 0]);
    assert_eq!(manifest().not_allowed(&outcome.effects), [""; 0]);
    outcome
}

fn text<'e>(effect: &'e Effect, field: &str) -> &'e str {
    match effect.field(field) {
        Some(FieldValue::Text(text)) => text,
        _ => "",
    }
}

#[test]
fn the_manifest_is_sound() {
    assert_eq!(manifest().faults(), [""; 0]);
    assert!(FollowUp::serves("workflow-action", "follow-up"));
}

#[test]
fn a_win_makes_a_call_for_the_owner_on_a_working_day() {
    let amount = Money {
        amount: Decimal::whole(1200),
        currency: Currency::new("IRR").unwrap(),
    };
    let rows = rows().row(|row| {
        deal("won")(row)
            .set("amount", amount)
            .set("closed_at", Instant::start_of(day(3, 18)))
    });
    let effects = perform(&rows, &plugin(&[]), "won");
    assert_eq!(effects.len(), 1);
    let task = &effects[0];
    assert_eq!(task.key, "won:opp_1:2026-03-18");
    assert_eq!(text(task, "kind"), "call");
    assert_eq!(
        text(task, "subject"),
        "Thank the customer and plan the delivery: Pump 40"
    );
    assert_eq!(text(task, "description"), "Won with 1200 IRR");
    assert_eq!(
        (text(task, "about"), text(task, "owner")),
        ("opp_1", "usr_7")
    );
    assert_eq!(text(task, "origin"), "follow-up");
    // Two working days after Wednesday, Friday being off.
    assert_eq!(task.field("due_on"), Some(&FieldValue::Date(day(3, 21))));
}

#[test]
fn a_loss_makes_a_call_much_later_that_names_the_reason() {
    let rows = rows().row(|row| deal("lost")(row).set("loss_reason", "price"));
    let task = &perform(&rows, &plugin(&[]), "lost")[0];
    assert_eq!(text(task, "description"), "It was lost: price");
    // 90 days on is Tuesday, 16 June.
    assert_eq!(task.field("due_on"), Some(&FieldValue::Date(day(6, 16))));
    let friday = perform(&rows, &plugin(&[("lost-days", "2")]), "lost");
    assert_eq!(
        friday[0].field("due_on"),
        Some(&FieldValue::Date(day(3, 21)))
    );
}

#[test]
fn a_quiet_spell_makes_one_key_however_often_it_is_asked_about() {
    let last = Instant::start_of(day(3, 1));
    let mut keys = Vec::new();
    for today in [day(3, 14), day(3, 15), day(3, 16), day(4, 20)] {
        let rows = rows()
            .today(today)
            .row(|row| deal("open")(row).set("last_activity_at", last));
        keys.extend(
            perform(&rows, &plugin(&[]), "quiet")
                .into_iter()
                .map(|task| task.key),
        );
    }
    assert_eq!(keys, ["quiet:opp_1:2026-03-01"; 3]);
    let later = Instant::start_of(day(4, 1));
    let rows = rows()
        .today(day(4, 20))
        .row(|row| deal("open")(row).set("last_activity_at", later));
    assert_eq!(
        perform(&rows, &plugin(&[]), "quiet")[0].key,
        "quiet:opp_1:2026-04-01"
    );
}

#[test]
fn an_opportunity_without_any_activity_is_quiet_since_it_was_opened() {
    let rows = rows().row(deal("open"));
    let task = &perform(&rows, &plugin(&[]), "quiet")[0];
    assert_eq!(task.key, "quiet:opp_1:2026-01-01");
    assert_eq!(text(task, "description"), "No activity for 76 days");
    assert_eq!(text(task, "priority"), "high");
}

#[test]
fn a_record_that_is_not_what_the_workflow_says_gets_no_task() {
    for (status, reason) in [
        ("open", "won"),
        ("won", "lost"),
        ("lost", "quiet"),
        ("won", "quiet"),
    ] {
        let rows = rows().row(deal(status));
        assert_eq!(perform(&rows, &plugin(&[]), reason), []);
    }
    let unknown = rows().row(deal("won")).perform(&plugin(&[]), "{}");
    assert_eq!(allowed(unknown).effects, []);
}

#[test]
fn tasks_go_to_whom_the_settings_say() {
    let who = |set: &[(&str, &str)], owner: Option<&str>| {
        let rows = rows().row(|row| match owner {
            Some(owner) => deal("won")(row).set("owner", owner),
            None => row.set("id", "opp_2").set("status", "won"),
        });
        let task = perform(&rows, &plugin(set), "won").remove(0);
        text(&task, "owner").to_owned()
    };
    assert_eq!(who(&[], Some("usr_7")), "usr_7");
    assert_eq!(who(&[("who", "\"sara\"")], Some("usr_7")), "sara");
    assert_eq!(who(&[("who-else", "\"sara\"")], Some("usr_7")), "usr_7");
    assert_eq!(who(&[("who-else", "\"sara\"")], None), "sara");
    assert_eq!(who(&[], None), "");
}

#[test]
fn a_workflow_may_give_its_own_days() {
    let rows = rows().row(deal("won"));
    let outcome = rows.perform(&plugin(&[]), "{\"reason\":\"won\",\"days\":0}");
    let effects = allowed(outcome).effects;
    assert_eq!(
        effects[0].field("due_on"),
        Some(&FieldValue::Date(day(3, 18)))
    );
}

#[test]
fn tasks_speak_the_language_set() {
    let rows = rows().row(deal("open"));
    let persian = perform(&rows, &plugin(&[("language", "\"fa\"")]), "quiet");
    assert_eq!(text(&persian[0], "subject"), "از سر گرفتن گفت‌وگو: Pump 40");
    assert_eq!(text(&persian[0], "description"), "۷۶ روز بی‌فعالیت");
    let arabic = perform(&rows, &plugin(&[("language", "\"ar\"")]), "quiet");
    assert_eq!(text(&arabic[0], "description"), "بلا نشاط منذ ٧٦ يومًا");
}

#[test]
fn each_row_of_a_batch_causes_its_own_task() {
    let rows = rows()
        .row(deal("won"))
        .row(deal("lost"))
        .row(|row| deal("won")(row).set("id", "opp_3"));
    let effects = perform(&rows, &plugin(&[]), "won");
    let caused: Vec<_> = effects
        .iter()
        .map(|task| (task.row, text(task, "about")))
        .collect();
    assert_eq!(caused, [(0, "opp_1"), (2, "opp_3")]);
}
