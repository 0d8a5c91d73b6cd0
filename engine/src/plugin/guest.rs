//! What does the host know of one instance while it runs?
//!
//! The store's data: the time that the guest is told, what it said, how much memory it took, and why it was stopped.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value as Json};
use wasmtime::{ResourceLimiter, Trap, WasmBacktrace};

use super::grants::Grants;
use super::limits::grouped;
use super::sight::Sight;
use crate::hook::Said;

/// Lines that one call may leave in the log, and the bytes of each.
const LINES: usize = 50;
const LINE_BYTES: usize = 1 << 10;
/// Elements of a table.
const TABLE: usize = 10_000;
/// Lines that a plugin's log keeps.
const KEPT: usize = 200;

/// The time of the request that is served.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moment {
    /// Microseconds since 1970.
    pub(super) now: i64,
    /// Days since 1970 in the workspace's time zone.
    pub(super) today: i32,
    /// The position that is read, and the hook that is served: with the time they say which request it is.
    pub(super) position: u64,
    pub(super) hook: u16,
}

/// What every instance of a plugin knows.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) settings: Map<String, Json>,
    pub(super) grants: Arc<Grants>,
}

/// The data of one store.
#[derive(Default)]
pub(super) struct Guest {
    pub(super) moment: Moment,
    pub(super) known: Arc<Known>,
    /// What it may see besides its batch, while it is called; nothing for a component that never asks.
    pub(super) sight: Option<Box<Sight>>,
    /// How often it drew random bytes in this call.
    pub(super) drawn: u64,
    pub(super) lines: Vec<String>,
    memory_limit: usize,
    pub(super) memory_used: usize,
    /// What was asked for and refused during this call.
    pub(super) denied: Option<Denied>,
}

/// What a guest may not have more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    Memory,
    Table,
}

impl Guest {
    pub(super) fn new(memory_limit: usize, known: Arc<Known>) -> Self {
        Self {
            known,
            memory_limit,
            ..Self::default()
        }
    }

    /// Fills with bytes that look random and follow from the request, so that it can be played again.
    pub(super) fn draw(&mut self, bytes: &mut [u8]) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.known.grants.plugin().as_bytes());
        hasher.update(&self.moment.now.to_le_bytes());
        hasher.update(&self.moment.position.to_le_bytes());
        hasher.update(&self.moment.hook.to_le_bytes());
        hasher.update(&self.drawn.to_le_bytes());
        hasher.finalize_xof().fill(bytes);
        self.drawn += 1;
    }

    pub(super) fn say(&mut self, message: &str) {
        if self.lines.len() < LINES {
            self.lines.push(shortened(message, LINE_BYTES).to_owned());
        }
    }
}

/// The text up to so many bytes, at the end of a letter.
pub(super) fn shortened(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

impl ResourceLimiter for Guest {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self
            .memory_used
            .saturating_add(desired.saturating_sub(current));
        if used > self.memory_limit {
            self.denied = Some(Denied::Memory);
            return Ok(false);
        }
        self.memory_used = used;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > TABLE {
            self.denied = Some(Denied::Table);
        }
        Ok(desired <= TABLE)
    }

    // A guest that brings an interpreter is put together from many modules: CPython with its libraries from about forty.
    fn instances(&self) -> usize {
        64
    }

    fn tables(&self) -> usize {
        10
    }

    fn memories(&self) -> usize {
        4
    }
}

/// Why a guest did not answer, or why its answer was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("out of fuel after {} units (an endless loop, or raise limits.fuel-per-call)", grouped(*.0))]
    Fuel(u64),
    #[error("stopped after {} ms (an endless loop, or raise limits.time-ms)", grouped(*.0))]
    Time(u64),
    #[error("out of memory: it needed more than {0} MiB (or raise limits.memory-mib)")]
    Memory(u64),
    #[error("out of room in a table: it needed more than {} elements", grouped(TABLE as u64))]
    Table,
    #[error("its call stack is exhausted (an endless recursion)")]
    Stack,
    #[error("it trapped: {what}{}{}", said(.last_line.as_deref()), named(.frames))]
    Trap {
        what: String,
        last_line: Option<String>,
        /// Where it was, innermost first, as far as the component has names.
        frames: Vec<String>,
    },
    #[error("bad answer: {0}")]
    Answer(String),
    #[error("it cannot start: {0}")]
    Start(String),
    #[error("it has used the {} units of fuel that it has for a day (raise limits.fuel-per-day, or wait for tomorrow)", grouped(*.0))]
    Day(u64),
    #[error("it is paused: {reason}: look at what is wrong, then peyvand plugin resume {plugin}")]
    Paused { plugin: String, reason: String },
    #[error("it was not tried: too many records of this batch failed before")]
    NotTried,
    /// A fault in another of its functions than the one that the hook is named for.
    #[error("{fault}")]
    In {
        export: &'static str,
        fault: Box<Fault>,
    },
}

