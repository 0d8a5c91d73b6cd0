//! What may a plugin do?
//!
//! A manifest says what the plugin needs; an administrator may grant less. What holds is what both have, and it is asked
//! in one place: here.

#![cfg_attr(
    not(test),
    allow(
        dead_code,
        reason = "some of it is asked by imports and effects that the contract is to have"
    )
)]

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::manifest::{Faults, GrantVerb, Hook, Manifest};
use crate::schema::Labels;

/// One thing that a plugin needs: `[[needs]]` of its manifest. It names one of object, host, channel and store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Need {
    pub(crate) object: Option<String>,
    pub(crate) verbs: Vec<RightVerb>,
    /// All fields where it names none.
    pub(crate) fields: Option<Vec<String>>,
    /// A host that it sends requests to: `api.example.com`.
    pub(crate) host: Option<String>,
    /// A channel that it sends messages by: `sms`.
    pub(crate) channel: Option<String>,
    /// Bytes that it may keep in its own store.
    pub(crate) store: Option<u64>,
    /// What for, in several languages.
    pub(crate) why: Labels,
}

/// What is done with records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RightVerb {
    Read,
    Create,
    Update,
    Delete,
}

impl RightVerb {
    #[allow(dead_code, reason = "grants are named by it")]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl From<GrantVerb> for RightVerb {
    fn from(verb: GrantVerb) -> Self {
        match verb {
            GrantVerb::Create => Self::Create,
            GrantVerb::Update => Self::Update,
        }
    }
}

/// Some fields of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Fields {
    Some(BTreeSet<String>),
    /// Written as `true`.
    All(bool),
}

impl Fields {
    fn all() -> Self {
        Self::All(true)
    }

    fn none() -> Self {
        Self::Some(BTreeSet::new())
    }

    fn has(&self, field: &str) -> bool {
        match self {
            Self::All(all) => *all,
            Self::Some(fields) => fields.contains(field),
        }
    }

    fn join(&mut self, more: &Self) {
        match (&mut *self, more) {
            (Self::Some(mine), Self::Some(more)) => mine.extend(more.iter().cloned()),
            (Self::Some(_), Self::All(true)) => *self = Self::all(),
            (Self::All(false), more) => *self = more.clone(),
            (Self::All(true) | Self::Some(_), _) => {}
        }
    }

    fn meet(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All(true), fields) | (fields, Self::All(true)) => fields.clone(),
            (Self::Some(mine), Self::Some(theirs)) => {
                Self::Some(mine.intersection(theirs).cloned().collect())
            }
            _ => Self::none(),
        }
    }
}

/// Everything that a plugin may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Rights {
    /// By object and verb; a verb that is there with no field is the record without its fields.
    pub(super) objects: BTreeMap<String, BTreeMap<RightVerb, Fields>>,
    pub(super) hosts: BTreeSet<String>,
    pub(super) channels: BTreeSet<String>,
    pub(super) store: u64,
}

impl Rights {
    /// Whether it may see a field; `id` and `revision` go with the record.
    pub(crate) fn may_read(&self, object: &str, field: &str) -> bool {
        self.fields(object, RightVerb::Read)
            .is_some_and(|fields| matches!(field, "id" | "revision") || fields.has(field))
    }

    /// Whether it may be shown records of an object at all.
    pub(crate) fn may_see(&self, object: &str) -> bool {
        self.fields(object, RightVerb::Read).is_some()
    }

    /// Whether it may make records of an object.
    pub(crate) fn may_create(&self, object: &str) -> bool {
        self.fields(object, RightVerb::Create).is_some()
    }

    /// Whether it may set a field of a record that it makes.
    pub(crate) fn may_create_with(&self, object: &str, field: &str) -> bool {
        self.may(RightVerb::Create, object, Some(field))
    }

    /// Whether it may change a field of a record that is there.
    pub(crate) fn may_update(&self, object: &str, field: &str) -> bool {
        self.may(RightVerb::Update, object, Some(field))
    }

    /// Whether it may delete records of an object.
    pub(crate) fn may_delete(&self, object: &str) -> bool {
        self.fields(object, RightVerb::Delete).is_some()
    }

    /// Whether it may send requests to a host.
    pub(crate) fn may_call(&self, host: &str) -> bool {
        self.hosts.contains(&host.to_ascii_lowercase())
    }

