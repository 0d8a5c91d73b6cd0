//! Does a manifest make sense in itself?
//!
//! What each kind of hook may and must say. What needs a schema is asked by `check.rs`.

use std::collections::BTreeSet;

use super::manifest::{Faults, Hook, Point, is_word};
use super::written::WrittenWorkflow;
use crate::hook::Verb;
use crate::workflow::Trigger;

pub(super) fn check_hooks(hooks: &[Hook], faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for hook in hooks {
        let place = format!("hook {}", hook.title());
        let mut fault = |message: String| faults.add(&place, "manifest", message);
        if !is_word(&hook.name) {
            fault(format!(
                "'{}' is not a name: use a to z, 0 to 9 and - inside",
                hook.name
            ));
        }
        if !seen.insert((hook.point, hook.name.as_str())) {
            fault("there are two hooks of this point and name".to_owned());
        }
        let has_none = hook.point.has_no_object();
        if has_none != hook.object.is_empty() {
            fault(
                if has_none {
                    "a field type and an on-reply hook have no object"
                } else {
                    "it needs an object"
                }
                .to_owned(),
            );
        }
        if has_none && !(hook.reads.is_empty() && hook.writes.is_empty()) {
            fault("it gets no columns of records: remove reads and writes".to_owned());
        }
        let may_write = matches!(hook.point, Point::ComputedFields | Point::BeforeSave);
        if !may_write && !hook.writes.is_empty() {
            fault("it cannot write: only computed-fields and before-save have writes".to_owned());
        }
        if hook.point == Point::ComputedFields && hook.writes.is_empty() {
            fault("it computes nothing: name the fields under writes".to_owned());
        }
        if !hook.point.wakes_on_changes() && (hook.wakes.is_some() || hook.on.is_some()) {
            fault("it is not woken by changes: remove wakes and on".to_owned());
        }
        if hook.point == Point::ComputedFields && hook.verbs().contains(&Verb::Delete) {
            fault("nothing is computed on a delete: on has create and update".to_owned());
        }
        if hook.verbs().is_empty() {
            fault("on is empty, so it would never be called".to_owned());
        }
        let columns = hook.reads.len().max(hook.writes.len());
        if columns > 200 {
            fault(format!("it has {columns} columns; at most 200 are bound"));
        }
        for names in [&hook.reads, &hook.writes] {
            let mut columns = BTreeSet::new();
            if let Some(twice) = names.iter().find(|name| !columns.insert(name.as_str())) {
                fault(format!("it names {twice} twice"));
            }
        }
        check_game(hook, &place, faults);
    }
}

fn check_game(hook: &Hook, place: &str, faults: &mut Faults) {
    let mut fault = |message: String| faults.add(place, "manifest", message);
    if hook.point != Point::Gamification {
        if hook.credit.is_some() || !hook.reasons.is_empty() || !hook.badges.is_empty() {
            fault("credit, reasons and badges belong to gamification hooks".to_owned());
        }
        return;
    }
    if hook.credit.is_none() {
        fault(
            "say under credit whom the points go to: a reference field to a user, such as owner"
                .to_owned(),
        );
    }
    if hook.reasons.is_empty() {
        fault("it has no [[hook.reason]]: points need a reason".to_owned());
    }
    let mut names = BTreeSet::new();
    for reason in &hook.reasons {
        if !is_word(&reason.name) || !names.insert(reason.name.as_str()) {
            fault(format!(
                "the reason '{}' is not a name or is there twice",
                reason.name
            ));
        }
        if reason.cap_per_day.is_some_and(|cap| cap < 1) {
            fault(format!(
                "the cap of reason {} leaves no points",
                reason.name
            ));
        }
    }
    for badge in &hook.badges {
        if !names.contains(badge.reason.as_str()) {
            fault(format!(
                "badge {} counts the reason '{}', which is not declared",
                badge.name, badge.reason
            ));
        }
        if badge.count == 0 {
            fault(format!(
                "badge {} would be everybody's: set a count above 0",
                badge.name
            ));
        }
    }
}

pub(super) fn check_workflow(workflow: &WrittenWorkflow, hooks: &[Hook], faults: &mut Faults) {
    let place = format!("workflow {}", workflow.name);
    let mut fault = |message: String| faults.add(&place, "manifest", message);
    if !is_word(&workflow.name) {
        fault(format!(
            "'{}' is not a name: use a to z, 0 to 9 and - inside",
            workflow.name
        ));
    }
    match hooks
        .iter()
        .find(|hook| hook.point == Point::WorkflowAction && hook.name == workflow.action)
    {
        None => fault(format!(
            "it calls the action '{}', but no workflow-action hook has that name",
            workflow.action
        )),
        Some(hook) if hook.object != workflow.object => fault(format!(
            "it catches {} records, but its action takes {}",
            workflow.object, hook.object
        )),
        Some(_) => {}
    }
    if workflow.trigger == Trigger::Daily && !workflow.wakes.is_empty() {
        fault("a daily workflow is not woken by changes: remove wakes".to_owned());
    }
}
