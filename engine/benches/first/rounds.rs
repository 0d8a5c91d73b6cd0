//! How are contestants compared? In turn, round by round, so that a slow minute of the machine is everybody's.

use std::time::Instant;

/// What a ratio is of.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Rate,
    Time,
}

/// Contestants that each do the same number of things in a round.
pub(crate) struct Rounds<'w> {
    rounds: usize,
    things: usize,
    contestants: Vec<(String, Box<dyn FnMut() + 'w>)>,
}

/// Microseconds per thing, of each contestant in each round.
pub(crate) struct Told {
    contestants: Vec<(String, Vec<f64>)>,
}

impl<'w> Rounds<'w> {
    pub(crate) fn new(rounds: usize, things: usize) -> Self {
        Self {
            rounds,
            things,
            contestants: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, name: &str, work: impl FnMut() + 'w) {
        self.contestants.push((name.to_owned(), Box::new(work)));
    }

    pub(crate) fn run(mut self) -> Told {
        let mut told: Vec<(String, Vec<f64>)> = self
            .contestants
            .iter()
            .map(|(name, _)| (name.clone(), Vec::new()))
            .collect();
        // The first round warms caches and pools and is not told.
        for round in 0..=self.rounds {
            for ((_, work), (_, times)) in self.contestants.iter_mut().zip(&mut told) {
                let begin = Instant::now();
                work();
                if round > 0 {
                    times.push(begin.elapsed().as_secs_f64() * 1e6 / self.things as f64);
                }
            }
        }
        Told { contestants: told }
    }
}

/// The median and the two quartiles.
fn spread(values: impl Iterator<Item = f64>) -> (f64, f64, f64) {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let at = |quarter: usize| {
        sorted
            .get(sorted.len() * quarter / 4)
            .copied()
            .unwrap_or(f64::NAN)
    };
    (at(2), at(1), at(3))
}

impl Told {
    pub(crate) fn print(&self, title: &str) {
        println!(
            "\n## {title}\n\n| | µs each | from | to | in a second |\n|---|---:|---:|---:|---:|"
        );
        for (name, times) in &self.contestants {
            let (middle, low, high) = spread(times.iter().copied());
            println!(
                "| {name} | {middle:.1} | {low:.1} | {high:.1} | {:.0} |",
                1e6 / middle
            );
        }
        println!();
    }

    /// Of rounds, not of medians: both of a ratio ran in the same seconds.
    fn by_round(&self, one: usize, other: usize, of: impl Fn(f64, f64) -> f64) -> (f64, f64, f64) {
        let times = |place: usize| {
            self.contestants
                .get(place)
                .map_or(&[][..], |(_, times)| times)
        };
        spread(
            times(one)
                .iter()
                .zip(times(other))
                .map(|(one, other)| of(*one, *other)),
        )
    }

    pub(crate) fn ratio(&self, what: &str, side: Side, one: usize, other: usize) {
        let (middle, low, high) = self.by_round(one, other, |one, other| match side {
            Side::Rate => other / one,
            Side::Time => one / other,
        });
        println!("- {what}: **{middle:.2}** ({low:.2} to {high:.2})");
    }

    pub(crate) fn difference(&self, what: &str, more: usize, less: usize) {
        let (middle, low, high) = self.by_round(more, less, |more, less| more - less);
        println!("- {what}: **{middle:.1} µs** ({low:.1} to {high:.1})");
    }

    pub(crate) fn ratio_of_difference(
        &self,
        what: &str,
        (more, less): (usize, usize),
        other: usize,
    ) {
        let times = |place: usize| {
            self.contestants
                .get(place)
                .map_or(&[][..], |(_, times)| times)
        };
        let rounds = times(more).iter().zip(times(less)).zip(times(other));
        let (middle, low, high) = spread(rounds.map(|((more, less), other)| (more - less) / other));
        println!("- {what}: **{middle:.1}** ({low:.1} to {high:.1})");
    }
}
