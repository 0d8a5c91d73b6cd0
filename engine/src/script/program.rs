//! How does one run of a script go?

use std::sync::{Arc, Mutex};

use rhai::{AST, CallFnOptions, Dynamic};

use super::engine::{LIMITS, engine, scope};
use super::fault::{self, Fault};
use super::functions::{Answers, DONE, Run};
use super::header::{self, Header, Moment};
use super::meter::metered;
use super::view::{Access, RecordView};
use super::{Problem, scan, token};
use crate::error::{Error, ErrorKind, Failure, Result};
use crate::hook::{EffectAction, HookContext, Row, Verb};
use crate::record::{Record, Value};
use crate::schema::{Object, Schema};

/// A script that can run.
pub(super) struct Program {
    /// `script big-deals version 3`, for errors.
    called: String,
    pub(super) header: Header,
    object: Arc<Object>,
    code: AST,
}

/// What a script compiles to; opaque outside of this file.
pub(super) struct Code {
    object: Arc<Object>,
    code: AST,
}

/// Checks and compiles.
pub(super) fn compile(text: &str, schema: &Schema) -> Result<(Header, Code), Vec<Problem>> {
    if text.len() > LIMITS.text_bytes {
        return Err(vec![Problem::at(
            1,
            1,
            format!(
                "the script is longer than {} bytes; divide it into several",
                LIMITS.text_bytes
            ),
        )]);
    }
    let (tokens, mut problems) = token::read(text);
    let code = match engine().compile_with_scope(&scope(Dynamic::UNIT, Dynamic::UNIT), text) {
        Ok(code) => Some(code),
        // What the keyboard typed is told in clearer words already.
        Err(error) => {
            if problems.is_empty() {
                problems.push(fault::of_syntax(&error));
            }
            None
        }
    };
    let header = match header::read(text, schema) {
        Ok(header) => {
            problems.extend(scan::problems(&tokens, &header, schema));
            Some(header)
        }
        Err(more) => {
            problems.extend(more);
            None
        }
    };
    problems.sort();
    problems.dedup();
    let object = header
        .as_ref()
        .and_then(|header| schema.object(&header.object));
    match (header.as_ref(), code, object) {
        (Some(header), Some(code), Some(object)) if problems.is_empty() => Ok((
            header.clone(),
            Code {
                object: object.clone(),
                code,
            },
        )),
        _ => Err(problems),
    }
}

/// What a run left behind.
pub(super) struct Done {
    /// The record before and after the script had it.
    pub(super) start: Record,
    pub(super) end: Record,
    pub(super) answers: Answers,
    pub(super) operations: u64,
}

impl Done {
    /// The fields whose value is another one now.
    pub(super) fn patches(&self) -> impl Iterator<Item = (u32, Option<Value>)> {
        Record::changed(Some(&self.start), Some(&self.end))
            .into_iter()
            .map(|field| (field, self.end.value(field).cloned()))
    }
}

/// The text of an error and what was used until then.
pub(super) struct Stopped {
    pub(super) message: String,
    pub(super) operations: u64,
}

impl Program {
    pub(super) fn new(called: String, header: Header, code: Code) -> Self {
        Self {
            called,
            header,
            object: code.object,
            code: code.code,
        }
    }

    fn access(&self, verb: Verb) -> Access {
        match (self.header.moment, verb) {
            (Moment::After, _) => Access::Committed,
            (Moment::Before, Verb::Delete) => Access::Deleted,
            (Moment::Before, _) => Access::Draft,
        }
    }

