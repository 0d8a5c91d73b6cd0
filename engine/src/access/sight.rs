//! What does somebody see, and what may he do?
//!
//! A sight is compiled of a user's role, team, territory, deputies and shares, once for each user until one of them
//! changes. It judges one record at a time, by the few fields that say whose the record is.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::organisation::Reach;
use super::role::{AccessScope, AccessVerb};
use super::shape::Shape;
use crate::error::Result;
use crate::query::Look;
use crate::record::{Prefix, Record, RecordId, Value};
use crate::schema::{Object, Schema};

/// How deep parts of parts of records may go.
pub(super) const DEEPEST: u8 = 4;

/// Where a judge looks records up that the one at hand refers to.
pub(crate) trait Others {
    /// A live record with all its fields.
    fn record(&self, id: RecordId) -> Result<Option<Record>>;
    /// The records that a document is attached to.
    fn attached_to(&self, document: RecordId) -> Result<Vec<RecordId>>;
    /// Whether a record may be read, where that was found out before.
    fn known(&self, id: RecordId) -> Option<bool>;
    fn learn(&self, id: RecordId, seen: bool);
}

/// Why somebody may or may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// There is no such user, or he does not work here any more.
    Unknown,
    Inactive,
    NoRole,
    /// The key by which he acts does not open this, or nothing any more.
    Key,
    /// The role's scope of the verb, which decides.
    Scope(AccessScope),
    Own,
    DeputyOf(RecordId),
    Owner(RecordId),
    Territory(RecordId),
    /// It belongs to nobody.
    Nobodys,
    Shared,
    /// By way of another record.
    Along(RecordId),
    Confidential,
    /// Of another user alone.
    Personal,
    Author,
    Audience,
    Administrators,
    Himself,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) allowed: bool,
    pub(super) why: Why,
}

fn yes(why: Why) -> Verdict {
    Verdict { allowed: true, why }
}

fn no(why: Why) -> Verdict {
    Verdict {
        allowed: false,
        why,
    }
}

/// What somebody may do with the records of one object.
#[derive(Debug)]
pub(super) struct Rights {
    pub(super) shape: Shape,
    pub(super) confidential: Option<u32>,
    /// By the place of the verb in `AccessVerb::ALL`.
    pub(super) scopes: [AccessScope; 5],
    pub(super) reaches: [Arc<Reach>; 5],
    /// What the key by which he acts does not open, by verb.
    pub(super) closed: [bool; 5],
    /// Whether he reads every record there is and may come to be.
    pub(super) reads_all: bool,
}

/// What one user sees and may do.
#[derive(Debug)]
pub(crate) struct Sight {
    pub(super) user: RecordId,
    pub(super) team: Option<RecordId>,
    pub(super) role: Option<RecordId>,
    /// Why he may do nothing at all.
    pub(super) nothing: Option<Why>,
    pub(super) administers: bool,
    pub(super) sees_confidential: bool,
    pub(super) rights: HashMap<Prefix, Rights>,
    pub(super) shares: HashMap<RecordId, BTreeSet<AccessVerb>>,
    /// Whose deputy he is now.
    pub(super) deputy_of: BTreeSet<RecordId>,
    /// By object number: fields that are not seen, and fields that are not written.
    pub(super) hidden: HashMap<u32, Vec<u32>>,
    pub(super) unwritten: HashMap<u32, Vec<u32>>,
    /// The schema with all fields, and as he sees it.
    pub(super) whole: Arc<Schema>,
    pub(super) narrowed: Arc<Schema>,
    /// When shares or deputies begin or end next.
    pub(super) until: Option<DateTime<Utc>>,
    pub(super) since: DateTime<Utc>,
}

impl Sight {
    pub(crate) fn schema(&self) -> &Arc<Schema> {
        &self.whole
    }

    pub(crate) fn administers(&self) -> bool {
        self.administers && self.nothing.is_none()
    }

