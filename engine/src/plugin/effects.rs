//! Is what a guest wants done something that its plugin may do?
//!
//! Effects, records added before a save, and writes to the plugin's own store: each within its rights, and naming only
//! what there is.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::columns;
use super::contract::{self, Action, Assignment, NewRecord, Recipient, Scalar, StoreWrite, Target};
use super::grants::Grants;
use super::guest::Fault;
use super::right::{Right, RightVerb};
use crate::hook::{
    self, Effect, EffectAction, Keep, Links, Posting, PostingTo, PostingWords, Which,
};
use crate::query::Reader;
use crate::record::{Decimal, RecordId};

/// Bytes of a key of an effect, and of one in the plugin's own store.
const KEY: usize = 200;
/// Bytes of a value in the plugin's own store.
const KEPT: usize = 64 << 10;

/// The ways of a message, as a plugin names them.
const CHANNELS: [&str; 5] = ["email", "sms", "messenger", "in_app", "letter"];

/// How far a plugin reaches.
#[derive(Debug)]
pub(super) struct Reach {
    pub(super) grants: Arc<Grants>,
    /// Its hooks that hear replies.
    pub(super) replies: Vec<String>,
    /// Effects that one record may cause.
    per_row: usize,
}

/// The rows of a batch, and what the effects so far make: by key, the object.
struct Seen<'a> {
    rows: &'a [RecordId],
    made: HashMap<String, String>,
}

impl Seen<'_> {
    fn which(&self, target: Target) -> Result<Which, String> {
        match target {
            Target::Id(id) => Ok(Which::Id(id.parse().map_err(|error| format!("{error}"))?)),
            Target::Row(row) => Ok(Which::Id(self.row(row)?)),
            Target::Made(key) if self.made.contains_key(&key) => Ok(Which::Made(key)),
            Target::Made(key) => Err(format!("no effect before it makes '{key}'")),
        }
    }

    fn row(&self, row: u32) -> Result<RecordId, String> {
        let rows = self.rows.len();
        let found = self.rows.get(row as usize).copied();
        found.ok_or_else(|| format!("row {row} is out of range: the batch has {rows}"))
    }
}

impl Reach {
    pub(super) fn new(grants: Arc<Grants>, replies: Vec<String>, per_row: usize) -> Self {
        Self {
            grants,
            replies,
            per_row,
        }
    }

    /// The effects of a hook. `rows` are the records of its batch.
    pub(super) fn effects(
        &self,
        rows: &[RecordId],
        answer: Vec<contract::Effect>,
    ) -> Result<Vec<Effect>, Fault> {
        let mut per_row: HashMap<u32, usize> = HashMap::new();
        let made = HashMap::new();
        let mut seen = Seen { rows, made };
        let mut effects = Vec::with_capacity(answer.len());
        for effect in answer {
            let count = per_row.entry(effect.row).or_default();
            *count += 1;
            if *count > self.per_row {
                return Err(Fault::Answer(format!(
                    "more than {} effects for row {} (or raise limits.effects-per-row)",
                    self.per_row, effect.row
                )));
            }
            effects.push(self.effect(&mut seen, effect).map_err(Fault::Answer)?);
        }
        Ok(effects)
    }

    /// The same, with room in its store for what they keep.
    pub(super) fn checked(
        &self,
        reader: &Reader,
        rows: &[RecordId],
        answer: Vec<contract::Effect>,
    ) -> Result<Vec<Effect>, Fault> {
        let effects = self.effects(rows, answer)?;
        let keeps = effects.iter().filter_map(|effect| match &effect.action {
            EffectAction::Keep(keep) => Some(keep),
            _ => None,
        });
        self.fit(reader, keeps)?;
        Ok(effects)
    }

