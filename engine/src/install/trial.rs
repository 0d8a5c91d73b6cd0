//! Does a plugin answer the same to the same question?
//!
//! Each hook is asked about made-up records, twice from a fresh start, once more when it is warm, and in batches of
//! several sizes. What it answers about a record may depend on the record and on nothing else: not on the company in
//! which it is saved, not on what was asked before, not on chance. Nothing is installed and nothing is written.

use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Duration, NaiveDate};
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::context::Actor;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::hook::{Cost, HookContext, HookFailure, Row, Verb};
use crate::plugin::{self, Loaded, Point, Terms};
use crate::record::{Currency, Decimal, Money, PersonName, Record, RecordId, Value};
use crate::schema::{Field, FieldKind, Object, Schema};

/// Records that a hook is asked about.
const ROWS: usize = 1_000;
/// Sizes of batches in which they are asked about.
const BATCHES: [usize; 3] = [1, 7, ROWS];
/// 2026-03-21, microseconds since 1970.
const NOW: i64 = 1_774_051_200_000_000;

/// How a hook did when it was tried.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct HookTrial {
    /// `computed-fields lead`.
    pub hook: String,
    /// How many made-up records it was asked about.
    pub rows: usize,
    /// The fuel of one call about all of them.
    pub fuel: u64,
    /// The fuel of a call about the first of them alone.
    pub fuel_alone: u64,
    /// The most memory that it used.
    pub peak_memory_bytes: u64,
    /// What is wrong with it; empty when nothing is.
    pub problems: Vec<String>,
}

impl Engine {
    /// Tries the hooks of a plugin's file on made-up records and says where their answers depend on anything but the
    /// record: an author's tool. `settings` are over the manifest's defaults; null takes those.
    ///
    /// # Errors
    /// When the plugin could not be installed, whether it is signed or not.
    pub fn try_plugin(&self, bytes: &[u8], settings: Json) -> Result<Vec<HookTrial>> {
        let _ = self.inspect_plugin(bytes)?;
        let runtime = self.plugin_runtime()?;
        let opened = plugin::open(&runtime, bytes)?;
        self.session().must_be_there(&opened.manifest)?;
        let given = match settings {
            Json::Object(map) => map,
            _ => Map::new(),
        };
        let settings = plugin::check_settings(&opened.manifest, &given)
            .map_err(|failures| Error::with_failures(ErrorKind::Plugin, failures))?;
        let schema = opened.manifest.schema_with_fields(&*self.schema()?)?;
        let terms = Terms {
            settings,
            ..Terms::default()
        };
        let load = || plugin::load(&runtime, bytes, &opened.manifest, &terms, &schema);
        let (reader, _) = self.read()?;
        let now = DateTime::from_timestamp_micros(NOW).unwrap_or_default();
        let context = HookContext {
            reader: &reader,
            now,
            today: now.date_naive(),
            zone: chrono::Offset::fix(&chrono::Utc),
            actor: &Actor::System,
        };
        let mut trials = Vec::new();
        for hook in &opened.manifest.hooks {
            let records = Records::of(&schema, &hook.object);
            let full_name = format!("{}/{}", opened.manifest.id, hook.name);
            let workflow = opened.manifest.workflows.iter().find(|workflow| {
                [hook.name.as_str(), &full_name].contains(&workflow.action.as_str())
            });
            let asked = Asked {
                point: hook.point,
                title: hook.title(),
                full_name,
                parameters: workflow.map_or(Json::Null, |workflow| workflow.parameters.clone()),
                records: &records,
                context: &context,
            };
            // Each hook from a fresh start: what another one left behind in an instance costs nothing here.
            trials.push(asked.tried(&load()?, &load()?));
        }
        Ok(trials)
    }
}

/// What a hook answered about each row, in words that are only compared, and what that cost.
struct Answered {
    rows: Vec<Vec<String>>,
    cost: Cost,
}

/// A hook and what it is asked.
struct Asked<'a> {
    point: Point,
    title: String,
    full_name: String,
    parameters: Json,
    records: &'a Records,
    context: &'a HookContext<'a>,
}

