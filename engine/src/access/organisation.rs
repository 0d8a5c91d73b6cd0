//! Who works here, and who stands below whom?
//!
//! Users, teams, roles, territories, deputies and shares at one moment. Read once for all users, and again when one of
//! them changes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::role::{AccessScope, AccessVerb, RoleDefinition, denied};
use crate::context::Locale;
use crate::error::{Failure, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};

/// The objects of which all this is made.
pub(crate) const OBJECTS: [&str; 7] = [
    "user",
    "team",
    "role",
    "territory",
    "sharing",
    "deputy",
    "api_key",
];

#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) active: bool,
    pub(super) name: String,
    pub(super) manager: Option<RecordId>,
    pub(super) team: Option<RecordId>,
    pub(super) role: Option<RecordId>,
    pub(super) territory: Option<RecordId>,
}

#[derive(Clone, Debug)]
pub(super) struct Team {
    manager: Option<RecordId>,
    territory: Option<RecordId>,
}

#[derive(Clone, Debug)]
pub(super) struct Territory {
    pub(super) parent: Option<RecordId>,
    manager: Option<RecordId>,
}

#[derive(Clone, Debug)]
pub(super) struct Role {
    names: [(Locale, String); 3],
    pub(super) definition: RoleDefinition,
}

/// From when until when something holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
}

impl Span {
    pub(super) fn holds(&self, now: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }

    /// The next moment at which that is otherwise.
    pub(super) fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        [self.from, self.until]
            .into_iter()
            .flatten()
            .filter(|at| *at > now)
            .min()
    }
}

#[derive(Clone, Debug)]
pub(super) struct Deputy {
    pub(super) of: RecordId,
    pub(super) span: Span,
}

/// By what somebody acts for a user.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) user: RecordId,
    pub(super) active: bool,
    pub(super) rights: RoleDefinition,
    pub(super) span: Span,
}

/// What one share gives.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub(super) record: RecordId,
    pub(super) verbs: BTreeSet<AccessVerb>,
    pub(super) span: Span,
}

/// The records that somebody reaches by whose they are. Users and territories are held by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) owners: HashSet<u128>,
    pub(super) territories: HashSet<u128>,
    /// Users of those territories: theirs is what has no territory of its own.
    pub(super) residents: HashSet<u128>,
    /// Also what is about a record that he sees.
    pub(super) what_is_about: bool,
}

