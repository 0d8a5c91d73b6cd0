//! What would the write path answer? An import target in memory, for tests.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::import::{ImportOptions, ImportTarget, Lookup, RowOutcome, RowWrite, Wanted, import};
use super::{Mapping, Receipt};
use crate::error::{Error, ErrorKind, Failure, Result};
use crate::locale::fold_text;
use crate::record::{Record, RecordId, Value};
use crate::schema::{FieldKind, Schema, standard_schema};

/// Records by id, an index of their texts, and how often it was written.
pub(super) struct Fake {
    schema: Arc<Schema>,
    records: BTreeMap<RecordId, Record>,
    texts: BTreeMap<(String, String, String), Vec<RecordId>>,
    pub(super) writes: usize,
}

impl Fake {
    pub(super) fn new() -> Self {
        Self {
            schema: Arc::new(standard_schema()),
            records: BTreeMap::new(),
            texts: BTreeMap::new(),
            writes: 0,
        }
    }

    /// With the standard pipeline and its stages but the one that the data set adds.
    pub(super) fn with_stages() -> Self {
        let mut fake = Self::new();
        fake.put("pipeline", &[("key", "sales"), ("name", "Sales")]);
        for key in ["prospecting", "qualification", "won", "lost"] {
            fake.put(
                "stage",
                &[("key", key), ("name", key), ("pipeline", "sales")],
            );
        }
        fake
    }

    pub(super) fn put(&mut self, object: &str, fields: &[(&str, &str)]) -> RecordId {
        let fields = fields
            .iter()
            .map(|(name, text)| ((*name).to_owned(), Json::from(*text)))
            .collect();
        self.one(object, None, &fields, false).unwrap().id.unwrap()
    }

    pub(super) fn run(&mut self, mapping: &str, into: &str, file: &[u8]) -> Result<Receipt> {
        import(
            self,
            file,
            &Mapping::parse(mapping)?,
            into,
            ImportOptions::default(),
            &mut |_| {},
        )
    }

    pub(super) fn dry_run(&mut self, mapping: &str, into: &str, file: &[u8]) -> Result<Receipt> {
        let options = ImportOptions {
            dry_run: true,
            ..ImportOptions::default()
        };
        import(
            self,
            file,
            &Mapping::parse(mapping)?,
            into,
            options,
            &mut |_| {},
        )
    }

    pub(super) fn run_with(
        &mut self,
        mapping: &str,
        into: &str,
        file: &[u8],
        options: ImportOptions,
    ) -> Result<Receipt> {
        let mapping = Mapping::parse(mapping)?;
        import(self, file, &mapping, into, options, &mut |_| {})
    }

    pub(super) fn all<'f>(&'f self, object: &'f str) -> impl Iterator<Item = &'f Record> {
        self.records
            .values()
            .filter(move |record| record.object() == object)
    }

    pub(super) fn get(&self, object: &str, field: &str, text: &str) -> &Record {
        let ids = self.find(object, field, text);
        assert_eq!(ids.len(), 1, "{object}.{field} = {text}");
        &self.records[&ids[0]]
    }

    /// The title of the record that a field refers to.
    pub(super) fn linked(&self, record: &Record, field: &str) -> Option<String> {
        match record.get(field)? {
            Value::Reference(id) => Some(self.records[id].title()),
            other => panic!("{field} is {other}"),
        }
    }

