//! What of all that belongs to a record does a panel show?

use super::asked::Panel;
use super::look::Look;
use super::panel::PanelDefinition;
use super::relation::Related;
use super::rows::{ViewPage, ViewRows, drawn, order, wanted};
use crate::error::Result;
use crate::query::{self, Filter, Query};
use crate::record::RecordId;

/// A page of the rows that belong to a record.
pub(crate) fn of_panel(
    look: &Look,
    panel: &Panel,
    related: &mut Related,
    page: &ViewPage,
) -> Result<ViewRows> {
    let PanelDefinition { by, view, .. } = &panel.definition;
    let object = look.reader.object(&view.object)?.clone();
    let numbers = related.of(&look.reader, &object, by)?;
    let filter = wanted(look, &object, view, page);
    let adds_up = !(view.measures.is_empty() && view.group_by.is_empty() && view.chart.is_none());
    let adding_up = (adds_up && page.after.is_none()).then(|| {
        let ids = numbers.iter();
        let ids = ids.map(|number| RecordId::new(object.prefix(), *number));
        match numbers.is_empty() {
            true => Filter::Or(Vec::new()),
            false => filter.clone().and(Filter::is_in("id", ids)),
        }
    });
    let mut query = Query::new(&view.object)
        .filter(filter)
        .sort(order(view))
        .limit(page.limit.unwrap_or(panel.definition.rows()));
    query.after.clone_from(&page.after);
    let found = query::run_among(&look.reader, &query, numbers, &look.time)?;
    let name = look.called(&panel.label, &panel.name);
    drawn(look, name, view, &object, found, adding_up.as_ref())
}
