//! What does an index entry say of whose its record is?
//!
//! Each entry of an index carries a tag of its record's owner, territory and confidentiality, so that a list passes over
//! what its reader does not see without reading it. A tag is short and no proof: two owners may have the same mark. What
//! it does not rule out is read and judged; an entry without one, as older engines wrote them, is too.

use std::collections::HashSet;

use super::role::AccessVerb;
use super::shape::{self, Shape};
use super::sight::Sight;
use crate::record::{Record, RecordId, Value};
use crate::schema::Object;

const OWNED: u8 = 1;
const PLACED: u8 = 2;
const CONFIDENTIAL: u8 = 4;
const LENGTH: usize = 5;

/// The fields that the tags of an object's records are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tagging {
    owner: u32,
    territory: Option<u32>,
    confidential: Option<u32>,
}

impl Tagging {
    /// Nothing where an owner is not what says whose a record is.
    pub(crate) fn of(object: &Object) -> Option<Self> {
        let Shape::Owned {
            owner, territory, ..
        } = Shape::of(object)
        else {
            return None;
        };
        Some(Self {
            owner,
            territory,
            confidential: shape::confidential(object),
        })
    }

    /// Whether the tags of an object as it was tell something else than those of what it becomes.
    pub(crate) fn differs(was: &Object, is: &Object) -> bool {
        let (old, new) = (Self::of(was), Self::of(is));
        let fields = |tagging: Option<Self>| {
            let of = |one: Self| [Some(one.owner), one.territory, one.confidential];
            tagging.map(of).unwrap_or_default()
        };
        // A field that is new has no values yet.
        let counts = |field: &u32| was.field_by_number(*field).is_some();
        let same = fields(new)
            .into_iter()
            .zip(fields(old))
            .all(|(new, old)| new == old || (old.is_none() && !new.as_ref().is_some_and(counts)));
        old.is_some() && !same
    }

    /// The value of the record's entries in the indexes.
    pub(crate) fn tag(&self, record: &Record) -> Vec<u8> {
        let refers = |field: u32| match record.value(field) {
            Some(Value::Reference(id)) => Some(mark(id.number())),
            _ => None,
        };
        let is_marked = |field: u32| record.value(field) == Some(&Value::Boolean(true));
        let owner = refers(self.owner);
        let territory = self.territory.and_then(refers);
        let mut flags = 0;
        flags |= owner.map_or(0, |_| OWNED);
        flags |= territory.map_or(0, |_| PLACED);
        flags |= match self.confidential.is_some_and(is_marked) {
            true => CONFIDENTIAL,
            false => 0,
        };
        let mut tag = Vec::with_capacity(LENGTH);
        tag.push(flags);
        tag.extend_from_slice(&owner.unwrap_or_default().to_be_bytes());
        tag.extend_from_slice(&territory.unwrap_or_default().to_be_bytes());
        tag
    }
}

/// Two bytes of an id. Part of the store's format.
fn mark(number: u128) -> u16 {
    let folded = (number >> 64) as u64 ^ number as u64;
    let folded = (folded >> 32) as u32 ^ folded as u32;
    (folded >> 16) as u16 ^ folded as u16
}

/// A set of marks.
#[derive(Debug)]
struct Marks(Vec<u64>);

impl Marks {
    const WORDS: usize = (u16::MAX as usize + 1) / 64;

    fn of(numbers: &HashSet<u128>) -> Self {
        let mut words = match numbers.is_empty() {
            true => Vec::new(),
            false => vec![0; Self::WORDS],
        };
        for number in numbers {
            let mark = mark(*number);
            if let Some(word) = words.get_mut(usize::from(mark / 64)) {
                *word |= 1 << (mark % 64);
            }
        }
        Self(words)
    }

    fn has(&self, mark: u16) -> bool {
        let word = self.0.get(usize::from(mark / 64));
        word.is_some_and(|word| word & (1 << (mark % 64)) != 0)
    }
}

/// Which tags rule a record out, for one reader and the records of one object.
#[derive(Debug)]
pub(crate) struct Glance {
    /// The reader's own mark: what is his he sees in any case.
    own: u16,
    /// None where it does not depend on owner and territory.
    reach: Option<[Marks; 3]>,
    /// Whether territories count for these records.
    placed: bool,
    passes_confidential: bool,
    shared: HashSet<u128>,
}

impl Glance {
    /// Whether the entry's record is to be read and judged; false only where its reader certainly does not see it.
    pub(crate) fn passes(&self, id: u128, tag: &[u8]) -> bool {
        let &[flags, a, b, c, d] = tag else {
            return true;
        };
        let owner = (flags & OWNED != 0).then(|| u16::from_be_bytes([a, b]));
        if owner == Some(self.own) {
            return true;
        }
        let territory = (self.placed && flags & PLACED != 0).then(|| u16::from_be_bytes([c, d]));
        let open = flags & CONFIDENTIAL == 0 || self.passes_confidential;
        let reached = || {
            let Some([owners, territories, residents]) = &self.reach else {
                return true;
            };
            let resides = || match territory {
                Some(territory) => territories.has(territory),
                None => owner.is_some_and(|owner| residents.has(owner)),
            };
            owner.is_some_and(|owner| owners.has(owner)) || resides()
        };
        (open && reached()) || self.shared.contains(&id)
    }
}

