//! What does a plugin's author write?
//!
//! The words of `plugin.toml`, strictly: an unknown word is a fault, not a wish. All faults are told at once.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::breaker::Patience;
use super::brought::{BroughtOption, BroughtRecord, Files, WrittenData, WrittenObject};
use super::contract;
use super::limits::Limits;
use super::manifest::{Faults, Grant, Hook, Manifest, Point, Setting, foreign_contract, is_word};
use super::needs::Need;
use super::requires::{self, Requirement};
use super::rules::{check_hooks, check_workflow};
use crate::error::{Error, ErrorKind};
use crate::hook::OnFailure;
use crate::schema::{Field, FieldKind, Labels};
use crate::view::Declarations;
use crate::workflow::{Trigger, Workflow};

/// The file as it is written, before anything is made of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    id: String,
    version: String,
    contract: String,
    #[serde(default)]
    name: Labels,
    #[serde(default)]
    description: Labels,
    on_failure: Option<String>,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    breaker: Patience,
    #[serde(default)]
    settings: BTreeMap<String, Setting>,
    #[serde(default, rename = "hook")]
    hooks: Vec<Hook>,
    #[serde(default, rename = "workflow")]
    workflows: Vec<WrittenWorkflow>,
    #[serde(default, rename = "effect")]
    effects: Vec<Grant>,
    #[serde(default)]
    requires: Vec<Requirement>,
    #[serde(default)]
    needs: Vec<Need>,
    #[serde(default, rename = "object")]
    objects: Vec<WrittenObject>,
    #[serde(default, rename = "field")]
    fields: Vec<WrittenField>,
    #[serde(default, rename = "option")]
    options: Vec<BroughtOption>,
    #[serde(default, rename = "record")]
    records: Vec<BroughtRecord>,
    #[serde(default, rename = "view")]
    views: Vec<Json>,
    #[serde(default, rename = "form")]
    forms: Vec<Json>,
    #[serde(default, rename = "dashboard")]
    dashboards: Vec<Json>,
    #[serde(default, rename = "panel")]
    panels: Vec<Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenWorkflow {
    pub(super) name: String,
    pub(super) object: String,
    pub(super) trigger: Trigger,
    #[serde(default)]
    pub(super) wakes: Vec<String>,
    #[serde(default)]
    filter: String,
    pub(super) action: String,
    #[serde(default)]
    parameters: Map<String, Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenField {
    #[serde(default)]
    pub(super) object: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    label: Labels,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    unique: bool,
    #[serde(default)]
    indexed: bool,
    #[serde(default)]
    searchable: u8,
    #[serde(default)]
    read_only: Option<bool>,
    #[serde(default)]
    default: Option<Json>,
    #[serde(default)]
    minimum: Option<i64>,
    #[serde(default)]
    maximum: Option<i64>,
    #[serde(default)]
    max_length: Option<u32>,
    #[serde(default)]
    options: Option<Vec<String>>,
    /// What people read for an option.
    #[serde(default)]
    option_labels: BTreeMap<String, Labels>,
    /// What a rollup adds up.
    #[serde(default)]
    total: Option<Map<String, Json>>,
    #[serde(default)]
    to: Option<Vec<String>>,
    #[serde(default)]
    on_delete: Option<String>,
}

impl Manifest {
    /// Reads the text of a `plugin.toml`; every fault is told, not the first.
    #[cfg(test)]
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_with(text, &Files::new())
    }

    /// The same with the files of the folder `data` beside it.
    pub(super) fn parse_with(text: &str, files: &Files) -> Result<Self, Error> {
        let written: Written = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| {
                text.get(..span.start)
                    .map_or(0, |before| before.matches('\n').count() + 1)
            });
            Error::new(
                ErrorKind::Plugin,
                format!("plugin.toml, line {line}: {}", error.message().trim()),
            )
            .hint("wit/README.md and plugins/README.md describe the manifest")
        })?;
        let id = written.id.clone();
        let mut faults = Faults::default();
        let manifest = written.read(files, &mut faults);
        faults.into_result(&id)?;
        Ok(manifest)
    }
}

impl Written {
    /// Checks who it is, and gives what shall happen when it fails.
    fn head(&self, faults: &mut Faults) -> OnFailure {
        if !is_word(&self.id) {
            faults.add(
                "id",
                "manifest",
                format!(
                    "'{}' is not an id: use a to z, 0 to 9 and - inside",
                    self.id
                ),
            );
        }
        let mut numbers = self.version.split('.');
        if numbers.clone().count() != 3 || !numbers.all(|number| number.parse::<u32>().is_ok()) {
            faults.add(
                "version",
                "manifest",
                format!("'{}' is not a version such as 0.1.0", self.version),
            );
        }
        if self.contract != contract::VERSION {
            faults.add("contract", "contract", foreign_contract(&self.contract));
        }
        match self.on_failure.as_deref() {
            Some("reject") => OnFailure::Reject,
            Some("skip") => OnFailure::Skip,
            _ => {
                faults.add("on-failure", "manifest", "say on-failure = \"reject\" (the save is refused when the plugin fails) or \"skip\" (it goes on without); there is no default");
                OnFailure::Reject
            }
        }
    }

    fn take_data(&mut self) -> WrittenData {
        WrittenData {
            objects: std::mem::take(&mut self.objects),
            fields: std::mem::take(&mut self.fields),
            options: std::mem::take(&mut self.options),
            records: std::mem::take(&mut self.records),
            views: std::mem::take(&mut self.views),
            forms: std::mem::take(&mut self.forms),
            dashboards: std::mem::take(&mut self.dashboards),
            panels: std::mem::take(&mut self.panels),
        }
    }

