//! Does a definition fit the schema and the records there are?
//!
//! Every fault is told, each with its place: an unknown name with the nearest known one, a comparison that its field
//! has no meaning for, a sort or a total that cannot be made.

use super::dashboard::{DashboardDefinition, GRID_WIDTH, TileContent};
use super::declared;
use super::definition::{CellFormat, Chart, Column, ViewDefinition, ViewKind};
use super::error::DefinitionError;
use super::form::{FormDefinition, FormPurpose};
use crate::error::Failure;
use crate::query::{self, Aggregate, Filter, Measure, Query, QueryTime, Reader, SortKey};
use crate::schema::{FieldKind, Object, did_you_mean};

const MOST_COLUMNS: usize = 100;
const MOST_GROUPINGS: usize = 4;
const MOST_MEASURES: usize = 20;
const MOST_FIELDS: usize = 1_000;
const MOST_TILES: usize = 60;

/// What a definition is held against.
pub(crate) struct Ground<'a> {
    pub(super) reader: &'a Reader,
    pub(super) time: QueryTime,
    /// Keys of views that come along.
    pub(super) views: Vec<&'a str>,
}

/// The faults of one definition as they are found.
struct Faults<'a> {
    ground: &'a Ground<'a>,
    found: Vec<Failure>,
}

impl<'a> Faults<'a> {
    fn new(ground: &'a Ground<'a>) -> Self {
        Self {
            ground,
            found: Vec::new(),
        }
    }

    fn add(&mut self, path: &str, message: impl Into<String>) {
        let fault = DefinitionError::at(path, message);
        self.found.push(fault.into_failure());
    }

    fn most(&mut self, path: &str, count: usize, most: usize) {
        if count > most {
            self.add(path, format!("there are {count}; at most {most} fit"));
        }
    }

    fn object(&mut self, path: &str, name: &str) -> Option<&'a Object> {
        let schema = &self.ground.reader.schema;
        let found = schema.object(name);
        if found.is_none() {
            let near = did_you_mean(name, schema.objects().map(|object| object.name.as_str()));
            self.add(path, format!("there is no object '{name}'{near}"));
        }
        found.map(|object| &**object)
    }

    /// What a field holds; none after saying that there is no such field.
    fn kind(&mut self, path: &str, object: &Object, name: &str) -> Option<FieldKind> {
        match (object.field(name), name) {
            (Some(field), _) => Some(value_kind(&field.kind)),
            (None, "id") => Some(FieldKind::reference(&[&object.name])),
            (None, "revision") => Some(FieldKind::Integer),
            (None, _) => {
                self.add(path, object.unknown_field(name));
                None
            }
        }
    }

    fn filter(&mut self, path: &str, object: &Object, filter: &Filter) {
        let query = Query::new(&object.name).filter(filter.clone());
        self.query(path, &query);
    }

    fn query(&mut self, path: &str, query: &Query) {
        if let Err(error) = query::check(self.ground.reader, query, &self.ground.time) {
            self.add(path, error.to_string());
        }
    }

    fn aggregate(&mut self, path: &str, aggregate: &Aggregate) {
        if let Err(error) = query::check_aggregate(self.ground.reader, aggregate, &self.ground.time)
        {
            self.add(path, error.to_string());
        }
    }

    fn sort(&mut self, path: &str, object: &Object, sort: &[SortKey]) {
        self.query(path, &Query::new(&object.name).sort(sort.iter().cloned()));
    }

    fn columns(&mut self, path: &str, object: &Object, columns: &[Column]) {
        self.most(path, columns.len(), MOST_COLUMNS);
        for (place, column) in columns.iter().enumerate() {
            let path = format!("{path}[{place}]");
            let Some(kind) = self.kind(&path, object, &column.field) else {
                continue;
            };
            if !suits(column.format, &kind) {
                self.add(
                    &path,
                    format!(
                        "{} ({}) cannot be drawn as {}; leave the format out",
                        column.field,
                        kind.name(),
                        column.format.name()
                    ),
                );
            }
        }
    }

    fn measures(&mut self, path: &str, object: &Object, measures: &[Measure]) {
        self.most(path, measures.len(), MOST_MEASURES);
        for (place, measure) in measures.iter().enumerate() {
            let aggregate = Aggregate::new(&object.name).measure(measure.clone());
            self.aggregate(&format!("{path}[{place}]"), &aggregate);
        }
    }

    /// A measure whose result is a number: what can be drawn, or stand on a tile.
    fn number(&mut self, path: &str, object: &Object, measure: &Measure) {
        let before = self.found.len();
        self.aggregate(path, &Aggregate::new(&object.name).measure(measure.clone()));
        let field = match measure {
            Measure::Min(field) | Measure::Max(field) => object.field(field),
            _ => None,
        };
        if let Some(field) = field.filter(|_| self.found.len() == before)
            && matches!(
                value_kind(&field.kind),
                FieldKind::Date | FieldKind::Instant
            )
        {
            self.add(
                path,
                format!(
                    "{measure} is a {}, and only numbers can be drawn; count, or measure a number",
                    value_kind(&field.kind).name()
                ),
            );
        }
    }

    fn chart(&mut self, path: &str, object: &Object, chart: &Chart) {
        self.number(&format!("{path}.measure"), object, &chart.measure);
        let by = Aggregate::new(&object.name).group_by(&chart.by);
        self.aggregate(&format!("{path}.by"), &by);
        if let Some(series) = &chart.series {
            let by = Aggregate::new(&object.name).group_by(series);
            self.aggregate(&format!("{path}.series"), &by);
        }
    }
}

