//! What do definitions lose when fields, options or objects go?
//!
//! A definition that names what is gone cannot be shown, so a change of the schema names those that would, and is
//! refused until somebody says to strip them. To strip is to take out the columns, fields, tiles and conditions that
//! name what is gone, and nothing else. A condition that goes asks for less: the view may show more records than it did.

use std::collections::{BTreeMap, BTreeSet};

use super::dashboard::{DashboardDefinition, TileContent};
use super::definition::{Chart, Column, ViewDefinition, ViewKind};
use super::form::FormDefinition;
use super::panel::PanelDefinition;
use crate::query::{Condition, Filter, Measure, SortKey, fields_named};
use crate::schema::Schema;

/// What one schema has and another has not any more.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    before: Schema,
    after: Schema,
    objects: BTreeSet<String>,
    /// By object.
    fields: BTreeMap<String, BTreeSet<String>>,
    /// By object and field.
    options: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Gone {
    pub(super) fn between(before: &Schema, after: &Schema) -> Self {
        let mut gone = Self {
            before: before.clone(),
            after: after.clone(),
            ..Self::default()
        };
        for old in before.objects() {
            let Some(new) = after.object(&old.name) else {
                gone.objects.insert(old.name.clone());
                continue;
            };
            for field in old.live_fields() {
                let Some(now) = new.field(&field.name) else {
                    let fields = gone.fields.entry(old.name.clone()).or_default();
                    fields.insert(field.name.clone());
                    continue;
                };
                let lost = field.options().iter();
                let lost: BTreeSet<String> = lost
                    .filter(|option| !now.options().contains(option))
                    .cloned()
                    .collect();
                if !lost.is_empty() {
                    let of = (old.name.clone(), field.name.clone());
                    gone.options.insert(of, lost);
                }
            }
        }
        gone
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.objects.is_empty() && self.fields.is_empty() && self.options.is_empty()
    }

    /// Whether a field is gone; its name may have a period, `close_date:month`, or be a path, `account.industry`, which
    /// is gone when it leads nowhere any more.
    fn has(&self, object: &str, field: &str) -> bool {
        if field.contains('.') {
            let leads = |schema: &Schema| {
                let object = schema.object(object);
                object.is_some_and(|object| !fields_named(object, field, schema).is_empty())
            };
            return leads(&self.before) && !leads(&self.after);
        }
        let (name, _) = crate::query::split_key(field);
        self.fields
            .get(object)
            .is_some_and(|fields| fields.contains(name))
    }

    /// Takes out of a filter what is gone; none when nothing is left of it.
    fn rest_of_filter(
        &self,
        filter: &Filter,
        object: &str,
        path: &str,
        places: &mut Vec<String>,
    ) -> Option<Filter> {
        let mut kept = |parts: &[Filter]| -> Vec<Filter> {
            let parts = parts.iter();
            parts
                .filter_map(|part| self.rest_of_filter(part, object, path, places))
                .collect()
        };
        match filter {
            Filter::And(parts) if parts.is_empty() => Some(filter.clone()),
            Filter::Or(parts) if parts.is_empty() => Some(filter.clone()),
            Filter::And(parts) => Some(kept(parts))
                .filter(|kept| !kept.is_empty())
                .map(Filter::And),
            Filter::Or(parts) => Some(kept(parts))
                .filter(|kept| !kept.is_empty())
                .map(Filter::Or),
            Filter::Not(inner) => self
                .rest_of_filter(inner, object, path, places)
                .map(|inner| !inner),
            Filter::Is(condition) => self.rest_of_condition(condition, object, path, places),
        }
    }

    fn rest_of_condition(
        &self,
        condition: &Condition,
        object: &str,
        path: &str,
        places: &mut Vec<String>,
    ) -> Option<Filter> {
        if self.has(object, &condition.field) {
            places.push(format!("{path}: {}", condition.field));
            return None;
        }
        let lost = self.lost_options(object, &condition.field);
        if lost.is_empty() {
            return Some(Filter::Is(condition.clone()));
        }
        let mut condition = condition.clone();
        let before = condition.operands.len();
        condition.operands.retain(|option| !lost.contains(option));
        if condition.operands.len() < before {
            places.push(format!("{path}: an option of {}", condition.field));
        }
        (!condition.operands.is_empty()).then_some(Filter::Is(condition))
    }

    /// Options of a field that are gone, of every object where a path ends.
    fn lost_options(&self, object: &str, path: &str) -> BTreeSet<&String> {
        let Some(object) = self.before.object(object) else {
            return BTreeSet::new();
        };
        let named = fields_named(object, path, &self.before);
        let last = path.rsplit('.').next().unwrap_or(path);
        let ends = named.into_iter().filter(|(_, field)| *field == last);
        let lost = ends.filter_map(|(object, field)| {
            self.options.get(&(object.name.clone(), field.to_owned()))
        });
        lost.flatten().collect()
    }

    fn strip_filter(
        &self,
        filter: &mut Filter,
        object: &str,
        path: &str,
        places: &mut Vec<String>,
    ) {
        *filter = self
            .rest_of_filter(filter, object, path, places)
            .unwrap_or_default();
    }

    /// Keeps what names no field that is gone.
    fn strip_list<T>(
        &self,
        list: &mut Vec<T>,
        object: &str,
        path: &str,
        places: &mut Vec<String>,
        field: impl Fn(&T) -> Option<&str>,
    ) {
        list.retain(|item| match field(item) {
            Some(name) if self.has(object, name) => {
                places.push(format!("{path}: {name}"));
                false
            }
            _ => true,
        });
    }

    fn strip_columns(
        &self,
        columns: &mut Vec<Column>,
        object: &str,
        path: &str,
        places: &mut Vec<String>,
    ) {
        self.strip_list(columns, object, path, places, |column| Some(&column.field));
    }

    fn strip_sort(
        &self,
        sort: &mut Vec<SortKey>,
        object: &str,
        path: &str,
        places: &mut Vec<String>,
    ) {
        self.strip_list(sort, object, path, places, |key| Some(&key.field));
    }

    /// Whether a chart can still be drawn.
    fn keeps_chart(
        &self,
        chart: &mut Chart,
        object: &str,
        path: &str,
        places: &mut Vec<String>,
    ) -> bool {
        if let Some(series) = chart.series.take_if(|series| self.has(object, series)) {
            places.push(format!("{path}.series: {series}"));
        }
        let needs = [Some(chart.by.as_str()), chart.measure.field()];
        let lost = needs
            .into_iter()
            .flatten()
            .find(|name| self.has(object, name));
        places.extend(lost.map(|name| format!("{path}: {name}")));
        lost.is_none()
    }

    pub(super) fn strip_view(&self, view: &mut ViewDefinition, places: &mut Vec<String>) -> bool {
        if self.objects.contains(&view.object) {
            places.push(format!("object: {}", view.object));
            return false;
        }
        let object = view.object.clone();
        self.strip_columns(&mut view.columns, &object, "columns", places);
        self.strip_filter(&mut view.filter, &object, "filter", places);
        self.strip_sort(&mut view.sort, &object, "sort", places);
        let named = |name: &String| -> Option<String> { Some(name.clone()) };
        let groups = view.group_by.iter().filter_map(named);
        let lost: Vec<String> = groups.filter(|name| self.has(&object, name)).collect();
        places.extend(lost.iter().map(|name| format!("group_by: {name}")));
        view.group_by.retain(|name| !lost.contains(name));
        self.strip_list(
            &mut view.measures,
            &object,
            "measures",
            places,
            Measure::field,
        );
        if let Some(chart) = &mut view.chart
            && !self.keeps_chart(chart, &object, "chart", places)
        {
            view.chart = None;
        }
        for (key, field) in [("start", &mut view.start), ("end", &mut view.end)] {
            if let Some(name) = field.take_if(|name| self.has(&object, name)) {
                places.push(format!("{key}: {name}"));
            }
        }
        // What has lost what makes it a board, a calendar or a report is a list from now on.
        let whole = match view.kind {
            ViewKind::List => true,
            ViewKind::Kanban => !view.group_by.is_empty(),
            ViewKind::Calendar => view.start.is_some(),
            ViewKind::Report => {
                !(view.group_by.is_empty() && view.measures.is_empty() && view.chart.is_none())
            }
        };
        if !whole {
            (view.kind, view.end) = (ViewKind::List, None);
        }
        true
    }

    pub(super) fn strip_form(&self, form: &mut FormDefinition, places: &mut Vec<String>) -> bool {
        if self.objects.contains(&form.object) {
            places.push(format!("object: {}", form.object));
            return false;
        }
        let object = form.object.clone();
        for (place, section) in form.sections.iter_mut().enumerate() {
            let path = format!("sections[{place}]");
            let condition = format!("{path}.visible_if");
            self.strip_filter(&mut section.visible_if, &object, &condition, places);
            for row in &mut section.rows {
                self.strip_list(row, &object, &path, places, |field| Some(&field.field));
                for field in row {
                    self.strip_filter(&mut field.visible_if, &object, &condition, places);
                }
            }
            section.rows.retain(|row| !row.is_empty());
        }
        form.sections.retain(|section| !section.rows.is_empty());
        !form.sections.is_empty()
    }

    /// Of a path only the first reference is looked at: what lies beyond is another object's, and a path that leads
    /// nowhere shows nothing.
    pub(super) fn strip_panel(
        &self,
        panel: &mut PanelDefinition,
        places: &mut Vec<String>,
    ) -> bool {
        let PanelDefinition { on, by, view, .. } = panel;
        let mut of_view = Vec::new();
        let remains = self.strip_view(view, &mut of_view);
        places.extend(of_view.iter().map(|place| format!("view.{place}")));
        let nowhere = on.is_empty();
        let lost = |name: &String| self.objects.contains(name);
        places.extend(
            on.iter()
                .filter(|name| lost(name))
                .map(|name| format!("on: {name}")),
        );
        on.retain(|name| !lost(name));
        self.strip_list(by, &view.object, "by", places, |path| {
            path.split('.').next()
        });
        remains && !by.is_empty() && (nowhere || !on.is_empty())
    }

    pub(super) fn strip_dashboard(
        &self,
        dashboard: &mut DashboardDefinition,
        places: &mut Vec<String>,
    ) -> bool {
        let mut place = 0;
        dashboard.tiles.retain_mut(|tile| {
            let path = format!("tiles[{place}]");
            place += 1;
            self.keeps_tile(&mut tile.content, &path, places)
        });
        !dashboard.tiles.is_empty()
    }

    fn keeps_tile(&self, content: &mut TileContent, path: &str, places: &mut Vec<String>) -> bool {
        let (object, filter) = match content {
            TileContent::View { .. } => return true,
            TileContent::Number { object, filter, .. }
            | TileContent::Chart { object, filter, .. }
            | TileContent::List { object, filter, .. } => (object.clone(), filter),
        };
        if self.objects.contains(&object) {
            places.push(format!("{path}.object: {object}"));
            return false;
        }
        self.strip_filter(filter, &object, &format!("{path}.filter"), places);
        match content {
            TileContent::Number { measure, .. } => {
                let lost = measure.field().filter(|field| self.has(&object, field));
                places.extend(lost.map(|field| format!("{path}.measure: {field}")));
                lost.is_none()
            }
            TileContent::Chart { chart, .. } => {
                self.keeps_chart(chart, &object, &format!("{path}.chart"), places)
            }
            TileContent::List { columns, sort, .. } => {
                self.strip_columns(columns, &object, &format!("{path}.columns"), places);
                self.strip_sort(sort, &object, &format!("{path}.sort"), places);
                true
            }
            TileContent::View { .. } => true,
        }
    }
}
