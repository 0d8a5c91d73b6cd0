//! Which records does somebody keep at hand, and in which order?

use super::{acting, integer, reference, referring};
use crate::error::{Error, ErrorKind, Result};
use crate::record::{Record, RecordId};
use crate::session::Session;
use crate::write::{Fields, Request};

impl Session {
    /// Puts a record behind the acting user's favourites. Twice is as good as once.
    ///
    /// # Errors
    /// When nobody acts, or as [`Session::commit`].
    pub fn favourite(&self, about: RecordId) -> Result<RecordId> {
        let last = self
            .marked()?
            .last()
            .and_then(|last| integer(last, "place"));
        let place = last.unwrap_or(0) + 1;
        self.mark_once("favourite", about, Fields::default().with("place", place))
    }

    /// Takes a record out of them. False when it is none of them.
    ///
    /// # Errors
    /// When nobody acts, or as [`Session::commit`].
    pub fn unfavourite(&self, about: RecordId) -> Result<bool> {
        self.unmark("favourite", about)
    }

    /// The acting user's favourites, in his order.
    ///
    /// # Errors
    /// When nobody acts, or the store cannot be read.
    pub fn favourites(&self) -> Result<Vec<RecordId>> {
        let marked = self.marked()?;
        Ok(marked
            .iter()
            .filter_map(|mark| reference(mark, "about"))
            .collect())
    }

    /// Moves a favourite to a place, counted from 0; the last place when there are fewer.
    ///
    /// # Errors
    /// When nobody acts, the record is no favourite of his, or as [`Session::commit`].
    pub fn move_favourite(&self, about: RecordId, place: usize) -> Result<()> {
        let mut marked = self.marked()?;
        let is_it = |mark: &Record| reference(mark, "about") == Some(about);
        let Some(from) = marked.iter().position(is_it) else {
            let message = format!("{about} is no favourite of {}", self.actor());
            return Err(Error::new(ErrorKind::NotFound, message));
        };
        let moved = marked.remove(from);
        marked.insert(place.min(marked.len()), moved);
        let requests = (1_i64..).zip(&marked).filter_map(|(place, mark)| {
            let moves = integer(mark, "place") != Some(place);
            moves.then(|| Request::update(mark.id(), Fields::default().with("place", place)))
        });
        self.commit(requests.collect::<Vec<_>>())
            .map(|_committed| ())
    }

    fn marked(&self) -> Result<Vec<Record>> {
        let user = acting(self)?;
        let (reader, _) = self.read()?;
        let mut marked = referring(&reader, "favourite", "user", user)?;
        marked.sort_by_key(|mark| (integer(mark, "place"), mark.id()));
        Ok(marked)
    }
}
