//! What may a guest ask to be told?

use wasmtime::component::{ComponentType, Lift, Lower};

use super::{Batch, Kind};

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(variant)]
pub(in crate::plugin) enum ReadError {
    #[component(name = "not-granted")]
    NotGranted(String),
    #[component(name = "unknown")]
    Unknown(String),
    #[component(name = "invalid")]
    Invalid(String),
    #[component(name = "too-much")]
    TooMuch(String),
    #[component(name = "unavailable")]
    Unavailable(String),
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct Selection {
    pub(in crate::plugin) kinds: Vec<Kind>,
    pub(in crate::plugin) rows: Batch,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct Got {
    pub(in crate::plugin) selected: Selection,
    pub(in crate::plugin) found: Vec<u8>,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct QueryAsked {
    pub(in crate::plugin) object: String,
    pub(in crate::plugin) filter: String,
    pub(in crate::plugin) sort: String,
    pub(in crate::plugin) fields: Vec<String>,
    pub(in crate::plugin) limit: u32,
    pub(in crate::plugin) after: Option<String>,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct Page {
    pub(in crate::plugin) selected: Selection,
    pub(in crate::plugin) next: Option<String>,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct Entry {
    pub(in crate::plugin) key: String,
    pub(in crate::plugin) value: Vec<u8>,
}

#[allow(dead_code, reason = "wasmtime makes them of what a guest says")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
pub(in crate::plugin) enum Calendar {
    #[component(name = "gregorian")]
    Gregorian,
    #[component(name = "jalali")]
    Jalali,
    #[component(name = "hijri")]
    Hijri,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct CalendarDay {
    pub(in crate::plugin) year: i32,
    pub(in crate::plugin) month: u8,
    pub(in crate::plugin) day: u8,
}
