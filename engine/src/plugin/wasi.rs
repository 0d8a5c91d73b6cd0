//! What of WASI is a guest given? Nothing of the machine.
//!
//! Runtimes of other languages import interfaces of WASI that a plugin has no use for. Those listed here are served so
//! that nothing comes in or goes out by them: the time is that of the request, what looks random follows from it, what is
//! printed goes to the plugin's log, there are no arguments, variables, files or input. Any other one is refused when the
//! plugin is installed, by its name.

use std::borrow::Cow;

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, Resource, ResourceType, Val};
use wasmtime::{Error, Result, StoreContextMut};

use super::guest::Guest;
use super::imports::pay;

/// The interfaces that are served, of any version 0.2.
const INERT: [&str; 20] = [
    "cli/environment",
    "cli/exit",
    "cli/stderr",
    "cli/stdin",
    "cli/stdout",
    "cli/terminal-input",
    "cli/terminal-output",
    "cli/terminal-stderr",
    "cli/terminal-stdin",
    "cli/terminal-stdout",
    "clocks/monotonic-clock",
    "clocks/wall-clock",
    "filesystem/preopens",
    "filesystem/types",
    "io/error",
    "io/poll",
    "io/streams",
    "random/insecure",
    "random/insecure-seed",
    "random/random",
];

/// Bytes that are drawn, or taken for the log, at once.
const MOST_BYTES: usize = 4 << 10;
/// A step of the clocks that are told, which count microseconds.
const RESOLUTION: u32 = 1_000;

type Caller<'a> = StoreContextMut<'a, Guest>;

/// What every resource of these interfaces is to the host: streams that end at once, and what is always ready.
struct Nothing;

/// The interface of an import, `clocks/wall-clock` of `wasi:clocks/wall-clock@0.2.6`, if it is served.
fn inert(import: &str) -> Option<&'static str> {
    let (interface, version) = import.strip_prefix("wasi:")?.split_once('@')?;
    let known = INERT.into_iter().find(|known| *known == interface)?;
    version.starts_with("0.2.").then_some(known)
}

/// Whether an import is served, inert.
pub(super) fn is_inert(import: &str) -> bool {
    inert(import).is_some()
}

/// The linker for a component: what all are given, and of WASI what this one asks for.
pub(super) fn linker<'a>(
    given: &'a Linker<Guest>,
    component: &Component,
) -> Result<Cow<'a, Linker<Guest>>> {
    let engine = given.engine();
    let types = component.component_type();
    let mut linker = Cow::Borrowed(given);
    for (import, item) in types.imports(engine) {
        let (Some(interface), ComponentItem::ComponentInstance(instance)) =
            (inert(import), item.ty)
        else {
            continue;
        };
        let mut served = linker.to_mut().instance(import)?;
        for (name, item) in instance.exports(engine) {
            match item.ty {
                ComponentItem::ComponentFunc(_) => {
                    let told = name.to_owned();
                    served.func_new(name, move |caller, _, given, answer| {
                        let value = answered(caller, interface, &told, given)?;
                        if let (Some(place), Some(value)) = (answer.first_mut(), value) {
                            *place = value;
                        }
                        Ok(())
                    })?;
                }
                ComponentItem::Resource(_) => {
                    served.resource(name, ResourceType::host::<Nothing>(), |_, _| Ok(()))?;
                }
                _ => {}
            }
        }
    }
    Ok(linker)
}

/// What a function answers; none where it has no result.
fn answered(
    mut caller: Caller<'_>,
    interface: &'static str,
    name: &str,
    given: &[Val],
) -> Result<Option<Val>> {
    let nothing = || Val::Option(None);
    let fine = |value: Option<Val>| Val::Result(Ok(value.map(Box::new)));
    Ok(Some(match (interface, name) {
        ("clocks/monotonic-clock" | "clocks/wall-clock", _) => {
            return told(caller, interface, name);
        }
        ("random/random" | "random/insecure" | "random/insecure-seed", _) => {
            drawn(&mut caller, interface, name, given)?
        }
        ("cli/environment", "get-environment" | "get-arguments")
        | ("filesystem/preopens", "get-directories") => Val::List(Vec::new()),
        ("cli/environment", "initial-cwd") => nothing(),
        ("cli/stdin" | "cli/stdout" | "cli/stderr", _) => resource(caller)?,
        ("cli/terminal-stdin" | "cli/terminal-stdout" | "cli/terminal-stderr", _) => nothing(),
        ("io/streams", "[method]output-stream.check-write") => {
            fine(Some(Val::U64(MOST_BYTES as u64)))
        }
        (
            "io/streams",
            "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush",
        ) => {
            said(&mut caller, given)?;
            fine(None)
        }
        ("io/streams", "[method]output-stream.flush" | "[method]output-stream.blocking-flush") => {
            fine(None)
        }
        ("io/streams", read)
            if read.starts_with("[method]input-stream.") && !read.ends_with("subscribe") =>
        {
            let closed = Val::Variant("closed".to_owned(), None);
            Val::Result(Err(Some(Box::new(closed))))
        }
        ("io/streams", subscribe) if subscribe.ends_with(".subscribe") => resource(caller)?,
        ("io/poll", "[method]pollable.ready") => Val::Bool(true),
        ("io/poll", "[method]pollable.block") => return Ok(None),
        ("io/poll", "poll") => all_ready(given),
        _ => {
            return Err(Error::msg(format!(
                "it called wasi:{interface} {name}, which plugins are not given: they have no files, no input and no network"
            )));
        }
    }))
}

