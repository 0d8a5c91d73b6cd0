//! Does everything in the store or in a backup agree, and is anything due?

use std::path::Path;

use peyvand::Checked;
use serde::Serialize;
use serde_json::json;

use crate::backup::{of_problems, tell_problems};
use crate::fault::{Exit, Fault};
use crate::output::{Output, bytes, counted, several};
use crate::progress::Progress;
use crate::store::{self, Need};

/// The promised shape; problems only when there are some.
#[derive(Serialize)]
struct CheckedJson<'a> {
    ok: bool,
    state_hash: &'a str,
    entries: u64,
    records: u64,
    indexes_ok: bool,
    rollups_ok: bool,
    files: u64,
    files_ok: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    problems: &'a [String],
}

pub(crate) fn run(dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let checked = store::with(dir, Need::Existing, |engine| {
        let mut progress = Progress::of("records");
        Ok(engine.check_with(&mut |told| progress.follow(told))?)
    })?;
    if output.json {
        let Checked {
            ok,
            state_hash,
            entries,
            records,
            indexes_ok,
            rollups_ok,
            files,
            files_ok,
            problems,
            ..
        } = &checked;
        let (ok, entries, records, indexes_ok, rollups_ok) =
            (*ok, *entries, *records, *indexes_ok, *rollups_ok);
        let (files, files_ok) = (*files, *files_ok);
        output.document(&CheckedJson {
            ok,
            state_hash,
            entries,
            records,
            indexes_ok,
            rollups_ok,
            files,
            files_ok,
            problems,
        })?;
    } else {
        tell(&checked, output)?;
    }
    Ok(if checked.ok { Exit::Fine } else { Exit::No })
}

/// Damage is an error that names the file.
pub(crate) fn backup(from: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let mut progress = Progress::of("bytes");
    let backup = peyvand::verify_backup(from, &mut |told| progress.follow(told))?;
    drop(progress);
    if output.json {
        output.document(&json!({
            "ok": backup.problems.is_empty(),
            "position": backup.position.get(),
            "entries": backup.entries,
            "files": backup.files,
            "bytes": backup.bytes,
            "problems": backup.problems,
        }))?;
    } else {
        output.line(format!(
            "{} of the backup, {}, are what was written, up to position {}",
            several(backup.files, "file", "files"),
            bytes(backup.bytes),
            counted(backup.position.get())
        ))?;
        match backup.problems.is_empty() {
            true => output.line("all is well")?,
            false => tell_problems(&backup.problems, output)?,
        }
    }
    Ok(of_problems(&backup.problems))
}

fn tell(checked: &Checked, output: &mut Output<'_>) -> Result<(), Fault> {
    let word = |ok: bool| if ok { "agree" } else { "DO NOT AGREE" };
    output.line(format!("records   {}", counted(checked.records)))?;
    output.line(format!(
        "journal   {} entries, each with its checksum and its place in the chain",
        counted(checked.entries)
    ))?;
    output.line(format!("indexes   {}", word(checked.indexes_ok)))?;
    output.line(format!("totals    {}", word(checked.rollups_ok)))?;
    if checked.files > 0 || !checked.files_ok {
        let word = if checked.files_ok {
            "whole"
        } else {
            "NOT WHOLE"
        };
        output.line(format!("files     {}, {word}", counted(checked.files)))?;
    }
    output.line(format!("state     {}", checked.state_hash))?;
    for problem in &checked.problems {
        output.line(format!("problem: {problem}"))?;
    }
    output.line(if checked.ok {
        "all is well"
    } else {
        "something is wrong: keep a copy of the directory before anything else"
    })
}

pub(crate) fn tick(dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let (undone, bills) = store::with(dir, Need::Existing, |engine| {
        Ok((engine.tick()?, engine.bills()))
    })?;
    if output.json {
        output.document(&json!({"warnings": undone}))?;
    } else {
        output.line(if undone.is_empty() {
            "what was due is done"
        } else {
            "what was due is done, except:"
        })?;
        crate::record::warnings(&undone, output)?;
        crate::plugin::tell_bills(&bills, output)?;
    }
    Ok(Exit::Fine)
}
