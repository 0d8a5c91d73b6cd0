//! What does a plugin need, by its manifest?

use serde::Deserialize;

use super::check::is_of_record;
use super::manifest::{Faults, Hook, Manifest};
use super::right::{Right, RightVerb};
use super::rights::{Fields, Rights};
use crate::query::Filter;
use crate::schema::Labels;
use crate::workflow::Workflow;

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

impl Rights {
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
        let bare = |name: &str| !is_of_record(name);
        let reads = hook
            .reads
            .iter()
            .map(|name| name.strip_prefix("old.").unwrap_or(name))
            .filter(|name| bare(name));
        // That a field changed is told by the call itself, and whom points go to by the awards.
        let reads = reads.chain(hook.wakes()).chain(hook.credit.as_deref());
        self.add_names(&hook.object, RightVerb::Read, reads);
        if !hook.writes.is_empty() {
            let writes = hook.writes.iter().map(String::as_str);
            self.add_names(&hook.object, RightVerb::Update, writes);
        }
    }
}

impl Rights {
    /// Which records a workflow is about tells of what its filter asks, and when it is about them of what wakes it.
    pub(super) fn of_workflow(workflow: &Workflow) -> Self {
        let mut rights = Self::default();
        // One that cannot be read is a fault of its own.
        let filter = Filter::parse(&workflow.filter).unwrap_or_else(|_| Filter::everything());
        let mut names: Vec<&str> = workflow.wakes.iter().map(String::as_str).collect();
        filter.each_field(&mut |name| names.push(name));
        names.retain(|name| !is_of_record(name));
        rights.add_names(&workflow.object, RightVerb::Read, names);
        rights
    }
}

impl Manifest {
    /// Everything that the plugin needs: what it says, and what its hooks, workflows and effects imply.
    pub(crate) fn rights(&self) -> Rights {
        let mut rights = Rights::default();
        self.needs.iter().for_each(|need| rights.add_need(need));
        self.hooks.iter().for_each(|hook| rights.add_hook(hook));
        for workflow in &self.workflows {
            rights.join(&Rights::of_workflow(workflow));
        }
        for effect in &self.effects {
            let fields = effect.fields.iter().map(String::as_str);
            rights.add_names(&effect.object, effect.verb.into(), fields);
        }
        rights
    }

    /// What the manifest says a right is for, or nothing.
    pub(crate) fn why(&self, right: &Right) -> Labels {
        let is_for = |need: &&Need| {
            let mut rights = Rights::default();
            rights.add_need(need);
            rights.has(right)
        };
        let need = self.needs.iter().find(is_for);
        need.map_or_else(Labels::new, |need| need.why.clone())
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
