//! How far is it? Told on stderr, after a second, and only where somebody watches.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::output::counted;

const SILENCE: Duration = Duration::from_secs(1);
const BETWEEN: Duration = Duration::from_millis(200);

pub(crate) struct Progress {
    what: &'static str,
    begun: Instant,
    told: Option<Instant>,
    watched: bool,
}

impl Progress {
    pub(crate) fn of(what: &'static str) -> Self {
        Self {
            what,
            begun: Instant::now(),
            told: None,
            watched: io::stderr().is_terminal(),
        }
    }

    pub(crate) fn reached(&mut self, count: u64) {
        let spent = self.begun.elapsed();
        if !self.watched
            || spent < SILENCE
            || self.told.is_some_and(|told| told.elapsed() < BETWEEN)
        {
            return;
        }
        self.told = Some(Instant::now());
        self.show(&line(self.what, count, spent));
    }

    fn show(&self, line: &str) {
        let mut stderr = io::stderr().lock();
        // A lost progress line is no reason to stop.
        write!(stderr, "\r{line}\u{1b}[K")
            .and_then(|()| stderr.flush())
            .ok();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.told.is_some() {
            self.show("");
        }
    }
}

fn line(what: &str, count: u64, spent: Duration) -> String {
    let rate = u128::from(count) * 1000 / spent.as_millis().max(1);
    format!(
        "{} {what}, {} a second",
        counted(count),
        counted(u64::try_from(rate).unwrap_or(u64::MAX))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_of_the_whole_time() {
        assert_eq!(
            line("rows", 12_000, Duration::from_millis(1500)),
            "12,000 rows, 8,000 a second"
        );
        assert_eq!(line("rows", 0, Duration::ZERO), "0 rows, 0 a second");
    }
}
