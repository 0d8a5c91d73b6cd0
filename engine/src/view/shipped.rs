//! Which views, forms, dashboards and panels come with the engine?
//!
//! Data, in the words in which a plugin or an administrator declares his own. They are not stored: a newer engine brings
//! better ones, and whoever saves one under the same key has replaced it.

use std::sync::OnceLock;

use super::asked::{Dashboard, Form, Panel, View};
use super::declarations::Declarations;

fn read(text: &str) -> Declarations {
    let json = serde_json::from_str(text).unwrap_or_default();
    // A test reads them all; one that cannot be read would be missing and not in the way.
    Declarations::from_json(&json).unwrap_or_default()
}

pub(super) fn views() -> &'static [View] {
    static VIEWS: OnceLock<Vec<View>> = OnceLock::new();
    VIEWS.get_or_init(|| read(include_str!("shipped/views.json")).views)
}

pub(super) fn forms() -> &'static [Form] {
    static FORMS: OnceLock<Vec<Form>> = OnceLock::new();
    FORMS.get_or_init(|| read(include_str!("shipped/forms.json")).forms)
}

pub(super) fn dashboards() -> &'static [Dashboard] {
    static DASHBOARDS: OnceLock<Vec<Dashboard>> = OnceLock::new();
    DASHBOARDS.get_or_init(|| read(include_str!("shipped/dashboards.json")).dashboards)
}

pub(super) fn panels() -> &'static [Panel] {
    static PANELS: OnceLock<Vec<Panel>> = OnceLock::new();
    PANELS.get_or_init(|| read(include_str!("shipped/panels.json")).panels)
}
