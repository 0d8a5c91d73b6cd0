//! What may an administrator's script do?
//!
//! The only room that names rhai. A script is text with a header; it stands behind the traits of `hook` like every
//! other hook, so that the write path does not know it exists. In reading order:
//!
//! | file | question |
//! | --- | --- |
//! | `header` | when does it run? |
//! | `token`, `scan` | what can be found wrong before it runs? |
//! | `engine` | what does the language offer, within which limits? |
//! | `meter` | what has a run used? |
//! | `arithmetic` | how do amounts, days and moments calculate? |
//! | `containers` | how are lists and maps compared and printed? |
//! | `value` | how does a field's value become a script's, and back? |
//! | `view` | what is `record`? |
//! | `functions` | which functions of the engine can it call? |
//! | `program` | how does one run go? |
//! | `fault` | how is an error told? |
//! | `hook` | how do its answers reach the write path? |

mod arithmetic;
mod containers;
mod engine;
mod fault;
mod functions;
mod header;
mod hook;
mod meter;
mod program;
mod scan;
mod token;
mod value;
mod view;

#[cfg(test)]
mod calculation_tests;
#[cfg(test)]
mod check_tests;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod limit_tests;
#[cfg(test)]
mod tests;

pub(crate) use hook::load;
pub(crate) use program::run_once;

use std::fmt;

use header::Header;

use crate::schema::Schema;

/// A script of an administrator.
///
/// The text begins with a header of `//!` lines, the rest is [rhai](https://rhai.rs):
///
/// ```text
/// //! name: big-deals-need-a-close-date
/// //! on: opportunity before create, update
/// //! when: amount, close_date        only when one of these changed; a create always (optional)
/// //! order: 10                       smaller is earlier; 100 when left out
/// //! on-failure: reject              or skip; only for `before`, and required there
/// if record.amount != () && record.amount.amount > 1_000_000 && record.close_date == () {
///     reject("close_date", "a deal of this size needs a close date");
/// }
/// ```
///
/// A `before` script may set fields of `record` and refuse it with `reject(message)` or `reject(field, message)`.
/// An `after` script sees what was committed and may ask for `create(object, #{ field: value })` and
/// `update(id, #{ field: value })`; a third argument `#{ key: "…" }` says which of these are the same and so done once.
/// Both have `record`, `old`, `is_new()`, `changed(field)`, `get(id)`, `get(object, key)`, `today()`, `now()`,
/// `date(text)`, `instant(text)`, `days(n)`, `hours(n)`, `minutes(n)`, `money(amount, currency)`, `actor()`,
/// `fold(text)` and `log(text)`. An empty field is `()`. Amounts and percentages are exact decimals.
///
/// Of rhai there are no closures, `this`, `curry`, `eval`, modules or output: a run has a limit in every direction.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// The name that its header gives it.
    pub(crate) name: String,
    /// Counted up with every change of the text.
    pub(crate) version: u32,
    /// Header and program.
    pub(crate) text: String,
    /// Whether it runs.
    pub(crate) enabled: bool,
}

/// One thing that is wrong with a script's text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Problem {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl Problem {
    fn at(line: usize, column: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            column,
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )
    }
}

/// Finds what is wrong with a script without running it: header, syntax, unknown objects and fields, fields that
/// cannot be set, calls that its moment does not allow. At least one problem when it fails, in the order of the text.
pub(crate) fn check(text: &str, schema: &Schema) -> Result<Header, Vec<Problem>> {
    program::compile(text, schema).map(|(header, _)| header)
}