    fn effect(&self, seen: &mut Seen<'_>, effect: contract::Effect) -> Result<Effect, String> {
        let (row, key) = (effect.row, effect.key);
        let about = seen.row(row)?;
        if key.is_empty() || key.len() > KEY {
            return Err(format!(
                "an effect of row {row} has no key of 1 to {KEY} bytes: without one it could be done twice"
            ));
        }
        let action = match effect.action {
            Action::Create(new) => {
                let (fields, links) = assigned(seen, new.fields)?;
                self.may_write(RightVerb::Create, &new.object, &fields, &links)?;
                seen.made.insert(key.clone(), new.object.clone());
                let object = new.object;
                EffectAction::Create {
                    object,
                    fields,
                    links,
                }
            }
            Action::Update(changed) => {
                let which = seen.which(changed.which)?;
                let object = self.object_of(seen, &which)?;
                let (fields, links) = assigned(seen, changed.fields)?;
                self.may_write(RightVerb::Update, &object, &fields, &links)?;
                EffectAction::Update {
                    which,
                    fields,
                    links,
                }
            }
            Action::Delete(target) => {
                let which = seen.which(target)?;
                let object = self.object_of(seen, &which)?;
                self.grants
                    .write(RightVerb::Delete, &object, std::iter::empty())?;
                EffectAction::Delete(which)
            }
            Action::Send(message) => EffectAction::Send(Box::new(self.posting(seen, message)?)),
            Action::Request(request) => {
                EffectAction::Request(Box::new(self.request(request, &key, about)?))
            }
            Action::Store(write) => EffectAction::Keep(self.keep(write)?),
        };
        Ok(Effect {
            row: row as usize,
            key,
            action,
        })
    }

    fn object_of(&self, seen: &Seen<'_>, which: &Which) -> Result<String, String> {
        let found = match which {
            Which::Id(id) => self.grants.object_of(*id),
            Which::Made(key) => seen.made.get(key).map(String::as_str),
        };
        let named = || match which {
            Which::Id(id) => id.to_string(),
            Which::Made(key) => key.clone(),
        };
        found
            .map(str::to_owned)
            .ok_or_else(|| format!("{} belongs to no object", named()))
    }

    fn may_write(
        &self,
        verb: RightVerb,
        object: &str,
        fields: &Map<String, Json>,
        links: &Links,
    ) -> Result<(), String> {
        let names = fields.keys().chain(links.iter().map(|(field, _)| field));
        self.grants.write(verb, object, names.map(String::as_str))
    }

    /// Records that are added before a save: row and record.
    pub(super) fn children(
        &self,
        rows: &[RecordId],
        answer: Vec<contract::Child>,
    ) -> Result<Vec<(usize, hook::NewRecord)>, Fault> {
        let made = HashMap::new();
        let seen = Seen { rows, made };
        let most = rows.len().saturating_mul(self.per_row);
        if answer.len() > most {
            return Err(Fault::Answer(format!(
                "{} records are added to {} rows; at most {most} are taken",
                answer.len(),
                rows.len()
            )));
        }
        let child = |child: contract::Child| {
            seen.row(child.row)?;
            let NewRecord { object, fields } = child.what;
            let (fields, links) = assigned(&seen, fields)?;
            self.may_write(RightVerb::Create, &object, &fields, &links)?;
            Ok((child.row as usize, hook::NewRecord { object, fields }))
        };
        let children: Result<_, String> = answer.into_iter().map(child).collect();
        children.map_err(Fault::Answer)
    }

    /// Writes to its own store before a save: row and write.
    pub(super) fn keeps(
        &self,
        rows: usize,
        answer: Vec<contract::Kept>,
    ) -> Result<Vec<(usize, Keep)>, Fault> {
        let most = rows.saturating_mul(self.per_row);
        if answer.len() > most {
            return Err(Fault::Answer(format!(
                "{} writes to its store for {rows} rows; at most {most} are taken",
                answer.len()
            )));
        }
        let keep = |kept: contract::Kept| match kept.row as usize {
            row if row < rows => Ok((row, self.keep(kept.what)?)),
            row => Err(format!("row {row} is out of range: the batch has {rows}")),
        };
        let keeps: Result<_, String> = answer.into_iter().map(keep).collect();
        keeps.map_err(Fault::Answer)
    }

    fn keep(&self, write: StoreWrite) -> Result<Keep, String> {
        let _ = self.grants.keep()?;
        if write.key.is_empty() || write.key.len() > KEY {
            return Err(format!("a key of its store has 1 to {KEY} bytes"));
        }
        if let Some(value) = &write.value
            && value.len() > KEPT
        {
            return Err(format!(
                "the value of '{}' in its store has {} bytes; at most {KEPT} are kept",
                write.key,
                value.len()
            ));
        }
        Ok(Keep {
            plugin: self.grants.plugin().to_string(),
            key: write.key,
            value: write.value,
        })
    }

