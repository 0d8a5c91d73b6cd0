//! How do the mapping, the schema and the header of a file fit together?
//!
//! Found out once, before the first row, so that what cannot work is told before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::dates::Evidence;
use super::fault::InputFault;
use super::import::Lookup;
use super::mapping::{Column, Section};
use super::repair::{Care, Repair};
use super::source::Row;
use super::table::Table;
use super::tally::shortened;
use super::template::{Template, slug};
use crate::locale::Calendar;
use crate::record::RecordId;
use crate::schema::{ANY_OBJECT, Field, FieldKind, Object, Schema, did_you_mean, leads_to};

/// A mapping bound to the schema and to the columns of a file.
pub(super) struct Plan<'m> {
    pub(super) section: &'m Section,
    pub(super) object: Arc<Object>,
    pub(super) columns: Vec<Bound<'m>>,
    /// Templates for fields of new records, with where their columns are.
    pub(super) compose: Vec<(&'m str, &'m Template, BTreeMap<&'m str, usize>)>,
    headers: Vec<String>,
    /// Columns of the file that the mapping does not speak of.
    pub(super) unmapped: Vec<String>,
    /// Key field, and whether two records may share its value.
    pub(super) key: Option<(&'m str, bool)>,
    /// Repairs that are not to be made.
    pub(super) without: BTreeSet<Repair>,
}

/// A column of the file and the field it goes to.
pub(super) struct Bound<'m> {
    pub(super) at: usize,
    pub(super) header: &'m str,
    pub(super) rule: &'m Column,
    pub(super) field: &'m str,
    /// `country` of `address.country`.
    pub(super) part: Option<&'m str>,
    /// Where a reference may lead; empty for other fields.
    pub(super) targets: Vec<Target>,
    /// What its cells are looked at for.
    pub(super) care: Care,
}

/// An object that a reference may belong to, and the field by which a text finds it.
pub(super) struct Target {
    pub(super) object: Arc<Object>,
    pub(super) by: Option<String>,
}

impl<'m> Plan<'m> {
    pub(super) fn new(
        section: &'m Section,
        schema: &Schema,
        headers: &[String],
    ) -> Result<Self, InputFault> {
        let object = schema
            .object(&section.into)
            .ok_or_else(|| unknown_object(schema, &section.into))?
            .clone();
        let mut plan = Self {
            section,
            object,
            columns: Vec::new(),
            compose: Vec::new(),
            headers: headers.to_vec(),
            unmapped: unmapped(section, headers),
            key: None,
            without: BTreeSet::new(),
        };
        for (header, rule) in &section.columns {
            let at = plan.column(header)?;
            if let Some(field) = &rule.field {
                let bound = plan.bind(schema, at, header, rule, field)?;
                plan.columns.push(bound);
            }
        }
        // The order of the file, so that messages come in it.
        plan.columns.sort_by_key(|column| column.at);
        for (field, template) in &section.compose {
            settable(&plan.object, &section.place(), field)?;
            let places = template.names().map(|name| Ok((name, plan.column(name)?)));
            let places = places.collect::<Result<_, InputFault>>()?;
            plan.compose.push((field, template, places));
        }
        for field in section.constants.keys() {
            settable(&plan.object, &section.place(), field)?;
        }
        plan.key = plan.key_of(section)?;
        Ok(plan)
    }

    fn key_of(&self, section: &'m Section) -> Result<Option<(&'m str, bool)>, InputFault> {
        let Some(key) = &section.key else {
            return Ok(None);
        };
        let field = settable(&self.object, &section.place(), key)?;
        let set = self.columns.iter().any(|column| column.field == key)
            || section.compose.contains_key(key);
        if !set {
            let what = format!("no column goes to the key '{key}'");
            return Err(InputFault::mapping(&section.place(), what));
        }
        Ok(Some((key, field.unique)))
    }

    /// Where a column is that the mapping names.
    fn column(&self, header: &str) -> Result<usize, InputFault> {
        match Table::find(&self.headers, header).as_slice() {
            [at] => Ok(*at),
            [] => Err(InputFault::MissingColumn {
                header: header.to_owned(),
                near: did_you_mean(header, self.headers.iter().map(String::as_str)),
                headers: shown(&self.headers),
            }),
            several => Err(InputFault::DuplicateHeader {
                header: header.to_owned(),
                count: several.len(),
            }),
        }
    }

