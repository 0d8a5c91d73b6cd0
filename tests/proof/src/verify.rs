//! Is everything there that was acknowledged, whole, and nothing else?

use std::collections::BTreeMap;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use peyvand::{Engine, FileContent, Filter, Record, Session};
use serde_json::Value as Json;

use crate::acks::{Expected, Held, VERIFIER};
use crate::child::no_children;
use crate::past::look_back;
use crate::plan::{self, ACCOUNTS, DEALS, SHARED, SLOTS, Slot, Step, Thread};
use crate::writer::{Hand, open, shared_accounts};
use crate::{Proof, doing};

/// What a state that had to be rebuilt means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rebuilt {
    /// A guard failed, even though nothing is lost.
    Forbidden,
    /// Its files were damaged on purpose.
    Allowed,
}

/// Opens the store and proves that it holds what is expected; from then on exactly what was found is expected.
/// Then a commit is made and must be there after another open: what was repaired must also carry on.
///
/// # Errors
/// What is wrong, in words.
pub fn verify(dir: &Path, expected: &mut Expected, rebuilt: Rebuilt) -> Proof<()> {
    let mut whole = || -> Proof<()> {
        look(dir, expected, rebuilt, true)?;
        look(dir, expected, rebuilt, false)
    };
    match catch_unwind(AssertUnwindSafe(&mut whole)) {
        Ok(proof) => proof,
        Err(panic) => Err(format!("panic: {}", words(panic.as_ref()))),
    }
}

/// Opens the store and proves that it holds what is expected, changing nothing but what an open changes.
///
/// # Errors
/// What is wrong, in words.
pub fn settle(dir: &Path, expected: &mut Expected) -> Proof<()> {
    look(dir, expected, Rebuilt::Forbidden, false)
}

/// What a panic said.
#[must_use]
pub fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without words")
}

fn look(dir: &Path, expected: &mut Expected, rebuilt: Rebuilt, writes: bool) -> Proof<()> {
    let _alone = no_children();
    let engine = match open(dir, expected.engine) {
        // What the engine reads for itself right after it is open is seen too late for the same open.
        Err(why) if rebuilt == Rebuilt::Allowed && why.contains("is then rebuilt") => {
            open(dir, expected.engine)?
        }
        opened => opened?,
    };
    if let (Some(aside), Rebuilt::Forbidden) = (engine.set_aside(), rebuilt) {
        return Err(format!(
            "the state had to be rebuilt; the old one is {}",
            aside.file_name().unwrap_or_default().to_string_lossy()
        ));
    }
    let checked = engine.check().map_err(doing("check"))?;
    if !checked.ok {
        return Err(format!("check: {}", checked.problems.join("; ")));
    }
    compare(&engine, expected)?;
    look_back(&engine, expected)?;
    if writes {
        add(&engine, expected)?;
    }
    engine.close().map_err(doing("close"))
}

/// Compares the records with what is expected.
///
/// # Errors
/// What is wrong, in words.
pub fn compare(engine: &Engine, expected: &mut Expected) -> Proof<()> {
    let session = engine.session();
    let mut found = BTreeMap::new();
    for thread in expected.threads() {
        let held = held(&session, thread)?;
        let (must, may) = expected.of(thread);
        if held != must && Some(&held) != may.as_ref() {
            return Err(difference(thread, &held, &must, may.as_ref()));
        }
        found.insert(thread, held);
    }
    let ready = totals(&session, expected.ready, &found)?;
    expected.settle(ready, found, engine.position().get());
    Ok(())
}

/// What a thread's slots hold; a record that is not whole is an error.
fn held(session: &Session, thread: Thread) -> Proof<Held> {
    let mut held = Held::new();
    for slot in 0..SLOTS {
        let name = plan::name(thread, slot);
        let found = session.find(plan::object(slot), "external_id", &name);
        if let Some(record) = found.map_err(doing("looking for a record"))? {
            held.insert(slot, version(&record, thread, slot)?);
            if slot >= DEALS {
                file(&record, session.open_file(record.id(), "file"))?;
            }
        }
    }
    Ok(held)
}

/// The file of a document must be there, whole.
pub(crate) fn file(record: &Record, opened: peyvand::Result<FileContent>) -> Proof<()> {
    let title = record.title();
    let mut opened = opened.map_err(doing(format!("opening the file of {title}")))?;
    let mut bytes = Vec::new();
    let read = opened.read_to_end(&mut bytes);
    read.map_err(doing(format!("reading the file of {title}")))?;
    match bytes == plan::bytes(&title) {
        true => Ok(()),
        false => Err(format!("the file of {title} has other bytes")),
    }
}

