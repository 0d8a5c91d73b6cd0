//! The guest kit: what does a plugin's author write, and what does the kit write for him?
//!
//! A plugin is a type that keeps its settings, a trait for every kind of hook that it serves,
//! and one line that exports them:
//!
//! ```
//! use peyvand_plugin::{BindError, ComputedFields, Patch, Plugin, Row, Settings};
//!
//! struct FullName;
//!
//! impl Plugin for FullName {
//!     fn bind(_settings: &Settings) -> Result<Self, BindError> {
//!         Ok(Self)
//!     }
//! }
//!
//! impl ComputedFields for FullName {
//!     fn compute(&self, row: &Row<'_>, patch: &mut Patch<'_, '_>) {
//!         let first = row.text("first").unwrap_or_default();
//!         let last = row.text("last").unwrap_or_default();
//!         patch.set("full", format!("{first} {last}"));
//!     }
//! }
//!
//! peyvand_plugin::export!(FullName: computed_fields);
//! # fn main() {}
//! ```
//!
//! Tests run natively and see plain values; see [`testing`]. In a component the same trait is
//! called through the columns of the contract (`wit/v0.1`).

#[cfg(target_arch = "wasm32")]
extern crate self as peyvand_plugin;

pub mod columns;
pub mod effect;
pub mod hook;
pub mod json;
pub mod language;
pub mod patch;
pub mod records;
pub mod row;
#[doc(hidden)]
pub mod serve;
pub mod settings;
pub mod store;
pub mod text;
pub mod value;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod guest;

#[cfg(not(target_arch = "wasm32"))]
pub mod manifest;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
#[cfg(not(target_arch = "wasm32"))]
pub mod world;

pub use columns::{Column, Kind, Value};
pub use effect::{Effects, FieldValue, Message, Reply, Request, Target};
pub use hook::{
    AfterCommit, BeforeSave, ComputedFields, FieldType, Gamification, OnReply, Plugin,
    WorkflowAction,
};
pub use json::Json;
pub use language::Language;
pub use patch::{Answer, Awards, Fault, Patch, Patches};
pub use row::{Place, Records, Row, Verb};
pub use settings::{BindError, Settings};
pub use value::{Currency, Date, Decimal, Duration, Instant, Money, Weekday};

/// Writes a line to the plugin's own log, which the administrator reads. It never reaches a
/// record. Natively it goes nowhere.
pub fn log(message: &str) {
    #[cfg(target_arch = "wasm32")]
    guest::log(message);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = message;
}

/// A number that looks random and is the same when the same request is played again. Natively it
/// counts.
pub fn random() -> u64 {
    #[cfg(target_arch = "wasm32")]
    return guest::random();
    #[cfg(not(target_arch = "wasm32"))]
    world::random()
}

/// Exports a plugin: its type, then the kinds of hook that it serves.
///
/// ```text
/// peyvand_plugin::export!(MyPlugin: computed_fields, before_save);
/// ```
///
/// The kinds are `field_type`, `computed_fields`, `before_save`, `after_commit`,
/// `workflow_action`, `gamification` and `on_reply`; the component exports those and `binding`, nothing
/// else. Outside a guest the macro writes nothing.
#[macro_export]
macro_rules! export {
    ($plugin:ty : $($point:ident),* $(,)?) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "the canonical ABI's entry points, written by wit-bindgen")]
        const _: () = {
            struct Exported;
            impl $crate::guest::Export for Exported {
                type Plugin = $plugin;
                const POINTS: &'static [&'static str] = &[$(stringify!($point)),*];
                fn bound() -> &'static ::std::sync::OnceLock<$crate::serve::Bound<$plugin>> {
                    static BOUND: ::std::sync::OnceLock<$crate::serve::Bound<$plugin>> =
                        ::std::sync::OnceLock::new();
                    &BOUND
                }
            }
            $crate::export_point!(binding Exported);
            $($crate::export_point!($point Exported);)*
        };
    };
}

/// One interface of the contract for [`export!`].
#[doc(hidden)]
#[macro_export]
macro_rules! export_point {
    (binding $guest:ident) => {
        $crate::guest::binding::export!($guest with_types_in $crate::guest::binding);
    };
    (field_type $guest:ident) => {
        $crate::guest::field_type::export!($guest with_types_in $crate::guest::field_type);
    };
    (computed_fields $guest:ident) => {
        $crate::guest::computed_fields::export!($guest with_types_in $crate::guest::computed_fields);
    };
    (before_save $guest:ident) => {
        $crate::guest::before_save::export!($guest with_types_in $crate::guest::before_save);
    };
    (after_commit $guest:ident) => {
        $crate::guest::after_commit::export!($guest with_types_in $crate::guest::after_commit);
    };
    (workflow_action $guest:ident) => {
        $crate::guest::workflow_action::export!($guest with_types_in $crate::guest::workflow_action);
    };
    (on_reply $guest:ident) => {
        $crate::guest::on_reply::export!($guest with_types_in $crate::guest::on_reply);
    };
    (gamification $guest:ident) => {
        $crate::guest::gamification::export!($guest with_types_in $crate::guest::gamification);
    };
}
