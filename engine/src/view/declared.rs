//! What is declared, by whom, for whom, and which one does somebody get?
//!
//! A view, a form or a dashboard is a record with a definition. Where nobody declared one, those that come with the
//! engine answer, and where there is none of those either, one is made of the schema.

use serde_json::Value as Json;

use super::check::Ground;
use super::dashboard::DashboardDefinition;
use super::definition::ViewDefinition;
use super::error::DefinitionError;
use super::form::FormDefinition;
use super::gone::Gone;
use super::look::Look;
use super::panel::PanelDefinition;
use super::written;
use crate::error::{Failure, Result};
use crate::query::{self, Filter, Query, Reader};
use crate::record::{Record, RecordId, Value};
use crate::schema::{Labels, did_you_mean, labels_of};

/// Whom something is declared for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Audience {
    /// One user.
    Owner(RecordId),
    /// The users of a team.
    Team(RecordId),
    /// The users of a role.
    Role(RecordId),
    /// Everyone.
    Everyone,
}

impl Audience {
    /// Its word: `team`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner(_) => "owner",
            Self::Team(_) => "team",
            Self::Role(_) => "role",
            Self::Everyone => "everyone",
        }
    }

    /// The user, team or role; none for everyone.
    #[must_use]
    pub fn who(self) -> Option<RecordId> {
        match self {
            Self::Owner(id) | Self::Team(id) | Self::Role(id) => Some(id),
            Self::Everyone => None,
        }
    }
}

/// A definition with its name, and whom it is for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Declared<D> {
    /// Its record; none where it comes with the engine or is made of the schema.
    pub id: Option<RecordId>,
    /// The word that it is asked for by, where it has one.
    pub key: Option<String>,
    /// What it is called.
    pub name: String,
    /// What it is called in several languages.
    pub label: Labels,
    /// Whom it is for.
    pub audience: Audience,
    /// Whether it is the one that they get first.
    pub is_default: bool,
    /// Who brought it, by a plugin's id; none where a person made it.
    pub brought_by: Option<String>,
    /// What it says.
    pub definition: D,
}

/// What a view, a form, a dashboard and a panel have in common.
pub(crate) trait Definition: Sized + Clone + 'static {
    /// The object of its records, which is also what people call it.
    const OBJECT: &'static str;
    fn of_json(json: &Json) -> Result<Self, DefinitionError>;
    fn as_json(&self) -> Json;
    /// The object whose records it is about, where it is about those of one.
    fn about(&self) -> Option<&str>;
    /// Everything in it that does not fit the schema and the records there are.
    fn faults(&self, ground: &Ground<'_>) -> Vec<Failure>;
    /// Takes out what is gone and names the places; false when nothing is left.
    fn strip(&mut self, gone: &Gone, places: &mut Vec<String>) -> bool;
    /// What the engine keeps of it in fields of its own.
    fn kept(&self) -> Vec<(&'static str, Value)>;
    /// Those that come with the engine.
    fn shipped() -> &'static [Declared<Self>];
}

/// A definition crosses every border as the JSON that is kept of it.
macro_rules! serde_as_json {
    ($($definition:ty),+) => {$(
        impl serde::Serialize for $definition {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                self.as_json().serialize(to)
            }
        }

        impl<'de> serde::Deserialize<'de> for $definition {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Self::of_json(&Json::deserialize(from)?).map_err(serde::de::Error::custom)
            }
        }
    )+};
}

serde_as_json!(
    ViewDefinition,
    FormDefinition,
    DashboardDefinition,
    PanelDefinition
);

impl<D> Declared<D> {
    /// A definition for everyone under a key, to be brought by [`Session::declare`](crate::Session::declare).
    pub fn new(key: impl Into<String>, definition: D) -> Self {
        let key = key.into();
        Self {
            id: None,
            name: key.clone(),
            key: Some(key),
            label: Labels::new(),
            audience: Audience::Everyone,
            is_default: false,
            brought_by: None,
            definition,
        }
    }

    /// With its name in English, Persian and Arabic.
    #[must_use]
    pub fn label(mut self, en: &str, fa: &str, ar: &str) -> Self {
        self.label = labels_of(en, fa, ar);
        self.name = en.to_owned();
        self
    }

    /// As the one that is shown first.
    #[must_use]
    pub fn first(mut self) -> Self {
        self.is_default = true;
        self
    }

    /// One that nobody stored.
    pub(super) fn unstored(name: String, definition: D) -> Self {
        Self {
            id: None,
            key: None,
            name,
            label: Labels::new(),
            audience: Audience::Everyone,
            is_default: true,
            brought_by: None,
            definition,
        }
    }
}

