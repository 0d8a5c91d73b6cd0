//! What happened with one customer? Its own timeline and those of its people, deals and activities, in one.

use std::collections::BTreeMap;
use std::io::Write;

use chrono::{DateTime, Utc};
use peyvand::{Actor, Event, EventKind, Filter, Record, RecordId, Session, Value};

use super::DemoError;
use super::figures::{all, reference, titles};
use super::layout::{cut, heading, plural, short};
use super::year::on_the_wall;

/// One line of the story.
struct Line {
    at: DateTime<Utc>,
    position: u64,
    who: String,
    what: String,
    name: String,
}

/// How many lines are shown from the beginning and up to the end.
const SHOWN: (usize, usize) = (10, 20);

/// Fields of a deal whose changes a manager wants to see.
const TOLD: [&str; 4] = ["stage", "amount", "close_date", "owner"];

pub(super) struct Story {
    pub(super) account: RecordId,
}

/// The customer with the most going on, told in order.
pub(super) fn print(session: &Session, out: &mut dyn Write) -> Result<Option<Story>, DemoError> {
    let deals = all(session, "opportunity", &Filter::everything())?;
    let Some(customer) = busiest(session, &deals)? else {
        return Ok(None);
    };
    let account = customer.id();
    heading(out, "One customer, the whole story")?;
    let number = |field: &str| match customer.get(field) {
        Some(Value::Integer(count)) => count.unsigned_abs(),
        _ => 0,
    };
    writeln!(
        out,
        "  {} open, {} won, {}; company id {}   {}",
        plural(number("open_opportunities"), "deal"),
        number("won_opportunities"),
        plural(number("contacts"), "contact"),
        customer.text("company_id").unwrap_or("–"),
        customer.title()
    )?;
    let mut names = titles(session, "user")?;
    names.extend(titles(session, "stage")?);
    let mut lines = Vec::new();
    tell(session, &customer, &names, &mut lines)?;
    for contact in all(session, "contact", &Filter::eq("account", account))? {
        tell(session, &contact, &names, &mut lines)?;
    }
    let mut about = vec![account];
    for deal in deals
        .iter()
        .filter(|deal| reference(deal, "account") == Some(account))
    {
        tell(session, deal, &names, &mut lines)?;
        about.push(deal.id());
    }
    for activity in all(session, "activity", &Filter::is_in("about", about))? {
        tell(session, &activity, &names, &mut lines)?;
    }
    lines.sort_by_key(|line| (line.at, line.position));
    // It is all about this customer: its name on every line says nothing.
    let tail = format!(" · {}", customer.title());
    lines
        .iter_mut()
        .for_each(|line| line.name = line.name.replacen(&tail, "", 1));
    let skipped = lines.len().saturating_sub(SHOWN.0 + SHOWN.1);
    for (place, line) in lines.iter().enumerate() {
        if skipped > 0 && place == SHOWN.0 {
            writeln!(out, "  …            {skipped} more events …")?;
        }
        if place < SHOWN.0 || place >= SHOWN.0 + skipped {
            writeln!(
                out,
                "  {}  {:<12}{:<36}  {}",
                day(line.at),
                cut(&line.who, 10),
                cut(&line.what, 36),
                cut(&line.name, 36)
            )?;
        }
    }
    Ok(Some(Story { account }))
}

/// The customer with the most deals and activities, rather one with whom something goes on.
fn busiest(session: &Session, deals: &[Record]) -> peyvand::Result<Option<Record>> {
    let mut weights: BTreeMap<RecordId, i64> = BTreeMap::new();
    for deal in deals {
        let Some(account) = reference(deal, "account") else {
            continue;
        };
        let activities = match deal.get("activities") {
            Some(Value::Integer(count)) => *count,
            _ => 0,
        };
        *weights.entry(account).or_default() += 4 + activities;
    }
    let number = |record: &Record, field: &str| matches!(record.get(field), Some(Value::Integer(count)) if *count > 0);
    let mut best: Option<((bool, i64), Record)> = None;
    for (id, weight) in weights {
        let customer = session.get(id)?;
        let alive = number(&customer, "open_opportunities")
            && number(&customer, "won_opportunities")
            && customer.text("company_id").is_some();
        if best
            .as_ref()
            .is_none_or(|(rank, _)| (alive, weight) > *rank)
        {
            best = Some(((alive, weight), customer));
        }
    }
    Ok(best.map(|(_, customer)| customer))
}

