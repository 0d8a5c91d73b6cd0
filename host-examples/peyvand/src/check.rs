//! Does everything in the store or in a backup agree, and is anything due?

use std::path::Path;

use peyvand::{Checked, Locale};
use serde::Serialize;
use serde_json::json;

use crate::backup::{of_problems, tell_problems};
use crate::fault::{Exit, Fault};
use crate::output::{Output, bytes, counted, several};
use crate::progress::Progress;
use crate::store::{self, Need};
use crate::value::Reading;

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
    let (checked, reading) = store::with(dir, Need::Existing, |engine| {
        let mut progress = Progress::of("records");
        let checked = engine.check_with(&mut |told| progress.follow(told))?;
        Ok((checked, Reading::of(&engine.session())))
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
        tell(&checked, reading, output)?;
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

fn tell(checked: &Checked, reading: Reading, output: &mut Output<'_>) -> Result<(), Fault> {
    let agree = |ok: bool| match ok {
        true => reading.word(["agree", "می‌خوانند", "متطابقة"]),
        false => reading.word(["DO NOT AGREE", "نمی‌خوانند!", "غير متطابقة!"]),
    };
    let entries = reading.count(checked.entries);
    let mut rows = vec![
        (
            ["records", "رکوردها", "السجلات"],
            reading.count(checked.records),
        ),
        (
            ["journal", "دفتر", "الدفتر"],
            match reading.locale {
                Locale::Fa => format!("{entries} ثبت، هر یک با جمع آزمون و جای خود در زنجیر"),
                Locale::Ar => format!("{entries} قيدًا، لكل منها مجموعه الاختباري ومكانه في السلسلة"),
                _ => {
                    format!("{entries} entries, each with its checksum and its place in the chain")
                }
            },
        ),
        (
            ["indexes", "نمایه‌ها", "الفهارس"],
            agree(checked.indexes_ok).to_owned(),
        ),
        (
            ["totals", "جمع‌ها", "المجاميع"],
            agree(checked.rollups_ok).to_owned(),
        ),
    ];
    if checked.files > 0 || !checked.files_ok {
        let whole = match checked.files_ok {
            true => ["whole", "درست", "سليمة"],
            false => ["NOT WHOLE", "نادرست!", "غير سليمة!"],
        };
        let files = format!("{}, {}", reading.count(checked.files), reading.word(whole));
        rows.push((["files", "پرونده‌ها", "الملفات"], files));
    }
    rows.push((["state", "وضعیت", "الحالة"], checked.state_hash.clone()));
    for (words, told) in rows {
        output.line(format!("{:<10}{told}", reading.word(words)))?;
    }
    let problem = reading.word(["problem", "مشکل", "مشكلة"]);
    for told in &checked.problems {
        output.line(format!("{problem}: {told}"))?;
    }
    output.line(reading.word(match checked.ok {
        true => ["all is well", "همه چیز درست است", "كل شيء سليم"],
        false => [
            "something is wrong: keep a copy of the directory before anything else",
            "چیزی نادرست است: پیش از هر کار رونوشتی از پوشه نگه دارید",
            "هناك خلل: احتفظ بنسخة من المجلد قبل أي شيء",
        ],
    }))
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
