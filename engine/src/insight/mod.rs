//! What do the sales tell?
//!
//! Reports that no single group of records answers: how many of those who came in were won, and how long sales take.
//! Each is computed when it is asked for, over what who asks may see.

mod base_currency;
mod budget;
mod duration;
mod fiscal_year;
mod funnel;
mod rate_rule;
mod sale_times;
mod stays;
#[cfg(test)]
mod tests;

pub use duration::Days;
pub use funnel::{Funnel, FunnelRow};
pub use sale_times::{SaleTimes, StageTime};

pub(crate) use rate_rule::hook as rate_rule;
