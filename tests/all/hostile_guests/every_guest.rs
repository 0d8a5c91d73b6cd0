//! Which hostile guests are there, what contains each, and what is said of it?
//!
//! One table. Every guest is installed beside a plugin that means well and woken by a write; what it did is told with
//! plugin, version, export and, where there is one, the record; nothing half-done stays; the neighbour goes on.

use chrono::NaiveDate;
use peyvand::{Bill, ErrorKind, Request, Session};
use serde_json::{Value as Json, json};
use wasm_encoder::Instruction as I;

use super::answers::{
    asking, award, changing, effect, endless, garbled, growing, keeping, list_at, lists, pointing,
    querying, reading_far, refusing, saying, setting, talking,
};
use super::making::{Body, Hostile, Point, answered};
use super::the_neighbour_works;
use crate::setting::{codes, component, create, memory};

/// Where a guest is found out.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    /// It is not installed.
    Installing,
    /// The write is refused, or goes on without it, as its manifest says.
    Saving,
    /// The same, for a value: whose it is the guest is not told, nor is anybody else.
    SavingValue,
    /// The commit stands; its effects are not done, and a warning says so.
    Following,
    /// Its points do not count.
    Scoring,
    /// The value is shown as it is stored.
    Showing,
}

use Told::{Following, Installing, Saving, SavingValue, Scoring, Showing};

/// What the guest does, the guest, where it is found out, what contains it, and words of what is said of it.
type Row = (
    &'static str,
    Hostile,
    Told,
    &'static str,
    &'static [&'static str],
);

fn new(point: Point, function: &'static str, body: Body) -> Hostile {
    Hostile::new(point, function, body)
}

fn in_compute(body: Body) -> Hostile {
    new(Point::ComputedFields, "compute", body)
}

/// Then answers nothing.
fn and_answers(mut body: Body) -> Body {
    body.extend(answered());
    body
}

#[rustfmt::skip]
fn loops() -> Vec<Row> {
    use Point::*;
    vec![
        ("loops when it is started", new(ComputedFields, "start", endless()), Installing, "fuel", &["start: out of fuel after 1,000,000 units"]),
        ("loops in bind", new(ComputedFields, "bind", endless()), Installing, "fuel", &["bind: out of fuel"]),
        ("loops in its allocator", new(ComputedFields, "cabi_realloc", endless()), Installing, "fuel", &["bind: out of fuel"]),
        ("loops in compute", in_compute(endless()), Saving, "fuel", &["compute", "out of fuel after 1,001,000 units"]),
        ("loops when its answer was read", new(ComputedFields, "post-return", endless()), Saving, "fuel", &["compute", "out of fuel"]),
        ("loops in before-save", new(BeforeSave, "before-save", endless()), Saving, "fuel", &["before-save", "out of fuel"]),
        ("loops in normalise", new(FieldType, "normalise", endless()), SavingValue, "fuel", &["normalise for value 1", "out of fuel"]),
        ("loops in validate", new(FieldType, "validate", endless()), SavingValue, "fuel", &["validate for value 1", "out of fuel"]),
        ("loops in format", new(FieldType, "format", endless()), Showing, "fuel", &[]),
        ("loops in after-commit", new(AfterCommit, "after-commit", endless()), Following, "fuel", &["plugin hostile 1.2.3, after-commit", "out of fuel"]),
        ("loops in a workflow's action", new(WorkflowAction, "perform", endless()), Following, "fuel", &["plugin hostile 1.2.3, perform", "out of fuel"]),
        ("loops in score", new(Gamification, "score", endless()), Scoring, "fuel", &["score", "out of fuel"]),
    ]
}

