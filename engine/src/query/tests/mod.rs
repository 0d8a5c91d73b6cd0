//! Does a query answer what a plain look at every record would?

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(feature = "intl")]
mod base_amounts;
mod conditions;
#[cfg(feature = "intl")]
mod fiscal_years;
mod groups;
mod hierarchies;
#[cfg(feature = "intl")]
mod kept;
mod last_referring;
mod model;
mod paging;
mod periods;
mod planning;
mod relations;
mod several;
mod shelf;
mod spelling;
#[cfg(feature = "intl")]
mod totals;
mod words;
