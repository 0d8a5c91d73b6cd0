//! Who is the same person or firm?
//!
//! Names are compared by their sound, across Persian, Arabic and Latin letters (`letters`, `sound`, `name`), and found among many
//! (`name_index`). Records are compared field by field in the way of Fellegi and Sunter (`settings`, `compare`,
//! `weigh`, `learn`), those pairs of them that share a key (`block`), and what is the same is put together (`cluster`)
//! and explained (`explain`). All of that is pure: columns in, pairs with scores out.
//!
//! `duplicates` is the edge to the engine: which fields are compared (`columns`), and where the records that may be the
//! same are found (`alike_words`, and the search by words).

mod address;
mod alike_words;
mod block;
mod cluster;
mod columns;
mod compare;
mod contact;
mod duplicates;
#[cfg(test)]
mod duplicates_tests;
mod explain;
mod firm;
mod learn;
mod letters;
#[cfg(test)]
mod made_up;
mod matcher;
mod name;
mod name_index;
#[cfg(test)]
mod name_tests;
mod prepared;
mod settings;
mod sound;
mod table;
#[cfg(test)]
mod tests;
mod weigh;

pub use address::{AddressParts, Places};
pub use contact::{email_key, mobile_network, phone_key};
pub use duplicates::{Duplicate, DuplicateGroup, DuplicateReason, DuplicateScan, DuplicatesFound};
pub use explain::{Explained, FieldExplained};
pub use firm::firm_name;
pub use matcher::{Matcher, Pair};
pub use name::Name;
pub use name_index::NameIndex;
pub use settings::{BadSettings, Comparator, FieldRule, Level, LevelRule, Settings};
pub use table::Table;
