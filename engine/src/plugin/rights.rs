//! What may a plugin do?
//!
//! A manifest says what the plugin needs; an administrator may grant less. What holds is what both have, and it is asked
//! in one place: here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub(super) use super::check::is_of_record;
use super::right::{Right, RightVerb};

/// Stands for every field in a right, those included that the object gains later.
const ALL: &str = "*";

/// Some fields of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Fields {
    Some(BTreeSet<String>),
    /// Written as `true`.
    All(bool),
}

impl Fields {
    pub(super) fn all() -> Self {
        Self::All(true)
    }

    pub(super) fn none() -> Self {
        Self::Some(BTreeSet::new())
    }

    pub(super) fn has(&self, field: &str) -> bool {
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
            .is_some_and(|fields| is_of_record(field) || fields.has(field))
    }

    /// Whether it may be shown records of an object at all.
    pub(crate) fn may_see(&self, object: &str) -> bool {
        self.fields(object, RightVerb::Read).is_some()
    }

    /// Whether it may change a field of a record that is there.
    pub(crate) fn may_update(&self, object: &str, field: &str) -> bool {
        self.may(RightVerb::Update, object, Some(field))
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

    /// Takes up what another has.
    pub(super) fn join(&mut self, more: &Self) {
        for (object, verbs) in &more.objects {
            for (verb, fields) in verbs {
                self.add(object, *verb, fields);
            }
        }
        self.hosts.extend(more.hosts.iter().cloned());
        self.channels.extend(more.channels.iter().cloned());
        self.store = self.store.max(more.store);
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

    /// Every right for itself: a field, all fields as `*`, or the record where no field is named.
    pub(crate) fn list(&self) -> Vec<Right> {
        let mut list = Vec::new();
        for (object, verbs) in &self.objects {
            for (verb, fields) in verbs {
                let right = |field: Option<&String>| Right::Record {
                    verb: *verb,
                    object: object.clone(),
                    field: field.cloned(),
                };
                match fields {
                    Fields::Some(fields) if !fields.is_empty() => {
                        list.extend(fields.iter().map(|field| right(Some(field))));
                    }
                    Fields::All(true) => list.push(right(Some(&ALL.to_owned()))),
                    _ => list.push(right(None)),
                }
            }
        }
        list.extend(self.hosts.iter().cloned().map(Right::Call));
        list.extend(self.channels.iter().cloned().map(Right::Send));
        list.extend((self.store > 0).then_some(Right::Keep(self.store)));
        list
    }

    /// Whether a right of [`Rights::list`] is here as well.
    pub(crate) fn has(&self, right: &Right) -> bool {
        match right {
            Right::Record {
                verb,
                object,
                field,
            } => self.may(*verb, object, field.as_deref()),
            Right::Call(host) => self.may_call(host),
            Right::Send(channel) => self.may_send(channel),
            Right::Keep(bytes) => self.store >= *bytes,
        }
    }

    /// Adds a right, as far as it is needed.
    pub(crate) fn give(&mut self, right: &Right, needed: &Self) -> Result<(), String> {
        let unneeded = || Err(format!("the plugin does not need '{right}'"));
        match right {
            Right::Record {
                verb,
                object,
                field,
            } => match (needed.fields(object, *verb), field) {
                (Some(fields), None) => self.add(object, *verb, fields),
                (Some(Fields::All(true)), Some(field)) if field == ALL => {
                    self.add(object, *verb, &Fields::all());
                }
                (Some(fields), Some(field)) if fields.has(field) => {
                    self.add_names(object, *verb, [field.as_str()]);
                }
                _ => return unneeded(),
            },
            Right::Call(host) if needed.hosts.contains(host) => {
                self.hosts.insert(host.clone());
            }
            Right::Send(channel) if needed.channels.contains(channel) => {
                self.channels.insert(channel.clone());
            }
            Right::Keep(bytes) if *bytes <= needed.store => self.store = *bytes,
            _ => return unneeded(),
        }
        Ok(())
    }

    /// Takes a right away. `all` are the names of the object's fields, for a right that holds for all of them: what the
    /// object gains later is not among them.
    pub(crate) fn withhold<'a>(
        &mut self,
        right: &Right,
        all: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), String> {
        let taken = match right {
            Right::Record {
                verb,
                object,
                field,
            } => self.withhold_record(*verb, object, field.as_deref(), all),
            Right::Call(host) => self.hosts.remove(host),
            Right::Send(channel) => self.channels.remove(channel),
            Right::Keep(_) => std::mem::take(&mut self.store) > 0,
        };
        match taken {
            true => Ok(()),
            false => Err(format!("the plugin does not have '{right}'")),
        }
    }

    fn withhold_record<'a>(
        &mut self,
        verb: RightVerb,
        object: &str,
        field: Option<&str>,
        all: impl IntoIterator<Item = &'a str>,
    ) -> bool {
        let Some(verbs) = self.objects.get_mut(object) else {
            return false;
        };
        let Some(field) = field.filter(|field| *field != ALL) else {
            return verbs.remove(&verb).is_some();
        };
        let Some(fields) = verbs.get_mut(&verb) else {
            return false;
        };
        if *fields == Fields::all() {
            *fields = Fields::Some(all.into_iter().map(str::to_owned).collect());
        }
        let (taken, empty) = match fields {
            Fields::Some(fields) => (fields.remove(field), fields.is_empty()),
            Fields::All(_) => (false, false),
        };
        if empty && verb == RightVerb::Update {
            verbs.remove(&verb);
        }
        taken
    }

