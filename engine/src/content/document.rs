//! What is a document, and how does it come to have versions?
//!
//! A `document` has a title and a current file; each `document_version` keeps a file that it had, under a number that
//! grows; each `attachment` says of one record that the document belongs to it, which may be a record of any object. A
//! new version is the document's change and the version's record in one commit. The rule here sees to it that no file is
//! replaced without one.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::media;
use crate::error::{Error, ErrorKind, Result};
use crate::hook::{
    Answers, BeforeSave, HookContext, HookFailure, Interest, Refusal, Row, Rule, Verb, engine_rule,
};
use crate::query::Reader;
use crate::record::{FileRef, Record, RecordId, Value};
use crate::schema::Schema;
use crate::session::Session;
use crate::store::spaces;
use crate::write::{Binned, Committed, Fields, Request};

const DOCUMENT: &str = "document";
const VERSION: &str = "document_version";
const ATTACHMENT: &str = "attachment";

/// How often a version is numbered again when others add versions meanwhile.
const ATTEMPTS: usize = 16;

impl Session {
    /// A document with its first version, attached to these records. `fields` are those of the document beside its file;
    /// without a title it is called like the file. A name that ends as other files do is a warning.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn add_document(
        &self,
        file: &FileRef,
        fields: impl Into<Fields>,
        to: &[RecordId],
    ) -> Result<Committed> {
        let (_, requests) = self.document_requests(file, fields, to)?;
        let mut committed = self.commit(requests)?;
        committed
            .warnings
            .extend(media::belied(&file.name, &file.media_type));
        Ok(committed)
    }

    /// The requests that make a document of a file, under which id.
    pub(crate) fn document_requests(
        &self,
        file: &FileRef,
        fields: impl Into<Fields>,
        to: &[RecordId],
    ) -> Result<(RecordId, Vec<Request>)> {
        let id = self.new_id(DOCUMENT)?;
        let mut fields: Fields = fields.into();
        let titled = fields.0.get("title").is_some_and(|title| !title.is_null());
        if !titled {
            fields = fields.with("title", file.name.clone());
        }
        let fields = fields.with("file", file.to_json()).with("version", 1);
        let mut requests = vec![
            Request::create_as(id, DOCUMENT, fields),
            version(id, 1, file, None),
        ];
        requests.extend(to.iter().map(|record| {
            let fields = json!({"document": id.to_string(), "record": record.to_string()});
            Request::create(ATTACHMENT, fields)
        }));
        Ok((id, requests))
    }

    /// Another version of a document. The one before is kept.
    ///
    /// # Errors
    /// As [`Session::commit`]; when there is no such document.
    pub fn add_version(
        &self,
        document: RecordId,
        file: &FileRef,
        note: Option<&str>,
    ) -> Result<Committed> {
        for _ in 0..ATTEMPTS {
            let requests = self.version_requests(document, file, note)?;
            match self.commit(requests) {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                done => {
                    let mut committed = done?;
                    let warning = media::belied(&file.name, &file.media_type);
                    committed.warnings.extend(warning);
                    return Ok(committed);
                }
            }
        }
        let message = format!("others kept changing {document}");
        Err(Error::new(ErrorKind::Conflict, message).hint("try again"))
    }

    fn version_requests(
        &self,
        document: RecordId,
        file: &FileRef,
        note: Option<&str>,
    ) -> Result<Vec<Request>> {
        let now = self.get(document)?;
        if now.object() != DOCUMENT {
            let message = format!("{document} is a {} and has no versions", now.object());
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        let number = number_of(&now);
        let mut requests = vec![Request::Update {
            id: document,
            revision: Some(now.revision()),
            fields: json!({"file": file.to_json(), "version": number + 1}).into(),
        }];
        // One that was made by a plain request has no version of its own yet.
        if let Some(Value::File(first)) = now.get("file")
            && !self
                .versions(document)?
                .iter()
                .any(|version| version.get("number") == Some(&Value::Integer(number)))
        {
            requests.push(version(document, number, first, None));
        }
        requests.push(version(document, number + 1, file, note));
        Ok(requests)
    }

    /// The versions of a document, in the order of their numbers.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn versions(&self, document: RecordId) -> Result<Vec<Record>> {
        let (reader, _) = self.read()?;
        let object = reader.object(VERSION)?.clone();
        let Some(field) = object.field("document") else {
            return Ok(Vec::new());
        };
        let ids = reader.referring(&object, field.number, document)?;
        let mut versions = Vec::with_capacity(ids.len());
        for id in ids {
            versions.extend(reader.get(id)?);
        }
        versions.sort_by_key(|version| match version.get("number") {
            Some(Value::Integer(number)) => *number,
            _ => 0,
        });
        Ok(versions)
    }
}

fn version(document: RecordId, number: i64, file: &FileRef, note: Option<&str>) -> Request {
    let note = note.map_or(Json::Null, Json::from);
    let fields = json!({
        "document": document.to_string(), "number": number, "file": file.to_json(), "note": note,
    });
    Request::create(VERSION, fields)
}