    /// Whether a record is marked as confidential.
    pub(crate) fn is_confidential(&self, record: &impl Look) -> bool {
        let rights = self.rights.get(&record.id().prefix());
        rights
            .and_then(|rights| rights.confidential)
            .is_some_and(|field| record.look(field).as_deref() == Some(&Value::Boolean(true)))
    }

    /// Whether every record of this object is his to read.
    pub(crate) fn reads_all(&self, prefix: Prefix) -> bool {
        self.rights
            .get(&prefix)
            .is_some_and(|rights| rights.reads_all)
    }

    /// What may not be said of a field in a request, in words.
    pub(crate) fn unwritable(&self, object: &Object, field: u32) -> Option<String> {
        let is_in = |fields: &HashMap<u32, Vec<u32>>| {
            fields
                .get(&object.number)
                .is_some_and(|fields| fields.contains(&field))
        };
        let name = &object.field_by_number(field)?.name;
        if is_in(&self.hidden) {
            return Some(format!("{}.{name} is hidden from you", object.name));
        }
        let readable = format!("{}.{name} is yours to read and not to change", object.name);
        is_in(&self.unwritten).then_some(readable)
    }

    /// The field by which a new record becomes his who makes it, where nobody said whose it is to be.
    pub(crate) fn owner_of_new(&self, record: &Record) -> Option<u32> {
        let rights = self.rights.get(&record.id.prefix())?;
        rights.shape.owner_of_new(record)
    }

    pub(crate) fn user(&self) -> RecordId {
        self.user
    }

    pub(crate) fn may(
        &self,
        verb: AccessVerb,
        record: &impl Look,
        others: &impl Others,
    ) -> Result<bool> {
        Ok(self.judge(verb, record, others, 0)?.allowed)
    }

    pub(super) fn judge(
        &self,
        verb: AccessVerb,
        record: &impl Look,
        others: &impl Others,
        depth: u8,
    ) -> Result<Verdict> {
        let id = record.id();
        if let Some(why) = self.nothing
            && why != Why::NoRole
        {
            return Ok(no(why));
        }
        let Some(rights) = self.rights.get(&id.prefix()) else {
            return Ok(no(Why::Scope(AccessScope::None)));
        };
        if rights.closed.get(verb as usize) == Some(&true) {
            return Ok(no(Why::Key));
        }
        if verb == AccessVerb::Read && rights.reads_all {
            return Ok(yes(Why::Scope(rights.scope(verb))));
        }
        if self
            .shares
            .get(&id)
            .is_some_and(|verbs| verbs.contains(&verb))
        {
            return Ok(yes(Why::Shared));
        }
        if let Shape::Personal { user, seen_with } = &rights.shape {
            return self.personal(verb, record, (*user, *seen_with), others, depth);
        }
        if id == self.user && verb == AccessVerb::Read {
            return Ok(yes(Why::Himself));
        }
        if self.nothing == Some(Why::NoRole) {
            return Ok(no(Why::NoRole));
        }
        let scope = rights.scope(verb);
        if scope == AccessScope::None {
            return Ok(no(Why::Scope(scope)));
        }
        let all = scope == AccessScope::All;
        let reads = matches!(verb, AccessVerb::Read | AccessVerb::Export);
        Ok(match &rights.shape {
            Shape::Open if reads || all => yes(Why::Nobodys),
            Shape::Open => no(Why::Scope(scope)),
            Shape::Governing if reads || (self.administers && all) => yes(Why::Nobodys),
            Shape::Governing => no(Why::Administrators),
            Shape::Key { .. } if self.administers && (reads || all) => yes(Why::Nobodys),
            Shape::Key { user } if reads && refers(record, *user) == Some(self.user) => {
                yes(Why::Own)
            }
            Shape::Key { .. } => no(Why::Administrators),
            Shape::Noted if reads && self.administers => yes(Why::Nobodys),
            Shape::Noted => no(Why::Administrators),
            Shape::Personal { .. } => no(Why::Personal),
            Shape::Private { to } => match refers(record, *to) {
                Some(user) if user == self.user => yes(Why::Own),
                Some(_) => no(Why::Personal),
                None if reads || all || verb == AccessVerb::Create => yes(Why::Nobodys),
                None => no(Why::Scope(scope)),
            },
            Shape::Audience {
                audience,
                owner,
                team,
                role,
            } => {
                let mine = match record.look(*audience).as_deref().and_then(Value::as_text) {
                    Some("owner") | None => refers(record, *owner) == Some(self.user),
                    Some("team") if reads => {
                        self.team.is_some() && refers(record, *team) == self.team
                    }
                    Some("role") if reads => {
                        self.role.is_some() && refers(record, *role) == self.role
                    }
                    Some("everyone") if reads => true,
                    _ => false,
                };
                match mine || all {
                    true => yes(Why::Audience),
                    false => no(Why::Audience),
                }
            }
            Shape::Sharing { record: of, verbs } => {
                self.sharing(verb, record, (*of, *verbs), others, depth)?
            }
            Shape::With { parents, author } => {
                for parent in parents {
                    if let Some(parent) = refers(record, *parent)
                        && !self.reads(parent, others, depth + 1)?
                    {
                        return Ok(no(Why::Along(parent)));
                    }
                }
                let changes = matches!(verb, AccessVerb::Update | AccessVerb::Delete);
                match author {
                    Some(author)
                        if changes && !all && refers(record, *author) != Some(self.user) =>
                    {
                        no(Why::Author)
                    }
                    _ => yes(parents
                        .first()
                        .and_then(|first| refers(record, *first))
                        .map_or(Why::Nobodys, Why::Along)),
                }
            }
            Shape::Owned { .. } => self.owned(verb, record, rights, others, depth)?,
        })
    }

