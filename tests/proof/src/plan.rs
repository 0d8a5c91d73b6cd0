//! What does the writer do, thread by thread and step by step?
//!
//! Each thread has slots of its own: accounts, deals that count in the totals of accounts which all threads share, and
//! documents with a file each.
//! A step puts some slots and drops others; what a slot holds follows from the number of the step that put it. So
//! one number says what a record must look like, field by field, and the steps follow from seed, thread and number alone.

use serde_json::{Value as Json, json};

use crate::dice::Dice;

/// Slots of one thread below this hold accounts.
pub const ACCOUNTS: u16 = 14;
/// Slots of one thread below this and not below [`ACCOUNTS`] hold deals.
pub const DEALS: u16 = 24;
/// Slots of one thread below this and not below [`DEALS`] hold documents.
pub const SLOTS: u16 = 27;
/// Accounts that the deals of all threads belong to.
pub const SHARED: u16 = 3;

/// Steps from this number on are all alike: one account is put again, with a text of a length that [`alike`] chose.
const ALIKE: u64 = 1_000_000_000_000;
const PER_LENGTH: u64 = 1_000_000;

/// The first of the steps whose texts have this length.
#[must_use]
pub fn alike(length: u64) -> u64 {
    ALIKE + length * PER_LENGTH
}

/// A number of a thread; each writes slots of its own.
pub type Thread = u16;

/// Which record of a thread.
pub type Slot = u16;

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number, which is also the version of what it puts.
    pub number: u64,
    /// What becomes of which slots: whether it is put, or dropped.
    pub changes: Vec<(Slot, bool)>,
    /// Whether it is sent as a bulk load instead of a transaction. Either way it is one commit.
    pub bulk: bool,
}

/// The step of a thread.
#[must_use]
pub fn step(seed: u64, thread: Thread, number: u64) -> Step {
    if number >= ALIKE {
        return Step {
            number,
            changes: vec![(0, true)],
            bulk: false,
        };
    }
    let mut dice = Dice::of(&[seed, u64::from(thread), number]);
    let count = match dice.below(8) {
        0..4 => 1,
        4..7 => 2 + dice.below(3),
        _ => 8,
    };
    let mut changes: Vec<(Slot, bool)> = Vec::new();
    for _ in 0..count {
        let slot = dice.below(u64::from(SLOTS)) as Slot;
        let is_put = !dice.once_in(5);
        if changes.iter().all(|(taken, _)| *taken != slot) {
            changes.push((slot, is_put));
        }
    }
    Step {
        number,
        changes,
        bulk: dice.once_in(3),
    }
}

/// The name under which a slot's record is found again.
#[must_use]
pub fn name(thread: Thread, slot: Slot) -> String {
    format!("t{thread}s{slot}")
}

/// The name of a shared account.
#[must_use]
pub fn shared(number: u16) -> String {
    format!("shared{number}")
}

/// The object whose records a slot holds.
#[must_use]
pub fn object(slot: Slot) -> &'static str {
    match slot {
        ..ACCOUNTS => "account",
        ACCOUNTS..DEALS => "opportunity",
        _ => "document",
    }
}

/// The shared account that a deal belongs to.
#[must_use]
pub fn shared_of(thread: Thread, slot: Slot, version: u64) -> u16 {
    content(thread, slot, version).below(u64::from(SHARED)) as u16
}

/// The stage of a deal: `prospecting`, `won` or `lost`.
#[must_use]
pub fn stage(thread: Thread, slot: Slot, version: u64) -> &'static str {
    let stages = ["prospecting", "proposal", "won", "lost"];
    let mut dice = content(thread, slot, version);
    dice.roll();
    stages[dice.place(stages.len())]
}

/// The fields of a slot's record at a version.
#[must_use]
pub fn fields(thread: Thread, slot: Slot, version: u64) -> Json {
    let mut dice = content(thread, slot, version);
    let stage = stage(thread, slot, version);
    let account = shared(dice.below(u64::from(SHARED)) as u16);
    dice.roll();
    let text = match version >= ALIKE {
        true => letters((version - ALIKE) / PER_LENGTH, &mut dice),
        false => text(&mut dice),
    };
    let name = format!("{} v{version}", name(thread, slot));
    if slot >= DEALS {
        return json!({
            "title": name,
            "external_id": self::name(thread, slot),
            "version": version,
            "description": text,
        });
    }
    if slot >= ACCOUNTS {
        return json!({
            "name": name,
            "external_id": self::name(thread, slot),
            "stage": stage,
            "product_text": account,
            "description": text,
        });
    }
    let industries = ["farming", "banking", "milling", "weaving"];
    let industry = industries[dice.place(industries.len())];
    json!({
        "name": name,
        "external_id": self::name(thread, slot),
        "industry": industry,
        "phone": format!("+98912{:07}", dice.below(10_000_000)),
        "email": format!("v{version}.{}@example.com", self::name(thread, slot)),
        "founded": 1300 + dice.below(100),
        "description": text,
    })
}

/// The bytes of the file of a document that is called so.
#[must_use]
pub fn bytes(title: &str) -> Vec<u8> {
    let seed: Vec<u64> = title.bytes().map(u64::from).collect();
    let mut dice = Dice::of(&seed);
    let length = match dice.below(16) {
        0 => 90_000,
        1..4 => 9_000,
        _ => 1 + dice.below(900),
    };
    letters(length, &mut dice).into_bytes()
}

/// Short mostly; now and then longer than a page of the state, and rarely longer than a leaf of sled.
fn text(dice: &mut Dice) -> String {
    let length = match dice.below(64) {
        0 => 70_000,
        1..4 => 6_000,
        _ => dice.below(700),
    };
    letters(length, dice)
}

fn letters(length: u64, dice: &mut Dice) -> String {
    let letters = b"abcdefghijklmnopqrstuvwxyz     ";
    let text: String = (0..length)
        .map(|_| char::from(letters[dice.place(letters.len())]))
        .collect();
    // No field begins or ends with a blank, or is empty.
    format!("<{text}>")
}

fn content(thread: Thread, slot: Slot, version: u64) -> Dice {
    Dice::of(&[u64::from(thread), u64::from(slot), version])
}
