//! Who is the same person or firm?
//!
//! Names are compared by their sound, across Persian, Arabic and Latin letters (`sound`, `name`), and found among many
//! (`name_index`). Records are compared field by field in the way of Fellegi and Sunter (`settings`, `compare`,
//! `weigh`, `learn`), those pairs of them that share a key (`block`), and what is the same is put together (`cluster`)
//! and explained (`explain`). All of that is pure: columns in, pairs with scores out.

mod block;
mod cluster;
mod compare;
mod contact;
mod explain;
mod firm;
mod learn;
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

pub use contact::{email_key, phone_key};
pub use explain::{Explained, FieldExplained};
pub use firm::firm_name;
pub use matcher::{Matcher, Pair};
pub use name::Name;
pub use name_index::NameIndex;
pub use settings::{BadSettings, Comparator, FieldRule, Level, LevelRule, Settings};
pub use table::Table;
