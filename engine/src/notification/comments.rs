//! What do people say about a record?

use super::{mention, referring};
use crate::error::{Error, ErrorKind, Result};
use crate::record::{Record, RecordId};
use crate::session::Session;
use crate::write::{Committed, Fields};

impl Session {
    /// Says something about a record, of whatever object. Users are named by `@` and their login, id or name, and are
    /// told; a name that fits several users, or none, is a warning, and tells nobody.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn comment(&self, about: RecordId, text: &str) -> Result<Committed> {
        self.say(text, Fields::default().with("about", about.to_string()))
    }

    /// Answers a comment. Its author is told.
    ///
    /// # Errors
    /// When there is no such comment; otherwise as [`Session::commit`].
    pub fn reply(&self, comment: RecordId, text: &str) -> Result<Committed> {
        let first = self.get(comment)?;
        let Some(about) = super::reference(&first, "about").filter(|_| first.object() == "comment")
        else {
            let message = format!(
                "{comment} is a {}; only a comment is replied to",
                first.object()
            );
            return Err(Error::new(ErrorKind::Invalid, message));
        };
        let fields = Fields::default()
            .with("about", about.to_string())
            .with("reply_to", comment.to_string());
        self.say(text, fields)
    }

    fn say(&self, text: &str, fields: Fields) -> Result<Committed> {
        let mut committed = self.create("comment", fields.with("text", text))?;
        let (reader, _) = self.read()?;
        let named = mention::read(&reader, &self.time(), text)?;
        committed.warnings.extend(named.unknown.into_iter().map(|name| {
            format!("no user is called '{name}', so nobody is told by it; write the comment anew with another name")
        }));
        committed
            .warnings
            .extend(named.unclear.into_iter().map(|name| {
                format!(
                    "several users are called '{name}', so none of them is told; name one by login"
                )
            }));
        Ok(committed)
    }

    /// What was said about a record, oldest first. `author`, `text`, `reply_to`, `mentions` and `edited_at` are fields.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn comments(&self, about: RecordId) -> Result<Vec<Record>> {
        let (reader, _) = self.read()?;
        let mut comments = referring(&reader, "comment", "about", about)?;
        comments.sort_by_key(|comment| (super::instant(comment, "created_at"), comment.id()));
        Ok(comments)
    }
}
