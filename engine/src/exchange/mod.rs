//! How do records come in from files?
//!
//! CSV today. A mapping says what the columns mean; every row becomes an ordinary write request, so an import skips no
//! rule; the receipt accounts for every row. The room does not know the write path: it speaks to an `ImportTarget`.

mod door;
mod encoding;
mod fault;
mod import;
mod mapping;
mod mapping_file;
mod plan;
mod receipt;
mod references;
mod row;
mod table;
mod tally;
mod template;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod import_tests;
#[cfg(test)]
mod maven_tests;

pub use import::ImportOptions;
pub use mapping::Mapping;
pub use receipt::{Receipt, Refusal, Warning};