    /// Whether it may send messages by a channel.
    pub(crate) fn may_send(&self, channel: &str) -> bool {
        self.channels.contains(channel)
    }

    /// Bytes that it may keep in its own store.
    pub(crate) fn store_limit(&self) -> u64 {
        self.store
    }

    pub(crate) fn may(&self, verb: RightVerb, object: &str, field: Option<&str>) -> bool {
        self.fields(object, verb)
            .is_some_and(|fields| field.is_none_or(|field| fields.has(field)))
    }

    pub(super) fn fields(&self, object: &str, verb: RightVerb) -> Option<&Fields> {
        self.objects.get(object)?.get(&verb)
    }

    /// What both have.
    pub(crate) fn meet(&self, other: &Self) -> Self {
        let mut met = Self {
            objects: BTreeMap::new(),
            hosts: self.hosts.intersection(&other.hosts).cloned().collect(),
            channels: self
                .channels
                .intersection(&other.channels)
                .cloned()
                .collect(),
            store: self.store.min(other.store),
        };
        for (object, verbs) in &self.objects {
            for (verb, fields) in verbs {
                if let Some(theirs) = other.fields(object, *verb) {
                    met.add(object, *verb, &fields.meet(theirs));
                }
            }
        }
        met
    }

    pub(super) fn add(&mut self, object: &str, verb: RightVerb, fields: &Fields) {
        let verbs = self.objects.entry(object.to_owned()).or_default();
        verbs.entry(verb).or_insert_with(Fields::none).join(fields);
    }

    fn add_names<'a>(
        &mut self,
        object: &str,
        verb: RightVerb,
        names: impl IntoIterator<Item = &'a str>,
    ) {
        let names = names.into_iter().map(str::to_owned).collect();
        self.add(object, verb, &Fields::Some(names));
    }

    fn add_need(&mut self, need: &Need) {
        self.hosts
            .extend(need.host.iter().map(|host| host.to_ascii_lowercase()));
        self.channels.extend(need.channel.clone());
        self.store = self.store.max(need.store.unwrap_or(0));
        let Some(object) = &need.object else {
            return;
        };
        let fields = match &need.fields {
            None => Fields::all(),
            Some(fields) => Fields::Some(fields.iter().cloned().collect()),
        };
        for verb in &need.verbs {
            self.add(object, *verb, &fields);
        }
    }

    /// What a hook shows and takes by what it declares.
    fn add_hook(&mut self, hook: &Hook) {
        if hook.point.has_no_object() {
            return;
        }
        let bare = |name: &str| !matches!(name, "id" | "revision");
        let reads = hook
            .reads
            .iter()
            .map(|name| name.strip_prefix("old.").unwrap_or(name))
            .filter(|name| bare(name));
        // That a field changed is told by the call itself.
        let told = hook.wakes().into_iter().chain(hook.credit.as_deref());
        self.add_names(&hook.object, RightVerb::Read, reads.chain(told));
        if !hook.writes.is_empty() {
            let writes = hook.writes.iter().map(String::as_str);
            self.add_names(&hook.object, RightVerb::Update, writes);
        }
    }
}

impl Manifest {
    /// Everything that the plugin needs: what it says, and what its hooks and effects imply.
    pub(crate) fn rights(&self) -> Rights {
        let mut rights = Rights::default();
        self.needs.iter().for_each(|need| rights.add_need(need));
        self.hooks.iter().for_each(|hook| rights.add_hook(hook));
        for effect in &self.effects {
            let fields = effect.fields.iter().map(String::as_str);
            rights.add_names(&effect.object, effect.verb.into(), fields);
        }
        rights
    }
}

/// The most that a plugin may keep in its own store.
const MOST_STORE: u64 = 64 << 20;

impl Need {
    /// `needs lead`.
    pub(super) fn place(&self) -> String {
        let named = [&self.object, &self.host, &self.channel];
        let name = named.into_iter().flatten().next();
        format!("needs {}", name.map_or("store", String::as_str))
    }

