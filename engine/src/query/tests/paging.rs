//! Does a list read page by page have every row once?

use proptest::prelude::*;
use serde_json::json;

use super::shelf::{Shelf, sales, sort};
use crate::ErrorKind;
use crate::query::{Filter, Query};

fn numbers(shelf: &Shelf, order: &str) -> Vec<u128> {
    shelf
        .all_pages(&Query::new("opportunity").sort(sort(order)).limit(4))
        .0
}

#[test]
fn rows_come_in_the_order_asked_for_with_ties_by_id() {
    let shelf = sales();
    assert_eq!(numbers(&shelf, ""), (1..=10).collect::<Vec<_>>());
    assert_eq!(numbers(&shelf, "-id"), (1..=10).rev().collect::<Vec<_>>());
    assert_eq!(
        numbers(&shelf, "-updated_at"),
        (1..=10).rev().collect::<Vec<_>>()
    );
    assert_eq!(numbers(&shelf, "status"), [1, 2, 4, 5, 7, 8, 10, 3, 6, 9]);
    assert_eq!(numbers(&shelf, "-status"), [9, 6, 3, 10, 8, 7, 5, 4, 2, 1]);
    assert_eq!(
        numbers(&shelf, "status,-amount"),
        [10, 8, 7, 5, 4, 2, 1, 9, 6, 3]
    );
    assert_eq!(
        numbers(&shelf, "-status,id"),
        [3, 6, 9, 1, 2, 4, 5, 7, 8, 10]
    );
    assert_eq!(numbers(&shelf, "probability"), (1..=10).collect::<Vec<_>>());
}

#[test]
fn empty_values_come_first_ascending_and_last_descending() {
    let shelf = sales();
    assert_eq!(numbers(&shelf, "close_date")[..2], [1, 2]);
    assert_eq!(numbers(&shelf, "-close_date")[8..], [2, 1]);
}

#[test]
fn a_full_last_page_has_no_next() {
    let shelf = sales();
    let (rows, pages) = shelf.all_pages(&Query::new("opportunity").limit(5));
    assert_eq!((rows.len(), pages), (10, 2));
    let page = shelf.page(&Query::new("opportunity").limit(10)).unwrap();
    assert!(!page.has_more && page.next.is_none());
}

#[test]
fn rows_carry_their_totals_whichever_way_they_were_found() {
    let shelf = Shelf::new();
    shelf.put("account", 1, json!({"name": "a"}));
    shelf.put("account", 2, json!({"name": "b"}));
    shelf.add_total("account", 1, "won_opportunities", 3, 0);
    for order in ["", "name", "-won_opportunities"] {
        let page = shelf
            .page(&Query::new("account").sort(sort(order)))
            .unwrap();
        assert_eq!(
            page.records[0].get("won_opportunities"),
            Some(&crate::Value::Integer(3)),
            "{order}"
        );
    }
}

#[test]
fn a_cursor_of_another_query_is_refused() {
    let shelf = sales();
    let query = Query::new("opportunity").sort(sort("name")).limit(3);
    let next = shelf.page(&query).unwrap().next.unwrap();
    for other in [
        Query::new("opportunity").sort(sort("-name")),
        Query::new("opportunity")
            .sort(sort("name"))
            .filter(Filter::eq("status", "open")),
        Query::new("account").sort(sort("name")),
    ] {
        let error = shelf.page(&other.after(next.clone())).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::Query, "the cursor belongs to another query")
        );
        assert!(
            error
                .remedy()
                .unwrap()
                .contains("keep object, filter and sort the same")
        );
    }
    assert!(
        shelf.page(&query.limit(7).after(next)).is_ok(),
        "another page size is the same list"
    );
}

#[test]
fn a_changed_cursor_is_refused_at_every_character() {
    let shelf = sales();
    let query = Query::new("opportunity").sort(sort("-amount")).limit(3);
    let next = shelf.page(&query).unwrap().next.unwrap();
    for place in 0..next.len() {
        let mut changed = next.clone().into_bytes();
        changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(changed).unwrap();
        let error = shelf.page(&query.clone().after(changed)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the cursor cannot be read",
            "character {place}"
        );
    }
    for text in ["", "x", "0", "سلام", &next[2..]] {
        assert!(shelf.page(&query.clone().after(text)).is_err(), "{text}");
    }
}

/// What somebody else does between two pages.
#[derive(Clone, Debug)]
enum Meanwhile {
    Create(u128, i64),
    Change(u128, i64),
    Delete(u128),
}

fn meanwhile() -> impl Strategy<Value = Meanwhile> {
    prop_oneof![
        (100..140_u128, 0..6_i64).prop_map(|(number, amount)| Meanwhile::Create(number, amount)),
        (1..25_u128, 0..6_i64).prop_map(|(number, amount)| Meanwhile::Change(number, amount)),
        (1..25_u128).prop_map(Meanwhile::Delete),
    ]
}

fn deal(shelf: &Shelf, number: u128, amount: i64) {
    let status = if number.is_multiple_of(3) {
        "won"
    } else {
        "open"
    };
    let probability = number % 2 * 10;
    shelf.put("opportunity", number, json!({"name": "x", "amount": format!("{amount} IRR"), "status": status, "probability": probability.to_string()}));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn writes_between_pages_neither_skip_nor_repeat_rows_that_stayed(
        amounts in proptest::collection::vec(0..6_i64, 24),
        changes in proptest::collection::vec(meanwhile(), 0..20),
        limit in 1..6_usize,
        order in prop_oneof![Just("amount"), Just("-amount"), Just(""), Just("-id"), Just("probability"), Just("status,-amount")],
        filter in prop_oneof![Just(""), Just("status[eq]:open"), Just("amount[gte]:1")],
    ) {
        let shelf = Shelf::new();
        for (amount, number) in amounts.iter().zip(1..) {
            deal(&shelf, number, *amount);
        }
        let parsed = Filter::parse(filter).unwrap();
        let mut stayed = shelf.matching("opportunity", &parsed);
        let mut changes = changes.into_iter();
        let mut query = Query::new("opportunity").filter(parsed).sort(sort(order)).limit(limit);
        let mut seen: Vec<u128> = Vec::new();
        loop {
            let page = shelf.page(&query).unwrap();
            seen.extend(page.records.iter().map(|record| record.id.number));
            let Some(next) = page.next else { break };
            query = query.after(next);
            match changes.next() {
                Some(Meanwhile::Create(number, amount)) => deal(&shelf, number, amount),
                Some(Meanwhile::Change(number, amount)) => {
                    stayed.retain(|known| *known != number);
                    deal(&shelf, number, amount);
                }
                Some(Meanwhile::Delete(number)) => {
                    stayed.retain(|known| *known != number);
                    shelf.delete("opportunity", number);
                }
                None => {}
            }
        }
        for number in stayed {
            prop_assert_eq!(seen.iter().filter(|known| **known == number).count(), 1, "record {}", number);
        }
    }
}
