//! Do the objects and fields of a manifest exist, and which number has each column?
//!
//! Names end here: a bound hook knows its fields by number, and a guest its columns by place.

use serde_json::{Map, Value as Json};

use super::contract::{self, Kind};
use super::grants::Grants;
use super::manifest::{Faults, Hook, Manifest, Point};
use super::right::{Right, RightVerb};
use super::rights::Rights;
use crate::error::{Error, Failure};
use crate::hook::Interest;
use crate::schema::{FieldKind, Object, Schema, did_you_mean, system};

/// The column that says what became of the record.
pub(super) const VERB: &str = "verb";

/// Whether a column is of no field: every record has it, and it is shown to whoever may see the record.
pub(super) fn is_of_record(column: &str) -> bool {
    matches!(column, "id" | "revision" | VERB)
}

/// Where the value of a column comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Id,
    Revision,
    /// `create`, `update` or `delete`.
    Verb,
    Field(u32),
    /// The field before the change.
    Old(u32),
    /// The values of a field type.
    Given,
    /// A field that the administrator does not let it see: always absent.
    Withheld,
}

/// A column that a hook reads.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) source: Source,
}

/// A column that a hook may set.
#[derive(Clone, Debug)]
pub(super) struct Write {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) field: u32,
    pub(super) field_kind: FieldKind,
    /// What is missing for setting it, when the administrator does not let it.
    pub(super) refused: Option<String>,
}

/// A hook of the manifest with its columns found in the schema.
#[derive(Clone, Debug)]
pub(super) struct BoundHook {
    /// What the guest is called with.
    pub(super) number: u16,
    pub(super) declared: Hook,
    pub(super) reads: Vec<Read>,
    pub(super) writes: Vec<Write>,
    pub(super) interest: Interest,
    /// Gamification: the field that names whom the points go to.
    pub(super) credit: u32,
}

impl BoundHook {
    /// As the guest is told.
    pub(super) fn for_guest(&self) -> contract::Hook {
        contract::Hook {
            number: self.number,
            point: self.declared.point.name().to_owned(),
            name: self.declared.name.clone(),
            object: self.declared.object.clone(),
            reads: self
                .reads
                .iter()
                .map(|column| contract::Column {
                    name: column.name.clone(),
                    kind: column.kind,
                })
                .collect(),
            writes: self
                .writes
                .iter()
                .map(|column| contract::Column {
                    name: column.name.clone(),
                    kind: column.kind,
                })
                .collect(),
        }
    }
}

impl BoundHook {
    /// The hook within what the administrator grants. It does not wake on what it may not see; one that would never wake
    /// on a change any more is a fault, since a guard that is never asked is none.
    fn granted(mut self, grants: &Grants, schema: &Schema, faults: &mut Faults) -> Option<Self> {
        let rights = grants.rights();
        let (point, object) = (self.declared.point, self.declared.object.clone());
        if point.has_no_object() {
            return Some(self);
        }
        let place = format!("hook {}", self.declared.title());
        for column in &mut self.reads {
            let name = column.name.strip_prefix("old.").unwrap_or(&column.name);
            if !rights.may_read(&object, name) {
                column.source = Source::Withheld;
            }
        }
        for column in &mut self.writes {
            if !rights.may_update(&object, &column.name) {
                let right = Right::record(RightVerb::Update, &object, Some(&column.name));
                column.refused = Some(grants.missing(&right));
            }
        }
        let bound = schema.object(&object)?;
        let sees = |number: &u32| {
            let field = bound.field_by_number(*number);
            field.is_some_and(|field| rights.may_read(&object, &field.name))
        };
        let was_woken = !self.interest.wakes.is_empty();
        let unseen = self.interest.wakes.iter().find(|number| !sees(number));
        let unseen = unseen.and_then(|number| bound.field_by_number(*number));
        let seen_none = !rights.may_see(&object);
        let credit = self.declared.credit.as_deref();
        let credit = credit.filter(|field| !rights.may_read(&object, field));
        let field = credit.or_else(|| unseen.map(|field| field.name.as_str()));
        let missing = Right::record(RightVerb::Read, &object, field.filter(|_| !seen_none));
        self.interest.wakes.retain(sees);
        let why = if seen_none {
            Some("it is asked about records that it may not see")
        } else if was_woken && self.interest.wakes.is_empty() && point.wakes_on_changes() {
            Some("it wakes only on fields that it may not see, so that it would never be asked")
        } else if credit.is_some() {
            Some("its points go to whom it may not see")
        } else {
            None
        };
        if let Some(why) = why {
            faults.add(
                &place,
                "grant",
                format!("{why}: {}, or disable the plugin", grants.command(&missing)),
            );
        }
        Some(self)
    }
}

