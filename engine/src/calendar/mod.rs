//! When do people work, when does something come again, and when does a year begin?
//!
//! A business calendar is a record with a definition, as a process is, so that it has history, versions and undo:
//! `definition` is what can be said, `written` reads it, `rule` asks for it at each save. `year` turns it into days and
//! opening spans, year by year and only when they are needed; `working_time` reckons with them. `holidays` reads files of
//! holidays. `recurrence` is rules by which something comes again. `zone` knows when clocks changed. All of that is pure; `kept` is what sessions do with it.

mod definition;
mod holidays;
mod hours;
mod kept;
mod recurrence;
mod rule;
mod working_time;
mod written;
mod year;
mod zone;

#[cfg(test)]
mod tests;

pub use definition::BusinessCalendar;
pub use holidays::{HolidayFile, HolidayReceipt};
pub use kept::KeptCalendar;
pub use recurrence::{NotARecurrence, Recurrence};
pub use working_time::{CalendarDate, WorkingTime};
pub use zone::{NotAZone, Zone};

pub(crate) use rule::hook;
