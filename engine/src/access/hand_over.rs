//! What becomes of somebody's work when he leaves?
//!
//! One commit gives it to others, after a preview of what it would be, and one commit takes that back, as far as nobody
//! has changed it since.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::runs_as::Bindings;
use super::shape::Shape;
use crate::context::Actor;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Position;
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::Object;
use crate::session::Session;
use crate::write::{Committed, Request};

/// The fields that are handed over: whose a record is, and who stands above.
const HANDED: [&str; 3] = ["owner", "manager", ACTIVE];

/// Of plugins and scripts, which stop.
const RUNS_AS: &str = "runs_as";

/// Of users and their keys.
const ACTIVE: &str = "active";

/// Who gets what.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandOver {
    /// Who gets what nobody else gets.
    pub to: RecordId,
    /// Who gets the records of an object: `lead`.
    pub objects: BTreeMap<String, RecordId>,
    /// What is closed too: won and lost sales, converted leads, activities that are over.
    pub closed: bool,
    /// Whether the user is made inactive in the same commit.
    pub deactivate: bool,
}

impl HandOver {
    /// All to one.
    #[must_use]
    pub fn to(user: RecordId) -> Self {
        Self {
            to: user,
            objects: BTreeMap::new(),
            closed: false,
            deactivate: false,
        }
    }

    /// The records of an object to somebody else.
    #[must_use]
    pub fn object(mut self, name: impl Into<String>, user: RecordId) -> Self {
        self.objects.insert(name.into(), user);
        self
    }

    /// What is closed too.
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.closed = true;
        self
    }

    /// And the user is inactive from then on.
    #[must_use]
    pub fn deactivate(mut self) -> Self {
        self.deactivate = true;
        self
    }

    fn heir(&self, object: &str) -> RecordId {
        self.objects.get(object).copied().unwrap_or(self.to)
    }
}

/// One thing that changes hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HandedOver {
    /// The record.
    #[serde(with = "crate::write::id_text")]
    pub record: RecordId,
    /// Its object's name.
    pub object: String,
    /// What a person would call it.
    pub title: String,
    /// Which field says whose it is, or who stands above: `owner`, `manager`. `active` of a key that acts for him: it is
    /// closed. `runs_as` of a plugin or script that runs as him, where `record` is he: it stops until [`Session::run_as`]
    /// names somebody else.
    pub field: String,
    /// Who gets it; of a key, who is there to make another one.
    #[serde(with = "crate::write::id_text")]
    pub to: RecordId,
}

/// Whether work on a record goes on.
fn is_open(record: &Record) -> bool {
    match (record.object(), record.text("status")) {
        ("opportunity", status) => status == Some("open"),
        ("lead", status) => !matches!(status, Some("converted" | "unqualified")),
        ("activity", status) => status == Some("planned"),
        // What was written stays his who wrote it.
        ("message", _) => matches!(record.text("state"), Some("draft" | "queued")),
        _ => true,
    }
}

/// The fields of an object by which its records are handed over.
fn handed(object: &Object) -> Vec<u32> {
    let mut fields = Vec::new();
    match Shape::of(object) {
        Shape::Owned { owner, .. } | Shape::Audience { owner, .. } => fields.push(owner),
        _ => {}
    }
    let manager = object
        .field("manager")
        .filter(|field| field.kind.refers_to("user"));
    fields.extend(manager.map(|field| field.number));
    fields
}

fn all_of(
    reader: &Reader,
    runs_as: &Bindings,
    user: RecordId,
    rule: &HandOver,
) -> Result<Vec<HandedOver>> {
    let mut all = Vec::new();
    for object in reader.schema.objects() {
        for number in handed(object) {
            let Some(field) = object.field_by_number(number) else {
                continue;
            };
            for id in reader.referring(object, number, user)? {
                let Some(record) = reader.get_stored(id)? else {
                    continue;
                };
                let to = rule.heir(&object.name);
                if (rule.closed || is_open(&record)) && id != to {
                    all.push(HandedOver {
                        record: id,
                        object: object.name.clone(),
                        title: record.title(),
                        field: field.name.clone(),
                        to,
                    });
                }
            }
        }
    }
    if rule.deactivate {
        all.extend(keys_of(reader, user, rule.to)?);
        let running = runs_as.iter().filter(|(_, of)| **of == user);
        all.extend(running.map(|(actor, _)| {
            HandedOver {
                record: user,
                object: match actor {
                    Actor::Plugin(_) => "plugin",
                    _ => "script",
                }
                .to_owned(),
                title: actor.to_string(),
                field: RUNS_AS.to_owned(),
                to: rule.to,
            }
        }));
    }
    Ok(all)
}

/// The keys that act for a user: none of them opens anything once he is not active.
fn keys_of(reader: &Reader, user: RecordId, to: RecordId) -> Result<Vec<HandedOver>> {
    let mut keys = Vec::new();
    let object = reader.schema.object("api_key");
    let Some((object, field)) = object.and_then(|object| Some((object, object.field("user")?)))
    else {
        return Ok(keys);
    };
    for id in reader.referring(object, field.number, user)? {
        let Some(record) = reader.get_stored(id)? else {
            continue;
        };
        if record.get("active") != Some(&Value::Boolean(false)) {
            keys.push(HandedOver {
                record: id,
                object: object.name.clone(),
                title: record.title(),
                field: ACTIVE.to_owned(),
                to,
            });
        }
    }
    Ok(keys)
}

