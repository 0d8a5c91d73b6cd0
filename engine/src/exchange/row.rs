//! What does one row say?
//!
//! Cells become fields by the mapping; the references that could not be found are set aside for the import to settle.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value as Json, json};

use super::cell::Cell;
use super::import::Lookup;
use super::plan::{Bound, Plan};
use super::repair::{Repair, failure};
use crate::error::Failure;
use crate::record::{Decimal, NotADecimal, RecordId};
use crate::schema::FieldKind;

/// A row as fields.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) line: u64,
    pub(super) key: Option<String>,
    pub(super) fields: Map<String, Json>,
    /// For a new record only, where `fields` says nothing.
    pub(super) composed: Map<String, Json>,
    pub(super) open: Vec<Open>,
    /// References of which a dry run knows that they would be found.
    pub(super) hoped: Vec<String>,
    /// References that a later row may bring.
    pub(super) waiting: Vec<Open>,
    /// Fields that keep a text no longer needed.
    pub(super) outdated: Vec<String>,
    pub(super) failures: Vec<Failure>,
    /// What was put right in its cells, once for each cell.
    pub(super) repaired: Vec<Repair>,
}

/// A reference that was not found at once.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) column: usize,
    pub(super) text: String,
    /// How many records the text matches: none, or more than one.
    pub(super) matches: usize,
}

/// References found before, so that an owner of ten thousand rows is looked up once.
pub(super) type Found = HashMap<(usize, String), RecordId>;

const FOUND_LIMIT: usize = 10_000;

impl Plan<'_> {
    /// Makes fields of a row's cells.
    pub(super) fn read(
        &self,
        line: u64,
        cells: &[Cell],
        lookup: &dyn Lookup,
        found: &mut Found,
    ) -> Draft {
        let mut draft = Draft {
            line,
            fields: self.section.constants.clone(),
            ..Draft::default()
        };
        let texts: Vec<Cow<'_, str>> = cells.iter().map(Cell::text).collect();
        let mut shown: BTreeMap<usize, &str> = BTreeMap::new();
        for (place, column) in self.columns.iter().enumerate() {
            if let Some(Cell::Fault(what)) = cells.get(column.at) {
                draft.failures.push(no_value(column.header, what));
                continue;
            }
            let cell = texts.get(column.at).map_or("", |text| text);
            let cell = if column.rule.untrimmed {
                cell
            } else {
                cell.trim()
            };
            if cell.trim().is_empty() {
                continue;
            }
            let (canonical, value) = column.rule.translate(cell);
            shown.insert(column.at, canonical);
            if column.targets.is_empty() {
                let whole = cells.get(column.at).filter(|_| value == cell);
                match self.mended(column, whole, value, &mut draft) {
                    Ok(json) => column.put(&mut draft.fields, json),
                    Err(failure) => draft.failures.push(failure),
                }
                continue;
            }
            match self.reference(place, column, value, lookup, found) {
                Ok(id) => column.link(&mut draft, id),
                Err(matches) => draft.open.push(Open {
                    column: place,
                    text: value.to_owned(),
                    matches,
                }),
            }
        }
        for (field, template, places) in &self.compose {
            let text = template.fill(|name| {
                let at = places.get(name)?;
                let cell = shown.get(at).copied();
                cell.or_else(|| Some(texts.get(*at)?.trim()))
            });
            draft
                .composed
                .extend(text.map(|text| ((*field).to_owned(), text.into())));
        }
        if let Some((key, _)) = self.key {
            let text = draft.fields.get(key).or_else(|| draft.composed.get(key));
            draft.key = text.and_then(Json::as_str).map(ToOwned::to_owned);
        }
        draft
    }

    /// The value of a cell, with what a spreadsheet did to it put right.
    fn mended(
        &self,
        column: &Bound<'_>,
        cell: Option<&Cell>,
        text: &str,
        draft: &mut Draft,
    ) -> Result<Json, Failure> {
        let said = Cell::Text(String::new());
        let mended = column
            .care
            .mend(cell.unwrap_or(&said), text, &self.without)
            .map_err(|fault| failure(column.header, fault))?;
        draft.repaired.extend(&mended.by);
        for phone in mended.further {
            self.beside(column, phone, draft)?;
        }
        column.value(&mended.text)
    }

    /// A further telephone goes into another field of the kind that no column goes to, else into the description.
    fn beside(&self, column: &Bound<'_>, phone: String, draft: &mut Draft) -> Result<(), Failure> {
        let taken = |name: &str| {
            self.columns.iter().any(|column| column.field == name)
                || draft.fields.contains_key(name)
        };
        let mut fields = self.object.live_fields();
        let free = fields.find(|field| {
            matches!(field.kind, FieldKind::Phone) && !field.read_only && !taken(&field.name)
        });
        if let Some(field) = free {
            let name = field.name.clone();
            draft.fields.insert(name, phone.into());
            return Ok(());
        }
        const NOTE: &str = "description";
        if self.object.field(NOTE).is_none()
            || self.columns.iter().any(|column| column.field == NOTE)
        {
            let what = format!(
                "there is no room for the telephone '{phone}'; give it a column of its own"
            );
            return Err(Failure::field(column.header, "several-phones", what));
        }
        let note = draft.fields.get(NOTE).and_then(Json::as_str);
        let note = note.map_or_else(|| phone.clone(), |note| format!("{note}\n{phone}"));
        draft.fields.insert(NOTE.to_owned(), note.into());
        Ok(())
    }

    /// The record that a text names, or how many there are.
    fn reference(
        &self,
        place: usize,
        column: &Bound<'_>,
        text: &str,
        lookup: &dyn Lookup,
        found: &mut Found,
    ) -> Result<RecordId, usize> {
        // Records of the object that is being imported come and go while it is read.
        let steady = column
            .targets
            .iter()
            .all(|target| target.object.name != self.object.name);
        let known = (place, text.to_owned());
        if let Some(id) = found.get(&known) {
            return Ok(*id);
        }
        let id = column.find(text, lookup)?;
        if steady {
            if found.len() >= FOUND_LIMIT {
                found.clear();
            }
            found.insert(known, id);
        }
        Ok(id)
    }
}

