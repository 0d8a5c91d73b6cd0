//! What is a template refused for, and what is kept of the one before?
//!
//! A template is checked when it is saved. Each change of its texts raises its version, and after the commit the texts
//! are kept as a `template_version`, which nobody changes.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::check::{check, included};
use super::problem::TemplateProblem;
use super::source::{Template, by_key};
use crate::context::Actor;
use crate::error::{Error, ErrorKind, Result as EngineResult};
use crate::hook::{
    AfterCommit, Answers, Effect, EffectAction, Effects, HookContext, HookFailure, HookName,
    Interest, Patch, Refusal, Registry, Row, Rule, Verb, engine_rule,
};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::{Schema, system};

/// Puts the rules of templates into a registry.
pub(crate) fn register(schema: &Schema, registry: &mut Registry) {
    let number = |object: &str, field: &str| Some(schema.object(object)?.field(field)?.number);
    let (Some(texts), Some(version)) = (number("template", "texts"), number("template", "version"))
    else {
        return;
    };
    // What nothing of a template's meaning hangs on can be changed even when its texts are not right any more.
    let wakes = ["key", "kind", "object", "format", "texts"].into_iter();
    let wakes: Vec<u32> = wakes
        .filter_map(|field| number("template", field))
        .collect();
    let change = [Verb::Create, Verb::Update];
    // After plugins and scripts, which may have changed the texts.
    registry.computed.push(engine_rule(
        "a template is checked",
        Interest::new(
            "template",
            &[Verb::Create, Verb::Update, Verb::Delete],
            wakes,
        ),
        TemplateRule { texts, version },
    ));
    registry.before_save.push(engine_rule(
        "a template's version stays as it is",
        Interest::new("template_version", &change, Vec::new()),
        VersionRule,
    ));
    registry.after_commit.push(Arc::new(KeepVersion {
        name: HookName::of_engine("a template's versions are kept"),
        interest: Interest::new("template", &change, vec![texts]),
    }));
}

fn unread(error: Error) -> HookFailure {
    HookFailure::unread("template", &error)
}

struct TemplateRule {
    texts: u32,
    version: u32,
}

/// The templates as a batch leaves them.
struct Library<'a> {
    reader: &'a Reader,
    drafts: BTreeMap<String, Template>,
    /// Records of the batch: what the store has of them is not true any more.
    changed: Vec<RecordId>,
}

impl Library<'_> {
    fn part(&self, key: &str) -> EngineResult<Option<Template>> {
        if let Some(draft) = self.drafts.get(key) {
            return Ok(Some(draft.clone()));
        }
        let stored = by_key(self.reader, key)?;
        let stored = stored.filter(|record| !self.changed.contains(&record.id()));
        // A part that cannot be read is none; its own check says why.
        Ok(stored.and_then(|record| Template::read(&record).ok()))
    }

    /// The keys of templates that include one, besides itself.
    fn includers(&self, key: &str, of: RecordId) -> EngineResult<Vec<String>> {
        let mut found: Vec<String> = Vec::new();
        let includes = |template: &Template| {
            template.id != of && included(template).iter().any(|(name, ..)| name == key)
        };
        let drafts = self.drafts.values().filter(|draft| includes(draft));
        found.extend(drafts.map(|draft| draft.key.clone()));
        self.reader
            .each(self.reader.object("template")?, |record| {
                if !self.changed.contains(&record.id())
                    && let Ok(template) = Template::read(&record)
                    && includes(&template)
                {
                    found.push(template.key);
                }
                Ok(ControlFlow::Continue(()))
            })?;
        Ok(found)
    }
}

impl TemplateRule {
    fn judge(
        &self,
        place: usize,
        row: &Row<'_>,
        library: &Library<'_>,
        answers: &mut Answers,
    ) -> EngineResult<()> {
        let mut refuse = |problem: String| {
            answers.refusals.push(Refusal {
                row: place,
                field: Some("texts".to_owned()),
                code: "template".to_owned(),
                message: problem,
            });
        };
        let old_key = row.before.and_then(|before| before.text("key"));
        let new_key = row.after.and_then(|after| after.text("key"));
        if let Some(key) = old_key.filter(|_| old_key != new_key) {
            let users = library.includers(key, row.id)?;
            if !users.is_empty() {
                refuse(format!(
                    "'{key}' is part of {}; take it out there first",
                    users.join(", ")
                ));
            }
        }
        let Some(after) = row.after else {
            return Ok(());
        };
        let problems = match Template::read(after) {
            Ok(template) => check(&template, &library.reader.schema, &|key| library.part(key))?,
            Err(problems) => problems,
        };
        for problem in &problems {
            refuse(problem.to_string());
        }
        if let Some(version) = self.next_version(row.before, after) {
            answers.patches.push(Patch {
                row: place,
                field: self.version,
                value: Some(Value::Integer(version)),
            });
        }
        Ok(())
    }

