//! What comes of one test, and is it what was expected?

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::Duration;
use peyvand::{
    Committed, Decimal, Engine, Failure, FixedClock, Query, Record, RecordId, Request, SeededIds,
    Session,
};
use serde_json::{Map, Value as Json};

use super::file::{Made, Refused, Test, Tests};
use crate::fault::Fault;

/// Records of one object that are looked at.
const MOST: usize = 200;

/// A store in which one test runs.
struct Stage {
    session: Session,
    clock: Arc<FixedClock>,
    names: BTreeMap<String, RecordId>,
    /// `plugin:big-deal`: whom its effects are done as.
    actor: String,
}

/// What is not as expected; empty when all is.
pub(super) fn problems(tests: &Tests, test: &Test, component: &[u8]) -> Result<Vec<String>, Fault> {
    let mut stage = Stage::set(tests, component)?;
    let before = stage.made()?;
    let (of, done) = match stage.change(test) {
        Ok(change) => change,
        Err(problem) => return Ok(vec![problem]),
    };
    let mut problems = Vec::new();
    let committed = match (done, &test.expect.refused) {
        (Ok(committed), None) => Some(committed),
        (Ok(_), Some(_)) => return Ok(vec!["it was to be refused, and was not".to_owned()]),
        (Err(error), None) => return Ok(vec![format!("it was refused: {error}")]),
        (Err(error), Some(expected)) => {
            problems.extend(not_refused(expected, error.failures(), &error.to_string()));
            None
        }
    };
    let mut warnings = committed.map_or_else(Vec::new, |committed| committed.warnings);
    if let Some(days) = test.after_days {
        let now = tests.now() + Duration::days(days);
        stage.clock.set(now);
        warnings.extend(stage.session.engine().tick()?);
    }
    // A plugin that fails and is skipped leaves no warning, only a note on its bill.
    let bills = stage.session.engine().bills();
    warnings.extend(bills.into_iter().filter_map(|bill| bill.last_failure));
    problems.extend(unsaid(&warnings, test.expect.warns.as_deref()));
    if let Some(id) = of.filter(|_| test.expect.refused.is_none() && test.delete.is_none()) {
        stage.names.insert("it".to_owned(), id);
        let record = stage.session.get(id)?;
        problems.extend(stage.differences(&record, &test.expect.fields));
        let filled = test
            .expect
            .empty
            .iter()
            .filter(|field| record.get(field).is_some());
        problems.extend(filled.map(|field| format!("{field} is not empty")));
    }
    for (name, fields) in &test.expect.records {
        match stage.names.get(name) {
            Some(id) => problems.extend(stage.differences(&stage.session.get(*id)?, fields)),
            None => problems.push(format!("no given record is called {name}")),
        }
    }
    if let Some(expected) = &test.expect.effects {
        let made = stage
            .made()?
            .difference(&before)
            .copied()
            .collect::<Vec<_>>();
        problems.extend(stage.unmade(expected, &made)?);
    }
    Ok(problems)
}

impl Stage {
    fn set(tests: &Tests, component: &[u8]) -> Result<Self, Fault> {
        let clock = Arc::new(FixedClock::at(tests.now()));
        let engine = Engine::in_memory()
            .clock(clock.clone())
            .ids(Arc::new(SeededIds::new(1)));
        let session = engine.open()?.session();
        if !tests.schema.is_empty() {
            let _ = session.change_schema(tests.schema.clone())?;
        }
        let settings = Json::Object(tests.settings.clone());
        let plugin = session.install_unsigned_plugin(component, settings)?;
        let mut stage = Self {
            session,
            clock,
            names: BTreeMap::new(),
            actor: format!("plugin:{}", plugin.id),
        };
        for given in &tests.given {
            let fields = stage.resolved(&given.fields);
            let id = stage.session.create(&given.object, fields)?.id()?;
            stage.names.insert(given.name.clone(), id);
        }
        Ok(stage)
    }

