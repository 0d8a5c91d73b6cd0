//! Where does a record say how far it is?
//!
//! In fields of its own, the same on every object that has a process, so that lists, boards, funnels and what is
//! overdue are ordinary queries. The step is an ordinary field: writing it is what moves a record. The engine keeps the
//! others.

use std::collections::BTreeMap;

use super::definition::ProcessDefinition;
use crate::schema::{Field, FieldKind, Labels, Object, SchemaChange};

pub(super) const PROCESS: &str = "process";
pub(super) const STEP: &str = "step";
pub(super) const SINCE: &str = "step_since";
pub(super) const DUE: &str = "step_due";
pub(super) const OWNER: &str = "step_owner";
pub(super) const TEAM: &str = "step_team";
pub(super) const ROLE: &str = "step_role";
pub(super) const OUTCOME: &str = "step_outcome";

/// The fields, with these steps as options.
fn fields(steps: Vec<String>) -> [Field; 8] {
    let step = Field::new(STEP, FieldKind::Option { options: steps });
    let process = FieldKind::Reference {
        to: vec!["process".to_owned()],
        on_delete: crate::schema::OnDelete::Restrict,
    };
    [
        Field::new(PROCESS, process)
            .read_only()
            .label("Process", "فرایند", "العملية"),
        step.indexed().label("Step", "گام", "الخطوة"),
        Field::new(SINCE, FieldKind::Instant).read_only().label(
            "In this step since",
            "در این گام از",
            "في هذه الخطوة منذ",
        ),
        Field::new(DUE, FieldKind::Date)
            .read_only()
            .indexed()
            .label("Step due", "مهلت گام", "موعد الخطوة"),
        Field::new(OWNER, FieldKind::reference(&["user"])).label(
            "In the hands of",
            "در دست",
            "بيد",
        ),
        Field::new(TEAM, FieldKind::reference(&["team"]))
            .read_only()
            .label("Responsible team", "تیم مسئول", "الفريق المسؤول"),
        Field::new(ROLE, FieldKind::reference(&["role"]))
            .read_only()
            .label("Responsible role", "نقش مسئول", "الدور المسؤول"),
        Field::new(
            OUTCOME,
            FieldKind::option(&["success", "failure", "cancelled"]),
        )
        .read_only()
        .indexed()
        .label("Ended", "پایان", "النهاية")
        .option_label("success", "Success", "موفق", "ناجح")
        .option_label("failure", "Failure", "ناموفق", "غير ناجح")
        .option_label("cancelled", "Cancelled", "لغوشده", "ملغى"),
    ]
}

/// Whether the object's records can be in a process.
pub(super) fn are_in(object: &Object) -> bool {
    let names = [PROCESS, STEP, SINCE, DUE, OWNER, TEAM, ROLE, OUTCOME];
    names.iter().all(|name| object.field(name).is_some())
        && matches!(object.field(PROCESS).map(|field| &field.kind),
            Some(FieldKind::Reference { to, .. }) if to == &["process"])
}

/// The changes of the schema after which the object's records can be in the process; or the field that is in the way.
pub(super) fn lacking(
    object: &Object,
    definition: &ProcessDefinition,
) -> Result<Vec<SchemaChange>, String> {
    let mut keys: Vec<String> = Vec::new();
    for step in &definition.steps {
        // One that is there twice is told by the check.
        if !keys.contains(&step.key) {
            keys.push(step.key.clone());
        }
    }
    let mut changes = Vec::new();
    if keys.is_empty() {
        return Ok(changes);
    }
    for wanted in fields(keys.clone()) {
        match object.field(&wanted.name) {
            None => changes.push(SchemaChange::AddField {
                object: object.name.clone(),
                field: wanted,
            }),
            Some(field) if field.name == STEP && are_in(object) => {
                let new = keys.iter().filter(|key| !field.options().contains(key));
                changes.extend(new.map(|option| SchemaChange::AddOption {
                    object: object.name.clone(),
                    field: STEP.to_owned(),
                    option: option.clone(),
                }));
            }
            Some(field) if field.kind == wanted.kind && field.read_only == wanted.read_only => {}
            Some(field) => {
                return Err(format!(
                    "{} has a field '{}' of its own, and a process keeps its own there; name that field otherwise",
                    object.name, field.name
                ));
            }
        }
    }
    let labels = unlabelled(object, definition);
    if !labels.is_empty() {
        changes.push(SchemaChange::LabelOptions {
            object: object.name.clone(),
            field: STEP.to_owned(),
            labels,
        });
    }
    Ok(changes)
}

/// The names of the steps for which lists have none yet. Where two processes of an object share a step, the first one
/// names it in lists, and each names it where it is told by itself.
fn unlabelled(object: &Object, definition: &ProcessDefinition) -> BTreeMap<String, Labels> {
    let known = object.field(STEP).map(|field| &field.option_labels);
    let steps = definition.steps.iter().filter(|step| {
        !step.label.is_empty() && known.is_none_or(|known| !known.contains_key(&step.key))
    });
    steps
        .map(|step| (step.key.clone(), step.label.clone()))
        .collect()
}
