//! How far is something that takes a while?

/// How far something is. Told every now and then to whoever asked to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// What is done of it.
    pub done: u64,
    /// What there is to do, as far as it is known.
    pub total: u64,
    /// What is counted, such as `bytes copied`.
    pub what: &'static str,
}

impl Progress {
    pub(crate) fn new(done: u64, total: u64, what: &'static str) -> Self {
        Progress { done, total, what }
    }
}
