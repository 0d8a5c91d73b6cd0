//! When this happens, do that.
//!
//! A workflow is data: which records of which object, on which trigger, and which plugin's action is called with them.
//! What the action answers are effects, done through the write path like everything else.

mod run;

pub(crate) use run::{register, run_daily};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One workflow, as a plugin brings it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Workflow {
    pub(crate) name: String,
    pub(crate) object: String,
    pub(crate) trigger: Trigger,
    /// Fields whose change wakes it; only for `trigger = "change"`.
    #[serde(default)]
    pub(crate) wakes: Vec<String>,
    /// Which records: `and(status[eq]:open,last_activity_at[lt]:today-14d)`; all when empty.
    #[serde(default)]
    pub(crate) filter: String,
    /// The name of the plugin's workflow-action hook.
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) parameters: Json,
    /// The plugin that brought it.
    #[serde(default)]
    pub(crate) plugin: String,
}

/// What starts a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Trigger {
    /// A record was created or one of the waking fields changed.
    Change,
    /// Once a day, when the host calls `tick`.
    Daily,
}
