//! What do the sales come to? The pipeline, the forecast, what was won and lost and by whom.

use std::collections::BTreeMap;
use std::io::Write;

use chrono::{Datelike, NaiveDate};
use peyvand::{
    Aggregate, Decimal, Filter, Measure, Money, Query, Record, RecordId, Session, Value,
};

use super::DemoError;
use super::layout::{bar, heading, percent, short};

/// Sums by currency: amounts of different currencies are never added up.
type Sums = BTreeMap<String, Decimal>;

/// Count and sums of a group.
#[derive(Default, Clone)]
struct Line {
    count: u64,
    sums: Sums,
}

/// Every record of an object that passes, page by page.
pub(super) fn all(
    session: &Session,
    object: &str,
    filter: &Filter,
) -> peyvand::Result<Vec<Record>> {
    let mut records = Vec::new();
    let mut query = Query::new(object).filter(filter.clone()).limit(1_000);
    loop {
        let page = session.query(&query)?;
        records.extend(page.records);
        match page.next {
            Some(next) => query = query.after(next),
            None => return Ok(records),
        }
    }
}

/// What people call the records of an object.
pub(super) fn titles(
    session: &Session,
    object: &str,
) -> peyvand::Result<BTreeMap<RecordId, String>> {
    Ok(all(session, object, &Filter::everything())?
        .iter()
        .map(|record| (record.id(), record.title()))
        .collect())
}

pub(super) fn reference(record: &Record, field: &str) -> Option<RecordId> {
    match record.get(field) {
        Some(Value::Reference(id)) => Some(*id),
        _ => None,
    }
}

fn add(sums: &mut Sums, money: Money) {
    let sum = sums.entry(money.currency.to_string()).or_default();
    *sum = sum.checked_add(money.amount).unwrap_or(*sum);
}

/// Opportunities by the values of some fields, with their amounts by currency.
fn totals(
    session: &Session,
    filter: &Filter,
    by: &[&str],
) -> peyvand::Result<BTreeMap<Vec<String>, Line>> {
    let mut aggregate = Aggregate::new("opportunity")
        .filter(filter.clone())
        .measure(Measure::Sum("amount".to_owned()));
    for field in by {
        aggregate = aggregate.group_by(*field);
    }
    let mut lines: BTreeMap<Vec<String>, Line> = BTreeMap::new();
    for row in session.aggregate(&aggregate)? {
        let key = row
            .keys
            .iter()
            .take(by.len())
            .map(|value| value.as_ref().map(ToString::to_string).unwrap_or_default())
            .collect();
        let line = lines.entry(key).or_default();
        line.count += row.count;
        if let Some(Some(Value::Money(money))) = row.values.first() {
            add(&mut line.sums, *money);
        }
    }
    Ok(lines)
}

const CURRENCIES: [&str; 3] = ["IRR", "AED", "USD"];

fn columns(sums: &Sums) -> String {
    CURRENCIES
        .map(|currency| {
            format!(
                "{:>11}",
                sums.get(currency)
                    .map_or_else(String::new, |sum| short(*sum))
            )
        })
        .join("")
}

fn total<'a>(lines: impl Iterator<Item = &'a Line>) -> Line {
    let mut all = Line::default();
    for line in lines {
        all.count += line.count;
        for (currency, sum) in &line.sums {
            let so_far = all.sums.entry(currency.clone()).or_default();
            *so_far = so_far.checked_add(*sum).unwrap_or(*so_far);
        }
    }
    all
}

/// The open deals, stage by stage.
pub(super) fn pipeline(session: &Session, out: &mut dyn Write) -> Result<(), DemoError> {
    heading(out, "Pipeline by stage")?;
    let lines = totals(session, &Filter::eq("status", "open"), &["stage"])?;
    let greatest = lines.values().map(|line| line.count).max().unwrap_or(0);
    let mut stages = all(session, "stage", &Filter::eq("outcome", "open"))?;
    stages.sort_by_key(|stage| stage.get("position").map(ToString::to_string));
    writeln!(
        out,
        "  {:<16}{:>6}{:>11}{:>11}{:>11}",
        "stage", "deals", "IRR", "AED", "USD"
    )?;
    for stage in stages {
        let line = lines
            .get(&vec![stage.id().to_string()])
            .cloned()
            .unwrap_or_default();
        writeln!(
            out,
            "  {:<16}{:>6}{}   {}",
            stage.title(),
            line.count,
            columns(&line.sums),
            bar(line.count, greatest, 30)
        )?;
    }
    let line = total(lines.values());
    writeln!(
        out,
        "  {:<16}{:>6}{}",
        "all open",
        line.count,
        columns(&line.sums)
    )?;
    Ok(())
}

