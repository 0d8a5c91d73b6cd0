//! CRM as a library: one handle, one directory, no server.
//!
//! ```
//! use peyvand::{Engine, Filter, Query};
//! use serde_json::json;
//!
//! # fn main() -> Result<(), peyvand::Error> {
//! # let dir = std::env::temp_dir().join(format!("peyvand-crate-doc-{}", std::process::id()));
//! let engine = Engine::open(&dir)?;
//! let session = engine.session();
//!
//! let account = session.create("account", json!({"name": "بیمه آینده", "industry": "insurance"}))?.id()?;
//! session.create("opportunity", json!({
//!     "name": "Fleet policy", "account": account.to_string(), "amount": "1200000000 IRR", "stage": "proposal",
//! }))?;
//!
//! let open = Query::new("opportunity").filter(Filter::parse("and(status[eq]:open,amount[gte]:1000)")?).sorted_by("-amount")?;
//! for deal in session.query(&open)?.records {
//!     println!("{} {}", deal.title(), deal.to_json()["amount"]["amount"]);
//! }
//! assert_eq!(session.get(account)?.to_json()["open_opportunities"], 1);
//! # engine.close()?;
//! # std::fs::remove_dir_all(&dir).ok();
//! # Ok(())
//! # }
//! ```
//!
//! The journal is the truth, sled holds the state, everything else is a projection; there is one way to change
//! anything, and every door goes through it. `ARCHITECTURE.md` beside the sources has the map.
//!
//! # Features
//!
//! - `wasm` (default): WebAssembly components as plugins.
//! - `script` (default): rhai scripts for administrators.
//! - `exchange` (default): CSV import with saved mappings.
//! - `mail`: mails that come in.
//! - `template` (default): documents and messages from templates.
//! - `intl`: the Persian and the Hijri calendar, business calendars, recurrence; comes with `template`.
//! - `testing`: faults of the disk on demand.

mod engine;
mod session;

mod context;
mod error;

mod access;
mod backup;
#[cfg(feature = "intl")]
pub mod calendar;
mod check;
mod config;
mod content;
mod customer;
mod erase;
#[cfg(feature = "exchange")]
mod exchange;
mod gamification;
mod hook;
mod insight;
mod install;
mod journal;
pub mod locale;
pub mod matching;
mod message;
mod notification;
mod past;
#[cfg(feature = "wasm")]
mod plugin;
mod process;
mod query;
mod record;
mod sales;
mod schema;
#[cfg(feature = "script")]
mod script;
mod search;
mod segment;
mod store;
#[cfg(feature = "template")]
mod template;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod timeline;
mod undo;
mod upkeep;
mod view;
mod workflow;
mod write;

pub use access::{
    AccessScope, AccessVerb, Audit, Explanation, HandOver, HandedOver, KeyMade, LookKind, Looked,
    NewKey, read_audit,
};
pub use backup::{Backup, Checkpoint, RestoreOptions, Restored, rebuild, restore, verify_backup};
pub use check::Checked;
pub use content::{Collected, ContentRules, FileContent};
pub use context::{Actor, Clock, FixedClock, IdSource, Locale, RandomIds, SeededIds, SystemClock};
pub use customer::{Caller, CustomerView, Dealing, NumberMatch, PanelShown};
pub use engine::{DayBill, Engine, EngineBuilder, Subscriber};
pub use erase::Erased;
pub use error::{Error, ErrorKind, Failure, Result};
#[cfg(feature = "exchange")]
pub use exchange::{
    GuessedColumn, GuessedMapping, ImportOptions, Mapping, Receipt, Refusal, Repair, Warning,
};
pub use gamification::{Badge, BadgeHeld, League, Reason, Standing, Within};
pub use hook::Bill;
pub use insight::{Days, Funnel, FunnelRow, SaleTimes, StageTime};
#[cfg(feature = "wasm")]
pub use install::{
    Asked, HookTrial, PluginChange, PluginConsent, PluginField, PluginInfo, PluginObject,
    PluginPause, PluginProcess, PluginRemoval, PluginRequirement, PluginRight, PluginSignature,
    SettingLabels, TrustedKey, WebClient, WebRequest, WebResponse,
};
#[cfg(feature = "script")]
pub use install::{ScriptInfo, ScriptRun};
pub use journal::{Durability, Position};
pub use message::{
    Accepted, CallingCode, Channel, Deliveries, DeliveryReport, InboundSms, MessageDraft,
    MessageRules, MessageState, MessageText, Outgoing, OutgoingFile, Posted, Purpose, QuietHours,
    Received, Recipient, SendError, SendErrorKind, Sender, SmsEncoding, SmsLength, Transport,
    sms_length,
};
pub use notification::{Letter, LetterChannel, Notice, NoticeState};
pub use past::{Moment, Past};
pub use process::{
    Deadline, Holder, Missing, NextStep, Process, ProcessChange, ProcessDefinition, ProcessSaved,
    ProcessState, RequiredDocument, RequiredField, Responsible, Start, Step, StepGone, StepOutcome,
    StepStay, Transition,
};
pub use query::{
    Aggregate, Condition, ConsideredWay, Explained, Filter, FiscalYear, GroupRow, Measure,
    NotAFiscalYear, Operator, Page, Query, SortKey,
};
pub use record::{
    Address, ContentHash, Currency, Decimal, FileRef, Money, PersonName, Phone, Prefix, Record,
    RecordId, Text, Value,
};
pub use record::{NotAContentHash, NotACurrency, NotADecimal, NotAnId};
pub use sales::LeadConversion;
pub use schema::{
    Field, FieldKind, Index, Labels, LiveTotal, Object, OnDelete, Rollup, RollupMeasure, Schema,
    SchemaChange,
};
#[cfg(feature = "script")]
pub use script::Problem as ScriptProblem;
pub use search::{Closeness, Found, Hit, Search};
pub use segment::{Segment, SegmentKind};
pub use session::Session;
pub use store::{Progress, Retention, StateEngine};
#[cfg(feature = "template")]
pub use template::{RenderOptions, Rendered, TemplateFormat, TemplateProblem, plain_text};
pub use timeline::{Change, Event, EventKind, Touched};
pub use undo::{KeptChange, Undoable, Undone};
pub use upkeep::Trimmed;
pub use view::{
    Audience, Brought, Cell, CellFormat, Chart, ChartKind, ChartShown, Column, ColumnShown,
    Dashboard, DashboardDefinition, DashboardShown, Declarations, Declared, DefinitionUse,
    FieldShown, Form, FormDefinition, FormField, FormFor, FormPurpose, FormSection, FormShown,
    GroupShown, OptionShown, Panel, PanelDefinition, Place, RowShown, SectionShown, SeriesShown,
    Tile, TileAnswer, TileContent, TileShown, View, ViewDefinition, ViewKind, ViewPage, ViewRows,
};
pub use write::{Committed, Fields, Outcome, OutcomeKind, Request};

/// The README's example, compiled and run.
#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
struct Readme;
