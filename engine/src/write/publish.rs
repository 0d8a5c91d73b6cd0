//! Step 7: who hears of it?
//!
//! After-commit hooks see what was committed and answer effects as data. Each effect is a write of its own, done once
//! under a key made of hook and effect, so that a repeat after a crash changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::Write;
use super::draft::Draft;
use super::request::{Ask, Fields, Group, Request, Stored};
use crate::context::Actor;
use crate::hook::{
    AfterCommit, Bills, Effect, EffectAction, Effects, HookContext, HookFailure, HookName,
    HttpRequest, Links, Posting, Row, Verb, Which,
};
use crate::journal::Position;
use crate::record::RecordId;
use crate::schema::Schema;
use crate::store::spaces;

/// Follow-ups of one hook, to be written as its actor.
pub(crate) struct Followed {
    pub(crate) actor: Actor,
    pub(crate) groups: Vec<Group>,
    /// Messages, each with the key that it is sent once under.
    pub(crate) posts: Vec<(String, Posting)>,
}

/// What a hook may follow: a change with its verb and the fields that changed.
pub(crate) trait Change {
    fn row(&self) -> Row<'_>;
    fn changed(&self) -> Vec<u32>;
}

impl Change for Draft {
    fn row(&self) -> Row<'_> {
        Draft::row(self)
    }

    fn changed(&self) -> Vec<u32> {
        Draft::changed(self)
    }
}

/// Asks every after-commit hook that these changes wake, and gives what is to be written, with what went wrong.
pub(crate) fn follow<C: Change>(
    write: &Write<'_>,
    position: Position,
    changes: &[C],
) -> (Vec<Followed>, Vec<String>) {
    let context = write.hook_context();
    let mut followed = Vec::new();
    let mut warnings = Vec::new();
    for hook in &write.registry.after_commit {
        let awake: Vec<&C> = changes
            .iter()
            .filter(|change| is_awake(hook, *change))
            .collect();
        if awake.is_empty() {
            continue;
        }
        let actor = &hook.name().actor;
        let bound = match write.acting.bound(actor, &write.reader, write.context) {
            Ok(bound) => bound,
            Err(stopped) => {
                warnings.push(stopped.message);
                continue;
            }
        };
        let reader = bound.as_ref().unwrap_or(context.reader);
        let context = HookContext { reader, ..context };
        for batch in awake.chunks(1_000) {
            let rows: Vec<Row<'_>> = batch.iter().map(|change| change.row()).collect();
            let scope = format!("{}/{}", hook.name().owner, position.get());
            match charge(
                write.bills,
                hook.name(),
                rows.len(),
                hook.after_commit(&rows, &context),
            ) {
                Ok(effects) => followed.push(Followed::new(
                    hook.name().actor.clone(),
                    &scope,
                    &write.reader.schema,
                    effects,
                )),
                Err(message) => warnings.push(message),
            }
        }
    }
    followed.retain(|followed| !followed.is_empty());
    (followed, warnings)
}

fn is_awake<C: Change>(hook: &Arc<dyn AfterCommit>, change: &C) -> bool {
    let row = change.row();
    let changed = if row.verb == Verb::Update {
        change.changed()
    } else {
        Vec::new()
    };
    row.record()
        .is_some_and(|record| hook.interest().is_in(record.object(), row.verb, &changed))
}

/// Puts a call on its hook's bill.
pub(crate) fn charge(
    bills: &Bills,
    name: &HookName,
    rows: usize,
    answer: Result<Effects, HookFailure>,
) -> Result<Vec<Effect>, String> {
    match answer {
        Ok(effects) => {
            bills.charge(name, rows, effects.cost, |bill| {
                bill.effects += effects.effects.len() as u64;
                bill.rows_written += effects.effects.iter().filter(|of| writes(of)).count() as u64;
            });
            Ok(effects.effects)
        }
        Err(failure) => {
            bills.charge(name, rows, failure.cost, |bill| {
                bill.failures += 1;
                bill.last_failure = Some(failure.message.clone());
            });
            Err(failure.message)
        }
    }
}

/// Whether an effect makes or changes a record; a message is one.
fn writes(effect: &Effect) -> bool {
    match effect.action {
        EffectAction::Create { .. }
        | EffectAction::Update { .. }
        | EffectAction::Delete(_)
        | EffectAction::Send(_) => true,
        EffectAction::Request(_) | EffectAction::Keep(_) => false,
    }
}

