//! Which writes of a commit belong to which record?
//!
//! What holds values of a record goes into its leaf of the journal, to be erased with it. A key of a unique field can
//! pass from one record to another in one commit: it then lies in the leaf of the one that has it in the end, and the
//! other's leaf says that it was given up.

use std::collections::BTreeMap;

use crate::journal::Subject;
use crate::store::{CommitLeaf, Write as Entry};

/// The leaves of a commit as they are planned.
#[derive(Default)]
pub(super) struct Leaves {
    parts: BTreeMap<Subject, Vec<Entry>>,
    /// Who wrote each unique key last, and whether to have it.
    claims: BTreeMap<Vec<u8>, Claim>,
    released: Vec<(Subject, Vec<u8>)>,
}

struct Claim {
    owner: Subject,
    taken: bool,
}

impl Leaves {
    /// Adds writes of keys that no other record can have.
    pub(super) fn add(&mut self, subject: Subject, writes: Vec<Entry>) {
        let part = self.parts.entry(subject).or_default();
        match part.is_empty() {
            true => *part = writes,
            false => part.extend(writes),
        }
    }

    /// A record gives a unique key up. False when another one of this commit has it by now.
    pub(super) fn give_up(&mut self, mine: Subject, key: &[u8]) -> bool {
        let claim = self.claims.get(key);
        if claim.is_some_and(|claim| claim.taken && claim.owner != mine) {
            self.released.push((mine, key.to_vec()));
            return false;
        }
        self.claim(mine, key.to_vec(), false);
        true
    }

    /// A record takes a unique key.
    pub(super) fn take(&mut self, mine: Subject, key: Vec<u8>) {
        let before = self.claims.get(&key).map(|claim| claim.owner);
        if let Some(before) = before.filter(|before| *before != mine) {
            self.released.push((before, key.clone()));
        }
        self.claim(mine, key, true);
    }

    fn claim(&mut self, owner: Subject, key: Vec<u8>, taken: bool) {
        self.claims.insert(key, Claim { owner, taken });
    }

    /// The leaves, with what was asked of each record.
    pub(super) fn into_parts(mut self, mut asked: BTreeMap<Subject, Vec<u8>>) -> Vec<CommitLeaf> {
        for (key, Claim { owner, taken }) in self.claims {
            let write = match taken {
                true => Entry::Put {
                    key,
                    value: owner.id.to_be_bytes().to_vec(),
                },
                false => Entry::Delete { key },
            };
            self.parts.entry(owner).or_default().push(write);
        }
        for (owner, key) in self.released {
            let part = self.parts.entry(owner).or_default();
            part.push(Entry::Release { key });
        }
        for subject in asked.keys() {
            self.parts.entry(*subject).or_default();
        }
        let leaf = |(subject, writes)| CommitLeaf {
            subject,
            asked: asked.remove(&subject).unwrap_or_default(),
            writes,
        };
        self.parts.into_iter().map(leaf).collect()
    }
}
