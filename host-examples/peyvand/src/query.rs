//! Which records, a page at a time?

use std::collections::HashMap;
use std::path::Path;

use chrono::FixedOffset;
use peyvand::{Engine, Filter, Object, Page, Past, Record, RecordId, Session, SortKey, Value};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::args::Query as Asked;
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, grouped, several};
use crate::store::{self, Need};

#[derive(Serialize)]
struct PageJson {
    data: Vec<Json>,
    page: PageEnd,
}

#[derive(Serialize)]
struct PageEnd {
    next: Option<String>,
    has_more: bool,
}

pub(crate) fn run(asked: &Asked, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let mut query = peyvand::Query::new(&asked.object);
    query.filter = Filter::parse(asked.which.as_ref().unwrap_or(&asked.filter))?;
    if let Some(budget) = asked.budget {
        query.budget = budget;
    }
    query.sort = SortKey::parse_list(&asked.sort)?;
    query.limit = asked.limit;
    query.after.clone_from(&asked.after);
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        if asked.explain {
            return explain(&session, &query, output);
        }
        let (page, names) = match asked.as_of {
            Some(moment) => {
                let past = session.as_of(moment.0)?;
                (past.query(&query)?, Names::as_of(past, session.zone()))
            }
            None => (session.query(&query)?, Names::of(session)),
        };
        if output.json {
            let data = page.records.iter().map(Record::to_json).collect();
            output.document(&PageJson {
                data,
                page: PageEnd {
                    next: page.next,
                    has_more: page.has_more,
                },
            })
        } else {
            tell(engine, &asked.object, &page, names, output)
        }
    })?;
    Ok(Exit::Fine)
}

fn explain(
    session: &Session,
    query: &peyvand::Query,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let plan = session.explain(query)?;
    if !output.json {
        return output.line(plan.to_string());
    }
    output.document(&json!({
        "reads": plan.reads,
        "index": plan.index,
        "residual": plan.residual,
        "sorts_in_memory": plan.sorts_in_memory,
        "at_most": plan.at_most,
        "stops_early": plan.stops_early,
        "budget": plan.budget,
        "considered": plan.considered.iter().map(considered).collect::<Vec<_>>(),
    }))
}

fn considered(way: &peyvand::ConsideredWay) -> Json {
    json!({"way": way.way, "entries": way.entries, "all": way.all})
}

/// What people look for first, whatever the object.
const LOOKED_FOR: [&str; 15] = [
    "stage",
    "status",
    "kind",
    "amount",
    "close_date",
    "due_on",
    "at",
    "account",
    "company",
    "industry",
    "email",
    "phone",
    "owner",
    "key",
    "code",
];
const MOST_FIELDS: usize = 4;

fn tell(
    engine: &Engine,
    object: &str,
    page: &Page,
    mut names: Names,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    if page.records.is_empty() {
        return output.line("no records");
    }
    let schema = engine.schema()?;
    let fields = schema
        .object(object)
        .map(|object| main_fields(object, &page.records))
        .unwrap_or_default();
    let mut columns = vec![(
        ("id", Side::Left),
        page.records
            .iter()
            .map(|record| record.id().to_string())
            .collect(),
    )];
    for field in fields {
        let shown = page.records.iter().map(|record| {
            record
                .get(field.0)
                .map_or_else(String::new, |value| names.shown(value))
        });
        columns.push((field, shown.collect()));
    }
    columns.push((
        ("", Side::Left),
        page.records.iter().map(Record::title).collect(),
    ));
    let table = Table::of_columns(columns);
    output.table(&table)?;
    output.line(several(page.records.len() as u64, "record", "records"))?;
    match &page.next {
        Some(next) => output.line(format!("more with --after {next}")),
        None => Ok(()),
    }
}

/// A few fields that have a value on this page.
fn main_fields(object: &Object, records: &[Record]) -> Vec<(&'static str, Side)> {
    let filled = |name: &&&str| {
        records.iter().any(|record| {
            record
                .get(name)
                .is_some_and(|value| value.to_string() != record.title())
        })
    };
    LOOKED_FOR
        .iter()
        .filter(|name| object.field(name).is_some())
        .filter(filled)
        .take(MOST_FIELDS)
        .map(|name| (*name, side(records, name)))
        .collect()
}

fn side(records: &[Record], name: &str) -> Side {
    let number = |value: &Value| {
        matches!(
            value,
            Value::Integer(_) | Value::Decimal(_) | Value::Money(_)
        )
    };
    if records
        .iter()
        .filter_map(|record| record.get(name))
        .all(number)
    {
        Side::Right
    } else {
        Side::Left
    }
}

/// Records by what people call them, each asked for once.
pub(crate) struct Names {
    title: Box<dyn Fn(RecordId) -> Option<String>>,
    zone: FixedOffset,
    known: HashMap<RecordId, String>,
}

impl Names {
    pub(crate) fn of(session: Session) -> Self {
        let zone = session.zone();
        Self::by(zone, move |id| {
            session.get(id).ok().map(|record| record.title())
        })
    }

    /// What they were called then.
    pub(crate) fn as_of(past: Past, zone: FixedOffset) -> Self {
        Self::by(zone, move |id| {
            past.get(id).ok().map(|record| record.title())
        })
    }

    fn by(zone: FixedOffset, title: impl Fn(RecordId) -> Option<String> + 'static) -> Self {
        Self {
            title: Box::new(title),
            zone,
            known: HashMap::new(),
        }
    }

    /// The title, or the id of what is in the bin or gone.
    pub(crate) fn name(&mut self, id: RecordId) -> String {
        let title = &self.title;
        self.known
            .entry(id)
            .or_insert_with(|| title(id).unwrap_or_else(|| id.to_string()))
            .clone()
    }

    pub(crate) fn shown(&mut self, value: &Value) -> String {
        match value {
            Value::Reference(id) => self.name(*id),
            Value::Money(money) => {
                format!("{} {}", grouped(&money.amount.to_string()), money.currency)
            }
            Value::Instant(at) => at
                .with_timezone(&self.zone)
                .format("%Y-%m-%d %H:%M")
                .to_string(),
            Value::Boolean(yes) => (if *yes { "yes" } else { "no" }).to_owned(),
            other => other.to_string(),
        }
    }
}
