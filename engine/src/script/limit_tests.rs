//! Does every limit hold?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::check;
use super::engine::LIMITS;
use super::fixture::{BEFORE, Fixture, created};

fn refused(body: &str, told: &str) {
    let failure = Fixture::new().failure(body);
    assert!(failure.contains(told), "{body}\n{failure}");
}

#[test]
fn a_loop_without_an_end_stops() {
    let fixture = Fixture::new();
    let deal = fixture.deal();
    let failure = fixture
        .ask_before(&format!("{BEFORE}loop {{ }}"), &[created(&deal)])
        .err()
        .unwrap();
    assert!(failure.message.ends_with("it does more than 1,000,000 operations; look for a loop that does not end or for long lists"), "{failure}");
    assert!(
        (LIMITS.operations..LIMITS.operations + 10).contains(&failure.cost.fuel),
        "{}",
        failure.cost.fuel
    );
}

#[test]
fn functions_that_call_themselves_without_an_end_stop() {
    refused(
        "fn f(n) { f(n + 1) } f(0);",
        "functions call each other more than 32 levels deep",
    );
}

#[test]
fn expressions_nested_too_deep_do_not_compile() {
    let nested = |depth: usize| format!("let x = {}1{};", "(1+".repeat(depth), ")".repeat(depth));
    let schema = Fixture::new().schema;
    assert!(check(&format!("{BEFORE}{}", nested(10)), &schema).is_ok());
    let problems = check(&format!("{BEFORE}{}", nested(70)), &schema).unwrap_err();
    assert!(
        problems[0].message.contains("nested deeper than 64 levels"),
        "{problems:?}"
    );
    let in_function = check(&format!("{BEFORE}fn f() {{ {} }}", nested(40)), &schema).unwrap_err();
    assert!(
        in_function[0].message.contains("32 inside of functions"),
        "{in_function:?}"
    );
}

#[test]
fn texts_have_a_longest_length() {
    refused(
        "let s = \"\"; s.pad(200000000, \"x\");",
        "a text may have 65,536 bytes",
    );
    refused(
        "let s = \"x\"; loop { s += s; }",
        "a text may have 65,536 bytes",
    );
    refused(
        "let parts = []; let s = \"x\"; s.pad(60000, \"x\"); loop { parts.push(s); }",
        "grows too large",
    );
}

#[test]
fn lists_have_a_longest_length() {
    refused("let a = []; a.pad(50000000, 0);", "a list 1,000 items");
    refused("let a = [1]; loop { a += a; }", "a list 1,000 items");
}

#[test]
fn lists_in_lists_have_a_deepest_level() {
    refused("let a = []; loop { a = [a]; }", "grows too large");
    refused(
        "let a = []; for i in 0..40 { a = [a]; } record.name = a;",
        "name: it is nested deeper than 32 levels",
    );
}

#[test]
fn deep_lists_and_maps_are_not_taken_apart_to_the_end() {
    let deep =
        "let a = []; for i in 0..400 { a = [a]; } for i in 0..400 { a = #{ a: a }; } let b = a;";
    for body in [
        "let c = a == b;",
        "let c = #{ a: a } != #{ a: b };",
        "let c = [a].contains(b);",
    ] {
        refused(&format!("{deep} {body}"), "nested deeper than 32 levels");
    }
    for body in ["log(`${a}`);", "log(\"\" + a);", "log(a.to_debug());"] {
        let run = Fixture::new().before(&format!("{deep} {body}")).unwrap();
        assert!(
            run.log[0].starts_with("#{a: #{a: ") && run.log[0].contains("#{…}"),
            "{run:?}"
        );
    }
}

#[test]
fn functions_have_names_and_hold_no_values() {
    let schema = Fixture::new().schema;
    for body in [
        "let f = |x| x;",
        "let f = || 1;",
        "let f = Fn(\"abs\"); f = f.curry(1);",
    ] {
        assert_eq!(
            check(&format!("{BEFORE}{body}"), &schema)
                .unwrap_err()
                .len(),
            1,
            "{body}"
        );
    }
    for body in [
        "Fn(\"eval\").call(\"1\");",
        "Fn(\"curry\").call(Fn(\"abs\"), 1);",
    ] {
        assert!(Fixture::new().before(body).is_err(), "{body}");
    }
}

#[test]
fn maps_have_a_largest_size() {
    refused(
        "let m = #{}; for i in 0..2000 { m[`k${i}`] = i; }",
        "a map 1,000 entries",
    );
    refused(
        "fn f(m) { for i in 0..2000 { m[`k${i}`] = i; } } f(#{});",
        "a map 1,000 entries",
    );
}

#[test]
fn work_on_long_values_counts_more() {
    let operations = |body: &str| Fixture::new().before(body).unwrap().operations;
    let list = "let a = []; a.pad(900, 1); for i in 0..500 { a.contains(2); }";
    assert!(operations(list) > 400_000 && operations(&list.replace("900", "9")) < 10_000);
    for body in ["a.sort();", "let b = a;", "a.push(1); a.pop();"] {
        refused(
            &format!("let a = []; a.pad(900, 1); loop {{ {body} }}"),
            "more than 1,000,000 operations",
        );
    }
    refused(
        "let s = \"\"; s.pad(60000, \"x\"); loop { s.contains(\"y\"); }",
        "more than 1,000,000 operations",
    );
}

#[test]
fn variables_have_a_largest_number() {
    let many: String = (0..300).map(|i| format!("let v{i} = {i};")).collect();
    refused(&many, "it has more than 256 variables");
}

#[test]
fn no_text_becomes_program_and_no_other_file_is_read() {
    let schema = Fixture::new().schema;
    for (body, word) in [
        ("eval(\"1\");", "eval"),
        ("import \"x\" as x;", "import"),
        ("print(1);", "print"),
        ("debug(1);", "debug"),
        ("curry(1);", "curry"),
        ("this.a;", "this"),
    ] {
        let problems = check(&format!("{BEFORE}{body}"), &schema).unwrap_err();
        assert_eq!(
            problems[0].message,
            format!("'{word}' cannot be used in a script"),
            "{body}"
        );
        assert_eq!((problems[0].line, problems[0].column), (4, 1));
    }
}

#[test]
fn there_is_no_clock_and_no_sleep() {
    for body in ["timestamp();", "sleep(1);", "exit();"] {
        refused(body, "there is no function");
    }
}

#[test]
fn reads_effects_refusals_and_the_log_are_bounded() {
    let fixture = Fixture::new();
    refused(
        "for i in 0..101 { get(record.account); }",
        "it reads more than 100 records",
    );
    refused(
        "for i in 0..101 { reject(\"x\"); }",
        "it rejects more than 100 times",
    );
    let failure = fixture
        .after("for i in 0..101 { update(record, #{}); }")
        .unwrap_err()
        .to_string();
    assert!(
        failure.contains("more than 100 records to be created or updated"),
        "{failure}"
    );
    let run = fixture
        .before("let s = \"\"; s.pad(1000, \"x\"); for i in 0..200 { log(s); }")
        .unwrap();
    assert_eq!((run.log.len(), run.log[0].len()), (100, 500));
}

#[test]
fn a_script_has_a_longest_text() {
    let problems = check(
        &format!("{BEFORE}//{}", "x".repeat(LIMITS.text_bytes)),
        &Fixture::new().schema,
    )
    .unwrap_err();
    assert!(
        problems[0].message.contains("longer than 65536 bytes"),
        "{problems:?}"
    );
}
