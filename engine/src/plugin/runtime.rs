//! What do all plugins run in?
//!
//! One compiler and one ticker for the process. Fuel bounds what a guest does, the same on every machine; the ticker
//! bounds how long it takes. The ticker stops guests and does nothing else: no result depends on it.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine};

use super::cache::CodeCache;
use super::guest::Guest;
use super::imports;
use crate::context::uptime;
use crate::error::{Error, ErrorKind};

/// Compiled components that are kept without anybody who uses them, so that installing, switching on and opening compile
/// a file once.
const KEPT: usize = 16;
/// How often running guests are looked at: a time limit is overshot by as much.
const TICK: Duration = Duration::from_micros(500);
/// Ticks that the ticker waits for another call before it goes to sleep: waking it costs more than a call.
const LINGER: u32 = 40;

/// What plugins run in; cheap to clone.
#[derive(Clone)]
pub(crate) struct Runtime {
    shared: Arc<Shared>,
    /// Where compiled code outlives the process.
    cache: Option<Arc<CodeCache>>,
}

struct Shared {
    engine: Engine,
    linker: Linker<Guest>,
    compiled: Mutex<Compiled>,
    ticker: Arc<Ticker>,
}

/// What this process has compiled or loaded: one component for all engines that hold the same bytes.
#[derive(Default)]
struct Compiled {
    all: HashMap<blake3::Hash, Weak<Component>>,
    /// The last ones, also where nobody uses them at the moment.
    last: VecDeque<Arc<Component>>,
}

impl Compiled {
    fn get(&self, hash: &blake3::Hash) -> Option<Arc<Component>> {
        self.all.get(hash)?.upgrade()
    }

    /// Keeps a component; where another thread was faster, its.
    fn put(&mut self, hash: blake3::Hash, component: Component) -> Arc<Component> {
        if let Some(component) = self.get(&hash) {
            return component;
        }
        self.all.retain(|_, component| component.strong_count() > 0);
        let component = Arc::new(component);
        self.all.insert(hash, Arc::downgrade(&component));
        if self.last.len() >= KEPT {
            self.last.pop_front();
        }
        self.last.push_back(component.clone());
        component
    }
}

static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);

impl Runtime {
    /// The process's runtime, made at the first use.
    pub(crate) fn new() -> Result<Self, Error> {
        let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = &*runtime {
            return Ok(runtime.clone());
        }
        let made = Self::start().map_err(|message| {
            Error::new(
                ErrorKind::Plugin,
                format!("plugins cannot run here: {message}"),
            )
        })?;
        *runtime = Some(made.clone());
        Ok(made)
    }

    fn start() -> Result<Self, String> {
        let mut config = Config::new();
        config
            .consume_fuel(true)
            .epoch_interruption(true)
            .concurrency_support(false);
        // The same bits on every machine: floats in a record may not depend on the processor.
        config
            .cranelift_nan_canonicalization(true)
            .relaxed_simd_deterministic(true);
        let engine = Engine::new(&config).map_err(|error| format!("{error:#}"))?;
        let linker = imports::linker(&engine).map_err(|error| format!("{error:#}"))?;
        let ticker = Arc::new(Ticker::default());
        let (ticks, ticked) = (ticker.clone(), engine.clone());
        let thread = std::thread::Builder::new().name("peyvand-epoch".to_owned());
        thread
            .spawn(move || ticks.run(&ticked))
            .map_err(|error| format!("no thread to stop guests: {error}"))?;
        Ok(Self {
            shared: Arc::new(Shared {
                engine,
                linker,
                compiled: Mutex::default(),
                ticker,
            }),
            cache: None,
        })
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    pub(super) fn linker(&self) -> &Linker<Guest> {
        &self.shared.linker
    }

    /// The same runtime, with a place for compiled code.
    pub(crate) fn with_cache(self, cache: Option<Arc<CodeCache>>) -> Self {
        Self { cache, ..self }
    }

    /// The component of a file's bytes, compiled now or before.
    pub(super) fn component(&self, bytes: &[u8]) -> Result<Arc<Component>, Error> {
        let hash = blake3::hash(bytes);
        let compiled = || {
            self.shared
                .compiled
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(component) = compiled().get(&hash) {
            return Ok(component);
        }
        // Without the lock: a large plugin does not hold up the others.
        let component = self.loaded_or_compiled(hash, bytes)?;
        Ok(compiled().put(hash, component))
    }

    /// Its code from the cache.
    pub(super) fn load(&self, hash: blake3::Hash) -> Option<Component> {
        let cache = self.cache.as_ref()?;
        cache.load(&self.shared.engine, hash)
    }

    /// Its code from the cache, or compiled and kept there.
    pub(super) fn loaded_or_compiled(
        &self,
        hash: blake3::Hash,
        bytes: &[u8],
    ) -> Result<Component, Error> {
        if let Some(component) = self.load(hash) {
            return Ok(component);
        }
        let engine = &self.shared.engine;
        let component = Component::from_binary(engine, bytes).map_err(|error| {
            Error::new(
                ErrorKind::Plugin,
                format!("the component cannot be compiled: {error:#}"),
            )
            .hint("build the plugin again with `peyvand plugin build`; the file may be damaged")
        })?;
        if let Some(cache) = &self.cache {
            cache.keep(engine, hash, &component);
        }
        Ok(component)
    }

    /// Marks that a guest runs, until it is dropped.
    pub(super) fn running(&self) -> Running<'_> {
        self.shared.ticker.begin();
        Running(&self.shared.ticker)
    }

    /// The deadline in ticks of so many milliseconds; one more, as the first tick may be near.
    pub(super) fn ticks(millis: u64) -> u64 {
        millis
            .saturating_mul(1_000)
            .div_ceil(TICK.as_micros() as u64)
            .saturating_add(1)
    }
}

/// Counts guests that run, and advances the epoch while there are any.
#[derive(Default)]
struct Ticker {
    running: AtomicUsize,
    is_asleep: AtomicBool,
    lock: Mutex<()>,
    wake: Condvar,
}

impl Ticker {
    fn begin(&self) {
        self.running.fetch_add(1, Ordering::SeqCst);
        if self.is_asleep.load(Ordering::SeqCst) {
            // The ticker holds the lock from saying that it sleeps until it does, so this wakes it for certain.
            let _held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
            self.wake.notify_one();
        }
    }

    fn run(&self, engine: &Engine) {
        let (mut idle, mut due) = (0, uptime());
        loop {
            if self.running.load(Ordering::SeqCst) > 0 {
                idle = 0;
            } else {
                idle += 1;
            }
            if idle > LINGER {
                self.sleep();
                (idle, due) = (0, uptime());
            }
            // By the clock, since every sleep is a little too long. After a long delay no ticks are made up for: a guest
            // that was started in it has had no time yet.
            let now = uptime();
            due = (due + TICK).max(now);
            std::thread::sleep(due - now);
            engine.increment_epoch();
        }
    }

    fn sleep(&self) {
        let mut held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_asleep.store(true, Ordering::SeqCst);
        while self.running.load(Ordering::SeqCst) == 0 {
            held = self.wake.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        self.is_asleep.store(false, Ordering::SeqCst);
    }
}

/// A guest runs while this lives.
pub(super) struct Running<'a>(&'a Ticker);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
