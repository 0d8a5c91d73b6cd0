//! Lists, pages, groups: what the engine answers is what a plain loop over the records would.

use peyvand::{Aggregate, ErrorKind, Filter, Measure, Query};
use serde_json::json;

use crate::setting::{create, memory};

fn sample() -> peyvand::Session {
    let session = memory();
    for (number, name, stage, amount) in [
        (1, "شرکت كاوه", "won", "100 USD"),
        (2, "Pars", "lost", "5 USD"),
        (3, "Kaveh", "proposal", "70 USD"),
        (4, "پارس", "proposal", "30 EUR"),
        (5, "Arg", "won", "50 USD"),
    ] {
        let account = create(
            &session,
            "account",
            json!({"name": name, "employees": number * 10}),
        );
        create(
            &session,
            "opportunity",
            json!({"name": format!("Deal {number}"), "account": account.to_string(), "stage": stage, "amount": amount}),
        );
    }
    session
}

fn titles(session: &peyvand::Session, query: &Query) -> Vec<String> {
    session
        .query(query)
        .unwrap()
        .records
        .iter()
        .map(peyvand::Record::title)
        .collect()
}

#[test]
fn a_filter_finds_a_name_however_it_was_typed() {
    let session = sample();
    let by_name = |text: &str| {
        titles(
            &session,
            &Query::new("account").filter(Filter::parse(text).unwrap()),
        )
    };
    assert_eq!(by_name("name[eq]:\"شرکت کاوه\""), ["شرکت كاوه"]);
    assert_eq!(by_name("name[contains]:کاوه"), ["شرکت كاوه"]);
    assert_eq!(by_name("name[starts_with]:PA"), ["Pars"]);
}

#[test]
fn pages_neither_skip_nor_repeat_while_others_write() {
    let session = memory();
    for number in 0..25 {
        create(
            &session,
            "account",
            json!({"name": format!("A{number:02}")}),
        );
    }
    let mut seen = Vec::new();
    let mut query = Query::new("account").sorted_by("name").unwrap().limit(4);
    loop {
        let page = session.query(&query).unwrap();
        seen.extend(page.records.iter().map(peyvand::Record::title));
        // A record before the cursor and one behind it come and are no business of the rows in between.
        create(
            &session,
            "account",
            json!({"name": format!("0{}", seen.len())}),
        );
        let Some(next) = page.next else { break };
        query = query.after(&next);
    }
    let expected: Vec<String> = (0..25).map(|number| format!("A{number:02}")).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_cursor_belongs_to_its_query() {
    let session = sample();
    let page = session
        .query(&Query::new("account").sorted_by("name").unwrap().limit(2))
        .unwrap();
    let next = page.next.unwrap();
    for query in [
        Query::new("account").sorted_by("-name").unwrap(),
        Query::new("opportunity").sorted_by("name").unwrap(),
    ] {
        assert_eq!(
            session
                .query(&query.limit(2).after(&next))
                .unwrap_err()
                .kind(),
            ErrorKind::Query
        );
    }
    let mut broken = next.into_bytes();
    let last = broken.len() - 1;
    broken[last] = if broken[last] == b'0' { b'1' } else { b'0' };
    let broken = String::from_utf8(broken).unwrap();
    assert!(
        session
            .query(
                &Query::new("account")
                    .sorted_by("name")
                    .unwrap()
                    .limit(2)
                    .after(&broken)
            )
            .is_err()
    );
}

#[test]
fn groups_never_add_two_currencies() {
    let session = sample();
    let rows = session
        .aggregate(
            &Aggregate::new("opportunity")
                .group_by("status")
                .measure(Measure::Count)
                .measure(Measure::Sum("amount".to_owned())),
        )
        .unwrap();
    let told: Vec<String> = rows
        .iter()
        .map(|row| {
            let text = |value: &Option<peyvand::Value>| {
                value
                    .as_ref()
                    .map_or_else(|| "-".to_owned(), ToString::to_string)
            };
            format!("{} {}", text(&row.keys[0]), text(&row.values[1]))
        })
        .collect();
    for expected in ["lost 5 USD", "open 30 EUR", "open 70 USD", "won 150 USD"] {
        assert!(
            told.iter().any(|line| line == expected),
            "{expected} is not in {told:?}"
        );
    }
}

#[test]
fn a_mistyped_field_is_an_error_with_the_nearest_name() {
    let session = sample();
    let error = session
        .query(&Query::new("opportunity").filter(Filter::parse("amuont[gt]:3").unwrap()))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Query);
    assert!(error.to_string().contains("'amount'"), "{error}");
    assert!(
        Filter::parse("and(stage[eq]:won")
            .unwrap_err()
            .to_string()
            .contains("expected")
    );
}

#[test]
fn an_index_answers_a_sorted_list() {
    let session = sample();
    let explained = session
        .explain(
            &Query::new("opportunity")
                .sorted_by("-updated_at")
                .unwrap()
                .limit(2),
        )
        .unwrap()
        .to_string();
    assert!(explained.contains("updated_at"), "{explained}");
    let references = Query::new("opportunity")
        .filter(Filter::parse("stage[eq]:proposal").unwrap())
        .sorted_by("name")
        .unwrap();
    assert_eq!(titles(&session, &references), ["Deal 3", "Deal 4"]);
}