    /// Makes the change; the record that it is about, and what came of it.
    fn change(
        &self,
        test: &Test,
    ) -> Result<(Option<RecordId>, peyvand::Result<Committed>), String> {
        let fields = self.resolved(&test.fields);
        let given = |name: &String| {
            self.names
                .get(name)
                .copied()
                .ok_or_else(|| format!("no given record is called {name}"))
        };
        match (&test.create, &test.update, &test.delete) {
            (Some(object), None, None) => {
                let done = self.session.create(object, fields);
                Ok((done.as_ref().ok().and_then(|done| done.id().ok()), done))
            }
            (None, Some(name), None) => Ok((
                Some(given(name)?),
                self.session.commit([Request::update(given(name)?, fields)]),
            )),
            (None, None, Some(name)) => Ok((Some(given(name)?), self.session.delete(given(name)?))),
            // Only time passes.
            (None, None, None) if test.after_days.is_some() => Ok((None, self.session.commit([]))),
            _ => Err("a test has one of create, update and delete".to_owned()),
        }
    }

    /// With ids in place of `$name`.
    fn resolved(&self, json: &Json) -> Json {
        match json {
            Json::String(text) => {
                match text.strip_prefix('$').and_then(|name| self.names.get(name)) {
                    Some(id) => id.to_string().into(),
                    None => text.clone().into(),
                }
            }
            Json::Array(list) => list.iter().map(|item| self.resolved(item)).collect(),
            Json::Object(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), self.resolved(value)))
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    fn differences(&self, record: &Record, expected: &Map<String, Json>) -> Vec<String> {
        let differs = |(field, expected): (&String, &Json)| {
            let expected = self.resolved(expected);
            let found = record
                .get(field)
                .map_or(Json::Null, peyvand::Value::to_json);
            (!fits(&expected, &found)).then(|| format!("{field} is {found}, not {expected}"))
        };
        expected.iter().filter_map(differs).collect()
    }

    /// The records that the plugin made.
    fn made(&self) -> Result<BTreeSet<RecordId>, Fault> {
        let mut made = BTreeSet::new();
        for object in self.session.engine().schema()?.objects() {
            let query = Query::new(&object.name).limit(MOST);
            for record in self.session.query(&query)?.records {
                let events = self.session.timeline(record.id())?;
                if events
                    .first()
                    .is_some_and(|event| event.actor.to_string() == self.actor)
                {
                    made.insert(record.id());
                }
            }
        }
        Ok(made)
    }

    fn unmade(&self, expected: &[Made], made: &[RecordId]) -> Result<Vec<String>, Fault> {
        let mut left = Vec::new();
        for id in made {
            left.push(self.session.get(*id)?);
        }
        let mut problems = Vec::new();
        for wanted in expected {
            let fits = |record: &Record| {
                record.object() == wanted.object
                    && self.differences(record, &wanted.fields).is_empty()
            };
            match left.iter().position(fits) {
                Some(place) => drop(left.swap_remove(place)),
                None => problems.push(format!(
                    "no {} was made with {}",
                    wanted.object,
                    self.resolved(&Json::Object(wanted.fields.clone()))
                )),
            }
        }
        problems.extend(left.iter().map(|record| {
            format!(
                "a {} was made that was not expected: {}",
                record.object(),
                record.title()
            )
        }));
        Ok(problems)
    }
}

/// The refusals that did not come; without any that is said more nearly, some refusal is enough.
fn not_refused(expected: &[Refused], failures: &[Failure], message: &str) -> Vec<String> {
    let is = |wanted: &Refused, failure: &Failure| {
        wanted
            .field
            .as_ref()
            .is_none_or(|field| failure.field.as_ref() == Some(field))
            && wanted
                .code
                .as_ref()
                .is_none_or(|code| *code == failure.code)
            && wanted
                .says
                .as_ref()
                .is_none_or(|part| failure.message.contains(part))
    };
    let missing = expected
        .iter()
        .filter(|wanted| !failures.iter().any(|failure| is(wanted, failure)));
    missing
        .map(|wanted| {
            let parts = [
                ("field", &wanted.field),
                ("code", &wanted.code),
                ("saying", &wanted.says),
            ];
            let parts: Vec<String> = parts
                .into_iter()
                .filter_map(|(name, part)| Some(format!("{name} {}", part.as_ref()?)))
                .collect();
            format!(
                "no refusal with {}; it was refused with: {message}",
                parts.join(", ")
            )
        })
        .collect()
}

