//! Is it still told rightly how it was?

use std::collections::BTreeMap;

use peyvand::{Engine, Filter, Past, Position, Query, Record, Session};

use crate::acks::{Expected, Held};
use crate::plan::{self, SLOTS, Thread};
use crate::verify::{file, version};
use crate::{Proof, doing};

/// No writer makes as many records; a page holds no more.
const MANY: usize = 1_000;

/// Everything as it was at a position.
pub struct Then {
    records: BTreeMap<String, Record>,
}

impl Then {
    /// Reads as of a position.
    ///
    /// # Errors
    /// When the store does not say how it was.
    pub fn read(session: &Session, position: u64) -> Proof<Self> {
        if position == 0 {
            // The store was not there yet.
            return Ok(Self {
                records: BTreeMap::new(),
            });
        }
        let past = session
            .as_of(Position::from_number(position))
            .map_err(doing(format!("as of {position}")))?;
        let mut records = BTreeMap::new();
        for object in ["account", "opportunity", "document"] {
            for record in all(&past, object)? {
                if object == "document" {
                    file(&record, past.open_file(record.id(), "file"))?;
                }
                let name = record.to_json()["external_id"].clone();
                records.insert(name.as_str().unwrap_or_default().to_owned(), record);
            }
        }
        Ok(Self { records })
    }

    /// What a thread's slots held; a record that was not whole is an error.
    ///
    /// # Errors
    /// As said.
    pub fn held(&self, thread: Thread) -> Proof<Held> {
        let mut held = Held::new();
        for slot in 0..SLOTS {
            if let Some(record) = self.records.get(&plan::name(thread, slot)) {
                held.insert(slot, version(record, thread, slot)?);
            }
        }
        Ok(held)
    }
}

fn all(past: &Past, object: &str) -> Proof<Vec<Record>> {
    let query = Query::new(object).filter(Filter::everything()).limit(MANY);
    let page = past.query(&query).map_err(doing(object))?;
    let count = past.count(object, &Filter::everything());
    let count = count.map_err(doing(object))?;
    match count == page.records.len() as u64 {
        true => Ok(page.records),
        false => Err(format!(
            "{count} of {object} as of {}, {} read",
            past.position(),
            page.records.len()
        )),
    }
}

/// Reads as of a few of the positions at which something was done, and compares.
///
/// # Errors
/// What was told wrongly.
pub fn look_back(engine: &Engine, expected: &Expected) -> Proof<()> {
    let positions = expected.positions();
    // Of what a test puts into somebody's mouth nobody knows the position, and so not what was before it.
    if positions.contains(&u64::MAX) {
        return Ok(());
    }
    for part in [1, 3] {
        let Some(position) = positions.get(positions.len() * part / 4).copied() else {
            return Ok(());
        };
        if position == 0 {
            continue;
        }
        let (then, must) = (
            Then::read(&engine.session(), position)?,
            expected.at(position),
        );
        for thread in must.threads() {
            let (held, (must, may)) = (then.held(thread)?, must.of(thread));
            if held != must && Some(&held) != may.as_ref() {
                return Err(format!(
                    "as of {position} thread {thread} held {held:?} instead of {must:?}"
                ));
            }
        }
    }
    Ok(())
}
