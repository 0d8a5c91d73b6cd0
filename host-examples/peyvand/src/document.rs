//! Which documents are there, and how do they get in and out?

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use peyvand::{Engine, FileContent, FileRef, Filter, Query, Record, RecordId, Session, Value};
use serde_json::json;

use crate::args::{AddDocument, Document};
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, bytes, several};
use crate::record::tell_commit;
use crate::source::{self, STDIN};
use crate::store::{self, Need};

/// So many are listed at most.
const MOST: usize = 1_000;

pub(crate) fn run(asked: &Document, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| match asked {
        Document::Add(add) => self::add(engine, add, output),
        Document::NewVersion { id, file, note } => {
            let session = store::session(engine)?;
            let file = put(&session, file, None, None)?;
            let committed = session.add_version(*id, &file, note.as_deref())?;
            tell_commit(engine, &committed, output)
        }
        Document::List { of } => list(&store::session(engine)?, *of, output),
        Document::Get { id, version, out } => get(
            &store::session(engine)?,
            *id,
            *version,
            out.as_deref(),
            output,
        ),
        Document::Remove { id } => {
            let session = store::session(engine)?;
            let object = session.get(*id)?.object().to_owned();
            if object != "document" {
                let message = format!("{id} is a record of {object} and no document");
                return Err(Fault::input(
                    message,
                    "name a document: `peyvand document list` shows them",
                ));
            }
            let committed = session.delete(*id)?;
            tell_commit(engine, &committed, output)
        }
    })?;
    Ok(Exit::Fine)
}

fn add(engine: &Engine, asked: &AddDocument, output: &mut Output<'_>) -> Result<(), Fault> {
    let session = store::session(engine)?;
    let (name, media_type) = (asked.name.as_deref(), asked.media_type.as_deref());
    let file = put(&session, &asked.file, name, media_type)?;
    let fields = json!({
        "title": asked.title,
        "document_type": asked.document_type,
        "language": asked.language,
    });
    let committed = session.add_document(&file, fields, &asked.to)?;
    tell_commit(engine, &committed, output)
}

fn put(
    session: &Session,
    path: &Path,
    name: Option<&str>,
    media_type: Option<&str>,
) -> Result<FileRef, Fault> {
    let own = path.file_name().map(|name| name.to_string_lossy());
    let name = match (name, own) {
        (Some(name), _) => name.into(),
        (None, Some(own)) if path.as_os_str() != STDIN => own,
        _ => {
            let message = "a file that comes from stdin has no name";
            return Err(Fault::input(message, "give it one with --name"));
        }
    };
    Ok(session.put_file(&name, media_type, &mut source::open(path)?)?)
}

fn list(session: &Session, of: Option<RecordId>, output: &mut Output<'_>) -> Result<(), Fault> {
    let documents = match of {
        Some(record) => attached_to(session, record)?,
        None => {
            let query = Query::new("document").sorted_by("title")?.limit(MOST);
            session.query(&query)?.records
        }
    };
    if output.json {
        let all: Vec<_> = documents.iter().map(Record::to_json).collect();
        return output.document(&json!({"data": all}));
    }
    if documents.is_empty() {
        return output.line("no documents");
    }
    let mut table = Table::new(&[
        ("id", Side::Left),
        ("type", Side::Left),
        ("version", Side::Right),
        ("bytes", Side::Right),
        ("", Side::Left),
    ]);
    for document in &documents {
        let shown = |field: &str| {
            document
                .get(field)
                .map_or_else(String::new, Value::to_string)
        };
        let size = file_of(document).map_or_else(String::new, |file| bytes(file.size));
        table.row([
            document.id().to_string(),
            shown("document_type"),
            shown("version"),
            size,
            document.title(),
        ]);
    }
    output.table(&table)?;
    output.line(several(documents.len() as u64, "document", "documents"))
}

fn attached_to(session: &Session, record: RecordId) -> Result<Vec<Record>, Fault> {
    session.get(record)?;
    let filter = Filter::parse(&format!("record[eq]:{record}"))?;
    let attachments = session.query(&Query::new("attachment").filter(filter).limit(MOST))?;
    let mut documents = Vec::new();
    for attachment in attachments.records {
        if let Some(Value::Reference(id)) = attachment.get("document") {
            documents.push(session.get(*id)?);
        }
    }
    Ok(documents)
}

fn file_of(record: &Record) -> Option<&FileRef> {
    match record.get("file") {
        Some(Value::File(file)) => Some(file),
        _ => None,
    }
}

fn get(
    session: &Session,
    id: RecordId,
    version: Option<i64>,
    out: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let id = match version {
        None => id,
        Some(number) => {
            let of = |record: &Record| record.get("number") == Some(&Value::Integer(number));
            let versions = session.versions(id)?;
            let found = versions.iter().find(|record| of(record));
            let message = format!("{id} has no version {number}; it has {}", versions.len());
            let remedy = "`peyvand get ID` shows which is the current one";
            found.ok_or_else(|| Fault::input(message, remedy))?.id()
        }
    };
    let content = session.open_file(id, "file")?;
    if out.is_some_and(|out| out.as_os_str() == STDIN) {
        return copy(content, output.writer());
    }
    let path = out.map_or_else(|| PathBuf::from(&content.file().name), Path::to_owned);
    let file = content.file().clone();
    save(content, &path)?;
    if output.json {
        let path = path.display().to_string();
        return output.document(&json!({"path": path, "file": file.to_json()}));
    }
    output.line(format!(
        "{}: {}, {}",
        path.display(),
        file.media_type,
        bytes(file.size)
    ))
}

/// Writes a file beside and gives it its name when it is whole. Nothing that is there is replaced.
fn save(content: FileContent, path: &Path) -> Result<(), Fault> {
    if path.exists() {
        let message = format!("{} is there already", path.display());
        return Err(Fault::input(message, "choose another path with --out"));
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let unwritable = |error: io::Error| {
        let message = format!("cannot write {}: {error}", path.display());
        Fault::input(message, "choose another path with --out")
    };
    let mut file = File::create(&beside).map_err(unwritable)?;
    let copied =
        copy(content, &mut file).and_then(|()| std::fs::rename(&beside, path).map_err(unwritable));
    if copied.is_err() {
        // What is left of it is of no use to anybody.
        std::fs::remove_file(&beside).ok();
    }
    copied
}

fn copy(mut content: FileContent, to: &mut dyn Write) -> Result<(), Fault> {
    let mut piece = vec![0; 1 << 16];
    loop {
        let read = content.read(&mut piece).map_err(|error| {
            Fault::input(
                error.to_string(),
                "`peyvand check` lists what is missing or damaged",
            )
        })?;
        match piece.get(..read).filter(|read| !read.is_empty()) {
            Some(read) => to.write_all(read)?,
            None => return Ok(to.flush()?),
        }
    }
}
