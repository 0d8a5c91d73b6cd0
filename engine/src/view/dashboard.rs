//! What does a dashboard say?
//!
//! Tiles on a grid: a saved view, a number, a chart or a short list each.

use serde_json::Value as Json;

use super::check::{self, Ground};
use super::declared::{Declared, Definition};
use super::definition::{Chart, Column, measure, sort, sort_text};
use super::error::DefinitionError;
use super::gone::Gone;
use super::shipped;
use super::written::{Making, Part};
use crate::error::{Failure, Result};
use crate::query::{Filter, Measure, SortKey};
use crate::record::Value;
use crate::schema::{Labels, labels_of};

type Read<T> = Result<T, DefinitionError>;

/// How many parts a dashboard is wide.
pub(super) const GRID_WIDTH: u64 = 12;
const GRID_HEIGHT: u64 = 1_000;

/// Where a tile lies, in parts of a grid that is twelve wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Place {
    /// The first column, from 0. It is counted from where lines begin: the right in Persian and Arabic.
    pub column: u16,
    /// The first row, from 0.
    pub row: u16,
    /// How many columns.
    pub width: u16,
    /// How many rows.
    pub height: u16,
}

impl Place {
    /// A place of a size.
    #[must_use]
    pub fn new(column: u16, row: u16, width: u16, height: u16) -> Self {
        Self {
            column,
            row,
            width,
            height,
        }
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let apart = |a: u16, a_size: u16, b: u16, b_size: u16| {
            u32::from(a) + u32::from(a_size) <= u32::from(b)
                || u32::from(b) + u32::from(b_size) <= u32::from(a)
        };
        !apart(self.column, self.width, other.column, other.width)
            && !apart(self.row, self.height, other.row, other.height)
    }

    fn to_json(self) -> Json {
        Making::default()
            .put("column", self.column)
            .put("row", self.row)
            .put("width", self.width)
            .put("height", self.height)
            .done()
    }

    fn read(part: &Part<'_>) -> Read<Self> {
        let members = part.members(&["column", "row", "width", "height"])?;
        let number = |key: &str, least: u64, most: u64| {
            let number = members.number(key, least, most)?;
            Ok::<_, DefinitionError>(number.unwrap_or(least) as u16)
        };
        Ok(Self {
            column: number("column", 0, GRID_WIDTH - 1)?,
            row: number("row", 0, GRID_HEIGHT)?,
            width: number("width", 1, GRID_WIDTH)?,
            height: number("height", 1, GRID_HEIGHT)?,
        })
    }
}

/// What a tile shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TileContent {
    /// The first rows of a saved view, or its groups where it is a report, or its chart.
    View {
        /// The view's key or id.
        view: String,
    },
    /// One number.
    Number {
        /// The object whose records count.
        object: String,
        /// Which of them.
        filter: Filter,
        /// What is counted or added up.
        measure: Measure,
    },
    /// A chart.
    Chart {
        /// The object whose records count.
        object: String,
        /// Which of them.
        filter: Filter,
        /// The chart.
        chart: Chart,
    },
    /// A short list.
    List {
        /// The object whose records are listed.
        object: String,
        /// Which of them.
        filter: Filter,
        /// What is shown of each.
        columns: Vec<Column>,
        /// In which order.
        sort: Vec<SortKey>,
        /// How many, 1 to 50.
        rows: usize,
    },
}

/// A part of a dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tile {
    /// Its heading, by language; a view's own name where it is empty.
    pub label: Labels,
    /// Where it lies.
    pub place: Place,
    /// What it shows.
    pub content: TileContent,
}

impl Tile {
    /// A tile at a place.
    #[must_use]
    pub fn new(place: Place, content: TileContent) -> Self {
        Self {
            label: Labels::new(),
            place,
            content,
        }
    }

    /// With its heading in English, Persian and Arabic.
    #[must_use]
    pub fn label(mut self, en: &str, fa: &str, ar: &str) -> Self {
        self.label = labels_of(en, fa, ar);
        self
    }