fn number_of(document: &Record) -> i64 {
    match document.get("version") {
        Some(Value::Integer(number)) => *number,
        _ => 0,
    }
}

/// The documents that belong to these records and to no other: erased with them. What lies in the bin counts too.
pub(crate) fn documents_of_only(
    reader: &Reader,
    ids: &BTreeSet<RecordId>,
) -> Result<BTreeSet<RecordId>> {
    let Some(object) = reader.schema.object(ATTACHMENT) else {
        return Ok(BTreeSet::new());
    };
    let numbers = |name: &str| object.field(name).map(|field| field.number);
    let (Some(document), Some(record)) = (numbers("document"), numbers("record")) else {
        return Ok(BTreeSet::new());
    };
    let pair = |of: &Record| match (of.value(document), of.value(record)) {
        (Some(Value::Reference(document)), Some(Value::Reference(record))) => {
            Some((*document, *record))
        }
        _ => None,
    };
    let mut binned: Vec<(RecordId, RecordId)> = Vec::new();
    reader.snapshot.scan_all(
        &spaces::of_object(spaces::BIN, object.number),
        |key, value| {
            let (_, bytes) = Binned::split(value)?;
            let id = spaces::id_at_end(key).unwrap_or_default();
            binned.extend(pair(&crate::query::decode(object, id, bytes)?));
            Ok::<_, Error>(ControlFlow::Continue(()))
        },
    )?;
    let live = |field: u32, of: RecordId| -> Result<Vec<(RecordId, RecordId)>> {
        let mut pairs = Vec::new();
        for id in reader.referring(object, field, of)? {
            pairs.extend(reader.get_stored(id)?.as_ref().and_then(pair));
        }
        Ok(pairs)
    };
    let mut candidates: BTreeSet<RecordId> = BTreeSet::new();
    for id in ids {
        candidates.extend(live(record, *id)?.into_iter().map(|(document, _)| document));
        let theirs = binned.iter().filter(|(_, record)| record == id);
        candidates.extend(theirs.map(|(document, _)| *document));
    }
    let mut only = BTreeSet::new();
    for candidate in candidates {
        let mut pairs = live(document, candidate)?;
        pairs.extend(binned.iter().filter(|(document, _)| *document == candidate));
        if pairs.iter().all(|(_, record)| ids.contains(record)) {
            only.insert(candidate);
        }
    }
    Ok(only)
}

/// Which half of the rule it is: a hook hears of one object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A document's file is replaced by a new version only.
    Document,
    /// A version stays what it was.
    Version,
}

/// Files are not replaced in silence.
pub(crate) struct DocumentRule {
    part: Part,
    file: u32,
    /// The document's current version, or the version's own number.
    number: u32,
}

impl DocumentRule {
    /// The rule for a schema; none when its documents are not the standard ones.
    pub(crate) fn hook(schema: &Schema, part: Part) -> Option<Arc<dyn BeforeSave>> {
        let (object, number) = match part {
            Part::Document => (schema.object(DOCUMENT)?, "version"),
            Part::Version => (schema.object(VERSION)?, "number"),
        };
        let field = |name: &str| object.field(name).map(|field| field.number);
        let (file, number) = (field("file")?, field(number)?);
        let mut wakes = vec![file, number];
        if part == Part::Version {
            wakes.push(field("document")?);
        }
        let title = format!("{} keeps its versions", object.name);
        let interest = Interest::new(&object.name, &[Verb::Update], wakes);
        let rule = Self { part, file, number };
        Some(engine_rule(title, interest, rule))
    }

    fn fault(&self, before: &Record, after: &Record) -> Option<&'static str> {
        if self.part == Part::Version {
            return Some("a version is not changed any more: add another one (`add_version`)");
        }
        let number = |record: &Record| match record.value(self.number) {
            Some(Value::Integer(number)) => *number,
            _ => 0,
        };
        let (was, is) = (number(before), number(after));
        let replaced = before.value(self.file) != after.value(self.file);
        let first = before.value(self.file).is_none();
        match (is < was, replaced && !first && is == was) {
            (true, _) => Some("versions count up, and this one is lower than the one before"),
            (_, true) => Some(
                "another file is another version: add one (`add_version`), and the one before is kept",
            ),
            _ => None,
        }
    }
}

impl Rule for DocumentRule {
    fn judge(&self, rows: &[Row<'_>], _context: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let mut answers = Answers::default();
        for (row, of) in rows.iter().enumerate() {
            let (Some(before), Some(after)) = (of.before, of.after) else {
                continue;
            };
            if let Some(message) = self.fault(before, after) {
                answers.refusals.push(Refusal {
                    row,
                    field: Some("file".to_owned()),
                    code: "version".to_owned(),
                    message: message.to_owned(),
                });
            }
        }
        Ok(answers)
    }
}
