//! How many records a minute are compared on one core, and how much of the truth is found?
//!
//! `cargo bench -p peyvand --no-default-features --bench matching -- 50000`. People written carelessly in Persian, Arabic
//! and Latin letters, made up from a seed, with the settings for persons. The processor's time of
//! reading, blocking, scoring and clustering is counted, all on one thread.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and a fault ends it"
)]

use std::collections::HashMap;

use cpu_time::ProcessTime;
use peyvand::matching::{Matcher, Settings, Table};

#[path = "../src/matching/made_up.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the tests")]
mod made_up;

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let count: usize = numbers.next_back().unwrap_or(50_000);
    let (records, who) = made_up::records(count, 1);
    let begun = ProcessTime::now();
    let mut table = Table::new(made_up::COLUMNS);
    records.into_iter().for_each(|record| table.push(record));
    let matcher = Matcher::new(Settings::persons().unwrap(), &table);
    let pairs = matcher.pairs();
    let clusters = matcher.clusters(&pairs);
    let took = begun.elapsed().as_secs_f64();
    let (mut right, mut found, mut there) = (0.0, 0.0, 0.0);
    for cluster in &clusters {
        for (at, row) in cluster.iter().enumerate() {
            for other in cluster.iter().skip(at + 1) {
                found += 1.0;
                right += f64::from(u8::from(who[*row] == who[*other]));
            }
        }
    }
    let mut counts: HashMap<usize, f64> = HashMap::new();
    for who in &who {
        let count = counts.entry(*who).or_default();
        there += *count;
        *count += 1.0;
    }
    let (precision, recall) = (right / found, right / there);
    println!("records               {:>12}", table.rows());
    println!("pairs compared        {:>12}", matcher.compared());
    println!(
        "records a minute      {:>12.0}",
        table.rows() as f64 / took * 60.0
    );
    println!("precision             {precision:>12.4}");
    println!("recall                {recall:>12.4}");
    println!(
        "F1                    {:>12.4}",
        2.0 * precision * recall / (precision + recall)
    );
}
