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
        if self.is_due() {
            self.show(&line(self.what, count, self.begun.elapsed()));
        }
    }

    /// Tells what the engine tells.
    pub(crate) fn follow(&mut self, progress: peyvand::Progress) {
        if self.is_due() {
            self.show(&followed(progress.done, progress.total, progress.what));
        }
    }

    /// Whether somebody watches and was not told just now. It counts as told.
    fn is_due(&mut self) -> bool {
        let due = self.watched
            && self.begun.elapsed() >= SILENCE
            && self.told.is_none_or(|told| told.elapsed() >= BETWEEN);
        if due {
            self.told = Some(Instant::now());
        }
        due
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

fn followed(done: u64, total: u64, what: &str) -> String {
    if total == 0 {
        return format!("{} {what}", counted(done));
    }
    format!("{} of {} {what}", counted(done), counted(total))
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

    #[test]
    fn a_total_is_told_where_it_is_known() {
        assert_eq!(followed(1000, 0, "entries"), "1,000 entries");
        assert_eq!(followed(1, 2000, "files"), "1 of 2,000 files");
    }
}
