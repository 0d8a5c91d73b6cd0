//! Does a process fit the schema and the records there are, and can every record come to an end?

use std::collections::{BTreeMap, BTreeSet};

use super::definition::{Deadline, ProcessDefinition, Responsible, Step};
use super::fields;
use crate::error::{Failure, Result};
use crate::query::{self, Filter, Query, QueryTime, Reader};
use crate::record::Value;
use crate::schema::{FieldKind, Object, SchemaChange, did_you_mean};
use crate::view::DefinitionError;

const MOST_STEPS: usize = 200;
const LONGEST_KEY: usize = 60;

/// A role, team or other record that is there by the time that a process is: its object and its key.
pub(crate) type Coming = (String, String);

struct Faults<'a> {
    reader: &'a Reader,
    time: QueryTime,
    coming: &'a [Coming],
    found: Vec<Failure>,
}

/// Everything in a process that does not fit, each with its place.
pub(super) fn faults(
    definition: &ProcessDefinition,
    reader: &Reader,
    time: QueryTime,
) -> Result<Vec<Failure>> {
    faults_with(definition, reader, time, &[])
}

/// The same where some of what it names comes along with it.
pub(super) fn faults_with(
    definition: &ProcessDefinition,
    reader: &Reader,
    time: QueryTime,
    coming: &[Coming],
) -> Result<Vec<Failure>> {
    let mut faults = Faults {
        reader,
        time,
        coming,
        found: Vec::new(),
    };
    faults.shape(definition);
    faults.ways(definition);
    let schema = &reader.schema;
    match schema.object(&definition.object) {
        Some(object) => faults.fit(definition, object)?,
        None => {
            let known = schema.objects().map(|object| object.name.as_str());
            let near = did_you_mean(&definition.object, known);
            faults.add(
                "object",
                format!("there is no object '{}'{near}", definition.object),
            );
        }
    }
    Ok(faults.found)
}

