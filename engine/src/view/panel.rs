//! What does a panel of the 360 view say?
//!
//! Which records belong to a customer, or to a record of whatever object, and how they are drawn: a view that is bound to
//! one record by references.

use serde_json::Value as Json;

use super::check::{self, Ground};
use super::declared::{Declared, Definition};
use super::definition::ViewDefinition;
use super::error::DefinitionError;
use super::gone::Gone;
use super::relation;
use super::shipped;
use super::written::{Making, Part};
use crate::error::{Failure, Result};
use crate::record::Value;
use crate::schema::did_you_mean;

type Read<T> = Result<T, DefinitionError>;

const MOST_OBJECTS: usize = 100;
const MOST_PATHS: usize = 10;

/// How many rows a panel has where it does not say.
const ROWS: usize = 5;

/// A part of the 360 view: what belongs to one record.
///
/// ```
/// use peyvand::{Column, Filter, PanelDefinition, ViewDefinition};
///
/// # fn main() -> Result<(), peyvand::Error> {
/// let calls = ViewDefinition::list("activity")
///     .columns([Column::new("at"), Column::new("subject")])
///     .filter(Filter::eq("kind", "call"))
///     .sorted_by("-at")?;
/// let panel = PanelDefinition::new(["account"], calls).by("about").by("about.account");
/// assert_eq!(PanelDefinition::from_json(&panel.to_json())?, panel);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PanelDefinition {
    /// The objects whose records show it; on none it is shown nowhere, which is how one that comes with the engine is
    /// taken away.
    pub on: Vec<String>,
    /// By which references its rows lead to that record: `about`, or over others, `point.subscriber.party`. Of several
    /// any one does. `id` is the record itself.
    pub by: Vec<String>,
    /// Where it stands among the others, the smallest first.
    pub place: u16,
    /// Its rows: as many as the `page` of the view says, 5 where it does not say. Of a record with more than a thousand
    /// that belong to it, the thousand that were made last are looked at.
    pub view: ViewDefinition,
}

/// One text, or a list of some.
fn texts(part: &Part<'_>) -> Read<Vec<String>> {
    match part.as_text() {
        Some(_) => Ok(vec![part.text()?]),
        None => part.items()?.iter().map(Part::text).collect(),
    }
}

fn written(texts: &[String]) -> Json {
    match texts {
        [one] => one.clone().into(),
        all => all.to_vec().into(),
    }
}

impl PanelDefinition {
    /// A panel on the records of these objects, which belongs to none until [`by`](Self::by) says how.
    pub fn new(on: impl IntoIterator<Item = impl Into<String>>, view: ViewDefinition) -> Self {
        Self {
            on: on.into_iter().map(Into::into).collect(),
            by: Vec::new(),
            place: 0,
            view,
        }
    }

    /// With the records that lead to the one by these references, and others that are named so.
    #[must_use]
    pub fn by(mut self, path: impl Into<String>) -> Self {
        self.by.push(path.into());
        self
    }

    /// At this place among the others.
    #[must_use]
    pub fn place(mut self, place: u16) -> Self {
        self.place = place;
        self
    }

    /// How many rows it has.
    pub(crate) fn rows(&self) -> usize {
        self.view.page.unwrap_or(ROWS)
    }

    /// Whether it shows the record itself.
    pub(crate) fn is_itself(&self) -> bool {
        self.by.iter().any(|path| path == relation::ITSELF)
    }

    /// The JSON form, as short as it can be.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Making::default()
            .put("on", written(&self.on))
            .put("by", written(&self.by))
            .maybe("place", (self.place > 0).then_some(self.place))
            .put("view", self.view.to_json())
            .done()
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// The JSON is no panel: the message says where, and what was expected there.
    pub fn from_json(json: &Json) -> Result<Self> {
        Ok(Self::read(json)?)
    }

    pub(super) fn read(json: &Json) -> Read<Self> {
        let members = Part::whole(json).members(&["on", "by", "place", "view"])?;
        let view = members.needed("view")?;
        let place = members.number("place", 0, u64::from(u16::MAX))?;
        Ok(Self {
            on: texts(&members.needed("on")?)?,
            by: texts(&members.needed("by")?)?,
            place: place
                .and_then(|place| u16::try_from(place).ok())
                .unwrap_or(0),
            view: ViewDefinition::read(view.json()).map_err(|fault| view.within(&fault))?,
        })
    }
}

fn fault(path: &str, message: String) -> Failure {
    DefinitionError::at(path, message).into_failure()
}

impl Definition for PanelDefinition {
    const OBJECT: &'static str = "panel";

    fn of_json(json: &Json) -> Read<Self> {
        Self::read(json)
    }

    fn as_json(&self) -> Json {
        self.to_json()
    }

    fn about(&self) -> Option<&str> {
        Some(&self.view.object)
    }

    fn faults(&self, ground: &Ground<'_>) -> Vec<Failure> {
        let schema = &ground.reader.schema;
        let mut faults = check::view(&self.view, ground);
        for fault in &mut faults {
            fault.message = format!("view.{}", fault.message);
        }
        let counts = [
            ("on", self.on.len(), MOST_OBJECTS),
            ("by", self.by.len(), MOST_PATHS),
        ];
        for (path, count, most) in counts.into_iter().filter(|(_, count, most)| count > most) {
            faults.push(fault(
                path,
                format!("there are {count}; at most {most} fit"),
            ));
        }
        for name in self.on.iter().filter(|name| schema.object(name).is_none()) {
            let near = did_you_mean(name, schema.objects().map(|object| object.name.as_str()));
            faults.push(fault("on", format!("there is no object '{name}'{near}")));
        }
        if self.by.is_empty() {
            let message = "name the reference by which its rows belong to the record, or `id`";
            faults.push(fault("by", message.to_owned()));
        }
        if let Some(object) = schema.object(&self.view.object) {
            let wrong = |path: &String| relation::fault(schema, object, path, &self.on);
            let wrong = self.by.iter().filter_map(wrong);
            faults.extend(wrong.map(|message| fault("by", message)));
        }
        faults
    }

    fn strip(&mut self, gone: &Gone, places: &mut Vec<String>) -> bool {
        gone.strip_panel(self, places)
    }

    fn kept(&self) -> Vec<(&'static str, Value)> {
        vec![("object", Value::Text(self.view.object.as_str().into()))]
    }

    fn shipped() -> &'static [Declared<Self>] {
        shipped::panels()
    }
}
