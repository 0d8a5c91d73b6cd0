//! Which hooks are there, in which order?
//!
//! Made anew from the stored plugins, scripts and rules whenever one of them changes; a write uses one registry from
//! beginning to end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{
    AfterCommit, BeforeSave, Breaker, FieldType, OnReply, Said, SchemaGuard, Score, WorkflowAction,
};
use crate::workflow::Workflow;

/// Whether an address may be asked.
pub(crate) type MayCall = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Everything that wakes on a change, in the order in which it is asked.
#[derive(Default)]
pub(crate) struct Registry {
    /// The engine's own rules, then plugins by id, then scripts by order and name.
    pub(crate) before_save: Vec<Arc<dyn BeforeSave>>,
    /// After all of those, since they follow from what those left.
    pub(crate) computed: Vec<Arc<dyn BeforeSave>>,
    pub(crate) schema_guards: Vec<Arc<dyn SchemaGuard>>,
    pub(crate) after_commit: Vec<Arc<dyn AfterCommit>>,
    /// By type name: `national-id/company-id`.
    pub(crate) field_types: BTreeMap<String, Arc<dyn FieldType>>,
    /// By plugin and action: `follow-up/follow-up`.
    pub(crate) actions: BTreeMap<String, Arc<dyn WorkflowAction>>,
    /// By plugin and hook: `bureau/answered`.
    pub(crate) replies: BTreeMap<String, Arc<dyn OnReply>>,
    pub(crate) scores: Vec<Arc<dyn Score>>,
    pub(crate) workflows: Vec<Arc<Workflow>>,
    /// The last lines that each plugin said, by its id.
    pub(crate) logs: BTreeMap<String, Arc<dyn Said>>,
    /// What pauses plugins.
    pub(crate) breakers: Vec<Arc<dyn Breaker>>,
    /// Whether a plugin may ask an address, by its id.
    pub(crate) callers: BTreeMap<String, MayCall>,
    /// Objects of which hooks look for records: each change of one of theirs is marked.
    pub(crate) watched: BTreeSet<u32>,
    /// What is installed and enabled but cannot run, and why. Nobody's write depends on it silently: opening says so.
    pub(crate) broken: Vec<String>,
}