    pub(super) fn check(&self, faults: &mut Faults) {
        let mut fault = |message: &str| faults.add(&self.place(), "manifest", message);
        let named = [
            self.object.is_some(),
            self.host.is_some(),
            self.channel.is_some(),
            self.store.is_some(),
        ];
        if named.iter().filter(|named| **named).count() != 1 {
            fault("a need names one thing: an object, a host, a channel or store");
        }
        match &self.object {
            Some(_) if self.verbs.is_empty() => {
                fault("say with verbs what it does: read, create, update, delete");
            }
            None if !self.verbs.is_empty() || self.fields.is_some() => {
                fault("verbs and fields belong to a need of an object");
            }
            _ => {}
        }
        let is_host = |host: &String| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
            (1..=253).contains(&host.len()) && host.bytes().all(plain)
        };
        if !self.host.as_ref().is_none_or(is_host) {
            fault("a host is a name such as api.example.com, without scheme, port and path");
        }
        if self
            .store
            .is_some_and(|bytes| bytes == 0 || bytes > MOST_STORE)
        {
            fault("store is a number of bytes between 1 and 67,108,864");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MANIFEST: &str = r#"
        id = "call-list"
        version = "0.1.0"
        contract = "0.1"
        on-failure = "skip"
        [[needs]]
        object = "account"
        verbs = ["read", "delete"]
        why = { en = "To find debtors", fa = "برای یافتن بدهکاران", ar = "للعثور على المدينين" }
        [[needs]]
        host = "API.example.com"
        [[needs]]
        channel = "sms"
        [[needs]]
        store = 4096
        [[hook]]
        point = "before-save"
        name = "lead"
        object = "lead"
        reads = ["id", "old.phone", "company"]
        wakes = ["email"]
        writes = ["description"]
        [[effect]]
        object = "activity"
        verb = "create"
        fields = ["subject"]
    "#;

    fn rights() -> Rights {
        Manifest::parse(MANIFEST).unwrap().rights()
    }

    #[test]
    fn what_hooks_and_effects_declare_is_needed_without_saying_it_twice() {
        let rights = rights();
        for field in ["id", "phone", "company", "email"] {
            assert!(rights.may_read("lead", field), "{field}");
        }
        assert!(!rights.may_read("lead", "budget"));
        assert!(rights.may_update("lead", "description") && !rights.may_update("lead", "phone"));
        assert!(rights.may_create_with("activity", "subject"));
        assert!(!rights.may_create_with("activity", "owner") && !rights.may_create("lead"));
        assert!(!rights.may_see("activity") && !rights.may_read("activity", "id"));
    }

    #[test]
    fn what_is_needed_of_an_object_without_fields_is_all_of_them() {
        let rights = rights();
        assert!(rights.may_read("account", "any_field") && rights.may_delete("account"));
        assert!(!rights.may_update("account", "name"));
        assert!(rights.may_call("api.EXAMPLE.com") && !rights.may_call("example.com"));
        assert!(rights.may_send("sms") && !rights.may_send("email"));
        assert_eq!(rights.store_limit(), 4096);
    }

    #[test]
    fn what_holds_is_what_both_have() {
        let mut granted = rights();
        granted.objects.remove("account");
        granted.objects.get_mut("lead").unwrap().insert(
            RightVerb::Read,
            Fields::Some(["phone".to_owned(), "budget".to_owned()].into()),
        );
        granted.hosts.clear();
        granted.store = 100;
        let held = rights().meet(&granted);
        assert_eq!(held, granted.meet(&rights()));
        assert!(held.may_read("lead", "phone") && !held.may_read("lead", "company"));
        assert!(!held.may_read("lead", "budget") && !held.may_see("account"));
        assert!(!held.may_call("api.example.com") && held.may_send("sms"));
        assert_eq!(held.store_limit(), 100);
        assert_eq!(rights().meet(&rights()), rights());
    }

    #[test]
    fn rights_are_stored_and_read_again() {
        let text = serde_json::to_string(&rights()).unwrap();
        assert_eq!(serde_json::from_str::<Rights>(&text).unwrap(), rights());
    }

    #[test]
    fn a_need_that_says_nothing_or_too_much_is_a_fault() {
        for (from, to, word) in [
            (
                "object = \"account\"",
                "object = \"account\"\nhost = \"a\"",
                "names one thing",
            ),
            ("verbs = [\"read\", \"delete\"]", "", "say with verbs"),
            (
                "channel = \"sms\"",
                "channel = \"sms\"\nverbs = [\"read\"]",
                "belong to a need of an object",
            ),
            ("API.example.com", "https://example.com/", "without scheme"),
            ("store = 4096", "store = 0", "number of bytes"),
        ] {
            let error = Manifest::parse(&MANIFEST.replace(from, to)).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
