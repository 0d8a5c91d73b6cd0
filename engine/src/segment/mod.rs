//! Which records belong together, at any moment?
//!
//! A segment is a record: a filter over one object, a list of records of one object, or what two or more segments have
//! together, in common, or the first has alone. Who is in it is kept inside each commit: `write` judges a record that
//! changes by the segments of its object, and what enters or leaves is an entry in that record's leaf of the journal.
//! In reading order: `definition` is what a segment is made of, `rule` what must hold of it, `circle` what must
//! hold of several that are changed together, `held` says which segments
//! a record is in, `sets` is what sessions do with them.

mod circle;
mod definition;
mod held;
mod rule;
mod sets;
#[cfg(test)]
mod tests;

pub use sets::{Segment, SegmentKind};

pub(crate) use circle::faults;
pub(crate) use definition::Bound;
pub(crate) use held::{Listed, Segments, kept_lists, listed, listing};
pub(crate) use rule::register;
