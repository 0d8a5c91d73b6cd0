//! Who names which file, now or in what can still be read of the past?

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

use crate::engine::Engine;
use crate::error::Result;
use crate::journal::{Disk, Entry, Position, Subject};
use crate::record::{ContentHash, FileRef, Value};
use crate::schema::{FieldKind, Schema};
use crate::store::{Snapshot, StoreError, codec, kept, spaces};
use crate::write::Binned;

/// So many entries of a journal that lies in no files are read at once.
const BATCH: usize = 256;

/// Finds the files in entries of records.
pub(super) struct Names {
    /// The objects whose records may name files.
    objects: BTreeSet<u32>,
}

impl Names {
    pub(super) fn of(schema: &Schema) -> Self {
        let names = |object: &&std::sync::Arc<crate::schema::Object>| {
            let mut fields = object.fields.iter();
            fields.any(|field| field.kind == FieldKind::File)
        };
        let objects = schema.objects().filter(names);
        Self {
            objects: objects.map(|object| object.number).collect(),
        }
    }

    pub(super) fn objects(&self) -> &BTreeSet<u32> {
        &self.objects
    }

    /// The files that an entry of a record, live or in the bin, names.
    fn in_entry(&self, key: &[u8], value: &[u8], each: Each<'_>) -> Result<()> {
        let bin = match key.first() {
            Some(&spaces::RECORD) => false,
            Some(&spaces::BIN) => true,
            _ => return Ok(()),
        };
        let Some(subject) = spaces::named_record(key) else {
            return Ok(());
        };
        if !self.objects.contains(&subject.object) {
            return Ok(());
        }
        let record = match bin {
            true => Binned::split(value)?.1,
            false => value,
        };
        // What cannot be read names nothing that could be read; `check` tells of it.
        let Ok(stored) = codec::decode(record) else {
            return Ok(());
        };
        for (_, value) in &stored.values {
            if let Value::File(file) = value {
                each(subject, file)?;
            }
        }
        Ok(())
    }

    fn in_state(&self, snapshot: &Snapshot, each: Each<'_>) -> Result<()> {
        for object in &self.objects {
            for space in [spaces::RECORD, spaces::BIN] {
                snapshot.scan_all(&spaces::of_object(space, *object), |key, value| {
                    self.in_entry(key, value, each)?;
                    Ok::<_, crate::error::Error>(ControlFlow::Continue(()))
                })?;
            }
        }
        Ok(())
    }

    /// What is wrong with the checkpoint, if it is damaged; then only some of what it names was told.
    fn in_checkpoint(
        &self,
        disk: &dyn Disk,
        path: &Path,
        each: Each<'_>,
    ) -> Result<Option<StoreError>> {
        let of_damage = |error: StoreError| match kept::is_unreadable(&error) {
            true => Ok(Some(error)),
            false => Err(error.into()),
        };
        let rows = match kept::open(disk, path) {
            Ok(rows) => rows,
            Err(error) => return of_damage(error),
        };
        for row in rows {
            match row {
                Ok((key, value)) => self.in_entry(&key, &value, each)?,
                Err(error) => return of_damage(error.into()),
            }
        }
        Ok(None)
    }

    fn in_commit(&self, entry: &Entry, each: Each<'_>) -> Result<()> {
        for leaf in &entry.leaves {
            if !self.objects.contains(&leaf.subject.object) {
                continue;
            }
            for (key, value) in leaf.content.iter().flat_map(|content| &content.results) {
                if let Some(value) = value {
                    self.in_entry(key, value, each)?;
                }
            }
        }
        Ok(())
    }
}

/// Hears of a record and of a file that it names, or once named.
pub(super) type Each<'a> = &'a mut dyn FnMut(Subject, &FileRef) -> Result<()>;

/// Tells of every file that anything names which can still be read: records, the bin, the journal, kept checkpoints.
/// One that is named often is told of often. Comes back with the checkpoints that are damaged, which may name more.
pub(super) fn each_named(engine: &Engine, each: Each<'_>) -> Result<Vec<StoreError>> {
    let (reader, _) = engine.read()?;
    let names = Names::of(&reader.schema);
    drop(reader);
    let mut damaged = Vec::new();
    if names.objects.is_empty() {
        return Ok(damaged);
    }
    let backend = &engine.inner.backend;
    let Some(journal) = backend.journal() else {
        return each_in_entries(engine, &names, each).map(|()| damaged);
    };
    // The journal tells of all that ever was, as far as it goes back.
    if journal.base() > Position::START {
        let oldest = Snapshot::pin_at(backend, backend.oldest())?;
        names.in_state(&oldest, each)?;
        drop(oldest);
        let disk = journal.disk().as_ref();
        let folder = backend.home().map(|home| home.join(kept::FOLDER));
        for path in folder.map_or(Ok(Vec::new()), |folder| kept::all(disk, &folder))? {
            damaged.extend(names.in_checkpoint(disk, &path, each)?);
        }
    }
    let mut told = Ok(());
    let visited = journal.visit(journal.base(), journal.head(), |entry| {
        told = names.in_commit(&entry, each);
        match told {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    });
    visited.map_err(StoreError::from)?;
    told.map(|()| damaged)
}

/// What names files, as far as it can be read.
#[derive(Default)]
pub(crate) struct Named {
    pub(crate) files: BTreeSet<ContentHash>,
    /// What is wrong with checkpoints that may name more.
    pub(crate) damaged: Vec<String>,
}

/// The files that anything names which can still be read.
pub(crate) fn named(engine: &Engine) -> Result<Named> {
    let mut files = BTreeSet::new();
    let damaged = each_named(engine, &mut |_, file| {
        files.insert(file.hash);
        Ok(())
    })?;
    let damaged = damaged.iter().map(ToString::to_string).collect();
    Ok(Named { files, damaged })
}

fn each_in_entries(engine: &Engine, names: &Names, each: Each<'_>) -> Result<()> {
    let backend = &engine.inner.backend;
    let mut after = Position::START;
    loop {
        let entries = backend.entries(after, BATCH)?;
        let Some(last) = entries.last() else {
            return Ok(());
        };
        after = last.position;
        for entry in &entries {
            names.in_commit(entry, each)?;
        }
    }
}