fn said(line: Option<&str>) -> String {
    line.map_or_else(String::new, |line| format!("; it had logged: {line}"))
}

fn named(frames: &[String]) -> String {
    match frames {
        [] => String::new(),
        [innermost, callers @ ..] => {
            let callers: String = callers
                .iter()
                .map(|name| format!(", called by {name}"))
                .collect();
            format!("; in {innermost}{callers}")
        }
    }
}

/// Functions of a backtrace that are told.
const FRAMES: usize = 6;
/// What every panic and every call goes through, and no author wrote.
const FOREIGN: [&str; 9] = [
    "core::",
    "std::",
    "alloc::",
    "<core::",
    "<alloc::",
    "__rust",
    "__rg_",
    "rust_",
    "peyvand_plugin::",
];

/// The names of the guest's functions that were running, without those of its toolchain.
fn frames(error: &wasmtime::Error) -> Vec<String> {
    let Some(trace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    let names = trace.frames().iter().filter_map(|frame| frame.func_name());
    names
        .map(|name| format!("{:#}", rustc_demangle::demangle(name)))
        .filter(|name| !FOREIGN.iter().any(|foreign| name.starts_with(foreign)))
        // A name is the guest's word: it must not fill the message or steer a terminal.
        .map(|name| name.chars().filter(|c| !c.is_control()).take(120).collect())
        .take(FRAMES)
        .collect()
}

impl Fault {
    /// Why a call ended as it did.
    pub(super) fn of(error: &wasmtime::Error, guest: &Guest, fuel: u64, time_ms: u64) -> Self {
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => Self::Fuel(fuel),
            Some(Trap::Interrupt) => Self::Time(time_ms),
            Some(Trap::StackOverflow) => Self::Stack,
            _ if guest.denied == Some(Denied::Memory) => {
                Self::Memory((guest.memory_limit >> 20) as u64)
            }
            _ if guest.denied == Some(Denied::Table) => Self::Table,
            Some(trap) => Self::Trap {
                what: trap.to_string(),
                last_line: guest.lines.last().cloned(),
                frames: frames(error),
            },
            None => Self::Answer(format!("{error:#}")),
        }
    }

    /// Whether a fresh instance may do better: what an instance keeps between calls may have caused it.
    pub(super) fn may_be_stale(&self) -> bool {
        match self {
            Self::Memory(_) | Self::Table | Self::Trap { .. } => true,
            Self::In { fault, .. } => fault.may_be_stale(),
            _ => false,
        }
    }

    /// The same, in this function.
    pub(super) fn during(self, export: &'static str) -> Self {
        match self {
            Self::In { .. } => self,
            fault => Self::In {
                export,
                fault: Box::new(fault),
            },
        }
    }

    /// The function it happened in, where it is not the hook's own.
    pub(super) fn export(&self) -> Option<&'static str> {
        match self {
            Self::In { export, .. } => Some(export),
            _ => None,
        }
    }
}

/// What a plugin said, and which records went on without it.
#[derive(Debug, Default)]
pub(crate) struct Log {
    lines: Mutex<VecDeque<String>>,
}

impl Log {
    pub(super) fn extend(&self, said: impl IntoIterator<Item = String>) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend(said);
        let surplus = lines.len().saturating_sub(KEPT);
        lines.drain(..surplus);
    }

    /// Notes a record that goes on without the plugin, in a batch in which others were served.
    pub(super) fn skip(&self, message: String) {
        self.extend([message]);
    }
}

impl Said for Log {
    fn lines(&self) -> Vec<String> {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn memory_is_counted_over_all_memories() {
        let mut guest = Guest::new(3 << 16, Arc::default());
        assert!(guest.memory_growing(0, 2 << 16, None).unwrap());
        assert!(!guest.memory_growing(0, 2 << 16, None).unwrap());
        assert_eq!(guest.denied, Some(Denied::Memory));
        assert!(guest.memory_growing(0, 1 << 16, None).unwrap());
        assert_eq!(guest.memory_used, 3 << 16);
    }

    #[test]
    fn a_flood_of_lines_is_cut() {
        let mut guest = Guest::new(0, Arc::default());
        for _ in 0..1000 {
            guest.say(&"س".repeat(2000));
        }
        assert_eq!(
            (guest.lines.len(), guest.lines[0].len()),
            (LINES, LINE_BYTES)
        );
        let log = Log::default();
        (0..10).for_each(|_| log.extend(guest.lines.clone()));
        assert_eq!(log.lines().len(), KEPT);
    }
}
