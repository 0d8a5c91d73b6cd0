//! What can somebody ask of views, forms, dashboards and panels?

use super::cell::Reading;
use super::dashboard::DashboardDefinition;
use super::declared::{self, Declared, Definition};
use super::definition::ViewDefinition;
use super::form::FormDefinition;
use super::form_shown::{self, FormFor, FormShown};
use super::look::Look;
use super::panel::PanelDefinition;
use super::rows::{self, ViewPage, ViewRows};
use super::tiles::{self, DashboardShown};
use crate::error::{Error, ErrorKind, Result};
use crate::past::Past;
use crate::record::{Record, Value};
use crate::schema::Field;
use crate::session::Session;

/// A view with its name, and whom it is for.
pub type View = Declared<ViewDefinition>;
/// A form with its name, and whom it is for.
pub type Form = Declared<FormDefinition>;
/// A dashboard with its name, and whom it is for.
pub type Dashboard = Declared<DashboardDefinition>;

/// A panel of the 360 view with its name, and whom it is for.
pub type Panel = Declared<PanelDefinition>;

fn named<D: Definition>(look: &Look, asked: &str) -> Result<Declared<D>> {
    match declared::find::<D>(look, asked)? {
        Some(found) => Ok(found),
        None => Err(declared::unknown::<D>(look, asked)?.into()),
    }
}

impl Session {
    pub(crate) fn look(&self) -> Result<Look> {
        Look::now(&self.engine, &self.context)
    }

    /// A field's value as people read it in the session's language, as a view shows it: with its digits and usual
    /// calendar, days and times of the session's zone, amounts with their unit, options and records by their names. A
    /// type that a plugin defines is formatted by that plugin; where it cannot answer, the value is shown as it is stored.
    ///
    /// # Errors
    /// When the object has no such field.
    pub fn show(&self, record: &Record, field: &str) -> Result<Option<String>> {
        let known = record
            .object
            .field(field)
            .ok_or_else(|| Error::new(ErrorKind::Query, record.object.unknown_field(field)))?;
        let value = record.value(known.number);
        value.map(|value| self.show_value(known, value)).transpose()
    }

