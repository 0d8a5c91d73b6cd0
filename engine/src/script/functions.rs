//! Which functions of the engine can a script call?
//!
//! What belongs to one run — its record, its answers, its reader — travels with the run as rhai's tag; the functions
//! are registered once and find it there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use rhai::{Dynamic, Engine, EvalAltResult, Map, NativeCallContext};
use serde_json::{Map as Fields, Value as Json};

use super::engine::LIMITS;
use super::header::Moment;
use super::value::to_json;
use super::view::{self, Access, RecordView};
use crate::hook::EffectAction;
use crate::query::Reader;
use crate::record::RecordId;
use crate::schema::{FieldKind, Object};

type Fallible<T> = Result<T, Box<EvalAltResult>>;

/// Everything that scripts can call besides what rhai brings.
pub(super) const NAMES: [&str; 17] = [
    "reject", "create", "update", "get", "changed", "is_new", "today", "now", "date", "instant",
    "days", "hours", "minutes", "money", "actor", "log", "fold",
];

/// Names of rhai's that are one letter away from one of ours.
pub(super) const RESERVED_BY_RHAI: [&str; 4] = ["set", "ln", "pow", "floor"];

/// One run, as the functions see it.
pub(super) struct Run {
    pub(super) moment: Moment,
    pub(super) reader: Reader,
    pub(super) now: DateTime<Utc>,
    pub(super) today: NaiveDate,
    pub(super) actor: String,
    pub(super) object: Arc<Object>,
    pub(super) id: RecordId,
    pub(super) revision: u64,
    pub(super) is_new: bool,
    /// Numbers of the fields that the request changed.
    pub(super) changed: Vec<u32>,
    pub(super) answers: Mutex<Answers>,
}

/// What a run has said so far.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) refusals: Vec<(Option<String>, String)>,
    pub(super) effects: Vec<(String, EffectAction)>,
    pub(super) log: Vec<String>,
    reads: usize,
}

impl Run {
    pub(super) fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reject(&self, field: Option<&str>, message: &str) -> Result<(), String> {
        if self.moment == Moment::After {
            return Err(
                "an after script cannot reject: the record is committed when it runs".to_owned(),
            );
        }
        if let Some(name) = field {
            self.known(name)?;
        }
        let mut answers = self.answers();
        if answers.refusals.len() >= LIMITS.refusals {
            return Err(format!("it rejects more than {} times", LIMITS.refusals));
        }
        answers
            .refusals
            .push((field.map(str::to_owned), message.to_owned()));
        Ok(())
    }

    fn known(&self, field: &str) -> Result<u32, String> {
        self.object
            .field(field)
            .map(|field| field.number)
            .ok_or_else(|| self.object.unknown_field(field))
    }

    fn create(&self, object: &str, fields: &Map, key: Option<&Dynamic>) -> Result<(), String> {
        self.may_ask("create")?;
        let target = self
            .reader
            .object(object)
            .map_err(|error| error.to_string())?;
        let fields = effect_fields(target, fields)?;
        self.ask(
            EffectAction::Create {
                object: object.to_owned(),
                fields,
                links: Vec::new(),
            },
            key,
        )
    }

    fn update(&self, target: &Dynamic, fields: &Map, key: Option<&Dynamic>) -> Result<(), String> {
        self.may_ask("update")?;
        if target.is_unit() {
            return Err("the record to update is empty; test `!= ()` first".to_owned());
        }
        let id = id_of(target)?;
        let object = self
            .reader
            .object_of(id)
            .map_err(|error| error.to_string())?;
        let fields = effect_fields(object, fields)?;
        self.ask(
            EffectAction::Update {
                which: id.into(),
                fields,
                links: Vec::new(),
            },
            key,
        )
    }

    fn may_ask(&self, function: &str) -> Result<(), String> {
        match self.moment {
            Moment::After => Ok(()),
            Moment::Before => Err(format!(
                "{function}() asks for something after the commit; only an after script can"
            )),
        }
    }

    fn ask(&self, action: EffectAction, key: Option<&Dynamic>) -> Result<(), String> {
        let mut answers = self.answers();
        let place = answers.effects.len() + 1;
        if place > LIMITS.effects {
            return Err(format!(
                "it asks for more than {} records to be created or updated",
                LIMITS.effects
            ));
        }
        let key = match key {
            Some(key) => key_of(key)?,
            // The same commit seen again asks for the same things in the same order.
            None => format!("{}/{}/{place}", self.id, self.revision),
        };
        answers.effects.push((key, action));
        Ok(())
    }

    fn get(&self, id: RecordId) -> Result<Dynamic, String> {
        self.count_read()?;
        let record = self.reader.get(id).map_err(|error| error.to_string())?;
        Ok(record.map_or(Dynamic::UNIT, |record| {
            Dynamic::from(RecordView::new(record, Access::Foreign))
        }))
    }

    fn count_read(&self) -> Result<(), String> {
        let mut answers = self.answers();
        answers.reads += 1;
        if answers.reads > LIMITS.reads {
            return Err(format!("it reads more than {} records", LIMITS.reads));
        }
        Ok(())
    }

    fn log(&self, text: &str) {
        let mut answers = self.answers();
        if answers.log.len() < LIMITS.log_lines {
            answers
                .log
                .push(text.chars().take(LIMITS.log_line_chars).collect());
        }
    }
}

