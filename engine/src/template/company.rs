//! In whose name does a document go out, and to whom?

use std::ops::ControlFlow;

use crate::context::Locale;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};

/// How far up the territories a branch is looked for.
const HIGHEST: usize = 16;

fn reference(record: &Record, field: &str) -> Option<RecordId> {
    match record.get(field) {
        Some(Value::Reference(id)) => Some(*id),
        _ => None,
    }
}

fn follow(reader: &Reader, record: &Record, field: &str) -> Result<Option<Record>> {
    reference(record, field).map_or(Ok(None), |id| reader.get(id))
}

/// Whom a record's documents are for: its contact, its account, or itself.
pub(super) fn recipient(reader: &Reader, record: &Record) -> Result<Option<Record>> {
    if ["contact", "account", "lead"].contains(&record.object()) {
        return Ok(Some(record.clone()));
    }
    for field in ["contact", "account"] {
        if let Some(found) = follow(reader, record, field)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The language that somebody reads: his own, or that of his account.
pub(super) fn language_of(reader: &Reader, recipient: &Record) -> Result<Option<Locale>> {
    let said = |record: &Record| record.text("language").and_then(Locale::from_tag);
    if let Some(language) = said(recipient) {
        return Ok(Some(language));
    }
    let account = follow(reader, recipient, "account")?;
    Ok(account.and_then(|account| said(&account)))
}

/// The company profile of a key.
pub(super) fn by_key(reader: &Reader, key: &str) -> Result<Record> {
    let object = reader.object("company_profile")?;
    let id = match object.natural_key() {
        Some(field) => reader.by_unique(object, field.number, &Value::Text(key.into()))?,
        None => None,
    };
    let found = id.map_or(Ok(None), |id| reader.get(id))?;
    found.ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            format!("there is no company profile '{key}'"),
        )
    })
}

/// The profile of the branch that a record belongs to: of its territory or one above it, or the one for all.
pub(super) fn of(reader: &Reader, record: &Record) -> Result<Option<Record>> {
    let mut profiles = Vec::new();
    reader.each(reader.object("company_profile")?, |profile| {
        if !matches!(profile.get("active"), Some(Value::Boolean(false))) {
            profiles.push(profile);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut territory = territory_of(reader, record)?;
    for _ in 0..HIGHEST {
        let Some(id) = territory else {
            break;
        };
        let of_branch = |profile: &&Record| reference(profile, "territory") == Some(id);
        if let Some(profile) = profiles.iter().find(of_branch) {
            return Ok(Some(profile.clone()));
        }
        let above = reader.get(id)?;
        territory = above.and_then(|above| reference(&above, "parent"));
    }
    let for_all = profiles
        .into_iter()
        .find(|profile| reference(profile, "territory").is_none());
    Ok(for_all)
}

fn territory_of(reader: &Reader, record: &Record) -> Result<Option<RecordId>> {
    if let Some(id) = reference(record, "territory") {
        return Ok(Some(id));
    }
    for field in ["account", "owner"] {
        if let Some(other) = follow(reader, record, field)?
            && let Some(id) = reference(&other, "territory")
        {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