impl Asked<'_> {
    fn tried(&self, first: &Loaded, second: &Loaded) -> HookTrial {
        let mut trial = HookTrial {
            hook: self.title.clone(),
            rows: ROWS,
            fuel: 0,
            fuel_alone: 0,
            peak_memory_bytes: 0,
            problems: Vec::new(),
        };
        if let Err(problem) = self.compare(first, second, &mut trial) {
            trial.problems.push(problem);
        }
        trial
    }

    fn compare(
        &self,
        first: &Loaded,
        second: &Loaded,
        trial: &mut HookTrial,
    ) -> std::result::Result<(), String> {
        let told = |failure: HookFailure| failure.message;
        let whole = self.ask(first, 0..ROWS).map_err(told)?;
        let again = self.ask(second, 0..ROWS).map_err(told)?;
        (trial.fuel, trial.peak_memory_bytes) = (whole.cost.fuel, whole.cost.memory_bytes);
        let mut check = |other: &[Vec<String>], what: &str| {
            let differs = whole
                .rows
                .iter()
                .zip(other)
                .position(|(one, two)| one != two);
            if let Some(row) = differs {
                trial.problems.push(format!(
                    "made-up record {} is answered differently {what}: an answer may depend on the record alone",
                    row + 1
                ));
            }
        };
        check(&again.rows, "the second time");
        check(
            &self.ask(first, 0..ROWS).map_err(told)?.rows,
            "when the plugin was used before",
        );
        for size in BATCHES.into_iter().filter(|size| *size < ROWS) {
            let mut rows = Vec::with_capacity(ROWS);
            for start in (0..ROWS).step_by(size) {
                let answered = self
                    .ask(second, start..(start + size).min(ROWS))
                    .map_err(told)?;
                if start == 0 && size == 1 {
                    trial.fuel_alone = answered.cost.fuel;
                }
                rows.extend(answered.rows);
            }
            check(&rows, &format!("in batches of {size}"));
        }
        if whole.cost.fuel != again.cost.fuel {
            trial.problems.push(format!(
                "the same call cost {} units of fuel and then {}: a limit may be met one time and not the other",
                whole.cost.fuel, again.cost.fuel
            ));
        }
        Ok(())
    }

    fn ask(
        &self,
        loaded: &Loaded,
        range: Range<usize>,
    ) -> std::result::Result<Answered, HookFailure> {
        if self.point == Point::FieldType {
            return self.ask_type(loaded, range);
        }
        let records = self.records.rows.get(range).unwrap_or_default();
        let rows: Vec<Row<'_>> = records.iter().map(MadeUp::row).collect();
        let mut answered = Answered {
            rows: vec![Vec::new(); rows.len()],
            cost: Cost::default(),
        };
        let mut note = |row: usize, what: String| {
            if let Some(answers) = answered.rows.get_mut(row) {
                answers.push(what);
            }
        };
        answered.cost = match self.point {
            Point::ComputedFields | Point::BeforeSave => {
                let hooks = loaded.computed.iter().chain(&loaded.before_save);
                let Some(hook) = hooks
                    .into_iter()
                    .find(|hook| hook.name().hook == self.title)
                else {
                    return Ok(answered);
                };
                let answers = hook.before_save(&rows, self.context)?;
                answers.patches.iter().for_each(|patch| {
                    note(patch.row, format!("{:?} {:?}", patch.field, patch.value))
                });
                answers.refusals.iter().for_each(|no| {
                    note(no.row, format!("{:?} {} {}", no.field, no.code, no.message))
                });
                answers.cost
            }
            Point::Gamification => {
                let Some(hook) = loaded
                    .scores
                    .iter()
                    .find(|hook| hook.name().hook == self.title)
                else {
                    return Ok(answered);
                };
                let awards = hook.score(&rows, self.context)?;
                awards
                    .awards
                    .iter()
                    .for_each(|award| note(award.0, format!("{:?}", (award.1, award.2))));
                awards.cost
            }
            _ => {
                let action = loaded
                    .actions
                    .iter()
                    .find(|(name, _)| *name == self.full_name);
                let after = loaded
                    .after_commit
                    .iter()
                    .find(|hook| hook.name().hook == self.title);
                let effects = match (action, after) {
                    (Some((_, action)), _) if self.point == Point::WorkflowAction => {
                        action.perform(&rows, &self.parameters, self.context)?
                    }
                    (_, Some(after)) => after.after_commit(&rows, self.context)?,
                    _ => return Ok(answered),
                };
                effects.effects.iter().for_each(|effect| {
                    note(effect.row, format!("{} {:?}", effect.key, effect.action))
                });
                effects.cost
            }
        };
        Ok(answered)
    }

    fn ask_type(
        &self,
        loaded: &Loaded,
        range: Range<usize>,
    ) -> std::result::Result<Answered, HookFailure> {
        let Some(hook) = loaded
            .field_types
            .iter()
            .find(|hook| hook.type_name() == self.full_name)
        else {
            return Ok(Answered {
                rows: vec![Vec::new(); range.len()],
                cost: Cost::default(),
            });
        };
        let texts: Vec<String> = range.map(made_up_text).collect();
        let values: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (canonical, refusals, cost) = hook.normalise(&values, self.context)?;
        let mut rows: Vec<Vec<String>> = canonical.into_iter().map(|text| vec![text]).collect();
        for no in refusals {
            if let Some(row) = rows.get_mut(no.row) {
                row.push(format!("{} {}", no.code, no.message));
            }
        }
        Ok(Answered { rows, cost })
    }
}

