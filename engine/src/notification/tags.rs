//! Which words have people put on a record, and which records have a word?
//!
//! A tag is everybody's, or private to one user. Its name is unique in the folded form: «علي» and «علی» are one tag.

use super::rules::tag_key;
use super::{acting, by_text, reference, referring};
use crate::context::Actor;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId};
use crate::session::Session;
use crate::write::{Fields, Request};

impl Session {
    /// Puts a tag on a record: one of the acting user's own of this name, or the one that all share, which is made where
    /// there is none. Twice is as good as once.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn tag(&self, about: RecordId, name: &str) -> Result<RecordId> {
        let (reader, _) = self.read()?;
        let known = self.tag_named(&reader, name)?;
        self.put_tag(&reader, about, name, known, None)
    }

    /// Puts a tag on a record that nobody but the acting user sees.
    ///
    /// # Errors
    /// When nobody acts, or as [`Session::commit`].
    pub fn tag_privately(&self, about: RecordId, name: &str) -> Result<RecordId> {
        let user = acting(self)?;
        let (reader, _) = self.read()?;
        let known = by_text(&reader, "tag", "only_one", &tag_key(Some(user), name))?;
        self.put_tag(&reader, about, name, known, Some(user))
    }

    fn put_tag(
        &self,
        reader: &Reader,
        about: RecordId,
        name: &str,
        known: Option<Record>,
        private_to: Option<RecordId>,
    ) -> Result<RecordId> {
        let id = match &known {
            Some(tag) => tag.id(),
            None => self.new_id("tag")?,
        };
        if known.is_some()
            && by_text(reader, "tagging", "only_one", &format!("{id}/{about}"))?.is_some()
        {
            return Ok(id);
        }
        let mut requests = Vec::new();
        if known.is_none() {
            let mut fields = Fields::default().with("name", name);
            if let Some(user) = private_to {
                fields = fields.with("private_to", user.to_string());
            }
            requests.push(Request::create_as(id, "tag", fields));
        }
        let fields = Fields::default()
            .with("tag", id.to_string())
            .with("about", about.to_string());
        requests.push(Request::create("tagging", fields));
        self.commit(requests).map(|_committed| id)
    }

    /// Takes a tag off a record. False when the record does not have it.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn untag(&self, about: RecordId, name: &str) -> Result<bool> {
        let (reader, _) = self.read()?;
        for tag in self.tags_named(&reader, name)? {
            let key = format!("{}/{about}", tag.id());
            if let Some(tagging) = by_text(&reader, "tagging", "only_one", &key)? {
                return self.delete(tagging.id()).map(|_committed| true);
            }
        }
        Ok(false)
    }

    /// The tags of a record that the acting user may see, by name: those that all share, and his own.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn tags(&self, about: RecordId) -> Result<Vec<Record>> {
        let (reader, _) = self.read()?;
        let mut tags = Vec::new();
        for tagging in referring(&reader, "tagging", "about", about)? {
            let tag = reference(&tagging, "tag").map(|tag| reader.get(tag));
            tags.extend(tag.transpose()?.flatten().filter(|tag| self.sees(tag)));
        }
        tags.sort_by_key(|tag| (tag.title(), tag.id()));
        Ok(tags)
    }

    /// The records of an object that have a tag, in the order of their ids; of all objects when none is named. They may
    /// be given to a filter: `Filter::is_in("id", ids)`.
    ///
    /// # Errors
    /// When there is no such tag, or the store cannot be read.
    pub fn tagged(&self, name: &str, object: Option<&str>) -> Result<Vec<RecordId>> {
        let (reader, _) = self.read()?;
        let prefix = match object {
            Some(object) => Some(reader.object(object)?.prefix()),
            None => None,
        };
        let tags = self.tags_named(&reader, name)?;
        if tags.is_empty() {
            let message = format!("there is no tag '{name}'");
            return Err(
                Error::new(ErrorKind::NotFound, message).hint("`peyvand query tag` lists the tags")
            );
        }
        let mut ids = Vec::new();
        for tag in tags {
            let taggings = referring(&reader, "tagging", "tag", tag.id())?;
            let about = taggings
                .iter()
                .filter_map(|tagging| reference(tagging, "about"));
            ids.extend(about.filter(|id| prefix.is_none_or(|prefix| id.prefix() == prefix)));
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    fn sees(&self, tag: &Record) -> bool {
        match (reference(tag, "private_to"), self.actor()) {
            (None, _) => true,
            (Some(owner), Actor::User(me)) => owner == *me,
            (Some(_), _) => false,
        }
    }

    fn tag_named(&self, reader: &Reader, name: &str) -> Result<Option<Record>> {
        Ok(self.tags_named(reader, name)?.into_iter().next())
    }

    /// The tags that the acting user may mean by a name: his own first.
    fn tags_named(&self, reader: &Reader, name: &str) -> Result<Vec<Record>> {
        let own = match self.actor() {
            Actor::User(me) => by_text(reader, "tag", "only_one", &tag_key(Some(*me), name))?,
            _ => None,
        };
        let shared = by_text(reader, "tag", "only_one", &tag_key(None, name))?;
        Ok(own.into_iter().chain(shared).collect())
    }
}
