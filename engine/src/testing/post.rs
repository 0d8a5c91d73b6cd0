//! How can a test send messages without a network, and see what becomes of them when one fails?

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::message::{Accepted, Outgoing, SendError, SendErrorKind, Transport};

/// A transport that keeps what it takes. It takes everything unless it is told otherwise.
#[derive(Default)]
pub struct Postbox {
    taken: Mutex<Vec<Outgoing>>,
    /// What the next calls answer, instead of taking the message.
    next: Mutex<VecDeque<Answer>>,
    always: Option<Answer>,
    asked: Mutex<Vec<String>>,
    forgetful: bool,
    window: usize,
}

/// What becomes of a message instead of being taken.
enum Answer {
    /// After all it is.
    Take,
    Refuse(SendError),
    /// It is taken, and the answer is lost.
    Lose,
    /// As if the process ended there, before it was taken or after.
    Die {
        taken: bool,
    },
    /// Nothing comes until the transport's own time-out.
    Hang(Box<dyn Fn() + Send + Sync>),
}

impl Postbox {
    /// Takes everything, and remembers what.
    #[must_use]
    pub fn accepting() -> Self {
        Self {
            window: 500,
            ..Self::default()
        }
    }

    /// Refuses everything.
    #[must_use]
    pub fn refusing(kind: SendErrorKind, cause: &str) -> Self {
        Self {
            always: Some(Answer::Refuse(SendError::new(kind, cause))),
            ..Self::accepting()
        }
    }

    /// Answers nothing. `timed_out` is called when the time-out is over: it may set a clock forward.
    #[must_use]
    pub fn hanging(timed_out: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            always: Some(Answer::Hang(Box::new(timed_out))),
            ..Self::accepting()
        }
    }

    /// Takes everything, and its answers are lost.
    #[must_use]
    pub fn losing_answers() -> Self {
        Self {
            always: Some(Answer::Lose),
            ..Self::accepting()
        }
    }

    /// Does not know what it took.
    #[must_use]
    pub fn forgetful(mut self) -> Self {
        self.forgetful = true;
        self
    }

    /// Is given so many messages at a time.
    #[must_use]
    pub fn with_window(mut self, window: usize) -> Self {
        self.window = window;
        self
    }

    /// The next message is refused.
    pub fn refuse_next(&self, kind: SendErrorKind, cause: &str) {
        let refusal = Answer::Refuse(SendError::new(kind, cause));
        lock(&self.next).push_back(refusal);
    }

    /// The call after so many others panics: before its message is taken, or right after.
    pub fn die_after(&self, others: usize, taken: bool) {
        let mut next = lock(&self.next);
        next.clear();
        next.extend((0..others).map(|_| Answer::Take));
        next.push_back(Answer::Die { taken });
    }

    /// Everything that it took, in order; what it took twice is there twice.
    #[must_use]
    pub fn taken(&self) -> Vec<Outgoing> {
        lock(&self.taken).clone()
    }

    /// The keys that it was asked about.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        lock(&self.asked).clone()
    }

    fn take(&self, message: &Outgoing) -> Accepted {
        let mut taken = lock(&self.taken);
        taken.push(message.clone());
        Accepted::with_id(format!("{}-{}", message.key, taken.len()))
    }

    fn answer(&self, message: &Outgoing, answer: &Answer) -> Result<Accepted, SendError> {
        let unknown = |cause: &str| Err(SendError::new(SendErrorKind::Unknown, cause));
        match answer {
            Answer::Take => Ok(self.take(message)),
            Answer::Refuse(error) => Err(error.clone()),
            Answer::Lose => {
                self.take(message);
                unknown("the connection was lost before the answer")
            }
            Answer::Hang(timed_out) => {
                timed_out();
                unknown("no answer in time")
            }
            Answer::Die { taken } => {
                if *taken {
                    self.take(message);
                }
                // As a kill does it: nobody catches it, and nothing is written after it.
                std::panic::resume_unwind(Box::new("the process ends here"))
            }
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Transport for Postbox {
    fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let next = lock(&self.next).pop_front();
        match next.as_ref().or(self.always.as_ref()) {
            Some(answer) => self.answer(message, answer),
            None => Ok(self.take(message)),
        }
    }

    fn was_accepted(&self, key: &str) -> Option<bool> {
        lock(&self.asked).push(key.to_owned());
        let known = || lock(&self.taken).iter().any(|message| message.key == key);
        (!self.forgetful).then(known)
    }

    fn window(&self) -> usize {
        self.window
    }
}