impl Followed {
    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.posts.is_empty()
    }

    /// What the effects of a hook come to. `scope` and an effect's key are what it is done once under.
    pub(crate) fn new(actor: Actor, scope: &str, schema: &Schema, effects: Vec<Effect>) -> Self {
        let mut followed = Self {
            actor,
            groups: Vec::with_capacity(effects.len()),
            posts: Vec::new(),
        };
        let mut made = Made::of(&effects);
        for effect in effects {
            let once = format!("{scope}/{}", effect.key);
            match made.ask(effect, &once, schema) {
                Some(Asked::Write(ask)) => followed.groups.push(Group {
                    asks: vec![ask],
                    once: Some(once),
                }),
                Some(Asked::Post(posting)) => followed.posts.push((once, posting)),
                // It names what no effect before it makes; whoever answered it was told.
                None => {}
            }
        }
        followed
    }
}

/// What one effect comes to.
enum Asked {
    Write(Ask),
    Post(Posting),
}

/// The records that effects make and others name. Their numbers follow from the key that they are made once under, so
/// that they are the same when all is done again after a crash.
struct Made {
    named: BTreeSet<String>,
    ids: BTreeMap<String, RecordId>,
}

impl Made {
    fn of(effects: &[Effect]) -> Self {
        let mut named = BTreeSet::new();
        let mut name = |which: &Which| {
            if let Which::Made(key) = which {
                named.insert(key.clone());
            }
        };
        for effect in effects {
            match &effect.action {
                EffectAction::Create { links, .. } => links_of(links, &mut name),
                EffectAction::Update { which, links, .. } => {
                    name(which);
                    links_of(links, &mut name);
                }
                EffectAction::Delete(which) => name(which),
                EffectAction::Send(posting) => posting.each_record(&mut name),
                EffectAction::Request(_) | EffectAction::Keep(_) => {}
            }
        }
        Self {
            named,
            ids: BTreeMap::new(),
        }
    }

    fn id(&self, which: &Which) -> Option<RecordId> {
        match which {
            Which::Id(id) => Some(*id),
            Which::Made(key) => self.ids.get(key).copied(),
        }
    }

    fn linked(&self, mut fields: Map<String, Json>, links: Links) -> Option<Fields> {
        for (field, key) in links {
            let id = self.ids.get(&key)?;
            fields.insert(field, id.to_string().into());
        }
        Some(Fields(fields))
    }

    fn ask(&mut self, effect: Effect, once: &str, schema: &Schema) -> Option<Asked> {
        let request = match effect.action {
            EffectAction::Create {
                object,
                fields,
                links,
            } => {
                let fields = self.linked(fields, links)?;
                let prefix = schema.object(&object).map(|object| object.prefix);
                let id = prefix
                    .filter(|_| self.named.contains(&effect.key))
                    .map(|prefix| RecordId::new(prefix, number_of(once)));
                self.ids.extend(id.map(|id| (effect.key, id)));
                Request::Create { object, id, fields }
            }
            EffectAction::Update {
                which,
                fields,
                links,
            } => Request::Update {
                id: self.id(&which)?,
                revision: None,
                fields: self.linked(fields, links)?,
            },
            EffectAction::Delete(which) => Request::Delete {
                id: self.id(&which)?,
                revision: None,
            },
            EffectAction::Send(mut posting) => {
                let mut missing = false;
                posting.each_record_mut(&mut |which| match self.id(which) {
                    Some(id) => *which = Which::Id(id),
                    None => missing = true,
                });
                return (!missing).then_some(Asked::Post(*posting));
            }
            EffectAction::Request(request) => {
                return Some(Asked::Write(Ask::Stored(waiting(&request, once))));
            }
            EffectAction::Keep(keep) => {
                return Some(Asked::Write(Ask::Stored(Stored {
                    what: format!("keep {} of plugin {}", keep.key, keep.plugin),
                    keeps: vec![keep],
                    ..Stored::default()
                })));
            }
        };
        Some(Asked::Write(Ask::Record(Box::new(request))))
    }
}

fn links_of(links: &Links, name: &mut impl FnMut(&Which)) {
    for (_, key) in links {
        name(&Which::Made(key.clone()));
    }
}

/// A request to another system, as it waits to be made.
fn waiting(request: &HttpRequest, once: &str) -> Stored {
    let key = spaces::named(spaces::REQUEST, once);
    let value = serde_json::to_vec(request).unwrap_or_default();
    Stored {
        what: format!("plugin {} asks another system", request.plugin),
        entries: vec![(key, Some(value))],
        ..Stored::default()
    }
}

fn number_of(once: &str) -> u128 {
    let hash = blake3::hash(format!("effect/{once}").as_bytes());
    hash.as_bytes()
        .first_chunk()
        .map_or(0, |bytes| u128::from_be_bytes(*bytes))
}