/// What the open deals promise, each amount times its probability, by the month in which it should close.
pub(super) fn forecast(
    session: &Session,
    today: NaiveDate,
    out: &mut dyn Write,
) -> Result<(), DemoError> {
    heading(
        out,
        "Forecast: open deals by month of closing, weighted by their probability",
    )?;
    let mut months: BTreeMap<String, Line> = BTreeMap::new();
    for deal in all(session, "opportunity", &Filter::eq("status", "open"))? {
        let month = match deal.get("close_date") {
            Some(Value::Date(day)) if *day <= today => "overdue".to_owned(),
            Some(Value::Date(day)) => format!("{}-{:02}", day.year(), day.month()),
            _ => "no date".to_owned(),
        };
        let line = months.entry(month).or_default();
        line.count += 1;
        if let (Some(Value::Money(money)), Some(Value::Decimal(probability))) =
            (deal.get("amount"), deal.get("probability"))
            && let Some(amount) = money
                .amount
                .checked_mul(*probability)
                .and_then(|amount| amount.checked_div(Decimal::from(100)))
        {
            add(
                &mut line.sums,
                Money {
                    amount,
                    currency: money.currency,
                },
            );
        }
    }
    writeln!(
        out,
        "  {:<16}{:>6}{:>11}{:>11}{:>11}",
        "month", "deals", "IRR", "AED", "USD"
    )?;
    let rials = |line: &Line| {
        line.sums
            .get("IRR")
            .map_or(0, |sum| (sum.to_f64() / 1e6) as u64)
    };
    let greatest = months.values().map(rials).max().unwrap_or(0);
    // Letters sort after digits; what is late comes first all the same.
    let (late, dated): (Vec<_>, Vec<_>) = months.iter().partition(|(month, _)| *month == "overdue");
    for (month, line) in late.into_iter().chain(dated) {
        writeln!(
            out,
            "  {month:<16}{:>6}{}   {}",
            line.count,
            columns(&line.sums),
            bar(rials(line), greatest, 30)
        )?;
    }
    let line = total(months.values());
    writeln!(
        out,
        "  {:<16}{:>6}{}",
        "all",
        line.count,
        columns(&line.sums)
    )?;
    Ok(())
}

/// What was won and lost: altogether, by branch, by seller, and to what.
pub(super) fn results(session: &Session, out: &mut dyn Write) -> Result<(), DemoError> {
    heading(out, "Won and lost")?;
    let closed = Filter::is_in("status", ["won", "lost"]);
    let keys: BTreeMap<RecordId, String> = all(session, "territory", &Filter::everything())?
        .iter()
        .map(|branch| {
            (
                branch.id(),
                branch.text("key").unwrap_or_default().to_owned(),
            )
        })
        .collect();
    let mut branches = titles(session, "territory")?;
    for (id, name) in &mut branches {
        let key = keys.get(id).map_or("", String::as_str);
        *name = if *name == key || name.eq_ignore_ascii_case(key) {
            name.clone()
        } else {
            format!("{key:<8} {name}")
        };
    }
    scores(session, &closed, "territory", "branch", &branches, out)?;
    writeln!(out)?;
    let mut sellers = BTreeMap::new();
    let places = titles(session, "territory")?;
    for user in all(session, "user", &Filter::everything())? {
        let place = reference(&user, "territory")
            .and_then(|id| places.get(&id))
            .map_or_else(String::new, |place| format!(" · {place}"));
        sellers.insert(user.id(), format!("{}{place}", user.title()));
    }
    scores(session, &closed, "owner", "seller", &sellers, out)?;
    let mut reasons: Vec<(String, u64)> =
        totals(session, &Filter::eq("status", "lost"), &["loss_reason"])?
            .into_iter()
            .map(|(key, line)| (key.concat(), line.count))
            .collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    writeln!(out, "\n  lost to, most often:")?;
    for (reason, count) in reasons.into_iter().take(6) {
        writeln!(
            out,
            "  {count:>6}   {}",
            if reason.is_empty() {
                "(nobody said)"
            } else {
                &reason
            }
        )?;
    }
    Ok(())
}

fn scores(
    session: &Session,
    closed: &Filter,
    by: &str,
    title: &str,
    names: &BTreeMap<RecordId, String>,
    out: &mut dyn Write,
) -> Result<(), DemoError> {
    let lines = totals(session, closed, &[by, "status"])?;
    let mut rows: BTreeMap<String, (Line, u64)> = BTreeMap::new();
    for (key, line) in lines {
        let [group, status] = key.as_slice() else {
            continue;
        };
        let row = rows.entry(group.clone()).or_default();
        if status == "won" {
            row.0 = line
        } else {
            row.1 = line.count
        }
    }
    let mut rows: Vec<(String, Line, u64)> = rows
        .into_iter()
        .map(|(group, (won, lost))| (group, won, lost))
        .collect();
    rows.sort_by(|a, b| b.1.count.cmp(&a.1.count).then(a.0.cmp(&b.0)));
    writeln!(
        out,
        "  {:>5}{:>6}{:>7}  {:<15}{:>9}{:>11}{:>11}   {title}",
        "won", "lost", "rate", "", "won IRR", "won AED", "won USD"
    )?;
    for (group, won, lost) in &rows {
        let rate = won.count * 100 / (won.count + lost).max(1);
        let name = group
            .parse()
            .ok()
            .and_then(|id: RecordId| names.get(&id))
            .map_or("(nobody)", String::as_str);
        let bar = bar(rate, 100, 12);
        writeln!(
            out,
            "  {:>5}{lost:>6}{:>7}  {bar:<13}{}   {name}",
            won.count,
            percent(won.count, won.count + lost),
            columns(&won.sums)
        )?;
    }
    let won = total(rows.iter().map(|(_, won, _)| won));
    let lost: u64 = rows.iter().map(|(.., lost)| lost).sum();
    if title == "branch" {
        writeln!(
            out,
            "  {:>5}{lost:>6}{:>7}  {:<13}{}   all",
            won.count,
            percent(won.count, won.count + lost),
            "",
            columns(&won.sums)
        )?;
    }
    Ok(())
}
