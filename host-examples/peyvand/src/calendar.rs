//! When does a firm work, what is so much working time later, and when does something come again?

mod month;
mod time;

use std::path::Path;

use chrono::{NaiveDate, Utc};
use peyvand::Session;
use peyvand::calendar::{HolidayFile, HolidayReceipt, KeptCalendar, Recurrence};
use peyvand::locale::{Calendar, DateStyle, format_date};
use serde_json::{Value as Json, json};

use crate::args::CalendarAction as Action;
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, several};
use crate::source;
use crate::store::{self, Need};
use month::Month;

pub(crate) fn run(action: &Action, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        match action {
            Action::List => list(&session, output),
            Action::Month { calendar, month } => {
                let month = Month::asked(month.as_deref(), &session)?;
                month::show(&session, calendar, month, output)
            }
            Action::Open { calendar, at } => time::open(&session, calendar, at.as_deref(), output),
            Action::Add {
                calendar,
                time,
                from,
            } => time::add(&session, calendar, time, from.as_deref(), output),
            Action::Between {
                calendar,
                from,
                until,
            } => time::between(&session, calendar, (from, until), output),
            Action::Holidays {
                file,
                into,
                from,
                until,
            } => {
                let file = HolidayFile::parse(&source::text(file)?)?.between(*from, *until);
                let receipt = session.import_holidays(into, &file)?;
                told(&receipt, output)
            }
            Action::Rule { rule, from, count } => days_of(&session, rule, *from, *count, output),
            Action::Fiscal { first, none } => {
                if *none || first.is_some() {
                    session.set_fiscal_year(*first)?;
                }
                fiscal(&session, output)
            }
        }
    })?;
    Ok(Exit::Fine)
}

fn list(session: &Session, output: &mut Output<'_>) -> Result<(), Fault> {
    let calendars = session.business_calendars()?;
    if output.json {
        let data: Vec<Json> = calendars.iter().map(as_json).collect();
        return output.document(&json!({"data": data}));
    }
    let left = |name| (name, Side::Left);
    let mut table = Table::new(&[left("key"), left("zone"), left("name")]);
    for one in &calendars {
        let zone = one.calendar.zone().name().to_owned();
        table.row([one.key.clone(), zone, one.name.clone()]);
    }
    if !calendars.is_empty() {
        output.table(&table)?;
    }
    output.line(several(
        calendars.len() as u64,
        "business calendar",
        "business calendars",
    ))
}

fn as_json(one: &KeptCalendar) -> Json {
    json!({
        "id": one.id.to_string(), "key": one.key, "name": one.name, "zone": one.calendar.zone().name(),
    })
}

fn told(receipt: &HolidayReceipt, output: &mut Output<'_>) -> Result<(), Fault> {
    if output.json {
        let refused: Vec<Json> = receipt
            .refused
            .iter()
            .map(|(entry, why)| json!({"entry": entry, "why": why}))
            .collect();
        return output.document(&json!({
            "read": receipt.read, "added": receipt.added, "moved": receipt.moved, "confirmed": receipt.confirmed,
            "unchanged": receipt.unchanged, "refused": refused,
        }));
    }
    output.line(format!(
        "{} read: {} added, {} moved, {} confirmed, {} unchanged, {} refused",
        several(receipt.read as u64, "holiday", "holidays"),
        receipt.added,
        receipt.moved,
        receipt.confirmed,
        receipt.unchanged,
        receipt.refused.len()
    ))?;
    for (entry, why) in &receipt.refused {
        output.line(format!("  '{entry}': {why}"))?;
    }
    Ok(())
}

fn days_of(
    session: &Session,
    rule: &Recurrence,
    from: Option<NaiveDate>,
    count: usize,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let language = session.locale();
    let from = from.unwrap_or_else(|| Utc::now().with_timezone(&session.zone()).date_naive());
    let days: Vec<NaiveDate> = rule.days(from).take(count).collect();
    let words = rule.describe(language);
    if output.json {
        let days: Vec<String> = days.iter().map(NaiveDate::to_string).collect();
        return output.document(
            &json!({"rule": rule.to_string(), "words": words, "from": from.to_string(), "days": days}),
        );
    }
    output.line(words)?;
    for day in days {
        let full = format_date(day, Calendar::usual(language), language, DateStyle::Full);
        output.line(format!("{day}  {}", full.unwrap_or_default()))?;
    }
    Ok(())
}

fn fiscal(session: &Session, output: &mut Output<'_>) -> Result<(), Fault> {
    let year = session.fiscal_year()?.map(|year| year.to_string());
    if output.json {
        return output.document(&json!({"fiscal_year": year}));
    }
    output.line(match year {
        Some(first) => format!("the fiscal year begins on {first}"),
        None => {
            "there is no fiscal year; set one: peyvand calendar fiscal 01-01@persian".to_owned()
        }
    })
}
