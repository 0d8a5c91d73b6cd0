//! How fast do queued messages get out, when the carrier takes no time?
//!
//! `cargo bench -p peyvand --no-default-features --features testing --bench messages`. A store in a folder with the
//! default durability: every commit is flushed to the disk before it is acknowledged. Each message goes to a contact of
//! its own, whose wishes are looked up when it is queued and again when it is sent. Beside the time on the clock stands
//! that of this thread on the processor, where the system tells it (Linux): a busy machine spoils only the former.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and a fault ends it"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use peyvand::testing::Postbox;
use peyvand::{Channel, Engine, MessageDraft, MessageRules, Recipient, RecordId, Request, Sender};
use serde_json::json;

/// How much is done; little when `cargo test --all-targets` runs this only to see that it works.
struct Effort {
    rounds: usize,
    messages: usize,
}

const FULL: Effort = Effort {
    rounds: 3,
    messages: 10_000,
};
const SMOKE: Effort = Effort {
    rounds: 1,
    messages: 20,
};

fn main() {
    // Cargo passes `--bench` when it is a benchmark that was asked for.
    let effort = match std::env::args().any(|argument| argument == "--bench") {
        true => FULL,
        false => SMOKE,
    };
    println!(
        "| {} messages | window | commits | queue, s | of processor | hand over, s | of processor |",
        effort.messages
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for (name, window) in [
        ("the carrier remembers keys", 500),
        ("the carrier forgets, ten at a time", 10),
        ("the carrier forgets, one at a time", 1),
    ] {
        let mut rounds: Vec<Round> = (0..effort.rounds).map(|_| round(&effort, window)).collect();
        let commits = rounds.first().map_or(0, |round| round.commits);
        let mut median = |of: fn(&Round) -> Duration| {
            rounds.sort_by_key(of);
            of(&rounds[rounds.len() / 2]).as_secs_f64()
        };
        println!(
            "| {name} | {window} | {commits} | {:.2} | {:.2} | {:.2} | {:.2} |",
            median(|round| round.queue.clock),
            median(|round| round.queue.processor),
            median(|round| round.deliver.clock),
            median(|round| round.deliver.processor),
        );
    }
}

/// How long something took.
struct Took {
    clock: Duration,
    processor: Duration,
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Took) {
    let (begun, used) = (Instant::now(), processor());
    let done = work();
    let took = Took {
        clock: begun.elapsed(),
        processor: processor().saturating_sub(used),
    };
    (done, took)
}

/// What this thread has used of the processor; nothing where the system does not tell.
fn processor() -> Duration {
    // The count is brought up to date when the thread yields.
    std::thread::yield_now();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = told.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

struct Round {
    queue: Took,
    deliver: Took,
    commits: u64,
}

fn round(effort: &Effort, window: usize) -> Round {
    let folder = tempfile::tempdir().unwrap();
    let carrier = Arc::new(Postbox::accepting().forgetful().with_window(window));
    let mut rules = MessageRules::default();
    let sender = Sender::new("crm@bimeh.example", "بیمه آینده");
    rules.senders.insert(Channel::Email, sender);
    let engine = Engine::builder(folder.path())
        .transport(Channel::Email, carrier.clone())
        .message_rules(rules)
        .open()
        .unwrap();
    let session = engine.session();
    let contacts = contacts(effort, &session);
    let drafts = contacts.into_iter().map(|contact| {
        MessageDraft::new(
            Recipient::Record(contact),
            "یادآوری قسط",
            "مشتری گرامی، قسط شما فردا سررسید می‌شود. لطفاً پیش از پایان روز کاری پرداخت کنید.",
        )
    });
    let (queued, queue) = timed(|| session.send_all(drafts).unwrap());
    assert!(queued.iter().all(Result::is_ok));
    let before = engine.position().get();
    let (told, deliver) = timed(|| engine.deliver(usize::MAX).unwrap());
    assert_eq!(told.sent, effort.messages);
    assert_eq!(carrier.taken().len(), effort.messages);
    Round {
        queue,
        deliver,
        commits: engine.position().get() - before,
    }
}

fn contacts(effort: &Effort, session: &peyvand::Session) -> Vec<RecordId> {
    let requests: Vec<Request> = (0..effort.messages)
        .map(|one| {
            let fields = json!({
                "name": format!("مشتری شماره {one}"),
                "email": format!("customer{one}@example.org"),
            });
            Request::create("contact", fields)
        })
        .collect();
    let mut ids = Vec::with_capacity(requests.len());
    for batch in requests.chunks(1_000) {
        let (_, created) = session.commit_each(batch.iter().cloned()).unwrap();
        ids.extend(
            created
                .into_iter()
                .map(|created| created.unwrap().id.unwrap()),
        );
    }
    ids
}
