//! With which settings is a store opened?

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use chrono::FixedOffset;

use super::{Engine, Inner};
use crate::config::Config;
use crate::context::{Clock, IdSource, Locale, RandomIds, SystemClock};
use crate::error::Result;
use crate::hook::Bills;
use crate::journal::Durability;
use crate::store::{Backend, EmbeddedBackend, MemoryBackend, Retention, StateEngine, StoreOptions};

/// How a store is opened.
#[derive(Clone)]
#[must_use = "call `open`"]
pub struct EngineBuilder {
    dir: Option<PathBuf>,
    durability: Durability,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    zone: FixedOffset,
    locale: Locale,
    create: bool,
    overlay_bytes: usize,
    cache_bytes: u64,
    keep_history: Retention,
    state_engine: StateEngine,
    background: bool,
}

impl EngineBuilder {
    pub(super) fn new(dir: Option<PathBuf>) -> Self {
        Self {
            dir,
            durability: Durability::default(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds::default()),
            // Zero is a valid offset; `unwrap_or` has no other to give.
            zone: chrono::Offset::fix(&chrono::Utc),
            locale: Locale::default(),
            create: true,
            overlay_bytes: 32 << 20,
            cache_bytes: 64 << 20,
            keep_history: Retention::default(),
            state_engine: StateEngine::default(),
            background: true,
        }
    }

    /// What a commit waits for before it is acknowledged.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Another clock than the machine's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Another source of ids than random ones.
    pub fn ids(mut self, ids: Arc<dyn IdSource>) -> Self {
        self.ids = ids;
        self
    }

    /// The offset of the workspace's wall clock from UTC; it says where a day begins.
    pub fn zone(mut self, zone: FixedOffset) -> Self {
        self.zone = zone;
        self
    }

    /// The language of messages where a session says nothing else.
    pub fn locale(mut self, locale: Locale) -> Self {
        self.locale = locale;
        self
    }

    /// Whether a store is made where there is none. It is by default.
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// How many bytes of commits are gathered in memory before they are folded into the state on disk.
    pub fn overlay_bytes(mut self, bytes: usize) -> Self {
        self.overlay_bytes = bytes;
        self
    }

    /// How many bytes of the state may be cached in memory.
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// How far back records, lists and totals can be read as they were. To the beginning by default.
    pub fn keep_history(mut self, retention: Retention) -> Self {
        self.keep_history = retention;
        self
    }

    /// The engine of the state, for a store that is made now; an existing one knows its own.
    pub fn state_engine(mut self, engine: StateEngine) -> Self {
        self.state_engine = engine;
        self
    }

    /// Whether commits are folded into the state on a few threads that all engines of the process share, as they are
    /// by default, or in the call whose commit makes it due.
    pub fn background(mut self, background: bool) -> Self {
        self.background = background;
        self
    }

    /// Opens the store, and makes it where there is none.
    ///
    /// # Errors
    /// When the directory is no directory, cannot be written, belongs to another program, is open in another process,
    /// or holds damaged bytes; the message says which and what to do.
    pub fn open(self) -> Result<Engine> {
        let mut set_aside = None;
        let backend: Arc<dyn Backend> = match &self.dir {
            Some(dir) => {
                let options = StoreOptions {
                    durability: self.durability,
                    overlay_limit_bytes: self.overlay_bytes,
                    cache_bytes: self.cache_bytes,
                    keep_history: self.keep_history,
                    state_engine: self.state_engine,
                    background: self.background,
                    create: self.create,
                    ..StoreOptions::new(std::process::id())
                };
                let store = EmbeddedBackend::open(dir, &options)?;
                set_aside = store.set_aside().map(Path::to_owned);
                Arc::new(store)
            }
            None => Arc::new(MemoryBackend::keeping(self.keep_history)),
        };
        let inner = Inner {
            backend,
            clock: self.clock,
            ids: self.ids,
            zone: self.zone,
            locale: self.locale,
            config: RwLock::new(Arc::new(Config::default())),
            bills: Bills::default(),
            set_aside,
            resumed: Mutex::default(),
            installing: Mutex::default(),
            followed: Mutex::default(),
        };
        let engine = Engine {
            inner: Arc::new(inner),
        };
        crate::config::found(&engine)?;
        engine.resume()?;
        Ok(engine)
    }
}