    fn personal(
        &self,
        verb: AccessVerb,
        record: &impl Look,
        (user, seen_with): (u32, Option<u32>),
        others: &impl Others,
        depth: u8,
    ) -> Result<Verdict> {
        if refers(record, user) == Some(self.user) {
            return Ok(yes(Why::Own));
        }
        let about = seen_with.and_then(|about| refers(record, about));
        if let (AccessVerb::Read, Some(about)) = (verb, about)
            && self.reads(about, others, depth + 1)?
        {
            return Ok(yes(Why::Along(about)));
        }
        Ok(no(Why::Personal))
    }

    fn sharing(
        &self,
        verb: AccessVerb,
        record: &impl Look,
        (of, verbs): (u32, u32),
        others: &impl Others,
        depth: u8,
    ) -> Result<Verdict> {
        let Some(of) = refers(record, of) else {
            return Ok(no(Why::Scope(AccessScope::None)));
        };
        if matches!(verb, AccessVerb::Read | AccessVerb::Export) {
            let seen = self.reads(of, others, depth + 1)?;
            return Ok(if seen {
                yes(Why::Along(of))
            } else {
                no(Why::Along(of))
            });
        }
        // Nobody gives what he has not, and only who may change a record lets others in.
        let Some(target) = others.record(of)? else {
            return Ok(no(Why::Along(of)));
        };
        let given = match record.look(verbs).as_deref() {
            Some(Value::Options(names)) => names
                .iter()
                .filter_map(|name| AccessVerb::from_name(name))
                .collect(),
            _ => Vec::new(),
        };
        for verb in given.into_iter().chain([AccessVerb::Update]) {
            if depth >= DEEPEST || !self.judge(verb, &target, others, depth + 1)?.allowed {
                return Ok(no(Why::Along(of)));
            }
        }
        Ok(yes(Why::Along(of)))
    }