/// What a record declares.
pub(crate) fn of_record<D: Definition>(record: &Record) -> Result<Declared<D>, DefinitionError> {
    let stale = |why: String| DefinitionError::Stale {
        what: D::OBJECT,
        name: record.title(),
        why,
    };
    let json = |name: &str| match record.get(name) {
        Some(Value::Json(json)) => Some(json),
        _ => None,
    };
    let definition = json("definition").ok_or_else(|| stale("it says nothing".to_owned()))?;
    let definition = D::of_json(definition).map_err(|error| stale(error.to_string()))?;
    let text = |name: &str| record.text(name).map(str::to_owned);
    let who = |name: &str| match record.get(name) {
        Some(Value::Reference(id)) => Some(*id),
        _ => None,
    };
    let audience = match record.text("audience") {
        Some("owner") => who("owner").map(Audience::Owner),
        Some("team") => who("team").map(Audience::Team),
        Some("role") => who("role").map(Audience::Role),
        _ => None,
    };
    Ok(Declared {
        id: Some(record.id()),
        key: text("key"),
        name: record.title(),
        label: json("label")
            .and_then(|json| written::labels(json).ok())
            .unwrap_or_default(),
        audience: audience.unwrap_or(Audience::Everyone),
        is_default: record.get("is_default") == Some(&Value::Boolean(true)),
        brought_by: text("brought_by"),
        definition,
    })
}

/// The stored ones that pass a filter, in the order of their ids. One that this engine cannot read is left out: asked
/// for by name it says why.
pub(super) fn stored<D: Definition>(look: &Look, filter: Filter) -> Result<Vec<Declared<D>>> {
    if look.reader.schema.object(D::OBJECT).is_none() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(D::OBJECT).filter(filter).limit(1_000);
    let mut all = Vec::new();
    loop {
        let page = query::run(&look.reader, &query, &look.time)?;
        let read = page.records.iter().filter_map(|one| of_record(one).ok());
        all.extend(read.filter(|one| look.may_see(one.audience)));
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(all),
        }
    }
}

/// Everything that somebody may look at: what is stored, and what comes with the engine and was not replaced.
pub(super) fn all<D: Definition>(look: &Look, about: Option<&str>) -> Result<Vec<Declared<D>>> {
    let filter = match about {
        Some(object) => Filter::eq("object", look.reader.object(object)?.name.clone()),
        None => Filter::everything(),
    };
    let mut all = stored::<D>(look, filter)?;
    let shipped = D::shipped().iter().filter(|one| {
        let replaced = all.iter().any(|other| other.key == one.key);
        !replaced && (about.is_none() || one.definition.about() == about)
    });
    let shipped: Vec<_> = shipped.cloned().collect();
    all.extend(shipped);
    Ok(all)
}

/// The one that somebody gets first: his own, his team's, his role's, everyone's, then the one of the engine.
pub(super) fn first<D: Definition>(
    look: &Look,
    about: Option<&str>,
    fits: impl Fn(&D) -> bool,
) -> Result<Option<Declared<D>>> {
    let mut all = all::<D>(look, about)?;
    all.retain(|one| one.is_default && fits(&one.definition));
    Ok(all
        .into_iter()
        .min_by_key(|one| (rank(one.audience), one.id.is_none(), one.id)))
}

fn rank(audience: Audience) -> u8 {
    match audience {
        Audience::Owner(_) => 0,
        Audience::Team(_) => 1,
        Audience::Role(_) => 2,
        Audience::Everyone => 3,
    }
}

/// The one of an id, a key or a name.
pub(super) fn find<D: Definition>(look: &Look, asked: &str) -> Result<Option<Declared<D>>> {
    let asked = asked.trim();
    if let Some(record) = by_id_or_key::<D>(&look.reader, asked)? {
        let found = of_record(&record)?;
        return Ok(look.may_see(found.audience).then_some(found));
    }
    if let Some(shipped) = shipped(asked) {
        return Ok(Some(shipped));
    }
    if asked.is_empty() {
        return Ok(None);
    }
    let mut named = stored::<D>(look, Filter::eq("name", asked))?;
    named.sort_by_key(|one| rank(one.audience));
    Ok(named.into_iter().next())
}

/// Those that come with the engine are found by their keys.
pub(super) fn shipped<D: Definition>(key: &str) -> Option<Declared<D>> {
    D::shipped()
        .iter()
        .find(|one| one.key.as_deref() == Some(key))
        .cloned()
}

/// The stored record of an id or a key.
pub(super) fn by_id_or_key<D: Definition>(reader: &Reader, asked: &str) -> Result<Option<Record>> {
    let Some(object) = reader.schema.object(D::OBJECT) else {
        return Ok(None);
    };
    let id = match asked.parse::<RecordId>() {
        Ok(id) if id.prefix() == object.prefix() => Some(id),
        _ => match object.natural_key() {
            Some(key) => reader.by_unique(object, key.number, &Value::Text(asked.into()))?,
            None => None,
        },
    };
    id.map_or(Ok(None), |id| reader.get(id))
}

/// Says that there is none of a name, with the nearest key.
pub(super) fn unknown<D: Definition>(look: &Look, asked: &str) -> Result<DefinitionError> {
    let all = all::<D>(look, None)?;
    let known = all
        .iter()
        .flat_map(|one| [one.key.as_deref(), Some(one.name.as_str())])
        .flatten();
    Ok(DefinitionError::Unknown {
        what: D::OBJECT,
        name: asked.to_owned(),
        near: did_you_mean(asked, known),
    })
}
