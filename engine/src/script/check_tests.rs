//! What is found wrong with a script before it runs, and what is not?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use proptest::test_runner::Config;

use super::fixture::{AFTER, BEFORE};
use super::header::Moment;
use super::{Problem, check};
use crate::hook::{OnFailure, Verb};
use crate::schema::standard_schema;

fn problems(text: &str) -> Vec<String> {
    check(text, &standard_schema())
        .err()
        .unwrap_or_default()
        .iter()
        .map(Problem::to_string)
        .collect()
}

/// The problems of a body whose first line is line 4, below a before script's header.
fn before(body: &str) -> Vec<String> {
    problems(&format!("{BEFORE}{body}"))
}

/// The problems of a body whose first line is line 3, below an after script's header.
fn after(body: &str) -> Vec<String> {
    problems(&format!("{AFTER}{body}"))
}

#[test]
fn the_header_says_when_a_script_runs() {
    let text = "//! name: معامله-بزرگ\n//!on: opportunity before create,update\n//! when: amount , stage\n\n//! order: 10\n//! on-failure: skip\nlet x = 1;";
    let header = check(text, &standard_schema()).unwrap();
    let schema = standard_schema();
    let number = |field: &str| {
        schema
            .object("opportunity")
            .unwrap()
            .field(field)
            .unwrap()
            .number
    };
    assert_eq!(
        (header.name.as_str(), header.object.as_str(), header.moment),
        ("معامله-بزرگ", "opportunity", Moment::Before)
    );
    assert_eq!(header.verbs, [Verb::Create, Verb::Update]);
    assert_eq!(header.when, [number("amount"), number("stage")]);
    assert_eq!((header.order, header.on_failure), (10, OnFailure::Skip));
    assert_eq!(check(AFTER, &standard_schema()).unwrap().order, 100);
}

#[test]
fn every_fault_of_the_header_is_told_with_its_place() {
    let text = "//! name: two words\n//! on: oportunity before crate\n//! ordr: 1\n//! order: soon\n//! order: 2\n//! nothing\nlet x = 1;\n//! when: amount";
    assert_eq!(
        problems(text),
        [
            "line 1, column 11: 'two words' is not a script's name: use up to 60 letters, digits, - and _",
            "line 2, column 9: 'crate' is not create, update or delete; it is written as 'opportunity before create, update'",
            "line 2, column 9: there is no object 'oportunity'; did you mean 'opportunity'?",
            "line 3, column 1: 'ordr' is not a key of the header; they are name, on, when, order, on-failure; did you mean 'order'?",
            "line 4, column 12: 'soon' is not a whole number",
            "line 5, column 1: 'order' is said twice in the header",
            "line 6, column 1: a header line is written as '//! key: value'",
            "line 8, column 1: a header line stands after the program's beginning; move it to the top, or write // for a comment",
        ]
    );
    assert_eq!(problems("let x = 1;").len(), 2);
    let choice = "line 1, column 1: a before script says what its own failure means; write '//! on-failure: reject' or '//! on-failure: skip'";
    assert_eq!(
        problems("//! name: a\n//! on: lead before delete"),
        [choice]
    );
    let late = "line 3, column 17: an after script cannot reject: the record is committed when it runs; leave 'on-failure' out";
    assert_eq!(
        problems("//! name: a\n//! on: lead after update\n//! on-failure: reject"),
        [late]
    );
    let field = "line 3, column 20: lead has no field 'stats'; did you mean 'status'?";
    assert_eq!(
        problems("//! name: a\n//! on: lead after update\n//! when: company, stats"),
        [field]
    );
}

#[test]
fn unknown_fields_are_found_wherever_they_are_written_plainly() {
    for (body, place) in [
        ("let x = record.amuont;", "line 4, column 16"),
        ("let x = old?.amuont;", "line 4, column 14"),
        ("let x = `سلام ${record.amuont}`;", "line 4, column 24"),
        (
            "/* record.stge /* x */ */ let x = \"record.stge\"; // record.stge\nif record.amuont.amount > 1 { }",
            "line 5, column 11",
        ),
        ("record[\"amuont\"] = 1;", "line 4, column 8"),
        ("if changed(\"amuont\") { }", "line 4, column 12"),
        ("reject(\"amuont\", \"no\");", "line 4, column 8"),
        ("let m = #{ a: { record.amuont } };", "line 4, column 24"),
    ] {
        assert_eq!(
            before(body),
            [format!(
                "{place}: opportunity has no field 'amuont'; did you mean 'amount'?"
            )],
            "{body}"
        );
    }
    assert_eq!(
        before("let x = get(record.account).industri;"),
        ["line 4, column 29: account has no field 'industri'; did you mean 'industry'?"]
    );
}

