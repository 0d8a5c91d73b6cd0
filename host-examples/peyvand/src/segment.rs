//! Which sets of records are kept, and who is in them?

use std::path::Path;

use clap::{ArgGroup, Args, Subcommand};
use peyvand::{Filter, Locale, Query, Record, RecordId, Segment, SegmentKind, Session};
use serde_json::{Map, Value as Json, json};

use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table};
use crate::record::tell_commit;
use crate::store::{self, Need};
use crate::value::Reading;

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// The segments and how many are in each
    #[command(after_help = "Example:\n  peyvand segment list")]
    List,
    /// A segment and who is in it
    #[command(after_help = "Example:\n  peyvand segment show retail --limit 10")]
    Show {
        /// Its key or id
        segment: String,
        /// How many members are shown at most
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// Make a segment: by a filter, a list, or of other segments
    #[command(
        after_help = "Examples:\n  peyvand segment create retail --object account --filter 'industry[eq]:retail' --name 'خرده‌فروشان'\n  peyvand segment create vip --object account --list\n  peyvand segment create rest --object account --difference retail vip"
    )]
    Create(Create),
    /// Put records on a list
    #[command(after_help = "Example:\n  peyvand segment add vip acc_01jd0c5e8gq2r4v6x8z0b2d4f6")]
    Add {
        /// The list's key or id
        segment: String,
        #[arg(required = true, value_name = "ID")]
        ids: Vec<RecordId>,
    },
    /// Take records off a list
    #[command(after_help = "Example:\n  peyvand segment remove vip acc_01jd0c5e8gq2r4v6x8z0b2d4f6")]
    Remove {
        /// The list's key or id
        segment: String,
        #[arg(required = true, value_name = "ID")]
        ids: Vec<RecordId>,
    },
}

#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("made_by").args(["filter", "list", "union", "intersection", "difference"]).required(true))]
pub(crate) struct Create {
    /// The word that filters name it by
    pub(crate) key: String,
    /// The object of its members
    #[arg(long, value_name = "OBJECT")]
    pub(crate) object: String,
    /// What people call it [default: the key]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The records that pass a filter
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,
    /// The records that are put on it
    #[arg(long)]
    pub(crate) list: bool,
    /// All of several segments
    #[arg(long, value_name = "KEY", num_args = 2..)]
    pub(crate) union: Vec<String>,
    /// What several segments have in common
    #[arg(long, value_name = "KEY", num_args = 2..)]
    pub(crate) intersection: Vec<String>,
    /// The first segment without the others
    #[arg(long, value_name = "KEY", num_args = 2..)]
    pub(crate) difference: Vec<String>,
}

pub(crate) fn run(action: &Action, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        match action {
            Action::List => list(&session, output),
            Action::Show { segment, limit } => show(&session, segment, *limit, output),
            Action::Create(create) => {
                let committed = session.create("segment", fields(create))?;
                tell_commit(engine, &committed, output)?;
                if output.json {
                    return Ok(());
                }
                let made = session.segment(&create.key)?;
                output.line(line(&made, Reading::of(&session)))
            }
            Action::Add { segment, ids } => {
                let count = session.add_to_segment(segment, ids.iter().copied())?;
                changed(&session, segment, ("added", count), output)
            }
            Action::Remove { segment, ids } => {
                let count = session.remove_from_segment(segment, ids.iter().copied())?;
                changed(&session, segment, ("removed", count), output)
            }
        }
    })?;
    Ok(Exit::Fine)
}

fn fields(create: &Create) -> Map<String, Json> {
    let joined = [
        ("union", &create.union),
        ("intersection", &create.intersection),
        ("difference", &create.difference),
    ];
    let joined = joined.into_iter().find(|(_, keys)| !keys.is_empty());
    let kind = match joined {
        Some((kind, _)) => kind,
        None if create.list => "list",
        None => "filter",
    };
    let mut fields = Map::new();
    let mut set = |field: &str, value: Json| fields.insert(field.to_owned(), value);
    set("key", json!(create.key));
    set("name", json!(create.name.as_ref().unwrap_or(&create.key)));
    set("object", json!(create.object));
    set("kind", json!(kind));
    if let Some(filter) = &create.filter {
        set("filter", json!(filter));
    }
    if let Some((_, keys)) = joined {
        set("made_of", json!(keys));
    }
    fields
}

