//! What does a form ask of this record, for this user, in this language?
//!
//! Conditions are tested here, on the record with what was typed so far over it: hosts draw and ask again when a field
//! changes that something depends on.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use super::cell::{Cell, Reading, field_name, option_name};
use super::check::value_kind;
use super::declared::{self, Declared};
use super::form::{FormDefinition, FormField, FormPurpose, FormSection};
use super::form_built_in::built_in;
use super::look::Look;
use crate::error::{Error, ErrorKind, Result};
use crate::locale::Direction;
use crate::query::{Filter, fields_named};
use crate::record::{Record, RecordId, Value};
use crate::schema::{Field, FieldKind, Object};
use crate::write::Fields;

/// Which form is wanted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FormFor {
    /// What for.
    pub purpose: FormPurpose,
    /// The object.
    pub object: Option<String>,
    /// The record; none to make one.
    pub record: Option<RecordId>,
    /// What was typed so far, and not saved.
    pub typed: Fields,
    /// A form by its key, name or id; the one that the user gets first where it is not said.
    pub form: Option<String>,
}

impl FormFor {
    /// To make a record of an object.
    pub fn create(object: impl Into<String>) -> Self {
        Self {
            purpose: FormPurpose::Create,
            object: Some(object.into()),
            record: None,
            typed: Fields::default(),
            form: None,
        }
    }

    /// To change a record.
    #[must_use]
    pub fn edit(record: RecordId) -> Self {
        Self {
            purpose: FormPurpose::Edit,
            object: None,
            record: Some(record),
            typed: Fields::default(),
            form: None,
        }
    }

    /// To look at a record.
    #[must_use]
    pub fn show(record: RecordId) -> Self {
        Self {
            purpose: FormPurpose::Show,
            ..Self::edit(record)
        }
    }

    /// With what was typed so far.
    #[must_use]
    pub fn typed(mut self, fields: impl Into<Fields>) -> Self {
        self.typed = fields.into();
        self
    }

    /// This form and no other.
    #[must_use]
    pub fn form(mut self, name: impl Into<String>) -> Self {
        self.form = Some(name.into());
        self
    }
}

/// One of the options of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OptionShown {
    /// The option's name, for requests.
    pub name: String,
    /// What people read.
    pub label: String,
}

/// A field as it is drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FieldShown {
    /// The field's name, for requests.
    pub field: String,
    /// What people read.
    pub label: String,
    /// A sentence that helps; empty where there is none.
    pub help: String,
    /// What it holds: `money`, `option`.
    pub kind: &'static str,
    /// Whether it needs a value.
    pub required: bool,
    /// Whether it is shown and not changed.
    pub read_only: bool,
    /// How many of the row's twelve parts it takes.
    pub width: Option<u8>,
    /// What it has, and how that reads; of a new record the default.
    pub cell: Cell,
    /// What is wrong with what was typed.
    pub fault: Option<String>,
    /// Of an option field: what there is to choose.
    pub options: Vec<OptionShown>,
    /// Of a reference: the objects that it may belong to.
    pub to: Vec<String>,
    /// The smallest number allowed.
    pub minimum: Option<i64>,
    /// The largest number allowed.
    pub maximum: Option<i64>,
    /// The longest text allowed, in characters.
    pub max_length: Option<u32>,
}

/// A section as it is drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SectionShown {
    /// Its heading; empty where it has none.
    pub label: String,
    /// Whether it is folded away.
    pub collapsed: bool,
    /// Its fields, row by row; a row without visible fields is left out.
    pub rows: Vec<Vec<FieldShown>>,
}

/// A form, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FormShown {
    /// The object.
    pub object: String,
    /// What its records are called.
    pub label: String,
    /// What the form is called.
    pub form: String,
    /// What it is for.
    #[serde(serialize_with = "purpose_word")]
    pub purpose: FormPurpose,
    /// The record; none to make one.
    #[serde(with = "crate::write::id_text_option")]
    pub record: Option<RecordId>,
    /// The revision that was read: an update that names it fails when somebody else was faster.
    pub revision: Option<u64>,
    /// What a person would call the record; empty where there is none.
    pub title: String,
    /// The language of everything in it.
    pub language: &'static str,
    /// Where lines begin in that language.
    pub direction: Direction,
    /// The sections that are there now.
    pub sections: Vec<SectionShown>,
    /// The fields on which it depends what is there: ask again when one of them changes.
    pub depends_on: BTreeSet<String>,
}

