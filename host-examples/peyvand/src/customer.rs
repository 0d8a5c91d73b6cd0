//! Who is this customer?

use std::path::Path;

use clap::Args;
use peyvand::{Caller as Found, CallingCode, CustomerView, PanelShown, RecordId, ViewPage};
use serde_json::json;

use crate::args::view::Views;
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table};
use crate::store::{self, Need};
use crate::value::Reading;

/// Who is calling.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  peyvand caller 0912-123-4567 --country 98\n  peyvand caller '۰۲۱ ۸۸۰۰ ۱۲۳۴ داخلی ۱۲' --locale fa"
)]
pub(crate) struct Caller {
    /// The number as it was typed or announced: with or without its country, in any of three kinds of digits
    pub(crate) number: String,
    /// The calling code of the country that numbers without one belong to, such as 98 [default: of any that fits]
    #[arg(long, value_name = "CODE")]
    pub(crate) country: Option<String>,
    /// What is dialled inside of that country before a number
    #[arg(long, value_name = "PREFIX", default_value = "0", requires = "country")]
    pub(crate) trunk: String,
}

pub(crate) fn caller(asked: &Caller, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let country = asked.country.as_ref();
    let digits = |code: &&String| !code.is_empty() && code.chars().all(|c| c.is_ascii_digit());
    if let Some(code) = country.filter(|code| !digits(code)) {
        return Err(Fault::input(
            format!("'{code}' is not the calling code of a country"),
            "give its digits without the plus sign, such as 98",
        ));
    }
    let country = country.map(|code| CallingCode::new(code, &asked.trunk));
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        let found = session.callers(&asked.number, country.as_ref())?;
        let reading = Reading::of(&session);
        if output.json {
            return output.document(&json!({"data": found}));
        }
        match found.as_slice() {
            [] => output.line(reading.word([
                "nobody has this number",
                "این شماره از کسی نیست",
                "لا أحد له هذا الرقم",
            ])),
            [one] => {
                tell_found(&found, reading, output)?;
                output.line("")?;
                tell(&session.customer_view(one.id)?, reading, output)
            }
            _ => tell_found(&found, reading, output),
        }
    })?;
    Ok(Exit::Fine)
}

fn tell_found(found: &[Found], reading: Reading, output: &mut Output<'_>) -> Result<(), Fault> {
    let column = |name: [&'static str; 3], of: &dyn Fn(&Found) -> String| {
        (
            (reading.word(name), Side::Left),
            found.iter().map(of).collect(),
        )
    };
    let table = Table::of_columns(vec![
        column(["id", "شناسه", "المعرّف"], &|one| {
            one.id.to_string()
        }),
        column(["number", "شماره", "الرقم"], &|one| {
            reading.digits(&one.number)
        }),
        column(["last", "آخرین", "الأخيرة"], &|one| {
            one.last_activity_at
                .map_or_else(String::new, |at| reading.moment(at))
        }),
        column(["kind", "نوع", "النوع"], &|one| one.label.clone()),
        column(["name", "نام", "الاسم"], &|one| one.title.clone()),
        column(["job", "سمت", "المنصب"], &|one| one.about.clone()),
        column(["of", "از", "من"], &|one| one.account_title.clone()),
    ]);
    output.table(&table)
}

/// The 360 view of a record.
pub(crate) fn view(
    id: RecordId,
    asked: &Views,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        if let Some(key) = &asked.panel {
            let mut page = ViewPage::first();
            (page.limit, page.after) = (asked.limit, asked.after.clone());
            let rows = session.customer_panel(id, key, &page)?;
            return match output.json {
                true => output.document(&rows),
                false => crate::view::tell_rows(&rows, output),
            };
        }
        let shown = match asked.as_of {
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
            true => tell_itself(panel, output)?,
            false => tell_rows(panel, reading, output)?,
        }
    }
    Ok(())
}

fn tell_itself(panel: &PanelShown, output: &mut Output<'_>) -> Result<(), Fault> {
    let Some(row) = panel.rows.rows.first() else {
        return Ok(());
    };
    for (column, cell) in panel.rows.columns.iter().zip(&row.cells) {
        let text = &cell.text;
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
            cell.map_or_else(String::new, |cell| cell.text.clone())
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
