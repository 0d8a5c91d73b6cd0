//! How do people write the same thing?
//!
//! Only what the record engine needs today: folding of letters and digits. Stored keys are made with it, so a change
//! of the table is a change of the store's format.

mod fold;

pub(crate) use fold::{each_folded, fold_digits, fold_text};
