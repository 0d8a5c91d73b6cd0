//! Open, wire the rooms together, close. No rules here.

mod billing;
mod builder;
mod subscriber;
mod writing;

#[cfg(test)]
mod tests;

pub use billing::DayBill;
pub use builder::EngineBuilder;
pub use subscriber::Subscriber;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use chrono::FixedOffset;

use crate::check::Checked;
use crate::config::{Config, Held};
use crate::content::Content;
use crate::context::{Actor, Clock, Context, IdSource, Locale};
use crate::error::{Error, ErrorKind, Result};
use crate::gamification::League;
use crate::hook::{Bill, Bills};
use crate::journal::Position;
use crate::message::Post;
use crate::query::Reader;
use crate::record::RecordId;
use crate::schema::Schema;
use crate::session::Session;
use crate::store::{Backend, Snapshot};

/// One CRM in one directory: a cheap handle that can be cloned and shared between threads.
///
/// ```
/// # fn main() -> Result<(), peyvand::Error> {
/// # let dir = std::env::temp_dir().join(format!("peyvand-doc-{}", std::process::id()));
/// use serde_json::json;
///
/// let engine = peyvand::Engine::open(&dir)?;
/// let session = engine.session();
/// let account = session.create("account", json!({"name": "شرکت نمونه", "industry": "retail"}))?.id()?;
/// assert_eq!(session.get(account)?.title(), "شرکت نمونه");
/// # engine.close()?;
/// # std::fs::remove_dir_all(&dir).ok();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) content: Content,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    zone: FixedOffset,
    locale: Locale,
    config: RwLock<Held>,
    pub(crate) bills: Bills,
    /// Who carries messages, and by which rules.
    pub(crate) post: Post,
    /// What hooks get from the host.
    pub(crate) host: crate::install::Host,
    set_aside: Option<PathBuf>,
    /// What follow-ups that a crash left undone could not do.
    resumed: Mutex<Vec<String>>,
    /// Held while a plugin or script is read, changed and written: a process is the only one that has a store open.
    #[cfg_attr(
        not(any(feature = "wasm", feature = "script")),
        expect(dead_code, reason = "there is nothing to install")
    )]
    installing: Mutex<()>,
    /// Shared by all who write, and held alone by who was overtaken too often.
    turns: RwLock<()>,
    /// Entries whose follow-ups are done; the next commit takes them off the queue.
    followed: Mutex<Vec<Position>>,
    /// Held while messages are handed over: what is on its way then was left by a process that ended.
    delivering: Mutex<()>,
    /// Held while the files of the store are copied or written anew as a whole: by a backup, an erasing, a trimming.
    reshaping: Mutex<()>,
    /// What is known of who may what.
    pub(crate) sights: crate::access::Sights,
    /// The panels of the 360 view.
    pub(crate) panels: crate::customer::Panels,
    /// Looks that are not written yet, and how letters leave the house.
    pub(crate) notifying: crate::notification::Kept,
    /// Nobody objects, amends or follows up: for a store that is made of a backup.
    unjudged: bool,
}