/// The day on the company's wall.
fn day(at: DateTime<Utc>) -> String {
    on_the_wall(at).format("%Y-%m-%d").to_string()
}

fn tell(
    session: &Session,
    record: &Record,
    names: &BTreeMap<RecordId, String>,
    lines: &mut Vec<Line>,
) -> Result<(), DemoError> {
    for event in session.timeline(record.id())? {
        let Some((what, name)) = words(record, &event, names) else {
            continue;
        };
        lines.push(Line {
            at: event.at,
            position: event.position.get(),
            who: who(&event.actor, names),
            what,
            name,
        });
    }
    Ok(())
}

fn who(actor: &Actor, names: &BTreeMap<RecordId, String>) -> String {
    match actor {
        Actor::User(id) => names.get(id).cloned().unwrap_or_else(|| "user".to_owned()),
        Actor::Plugin(id) => id.clone(),
        Actor::Script(name) => name.clone(),
        _ => "system".to_owned(),
    }
}

/// What an event comes to in words; nothing where only fields changed that are not worth a line.
fn words(
    record: &Record,
    event: &Event,
    names: &BTreeMap<RecordId, String>,
) -> Option<(String, String)> {
    let after = |field: &str| {
        event
            .changes
            .iter()
            .find(|(name, ..)| name == field)
            .and_then(|(_, _, after)| after.clone())
    };
    let what = match (event.kind, record.object()) {
        (EventKind::Deleted, object) => format!("{object} deleted"),
        (EventKind::Created, "opportunity") => format!(
            "deal opened at {}",
            after("amount").map_or_else(String::new, |value| shown(&value, names))
        ),
        (EventKind::Created, "activity") => {
            let text =
                |field: &str| after(field).map_or_else(String::new, |value| value.to_string());
            match after("due_on") {
                Some(day) => format!("{} due {day}", text("kind")),
                None => format!("{} {}", text("kind"), text("status")),
            }
        }
        (EventKind::Created, object) => format!("{object} entered"),
        (EventKind::Updated, "activity") => format!(
            "{} {}",
            record.text("kind").unwrap_or_default(),
            after("status").map_or_else(String::new, |value| value.to_string())
        ),
        (EventKind::Updated, "opportunity") => change(event, names)?,
        _ => return None,
    };
    let name = match after("loss_reason") {
        Some(reason) => format!("{}: {reason}", record.title()),
        None => record.title(),
    };
    Some((what, name))
}

fn change(event: &Event, names: &BTreeMap<RecordId, String>) -> Option<String> {
    // With the stage the expected day moves along; that says little.
    let moved = event.changes.iter().any(|(name, ..)| name == "stage");
    let told: Vec<String> = event
        .changes
        .iter()
        .filter(|(name, ..)| TOLD.contains(&name.as_str()) && !(moved && name == "close_date"))
        .map(|(name, before, after)| {
            let side = |value: &Option<Value>| {
                value
                    .as_ref()
                    .map_or_else(|| "–".to_owned(), |value| shown(value, names))
            };
            match name.as_str() {
                "stage" => format!("{} > {}", side(before), side(after)),
                "amount" => side(after),
                "close_date" => format!("closes {}", side(after)),
                name => format!("{name} {}", side(after)),
            }
        })
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn shown(value: &Value, names: &BTreeMap<RecordId, String>) -> String {
    match value {
        Value::Money(money) => format!("{} {}", money.currency, short(money.amount)),
        Value::Reference(id) => names.get(id).cloned().unwrap_or_else(|| id.to_string()),
        value => value.to_string(),
    }
}
