//! Who is calling?

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use super::number::{Looking, Typed, lines};
use crate::error::{Error, ErrorKind, Result};
use crate::message::CallingCode;
use crate::query::Reader;
use crate::record::{Phone, Record, RecordId, Value};
use crate::session::Session;
use crate::view::Look;

/// How many are told.
const MOST: usize = 50;

/// The standard objects in the order in which one is more likely to be who calls.
const LIKELY: [&str; 3] = ["contact", "lead", "account"];

/// How sure it is that the number is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NumberMatch {
    /// The number and the extension are theirs.
    WithExtension,
    /// The number is theirs.
    Whole,
    /// Their number ends like the one that was asked for, which lacks its area code or its country.
    Ending,
}

/// Somebody who has a telephone number, with enough to choose by.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Caller {
    /// The record.
    #[serde(with = "crate::write::id_text")]
    pub id: RecordId,
    /// Its object's name.
    pub object: String,
    /// What such records are called.
    pub label: String,
    /// What a person would call it.
    pub title: String,
    /// Its job title, or a lead's company; empty where it has none.
    pub about: String,
    /// The account that it belongs to.
    #[serde(with = "crate::write::id_text_option")]
    pub account: Option<RecordId>,
    /// What that one is called; empty where there is none.
    pub account_title: String,
    /// What the field with the number is called.
    pub field: String,
    /// The number as the record has it.
    pub number: String,
    /// How sure it is.
    pub fit: NumberMatch,
    /// When there was something with it last.
    #[serde(serialize_with = "instant")]
    pub last_activity_at: Option<DateTime<Utc>>,
}

fn instant<S: Serializer>(at: &Option<DateTime<Utc>>, to: S) -> Result<S::Ok, S::Error> {
    let at = at.map(|at| Value::Instant(at).to_json());
    at.serialize(to)
}

impl Session {
    /// Who has a telephone number, in whatever form it was typed or announced: with or without its country, with `00`,
    /// in Persian or Arabic digits, with an extension. Where nobody has it, those are told whose number ends so: it was
    /// typed without its area code. The likeliest is first: of several who share a number, the one with the extension,
    /// then the one with whom there was something last. At most 50 are told.
    ///
    /// `country` is the one that numbers without a country belong to; that of the engine's
    /// [`MessageRules`](crate::MessageRules) where none is named, and where there is none either, numbers of any country
    /// that end so are found.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{CallingCode, Engine};
    /// use serde_json::json;
    ///
    /// let session = Engine::in_memory().open()?.session();
    /// session.create("contact", json!({"name": "زهرا کریمی", "mobile": "+98 912 123 4567"}))?;
    /// let iran = CallingCode::new("98", "0");
    /// let callers = session.callers("۰۹۱۲ ۱۲۳ ۴۵۶۷", Some(&iran))?;
    /// assert_eq!(callers[0].title, "زهرا کریمی");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the text is no telephone number, or the store cannot be read.
    pub fn callers(&self, number: &str, country: Option<&CallingCode>) -> Result<Vec<Caller>> {
        let rules = &self.engine.inner.post.rules;
        let country = country.or(rules.calling_code.as_ref());
        let typed = Typed::read(number, country).ok_or_else(|| {
            let message = format!("'{number}' is not a telephone number");
            Error::new(ErrorKind::Query, message)
                .hint("type digits, such as 0912 123 4567 or +98 21 8800 1234 ext. 12")
        })?;
        let look = self.look()?;
        let mut having = BTreeMap::new();
        let mut looking = Looking::new(&look.reader);
        for line in lines(&look.reader) {
            let ids = looking.having(&line, &typed)?;
            gather(&mut having, line.object.prefix(), ids);
        }
        let mut callers = told(&look, &having, &typed, false)?;
        if callers.is_empty() {
            having.clear();
            for line in lines(&look.reader) {
                let ids = looking.ending(&line, &typed, country)?;
                gather(&mut having, line.object.prefix(), ids);
            }
            callers = told(&look, &having, &typed, true)?;
        }
        callers.sort_by_key(|caller| {
            let likely = LIKELY.iter().position(|name| *name == caller.object);
            let likely = likely.unwrap_or(LIKELY.len());
            (
                caller.fit,
                Reverse(caller.last_activity_at),
                likely,
                caller.id,
            )
        });
        callers.truncate(MOST);
        Ok(callers)
    }
}

type Numbers = BTreeMap<crate::record::Prefix, Vec<u128>>;

fn gather(to: &mut Numbers, prefix: crate::record::Prefix, ids: Vec<RecordId>) {
    if !ids.is_empty() {
        let numbers = to.entry(prefix).or_default();
        numbers.extend(ids.into_iter().map(|id| id.number()));
    }
}

/// Those of the records that are seen and whose number fits.
fn told(look: &Look, having: &Numbers, typed: &Typed, ending: bool) -> Result<Vec<Caller>> {
    let reader = &look.reader;
    let mut callers = Vec::new();
    for (prefix, numbers) in having {
        let Some(object) = reader.schema.by_prefix(*prefix) else {
            continue;
        };
        let mut numbers = numbers.clone();
        numbers.sort_unstable();
        numbers.dedup();
        for record in reader.get_many(object, &numbers)?.into_iter().flatten() {
            // A lead that was converted is the contact now.
            if record.text("status") == Some("converted") && record.object() == "lead" {
                continue;
            }
            if let Some(caller) = caller(look, &record, typed, ending)? {
                if let Some(seeing) = &reader.seeing {
                    seeing.note(&record, true);
                }
                callers.push(caller);
            }
        }
    }
    Ok(callers)
}

/// How well a number fits.
fn fit(phone: &Phone, typed: &Typed, ending: bool) -> Option<NumberMatch> {
    if ending {
        return typed.ends(phone).then_some(NumberMatch::Ending);
    }
    let same = typed.extension.is_some() && phone.extension == typed.extension;
    typed.is(phone).then_some(match same {
        true => NumberMatch::WithExtension,
        false => NumberMatch::Whole,
    })
}

fn caller(look: &Look, record: &Record, typed: &Typed, ending: bool) -> Result<Option<Caller>> {
    let phones = record.fields().filter_map(|(name, value)| match value {
        Value::Phone(phone) => Some((name, phone, fit(phone, typed, ending)?)),
        _ => None,
    });
    let Some((name, phone, fit)) = phones.min_by_key(|(_, _, fit)| *fit) else {
        return Ok(None);
    };
    let field = record.object.field(name);
    let field = field.map_or_else(|| name.to_owned(), |field| look.called(&field.label, name));
    let account = match record.get("account") {
        Some(Value::Reference(id)) => Some(*id),
        _ => None,
    };
    let about = record.text("job_title").or_else(|| record.text("company"));
    Ok(Some(Caller {
        id: record.id(),
        object: record.object().to_owned(),
        label: look.called(&record.object.label, record.object()),
        title: record.title(),
        about: about.unwrap_or_default().to_owned(),
        account,
        account_title: title(&look.reader, account)?,
        field,
        number: phone.to_string(),
        fit,
        last_activity_at: match record.get("last_activity_at") {
            Some(Value::Instant(at)) => Some(*at),
            _ => None,
        },
    }))
}

fn title(reader: &Reader, id: Option<RecordId>) -> Result<String> {
    let record = id.map(|id| reader.get_stored(id)).transpose()?.flatten();
    Ok(record.map_or_else(String::new, |record| record.title()))
}
