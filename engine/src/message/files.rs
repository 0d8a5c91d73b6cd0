//! Which files come and go with a message?
//!
//! Each is a document that is attached to the message's record: one that came in is kept within the limits of the content
//! store, one that goes out is named by its hash when the message is queued, so that a later version does not change what
//! is sent. The message's own list says what there was, kept or not.

use std::io::Read;

use serde_json::{Value as Json, json};

use super::transport::OutgoingFile;
use super::{Channel, LONGEST_CAUSE, one_line};
use crate::error::{Error, ErrorKind, Result};
use crate::record::{FileRef, Record, RecordId, Value, file_name};
use crate::session::Session;
use crate::write::Request;

/// A file that came with a message.
pub(super) struct Attached {
    /// As the sender called it.
    pub(super) name: String,
    /// As the sender said.
    pub(super) media_type: String,
    pub(super) bytes: Vec<u8>,
}

impl Session {
    /// Stores what came with a message. Gives the list for its record, and the requests that make documents of it; what
    /// the store does not take is listed with the reason.
    pub(super) fn keep_attached(
        &self,
        message: RecordId,
        attached: Vec<Attached>,
    ) -> Result<(Json, Vec<Request>)> {
        let (mut list, mut requests) = (Vec::new(), Vec::new());
        for (place, file) in attached.into_iter().enumerate() {
            let mut entry = json!({
                "name": one_line(&file.name, LONGEST_CAUSE),
                "media_type": one_line(&file.media_type, LONGEST_CAUSE),
                "size": file.bytes.len(),
            });
            match self.keep(&file, place + 1) {
                Ok(kept) => {
                    let (id, of_document) = self.document_requests(&kept, json!({}), &[message])?;
                    requests.extend(of_document);
                    entry["document"] = json!(id.to_string());
                }
                // It is the fault of the file, and the message is taken in without it.
                Err(error) if error.kind() == ErrorKind::Input => {
                    entry["cause"] = json!(one_line(&error.to_string(), LONGEST_CAUSE));
                }
                Err(error) => return Err(error),
            }
            list.push(entry);
        }
        match list.is_empty() {
            true => Ok((Json::Null, requests)),
            false => Ok((Json::Array(list), requests)),
        }
    }

    /// What the sender says it is, is not believed: the bytes tell.
    fn keep(&self, file: &Attached, number: usize) -> Result<FileRef> {
        if self.engine.inner.post.shared {
            let message = "this store keeps no files";
            return Err(Error::new(ErrorKind::Input, message));
        }
        let last = file.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = file_name::plain(last).unwrap_or_else(|_| format!("attachment-{number}"));
        self.put_file(&name, None, &mut file.bytes.as_slice())
    }

    /// The list of documents that a message carries, as they are now, and the requests that attach them to it.
    pub(super) fn carried(
        &self,
        message: RecordId,
        channel: Channel,
        documents: &[RecordId],
    ) -> Result<(Json, Vec<Request>)> {
        if documents.is_empty() {
            return Ok((Json::Null, Vec::new()));
        }
        let refused =
            |message: String, hint: &str| Error::new(ErrorKind::Invalid, message).hint(hint);
        if channel.is_by_phone() {
            let message = format!("a message by {channel} carries no files");
            return Err(refused(
                message,
                "send it by email, or write where the file is",
            ));
        }
        let (mut list, mut requests, mut size) = (Vec::new(), Vec::new(), 0_u64);
        for id in documents {
            let document = self.get(*id)?;
            let Some(Value::File(file)) = document.get("file").filter(|_| is_document(&document))
            else {
                let message = format!("{id} is a {} without a file", document.object());
                return Err(refused(
                    message,
                    "name a document: `add_document` makes one of a file",
                ));
            };
            size = size.saturating_add(file.size);
            list.push(json!({
                "document": id.to_string(), "name": file.name, "media_type": file.media_type,
                "size": file.size, "hash": file.hash.to_string(),
            }));
            let fields = json!({"document": id.to_string(), "record": message.to_string()});
            requests.push(Request::create("attachment", fields));
        }
        let most = self.most_carried();
        if size > most {
            let message =
                format!("the files have {size} bytes, more than the {most} that a message carries");
            return Err(refused(
                message,
                "send a link, or raise `largest_mail` in the rules of messages",
            ));
        }
        Ok((Json::Array(list), requests))
    }

    /// On its way a file takes four bytes for three.
    fn most_carried(&self) -> u64 {
        self.engine.inner.post.rules.largest_mail as u64 / 4 * 3
    }

    /// The bytes of what a message carries.
    pub(super) fn read_carried(&self, list: &Json) -> Result<Vec<OutgoingFile>> {
        let mut files = Vec::new();
        let mut left = self.most_carried();
        for entry in list.as_array().into_iter().flatten() {
            let text = |key: &str| entry[key].as_str().unwrap_or_default();
            let name = text("name");
            let gone = |why: String| {
                let hint = "write the message anew with a document that is there";
                Error::new(
                    ErrorKind::NotFound,
                    format!("'{name}' cannot be sent: {why}"),
                )
                .hint(hint)
            };
            let document = text("document").parse::<RecordId>();
            let document = document.map_err(|_| gone("it names no document".to_owned()))?;
            let version = self.version_of(document, text("hash"))?;
            let Some(version) = version else {
                return Err(gone(format!("{document} has no such version any longer")));
            };
            let mut bytes = Vec::new();
            let file = self.open_file(version, "file")?;
            let read = file.take(left.saturating_add(1)).read_to_end(&mut bytes);
            read.map_err(|error| {
                Error::new(
                    ErrorKind::Store,
                    format!("reading '{name}' failed: {error}"),
                )
            })?;
            left = left
                .checked_sub(bytes.len() as u64)
                .ok_or_else(|| gone("the files are more than a message carries".to_owned()))?;
            files.push(OutgoingFile {
                name: name.to_owned(),
                media_type: text("media_type").to_owned(),
                bytes,
            });
        }
        Ok(files)
    }

    /// The record that has the file of a document with a hash: whoever knows a hash alone gets nothing.
    fn version_of(&self, document: RecordId, hash: &str) -> Result<Option<RecordId>> {
        let current = match self.get(document) {
            Ok(current) => current,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if !is_document(&current) {
            return Ok(None);
        }
        let mut all = vec![current];
        all.extend(self.versions(document)?);
        let has = |record: &&Record| matches!(record.get("file"), Some(Value::File(file)) if file.hash.to_string() == hash);
        Ok(all.iter().find(has).map(Record::id))
    }
}

fn is_document(record: &Record) -> bool {
    record.object() == "document"
}
