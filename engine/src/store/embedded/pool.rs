//! Who does the work that nobody waits for?
//!
//! A few threads for the whole process, however many stores are open. They are started when there
//! is work and end when there has been none for a while.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::store::locks::lock;

const THREADS: usize = 2;
const IDLE: Duration = Duration::from_secs(10);

/// A piece of work. It must not wait for another one.
pub(super) type Job = Box<dyn FnOnce() + Send>;

static POOL: Pool = Pool {
    state: Mutex::new(State {
        jobs: VecDeque::new(),
        threads: 0,
        idle: 0,
    }),
    work: Condvar::new(),
};

struct Pool {
    state: Mutex<State>,
    work: Condvar,
}

struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    /// Threads that wait for work.
    idle: usize,
}

/// Lets a thread of the pool do the job. Gives it back when there is none and none can be started.
pub(super) fn submit(job: Job) -> Result<(), Job> {
    let mut state = lock(&POOL.state);
    if state.idle <= state.jobs.len() && state.threads < THREADS {
        let started = thread::Builder::new()
            .name("peyvand-pool".to_owned())
            .spawn(work);
        match started {
            Ok(_) => state.threads += 1,
            Err(_) if state.threads == 0 => return Err(job),
            Err(_) => {}
        }
    }
    state.jobs.push_back(job);
    drop(state);
    POOL.work.notify_one();
    Ok(())
}

fn work() {
    let mut state = lock(&POOL.state);
    loop {
        if let Some(job) = state.jobs.pop_front() {
            drop(state);
            // A fold that panics has poisoned its store, and what is done to old segments is tried
            // again; the pool has others to serve.
            drop(catch_unwind(AssertUnwindSafe(job)));
            state = lock(&POOL.state);
            continue;
        }
        state.idle += 1;
        let (woken, waited) = POOL
            .work
            .wait_timeout(state, IDLE)
            .unwrap_or_else(PoisonError::into_inner);
        state = woken;
        state.idle -= 1;
        if waited.timed_out() && state.jobs.is_empty() {
            state.threads -= 1;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_job_that_panics_does_not_stop_the_others() {
        let (done, wait) = mpsc::channel();
        for number in 0..10 {
            let done = done.clone();
            let job: Job = Box::new(move || {
                // Resumed rather than raised, so that nothing is printed.
                if number % 2 == 0 {
                    std::panic::resume_unwind(Box::new(number));
                }
                done.send(number).unwrap();
            });
            assert!(submit(job).is_ok());
        }
        let mut seen: Vec<i32> = wait.iter().take(5).collect();
        seen.sort_unstable();
        assert_eq!(seen, [1, 3, 5, 7, 9]);
        assert!(lock(&POOL.state).threads <= THREADS);
    }
}
