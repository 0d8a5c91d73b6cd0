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
    let shelf = Shelf::new();
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
        refused("or(status[eq]:won,source[eq]:web)", "account.name", 100)
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
