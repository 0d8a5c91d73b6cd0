//! What is told to who audits from outside, and how does he know that it is all?
//!
//! An audit is a text of JSON lines: who changed which fields of what, and who looked at what is confidential. It has no
//! values, so that nothing of it need be erased. Every line begins with the hash of the line before, and the last one says
//! how many there are: what is missing, added or changed is found by who has the text alone. The host signs it.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::error::{Error, ErrorKind, Result};
use crate::journal::Position;
use crate::session::Session;
use crate::timeline::Change;

use super::looks::{Looked, write_down};

const FORMAT: u64 = 1;

/// How many commits are read at once.
const PAGE: usize = 500;

/// What an audit holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Audit {
    /// The commits after this position.
    pub after: u64,
    /// The last position that it tells of.
    pub until: u64,
    /// When it was made, by the clock of the store.
    pub made_at: String,
    /// Who made it.
    pub made_by: String,
    /// How many commits it tells of.
    pub changes: u64,
    /// How many notes of looks at confidential records these commits wrote down.
    pub looks: u64,
    /// The hash of its last line, which stands for the whole.
    pub hash: String,
}

/// Lines, each with the hash of the one before.
struct Chain<'a> {
    out: &'a mut dyn Write,
    last: String,
}

fn hash_of(line: &str) -> String {
    blake3::hash(line.as_bytes()).to_hex().to_string()
}

/// What the first line names, before which there is none.
fn beginning() -> String {
    "0".repeat(2 * blake3::OUT_LEN)
}

impl Chain<'_> {
    fn line(&mut self, kind: &str, what: &Json) -> Result<()> {
        let line = format!(r#"{{"before":"{}","{kind}":{what}}}"#, self.last);
        let written = self.out.write_all(line.as_bytes());
        written
            .and_then(|()| self.out.write_all(b"\n"))
            .map_err(|error| unwritable(&error))?;
        self.last = hash_of(&line);
        Ok(())
    }
}

fn unwritable(error: &io::Error) -> Error {
    let message = format!("the audit cannot be written: {error}");
    Error::new(ErrorKind::Input, message).hint("give it a place with room")
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn change(change: &Change) -> Json {
    let records = change.records.iter().map(|touched| {
        let kind = format!("{:?}", touched.kind).to_lowercase();
        json!({"id": touched.id.to_string(), "object": touched.object, "kind": kind, "fields": touched.fields})
    });
    json!({
        "position": change.position.get(), "at": instant(change.at), "actor": change.actor.to_string(),
        "key": change.key.map(|key| key.to_string()), "cause": change.cause.map(Position::get), "records": records.collect::<Vec<_>>(),
    })
}

fn look(look: &Looked) -> Json {
    json!({
        "user": look.user.to_string(), "record": look.record.to_string(), "kind": look.kind,
        "at": instant(look.at), "count": look.count,
    })
}

impl Session {
    /// Writes an audit of the commits after a position, up to another one or to now, and of the looks at confidential
    /// records that these wrote down. So a look is in one of the audits that follow each other, and in one only: in the
    /// next, where it was written down after the last commit. [`read_audit`] reads it, without a store.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{Engine, Position, read_audit};
    /// use serde_json::json;
    ///
    /// let session = Engine::in_memory().open()?.session();
    /// session.create("account", json!({"name": "فولاد پارس"}))?;
    /// let mut text = Vec::new();
    /// let audit = session.audit(Position::START, None, &mut text)?;
    /// assert_eq!(read_audit(&text)?, audit);
    /// assert!(!String::from_utf8_lossy(&text).contains("فولاد"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When who asks does not administer the workspace, the journal does not go back so far, or `out` takes no more.
    pub fn audit(
        &self,
        after: Position,
        until: Option<Position>,
        out: &mut dyn Write,
    ) -> Result<Audit> {
        self.must_administer("make an audit")?;
        write_down(&self.engine)?;
        let head = self.engine.position();
        let last = until.map_or(head, |until| until.min(head));
        let mut audit = Audit {
            after: after.get(),
            until: last.get(),
            made_at: instant(self.context.now()),
            made_by: self.actor().to_string(),
            changes: 0,
            looks: 0,
            hash: String::new(),
        };
        let mut chain = Chain {
            out,
            last: beginning(),
        };
        let (made_at, made_by) = (&audit.made_at, &audit.made_by);
        chain.line("audit", &json!({
            "format": FORMAT, "after": audit.after, "until": audit.until, "made_at": made_at, "made_by": made_by,
        }))?;
        let mut position = after;
        'pages: loop {
            let page = self.engine.changes(position, PAGE)?;
            let Some(end) = page.last() else { break };
            position = end.position;
            for one in &page {
                if one.position > last {
                    break 'pages;
                }
                chain.line("change", &change(one))?;
                audit.changes += 1;
                for one in &self.written_by(one)? {
                    chain.line("look", &look(one))?;
                    audit.looks += 1;
                }
            }
        }
        chain.line(
            "end",
            &json!({"changes": audit.changes, "looks": audit.looks}),
        )?;
        audit.hash = chain.last;
        Ok(audit)
    }
}

fn broken(line: u64, what: &str) -> Error {
    let message = format!("line {line} of the audit {what}");
    Error::new(ErrorKind::Damaged, message)
        .hint("ask for the audit again, with its signature, from who made it")
}