    /// Runs on one record. `changed` are the fields that count as changed.
    pub(super) fn run(
        &self,
        row: &Row<'_>,
        changed: Vec<u32>,
        context: &HookContext<'_>,
    ) -> Option<Result<Done, Stopped>> {
        let start = row.record()?;
        let run = Arc::new(Run {
            moment: self.header.moment,
            reader: context.reader.clone(),
            now: context.now,
            today: context.today,
            actor: context.actor.to_string(),
            object: self.object.clone(),
            id: row.id,
            revision: start.revision,
            is_new: row.verb == Verb::Create,
            changed,
            answers: Mutex::new(Answers::default()),
        });
        let view = RecordView::new(start.clone(), self.access(row.verb));
        let old = row.before.map_or(Dynamic::UNIT, |before| {
            Dynamic::from(RecordView::new(before.clone(), Access::Old))
        });
        let mut scope = scope(Dynamic::from(view.clone()), old);
        let options = CallFnOptions::new()
            .with_tag(Arc::clone(&run))
            .in_all_namespaces(true);
        let (result, operations) = metered(|| {
            engine().call_fn_with_options::<()>(options, &mut scope, &self.code, DONE, ())
        });
        Some(match result {
            Ok(()) => {
                let answers = std::mem::take(&mut *run.answers());
                Ok(Done {
                    start: start.clone(),
                    end: view.record(),
                    answers,
                    operations,
                })
            }
            Err(error) => Err(Stopped {
                message: Fault::of(&error).tell(&self.called, &row.id),
                operations,
            }),
        })
    }
}

/// What a script would do to one record.
#[derive(Debug)]
pub(crate) struct ScriptRun {
    /// The fields that it would set or empty.
    pub(crate) patches: Vec<(String, Option<Value>)>,
    /// Field, where one is to blame, and message.
    pub(crate) refusals: Vec<(Option<String>, String)>,
    /// Key and action.
    pub(crate) effects: Vec<(String, EffectAction)>,
    pub(crate) log: Vec<String>,
    pub(crate) operations: u64,
}

/// Runs a script on one stored record and changes nothing.
///
/// The record is taken as if it were updated just now, in the fields that `when` names or, without a `when`, in all of
/// them; a script that does not run on update sees it created, or deleted.
pub(crate) fn run_once(
    text: &str,
    schema: &Schema,
    record: &Record,
    context: &HookContext<'_>,
) -> Result<ScriptRun> {
    let (header, code) = compile(text, schema).map_err(|problems| {
        let failures = problems
            .into_iter()
            .map(|problem| Failure::new("script", problem.to_string()))
            .collect();
        Error::with_failures(ErrorKind::Script, failures)
    })?;
    if header.object != record.object() {
        return Err(Error::new(
            ErrorKind::Script,
            format!(
                "{} is a {}, and the script runs on {}",
                record.id,
                record.object(),
                header.object
            ),
        ));
    }
    let (verb, before, after) = if header.verbs.contains(&Verb::Update) {
        (Verb::Update, Some(record), Some(record))
    } else if header.verbs.contains(&Verb::Create) {
        (Verb::Create, None, Some(record))
    } else {
        (Verb::Delete, Some(record), None)
    };
    let changed = if header.when.is_empty() {
        record
            .object
            .live_fields()
            .map(|field| field.number)
            .collect()
    } else {
        header.when.clone()
    };
    let done = match Program::new(format!("script {}", header.name), header, code).run(
        &Row {
            verb,
            id: record.id,
            before,
            after,
        },
        changed,
        context,
    ) {
        Some(Ok(done)) => done,
        Some(Err(stopped)) => return Err(Error::new(ErrorKind::Script, stopped.message)),
        None => {
            return Err(Error::new(
                ErrorKind::Script,
                format!("{} has no state to run on", record.id),
            ));
        }
    };
    let field_name = |number: u32| {
        record
            .object
            .field_by_number(number)
            .map_or_else(|| number.to_string(), |field| field.name.clone())
    };
    Ok(ScriptRun {
        patches: done
            .patches()
            .map(|(field, value)| (field_name(field), value))
            .collect(),
        refusals: done.answers.refusals,
        effects: done.answers.effects,
        log: done.answers.log,
        operations: done.operations,
    })
}
