//! Is a record found by what is said of those that it refers to?

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::shelf::{Shelf, sort, time};
use crate::query::{Filter, Query, explain};

/// A bank with a branch below it, a shop, and deals with them; one with a customer who is no more, one with none.
fn banks() -> Shelf {
    let shelf = Shelf::new();
    let tehran = shelf.put("territory", 1, json!({"key": "tehran", "name": "تهران"}));
    let bank = shelf.put("account", 1, json!({"name": "بانک ملّت", "industry": "بانک", "territory": tehran.to_string(), "employees": 900}));
    let branch = shelf.put(
        "account",
        2,
        json!({"name": "شعبه‌ی ونک", "industry": "شعبه", "parent": bank.to_string()}),
    );
    let shop = shelf.put(
        "account",
        3,
        json!({"name": "فروشگاه", "industry": "retail", "employees": 5}),
    );
    let gone = shelf.put("account", 4, json!({"name": "رفته", "industry": "بانک"}));
    for (number, account) in [
        (1, Some(bank)),
        (2, Some(branch)),
        (3, Some(shop)),
        (4, Some(gone)),
        (5, None),
        (6, Some(branch)),
    ] {
        let mut fields = json!({"name": format!("معامله {number}")});
        if let Some(account) = account {
            fields["account"] = json!(account.to_string());
        }
        shelf.put("opportunity", number, fields);
    }
    shelf.delete("account", 4);
    shelf
}

#[test]
fn a_condition_reaches_over_one_reference_and_over_two() {
    let shelf = banks();
    for (filter, wanted) in [
        ("account.industry[eq]:بانك", vec![1]),
        ("account.industry[in]:(بانک,retail)", vec![1, 3]),
        ("account.parent.industry[eq]:بانک", vec![2, 6]),
        ("account.parent.name[starts_with]:بانک", vec![2, 6]),
        ("account.territory[eq]:tehran", vec![1]),
        ("account.parent.territory[eq]:tehran", vec![2, 6]),
        ("account.territory.name[contains]:هر", vec![1]),
        ("account.employees[gt]:5", vec![1]),
        ("account.name[eq]:\"شعبه‌ي ونك\"", vec![2, 6]),
        (
            "and(account.industry[eq]:بانک,account.employees[lt]:5)",
            vec![],
        ),
        (
            "or(account.industry[eq]:retail,account.parent.industry[eq]:بانک)",
            vec![2, 3, 6],
        ),
    ] {
        assert_eq!(shelf.found("opportunity", filter), wanted, "{filter}");
    }
    let bank = shelf.id("account", 1);
    assert_eq!(
        shelf.found("opportunity", &format!("account.id[eq]:{bank}")),
        [1]
    );
    assert_eq!(
        shelf.found("opportunity", &format!("account.parent[eq]:{bank}")),
        [2, 6]
    );
    assert_eq!(
        shelf.found("opportunity", "account.revision[gte]:1"),
        [1, 2, 3, 6]
    );
}

#[test]
fn a_path_that_ends_early_answers_as_an_empty_field() {
    let shelf = banks();
    for (filter, wanted) in [
        // Four refers to what is in the bin, five to nothing.
        ("account.industry[is_null]:true", vec![4, 5]),
        ("account.industry[is_null]:false", vec![1, 2, 3, 6]),
        ("account.industry[ne]:بانک", vec![2, 3, 4, 5, 6]),
        ("account.industry[nin]:(بانک,شعبه)", vec![3, 4, 5]),
        ("not(account.industry[eq]:بانک)", vec![2, 3, 4, 5, 6]),
        ("account.parent.industry[is_null]:true", vec![1, 3, 4, 5]),
        ("account.parent.employees[lt]:1000", vec![2, 6]),
        ("account.parent.employees[ne]:900", vec![1, 3, 4, 5]),
    ] {
        assert_eq!(shelf.found("opportunity", filter), wanted, "{filter}");
    }
}