fn list(session: &Session, output: &mut Output<'_>) -> Result<(), Fault> {
    let segments = session.segments()?;
    if output.json {
        let data: Vec<Json> = segments.iter().map(segment_json).collect();
        return output.document(&json!({"data": data}));
    }
    let reading = Reading::of(session);
    let schema = session.engine().schema()?;
    let heading = |words, side| (reading.word(words).to_owned(), side);
    let mut table = Table::headed(vec![
        heading(["key", "کلید", "المفتاح"], Side::Left),
        heading(["object", "شیء", "الكائن"], Side::Left),
        heading(["made by", "ساخته با", "صُنعت بـ"], Side::Left),
        heading(["count", "تعداد", "العدد"], Side::Right),
        heading(["name", "نام", "الاسم"], Side::Left),
    ]);
    for segment in &segments {
        let made_by = match segment.kind {
            SegmentKind::Filter => ["filter", "فیلتر", "مرشّح"],
            SegmentKind::List => ["list", "فهرست", "قائمة"],
            _ => ["segments", "بخش‌ها", "شرائح"],
        };
        let object = schema.object(&segment.object);
        let label = object.and_then(|object| object.label.get(reading.locale.tag()));
        let label = label.filter(|_| reading.locale != Locale::En);
        table.row([
            segment.key.clone(),
            label.unwrap_or(&segment.object).clone(),
            reading.word(made_by).to_owned(),
            reading.count(segment.count),
            segment.name.clone(),
        ]);
    }
    if !segments.is_empty() {
        output.table(&table)?;
    }
    let count = segments.len() as u64;
    output.line(reading.several(count, ["segment", "segments", "بخش", "شريحة"]))
}

fn show(session: &Session, name: &str, limit: usize, output: &mut Output<'_>) -> Result<(), Fault> {
    let segment = session.segment(name)?;
    let filter = Filter::is_in("segment", [segment.id]);
    let query = Query::new(segment.object.as_str())
        .filter(filter)
        .limit(limit);
    let page = session.query(&query)?;
    if output.json {
        let members: Vec<Json> = page.records.iter().map(Record::to_json).collect();
        let mut told = segment_json(&segment);
        told["members"] = json!(members);
        told["has_more"] = json!(page.has_more);
        return output.document(&told);
    }
    let reading = Reading::of(session);
    output.line(line(&segment, reading))?;
    let heading = |words| (reading.word(words).to_owned(), Side::Left);
    let mut table = Table::headed(vec![
        heading(["id", "شناسه", "المعرّف"]),
        heading(["title", "عنوان", "العنوان"]),
    ]);
    for record in &page.records {
        table.row([record.id().to_string(), record.title_in(reading.locale)]);
    }
    if !page.records.is_empty() {
        output.table(&table)?;
    }
    Ok(())
}

fn changed(
    session: &Session,
    name: &str,
    (what, count): (&'static str, usize),
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let segment = session.segment(name)?;
    if output.json {
        return output.document(&json!({what: count, "count": segment.count}));
    }
    let reading = Reading::of(session);
    let done = match what {
        "added" => [what, "افزوده شد", "أُضيف"],
        _ => [what, "برداشته شد", "أُزيل"],
    };
    let count = reading.count(count as u64);
    output.line(format!(
        "{} {count}; {}",
        reading.word(done),
        line(&segment, reading)
    ))
}

fn line(segment: &Segment, reading: Reading) -> String {
    let of = format!(
        "{} {} {}",
        segment.object,
        reading.word(["in", "در", "في"]),
        segment.key
    );
    format!("{} {of}: {}", reading.count(segment.count), segment.name)
}

fn segment_json(segment: &Segment) -> Json {
    json!({
        "id": segment.id.to_string(),
        "key": segment.key,
        "name": segment.name,
        "object": segment.object,
        "kind": kind(segment.kind),
        "count": segment.count,
    })
}

fn kind(kind: SegmentKind) -> &'static str {
    match kind {
        SegmentKind::Filter => "filter",
        SegmentKind::List => "list",
        _ => "segments",
    }
}
