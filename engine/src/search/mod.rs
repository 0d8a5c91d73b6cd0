//! What is meant by these words?
//!
//! Names, titles, numbers, e-mail addresses and telephone numbers of all objects, by beginnings of words, in the same
//! commit in which they are written: the words of a record's searchable fields are *postings*, entries of the store
//! that `write` plans with the record. In reading order: `words` says by which words a record is found, `asked` how what
//! was typed can be read, `closeness` how near a record comes to it, `postings` which records to look at, `find`
//! answers, and `fill` gives the records of an older store their postings.

mod asked;
mod closeness;
mod fill;
mod find;
mod postings;
#[cfg(test)]
mod tests;
mod words;

pub use closeness::Closeness;
pub use find::{Found, Hit, Search};

pub(crate) use fill::{FILLED, Fill, fill};
pub(crate) use words::{is_posted, postings_of, postings_of_record};