#[test]
fn totals_of_the_far_record_are_asked_like_its_fields() {
    let shelf = banks();
    shelf.add_total("account", 2, "won_opportunities", 3, 0);
    assert_eq!(
        shelf.found("opportunity", "account.won_opportunities[gte]:3"),
        [2, 6]
    );
    assert_eq!(
        shelf.found("opportunity", "account.won_opportunities[eq]:0"),
        [1, 3]
    );
}

#[test]
fn of_several_objects_the_field_must_be_there_on_one() {
    let shelf = banks();
    let (bank, deal) = (shelf.id("account", 1), shelf.id("opportunity", 3));
    for (number, about) in [(1, Some(bank)), (2, Some(deal)), (3, None)] {
        let mut fields = json!({"kind": "task", "subject": "زنگ"});
        if let Some(about) = about {
            fields["about"] = json!(about.to_string());
        }
        shelf.put("activity", number, fields);
    }
    for (filter, wanted) in [
        ("about.industry[eq]:بانک", vec![1]),
        ("about.industry[is_null]:true", vec![2, 3]),
        ("about.name[contains]:\"معامله ۳\"", vec![2]),
        ("about.name[is_null]:true", vec![3]),
        ("about.account.industry[eq]:retail", vec![2]),
    ] {
        assert_eq!(shelf.found("activity", filter), wanted, "{filter}");
    }
    let refused = shelf.refusal("activity", "about.indutsry[eq]:x");
    assert!(refused.starts_with("nothing that activity.about may refer to has a field 'indutsry'; did you mean 'industry'?"), "{refused}");
}

#[test]
fn what_leads_nowhere_is_refused_with_the_object_and_the_nearest_name() {
    let shelf = banks();
    for (filter, wanted) in [
        (
            "acount.industry[eq]:x",
            "opportunity has no field 'acount'; did you mean 'account'?",
        ),
        (
            "account.indutsry[eq]:x",
            "account has no field 'indutsry'; did you mean 'industry'?",
        ),
        (
            "account.parent.nmae[eq]:x",
            "account has no field 'nmae'; did you mean 'name'?",
        ),
        (
            "amount.currency[eq]:x",
            "amount.currency: opportunity.amount is of kind money and leads to no other record | only references",
        ),
        (
            "account.parent.parent.name[eq]:x",
            "account.parent.parent.name goes by more than 2 references | ask for these",
        ),
        ("account.[eq]:x", "account has no field ''"),
        (
            "account.employees[contains]:5",
            "account.employees (integer) cannot be asked with contains",
        ),
        ("account.employees[gt]:many", "account.employees[gt]: "),
        (
            "account.territory[eq]:qom",
            "account.territory: no territory has the key or id 'qom'",
        ),
    ] {
        let refused = shelf.refusal("opportunity", filter);
        assert!(refused.starts_with(wanted), "{filter}: {refused}");
    }
    let sorted = |by: &str| {
        let error = shelf
            .page(&Query::new("opportunity").sort(sort(by)))
            .unwrap_err();
        error.to_string()
    };
    assert_eq!(
        sorted("account.nmae"),
        "account has no field 'nmae'; did you mean 'name'?"
    );
    assert_eq!(
        sorted("account.name,-account.name"),
        "the sort order names account.name twice"
    );
}

#[test]
fn rows_are_sorted_by_what_a_reference_leads_to_and_paged() {
    let shelf = banks();
    for (by, wanted) in [
        // Nothing comes first: what is in the bin, and no reference.
        ("account.employees,id", [2, 4, 5, 6, 3, 1]),
        ("-account.employees,id", [1, 3, 2, 4, 5, 6]),
        ("account.parent.name", [1, 3, 4, 5, 2, 6]),
    ] {
        for limit in [1, 2, 50] {
            let query = Query::new("opportunity").sort(sort(by)).limit(limit);
            assert_eq!(shelf.all_pages(&query).0, wanted, "{by} by {limit}");
        }
    }
}

