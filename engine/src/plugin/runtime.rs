//! What do all plugins run in?
//!
//! One compiler and one ticker for the process. Fuel bounds what a guest does, the same on every machine; the ticker
//! bounds how long it takes. The ticker stops guests and does nothing else: no result depends on it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, StoreContextMut, Trap};

use super::contract;
use super::guest::Guest;
use crate::context::uptime;
use crate::error::{Error, ErrorKind};

/// Compiled components that are kept, so that installing, switching on and opening compile a file once.
const KEPT: usize = 64;
/// How often running guests are looked at: a time limit is overshot by as much.
const TICK: Duration = Duration::from_micros(500);
/// Ticks that the ticker waits for another call before it goes to sleep: waking it costs more than a call.
const LINGER: u32 = 40;

/// What plugins run in; cheap to clone.
#[derive(Clone)]
pub(crate) struct Runtime(Arc<Shared>);

struct Shared {
    engine: Engine,
    linker: Linker<Guest>,
    compiled: Mutex<VecDeque<(blake3::Hash, Component)>>,
    ticker: Arc<Ticker>,
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
        let linker = linker(&engine).map_err(|error| format!("{error:#}"))?;
        let ticker = Arc::new(Ticker::default());
        let (ticks, ticked) = (ticker.clone(), engine.clone());
        let thread = std::thread::Builder::new().name("peyvand-epoch".to_owned());
        thread
            .spawn(move || ticks.run(&ticked))
            .map_err(|error| format!("no thread to stop guests: {error}"))?;
        Ok(Self(Arc::new(Shared {
            engine,
            linker,
            compiled: Mutex::default(),
            ticker,
        })))
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(super) fn linker(&self) -> &Linker<Guest> {
        &self.0.linker
    }

    /// The component of a file's bytes, compiled now or before.
    pub(super) fn component(&self, bytes: &[u8]) -> Result<Component, Error> {
        let hash = blake3::hash(bytes);
        let kept = || {
            self.0
                .compiled
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some((_, component)) = kept().iter().find(|(known, _)| *known == hash) {
            return Ok(component.clone());
        }
        // Without the lock: a large plugin does not hold up the others.
        let component = Component::from_binary(&self.0.engine, bytes).map_err(|error| {
            Error::new(
                ErrorKind::Plugin,
                format!("the component cannot be compiled: {error:#}"),
            )
            .hint("build the plugin again with `peyvand plugin build`; the file may be damaged")
        })?;
        let mut kept = kept();
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((hash, component.clone()));
        Ok(component)
    }

    /// Marks that a guest runs, until it is dropped.
    pub(super) fn running(&self) -> Running<'_> {
        self.0.ticker.begin();
        Running(&self.0.ticker)
    }

    /// The deadline in ticks of so many milliseconds; one more, as the first tick may be near.
    pub(super) fn ticks(millis: u64) -> u64 {
        millis
            .saturating_mul(1_000)
            .div_ceil(TICK.as_micros() as u64)
            .saturating_add(1)
    }
}

/// The imports that a guest is given, and no others.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    linker.instance(&contract::interface("types"))?;
    linker.instance(&contract::interface("log"))?.func_wrap(
        "log",
        |mut store: StoreContextMut<'_, Guest>, (message,): (String,)| {
            // The copy is the host's work, so it is paid for.
            let left = store
                .get_fuel()?
                .checked_sub(message.len() as u64)
                .ok_or(Trap::OutOfFuel)?;
            store.set_fuel(left)?;
            store.data_mut().say(&message);
            Ok(())
        },
    )?;
    let mut clock = linker.instance(&contract::interface("clock"))?;
    clock.func_wrap("now", |store: StoreContextMut<'_, Guest>, (): ()| {
        Ok((store.data().moment.now,))
    })?;
    clock.func_wrap("today", |store: StoreContextMut<'_, Guest>, (): ()| {
        Ok((store.data().moment.today,))
    })?;
    Ok(linker)
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
