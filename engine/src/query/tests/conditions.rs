//! Does each operator mean on each kind of field what it says?

use serde_json::json;

use super::shelf::{Shelf, sales};
use crate::error::ErrorKind;
use crate::query::{Filter, Query};

#[test]
fn missing_values_answer_only_null_ne_nin_and_not() {
    let shelf = Shelf::new();
    shelf.put("opportunity", 1, json!({"name": "a"}));
    shelf.put("opportunity", 2, json!({"name": "b", "amount": "5 IRR", "close_date": "2026-01-01", "status": "open", "source": "web"}));
    for (field, value) in [
        ("amount", "5"),
        ("close_date", "2026-01-01"),
        ("status", "open"),
        ("source", "web"),
    ] {
        assert_eq!(
            shelf.found("opportunity", &format!("{field}[is_null]:true")),
            [1],
            "{field}"
        );
        assert_eq!(
            shelf.found("opportunity", &format!("{field}[is_null]:false")),
            [2],
            "{field}"
        );
        assert_eq!(
            shelf.found("opportunity", &format!("{field}[eq]:{value}")),
            [2],
            "{field}"
        );
        assert_eq!(
            shelf.found("opportunity", &format!("{field}[ne]:{value}")),
            [1],
            "{field}"
        );
        assert_eq!(
            shelf.found("opportunity", &format!("{field}[nin]:({value})")),
            [1],
            "{field}"
        );
        assert_eq!(
            shelf.found("opportunity", &format!("not({field}[eq]:{value})")),
            [1],
            "{field}"
        );
    }
    for operator in ["gt", "gte", "lt", "lte"] {
        for value in ["0", "9"] {
            assert!(
                !shelf
                    .found("opportunity", &format!("amount[{operator}]:{value}"))
                    .contains(&1)
            );
        }
    }
}

#[test]
fn text_is_compared_folded() {
    let shelf = Shelf::new();
    shelf.put(
        "account",
        1,
        json!({"name": "شرکت علي", "website": "example.com", "email": "A@Example.com"}),
    );
    shelf.put(
        "account",
        2,
        json!({"name": "ACME ۱۲", "address": {"city": "تهران", "street": "ولیعصر"}}),
    );
    for (filter, wanted) in [
        ("name[eq]:\"شرکت علی\"", vec![1]),
        ("name[eq]:\"acme 12\"", vec![2]),
        ("name[in]:(\"Acme ١٢\",x)", vec![2]),
        ("name[contains]:على", vec![1]),
        ("name[contains]:\"CME 1\"", vec![2]),
        ("name[starts_with]:aC", vec![2]),
        ("name[gt]:b", vec![1]),
        ("name[between]:(a,b)", vec![2]),
        ("website[eq]:example.com", vec![1]),
        ("email[eq]:a@example.COM", vec![1]),
        ("email[starts_with]:a@", vec![1]),
        ("address[contains]:تهران", vec![2]),
    ] {
        assert_eq!(shelf.found("account", filter), wanted, "{filter}");
    }
}

#[test]
fn names_and_phones_are_found_however_they_are_typed() {
    let shelf = Shelf::new();
    shelf.put(
        "contact",
        1,
        json!({"name": {"given": "علی", "family": "رضایی"}, "mobile": "+98 912 123 4567"}),
    );
    shelf.put(
        "contact",
        2,
        json!({"name": "Sara Karimi", "mobile": "021-88001234"}),
    );
    for (filter, wanted) in [
        ("name[eq]:\"علي رضايي\"", vec![1]),
        ("name[starts_with]:sara", vec![2]),
        ("name[contains]:karimi", vec![2]),
        ("mobile[eq]:۰۰۹۸۹۱۲۱۲۳۴۵۶۷", vec![1]),
        ("mobile[ne]:+989121234567", vec![2]),
        ("mobile[contains]:\"912 123\"", vec![1]),
        ("mobile[starts_with]:+98", vec![1]),
        ("mobile[starts_with]:021", vec![2]),
        ("mobile[in]:(02188001234,+989121234567)", vec![1, 2]),
    ] {
        assert_eq!(shelf.found("contact", filter), wanted, "{filter}");
    }
}

#[test]
fn amounts_compare_across_currencies_unless_one_is_named() {
    let shelf = sales();
    for (filter, wanted) in [
        ("amount[eq]:200", vec![2]),
        ("amount[eq]:\"200 EUR\"", vec![2]),
        ("amount[eq]:\"200 IRR\"", vec![]),
        ("amount[gte]:900", vec![9, 10]),
        ("amount[gte]:\"900 IRR\"", vec![9]),
        ("amount[lt]:\"400 EUR\"", vec![2]),
        ("amount[between]:(300,500)", vec![3, 4, 5]),
        ("amount[between]:(\"300 IRR\",\"500 IRR\")", vec![3, 5]),
        (
            "amount[in]:(100,\"100 IRR\",\"300 EUR\",\"400 EUR\")",
            vec![1, 4],
        ),
        ("and(amount[gt]:300,amount[lte]:500)", vec![4, 5]),
    ] {
        assert_eq!(shelf.found("opportunity", filter), wanted, "{filter}");
    }
    assert_eq!(
        shelf.found("opportunity", "amount[ne]:\"200 IRR\"").len(),
        10
    );
}