    /// The version that a change of the texts makes; none where they stay, or come back from the bin.
    fn next_version(&self, before: Option<&Record>, after: &Record) -> Option<i64> {
        let version = |record: &Record| match record.value(self.version) {
            Some(Value::Integer(version)) => Some(*version),
            _ => None,
        };
        match before {
            None => version(after).is_none().then_some(1),
            Some(before) if before.value(self.texts) == after.value(self.texts) => None,
            Some(before) => Some(version(before).unwrap_or(0) + 1),
        }
    }
}

impl Rule for TemplateRule {
    fn judge(&self, rows: &[Row<'_>], context: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let drafts = rows
            .iter()
            .filter_map(|row| Template::read(row.after?).ok());
        let library = Library {
            reader: context.reader,
            drafts: drafts.map(|draft| (draft.key.clone(), draft)).collect(),
            changed: rows.iter().map(|row| row.id).collect(),
        };
        let mut answers = Answers::default();
        for (place, row) in rows.iter().enumerate() {
            self.judge(place, row, &library, &mut answers)
                .map_err(unread)?;
        }
        Ok(answers)
    }
}

struct VersionRule;

impl Rule for VersionRule {
    fn judge(&self, rows: &[Row<'_>], context: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let mut answers = Answers::default();
        for (place, row) in rows.iter().enumerate() {
            // The engine keeps versions as the host's own actor.
            if row.verb == Verb::Update || *context.actor != Actor::System {
                answers.refusals.push(Refusal {
                    row: place,
                    field: None,
                    code: "template-version".to_owned(),
                    message: "versions of a template are made by changing the template, and are not changed themselves".to_owned(),
                });
            }
        }
        Ok(answers)
    }
}

struct KeepVersion {
    name: HookName,
    interest: Interest,
}

impl AfterCommit for KeepVersion {
    fn name(&self) -> &HookName {
        &self.name
    }

    fn interest(&self) -> &Interest {
        &self.interest
    }

    fn after_commit(
        &self,
        rows: &[Row<'_>],
        context: &HookContext<'_>,
    ) -> Result<Effects, HookFailure> {
        let mut effects = Effects::default();
        for (place, row) in rows.iter().enumerate() {
            let Some(after) = row.after else {
                continue;
            };
            let Some(Value::Integer(version)) = after.get("version") else {
                continue;
            };
            // What comes back from the bin brings its versions along.
            if row.verb == Verb::Create && has_versions(context.reader, row.id).map_err(unread)? {
                continue;
            }
            let by = match after.value(system::UPDATED_BY) {
                Some(Value::Text(by)) => by.as_str(),
                _ => "",
            };
            let texts = after.get("texts").map_or(Json::Null, Value::to_json);
            let fields = json!({
                "title": format!("{} {version}", after.text("key").unwrap_or_default()),
                "template": row.id.to_string(), "version": version, "texts": texts, "by": by,
            });
            effects.effects.push(Effect {
                row: place,
                key: format!("version/{}/{version}", row.id),
                action: EffectAction::Create {
                    object: "template_version".to_owned(),
                    fields: match fields {
                        Json::Object(fields) => fields,
                        _ => Map::new(),
                    },
                    links: Vec::new(),
                },
            });
        }
        Ok(effects)
    }
}

fn has_versions(reader: &Reader, template: RecordId) -> EngineResult<bool> {
    let object = reader.object("template_version")?;
    let Some(field) = object.field("template") else {
        return Ok(false);
    };
    Ok(!reader.referring(object, field.number, template)?.is_empty())
}

/// Every problem of every stored template.
pub(super) fn problems(reader: &Reader) -> EngineResult<Vec<TemplateProblem>> {
    let library = Library {
        reader,
        drafts: BTreeMap::new(),
        changed: Vec::new(),
    };
    let mut found = Vec::new();
    reader.each(reader.object("template")?, |record| {
        match Template::read(&record) {
            Ok(template) => {
                found.extend(check(&template, &reader.schema, &|key| library.part(key))?);
            }
            Err(problems) => found.extend(problems),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// Every problem of a template that is not stored.
pub(super) fn problems_of(reader: &Reader, fields: &Json) -> EngineResult<Vec<TemplateProblem>> {
    let object = reader.object("template")?;
    let mut record = Record::empty(object.clone(), RecordId::new(object.prefix(), 0));
    for (name, json) in fields.as_object().into_iter().flatten() {
        let Some(field) = object.field(name) else {
            return Err(Error::new(ErrorKind::Invalid, object.unknown_field(name)));
        };
        if !json.is_null() {
            let value = field.kind.read(json);
            let value = value
                .map_err(|message| Error::new(ErrorKind::Invalid, format!("{name}: {message}")))?;
            record.set(field.number, Some(value));
        }
    }
    let library = Library {
        reader,
        drafts: BTreeMap::new(),
        changed: Vec::new(),
    };
    match Template::read(&record) {
        Ok(template) => check(&template, &reader.schema, &|key| library.part(key)),
        Err(problems) => Ok(problems),
    }
}
