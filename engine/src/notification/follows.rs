//! Who keeps an eye on a record?

use super::{acting, by_text, reference, referring};
use crate::error::Result;
use crate::record::RecordId;
use crate::session::Session;
use crate::write::Fields;

impl Session {
    /// From now on, tells the acting user of comments and changes of a record. Twice is as good as once.
    ///
    /// # Errors
    /// When nobody acts, or as [`Session::commit`].
    pub fn follow(&self, about: RecordId) -> Result<RecordId> {
        self.mark_once("follow", about, Fields::default())
    }

    /// Tells the acting user no more of it. False when he did not follow it.
    ///
    /// # Errors
    /// When nobody acts, or as [`Session::commit`].
    pub fn unfollow(&self, about: RecordId) -> Result<bool> {
        self.unmark("follow", about)
    }

    /// The users who follow a record.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn followers(&self, about: RecordId) -> Result<Vec<RecordId>> {
        let (reader, _) = self.read()?;
        let follows = referring(&reader, "follow", "about", about)?;
        Ok(follows
            .iter()
            .filter_map(|follow| reference(follow, "user"))
            .collect())
    }

    /// The one record of an object that joins the acting user and a record, made where there is none.
    pub(super) fn mark_once(
        &self,
        object: &str,
        about: RecordId,
        fields: Fields,
    ) -> Result<RecordId> {
        let user = acting(self)?;
        let key = format!("{user}/{about}");
        let known = || -> Result<Option<RecordId>> {
            let (reader, _) = self.read()?;
            Ok(by_text(&reader, object, "only_one", &key)?.map(|mark| mark.id()))
        };
        if let Some(id) = known()? {
            return Ok(id);
        }
        let fields = fields
            .with("user", user.to_string())
            .with("about", about.to_string());
        match self.create(object, fields) {
            Ok(committed) => committed.id(),
            // Somebody else may have been quicker.
            Err(error) => known()?.ok_or(error),
        }
    }

    /// Takes that record away; false when there is none.
    pub(super) fn unmark(&self, object: &str, about: RecordId) -> Result<bool> {
        let key = format!("{}/{about}", acting(self)?);
        let (reader, _) = self.read()?;
        let Some(mark) = by_text(&reader, object, "only_one", &key)? else {
            return Ok(false);
        };
        drop(reader);
        self.delete(mark.id()).map(|_committed| true)
    }
}
