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
    /// In the order of planning; a record may come twice.
    parts: Vec<(Subject, Vec<Entry>)>,
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
        self.parts.push((subject, writes));
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
    pub(super) fn into_parts(self, asked: Vec<(Subject, Vec<u8>)>) -> Vec<CommitLeaf> {
        let Leaves {
            mut parts,
            claims,
            released,
        } = self;
        // Every record has a leaf that was asked for anything.
        parts.extend(asked.iter().map(|(subject, _)| (*subject, Vec::new())));
        let leaf = |(subject, writes)| CommitLeaf {
            subject,
            asked: Vec::new(),
            writes,
        };
        let mut leaves: Vec<CommitLeaf> = merged(parts).into_iter().map(leaf).collect();
        for (key, Claim { owner, taken }) in claims {
            let write = match taken {
                true => Entry::Put {
                    key,
                    value: owner.id.to_be_bytes().to_vec(),
                },
                false => Entry::Delete { key },
            };
            change(&mut leaves, owner, |leaf| leaf.writes.push(write));
        }
        for (owner, key) in released {
            let write = Entry::Release { key };
            change(&mut leaves, owner, |leaf| leaf.writes.push(write));
        }
        for (subject, asked) in asked {
            change(&mut leaves, subject, |leaf| leaf.asked = asked);
        }
        leaves
    }
}

/// One part for each record, by subject.
fn merged(mut parts: Vec<(Subject, Vec<Entry>)>) -> Vec<(Subject, Vec<Entry>)> {
    // Stable: the writes of one record stay in order.
    parts.sort_by_key(|(subject, _)| *subject);
    parts.dedup_by(|next, one| {
        let same = next.0 == one.0;
        if same {
            one.1.append(&mut next.1);
        }
        same
    });
    parts
}

/// Changes the leaf of a record, which is there: who claims or gives up a key has been planned.
fn change(leaves: &mut [CommitLeaf], of: Subject, change: impl FnOnce(&mut CommitLeaf)) {
    let found = leaves.binary_search_by_key(&of, |leaf| leaf.subject);
    let leaf = found.ok().and_then(|at| leaves.get_mut(at));
    debug_assert!(leaf.is_some(), "a record without a part claims a key");
    if let Some(leaf) = leaf {
        change(leaf);
    }
}