    fn bind(
        &self,
        schema: &Schema,
        at: usize,
        header: &'m str,
        rule: &'m Column,
        written: &'m str,
    ) -> Result<Bound<'m>, InputFault> {
        let place = format!("{}, column '{header}'", self.section.place());
        let fault = |what: String| InputFault::mapping(&place, what);
        let (name, part) = written
            .split_once('.')
            .map_or((written, None), |(name, part)| (name, Some(part)));
        let field = settable(&self.object, &place, name)?;
        check_part(field, part).map_err(fault)?;
        check_currency(field, rule).map_err(fault)?;
        if let Some(unresolved) = &rule.unresolved {
            let kept = settable(&self.object, &place, unresolved)?;
            if !matches!(kept.kind, FieldKind::Text | FieldKind::LongText) {
                let kind = kept.kind.name();
                return Err(fault(format!(
                    "`unresolved`: {unresolved} is a {kind} field and cannot keep a text"
                )));
            }
        }
        let targets = match &field.kind {
            FieldKind::Reference { to, .. } => targets(schema, field, to, rule).map_err(fault)?,
            _ => {
                check_no_reference(field, rule).map_err(fault)?;
                Vec::new()
            }
        };
        Ok(Bound {
            at,
            header,
            rule,
            field: name,
            part,
            targets,
            care: match part {
                Some(_) => Care::None,
                None => Care::of(field, rule.dates),
            },
        })
    }

    /// Decides what the first rows of the file show of its columns.
    pub(super) fn look_at(
        &mut self,
        rows: &[Row],
        from_1904: bool,
        usual: Option<Calendar>,
    ) -> Result<(), InputFault> {
        for column in &mut self.columns {
            let Care::Date(rule) = &mut column.care else {
                continue;
            };
            let mut evidence = Evidence::default();
            for cells in rows.iter().filter_map(|row| row.cells.as_ref().ok()) {
                let cell = cells.get(column.at).filter(|cell| !cell.is_blank());
                if let Some(cell) = cell {
                    evidence.add(cell, column.rule.translate(cell.text().trim()).1);
                }
            }
            rule.from_1904 = from_1904;
            *rule = evidence.decide(column.header, *rule, usual)?;
        }
        Ok(())
    }
}

impl Bound<'_> {
    /// The one record that a text names, or how many there are.
    pub(super) fn find(&self, text: &str, lookup: &dyn Lookup) -> Result<RecordId, usize> {
        if let Ok(id) = text.parse::<RecordId>()
            && self
                .targets
                .iter()
                .any(|target| target.object.prefix() == id.prefix())
        {
            return Ok(id);
        }
        let mut ids: Vec<RecordId> = Vec::new();
        for target in &self.targets {
            if let Some(by) = &target.by {
                ids.extend(lookup.find(&target.object.name, by, text));
            }
        }
        match ids.as_slice() {
            [id] => Ok(*id),
            several => Err(several.len()),
        }
    }

    /// Whether the column names parts of one value, which must not push out the others.
    pub(super) fn is_part(&self) -> bool {
        self.part.is_some()
    }
}

fn unknown_object(schema: &Schema, name: &str) -> InputFault {
    let near = did_you_mean(name, schema.objects().map(|object| object.name.as_str()));
    InputFault::UnknownObject {
        name: name.to_owned(),
        near,
    }
}

/// A field that a row may set.
fn settable<'o>(object: &'o Object, place: &str, name: &str) -> Result<&'o Field, InputFault> {
    let field = object
        .field(name)
        .ok_or_else(|| InputFault::mapping(place, object.unknown_field(name)))?;
    if field.read_only {
        let what = format!("{name} is kept by the engine and cannot be imported");
        return Err(InputFault::mapping(place, what));
    }
    Ok(field)
}

fn unmapped(section: &Section, headers: &[String]) -> Vec<String> {
    let mapped: Vec<usize> = section
        .columns
        .keys()
        .flat_map(|header| Table::find(headers, header))
        .collect();
    let rest = headers
        .iter()
        .enumerate()
        .filter(|(at, _)| !mapped.contains(at));
    rest.map(|(at, header)| match header.as_str() {
        "" => format!("number {}, without a name", at + 1),
        header => shortened(header, 60),
    })
    .collect()
}

