//! What does a view say?
//!
//! Which records of an object, in which columns and order, added up how, and drawn as what. The tree of conditions, the
//! sort keys and the measures are the engine's own.

use serde_json::Value as Json;

use super::check::{self, Ground};
use super::declared::{Declared, Definition};
use super::error::DefinitionError;
use super::gone::Gone;
use super::shipped;
use super::written::{Making, Members, Part, word_of};
use crate::error::{Failure, Result};
use crate::query::{Filter, Measure, SortKey};
use crate::record::Value;
use crate::schema::Labels;

type Read<T> = Result<T, DefinitionError>;

/// What a view is drawn as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViewKind {
    /// Rows and columns.
    #[default]
    List,
    /// Cards in lanes, one lane for each value of the field that it is grouped by.
    Kanban,
    /// Entries on days, by a date or an instant.
    Calendar,
    /// Groups with their counts and totals.
    Report,
}

pub(super) const VIEW_KINDS: [(&str, ViewKind); 4] = [
    ("list", ViewKind::List),
    ("kanban", ViewKind::Kanban),
    ("calendar", ViewKind::Calendar),
    ("report", ViewKind::Report),
];

impl ViewKind {
    /// Its word: `kanban`.
    #[must_use]
    pub fn name(self) -> &'static str {
        word_of(&VIEW_KINDS, &self)
    }
}

/// How a column wants to be drawn. Hosts that do not know a format show the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CellFormat {
    /// As text.
    #[default]
    Plain,
    /// As a coloured word: options, yes and no, references.
    Badge,
    /// As a bar: numbers and percentages.
    Bar,
    /// Shortened, such as 1.2 M: numbers and amounts.
    Compact,
    /// As the time from now, such as in 3 days: dates and instants.
    Relative,
    /// As a link: web and e-mail addresses, telephone numbers, references.
    Link,
}

pub(super) const CELL_FORMATS: [(&str, CellFormat); 6] = [
    ("plain", CellFormat::Plain),
    ("badge", CellFormat::Badge),
    ("bar", CellFormat::Bar),
    ("compact", CellFormat::Compact),
    ("relative", CellFormat::Relative),
    ("link", CellFormat::Link),
];

impl CellFormat {
    /// Its word: `badge`.
    #[must_use]
    pub fn name(self) -> &'static str {
        word_of(&CELL_FORMATS, &self)
    }
}

/// A column of a list, or a line on a card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// The field's name, or `id` or `revision`.
    pub field: String,
    /// Its heading where that is another than the field's name, by language.
    pub label: Labels,
    /// How wide it is drawn, in pixels at the usual size of text, 20 to 2,000; the host chooses where it is not said.
    pub width: Option<u16>,
    /// How it wants to be drawn.
    pub format: CellFormat,
}

impl Column {
    /// A column of a field.
    pub fn new(field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            ..Self::default()
        }
    }

    /// So many pixels wide.
    #[must_use]
    pub fn width(mut self, pixels: u16) -> Self {
        self.width = Some(pixels);
        self
    }

    /// Drawn like this.
    #[must_use]
    pub fn format(mut self, format: CellFormat) -> Self {
        self.format = format;
        self
    }

    /// A column that says no more than its field is written as that.
    pub(super) fn to_json(&self) -> Json {
        let plain = Self::new(self.field.clone());
        if *self == plain {
            return self.field.clone().into();
        }
        let format = (self.format != CellFormat::Plain).then(|| self.format.name());
        Making::default()
            .put("field", self.field.clone())
            .labels("label", &self.label)
            .maybe("width", self.width)
            .maybe("format", format)
            .done()
    }

    pub(super) fn read(part: &Part<'_>) -> Read<Self> {
        if part.as_text().is_some() {
            return Ok(Self::new(part.text()?));
        }
        let members = part.members(&["field", "label", "width", "format"])?;
        let format = members.part("format").map(|part| part.word(&CELL_FORMATS));
        Ok(Self {
            field: members.needed("field")?.text()?,
            label: members.labels("label")?,
            width: members.number("width", 20, 2_000)?.map(|wide| wide as u16),
            format: format.transpose()?.unwrap_or_default(),
        })
    }
}

/// The shape of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChartKind {
    /// Bars that lie.
    #[default]
    Bar,
    /// Bars that stand.
    Column,
    /// A line.
    Line,
    /// A filled line.
    Area,
    /// A ring of parts.
    Donut,
    /// Steps that narrow.
    Funnel,
}

