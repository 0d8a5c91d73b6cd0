//! How does a call of the contract reach the author's trait? The same code serves a component's
//! exports and a plugin's native tests.

use crate::columns::{Batch, PatchColumns};
use crate::effect::{Effect, Effects, Reply};
use crate::hook::{
    AfterCommit, BeforeSave, ComputedFields, FieldType, Gamification, OnReply, Plugin,
    WorkflowAction,
};
use crate::json::Json;
use crate::patch::{Answer, Answered, AwardColumns, Awards, More, Patches, Refusal};
use crate::row::{Clock, Faults, Hook, Records};
use crate::settings::{BindError, Settings};

/// A plugin with its hooks, as one instance keeps it.
#[derive(Debug)]
pub struct Bound<P> {
    /// The plugin.
    pub plugin: P,
    hooks: Vec<Hook>,
}

impl<P: Plugin> Bound<P> {
    /// Binds a plugin that exports these points (named as in Rust, `before_save`).
    pub fn new(hooks: Vec<Hook>, settings: &str, points: &[&str]) -> Result<Self, BindError> {
        for hook in &hooks {
            let point = hook.point.replace('-', "_");
            if !points.contains(&point.as_str()) || !P::serves(&hook.point, &hook.name) {
                return Err(BindError::UnknownHook(format!(
                    "{} {}",
                    hook.point, hook.name
                )));
            }
        }
        let plugin = P::bind(&Settings::parse(settings)?)?;
        Ok(Self { plugin, hooks })
    }

    /// The hook with a number.
    pub fn hook(&self, number: u16) -> Option<&Hook> {
        self.hooks.iter().find(|hook| hook.number == number)
    }
}

/// One call: the hook, its batch, the time, and what the author asked for in vain.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Call<'a> {
    pub hook: &'a Hook,
    pub batch: &'a Batch,
    pub clock: Clock,
    pub faults: &'a Faults,
}

impl<'a> Call<'a> {
    fn records(&self) -> Records<'a> {
        Records {
            hook: self.hook,
            batch: self.batch,
            words: std::str::from_utf8(&self.batch.text).unwrap_or_default(),
            clock: self.clock,
            faults: self.faults,
        }
    }

    /// Canonical forms of a field type's values.
    pub fn normalise(&self, plugin: &impl FieldType) -> PatchColumns {
        let records = self.records();
        let mut patches = Patches::new(self.hook, self.faults, self.batch.rows);
        for row in records.rows() {
            let canonical = row
                .text("value")
                .and_then(|value| plugin.normalise(&self.hook.name, value));
            if let Some(canonical) = canonical {
                patches.of(&row).set("value", canonical);
            }
        }
        patches.into_columns()
    }

    /// What is wrong with a field type's values.
    pub fn validate(&self, plugin: &impl FieldType) -> Vec<Refusal> {
        let records = self.records();
        records
            .rows()
            .filter_map(|row| {
                let fault = plugin.validate(&self.hook.name, row.text("value")?).err()?;
                Some(Refusal {
                    row: row.index(),
                    column: Some(0),
                    fault,
                })
            })
            .collect()
    }

    /// A field type's values as people read them.
    pub fn format(&self, plugin: &impl FieldType, locale: &str) -> Vec<String> {
        let records = self.records();
        let format = |value| plugin.format(&self.hook.name, value, locale);
        records
            .rows()
            .map(|row| row.text("value").map(format).unwrap_or_default())
            .collect()
    }

    /// Computed fields.
    pub fn compute(&self, plugin: &impl ComputedFields) -> PatchColumns {
        let mut patches = Patches::new(self.hook, self.faults, self.batch.rows);
        plugin.compute_all(&self.records(), &mut patches);
        patches.into_columns()
    }

    /// Everything that is answered before a save.
    pub fn before_save(&self, plugin: &impl BeforeSave) -> Answered {
        let records = self.records();
        let mut patches = Patches::new(self.hook, self.faults, self.batch.rows);
        let mut more = More::default();
        for row in records.rows() {
            let mut answer = Answer {
                patch: patches.of(&row),
                more: &mut more,
            };
            plugin.before_save(&row, &mut answer);
        }
        Answered {
            patches: patches.into_columns(),
            refusals: more.refusals,
            children: more.children,
            keeps: more.keeps,
        }
    }

    /// Effects of what other systems answered.
    pub fn on_reply(&self, plugin: &impl OnReply, replies: &[Reply]) -> Vec<Effect> {
        let mut effects = Effects::default();
        for (row, reply) in (0..).zip(replies) {
            effects.row = row;
            plugin.on_reply(&self.hook.name, reply, &mut effects);
        }
        effects.list
    }

    /// Effects of a commit.
    pub fn after_commit(&self, plugin: &impl AfterCommit) -> Vec<Effect> {
        let records = self.records();
        let mut effects = Effects::default();
        for row in records.rows() {
            effects.row = row.index();
            plugin.after_commit(&row, &mut effects);
        }
        effects.list
    }

    /// Effects of a workflow's action.
    pub fn perform(&self, plugin: &impl WorkflowAction, parameters: &str) -> Vec<Effect> {
        let Some(parameters) = Json::parse(parameters) else {
            let hook = &self.hook.name;
            self.faults
                .note(format!("hook {hook} was given parameters that are no JSON"));
            return Vec::new();
        };
        let records = self.records();
        let mut effects = Effects::default();
        for row in records.rows() {
            effects.row = row.index();
            plugin.perform(&row, &parameters, &mut effects);
        }
        effects.list
    }

    /// Points.
    pub fn score<P: Gamification>(&self, plugin: &P) -> AwardColumns {
        let records = self.records();
        let reasons = P::REASONS
            .iter()
            .find(|(hook, _)| *hook == self.hook.name)
            .map_or(&[][..], |(_, reasons)| reasons);
        let mut awards = Awards {
            hook: self.hook,
            faults: self.faults,
            reasons,
            row: 0,
            given: AwardColumns::with_room(self.batch.rows),
        };
        plugin.score_all(&records, &mut awards);
        awards.given
    }
}
