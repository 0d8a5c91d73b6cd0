//! What did the plugins and scripts do, and what did it cost?

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use chrono::{Days, NaiveDate};
use peyvand::{Aggregate, Bill, Engine, Filter, League, RecordId, Session, Value};

use super::DemoError;
use super::figures::{all, titles};
use super::layout::{bar, count, cut, heading, wrapped};
use super::year::Tally;

/// Every hook with its work and its bill.
pub(super) fn bills(
    session: &Session,
    bills: &[Bill],
    out: &mut dyn Write,
) -> Result<(), DemoError> {
    heading(out, "What the plugins and scripts did, and what it cost")?;
    writeln!(
        out,
        "  {:<32}{:>6}{:>8}{:>12}{:>8}{:>8}{:>7}{:>9}{:>7}",
        "", "calls", "rows", "fuel", "a row", "values", "asked", "refused", "failed"
    )?;
    let mut owner = "";
    for bill in bills {
        if bill.owner != owner {
            owner = &bill.owner;
            writeln!(out, "  {owner}")?;
        }
        writeln!(
            out,
            "    {:<30}{:>6}{:>8}{:>12}{:>8}{:>8}{:>7}{:>9}{:>7}",
            cut(&bill.hook, 30),
            count(bill.calls),
            count(bill.rows),
            count(bill.fuel),
            count(bill.fuel / bill.rows.max(1)),
            count(bill.patches),
            count(bill.effects),
            count(bill.refusals),
            count(bill.failures),
        )?;
        if let Some(last) = &bill.last_failure {
            writeln!(out, "      last failure: {last}")?;
        }
    }
    writeln!(
        out,
        "  Fuel: WebAssembly instructions, or a script's operations; the same on every machine."
    )?;
    writeln!(
        out,
        "  Asked: records that it asked for; what was asked for before is not made again."
    )?;
    tasks(session, out)
}

/// How many tasks each of them gave people.
fn tasks(session: &Session, out: &mut dyn Write) -> Result<(), DemoError> {
    let tasks = Aggregate::new("activity")
        .filter(Filter::is_present("origin"))
        .group_by("origin")
        .group_by("status");
    let mut by_origin: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for row in session.aggregate(&tasks)? {
        let word = |place: usize| {
            row.keys
                .get(place)
                .and_then(Option::as_ref)
                .map(ToString::to_string)
                .unwrap_or_default()
        };
        *by_origin
            .entry(word(0))
            .or_default()
            .entry(word(1))
            .or_default() += row.count;
    }
    for (origin, states) in by_origin {
        let of = |status: &str| states.get(status).copied().unwrap_or(0);
        let made: u64 = states.values().sum();
        writeln!(
            out,
            "  {origin} gave people {made} tasks: {} done, {} still planned, {} dropped.",
            of("done"),
            of("planned"),
            of("cancelled")
        )?;
    }
    Ok(())
}

/// What rules refused, with an example of each sort.
pub(super) fn refused(
    session: &Session,
    tally: &Tally,
    out: &mut dyn Write,
) -> Result<(), DemoError> {
    heading(out, "What was refused")?;
    let names = titles(session, "user")?;
    let mut seen = BTreeSet::new();
    for refused in &tally.refused {
        if !seen.insert(refused.what) {
            continue;
        }
        let times = tally
            .refused
            .iter()
            .filter(|other| other.what == refused.what)
            .count();
        let who = names.get(&refused.who).map_or("", String::as_str);
        writeln!(
            out,
            "  {times} × {}, first on {} by {who}",
            refused.what, refused.on
        )?;
        for line in wrapped(&refused.failure.to_string(), 80) {
            writeln!(out, "      > {line}")?;
        }
    }
    writeln!(
        out,
        "  Nothing of a refused write is in the store; each was entered again, in order, and went through."
    )?;
    Ok(())
}