impl Bound<'_> {
    fn value(&self, text: &str) -> Result<Json, Failure> {
        let text = match self.rule.scale {
            None => text.to_owned(),
            Some(scale) => {
                let number: Decimal = text.parse().map_err(|error: NotADecimal| {
                    Failure::field(self.field, "wrong-type", error.to_string())
                })?;
                let scaled = number.checked_mul(scale).ok_or_else(|| {
                    Failure::field(
                        self.field,
                        "out-of-range",
                        format!("'{text}' × {scale} is too large"),
                    )
                })?;
                scaled.to_string()
            }
        };
        Ok(match self.rule.currency {
            Some(currency) => json!({"amount": text, "currency": currency.code()}),
            None => text.into(),
        })
    }

    fn put(&self, fields: &mut Map<String, Json>, value: Json) {
        let Some(part) = self.part else {
            fields.insert(self.field.to_owned(), value);
            return;
        };
        let whole = fields
            .entry(self.field)
            .or_insert_with(|| Json::Object(Map::new()));
        if let Json::Object(parts) = whole {
            parts.insert(part.to_owned(), value);
        }
    }

    /// Sets the reference; a text that stood for it has done its service.
    pub(super) fn link(&self, draft: &mut Draft, id: RecordId) {
        draft
            .fields
            .insert(self.field.to_owned(), id.to_string().into());
        draft.outdated.extend(self.rule.unresolved.clone());
    }
}

/// A formula that came to nothing.
fn no_value(header: &str, what: &str) -> Failure {
    let message = format!("the formula of the cell says {what}; correct it, or clear the cell");
    Failure::field(header, "formula", message)
}
