//! How is a script installed, switched, tried and removed?

use serde::Serialize;

use super::{Definitions, Script};
use crate::error::{Error, ErrorKind, Failure, Result};
use crate::hook::{EffectAction, HookContext, OnFailure, Which};
use crate::record::{RecordId, Value};
use crate::schema::did_you_mean;
use crate::script::{self, Problem};
use crate::session::Session;
use crate::store::spaces;
use crate::write::{Ask, Stored};

/// How many earlier texts of a script are kept beside it; older ones are in the journal.
const EARLIER: usize = 20;

/// A script as it is installed.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ScriptInfo {
    /// The name that its header gives it.
    pub name: String,
    /// Counted up with every change of the text.
    pub version: u32,
    /// Whether it runs.
    pub enabled: bool,
    /// `opportunity before create, update`.
    pub trigger: String,
    /// Header and program.
    pub text: String,
    /// Why it cannot run, when it cannot.
    pub broken: Option<String>,
}

/// What a script would do to a record.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ScriptRun {
    /// The values that it would set; none clears the field.
    pub patches: Vec<(String, Option<Value>)>,
    /// Why it would refuse the record.
    pub refusals: Vec<Failure>,
    /// What it would ask for afterwards, in words.
    pub effects: Vec<String>,
    /// What it logged.
    pub log: Vec<String>,
    /// How much it did.
    pub operations: u64,
}

impl Session {
    /// Finds what is wrong with a script without running it; an empty list means nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn check_script(&self, text: &str) -> Result<Vec<Problem>> {
        Ok(script::check(text, &*self.engine.schema()?)
            .err()
            .unwrap_or_default())
    }

    /// Installs a script, or a new version of the one of that name.
    ///
    /// # Errors
    /// Everything that is wrong with it, with line and column; nothing is changed then.
    pub fn install_script(&self, text: &str) -> Result<ScriptInfo> {
        let _one = self.engine.installing();
        let schema = self.engine.schema()?;
        let header = script::check(text, &schema).map_err(|problems| {
            let failures = problems
                .into_iter()
                .map(|problem| Failure::new("script", problem.to_string()))
                .collect();
            Error::with_failures(ErrorKind::Script, failures)
        })?;
        let held = self
            .stored_scripts()?
            .into_iter()
            .find(|held| held.name == header.name);
        let script = match held {
            Some(held) if held.text == text => return Ok(self.info(&held)),
            Some(mut held) => {
                held.version += 1;
                held.earlier
                    .push(std::mem::replace(&mut held.text, text.to_owned()));
                let surplus = held.earlier.len().saturating_sub(EARLIER);
                held.earlier.drain(..surplus);
                Script {
                    rejects: header.on_failure == OnFailure::Reject,
                    object: header.object,
                    ..held
                }
            }
            None => Script {
                name: header.name,
                version: 1,
                text: text.to_owned(),
                enabled: true,
                rejects: header.on_failure == OnFailure::Reject,
                object: header.object,
                earlier: Vec::new(),
            },
        };
        self.store_script(
            &format!("install script {} version {}", script.name, script.version),
            &script,
        )?;
        Ok(self.info(&script))
    }

    /// The installed scripts, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn scripts(&self) -> Result<Vec<ScriptInfo>> {
        Ok(self
            .stored_scripts()?
            .iter()
            .map(|script| self.info(script))
            .collect())
    }

    /// Switches a script on or off.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn enable_script(&self, name: &str, enabled: bool) -> Result<ScriptInfo> {
        let _one = self.engine.installing();
        let mut script = self.stored_script(name)?;
        if script.enabled != enabled {
            script.enabled = enabled;
            self.store_script(
                &format!(
                    "{} script {name}",
                    if enabled { "enable" } else { "disable" }
                ),
                &script,
            )?;
        }
        Ok(self.info(&script))
    }

    /// Removes a script. Its texts stay in the journal.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn remove_script(&self, name: &str) -> Result<()> {
        let _one = self.engine.installing();
        self.stored_script(name)?;
        let entries = vec![(spaces::named(spaces::SCRIPT, name), None)];
        let _ = self.ask(Ask::Stored(Stored {
            what: format!("remove script {name}"),
            entries,
            config: true,
            ..Stored::default()
        }))?;
        Ok(())
    }

    /// Runs a script on a record as it is now and tells what it would do; changes nothing.
    ///
    /// # Errors
    /// When the script cannot be compiled or fails, or there is no such record.
    pub fn run_script(&self, text: &str, record: RecordId) -> Result<ScriptRun> {
        let record = self.get(record)?;
        let (reader, _) = self.read()?;
        let now = self.context.now();
        let context = HookContext {
            reader: &reader,
            now,
            today: self.context.day_of(now),
            zone: self.context.zone,
            actor: &self.context.actor,
        };
        let run = script::run_once(text, &reader.schema, &record, &context)?;
        let refusal = |(field, message): (Option<String>, String)| Failure {
            field,
            ..Failure::new("script", message)
        };
        Ok(ScriptRun {
            patches: run.patches,
            refusals: run.refusals.into_iter().map(refusal).collect(),
            effects: run
                .effects
                .into_iter()
                .map(|(_, action)| in_words(&action))
                .collect(),
            log: run.log,
            operations: run.operations,
        })
    }

    fn stored_scripts(&self) -> Result<Vec<Script>> {
        self.must_administer("look into scripts")?;
        let (reader, _) = self.read()?;
        Ok(Definitions::load(&reader.snapshot)?.scripts)
    }

    fn stored_script(&self, name: &str) -> Result<Script> {
        let scripts = self.stored_scripts()?;
        let near = did_you_mean(name, scripts.iter().map(|script| script.name.as_str()));
        let missing = || {
            Error::new(
                ErrorKind::NotFound,
                format!("there is no script '{name}'{near}"),
            )
            .hint("`peyvand script list` shows what is installed")
        };
        scripts
            .iter()
            .find(|script| script.name == name)
            .cloned()
            .ok_or_else(missing)
    }

    fn store_script(&self, what: &str, script: &Script) -> Result<()> {
        let bytes = serde_json::to_vec(script).unwrap_or_default();
        let entries = vec![(spaces::named(spaces::SCRIPT, &script.name), Some(bytes))];
        let _ = self.ask(Ask::Stored(Stored {
            what: what.to_owned(),
            entries,
            config: true,
            ..Stored::default()
        }))?;
        Ok(())
    }

    fn info(&self, script: &Script) -> ScriptInfo {
        let problems = self.check_script(&script.text).unwrap_or_default();
        let trigger = script
            .text
            .lines()
            .find_map(|line| line.trim().strip_prefix("//!")?.trim().strip_prefix("on:"));
        ScriptInfo {
            name: script.name.clone(),
            version: script.version,
            enabled: script.enabled,
            trigger: trigger.unwrap_or_default().trim().to_owned(),
            text: script.text.clone(),
            broken: problems.first().map(ToString::to_string),
        }
    }
}

fn in_words(action: &EffectAction) -> String {
    match action {
        EffectAction::Create { object, fields, .. } => format!(
            "create {object} {}",
            serde_json::Value::Object(fields.clone())
        ),
        EffectAction::Update {
            which: Which::Id(id),
            fields,
            ..
        } => format!("update {id} {}", serde_json::Value::Object(fields.clone())),
        // A script asks for nothing else.
        _ => String::new(),
    }
}