    pub(super) fn add(&mut self, object: &str, verb: RightVerb, fields: &Fields) {
        let verbs = self.objects.entry(object.to_owned()).or_default();
        verbs.entry(verb).or_insert_with(Fields::none).join(fields);
    }

    pub(super) fn add_names<'a>(
        &mut self,
        object: &str,
        verb: RightVerb,
        names: impl IntoIterator<Item = &'a str>,
    ) {
        let names = names.into_iter().map(str::to_owned).collect();
        self.add(object, verb, &Fields::Some(names));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::manifest::Manifest;
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
        assert!(rights.may(RightVerb::Create, "activity", Some("subject")));
        assert!(
            !rights.may(RightVerb::Create, "activity", Some("owner"))
                && !rights.may(RightVerb::Create, "lead", None)
        );
        assert!(!rights.may_see("activity") && !rights.may_read("activity", "id"));
    }

    #[test]
    fn what_is_needed_of_an_object_without_fields_is_all_of_them() {
        let rights = rights();
        assert!(
            rights.may_read("account", "any_field")
                && rights.may(RightVerb::Delete, "account", None)
        );
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
    fn every_right_is_written_read_taken_and_given_again() {
        for right in rights().list() {
            assert_eq!(right.to_string().parse::<Right>().unwrap(), right);
            let mut less = rights();
            assert!(less.has(&right));
            less.withhold(&right, ["name", "phone"]).unwrap();
            assert!(!less.has(&right), "{right}");
            assert!(less.withhold(&right, []).is_err(), "{right}");
            less.give(&right, &rights()).unwrap();
            assert_eq!(less, rights(), "{right}");
        }
    }

    #[test]
    fn of_all_fields_one_can_be_withheld_and_nothing_is_given_that_is_not_needed() {
        let mut less = rights();
        let phone: Right = "read account.phone".parse().unwrap();
        less.withhold(&phone, ["name", "phone"]).unwrap();
        assert!(less.may_read("account", "name") && !less.may_read("account", "phone"));
        let named = Rights::meet(&rights(), &less);
        assert!(
            !named.has(&"read account.*".parse().unwrap()),
            "some are not all"
        );
        for more in [
            "read contact",
            "update lead.phone",
            "call evil.example",
            "keep 5000",
        ] {
            let error = less.give(&more.parse().unwrap(), &rights()).unwrap_err();
            assert!(error.contains(more), "{error}");
        }
        for nonsense in ["read", "eat lead", "keep much", ""] {
            assert!(nonsense.parse::<Right>().is_err(), "{nonsense}");
        }
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
