//! Which panels does the 360 view of this object have?
//!
//! Those that are stored, and those that come with the engine and were not replaced. There are few and they are asked for
//! with every call, so they are kept as they were read, until the bytes in the store are others.

use std::sync::{Arc, PoisonError, RwLock};

use crate::error::Result;
use crate::query::{Reader, decode_whole};
use crate::record::Record;
use crate::store::{Direction, Entries, Span, spaces};
use crate::view::{Definition, Look, Panel, PanelDefinition, of_record};

/// More than these are not looked at.
const MOST: usize = 1_000;

/// The panels that are stored, as they were read last.
#[derive(Default)]
pub(crate) struct Panels(RwLock<Arc<Stored>>);

#[derive(Default)]
struct Stored {
    of: Option<Entries>,
    panels: Vec<(Record, Panel)>,
}

fn same(a: &Entries, b: &Entries) -> bool {
    a.len() == b.len() && a.iter().eq(b.iter())
}

impl Panels {
    /// All that are stored, whosoever they are for. What this engine cannot read is left out.
    fn stored(&self, reader: &Reader) -> Result<Arc<Stored>> {
        // Kept for everybody, so with all fields.
        let seeing = reader.seeing.as_ref();
        let schema = seeing.map_or(&*reader.schema, |seeing| seeing.whole());
        let Some(object) = schema.object(PanelDefinition::OBJECT) else {
            return Ok(Arc::default());
        };
        let span = Span::prefix(&spaces::of_object(spaces::RECORD, object.number));
        let found = reader.snapshot.list(&span, Direction::Forward, MOST)?;
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.of.as_ref().is_some_and(|of| same(of, &found)) {
            return Ok(known.clone());
        }
        drop(known);
        let mut panels = Vec::with_capacity(found.len());
        for (key, bytes) in found.iter() {
            let record = decode_whole(object, spaces::id_at_end(key).unwrap_or(0), bytes)?;
            if let Ok(panel) = of_record::<PanelDefinition>(&record) {
                panels.push((record, panel));
            }
        }
        let read = Arc::new(Stored {
            of: Some(found),
            panels,
        });
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = read.clone();
        Ok(read)
    }

    /// Calls `each` with those that somebody gets on the records of an object, in their order.
    pub(super) fn each_on(
        &self,
        look: &Look,
        object: &str,
        each: impl FnMut(&Panel) -> Result<()>,
    ) -> Result<()> {
        let stored = self.stored(&look.reader)?;
        let mut seen: Vec<&Panel> = Vec::new();
        for (record, panel) in &stored.panels {
            let seeing = look.reader.seeing.as_ref();
            let sees = seeing.map_or(Ok(true), |seeing| seeing.sees(record))?;
            if sees && look.may_see(panel.audience) {
                seen.push(panel);
            }
        }
        let is_replaced = |one: &&Panel| seen.iter().any(|other| other.key == one.key);
        let shipped = PanelDefinition::shipped().iter();
        let shipped: Vec<&Panel> = shipped.filter(|one| !is_replaced(one)).collect();
        seen.extend(shipped);
        seen.retain(|panel| panel.definition.on.iter().any(|name| name == object));
        seen.sort_by_key(|panel| (panel.definition.place, panel.key.as_deref(), panel.id));
        seen.into_iter().try_for_each(each)
    }
}
