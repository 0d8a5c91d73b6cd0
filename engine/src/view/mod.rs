//! What do people look at?
//!
//! Views, forms, dashboards and panels are records with a definition, so they have history, versions and undo like all
//! others. In reading order: `definition`, `form`, `dashboard` and `panel` are what can be said, `written` reads it from JSON, `check`
//! holds it against the schema and `rule` does so at each save; `declared` knows for whom each is, `shipped` those that
//! come with the engine, `declarations` those that plugins bring; `gone` and `change` are about fields that go. `look`
//! is who asks; `rows`, `totals`, `form_shown` and `tiles` answer with everything that a host draws, `form_built_in` is the
//! form of an object that has no other, `relation` says which records belong to one, which `panel_rows` shows, and `asked` is what a session can ask.

mod asked;
mod cell;
mod change;
mod check;
mod dashboard;
mod declarations;
mod declared;
mod definition;
mod error;
mod form;
mod form_built_in;
mod form_shown;
mod gone;
mod look;
mod panel;
mod panel_rows;
mod relation;
mod rows;
mod rule;
mod shipped;
#[cfg(test)]
mod tests;
mod tiles;
mod totals;
mod words;
mod written;

pub use asked::{Dashboard, Form, Panel, View};
pub use cell::Cell;
pub use change::DefinitionUse;
pub use dashboard::{DashboardDefinition, Place, Tile, TileContent};
pub use declarations::{Brought, Declarations};
pub use declared::{Audience, Declared};
pub use definition::{CellFormat, Chart, ChartKind, Column, ViewDefinition, ViewKind};
pub use form::{FormDefinition, FormField, FormPurpose, FormSection};
pub use form_shown::{FieldShown, FormFor, FormShown, OptionShown, SectionShown};
pub use panel::PanelDefinition;
pub use rows::{ColumnShown, RowShown, ViewPage, ViewRows};
pub use tiles::{DashboardShown, TileAnswer, TileShown};
pub use totals::{ChartShown, GroupShown, SeriesShown};

// The 360 view is made of panels.
pub(crate) use declared::{Definition, of_record};
pub(crate) use look::Look;
pub(crate) use panel_rows::of_panel;
pub(crate) use relation::Related;

// Processes are definitions too: read by the same rules, refused in the same words.
pub(crate) use error::DefinitionError;
pub(crate) use written::{Making, Members, Part, labels, word_of};

use crate::hook::Registry;
use crate::schema::Schema;

/// Puts the room's rules where the write path finds them.
pub(crate) fn register(schema: &Schema, registry: &mut Registry) {
    rule::register(schema, registry);
    change::register(registry);
}
