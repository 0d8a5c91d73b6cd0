//! Which fields of an object say who a record is of?

use std::sync::Arc;

use super::settings::Settings;
use super::table::Table;
use crate::error::{Error, ErrorKind, Result};
use crate::record::{Record, Value};
use crate::schema::{Field, FieldKind, Object};

/// A column with the field that it comes from.
pub(super) struct Source {
    pub(super) column: &'static str,
    pub(super) field: Field,
    of: fn(&Value) -> Option<&str>,
}

/// The fields of an object that are compared, and how.
pub(super) struct Sources {
    pub(super) object: Arc<Object>,
    pub(super) list: Vec<Source>,
    pub(super) settings: Settings,
}

impl Sources {
    /// Of persons where the records are called by a person's name, else of firms.
    pub(super) fn of(object: &Arc<Object>) -> Result<Self> {
        let title = object.field_by_number(object.title_field);
        let is_person = title.is_some_and(|field| field.kind == FieldKind::PersonName);
        let settings = match is_person {
            true => Settings::persons(),
            false => Settings::firms(),
        };
        let settings = settings.map_err(|error| Error::new(ErrorKind::Input, error.to_string()))?;
        let mut list = Vec::new();
        let mut add = |column, field: Option<&Field>, of: fn(&Value) -> Option<&str>| {
            list.extend(field.map(|field| Source {
                column,
                field: field.clone(),
                of,
            }));
        };
        match is_person {
            true => {
                add("given", title, |value| {
                    name(value).map(|name| name.given.as_str())
                });
                add("family", title, |value| {
                    name(value).map(|name| name.family.as_str())
                });
            }
            false => add("name", title, text),
        }
        let named = |names: &[&str]| {
            let mut names = names.iter();
            names.find_map(|name| object.field(name).filter(|field| !field.retired))
        };
        let of_kind = |kind: FieldKind| object.live_fields().find(|field| field.kind == kind);
        add("birth_date", named(&["birth_date"]), text);
        add("national_id", named(&["national_id", "tax_number"]), text);
        add(
            "phone",
            named(&["mobile", "phone"]).or(of_kind(FieldKind::Phone)),
            text,
        );
        add("email", of_kind(FieldKind::Email), text);
        add("website", of_kind(FieldKind::Url), text);
        let address = of_kind(FieldKind::Address);
        let street = if is_person { "street" } else { "address" };
        add(street, address, |value| {
            in_address(value).map(|address| address.street.as_str())
        });
        add("city", address, |value| {
            in_address(value).map(|address| address.city.as_str())
        });
        add("province", address, |value| {
            in_address(value).map(|address| address.province.as_str())
        });
        add("postal_code", address, |value| {
            in_address(value).map(|address| address.postal_code.as_str())
        });
        Ok(Self {
            object: object.clone(),
            list,
            settings,
        })
    }

    pub(super) fn table(&self) -> Table {
        Table::new(self.list.iter().map(|source| source.column))
    }

    /// A row of the table.
    pub(super) fn row<'a>(&self, value: impl Fn(&Field) -> Option<&'a Value>) -> Vec<String> {
        let cell = |source: &Source| match value(&source.field) {
            Some(Value::Date(day)) => day.to_string(),
            Some(Value::Phone(phone)) => phone.key().to_string(),
            Some(value) => (source.of)(value).unwrap_or_default().to_owned(),
            None => String::new(),
        };
        self.list.iter().map(cell).collect()
    }

    pub(super) fn row_of(&self, record: &Record) -> Vec<String> {
        self.row(|field| record.value(field.number))
    }

    /// The field that a column comes from.
    pub(super) fn field(&self, column: &str) -> Option<&Field> {
        let source = self.list.iter().find(|source| source.column == column)?;
        Some(&source.field)
    }
}

fn name(value: &Value) -> Option<&crate::record::PersonName> {
    match value {
        Value::PersonName(name) => Some(name),
        _ => None,
    }
}

fn in_address(value: &Value) -> Option<&crate::record::Address> {
    match value {
        Value::Address(address) => Some(address),
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    }
}