/// The headers for a message; a file that is no CSV may have a strange one.
fn shown(headers: &[String]) -> String {
    let some: Vec<String> = headers
        .iter()
        .take(100)
        .map(|header| shortened(header, 60))
        .collect();
    some.join(", ")
}

const ADDRESS_PARTS: [&str; 5] = ["street", "city", "province", "postal_code", "country"];
const NAME_PARTS: [&str; 3] = ["title", "given", "family"];

fn check_part(field: &Field, part: Option<&str>) -> Result<(), String> {
    let known: &[&str] = match field.kind {
        FieldKind::Address => &ADDRESS_PARTS,
        FieldKind::PersonName => &NAME_PARTS,
        _ => &[],
    };
    match part {
        Some(part) if !known.contains(&part) => {
            let near = did_you_mean(part, known.iter().copied());
            Err(format!("{} has no part '{part}'{near}", field.name))
        }
        _ => Ok(()),
    }
}

/// Cells such as `1200 IRR` carry their currency; bare and scaled numbers get it from the mapping.
fn check_currency(field: &Field, rule: &Column) -> Result<(), String> {
    match (&field.kind, rule.currency, rule.scale) {
        (FieldKind::Money, None, Some(_)) => Err(format!(
            "{} is money and needs `currency`, such as \"USD\"",
            field.name
        )),
        (FieldKind::Money, ..) | (_, None, _) => Ok(()),
        (_, Some(_), _) => Err(format!(
            "{} is no money, so it takes no `currency`",
            field.name
        )),
    }
}

fn check_no_reference(field: &Field, rule: &Column) -> Result<(), String> {
    let words = [
        ("lookup", rule.lookup.is_some()),
        ("object", rule.object.is_some()),
        ("unresolved", rule.unresolved.is_some()),
        ("defer", rule.defer),
    ];
    match words.iter().find(|(_, set)| *set) {
        Some((word, _)) => Err(format!(
            "`{word}` is for references; {} is a {} field",
            field.name,
            field.kind.name()
        )),
        None => Ok(()),
    }
}

/// Where a reference may lead, as the schema and the mapping say.
fn targets(
    schema: &Schema,
    field: &Field,
    to: &[String],
    rule: &Column,
) -> Result<Vec<Target>, String> {
    let names: Vec<&str> = match &rule.object {
        Some(name) if leads_to(to, name) => vec![name],
        Some(name) => {
            return Err(format!(
                "{} refers to {} and not to '{name}'",
                field.name,
                to.join(" or ")
            ));
        }
        None if leads_to(to, ANY_OBJECT) => {
            return Err(format!(
                "{} refers to records of any object; say which with `object`",
                field.name
            ));
        }
        None => to.iter().map(String::as_str).collect(),
    };
    if names.len() > 1 && rule.lookup.is_some() {
        return Err(format!(
            "{} refers to {}; say which with `object`",
            field.name,
            to.join(" or ")
        ));
    }
    let target = |name: &str| {
        let object = schema
            .object(name)
            .ok_or_else(|| unknown_object(schema, name).to_string())?
            .clone();
        let by = match &rule.lookup {
            Some(by) if object.field(by).is_none() => {
                return Err(format!("`lookup`: {}", object.unknown_field(by)));
            }
            Some(by) => Some(by.clone()),
            None => object.natural_key().map(|key| key.name.clone()),
        };
        match rule
            .create
            .iter()
            .flat_map(BTreeMap::keys)
            .find(|created| object.field(created).is_none())
        {
            Some(created) => Err(format!("`create`: {}", object.unknown_field(created))),
            None => Ok(Target { object, by }),
        }
    };
    names.into_iter().map(target).collect()
}

/// The fields of a record that is made because a text names none.
pub(super) fn made_of(
    column: &Bound<'_>,
    target: &Target,
    by: &str,
    text: &str,
) -> Map<String, Json> {
    let mut fields = Map::from_iter([(by.to_owned(), Json::from(text))]);
    let templates: &BTreeMap<String, Template> = match &column.rule.create {
        Some(templates) => templates,
        None => return fields,
    };
    for (field, template) in templates {
        fields.extend(
            template
                .fill(|_| Some(text))
                .map(|text| (field.clone(), text.into())),
        );
    }
    if let Some(key) = target.object.natural_key()
        && !fields.contains_key(&key.name)
    {
        fields.insert(key.name.clone(), slug(text).into());
    }
    fields
}
