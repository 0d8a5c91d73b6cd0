//! How do writers that come at the same time share one flush of the disk?
//!
//! Everybody queues. Whoever finds nobody leading leads: takes all that wait, works for them, hands
//! out the answers and passes the lead on to the first who came meanwhile.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::locks::lock;

/// A group takes no more than this, so that the first of it does not wait for too long.
const LARGEST_GROUP: usize = 1024;

/// A queue of questions of type `Q` that are answered in groups.
pub(super) struct Queue<Q, A> {
    line: Mutex<Line<Q, A>>,
    arrived: Condvar,
}

struct Line<Q, A> {
    waiting: Vec<(Q, Arc<Place<A>>)>,
    led: bool,
}

/// Where one caller waits.
struct Place<A> {
    turn: Mutex<Turn<A>>,
    called: Condvar,
}

enum Turn<A> {
    Waiting,
    Lead,
    Answered(A),
    /// The leader panicked before it had an answer.
    Lost,
}

impl<Q, A> Queue<Q, A> {
    pub(super) fn new() -> Self {
        Queue {
            line: Mutex::new(Line {
                waiting: Vec::new(),
                led: false,
            }),
            arrived: Condvar::new(),
        }
    }

    /// Queues a question and waits for its answer. `work` answers a group in order; it runs in one
    /// thread at a time. A leader first waits up to `gather` for others. `None` means that a leader
    /// panicked and nobody knows the answer.
    pub(super) fn ask(
        &self,
        question: Q,
        gather: Duration,
        work: impl FnOnce(Vec<Q>) -> Vec<A>,
    ) -> Option<A> {
        let place = Arc::new(Place {
            turn: Mutex::new(Turn::Waiting),
            called: Condvar::new(),
        });
        let mut line = lock(&self.line);
        line.waiting.push((question, Arc::clone(&place)));
        if line.led {
            drop(line);
            self.arrived.notify_one();
            if let Some(turn) = place.wait() {
                return turn;
            }
        } else {
            line.led = true;
            drop(line);
        }
        self.lead(gather, work);
        place.wait().flatten()
    }

    fn lead(&self, gather: Duration, work: impl FnOnce(Vec<Q>) -> Vec<A>) {
        let mut line = self.gathered(gather);
        let count = line.waiting.len().min(LARGEST_GROUP);
        let (questions, places): (Vec<Q>, Vec<_>) = line.waiting.drain(..count).unzip();
        drop(line);
        let mut handing = Handing {
            queue: self,
            places: places.into_iter(),
        };
        for answer in work(questions) {
            if let Some(place) = handing.places.next() {
                place.call(Turn::Answered(answer));
            }
        }
    }

    fn gathered(&self, gather: Duration) -> MutexGuard<'_, Line<Q, A>> {
        let line = lock(&self.line);
        if gather.is_zero() {
            return line;
        }
        let more = |line: &mut Line<Q, A>| line.waiting.len() < LARGEST_GROUP;
        let waited = self.arrived.wait_timeout_while(line, gather, more);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl<A> Place<A> {
    fn call(&self, turn: Turn<A>) {
        *lock(&self.turn) = turn;
        self.called.notify_one();
    }

    /// Waits to be called: `None` to lead, `Some` with the answer or its loss.
    fn wait(&self) -> Option<Option<A>> {
        let turn = self
            .called
            .wait_while(lock(&self.turn), |turn| matches!(turn, Turn::Waiting));
        let mut turn = turn.unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *turn, Turn::Lost) {
            Turn::Answered(answer) => Some(Some(answer)),
            Turn::Lead => {
                *turn = Turn::Waiting;
                None
            }
            Turn::Waiting | Turn::Lost => Some(None),
        }
    }
}

/// Passes the lead on when it is dropped, also by a panic, so that nobody waits for ever.
struct Handing<'a, Q, A> {
    queue: &'a Queue<Q, A>,
    places: std::vec::IntoIter<Arc<Place<A>>>,
}

impl<Q, A> Drop for Handing<'_, Q, A> {
    fn drop(&mut self) {
        for place in self.places.by_ref() {
            place.call(Turn::Lost);
        }
        let mut line = lock(&self.queue.line);
        match line.waiting.first() {
            Some((_, place)) => place.call(Turn::Lead),
            None => line.led = false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn everybody_gets_the_own_answer() {
        let queue = Queue::new();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let queue = &queue;
                scope.spawn(move || {
                    for number in 0..200 {
                        let question = thread * 1000 + number;
                        let double = |all: Vec<i32>| all.into_iter().map(|one| one * 2).collect();
                        let answer = queue.ask(question, Duration::ZERO, double);
                        assert_eq!(answer, Some(question * 2));
                    }
                });
            }
        });
    }

    #[test]
    fn a_panicking_leader_does_not_block_the_next() {
        let queue: Queue<u8, u8> = Queue::new();
        let lost = catch_unwind(AssertUnwindSafe(|| {
            queue.ask(1, Duration::ZERO, |_| {
                std::panic::resume_unwind(Box::new(()))
            })
        }));
        assert!(lost.is_err());
        assert_eq!(queue.ask(2, Duration::ZERO, |all| all), Some(2));
    }
}
