//! What do the records of a view add up to, group by group, and as a chart?
//!
//! Amounts in several currencies are never added up: a measure of amounts has one result for each currency.

use std::collections::{BTreeMap, HashMap};

#[cfg(not(feature = "intl"))]
use chrono::Datelike;
use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use super::cell::{Cell, Reading, field_name};
use super::definition::{Chart, ChartKind};
use super::look::Look;
use super::words;
use crate::error::Result;
use crate::query::{self, Aggregate, Filter, Measure, Query, SortKey, split_key};
use crate::record::Value;
use crate::schema::{Field, FieldKind, Object};

/// A group of records and what they add up to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GroupShown {
    /// What its records share, in the order of the view's groups; nothing for the total over all.
    pub keys: Vec<Cell>,
    /// How many records.
    pub count: u64,
    /// The measures, in the view's order; of amounts one cell for each currency, and none where nothing has a value.
    pub values: Vec<Vec<Cell>>,
}

/// A chart with its numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChartShown {
    /// Its shape.
    #[serde(serialize_with = "chart_kind")]
    pub kind: ChartKind,
    /// Its heading.
    pub label: String,
    /// What is drawn: `Sum: Amount`.
    pub measure: String,
    /// What its categories are values of.
    pub by: String,
    /// The categories, in order.
    pub categories: Vec<Cell>,
    /// The numbers, series by series; one for each currency where amounts are drawn.
    pub series: Vec<SeriesShown>,
}

/// The numbers of one series.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SeriesShown {
    /// What its records share; empty where there is one series.
    pub label: String,
    /// The currency of its amounts.
    pub currency: Option<String>,
    /// A number for each category; none where it has none.
    pub values: Vec<Cell>,
}

fn chart_kind<S: Serializer>(kind: &ChartKind, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(kind.name())
}

/// Records of an object, and what is asked of them.
pub(super) struct Totals<'a> {
    pub(super) look: &'a Look,
    pub(super) object: &'a Object,
    /// With who looks in it.
    pub(super) filter: &'a Filter,
}

/// The place of a series' name, and its currency.
type SeriesKey = (usize, Option<String>);

/// Groups before their keys are made readable.
struct Group {
    keys: Vec<Option<Value>>,
    count: u64,
    values: Vec<Vec<Value>>,
}

