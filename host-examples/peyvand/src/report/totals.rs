//! Which totals were asked for, and what are they?

use peyvand::{Aggregate, Engine, Filter, GroupRow, Measure, Value};
use serde_json::{Value as Json, json};

use super::shown::{COUNT, GroupKey, Shown};
use crate::args::Totals;
use crate::fault::Fault;
use crate::output::{Output, Side, Table};
use crate::query::NO_RECORDS;
use crate::store;
use crate::value::Reading;

pub(super) fn tell(engine: &Engine, asked: &Totals, output: &mut Output<'_>) -> Result<(), Fault> {
    let session = store::session(engine)?;
    let mut totals = Aggregate::new(&asked.object).filter(Filter::parse(&asked.filter)?);
    for key in &asked.group {
        totals = totals.group_by(key.trim());
    }
    for measure in &asked.measure {
        totals = totals.measure(Measure::parse(measure)?);
    }
    let rows = session.aggregate(&totals)?;
    if output.json {
        return output.document(&as_json(&totals, &rows));
    }
    let schema = engine.schema()?;
    let Some(object) = schema.object(&asked.object) else {
        return Ok(());
    };
    if rows.is_empty() {
        return output.line(Reading::of(&session).word(NO_RECORDS));
    }
    let mut shown = Shown::of(session);
    let mut keys: Vec<GroupKey> = totals
        .group_by
        .iter()
        .map(|key| GroupKey::of(key))
        .collect();
    let width = rows.first().map_or(0, |row| row.keys.len());
    // After the keys that were asked for come the currencies, which the amounts show already.
    keys.resize_with(width, GroupKey::currency);
    let mut columns: Vec<((String, Side), Vec<String>)> = Vec::new();
    for (place, key) in keys.iter().enumerate().take(totals.group_by.len()) {
        let cells = rows.iter().map(|row| {
            let value = row.keys.get(place).and_then(Option::as_ref);
            shown.key(object, key, value)
        });
        let cells = cells.collect();
        columns.push(((shown.key_name(object, key), Side::Left), cells));
    }
    let counts = rows.iter().map(|row| shown.number(row.count)).collect();
    columns.push(((shown.word(&COUNT), Side::Right), counts));
    let measures = totals.measures.iter().enumerate();
    for (place, measure) in measures.filter(|(_, measure)| **measure != Measure::Count) {
        let cells = rows.iter().map(|row| {
            let value = row.values.get(place).and_then(Option::as_ref);
            shown.value(value)
        });
        let cells = cells.collect();
        columns.push(((shown.measure_name(object, measure), Side::Right), cells));
    }
    output.table(&Table::of_columns(columns))
}

fn as_json(asked: &Aggregate, rows: &[GroupRow]) -> Json {
    let values = |values: &[Option<Value>]| -> Vec<Json> {
        let json = |value: &Option<Value>| value.as_ref().map_or(Json::Null, Value::to_json);
        values.iter().map(json).collect()
    };
    let rows: Vec<Json> = rows
        .iter()
        .map(|row| json!({"keys": values(&row.keys), "count": row.count, "values": values(&row.values)}))
        .collect();
    json!({"object": asked.object, "group_by": asked.group_by, "measures": asked.measures, "data": rows})
}