fn id_of(target: &Dynamic) -> Result<RecordId, String> {
    if let Some(view) = target.read_lock::<RecordView>() {
        return Ok(view.id());
    }
    match target.read_lock::<rhai::ImmutableString>() {
        Some(text) => text
            .parse()
            .map_err(|error: crate::record::NotAnId| error.to_string()),
        None => Err(format!(
            "the id of a record is expected, not {}",
            super::fault::type_name(target.type_name())
        )),
    }
}

/// `"…"` or `#{ key: "…" }`
fn key_of(key: &Dynamic) -> Result<String, String> {
    let text = |key: &Dynamic| {
        key.read_lock::<rhai::ImmutableString>()
            .map(|text| text.to_string())
            .filter(|text| !text.trim().is_empty())
    };
    let read = match key.read_lock::<Map>() {
        Some(map) if map.keys().all(|name| name == "key") => map.get("key").and_then(text),
        Some(_) => None,
        None => text(key),
    };
    read.ok_or_else(|| {
        "the third argument is the key by which the same request is known again: #{ key: \"…\" }"
            .to_owned()
    })
}

/// Checked as far as it can be here: the write path checks it all when the effect is done, but then far from the line.
fn effect_fields(object: &Object, fields: &Map) -> Result<Fields<String, Json>, String> {
    let mut checked = Fields::new();
    for (name, value) in fields {
        let field = view::may_set(object, name, Access::Draft)?;
        let told = |message: String| format!("{name}: {message}");
        let json = to_json(value).map_err(told)?;
        let is_empty = json.is_null() || json.as_str().is_some_and(|text| text.trim().is_empty());
        // A reference may be a natural key, which is looked up when the effect is done.
        if !is_empty && !matches!(field.kind, FieldKind::Reference { .. }) {
            field.kind.read(&json).map_err(told)?;
        }
        checked.insert(name.to_string(), json);
    }
    Ok(checked)
}

/// The run in which a function is called.
pub(super) fn current(context: &NativeCallContext<'_>) -> Fallible<Arc<Run>> {
    let run = context
        .tag()
        .and_then(|tag| tag.read_lock::<Arc<Run>>().map(|run| Arc::clone(&run)));
    Ok(run.ok_or("this can be called only while a record is handled")?)
}

type Call<'a> = NativeCallContext<'a>;

pub(super) fn register(engine: &mut Engine) {
    // What a run calls at its end; no script can write this name.
    engine.register_fn(DONE, || ());
    engine
        .register_fn("reject", |call: Call<'_>, message: &str| -> Fallible<()> {
            Ok(current(&call)?.reject(None, message)?)
        })
        .register_fn(
            "reject",
            |call: Call<'_>, field: &str, message: &str| -> Fallible<()> {
                Ok(current(&call)?.reject(Some(field), message)?)
            },
        )
        .register_fn("changed", |call: Call<'_>, field: &str| -> Fallible<bool> {
            let run = current(&call)?;
            Ok(run.changed.contains(&run.known(field)?))
        })
        .register_fn("is_new", |call: Call<'_>| -> Fallible<bool> {
            Ok(current(&call)?.is_new)
        })
        .register_fn("today", |call: Call<'_>| -> Fallible<NaiveDate> {
            Ok(current(&call)?.today)
        })
        .register_fn("now", |call: Call<'_>| -> Fallible<DateTime<Utc>> {
            Ok(current(&call)?.now)
        })
        .register_fn("actor", |call: Call<'_>| -> Fallible<String> {
            Ok(current(&call)?.actor.clone())
        })
        .register_fn("fold", |text: &str| crate::locale::fold_text(text))
        .register_fn("log", |call: Call<'_>, text: &str| -> Fallible<()> {
            current(&call)?.log(text);
            Ok(())
        });
    reading(engine);
    asking(engine);
}

pub(super) const DONE: &str = "=done=";

fn reading(engine: &mut Engine) {
    engine
        .register_fn("get", |call: Call<'_>, id: Dynamic| -> Fallible<Dynamic> {
            let run = current(&call)?;
            // An empty reference leads nowhere: `get(record.account)` is empty too.
            if id.is_unit() {
                Ok(Dynamic::UNIT)
            } else {
                Ok(run.get(id_of(&id)?)?)
            }
        })
        .register_fn(
            "get",
            |call: Call<'_>, object: &str, key: &str| -> Fallible<Dynamic> {
                let run = current(&call)?;
                match view::by_key(&run.reader, object, key)? {
                    Some(id) => Ok(run.get(id)?),
                    None => run.count_read().map(|()| Dynamic::UNIT).map_err(Into::into),
                }
            },
        );
}

fn asking(engine: &mut Engine) {
    engine
        .register_fn(
            "create",
            |call: Call<'_>, object: &str, fields: Map| -> Fallible<()> {
                Ok(current(&call)?.create(object, &fields, None)?)
            },
        )
        .register_fn(
            "create",
            |call: Call<'_>, object: &str, fields: Map, key: Dynamic| -> Fallible<()> {
                Ok(current(&call)?.create(object, &fields, Some(&key))?)
            },
        )
        .register_fn(
            "update",
            |call: Call<'_>, id: Dynamic, fields: Map| -> Fallible<()> {
                Ok(current(&call)?.update(&id, &fields, None)?)
            },
        )
        .register_fn(
            "update",
            |call: Call<'_>, id: Dynamic, fields: Map, key: Dynamic| -> Fallible<()> {
                Ok(current(&call)?.update(&id, &fields, Some(&key))?)
            },
        );
}