impl Totals<'_> {
    fn aggregate(&self, group_by: &[String], measures: Vec<Measure>) -> Aggregate {
        let mut aggregate = Aggregate::new(&self.object.name).filter(self.filter.clone());
        aggregate.group_by = group_by.to_vec();
        aggregate.measures = measures;
        aggregate
    }

    fn is_money(&self, measure: &Measure) -> bool {
        let field = measure.field().and_then(|name| self.object.field(name));
        field.is_some_and(|field| super::check::value_kind(&field.kind) == FieldKind::Money)
    }

    /// The groups in the engine's order. Each money field is asked for by itself, or its currencies would split the
    /// groups of the others.
    fn groups(&self, group_by: &[String], measures: &[Measure]) -> Result<Vec<Group>> {
        let plain = |measure: &&Measure| !self.is_money(measure);
        let asked: Vec<Measure> = measures.iter().filter(plain).cloned().collect();
        let look = self.look;
        let aggregate = self.aggregate(group_by, asked);
        let mut groups: Vec<Group> = Vec::new();
        let mut places = HashMap::new();
        for row in query::aggregate(&look.reader, &aggregate, &look.time)? {
            let mut plain_values = row.values.into_iter();
            let values = measures.iter().map(|measure| match self.is_money(measure) {
                true => Vec::new(),
                false => plain_values.next().flatten().into_iter().collect(),
            });
            places.insert(identity(&row.keys), groups.len());
            groups.push(Group {
                values: values.collect(),
                keys: row.keys,
                count: row.count,
            });
        }
        for (at, measure) in measures.iter().enumerate() {
            if !self.is_money(measure) {
                continue;
            }
            let aggregate = self.aggregate(group_by, vec![measure.clone()]);
            for mut row in query::aggregate(&look.reader, &aggregate, &look.time)? {
                row.keys.truncate(group_by.len());
                let group = places.get(&identity(&row.keys));
                let group = group.and_then(|place| groups.get_mut(*place));
                if let Some(values) = group.and_then(|group| group.values.get_mut(at)) {
                    values.extend(row.values.into_iter().flatten());
                }
            }
        }
        Ok(groups)
    }

    /// The groups as people read and order them.
    pub(super) fn shown(
        &self,
        reading: &mut Reading<'_>,
        group_by: &[String],
        measures: &[Measure],
    ) -> Result<Vec<GroupShown>> {
        let mut groups = self.groups(group_by, measures)?;
        for (place, by) in group_by.iter().enumerate().rev() {
            let ranks = self.ranks(by)?;
            if !ranks.is_empty() {
                groups.sort_by_key(|group| {
                    rank_of(&ranks, group.keys.get(place).and_then(Option::as_ref))
                });
            }
        }
        reading.learn(groups.iter().flat_map(|group| group.keys.iter().flatten()))?;
        let show = |group: &Group| GroupShown {
            keys: group_by
                .iter()
                .zip(&group.keys)
                .map(|(by, key)| self.key(reading, by, key.as_ref()))
                .collect(),
            count: group.count,
            values: group
                .values
                .iter()
                .map(|values| {
                    values
                        .iter()
                        .map(|value| reading.cell(None, Some(value)))
                        .collect()
                })
                .collect(),
        };
        Ok(groups.iter().map(show).collect())
    }

    /// How a group's key reads; a period by its own name.
    fn key(&self, reading: &Reading<'_>, by: &str, key: Option<&Value>) -> Cell {
        let (name, period) = split_key(by);
        let Some(value) = key else {
            return Cell {
                value: None,
                text: words::EMPTY.in_locale(self.look.locale).to_owned(),
            };
        };
        match (period.as_deref(), value) {
            (Some(period), Value::Date(day)) => Cell {
                value: Some(value.clone()),
                text: period_text(self.look, period, *day),
            },
            _ if name == "id" => Cell {
                value: Some(value.clone()),
                text: value.to_string(),
            },
            _ => reading.cell(self.object.field(name), Some(value)),
        }
    }

    /// The order of a field's values where that is not the alphabet's: options as they are listed, records by their
    /// `position`.
    fn ranks(&self, by: &str) -> Result<HashMap<String, usize>> {
        let Some(field) = self.object.field(by) else {
            return Ok(HashMap::new());
        };
        let values = match &field.kind {
            FieldKind::Option { options } => options
                .iter()
                .map(|name| Value::Text(name.into()))
                .collect(),
            _ => self.sequence(field)?,
        };
        Ok(values.iter().map(Value::to_string).zip(0..).collect())
    }

    /// The records of a field whose object has an order of its own, such as stages.
    fn sequence(&self, field: &Field) -> Result<Vec<Value>> {
        let FieldKind::Reference { to, .. } = &field.kind else {
            return Ok(Vec::new());
        };
        let [only] = to.as_slice() else {
            return Ok(Vec::new());
        };
        let reader = &self.look.reader;
        let ordered = reader
            .schema
            .object(only)
            .is_some_and(|object| object.field("position").is_some());
        if !ordered {
            return Ok(Vec::new());
        }
        let query = Query::new(only.clone())
            .sort([SortKey::ascending("position")])
            .limit(MOST_LANES);
        let page = query::run(reader, &query, &self.look.time)?;
        Ok(page
            .records
            .iter()
            .map(|record| Value::Reference(record.id()))
            .collect())
    }

    /// The lanes of a board: every option and every stage, also those without cards, then what else there is.
    pub(super) fn lanes(
        &self,
        reading: &mut Reading<'_>,
        by: &str,
        measures: &[Measure],
    ) -> Result<Vec<GroupShown>> {
        let group_by = [by.to_owned()];
        let groups = self.shown(reading, &group_by, measures)?;
        let Some(field) = self.object.field(by) else {
            return Ok(groups);
        };
        let all = match &field.kind {
            FieldKind::Option { options } => options
                .iter()
                .map(|name| Value::Text(name.into()))
                .collect(),
            FieldKind::Boolean => vec![Value::Boolean(false), Value::Boolean(true)],
            _ => self.sequence(field)?,
        };
        reading.learn(all.iter())?;
        let mut left = groups;
        let mut lanes = Vec::with_capacity(all.len() + left.len());
        for value in all {
            let is_it = |group: &GroupShown| {
                group.keys.first().and_then(|key| key.value.as_ref()) == Some(&value)
            };
            lanes.push(match left.iter().position(is_it) {
                Some(place) => left.remove(place),
                None => GroupShown {
                    keys: vec![self.key(reading, by, Some(&value))],
                    count: 0,
                    values: vec![Vec::new(); measures.len()],
                },
            });
        }
        lanes.append(&mut left);
        Ok(lanes)
    }

    pub(super) fn chart(&self, reading: &mut Reading<'_>, chart: &Chart) -> Result<ChartShown> {
        let mut group_by = vec![chart.by.clone()];
        group_by.extend(chart.series.clone());
        let groups = self.shown(reading, &group_by, std::slice::from_ref(&chart.measure))?;
        let mut categories: Vec<Cell> = Vec::new();
        let mut series: BTreeMap<SeriesKey, Vec<(usize, Cell)>> = BTreeMap::new();
        let mut names: Vec<String> = Vec::new();
        for group in groups {
            let mut keys = group.keys.into_iter();
            let category = place_of(&mut categories, keys.next().unwrap_or_default());
            let name = keys.next().map_or_else(String::new, |key| key.text);
            let name = place_of(&mut names, name);
            let values = match &chart.measure {
                Measure::Count => vec![reading.cell(None, Some(&counted(group.count)))],
                _ => group.values.into_iter().flatten().collect(),
            };
            for value in values {
                let currency = match &value.value {
                    Some(Value::Money(money)) => Some(money.currency.to_string()),
                    _ => None,
                };
                series
                    .entry((name, currency))
                    .or_default()
                    .push((category, value));
            }
        }
        let one = |((name, currency), found): (SeriesKey, Vec<(usize, Cell)>)| {
            let mut values = vec![Cell::default(); categories.len()];
            for (place, value) in found {
                if let Some(cell) = values.get_mut(place) {
                    *cell = value;
                }
            }
            SeriesShown {
                label: names.get(name).cloned().unwrap_or_default(),
                currency,
                values,
            }
        };
        let series = series.into_iter().map(one).collect();
        let (by, _) = split_key(&chart.by);
        let measure = measure_name(self.look, self.object, &chart.measure);
        Ok(ChartShown {
            kind: chart.kind,
            label: self.look.called(&chart.label, &measure),
            by: field_name(self.look, self.object, by),
            measure,
            categories,
            series,
        })
    }

    /// The results of one measure over all: one, or one for each currency.
    pub(super) fn number(&self, reading: &mut Reading<'_>, measure: &Measure) -> Result<Vec<Cell>> {
        let groups = self.shown(reading, &[], std::slice::from_ref(measure))?;
        let Some(all) = groups.into_iter().next() else {
            return Ok(Vec::new());
        };
        Ok(match measure {
            Measure::Count => vec![reading.cell(None, Some(&counted(all.count)))],
            _ => all.values.into_iter().flatten().collect(),
        })
    }
}

