//! What does a form say?
//!
//! Sections of rows of fields, for creating, editing or showing one record. A section or a field may depend on the
//! record: it is there while the record passes its filter.

use serde_json::Value as Json;

use super::check::{self, Ground};
use super::declared::{Declared, Definition};
use super::error::DefinitionError;
use super::gone::Gone;
use super::shipped;
use super::written::{Making, Part, word_of};
use crate::error::{Failure, Result};
use crate::query::Filter;
use crate::record::Value;
use crate::schema::{Labels, labels_of};

type Read<T> = Result<T, DefinitionError>;

/// What a form is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FormPurpose {
    /// To make a record.
    Create,
    /// To change one.
    Edit,
    /// To look at one.
    Show,
}

pub(super) const PURPOSES: [(&str, FormPurpose); 3] = [
    ("create", FormPurpose::Create),
    ("edit", FormPurpose::Edit),
    ("show", FormPurpose::Show),
];

impl FormPurpose {
    /// Its word: `create`.
    #[must_use]
    pub fn name(self) -> &'static str {
        word_of(&PURPOSES, &self)
    }

    /// The purpose of a word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let found = PURPOSES.iter().find(|(word, _)| *word == name)?;
        Some(found.1)
    }
}

/// One field of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormField {
    /// The field's name.
    pub field: String,
    /// What it is called here, where that is not the field's own name, by language.
    pub label: Labels,
    /// A sentence that helps who fills it in, by language.
    pub help: Labels,
    /// It is there while the record passes.
    pub visible_if: Filter,
    /// Shown and not changed.
    pub read_only: bool,
    /// The host asks for a value before it saves; the field's own rule stays the engine's.
    pub required: bool,
    /// How many of the row's twelve parts it takes; the rest is shared evenly where it is not said.
    pub width: Option<u8>,
}

impl FormField {
    /// A field as it is.
    pub fn new(field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            ..Self::default()
        }
    }

    /// It is there while the record passes.
    #[must_use]
    pub fn visible_if(mut self, filter: Filter) -> Self {
        self.visible_if = filter;
        self
    }

    /// Shown and not changed.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// The host asks for a value.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    fn to_json(&self) -> Json {
        if *self == Self::new(self.field.clone()) {
            return self.field.clone().into();
        }
        Making::default()
            .put("field", self.field.clone())
            .labels("label", &self.label)
            .labels("help", &self.help)
            .filter("visible_if", &self.visible_if)
            .flag("read_only", self.read_only)
            .flag("required", self.required)
            .maybe("width", self.width)
            .done()
    }

    fn read(part: &Part<'_>) -> Read<Self> {
        if part.as_text().is_some() {
            return Ok(Self::new(part.text()?));
        }
        let members = part.members(&[
            "field",
            "label",
            "help",
            "visible_if",
            "read_only",
            "required",
            "width",
        ])?;
        Ok(Self {
            field: members.needed("field")?.text()?,
            label: members.labels("label")?,
            help: members.labels("help")?,
            visible_if: members.filter("visible_if")?,
            read_only: members.flag("read_only")?,
            required: members.flag("required")?,
            width: members.number("width", 1, 12)?.map(|parts| parts as u8),
        })
    }
}

/// A part of a form with a heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormSection {
    /// Its heading, by language; none where it is empty.
    pub label: Labels,
    /// It is there while the record passes.
    pub visible_if: Filter,
    /// It is folded away until somebody opens it.
    pub collapsed: bool,
    /// The fields, row by row.
    pub rows: Vec<Vec<FormField>>,
}

impl FormSection {
    /// A section with its heading in English, Persian and Arabic.
    #[must_use]
    pub fn new(en: &str, fa: &str, ar: &str) -> Self {
        let label = labels_of(en, fa, ar);
        Self {
            label,
            ..Self::default()
        }
    }

    /// With one more row.
    #[must_use]
    pub fn row(mut self, fields: impl IntoIterator<Item = FormField>) -> Self {
        self.rows.push(fields.into_iter().collect());
        self
    }

    /// It is there while the record passes.
    #[must_use]
    pub fn visible_if(mut self, filter: Filter) -> Self {
        self.visible_if = filter;
        self
    }