fn purpose_word<S: Serializer>(purpose: &FormPurpose, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(purpose.name())
}

/// The form that was asked for, with its record.
pub(super) fn form(look: &Look, wanted: &FormFor) -> Result<FormShown> {
    let stored = match wanted.record {
        Some(id) => {
            look.reader.object_of(id)?;
            let missing = look.reader.missing(id)?;
            let record = look.reader.get(id)?;
            Some(record.ok_or_else(|| Error::new(ErrorKind::NotFound, missing))?)
        }
        None => None,
    };
    let object = match (&stored, &wanted.object) {
        (Some(record), _) => record.object.clone(),
        (None, Some(name)) => look.reader.object(name)?.clone(),
        (None, None) => {
            return Err(
                Error::new(ErrorKind::Invalid, "a form is of an object or of a record")
                    .hint("name one of them"),
            );
        }
    };
    let declared = declared_for(look, &object, wanted)?;
    let revision = stored.as_ref().map(Record::revision);
    let (record, faults) = with_typed(look, &object, stored, &wanted.typed)?;
    let mut reading = Reading::new(look);
    reading.learn_records(std::slice::from_ref(&record))?;
    let drawing = Drawing {
        look,
        reading: &reading,
        object: &object,
        record: &record,
        purpose: wanted.purpose,
        faults: &faults,
    };
    let mut depends_on = BTreeSet::new();
    let mut sections = Vec::new();
    for section in &declared.definition.sections {
        depends_on.extend(own_fields_of(&section.visible_if));
        for field in section.rows.iter().flatten() {
            depends_on.extend(own_fields_of(&field.visible_if));
        }
        sections.extend(drawing.section(section)?);
    }
    Ok(FormShown {
        object: object.name.clone(),
        label: look.called(&object.label, &object.name),
        form: look.called(&declared.label, &declared.name),
        purpose: wanted.purpose,
        record: wanted.record,
        revision,
        title: wanted.record.map_or_else(String::new, |_| record.title()),
        language: look.locale.tag(),
        direction: Direction::of(look.locale),
        sections,
        depends_on,
    })
}

fn declared_for(
    look: &Look,
    object: &Object,
    wanted: &FormFor,
) -> Result<Declared<FormDefinition>> {
    if let Some(name) = &wanted.form {
        let Some(found) = declared::find::<FormDefinition>(look, name)? else {
            return Err(declared::unknown::<FormDefinition>(look, name)?.into());
        };
        if found.definition.object != object.name {
            let message = format!(
                "form '{name}' is for {}, not for {}",
                found.definition.object, object.name
            );
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        return Ok(found);
    }
    let serves = |form: &FormDefinition| form.serves(wanted.purpose);
    let first = declared::first(look, Some(&object.name), serves)?;
    Ok(first.unwrap_or_else(|| Declared {
        label: object.label.clone(),
        ..Declared::unstored(object.name.clone(), built_in(object, wanted.purpose))
    }))
}

/// The record with what was typed over it, and what is wrong with that, field by field.
fn with_typed(
    look: &Look,
    object: &std::sync::Arc<Object>,
    stored: Option<Record>,
    typed: &Fields,
) -> Result<(Record, Vec<(String, String)>)> {
    let mut faults = Vec::new();
    let is_new = stored.is_none();
    let mut record =
        stored.unwrap_or_else(|| Record::empty(object.clone(), RecordId::new(object.prefix(), 0)));
    if is_new {
        for field in object.live_fields() {
            if let Some(default) = &field.default {
                record.set(field.number, read(look, field, default)?.ok());
            }
        }
    }
    for (name, json) in &typed.0 {
        let Some(field) = object.field(name) else {
            return Err(Error::new(ErrorKind::Invalid, object.unknown_field(name)));
        };
        let empty = json.is_null() || json.as_str().is_some_and(|text| text.trim().is_empty());
        if empty {
            record.set(field.number, None);
            continue;
        }
        let value = read(look, field, json)?;
        let limits = |value: &Value| field.fault_of(value).map(|fault| fault.message);
        match value {
            Ok(value) => {
                faults.extend(limits(&value).map(|fault| (name.clone(), fault)));
                record.set(field.number, Some(value));
            }
            Err(fault) => faults.push((name.clone(), fault)),
        }
    }
    Ok((record, faults))
}

/// A value as a request would give it: of a reference also by the key of its record.
fn read(look: &Look, field: &Field, json: &Json) -> Result<Result<Value, String>> {
    if let (FieldKind::Reference { to, .. }, Json::String(text)) = (&field.kind, json)
        && text.trim().parse::<RecordId>().is_err()
    {
        for name in to {
            let object = look.reader.schema.object(name);
            let key = object.and_then(|object| Some((object, object.natural_key()?.number)));
            let Some((object, key)) = key else { continue };
            let text = Value::Text(text.trim().into());
            if let Some(id) = look.reader.by_unique(object, key, &text)? {
                return Ok(Ok(Value::Reference(id)));
            }
        }
        return Ok(Err(format!("no {} has the key '{text}'", to.join(" or "))));
    }
    Ok(field.kind.read(json))
}

/// The fields of the form's record that a condition turns on: of a path its first reference.
fn own_fields_of(filter: &Filter) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    filter.each_field(&mut |path| {
        fields.extend(path.split('.').next().map(str::to_owned));
    });
    fields
}