/// The time of the request, as both clocks tell it.
fn told(caller: Caller<'_>, interface: &'static str, name: &str) -> Result<Option<Val>> {
    let micros = u64::try_from(caller.data().moment.now).unwrap_or_default();
    let pair = |seconds: u64, nanoseconds: u32| {
        Val::Record(vec![
            ("seconds".to_owned(), Val::U64(seconds)),
            ("nanoseconds".to_owned(), Val::U32(nanoseconds)),
        ])
    };
    Ok(Some(match (interface, name) {
        ("clocks/monotonic-clock", "now") => Val::U64(micros.saturating_mul(1_000)),
        ("clocks/monotonic-clock", "resolution") => Val::U64(u64::from(RESOLUTION)),
        // It stands still during a call, so whoever waits for it need not.
        ("clocks/monotonic-clock", _) => resource(caller)?,
        (_, "now") => {
            let rest = u32::try_from(micros % 1_000_000).unwrap_or_default();
            pair(micros / 1_000_000, rest * 1_000)
        }
        _ => pair(0, RESOLUTION),
    }))
}

/// Bytes or numbers that look random and follow from the request.
fn drawn(
    caller: &mut Caller<'_>,
    interface: &'static str,
    name: &str,
    given: &[Val],
) -> Result<Val> {
    let number = |caller: &mut Caller<'_>| {
        let mut bytes = [0; 8];
        caller.data_mut().draw(&mut bytes);
        Val::U64(u64::from_le_bytes(bytes))
    };
    pay(caller, 200)?;
    Ok(match (interface, given.first()) {
        ("random/insecure-seed", _) => {
            let one = number(caller);
            Val::Tuple(vec![one, number(caller)])
        }
        (_, Some(Val::U64(count))) => {
            let count = usize::try_from(*count).unwrap_or(usize::MAX);
            if count > MOST_BYTES {
                return Err(Error::msg(format!(
                    "it asked wasi:{interface} {name} for {count} bytes; at most {MOST_BYTES} are given"
                )));
            }
            pay(caller, count as u64)?;
            let mut bytes = vec![0; count];
            caller.data_mut().draw(&mut bytes);
            Val::List(bytes.into_iter().map(Val::U8).collect())
        }
        _ => number(caller),
    })
}

/// What is printed is a line of the log.
fn said(caller: &mut Caller<'_>, given: &[Val]) -> Result<()> {
    let Some(Val::List(bytes)) = given.get(1) else {
        return Ok(());
    };
    pay(caller, bytes.len() as u64)?;
    let byte = |value: &Val| match value {
        Val::U8(byte) => Some(*byte),
        _ => None,
    };
    let bytes: Vec<u8> = bytes.iter().filter_map(byte).take(MOST_BYTES).collect();
    let text = String::from_utf8_lossy(&bytes);
    if !text.trim().is_empty() {
        caller.data_mut().say(text.trim_end());
    }
    Ok(())
}

/// All of those that are waited for.
fn all_ready(given: &[Val]) -> Val {
    let count = match given.first() {
        Some(Val::List(waited)) => u32::try_from(waited.len()).unwrap_or(u32::MAX),
        _ => 0,
    };
    Val::List((0..count).map(Val::U32).collect())
}

fn resource(caller: Caller<'_>) -> Result<Val> {
    let made = Resource::<Nothing>::new_own(0);
    Ok(Val::Resource(made.try_into_resource_any(caller)?))
}
