//! What do plugins and scripts cost?

use chrono::NaiveDate;
use peyvand::{Bill, DayBill, Engine};
use serde_json::{Value as Json, json};

use crate::fault::Fault;
use crate::output::{Output, Side, Table, bytes, counted};

/// The bills of days, of all plugins and scripts or of one.
pub(super) fn days(
    engine: &Engine,
    name: Option<&str>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let mut bills = engine.daily_bills(from, to)?;
    if let Some(name) = name {
        bills.retain(|bill| bill.owner.split_once(':').is_some_and(|(_, of)| of == name));
    }
    if output.json {
        let data: Vec<Json> = bills.iter().map(day_json).collect();
        return output.document(&json!({"data": data}));
    }
    if bills.is_empty() {
        return output.line("nothing was used in these days");
    }
    let right = |name| (name, Side::Right);
    let mut table = Table::new(&[
        ("day", Side::Left),
        ("plugin or script", Side::Left),
        right("calls"),
        right("fuel"),
        right("memory"),
        right("read"),
        right("written"),
        right("failed"),
        right("timed out"),
    ]);
    for bill in &bills {
        let rest = [
            bill.rows_read,
            bill.rows_written,
            bill.failures,
            bill.time_outs,
        ];
        table.row(
            [bill.day.to_string(), bill.owner.replacen(':', " ", 1)]
                .into_iter()
                .chain([bill.calls, bill.fuel].map(counted))
                .chain([bytes(bill.peak_memory_bytes)])
                .chain(rest.map(counted)),
        );
    }
    output.table(&table)
}

fn day_json(bill: &DayBill) -> Json {
    json!({
        "owner": bill.owner, "day": bill.day.to_string(), "calls": bill.calls, "fuel": bill.fuel,
        "peak_memory_bytes": bill.peak_memory_bytes, "rows_read": bill.rows_read, "rows_written": bill.rows_written,
        "failures": bill.failures, "time_outs": bill.time_outs,
    })
}

/// What plugins and scripts have cost; nothing when none ran.
pub(crate) fn tell_bills(bills: &[Bill], output: &mut Output<'_>) -> Result<(), Fault> {
    // Rules of the engine have no fuel and are nobody's to pay for.
    let bills: Vec<&Bill> = bills
        .iter()
        .filter(|bill| bill.fuel > 0 || bill.failures > 0)
        .collect();
    if bills.is_empty() {
        return Ok(());
    }
    let right = |name| (name, Side::Right);
    let mut table = Table::new(&[
        ("plugin or script", Side::Left),
        ("hook", Side::Left),
        right("calls"),
        right("rows"),
        right("fuel"),
        right("memory"),
        right("set"),
        right("effects"),
        right("refused"),
        right("failed"),
    ]);
    for bill in &bills {
        let counts = [bill.calls, bill.rows, bill.fuel].map(counted);
        let deeds = [bill.patches, bill.effects, bill.refusals, bill.failures].map(counted);
        table.row(
            [bill.owner.clone(), bill.hook.clone()]
                .into_iter()
                .chain(counts)
                .chain([bytes(bill.peak_memory_bytes)])
                .chain(deeds),
        );
    }
    output.table(&table)?;
    let failures = bills.iter().filter_map(|bill| bill.last_failure.as_ref());
    failures
        .into_iter()
        .try_for_each(|failure| output.line(format!("warning: {failure}")))
}
