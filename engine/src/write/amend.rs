//! Step 3: who objects, who amends?
//!
//! Hooks get batches, in the order of the registry, and only the rows whose change wakes them. What they answer is
//! outside input: it is applied to the drafts and validated again by the next step.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::Write;
use super::draft::{Draft, Drafts, HookRun, Valid};
use super::stage::stage_children;
use super::view::View;
use crate::error::{Failure, Result};
use crate::hook::{Answers, BeforeSave, HookContext, HookFailure, OnFailure, Row, Verb};
use crate::record::RecordId;
use crate::schema::system;

/// The most rows that one call of a hook gets.
const BATCH: usize = 1_000;

/// How deep records that hooks add may have hooks add records.
const DEEPEST: usize = 3;

pub(super) fn amend(write: &Write<'_>, base: &View, valid: Valid) -> Result<Drafts> {
    let mut drafts = valid.0;
    let context = write.hook_context();
    let mut first = 0;
    for depth in 0..=DEEPEST {
        let end = drafts.drafts.len();
        for hook in write
            .registry
            .before_save
            .iter()
            .chain(&write.registry.computed)
        {
            ask(write, &context, hook, first..end, &mut drafts);
        }
        // What comes of a refused record is nobody's any more.
        let Drafts {
            children, faults, ..
        } = &mut drafts;
        children.retain(|(group, ..)| !faults.contains_key(group));
        if drafts.children.is_empty() {
            break;
        }
        if depth == DEEPEST {
            too_deep(&mut drafts);
            break;
        }
        // What hooks added is saved like everything else: hooks hear of it too.
        drafts = stage_children(write, base, drafts)?;
        first = end;
    }
    Ok(drafts)
}

fn too_deep(drafts: &mut Drafts) {
    for (group, request, child) in std::mem::take(&mut drafts.children) {
        let message = format!(
            "a plugin adds a {} to what plugins added {DEEPEST} deep: they seem to call each other in a circle",
            child.object
        );
        let failure = Failure::new("refused:too-deep", message);
        drafts.fault((group, failure.of_request(request)));
    }
}

fn ask(
    write: &Write<'_>,
    context: &HookContext<'_>,
    hook: &Arc<dyn BeforeSave>,
    places: Range<usize>,
    drafts: &mut Drafts,
) {
    let wakes = |draft: &Draft, drafts: &Drafts| {
        // What changed is found out only for hooks of the object.
        may_judge(hook, draft.group, drafts)
            && hook.interest().object == draft.object.name
            && hook
                .interest()
                .is_in(&draft.object.name, draft.verb(), &woken_by(draft))
    };
    let awake: Vec<usize> = places
        .filter(|place| wakes(&drafts.drafts[*place], drafts))
        .collect();
    if awake.is_empty() {
        return;
    }
    let bound = write
        .acting
        .bound(&hook.name().actor, &write.reader, write.context);
    match &bound {
        Ok(bound) => {
            let reader = bound.as_ref().unwrap_or(context.reader);
            let context = HookContext { reader, ..*context };
            for batch in awake.chunks(BATCH) {
                ask_batch(write, &context, hook, batch, drafts);
            }
        }
        Err(stopped) => failed(write, hook, &awake, stopped, drafts),
    }
}

/// Everything that is wrong is told at once: what one hook refuses, the others judge too. Where a hook failed, and in what is
/// no record that keeps the rules, they would judge by what is not there; all but those that need not rely on it.
fn may_judge(hook: &Arc<dyn BeforeSave>, group: usize, drafts: &Drafts) -> bool {
    let Some(faults) = drafts.faults.get(&group) else {
        return true;
    };
    let refusals = drafts.refusals.get(&group).copied().unwrap_or(0);
    // Who may not do it learns no more of it.
    let hidden = |faults: &[Failure]| faults.iter().any(|fault| fault.code == "access");
    faults.len() == refusals || (hook.judges_the_faulty() && !hidden(faults))
}

fn ask_batch(
    write: &Write<'_>,
    context: &HookContext<'_>,
    hook: &Arc<dyn BeforeSave>,
    batch: &[usize],
    drafts: &mut Drafts,
) {
    let rows: Vec<Row<'_>> = batch
        .iter()
        .map(|place| drafts.drafts[*place].row())
        .collect();
    match hook.before_save(&rows, context) {
        Ok(answers) => apply(write, hook, batch, answers, drafts),
        // One bad row must not take the other rows of a bulk load along: each is asked about alone.
        Err(_) if batch.len() > 1 && !hook.finds_failing_rows() => batch
            .chunks(1)
            .for_each(|row| ask_batch(write, context, hook, row, drafts)),
        Err(failure) => failed(write, hook, batch, &failure, drafts),
    }
}

