//! With which settings is a store opened?

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use chrono::FixedOffset;

use super::{Engine, Inner};
use crate::content::{Content, ContentRules};
use crate::context::{Clock, IdSource, Locale, RandomIds, SystemClock};
use crate::error::Result;
use crate::hook::Bills;
use crate::install::Host;
use crate::journal::{Disk, Durability, RealDisk};
use crate::message::{Channel, MessageRules, Post, Transport};
#[cfg(feature = "postgres")]
use crate::store::PostgresBackend;
use crate::store::{
    Backend, EmbeddedBackend, MemoryBackend, Progress, Retention, StateEngine, StoreOptions,
};

/// Where a tenant's tables are.
#[cfg(feature = "postgres")]
#[derive(Clone)]
struct Database {
    url: String,
    tenant: String,
}

/// How a store is opened.
#[derive(Clone)]
#[must_use = "call `open`"]
pub struct EngineBuilder {
    dir: Option<PathBuf>,
    #[cfg(feature = "postgres")]
    database: Option<Database>,
    durability: Durability,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    zone: FixedOffset,
    locale: Locale,
    create: bool,
    overlay_bytes: usize,
    cache_bytes: u64,
    disk: Arc<dyn Disk>,
    keep_history: Retention,
    state_engine: StateEngine,
    background: bool,
    unjudged: bool,
    post: Post,
    content: ContentRules,
    letters: Option<crate::notification::Post>,
    #[cfg(feature = "wasm")]
    code_cache: Option<PathBuf>,
    tell: Arc<dyn Fn(Progress) + Send + Sync>,
}