#[rustfmt::skip]
fn greed() -> Vec<Row> {
    let memory = |pages| in_compute(growing(&[I::I32Const(pages), I::MemoryGrow(0)]));
    let table = in_compute(growing(&[I::RefNull(wasm_encoder::HeapType::FUNC), I::I32Const(500), I::TableGrow(0)]));
    let recursion = in_compute((0..8).map(I::LocalGet).chain([I::Call(3)]).collect());
    vec![
        ("takes memory bit by bit", memory(1), Saving, "memory limit", &["compute", "more than 16 MiB"]),
        ("takes memory at once", memory(60_000), Saving, "memory limit", &["compute", "more than 16 MiB"]),
        ("begins with too much memory", Hostile { pages: 4_000, ..in_compute(answered()) }, Installing, "memory limit", &["more than 16 MiB"]),
        ("takes table elements", table, Saving, "table limit", &["compute", "more than 10,000 elements"]),
        ("begins with too large a table", Hostile { table: 1_000_000, ..in_compute(answered()) }, Installing, "table limit", &["more than 10,000 elements"]),
        ("calls itself without end", Hostile { fuel: 100_000_000, ..recursion }, Saving, "stack limit", &["compute", "call stack is exhausted"]),
        ("traps", in_compute(vec![I::Unreachable]), Saving, "sandbox", &["compute", "it trapped"]),
        ("divides by zero", in_compute(vec![I::I32Const(1), I::I32Const(0), I::I32DivS]), Saving, "sandbox", &["compute", "it trapped"]),
        ("reads behind its memory", in_compute(reading_far()), Saving, "sandbox", &["compute", "it trapped"]),
        ("fills the log", in_compute(talking(50_000)), Saving, "fuel for what the host copies", &["compute", "out of fuel"]),
    ]
}

#[rustfmt::skip]
fn host_calls() -> Vec<Row> {
    let garbled = Hostile { data: vec![(8192, b"\xff\xfe".to_vec())], ..in_compute(and_answers(saying(8192, 2))) };
    vec![
        ("logs what is no UTF-8", garbled, Saving, "ABI", &["compute", "utf-8"]),
        ("logs a text that ends behind its memory", in_compute(and_answers(saying(8192, i32::MAX))), Saving, "ABI", &["compute", "out of bounds"]),
        ("logs a text longer than a call may copy", Hostile { pages: 128, ..in_compute(and_answers(saying(8192, 7 << 20))) }, Saving, "limit of what is lifted", &["compute"]),
        // The host calls the allocator in the middle of a call: the one way in while a guest runs.
        ("calls the host while it is called by the host", new(Point::ComputedFields, "cabi_realloc", and_answers(saying(8192, 1))), Installing, "ABI", &["bind", "cannot leave component instance"]),
        ("calls the host when its answer was read", new(Point::ComputedFields, "post-return", saying(8192, 1)), Saving, "ABI", &["compute", "cannot leave component instance"]),
    ]
}

#[rustfmt::skip]
fn curiosity() -> Vec<Row> {
    let count = |object, filter| asking("records", "count", &[object, filter], &[]);
    vec![
        ("counts records of an object that it may not read", count("account", ""), Saving, "rights", &["compute", "may not read records of account"]),
        ("finds out a value by counting", count("lead", "phone[eq]:+989121234567"), Saving, "rights", &["compute", "filter or sort by lead.phone"]),
        ("finds out a value by a filter of a filter", count("lead", "and(employees[gte]:1,not(or(company[eq]:Alpha)))"), Saving, "rights", &["compute", "may not"]),
        ("finds out a value by a search", querying("name[contains]:احمدی", "", 1), Saving, "rights", &["compute", "filter or sort by lead.name"]),
        ("finds out an order by sorting", querying("", "-budget", 1), Saving, "rights", &["compute", "filter or sort by lead.budget"]),
        ("asks for more than a call may read", querying("", "", 10_001), Saving, "limit of rows", &["compute", "a call may read 10000 records"]),
        ("asks for what is not there", count("secret", ""), Saving, "schema", &["compute", "there is no object 'secret'"]),
        ("asks in a language of its own", count("lead", "employees; drop table"), Saving, "parser", &["compute", "it had logged"]),
    ]
}

