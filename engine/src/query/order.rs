//! In which order do records come?
//!
//! Values are compared by the bytes that an index holds them as (`spaces::push_indexed`), so that walking an index,
//! sorting in memory and resuming after a cursor agree on the order to the last tie. Empty values come first when
//! ascending. The id is always the last tie-break, in the direction of the last key, because that is how an index
//! lies when it is walked backward.

use std::fmt;

use super::candidate::Look;
use super::error::QueryError;
use super::reader::Reader;
use super::relation::Way;
use super::target::{Slot, Target};
use crate::error::Result;
use crate::schema::{FieldKind, Object, Schema};
use crate::store::spaces;

/// One field to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SortKey {
    /// The field's name, or `id` or `revision`, or a path such as `account.name`.
    pub field: String,
    /// The greatest first.
    pub descending: bool,
}

impl SortKey {
    /// The smallest first; empty values before all others.
    pub fn ascending(field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            descending: false,
        }
    }

    /// The greatest first; empty values after all others.
    pub fn descending(field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            descending: true,
        }
    }

    /// Reads a list such as `-created_at,name`; the empty text is the order of the ids.
    ///
    /// # Errors
    /// A name is missing between two commas.
    pub fn parse_list(text: &str) -> Result<Vec<Self>> {
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let mut keys = Vec::new();
        for (place, part) in text.split(',').enumerate() {
            let part = part.trim();
            let (descending, field) = part
                .strip_prefix('-')
                .map_or((false, part), |field| (true, field.trim()));
            if field.is_empty() {
                return Err(QueryError::SortNameMissing(place + 1).into());
            }
            keys.push(Self {
                field: field.to_owned(),
                descending,
            });
        }
        Ok(keys)
    }
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}{}",
            if self.descending { "-" } else { "" },
            self.field
        )
    }
}

/// A sort order that is bound to an object.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) keys: Vec<OrderKey>,
    pub(super) id_descending: bool,
}

#[derive(Clone, Debug)]
pub(super) struct OrderKey {
    way: Way<Target>,
    pub(super) descending: bool,
}

impl OrderKey {
    /// The field of the record itself that it sorts by.
    pub(super) fn target(&self) -> Option<&Target> {
        self.way.here()
    }
}

/// Where a record stands in an order: the indexed bytes of its sort values, and its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) values: Vec<Vec<u8>>,
    pub(super) id: u128,
}

impl Order {
    pub(super) fn of(object: &Object, keys: &[SortKey], schema: &Schema) -> Result<Self> {
        let mut order = Self {
            keys: Vec::with_capacity(keys.len()),
            id_descending: false,
        };
        let mut by_id = false;
        for (place, key) in keys.iter().enumerate() {
            if by_id {
                return Err(QueryError::SortedAfterId(key.field.clone()).into());
            }
            if keys
                .iter()
                .take(place)
                .any(|earlier| earlier.field == key.field)
            {
                return Err(QueryError::SortedTwice(key.field.clone()).into());
            }
            let mut leaf = |object: &Object, name: &str| {
                let target = Target::of(object, name)?;
                match target.kind {
                    FieldKind::Json => Err(QueryError::CannotSort {
                        field: key.field.clone(),
                        kind: target.kind.name(),
                    }
                    .into()),
                    _ => Ok(target),
                }
            };
            let way = Way::resolve(object, &key.field, schema, &mut leaf)?;
            order.id_descending = key.descending;
            by_id = way.here().is_some_and(|target| target.slot == Slot::Id);
            if !by_id {
                order.keys.push(OrderKey {
                    way,
                    descending: key.descending,
                });
            }
        }
        Ok(order)
    }

    pub(super) fn uses_rollups(&self) -> bool {
        let mut targets = self.keys.iter().filter_map(OrderKey::target);
        targets.any(|target| target.rollup)
    }

    /// Whether records must be read that the sorted ones refer to.
    pub(super) fn looks_beyond(&self) -> bool {
        self.keys.iter().any(|key| key.target().is_none())
    }

    pub(super) fn standing(&self, record: &impl Look, reader: &Reader) -> Result<Standing> {
        let mut values = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            let mut bytes = Vec::new();
            match &key.way {
                Way::Here(target) => {
                    spaces::push_indexed(&mut bytes, target.slot.value(record).as_deref());
                }
                beyond => {
                    spaces::push_indexed(&mut bytes, beyond.value(record, reader)?.as_ref());
                }
            }
            values.push(bytes);
        }
        Ok(Standing {
            values,
            id: record.id().number,
        })
    }

    /// Bytes that sort as the order wants. No encoded value is the beginning of another, so they can be joined, and
    /// turned over for descending keys.
    pub(super) fn bytes(&self, standing: &Standing) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (key, value) in self.keys.iter().zip(&standing.values) {
            push_directed(&mut bytes, value, key.descending);
        }
        push_directed(&mut bytes, &standing.id.to_be_bytes(), self.id_descending);
        bytes
    }

    /// The beginning of [`bytes`](Self::bytes) that the first key alone decides.
    pub(super) fn first_bytes(&self, standing: &Standing) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let (Some(key), Some(value)) = (self.keys.first(), standing.values.first()) {
            push_directed(&mut bytes, value, key.descending);
        }
        bytes
    }
}

fn push_directed(bytes: &mut Vec<u8>, value: &[u8], descending: bool) {
    bytes.extend(
        value
            .iter()
            .map(|byte| if descending { !byte } else { *byte }),
    );
}