impl Reach {
    pub(super) fn join(&mut self, other: Self) {
        self.owners.extend(other.owners);
        self.territories.extend(other.territories);
        self.residents.extend(other.residents);
        self.what_is_about |= other.what_is_about;
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Organisation {
    pub(super) users: HashMap<RecordId, User>,
    pub(super) teams: HashMap<RecordId, Team>,
    pub(super) territories: BTreeMap<RecordId, Territory>,
    pub(super) roles: HashMap<RecordId, Arc<Role>>,
    /// By who is the deputy.
    pub(super) deputies: HashMap<RecordId, Vec<Deputy>>,
    /// By the user, team or role that a record is shared with.
    pub(super) shares: HashMap<RecordId, Vec<Share>>,
    pub(super) keys: HashMap<RecordId, Key>,
}

pub(super) fn reference(record: &Record, field: &str) -> Option<RecordId> {
    match record.get(field) {
        Some(Value::Reference(id)) => Some(*id),
        _ => None,
    }
}

fn instant(record: &Record, field: &str) -> Option<DateTime<Utc>> {
    match record.get(field) {
        Some(Value::Instant(at)) => Some(*at),
        _ => None,
    }
}

impl User {
    pub(super) fn of(record: &Record) -> Self {
        Self {
            active: record.get("active") != Some(&Value::Boolean(false)),
            name: record.title(),
            manager: reference(record, "manager"),
            team: reference(record, "team"),
            role: reference(record, "role"),
            territory: reference(record, "territory"),
        }
    }
}

impl Role {
    pub(super) fn of(record: &Record) -> Self {
        Self {
            names: [Locale::En, Locale::Fa, Locale::Ar]
                .map(|locale| (locale, record.title_in(locale))),
            definition: RoleDefinition::of(record, "definition"),
        }
    }

    /// What it is called in a language.
    pub(super) fn called(&self, locale: Locale) -> String {
        let mut named = self.names.iter();
        let name = named.find(|(known, _)| *known == locale);
        name.map_or_else(String::new, |(_, name)| name.clone())
    }
}

impl Key {
    pub(super) fn of(record: &Record) -> Option<Self> {
        Some(Self {
            user: reference(record, "user")?,
            active: record.get("active") != Some(&Value::Boolean(false)),
            rights: RoleDefinition::of(record, "rights"),
            span: Span {
                from: None,
                until: instant(record, "expires_at"),
            },
        })
    }
}

fn share(record: &Record) -> Option<Share> {
    let verbs = match record.get("verbs") {
        Some(Value::Options(names)) => names
            .iter()
            .filter_map(|name| AccessVerb::from_name(name))
            .collect(),
        _ => BTreeSet::new(),
    };
    Some(Share {
        record: reference(record, "record")?,
        verbs,
        span: Span {
            from: None,
            until: instant(record, "until"),
        },
    })
}

impl Organisation {
    /// Reads all of it.
    pub(super) fn read(reader: &Reader) -> Result<Self> {
        let mut all = Self::default();
        for name in OBJECTS {
            let Some(object) = reader.schema.object(name) else {
                continue;
            };
            reader.each(object, |record| {
                all.put(&record);
                Ok(ControlFlow::Continue(()))
            })?;
        }
        Ok(all)
    }

    /// Takes a record in, over what was known of it. Shares and deputies are only added.
    pub(super) fn put(&mut self, record: &Record) {
        let id = record.id();
        match record.object() {
            "user" => drop(self.users.insert(id, User::of(record))),
            "role" => drop(self.roles.insert(id, Arc::new(Role::of(record)))),
            "team" => {
                let team = Team {
                    manager: reference(record, "manager"),
                    territory: reference(record, "territory"),
                };
                self.teams.insert(id, team);
            }
            "territory" => {
                let territory = Territory {
                    parent: reference(record, "parent"),
                    manager: reference(record, "manager"),
                };
                self.territories.insert(id, territory);
            }
            "sharing" => {
                if let Some(share) = share(record) {
                    for whom in ["user", "team", "role"] {
                        if let Some(whom) = reference(record, whom) {
                            self.shares.entry(whom).or_default().push(share.clone());
                        }
                    }
                }
            }
            "api_key" => self.keys.extend(Key::of(record).map(|key| (id, key))),
            "deputy" => {
                if let (Some(of), Some(deputy)) =
                    (reference(record, "of"), reference(record, "deputy"))
                {
                    let span = Span {
                        from: instant(record, "from"),
                        until: instant(record, "until"),
                    };
                    let deputy = self.deputies.entry(deputy).or_default();
                    deputy.push(Deputy { of, span });
                }
            }
            _ => {}
        }
    }

    /// Forgets a user, team, role, territory or key.
    pub(super) fn remove(&mut self, id: RecordId) {
        self.users.remove(&id);
        self.teams.remove(&id);
        self.roles.remove(&id);
        self.territories.remove(&id);
        self.keys.remove(&id);
    }

    pub(super) fn role_of(&self, user: RecordId) -> Option<&Arc<Role>> {
        self.roles.get(&self.users.get(&user)?.role?)
    }

    /// As if a user's role reached so far with a verb.
    pub(super) fn widen(
        &mut self,
        user: RecordId,
        object: &str,
        verb: AccessVerb,
        scope: AccessScope,
    ) {
        let role = self.users.get(&user).and_then(|user| user.role);
        if let Some(role) = role.and_then(|role| self.roles.get_mut(&role)) {
            let mut wider = (**role).clone();
            wider.definition.widen(object, verb, scope);
            *role = Arc::new(wider);
        }
    }

    /// The active users whose role administers.
    pub(super) fn administrators(&self) -> impl Iterator<Item = RecordId> {
        self.users
            .iter()
            .filter(|(id, user)| {
                let role = self.role_of(**id);
                user.active && role.is_some_and(|role| role.definition.administer)
            })
            .map(|(id, _)| *id)
    }

    /// Why access cannot be enforced; nothing where it can.
    pub(crate) fn without_administrator(&self) -> Option<Failure> {
        if self.administrators().next().is_some() {
            return None;
        }
        Some(denied(
            "access cannot be enforced: no active user has a role that administers",
        ))
    }

    /// Whom a scope reaches for one user; nothing is said of `All`.
    pub(super) fn reach(&self, user: RecordId, scope: AccessScope) -> Reach {
        let mut reach = Reach::default();
        if scope == AccessScope::None {
            return reach;
        }
        reach.owners.insert(user.number());
        if scope >= AccessScope::Team {
            reach.what_is_about = true;
            reach.owners.extend(self.team_of(user));
        }
        if scope >= AccessScope::Territory {
            reach.territories = self.territories_of(user);
            let lives = |user: &User| {
                let at = user
                    .territory
                    .or_else(|| self.teams.get(&user.team?)?.territory);
                at.is_some_and(|at| reach.territories.contains(&at.number()))
            };
            let residents = self.users.iter().filter(|(_, user)| lives(user));
            reach.residents = residents.map(|(id, _)| id.number()).collect();
        }
        reach
    }

    /// The members of his team and of the teams that he manages, and whoever reports to him, however far down.
    fn team_of(&self, user: RecordId) -> HashSet<u128> {
        let own = self.users.get(&user).and_then(|user| user.team);
        let managed = self
            .teams
            .iter()
            .filter(|(_, team)| team.manager == Some(user))
            .map(|(id, _)| *id);
        let teams: HashSet<RecordId> = managed.chain(own).collect();
        let mut found: HashSet<RecordId> = self
            .users
            .iter()
            .filter(|(_, user)| user.team.is_some_and(|team| teams.contains(&team)))
            .map(|(id, _)| *id)
            .collect();
        let mut by_manager: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
        for (id, other) in &self.users {
            if let Some(manager) = other.manager {
                by_manager.entry(manager).or_default().push(*id);
            }
        }
        let mut waiting = vec![user];
        let mut seen = HashSet::from([user]);
        while let Some(manager) = waiting.pop() {
            for id in by_manager.get(&manager).into_iter().flatten() {
                if seen.insert(*id) {
                    found.insert(*id);
                    waiting.push(*id);
                }
            }
        }
        found.iter().map(RecordId::number).collect()
    }

    /// His territory, that of his team, those that he manages, and all below.
    fn territories_of(&self, user: RecordId) -> HashSet<u128> {
        let own = self.users.get(&user).and_then(|user| user.territory);
        let team = self.users.get(&user).and_then(|user| user.team);
        let of_team = team.and_then(|team| self.teams.get(&team)?.territory);
        let managed = self
            .territories
            .iter()
            .filter(|(_, territory)| territory.manager == Some(user))
            .map(|(id, _)| *id);
        let mut below: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
        for (id, territory) in &self.territories {
            if let Some(parent) = territory.parent {
                below.entry(parent).or_default().push(*id);
            }
        }
        let mut waiting: Vec<RecordId> = managed.chain(own).chain(of_team).collect();
        let mut found = HashSet::new();
        while let Some(territory) = waiting.pop() {
            if found.insert(territory.number()) {
                waiting.extend(below.get(&territory).into_iter().flatten());
            }
        }
        found
    }
}
