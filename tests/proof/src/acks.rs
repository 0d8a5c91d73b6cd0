//! What was acknowledged, and so what must be there?

use std::collections::BTreeMap;

use peyvand::StateEngine;

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
    /// A step of a thread was acknowledged, at this position of the journal.
    Done(Thread, u64, u64),
    /// A step of a thread was refused, with the words of the refusal.
    Refused(Thread, u64, String),
    /// A checkpoint or a backup is being written.
    Copying,
    /// A checkpoint was written, whose bytes have this sum.
    Checkpointed(u64),
    /// A backup was taken, up to this position.
    BackedUp(u64),
    /// What was read as of an earlier position was what it had been.
    LookedBack,
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
            "copying" => Self::Copying,
            "checkpointed" => Self::Checkpointed(rest.parse().ok()?),
            "backed-up" => Self::BackedUp(rest.parse().ok()?),
            "looked-back" => Self::LookedBack,
            "done" => {
                let mut words = rest.split(' ');
                Self::Done(
                    words.next()?.parse().ok()?,
                    words.next()?.parse().ok()?,
                    words.next()?.strip_prefix('@')?.parse().ok()?,
                )
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
            Self::Copying => "copying".to_owned(),
            Self::Checkpointed(sum) => format!("checkpointed {sum}"),
            Self::BackedUp(position) => format!("backed-up {position}"),
            Self::LookedBack => "looked-back".to_owned(),
            Self::Closing => "closing".to_owned(),
            Self::Closed => "closed".to_owned(),
            Self::Failed(why) => format!("failed {}", why.replace('\n', " ")),
            Self::Refused(thread, number, why) => {
                format!("refused {thread} {number} {}", why.replace('\n', " "))
            }
            Self::Done(thread, number, position) => {
                let changes = step(seed, *thread, *number).changes;
                let of = |(slot, is_put)| match is_put {
                    true => format!("{slot}=v{number}"),
                    false => format!("{slot}=none"),
                };
                let changes: Vec<String> = changes.into_iter().map(of).collect();
                format!("done {thread} {number} @{position} {}", changes.join(" "))
            }
        }
    }
}

/// The versions in one thread's slots; a slot without a record is missing.
pub type Held = BTreeMap<Slot, u64>;

/// A step that was done, and from which position to which it may have been.
#[derive(Clone, Debug)]
struct Placed {
    first: u64,
    last: u64,
    step: Step,
}

/// What must be there.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The engine of the state, for stores that are made.
    pub engine: StateEngine,
    /// Whether the shared accounts are there.
    pub ready: bool,
    /// What each thread's slots hold.
    pub held: BTreeMap<Thread, Held>,
    /// The step of each thread that may or may not have been done.
    pub open: BTreeMap<Thread, Step>,
    /// The position up to which a backup was taken.
    pub backed_up: Option<u64>,
    /// The sum of the checkpoint's bytes.
    pub checkpoint: Option<u64>,
    /// Whether another checkpoint may have taken its place.
    pub copying: bool,
    /// All steps of each thread, in order.
    past: BTreeMap<Thread, Vec<Placed>>,
}

impl Expected {
    /// What must be there in a new store.
    #[must_use]
    pub fn nothing(engine: StateEngine) -> Self {
        Self {
            engine,
            ..Self::default()
        }
    }

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
            Said::Done(thread, number, position) => {
                self.did(*thread, step(seed, *thread, *number), *position);
                self.open.insert(*thread, step(seed, *thread, number + 1));
            }
            Said::Copying => self.copying = true,
            Said::Checkpointed(sum) => (self.checkpoint, self.copying) = (Some(*sum), false),
            Said::BackedUp(position) => {
                (self.backed_up, self.copying) = (Some(*position), false);
            }
            _ => {}
        }
    }

    /// A thread's step was done at a position.
    pub fn did(&mut self, thread: Thread, step: Step, position: u64) {
        apply(self.held.entry(thread).or_default(), &step);
        let past = self.past.entry(thread).or_default();
        // A step that has nothing to do gets no position of its own.
        let position = past.last().map_or(0, |before| before.last).max(position);
        past.push(Placed {
            first: position,
            last: position,
            step,
        });
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

    /// What must have been there at a position.
    #[must_use]
    pub fn at(&self, position: u64) -> Self {
        let mut then = Self::nothing(self.engine);
        for thread in self.threads() {
            let past = self.past.get(&thread).map_or(&[][..], Vec::as_slice);
            let done = past.partition_point(|placed| placed.last <= position);
            let (done, later) = past.split_at(done);
            let held = then.held.entry(thread).or_default();
            done.iter().for_each(|placed| apply(held, &placed.step));
            let open = match later.first() {
                Some(next) => (next.first <= position).then_some(&next.step),
                None => self.open.get(&thread),
            };
            then.open.extend(open.map(|open| (thread, open.clone())));
        }
        then
    }

    /// Positions of steps, in the order of threads and time.
    #[must_use]
    pub fn positions(&self) -> Vec<u64> {
        let placed = self.past.values().flatten();
        placed.map(|placed| placed.last).collect()
    }

    /// All threads that may have written.
    #[must_use]
    pub fn threads(&self) -> Vec<Thread> {
        let mut threads: Vec<Thread> = self.held.keys().chain(self.open.keys()).copied().collect();
        threads.sort_unstable();
        threads.dedup();
        threads
    }

    /// What was found when the journal ended at `head` is what must be there from now on.
    pub fn settle(&mut self, ready: bool, found: BTreeMap<Thread, Held>, head: u64) {
        for (thread, held) in &found {
            if self.held.get(thread).unwrap_or(&Held::new()) == held {
                continue;
            }
            let past = self.past.entry(*thread).or_default();
            let first = past.last().map_or(0, |before| before.last) + 1;
            past.extend(self.open.remove(thread).map(|step| Placed {
                first,
                last: head,
                step,
            }));
        }
        (self.ready, self.held) = (ready, found);
        self.open.clear();
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
