//! How does somebody follow the changes without missing one, whatever happens to him meanwhile?

use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Position;
use crate::store::{Snapshot, spaces};
use crate::timeline::Change;
use crate::write::{Ask, Stored};

const LONGEST_NAME: usize = 100;

impl Engine {
    /// What was committed after a position, oldest first: at most `limit` commits, fewer only when there are no more.
    /// Those that did nothing but keep the engine's own books are left out.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{Engine, Position};
    /// use serde_json::json;
    ///
    /// let engine = Engine::in_memory().open()?;
    /// let before = engine.position();
    /// let account = engine.session().create("account", json!({"name": "بیمه آینده"}))?.id()?;
    /// let changes = engine.changes(before, 100)?;
    /// assert_eq!(changes[0].records[0].id, account);
    /// assert!(changes[0].records[0].fields.contains(&"name".to_owned()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the journal was trimmed after `after`, or cannot be read.
    pub fn changes(&self, after: Position, limit: usize) -> Result<Vec<Change>> {
        crate::timeline::changes(&self.read()?.0, &self.inner.backend, after, limit)
    }

    /// Somebody who follows the changes under a name. The store keeps how far he has heard them.
    ///
    /// # Errors
    /// When the name is empty or longer than 100 characters.
    pub fn subscriber(&self, name: &str) -> Result<Subscriber> {
        Subscriber::new(self, name)
    }
}

/// Somebody who follows the changes under a name: a mailer, a search index, another system. Each change is delivered at
/// least once: what was polled and not [`done`](Self::done) is polled again, also after a crash and after a restart.
///
/// ```
/// # fn main() -> Result<(), peyvand::Error> {
/// use peyvand::Engine;
/// use serde_json::json;
///
/// let engine = Engine::in_memory().open()?;
/// engine.session().create("account", json!({"name": "بیمه آینده"}))?;
///
/// let mailer = engine.subscriber("mailer")?;
/// loop {
///     let changes = mailer.poll(100)?;
///     let Some(last) = changes.last() else { break };
///     for record in changes.iter().flat_map(|change| &change.records) {
///         println!("{} {:?}", record.id, record.kind);
///     }
///     mailer.done(last.position)?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Subscriber {
    engine: Engine,
    name: String,
}

impl Subscriber {
    pub(super) fn new(engine: &Engine, name: &str) -> Result<Self> {
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            let message = format!("a subscriber's name has 1 to {LONGEST_NAME} characters");
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        Ok(Self {
            engine: engine.clone(),
            name: name.to_owned(),
        })
    }