    fn to_json(&self) -> Json {
        let making = Making::default()
            .labels("label", &self.label)
            .put("place", self.place.to_json());
        match &self.content {
            TileContent::View { view } => making.put("show", "view").put("view", view.clone()),
            TileContent::Number {
                object,
                filter,
                measure,
            } => making
                .put("show", "number")
                .put("object", object.clone())
                .filter("filter", filter)
                .put("measure", measure.to_string()),
            TileContent::Chart {
                object,
                filter,
                chart,
            } => making
                .put("show", "chart")
                .put("object", object.clone())
                .filter("filter", filter)
                .put("chart", chart.to_json()),
            TileContent::List {
                object,
                filter,
                columns,
                sort,
                rows,
            } => making
                .put("show", "list")
                .put("object", object.clone())
                .filter("filter", filter)
                .list("columns", columns.iter().map(Column::to_json).collect())
                .maybe("sort", sort_text(sort))
                .put("rows", *rows),
        }
        .done()
    }

    fn read(part: &Part<'_>) -> Read<Self> {
        const EVERY: [&str; 10] = [
            "label", "place", "show", "view", "object", "filter", "measure", "chart", "columns",
            "sort",
        ];
        let members = part.members(&[EVERY.as_slice(), &["rows"]].concat())?;
        let shows: [(&'static str, &[&'static str]); 4] = [
            ("view", &["view"]),
            ("number", &["object", "filter", "measure"]),
            ("chart", &["object", "filter", "chart"]),
            ("list", &["object", "filter", "columns", "sort", "rows"]),
        ];
        let own = members.needed("show")?.word(&shows)?;
        let known = [&["label", "place", "show"], own].concat();
        let members = part.members(&known)?;
        let object = || members.needed("object")?.text();
        let filter = || members.filter("filter");
        let content = if own.contains(&"view") {
            TileContent::View {
                view: members.needed("view")?.text()?,
            }
        } else if own.contains(&"measure") {
            TileContent::Number {
                object: object()?,
                filter: filter()?,
                measure: measure(&members.needed("measure")?)?,
            }
        } else if own.contains(&"chart") {
            TileContent::Chart {
                object: object()?,
                filter: filter()?,
                chart: Chart::read(&members.needed("chart")?)?,
            }
        } else {
            TileContent::List {
                object: object()?,
                filter: filter()?,
                columns: members.each("columns", Column::read)?,
                sort: sort(&members)?,
                rows: members.number("rows", 1, 50)?.unwrap_or(5) as usize,
            }
        };
        Ok(Self {
            label: members.labels("label")?,
            place: Place::read(&members.needed("place")?)?,
            content,
        })
    }
}

/// The tiles that somebody sees at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DashboardDefinition {
    /// The tiles.
    pub tiles: Vec<Tile>,
}

impl DashboardDefinition {
    /// A dashboard without tiles.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more tile.
    #[must_use]
    pub fn tile(mut self, tile: Tile) -> Self {
        self.tiles.push(tile);
        self
    }

    /// The JSON form, as short as it can be.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let tiles: Vec<Json> = self.tiles.iter().map(Tile::to_json).collect();
        Making::default().put("tiles", tiles).done()
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// The JSON is no dashboard: the message says where, and what was expected there.
    pub fn from_json(json: &Json) -> Result<Self> {
        Ok(Self::read(json)?)
    }

    pub(super) fn read(json: &Json) -> Read<Self> {
        let members = Part::whole(json).members(&["tiles"])?;
        members.needed("tiles")?;
        Ok(Self {
            tiles: members.each("tiles", Tile::read)?,
        })
    }
}

impl Definition for DashboardDefinition {
    const OBJECT: &'static str = "dashboard";

    fn of_json(json: &Json) -> Read<Self> {
        Self::read(json)
    }

    fn as_json(&self) -> Json {
        self.to_json()
    }

    fn about(&self) -> Option<&str> {
        None
    }

    fn faults(&self, ground: &Ground<'_>) -> Vec<Failure> {
        check::dashboard(self, ground)
    }

    fn strip(&mut self, gone: &Gone, places: &mut Vec<String>) -> bool {
        gone.strip_dashboard(self, places)
    }

    fn kept(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    fn shipped() -> &'static [Declared<Self>] {
        shipped::dashboards()
    }
}
