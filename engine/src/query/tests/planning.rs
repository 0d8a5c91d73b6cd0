//! Does the planner take the short way, and is every way's answer the same?

use proptest::prelude::*;
use serde_json::json;

use super::shelf::{Shelf, sales, sort, time};
use crate::query::page::count_up_to;
use crate::query::{Explained, Filter, Query, explain};
use crate::schema::standard_schema;

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
        (
            chosen.index.as_deref(),
            chosen.reads.as_str(),
            chosen.at_most
        ),
        (Some("owner"), "index of owner and index of status", 10)
    );
    assert_eq!(chosen.residual, "");
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
fn a_page_of_all_records_reads_its_rows_and_one_more() {
    let shelf = many();
    assert_eq!(plan(&shelf, "", "-updated_at", 50).at_most, 51);
    assert_eq!(plan(&shelf, "", "", 50).at_most, 51);
    // The first fifty may be won by chance, or the last.
    let filtered = plan(&shelf, "status[ne]:open", "-updated_at", 50);
    assert_eq!((filtered.at_most, filtered.stops_early), (400, true));
}

/// 4,000 deals of which 398 are won and 398 of May 2026, twenty of them both, far from each other.
fn crossed() -> Shelf {
    let mut schema = standard_schema();
    let mut object = (**schema.object("opportunity").unwrap()).clone();
    object.indexes.clear();
    schema.put(object);
    let shelf = Shelf::of(schema);
    for number in 1..=4000_u128 {
        let both = number % 200 == 100;
        let fields = json!({
            "name": "معامله",
            "status": if both || number <= 380 { "won" } else { "open" },
            "close_date": if both || number > 3620 { "2026-05-05" } else { "2020-01-01" },
            "probability": number % 100,
        });
        shelf.put("opportunity", number, fields);
    }
    shelf
}

#[test]
fn two_parts_that_are_long_alone_are_held_against_each_other() {
    let shelf = crossed();
    // The walk would begin to win at √(11 · 4,000) = 209 of each, and at ∛(11 · 4,000² / 2) = 444 of both.
    let filter = "and(status[eq]:won,close_date[in]:2026-05)";
    for order in ["", "-updated_at", "-probability,name"] {
        let both = plan(&shelf, filter, order, 10);
        assert_eq!(
            (both.reads.as_str(), both.at_most),
            ("index of status and index of close_date", 20),
            "{order}"
        );
    }
    let found: Vec<u128> = (0..20).map(|place| 100 + 200 * place).collect();
    assert_eq!(shelf.found("opportunity", filter), found);
    // One of them alone is longer than the walk, and is not taken.
    let one = plan(&shelf, "status[eq]:won", "-updated_at", 10);
    assert_eq!(one.index.as_deref(), Some("updated_at"));
    assert_eq!(
        one.to_string(),
        "reads index of updated_at, at most 4000 records; tests each for status[eq]:won\nconsidered: index of status, 210 entries or more"
    );
    // With most of the deals in the second one, the walk is shorter than counting it.
    let wide = plan(
        &shelf,
        "and(status[eq]:won,close_date[eq]:2020-01-01)",
        "-updated_at",
        10,
    );
    assert_eq!(wide.index.as_deref(), Some("updated_at"));
    assert_eq!(wide.considered.len(), 2);
}

#[test]
fn what_would_read_more_than_its_budget_is_refused_with_the_index_that_would_help() {
    let shelf = crossed();
    let asked = |filter: &str, order: &str, budget| {
        let query = Query::new("opportunity")
            .filter(Filter::parse(filter).unwrap())
            .sort(sort(order))
            .limit(10)
            .budget(budget);
        shelf
            .page(&query)
            .map(|page| page.records.len())
            .map_err(|error| format!("{error} | {}", error.remedy().unwrap()))
    };
    let refused = |filter: &str, order: &str, budget| asked(filter, order, budget).unwrap_err();
    assert_eq!(
        refused("probability[eq]:7", "-probability", 3999),
        "it would read up to 4000 records, and its budget is 3999 | an index of opportunity.probability would help: `peyvand schema apply` with \
         [{\"change\": \"set_indexed\", \"object\": \"opportunity\", \"field\": \"probability\", \"indexed\": true}]; or let it read more: `--budget`, in a program `Query::budget`"
    );
    assert_eq!(asked("probability[eq]:7", "-probability", 4000), Ok(10));
    assert!(
        refused("", "loss_reason", 100).contains("an index of opportunity.loss_reason would help")
    );
    assert!(
        refused("account.website[eq]:example.com", "loss_reason", 100)
            .contains("an index of account.website would help")
    );
    assert!(
        refused(
            "or(status[eq]:won,loss_reason[eq]:web)",
            "account.name",
            100
        )
        .contains("ask for fewer, by a condition that an index answers")
    );
    // An index part is counted before it is read.
    assert_eq!(asked("status[eq]:won", "probability", 398), Ok(10));
    assert!(
        refused("status[eq]:won", "probability", 397)
            .starts_with("it would read up to 398 records")
    );
    // What ends when its page is full begins, and is stopped.
    assert_eq!(asked("probability[lt]:50", "", 100), Ok(10));
    let stopped = refused("probability[eq]:99", "", 100);
    assert!(stopped.starts_with("it has read 100 records, which is its budget, and its page is not full | an index of opportunity.probability would help"), "{stopped}");
    let explained = plan(&shelf, "probability[eq]:7", "-probability", 10);
    assert_eq!((explained.at_most, explained.budget), (4000, 1_000_000));
}