#[test]
fn what_is_right_is_not_complained_about() {
    let body = r##"
        let record_count = 1; let m = #{ record: 1, old: record.id, "stge": record.revision };
        let r = m.record; let text = #"record.stge"#; let c = '"'; let d = "say \"record.stge\"";
        fn f(record) { record.anything } fn g(old) { old.whatever } let n = 1..5; let t = 0.5;
        fn create(a) { a } create("nothing"); let s = #{}; s.set("a", 1); record.name.family(); if record.amount == () { }
        switch record.source { "web" => record.probability, _ => () };"##;
    // `record` and `old` are names of parameters here, so nothing is said about their fields at all.
    assert_eq!(before(body), Vec::<String>::new());
    assert_eq!(
        before("let m = #{ record: 1 }; let x = m.record.stge;"),
        Vec::<String>::new()
    );
    assert_eq!(
        after(
            "create(\"activity\", #{ kind: \"task\", subject: #{ stge: record.name }, \"about\": record.id });"
        ),
        Vec::<String>::new()
    );
}

#[test]
fn fields_that_cannot_be_set_are_found() {
    assert_eq!(
        before("record.status = \"won\";"),
        ["line 4, column 8: status is kept by the engine and cannot be set"]
    );
    assert_eq!(
        before("record.activities += 1;"),
        ["line 4, column 8: activities is kept by the engine and cannot be set"]
    );
    assert_eq!(
        before("record.id = \"x\";"),
        ["line 4, column 8: id is kept by the engine and cannot be set"]
    );
    assert_eq!(
        before("record = #{};"),
        ["line 4, column 1: record itself cannot be replaced; set its fields"]
    );
    assert_eq!(
        before("old.name = \"x\";"),
        [
            "line 4, column 5: old is how the record was and cannot be changed; set the field of record"
        ]
    );
    assert_eq!(
        after("record.name = \"x\";"),
        [
            "line 3, column 8: the record is committed and cannot be changed here; use update(record, #{ … })"
        ]
    );
}

#[test]
fn calls_that_the_moment_does_not_allow_are_found() {
    assert_eq!(
        before("create(\"activity\", #{});"),
        [
            "line 4, column 1: create() asks for something after the commit; only an after script can"
        ]
    );
    assert_eq!(
        after("reject(\"no\");"),
        ["line 3, column 1: an after script cannot reject: the record is committed when it runs"]
    );
}

#[test]
fn effects_are_checked_against_the_schema() {
    assert_eq!(
        after("create(\"task\", #{});")[..],
        ["line 3, column 8: there is no object 'task'; did you mean 'tag'?"]
    );
    assert_eq!(
        after("create(\"activity\", #{ kind: [1, 2], subjct: \"x\" });"),
        ["line 3, column 37: activity has no field 'subjct'; did you mean 'subject'?"]
    );
    assert_eq!(
        after("update(record.account, #{ industri: 1 });"),
        ["line 3, column 27: account has no field 'industri'; did you mean 'industry'?"]
    );
    assert_eq!(
        after("update(record, #{ \"status\": 1 });"),
        ["line 3, column 19: status is kept by the engine and cannot be set"]
    );
}

#[test]
fn syntax_errors_and_unknown_names_are_told_with_their_place() {
    assert_eq!(before("let x = ;").len(), 1);
    assert!(
        before("let x = ;")[0].starts_with("line 4, column 9: "),
        "{:?}",
        before("let x = ;")
    );
    assert_eq!(
        before("let x = recrod.name;"),
        ["line 4, column 9: there is no variable 'recrod'; did you mean 'record'?"]
    );
    assert_eq!(
        before("rejct(\"no\");"),
        ["line 4, column 1: there is no function 'rejct'; did you mean 'reject'?"]
    );
}

#[test]
fn what_a_persian_keyboard_types_is_told_in_plain_words() {
    assert_eq!(
        before("let می‌رود = 1;"),
        ["line 4, column 7: a half-space may stand in a text but not in a name; write _ instead"]
    );
    assert_eq!(
        before("let x = ۱۲;")[0],
        "line 4, column 9: numbers of a program are written with the digits 0 to 9"
    );
    assert_eq!(
        before("let x = 1؛"),
        ["line 4, column 10: statements end with ; and not with ؛"]
    );
    assert_eq!(
        before("let x = «سلام»;")[0],
        "line 4, column 9: a text stands between \" and \""
    );
}

fn scraps() -> impl Strategy<Value = String> {
    let scraps = [
        "record",
        "old",
        ".",
        "?.",
        "amount",
        "=",
        "==",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "#{",
        ":",
        ",",
        ";",
        "`",
        "${",
        "\"",
        "#\"",
        "'",
        "/*",
        "*/",
        "//",
        "\n",
        "create",
        "\"activity\"",
        "fn",
        "let",
        "|",
        "if",
        "1.5",
        "۱",
        "\u{200c}",
        "و",
        "\\",
        "//! on: lead after update\n",
        "#",
    ];
    prop_oneof![8 => prop::sample::select(scraps.to_vec()).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)]
}

proptest! {
    #![proptest_config(Config { cases: 256, failure_persistence: None, ..Config::default() })]

    #[test]
    fn whatever_is_typed_gets_an_answer(scraps in prop::collection::vec(scraps(), 0..60)) {
        let body = scraps.concat();
        for text in [format!("{BEFORE}{body}"), format!("{AFTER}{body}"), body] {
            if let Err(problems) = check(&text, &standard_schema()) {
                assert!(!problems.is_empty());
                assert!(problems.iter().all(|problem| problem.line > 0 && problem.column > 0 && !problem.message.is_empty()));
            }
        }
    }
}