    /// The name under which the position is kept.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Up to where everything is done; before the first commit for somebody new.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn position(&self) -> Result<Position> {
        let snapshot = Snapshot::pin(&self.engine.inner.backend);
        let kept = snapshot.get(&self.key())?;
        let number = kept.and_then(|bytes| <[u8; 8]>::try_from(bytes.as_slice()).ok());
        Ok(number.map_or(Position::START, |bytes| {
            Position::from_number(u64::from_be_bytes(bytes))
        }))
    }

    /// The next changes, oldest first: at most `limit`. The same ones again until they are [`done`](Self::done).
    ///
    /// # Errors
    /// When the journal was trimmed beyond what this subscriber has heard: the message names the oldest position that
    /// is left. He can go on from there with [`done`](Self::done), once he has read anew what he missed.
    pub fn poll(&self, limit: usize) -> Result<Vec<Change>> {
        self.engine
            .changes(self.position()?, limit)
            .map_err(|error| {
                let message = format!("subscriber '{}': {error}", self.name);
                Error::new(error.kind(), message).because(error)
            })
    }

    /// Says that everything up to a position was dealt with. That is a commit of its own, so it is better said once for
    /// many changes than after each. An earlier position than the one before has them delivered again.
    ///
    /// # Errors
    /// When there is no such position yet, or the store takes no writes.
    pub fn done(&self, position: Position) -> Result<()> {
        let head = self.engine.position();
        if position > head {
            let message = format!("position {position} is not there yet, the last one is {head}");
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        if position == self.position()? {
            return Ok(());
        }
        let stored = Stored {
            what: format!("subscriber {} is done up to {position}", self.name),
            entries: vec![(self.key(), Some(position.get().to_be_bytes().to_vec()))],
            ..Stored::default()
        };
        self.engine
            .session()
            .ask(Ask::Stored(stored))
            .map(|_committed| ())
    }

    fn key(&self) -> Vec<u8> {
        spaces::named(spaces::CURSOR, &self.name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::store::StoreError;
    use crate::timeline::EventKind;

    fn kinds(changes: &[Change]) -> Vec<(EventKind, Vec<&str>)> {
        let records = changes.iter().flat_map(|change| &change.records);
        records
            .map(|touched| {
                let fields = touched.fields.iter().map(String::as_str);
                (touched.kind, fields.collect())
            })
            .collect()
    }

    #[test]
    fn changes_tell_what_was_done_to_which_fields() {
        let engine = Engine::in_memory().open().unwrap();
        let session = engine.session();
        let start = engine.position();
        let fields = json!({"name": "بیمه", "industry": "retail"});
        let id = session.create("account", fields).unwrap().id().unwrap();
        session
            .update(id, json!({"industry": null}))
            .unwrap()
            .id()
            .unwrap();
        session.delete(id).unwrap().id().unwrap();
        let all = engine.changes(start, 10).unwrap();
        let wanted = [
            (EventKind::Created, vec!["name", "industry"]),
            (EventKind::Updated, vec!["industry"]),
            (EventKind::Deleted, vec![]),
        ];
        let mut found = kinds(&all);
        found[0]
            .1
            .retain(|field| ["name", "industry"].contains(field));
        assert_eq!(found, wanted);
        // One by one, the earlier ones are looked up in the journal.
        let mut after = start;
        for change in &all {
            let one = engine.changes(after, 1).unwrap();
            assert_eq!(one, std::slice::from_ref(change));
            after = change.position;
        }
        assert!(engine.changes(after, 1).unwrap().is_empty());
        assert!(engine.changes(start, 0).unwrap().is_empty());
    }

    #[test]
    fn what_is_not_done_is_delivered_again_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Engine::open(dir.path()).unwrap();
        let engine = open();
        let mailer = engine.subscriber("mailer").unwrap();
        mailer.done(engine.position()).unwrap();
        for name in ["a", "b", "c"] {
            let fields = json!({"name": name});
            engine
                .session()
                .create("account", fields)
                .unwrap()
                .id()
                .unwrap();
        }
        let all = mailer.poll(10).unwrap();
        assert_eq!(all.len(), 3);
        assert_eq!(mailer.poll(10).unwrap(), all);
        mailer.done(all[0].position).unwrap();
        engine.close().unwrap();

        let engine = open();
        let mailer = engine.subscriber("mailer").unwrap();
        assert_eq!(mailer.position().unwrap(), all[0].position);
        assert_eq!(mailer.poll(1).unwrap(), all[1..2]);
        mailer.done(all[2].position).unwrap();
        // Its own notes are no changes, or it would never come to an end.
        assert!(mailer.poll(10).unwrap().is_empty());
        assert_eq!(
            engine.subscriber("index").unwrap().position().unwrap(),
            Position::START
        );
        mailer.done(all[0].position).unwrap();
        assert_eq!(mailer.poll(10).unwrap(), all[1..]);
    }

    #[test]
    fn a_position_that_is_not_there_and_a_name_that_is_none_are_refused() {
        let engine = Engine::in_memory().open().unwrap();
        let ahead = Position::from_number(engine.position().get() + 1);
        let refused = engine.subscriber("mailer").unwrap().done(ahead);
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
        assert!(engine.subscriber("").is_err());
    }

    #[test]
    fn a_trimmed_journal_names_the_oldest_position() {
        let oldest = Position::from_number(57);
        let wanted = Position::from_number(3);
        let error = Error::from(StoreError::Trimmed { wanted, oldest });
        assert!(error.to_string().contains("the oldest is 57"));
    }
}
