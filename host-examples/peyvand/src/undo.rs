//! How is a change taken back?

use std::path::Path;

use peyvand::{Locale, Position, Undoable, Undone};

use crate::args::Undo;
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, counted};
use crate::store::{self, Need};

/// A person reads so many; `--json` has a hundred.
const MOST_KEPT: usize = 20;

pub(crate) fn run(asked: &Undo, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let what = match asked.what.parse() {
        Ok(position) => Undoable::Commit(Position::from_number(position)),
        Err(_) => Undoable::Run(asked.what.clone()),
    };
    let (undone, locale) = store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        let undone = match asked.preview {
            true => session.preview_undo(&what)?,
            false => session.undo(&what)?,
        };
        Ok((undone, session.locale()))
    })?;
    if output.json {
        output.document(&undone)?;
    } else {
        tell(&undone, asked.preview, locale, output)?;
    }
    Ok(Exit::Fine)
}

/// The words of the receipt: its heads, and the line that says how to take it back itself.
fn words(locale: Locale, preview: bool) -> [&'static str; 7] {
    match (locale, preview) {
        (Locale::Fa, false) => [
            "برگردانده شد",
            "بخشی از آن برگردانده شد",
            "ماند",
            "پیش‌تر برگردانده شده بود",
            "شناسه",
            "رکورد",
            "چرا ماند",
        ],
        (Locale::Fa, true) => [
            "برگردانده می‌شود",
            "بخشی از آن برگردانده می‌شود",
            "می‌ماند",
            "پیش‌تر برگردانده شده است",
            "شناسه",
            "رکورد",
            "چرا می‌ماند",
        ],
        (Locale::Ar, false) => [
            "تم التراجع عنه",
            "تم التراجع عن جزء منه",
            "بقي",
            "سبق التراجع عنه",
            "المعرف",
            "السجل",
            "سبب البقاء",
        ],
        (Locale::Ar, true) => [
            "سيُتراجع عنه",
            "سيُتراجع عن جزء منه",
            "سيبقى",
            "سبق التراجع عنه",
            "المعرف",
            "السجل",
            "سبب البقاء",
        ],
        (_, false) => [
            "taken back",
            "taken back in part",
            "kept",
            "taken back before",
            "id",
            "record",
            "why it stays",
        ],
        (_, true) => [
            "would be taken back",
            "would be taken back in part",
            "would be kept",
            "were taken back before",
            "id",
            "record",
            "why it stays",
        ],
    }
}

fn tell(
    undone: &Undone,
    preview: bool,
    locale: Locale,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let [whole, part, kept, nothing, id, record, why] = words(locale, preview);
    let mut counts = Table::new(&[("", Side::Left), ("", Side::Right)]);
    for (word, count) in [
        (whole, undone.taken_back),
        (part, undone.partly),
        (kept, undone.kept),
        (nothing, undone.nothing),
    ] {
        counts.row([word.to_owned(), counted(count)]);
    }
    output.table(&counts)?;
    if !undone.kept_changes.is_empty() {
        let mut table = Table::new(&[(id, Side::Left), (record, Side::Left), (why, Side::Left)]);
        for change in undone.kept_changes.iter().take(MOST_KEPT) {
            table.row([
                change.record.to_string(),
                change.title.clone(),
                change.why.clone(),
            ]);
        }
        output.table(&table)?;
    }
    if let Some(run) = &undone.run {
        output.line(format!("peyvand undo {run}"))?;
    }
    Ok(())
}