#[rustfmt::skip]
fn hoards() -> Vec<Row> {
    let granted = |more, bytes| Hostile { more, ..keeping(bytes) };
    vec![
        ("keeps what it was not let", keeping(10), Saving, "rights", &["before-save", "store"]),
        ("keeps more than it was let", granted("[[needs]]\nstore = 1000\n", 1_001), Saving, "room in its store", &["before-save", "would have 1002 bytes", "may keep 1000"]),
        ("keeps more under one key than fits", granted("[[needs]]\nstore = 1000000\n", 65_537), Saving, "check of the answer", &["before-save", "at most 65536 are kept"]),
    ]
}

#[rustfmt::skip]
fn lies() -> Vec<Row> {
    vec![
        ("answers for another row", setting(7, 0, 1), Saving, "check of the answer", &["compute", "row 7 is out of range"]),
        ("writes a field that it may not", setting(0, 3, 1), Saving, "check of the answer", &["compute", "column 3 is out of range"]),
        ("answers more rows than there is memory", lists(1 << 28, 8), Saving, "ABI", &["compute", "bad answer"]),
        ("answers more rows than columns hold", lists(2, 8), Saving, "check of the answer", &["compute", "the cells end before the patches"]),
        ("answers cells without a patch", lists(1, 32), Saving, "check of the answer", &["compute", "24 bytes of cells belong to no patch"]),
        ("answers a list that wraps around", list_at(u32::MAX - 7, 4), Saving, "ABI", &["compute", "bad answer"]),
        ("answers a list at an odd place", list_at(2049, 1), Saving, "ABI", &["compute", "bad answer"]),
        ("answers more than a call may copy", Hostile { pages: 128, ..list_at(65_536, 1_500_000) }, Saving, "limit of what is lifted", &["compute", "bad answer"]),
        ("answers nothing that is in memory", in_compute(vec![I::I32Const(-8)]), Saving, "ABI", &["compute", "bad answer"]),
        ("answers a text behind the texts", pointing(4, 1), Saving, "check of the answer", &["compute", "a text at 4 of 1 bytes lies outside the 3 bytes"]),
        ("answers a text longer than the texts", pointing(1, 3), Saving, "check of the answer", &["compute", "lies outside the 3 bytes"]),
        ("answers a text that wraps around", pointing(u32::MAX, u32::MAX), Saving, "check of the answer", &["compute", "lies outside the 3 bytes"]),
        ("answers what is no UTF-8", garbled(), Saving, "check of the answer", &["compute", "is not UTF-8"]),
        ("refuses another row", refusing(3, b"no", 2, 1), Saving, "check of the answer", &["before-save", "row 3 is out of range"]),
        ("refuses in what is no UTF-8", refusing(0, b"\xff\xff", 2, 1), Saving, "ABI", &["before-save", "utf-8"]),
        ("refuses without a word", refusing(0, b"   ", 3, 1), Saving, "check of the answer", &["before-save", "has no message"]),
        ("refuses one row a hundred times", refusing(0, b"no", 2, 100), Saving, "check of the answer", &["before-save", "100 refusals for 1 records; at most 16"]),
        ("points a thousand messages to the same bytes", refusing(0, b"no", 40_000, 1_000), Saving, "limit of what is lifted", &["before-save", "bad answer"]),
        ("has an effect for another row", effect(9, "k", "lea_00000000000000000000000009", "company"), Following, "check of the answer", &["plugin hostile 1.2.3, after-commit", "row 9 is out of range"]),
        ("has an effect without a key", effect(0, "", "lea_00000000000000000000000009", "company"), Following, "check of the answer", &["plugin hostile 1.2.3, after-commit", "no key"]),
        ("changes a field that was not granted", effect(0, "k", "lea_00000000000000000000000009", "owner"), Following, "rights", &["plugin hostile 1.2.3, after-commit", "owner"]),
        ("changes an object that was not granted", effect(0, "k", "acc_00000000000000000000000009", "company"), Following, "rights", &["plugin hostile 1.2.3, after-commit", "account"]),
        ("guesses the id of a record", effect(0, "k", "lea_00000000000000000000000009", "company"), Following, "write path", &["lea_00000000000000000000000009"]),
        ("names what is no id", effect(0, "k", "lead 1", "company"), Following, "check of the answer", &["plugin hostile 1.2.3, after-commit", "id"]),
        ("gives points for another row", award(9, 0, 1), Scoring, "check of the answer", &["score", "row 9 is out of range"]),
        ("gives points for a reason of its own", award(0, 4, 1), Scoring, "check of the answer", &["score", "reason 4 is out of range"]),
        ("gives points without reasons", award(0, 0, 0), Scoring, "check of the answer", &["score", "the lists go together"]),
    ]
}