/// A rollup is the number, amount or instant that it keeps.
pub(super) fn value_kind(kind: &FieldKind) -> FieldKind {
    match kind {
        FieldKind::Rollup(rollup) => rollup.measure.kind(),
        other => other.clone(),
    }
}

fn suits(format: CellFormat, kind: &FieldKind) -> bool {
    match format {
        CellFormat::Plain => true,
        CellFormat::Badge => matches!(
            kind,
            FieldKind::Option { .. }
                | FieldKind::MultiOption { .. }
                | FieldKind::Boolean
                | FieldKind::Reference { .. }
        ),
        CellFormat::Bar => matches!(
            kind,
            FieldKind::Integer | FieldKind::Decimal | FieldKind::Percent
        ),
        CellFormat::Compact => matches!(
            kind,
            FieldKind::Integer | FieldKind::Decimal | FieldKind::Money
        ),
        CellFormat::Relative => matches!(kind, FieldKind::Date | FieldKind::Instant),
        CellFormat::Link => matches!(
            kind,
            FieldKind::Url
                | FieldKind::Email
                | FieldKind::Phone
                | FieldKind::Reference { .. }
                | FieldKind::Text
        ),
    }
}

pub(super) fn view(view: &ViewDefinition, ground: &Ground<'_>) -> Vec<Failure> {
    let mut faults = Faults::new(ground);
    let Some(object) = faults.object("object", &view.object) else {
        return faults.found;
    };
    faults.columns("columns", object, &view.columns);
    faults.filter("filter", object, &view.filter);
    faults.sort("sort", object, &view.sort);
    faults.most("group_by", view.group_by.len(), MOST_GROUPINGS);
    for (place, by) in view.group_by.iter().enumerate() {
        let aggregate = Aggregate::new(&object.name).group_by(by);
        faults.aggregate(&format!("group_by[{place}]"), &aggregate);
    }
    faults.measures("measures", object, &view.measures);
    if let Some(chart) = &view.chart {
        faults.chart("chart", object, chart);
    }
    shape(view, object, &mut faults);
    faults.found
}

/// What a kind of view needs, and what has no meaning for it.
fn shape(view: &ViewDefinition, object: &Object, faults: &mut Faults<'_>) {
    match (view.kind, view.group_by.as_slice()) {
        (ViewKind::Kanban, [lanes]) => {
            let fits = |kind: &FieldKind| {
                matches!(
                    kind,
                    FieldKind::Option { .. } | FieldKind::Reference { .. } | FieldKind::Boolean
                )
            };
            let kind = object.field(lanes).map(|field| &field.kind);
            if kind.is_some_and(|kind| !fits(kind)) {
                faults.add(
                    "group_by[0]",
                    format!("{lanes} makes no lanes; use an option, a reference or yes and no"),
                );
            }
        }
        (ViewKind::Kanban, _) => faults.add("group_by", "a kanban has one field for its lanes"),
        (ViewKind::Report, []) if view.measures.is_empty() && view.chart.is_none() => {
            faults.add("group_by", "a report needs a group, a measure or a chart");
        }
        _ => {}
    }
    if view.kind == ViewKind::Calendar && view.start.is_none() {
        faults.add(
            "start",
            "a calendar needs the date at which an entry begins",
        );
    }
    for (key, name) in [("start", &view.start), ("end", &view.end)] {
        let Some(name) = name else { continue };
        if view.kind != ViewKind::Calendar {
            faults.add(key, "only a calendar has it");
        }
        let kind = faults.kind(key, object, name);
        if kind.is_some_and(|kind| !matches!(kind, FieldKind::Date | FieldKind::Instant)) {
            faults.add(key, format!("{name} is neither a date nor an instant"));
        }
    }
}