/// What was said and was not to be, or the other way round.
fn unsaid(warnings: &[String], expected: Option<&str>) -> Vec<String> {
    match expected {
        Some(part) if warnings.iter().any(|said| said.contains(part)) => Vec::new(),
        Some(part) => vec![format!("nothing was said with '{part}'")],
        None => warnings.to_vec(),
    }
}

/// Whether a value is the expected one: numbers by what they are worth, objects by the members that are expected.
fn fits(expected: &Json, found: &Json) -> bool {
    let number = |json: &Json| match json {
        Json::Number(number) => number.to_string().parse::<Decimal>().ok(),
        Json::String(text) => text.parse::<Decimal>().ok(),
        _ => None,
    };
    match (expected, found) {
        (Json::Object(expected), Json::Object(found)) => expected
            .iter()
            .all(|(key, value)| found.get(key).is_some_and(|found| fits(value, found))),
        (Json::Array(expected), Json::Array(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .zip(found)
                    .all(|(one, other)| fits(one, other))
        }
        (Json::Number(_), _) => {
            number(expected).is_some_and(|wanted| number(found) == Some(wanted))
        }
        _ => expected == found,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use serde_json::json;

    use super::super::file::read;
    use super::*;

    fn tests(text: &str) -> Tests {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        std::fs::write(&path, text).unwrap();
        read(&path).unwrap()
    }

    fn league() -> Vec<u8> {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../plugins/dist/follow-up.wasm"
        );
        std::fs::read(path).unwrap()
    }

    const WON: &str = r#"
        now = "2026-03-25T08:30:00Z"
        [[given]]
        as = "pump"
        object = "opportunity"
        fields = { name = "پمپ ۴۰", close_date = 2026-03-25 }
        [[test]]
        name = "a won opportunity gets a call"
        update = "pump"
        fields = { stage = "won" }
        expect.effects = [{ object = "activity", fields = { kind = "call", about = "$pump" } }]
    "#;

    #[test]
    fn effects_are_compared_with_the_records_that_the_plugin_made() {
        let good = tests(WON);
        assert_eq!(problems(&good, &good.test[0], &league()).unwrap(), [""; 0]);
        let other = tests(&WON.replace("kind = \"call\"", "kind = \"task\""));
        let said = problems(&other, &other.test[0], &league()).unwrap();
        assert!(
            said.len() == 2 && said[0].contains("no activity was made with"),
            "{said:?}"
        );
        let none = tests(&WON.replace(
            r#"[{ object = "activity", fields = { kind = "call", about = "$pump" } }]"#,
            "[]",
        ));
        let said = problems(&none, &none.test[0], &league()).unwrap();
        assert!(said[0].contains("not expected"), "{said:?}");
    }

    #[test]
    fn a_refusal_that_is_expected_is_no_problem_and_any_other_is() {
        let text = "[[test]]\nname = \"x\"\ncreate = \"account\"\nfields = {}\n";
        let plain = tests(text);
        let said = problems(&plain, &plain.test[0], &league()).unwrap();
        assert!(said[0].starts_with("it was refused: "), "{said:?}");
        let expected = tests(&format!("{text}expect.refused = [{{ field = \"name\" }}]"));
        assert_eq!(
            problems(&expected, &expected.test[0], &league()).unwrap(),
            [""; 0]
        );
        let other = tests(&format!(
            "{text}expect.refused = [{{ field = \"amount\" }}]"
        ));
        assert_eq!(
            problems(&other, &other.test[0], &league()).unwrap().len(),
            1
        );
    }

    #[test]
    fn numbers_are_compared_by_what_they_are_worth() {
        assert!(fits(&json!(500), &json!("500.00")) && fits(&json!(1.5), &json!(1.5)));
        assert!(fits(
            &json!({"amount": 5}),
            &json!({"amount": "5", "currency": "IRR"})
        ));
        assert!(!fits(&json!(5), &json!("6")) && !fits(&json!([1]), &json!([1, 2])));
    }
}
