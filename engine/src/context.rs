//! Who is acting, when, and where do ids come from?
//!
//! Everything that would make two runs differ enters the engine here and nowhere else: the clock, the ids, the
//! acting user, the language and the time zone. Tests and the demo fix them.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
#[cfg(feature = "wasm")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
#[cfg(feature = "wasm")]
use std::time::{Duration, Instant};

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

use crate::record::RecordId;

/// Says what time it is.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// How long the process has been asking. For what stops guests that take too long, and for nothing that a result could
/// depend on.
#[cfg(feature = "wasm")]
pub(crate) fn uptime() -> Duration {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    BEGIN.get_or_init(Instant::now).elapsed()
}

/// A clock that stands still until it is set: for tests, demos and replays.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows this instant.
    #[must_use]
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self(AtomicI64::new(instant.timestamp_micros()))
    }

    /// Shows another instant from now on.
    pub fn set(&self, instant: DateTime<Utc>) {
        self.0.store(instant.timestamp_micros(), Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).unwrap_or_default()
    }
}

/// Makes the 128-bit numbers of new records: the time in the high 48 bits, so that ids of one time lie together.
pub trait IdSource: Send + Sync {
    /// A number that was never given before.
    fn next(&self, now: DateTime<Utc>) -> u128;

    /// A secret that nobody can guess. The engine asks once when it opens and stores it nowhere: it makes the salts
    /// that keep erased data from being found out by trying.
    fn secret(&self, now: DateTime<Utc>) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for _ in 0..4 {
            hasher.update(&self.next(now).to_be_bytes());
        }
        hasher.finalize().into()
    }
}

/// Ids that nobody can guess or repeat: 48 bits of time, 80 bits from the operating system's randomness.
#[derive(Debug, Default)]
pub struct RandomIds {
    state: RandomState,
    counter: AtomicU64,
}

impl IdSource for RandomIds {
    fn next(&self, now: DateTime<Utc>) -> u128 {
        // `RandomState` is keyed by the operating system: SipHash of a counter under a secret key does not repeat
        // within a process, and a second process has another key.
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        let mut hasher = self.state.build_hasher();
        hasher.write_u64(count);
        let low = hasher.finish();
        hasher.write_u8(1);
        id_at(now, hasher.finish() as u16, low)
    }
}

/// Ids that come out the same in every run: for tests, demos and replays.
#[derive(Debug)]
pub struct SeededIds {
    seed: u64,
    counter: AtomicU64,
}

impl SeededIds {
    /// Starts the row of ids that belongs to this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            counter: AtomicU64::new(0),
        }
    }
}

impl IdSource for SeededIds {
    fn next(&self, now: DateTime<Utc>) -> u128 {
        let count = self.counter.fetch_add(1, Ordering::SeqCst);
        id_at(now, (self.seed & 0xffff) as u16, (self.seed << 32) ^ count)
    }

    /// Takes no id out of the row.
    fn secret(&self, _: DateTime<Utc>) -> [u8; 32] {
        blake3::hash(&self.seed.to_be_bytes()).into()
    }
}

fn id_at(now: DateTime<Utc>, middle: u16, low: u64) -> u128 {
    let millis = (now.timestamp_millis().max(0) as u128) & 0xffff_ffff_ffff;
    (millis << 80) | (u128::from(middle) << 64) | u128::from(low)
}

/// Who asks for a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Actor {
    /// The embedding program itself.
    System,
    /// A user of the workspace.
    User(RecordId),
    /// A plugin's effect, by the plugin's id.
    Plugin(String),
    /// A script's effect, by the script's name.
    Script(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::User(id) => write!(f, "{id}"),
            Self::Plugin(id) => write!(f, "plugin:{id}"),
            Self::Script(name) => write!(f, "script:{name}"),
        }
    }
}

impl Actor {
    /// Reads what `Display` wrote.
    pub(crate) fn parse(text: &str) -> Self {
        match text.split_once(':') {
            Some(("plugin", id)) => Self::Plugin(id.to_owned()),
            Some(("script", name)) => Self::Script(name.to_owned()),
            _ => text.parse().map_or(Self::System, Self::User),
        }
    }
}

/// The language in which messages and formatted values come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Persian.
    Fa,
    /// Arabic.
    Ar,
}

impl Locale {
    /// The BCP 47 tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fa => "fa",
            Self::Ar => "ar",
        }
    }

    /// The locale of a BCP 47 tag, by its language.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next() {
            Some("en") => Some(Self::En),
            Some("fa") => Some(Self::Fa),
            Some("ar") => Some(Self::Ar),
            _ => None,
        }
    }
}

/// Everything that a session brings to each call.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) actor: Actor,
    /// The key by which a program acts for its user.
    pub(crate) key: Option<RecordId>,
    /// The user under whose rights a plugin or script acts.
    pub(crate) under: Option<RecordId>,
    /// The work of several commits that this belongs to: an import, an undo.
    pub(crate) run: Option<Arc<str>>,
    pub(crate) locale: Locale,
    pub(crate) zone: FixedOffset,
}

impl Context {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The day that the workspace's wall calendar shows.
    pub(crate) fn day_of(&self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.zone).date_naive()
    }
}