/// The table of the year or of its last week: a column for each reason, the weightiest first.
pub(super) fn league(
    session: &Session,
    league: &League,
    title: &str,
    most: usize,
    out: &mut dyn Write,
) -> Result<(), DemoError> {
    heading(out, title)?;
    let names = titles(session, "user")?;
    let name = |user: RecordId| names.get(&user).map_or("", String::as_str);
    let mut totals: BTreeMap<&str, i64> = BTreeMap::new();
    for (reason, points) in league
        .standings
        .iter()
        .flat_map(|standing| &standing.by_reason)
    {
        *totals.entry(reason).or_default() += points;
    }
    let mut reasons: Vec<&str> = totals.keys().copied().collect();
    reasons.sort_by_key(|reason| (std::cmp::Reverse(totals.get(reason)), *reason));
    let columns = |cell: &dyn Fn(&str) -> String| {
        reasons
            .iter()
            .map(|reason| format!("{:>width$}", cell(reason), width = reason.len().max(5) + 2))
            .collect::<String>()
    };
    writeln!(
        out,
        "    {:>7}  {:<12}{}   seller",
        "points",
        "",
        columns(&|reason| reason.to_owned())
    )?;
    let greatest = league
        .standings
        .first()
        .map_or(0, |first| first.points.unsigned_abs());
    for (place, standing) in league.standings.iter().take(most).enumerate() {
        let bar = bar(standing.points.unsigned_abs(), greatest, 12);
        let cells = columns(&|reason| {
            standing
                .by_reason
                .get(reason)
                .map_or_else(String::new, ToString::to_string)
        });
        writeln!(
            out,
            "  {:>2}{:>7}  {bar:<12}{cells}   {}",
            place + 1,
            standing.points,
            name(standing.user)
        )?;
    }
    badges(league, &name, out)?;
    if league.capped > 0 {
        writeln!(
            out,
            "  The daily caps took {} points away.",
            count(league.capped.unsigned_abs())
        )?;
    }
    Ok(())
}

fn badges<'n>(
    league: &League,
    name: &dyn Fn(RecordId) -> &'n str,
    out: &mut dyn Write,
) -> Result<(), DemoError> {
    let mut holders: BTreeMap<&str, BTreeSet<RecordId>> = BTreeMap::new();
    for badge in &league.badges {
        holders.entry(&badge.badge).or_default().insert(badge.user);
    }
    for (badge, users) in holders {
        let named: Vec<&str> = users.iter().take(4).map(|user| name(*user)).collect();
        let more = if users.len() > named.len() {
            format!(" + {}", users.len() - named.len())
        } else {
            String::new()
        };
        writeln!(
            out,
            "  badge {badge:<18} {:>2} ×   {}{more}",
            users.len(),
            named.join(" | ")
        )?;
    }
    Ok(())
}

/// The last week, from Saturday to the last day.
pub(super) fn last_week(last: NaiveDate) -> NaiveDate {
    let back = chrono::Datelike::weekday(&last).days_since(chrono::Weekday::Sat);
    last.checked_sub_days(Days::new(u64::from(back)))
        .unwrap_or(last)
}

/// The most promising lead, and where every point of its score comes from.
pub(super) fn score(engine: &Engine, out: &mut dyn Write) -> Result<(), DemoError> {
    heading(out, "The most promising lead, and why")?;
    let session = engine.session();
    let leads = all(
        &session,
        "lead",
        &Filter::is_in("status", ["new", "working", "qualified"]),
    )?;
    let points = |lead: &peyvand::Record| match lead.get("score") {
        Some(Value::Integer(points)) => *points,
        _ => 0,
    };
    let Some(best) = leads
        .iter()
        .max_by_key(|lead| (points(lead), std::cmp::Reverse(lead.id())))
    else {
        writeln!(out, "  No lead is open.")?;
        return Ok(());
    };
    writeln!(
        out,
        "  score {} of 100, status {}, from {}",
        points(best),
        best.text("status").unwrap_or("–"),
        best.text("source").unwrap_or("nowhere known")
    )?;
    for reason in best
        .text("score_reasons")
        .unwrap_or_default()
        .split([',', '،'])
    {
        let (number, words) = reason.trim().split_once(' ').unwrap_or(("", reason));
        writeln!(out, "  {number:>7}  {words}")?;
    }
    writeln!(out, "  {}   {}", best.id(), best.title())?;
    if let Some(company) = best.text("company") {
        writeln!(out, "  {:30}   {company}", "")?;
    }
    Ok(())
}
