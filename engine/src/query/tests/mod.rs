//! Does a query answer what a plain look at every record would?

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod conditions;
mod groups;
mod hierarchies;
mod model;
mod paging;
mod periods;
mod planning;
mod relations;
mod shelf;
mod spelling;
#[cfg(feature = "intl")]
mod totals;
mod words;