/// How many lanes a board has at most that no card lies in.
const MOST_LANES: usize = 100;

fn counted(count: u64) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

fn place_of<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    match list.iter().position(|known| *known == item) {
        Some(place) => place,
        None => {
            list.push(item);
            list.len() - 1
        }
    }
}

fn rank_of(ranks: &HashMap<String, usize>, key: Option<&Value>) -> usize {
    key.and_then(|key| ranks.get(&key.to_string()).copied())
        .unwrap_or(usize::MAX)
}

/// The period that begins on a day, by its name in the calendar that it belongs to: `month`, `month@persian`.
#[cfg(feature = "intl")]
fn period_text(look: &Look, period: &str, day: NaiveDate) -> String {
    use crate::locale::{Calendar, period_name};
    let (period, calendar) = match period.split_once('@') {
        Some((period, calendar)) => (period.trim(), Calendar::from_name(calendar.trim())),
        None => (period, None),
    };
    let otherwise = match period {
        // A day alone is a day of the reader's calendar.
        "day" => Calendar::usual(look.locale),
        _ => Calendar::Gregorian,
    };
    period_name(period, day, calendar.unwrap_or(otherwise), look.locale)
}

#[cfg(not(feature = "intl"))]
fn period_text(look: &Look, period: &str, day: NaiveDate) -> String {
    let text = match period {
        "year" => day.format("%Y").to_string(),
        "quarter" => format!("{}-Q{}", day.year(), day.month0() / 3 + 1),
        "month" => day.format("%Y-%m").to_string(),
        _ => day.to_string(),
    };
    crate::locale::Digits::of(look.locale).write(&text)
}

/// What makes two keys one; spellings of text differ between two questions, so text is folded.
fn identity(keys: &[Option<Value>]) -> Vec<Option<String>> {
    let of = |value: &Value| match value {
        Value::Text(text) => crate::locale::fold_text(text),
        other => other.to_string(),
    };
    keys.iter().map(|key| key.as_ref().map(of)).collect()
}

/// What a measure is called: `Sum: Amount`.
pub(super) fn measure_name(look: &Look, object: &Object, measure: &Measure) -> String {
    let (word, field) = match measure {
        Measure::Count => return words::COUNT.in_locale(look.locale).to_owned(),
        Measure::Sum(field) => (&words::SUM, field),
        Measure::Min(field) => (&words::LEAST, field),
        Measure::Max(field) => (&words::GREATEST, field),
        Measure::Avg(field) => (&words::MEAN, field),
        Measure::Median(field) => (&words::MEDIAN, field),
        Measure::Distinct(field) => (&words::DIFFERENT, field),
        Measure::InBase { measure, .. } => {
            let name = measure_name(look, object, measure);
            let base = words::IN_BASE.in_locale(look.locale);
            return format!("{name} ({base})");
        }
    };
    format!(
        "{}: {}",
        word.in_locale(look.locale),
        field_name(look, object, field)
    )
}
