//! Do the spellings of a filter say the same?

use proptest::prelude::*;
use serde_json::json;

use crate::query::{Condition, Filter, Operator, SortKey};

fn message(text: &str) -> String {
    let error = Filter::parse(text).expect_err(text);
    error
        .remedy()
        .map_or_else(|| error.to_string(), |remedy| format!("{error} | {remedy}"))
}

fn condition() -> impl Strategy<Value = Filter> {
    let field = prop_oneof![
        "[a-z][a-z0-9_]{0,8}",
        "[a-z][a-z0-9_]{0,4}[.][a-z]{1,4}([.][a-z]{1,4})?",
        Just("and".to_owned()),
        Just("not".to_owned())
    ];
    let operand = prop_oneof![
        any::<String>(),
        "[a-zآ-ی0-9 ,()\"\\\\\\[\\]:\n\t]{0,12}",
        "(this|last)-(month|quarter)@(persian|hijri)|today-[0-9]d|[۰-۹]{4}/0[1-9]@persian|me|mine",
        Just(" ".to_owned())
    ];
    (
        field,
        0..Operator::ALL.len(),
        proptest::collection::vec(operand, 2..4),
    )
        .prop_map(|(field, operator, mut operands)| {
            let operator = Operator::ALL[operator];
            match operator {
                Operator::In | Operator::Nin => {}
                Operator::Between => operands.truncate(2),
                _ => operands.truncate(1),
            }
            Filter::Is(Condition::new(field, operator, operands))
        })
}

fn tree() -> impl Strategy<Value = Filter> {
    condition().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Filter::And),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Filter::Or),
            inner.prop_map(|filter| !filter),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_reads_back_what_it_wrote(filter in tree()) {
        prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
    }

    #[test]
    fn json_reads_back_what_it_wrote(filter in tree()) {
        let json = serde_json::to_string(&filter).unwrap();
        prop_assert_eq!(serde_json::from_str::<Filter>(&json).unwrap(), filter);
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in "[a-z\\[\\]():,\" \\\\]{1,40}") {
        if let Err(error) = Filter::parse(&text) {
            prop_assert!(error.to_string().contains("character") || error.to_string().contains("takes"), "{error}");
        }
    }
}

#[test]
fn text_json_and_builders_make_one_tree() {
    let text = r#"and(stage[eq]:won,amount[gte]:1000,or(owner[eq]:"a b",name[contains]:"علی"))"#;
    let parsed = Filter::parse(text).unwrap();
    let built = Filter::eq("stage", "won")
        .and(Filter::gte("amount", 1000))
        .and(Filter::eq("owner", "a b").or(Filter::contains("name", "علی")));
    assert_eq!(parsed, built);
    let json = json!({"and": [
        {"field": "stage", "op": "eq", "value": "won"},
        {"field": "amount", "op": "gte", "value": 1000},
        {"or": [{"field": "owner", "op": "eq", "value": "a b"}, {"field": "name", "op": "contains", "value": "علی"}]},
    ]});
    assert_eq!(Filter::from_json(&json).unwrap(), built);
    assert_eq!(Filter::from_json(&json!(text)).unwrap(), built);
    assert_eq!(
        built.to_string(),
        r#"and(stage[eq]:won,amount[gte]:1000,or(owner[eq]:"a b",name[contains]:علی))"#
    );
}

#[test]
fn lists_and_spaces_are_read() {
    let filter = Filter::parse(" and( stage[in]:( won , \"lost\" ) , amount[ between ] : (10,20),not(closed_at[is_null]:true)) ").unwrap();
    let built = Filter::is_in("stage", ["won", "lost"])
        .and(Filter::between("amount", 10, 20))
        .and(!Filter::is_null("closed_at"));
    assert_eq!(filter, built);
}

#[test]
fn a_list_of_one_may_stand_without_parentheses() {
    let listed = Filter::parse("close_date[in]:(this-quarter@persian)").unwrap();
    assert_eq!(
        Filter::parse("close_date[in]:this-quarter@persian").unwrap(),
        listed
    );
    assert_eq!(
        Filter::from_json(
            &json!({"field": "close_date", "op": "in", "value": "this-quarter@persian"})
        )
        .unwrap(),
        listed
    );
    assert_eq!(
        listed,
        Filter::is_in("close_date", ["this-quarter@persian"])
    );
    assert_eq!(listed.to_string(), "close_date[in]:(this-quarter@persian)");
    assert_eq!(
        Filter::parse("and(a[nin]:x,b[in]:\"y z\")").unwrap(),
        Filter::not_in("a", ["x"]).and(Filter::is_in("b", ["y z"]))
    );
}

#[test]
fn words_of_days_and_paths_stay_as_they_are_typed() {
    for text in [
        "close_date[in]:(this-quarter@persian)",
        "close_date[gte]:۱۴۰۳/۰۵/۰۷@persian",
        "account.territory[under]:tehran",
        "at[in]:(TODAY,last-7-days)",
        "owner[under]:me",
    ] {
        let filter = Filter::parse(text).unwrap();
        assert_eq!(filter.to_string(), text);
        assert_eq!(Filter::from_json(&filter.to_json()).unwrap(), filter);
    }
}

#[test]
fn the_empty_text_is_everything() {
    assert!(Filter::parse("  ").unwrap().is_everything());
    assert_eq!(Filter::everything().to_string(), "");
}