/// The step that put a record, which must be as that step put it.
pub(crate) fn version(record: &Record, thread: Thread, slot: Slot) -> Proof<u64> {
    let name = record.title();
    let version = name
        .rsplit_once(" v")
        .and_then(|(_, number)| number.parse().ok())
        .ok_or_else(|| format!("'{name}' is no record of ours"))?;
    let is = record.to_json();
    let Json::Object(must) = plan::fields(thread, slot, version) else {
        return Err("a record without fields".to_owned());
    };
    for (field, must) in must {
        let is = &is[&field];
        let is = is.get("raw").unwrap_or(is);
        // A stage is told as the record it refers to.
        if field != "stage" && *is != must {
            return Err(format!("{name}: {field} is {is}, not {must}"));
        }
    }
    Ok(version)
}

fn difference(thread: Thread, held: &Held, must: &Held, may: Option<&Held>) -> String {
    let all: std::collections::BTreeSet<&Slot> = held.keys().chain(must.keys()).collect();
    let shown = |held: Option<&u64>| held.map_or_else(|| "none".to_owned(), |v| format!("v{v}"));
    let list: Vec<String> = all
        .into_iter()
        .filter(|slot| held.get(slot) != must.get(slot))
        .map(|slot| {
            let open = may.map_or_else(String::new, |may| format!(" or {}", shown(may.get(slot))));
            format!(
                "slot {slot} holds {} instead of {}{open}",
                shown(held.get(slot)),
                shown(must.get(slot))
            )
        })
        .collect();
    format!("thread {thread}: {}", list.join(", "))
}

/// Counts what was found and compares it with the totals; says whether the shared accounts are there.
fn totals(session: &Session, ready: bool, found: &BTreeMap<Thread, Held>) -> Proof<bool> {
    let mut counts = BTreeMap::<(u16, &str), i64>::new();
    let (mut accounts, mut deals, mut documents) = (0, 0, 0);
    for (thread, held) in found {
        for (slot, version) in held {
            if *slot < ACCOUNTS {
                accounts += 1;
                continue;
            }
            if *slot >= DEALS {
                documents += 1;
                continue;
            }
            deals += 1;
            let shared = plan::shared_of(*thread, *slot, *version);
            let status = match plan::stage(*thread, *slot, *version) {
                stage @ ("won" | "lost") => stage,
                _ => "open",
            };
            *counts.entry((shared, status)).or_default() += 1;
        }
    }
    let mut there = 0;
    for number in 0..SHARED {
        let name = plan::shared(number);
        let account = session.find("account", "external_id", &name);
        let Some(account) = account.map_err(doing("looking for a shared account"))? else {
            continue;
        };
        there += 1;
        let account = account.to_json();
        for (field, status) in [("open_opportunities", "open"), ("won_opportunities", "won")] {
            let is = account[field].as_i64().unwrap_or_default();
            let must = counts.get(&(number, status)).copied().unwrap_or_default();
            if is != must {
                return Err(format!("{name}: {field} is {is}, not {must}"));
            }
        }
    }
    if there != 0 && there != SHARED || ready && there == 0 {
        return Err(format!("{there} of {SHARED} shared accounts are there"));
    }
    for (object, must) in [
        ("account", accounts + u64::from(there)),
        ("opportunity", deals),
        ("document", documents),
    ] {
        let is = session.count(object, &Filter::everything());
        let is = is.map_err(doing("counting"))?;
        if is != must {
            return Err(format!("there are {is} records of {object}, not {must}"));
        }
    }
    Ok(there == SHARED)
}

/// Makes one commit of the verifier's own.
fn add(engine: &Engine, expected: &mut Expected) -> Proof<()> {
    let session = engine.session();
    let shared = shared_accounts(&session)?;
    let held = expected.held.entry(VERIFIER).or_default();
    let number = held.values().max().copied().unwrap_or_default() + 1;
    let step = Step {
        number,
        changes: vec![(0, true), (ACCOUNTS, true), (DEALS, true)],
        bulk: false,
    };
    let done = Hand::find(session, VERIFIER, &shared)?.take(&step)?;
    expected.did(VERIFIER, step, done);
    expected.ready = true;
    Ok(())
}
