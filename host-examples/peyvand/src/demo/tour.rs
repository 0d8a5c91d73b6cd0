//! What came of the year? The chapters of the tour, in the order in which a manager asks.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use peyvand::{Engine, Filter};

use super::case::Case;
use super::layout::{count, heading, seconds};
use super::{DemoError, Lived, figures, letters, papers, rules, screens, story};

pub(super) fn print(
    engine: &Engine,
    lived: &Lived<'_>,
    out: &mut dyn Write,
) -> Result<(), DemoError> {
    let session = engine.session();
    let (first, last) = lived.days;
    overview(engine, lived, out)?;
    figures::pipeline(&session, out)?;
    figures::forecast(&session, last, out)?;
    figures::results(&session, out)?;
    // The year's league is computed first, so that the bill of the scoring plugin is that of one reading of the journal.
    let year = engine.league(first, last)?;
    let bills = engine.bills();
    rules::bills(&session, &bills, out)?;
    rules::refused(&session, &lived.tally, out)?;
    let saturday = rules::last_week(last);
    rules::league(
        &session,
        &engine.league(saturday, last)?,
        &format!("League of the last week, from {saturday}"),
        8,
        out,
    )?;
    rules::league(&session, &year, "League of the year", 10, out)?;
    rules::score(engine, out)?;
    let told = story::print(&session, out)?;
    let case = told
        .map(|story| Case::of(engine, lived.clock, story.account))
        .transpose()?
        .flatten();
    if let Some(case) = &case {
        papers::print(case, lived.dir, out)?;
        screens::print(case, out)?;
        letters::print(case, lived.carrier, out)?;
    }
    proof(engine, lived, out)?;
    next(lived.dir, case.as_ref(), out)
}

fn overview(engine: &Engine, lived: &Lived<'_>, out: &mut dyn Write) -> Result<(), DemoError> {
    heading(out, "What was made")?;
    let session = engine.session();
    let number = |object: &str| session.count(object, &Filter::everything());
    let by_people = session.count("activity", &Filter::is_null("origin"))?;
    for (object, note) in [
        (
            "account",
            "companies and persons, in Persian, Arabic and English".to_owned(),
        ),
        (
            "contact",
            format!("with {} affiliations", number("affiliation")?),
        ),
        (
            "lead",
            format!(
                "{} of them became customers",
                session.count("lead", &Filter::eq("status", "converted"))?
            ),
        ),
        (
            "opportunity",
            format!("{} won, {} lost", lived.tally.won, lived.tally.lost),
        ),
        (
            "activity",
            format!(
                "{} by people, the rest given to them by a plugin or a script",
                count(by_people)
            ),
        ),
        ("user", "in six branches".to_owned()),
    ] {
        let plural = match object {
            "opportunity" => "opportunities".to_owned(),
            "activity" => "activities".to_owned(),
            object => format!("{object}s"),
        };
        writeln!(out, "  {:>6} {plural:<14} {note}", count(number(object)?))?;
    }
    writeln!(
        out,
        "\n  {} business days in {} after {} for the founding. The journal has {} commits: the days,\n  the tasks that rules made, and their daily runs. Each was on the disk before the next one began.",
        lived.tally.days,
        seconds(lived.year),
        seconds(lived.founding),
        count(engine.position().get()),
    )?;
    if let Some(warning) = lived.tally.warnings.first() {
        writeln!(
            out,
            "  {} warning(s), the first: {warning}",
            lived.tally.warnings.len()
        )?;
    }
    Ok(())
}

/// The state is what the journal says: checked, not promised.
fn proof(engine: &Engine, lived: &Lived<'_>, out: &mut dyn Write) -> Result<(), DemoError> {
    heading(out, "Is it all true?")?;
    let started = Instant::now();
    let checked = engine.check()?;
    let verdict = if checked.ok {
        "The state is exactly what the journal says"
    } else {
        "The check found problems"
    };
    writeln!(
        out,
        "  {verdict}: {} entries read and compared with {} records,\n  every index, every total and every file, in {}. The whole tour is {} old.",
        count(checked.entries),
        count(checked.records),
        seconds(started.elapsed()),
        seconds(lived.started.elapsed()),
    )?;
    for problem in checked.problems {
        writeln!(out, "  ! {problem}")?;
    }
    writeln!(out, "  state hash {}", checked.state_hash)?;
    Ok(())
}

fn next(dir: &Path, case: Option<&Case<'_>>, out: &mut dyn Write) -> Result<(), DemoError> {
    heading(out, "Where to go from here")?;
    let dir = dir.display();
    writeln!(
        out,
        "  peyvand query opportunity --dir {dir} --sort -amount \\\n      --filter 'and(status[eq]:open,amount[gte]:10000000000)'"
    )?;
    if let Some(case) = case {
        let (account, deal) = (case.account.id(), case.deal.id());
        let page = papers::PROPOSED;
        let seller = case.seller.text("login").unwrap_or_default();
        writeln!(out, "  peyvand timeline {account} --dir {dir}")?;
        writeln!(out, "  peyvand document list --of {account} --dir {dir}")?;
        writeln!(
            out,
            "  peyvand render offer {deal} --language ar \\\n      --out {dir}/{page} --dir {dir}"
        )?;
        let view = screens::VIEW;
        writeln!(
            out,
            "  peyvand view show {view} --as {seller} --language fa --dir {dir}"
        )?;
        writeln!(out, "  peyvand message list --about {account} --dir {dir}")?;
    }
    writeln!(out, "  peyvand plugin show follow-up --dir {dir}")?;
    Ok(())
}
