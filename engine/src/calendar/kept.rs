//! What can somebody do with business calendars?

use std::ops::ControlFlow;

use serde_json::Value as Json;

use super::definition::BusinessCalendar;
use super::holidays::{HolidayFile, HolidayReceipt, merged, with_days};
use super::rule::OBJECT;
use super::working_time::WorkingTime;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::did_you_mean;
use crate::session::Session;
use crate::write::Fields;

/// A business calendar that the store keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeptCalendar {
    /// Its record.
    pub id: RecordId,
    /// The word that it is asked for by.
    pub key: String,
    /// What people call it, in the language of who asks.
    pub name: String,
    /// How it is made.
    pub calendar: BusinessCalendar,
}

impl Session {
    /// The business calendars that the acting user may see, by key.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn business_calendars(&self) -> Result<Vec<KeptCalendar>> {
        let (reader, _) = self.read()?;
        let mut records = Vec::new();
        reader.each(reader.object(OBJECT)?, |record| {
            records.push(record);
            Ok(ControlFlow::Continue(()))
        })?;
        let mut kept: Vec<KeptCalendar> = records
            .iter()
            .map(|record| self.kept(record))
            .collect::<Result<_>>()?;
        kept.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(kept)
    }

    /// The business calendar of a key or id.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::Engine;
    /// use serde_json::json;
    ///
    /// let session = Engine::in_memory().open()?.session();
    /// session.create("business_calendar", json!({"key": "tehran", "name": "دفتر تهران", "definition": {
    ///     "zone": "Asia/Tehran",
    ///     "weeks": [{"open": {"saturday-wednesday": "08:00-16:00", "thursday": "08:00-12:00"}}],
    /// }}))?;
    /// let time = session.working_time("tehran")?;
    /// assert!(time.is_working_day("2026-03-19".parse().unwrap_or_default()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is none.
    pub fn business_calendar(&self, name: &str) -> Result<KeptCalendar> {
        let (reader, _) = self.read()?;
        self.kept(&named(&reader, name)?)
    }

    /// The working time of the business calendar of a key or id: what is reckoned with. Keep it for many questions.
    ///
    /// # Errors
    /// When there is no such calendar.
    pub fn working_time(&self, name: &str) -> Result<WorkingTime> {
        Ok(self.business_calendar(name)?.calendar.working_time())
    }

    /// Puts the holidays of a file into a business calendar, in one commit; days that somebody gave hours of their own keep
    /// them. An announced holiday takes the place of the one of its name that was expected within three days of it. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// When there is no such calendar; when somebody else changed it meanwhile; as [`Session::commit`].
    pub fn import_holidays(&self, calendar: &str, file: &HolidayFile) -> Result<HolidayReceipt> {
        let (reader, _) = self.read()?;
        let record = named(&reader, calendar)?;
        let known = self.kept(&record)?.calendar.days;
        let (days, receipt) = merged(&known, file);
        if days != known {
            let definition = definition(&record).map(|json| with_days(json, &days));
            let fields = Fields::default().with("definition", definition.unwrap_or_default());
            let _ = self.update_at(record.id(), record.revision(), fields)?;
        }
        Ok(receipt)
    }

    fn kept(&self, record: &Record) -> Result<KeptCalendar> {
        let key = record.text("key").unwrap_or_default().to_owned();
        let label = match record.get("label") {
            Some(Value::Json(Json::Object(map))) => {
                map.get(self.locale().tag()).and_then(Json::as_str)
            }
            _ => None,
        };
        let name = label.map_or_else(|| record.title(), str::to_owned);
        let unreadable = |error| {
            let message = format!("the business calendar '{key}' cannot be read");
            Error::new(ErrorKind::Invalid, message)
                .hint("save it again with a definition that holds; it was written without the rules for calendars")
                .because(error)
        };
        let definition = definition(record).ok_or_else(|| {
            let message =
                format!("the business calendar '{key}' has no definition that you may see");
            Error::new(ErrorKind::NotFound, message)
        })?;
        Ok(KeptCalendar {
            id: record.id(),
            name,
            calendar: BusinessCalendar::read(definition).map_err(unreadable)?,
            key,
        })
    }
}

fn definition(record: &Record) -> Option<&Json> {
    match record.get("definition") {
        Some(Value::Json(json)) => Some(json),
        _ => None,
    }
}

/// The record of a key or id.
fn named(reader: &Reader, name: &str) -> Result<Record> {
    let name = name.trim();
    let object = reader.object(OBJECT)?;
    let id = match (name.parse::<RecordId>(), object.natural_key()) {
        (Ok(id), _) => Some(id).filter(|id| id.prefix() == object.prefix()),
        (Err(_), Some(key)) => reader.by_unique(object, key.number, &Value::Text(name.into()))?,
        _ => None,
    };
    let found = id.map(|id| reader.get(id)).transpose()?.flatten();
    if let Some(record) = found {
        return Ok(record);
    }
    let mut keys = Vec::new();
    reader.each(object, |record| {
        keys.extend(record.text("key").map(str::to_owned));
        Ok(ControlFlow::Continue(()))
    })?;
    let near = did_you_mean(name, keys.iter().map(String::as_str));
    let message = format!("there is no business calendar '{name}'{near}");
    Err(Error::new(ErrorKind::NotFound, message).hint(
        "`peyvand calendar list` shows them; each is a record of business_calendar, with a definition",
    ))
}
