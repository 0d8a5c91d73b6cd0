//! Whose plugins are taken?
//!
//! Keys that an administrator trusts are stored beside the plugins and change through the write path. A plugin that is
//! signed with one of them is installed; any other only by who says so.

use serde::{Deserialize, Serialize};

use super::entries;
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::{Key, Origin, origin};
use crate::session::Session;
use crate::store::spaces;
use crate::write::{Ask, Stored};

/// A name says whose key it is, and is shown in lists.
const MOST_NAME: usize = 80;

/// A key that plugins may be signed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrustedKey {
    /// As minisign shows it: `6A5E3F…`, sixteen digits.
    pub id: String,
    /// Whose it is.
    pub name: String,
    /// The public key, a line of base64 in minisign's format.
    pub key: String,
}

/// Who signed a plugin, as far as the trusted keys tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PluginSignature {
    /// Nobody.
    #[default]
    Unsigned,
    /// Somebody, with a key that is not trusted: nothing that it says is known to be true.
    #[non_exhaustive]
    Unknown {
        /// The id of the key, as the signature has it.
        key: String,
    },
    /// The owner of a trusted key; the file is as he signed it.
    #[non_exhaustive]
    Trusted {
        /// The id of the key.
        key: String,
        /// The name by which it is trusted.
        name: String,
        /// What the signer says of the file, such as its version.
        comment: String,
    },
}

impl PluginSignature {
    pub(super) fn of(file: &[u8], trusted: &[TrustedKey]) -> Result<Self> {
        let keys: Vec<(Key, &TrustedKey)> = trusted
            .iter()
            .filter_map(|trusted| Some((Key::parse(&trusted.key).ok()?, trusted)))
            .collect();
        let parsed: Vec<Key> = keys.iter().map(|(key, _)| key.clone()).collect();
        Ok(match origin(file, &parsed)? {
            Origin::Unsigned => Self::Unsigned,
            Origin::Unknown { key } => Self::Unknown { key },
            Origin::Known { place, comment } => match keys.get(place) {
                Some((key, trusted)) => Self::Trusted {
                    key: key.id.clone(),
                    name: trusted.name.clone(),
                    comment,
                },
                None => Self::Unsigned,
            },
        })
    }

    pub(super) fn must_be_trusted(&self) -> Result<()> {
        let message = match self {
            Self::Trusted { .. } => return Ok(()),
            Self::Unsigned => "the plugin is not signed".to_owned(),
            Self::Unknown { key } => {
                format!("the plugin is signed with the key {key}, which is not trusted")
            }
        };
        Err(Error::new(ErrorKind::Plugin, message).hint(
            "trust its maker's key with `peyvand plugin trust KEY --name NAME`, or vouch for the file yourself with `--unsigned`",
        ))
    }
}

impl Session {
    /// Trusts whoever holds a key: plugins that are signed with it may be installed. `key` is the public key of
    /// minisign, the line of base64 or the text of the `.pub` file; one that is trusted already gets the new name.
    ///
    /// # Errors
    /// When it is no such key, or the name is empty or longer than 80 letters.
    pub fn trust_key(&self, key: &str, name: &str) -> Result<TrustedKey> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MOST_NAME || name.chars().any(char::is_control)
        {
            return Err(Error::new(
                ErrorKind::Input,
                "a trusted key needs a name of one to 80 letters",
            )
            .hint("say whose key it is"));
        }
        let key = Key::parse(key)?;
        let trusted = TrustedKey {
            id: key.id,
            name: name.to_owned(),
            key: key.text,
        };
        let bytes = serde_json::to_vec(&trusted).unwrap_or_default();
        self.store_key(
            format!("trust key {} of {name}", trusted.id),
            &trusted.key,
            Some(bytes),
        )?;
        Ok(trusted)
    }

    /// The keys that are trusted, by key.
    ///
    /// # Errors
    /// When who asks does not administer the workspace, or the store cannot be read.
    pub fn trusted_keys(&self) -> Result<Vec<TrustedKey>> {
        self.must_administer("look into trusted keys")?;
        let (reader, _) = self.read()?;
        entries(&reader.snapshot, spaces::TRUSTED, "trusted key")
    }

    /// Trusts a key no longer, given itself, its id or its name. What was installed with it stays.
    ///
    /// # Errors
    /// When it is not trusted, or several keys have that name.
    pub fn distrust_key(&self, key: &str) -> Result<TrustedKey> {
        let text = Key::parse(key).map_or_else(|_| key.trim().to_owned(), |key| key.text);
        let is_meant = |held: &TrustedKey| {
            held.key == text || held.name == text || held.id.eq_ignore_ascii_case(&text)
        };
        let mut meant: Vec<_> = self.trusted_keys()?.into_iter().filter(is_meant).collect();
        let Some(trusted) = meant.pop() else {
            return Err(
                Error::new(ErrorKind::NotFound, format!("no key '{text}' is trusted"))
                    .hint("`peyvand plugin trust list` shows those that are"),
            );
        };
        if !meant.is_empty() {
            return Err(Error::new(
                ErrorKind::Input,
                format!("{} trusted keys are meant by '{text}'", meant.len() + 1),
            )
            .hint("give the whole key; `peyvand plugin trust list` shows them"));
        }
        let what = format!("trust key {} of {} no longer", trusted.id, trusted.name);
        self.store_key(what, &trusted.key, None)?;
        Ok(trusted)
    }

    pub(super) fn signature_of(&self, file: &[u8]) -> Result<PluginSignature> {
        PluginSignature::of(file, &self.trusted_keys()?)
    }

    fn store_key(&self, what: String, key: &str, value: Option<Vec<u8>>) -> Result<()> {
        let _one = self.engine.installing();
        let stored = Stored {
            what,
            entries: vec![(spaces::named(spaces::TRUSTED, key), value)],
            config: true,
            ..Stored::default()
        };
        self.ask(Ask::Stored(stored)).map(drop)
    }
}
