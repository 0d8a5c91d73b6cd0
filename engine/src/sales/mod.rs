//! How does a sale go forward?
//!
//! The rules of selling that the engine itself keeps: what a stage means for its opportunity, and how a lead becomes
//! a customer.

mod conversion;
mod stage_rule;

pub use conversion::LeadConversion;
pub(crate) use stage_rule::{Part, StageRule};