impl Sight {
    /// What tags rule out for who reads by this sight; nothing where they say too little.
    pub(crate) fn glance(&self, object: &Object) -> Option<Glance> {
        let rights = self.rights.get(&object.prefix())?;
        let Shape::Owned {
            territory,
            about,
            attached,
            ..
        } = &rights.shape
        else {
            return None;
        };
        let reach = rights.reach(AccessVerb::Read);
        let wide = rights.reads_widely(!about.is_empty() || *attached);
        let passes_confidential = self.sees_confidential || rights.confidential.is_none();
        if rights.reads_all || (wide && passes_confidential) {
            return None;
        }
        let reach =
            (!wide).then(|| [&reach.owners, &reach.territories, &reach.residents].map(Marks::of));
        let prefix = object.prefix();
        let shared = self.shares.keys().filter(|id| id.prefix() == prefix);
        Some(Glance {
            own: mark(self.user.number()),
            reach,
            placed: territory.is_some(),
            passes_confidential,
            shared: shared.map(RecordId::number).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::record::Prefix;
    use crate::schema::standard_schema;

    fn user(number: u128) -> RecordId {
        RecordId::new(Prefix::new("usr").unwrap(), number)
    }

    fn tag(owner: Option<u128>, territory: Option<u128>, confidential: bool) -> Vec<u8> {
        let schema = standard_schema();
        let object = schema.object("account").unwrap().clone();
        let place = Prefix::new("ter").unwrap();
        let mut values = vec![
            ("owner", owner.map(|owner| Value::Reference(user(owner)))),
            (
                "territory",
                territory.map(|at| Value::Reference(RecordId::new(place, at))),
            ),
            ("confidential", Some(Value::Boolean(confidential))),
        ];
        let mut record = Record {
            id: RecordId::new(object.prefix(), 1),
            object: object.clone(),
            revision: 1,
            values: Default::default(),
        };
        for (name, value) in values.drain(..) {
            record.set(object.field(name).unwrap().number, value);
        }
        Tagging::of(&object).unwrap().tag(&record)
    }

    fn glance(passes_confidential: bool) -> Glance {
        let marks = |numbers: &[u128]| Marks::of(&numbers.iter().copied().collect());
        Glance {
            own: mark(1),
            reach: Some([marks(&[1, 2]), marks(&[10]), marks(&[3])]),
            placed: true,
            passes_confidential,
            shared: HashSet::from([77]),
        }
    }

    #[test]
    fn a_tag_rules_out_what_is_beyond_reach_and_nothing_else() {
        let passes = |owner, territory, confidential| {
            glance(false).passes(5, &tag(owner, territory, confidential))
        };
        assert!(passes(Some(1), None, true) && passes(Some(2), Some(11), false));
        assert!(passes(None, Some(10), false) && passes(Some(3), None, false));
        assert!(!passes(Some(2), None, true) && !passes(Some(4), None, false));
        assert!(!passes(Some(3), Some(11), false) && !passes(None, None, false));
        let confidential = tag(Some(2), None, true);
        assert!(glance(true).passes(5, &confidential));
        assert!(glance(false).passes(77, &confidential));
        // What says nothing rules nothing out.
        assert!(glance(false).passes(5, &[]) && glance(false).passes(5, &[0; 6]));
    }

    #[test]
    fn tags_are_made_anew_when_other_fields_say_whose_a_record_is() {
        let schema = standard_schema();
        let account = (**schema.object("account").unwrap()).clone();
        let changed = |change: fn(&mut crate::schema::Field)| {
            let mut other = account.clone();
            let place = other
                .fields
                .iter()
                .position(|field| field.name == "territory");
            change(&mut other.fields[place.unwrap()]);
            other
        };
        let retired = changed(|field| field.retired = true);
        let renamed = changed(|field| field.name = "land".to_owned());
        let labelled = changed(|field| field.required = true);
        for other in [&retired, &renamed] {
            assert!(Tagging::differs(&account, other) && Tagging::differs(other, &account));
        }
        assert!(!Tagging::differs(&account, &labelled));
        // A field that comes to be has no values yet.
        let mut before = account.clone();
        before.fields.retain(|field| field.name != "territory");
        assert!(!Tagging::differs(&before, &account));
        // Who owned a record says nothing once nobody is asked for.
        let mut unowned = account.clone();
        unowned.fields.retain(|field| field.name != "owner");
        assert!(Tagging::differs(&account, &unowned) && !Tagging::differs(&unowned, &unowned));
    }

    #[test]
    fn the_mark_of_an_id_is_what_stores_hold() {
        assert_eq!(mark(0x0123_4567_89ab_cdef_1032_5476_98ba_dcfe), 0x0);
        assert_eq!(tag(Some(7), None, false), [1, 0, 7, 0, 0]);
        assert_eq!(tag(Some(7), Some(9), true), [7, 0, 7, 0, 9]);
    }
}