impl Engine {
    /// Opens the CRM in a directory, and makes it where there is none.
    ///
    /// # Errors
    /// As [`EngineBuilder::open`].
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        Self::builder(dir).open()
    }

    /// Opens with other settings than the usual ones.
    pub fn builder(dir: impl AsRef<Path>) -> EngineBuilder {
        EngineBuilder::new(Some(dir.as_ref().to_owned()))
    }

    /// A CRM that lives in memory and is gone with the handle: for tests and trials.
    pub fn in_memory() -> EngineBuilder {
        EngineBuilder::new(None)
    }

    /// A session of the embedding program itself.
    #[must_use]
    pub fn session(&self) -> Session {
        self.session_as(Actor::System)
    }

    /// A session of somebody.
    #[must_use]
    pub fn session_as(&self, actor: Actor) -> Session {
        let inner = &self.inner;
        let context = Context {
            clock: inner.clock.clone(),
            ids: inner.ids.clone(),
            actor,
            key: None,
            under: None,
            run: None,
            locale: inner.locale,
            zone: inner.zone,
        };
        Session {
            engine: self.clone(),
            context,
        }
    }

    /// The schema as it is now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn schema(&self) -> Result<Arc<Schema>> {
        Ok(self.read()?.0.schema)
    }

    /// What each hook of plugins and scripts has used since the engine was opened.
    #[must_use]
    pub fn bills(&self) -> Vec<Bill> {
        self.inner.bills.all()
    }

    /// The last commit's place in the journal.
    #[must_use]
    pub fn position(&self) -> Position {
        self.inner.backend.head()
    }

    /// Does what is due: the daily workflows that have not run on this day; people are told as by [`Engine::notify`]; history that is older than the retention is
    /// dropped, and full segments of the journal are compressed. Hosts call it when they like, such as once an hour; gives
    /// what could not be done, in words.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tick(&self) -> Result<Vec<String>> {
        let context = self.session().context;
        self.inner.bills.on(context.day_of(context.now()));
        let mut undone = crate::workflow::run_daily(self)?;
        undone.extend(crate::notification::run(self)?);
        crate::access::write_down(self)?;
        self.write_bills()?;
        self.inner.backend.prune()?;
        self.inner.backend.tend()?;
        Ok(undone)
    }

    /// The league table of a span of days, both included, computed from the journal.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn league(&self, from: chrono::NaiveDate, to: chrono::NaiveDate) -> Result<League> {
        crate::gamification::compute(self, from, to)
    }

    /// Reads the whole journal and the whole state, and says whether they and everything derived agree.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn check(&self) -> Result<Checked> {
        crate::check::check(self, &mut |_| {})
    }

    /// Plugins and scripts that are installed and enabled but cannot run, and why.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn broken(&self) -> Result<Vec<String>> {
        Ok(self.read()?.1.registry().broken.clone())
    }

    /// The folder to which a state that could not be opened was moved when this engine opened; the state was built again
    /// from the journal, and nothing is lost. Tell whoever runs the program: the folder is only of use for finding out
    /// what happened to the disk, takes as much space as the state, and may be deleted at any time.
    #[must_use]
    pub fn set_aside(&self) -> Option<&Path> {
        self.inner.set_aside.as_deref()
    }

    /// What follow-ups could not do that a crash had left undone and this engine did when it opened, in words.
    #[must_use]
    pub fn resumed(&self) -> Vec<String> {
        self.inner
            .resumed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Writes everything down and gives errors that dropping the handle would hide.
    ///
    /// # Errors
    /// When the state cannot be written. Nothing acknowledged is lost: the journal has it.
    pub fn close(self) -> Result<()> {
        // A store that takes no writes says so below; who looked at what, and bills, are no reason not to close it.
        crate::notification::write_down(&self, true, &mut Vec::new()).ok();
        crate::access::write_down(&self).ok();
        self.write_bills().ok();
        if !self.followed().is_empty() {
            // What was followed up is taken off the queue, or the next open would ask for it again.
            self.write(&self.session().context, &[], None, 0)?;
        }
        Ok(self.inner.backend.close()?)
    }

    /// A snapshot and the schema and hooks that belong to it.
    pub(crate) fn read(&self) -> Result<(Reader, Arc<Config>)> {
        let snapshot = Snapshot::pin(&self.inner.backend);
        let config = self.config_of(&snapshot)?;
        Ok((
            Reader {
                snapshot,
                schema: config.schema.clone(),
                rehearsed: None,
                seeing: None,
            },
            config,
        ))
    }

    /// The same with the eyes of who acts: what sessions read by.
    pub(crate) fn read_as(&self, context: &Context) -> Result<(Reader, Arc<Config>)> {
        crate::access::write_down_if_full(self);
        let (reader, config) = self.read()?;
        let seeing = crate::access::seeing(&self.inner.sights, &reader, &config, context)?;
        Ok((reader.seen_by(seeing), config))
    }

    /// What a plugin or a script reads: all, unless it runs as a user.
    pub(crate) fn read_for(&self, actor: &Actor, context: &Context) -> Result<Reader> {
        let (reader, config) = self.read()?;
        let sights = &self.inner.sights;
        let bound = crate::access::bound(sights, &reader, &config, (actor, context));
        let bound = bound.map_err(|stopped| Error::new(ErrorKind::Refused, stopped.message))?;
        Ok(bound.unwrap_or(reader))
    }

    /// The name of a record's object.
    pub(crate) fn object_name(&self, id: RecordId) -> Option<String> {
        let schema = self.schema().ok()?;
        schema
            .by_prefix(id.prefix())
            .map(|object| object.name.clone())
    }

    /// Whether a user may see a record.
    pub(crate) fn sees(&self, user: RecordId, id: RecordId) -> Result<bool> {
        let reader = self.read_as_user(user)?;
        Ok(reader.seeing.is_none() || reader.get_stored(id)?.is_some())
    }

    /// What a user sees now.
    pub(crate) fn read_as_user(&self, user: RecordId) -> Result<Reader> {
        let context = self.session_as(Actor::User(user)).context;
        Ok(self.read_as(&context)?.0)
    }

    /// The schema and hooks that belong to a snapshot, also to one of long ago.
    pub(crate) fn config_of(&self, snapshot: &Snapshot) -> Result<Arc<Config>> {
        let held = &self.inner.config;
        let position = snapshot.position();
        let known = held.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = known.at(position) {
            return Ok(config);
        }
        drop(known);
        let counter = Config::counter(snapshot)?;
        let mut known = held.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = known.extend(counter, position) {
            return Ok(config);
        }
        drop(known);
        let config = Arc::new(Config::load(snapshot, counter, &self.inner.host)?);
        let mut known = held.write().unwrap_or_else(PoisonError::into_inner);
        known.put(&config, position);
        Ok(config)
    }

    /// One installation, switch or removal at a time.
    #[cfg(any(feature = "wasm", feature = "script"))]
    pub(crate) fn installing(&self) -> std::sync::MutexGuard<'_, ()> {
        self.inner
            .installing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`Engine::installing`], and nothing where somebody is.
    #[cfg(feature = "wasm")]
    pub(crate) fn try_installing(&self) -> Option<std::sync::MutexGuard<'_, ()>> {
        match self.inner.installing.try_lock() {
            Ok(one) => Some(one),
            Err(std::sync::TryLockError::Poisoned(one)) => Some(one.into_inner()),
            Err(std::sync::TryLockError::WouldBlock) => None,
        }
    }

    /// One backup, erasing or trimming at a time.
    pub(crate) fn reshaping(&self) -> std::sync::MutexGuard<'_, ()> {
        self.inner
            .reshaping
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// One delivery of messages at a time.
    pub(crate) fn delivering(&self) -> std::sync::MutexGuard<'_, ()> {
        self.inner
            .delivering
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn followed(&self) -> std::sync::MutexGuard<'_, Vec<Position>> {
        self.inner
            .followed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
