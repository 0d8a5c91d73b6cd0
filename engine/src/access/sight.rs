//! What does somebody see, and what may he do?
//!
//! A sight is compiled of a user's role, team, territory, deputies and shares, once for each user until one of them
//! changes. It judges one record at a time, by the few fields that say whose the record is.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::organisation::{Organisation, Reach};
use super::role::{AccessScope, AccessVerb, FieldRight, RoleDefinition};
use super::shape::{self, Shape};
use crate::error::Result;
use crate::query::Look;
use crate::record::{Prefix, Record, RecordId, Value};
use crate::schema::{FieldKind, Object, Schema};

/// How deep parts of parts of records may go.
const DEEPEST: u8 = 4;

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
struct Rights {
    shape: Shape,
    confidential: Option<u32>,
    /// By the place of the verb in `AccessVerb::ALL`.
    scopes: [AccessScope; 5],
    reaches: [Arc<Reach>; 5],
    /// Whether he reads every record there is and may come to be.
    reads_all: bool,
}

/// What one user sees and may do.
#[derive(Debug)]
pub(crate) struct Sight {
    pub(super) user: RecordId,
    team: Option<RecordId>,
    role: Option<RecordId>,
    /// Why he may do nothing at all.
    nothing: Option<Why>,
    administers: bool,
    sees_confidential: bool,
    rights: HashMap<Prefix, Rights>,
    shares: HashMap<RecordId, BTreeSet<AccessVerb>>,
    /// Whose deputy he is now.
    deputy_of: BTreeSet<RecordId>,
    /// By object number: fields that are not seen, and fields that are not written.
    hidden: HashMap<u32, Vec<u32>>,
    unwritten: HashMap<u32, Vec<u32>>,
    /// The schema with all fields, and as he sees it.
    pub(super) whole: Arc<Schema>,
    pub(super) narrowed: Arc<Schema>,
    /// When shares or deputies begin or end next.
    pub(super) until: Option<DateTime<Utc>>,
    pub(super) since: DateTime<Utc>,
}

impl Sight {
    pub(super) fn compile(
        organisation: &Organisation,
        schema: &Arc<Schema>,
        user: RecordId,
        now: DateTime<Utc>,
    ) -> Self {
        let known = organisation.users.get(&user);
        let role = organisation.role_of(user);
        let nothing = match (known, role) {
            (None, _) => Some(Why::Unknown),
            (Some(user), _) if !user.active => Some(Why::Inactive),
            (_, None) => Some(Why::NoRole),
            _ => None,
        };
        let nobody = RoleDefinition::default();
        let definition = role.map_or(&nobody, |role| &role.definition);
        let mut sight = Self {
            user,
            team: known.and_then(|user| user.team),
            role: known.and_then(|user| user.role),
            nothing,
            administers: definition.administer,
            sees_confidential: definition.confidential,
            rights: HashMap::new(),
            shares: HashMap::new(),
            deputy_of: BTreeSet::new(),
            hidden: HashMap::new(),
            unwritten: HashMap::new(),
            whole: schema.clone(),
            narrowed: schema.clone(),
            until: None,
            since: now,
        };
        if sight.nothing.is_none() || sight.nothing == Some(Why::NoRole) {
            sight.take_shares(organisation, now);
            sight.take_deputies(organisation, now);
        }
        sight.take_rights(organisation, definition);
        sight.take_fields(definition);
        sight
    }

