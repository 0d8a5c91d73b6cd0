//! Which rows, cards or entries does a view show?

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use chrono::{Days, NaiveDate};

use super::cell::{Cell, Reading, field_name, value_of};
use super::check::value_kind;
use super::declared::{self, Declared};
use super::definition::{CellFormat, Column, ViewDefinition, ViewKind};
use super::look::{Look, called};
use super::totals::{ChartShown, GroupShown, Totals, measure_name};
use crate::error::Result;
use crate::locale::Direction;
use crate::query::{self, Filter, Page, Query, SortKey, split_key};
use crate::record::{Record, RecordId, Value};
use crate::schema::{Field, FieldKind, Object};

/// Which part of a view is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ViewPage {
    /// Where it begins: the `next` of the page before.
    pub after: Option<String>,
    /// How many rows, 1 to 1,000; as many as the view says where it is not said.
    pub limit: Option<usize>,
    /// Only these, of those that the view shows.
    pub filter: Filter,
    /// Of a calendar: the days from the first to the last, both included.
    pub days: Option<(NaiveDate, NaiveDate)>,
}

impl ViewPage {
    /// The first page.
    #[must_use]
    pub fn first() -> Self {
        Self::default()
    }

    /// The page after the one that gave this cursor.
    #[must_use]
    pub fn after(mut self, cursor: impl Into<String>) -> Self {
        self.after = Some(cursor.into());
        self
    }

    /// So many rows.
    #[must_use]
    pub fn limit(mut self, rows: usize) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Only these, of those that the view shows: one lane of a board, what somebody typed above a list.
    #[must_use]
    pub fn only(mut self, filter: Filter) -> Self {
        self.filter = self.filter.and(filter);
        self
    }

    /// Of a calendar: what lies on these days, both included.
    #[must_use]
    pub fn days(mut self, first: NaiveDate, last: NaiveDate) -> Self {
        self.days = Some((first, last));
        self
    }
}

/// A column as it is drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ColumnShown {
    /// The field.
    pub field: String,
    /// Its heading.
    pub label: String,
    /// What it holds: `money`, `option`.
    pub kind: &'static str,
    /// How it wants to be drawn.
    #[serde(serialize_with = "format_word")]
    pub format: CellFormat,
    /// How wide, in pixels.
    pub width: Option<u16>,
    /// Whether its cells are set against the end of the line, as numbers are.
    pub at_end: bool,
}

fn format_word<S: Serializer>(format: &CellFormat, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(format.name())
}

/// A record as a view shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RowShown {
    /// The record.
    #[serde(with = "crate::write::id_text")]
    pub id: RecordId,
    /// Its revision, for the change that may follow.
    pub revision: u64,
    /// What a person would call it.
    pub title: String,
    /// A cell for each column.
    pub cells: Vec<Cell>,
    /// The place of its group or lane in the answer's groups, where the view has one grouping.
    pub group: Option<usize>,
    /// Of a calendar: when it begins.
    pub start: Option<Cell>,
    /// Of a calendar: when it ends.
    pub end: Option<Cell>,
}

/// A page of a view, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ViewRows {
    /// What the view is called.
    pub name: String,
    /// The object whose records it shows.
    pub object: String,
    /// What it is drawn as.
    #[serde(serialize_with = "kind_word")]
    pub kind: ViewKind,
    /// The language of everything in it.
    pub language: &'static str,
    /// Where lines begin in that language.
    pub direction: Direction,
    /// The columns.
    pub columns: Vec<ColumnShown>,
    /// The rows.
    pub rows: Vec<RowShown>,
    /// What the groups are values of.
    pub group_by: Vec<String>,
    /// What is added up.
    pub measures: Vec<String>,
    /// The groups or lanes, on the first page.
    pub groups: Vec<GroupShown>,
    /// What all records add up to, on the first page of a view that adds up or makes groups.
    pub total: Option<GroupShown>,
    /// The chart, on the first page.
    pub chart: Option<ChartShown>,
    /// The cursor of the next page, where there is one.
    pub next: Option<String>,
    /// Whether there are rows after these.
    pub has_more: bool,
    /// The commit that it was read at.
    pub position: u64,
}

fn kind_word<S: Serializer>(kind: &ViewKind, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(kind.name())
}

/// What the engine shows of an object's records where nobody said.
pub(super) fn built_in(object: &Object) -> ViewDefinition {
    const MOST: usize = 7;
    let title = object.field_by_number(object.title_field);
    let worth = |kind: &FieldKind| !matches!(kind, FieldKind::LongText | FieldKind::Json);
    let candidates = object
        .live_fields()
        .filter(|field| field.number >= crate::schema::system::FIRST_DECLARED)
        .filter(|field| field.number != object.title_field && worth(&field.kind));
    let mut fields: Vec<_> = candidates.collect();
    // What must be there and what is looked for comes first, otherwise the order of the schema.
    fields.sort_by_key(|field| (!field.required, !field.is_indexed()));
    let columns = title
        .into_iter()
        .chain(fields)
        .take(MOST)
        .map(|field| Column::new(&field.name));
    ViewDefinition {
        sort: vec![SortKey::descending("updated_at")],
        ..ViewDefinition::list(&object.name).columns(columns)
    }
}