fn bill(session: &Session) -> Bill {
    let bills = session.engine().bills().into_iter();
    bills
        .filter(|bill| bill.owner == "plugin hostile 1.2.3")
        .max_by_key(|bill| bill.failures)
        .unwrap()
}

fn has(deed: &str, told: &str, words: &[&str]) {
    for word in words {
        assert!(told.contains(word), "{deed}: '{word}' is not in: {told}");
    }
}

/// A store with a plugin that means well, and the hostile one.
fn beside(deed: &str, guest: &Hostile) -> Session {
    let session = memory();
    let _ = session
        .install_unsigned_plugin(&component("lead-score"), Json::Null)
        .unwrap();
    let info = session
        .install_unsigned_plugin(&guest.component(), Json::Null)
        .unwrap_or_else(|error| panic!("{deed}: {error}"));
    assert_eq!(info.broken, None, "{deed}");
    session
}

fn is_not_installed(deed: &str, guest: &Hostile, words: &[&str]) {
    let session = memory();
    let _ = session
        .install_unsigned_plugin(&component("lead-score"), Json::Null)
        .unwrap();
    let before = session.engine().check().unwrap();
    let error = session
        .install_unsigned_plugin(&guest.component(), Json::Null)
        .err()
        .unwrap_or_else(|| panic!("{deed}: it was installed"));
    assert_eq!(error.kind(), ErrorKind::Plugin, "{deed}: {error}");
    has(deed, &error.to_string(), &["plugin hostile 1.2.3"]);
    has(deed, &error.to_string(), words);
    assert_eq!(session.engine().check().unwrap(), before, "{deed}");
    the_neighbour_works(&session);
}

/// A lead that wakes every guest, and its id.
fn waking(session: &Session, is_value: bool) -> (peyvand::RecordId, Request) {
    let id = session.new_id("lead").unwrap();
    let mut fields = json!({"name": "سارا احمدی", "employees": 5});
    if is_value {
        fields["shade"] = json!("آبی");
    }
    (id, Request::create_as(id, "lead", fields))
}

fn refuses_the_write(deed: &str, guest: &Hostile, words: &[&str], is_value: bool) {
    let session = beside(deed, guest);
    let before = session.engine().check().unwrap();
    let (id, request) = waking(&session, is_value);
    let error = session
        .commit([request])
        .err()
        .unwrap_or_else(|| panic!("{deed}: the write was accepted"));
    let (kind, code) = if is_value {
        (ErrorKind::Invalid, "field-type")
    } else {
        (ErrorKind::Refused, "plugin-failed")
    };
    assert_eq!(error.kind(), kind, "{deed}: {error}");
    assert_eq!(codes(&error)[0].0, code, "{deed}: {error}");
    has(deed, &error.to_string(), &["plugin hostile 1.2.3"]);
    has(deed, &error.to_string(), words);
    if !is_value {
        has(deed, &error.to_string(), &[&id.to_string()]);
    }
    assert_eq!(session.engine().check().unwrap(), before, "{deed}");
    assert!(session.get(id).is_err(), "{deed}");
    assert_eq!((bill(&session).failures, bill(&session).patches), (1, 0));
    // Switched off, it is nobody's business any more.
    let _ = session.enable_plugin("hostile", false).unwrap();
    the_neighbour_works(&session);
}

