//! What can somebody do with segments?

use super::definition::Bound;
use super::rule::named;
use crate::error::{Error, ErrorKind, Result};
use crate::query::{Filter, Reader};
use crate::record::{Record, RecordId};
use crate::session::Session;
use crate::store::spaces;
use crate::write::{Fields, Request};

/// What a segment is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SegmentKind {
    /// The records that pass a filter.
    Filter,
    /// The records that were put on it.
    List,
    /// What other segments have together, in common, or the first has alone.
    Joined,
}

/// A segment, and how many are in it of whom who asks may see.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Segment {
    /// Its record.
    pub id: RecordId,
    /// The word that filters name it by: `segment[in]:key`.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// The object of its members.
    pub object: String,
    /// What it is made of.
    pub kind: SegmentKind,
    /// How many records are in it.
    pub count: u64,
}

impl Session {
    /// The segments that the acting user may see, by key.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn segments(&self) -> Result<Vec<Segment>> {
        let (reader, _) = self.read()?;
        let mut records = Vec::new();
        reader.each(reader.object("segment")?, |record| {
            records.push(record);
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        let mut segments = Vec::with_capacity(records.len());
        for record in records {
            // One that asks for what is hidden from who looks is not told of.
            segments.extend(self.told(&reader, &record).ok());
        }
        segments.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(segments)
    }

    /// The segment of a key or id. Its records are those that the filter `segment[in]:key` finds.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{Engine, Filter};
    /// use serde_json::json;
    ///
    /// let session = Engine::in_memory().open()?.session();
    /// session.create("segment", json!({"key": "retail", "name": "خرده‌فروشان", "object": "account",
    ///     "filter": "industry[eq]:retail"}))?;
    /// session.create("account", json!({"name": "افق کوروش", "industry": "retail"}))?;
    /// assert_eq!(session.segment("retail")?.count, 1);
    /// assert_eq!(session.count("account", &Filter::parse("segment[in]:retail")?)?, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is none, or it asks for a field that is hidden from who asks.
    pub fn segment(&self, name: &str) -> Result<Segment> {
        let (reader, _) = self.read()?;
        let record = existing(&reader, name)?;
        self.told(&reader, &record)
    }

    /// Puts records on a list, in one commit. Who is on it already stays so. Says how many were put on it.
    ///
    /// # Errors
    /// When there is no such list, or as [`Session::commit`].
    pub fn add_to_segment(
        &self,
        name: &str,
        members: impl IntoIterator<Item = RecordId>,
    ) -> Result<usize> {
        let (reader, _) = self.read()?;
        let list = existing(&reader, name)?.id();
        let mut requests = Vec::new();
        for member in members {
            if on_list(&reader, list, member)?.is_none() {
                let fields = Fields::default()
                    .with("segment", list.to_string())
                    .with("member", member.to_string());
                requests.push(Request::create("segment_member", fields));
            }
        }
        let count = requests.len();
        if count > 0 {
            let _ = self.commit(requests)?;
        }
        Ok(count)
    }

    /// Takes records off a list, in one commit. Says how many were on it.
    ///
    /// # Errors
    /// As [`Session::add_to_segment`].
    pub fn remove_from_segment(
        &self,
        name: &str,
        members: impl IntoIterator<Item = RecordId>,
    ) -> Result<usize> {
        let (reader, _) = self.read()?;
        let list = existing(&reader, name)?.id();
        let mut requests = Vec::new();
        for member in members {
            let id = on_list(&reader, list, member)?;
            requests.extend(id.map(|id| Request::Delete { id, revision: None }));
        }
        let count = requests.len();
        if count > 0 {
            let _ = self.commit(requests)?;
        }
        Ok(count)
    }

    fn told(&self, reader: &Reader, record: &Record) -> Result<Segment> {
        let text = |field: &str| record.text(field).unwrap_or_default().to_owned();
        let object = text("object");
        let filter = Filter::is_in("segment", [record.id()]);
        let known = reader.object(&object)?.clone();
        // Also says whether who asks may ask.
        filter.compile(&known, reader, &self.time())?;
        let count = match reader.sees_every(&known) {
            true => kept_count(reader, record.id())?,
            false => crate::query::count(reader, &object, &filter, &self.time())?,
        };
        Ok(Segment {
            id: record.id(),
            key: text("key"),
            name: text("name"),
            object,
            kind: match Bound::of(record) {
                Some(Bound::Filter(_)) | None => SegmentKind::Filter,
                Some(Bound::List) => SegmentKind::List,
                Some(Bound::Of(..)) => SegmentKind::Joined,
            },
            count,
        })
    }
}

fn existing(reader: &Reader, name: &str) -> Result<Record> {
    named(reader, name)?.ok_or_else(|| {
        let message = format!("there is no segment '{name}'");
        Error::new(ErrorKind::NotFound, message).hint("`peyvand segment list` lists them")
    })
}

/// The record that says that one is on a list.
fn on_list(reader: &Reader, list: RecordId, member: RecordId) -> Result<Option<RecordId>> {
    let object = reader.object("segment_member")?;
    let Some(field) = object.field("only_one") else {
        return Ok(None);
    };
    let key = crate::record::Value::Text(format!("{list}/{member}").into());
    reader.by_unique(object, field.number, &key)
}

/// How many are in a segment, as the commits keep it.
fn kept_count(reader: &Reader, segment: RecordId) -> Result<u64> {
    let total = reader
        .snapshot
        .get(&spaces::member_count(segment.number()))?;
    let count = total.as_deref().and_then(<[u8]>::first_chunk);
    let count = count.map_or(0, |bytes| i64::from_be_bytes(*bytes));
    Ok(u64::try_from(count).unwrap_or(0))
}
