//! What crosses between host and guest?
//!
//! The records of `peyvand:plugin/types@0.1.0` as Rust has them. They are written out because generated bindings of a
//! world refuse every component that lacks one of the world's exports, and plugins export only what they serve.

mod asked;
mod effect;

pub(super) use asked::{Calendar, CalendarDay, Entry, Got, Page, QueryAsked, ReadError, Selection};
pub(super) use effect::{
    Action, Assignment, Effect, Header, HttpRequest, HttpResponse, Message, MessageContent, Method,
    NewRecord, Recipient, Reply, ReplyAnswer, Scalar, StoreWrite, Target,
};
#[cfg(test)]
pub(super) use effect::{ChangedRecord, Words};

use wasmtime::component::{ComponentType, Lift, Lower};

/// The contract's version as a component's section and a manifest name it.
pub(super) const VERSION: &str = "0.1";

/// The full name of one of the contract's interfaces.
pub(super) fn interface(name: &str) -> String {
    format!("peyvand:plugin/{name}@0.1.0")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
pub(super) enum Kind {
    #[component(name = "boolean")]
    Boolean,
    #[component(name = "integer")]
    Integer,
    #[component(name = "decimal")]
    Decimal,
    #[component(name = "date")]
    Date,
    #[component(name = "instant")]
    Instant,
    #[component(name = "duration")]
    Duration,
    #[component(name = "text")]
    Text,
    #[component(name = "money")]
    Money,
    #[component(name = "structured")]
    Structured,
}

#[derive(Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

#[derive(Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Hook {
    pub(super) number: u16,
    pub(super) point: String,
    pub(super) name: String,
    pub(super) object: String,
    pub(super) reads: Vec<Column>,
    pub(super) writes: Vec<Column>,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Batch {
    pub(super) rows: u32,
    pub(super) cells: Vec<u8>,
    pub(super) present: Vec<u8>,
    pub(super) text: Vec<u8>,
}

#[derive(Clone, Default, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Patches {
    pub(super) at: Vec<u32>,
    pub(super) column: Vec<u16>,
    pub(super) cells: Vec<u8>,
    pub(super) present: Vec<u8>,
    pub(super) text: Vec<u8>,
}

#[derive(Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Refusal {
    pub(super) row: u32,
    pub(super) column: Option<u16>,
    pub(super) code: String,
    pub(super) message: String,
}

#[derive(Clone, ComponentType, Lift, Lower)]
#[component(variant)]
pub(super) enum BindError {
    #[component(name = "setting")]
    Setting((String, String)),
    #[component(name = "unknown-hook")]
    UnknownHook(String),
    #[component(name = "other")]
    Other(String),
}

/// What `before-save` answers.
#[derive(Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Answer {
    pub(super) patches: Patches,
    pub(super) refusals: Vec<Refusal>,
    pub(super) children: Vec<Child>,
    pub(super) store: Vec<Kept>,
}

#[derive(Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Child {
    pub(super) row: u32,
    pub(super) what: NewRecord,
}

#[derive(Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Kept {
    pub(super) row: u32,
    pub(super) what: StoreWrite,
}

/// What `gamification` answers.
#[derive(Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Awards {
    pub(super) at: Vec<u32>,
    pub(super) points: Vec<i32>,
    pub(super) reason: Vec<u16>,
}
