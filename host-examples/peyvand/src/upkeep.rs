//! How is a store kept small, and how is somebody forgotten?

use std::path::Path;

use chrono::TimeDelta;
use peyvand::{Engine, Locale, RecordId};
use serde_json::json;

use crate::fault::{Exit, Fault};
use crate::moment::Moment;
use crate::output::{Output, bytes, counted, several};
use crate::progress::Progress;
use crate::query::RECORDS;
use crate::store::{self, Need};
use crate::value::Reading;

const ASK: &str = "say --yes to do it";

pub(crate) fn erase(
    ids: &[RecordId],
    yes: bool,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    if !yes {
        return would_erase(ids, dir, output);
    }
    let erased = store::with(dir, Need::Existing, |engine| {
        let mut progress = Progress::of("parts");
        let session = store::session(engine)?;
        Ok(session.erase_with(ids.iter().copied(), &mut |told| progress.follow(told))?)
    })?;
    if output.json {
        let ids: Vec<String> = erased.ids.iter().map(ToString::to_string).collect();
        output.document(&json!({
            "ids": ids,
            "messages": erased.messages,
            "position": erased.position.get(),
            "entries": erased.entries,
            "warnings": erased.warnings,
        }))?;
        return Ok(Exit::Fine);
    }
    for id in &erased.ids {
        output.line(format!("{id} is erased"))?;
    }
    let register = dir.join("ERASED");
    output.line(format!(
        "earlier backups still hold {}: keep {} for `peyvand restore --erased`",
        if erased.ids.len() == 1 { "it" } else { "them" },
        register.display()
    ))?;
    crate::record::warnings(&erased.warnings, output)?;
    Ok(Exit::Fine)
}

/// Names what would go, so that a mistyped id is seen before it is too late.
fn would_erase(ids: &[RecordId], dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        let reading = Reading::of(&session);
        let all = session.preview_erase(ids.iter().copied())?;
        let named = |id: RecordId| {
            session
                .get(id)
                .map(|record| record.title_in(reading.locale))
        };
        if output.json {
            let data: Vec<_> = all
                .iter()
                .map(|id| json!({"id": id.to_string(), "title": named(*id).ok(), "asked_for": ids.contains(id)}))
                .collect();
            output.document(&json!({"done": false, "data": data}))?;
            return Ok(Exit::No);
        }
        for id in &all {
            let title = named(*id).unwrap_or_else(|_| {
                let binned = ["(in the bin)", "(در سطل)", "(في السلة)"];
                reading.word(binned).to_owned()
            });
            output.line(format!("  {id}  {title}"))?;
        }
        let count = reading.several(all.len() as u64, RECORDS);
        output.line(match reading.locale {
            Locale::Fa => format!("{count} برای همیشه پاک می‌شود؛ با --yes انجام می‌شود"),
            Locale::Ar => format!("{count} سيُمحى نهائيًا؛ قل --yes لتنفيذه"),
            _ => format!("{count} would be erased for good; {ASK}"),
        })?;
        Ok(Exit::No)
    })
}

pub(crate) fn checkpoint(dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let kept = store::with(dir, Need::Existing, |engine| {
        let mut progress = Progress::of("entries");
        Ok(engine.keep_checkpoint(&mut |told| progress.follow(told))?)
    })?;
    if output.json {
        let (position, entries) = (kept.position.get(), kept.entries);
        let document = json!({"position": position, "entries": entries, "bytes": kept.bytes});
        output.document(&document)?;
    } else {
        output.line(format!(
            "the state at position {} is kept: {}",
            kept.position,
            bytes(kept.bytes)
        ))?;
    }
    Ok(Exit::Fine)
}

pub(crate) fn collect(
    days: u16,
    now: bool,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    let age = TimeDelta::days(if now { 0 } else { i64::from(days) });
    let done = store::with(dir, Need::Existing, |engine| {
        Ok(engine.collect_content(age)?)
    })?;
    if output.json {
        let (files, waiting) = (done.files, done.waiting);
        let document = json!({"files": files, "bytes": done.bytes, "waiting": waiting});
        output.document(&document)?;
        return Ok(Exit::Fine);
    }
    output.line(format!(
        "{} dropped, {}",
        several(done.files, "file is", "files are"),
        bytes(done.bytes)
    ))?;
    if done.waiting > 0 {
        let waiting = several(done.waiting, "file waits", "files wait");
        output.line(format!("{waiting} to be unnamed for long enough"))?;
    }
    Ok(Exit::Fine)
}

pub(crate) fn trim(
    before: Moment,
    yes: bool,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let before = position_of(engine, before)?;
        let oldest = engine.oldest()?;
        if !yes {
            let count = before.get().saturating_sub(oldest.get());
            let what = several(count, "commit", "commits");
            let would = format!("up to {what} before position {before} would go from the journal");
            return not_done(&format!("{would}, and with them the history"), output);
        }
        let trimmed = engine.trim(before)?;
        if output.json {
            let (oldest, entries) = (trimmed.oldest.get(), trimmed.entries);
            output.document(&json!({"oldest": oldest, "entries": entries}))?;
        } else {
            output.line(format!(
                "{} commits are gone from the journal, the oldest is {}",
                counted(trimmed.entries),
                trimmed.oldest
            ))?;
        }
        Ok(Exit::Fine)
    })
}

/// Says what was asked for and is not done.
fn not_done(would: &str, output: &mut Output<'_>) -> Result<Exit, Fault> {
    match output.json {
        true => output.document(&json!({"done": false, "would": would}))?,
        false => output.line(format!("{would}; {ASK}"))?,
    }
    Ok(Exit::No)
}

fn position_of(engine: &Engine, moment: Moment) -> Result<peyvand::Position, Fault> {
    match moment.0 {
        peyvand::Moment::Position(position) => Ok(position),
        instant => Ok(store::session(engine)?.as_of(instant)?.position()),
    }
}