    fn one(
        &mut self,
        object: &str,
        id: Option<RecordId>,
        fields: &Map<String, Json>,
        dry_run: bool,
    ) -> Result<RowOutcome, Vec<Failure>> {
        let object = self.schema.object(object).unwrap().clone();
        let number = self.records.len() as u128 + 1;
        let before = id.map(|id| self.records[&id].clone());
        let mut record = before.clone().unwrap_or_else(|| {
            Record::empty(object.clone(), RecordId::new(object.prefix(), number))
        });
        let mut failures = Vec::new();
        for (name, json) in fields {
            let Some(field) = object.field(name).filter(|field| !field.read_only) else {
                failures.push(Failure::field(name, "unknown-field", "no such field"));
                continue;
            };
            let json = self.by_key(&field.kind, json);
            let value = if json.is_null() {
                None
            } else {
                Some(field.kind.read(&json))
            };
            match value.transpose() {
                Ok(value) => record.set(field.number, value),
                Err(message) => failures.push(Failure::field(name, "wrong-type", message)),
            }
        }
        for field in object.live_fields() {
            let value = record.get(&field.name);
            if value.is_none() && field.required && field.default.is_none() {
                failures.push(Failure::field(
                    &field.name,
                    "required",
                    format!("{} needs a value", field.name),
                ));
            }
            if let (true, Some(value)) = (field.unique, value)
                && self
                    .find(&object.name, &field.name, &value.to_string())
                    .iter()
                    .any(|other| *other != record.id())
            {
                failures.push(Failure::field(
                    &field.name,
                    "not-unique",
                    format!("'{value}' is taken"),
                ));
            }
        }
        if !failures.is_empty() {
            return Err(failures);
        }
        let changed = !Record::changed(before.as_ref(), Some(&record)).is_empty();
        if dry_run {
            return Ok(RowOutcome { id, changed });
        }
        self.writes += 1;
        self.index(before.as_ref(), false);
        self.index(Some(&record), true);
        let id = Some(record.id());
        self.records.insert(record.id(), record);
        Ok(RowOutcome { id, changed })
    }

    fn by_key(&self, kind: &FieldKind, json: &Json) -> Json {
        if let (FieldKind::Reference { to, .. }, Some(text)) = (kind, json.as_str())
            && let Some(key) = self.schema.object(&to[0]).unwrap().natural_key()
            && let [id] = self.find(&to[0], &key.name, text).as_slice()
        {
            return id.to_string().into();
        }
        json.clone()
    }

    fn index(&mut self, record: Option<&Record>, insert: bool) {
        let Some(record) = record else { return };
        for (name, value) in record.fields() {
            let ids = self
                .texts
                .entry((
                    record.object().to_owned(),
                    name.to_owned(),
                    fold_text(&value.to_string()),
                ))
                .or_default();
            ids.retain(|id| *id != record.id());
            if insert {
                ids.push(record.id());
            }
        }
    }
}

impl Lookup for Fake {
    fn find(&self, object: &str, field: &str, text: &str) -> Vec<RecordId> {
        self.texts
            .get(&(object.to_owned(), field.to_owned(), fold_text(text)))
            .cloned()
            .unwrap_or_default()
    }

    fn names(&self, object: &str, field: &str) -> Vec<String> {
        self.all(object)
            .filter_map(|record| record.get(field))
            .map(ToString::to_string)
            .collect()
    }
}

impl ImportTarget for Fake {
    fn schema(&self) -> Arc<Schema> {
        self.schema.clone()
    }

    fn lookup(&self) -> &dyn Lookup {
        self
    }

    fn existing(
        &mut self,
        object: &str,
        key_field: &str,
        keys: &[String],
    ) -> Result<Vec<Option<Record>>> {
        Ok(keys
            .iter()
            .map(|key| {
                self.find(object, key_field, key)
                    .first()
                    .map(|id| self.records[id].clone())
            })
            .collect())
    }

    fn write(
        &mut self,
        object: &str,
        rows: Vec<RowWrite>,
        dry_run: bool,
    ) -> Result<Vec<Result<RowOutcome, Vec<Failure>>>> {
        assert!(rows.iter().all(|row| row.create == row.id.is_none()));
        Ok(rows
            .into_iter()
            .map(|row| self.one(object, row.id, &row.fields, dry_run))
            .collect())
    }

    fn ensure(&mut self, wanted: &[Wanted], dry_run: bool) -> Result<Vec<Option<RecordId>>> {
        let mut ids = Vec::new();
        for Wanted {
            object,
            key,
            fields,
        } in wanted
        {
            let known = self
                .find(object, key, fields[key].as_str().unwrap())
                .first()
                .copied();
            ids.push(match known {
                Some(id) => Some(id),
                None => {
                    self.one(object, None, fields, dry_run)
                        .map_err(|failures| Error::with_failures(ErrorKind::Invalid, failures))?
                        .id
                }
            });
        }
        Ok(ids)
    }
}