impl Session {
    /// What [`Session::hand_over`] would hand over; changes nothing.
    ///
    /// # Errors
    /// When who asks does not administer the workspace; when one of the users is not there, gets his own, or is not
    /// active; when an object is not there, with the nearest name, or its records belong to nobody.
    pub fn preview_hand_over(&self, user: RecordId, rule: &HandOver) -> Result<Vec<HandedOver>> {
        self.must_administer("hand over what is another's")?;
        let (reader, config) = self.engine.read()?;
        for name in rule.objects.keys() {
            if handed(reader.object(name)?).is_empty() {
                let message = format!("records of {name} belong to nobody, so none is handed over");
                return Err(Error::new(ErrorKind::Invalid, message)
                    .hint("name an object whose records have an owner, such as account or lead"));
            }
        }
        for heir in rule.objects.values().chain([&rule.to]) {
            let there = reader
                .get_stored(*heir)?
                .filter(|heir| heir.object() == "user");
            let wrong = match there {
                None => Some("is no user"),
                Some(_) if *heir == user => Some("would get what is his"),
                Some(heir) if heir.get("active") == Some(&Value::Boolean(false)) => {
                    Some("is not active")
                }
                Some(_) => None,
            };
            if let Some(wrong) = wrong {
                return Err(Error::new(ErrorKind::Invalid, format!("{heir} {wrong}"))
                    .hint("name somebody else who is active"));
            }
        }
        if reader
            .get_stored(user)?
            .is_none_or(|user| user.object() != "user")
        {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("there is no user {user}"),
            ));
        }
        all_of(&reader, &config.runs_as, user, rule)
    }

    /// Hands over what is a user's, in one commit: his open records and tasks, private views, forms and dashboards, and
    /// the teams, territories and people that he manages; with [`HandOver::deactivate`], his keys are closed.
    /// [`Session::undo_hand_over`] takes it back.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{Engine, HandOver};
    /// use serde_json::json;
    ///
    /// let session = Engine::in_memory().open()?.session();
    /// let sara = session.create("user", json!({"login": "sara", "name": "سارا"}))?.id()?;
    /// let reza = session.create("user", json!({"login": "reza", "name": "رضا"}))?.id()?;
    /// let account = session.create("account", json!({"name": "فولاد پارس", "owner": "sara"}))?.id()?;
    /// let rule = HandOver::to(reza).deactivate();
    /// assert_eq!(session.preview_hand_over(sara, &rule)?.len(), 1);
    /// let done = session.hand_over(sara, &rule)?;
    /// assert_eq!(session.get(account)?.to_json()["owner"], reza.to_string());
    /// session.undo_hand_over(done.position)?;
    /// assert_eq!(session.get(account)?.to_json()["owner"], sara.to_string());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Session::preview_hand_over`] and [`Session::commit`].
    pub fn hand_over(&self, user: RecordId, rule: &HandOver) -> Result<Committed> {
        let handed = self.preview_hand_over(user, rule)?;
        let mut requests: Vec<Request> = handed
            .iter()
            .filter(|one| one.field != RUNS_AS)
            .map(|one| {
                let field = one.field.as_str();
                let value = match field {
                    ACTIVE => json!(false),
                    _ => json!(one.to.to_string()),
                };
                Request::update(one.record, json!({field: value}))
            })
            .collect();
        if rule.deactivate {
            requests.push(Request::update(user, json!({ACTIVE: false})));
        }
        self.commit(requests)
    }

    /// Gives back what the commit of a [`Session::hand_over`] handed over; what was changed again since stays as it is.
    ///
    /// # Errors
    /// When who asks does not administer the workspace, the commit is no hand-over, nothing of it is left to take back, or the journal does not go back so far.
    pub fn undo_hand_over(&self, position: Position) -> Result<Committed> {
        self.must_administer("take back what was handed over")?;
        let (reader, _) = self.engine.read()?;
        let backend = &self.engine.inner.backend;
        let entry = backend.entry(position)?.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("there is no commit {position}"),
            )
        })?;
        let changes = crate::timeline::changes_of(&reader, backend, &entry)?;
        if changes.is_empty() {
            return Err(no_hand_over(position));
        }
        for change in &changes {
            let (Some(_), Some(after)) = (&change.before, &change.after) else {
                return Err(no_hand_over(position));
            };
            for number in crate::write::Change::changed(change) {
                let field = after.object.field_by_number(number);
                let name = field.map(|field| field.name.as_str()).unwrap_or_default();
                if !HANDED.contains(&name) {
                    return Err(no_hand_over(position));
                }
            }
        }
        let mut left = Vec::with_capacity(changes.len());
        for change in changes {
            // What is in the bin by now stays there, and what was changed again since stays as it is.
            let now = reader.get_stored(change.id)?;
            let is_left = now.zip(change.after.as_ref()).is_some_and(|(now, after)| {
                crate::write::Change::changed(&change)
                    .into_iter()
                    .any(|number| now.value(number) == after.value(number))
            });
            if is_left {
                left.push(change);
            }
        }
        if left.is_empty() {
            let message = format!("nothing of commit {position} is left to take back");
            return Err(Error::new(ErrorKind::Invalid, message).hint(
                "what it handed over was taken back or changed again since; hand it over anew",
            ));
        }
        self.commit_groups(&[crate::undo::whole(left, entry.time)])
    }
}

fn no_hand_over(position: Position) -> Error {
    let message = format!("commit {position} is no hand-over");
    Error::new(ErrorKind::Invalid, message).hint("name the position that the hand-over gave")
}