pub(super) fn form(form: &FormDefinition, ground: &Ground<'_>) -> Vec<Failure> {
    let mut faults = Faults::new(ground);
    let Some(object) = faults.object("object", &form.object) else {
        return faults.found;
    };
    let fields: usize = form
        .sections
        .iter()
        .flat_map(|of| &of.rows)
        .map(Vec::len)
        .sum();
    faults.most("sections", form.sections.len().max(fields), MOST_FIELDS);
    for (place, section) in form.sections.iter().enumerate() {
        let path = format!("sections[{place}]");
        faults.filter(&format!("{path}.visible_if"), object, &section.visible_if);
        for (line, row) in section.rows.iter().enumerate() {
            for (cell, field) in row.iter().enumerate() {
                let path = format!("{path}.rows[{line}][{cell}]");
                if faults.kind(&path, object, &field.field).is_some() {
                    faults.filter(&format!("{path}.visible_if"), object, &field.visible_if);
                }
            }
        }
    }
    if form.serves(FormPurpose::Create) {
        let asked: Vec<&str> = form
            .sections
            .iter()
            .flat_map(|section| section.rows.iter().flatten())
            .filter(|field| !field.read_only)
            .map(|field| field.field.as_str())
            .collect();
        let needed = object.live_fields().filter(|field| {
            field.required && field.default.is_none() && !asked.contains(&field.name.as_str())
        });
        for field in needed {
            faults.add("sections", format!("{} is required, and the form does not ask for it: nobody could make a record with it", field.name));
        }
    }
    faults.found
}

pub(super) fn dashboard(dashboard: &DashboardDefinition, ground: &Ground<'_>) -> Vec<Failure> {
    let mut faults = Faults::new(ground);
    faults.most("tiles", dashboard.tiles.len(), MOST_TILES);
    for (place, tile) in dashboard.tiles.iter().enumerate() {
        let path = format!("tiles[{place}]");
        let at = &tile.place;
        if u64::from(at.column) + u64::from(at.width) > GRID_WIDTH {
            faults.add(
                &format!("{path}.place"),
                format!("it reaches beyond the {GRID_WIDTH} columns of the grid"),
            );
        }
        let before = dashboard.tiles.iter().take(place);
        if let Some(other) = before.clone().position(|other| other.place.overlaps(at)) {
            faults.add(
                &format!("{path}.place"),
                format!("it lies over tiles[{other}]"),
            );
        }
        content(&path, &tile.content, &mut faults);
    }
    faults.found
}

fn content(path: &str, content: &TileContent, faults: &mut Faults<'_>) {
    let place = |key: &str| format!("{path}.{key}");
    match content {
        TileContent::View { view } => {
            let reader = faults.ground.reader;
            let stored = declared::by_id_or_key::<ViewDefinition>(reader, view);
            match stored {
                Err(error) => faults.add(&place("view"), error.to_string()),
                Ok(None)
                    if declared::shipped::<ViewDefinition>(view).is_none()
                        && !faults.ground.views.contains(&view.as_str()) =>
                {
                    faults.add(&place("view"), format!("there is no view with the key or id '{view}'; save it before the dashboard"));
                }
                Ok(_) => {}
            }
        }
        TileContent::Number {
            object,
            filter,
            measure,
        } => {
            if let Some(object) = faults.object(&place("object"), object) {
                faults.filter(&place("filter"), object, filter);
                faults.number(&place("measure"), object, measure);
            }
        }
        TileContent::Chart {
            object,
            filter,
            chart,
        } => {
            if let Some(object) = faults.object(&place("object"), object) {
                faults.filter(&place("filter"), object, filter);
                faults.chart(&place("chart"), object, chart);
            }
        }
        TileContent::List {
            object,
            filter,
            columns,
            sort,
            ..
        } => {
            if let Some(object) = faults.object(&place("object"), object) {
                faults.filter(&place("filter"), object, filter);
                faults.columns(&place("columns"), object, columns);
                faults.sort(&place("sort"), object, sort);
            }
        }
    }
}
