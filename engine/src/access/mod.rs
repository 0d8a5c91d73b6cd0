//! Who may see and do what?
//!
//! Roles, teams, territories, deputies and shares are records; of them a `Sight` is compiled for each user. What a
//! session reads goes through a reader that carries one, which is the only door there is, and what it writes is judged
//! while it is staged. In reading order: `role` is what a role gives, `shape` tells whose a record is, `organisation`
//! who stands where, `sight` judges `compile` makes one, `narrow` says
//! where what it sees lies, `seeing` joins it to a reader, `held` keeps what was compiled; `guard` refuses what
//! would leave nobody in charge, `setting` switches it all on, `explain` says why, in
//! the `words` of three languages, `looks` notes who saw what is confidential, `audit` tells of it, and `hand_over` is for who leaves.

mod acting;
mod audit;
mod compile;
mod explain;
mod guard;
mod hand_over;
mod held;
mod key;
mod looks;
mod narrow;
mod organisation;
mod role;
mod runs_as;
mod seeing;
mod setting;
mod shape;
mod sight;
mod tag;
mod words;

pub use audit::{Audit, read_audit};
pub use explain::Explanation;
pub use hand_over::{HandOver, HandedOver};
pub use key::{KeyMade, NewKey};
pub use looks::{LookKind, Looked};
pub use role::{AccessScope, AccessVerb};

pub(crate) use acting::Acting;
pub(crate) use guard::{Changed, concerns, concerns_always, faults};
pub(crate) use held::{Sights, counter, counter_key, seeing};
pub(crate) use looks::{write_down, write_down_if_full};
pub(crate) use organisation::Organisation;
pub(crate) use role::{denied, register, standard_roles};
pub(crate) use runs_as::{Bindings, bindings, bound};
pub(crate) use seeing::{Seeing, attached_to};
pub(crate) use setting::{enforces, is_enforced};
pub(crate) use sight::Others;
pub(crate) use tag::{Glance, Tagging};