#[test]
fn an_error_names_the_character_and_what_was_expected() {
    for (text, wanted) in [
        (
            "stage",
            "filter, character 6: the filter ends here; expected an operator after 'stage', such as stage[eq]:",
        ),
        (
            "stage[eq:won",
            "filter, character 9: ':' stands here; expected ']' after the operator",
        ),
        (
            "stage[equal]:won",
            "filter, character 7: there is no operator 'equal'",
        ),
        (
            "نام[eq]:x",
            "filter, character 1: 'ن' stands here; expected and(, or(, not( or the name of a field",
        ),
        (
            "name[eq]:\"علی",
            "filter, character 10: this quotation mark is never closed; expected a second '\"' after the value",
        ),
        (
            "name[eq]:\"a\\x\"",
            "filter, character 12: '\\' begins no known escape here; expected \\\", \\\\, \\n, \\r or \\t",
        ),
        (
            "a[eq]:1,b[eq]:2",
            "filter, character 8: ',' stands here; expected the end of the filter; several conditions are joined as and(…,…)",
        ),
        (
            "a[eq]:",
            "filter, character 7: the filter ends here; expected a value; empty text is written \"\"",
        ),
        (
            "a[between]:x",
            "filter, character 12: 'x' stands here; expected a list in parentheses after a[between]:",
        ),
        (
            "and(a[eq]:1",
            "filter, character 12: the filter ends here; expected ',' or ')'",
        ),
        ("a[between]:(1)", "a[between] takes two values, not 1"),
        (
            "nor(a[eq]:1)",
            "filter, character 4: '(' stands here; expected an operator after 'nor', such as nor[eq]:",
        ),
    ] {
        let message = message(text);
        assert!(message.starts_with(wanted), "{text}: {message}");
    }
}

#[test]
fn json_that_would_widen_a_query_is_refused() {
    for (json, wanted) in [
        (json!({"adn": []}), "filter, adn: there is no key 'adn'"),
        (
            json!({"field": "a", "op": "eq", "value": 1, "vlaue": 2}),
            "filter: there is no key 'vlaue'",
        ),
        (
            json!({"and": [{"field": "a", "op": "eqq", "value": 1}]}),
            "filter, and[0].op: there is no operator 'eqq'; did you mean 'eq'?",
        ),
        (
            json!({"not": {"field": "a", "op": "eq"}}),
            "filter, not.value: it is missing",
        ),
        (
            json!({"field": "a", "op": "between", "value": "x"}),
            "filter, value: this is no list",
        ),
        (
            json!({"field": "a", "op": "eq", "value": null}),
            "filter, value: null stands here",
        ),
        (json!({}), "filter: the object has 0 keys"),
    ] {
        let error = Filter::from_json(&json).expect_err("refused").to_string();
        assert!(error.starts_with(wanted), "{json}: {error}");
    }
}

#[test]
fn depth_and_size_have_limits() {
    let deep = |levels: usize| format!("{}a[eq]:1{}", "not(".repeat(levels), ")".repeat(levels));
    assert!(Filter::parse(&deep(31)).is_ok());
    assert!(message(&deep(32)).starts_with("the filter is nested deeper than 32 levels"));
    let wide = |conditions: usize| format!("or({})", vec!["a[eq]:1"; conditions].join(","));
    assert!(Filter::parse(&wide(1000)).is_ok());
    assert!(
        message(&wide(1001)).starts_with("the filter has more than 1000 conditions | use [in]")
    );
    let long = Filter::is_in("a", 0..1001).to_string();
    assert!(message(&long).starts_with("a[in] lists 1001 values; at most 1000 are allowed"));
}

#[test]
fn what_is_too_much_is_refused_before_it_is_looked_at() {
    let long = "ب".repeat(1 << 20);
    for text in [
        format!("name[eq]:{long}"),
        format!("{}[eq]:1", "a.".repeat(1 << 20)),
        "(".repeat(3 << 20),
    ] {
        assert!(
            message(&text).starts_with("the filter is longer than 1048576 bytes | ask in several")
        );
    }
    let built = Filter::eq("name", &long);
    assert!(
        Filter::from_json(&built.to_json())
            .unwrap_err()
            .to_string()
            .starts_with("the filter is longer")
    );
    assert_eq!(
        message(&format!("{}[eq]:1", "a.".repeat(500))),
        "the filter names a field with 1000 bytes; a name has 200 at most"
    );
    let named = json!({"field": "a".repeat(201), "op": "eq", "value": 1});
    assert!(
        Filter::from_json(&named)
            .unwrap_err()
            .to_string()
            .starts_with("the filter names a field with 201 bytes")
    );
    let operated = json!({"field": "a", "op": "e".repeat(1 << 20), "value": 1});
    assert!(Filter::from_json(&operated).is_err());
    assert!(message(&format!("a[{}]:1", "e".repeat(1 << 20))).len() < 1000);
    let lists = |lists: usize| {
        Filter::Or((0..lists).map(|_| Filter::is_in("a", 0..1000)).collect()).to_string()
    };
    assert!(Filter::parse(&lists(10)).is_ok());
    assert!(message(&lists(11)).starts_with("the filter has more than 10000 values"));
    let paths = |paths: usize| format!("or({})", vec!["a.b[eq]:1"; paths].join(","));
    assert!(Filter::parse(&paths(100)).is_ok());
    assert!(
        message(&paths(101)).starts_with(
            "the filter has more than 100 conditions on records that references lead to"
        )
    );
}

#[test]
fn sort_keys_read_back_what_they_wrote() {
    let keys = SortKey::parse_list(" -created_at, name").unwrap();
    assert_eq!(
        keys,
        [
            SortKey::descending("created_at"),
            SortKey::ascending("name")
        ]
    );
    assert_eq!(
        keys.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(","),
        "-created_at,name"
    );
    assert_eq!(SortKey::parse_list("").unwrap(), []);
    assert_eq!(
        SortKey::parse_list("a,,b").unwrap_err().to_string(),
        "the sort order has an empty name at place 2"
    );
}
