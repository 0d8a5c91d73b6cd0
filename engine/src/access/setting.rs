//! Is access enforced, and who has which role to begin with?

use serde_json::{Value as Json, json};

use super::role::STANDARD;
use crate::error::{Error, ErrorKind, Result};
use crate::session::Session;
use crate::store::{Snapshot, spaces};
use crate::write::{Ask, Request, Stored};

fn key() -> Vec<u8> {
    spaces::named(spaces::ACCESS, "enforced")
}

/// Whether access is enforced at a snapshot.
pub(crate) fn is_enforced(snapshot: &Snapshot) -> Result<bool> {
    Ok(snapshot.get(&key())?.is_some())
}

/// Whether access is enforced once these are written.
pub(crate) fn enforces(entries: &[(Vec<u8>, Option<Vec<u8>>)]) -> bool {
    let key = key();
    entries
        .iter()
        .any(|(at, value)| *at == key && value.is_some())
}

impl Session {
    /// From the next read on, whoever is a user sees and does what his role gives him, and nothing else; or everybody
    /// everything again. A new store does not enforce: a program that is its only user need not be bothered. Sessions of
    /// the embedding program itself ([`Actor::System`](crate::Actor::System)) see all in any case.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{Actor, Engine};
    /// use serde_json::json;
    ///
    /// let engine = Engine::in_memory().open()?;
    /// let session = engine.session();
    /// session.add_standard_roles()?;
    /// session.create("user", json!({"login": "mina", "name": "مینا", "role": "administrator"}))?;
    /// let sara = session.create("user", json!({"login": "sara", "name": "سارا", "role": "seller"}))?.id()?;
    /// let account = session.create("account", json!({"name": "فولاد پارس", "owner": "mina"}))?.id()?;
    /// session.enforce_access(true)?;
    ///
    /// let sara = engine.session_as(Actor::User(sara));
    /// assert!(sara.get(account).is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When nobody administers: then nobody could switch it off again. When who asks does not administer.
    pub fn enforce_access(&self, enforced: bool) -> Result<()> {
        let (reader, config) = self.engine.read()?;
        if config.enforces_access == enforced {
            return Ok(());
        }
        // Asked again where it is committed; here there is room for what to do.
        let failure = super::Organisation::read(&reader)?.without_administrator();
        if let Some(failure) = failure.filter(|_| enforced) {
            return Err(Error::new(ErrorKind::Refused, failure.message)
                .hint("give a user the role `administrator`; `Session::add_standard_roles`, or `peyvand access roles --add`, makes it"));
        }
        let stored = Stored {
            what: match enforced {
                true => "enforce access".to_owned(),
                false => "enforce access no longer".to_owned(),
            },
            entries: vec![(key(), enforced.then(Vec::new))],
            config: true,
            ..Stored::default()
        };
        self.ask(Ask::Stored(stored)).map(drop)
    }

    /// Whether users see what their roles give them, and nothing else.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn enforces_access(&self) -> Result<bool> {
        Ok(self.engine.read()?.1.enforces_access)
    }

    /// Makes the roles that come with the engine, where there is none of the key yet: `administrator`, `manager`,
    /// `seller`, `operator` and `reader`. Gives the keys of those that were made. They are records like others: change
    /// them as you like.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn add_standard_roles(&self) -> Result<Vec<String>> {
        let mut made = Vec::new();
        let mut requests = Vec::new();
        for (key, [en, fa, ar], definition) in STANDARD {
            if self.find("role", "key", key)?.is_some() {
                continue;
            }
            let definition: Json = serde_json::from_str(definition).unwrap_or_default();
            let fields = json!({
                "key": key, "name": en, "label": {"en": en, "fa": fa, "ar": ar}, "description": format!("{fa} · {ar}"), "definition": definition,
            });
            requests.push(Request::create("role", fields));
            made.push(key.to_owned());
        }
        if !requests.is_empty() {
            let _ = self.commit(requests)?;
        }
        Ok(made)
    }

    /// Refuses who does not administer the workspace, where access is enforced: for what a host does to the whole store.
    /// `what` ends the sentence «… may not …».
    ///
    /// # Errors
    /// When who asks does not administer; when the store cannot be read.
    pub fn must_administer(&self, what: &str) -> Result<()> {
        let (reader, config) = self.engine.read()?;
        let sights = &self.engine.inner.sights;
        match super::seeing(sights, &reader, &config, &self.context)? {
            Some(seeing) if !seeing.sight.administers() => Err(Error::new(
                ErrorKind::Refused,
                format!(
                    "{} may not {what}: his role does not administer the workspace",
                    self.actor()
                ),
            )),
            _ => Ok(()),
        }
    }
}