pub(super) const CHART_KINDS: [(&str, ChartKind); 6] = [
    ("bar", ChartKind::Bar),
    ("column", ChartKind::Column),
    ("line", ChartKind::Line),
    ("area", ChartKind::Area),
    ("donut", ChartKind::Donut),
    ("funnel", ChartKind::Funnel),
];

impl ChartKind {
    /// Its word: `donut`.
    #[must_use]
    pub fn name(self) -> &'static str {
        word_of(&CHART_KINDS, &self)
    }
}

/// A number for each group, drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chart {
    /// Its shape.
    pub kind: ChartKind,
    /// The field whose values are its categories, with a period where it is a date: `close_date:month`.
    pub by: String,
    /// The field whose values make several series.
    pub series: Option<String>,
    /// What is drawn of each group: a count, or a sum, mean, least or greatest of numbers or amounts.
    pub measure: Measure,
    /// Its heading, by language.
    pub label: Labels,
}

impl Chart {
    /// A chart of a measure, by a field.
    pub fn new(kind: ChartKind, by: impl Into<String>, measure: Measure) -> Self {
        Self {
            kind,
            by: by.into(),
            series: None,
            measure,
            label: Labels::new(),
        }
    }

    /// With a series for each value of another field.
    #[must_use]
    pub fn series(mut self, by: impl Into<String>) -> Self {
        self.series = Some(by.into());
        self
    }

    pub(super) fn to_json(&self) -> Json {
        Making::default()
            .put("kind", self.kind.name())
            .put("by", self.by.clone())
            .maybe("series", self.series.clone())
            .put("measure", self.measure.to_string())
            .labels("label", &self.label)
            .done()
    }

    pub(super) fn read(part: &Part<'_>) -> Read<Self> {
        let members = part.members(&["kind", "by", "series", "measure", "label"])?;
        Ok(Self {
            kind: members.needed("kind")?.word(&CHART_KINDS)?,
            by: members.needed("by")?.text()?,
            series: members.text("series")?,
            measure: measure(&members.needed("measure")?)?,
            label: members.labels("label")?,
        })
    }
}

pub(super) fn measure(part: &Part<'_>) -> Read<Measure> {
    Measure::parse(&part.text()?).map_err(|error| part.fault(error.to_string()))
}

pub(super) fn sort(members: &Members<'_>) -> Read<Vec<SortKey>> {
    let Some(part) = members.part("sort") else {
        return Ok(Vec::new());
    };
    SortKey::parse_list(&part.text()?).map_err(|error| part.fault(error.to_string()))
}

pub(super) fn sort_text(keys: &[SortKey]) -> Option<String> {
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    (!keys.is_empty()).then(|| keys.join(","))
}

/// What a view shows, and as what.
///
/// ```
/// use peyvand::{Chart, ChartKind, Column, Filter, Measure, ViewDefinition};
///
/// # fn main() -> Result<(), peyvand::Error> {
/// let view = ViewDefinition::list("opportunity")
///     .columns([Column::new("name"), Column::new("amount").width(140)])
///     .filter(Filter::eq("status", "open"))
///     .sorted_by("-amount")?
///     .chart(Chart::new(ChartKind::Bar, "stage", Measure::Sum("amount".to_owned())));
/// assert_eq!(ViewDefinition::from_json(&view.to_json())?, view);
/// # Ok(())
/// # }
/// ```
///
/// In a filter, `me` stands for the user who looks: `owner[eq]:me`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewDefinition {
    /// The object whose records it shows.
    pub object: String,
    /// What it is drawn as.
    pub kind: ViewKind,
    /// The columns; those that the engine chooses where none are named.
    pub columns: Vec<Column>,
    /// Which records.
    pub filter: Filter,
    /// In which order.
    pub sort: Vec<SortKey>,
    /// The fields whose values make the groups, dates with a period; of a kanban the one whose values are its lanes.
    pub group_by: Vec<String>,
    /// What is added up, in each group and over all.
    pub measures: Vec<Measure>,
    /// Of a calendar: the date or instant at which an entry begins.
    pub start: Option<String>,
    /// Of a calendar: the one at which it ends.
    pub end: Option<String>,
    /// A chart above the rows.
    pub chart: Option<Chart>,
    /// How many rows a page has; 50 unless told.
    pub page: Option<usize>,
}

const VIEW_KEYS: [&str; 11] = [
    "object", "kind", "columns", "filter", "sort", "group_by", "measures", "start", "end", "chart",
    "page",
];

impl ViewDefinition {
    /// A view of an object's records.
    pub fn new(object: impl Into<String>, kind: ViewKind) -> Self {
        Self {
            object: object.into(),
            kind,
            columns: Vec::new(),
            filter: Filter::everything(),
            sort: Vec::new(),
            group_by: Vec::new(),
            measures: Vec::new(),
            start: None,
            end: None,
            chart: None,
            page: None,
        }
    }