impl Faults<'_> {
    fn add(&mut self, path: &str, message: impl Into<String>) {
        let fault = DefinitionError::at(path, message);
        self.found.push(fault.into_failure());
    }

    /// Keys, and what belongs together.
    fn shape(&mut self, definition: &ProcessDefinition) {
        let count = definition.steps.len();
        if count == 0 || count > MOST_STEPS {
            self.add(
                "steps",
                format!("there are {count}; a process has 1 to {MOST_STEPS}"),
            );
        }
        let mut keys = BTreeSet::new();
        for (place, step) in definition.steps.iter().enumerate() {
            let path = format!("steps[{place}]");
            if !is_key(&step.key) {
                let message = format!(
                    "'{}' is not a key: use letters, digits, - and _, at most {LONGEST_KEY}",
                    step.key
                );
                self.add(&format!("{path}.key"), message);
            }
            if !keys.insert(step.key.as_str()) {
                let message = format!("there is a step '{}' already", step.key);
                self.add(&format!("{path}.key"), message);
            }
            let counts_business = matches!(step.deadline, Some(Deadline::BusinessDays(_)));
            if counts_business && definition.weekend.is_empty() {
                let message =
                    "business days need calendar.weekend, such as [\"thursday\", \"friday\"]";
                self.add(&format!("{path}.deadline"), message);
            }
            if step.next.is_empty() && step.outcome.is_none() {
                let message = format!(
                    "'{}' leads nowhere; give it next steps, or an outcome",
                    step.key
                );
                self.add(&path, message);
            }
        }
        let weekend: BTreeSet<u32> = definition
            .weekend
            .iter()
            .map(|day| day.num_days_from_monday())
            .collect();
        if weekend.len() == 7 {
            self.add(
                "calendar.weekend",
                "no day of the week is left for business",
            );
        }
        if count > 0 && definition.steps.iter().all(|step| step.outcome.is_none()) {
            self.add("steps", "no step has an outcome, so that nothing ever ends");
        }
    }

    /// Where steps lead, and whether every one can be reached.
    fn ways(&mut self, definition: &ProcessDefinition) {
        for (place, step) in definition.steps.iter().enumerate() {
            let mut targets = BTreeSet::new();
            for (next, transition) in step.next.iter().enumerate() {
                let path = format!("steps[{place}].next[{next}]");
                self.known_step(&path, definition, &transition.to);
                if transition.to == step.key {
                    self.add(&path, format!("'{}' leads to itself", step.key));
                }
                if !targets.insert(&transition.to) {
                    let message = format!(
                        "'{}' leads to '{}' twice; put the conditions together with or()",
                        step.key, transition.to
                    );
                    self.add(&path, message);
                }
            }
        }
        for (place, start) in definition.start.iter().enumerate() {
            self.known_step(&format!("start[{place}]"), definition, &start.step);
        }
        let always = |start: &super::definition::Start| start.when.is_everything();
        if !definition.start.is_empty() && !definition.start.iter().any(always) {
            self.add(
                "start",
                "a record for which no condition holds could not begin; add a step without one",
            );
        }
        for (from, to) in &definition.moved {
            if definition.step(from).is_some() {
                let message =
                    format!("'{from}' is a step still; only steps that are gone are moved");
                self.add("moved", message);
            }
            self.known_step(&format!("moved.{from}"), definition, to);
        }
        let reached = reached(definition);
        for (place, step) in definition.steps.iter().enumerate() {
            if !reached.contains(step.key.as_str()) {
                let message = format!("no step leads to '{}', and nothing begins there", step.key);
                self.add(&format!("steps[{place}]"), message);
            }
        }
    }

    fn known_step(&mut self, path: &str, definition: &ProcessDefinition, key: &str) {
        if definition.step(key).is_none() {
            let known = definition.steps.iter().map(|step| step.key.as_str());
            let near = did_you_mean(key, known);
            self.add(path, format!("there is no step '{key}'{near}"));
        }
    }

    /// What it names of the schema and of the firm.
    fn fit(&mut self, definition: &ProcessDefinition, object: &Object) -> Result<()> {
        if object.name == super::declared::OBJECT {
            self.add("object", "a process is not in a process itself");
        }
        match fields::lacking(object, definition) {
            // What steps are called in lists is no condition of anything.
            Ok(lacking)
                if lacking
                    .iter()
                    .all(|change| matches!(change, SchemaChange::LabelOptions { .. })) => {}
            Ok(_) => self.add(
                "object",
                format!(
                    "{} has no fields yet that say how far a record is; `peyvand process put`, or `Session::put_process`, adds them",
                    object.name
                ),
            ),
            Err(message) => self.add("object", message),
        }
        self.filter("filter", object, &definition.filter);
        for (place, start) in definition.start.iter().enumerate() {
            self.filter(&format!("start[{place}].when"), object, &start.when);
        }
        for (place, step) in definition.steps.iter().enumerate() {
            self.step(&format!("steps[{place}]"), object, step)?;
        }
        Ok(())
    }

    fn step(&mut self, path: &str, object: &Object, step: &Step) -> Result<()> {
        for (place, required) in step.required.iter().enumerate() {
            let path = format!("{path}.required[{place}]");
            match object.field(&required.field) {
                None => self.add(&path, object.unknown_field(&required.field)),
                Some(field) if field.is_rollup() => {
                    self.add(
                        &path,
                        format!("{} is a total, and is always there", field.name),
                    );
                }
                Some(_) => {}
            }
            self.filter(&format!("{path}.when"), object, &required.when);
        }
        for (place, document) in step.documents.iter().enumerate() {
            let path = format!("{path}.documents[{place}]");
            self.option(&path, "document_type", Some(&document.document_type));
            self.option(&path, "state", document.state.as_deref());
            self.filter(&format!("{path}.when"), object, &document.when);
        }
        self.keys(&format!("{path}.roles"), "role", &step.roles)?;
        for (place, responsible) in step.responsible.iter().enumerate() {
            let path = format!("{path}.responsible[{place}]");
            self.filter(&format!("{path}.when"), object, &responsible.when);
            self.responsible(&path, object, responsible)?;
        }
        for (place, transition) in step.next.iter().enumerate() {
            let path = format!("{path}.next[{place}]");
            self.filter(&format!("{path}.when"), object, &transition.when);
            self.keys(&format!("{path}.roles"), "role", &transition.roles)?;
        }
        Ok(())
    }

    fn option(&mut self, path: &str, field: &str, option: Option<&str>) {
        let Some(option) = option else { return };
        let document = self.reader.schema.object("document");
        let options = document.and_then(|document| document.field(field));
        let options = options.map_or(&[][..], |field| field.options());
        if !options.iter().any(|known| known == option) {
            let near = did_you_mean(option, options.iter().map(String::as_str));
            let message = format!("document.{field} has no option '{option}'{near}");
            self.add(path, message);
        }
    }

    fn responsible(&mut self, path: &str, object: &Object, who: &Responsible) -> Result<()> {
        let of = |name: &str, keys: &Option<String>| (name.to_owned(), keys.clone());
        for (name, key) in [of("role", &who.role), of("team", &who.team)] {
            self.keys(path, &name, key.as_slice())?;
        }
        let leads = |name: &str, fits: &dyn Fn(&str) -> bool| match object.field(name) {
            None => Some(object.unknown_field(name)),
            Some(field) => match &field.kind {
                FieldKind::Reference { to, .. } if to.iter().all(|to| fits(to)) => None,
                _ => Some(format!("{name} does not lead to one")),
            },
        };
        if let Some(field) = &who.field
            && let Some(message) = leads(field, &|to| to == "user")
        {
            self.add(path, format!("field: a user is wanted; {message}"));
        }
        let schema = &self.reader.schema;
        let has_manager = |to: &str| {
            let manager = schema.object(to).and_then(|object| object.field("manager"));
            manager.is_some_and(|field| field.kind.refers_to("user"))
        };
        if let Some(field) = &who.manager_of
            && let Some(message) = leads(field, &has_manager)
        {
            let message = format!("manager_of: something with a manager is wanted; {message}");
            self.add(path, message);
        }
        Ok(())
    }

    /// Roles and teams are named by keys, and a mistyped one would shut everybody out.
    fn keys(&mut self, path: &str, object: &str, keys: &[String]) -> Result<()> {
        let reader = self.reader;
        let Some(of) = reader.schema.object(object) else {
            return Ok(());
        };
        let Some(field) = of.natural_key() else {
            return Ok(());
        };
        for key in keys {
            let comes = |(of, with): &Coming| of == object && with == key;
            let value = Value::Text(key.as_str().into());
            if !self.coming.iter().any(comes)
                && reader.by_unique(of, field.number, &value)?.is_none()
            {
                self.add(path, format!("there is no {object} '{key}'; make it first"));
            }
        }
        Ok(())
    }

    fn filter(&mut self, path: &str, object: &Object, filter: &Filter) {
        if filter.is_everything() {
            return;
        }
        let query = Query::new(&object.name).filter(filter.clone());
        if let Err(error) = query::check(self.reader, &query, &self.time) {
            self.add(path, error.to_string());
        }
        let mut names = BTreeSet::new();
        filter.each_field(&mut |name| names.extend([name]));
        for name in names {
            if object.field(name).is_some_and(|field| field.is_rollup()) {
                let message =
                    format!("{name} is a total, which is not known while a record is saved");
                self.add(path, message);
            }
        }
    }
}

fn is_key(key: &str) -> bool {
    (1..=LONGEST_KEY).contains(&key.len())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The steps that some record can come to.
fn reached(definition: &ProcessDefinition) -> BTreeSet<&str> {
    let ways: BTreeMap<&str, &Step> = definition
        .steps
        .iter()
        .map(|step| (step.key.as_str(), step))
        .collect();
    let mut waiting: Vec<&str> = definition
        .start
        .iter()
        .map(|one| one.step.as_str())
        .collect();
    if waiting.is_empty() {
        waiting.extend(definition.steps.first().map(|step| step.key.as_str()));
    }
    waiting.extend(definition.moved.values().map(String::as_str));
    let mut reached = BTreeSet::new();
    while let Some(key) = waiting.pop() {
        if let Some(step) = ways.get(key).filter(|_| reached.insert(key)) {
            waiting.extend(step.next.iter().map(|transition| transition.to.as_str()));
        }
    }
    reached
}