    /// Whether its store has room for these.
    pub(super) fn fit<'k>(
        &self,
        reader: &Reader,
        keeps: impl Iterator<Item = &'k Keep>,
    ) -> Result<(), Fault> {
        let mut keeps = keeps.peekable();
        if keeps.peek().is_none() {
            return Ok(());
        }
        let unread = |error: crate::error::Error| Fault::Start(error.to_string());
        let (plugin, limit) = (self.grants.plugin(), self.grants.rights().store_limit());
        let mut bytes = i128::from(reader.kept_bytes(plugin).map_err(unread)?);
        let before = bytes;
        let last: HashMap<&str, &Keep> = keeps.map(|keep| (keep.key.as_str(), keep)).collect();
        for (key, keep) in last {
            let size = |value: &[u8]| (key.len() + value.len()) as i128;
            let old = reader.kept(plugin, key).map_err(unread)?;
            bytes += keep.value.as_deref().map_or(0, size) - old.as_deref().map_or(0, size);
        }
        // Whoever is over, for a grant was narrowed, may still make room.
        if bytes > i128::from(limit) && bytes > before {
            let more = match self.grants.keeping() {
                Right::Keep(needed) if needed > limit => self.grants.command(&Right::Keep(needed)),
                _ => "raise store under [[needs]]".to_owned(),
            };
            return Err(Fault::Answer(format!(
                "its store would have {bytes} bytes, and plugin {plugin} may keep {limit}: delete keys, or {more}"
            )));
        }
        Ok(())
    }

    fn posting(&self, seen: &Seen<'_>, message: contract::Message) -> Result<Posting, String> {
        let asked = match &message.channel {
            Some(channel) => std::slice::from_ref(channel)
                .iter()
                .map(String::as_str)
                .collect(),
            None => CHANNELS.to_vec(),
        };
        for channel in asked {
            self.grants.send(channel)?;
        }
        Ok(Posting {
            to: match message.to {
                Recipient::Party(target) => PostingTo::Record(seen.which(target)?),
                Recipient::Address(to) => PostingTo::Address {
                    address: to.address,
                    name: to.name,
                },
            },
            channel: message.channel,
            words: match message.content {
                contract::MessageContent::Words(words) => PostingWords::Ready {
                    subject: words.subject,
                    text: words.text,
                    html: words.html,
                },
                contract::MessageContent::Template(used) => PostingWords::Template {
                    template: used.template,
                    about: seen.which(used.about)?,
                },
            },
            about: message
                .about
                .into_iter()
                .map(|target| seen.which(target))
                .collect::<Result<_, _>>()?,
            purpose: message.purpose,
            language: message.language,
            send_after: message.send_after,
            expires_at: message.expires_at,
        })
    }
}

fn assigned(
    seen: &Seen<'_>,
    fields: Vec<Assignment>,
) -> Result<(Map<String, Json>, Links), String> {
    let mut map = Map::new();
    let mut links = Vec::new();
    for Assignment { field, value } in fields {
        if links.iter().any(|(linked, _)| *linked == field) || map.contains_key(&field) {
            return Err(format!("a record sets '{field}' twice"));
        }
        let named = |message: String| format!("{field}: {message}");
        match value {
            Scalar::Reference(target) => match seen.which(target).map_err(named)? {
                Which::Id(id) => drop(map.insert(field, json!(id.to_string()))),
                Which::Made(key) => links.push((field, key)),
            },
            other => {
                let value = json_of(other).map_err(named)?;
                map.insert(field, value);
            }
        }
    }
    Ok((map, links))
}

fn json_of(value: Scalar) -> Result<Json, String> {
    let number = |text: &str| -> Result<String, String> {
        let number = text.parse::<Decimal>();
        Ok(number.map_err(|error| error.to_string())?.to_string())
    };
    Ok(match value {
        Scalar::Nothing | Scalar::Reference(_) => Json::Null,
        Scalar::Boolean(yes) => json!(yes),
        Scalar::Integer(whole) | Scalar::Duration(whole) => json!(whole),
        Scalar::Decimal(text) => json!(number(&text)?),
        Scalar::Date(days) => {
            let day = columns::date(i64::from(days));
            json!(
                day.ok_or_else(|| format!("{days} is not a day"))?
                    .to_string()
            )
        }
        Scalar::Instant(micros) => {
            let at = columns::instant(micros);
            json!(at.ok_or_else(|| format!("{micros} is not a moment"))?)
        }
        Scalar::Text(text) => json!(text),
        Scalar::Money(money) => {
            json!({"amount": number(&money.amount)?, "currency": money.currency})
        }
        Scalar::Structured(text) => {
            serde_json::from_str(&text).map_err(|error| format!("it is not JSON: {error}"))?
        }
    })
}