impl Manifest {
    /// Everything that does not fit a schema which does not have the plugin's fields yet.
    pub(crate) fn check(&self, schema: &Schema) -> Result<(), Error> {
        let schema = self.schema_with_fields(schema)?;
        self.bind(&schema, &Grants::new(self, None, &schema))
            .map(|_| ())
    }

    /// The hooks with their columns, in a schema that has the plugin's fields. What is not granted stays a column, so
    /// that a guest needs no other code for it: what may not be read is always absent, what may not be set is refused
    /// when it is set.
    pub(super) fn bind(&self, schema: &Schema, grants: &Grants) -> Result<Vec<BoundHook>, Error> {
        let mut faults = Faults::default();
        let mut bound = Vec::with_capacity(self.hooks.len());
        for (hook, number) in self.hooks.iter().zip(0_u16..) {
            bound.extend(
                bind_hook(&self.id, hook, number, schema, &mut faults)
                    .and_then(|hook| hook.granted(grants, schema, &mut faults)),
            );
        }
        for workflow in &self.workflows {
            let place = format!("workflow {}", workflow.name);
            if let Some(object) = object(schema, &workflow.object, &place, &mut faults) {
                for name in &workflow.wakes {
                    field_number(object, name, &place, &mut faults);
                }
            }
            let asked = Rights::of_workflow(workflow).list().into_iter();
            let missing = asked.filter(|right| !grants.rights().has(right));
            for right in missing {
                let command = grants.command(&right);
                let why = "which records it is about depends on what the plugin may not see";
                faults.add(
                    &place,
                    "grant",
                    format!("{why}: {command}, or disable the plugin"),
                );
            }
        }
        for grant in &self.effects {
            let place = format!("effect {} {}", grant.verb.name(), grant.object);
            if let Some(object) = object(schema, &grant.object, &place, &mut faults) {
                for name in &grant.fields {
                    field_number(object, name, &place, &mut faults);
                }
            }
        }
        for need in &self.needs {
            let place = need.place();
            if let Some(object) = need
                .object
                .as_ref()
                .and_then(|name| object(schema, name, &place, &mut faults))
            {
                for name in need.fields.iter().flatten() {
                    field_number(object, name, &place, &mut faults);
                }
            }
        }
        self.check_records(schema, &mut faults);
        faults.into_result(&self.id)?;
        Ok(bound)
    }
}

pub(super) fn object<'s>(
    schema: &'s Schema,
    name: &str,
    place: &str,
    faults: &mut Faults,
) -> Option<&'s Object> {
    let found = schema.object(name);
    if found.is_none() {
        let near = did_you_mean(name, schema.objects().map(|object| object.name.as_str()));
        faults.add(
            place,
            "unknown-object",
            format!("there is no object '{name}'{near}"),
        );
    }
    found.map(|object| &**object)
}

fn field_number(object: &Object, name: &str, place: &str, faults: &mut Faults) -> Option<u32> {
    let found = object.field(name);
    if found.is_none() {
        faults.add(place, "unknown-field", object.unknown_field(name));
    }
    found.map(|field| field.number)
}

fn bind_hook(
    plugin: &str,
    hook: &Hook,
    number: u16,
    schema: &Schema,
    faults: &mut Faults,
) -> Option<BoundHook> {
    let place = format!("hook {}", hook.title());
    if hook.point.has_no_object() {
        let is_type = hook.point == Point::FieldType;
        let reads = vec![Read {
            name: "value".to_owned(),
            kind: Kind::Text,
            source: Source::Given,
        }];
        let writes = vec![Write {
            name: "value".to_owned(),
            kind: Kind::Text,
            field: 0,
            field_kind: FieldKind::Text,
            refused: None,
        }];
        let interest = Interest {
            object: String::new(),
            verbs: Vec::new(),
            wakes: Vec::new(),
        };
        return Some(BoundHook {
            number,
            declared: hook.clone(),
            reads: if is_type { reads } else { Vec::new() },
            writes: if is_type { writes } else { Vec::new() },
            interest,
            credit: 0,
        });
    }
    let object = object(schema, &hook.object, &place, faults)?;
    let reads = hook
        .reads
        .iter()
        .filter_map(|name| read(object, name, &place, faults))
        .collect();
    let writes = hook
        .writes
        .iter()
        .filter_map(|name| write(plugin, hook.point, object, name, &place, faults))
        .collect();
    let wakes = hook
        .wakes()
        .into_iter()
        .filter_map(|name| field_number(object, name, &place, faults))
        .collect();
    let interest = Interest {
        object: hook.object.clone(),
        verbs: hook.verbs(),
        wakes,
    };
    let credit = hook
        .credit
        .as_deref()
        .and_then(|name| credit(object, name, &place, faults))
        .unwrap_or(0);
    Some(BoundHook {
        number,
        declared: hook.clone(),
        reads,
        writes,
        interest,
        credit,
    })
}

