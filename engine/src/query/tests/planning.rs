//! Does the planner take the short way, and is every way's answer the same?

use proptest::prelude::*;
use serde_json::json;

use super::shelf::{Shelf, sales, sort, time};
use crate::query::{Explained, Filter, Query, explain};

fn plan(shelf: &Shelf, filter: &str, order: &str, limit: usize) -> Explained {
    let object = if filter.contains("key[") {
        "stage"
    } else {
        "opportunity"
    };
    let query = Query::new(object)
        .filter(Filter::parse(filter).unwrap())
        .sort(sort(order))
        .limit(limit);
    explain(&shelf.reader(), &query, &time()).unwrap()
}

/// Enough records that reading all of them is plainly worse: 400 deals, one in four won, twelve of Sara's.
fn many() -> Shelf {
    let shelf = sales();
    let (stage, sara) = (shelf.id("stage", 1), shelf.id("user", 1));
    for number in 11..=400_u128 {
        let mut fields = json!({
            "name": format!("Deal {number}"),
            "stage": stage.to_string(),
            "status": if number % 4 == 0 { "won" } else { "open" },
            "amount": format!("{number} IRR"),
            "updated_at": format!("2026-02-{:02}T08:00:00Z", 1 + number % 28),
        });
        if number % 40 == 0 {
            fields["owner"] = json!(sara.to_string());
        }
        shelf.put("opportunity", number, fields);
    }
    shelf
}

#[test]
fn ids_and_unique_keys_are_read_directly() {
    let shelf = sales();
    let plan_of_key = plan(&shelf, "and(key[eq]:won,name[contains]:o)", "", 50);
    assert_eq!(
        plan_of_key.to_string(),
        "reads unique key key, at most 1 records; tests each for name[contains]:o"
    );
    let id = shelf.id("opportunity", 4);
    assert_eq!(
        plan(
            &shelf,
            &format!("and(status[eq]:open,id[eq]:{id})"),
            "name",
            50
        )
        .at_most,
        1
    );
}

#[test]
fn the_condition_that_leaves_the_fewest_rows_is_looked_up() {
    let shelf = many();
    let chosen = plan(&shelf, "and(status[eq]:won,owner[eq]:sara)", "", 50);
    assert_eq!(
        (chosen.index.as_deref(), chosen.at_most),
        (Some("owner"), 12)
    );
    assert_eq!(chosen.residual, "status[eq]:won");
    assert!(!chosen.sorts_in_memory);
    let narrow_range = plan(
        &shelf,
        "and(status[eq]:won,amount[between]:(390,400))",
        "",
        50,
    );
    assert_eq!(narrow_range.index.as_deref(), Some("amount"));
}

#[test]
fn a_page_in_an_indexed_order_walks_that_index() {
    let shelf = many();
    let all = plan(&shelf, "", "-updated_at", 50);
    assert_eq!(
        (all.index.as_deref(), all.sorts_in_memory),
        (Some("updated_at"), false)
    );
    // Most deals are open: the walk finds 20 of them sooner than the index of status could list 300.
    let common = plan(&shelf, "status[eq]:open", "-updated_at", 20);
    assert_eq!(
        (common.index.as_deref(), common.residual.as_str()),
        (Some("updated_at"), "status[eq]:open")
    );
    // Sara has twelve: they are listed and sorted.
    let rare = plan(&shelf, "owner[eq]:sara", "-updated_at", 20);
    assert_eq!(
        (rare.index.as_deref(), rare.sorts_in_memory),
        (Some("owner"), true)
    );
}

#[test]
fn a_condition_on_the_sorted_field_narrows_the_walk() {
    let shelf = many();
    let chosen = plan(&shelf, "and(amount[gte]:100,amount[lt]:200)", "amount", 5);
    assert_eq!(
        (
            chosen.index.as_deref(),
            chosen.residual.as_str(),
            chosen.sorts_in_memory
        ),
        (Some("amount"), "", false)
    );
}

#[test]
fn what_no_index_answers_is_tested_on_all_records() {
    let shelf = many();
    let chosen = plan(&shelf, "or(status[eq]:won,owner[eq]:sara)", "", 50);
    assert_eq!(chosen.index, None);
    assert_eq!(
        plan(&shelf, "probability[eq]:50", "probability", 50).to_string(),
        "reads all records in the order of their ids, at most 400 records; tests each for probability[eq]:50; sorts in memory"
    );
    assert_eq!(
        plan(&shelf, "status[eq]:open", "probability", 50)
            .index
            .as_deref(),
        Some("status")
    );
}

/// The index of a field that is added later has no entries for the records that were there and have no value.
const FILTERS: [&str; 14] = [
    "",
    "status[eq]:open",
    "status[ne]:open",
    "status[in]:(open,lost)",
    "status[is_null]:true",
    "amount[gte]:5",
    "amount[between]:(\"3 IRR\",8)",
    "amount[in]:(3,\"3 IRR\",7)",
    "and(amount[gt]:2,amount[lt]:8)",
    "and(status[in]:(open,won),amount[lte]:6)",
    "close_date[lt]:2026-01-05",
    "name[starts_with]:پپپپ",
    "or(status[eq]:won,amount[eq]:4)",
    "and(name[gte]:b,not(close_date[is_null]:true))",
];

const SORTS: [&str; 12] = [
    "",
    "-id",
    "status",
    "-status",
    "amount",
    "-amount",
    "-amount,id",
    "status,-amount",
    "-close_date,name",
    "name",
    "-name",
    "probability,-name",
];

/// Names that are alike for longer than an index entry keeps, with letters of one and two bytes at its end.
fn name() -> impl Strategy<Value = String> {
    (0..3_usize, "[azپ]{0,6}").prop_map(|(shift, end)| match shift {
        0 => format!("n{end}"),
        shift => format!("{}{}{end}", "پ".repeat(79), "a".repeat(shift)),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_way_gives_the_rows_of_a_plain_look_in_order(
        rows in proptest::collection::vec((name(), 0..4_usize, 0..10_i64, 0..9_i64, any::<bool>()), 0..30),
        limit in 1..12_usize,
    ) {
        let shelf = Shelf::new();
        for ((name, status, amount, day, rial), number) in rows.iter().zip(1..) {
            let mut fields = json!({"name": name, "amount": format!("{amount} {}", if *rial { "IRR" } else { "EUR" }), "probability": amount % 3});
            if let Some(status) = ["open", "won", "lost"].get(*status) {
                fields["status"] = json!(status);
            }
            if *day > 0 {
                fields["close_date"] = json!(format!("2026-01-{day:02}"));
            }
            shelf.put("opportunity", number, fields);
        }
        for filter in FILTERS {
            let parsed = Filter::parse(filter).unwrap();
            let mut wanted = shelf.matching("opportunity", &parsed);
            for order in SORTS {
                let query = Query::new("opportunity").filter(parsed.clone()).sort(sort(order)).limit(limit);
                let (mut rows, _) = shelf.all_pages(&query);
                let whole = shelf.page(&query.clone().limit(1000)).unwrap();
                let at_once: Vec<u128> = whole.records.iter().map(|record| record.id.number).collect();
                prop_assert_eq!(&rows, &at_once, "{} by {}", filter, order);
                rows.sort_unstable();
                wanted.sort_unstable();
                prop_assert_eq!(&rows, &wanted, "{} by {}", filter, order);
            }
        }
        for (name, ..) in &rows {
            for operator in ["gt", "gte", "lt", "lte", "eq", "starts_with"] {
                shelf.found("opportunity", &format!("name[{operator}]:{name}"));
            }
        }
    }
}
