//! How little does it take to have a CRM in a program? Open, write, ask, add up.

use std::io::Write;

use peyvand::{Aggregate, Engine, Field, FieldKind, Filter, Measure, Query, SchemaChange, SortKey};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args().nth(1).unwrap_or_else(|| "./quick-start-crm".to_owned());
    let mut out = std::io::stdout().lock();

    // One directory, no server. It is made when it is not there.
    let engine = Engine::open(&dir)?;
    let crm = engine.session();

    // A field of your own is like every other: typed, indexed, in filters.
    let schema = engine.schema()?;
    if schema.object("opportunity").is_some_and(|object| object.field("region").is_none()) {
        let field = Field::new("region", FieldKind::option(&["north", "south"])).indexed();
        let _ = crm.change_schema([SchemaChange::AddField { object: "opportunity".to_owned(), field }])?;
    }

    let account = crm.create("account", json!({"name": "پارس فولاد", "industry": "steel"}))?.id()?;
    for (name, amount, stage, region) in [
        ("Cold rolling line", "42000000000 IRR", "proposal", "north"),
        ("Spare parts", "1500000000 IRR", "negotiation", "south"),
        ("Inspection robots", "80000 EUR", "proposal", "north"),
    ] {
        let fields = json!({"name": name, "account": account.to_string(), "amount": amount, "stage": stage, "region": region});
        // Durable when it returns; a wrong field would be an error that says which and why.
        let _ = crm.create("opportunity", fields)?;
    }

    let mut north = Query::new("opportunity").filter(Filter::parse("and(status[eq]:open,region[eq]:north)")?);
    north.sort = SortKey::parse_list("-created_at,name")?;
    north.limit = 5;
    writeln!(out, "open in the north:")?;
    for deal in crm.query(&north)?.records {
        let amount = deal.get("amount").map_or_else(String::new, ToString::to_string);
        writeln!(out, "  {amount:>18}  {}", deal.title())?;
    }

    // Amounts in different currencies are never added up: each has a row.
    let total = Aggregate::new("opportunity").filter(Filter::eq("status", "open")).measure(Measure::Sum("amount".to_owned()));
    writeln!(out, "all that is open:")?;
    for row in crm.aggregate(&total)? {
        let sum = row.values.first().and_then(Option::as_ref).map_or_else(|| "-".to_owned(), ToString::to_string);
        writeln!(out, "  {sum:>18}  in {} deals", row.count)?;
    }
    writeln!(out, "{} knows of {} open deals", crm.get(account)?.title(), crm.get(account)?.to_json()["open_opportunities"])?;

    engine.close()?;
    Ok(())
}