#[test]
fn a_selective_condition_behind_a_reference_turns_the_way_round() {
    let shelf = banks();
    let shop = shelf.id("account", 3);
    for number in 10..400 {
        shelf.put(
            "opportunity",
            number,
            json!({"name": "x", "account": shop.to_string()}),
        );
    }
    let plan = |filter: &str, limit| {
        let query = Query::new("opportunity")
            .filter(Filter::parse(filter).unwrap())
            .limit(limit);
        explain(&shelf.reader(), &query, &time()).unwrap()
    };
    let turned = plan("account.parent.industry[eq]:بانک", 3);
    assert_eq!(
        (turned.index.as_deref(), turned.at_most),
        (Some("account"), 2)
    );
    assert_eq!(turned.residual, "account.parent.industry[eq]:بانک");
    assert_eq!(plan("account.territory[eq]:tehran", 3).at_most, 1);
    // Nearly all deals are with the shop: a page is full sooner when they are walked.
    let walked = plan("account.industry[eq]:retail", 3);
    assert_eq!(walked.index, None);
    assert_eq!(
        walked.considered[0].way,
        "index of account, for what account.industry asks"
    );
    // √(4 · 396) keys and no more.
    assert_eq!(
        (walked.considered[0].entries, walked.considered[0].all),
        (Some(40), false)
    );
    // Empty ones are in no index of the far side.
    assert_eq!(plan("account.industry[ne]:retail", 3).index, None);
}

fn maybe<T: std::fmt::Debug>(all: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    proptest::option::weighted(0.7, all)
}

fn put_all(shelf: &Shelf, object: &str, rows: &[Json]) {
    for (row, number) in rows.iter().zip(1..) {
        shelf.put(object, number, row.clone());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// `found` compares the planner's pages and count with a look at every record; the plain loop here follows the
    /// references by hand.
    #[test]
    fn every_way_over_references_finds_what_a_plain_loop_finds(
        accounts in proptest::collection::vec((maybe(0..3_usize), maybe(0..12_u128)), 1..12),
        deals in proptest::collection::vec(maybe(0..14_u128), 0..40),
    ) {
        const INDUSTRIES: [&str; 3] = ["بانک", "نفت", "بیمه"];
        let shelf = Shelf::new();
        let id = |number: u128| shelf.id("account", number + 1).to_string();
        let rows: Vec<Json> = accounts.iter().map(|(industry, parent)| {
            let mut fields = json!({"name": "x"});
            if let Some(industry) = industry { fields["industry"] = json!(INDUSTRIES[*industry]); }
            if let Some(parent) = parent { fields["parent"] = json!(id(*parent)); }
            fields
        }).collect();
        put_all(&shelf, "account", &rows);
        let rows: Vec<Json> = deals.iter().map(|account| {
            let mut fields = json!({"name": "d"});
            if let Some(account) = account { fields["account"] = json!(id(*account)); }
            fields
        }).collect();
        put_all(&shelf, "opportunity", &rows);
        let account = |number: &Option<u128>| accounts.get(usize::try_from((*number)?).unwrap());
        let industry = |deal: &Option<u128>| account(deal)?.0;
        let parents = |deal: &Option<u128>| account(&account(deal)?.1)?.0;
        for (place, name) in INDUSTRIES.iter().enumerate() {
            for (path, of) in [("account.industry", &industry as &dyn Fn(&Option<u128>) -> Option<usize>), ("account.parent.industry", &parents)] {
                let numbers = |holds: &dyn Fn(Option<usize>) -> bool| -> Vec<u128> {
                    deals.iter().zip(1..).filter(|(deal, _)| holds(of(deal))).map(|(_, number)| number).collect()
                };
                prop_assert_eq!(shelf.found("opportunity", &format!("{path}[eq]:{name}")), numbers(&|found| found == Some(place)));
                prop_assert_eq!(shelf.found("opportunity", &format!("{path}[ne]:{name}")), numbers(&|found| found != Some(place)));
                prop_assert_eq!(shelf.found("opportunity", &format!("and({path}[is_null]:false,{path}[nin]:({name}))")), numbers(&|found| found.is_some_and(|found| found != place)));
            }
        }
    }
}