    fn owned(
        &self,
        verb: AccessVerb,
        record: &impl Look,
        rights: &Rights,
        others: &impl Others,
        depth: u8,
    ) -> Result<Verdict> {
        let Shape::Owned {
            owner,
            territory,
            about,
            attached,
        } = &rights.shape
        else {
            return Ok(no(Why::Scope(AccessScope::None)));
        };
        let owner = refers(record, *owner);
        if owner == Some(self.user) {
            return Ok(yes(Why::Own));
        }
        let is_marked = |field: u32| record.look(field).as_deref() == Some(&Value::Boolean(true));
        if !self.sees_confidential && rights.confidential.is_some_and(is_marked) {
            return Ok(no(Why::Confidential));
        }
        let about: Vec<RecordId> = about
            .iter()
            .filter_map(|field| refers(record, *field))
            .collect();
        if !self.sees_confidential {
            for about in &about {
                if self.hides_confidential(*about, others, depth + 1)? {
                    return Ok(no(Why::Confidential));
                }
            }
        }
        let scope = rights.scope(verb);
        if scope == AccessScope::All {
            return Ok(yes(Why::Scope(scope)));
        }
        let reach = rights.reach(verb);
        if let Some(owner) = owner
            && reach.owners.contains(&owner.number())
        {
            return Ok(yes(match self.deputy_of.contains(&owner) {
                true => Why::DeputyOf(owner),
                false => Why::Owner(owner),
            }));
        }
        let territory = territory.and_then(|field| refers(record, field));
        match (territory, owner) {
            (Some(territory), _) if reach.territories.contains(&territory.number()) => {
                return Ok(yes(Why::Territory(territory)));
            }
            (None, Some(owner)) if reach.residents.contains(&owner.number()) => {
                return Ok(yes(Why::Owner(owner)));
            }
            _ => {}
        }
        let reads = matches!(verb, AccessVerb::Read | AccessVerb::Export);
        if !reach.what_is_about || !reads {
            return Ok(no(Why::Scope(scope)));
        }
        let attached = match attached {
            true => others.attached_to(record.id())?,
            false => Vec::new(),
        };
        for about in about.into_iter().chain(attached) {
            if self.reads(about, others, depth + 1)? {
                return Ok(yes(Why::Along(about)));
            }
        }
        Ok(no(Why::Scope(scope)))
    }

    /// Whether a record is confidential and not his to see.
    fn hides_confidential(&self, id: RecordId, others: &impl Others, depth: u8) -> Result<bool> {
        if others.known(id) == Some(true) {
            return Ok(false);
        }
        let field = self
            .rights
            .get(&id.prefix())
            .and_then(|rights| rights.confidential);
        let Some(field) = field else {
            return Ok(false);
        };
        let marked = others
            .record(id)?
            .is_some_and(|record| record.value(field) == Some(&Value::Boolean(true)));
        Ok(marked && !self.reads(id, others, depth)?)
    }

    /// Whether he reads a record that another one refers to. What is not there, he does not read.
    pub(crate) fn reads(&self, id: RecordId, others: &impl Others, depth: u8) -> Result<bool> {
        if depth > DEEPEST {
            return Ok(false);
        }
        if let Some(known) = others.known(id) {
            return Ok(known);
        }
        let seen = match others.record(id)? {
            Some(record) => {
                self.judge(AccessVerb::Read, &record, others, depth)?
                    .allowed
            }
            None => false,
        };
        // Deep down the answer may be for want of depth.
        if depth <= 1 {
            others.learn(id, seen);
        }
        Ok(seen)
    }
}

impl Rights {
    /// Whether whose a record is decides nothing by itself, for who reads records of this shape.
    pub(super) fn reads_widely(&self, about: bool) -> bool {
        self.scope(AccessVerb::Read) == AccessScope::All
            || (self.reach(AccessVerb::Read).what_is_about && about)
    }

    pub(super) fn scope(&self, verb: AccessVerb) -> AccessScope {
        self.scopes.get(verb as usize).copied().unwrap_or_default()
    }

    pub(super) fn reach(&self, verb: AccessVerb) -> &Reach {
        // There is one for each verb.
        let [first, ..] = &self.reaches;
        self.reaches.get(verb as usize).unwrap_or(first)
    }
}

fn refers(record: &impl Look, field: u32) -> Option<RecordId> {
    match record.look(field).as_deref() {
        Some(Value::Reference(id)) => Some(*id),
        _ => None,
    }
}
