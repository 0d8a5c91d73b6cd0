//! Do two stores on one tenant behave as one store in memory does, whatever is asked of them?

use std::ops::RangeInclusive;

use super::*;
use crate::store::MemoryBackend;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, range: RangeInclusive<u64>) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        range.start() + (self.0 >> 33) % (range.end() - range.start() + 1)
    }

    fn key(&mut self, kind: u8) -> Vec<u8> {
        vec![kind, self.roll(0..=3) as u8]
    }

    fn write(&mut self) -> Write {
        let number = self.roll(0..=6) as i64 - 3;
        match self.roll(0..=9) {
            0 | 1 => put(&self.key(b'v'), &number.to_be_bytes()),
            2 => Write::Delete {
                key: self.key(b'v'),
            },
            3..=5 => add(&self.key(b't'), number),
            6 => {
                let kind = if number > 0 { b't' } else { b'm' };
                Write::Delete {
                    key: self.key(kind),
                }
            }
            7 | 8 => Write::Raise {
                key: self.key(b'm'),
                to: number * 100,
            },
            _ => Write::Stamp {
                prefix: self.key(b's'),
                value: b"stamp".to_vec(),
            },
        }
    }
}

fn same_at(memory: &MemoryBackend, store: &PostgresBackend, at: Position, dice: &mut Dice) {
    let span = match dice.roll(0..=2) {
        0 => Span::prefix(b""),
        1 => Span::prefix(b"t"),
        _ => Span {
            start: dice.key(b'm'),
            end: dice.key(b'v'),
        },
    };
    for direction in [Direction::Forward, Direction::Backward] {
        let limit = dice.roll(1..=40) as usize;
        let wanted = memory.scan(at, &span, direction, limit).unwrap();
        assert_eq!(store.scan(at, &span, direction, limit).unwrap(), wanted);
    }
    let keys = [dice.key(b't'), dice.key(b'v'), dice.key(b'm')];
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    assert_eq!(
        store.get_many(at, &keys).unwrap(),
        memory.get_many(at, &keys).unwrap()
    );
}

fn steps_agree(url: &str, tenant: &str, seed: u64) {
    let memory = MemoryBackend::new();
    let stores = [open(url, tenant), open(url, tenant)];
    let mut dice = Dice(seed);
    let mut pinned = Vec::new();
    for step in 0..150 {
        let store = &stores[dice.roll(0..=1) as usize];
        let at = memory.pin();
        assert!(stores.iter().all(|store| store.pin() == at));
        pinned.push(at);
        let older = pinned[dice.roll(0..=pinned.len() as u64 - 1) as usize];
        let unchanged = (0..dice.roll(0..=1)).map(|_| {
            let kind = [b'v', b't', b'm'][dice.roll(0..=2) as usize];
            dice.key(kind)
        });
        let commit = Commit {
            at: older,
            unchanged: unchanged.collect(),
            alone: false,
            writes: (0..dice.roll(1..=5)).map(|_| dice.write()).collect(),
            asked: vec![step],
            leaves: Vec::new(),
            time: i64::from(step),
        };
        let told =
            |answer: Result<Position, CommitError>| answer.map_err(|error| error.to_string());
        assert_eq!(
            told(store.commit(commit.clone())),
            told(memory.commit(commit))
        );
        let at = pinned[dice.roll(0..=pinned.len() as u64 - 1) as usize];
        same_at(&memory, store, at, &mut dice);
        if step % 10 == 9 {
            let gone = pinned.remove(0);
            memory.unpin(gone);
            stores.iter().for_each(|store| store.unpin(gone));
            memory.fold().unwrap();
            stores[usize::from(step / 10 % 2)].fold().unwrap();
        }
    }
    let wanted = memory.entries(Position::START, 999).unwrap();
    assert_eq!(stores[0].entries(Position::START, 999).unwrap(), wanted);
    assert!(stores[1].verify().unwrap().state_is_fold);
}

#[test]
fn random_commits_come_to_the_same_as_in_memory() {
    with_tenant("model", |url, tenant| {
        for seed in [1, 2] {
            steps_agree(url, &format!("{tenant}-{seed}"), seed);
        }
    });
}