/// What the parts of one form are drawn from.
struct Drawing<'a> {
    look: &'a Look,
    reading: &'a Reading<'a>,
    object: &'a std::sync::Arc<Object>,
    record: &'a Record,
    purpose: FormPurpose,
    faults: &'a [(String, String)],
}

impl Drawing<'_> {
    fn holds(&self, filter: &Filter) -> Result<bool> {
        if filter.is_everything() {
            return Ok(true);
        }
        // What is shown must not tell of what is hidden.
        let schema = &self.look.reader.schema;
        let mut hides = false;
        filter.each_field(&mut |path| {
            let leads_nowhere = || fields_named(self.object, path, schema).is_empty();
            hides |= self.object.hides(path) || (path.contains('.') && leads_nowhere());
        });
        if hides {
            return Ok(false);
        }
        let compiled = filter.compile(self.object, &self.look.reader, &self.look.time)?;
        compiled.matches(self.record, &self.look.reader)
    }

    /// None while its condition does not hold, and where nothing in it is visible.
    fn section(&self, section: &FormSection) -> Result<Option<SectionShown>> {
        if !self.holds(&section.visible_if)? {
            return Ok(None);
        }
        let mut rows = Vec::with_capacity(section.rows.len());
        for row in &section.rows {
            let mut shown = Vec::with_capacity(row.len());
            for field in row {
                if self.holds(&field.visible_if)? {
                    shown.extend(self.field(field));
                }
            }
            if !shown.is_empty() {
                rows.push(shown);
            }
        }
        Ok((!rows.is_empty()).then(|| SectionShown {
            label: self.look.called(&section.label, ""),
            collapsed: section.collapsed,
            rows,
        }))
    }

    fn field(&self, asked: &FormField) -> Option<FieldShown> {
        let look = self.look;
        let name = field_name(look, self.object, &asked.field);
        let field = self.object.field(&asked.field)?;
        let read_only = asked.read_only
            || field.read_only
            || field.is_rollup()
            || self.purpose == FormPurpose::Show;
        let options = field.options().iter().map(|option| OptionShown {
            name: option.clone(),
            label: option_name(look, field, option),
        });
        let to = match &field.kind {
            FieldKind::Reference { to, .. } => to.clone(),
            _ => Vec::new(),
        };
        let fault = self.faults.iter().find(|(name, _)| *name == field.name);
        Some(FieldShown {
            field: field.name.clone(),
            label: look.called(&asked.label, &name),
            help: look.called(&asked.help, ""),
            kind: value_kind(&field.kind).name(),
            required: !read_only && (field.required || asked.required),
            read_only,
            width: asked.width,
            cell: self
                .reading
                .cell(Some(field), self.record.value(field.number)),
            fault: fault.map(|(_, fault)| fault.clone()),
            options: options.collect(),
            to,
            minimum: field.minimum,
            maximum: field.maximum,
            max_length: field.max_length,
        })
    }
}
