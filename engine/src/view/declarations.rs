//! How does a plugin, or a product that embeds the engine, bring views, forms, dashboards and panels?
//!
//! As data in one form, put through the write path under the name of who brings them. Bringing them again changes what
//! is other than before; what somebody else has changed meanwhile is his, and left alone.
//!
//! ```json
//! {
//!   "views": [{
//!     "key": "overdue-loans", "default": true,
//!     "label": {"en": "Overdue loans", "fa": "وام‌های معوق", "ar": "القروض المتأخرة"},
//!     "definition": {"object": "loan", "filter": "due_on[lt]:today", "columns": ["number", "due_on"]}
//!   }],
//!   "forms": [],
//!   "dashboards": [],
//!   "panels": []
//! }
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::asked::{Dashboard, Form, Panel, View};
use super::check::Ground;
use super::dashboard::DashboardDefinition;
use super::declared::{self, Declared, Definition};
use super::definition::ViewDefinition;
use super::error::DefinitionError;
use super::form::FormDefinition;
use super::panel::PanelDefinition;
use super::written::Part;
use crate::context::{Actor, Context};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Failure, Result};
use crate::query::Reader;
use crate::record::Record;
use crate::schema::{Schema, SchemaChange};
use crate::session::Session;
use crate::write::Request;

/// Views, forms, dashboards and panels that somebody brings.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Declarations {
    /// The views; each needs a key.
    pub views: Vec<View>,
    /// The forms; each needs a key.
    pub forms: Vec<Form>,
    /// The dashboards; each needs a key.
    pub dashboards: Vec<Dashboard>,
    /// The panels of the 360 view; each needs a key.
    pub panels: Vec<Panel>,
}

/// What became of declarations, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Brought {
    /// New.
    pub created: Vec<String>,
    /// Changed.
    pub changed: Vec<String>,
    /// Left as somebody else made them.
    pub left: Vec<String>,
    /// Not brought any more, and in the bin.
    pub removed: Vec<String>,
}

fn read<D: Definition>(part: &Part<'_>) -> Result<Declared<D>, DefinitionError> {
    let members = part.members(&["key", "label", "default", "definition"])?;
    let definition = members.needed("definition")?;
    let read = D::of_json(definition.json()).map_err(|error| definition.within(&error))?;
    let label = members.labels("label")?;
    let plain = Declared::new(members.needed("key")?.text()?, read);
    Ok(Declared {
        name: label.get("en").unwrap_or(&plain.name).clone(),
        label,
        is_default: members.flag("default")?,
        ..plain
    })
}

/// The fields of its record.
fn fields<D: Definition>(one: &Declared<D>) -> Map<String, Json> {
    let fields = json!({
        "key": one.key, "name": one.name, "label": one.label, "audience": "everyone",
        "is_default": one.is_default, "definition": one.definition.as_json(),
    });
    match fields {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

impl Declarations {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// The JSON holds no declarations: the message says where, and what was expected there.
    pub fn from_json(json: &Json) -> Result<Self> {
        Ok(Self::read(json)?)
    }

    pub(crate) fn read(json: &Json) -> Result<Self, DefinitionError> {
        let members = Part::whole(json).members(&["views", "forms", "dashboards", "panels"])?;
        Ok(Self {
            views: members.each("views", read)?,
            forms: members.each("forms", read)?,
            dashboards: members.each("dashboards", read)?,
            panels: members.each("panels", read)?,
        })
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.views.is_empty()
            && self.forms.is_empty()
            && self.dashboards.is_empty()
            && self.panels.is_empty()
    }

    /// What it brings, in words: `view overdue-loans`.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        fn of<D: Definition>(list: &[Declared<D>]) -> impl Iterator<Item = String> {
            let key = |one: &Declared<D>| one.key.clone().unwrap_or_default();
            list.iter()
                .map(move |one| format!("{} {}", D::OBJECT, key(one)))
        }
        of(&self.views)
            .chain(of(&self.forms))
            .chain(of(&self.dashboards))
            .chain(of(&self.panels))
            .collect()
    }

    /// Everything that does not fit a schema, which may be one that is yet to come.
    pub(crate) fn faults(&self, engine: &Engine, schema: &Arc<Schema>) -> Result<Vec<Failure>> {
        let (reader, _) = engine.read()?;
        let reader = Reader {
            schema: schema.clone(),
            ..reader
        };
        let views = self.views.iter().filter_map(|view| view.key.as_deref());
        let ground = Ground {
            reader: &reader,
            time: engine.session().time().for_anybody(),
            views: views.collect(),
        };
        let mut faults = of_each(&self.views, &ground);
        faults.extend(of_each(&self.forms, &ground));
        faults.extend(of_each(&self.dashboards, &ground));
        faults.extend(of_each(&self.panels, &ground));
        Ok(faults)
    }
}