    /// Rows and columns.
    pub fn list(object: impl Into<String>) -> Self {
        Self::new(object, ViewKind::List)
    }

    /// Cards in a lane for each value of a field.
    pub fn kanban(object: impl Into<String>, lanes: impl Into<String>) -> Self {
        Self::new(object, ViewKind::Kanban).group_by(lanes)
    }

    /// Entries on days.
    pub fn calendar(object: impl Into<String>, start: impl Into<String>) -> Self {
        Self {
            start: Some(start.into()),
            ..Self::new(object, ViewKind::Calendar)
        }
    }

    /// Groups with their totals.
    pub fn report(object: impl Into<String>, by: impl Into<String>) -> Self {
        Self::new(object, ViewKind::Report).group_by(by)
    }

    /// With these columns.
    #[must_use]
    pub fn columns(mut self, columns: impl IntoIterator<Item = Column>) -> Self {
        self.columns = columns.into_iter().collect();
        self
    }

    /// Only these records.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// In the order of a list such as `-amount,name`.
    ///
    /// # Errors
    /// A name is missing between two commas.
    pub fn sorted_by(mut self, keys: &str) -> Result<Self> {
        self.sort = SortKey::parse_list(keys)?;
        Ok(self)
    }

    /// A group for each value of this field, or of its period: `close_date:month`.
    #[must_use]
    pub fn group_by(mut self, field: impl Into<String>) -> Self {
        self.group_by.push(field.into());
        self
    }

    /// With this total.
    #[must_use]
    pub fn measure(mut self, measure: Measure) -> Self {
        self.measures.push(measure);
        self
    }

    /// With a chart.
    #[must_use]
    pub fn chart(mut self, chart: Chart) -> Self {
        self.chart = Some(chart);
        self
    }

    /// The JSON form, as short as it can be.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let words = |list: &[String]| list.iter().cloned().map(Json::from).collect();
        let measures = self.measures.iter().map(ToString::to_string);
        Making::default()
            .put("object", self.object.clone())
            .put("kind", self.kind.name())
            .list(
                "columns",
                self.columns.iter().map(Column::to_json).collect(),
            )
            .filter("filter", &self.filter)
            .maybe("sort", sort_text(&self.sort))
            .list("group_by", words(&self.group_by))
            .list("measures", measures.map(Json::from).collect())
            .maybe("start", self.start.clone())
            .maybe("end", self.end.clone())
            .maybe("chart", self.chart.as_ref().map(Chart::to_json))
            .maybe("page", self.page)
            .done()
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// The JSON is no view: the message says where, and what was expected there.
    pub fn from_json(json: &Json) -> Result<Self> {
        Ok(Self::read(json)?)
    }

    pub(super) fn read(json: &Json) -> Read<Self> {
        let members = Part::whole(json).members(&VIEW_KEYS)?;
        let kind = members.part("kind").map(|part| part.word(&VIEW_KINDS));
        let chart = members.part("chart").map(|part| Chart::read(&part));
        Ok(Self {
            object: members.needed("object")?.text()?,
            kind: kind.transpose()?.unwrap_or_default(),
            columns: members.each("columns", Column::read)?,
            filter: members.filter("filter")?,
            sort: sort(&members)?,
            group_by: members.texts("group_by")?,
            measures: members.each("measures", measure)?,
            start: members.text("start")?,
            end: members.text("end")?,
            chart: chart.transpose()?,
            page: members.number("page", 1, 1_000)?.map(|rows| rows as usize),
        })
    }
}

impl Definition for ViewDefinition {
    const OBJECT: &'static str = "view";

    fn of_json(json: &Json) -> Read<Self> {
        Self::read(json)
    }

    fn as_json(&self) -> Json {
        self.to_json()
    }

    fn about(&self) -> Option<&str> {
        Some(&self.object)
    }

    fn faults(&self, ground: &Ground<'_>) -> Vec<Failure> {
        check::view(self, ground)
    }

    fn strip(&mut self, gone: &Gone, places: &mut Vec<String>) -> bool {
        gone.strip_view(self, places)
    }

    fn kept(&self) -> Vec<(&'static str, Value)> {
        let kind = self.kind.name().to_owned();
        vec![
            ("object", Value::Text(self.object.as_str().into())),
            ("kind", Value::Text(kind.into())),
        ]
    }

    fn shipped() -> &'static [Declared<Self>] {
        shipped::views()
    }
}
