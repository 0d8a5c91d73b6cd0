//! How is a sight made of a role, a place in the house and what is shared?

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::organisation::{Key, Organisation, Reach};
use super::role::{AccessScope, AccessVerb, FieldRight, RoleDefinition};
use super::shape::{self, Shape};
use super::sight::{DEEPEST, Rights, Sight, Why};
use crate::record::{Prefix, RecordId};
use crate::schema::{FieldKind, Object, Schema};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Principal {
    pub(super) user: RecordId,
    /// The key by which he acts, which may give less than he has.
    pub(super) key: Option<RecordId>,
    /// Whether users are held to their roles.
    pub(super) enforced: bool,
}

impl Principal {
    pub(super) fn user(user: RecordId) -> Self {
        Self {
            user,
            key: None,
            enforced: true,
        }
    }
}

impl Sight {
    pub(super) fn compile(
        organisation: &Organisation,
        schema: &Arc<Schema>,
        who: Principal,
        now: DateTime<Utc>,
    ) -> Self {
        let user = who.user;
        let known = organisation.users.get(&user);
        let role = organisation.role_of(user);
        let key = who.key.map(|key| organisation.keys.get(&key));
        let fits = |key: &Key| key.active && key.user == user && key.span.holds(now);
        let nothing = match (known, role) {
            (None, _) => Some(Why::Unknown),
            (Some(user), _) if !user.active => Some(Why::Inactive),
            _ if key.is_some_and(|key| !key.is_some_and(fits)) => Some(Why::Key),
            (_, None) if who.enforced => Some(Why::NoRole),
            _ => None,
        };
        let key = key.flatten();
        let nobody = RoleDefinition::default();
        let everything = RoleDefinition::everything();
        let definition = match role {
            _ if !who.enforced => &everything,
            Some(role) => &role.definition,
            None => &nobody,
        };
        let opens = |what: fn(&RoleDefinition) -> bool| key.is_none_or(|key| what(&key.rights));
        let mut sight = Self {
            user,
            team: known.and_then(|user| user.team),
            role: known.and_then(|user| user.role),
            nothing,
            administers: definition.administer && opens(|rights| rights.administer),
            sees_confidential: definition.confidential && opens(|rights| rights.confidential),
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
        sight.turns(key.and_then(|key| key.span.next(now)));
        let key = key.map(|key| &key.rights);
        sight.take_rights(organisation, definition, key);
        sight.take_fields([Some(definition), key].into_iter().flatten());
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

    fn take_rights(
        &mut self,
        organisation: &Organisation,
        definition: &RoleDefinition,
        key: Option<&RoleDefinition>,
    ) {
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
                closed: [false; 5],
                reads_all: false,
            };
            for (place, verb) in AccessVerb::ALL.into_iter().enumerate() {
                let opened = key.map(|key| key.grants(&object.name).scope(verb));
                if let Some(closed) = rights.closed.get_mut(place) {
                    *closed = opened == Some(AccessScope::None);
                }
                let scopes: Vec<AccessScope> = acting
                    .iter()
                    .map(|(_, definition)| definition.grants(&object.name).scope(verb))
                    .map(|scope| opened.map_or(scope, |opened| scope.min(opened)))
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
            Shape::Key { .. } => self.administers && all,
            Shape::Noted => self.administers && scope != AccessScope::None,
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

    fn take_fields<'a>(&mut self, definitions: impl Iterator<Item = &'a RoleDefinition>) {
        for (name, right) in definitions.flat_map(|definition| &definition.fields) {
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
                let names = rollup.fields();
                let mut numbers = names.into_iter().filter_map(|name| child.field(name));
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
}