fn of_each<D: Definition>(list: &[Declared<D>], ground: &Ground<'_>) -> Vec<Failure> {
    let mut faults = Vec::new();
    for one in list {
        let of = format!("{} {}", D::OBJECT, one.key.as_deref().unwrap_or(&one.name));
        for mut fault in one.definition.faults(ground) {
            fault.message = format!("{of}: {}", fault.message);
            faults.push(fault);
        }
    }
    faults
}

/// All that bringing the rest takes, once what comes before is there.
fn bringing<'a>(reader: &'a Reader, origin: &'a str, brought: Brought) -> Bringing<'a> {
    Bringing {
        reader,
        origin,
        stamp: Actor::Plugin(origin.to_owned()).to_string(),
        requests: Vec::new(),
        brought,
    }
}

/// What is to be asked for so that the store has what is brought.
struct Bringing<'a> {
    reader: &'a Reader,
    origin: &'a str,
    /// How the stamps of a record name who brings.
    stamp: String,
    requests: Vec<Request>,
    brought: Brought,
}

impl Bringing<'_> {
    fn all<D: Definition>(&mut self, list: &[Declared<D>]) -> Result<()> {
        let mut keys = BTreeSet::new();
        for one in list {
            let Some(key) = one.key.as_deref() else {
                let message = format!("{} '{}' has no key", D::OBJECT, one.name);
                return Err(Error::new(ErrorKind::Invalid, message)
                    .hint("give each one a key, by which it is found when it is brought again"));
            };
            if !keys.insert(key) {
                let message = format!("{} '{key}' is brought twice", D::OBJECT);
                return Err(
                    Error::new(ErrorKind::Invalid, message).hint("give each one a key of its own")
                );
            }
            self.one(one, key)?;
        }
        self.rest::<D>(&keys)
    }

    fn one<D: Definition>(&mut self, one: &Declared<D>, key: &str) -> Result<()> {
        let Some(record) = declared::by_id_or_key::<D>(self.reader, key)? else {
            self.brought.created.push(key.to_owned());
            self.requests.push(Request::create(D::OBJECT, fields(one)));
            return Ok(());
        };
        if record.text("brought_by") != Some(self.origin) {
            let message = format!(
                "{} '{key}' was not brought by {} and is not replaced",
                D::OBJECT,
                self.origin
            );
            return Err(Error::new(ErrorKind::Conflict, message)
                .hint("bring it under another key, or remove the one that is there"));
        }
        let fields = fields(one);
        if !self.is_untouched(&record) {
            self.brought.left.push(key.to_owned());
        } else if fields.iter().any(|(name, value)| {
            record.get(name).map(|held| held.to_json()).as_ref() != Some(value)
        }) {
            self.brought.changed.push(key.to_owned());
            self.requests.push(Request::update(record.id(), fields));
        }
        Ok(())
    }

    fn is_untouched(&self, record: &Record) -> bool {
        record.text("updated_by") == Some(self.stamp.as_str())
    }

    /// What the same one brought earlier and brings no more.
    fn rest<D: Definition>(&mut self, keys: &BTreeSet<&str>) -> Result<()> {
        let Some(object) = self.reader.schema.object(D::OBJECT).cloned() else {
            return Ok(());
        };
        let reader = self.reader;
        reader.each(&object, |record| {
            let key = record.text("key").unwrap_or_default();
            let mine = record.text("brought_by") == Some(self.origin);
            if mine && !keys.contains(key) && self.is_untouched(&record) {
                self.brought.removed.push(key.to_owned());
                self.requests.push(Request::Delete {
                    id: record.id(),
                    revision: None,
                });
            }
            Ok(std::ops::ControlFlow::Continue(()))
        })
    }
}