impl EngineBuilder {
    pub(super) fn new(dir: Option<PathBuf>) -> Self {
        Self {
            dir,
            #[cfg(feature = "postgres")]
            database: None,
            durability: Durability::default(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds::default()),
            // Zero is a valid offset; `unwrap_or` has no other to give.
            zone: chrono::Offset::fix(&chrono::Utc),
            locale: Locale::default(),
            create: true,
            overlay_bytes: 32 << 20,
            cache_bytes: 64 << 20,
            disk: Arc::new(RealDisk),
            keep_history: Retention::default(),
            state_engine: StateEngine::default(),
            background: true,
            unjudged: false,
            post: Post::default(),
            content: ContentRules::default(),
            letters: None,
            #[cfg(feature = "wasm")]
            code_cache: None,
            tell: Arc::new(|_| {}),
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

    /// How many bytes of the state may be cached in memory, beside what [`overlay_bytes`](Self::overlay_bytes) allows and
    /// no commit needs at the time.
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// A disk that fails when a test says so.
    #[cfg(any(test, feature = "testing"))]
    pub fn faults(mut self, faults: &crate::journal::Faults) -> Self {
        self.disk = Arc::new(faults.clone());
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

    /// Whom to tell how far [`open`](Self::open) is while it builds a state anew from the journal, which it does when
    /// the state was lost or cannot be used. An open that has nothing to build tells nothing.
    pub fn progress(mut self, tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.tell = Arc::new(tell);
        self
    }

    /// Who carries the messages of a channel from [`Engine::deliver`] on. Messages of a channel that nobody carries
    /// stay queued.
    pub fn transport(mut self, channel: Channel, transport: Arc<dyn Transport>) -> Self {
        self.post.transports.insert(channel, transport);
        self
    }

    /// By which rules messages are sent: quiet hours, tries, consent, how national numbers are read.
    pub fn message_rules(mut self, rules: MessageRules) -> Self {
        self.post.rules = Arc::new(rules);
        self
    }

    /// Which files may be stored: how large, of which types.
    pub fn content(mut self, rules: ContentRules) -> Self {
        self.content = rules;
        self
    }

    /// A folder in which the compiled code of plugins is kept, so that opening a store compiles nothing; without one,
    /// each process compiles them once. It is made where there is none, for this user alone: a folder that another user
    /// may read or change is not used, and [`Engine::code_cache_fault`] says so. It may be shared by stores, needs no
    /// backup, and can be deleted at any time.
    #[cfg(feature = "wasm")]
    pub fn code_cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.code_cache = Some(folder.into());
        self
    }

    /// What is to be written so that a letter is sent to a user who wants notifications by e-mail or as short messages,
    /// such as the creation of a message. It is one commit with the note that the letter was sent. It may read, and must
    /// not let the engine notify. Without it, a letter is a message to the user's `email` or `mobile`, by the ways for
    /// which there is a [`transport`](Self::transport) or the [rules](Self::message_rules) name a sender, and
    /// [`Engine::deliver`] sends it. What goes by no way that is open here is shown in the application, and its letter
    /// waits a week for a process that sends it.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{Engine, Request};
    /// use serde_json::json;
    ///
    /// let engine = Engine::in_memory()
    ///     .letters(|letter| {
    ///         let fields = json!({"kind": "email", "subject": letter.subject, "owner": letter.user.to_string()});
    ///         Ok(vec![Request::create("activity", fields)])
    ///     })
    ///     .open()?;
    /// # drop(engine);
    /// # Ok(())
    /// # }
    /// ```
    pub fn letters(
        mut self,
        write: impl Fn(&crate::notification::Letter) -> Result<Vec<crate::write::Request>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.letters = Some(Arc::new(write));
        self
    }

    /// As if other processes could deliver from the same store.
    #[cfg(test)]
    pub(crate) fn shared(mut self) -> Self {
        self.post.shared = true;
        self
    }

    /// Without rules, plugins and scripts, and without follow-ups.
    pub(crate) fn unjudged(mut self) -> Self {
        self.unjudged = true;
        self
    }

    /// Opens the store, and makes it where there is none.
    ///
    /// # Errors
    /// When the directory is no directory, cannot be written, belongs to another program, is open in another process,
    /// or holds damaged bytes; the message says which and what to do.
    pub fn open(self) -> Result<Engine> {
        #[cfg(feature = "postgres")]
        if let Some(Database { url, tenant }) = &self.database {
            let store = PostgresBackend::open(url, tenant, self.create, self.keep_history)?;
            let content = Content::nowhere(self.content.clone());
            return self.over(Arc::new(store), content, None);
        }
        let mut set_aside = None;
        let rules = self.content.clone();
        let (backend, content): (Arc<dyn Backend>, _) = match &self.dir {
            Some(dir) => {
                let options = StoreOptions {
                    durability: self.durability,
                    overlay_limit_bytes: self.overlay_bytes,
                    cache_bytes: self.cache_bytes,
                    keep_history: self.keep_history,
                    state_engine: self.state_engine,
                    background: self.background,
                    create: self.create,
                    salt_key: self.ids.secret(self.clock.now()),
                    ..StoreOptions::new(std::process::id())
                };
                let mut tell = |progress| (self.tell)(progress);
                let store = EmbeddedBackend::open_on(dir, &options, self.disk.clone(), &mut tell)?;
                set_aside = store.set_aside().map(Path::to_owned);
                let content = Content::in_folder(self.disk.clone(), dir, rules);
                (Arc::new(store), content)
            }
            None => {
                let store = MemoryBackend::keeping(self.keep_history);
                (Arc::new(store), Content::in_memory(rules))
            }
        };
        self.over(backend, content, set_aside)
    }

    fn over(
        mut self,
        backend: Arc<dyn Backend>,
        content: Content,
        set_aside: Option<PathBuf>,
    ) -> Result<Engine> {
        #[cfg(feature = "postgres")]
        let shared = self.database.is_some();
        #[cfg(not(feature = "postgres"))]
        let shared = false;
        self.post.shared |= shared;
        let host = Host {
            messages: self.post.rules.clone(),
            #[cfg(feature = "wasm")]
            code: self.code_cache.map(|folder| {
                // Never of a seeded source, whose secrets can be guessed; no result depends on it.
                let secret = RandomIds::default().secret(self.clock.now());
                Arc::new(crate::install::CodeCache::in_folder(folder, secret))
            }),
        };
        let inner = Inner {
            backend,
            content,
            clock: self.clock,
            ids: self.ids,
            zone: self.zone,
            locale: self.locale,
            config: RwLock::default(),
            bills: Bills::default(),
            post: self.post,
            host,
            set_aside,
            resumed: Mutex::default(),
            installing: Mutex::default(),
            turns: RwLock::default(),
            followed: Mutex::default(),
            delivering: Mutex::default(),
            reshaping: Mutex::default(),
            sights: crate::access::Sights::default(),
            panels: crate::customer::Panels::default(),
            notifying: crate::notification::Kept {
                post: self.letters,
                ..crate::notification::Kept::default()
            },
            unjudged: self.unjudged,
        };
        let engine = Engine {
            inner: Arc::new(inner),
        };
        crate::config::found(&engine)?;
        if !self.unjudged {
            engine.resume()?;
        }
        crate::erase::resume(&engine)?;
        Ok(engine)
    }
}

#[cfg(feature = "postgres")]
impl Engine {
    /// A CRM in a database that speaks PostgreSQL's protocol, for when one machine is too small. Several processes on
    /// several machines may have one tenant open and write at the same time; many tenants share one database.
    ///
    /// `url` is a connection string, such as `postgresql://crm@db.example/crm`; the connection is not encrypted, so
    /// the server is to be on the same machine, in a network of its own, or behind a tunnel. The tables are made where
    /// there are none, which needs the right to. How durable an acknowledged commit is, is the server's setting
    /// (`synchronous_commit`); [`durability`](EngineBuilder::durability), [`overlay_bytes`](EngineBuilder::overlay_bytes)
    /// and [`cache_bytes`](EngineBuilder::cache_bytes) have no meaning here. Calls block: a program with an
    /// asynchronous runtime makes them from threads that may block.
    ///
    /// Two processes must not be given the same sequence of ids: a [`SeededIds`](crate::SeededIds) is for tests.
    pub fn postgres(url: impl Into<String>, tenant: impl Into<String>) -> EngineBuilder {
        EngineBuilder {
            database: Some(Database {
                url: url.into(),
                tenant: tenant.into(),
            }),
            ..EngineBuilder::new(None)
        }
    }
}
