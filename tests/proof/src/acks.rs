//! What was acknowledged, and so what must be there?

use std::collections::BTreeMap;

use crate::plan::{Slot, Step, Thread, step};

/// The thread of the commits that the verifier makes itself.
pub const VERIFIER: Thread = 999;

/// A line of the writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The store is about to be opened.
    Opening,
    /// The store is open.
    Opened,
    /// A state that did not open was set aside.
    SetAside,
    /// The shared accounts are there.
    Ready,
    /// A step of a thread was acknowledged.
    Done(Thread, u64),
    /// A step of a thread was refused, with the words of the refusal.
    Refused(Thread, u64, String),
    /// The store is about to be closed.
    Closing,
    /// The store was closed.
    Closed,
    /// Something could not be done, in words.
    Failed(String),
}

impl Said {
    /// Reads a line that was told.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        Some(match word {
            "opening" => Self::Opening,
            "opened" => Self::Opened,
            "set-aside" => Self::SetAside,
            "ready" => Self::Ready,
            "closing" => Self::Closing,
            "closed" => Self::Closed,
            "failed" => Self::Failed(rest.to_owned()),
            "done" => {
                let mut words = rest.split(' ');
                Self::Done(words.next()?.parse().ok()?, words.next()?.parse().ok()?)
            }
            "refused" => {
                let mut words = rest.splitn(3, ' ');
                Self::Refused(
                    words.next()?.parse().ok()?,
                    words.next()?.parse().ok()?,
                    words.next()?.to_owned(),
                )
            }
            _ => return None,
        })
    }

    /// The line that tells it.
    #[must_use]
    pub fn line(&self, seed: u64) -> String {
        match self {
            Self::Opening => "opening".to_owned(),
            Self::Opened => "opened".to_owned(),
            Self::SetAside => "set-aside".to_owned(),
            Self::Ready => "ready".to_owned(),
            Self::Closing => "closing".to_owned(),
            Self::Closed => "closed".to_owned(),
            Self::Failed(why) => format!("failed {}", why.replace('\n', " ")),
            Self::Refused(thread, number, why) => {
                format!("refused {thread} {number} {}", why.replace('\n', " "))
            }
            Self::Done(thread, number) => {
                let changes = step(seed, *thread, *number).changes;
                let of = |(slot, is_put)| match is_put {
                    true => format!("{slot}=v{number}"),
                    false => format!("{slot}=none"),
                };
                let changes: Vec<String> = changes.into_iter().map(of).collect();
                format!("done {thread} {number} {}", changes.join(" "))
            }
        }
    }
}

/// The versions in one thread's slots; a slot without a record is missing.
pub type Held = BTreeMap<Slot, u64>;

/// What must be there.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Whether the shared accounts are there.
    pub ready: bool,
    /// What each thread's slots hold.
    pub held: BTreeMap<Thread, Held>,
    /// The step of each thread that may or may not have been done.
    pub open: BTreeMap<Thread, Step>,
}

impl Expected {
    /// A run begins: steps of these threads, numbered from `first` on, may be under way.
    pub fn begin(&mut self, seed: u64, threads: Thread, first: u64) {
        self.open = (0..threads)
            .map(|thread| (thread, step(seed, thread, first)))
            .collect();
    }

    /// Something was told.
    pub fn hear(&mut self, seed: u64, said: &Said) {
        match said {
            Said::Ready => self.ready = true,
            Said::Done(thread, number) => {
                let done = step(seed, *thread, *number);
                apply(self.held.entry(*thread).or_default(), &done);
                self.open.insert(*thread, step(seed, *thread, number + 1));
            }
            _ => {}
        }
    }

    /// A thread's slots as they must be, and as they may be instead.
    #[must_use]
    pub fn of(&self, thread: Thread) -> (Held, Option<Held>) {
        let held = self.held.get(&thread).cloned().unwrap_or_default();
        let instead = self.open.get(&thread).map(|open| {
            let mut held = held.clone();
            apply(&mut held, open);
            held
        });
        (held, instead)
    }

    /// All threads that may have written.
    #[must_use]
    pub fn threads(&self) -> Vec<Thread> {
        let mut threads: Vec<Thread> = self.held.keys().chain(self.open.keys()).copied().collect();
        threads.sort_unstable();
        threads.dedup();
        threads
    }

    /// What was found is what must be there from now on.
    pub fn settle(&mut self, ready: bool, found: BTreeMap<Thread, Held>) {
        *self = Self {
            ready,
            held: found,
            open: BTreeMap::new(),
        };
    }
}

/// Does a step to what a thread's slots hold.
pub fn apply(held: &mut Held, step: &Step) {
    for (slot, is_put) in &step.changes {
        match is_put {
            true => held.insert(*slot, step.number),
            false => held.remove(slot),
        };
    }
}