    /// A value as people read it in the session's language, whether or not a record holds it: of an event, say.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn show_value(&self, field: &Field, value: &Value) -> Result<String> {
        let look = self.look()?;
        let mut reading = Reading::new(&look);
        reading.learn(std::iter::once(value))?;
        Ok(reading.cell(Some(field), Some(value)).text)
    }

    /// The views that are declared for who asks, of all objects or of one: those that are stored, then those that come
    /// with the engine. A session of no user gets everybody's.
    ///
    /// # Errors
    /// When there is no such object.
    pub fn views(&self, object: Option<&str>) -> Result<Vec<View>> {
        declared::all(&self.look()?, object)
    }

    /// A view by its key, its id or its name.
    ///
    /// # Errors
    /// When there is none, with the nearest name; when it cannot be shown any more.
    pub fn view(&self, name: &str) -> Result<View> {
        named(&self.look()?, name)
    }

    /// The view of an object's records that who asks gets first: his own default, his team's, his role's, everyone's,
    /// the one that comes with the engine, and where there is none of those one that is made of the schema.
    ///
    /// # Errors
    /// When there is no such object.
    pub fn default_view(&self, object: &str) -> Result<View> {
        rows::first(&self.look()?, object)
    }

    /// The rows of a view, page by page, in the session's language. `me` in its filter is who asks. Groups, totals and
    /// the chart come with the first page.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{Engine, Locale, ViewPage};
    /// use serde_json::json;
    ///
    /// let session = Engine::in_memory().open()?.session().in_locale(Locale::Fa);
    /// session.create("account", json!({"name": "فولاد پارس", "industry": "فولاد"}))?;
    /// let rows = session.view_rows(&session.default_view("account")?, &ViewPage::first())?;
    /// assert_eq!(rows.columns[0].label, "نام");
    /// assert_eq!(rows.rows[0].cells[0].text, "فولاد پارس");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When its definition does not fit the schema any more, or the cursor belongs to another query.
    pub fn view_rows(&self, view: &View, page: &ViewPage) -> Result<ViewRows> {
        rows::rows(&self.look()?, view, page)
    }

    /// The rows that a definition would show, before anybody saves it.
    ///
    /// # Errors
    /// As [`Session::view_rows`].
    pub fn try_view(&self, definition: &ViewDefinition, page: &ViewPage) -> Result<ViewRows> {
        let name = definition.object.clone();
        rows::rows_of(&self.look()?, name, definition, page)
    }

    /// The forms that are declared for who asks, of all objects or of one.
    ///
    /// # Errors
    /// When there is no such object.
    pub fn forms(&self, object: Option<&str>) -> Result<Vec<Form>> {
        declared::all(&self.look()?, object)
    }

    /// The form for this object or record and who asks, in the session's language: with the sections and fields that
    /// are there, their labels, options and values. Where nobody declared one, it is made of the schema.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{Engine, FormFor};
    /// use serde_json::json;
    ///
    /// let session = Engine::in_memory().open()?.session();
    /// let form = session.form(&FormFor::create("lead").typed(json!({"status": "working"})))?;
    /// let name = &form.sections[0].rows[0][0];
    /// assert!(name.field == "name" && name.required);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is no such object, record or form, or something was typed into a field that is not there.
    pub fn form(&self, wanted: &FormFor) -> Result<FormShown> {
        form_shown::form(&self.look()?, wanted)
    }

    /// The panels of the 360 view that are declared for who asks, with rows of all objects or of one.
    ///
    /// # Errors
    /// When there is no such object.
    pub fn panels(&self, object: Option<&str>) -> Result<Vec<Panel>> {
        declared::all(&self.look()?, object)
    }

    /// The dashboards that are declared for who asks.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn dashboards(&self) -> Result<Vec<Dashboard>> {
        declared::all(&self.look()?, None)
    }

    /// A dashboard by its key, its id or its name; with an empty name the one that who asks gets first.
    ///
    /// # Errors
    /// When there is none, with the nearest name; when it cannot be shown any more.
    pub fn dashboard(&self, name: &str) -> Result<Dashboard> {
        let look = self.look()?;
        let first = match name.trim().is_empty() {
            true => declared::first(&look, None, |_: &DashboardDefinition| true)?,
            false => None,
        };
        first.map_or_else(|| named(&look, name), Ok)
    }

    /// All tiles of a dashboard, from one snapshot, in the session's language.
    ///
    /// # Errors
    /// When the store cannot be read; what is wrong with one tile is said in it.
    pub fn dashboard_tiles(&self, dashboard: &Dashboard) -> Result<DashboardShown> {
        Ok(tiles::dashboard(&self.look()?, dashboard))
    }
}

impl Past {
    /// A view as it was declared then.
    ///
    /// # Errors
    /// As [`Session::view`], and when the retention does not reach back so far.
    pub fn view(&self, name: &str) -> Result<View> {
        named(&self.look()?, name)
    }

    /// The rows of a view, as they were.
    ///
    /// # Errors
    /// As [`Session::view_rows`], and when the retention does not reach back so far.
    pub fn view_rows(&self, view: &View, page: &ViewPage) -> Result<ViewRows> {
        rows::rows(&self.look()?, view, page)
    }

    /// All tiles of a dashboard, as they were.
    ///
    /// # Errors
    /// As [`Session::dashboard_tiles`], and when the retention does not reach back so far.
    pub fn dashboard_tiles(&self, dashboard: &Dashboard) -> Result<DashboardShown> {
        Ok(tiles::dashboard(&self.look()?, dashboard))
    }

    pub(crate) fn look(&self) -> Result<Look> {
        let (reader, config) = self.read_with_config()?;
        Look::at(reader, config, self.time()?, self.context())
    }
}
