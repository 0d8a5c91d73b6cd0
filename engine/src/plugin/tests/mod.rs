//! Can a guest do harm, and is every failure told with its name?
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod billing;
mod brought;
mod brought_fields;
mod code;
mod columns;
mod effects;
mod granting;
mod guests;
mod industry;
mod lifecycle;
mod narrowed;
mod processes;
mod requires;
mod shipped;
mod signed;
mod surveyor;
mod trial;
mod versions;
mod wasi;

use std::sync::Arc;

use chrono::DateTime;
use serde_json::Value as Json;
use wasm_encoder::Instruction;

use super::*;
use crate::hook::Said as _;
use crate::hook::{Answers, HookContext, HookFailure, Row, Verb};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::standard_schema;
use crate::store::{Backend, MemoryBackend, Snapshot};
use guests::{
    Guest, MANIFEST, answering_rows, computing, endless, logging, memory_bomb, panic_at,
    panic_when_used, patching, patching_import,
};
use hooks::Served;

/// A file, opened as one of no engine.
fn open(bytes: &[u8]) -> Result<Opened, Error> {
    super::open(&Runtime::new()?, bytes)
}

/// The hook of a component of tests, in the standard schema.
fn served(bytes: &[u8]) -> Result<Arc<Served>, Error> {
    let opened = open(bytes)?;
    let schema = opened.manifest.schema_with_fields(&standard_schema())?;
    let mut hooks = serve(
        &Runtime::new()?,
        bytes,
        &opened.manifest,
        &Terms::default(),
        &schema,
    )?;
    Ok(hooks.remove(0))
}

fn leads(employees: &[i64]) -> Vec<Record> {
    let schema = standard_schema();
    let object = schema.object("lead").unwrap();
    let field = object.field("employees").unwrap().number;
    let lead = |(place, number): (usize, &i64)| {
        let mut record = Record::empty(
            object.clone(),
            RecordId::new(object.prefix(), place as u128 + 1),
        );
        record.set(field, Some(Value::Integer(*number)));
        record
    };
    employees.iter().enumerate().map(lead).collect()
}

