//! What does a commit cost beside the disk that it waits for, and a plugin beside the same function without Wasm?
//!
//! `cargo bench -p peyvand --bench first`. Everything is compared within one run: the contestants take turns, each
//! round gives one time of each, and the medians over the rounds are told. Ratios travel between machines, times do not.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and a fault ends it"
)]

#[path = "first/contestants.rs"]
mod contestants;
#[path = "plugin_calls/native.rs"]
mod native;
#[path = "first/rounds.rs"]
mod rounds;

use contestants::{RawFile, Store, opportunities};
use native::Native;
use peyvand::Durability;
use rounds::{Rounds, Side};

/// How much is done; little when `cargo test --all-targets` runs this only to see that it works. Rounds are short and
/// many, so that one in which the state is folded to disk, or another program wakes, is no more than one round.
struct Effort {
    rounds: usize,
    durable: usize,
    memory: usize,
    batch: usize,
}

const FULL: Effort = Effort {
    rounds: 61,
    durable: 50,
    memory: 500,
    batch: 1_000,
};
const SMOKE: Effort = Effort {
    rounds: 1,
    durable: 3,
    memory: 10,
    batch: 20,
};

fn main() {
    // Cargo passes `--bench` when it is a benchmark that was asked for.
    let effort = if std::env::args().any(|argument| argument == "--bench") {
        FULL
    } else {
        SMOKE
    };
    println!(
        "{} rounds, contestants in turn: medians, and between which ends the middle half of the rounds lies",
        effort.rounds
    );
    durable_commits(&effort);
    commits_in_memory(&effort);
    batches_with_a_plugin(&effort);
}

/// One writer, one small record in each commit, acknowledged when the disk has it.
fn durable_commits(effort: &Effort) {
    let (bare, hooked) = (
        Store::bare(Durability::Sync),
        Store::hooked(Durability::Sync),
    );
    let (bare_bytes, hooked_bytes) = (
        bare.bytes_per_commit(effort.durable),
        hooked.bytes_per_commit(effort.durable),
    );
    let (raw_bare, raw_hooked) = (RawFile::new(bare_bytes), RawFile::new(hooked_bytes));
    let records = opportunities(effort.durable);
    let mut rounds = Rounds::new(effort.rounds, effort.durable);
    rounds.add("raw append + fdatasync, bytes of a bare commit", || {
        raw_bare.append(effort.durable)
    });
    rounds.add("commit without hooks", || bare.commit_singly(&records));
    rounds.add("raw append + fdatasync, bytes of a hooked commit", || {
        raw_hooked.append(effort.durable)
    });
    rounds.add("commit with 3 plugins and 2 scripts", || {
        hooked.commit_singly(&records)
    });
    let told = rounds.run();
    told.print(&format!("A durable commit of one record, one writer ({bare_bytes} and {hooked_bytes} bytes of journal each)"));
    told.ratio(
        "rate of commits without hooks / raw fdatasync",
        Side::Rate,
        1,
        0,
    );
    told.ratio(
        "rate of commits with hooks / raw fdatasync",
        Side::Rate,
        3,
        2,
    );
    told.ratio("rate with hooks / without", Side::Rate, 3, 1);
}

/// The same commits where no disk is waited for: what the engine itself needs.
fn commits_in_memory(effort: &Effort) {
    let stores = [
        Store::bare(Durability::Memory),
        Store::with_lead_score(Durability::Memory),
        Store::hooked(Durability::Memory),
    ];
    let [bare, scored, hooked] = &stores;
    let records = opportunities(effort.memory);
    let native = Native::new(1);
    scored.agrees_with(&native, &records);
    let mut rounds = Rounds::new(effort.rounds, effort.memory);
    rounds.add("commit without hooks", || bare.commit_singly(&records));
    rounds.add("commit with lead-score alone", || {
        scored.commit_singly(&records)
    });
    rounds.add("commit with 3 plugins and 2 scripts", || {
        hooked.commit_singly(&records)
    });
    rounds.add(
        "lead-score's function natively, one record in each call",
        || (0..effort.memory).for_each(|_| native.compute()),
    );
    let told = rounds.run();
    told.print("The same commit in memory, one record each");
    told.difference(
        "lead-score's whole way through before-save, one record in each call",
        1,
        0,
    );
    told.ratio_of_difference(
        "lead-score's whole way / the same function natively",
        (1, 0),
        3,
    );
    told.difference("3 plugins and 2 scripts, on a save of one record", 2, 0);
    told.ratio("time with hooks / without", Side::Time, 2, 0);
    println!();
    for line in hooked.bills() {
        println!("- {line}");
    }
}

/// A batch shares one call of the plugin: what the sandbox costs beside the function in it.
fn batches_with_a_plugin(effort: &Effort) {
    let stores = [
        Store::bare(Durability::Memory),
        Store::with_lead_score(Durability::Memory),
    ];
    let [bare, scored] = &stores;
    let records = opportunities(effort.batch);
    let native = Native::new(effort.batch);
    scored.agrees_with(&native, &records);
    let mut rounds = Rounds::new(effort.rounds, effort.batch);
    rounds.add("save without the plugin", || bare.commit_together(&records));
    rounds.add("save with lead-score", || scored.commit_together(&records));
    rounds.add(
        "lead-score's function natively, all records in one call",
        || native.compute(),
    );
    let told = rounds.run();
    told.print(&format!(
        "{} records in one commit, in memory, per record",
        effort.batch
    ));
    told.difference(
        "lead-score's whole way through before-save, all records in one call",
        1,
        0,
    );
    told.ratio_of_difference(
        "lead-score's whole way / the same function natively",
        (1, 0),
        2,
    );
    told.ratio("time of a save with lead-score / without", Side::Time, 1, 0);
    println!();
    for line in scored.bills() {
        println!("- {line}");
    }
}