#[test]
fn a_refusal_proposes_an_index_of_the_fields_that_are_asked_for_and_sorted_by() {
    let shelf = crossed();
    let refused = |filter: &str, order: &str| {
        let query = Query::new("opportunity")
            .filter(Filter::parse(filter).unwrap())
            .sort(sort(order))
            .limit(10)
            .budget(20);
        let error = shelf.page(&query).unwrap_err();
        error.remedy().unwrap().to_owned()
    };
    assert_eq!(
        refused("status[eq]:won", "-close_date"),
        "an index of opportunity by status, close_date would help: `peyvand schema apply` with \
         [{\"change\": \"add_index\", \"object\": \"opportunity\", \"fields\": [\"status\", \"close_date\"]}]; or let it read more: `--budget`, in a program `Query::budget`"
    );
    let by = |filter: &str, order: &str, fields: &str| {
        refused(filter, order).starts_with(&format!("an index of opportunity by {fields} would"))
    };
    assert!(by(
        "and(status[eq]:won,loss_reason[eq]:web)",
        "close_date,amount",
        "status, loss_reason, close_date, amount"
    ));
    assert!(by(
        "loss_reason[eq]:web",
        "close_date,-amount",
        "loss_reason, close_date"
    ));
    assert!(by(
        "probability[gt]:98",
        "close_date,name",
        "close_date, name"
    ));
    // Of several values none is the beginning of a list.
    let alone = refused("probability[in]:(97,98)", "close_date");
    assert!(alone.starts_with("an index of opportunity.probability would help"));
}

#[test]
fn a_list_of_a_value_in_the_order_of_another_field_walks_the_index_of_both() {
    let shelf = many();
    for (number, day) in [(11, 1), (12, 9), (13, 5), (14, 7)] {
        let (stage, date) = (shelf.id("stage", 2), format!("2026-07-0{day}"));
        let fields =
            json!({"name": "x", "stage": stage.to_string(), "status": "open", "close_date": date});
        shelf.put("opportunity", number, fields);
    }
    let listed = plan(&shelf, "stage[eq]:won", "-close_date", 3);
    assert_eq!(
        listed.to_string(),
        "reads index of stage, close_date, at most 400 records"
    );
    assert_eq!(
        (listed.index.as_deref(), listed.stops_early),
        (Some("stage, close_date"), true)
    );
    let ranged = "and(stage[eq]:won,close_date[gte]:2026-07-05,source[is_null]:true)";
    let ranged = plan(&shelf, ranged, "close_date", 3);
    assert_eq!(
        (ranged.reads.as_str(), ranged.residual.as_str()),
        ("index of stage, close_date", "source[is_null]:true")
    );
    // Where nothing is sorted, it still leaves the fewest.
    let counted = plan(
        &shelf,
        "and(stage[eq]:won,close_date[gte]:2026-07-05)",
        "name",
        3,
    );
    assert_eq!(
        (counted.reads.as_str(), counted.at_most),
        ("index of stage, close_date", 3)
    );
    // A sort that goes the other way than the id is cut from the first key on.
    let query = Query::new("opportunity")
        .filter(Filter::eq("stage", "won"))
        .sort(sort("-close_date,id"))
        .limit(2);
    let (rows, _) = shelf.all_pages(&query);
    assert_eq!(rows, [12, 14, 13, 11, 3, 6, 9]);
}

#[test]
fn a_count_has_a_budget() {
    let shelf = crossed();
    let count = |filter: &str, budget| {
        let filter = Filter::parse(filter).unwrap();
        count_up_to(&shelf.reader(), "opportunity", &filter, &time(), budget)
            .map_err(|error| format!("{error} | {}", error.remedy().unwrap()))
    };
    assert_eq!(count("probability[eq]:7", 4000), Ok(40));
    assert_eq!(
        count("probability[eq]:7", 3999).unwrap_err(),
        "to count them, more than 3999 opportunity records would be read, which is the budget | an index of opportunity.probability would help: `peyvand schema apply` with \
         [{\"change\": \"set_indexed\", \"object\": \"opportunity\", \"field\": \"probability\", \"indexed\": true}]; or count by `aggregate`, whose budget may be set"
    );
    assert_eq!(count("status[eq]:won", 398), Ok(398));
    assert!(count("status[eq]:won", 397).is_err());
    assert_eq!(count("", 0), Ok(4000));
}

#[test]
fn records_that_references_lead_to_count_towards_the_budget() {
    let shelf = Shelf::new();
    for number in 1..=50_u128 {
        let account = shelf.put(
            "account",
            number,
            json!({"name": "x", "website": "example.com"}),
        );
        shelf.put(
            "opportunity",
            number,
            json!({"name": "x", "account": account.to_string()}),
        );
    }
    let asked = |budget| {
        let filter = Filter::parse("account.website[ne]:example.com").unwrap();
        shelf.page(&Query::new("opportunity").filter(filter).budget(budget))
    };
    assert!(asked(100).is_ok());
    assert!(
        asked(80)
            .unwrap_err()
            .to_string()
            .starts_with("it has read 80 records")
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
