//! What does the 360 view show of one record?

use serde::Serialize;

use super::panels::Panels;
use crate::error::{Error, ErrorKind, Result};
use crate::locale::Direction;
use crate::record::{Record, RecordId};
use crate::schema::did_you_mean;
use crate::view::{Look, Related, ViewPage, ViewRows, of_panel};

/// A customer, or another record, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CustomerView {
    /// The record.
    #[serde(with = "crate::write::id_text")]
    pub id: RecordId,
    /// Its object's name.
    pub object: String,
    /// What such records are called.
    pub label: String,
    /// What a person would call it.
    pub title: String,
    /// Its revision, for the change that may follow.
    pub revision: u64,
    /// The language of everything in it.
    pub language: &'static str,
    /// Where lines begin in that language.
    pub direction: Direction,
    /// Its panels, in order. One of which who looks may see no column or no records is there and empty.
    pub panels: Vec<PanelShown>,
    /// The commit that it was read at.
    pub position: u64,
}

/// A panel with what belongs to the record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PanelShown {
    /// The word that it is known by, where it has one.
    pub key: Option<String>,
    /// Whether its one row is the record itself, to be drawn as fields and not as a table.
    pub is_itself: bool,
    /// What it shows. Where there is more than it has room for, `next` is where
    /// [`Session::customer_panel`](crate::Session::customer_panel) goes on.
    pub rows: ViewRows,
}

/// The 360 view of a record.
pub(super) fn of(look: &Look, panels: &Panels, id: RecordId) -> Result<CustomerView> {
    let reader = &look.reader;
    let record = seen(look, id)?;
    let object = &record.object;
    if let Some(seeing) = &reader.seeing {
        seeing.note(&record, false);
    }
    let mut shown = Vec::new();
    let mut related = Related::new(id);
    panels.each_on(look, &object.name, |panel| {
        match of_panel(look, panel, &mut related, &ViewPage::first()) {
            Ok(rows) => shown.push(PanelShown {
                key: panel.key.clone(),
                is_itself: panel.definition.is_itself(),
                rows,
            }),
            // It asks for an object or a field that who looks does not know, or that is no more.
            Err(error) if matches!(error.kind(), ErrorKind::Query | ErrorKind::NotFound) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    })?;
    Ok(CustomerView {
        id,
        object: object.name.clone(),
        label: look.called(&object.label, &object.name),
        title: record.title_in(look.locale),
        revision: record.revision(),
        language: look.locale.tag(),
        direction: Direction::of(look.locale),
        panels: shown,
        position: reader.position().get(),
    })
}

fn seen(look: &Look, id: RecordId) -> Result<Record> {
    look.reader.object_of(id)?;
    let missing = || Ok(Error::new(ErrorKind::NotFound, look.reader.missing(id)?));
    match look.reader.get_stored(id)? {
        Some(record) => Ok(record),
        None => missing().and_then(Err),
    }
}

/// A page of one panel.
pub(super) fn panel(
    look: &Look,
    panels: &Panels,
    (id, key): (RecordId, &str),
    page: &ViewPage,
) -> Result<ViewRows> {
    let record = seen(look, id)?;
    let (mut found, mut keys) = (None, Vec::new());
    panels.each_on(look, record.object(), |panel| {
        if panel.key.as_deref() == Some(key) {
            found = Some(of_panel(look, panel, &mut Related::new(id), page)?);
        }
        keys.extend(panel.key.clone());
        Ok(())
    })?;
    found.ok_or_else(|| {
        let near = did_you_mean(key, keys.iter().map(String::as_str));
        let message = format!("there is no panel '{key}' on {}{near}", record.object());
        Error::new(ErrorKind::NotFound, message)
            .hint("`peyvand view ID --json` names the panels of a record")
    })
}
