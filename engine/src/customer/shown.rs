//! What does the 360 view show of one record?

use serde::Serialize;

use super::panels::Panels;
use crate::error::{Error, ErrorKind, Result};
use crate::locale::Direction;
use crate::record::RecordId;
use crate::view::{Look, ViewRows, of_panel};

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
    /// What it shows. `has_more` says whether there is more than what it has room for.
    pub rows: ViewRows,
}

/// The 360 view of a record.
pub(super) fn of(look: &Look, panels: &Panels, id: RecordId) -> Result<CustomerView> {
    let reader = &look.reader;
    let object = reader.object_of(id)?;
    let Some(record) = reader.get_stored(id)? else {
        return Err(Error::new(ErrorKind::NotFound, reader.missing(id)?));
    };
    if let Some(seeing) = &reader.seeing {
        seeing.note(&record, false);
    }
    let mut shown = Vec::new();
    panels.each_on(look, &object.name, |panel| {
        match of_panel(look, panel, id) {
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
        title: record.title(),
        revision: record.revision(),
        language: look.locale.tag(),
        direction: Direction::of(look.locale),
        panels: shown,
        position: reader.position().get(),
    })
}
