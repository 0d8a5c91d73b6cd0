//! How do writers of SQLite and of the bare disk share one flush? As Peyvand's do: a leader takes all that wait.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};

const WAITS: u8 = 0;
const LEADS: u8 = 1;
const DONE: u8 = 2;

struct Place {
    state: AtomicU8,
    thread: Thread,
}

impl Place {
    fn wait(&self) -> u8 {
        loop {
            match self.state.load(Ordering::Acquire) {
                WAITS => thread::park(),
                state => return state,
            }
        }
    }

    fn call(&self, state: u8) {
        self.state.store(state, Ordering::Release);
        self.thread.unpark();
    }
}

struct Line<T> {
    waiting: Vec<(T, Arc<Place>)>,
    led: bool,
}

/// Things that are done in groups, one group at a time.
pub(super) struct Together<T> {
    line: Mutex<Line<T>>,
}

impl<T> Together<T> {
    pub(super) fn new() -> Self {
        Self {
            line: Mutex::new(Line {
                waiting: Vec::new(),
                led: false,
            }),
        }
    }

    /// Comes back when `work` has done this thing, together with all that waited.
    pub(super) fn run(&self, thing: T, work: impl FnOnce(&[T])) {
        let mut line = self.line.lock().unwrap();
        let leads = !line.led;
        line.led = true;
        let place = Arc::new(Place {
            state: AtomicU8::new(if leads { LEADS } else { WAITS }),
            thread: thread::current(),
        });
        line.waiting.push((thing, place.clone()));
        drop(line);
        if place.wait() == DONE {
            return;
        }
        let group = std::mem::take(&mut self.line.lock().unwrap().waiting);
        let (things, places): (Vec<T>, Vec<Arc<Place>>) = group.into_iter().unzip();
        work(&things);
        let mut line = self.line.lock().unwrap();
        match line.waiting.first() {
            Some((_, next)) => next.call(LEADS),
            None => line.led = false,
        }
        drop(line);
        for other in places.iter().filter(|other| !Arc::ptr_eq(other, &place)) {
            other.call(DONE);
        }
    }
}
