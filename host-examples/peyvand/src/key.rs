//! By which keys do programs act for users?

use std::path::Path;

use chrono::Utc;
use peyvand::{Engine, Locale, NewKey, Query, Record, Session, Value};
use serde_json::{Value as Json, json};

use crate::args::{CreateKey, Key};
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table};
use crate::record::tell_commit;
use crate::social::user_of;
use crate::source;
use crate::store::{self, Need};

/// So many keys are shown at most.
const MOST: usize = 1_000;

pub(crate) fn run(asked: &Key, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        match asked {
            Key::Create(asked) => create(engine, &session, asked, output),
            Key::List => list(&session, output),
            Key::Revoke { id } => tell_commit(engine, &session.revoke_key(*id)?, output),
        }?;
        Ok(Exit::Fine)
    })
}

fn create(
    engine: &Engine,
    session: &Session,
    asked: &CreateKey,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let rights = source::fields(&asked.rights)?;
    let mut key = NewKey::new(&asked.name, user_of(engine, &asked.user)?, rights);
    if let Some(until) = asked.until {
        key = key.until(until);
    }
    let made = session.create_key(&key)?;
    if output.json {
        return output.document(&json!({"id": made.id.to_string(), "token": made.token}));
    }
    let [id, token] = match session.locale() {
        Locale::Fa => ["کلید", "توکن، که تنها همین یک بار نشان داده می‌شود"],
        Locale::Ar => ["المفتاح", "الرمز، ولا يُعرض إلا هذه المرة"],
        _ => ["key", "token, which is shown this once"],
    };
    output.line(format!("{id}: {}", made.id))?;
    output.line(format!("{token}:"))?;
    output.line(made.token)
}

fn list(session: &Session, output: &mut Output<'_>) -> Result<(), Fault> {
    let query = Query::new("api_key").sorted_by("name")?.limit(MOST);
    let keys = session.query(&query)?.records;
    if output.json {
        let data: Vec<Json> = keys.iter().map(Record::to_json).collect();
        return output.document(&json!({"data": data}));
    }
    let [name, user, state, until, rights, id] = match session.locale() {
        Locale::Fa => ["نام", "به جای", "وضعیت", "تا", "حقوق", "شناسه"],
        Locale::Ar => ["الاسم", "نيابة عن", "الحالة", "حتى", "الحقوق", "المعرف"],
        _ => ["name", "acts for", "state", "until", "rights", "id"],
    };
    let columns = [name, user, state, until, rights, id].map(|name| (name, Side::Left));
    let mut table = Table::new(&columns);
    for key in &keys {
        let acts_for = match key.get("user") {
            Some(Value::Reference(id)) => session.get(*id).map(|user| user.title()).ok(),
            _ => None,
        };
        let until = key.to_json()["expires_at"].as_str().map(str::to_owned);
        let rights = key.get("rights").map(ToString::to_string);
        table.row([
            key.title(),
            acts_for.unwrap_or_default(),
            state_of(key, session.locale()).to_owned(),
            until.unwrap_or_else(|| "–".to_owned()),
            rights.unwrap_or_default(),
            key.id().to_string(),
        ]);
    }
    output.table(&table)
}

fn state_of(key: &Record, locale: Locale) -> &'static str {
    let revoked = key.get("active") == Some(&Value::Boolean(false));
    let expired = matches!(key.get("expires_at"), Some(Value::Instant(at)) if *at <= Utc::now());
    if expired && !revoked {
        return match locale {
            Locale::Fa => "منقضی",
            Locale::Ar => "منتهٍ",
            _ => "expired",
        };
    }
    match (revoked, locale) {
        (true, Locale::Fa) => "باطل",
        (true, Locale::Ar) => "ملغى",
        (true, _) => "revoked",
        (false, Locale::Fa) => "فعال",
        (false, Locale::Ar) => "نشط",
        (false, _) => "active",
    }
}