    fn turns(&mut self, at: Option<DateTime<Utc>>) {
        self.until = match (self.until, at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    fn take_shares(&mut self, organisation: &Organisation, now: DateTime<Utc>) {
        let with = [Some(self.user), self.team, self.role];
        for whom in with.into_iter().flatten() {
            for share in organisation.shares.get(&whom).into_iter().flatten() {
                self.turns(share.span.next(now));
                if share.span.holds(now) {
                    let verbs = self.shares.entry(share.record).or_default();
                    verbs.extend(share.verbs.iter().copied());
                    // Who may change what he cannot see would change it blindly.
                    verbs.insert(AccessVerb::Read);
                }
            }
        }
    }

    fn take_deputies(&mut self, organisation: &Organisation, now: DateTime<Utc>) {
        for deputy in organisation.deputies.get(&self.user).into_iter().flatten() {
            self.turns(deputy.span.next(now));
            let there = organisation.users.contains_key(&deputy.of);
            if deputy.span.holds(now) && there && deputy.of != self.user {
                self.deputy_of.insert(deputy.of);
            }
        }
    }

    fn take_rights(&mut self, organisation: &Organisation, definition: &RoleDefinition) {
        let nobody = RoleDefinition::default();
        // What a deputy may is what his own role gives him, and what that of the other one gives there.
        let mut acting: Vec<(RecordId, &RoleDefinition)> = vec![(self.user, definition)];
        for of in &self.deputy_of {
            let role = organisation.role_of(*of);
            acting.push((*of, role.map_or(&nobody, |role| &role.definition)));
        }
        let mut reaches: HashMap<Vec<AccessScope>, Arc<Reach>> = HashMap::new();
        for object in self.whole.objects() {
            let mut rights = Rights {
                shape: Shape::of(object),
                confidential: shape::confidential(object),
                scopes: [AccessScope::None; 5],
                reaches: Default::default(),
                reads_all: false,
            };
            for (place, verb) in AccessVerb::ALL.into_iter().enumerate() {
                let scopes: Vec<AccessScope> = acting
                    .iter()
                    .map(|(_, definition)| definition.grants(&object.name).scope(verb))
                    .collect();
                let widest = scopes.iter().copied().max().unwrap_or_default();
                if let Some(scope) = rights.scopes.get_mut(place) {
                    *scope = widest;
                }
                let reach = reaches.entry(scopes.clone()).or_insert_with(|| {
                    let mut joined = Reach::default();
                    for ((user, _), scope) in acting.iter().zip(&scopes) {
                        joined.join(organisation.reach(*user, *scope));
                    }
                    Arc::new(joined)
                });
                if let Some(place) = rights.reaches.get_mut(place) {
                    *place = reach.clone();
                }
            }
            self.rights.insert(object.prefix(), rights);
        }
        let all: Vec<(Prefix, bool)> = self
            .whole
            .objects()
            .map(|object| (object.prefix(), self.is_all(object, 0)))
            .collect();
        for (prefix, all) in all {
            if let Some(rights) = self.rights.get_mut(&prefix) {
                rights.reads_all = all;
            }
        }
    }

    /// Whether every record of an object is his to read, whatever is in it.
    fn is_all(&self, object: &Object, depth: u8) -> bool {
        let Some(rights) = self.rights.get(&object.prefix()) else {
            return false;
        };
        let scope = rights.scope(AccessVerb::Read);
        let all = scope == AccessScope::All;
        if self.nothing.is_some() || depth > DEEPEST {
            return false;
        }
        match &rights.shape {
            Shape::Open | Shape::Governing => scope != AccessScope::None,
            Shape::Audience { .. } => all,
            Shape::Personal { .. } | Shape::Private { .. } => false,
            Shape::Owned { .. } => all && self.sees_confidential,
            Shape::Sharing { record, .. } => {
                scope != AccessScope::None && self.all_behind(object, *record, depth)
            }
            Shape::With { parents, .. } => {
                scope != AccessScope::None
                    && parents
                        .iter()
                        .all(|parent| self.all_behind(object, *parent, depth))
            }
        }
    }

    fn all_behind(&self, object: &Object, field: u32, depth: u8) -> bool {
        let Some(FieldKind::Reference { to, .. }) =
            object.field_by_number(field).map(|field| &field.kind)
        else {
            return false;
        };
        to.iter().all(|name| match self.whole.object(name) {
            Some(target) => self.is_all(target, depth + 1),
            // Of whatever object: some are personal.
            None => false,
        })
    }

    fn take_fields(&mut self, definition: &RoleDefinition) {
        for (name, right) in &definition.fields {
            let Some((object, field)) = name.split_once('.') else {
                continue;
            };
            let found = self.whole.object(object);
            let Some((object, field)) =
                found.and_then(|object| Some((object, object.field(field)?)))
            else {
                continue;
            };
            if *right != FieldRight::Write {
                let unwritten = self.unwritten.entry(object.number).or_default();
                unwritten.push(field.number);
            }
            if *right == FieldRight::Hidden {
                let hidden = self.hidden.entry(object.number).or_default();
                hidden.push(field.number);
            }
        }
        self.hide_totals();
        self.hidden.values_mut().for_each(|fields| {
            fields.sort_unstable();
            fields.dedup();
        });
        self.narrowed = self.narrow(&self.whole);
    }

    /// A total tells of the field that it adds up, and of those by which it chooses.
    fn hide_totals(&mut self) {
        let mut more: Vec<(u32, u32)> = Vec::new();
        for object in self.whole.objects() {
            for field in object.live_fields() {
                let FieldKind::Rollup(rollup) = &field.kind else {
                    continue;
                };
                let Some(child) = self.whole.object(&rollup.child) else {
                    continue;
                };
                let Some(hidden) = self.hidden.get(&child.number) else {
                    continue;
                };
                let by = std::iter::once(rollup.by.as_str());
                let names = by
                    .chain(rollup.only.iter().map(|(name, _)| name.as_str()))
                    .chain(rollup.measure.field());
                let mut numbers = names.filter_map(|name| child.field(name));
                if numbers.any(|field| hidden.contains(&field.number)) {
                    more.push((object.number, field.number));
                }
            }
        }
        for (object, field) in more {
            self.hidden.entry(object).or_default().push(field);
        }
    }

    /// A schema without the fields that are hidden, in which those that he does not write are only read.
    pub(super) fn narrow(&self, schema: &Arc<Schema>) -> Arc<Schema> {
        if self.hidden.is_empty() && self.unwritten.is_empty() {
            return schema.clone();
        }
        let mut narrowed = (**schema).clone();
        for object in schema.objects() {
            let hidden = self.hidden.get(&object.number);
            let unwritten = self.unwritten.get(&object.number);
            if hidden.is_none() && unwritten.is_none() {
                continue;
            }
            let mut seen = (**object).clone();
            seen.hidden = hidden.cloned().unwrap_or_default();
            for field in &mut seen.fields {
                let is_in = |numbers: Option<&Vec<u32>>| {
                    numbers.is_some_and(|numbers| numbers.contains(&field.number))
                };
                field.retired |= is_in(hidden);
                field.read_only |= is_in(unwritten);
            }
            // Its values could be found out by asking for records by their keys.
            let hides = |number: &u32| seen.hidden.contains(number);
            seen.key_field = seen.key_field.filter(|number| !hides(number));
            narrowed.put(seen);
        }
        Arc::new(narrowed)
    }

    pub(crate) fn schema(&self) -> &Arc<Schema> {
        &self.whole
    }

    pub(crate) fn administers(&self) -> bool {
        self.administers && self.nothing.is_none()
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

    /// The owners of which a narrow sight reads the records, the territories, and the shared ones: what an index may be
    /// asked for instead of all records. Nothing where it is told otherwise whose a record is.
    pub(crate) fn narrow_to(&self, object: &Object) -> Option<NarrowTo> {
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
        let wide = rights.scope(AccessVerb::Read) == AccessScope::All
            || (reach.what_is_about && (!about.is_empty() || *attached));
        if wide {
            return None;
        }
        let users = |numbers: &std::collections::HashSet<u128>| {
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
    fn scope(&self, verb: AccessVerb) -> AccessScope {
        self.scopes.get(verb as usize).copied().unwrap_or_default()
    }

    fn reach(&self, verb: AccessVerb) -> &Reach {
        // There is one for each verb.
        let [first, ..] = &self.reaches;
        self.reaches.get(verb as usize).unwrap_or(first)
    }
}

/// Where the records lie that a narrow sight reads, and others: each is judged in any case.
pub(crate) struct NarrowTo {
    /// Field, prefix of its targets, and their numbers.
    pub(crate) owner: (u32, Prefix, Vec<u128>),
    pub(crate) territory: Option<(u32, Prefix, Vec<u128>)>,
    pub(crate) shared: Vec<u128>,
}

fn refers(record: &impl Look, field: u32) -> Option<RecordId> {
    match record.look(field).as_deref() {
        Some(Value::Reference(id)) => Some(*id),
        _ => None,
    }
}