#[test]
fn options_are_exact_and_sets_are_asked_for_members() {
    let shelf = Shelf::new();
    shelf.put(
        "account",
        1,
        json!({"name": "a", "kind": "person", "roles": ["customer", "supplier"]}),
    );
    shelf.put(
        "account",
        2,
        json!({"name": "b", "kind": "organization", "roles": ["partner"]}),
    );
    shelf.put("account", 3, json!({"name": "c"}));
    for (filter, wanted) in [
        ("kind[eq]:person", vec![1]),
        ("kind[nin]:(person)", vec![2, 3]),
        ("roles[contains]:supplier", vec![1]),
        ("roles[in]:(partner,supplier)", vec![1, 2]),
        ("roles[nin]:(partner)", vec![1, 3]),
        ("roles[eq]:\"supplier;customer\"", vec![1]),
        ("roles[eq]:customer", vec![]),
        ("roles[is_null]:true", vec![3]),
        ("kind[in]:()", vec![]),
        ("kind[nin]:()", vec![1, 2, 3]),
    ] {
        assert_eq!(shelf.found("account", filter), wanted, "{filter}");
    }
}

#[test]
fn references_take_an_id_or_a_natural_key() {
    let shelf = sales();
    let won = shelf.id("stage", 2);
    assert_eq!(shelf.found("opportunity", "stage[eq]:won"), [3, 6, 9]);
    assert_eq!(
        shelf.found("opportunity", &format!("stage[eq]:{won}")),
        [3, 6, 9]
    );
    assert_eq!(
        shelf.found(
            "opportunity",
            "and(stage[in]:(WON,proposal),owner[eq]:sara)"
        ),
        [5, 10]
    );
    assert_eq!(shelf.found("opportunity", "owner[is_null]:false"), [5, 10]);
}

#[test]
fn ids_revisions_and_unique_keys_find_their_records() {
    let shelf = sales();
    let (four, seven) = (shelf.id("opportunity", 4), shelf.id("opportunity", 7));
    assert_eq!(shelf.found("opportunity", &format!("id[eq]:{seven}")), [7]);
    assert_eq!(
        shelf.found(
            "opportunity",
            &format!(
                "and(id[in]:({seven},{four},{}),status[eq]:open)",
                shelf.id("opportunity", 99)
            )
        ),
        [4, 7]
    );
    assert_eq!(
        shelf
            .found("opportunity", &format!("id[nin]:({seven})"))
            .len(),
        9
    );
    assert_eq!(shelf.found("opportunity", "revision[gte]:1").len(), 10);
    assert_eq!(shelf.found("stage", "key[eq]:Won"), [2]);
    assert_eq!(shelf.found("stage", "key[eq]:lost"), []);
}

#[test]
fn relative_days_and_instants_are_reckoned_from_the_clock_given() {
    let shelf = Shelf::new();
    for (number, due, at) in [
        (1, "2026-03-17", "2026-03-30T20:29:59Z"),
        (2, "2026-03-31", "2026-03-30T20:30:00Z"),
        (3, "2026-04-14", "2026-03-31T09:00:00Z"),
        (4, "2026-02-28", "2026-03-31T12:00:00Z"),
    ] {
        shelf.put(
            "activity",
            number,
            json!({"kind": "task", "subject": "x", "due_on": due, "at": at}),
        );
    }
    for (filter, wanted) in [
        ("due_on[eq]:today", vec![2]),
        ("due_on[eq]:today-14d", vec![1]),
        ("due_on[eq]:today+2w", vec![3]),
        ("due_on[eq]:today-1m", vec![4]),
        ("due_on[gte]:TODAY-۱y", vec![1, 2, 3, 4]),
        ("due_on[between]:(today,2026/04/14)", vec![2, 3]),
        // The day begins at half past eight in the evening before, in UTC.
        ("at[gte]:today", vec![2, 3, 4]),
        ("at[lt]:2026-03-31", vec![1]),
        ("at[gte]:now-3h", vec![3, 4]),
        ("at[eq]:now", vec![4]),
        ("at[eq]:2026-03-31T15:30:00+03:30", vec![4]),
        ("at[gt]:\"2026-03-31 09:00:00 UTC\"", vec![4]),
    ] {
        assert_eq!(shelf.found("activity", filter), wanted, "{filter}");
    }
}

#[test]
fn rollups_and_numbers_and_truths_are_asked_like_other_fields() {
    let shelf = Shelf::new();
    shelf.put("account", 1, json!({"name": "a", "employees": 10}));
    shelf.put("account", 2, json!({"name": "b", "employees": "۲۵۰"}));
    shelf.add_total("account", 2, "won_opportunities", 3, 0);
    assert_eq!(shelf.found("account", "won_opportunities[gte]:1"), [2]);
    assert_eq!(shelf.found("account", "won_opportunities[eq]:0"), [1]);
    assert_eq!(shelf.found("account", "employees[gt]:10"), [2]);
    shelf.put(
        "product",
        1,
        json!({"code": "x", "name": "x", "active": true}),
    );
    assert_eq!(shelf.found("product", "active[eq]:yes"), [1]);
    assert_eq!(shelf.found("product", "active[ne]:true"), []);
}

#[test]
fn and_or_and_not_combine() {
    let shelf = sales();
    assert_eq!(
        shelf.found(
            "opportunity",
            "or(amount[eq]:100,and(status[eq]:won,amount[gt]:300))"
        ),
        [1, 6, 9]
    );
    assert_eq!(
        shelf.found("opportunity", "not(or(status[eq]:open,amount[eq]:900))"),
        [3, 6]
    );
    assert_eq!(shelf.found("opportunity", "or()"), []);
    assert_eq!(shelf.found("opportunity", "").len(), 10);
}

#[test]
fn a_record_that_cannot_be_read_is_an_error_and_no_empty_one() {
    let shelf = Shelf::new();
    let id = shelf.put("opportunity", 1, json!({"name": "یک", "source": "web"}));
    shelf.damage(id);
    for filter in ["source[eq]:web", "source[ne]:web", "name[eq]:یک"] {
        let query = Query::new("opportunity").filter(Filter::parse(filter).unwrap());
        let refused = shelf.page(&query).err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::Damaged, "{filter}: {refused}");
    }
}
