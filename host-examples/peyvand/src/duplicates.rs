//! Who is there twice?

use std::path::Path;

use clap::Args;
use peyvand::RecordId;
use peyvand::matching::{Duplicate, DuplicateGroup, DuplicatesFound};
use serde_json::{Map, Value as Json, json};

use crate::fault::{Exit, Fault};
use crate::output::Output;
use crate::progress::Progress;
use crate::store::{self, Need};
use crate::value::Reading;

/// How many records are read between two looks at how far it is.
const STEP: usize = 5_000;

#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// The object whose records are compared, such as contact or account
    #[arg(required_unless_present = "of")]
    pub(crate) object: Option<String>,
    /// Only what is the same as this record
    #[arg(long, value_name = "ID", conflicts_with_all = ["object", "fields"])]
    pub(crate) of: Option<RecordId>,
    /// Only what is the same as a record that would have these values
    #[arg(value_name = "FIELD=VALUE")]
    pub(crate) fields: Vec<String>,
    /// Also pairs that a person should look at
    #[arg(long)]
    pub(crate) doubts: bool,
}

pub(crate) fn run(asked: &Asked, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let draft = draft(&asked.fields)?;
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        let reading = Reading::of(&session);
        let like = match (asked.of, asked.object.as_deref()) {
            (Some(id), _) => session.duplicates_of_record(id)?,
            (None, Some(object)) if !draft.is_empty() => session.duplicates_of(object, draft)?,
            (None, object) => {
                let mut scan = session.scan_duplicates(object.unwrap_or_default())?;
                let mut progress = Progress::of("records");
                while scan.step(STEP)? {
                    progress.reached(scan.records() as u64);
                }
                let found = scan.finish();
                return match output.json {
                    true => output.document(&found),
                    false => tell(&found, asked.doubts, reading, output),
                };
            }
        };
        if output.json {
            return output.document(&json!({"data": like}));
        }
        for duplicate in &like {
            tell_one(duplicate, reading, output)?;
        }
        let count = reading.count(like.len() as u64);
        output.line(match (reading.word(["en", "fa", "ar"]), like.len()) {
            ("fa", _) => format!("{count} مورد مانند این هست"),
            ("ar", _) => format!("المتشابهات: {count}"),
            (_, 1) => "there is one like this".to_owned(),
            _ => format!("there are {count} like this"),
        })
    })?;
    Ok(Exit::Fine)
}

/// `FIELD=VALUE`, the value as it is.
fn draft(fields: &[String]) -> Result<Map<String, Json>, Fault> {
    let read = |field: &String| match field.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), Json::from(value))),
        None => Err(Fault::input(
            format!("'{field}' has no value"),
            "write FIELD=VALUE, such as name='محمد رضایی'",
        )),
    };
    fields.iter().map(read).collect()
}

fn tell(
    found: &DuplicatesFound,
    doubts: bool,
    reading: Reading,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    for group in &found.groups {
        tell_group(group, reading, output)?;
    }
    if doubts && !found.doubts.is_empty() {
        output.line(reading.word(["Perhaps the same:", "شاید یکی باشند:", "ربما نفسه:"]))?;
        for group in &found.doubts {
            tell_group(group, reading, output)?;
        }
    }
    let [records, groups, left] = [found.records, found.groups.len(), found.doubts.len()]
        .map(|count| reading.count(count as u64));
    output.line(match reading.word(["en", "fa", "ar"]) {
        "fa" => format!("{records} رکورد مقایسه شد: {groups} گروه یکسان، {left} جفت برای بررسی"),
        "ar" => format!("قورنت {records} سجلات: {groups} مجموعات متطابقة، {left} أزواج للمراجعة"),
        _ => format!(
            "{records} records compared: {groups} groups are the same, {left} pairs to look at"
        ),
    })?;
    if !found.complete {
        output.line(reading.word([
            "There are more records than are compared at once; the others were left out.",
            "رکوردها بیش از آن است که یکجا مقایسه شود؛ بقیه کنار گذاشته شد.",
            "السجلات أكثر مما يُقارن دفعة واحدة؛ تُرك الباقي.",
        ]))?;
    }
    Ok(())
}

fn tell_group(
    group: &DuplicateGroup,
    reading: Reading,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    output.line(format!("{}  {}", group.id, group.title))?;
    for duplicate in &group.duplicates {
        tell_one(duplicate, reading, output)?;
    }
    output.line("")
}

fn tell_one(duplicate: &Duplicate, reading: Reading, output: &mut Output<'_>) -> Result<(), Fault> {
    let sure = match duplicate.is_same {
        true => reading.word(["the same", "یکسان", "متطابق"]),
        false => reading.word(["perhaps", "شاید", "ربما"]),
    };
    let score = reading.digits(&format!("{:.1}", duplicate.score));
    output.line(format!(
        "  {}  {}  {sure} ({score})",
        duplicate.id, duplicate.title
    ))?;
    for reason in &duplicate.because {
        output.line(format!("      {}", reason.words))?;
    }
    Ok(())
}