/// Reads an audit that [`Session::audit`] wrote: whether each line follows the one before, and all are there. Who made it
/// is said by its signature alone.
///
/// # Errors
/// With the first line that does not belong where it is.
pub fn read_audit(text: &[u8]) -> Result<Audit> {
    let text = std::str::from_utf8(text).map_err(|_| broken(1, "is no text"))?;
    let mut last = beginning();
    let mut audit: Option<Audit> = None;
    let (mut changes, mut looks, mut ended) = (0, 0, false);
    let mut number = 0;
    for line in text.lines() {
        number += 1;
        if ended {
            return Err(broken(number, "comes after the end"));
        }
        let said: Json = serde_json::from_str(line).map_err(|_| broken(number, "is no JSON"))?;
        if said["before"] != last {
            return Err(broken(number, "does not follow the line before"));
        }
        last = hash_of(line);
        match &mut audit {
            None => {
                audit = Some(begun(&said["audit"]).ok_or_else(|| broken(1, "begins no audit"))?)
            }
            Some(_) if said["change"].is_object() => changes += 1,
            Some(_) if said["look"].is_object() => looks += 1,
            Some(_) if said["end"] == json!({"changes": changes, "looks": looks}) => ended = true,
            Some(_) => {
                return Err(broken(
                    number,
                    "says nothing that is known, or counts wrong",
                ));
            }
        }
    }
    match audit.filter(|_| ended && text.ends_with('\n')) {
        Some(audit) => Ok(Audit {
            changes,
            looks,
            hash: last,
            ..audit
        }),
        None => Err(broken(number + 1, "is missing: it has no end")),
    }
}

fn begun(said: &Json) -> Option<Audit> {
    if said["format"] != FORMAT {
        return None;
    }
    Some(Audit {
        after: said["after"].as_u64()?,
        until: said["until"].as_u64()?,
        made_at: said["made_at"].as_str()?.to_owned(),
        made_by: said["made_by"].as_str()?.to_owned(),
        changes: 0,
        looks: 0,
        hash: String::new(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;
    use std::sync::Arc;

    use chrono::TimeDelta;

    use super::super::looks::LookKind;
    use super::*;
    use crate::context::{Actor, FixedClock};
    use crate::engine::Engine;

    fn looks(text: &[u8]) -> Vec<String> {
        let lines = std::str::from_utf8(text).unwrap().lines();
        let said = lines.map(|line| serde_json::from_str::<Json>(line).unwrap());
        let looks = said.filter(|said| said["look"].is_object());
        looks
            .map(|said| said["look"]["user"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_look_is_in_one_of_the_audits_that_follow_each_other() {
        let noon: DateTime<Utc> = "2026-03-25T08:30:00Z".parse().unwrap();
        let clock = Arc::new(FixedClock::at(noon));
        let engine = Engine::in_memory().clock(clock.clone()).open().unwrap();
        let session = engine.session();
        let make = |object, fields| session.create(object, fields).unwrap().id().unwrap();
        let secret = make("account", json!({"name": "راز", "confidential": true}));
        let sara = make("user", json!({"login": "sara", "name": "سارا"}));
        let reza = make("user", json!({"login": "reza", "name": "رضا"}));
        let mina = make("user", json!({"login": "mina", "name": "مینا"}));
        let note = |user| {
            let noted = &engine.inner.sights.looks();
            noted.note(user, secret, LookKind::View, noon);
        };
        note(sara);
        clock.set(noon + TimeDelta::hours(1));
        make("account", json!({"name": "فولاد"}));
        let mut first = Vec::new();
        let audit = session.audit(Position::START, None, &mut first).unwrap();
        // Seen before the last commit that the first audit tells of, and noted after the notes were written down.
        note(reza);
        clock.set(noon + TimeDelta::hours(2));
        let middle = make("account", json!({"name": "نفت"}));
        let until = engine.position();
        let mut parts = vec![first];
        let mut after = audit.until;
        for until in [Some(until), None] {
            note(mina);
            let mut text = Vec::new();
            let from = Position::from_number(after);
            let part = session.audit(from, until, &mut text).unwrap();
            assert_eq!(read_audit(&text).unwrap(), part);
            after = part.until;
            parts.push(text);
        }
        let told: Vec<String> = parts.iter().flat_map(|text| looks(text)).collect();
        assert_eq!(told.len(), 4, "{told:?}");
        let told: BTreeSet<String> = told.into_iter().collect();
        assert_eq!(told, [sara, reza, mina].map(|user| user.to_string()).into());
        assert!(session.get(middle).is_ok());
    }

    #[test]
    fn an_audit_says_by_which_key_somebody_acted() {
        let engine = Engine::in_memory().open().unwrap();
        let session = engine.session();
        let _ = session.add_standard_roles().unwrap();
        let fields = json!({"login": "sara", "name": "سارا", "role": "administrator"});
        let sara = session.create("user", fields).unwrap().id().unwrap();
        let rights = json!({"objects": {"lead": {"read": "all", "create": "all"}}});
        let new = crate::access::NewKey::new("وب‌گاه", sara, rights);
        let key = session.create_key(&new).unwrap();
        let start = engine.position();
        let program = engine.session_for_key(&key.token).unwrap();
        let lead = program.create("lead", json!({"name": "لیلا"})).unwrap();
        let user = engine.session_as(Actor::User(sara));
        let _ = user.create("lead", json!({"name": "زهرا"})).unwrap();
        let changes = engine.changes(start, 10).unwrap();
        let by = |change: &Change| (change.actor == Actor::User(sara), change.key);
        let told: Vec<_> = changes.iter().map(by).collect();
        assert_eq!(told, [(true, Some(key.id)), (true, None)]);
        let events = session.timeline(lead.id().unwrap()).unwrap();
        assert_eq!(events[0].key, Some(key.id));
        let mut text = Vec::new();
        let _ = session.audit(start, None, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let lines: Vec<Json> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[1]["change"]["key"], key.id.to_string());
        assert_eq!(lines[2]["change"]["key"], Json::Null);
    }
}
