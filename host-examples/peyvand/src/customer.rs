//! Who is this customer?

use std::path::Path;

use peyvand::{CustomerView, PanelShown, RecordId};

use crate::fault::{Exit, Fault};
use crate::moment::Moment;
use crate::output::{Output, Side, Table};
use crate::store::{self, Need};
use crate::value::Reading;

/// The 360 view of a record.
pub(crate) fn view(
    id: RecordId,
    as_of: Option<Moment>,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        let shown = match as_of {
            Some(moment) => session.as_of(moment.0)?.customer_view(id)?,
            None => session.customer_view(id)?,
        };
        match output.json {
            true => output.document(&shown),
            false => tell(&shown, Reading::of(&session), output),
        }
    })?;
    Ok(Exit::Fine)
}

fn tell(view: &CustomerView, reading: Reading, output: &mut Output<'_>) -> Result<(), Fault> {
    output.line(format!("{}: {} ({})", view.label, view.title, view.id))?;
    // What is empty is left out: people look for what there is.
    for panel in view
        .panels
        .iter()
        .filter(|panel| !panel.rows.rows.is_empty())
    {
        output.line("")?;
        output.line(&panel.rows.name)?;
        match panel.is_itself {
            true => tell_itself(panel, reading, output)?,
            false => tell_rows(panel, reading, output)?,
        }
    }
    Ok(())
}

fn tell_itself(panel: &PanelShown, reading: Reading, output: &mut Output<'_>) -> Result<(), Fault> {
    let Some(row) = panel.rows.rows.first() else {
        return Ok(());
    };
    for (column, cell) in panel.rows.columns.iter().zip(&row.cells) {
        let text = reading.cell(cell);
        if !text.is_empty() {
            output.line(format!("  {}: {text}", column.label))?;
        }
    }
    Ok(())
}

fn tell_rows(panel: &PanelShown, reading: Reading, output: &mut Output<'_>) -> Result<(), Fault> {
    let rows = &panel.rows;
    let columns = rows.columns.iter().enumerate().map(|(place, column)| {
        let side = match column.at_end {
            true => Side::Right,
            false => Side::Left,
        };
        let cell = |row: &peyvand::RowShown| {
            let cell = row.cells.get(place);
            cell.map_or_else(String::new, |cell| reading.cell(cell))
        };
        (
            (column.label.clone(), side),
            rows.rows.iter().map(cell).collect(),
        )
    });
    // A column in which nobody has anything says nothing.
    let columns =
        columns.filter(|(_, cells): &(_, Vec<String>)| cells.iter().any(|cell| !cell.is_empty()));
    output.table(&Table::of_columns(columns.collect()))?;
    match rows.has_more {
        true => output.line(reading.word(["and more", "و بیشتر", "والمزيد"])),
        false => Ok(()),
    }
}