/// The view that somebody gets of an object's records where he names none.
pub(super) fn first(look: &Look, object: &str) -> Result<Declared<ViewDefinition>> {
    let object = look.reader.object(object)?.clone();
    let first = declared::first(look, Some(&object.name), |_: &ViewDefinition| true)?;
    Ok(first.unwrap_or_else(|| Declared {
        label: object.label.clone(),
        ..Declared::unstored(object.name.clone(), built_in(&object))
    }))
}

/// One page of a view.
pub(super) fn rows(
    look: &Look,
    view: &Declared<ViewDefinition>,
    page: &ViewPage,
) -> Result<ViewRows> {
    let name = look.called(&view.label, &view.name);
    rows_of(look, name, &view.definition, page)
}

pub(super) fn rows_of(
    look: &Look,
    name: String,
    view: &ViewDefinition,
    page: &ViewPage,
) -> Result<ViewRows> {
    let object = look.reader.object(&view.object)?.clone();
    let filter = wanted(view, page);
    let mut query = Query::new(&view.object)
        .filter(filter.clone())
        .sort(order(view))
        .limit(page.limit.or(view.page).unwrap_or(50));
    query.after.clone_from(&page.after);
    let found = query::run(&look.reader, &query, &look.time)?;
    drawn(
        look,
        name,
        view,
        &object,
        found,
        page.after.is_none().then_some(&filter),
    )
}

/// A page of records as it is drawn; what they add up to where that is told of which.
pub(super) fn drawn(
    look: &Look,
    name: String,
    view: &ViewDefinition,
    object: &Object,
    found: Page,
    adding_up: Option<&Filter>,
) -> Result<ViewRows> {
    let columns: Cow<'_, [Column]> = match view.columns.is_empty() {
        true => built_in(object).columns.into(),
        false => view.columns.as_slice().into(),
    };
    let columns = columns.iter().filter(|column| !object.hides(&column.field));
    let columns: Vec<Drawn<'_>> = columns
        .map(|column| Drawn {
            column,
            field: object.field(&column.field),
        })
        .collect();
    let columns = columns.as_slice();
    let mut reading = Reading::new(look);
    learn(&mut reading, object, view, columns, &found.records)?;
    let sums = match adding_up {
        Some(filter) => sums(look, &mut reading, object, view, filter)?,
        None => Sums::default(),
    };
    let row = |record: &Record| row(&reading, object, view, columns, &sums.groups, record);
    Ok(ViewRows {
        name,
        object: view.object.clone(),
        kind: view.kind,
        language: look.locale.tag(),
        direction: Direction::of(look.locale),
        rows: found.records.iter().map(row).collect(),
        columns: columns
            .iter()
            .map(|column| shown_column(look, object, column))
            .collect(),
        group_by: view
            .group_by
            .iter()
            .map(|by| field_name(look, object, split_key(by).0))
            .collect(),
        measures: view
            .measures
            .iter()
            .map(|measure| measure_name(look, object, measure))
            .collect(),
        groups: sums.groups,
        total: sums.total,
        chart: sums.chart,
        next: found.next,
        has_more: found.has_more,
        position: look.reader.position().get(),
    })
}

/// A column and the field that it shows; of `id` and `revision` there is none.
struct Drawn<'a> {
    column: &'a Column,
    field: Option<&'a Field>,
}

