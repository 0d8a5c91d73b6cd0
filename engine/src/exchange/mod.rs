//! How do records come in from files?
//!
//! CSV, and with the feature `sheets` XLSX and ODS. A mapping says what the columns mean; every row becomes an ordinary write request, so an import skips no
//! rule; the receipt accounts for every row. The room does not know the write path: it speaks to an `ImportTarget`.

mod cell;
mod dates;
mod door;
mod encoding;
mod fault;
mod guess;
#[cfg(test)]
mod guess_tests;
mod guess_words;
mod import;
mod mapping;
mod mapping_file;
#[cfg(feature = "sheets")]
mod measure;
#[cfg(feature = "sheets")]
mod ods;
mod plan;
mod receipt;
mod references;
mod repair;
#[cfg(test)]
mod repair_tests;
mod row;
#[cfg(feature = "sheets")]
mod sheet;
#[cfg(all(test, feature = "sheets"))]
mod sheet_tests;
mod source;
mod table;
mod tally;
mod template;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod import_tests;
#[cfg(test)]
mod maven_tests;

pub use guess::{GuessedColumn, GuessedMapping};
pub use import::ImportOptions;
pub use mapping::Mapping;
pub use receipt::{Receipt, Refusal, Warning};
pub use repair::Repair;
