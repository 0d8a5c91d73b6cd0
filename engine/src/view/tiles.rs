//! What do the tiles of a dashboard show?
//!
//! All of them from one snapshot. A tile that cannot be answered says why and takes no other along.

use serde::Serialize;

use super::cell::{Cell, Reading};
use super::dashboard::{DashboardDefinition, Tile, TileContent};
use super::declared::{self, Declared};
use super::definition::ViewDefinition;
use super::look::Look;
use super::rows::{self, ViewPage, ViewRows};
use super::totals::{ChartShown, Totals, measure_name};
use crate::error::Result;
use crate::locale::Direction;
use crate::query::{Filter, Measure};
use crate::schema::Object;

/// How many rows of a saved view a tile shows.
const ROWS_OF_A_VIEW: usize = 10;

/// A tile as it is drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TileShown {
    /// Its heading.
    pub label: String,
    /// The first column, from where lines begin.
    pub column: u16,
    /// The first row.
    pub row: u16,
    /// How many columns.
    pub width: u16,
    /// How many rows.
    pub height: u16,
    /// What it shows.
    pub content: TileAnswer,
}

/// What a tile shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "show", rename_all = "lowercase")]
#[non_exhaustive]
pub enum TileAnswer {
    /// The first rows of a view, with its groups and its chart.
    View {
        /// The page.
        page: Box<ViewRows>,
    },
    /// A number: one, or of amounts one for each currency.
    Number {
        /// What is counted or added up.
        measure: String,
        /// The results; none where no record has a value.
        cells: Vec<Cell>,
    },
    /// A chart.
    Chart {
        /// The chart.
        chart: ChartShown,
    },
    /// A short list.
    List {
        /// The rows.
        page: Box<ViewRows>,
    },
    /// It cannot be answered.
    Failed {
        /// Why, and what to do.
        message: String,
    },
}

/// A dashboard, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DashboardShown {
    /// What it is called.
    pub name: String,
    /// The language of everything in it.
    pub language: &'static str,
    /// Where lines begin in that language.
    pub direction: Direction,
    /// The tiles.
    pub tiles: Vec<TileShown>,
    /// The commit that all of it was read at.
    pub position: u64,
}

pub(super) fn dashboard(look: &Look, dashboard: &Declared<DashboardDefinition>) -> DashboardShown {
    let tile = |tile: &Tile| {
        let (label, content) = answer(look, tile).unwrap_or_else(|error| {
            let message = match error.remedy() {
                Some(remedy) => format!("{error}; {remedy}"),
                None => error.to_string(),
            };
            (String::new(), TileAnswer::Failed { message })
        });
        TileShown {
            label: look.called(&tile.label, &label),
            column: tile.place.column,
            row: tile.place.row,
            width: tile.place.width,
            height: tile.place.height,
            content,
        }
    };
    DashboardShown {
        name: look.called(&dashboard.label, &dashboard.name),
        language: look.locale.tag(),
        direction: Direction::of(look.locale),
        tiles: dashboard.definition.tiles.iter().map(tile).collect(),
        position: look.reader.position().get(),
    }
}

/// What a tile shows, and what it is called where it has no heading of its own.
fn answer(look: &Look, tile: &Tile) -> Result<(String, TileAnswer)> {
    match &tile.content {
        TileContent::View { view } => {
            let Some(view) = declared::find::<ViewDefinition>(look, view)? else {
                return Err(declared::unknown::<ViewDefinition>(look, view)?.into());
            };
            let page = rows::rows(look, &view, &ViewPage::first().limit(ROWS_OF_A_VIEW))?;
            Ok((page.name.clone(), TileAnswer::View { page: page.into() }))
        }
        TileContent::Number {
            object,
            filter,
            measure,
        } => number(look, object, filter, measure),
        TileContent::Chart {
            object,
            filter,
            chart,
        } => {
            let (object, filter) = ground(look, object, filter)?;
            let mut reading = Reading::new(look);
            let totals = Totals {
                look,
                object: &object,
                filter: &filter,
            };
            let chart = totals.chart(&mut reading, chart)?;
            Ok((chart.label.clone(), TileAnswer::Chart { chart }))
        }
        TileContent::List {
            object,
            filter,
            columns,
            sort,
            rows,
        } => {
            let mut view = ViewDefinition::list(object)
                .columns(columns.iter().cloned())
                .filter(filter.clone());
            view.sort.clone_from(sort);
            let called = look.reader.object(object)?;
            let name = look.called(&called.label, object);
            let page = ViewPage::first().limit(*rows);
            let page = rows::rows_of(look, name.clone(), &view, &page)?;
            Ok((name, TileAnswer::List { page: page.into() }))
        }
    }
}

fn number(
    look: &Look,
    object: &str,
    filter: &Filter,
    measure: &Measure,
) -> Result<(String, TileAnswer)> {
    let (object, filter) = ground(look, object, filter)?;
    let totals = Totals {
        look,
        object: &object,
        filter: &filter,
    };
    let cells = totals.number(&mut Reading::new(look), measure)?;
    let measure = measure_name(look, &object, measure);
    Ok((measure.clone(), TileAnswer::Number { measure, cells }))
}

fn ground(look: &Look, object: &str, filter: &Filter) -> Result<(std::sync::Arc<Object>, Filter)> {
    let object = look.reader.object(object)?.clone();
    Ok((object, filter.clone()))
}