    fn read(mut self, files: &Files, faults: &mut Faults) -> Manifest {
        let mut data = self.take_data();
        data.take_files(files, faults);
        let has_no_data = data.is_empty();
        let brought = data.brought(&self.id, files, faults);
        let brings_nothing = has_no_data && brought.processes.is_empty();
        let on_failure = self.head(faults);
        self.limits.check(faults);
        self.breaker.check(faults);
        requires::check(&self.id, &self.requires, faults);
        self.needs.iter().for_each(|need| need.check(faults));
        for (name, setting) in &self.settings {
            setting.check(name, faults);
        }
        let computed: BTreeSet<(&str, &str)> = self
            .hooks
            .iter()
            .filter(|hook| hook.point == Point::ComputedFields)
            .flat_map(|hook| {
                hook.writes
                    .iter()
                    .map(|field| (hook.object.as_str(), field.as_str()))
            })
            .collect();
        let fields = data.fields.into_iter().filter_map(|field| {
            let is_computed = computed.contains(&(field.object.as_str(), field.name.as_str()));
            field.read(&self.id, is_computed, faults)
        });
        let fields = fields.collect();
        if self.hooks.is_empty() && brings_nothing {
            let what = "it has no [[hook]] and brings nothing: a plugin does one of the two";
            faults.add("hook", "manifest", what);
        }
        check_hooks(&self.hooks, faults);
        for workflow in &self.workflows {
            check_workflow(workflow, &self.hooks, faults);
        }
        let workflow = |workflow: WrittenWorkflow| Workflow {
            name: workflow.name,
            object: workflow.object,
            trigger: workflow.trigger,
            wakes: workflow.wakes,
            filter: workflow.filter,
            action: workflow.action,
            parameters: Json::Object(workflow.parameters),
            plugin: self.id.clone(),
        };
        let declared = json!({
            "views": data.views, "forms": data.forms, "dashboards": data.dashboards, "panels": data.panels,
        });
        let declarations = Declarations::from_json(&declared).unwrap_or_else(|error| {
            faults.add("view", "manifest", error.to_string());
            Declarations::default()
        });
        Manifest {
            brought,
            declarations,
            workflows: self.workflows.into_iter().map(workflow).collect(),
            id: self.id,
            version: self.version,
            name: self.name,
            description: self.description,
            on_failure,
            limits: self.limits,
            patience: self.breaker,
            requires: self.requires,
            settings: self.settings,
            fields,
            hooks: self.hooks,
            effects: self.effects,
            needs: self.needs,
        }
    }
}

impl WrittenField {
    pub(super) fn read(
        self,
        plugin: &str,
        is_computed: bool,
        faults: &mut Faults,
    ) -> Option<(String, Field)> {
        let place = format!("field {}.{}", self.object, self.name);
        let mut kind = Map::new();
        match self.kind.contains('/') {
            true => {
                kind.insert("type".to_owned(), "plugin".into());
                kind.insert("of".to_owned(), self.kind.clone().into());
            }
            false => {
                kind.insert("type".to_owned(), self.kind.clone().into());
            }
        }
        let has_options = matches!(self.kind.as_str(), "option" | "multi_option");
        if self.options.is_some() != has_options {
            faults.add(
                &place,
                "manifest",
                format!(
                    "options belong to fields of type option and multi_option, and {} has {}",
                    self.kind,
                    if has_options { "none" } else { "them" }
                ),
            );
        }
        if self.kind == "plugin" {
            faults.add(&place, "manifest", "a plugin cannot bring a field of type plugin; the type of another plugin is written plugin/type");
            return None;
        }
        if (self.kind == "rollup") != self.total.is_some() {
            let what = "a field of type rollup, and no other, says under total what it adds up: total = { child = \"order\", by = \"customer\", measure = \"count\" }";
            faults.add(&place, "manifest", what);
            return None;
        }
        kind.extend(self.total.unwrap_or_default());
        let options = self.options.iter().flatten();
        for named in self.option_labels.keys() {
            if !options.clone().any(|option| option == named) {
                let what = format!("option-labels names '{named}', which its options lack");
                faults.add(&place, "manifest", what);
            }
        }
        for (name, value) in [
            ("options", self.options.map(Json::from)),
            ("to", self.to.map(Json::from)),
            ("on_delete", self.on_delete.map(Json::from)),
        ] {
            kind.extend(value.map(|value| (name.to_owned(), value)));
        }
        let kind: FieldKind = match serde_json::from_value(Json::Object(kind)) {
            Ok(kind) => kind,
            Err(error) => {
                faults.add(&place, "manifest", error.to_string());
                return None;
            }
        };
        let mut field = Field::new(&self.name, kind);
        field.label = self.label;
        field.option_labels = self.option_labels;
        (field.required, field.unique, field.indexed) = (self.required, self.unique, self.indexed);
        field.searchable = self.searchable;
        // What a hook computes would be overwritten at the next save: nobody else may set it.
        field.read_only = self.read_only.unwrap_or(is_computed);
        (
            field.default,
            field.minimum,
            field.maximum,
            field.max_length,
        ) = (self.default, self.minimum, self.maximum, self.max_length);
        field.brought_by = Some(plugin.to_owned());
        Some((self.object, field))
    }
}