/// It fails twice, and is asked no more.
fn is_paused(deed: &str, guest: &Hostile) {
    let more = format!("{}[breaker]\nfailures = 2\nof = 2\n", guest.more);
    let impatient = Hostile {
        more: more.leak(),
        ..guest.clone()
    };
    let session = beside(deed, &impatient);
    let refused = || {
        let error = session.commit([waking(&session, false).1]).unwrap_err();
        codes(&error)[0].0.clone()
    };
    assert_eq!([refused(), refused()], ["plugin-failed"; 2], "{deed}");
    let spent = bill(&session).fuel;
    assert_eq!(refused(), "plugin-paused", "{deed}");
    assert_eq!(
        bill(&session).fuel,
        spent,
        "{deed}: a paused plugin is not asked"
    );
    let pause = session.plugin("hostile").unwrap().paused.unwrap();
    let reason = "2 of its last 2 calls failed, the last with: plugin hostile 1.2.3";
    assert!(pause.reason.starts_with(reason), "{deed}: {}", pause.reason);
}

fn is_skipped(deed: &str, guest: &Hostile, words: &[&str]) {
    let skipping = Hostile {
        on_failure: "skip",
        ..guest.clone()
    };
    let session = beside(deed, &skipping);
    let (id, request) = waking(&session, false);
    let _ = session.commit([request]).unwrap();
    let lead = session.get(id).unwrap();
    assert!(lead.get("shade").is_none(), "{deed}: {lead:?}");
    assert!(lead.get("score").is_some(), "{deed}: {lead:?}");
    let told = bill(&session).last_failure.unwrap();
    has(deed, &told, &["plugin hostile 1.2.3", &id.to_string()]);
    has(deed, &told, words);
    the_neighbour_works(&session);
}

fn is_not_followed(deed: &str, guest: &Hostile, words: &[&str]) {
    let session = beside(deed, guest);
    let (id, request) = waking(&session, false);
    let committed = session.commit([request]).unwrap();
    let [warning] = committed.warnings.as_slice() else {
        panic!("{deed}: {:?}", committed.warnings)
    };
    has(deed, warning, &["hostile"]);
    has(deed, warning, words);
    let lead = session.get(id).unwrap();
    assert!(lead.get("company").is_none(), "{deed}: {lead:?}");
    assert_eq!(lead.revision(), 1, "{deed}");
    let _ = session.enable_plugin("hostile", false).unwrap();
    the_neighbour_works(&session);
}

fn does_not_count(deed: &str, guest: &Hostile, words: &[&str]) {
    let session = beside(deed, guest);
    let _ = create(&session, "user", json!({"login": "sara", "name": "Sara"}));
    let (id, _) = waking(&session, false);
    let fields = json!({"name": "A B", "employees": 5, "owner": "sara"});
    let _ = session
        .commit([Request::create_as(id, "lead", fields)])
        .unwrap();
    let day: NaiveDate = "2026-03-25".parse().unwrap();
    let league = session.engine().league(day, day).unwrap();
    assert!(
        league.standings.is_empty(),
        "{deed}: {:?}",
        league.standings
    );
    let told = bill(&session).last_failure.unwrap();
    has(deed, &told, &["plugin hostile 1.2.3", &id.to_string()]);
    has(deed, &told, words);
    the_neighbour_works(&session);
}

fn is_shown_as_stored(deed: &str, guest: &Hostile) {
    let session = beside(deed, guest);
    let (id, request) = waking(&session, true);
    let _ = session.commit([request]).unwrap();
    let lead = session.get(id).unwrap();
    let shown = session.show(&lead, "shade").unwrap();
    assert_eq!(shown.as_deref(), Some("آبی"), "{deed}");
    the_neighbour_works(&session);
}