fn read(object: &Object, name: &str, place: &str, faults: &mut Faults) -> Option<Read> {
    let (kind, source) = match (name, name.strip_prefix("old.")) {
        ("id", _) => (Kind::Text, Source::Id),
        ("revision", _) => (Kind::Integer, Source::Revision),
        (VERB, _) => (Kind::Text, Source::Verb),
        (_, old) => {
            let number = field_number(object, old.unwrap_or(name), place, faults)?;
            let kind = Kind::of(&object.field_by_number(number)?.kind);
            (
                kind,
                if old.is_some() {
                    Source::Old(number)
                } else {
                    Source::Field(number)
                },
            )
        }
    };
    Some(Read {
        name: name.to_owned(),
        kind,
        source,
    })
}

fn write(
    plugin: &str,
    point: Point,
    object: &Object,
    name: &str,
    place: &str,
    faults: &mut Faults,
) -> Option<Write> {
    let number = field_number(object, name, place, faults)?;
    let field = object.field_by_number(number)?;
    let is_own = field.brought_by.as_deref() == Some(plugin);
    if field.is_rollup() || field.number < system::FIRST_DECLARED {
        faults.add(
            place,
            "manifest",
            format!(
                "{}.{name} is kept by the engine and cannot be written",
                object.name
            ),
        );
    } else if let (Some(other), false) = (&field.brought_by, is_own) {
        faults.add(
            place,
            "manifest",
            format!(
                "{}.{name} belongs to plugin {other}; bring a field of your own",
                object.name
            ),
        );
    } else if field.read_only && !is_own && point == Point::BeforeSave {
        faults.add(
            place,
            "manifest",
            format!("{}.{name} is read-only", object.name),
        );
    }
    Some(Write {
        name: name.to_owned(),
        kind: Kind::of(&field.kind),
        field: number,
        field_kind: field.kind.clone(),
        refused: None,
    })
}

fn credit(object: &Object, name: &str, place: &str, faults: &mut Faults) -> Option<u32> {
    let number = field_number(object, name, place, faults)?;
    match &object.field_by_number(number)?.kind {
        FieldKind::Reference { to, .. } if to.iter().any(|target| target == "user") => Some(number),
        other => {
            faults.add(
                place,
                "manifest",
                format!(
                    "points cannot go to {}.{name}: it is a {} field that names no user",
                    object.name,
                    other.name()
                ),
            );
            None
        }
    }
}

/// The administrator's settings over the manifest's defaults, or everything that is wrong with them.
pub(crate) fn check_settings(
    manifest: &Manifest,
    given: &Map<String, Json>,
) -> Result<Map<String, Json>, Vec<Failure>> {
    let mut failures = Vec::new();
    let mut settings = Map::new();
    for name in given
        .keys()
        .filter(|name| !manifest.settings.contains_key(*name))
    {
        let near = did_you_mean(name, manifest.settings.keys().map(String::as_str));
        failures.push(Failure::field(
            name,
            "unknown-setting",
            format!("plugin {} has no setting '{name}'{near}", manifest.id),
        ));
    }
    for (name, setting) in &manifest.settings {
        match given
            .get(name)
            .filter(|value| !value.is_null())
            .or(setting.default.as_ref())
        {
            None => failures.push(Failure::field(
                name,
                "required",
                format!("plugin {} needs the setting '{name}': set it", manifest.id),
            )),
            Some(value) => match setting.read(value) {
                Ok(value) => drop(settings.insert(name.clone(), value)),
                Err(message) => failures.push(Failure::field(
                    name,
                    "setting",
                    format!("the setting '{name}' of plugin {}: {message}", manifest.id),
                )),
            },
        }
    }
    if failures.is_empty() {
        Ok(settings)
    } else {
        Err(failures)
    }
}
