//! What may a plugin do? One trait for every kind of hook.

use crate::effect::{Effects, Reply};
use crate::json::Json;
use crate::patch::{Answer, Awards, Fault, Patch, Patches};
use crate::row::{Records, Row};
use crate::settings::{BindError, Settings};

/// A plugin: what it keeps between calls. It is made once for every instance.
pub trait Plugin: Sized + Send + Sync + 'static {
    /// Reads the settings and keeps what the hooks need of them.
    fn bind(settings: &Settings) -> Result<Self, BindError>;

    /// Whether the code serves this hook of the manifest. The host refuses to switch on a plugin
    /// whose manifest promises more than its code does.
    fn serves(point: &str, name: &str) -> bool {
        let _ = (point, name);
        true
    }
}

/// Types of field that wrap text. `kind` is the hook's name in the manifest.
pub trait FieldType: Plugin {
    /// The canonical form of a value; none where it is canonical already.
    fn normalise(&self, kind: &str, value: &str) -> Option<String>;
    /// Whether a normalised value is right.
    fn validate(&self, kind: &str, value: &str) -> Result<(), Fault>;
    /// How a value is shown to a person who reads `locale` (BCP 47).
    fn format(&self, kind: &str, value: &str, locale: &str) -> String;
}

/// Fields whose values follow from others of the same record.
pub trait ComputedFields: Plugin {
    /// Computes the fields of one record.
    fn compute(&self, row: &Row<'_>, patch: &mut Patch<'_, '_>);

    /// Computes a whole batch. Write this one instead where it pays to look columns up once, with
    /// [`Records::place`].
    fn compute_all(&self, records: &Records<'_>, patches: &mut Patches<'_>) {
        for row in records.rows() {
            self.compute(&row, &mut patches.of(&row));
        }
    }
}

/// Amends or refuses records before they are saved.
pub trait BeforeSave: Plugin {
    /// Looks at one record.
    fn before_save(&self, row: &Row<'_>, answer: &mut Answer<'_, '_>);
}

/// Reacts to what was committed.
pub trait AfterCommit: Plugin {
    /// Looks at one record and says what shall follow.
    fn after_commit(&self, row: &Row<'_>, effects: &mut Effects);
}

/// An action that workflows call.
pub trait WorkflowAction: Plugin {
    /// Acts for one record. `parameters` come from the workflow's definition.
    fn perform(&self, row: &Row<'_>, parameters: &Json, effects: &mut Effects);
}

/// Hears what other systems answered to the plugin's requests.
pub trait OnReply: Plugin {
    /// Looks at one reply; `hook` is the name that the request gave under `reply_to`.
    fn on_reply(&self, hook: &str, reply: &Reply, effects: &mut Effects);
}

/// Points for what happened. The host keeps caps, badges and leaderboards.
pub trait Gamification: Plugin {
    /// For every hook the reasons for points, in the order of the manifest.
    const REASONS: &'static [(&'static str, &'static [&'static str])];

    /// Looks at one event.
    fn score(&self, row: &Row<'_>, awards: &mut Awards<'_>);

    /// Looks at a whole batch. Write this one instead where only numbers matter, with [`Records::numbers`] and
    /// [`Awards::give_all`].
    fn score_all(&self, records: &Records<'_>, awards: &mut Awards<'_>) {
        for row in records.rows() {
            awards.row = row.index();
            self.score(&row, awards);
        }
    }
}
