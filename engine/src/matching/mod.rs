//! Who is the same person or firm?
//!
//! Names are compared by their sound, across Persian, Arabic and Latin letters (`sound`, `name`), and found among many
//! (`name_index`).

mod name;
mod name_index;
#[cfg(test)]
mod name_tests;
mod sound;

pub use name::Name;
pub use name_index::NameIndex;