impl Session {
    /// Brings views, forms, dashboards and panels, as the plugin or product of this name. Bringing them again changes what is
    /// other than before and puts into the bin what is brought no more; what somebody else has changed since is left
    /// as he made it.
    ///
    /// # Errors
    /// When one does not fit the schema, or its key belongs to somebody else's.
    pub fn declare(&self, origin: &str, declarations: &Declarations) -> Result<Brought> {
        self.must_administer("declare views")?;
        let session = Session {
            context: Context {
                actor: Actor::Plugin(origin.to_owned()),
                ..self.context.clone()
            },
            ..self.clone()
        };
        self.may_declare(origin, declarations, &self.engine.schema()?)?;
        let mut brought = Brought::default();
        // Dashboards name views, so those are there first.
        for step in [true, false] {
            let (reader, _) = self.engine.read()?;
            let mut bringing = bringing(&reader, origin, brought);
            if step {
                bringing.all::<ViewDefinition>(&declarations.views)?;
                bringing.all::<FormDefinition>(&declarations.forms)?;
                bringing.all::<PanelDefinition>(&declarations.panels)?;
            } else {
                bringing.all::<DashboardDefinition>(&declarations.dashboards)?;
            }
            let requests = bringing.requests;
            brought = bringing.brought;
            if !requests.is_empty() {
                let _ = session.commit(requests)?;
            }
        }
        Ok(brought)
    }

    /// Says what would keep declarations from being brought once the schema is this one.
    pub(crate) fn may_declare(
        &self,
        origin: &str,
        declarations: &Declarations,
        schema: &Arc<Schema>,
    ) -> Result<()> {
        let faults = declarations.faults(&self.engine, schema)?;
        if !faults.is_empty() {
            return Err(Error::with_failures(ErrorKind::Invalid, faults));
        }
        let (reader, _) = self.engine.read()?;
        let mut bringing = bringing(&reader, origin, Brought::default());
        bringing.all::<ViewDefinition>(&declarations.views)?;
        bringing.all::<FormDefinition>(&declarations.forms)?;
        bringing.all::<PanelDefinition>(&declarations.panels)?;
        bringing.all::<DashboardDefinition>(&declarations.dashboards)
    }

    /// Puts into the bin what a plugin or product brought; gives how many there were.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn withdraw(&self, origin: &str) -> Result<usize> {
        let brought = self.brought_by(origin)?;
        let delete = |id: &_| Request::Delete {
            id: *id,
            revision: None,
        };
        if !brought.is_empty() {
            let _ = self.commit(brought.iter().map(delete))?;
        }
        Ok(brought.len())
    }

    /// Clears the way for a plugin's fields to go: what it brought goes along; what others made of its fields is
    /// stripped, or named and the plugin stays.
    #[cfg_attr(
        not(feature = "wasm"),
        allow(dead_code, reason = "there are no plugins to remove")
    )]
    pub(crate) fn make_way(
        &self,
        plugin: &str,
        changes: &[SchemaChange],
        strip: bool,
    ) -> Result<()> {
        let others = self.definitions_in_use(changes)?;
        let others: Vec<Failure> = others
            .into_iter()
            .filter(|used| used.brought_by.as_deref() != Some(plugin))
            .map(|used| {
                let message = format!(
                    "{} '{}' ({}) uses fields of plugin {plugin} ({})",
                    used.object,
                    used.name,
                    used.id,
                    used.places.join(", ")
                );
                Failure::new("in-definition", message)
            })
            .collect();
        if !strip && !others.is_empty() {
            return Err(Error::with_failures(ErrorKind::Invalid, others)
                .hint("change those, or remove the plugin and strip them"));
        }
        self.withdraw(plugin).map(drop)
    }
}
