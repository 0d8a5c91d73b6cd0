//! What is current and what was overwritten, out of all versions of all entries?

use crate::journal::Position;

use crate::store::StoreError;
use crate::store::runs::{Merged, Scratch, Sorter};

use super::build::Kept;
use super::history;

/// Memory for what was overwritten; what does not fit is sorted on disk.
const MEMORY: usize = 32 * 1024 * 1024;

/// Entries as a state is built from them: first what is current, in key order, then what was
/// overwritten, by key and by the position until which it held.
pub(in crate::store) struct Versions {
    stage: Stage,
    /// What held no longer at this position is left out.
    oldest: Position,
    /// The key that comes last so far, and the position of its version that came last.
    last: Option<(Vec<u8>, Position)>,
}

enum Stage {
    Current(Merged, Sorter),
    History(Merged),
    Done,
}

impl Versions {
    pub(in crate::store) fn new(
        merged: Merged,
        oldest: Position,
        scratch: Option<Scratch>,
    ) -> Self {
        Versions {
            stage: Stage::Current(merged, Sorter::new(scratch, MEMORY)),
            oldest,
            last: None,
        }
    }

    /// The next current entry; what was overwritten is put by on the way.
    fn current(&mut self) -> Result<Option<Kept>, StoreError> {
        let Stage::Current(merged, overwritten) = &mut self.stage else {
            return Ok(None);
        };
        while let Some(version) = merged.next()? {
            let since = version.position;
            let until = match &mut self.last {
                Some((key, until)) if key.as_slice() == version.key => {
                    Some(std::mem::replace(until, since))
                }
                last => {
                    *last = Some((version.key.to_vec(), since));
                    None
                }
            };
            let Some(value) = version.value else { continue };
            match until {
                None => {
                    let row = (version.key.to_vec(), value.to_vec());
                    return Ok(Some(Kept {
                        row,
                        since,
                        until: None,
                    }));
                }
                Some(until) if until > self.oldest => {
                    let key = history::key_until(version.key, until.get());
                    overwritten.push(&key, since, Some(value))?;
                }
                Some(_) => {}
            }
        }
        Ok(None)
    }

    fn step(&mut self) -> Result<Option<Kept>, StoreError> {
        if let Some(kept) = self.current()? {
            return Ok(Some(kept));
        }
        self.stage = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Current(_, overwritten) => Stage::History(overwritten.finish()?),
            later => later,
        };
        let Stage::History(merged) = &mut self.stage else {
            return Ok(None);
        };
        let version = merged.next()?;
        Ok(version.and_then(|version| {
            let key = history::original(version.key)?;
            Some(Kept {
                row: (key, version.value?.to_vec()),
                since: version.position,
                until: history::until(version.key).map(Position::from_number),
            })
        }))
    }
}

impl Iterator for Versions {
    type Item = Result<Kept, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}
