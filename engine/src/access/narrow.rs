//! Where do the few records lie that a narrow sight sees?

use std::collections::HashSet;

use super::role::AccessVerb;
use super::shape::Shape;
use super::sight::Sight;
use crate::record::{Prefix, RecordId};
use crate::schema::Object;

/// Where the records lie that a narrow sight reads, and others: each is judged in any case.
pub(crate) struct NarrowTo {
    /// Field, prefix of its targets, and their numbers.
    pub(crate) owner: (u32, Prefix, Vec<u128>),
    pub(crate) territory: Option<(u32, Prefix, Vec<u128>)>,
    pub(crate) shared: Vec<u128>,
}

impl Sight {
    /// The owners of which a narrow sight reads the records, the territories, and the shared ones: what an index may be
    /// asked for instead of all records. Nothing where it is told otherwise whose a record is.
    pub(super) fn narrow_to(&self, object: &Object) -> Option<NarrowTo> {
        let rights = self.rights.get(&object.prefix())?;
        let Shape::Owned {
            owner,
            territory,
            about,
            attached,
        } = &rights.shape
        else {
            return None;
        };
        let reach = rights.reach(AccessVerb::Read);
        let wide = rights.reads_widely(!about.is_empty() || *attached);
        if wide {
            return None;
        }
        let users = |numbers: &HashSet<u128>| {
            let mut numbers: Vec<u128> = numbers.iter().copied().collect();
            numbers.sort_unstable();
            numbers
        };
        let mut owners = users(&reach.owners);
        owners.extend(&reach.residents);
        owners.sort_unstable();
        owners.dedup();
        let user = self.whole.object("user")?.prefix();
        let prefix = object.prefix();
        let shared = self.shares.keys().filter(|id| id.prefix() == prefix);
        let territory = territory.and_then(|field| {
            let prefix = self.whole.object("territory")?.prefix();
            Some((field, prefix, users(&reach.territories)))
        });
        Some(NarrowTo {
            owner: (*owner, user, owners),
            territory,
            shared: shared.map(RecordId::number).collect(),
        })
    }
}
