//! Which records, a page at a time?

use std::collections::HashMap;
use std::path::Path;

use peyvand::{
    Engine, Field, Filter, Locale, Object, Page, Past, Record, RecordId, Session, SortKey, Value,
};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::args::Query as Asked;
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table};
use crate::store::{self, Need};
use crate::value::Reading;

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
                (past.query(&query)?, Names::as_of(past, session.clone()))
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
    let reading = names.reading;
    if page.records.is_empty() {
        return output.line(reading.word(NO_RECORDS));
    }
    let schema = engine.schema()?;
    let known = schema.object(object);
    let fields = known
        .map(|object| main_fields(object, &page.records))
        .unwrap_or_default();
    let id = reading.word(["id", "شناسه", "المعرّف"]).to_owned();
    let ids = page.records.iter().map(|record| record.id().to_string());
    let mut columns = vec![((id, Side::Left), ids.collect())];
    for (name, side) in fields {
        let field = known.and_then(|object| object.field(name));
        let shown = page.records.iter().map(|record| {
            record
                .get(name)
                .map_or_else(String::new, |value| names.value(field, value))
        });
        let shown = shown.collect();
        columns.push(((names.heading(field, name), side), shown));
    }
    let titles = page.records.iter();
    let titles = titles.map(|record| record.title_in(reading.locale));
    columns.push(((String::new(), Side::Left), titles.collect()));
    output.table(&Table::of_columns(columns))?;
    output.line(reading.several(page.records.len() as u64, RECORDS))?;
    match &page.next {
        Some(next) => output.line(format!(
            "{} --after {next}",
            reading.word(["more with", "بیشتر با", "المزيد مع"])
        )),
        None => Ok(()),
    }
}

pub(crate) const NO_RECORDS: [&str; 3] = ["no records", "رکوردی نیست", "لا سجلات"];
pub(crate) const RECORDS: [&str; 4] = ["record", "records", "رکورد", "سجل"];

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

/// Records by what people call them, each asked for once, and values as they read in the language of who looks.
pub(crate) struct Names {
    session: Session,
    /// At which moment, if not now.
    past: Option<Past>,
    reading: Reading,
    known: HashMap<RecordId, String>,
}

impl Names {
    pub(crate) fn of(session: Session) -> Self {
        Self::at(session, None)
    }

    /// What they were called then.
    pub(crate) fn as_of(past: Past, session: Session) -> Self {
        Self::at(session, Some(past))
    }

    fn at(session: Session, past: Option<Past>) -> Self {
        Self {
            reading: Reading::of(&session),
            session,
            past,
            known: HashMap::new(),
        }
    }

    /// The title, or the id of what is in the bin or gone.
    pub(crate) fn name(&mut self, id: RecordId) -> String {
        if let Some(name) = self.known.get(&id) {
            return name.clone();
        }
        let record = match &self.past {
            Some(past) => past.get(id),
            None => self.session.get(id),
        };
        let locale = self.reading.locale;
        let name = record.map_or_else(|_| id.to_string(), |record| record.title_in(locale));
        self.known.insert(id, name.clone());
        name
    }

    /// A value of a field. In English as it is typed, so that it can be asked for; else as people write it.
    pub(crate) fn value(&mut self, field: Option<&Field>, value: &Value) -> String {
        match (value, field) {
            (Value::Reference(id), _) => self.name(*id),
            (value, Some(field)) if self.reading.locale != Locale::En => {
                let shown = self.session.show_value(field, value);
                shown.unwrap_or_else(|_| self.shown(value))
            }
            (Value::Text(text), Some(field)) if field.name.ends_with("ed_by") => text
                .parse()
                .map_or_else(|_| text.to_string(), |id| self.name(id)),
            (value, _) => self.shown(value),
        }
    }

    pub(crate) fn shown(&mut self, value: &Value) -> String {
        let reading = self.reading;
        match value {
            Value::Reference(id) => self.name(*id),
            Value::Money(money) => reading.money(money),
            Value::Instant(at) => reading.moment(*at),
            Value::Date(day) => reading.day(*day),
            Value::Integer(number) => reading.number(number),
            Value::Decimal(number) => reading.number(number),
            Value::Boolean(yes) => reading.yes_or_no(*yes).to_owned(),
            other => other.to_string(),
        }
    }

    /// What a field is called; in English by its name in requests.
    pub(crate) fn heading(&self, field: Option<&Field>, name: &str) -> String {
        let label = field.and_then(|field| field.label.get(self.reading.locale.tag()));
        let label = label.filter(|_| self.reading.locale != Locale::En);
        label.map_or_else(|| name.to_owned(), Clone::clone)
    }
}