fn only_record(batch: &[usize], drafts: &Drafts) -> Option<RecordId> {
    match batch {
        [place] => drafts.drafts.get(*place).map(|draft| draft.id),
        _ => None,
    }
}

fn woken_by(draft: &Draft) -> Vec<u32> {
    if draft.verb() == Verb::Update {
        draft.changed()
    } else {
        Vec::new()
    }
}

fn apply(
    write: &Write<'_>,
    hook: &Arc<dyn BeforeSave>,
    batch: &[usize],
    answers: Answers,
    drafts: &mut Drafts,
) {
    let patched: BTreeSet<usize> = answers.patches.iter().map(|patch| patch.row).collect();
    write
        .bills
        .charge(hook.name(), batch.len(), answers.cost, |bill| {
            bill.patches += answers.patches.len() as u64;
            bill.rows_written += (patched.len() + answers.children.len()) as u64;
            bill.refusals += answers.refusals.len() as u64;
            bill.failures += answers.skipped.len() as u64;
            if let Some(last) = answers.skipped.last() {
                bill.last_failure = Some(last.clone());
            }
        });
    drafts.hooks.push(HookRun {
        owner: hook.name().owner.clone(),
        hook: hook.name().hook.clone(),
        rows: batch.len(),
        fuel: answers.cost.fuel,
        patches: answers.patches.len(),
        refusals: answers.refusals.len(),
        failures: answers.skipped.len(),
        record: only_record(batch, drafts),
        failure: answers.skipped.first().cloned(),
    });
    let mut amended = false;
    for patch in answers.patches {
        // The room behind the hook has checked row, field and kind; the engine's own stamps are nobody's to set.
        if let Some(after) = batch
            .get(patch.row)
            .and_then(|place| drafts.drafts[*place].after.as_mut())
            && patch.field >= system::FIRST_DECLARED
        {
            amended |= after.value(patch.field) != patch.value.as_ref();
            after.set(patch.field, patch.value);
        }
    }
    drafts.amended |= amended;
    drafts.reads.join(answers.reads);
    for (row, child) in answers.children {
        if let Some(draft) = batch.get(row).and_then(|place| drafts.drafts.get(*place)) {
            drafts.children.push((draft.group, draft.request, child));
        }
    }
    for (row, keep) in answers.keeps {
        if let Some(draft) = batch.get(row).and_then(|place| drafts.drafts.get(*place)) {
            drafts.keeps.push((draft.group, keep));
        }
    }
    let told = match answers.refusals.is_empty() {
        true => BTreeMap::new(),
        false => drafts.faults.clone(),
    };
    for refusal in answers.refusals {
        let Some(place) = batch.get(refusal.row) else {
            continue;
        };
        let mut failure = Failure::new(&format!("refused:{}", refusal.code), refusal.message);
        failure.field = refusal.field;
        let (group, failure) = drafts.drafts[*place].fail(failure);
        // A value that is wrong is not missing too.
        let told = told.get(&group).map_or(&[][..], Vec::as_slice);
        if hook.judges_the_faulty() && is_told(told, &failure) {
            continue;
        }
        drafts.fault((group, failure));
        *drafts.refusals.entry(group).or_default() += 1;
    }
}

fn is_told(told: &[Failure], failure: &Failure) -> bool {
    let mut told = told.iter();
    failure.field.is_some()
        && told.any(|told| told.request == failure.request && told.field == failure.field)
}

fn failed(
    write: &Write<'_>,
    hook: &Arc<dyn BeforeSave>,
    batch: &[usize],
    failure: &HookFailure,
    drafts: &mut Drafts,
) {
    write
        .bills
        .charge(hook.name(), batch.len(), failure.cost, |bill| {
            bill.failures += 1;
            bill.last_failure = Some(failure.message.clone());
        });
    drafts.hooks.push(HookRun {
        owner: hook.name().owner.clone(),
        hook: hook.name().hook.clone(),
        rows: batch.len(),
        fuel: failure.cost.fuel,
        patches: 0,
        refusals: 0,
        failures: 1,
        record: only_record(batch, drafts),
        failure: Some(failure.message.clone()),
    });
    if hook.on_failure() == OnFailure::Reject {
        for place in batch {
            let fault = drafts.drafts[*place].fail(Failure::new(
                &format!("refused:{}", failure.code),
                failure.message.clone(),
            ));
            drafts.fault(fault);
        }
    }
}