/// Noon of a day in March 2026, over an empty store.
fn at_noon<T>(ask: impl FnOnce(&HookContext<'_>) -> T) -> T {
    let backend: Arc<dyn Backend> = Arc::new(MemoryBackend::new());
    let reader = Reader {
        snapshot: Snapshot::pin(&backend),
        schema: Arc::new(standard_schema()),
        rehearsed: None,
        seeing: None,
    };
    let now = DateTime::from_timestamp_micros(1_774_051_200_000_000).unwrap();
    ask(&HookContext {
        reader: &reader,
        now,
        today: now.date_naive(),
        zone: chrono::FixedOffset::east_opt(0).unwrap(),
        actor: &Actor::System,
    })
}

fn amend(hook: &Served, employees: &[i64]) -> Result<Answers, HookFailure> {
    let leads = leads(employees);
    let rows: Vec<Row<'_>> = leads
        .iter()
        .map(|lead| Row {
            verb: Verb::Create,
            id: lead.id(),
            before: None,
            after: Some(lead),
        })
        .collect();
    at_noon(|context| hook.amend(&rows, context))
}

fn failure(compute: &[Instruction<'_>], manifest: &str) -> String {
    let bytes = Guest {
        compute,
        manifest,
        ..Guest::default()
    }
    .component();
    let hook = served(&bytes).unwrap();
    let failure = amend(&hook, &[1]).err().expect("the guest fails");
    assert_eq!(failure.code, "plugin-failed");
    failure.message
}

#[test]
fn a_patch_reaches_the_field_that_the_manifest_declares() {
    let hook = served(&computing(&patching(1, 0, 42))).unwrap();
    let answers = amend(&hook, &[1, 2]).unwrap();
    let [patch] = answers.patches.as_slice() else {
        panic!("one patch")
    };
    assert_eq!((patch.row, &patch.value), (1, &Some(Value::Integer(42))));
    assert_eq!(patch.field, hook.hook.writes[0].field);
    assert!(answers.cost.fuel > 0 && answers.cost.memory_bytes == 4 << 16);
}

#[test]
fn the_same_call_costs_the_same_fuel_every_time() {
    let hook = served(&computing(&patching(0, 0, 42))).unwrap();
    let first = amend(&hook, &[7]).unwrap().cost;
    assert!((0..20).all(|_| amend(&hook, &[7]).unwrap().cost == first));
}

#[test]
fn a_trap_names_plugin_version_export_and_record() {
    let message = failure(&[Instruction::Unreachable], MANIFEST);
    assert!(
        message.starts_with(
            "plugin tester 1.2.3, compute for lea_00000000000000000000000001: it trapped: "
        ),
        "{message}"
    );
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    let message = failure(&endless(), MANIFEST);
    assert!(
        message.ends_with(
            "out of fuel after 1,001,000 units (an endless loop, or raise limits.fuel-per-call)"
        ),
        "{message}"
    );
}

#[test]
fn a_loop_with_fuel_left_is_stopped_by_time() {
    let limits =
        "limits = { fuel-per-call = 1_000_000_000, fuel-per-row = 1_000_000_000, time-ms = 5 }";
    let manifest = MANIFEST.replace(
        "limits = { fuel-per-call = 1_000_000, fuel-per-row = 1_000 }",
        limits,
    );
    let message = failure(&endless(), &manifest);
    assert!(
        message.ends_with("stopped after 5 ms (an endless loop, or raise limits.time-ms)"),
        "{message}"
    );
}

#[test]
fn a_memory_bomb_meets_its_limit() {
    let message = failure(&memory_bomb(), MANIFEST);
    assert!(
        message.ends_with("out of memory: it needed more than 16 MiB (or raise limits.memory-mib)"),
        "{message}"
    );
}

#[test]
fn an_endless_recursion_exhausts_only_its_own_stack() {
    let calls_itself: Vec<_> = (0..8)
        .map(Instruction::LocalGet)
        .chain([Instruction::Call(2)])
        .collect();
    let manifest = MANIFEST.replace("fuel-per-call = 1_000_000,", "");
    let message = failure(&calls_itself, &manifest);
    assert!(
        message.ends_with("its call stack is exhausted (an endless recursion)"),
        "{message}"
    );
}

#[test]
fn the_clock_tells_the_time_of_the_request() {
    let import = Some(("peyvand:plugin/clock@0.1.0", "now"));
    let guest = Guest {
        import,
        compute: &patching_import(),
        ..Guest::default()
    };
    let answers = amend(&served(&guest.component()).unwrap(), &[1]).unwrap();
    assert_eq!(
        answers.patches[0].value,
        Some(Value::Integer(1_774_051_200_000_000))
    );
}

#[test]
fn the_last_line_of_the_log_is_told_with_a_trap() {
    let import = Some(("peyvand:plugin/log@0.1.0", "log"));
    let compute = [logging(3), vec![Instruction::Unreachable]].concat();
    let hook = served(
        &Guest {
            import,
            compute: &compute,
            ..Guest::default()
        }
        .component(),
    )
    .unwrap();
    let failure = amend(&hook, &[1]).err().unwrap();
    assert!(
        failure.message.ends_with("; it had logged:    "),
        "{}",
        failure.message
    );
    assert_eq!(hook.plugin.program.log.lines(), ["   "]);
}

#[test]
fn a_flood_of_log_lines_is_paid_for_in_fuel() {
    let import = Some(("peyvand:plugin/log@0.1.0", "log"));
    let mut compute = vec![Instruction::Loop(wasm_encoder::BlockType::Empty)];
    compute.extend(logging(60_000));
    compute.extend([
        Instruction::Br(0),
        Instruction::End,
        Instruction::Unreachable,
    ]);
    let hook = served(
        &Guest {
            import,
            compute: &compute,
            ..Guest::default()
        }
        .component(),
    )
    .unwrap();
    let failure = amend(&hook, &[1]).err().unwrap();
    assert!(
        failure.message.contains("out of fuel"),
        "{}",
        failure.message
    );
    // A million units of fuel pay for sixteen lines of sixty thousand bytes.
    assert!(hook.plugin.program.log.lines().len() <= 16);
}

#[test]
fn answers_out_of_range_are_refused() {
    for (compute, word) in [
        (patching(1, 0, 0), "row 1 is out of range: the batch has 1"),
        (
            patching(0, 1, 0),
            "column 1 is out of range: the manifest declares 1 under writes",
        ),
        (answering_rows(1), "1 rows but 0 columns"),
        (answering_rows(i32::MAX), "bad answer"),
        (vec![Instruction::I32Const(-8)], "bad answer"),
    ] {
        let message = failure(&compute, MANIFEST);
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn only_the_record_at_fault_is_refused() {
    let hook = served(&computing(&[panic_at(13), patching(0, 0, 42)].concat())).unwrap();
    let answers = amend(&hook, &[11, 12, 13, 14]).unwrap();
    let patched: Vec<usize> = answers.patches.iter().map(|patch| patch.row).collect();
    assert_eq!(patched, [0, 1, 3]);
    let [refusal] = answers.refusals.as_slice() else {
        panic!("one refusal")
    };
    assert_eq!((refusal.row, refusal.code.as_str()), (2, "plugin-failed"));
    assert!(
        refusal
            .message
            .contains("compute for lea_00000000000000000000000003: it trapped"),
        "{}",
        refusal.message
    );
}

#[test]
fn a_plugin_that_skips_leaves_the_record_at_fault_and_says_so() {
    let manifest = MANIFEST.replace("reject", "skip");
    let compute = [panic_at(13), patching(0, 0, 42)].concat();
    let hook = served(
        &Guest {
            compute: &compute,
            manifest: &manifest,
            ..Guest::default()
        }
        .component(),
    )
    .unwrap();
    let answers = amend(&hook, &[13, 12]).unwrap();
    assert!(answers.refusals.is_empty());
    assert_eq!(
        answers
            .patches
            .iter()
            .map(|patch| patch.row)
            .collect::<Vec<_>>(),
        [1]
    );
    let log = &hook.plugin.program.log;
    assert!(
        log.lines()[0].contains("lea_00000000000000000000000001"),
        "{:?}",
        log.lines()
    );
}

#[test]
fn a_plugin_that_fails_for_all_is_given_up_early() {
    let hook = served(&computing(&endless())).unwrap();
    let answers = amend(&hook, &[0; 100]).unwrap();
    assert_eq!(answers.refusals.len(), 100);
    let tried = answers
        .refusals
        .iter()
        .filter(|refusal| refusal.message.contains("out of fuel"))
        .count();
    assert_eq!(tried, 8);
    assert!(answers.refusals[99].message.contains("not tried"));
}

#[test]
fn what_a_guest_keeps_between_calls_decides_nothing() {
    let hook = served(&computing(
        &[panic_when_used(), patching(0, 0, 42)].concat(),
    ))
    .unwrap();
    assert!((0..5).all(|_| amend(&hook, &[1]).unwrap().patches.len() == 1));
}

#[test]
fn a_plugin_works_again_after_every_failure() {
    let hook = served(&computing(&[panic_at(13), patching(0, 0, 42)].concat())).unwrap();
    for _ in 0..10 {
        assert!(amend(&hook, &[13]).is_err());
        assert_eq!(amend(&hook, &[12]).unwrap().patches.len(), 1);
    }
}

#[test]
fn many_threads_use_one_plugin_at_once() {
    let hook = served(&computing(&[panic_at(13), patching(0, 0, 42)].concat())).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let hook = &hook;
            scope.spawn(move || {
                for round in 0..200 {
                    let number = if round % 10 == thread { 13 } else { 1 };
                    assert_eq!(amend(hook, &[number]).is_ok(), number == 1);
                }
            });
        }
    });
}

/// The guest of the tests with another manifest and another answer.
fn component(manifest: &str, compute: &[Instruction<'_>]) -> Vec<u8> {
    Guest {
        compute,
        manifest,
        ..Guest::default()
    }
    .component()
}

/// A lead with so many employees, which is what the guest reads.
fn lead(
    session: &crate::session::Session,
    employees: i64,
) -> Result<crate::write::Committed, Error> {
    session.create(
        "lead",
        serde_json::json!({"name": "شرکت نمونه", "employees": employees}),
    )
}