/// Made-up records of one object.
struct Records {
    rows: Vec<MadeUp>,
}

struct MadeUp {
    before: Option<Record>,
    after: Record,
}

impl MadeUp {
    fn row(&self) -> Row<'_> {
        Row {
            verb: if self.before.is_some() {
                Verb::Update
            } else {
                Verb::Create
            },
            id: self.after.id(),
            before: self.before.as_ref(),
            after: Some(&self.after),
        }
    }
}

impl Records {
    fn of(schema: &Schema, object: &str) -> Self {
        let made_up = |object: &Arc<Object>| {
            (0..ROWS)
                .map(|place| MadeUp {
                    // Half of them are changed, half are new.
                    before: place
                        .is_multiple_of(2)
                        .then(|| record(schema, object, place, 1)),
                    after: record(schema, object, place, 0),
                })
                .collect()
        };
        Self {
            rows: schema.object(object).map(made_up).unwrap_or_default(),
        }
    }
}

/// A record that differs from others in most fields, and lacks some.
fn record(schema: &Schema, object: &Arc<Object>, place: usize, turn: usize) -> Record {
    let id = RecordId::new(object.prefix(), place as u128 + 1);
    let mut record = Record::empty(object.clone(), id);
    for field in object.live_fields() {
        let seed = place.wrapping_mul(31) + field.number as usize + turn;
        if !seed.is_multiple_of(5) {
            record.set(field.number, value(schema, field, seed));
        }
    }
    record
}

fn value(schema: &Schema, field: &Field, seed: usize) -> Option<Value> {
    let number = seed as i64 % 997;
    Some(match &field.kind {
        FieldKind::Integer | FieldKind::Rollup(_) => Value::Integer(number),
        FieldKind::Decimal | FieldKind::Percent => Value::Decimal(Decimal::from(number % 100)),
        FieldKind::Boolean => Value::Boolean(number % 2 == 0),
        FieldKind::Date => {
            Value::Date(NaiveDate::from_ymd_opt(2026, 3, 21)? - Duration::days(number % 200))
        }
        FieldKind::Instant => {
            Value::Instant(DateTime::from_timestamp_micros(NOW)? - Duration::hours(number))
        }
        FieldKind::Duration => Value::Duration(number * 60_000_000),
        FieldKind::Option { options } => {
            Value::Text(options.get(seed % options.len().max(1))?.as_str().into())
        }
        FieldKind::MultiOption { options } => Value::Options(vec![
            options.get(seed % options.len().max(1))?.as_str().into(),
        ]),
        FieldKind::Money => Value::Money(Money {
            // Small ones and large ones.
            amount: Decimal::from(number * number * 10_000),
            currency: "IRR".parse::<Currency>().ok()?,
        }),
        FieldKind::Email => Value::Text(format!("user{number}@example.ir").as_str().into()),
        FieldKind::Url => Value::Text(format!("https://example.ir/{number}").as_str().into()),
        FieldKind::PersonName => Value::PersonName(Box::new(PersonName::new("سارا", "احمدی"))),
        FieldKind::Reference { to, .. } => {
            let to = to.iter().find_map(|name| schema.object(name))?;
            Value::Reference(RecordId::new(to.prefix(), seed as u128 + 1))
        }
        FieldKind::Text | FieldKind::LongText | FieldKind::Plugin { .. } => {
            Value::Text(made_up_text(seed).as_str().into())
        }
        _ => return None,
    })
}

/// Words, numbers and what looks like an identifier, in the letters and digits that people here write.
fn made_up_text(seed: usize) -> String {
    match seed % 6 {
        0 => String::new(),
        1 => format!("شرکت پارس {seed}"),
        2 => format!("{:010}", seed.wrapping_mul(7_919) % 10_000_000_000),
        3 => "۰۰۸۴۵۷۵۹۴۸".to_owned(),
        4 => format!("Ali Rezaei {}", seed % 13),
        _ => format!("مؤسسة النور - {}", seed % 17),
    }
}