fn all_are_contained(rows: Vec<Row>) {
    for (deed, guest, told, contained_by, words) in rows {
        assert!(!contained_by.is_empty());
        match told {
            Installing => is_not_installed(deed, &guest, words),
            Saving => {
                refuses_the_write(deed, &guest, words, false);
                is_paused(deed, &guest);
                is_skipped(deed, &guest, words);
            }
            SavingValue => refuses_the_write(deed, &guest, words, true),
            Following => is_not_followed(deed, &guest, words),
            Scoring => does_not_count(deed, &guest, words),
            Showing => is_shown_as_stored(deed, &guest),
        }
    }
}

#[test]
fn a_guest_that_never_ends_is_stopped_in_every_function() {
    all_are_contained(loops());
}

#[test]
fn a_guest_that_takes_too_much_gets_no_more() {
    all_are_contained(greed());
}

#[test]
fn a_guest_cannot_come_back_by_way_of_the_host() {
    all_are_contained(host_calls());
}

#[test]
fn a_guest_learns_nothing_that_it_may_not_read() {
    all_are_contained(curiosity());
}

#[test]
fn a_guest_that_lies_in_its_answer_is_not_believed() {
    all_are_contained(lies());
}

#[test]
fn a_guest_that_hoards_gets_no_more_room() {
    all_are_contained(hoards());
}

#[test]
fn a_guest_that_fills_its_store_bit_by_bit_ends_where_its_grant_does() {
    let guest = Hostile {
        more: "[[needs]]\nstore = 1000\n",
        ..keeping(300)
    };
    let session = beside("fills its store", &guest);
    let keep = |number: i64| session.create("lead", json!({"name": "سارا", "employees": number}));
    for number in [65, 66, 67] {
        let _ = keep(number).unwrap();
    }
    let before = session.engine().check().unwrap();
    let error = keep(68).unwrap_err().to_string();
    has(
        "fills its store",
        &error,
        &["before-save", "would have 1204 bytes", "may keep 1000"],
    );
    assert_eq!(session.engine().check().unwrap(), before);
    // What is there may be written over.
    let _ = keep(65).unwrap();
    let _ = session.enable_plugin("hostile", false).unwrap();
    the_neighbour_works(&session);
}

#[test]
fn a_guest_that_answers_differently_each_time_is_told_on_and_what_it_said_stays() {
    let guest = changing();
    let session = beside("answers differently", &guest);
    let shade = |id| session.get(id).unwrap().to_json()["shade"].clone();
    let ids = [(), ()].map(|()| {
        let (id, request) = waking(&session, false);
        let _ = session.commit([request]).unwrap();
        id
    });
    let said = ids.map(shade);
    assert_ne!(said[0], said[1]);
    // The journal has what was said; nobody asks again to know it.
    assert!(session.engine().check().unwrap().ok);
    assert_eq!(ids.map(shade), said);
    let trials = session
        .engine()
        .try_plugin(&guest.component(), Json::Null)
        .unwrap();
    let problems: Vec<&String> = trials.iter().flat_map(|trial| &trial.problems).collect();
    assert!(!problems.is_empty(), "a trial finds it out");
    the_neighbour_works(&session);
}

#[test]
fn a_guest_without_malice_is_made_the_same_way_and_works() {
    let guest = setting(0, 0, 42);
    let session = beside("sets a field", &guest);
    let (id, request) = waking(&session, false);
    let _ = session.commit([request]).unwrap();
    let lead = session.get(id).unwrap();
    assert_eq!(lead.to_json()["shade"], json!(42));
    let session = beside(
        "changes a field",
        &effect(0, "k", &id.to_string(), "company"),
    );
    let again = Request::create_as(id, "lead", json!({"name": "A B", "employees": 5}));
    let committed = session.commit([again]).unwrap();
    assert!(committed.warnings.is_empty(), "{:?}", committed.warnings);
    let lead = session.get(id).unwrap();
    assert_eq!(lead.to_json()["company"], json!("Alpha"));
}
