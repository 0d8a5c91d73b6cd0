//! How little does it take to have a CRM in a program? Open, write, ask, add up.

use std::io::Write;

use peyvand::{Aggregate, Engine, Field, FieldKind, Filter, Measure, Query, SchemaChange, SortKey};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // One directory, no server. It is made when it is not there.
    let dir = std::env::args().nth(1);
    let engine = Engine::open(dir.as_deref().unwrap_or("./quick-start-crm"))?;
    let crm = engine.session();
    let mut out = std::io::stdout().lock();

    // A field of your own is like every other: typed, indexed, in filters.
    let deals = engine.schema()?.object("opportunity").cloned();
    if deals.is_some_and(|deals| deals.field("region").is_none()) {
        let object = "opportunity".to_owned();
        let field = Field::new("region", FieldKind::option(&["north", "south"])).indexed();
        let _ = crm.change_schema([SchemaChange::AddField { object, field }])?;
    }

    // Each call is durable when it returns; what is wrong with it is an error that says so.
    let account = crm.create("account", json!({"name": "پارس فولاد"}))?.id()?;
    for (name, amount, region) in [
        ("Cold rolling line", "42000000000 IRR", "north"),
        ("Spare parts", "1500000000 IRR", "south"),
        ("Inspection robots", "80000 EUR", "north"),
    ] {
        let of = account.to_string();
        let deal = json!({"name": name, "amount": amount, "region": region, "account": of});
        let _ = crm.create("opportunity", deal)?;
    }

    let filter = Filter::parse("and(status[eq]:open,region[eq]:north)")?;
    let north = Query::new("opportunity").filter(filter);
    let north = north.sort([SortKey::ascending("name")]).limit(5);
    writeln!(out, "open in the north:")?;
    for deal in crm.query(&north)?.records {
        let amount = deal.get("amount").map(ToString::to_string);
        writeln!(out, "{:>20}  {}", amount.unwrap_or_default(), deal.title())?;
    }

    // Amounts in different currencies are never added up: each has a row.
    let total = Aggregate::new("opportunity").measure(Measure::Sum("amount".to_owned()));
    writeln!(out, "all of it:")?;
    for row in crm.aggregate(&total)? {
        let sum = row.values.into_iter().flatten().next();
        let sum = sum.map_or_else(|| "-".to_owned(), |sum| sum.to_string());
        writeln!(out, "{sum:>20}  from {} of them", row.count)?;
    }
    let account = crm.get(account)?;
    let open = account.to_json()["open_opportunities"].clone();
    writeln!(
        out,
        "open deals of this account: {open}, {}",
        account.title()
    )?;
    Ok(engine.close()?)
}
