//! By what does a program act for a user?
//!
//! A key is a record: whom it acts for, what it opens, until when. Its token is a secret of 256 bits that is shown once;
//! the record has its hash, and neither the journal nor anything else ever had the token. Who acts by a key may do what
//! its user may and the key opens, and nothing else; both are looked up anew for every read and write.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value as Json, json};

use super::organisation::{Key, User};
use crate::context::Actor;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::record::RecordId;
use crate::session::Session;
use crate::write::Committed;

const OBJECT: &str = "api_key";

/// What every token begins with, so that one is known for what it is where it lies about.
const PREFIX: &str = "pvk_";

/// What a hash of a token is good for.
const PURPOSE: &str = "peyvand 2026 api key token";

/// A key to be made.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NewKey {
    /// What people call it.
    pub name: String,
    /// The user for whom it acts.
    pub user: RecordId,
    /// What it opens, written as the definition of a role; of that, what its user may himself.
    pub rights: Json,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
}

impl NewKey {
    /// A key that opens what these rights say, for as long as nobody revokes it.
    pub fn new(name: impl Into<String>, user: RecordId, rights: Json) -> Self {
        Self {
            name: name.into(),
            user,
            rights,
            expires_at: None,
        }
    }

    /// Until then.
    #[must_use]
    pub fn until(mut self, expires_at: DateTime<Utc>) -> Self {
        self.expires_at = Some(expires_at);
        self
    }
}

/// A key that was made.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyMade {
    /// Its record.
    pub id: RecordId,
    /// The secret, which is told this once.
    pub token: String,
}

impl fmt::Debug for KeyMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyMade")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn hash(token: &str) -> String {
    let key = blake3::derive_key(PURPOSE, token.as_bytes());
    blake3::Hash::from_bytes(key).to_hex().to_string()
}

impl Session {
    /// Makes a key by which a program acts for a user. The token is in the answer and nowhere else.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{Engine, NewKey};
    /// use serde_json::json;
    ///
    /// let engine = Engine::in_memory().open()?;
    /// let session = engine.session();
    /// let mina = session.create("user", json!({"login": "mina", "name": "مینا"}))?.id()?;
    /// let account = session.create("account", json!({"name": "فولاد پارس"}))?.id()?;
    /// let rights = json!({"objects": {"account": {"read": "all"}}});
    /// let key = session.create_key(&NewKey::new("وب‌گاه", mina, rights))?;
    ///
    /// let website = engine.session_for_key(&key.token)?;
    /// assert_eq!(website.get(account)?.title(), "فولاد پارس");
    /// assert!(website.delete(account).is_err());
    /// session.revoke_key(key.id)?;
    /// assert!(website.get(account).is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When who asks does not administer the workspace; when the rights are not written as a role's, or the user is not there.
    pub fn create_key(&self, key: &NewKey) -> Result<KeyMade> {
        self.must_administer("make keys")?;
        let now = self.context.now();
        let mut secret = blake3::Hasher::new();
        secret.update(&self.context.ids.secret(now));
        secret.update(&self.context.ids.next(now).to_be_bytes());
        let token = format!("{PREFIX}{}", secret.finalize().to_hex());
        let expires = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let fields = json!({
            "name": key.name, "user": key.user.to_string(), "rights": key.rights,
            "expires_at": key.expires_at.map(expires), "token_hash": hash(&token),
        });
        let id = self.create(OBJECT, fields)?.id()?;
        Ok(KeyMade { id, token })
    }

    /// Closes a key: from the next read on it opens nothing. Its record stays, and says so. It is open
    /// again when an administrator makes it active, or undoes a handing over that closed it.
    ///
    /// # Errors
    /// When who asks does not administer the workspace, or there is no such key.
    pub fn revoke_key(&self, id: RecordId) -> Result<Committed> {
        self.must_administer("revoke keys")?;
        if self.get(id)?.object() != OBJECT {
            return Err(Error::new(ErrorKind::Invalid, format!("{id} is no key"))
                .hint("`peyvand key list` shows the keys"));
        }
        self.update(id, json!({"active": false}))
    }
}

impl Engine {
    /// A session of whoever holds the token of a key: it sees and does what the key opens and its user may, whether
    /// access is enforced or not, and no longer than both hold.
    ///
    /// # Errors
    /// When no key has this token, the key was revoked or has expired, or its user is not active any more.
    pub fn session_for_key(&self, token: &str) -> Result<Session> {
        let session = self.session();
        let (reader, _) = self.read()?;
        let refused = |message: String| Error::new(ErrorKind::Refused, message);
        let record = session.find(OBJECT, "token_hash", &hash(token))?;
        let record = record.ok_or_else(|| {
            refused("no key has this token".to_owned())
                .hint("make one with `Session::create_key`, or `peyvand key create`")
        })?;
        let name = record.title();
        let key =
            Key::of(&record).ok_or_else(|| refused(format!("the key '{name}' acts for nobody")))?;
        if !key.active {
            return Err(refused(format!("the key '{name}' was revoked")));
        }
        if !key.span.holds(session.context.now()) {
            return Err(refused(format!("the key '{name}' has expired")).hint("make a new one"));
        }
        let user = reader.get_stored(key.user)?.map(|user| User::of(&user));
        if !user.is_some_and(|user| user.active) {
            let message = format!("the key '{name}' acts for a user who is not active");
            return Err(refused(message).hint("make one for somebody else"));
        }
        let mut session = self.session_as(Actor::User(key.user));
        session.context.key = Some(record.id());
        Ok(session)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::journal::Position;
    use crate::store::{Direction, Span};

    #[test]
    fn neither_an_entry_nor_the_state_has_the_token() {
        let engine = Engine::in_memory().open().unwrap();
        let session = engine.session();
        let fields = json!({"login": "sara", "name": "سارا"});
        let sara = session.create("user", fields).unwrap().id().unwrap();
        let rights = json!({"objects": {"account": {"read": "all"}}});
        let made = session.create_key(&NewKey::new("وب‌گاه", sara, rights));
        let made = made.unwrap();
        let _ = session.revoke_key(made.id).unwrap();

        let backend = &engine.inner.backend;
        let mut held: Vec<Vec<u8>> = Vec::new();
        for entry in backend.entries(Position::START, 1_000).unwrap() {
            held.push(entry.asked);
            let mut results = entry.results;
            for content in entry.leaves.into_iter().filter_map(|leaf| leaf.content) {
                held.push(content.asked);
                results.extend(content.results);
            }
            for (key, value) in results {
                held.extend([key, value.unwrap_or_default()]);
            }
        }
        let in_journal = held.len();
        let everything = Span::prefix(&[]);
        let head = engine.position();
        let state = backend.scan(head, &everything, Direction::Forward, 1_000_000);
        for (key, value) in state.unwrap() {
            held.extend([key.to_vec(), value.to_vec()]);
        }
        let has = |held: &[Vec<u8>], text: &str| {
            let text = text.as_bytes();
            held.iter()
                .any(|bytes| bytes.windows(text.len()).any(|part| part == text))
        };
        let (journal, state) = held.split_at(in_journal);
        for held in [journal, state] {
            // What is kept of it is found, so that what is not found is not there.
            assert!(has(held, &hash(&made.token)));
            let secret = made.token.strip_prefix(PREFIX).unwrap();
            assert!(!has(held, secret.get(..32).unwrap()));
            assert!(!has(held, secret.get(32..).unwrap()));
        }
    }
}