/// Looks up what the cells lead to, and nothing that is not shown.
fn learn(
    reading: &mut Reading<'_>,
    object: &Object,
    view: &ViewDefinition,
    columns: &[Drawn<'_>],
    records: &[Record],
) -> Result<()> {
    let days = [&view.start, &view.end].into_iter().flatten();
    let days = days.filter_map(|name| object.field(name));
    let shown = columns.iter().filter_map(|drawn| drawn.field).chain(days);
    let shown: Vec<u32> = shown.map(|field| field.number).collect();
    let values = records
        .iter()
        .flat_map(|record| shown.iter().filter_map(|field| record.value(*field)));
    reading.learn(values)
}

/// What comes with the first page alone.
#[derive(Default)]
struct Sums {
    groups: Vec<GroupShown>,
    total: Option<GroupShown>,
    chart: Option<ChartShown>,
}

fn sums(
    look: &Look,
    reading: &mut Reading<'_>,
    object: &Object,
    view: &ViewDefinition,
    filter: &Filter,
) -> Result<Sums> {
    let totals = Totals {
        look,
        object,
        filter,
    };
    let measures = &view.measures;
    let groups = match (view.kind, view.group_by.as_slice()) {
        (_, []) => Vec::new(),
        (ViewKind::Kanban, [lanes]) => totals.lanes(reading, lanes, measures)?,
        (_, group_by) => totals.shown(reading, group_by, measures)?,
    };
    let total = match measures.is_empty() && view.group_by.is_empty() {
        true => None,
        false => totals.shown(reading, &[], measures)?.into_iter().next(),
    };
    let chart = view.chart.as_ref();
    let chart = chart
        .map(|chart| totals.chart(reading, chart))
        .transpose()?;
    Ok(Sums {
        groups,
        total,
        chart,
    })
}

/// The records that the view shows, those of a page's days and wish alone.
pub(super) fn wanted(view: &ViewDefinition, page: &ViewPage) -> Filter {
    let mut filter = view.filter.clone();
    if !page.filter.is_everything() {
        filter = filter.and(page.filter.clone());
    }
    if let (Some(start), Some((first, last))) = (&view.start, page.days) {
        let beyond = last.checked_add_days(Days::new(1)).unwrap_or(last);
        filter = filter.and(Filter::lt(start, beyond));
        let begins = Filter::gte(start, first);
        filter = filter.and(match &view.end {
            Some(end) => begins.or(Filter::gte(end, first)),
            None => begins,
        });
    }
    filter
}

/// The view's order; rows of one group lie together, and a calendar goes by its days.
pub(super) fn order(view: &ViewDefinition) -> Vec<SortKey> {
    let mut keys: Vec<SortKey> = Vec::new();
    let mut groups: Vec<&str> = match view.kind {
        ViewKind::Kanban => Vec::new(),
        _ => view.group_by.iter().map(|by| split_key(by).0).collect(),
    };
    groups.extend(view.start.as_deref());
    for name in groups {
        // A group whose order the view gives keeps it.
        let given = view.sort.iter().find(|key| key.field == name);
        let key = given.cloned().unwrap_or_else(|| SortKey::ascending(name));
        if !keys.iter().any(|known| known.field == key.field) {
            keys.push(key);
        }
    }
    for key in &view.sort {
        if !keys.iter().any(|known| known.field == key.field) {
            keys.push(key.clone());
        }
    }
    keys
}

fn shown_column(look: &Look, object: &Object, drawn: &Drawn<'_>) -> ColumnShown {
    let Drawn { column, field } = drawn;
    let kind = match (field, column.field.as_str()) {
        (Some(field), _) if field.is_rollup() => Cow::Owned(value_kind(&field.kind)),
        (Some(field), _) => Cow::Borrowed(&field.kind),
        (None, "revision") => Cow::Owned(FieldKind::Integer),
        (None, _) => Cow::Owned(FieldKind::Text),
    };
    let number = matches!(
        *kind,
        FieldKind::Integer
            | FieldKind::Decimal
            | FieldKind::Percent
            | FieldKind::Money
            | FieldKind::Duration
    );
    let called = match field {
        Some(field) => called(&field.label, look.locale, &field.name),
        None => field_name(look, object, &column.field),
    };
    ColumnShown {
        field: column.field.clone(),
        label: match column.label.is_empty() {
            true => called,
            false => look.called(&column.label, &called),
        },
        kind: kind.name(),
        format: column.format,
        width: column.width,
        at_end: number,
    }
}

fn row(
    reading: &Reading<'_>,
    object: &Object,
    view: &ViewDefinition,
    columns: &[Drawn<'_>],
    groups: &[GroupShown],
    record: &Record,
) -> RowShown {
    let cell = |name: &str, field: Option<&Field>| match field {
        Some(known) => reading.cell(field, record.value(known.number)),
        None => reading.cell(None, value_of(record, name).as_ref()),
    };
    let day = |name: &str| cell(name, object.field(name));
    let group = match view.group_by.as_slice() {
        [by] => group_of(groups, by, record),
        _ => None,
    };
    let cells = columns.iter();
    RowShown {
        id: record.id(),
        revision: record.revision(),
        title: reading.title_of(record),
        cells: cells
            .map(|drawn| cell(&drawn.column.field, drawn.field))
            .collect(),
        group,
        start: view.start.as_deref().map(day),
        end: view.end.as_deref().map(day),
    }
}

/// The group that a record lies in.
fn group_of(groups: &[GroupShown], by: &str, record: &Record) -> Option<usize> {
    let (name, period) = split_key(by);
    let value = value_of(record, name);
    let key = |group: &GroupShown| group.keys.first().and_then(|key| key.value.clone());
    if period.is_none() {
        let same = |group: &GroupShown| match (key(group), &value) {
            (Some(Value::Text(a)), Some(Value::Text(b))) => {
                crate::locale::fold_text(&a) == crate::locale::fold_text(b)
            }
            (key, value) => key == *value,
        };
        return groups.iter().position(same);
    }
    // Periods are in order, each by its first day; of instants the period is the host's zone's, so only days are placed.
    let day = match value {
        Some(Value::Date(day)) => day,
        None => return groups.iter().position(|group| key(group).is_none()),
        Some(_) => return None,
    };
    let begins =
        |group: &GroupShown| matches!(key(group), Some(Value::Date(first)) if first <= day);
    groups.iter().rposition(begins)
}