    fn to_json(&self) -> Json {
        let row = |row: &Vec<FormField>| Json::Array(row.iter().map(FormField::to_json).collect());
        Making::default()
            .labels("label", &self.label)
            .filter("visible_if", &self.visible_if)
            .flag("collapsed", self.collapsed)
            .put("rows", self.rows.iter().map(row).collect::<Vec<_>>())
            .done()
    }

    fn read(part: &Part<'_>) -> Read<Self> {
        let members = part.members(&["label", "visible_if", "collapsed", "rows"])?;
        let row = |part: &Part<'_>| part.items()?.iter().map(FormField::read).collect();
        members.needed("rows")?;
        Ok(Self {
            label: members.labels("label")?,
            visible_if: members.filter("visible_if")?,
            collapsed: members.flag("collapsed")?,
            rows: members.each("rows", row)?,
        })
    }
}

/// What a form asks, and in which order.
///
/// ```
/// use peyvand::{Filter, FormDefinition, FormField, FormSection};
///
/// # fn main() -> Result<(), peyvand::Error> {
/// let form = FormDefinition::new("account").section(
///     FormSection::new("Company", "شرکت", "الشركة")
///         .row([FormField::new("name"), FormField::new("kind")])
///         .row([FormField::new("tax_number").visible_if(Filter::eq("kind", "organization"))]),
/// );
/// assert_eq!(FormDefinition::from_json(&form.to_json())?, form);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormDefinition {
    /// The object whose records it is for.
    pub object: String,
    /// What it is used for; everything when empty.
    pub purposes: Vec<FormPurpose>,
    /// Its parts, in order.
    pub sections: Vec<FormSection>,
}

impl FormDefinition {
    /// A form of an object, for every purpose.
    pub fn new(object: impl Into<String>) -> Self {
        Self {
            object: object.into(),
            purposes: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// Only for this purpose, and others that are named so.
    #[must_use]
    pub fn only(mut self, purpose: FormPurpose) -> Self {
        self.purposes.push(purpose);
        self
    }

    /// With one more section.
    #[must_use]
    pub fn section(mut self, section: FormSection) -> Self {
        self.sections.push(section);
        self
    }

    pub(super) fn serves(&self, purpose: FormPurpose) -> bool {
        self.purposes.is_empty() || self.purposes.contains(&purpose)
    }

    /// The JSON form, as short as it can be.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let purposes = self.purposes.iter().map(|purpose| purpose.name().into());
        let sections = self.sections.iter().map(FormSection::to_json);
        Making::default()
            .put("object", self.object.clone())
            .list("purposes", purposes.collect())
            .put("sections", sections.collect::<Vec<_>>())
            .done()
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// The JSON is no form: the message says where, and what was expected there.
    pub fn from_json(json: &Json) -> Result<Self> {
        Ok(Self::read(json)?)
    }

    pub(super) fn read(json: &Json) -> Read<Self> {
        let members = Part::whole(json).members(&["object", "purposes", "sections"])?;
        members.needed("sections")?;
        Ok(Self {
            object: members.needed("object")?.text()?,
            purposes: members.each("purposes", |part| part.word(&PURPOSES))?,
            sections: members.each("sections", FormSection::read)?,
        })
    }
}

impl Definition for FormDefinition {
    const OBJECT: &'static str = "form";

    fn of_json(json: &Json) -> Read<Self> {
        Self::read(json)
    }

    fn as_json(&self) -> Json {
        self.to_json()
    }

    fn about(&self) -> Option<&str> {
        Some(&self.object)
    }

    fn faults(&self, ground: &Ground<'_>) -> Vec<Failure> {
        check::form(self, ground)
    }

    fn strip(&mut self, gone: &Gone, places: &mut Vec<String>) -> bool {
        gone.strip_form(self, places)
    }

    fn kept(&self) -> Vec<(&'static str, Value)> {
        let served = PURPOSES.iter().filter(|(_, purpose)| self.serves(*purpose));
        let purposes = served.map(|(word, _)| (*word).into()).collect();
        vec![
            ("object", Value::Text(self.object.as_str().into())),
            ("purposes", Value::Options(purposes)),
        ]
    }

    fn shipped() -> &'static [Declared<Self>] {
        shipped::forms()
    }
}
