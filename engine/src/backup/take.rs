//! How is a backup taken while writers go on?
//!
//! A position is pinned. The state there is written as a checkpoint, the journal is copied up to
//! there, and when all of it is durable and was found good a manifest takes the place of the one
//! before. Only then is what nobody names any longer removed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::content::{self, Contents, Listed};
use super::copy::{copy, read};
use super::error::BackupError;
use super::folder::{self, parent_of};
use super::manifest::{Base, FILES, MARK, MARK_TEXT, Manifest, Stored, hex, written};
use super::{Backup, Checkpoint, verify};
use crate::content::Named;
use crate::journal::{Disk, Journal, Position, SegmentFile};
use crate::store::checkpoint::{self, Content, Header, Outgoing};
use crate::store::{Backend, Progress, Snapshot, StoreError, kept, rows_under};

const PARTIAL: &str = "partial";
/// How often progress is told.
const EVERY: u64 = 4096;
/// The journal may tidy its files up while they are copied; so often is looked again.
const ATTEMPTS: usize = 64;

pub(super) fn checkpoint(
    backend: &Arc<dyn Backend>,
    path: &Path,
    tell: &mut dyn FnMut(Progress),
) -> Result<Checkpoint, BackupError> {
    let journal = backend.journal().ok_or(BackupError::NoFiles)?;
    let (disk, snapshot) = (journal.disk(), Snapshot::pin(backend));
    let mut partial = path.as_os_str().to_owned();
    partial.push(".new");
    let partial = PathBuf::from(partial);
    let written =
        export(backend.as_ref(), journal, &snapshot, &partial, tell).and_then(|written| {
            disk.rename(&partial, path)
                .and_then(|()| disk.sync_folder(parent_of(path)))
                .map_err(BackupError::io("writing", path))?;
            Ok(written)
        });
    if written.is_err() {
        drop(disk.remove(&partial));
    }
    let (content, bytes) = written?;
    Ok(Checkpoint {
        position: snapshot.position(),
        entries: content.entries,
        bytes,
        hash: hex(&content.hash),
    })
}

/// Writes what a snapshot sees into a file, and says how large it became.
fn export(
    backend: &dyn Backend,
    journal: &Journal,
    snapshot: &Snapshot,
    path: &Path,
    tell: &mut dyn FnMut(Progress),
) -> Result<(Content, u64), BackupError> {
    let position = snapshot.position();
    let last = backend.entry(position)?;
    let header = Header {
        records: checkpoint::RECORDS,
        position,
        time: last.map_or(0, |entry| entry.time),
        chain: journal.hash_at(position)?,
    };
    let file = journal.disk().create(path);
    let mut file = Outgoing::new(file.map_err(BackupError::io("creating", path))?);
    let mut done = 0;
    let rows = rows_under(snapshot, &[]).inspect(|_| {
        done += 1;
        if done % EVERY == 0 {
            tell(Progress::new(done, 0, "entries of the state written"));
        }
    });
    let name = path.display().to_string();
    let content = checkpoint::write::<StoreError>(&name, &mut file, &header, rows)?;
    file.sync().map_err(BackupError::io("syncing", path))?;
    Ok((content, file.written()))
}

/// Finds the files that anything names.
pub(super) type FindNamed<'a> = &'a dyn Fn() -> crate::error::Result<Named>;

/// Takes a backup at the instant `made`, as the caller's clock says.
pub(super) fn backup(
    backend: &Arc<dyn Backend>,
    named: FindNamed<'_>,
    made: DateTime<Utc>,
    dir: &Path,
    tell: &mut dyn FnMut(Progress),
) -> Result<Backup, BackupError> {
    let journal = backend.journal().ok_or(BackupError::NoFiles)?;
    let mut target = Target::open(dir, backend.home(), journal)?;
    let snapshot = Snapshot::pin(backend);
    let position = snapshot.position();
    let (checkpoint, entries) = match target.same_state(position) {
        Some(known) => known,
        None => target.take_checkpoint(backend.as_ref(), journal, &snapshot, tell)?,
    };
    drop(snapshot);
    let journal_files = target.copy_journal(journal, position, tell)?;
    let contents = target.copy_content(backend.home(), named()?, tell)?;
    let manifest = Manifest {
        format: Manifest::format_for(contents.as_ref()),
        position: position.get(),
        made: written(made),
        chain: hex(&journal.hash_at(position)?),
        entries,
        checkpoint,
        journal: journal_files,
        base: target.copy_base(backend.as_ref(), journal)?,
        content: contents,
    };
    target.finish(&manifest)?;
    let (files, bytes) = manifest.size();
    Ok(Backup {
        position,
        entries,
        files,
        bytes,
        copied: target.copied,
        problems: target.problems,
    })
}

/// The folder of a backup, locked.
struct Target {
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    /// Unlocked by the system when it is closed, also by a crash.
    _lock: File,
    /// The backup that is there already.
    known: Option<Manifest>,
    copied: u64,
    /// The files that records name.
    content: Vec<Listed>,
    /// Whether nothing of the files in the backup is to be removed, since what names them cannot be read.
    keeps_content: bool,
    /// What is wrong with the store, in words.
    problems: Vec<String>,
}

impl Target {
    /// Opens the folder of a backup of this journal, or makes one.
    fn open(dir: &Path, home: Option<&Path>, journal: &Journal) -> Result<Self, BackupError> {
        home.map_or(Ok(()), |home| folder::refuse_inside(dir, home))?;
        folder::refuse_strangers(dir)?;
        let disk = Arc::clone(journal.disk());
        folder::make(disk.as_ref(), dir)?;
        let mark = dir.join(MARK);
        // Before anything else, so that whatever is broken off is known to be ours.
        if !mark.exists() {
            disk.write_whole(&mark, MARK_TEXT.as_bytes())
                .and_then(|()| disk.sync_folder(dir))
                .map_err(BackupError::io("writing", &mark))?;
        }
        let lock = folder::lock(&mark, || BackupError::Busy {
            dir: dir.to_owned(),
        })?;
        folder::make(disk.as_ref(), &dir.join(FILES))?;
        let manifest = Manifest::read(disk.as_ref(), dir).map_err(as_target)?;
        if let Some(manifest) = &manifest {
            let position = manifest.position();
            let ours = position <= journal.head() && manifest.is_at(journal.hash_at(position)?);
            if !ours {
                return Err(BackupError::OtherStore {
                    dir: dir.to_owned(),
                });
            }
        }
        Ok(Target {
            dir: dir.to_owned(),
            disk,
            _lock: lock,
            known: manifest,
            copied: 0,
            content: Vec::new(),
            keeps_content: false,
            problems: Vec::new(),
        })
    }

    fn disk(&self) -> &dyn Disk {
        self.disk.as_ref()
    }

    fn partial(&self) -> PathBuf {
        self.dir.join(FILES).join(PARTIAL)
    }

    /// The checkpoint that is there and how much is in it, if it is of this position.
    fn same_state(&self, position: Position) -> Option<(Stored, u64)> {
        let known = self.known.as_ref()?;
        let same = known.position() == position && self.has(&known.checkpoint);
        same.then(|| (known.checkpoint.clone(), known.entries))
    }

    /// Whether a file is there as it was written: disks forget, and a backup is read when it is too late.
    fn has(&self, stored: &Stored) -> bool {
        let path = stored.path(&self.dir);
        let found = read(self.disk(), &path, &stored.name, None, |_, _| Ok(()));
        found.is_ok_and(|found| found == *stored)
    }

    fn take_checkpoint(
        &mut self,
        backend: &dyn Backend,
        journal: &Journal,
        snapshot: &Snapshot,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<(Stored, u64), BackupError> {
        let partial = self.partial();
        let (content, length) = export(backend, journal, snapshot, &partial, tell)?;
        let name = kept::name(snapshot.position());
        let checkpoint = read(self.disk(), &partial, &name, None, |_, _| Ok(()))?;
        self.keep(&checkpoint)?;
        self.copied += length;
        Ok((checkpoint, content.entries))
    }

    /// What a trimmed journal goes on from; nothing while it is whole.
    fn copy_base(
        &mut self,
        backend: &dyn Backend,
        journal: &Journal,
    ) -> Result<Option<Base>, BackupError> {
        let position = journal.base();
        if position == Position::START {
            return Ok(None);
        }
        let dir = backend.home().unwrap_or(&self.dir).join(kept::FOLDER);
        let oldest = journal.oldest();
        let (path, header) =
            kept::oldest_good(journal, &dir).ok_or(StoreError::BaseLost { dir, oldest })?;
        let file = SegmentFile {
            name: kept::name(header.position),
            path,
            length: None,
        };
        let checkpoint = match self.already(&file)? {
            Some(stored) => stored,
            None => self.copy_file(&file)?,
        };
        Ok(Some(Base {
            position: position.get(),
            chain: hex(&journal.hash_at(position)?),
            checkpoint,
            from: header.position.get(),
        }))
    }

    /// Copies the files that records name, as far as they are not there yet, and lists them.
    fn copy_content(
        &mut self,
        home: Option<&Path>,
        named: Named,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Option<Contents>, BackupError> {
        let Some(home) = home else { return Ok(None) };
        self.keeps_content = !named.damaged.is_empty();
        self.problems = named.damaged;
        let copied = content::copy_new(self.disk(), home, &self.dir, named.files, tell)?;
        self.copied += copied.bytes;
        self.problems.extend(copied.problems);
        let (listed, lacking) = (copied.listed, copied.lacking);
        if listed.is_empty() && lacking.is_empty() {
            return Ok(None);
        }
        let (text, partial) = (content::written(&listed), self.partial());
        self.disk
            .write_whole(&partial, text.as_bytes())
            .map_err(BackupError::io("writing", &partial))?;
        let list = read(self.disk(), &partial, content::LIST, None, |_, _| Ok(()))?;
        self.keep(&list)?;
        let contents = Contents {
            files: listed.len() as u64,
            bytes: listed.iter().map(|(_, length)| length).sum(),
            list,
            lacking,
        };
        self.problems.extend(contents.problems());
        self.content = listed;
        Ok(Some(contents))
    }

    /// Copies the journal up to a position, as far as it is not there yet.
    fn copy_journal(
        &mut self,
        journal: &Journal,
        upto: Position,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Stored>, BackupError> {
        let mut done: Vec<Stored> = Vec::new();
        let mut last = Ok(());
        for _ in 0..ATTEMPTS {
            let files = journal.files(upto)?;
            done.retain(|stored| files.iter().any(|file| file.name == stored.name));
            last = self.copy_files(&files, &mut done, tell);
            match &last {
                Err(BackupError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                }
                _ => break,
            }
        }
        last.map(|()| done)
    }

    fn copy_files(
        &mut self,
        files: &[SegmentFile],
        done: &mut Vec<Stored>,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<(), BackupError> {
        for (number, file) in files.iter().enumerate() {
            let total = files.len() as u64;
            tell(Progress::new(number as u64, total, "journal files copied"));
            if done.iter().any(|stored| stored.name == file.name) {
                continue;
            }
            let stored = match self.already(file)? {
                Some(stored) => stored,
                None => self.copy_file(file)?,
            };
            done.push(stored);
        }
        Ok(())
    }

    /// What is there already of a file, if it is the same. Its bytes are compared by their hash, for
    /// an erasure changes a segment and not its name.
    fn already(&self, file: &SegmentFile) -> Result<Option<Stored>, BackupError> {
        let mut files = self.known.iter().flat_map(Manifest::files);
        let Some(known) = files.find(|known| known.name == file.name) else {
            return Ok(None);
        };
        let longer = file.length.is_some_and(|length| length != known.length);
        if longer {
            return Ok(None);
        }
        let now = read(self.disk(), &file.path, &file.name, file.length, |_, _| {
            Ok(())
        })?;
        Ok((now == *known && self.has(known)).then_some(now))
    }

    fn copy_file(&mut self, file: &SegmentFile) -> Result<Stored, BackupError> {
        let from = (file.path.as_path(), file.length);
        let stored = copy(self.disk(), from, &self.partial(), &file.name, |_| {})?;
        self.keep(&stored)?;
        self.copied += stored.length;
        Ok(stored)
    }

    /// Gives the partial file its name.
    fn keep(&self, stored: &Stored) -> Result<(), BackupError> {
        let path = stored.path(&self.dir);
        self.disk
            .rename(&self.partial(), &path)
            .map_err(BackupError::io("writing", &path))
    }

    /// Makes everything durable, then valid, and removes what is not needed any longer. Copies of a damaged journal do
    /// not take the place of good ones.
    fn finish(&self, manifest: &Manifest) -> Result<(), BackupError> {
        let files = self.dir.join(FILES);
        self.disk
            .sync_folder(&files)
            .map_err(BackupError::io("syncing", &files))?;
        verify::journal(self.disk(), &self.dir, manifest)?;
        manifest.write(self.disk(), &self.dir)?;
        let named: BTreeSet<String> = manifest.files().map(Stored::file).collect();
        let there = self.disk.list(&files);
        for name in there.map_err(BackupError::io("listing", &files))? {
            if !named.contains(&name) {
                // The backup is good; what is left over is removed by the next.
                drop(self.disk.remove(&files.join(name)));
            }
        }
        if self.keeps_content {
            return Ok(());
        }
        let lacking = manifest.content.as_ref().map(|content| &content.lacking);
        let lacking = lacking.map_or(&[][..], |lacking| lacking);
        content::tidy(self.disk(), &self.dir, &self.content, lacking)
    }
}

/// What a damaged manifest means for who only wants to put a backup there.
fn as_target(error: BackupError) -> BackupError {
    match error {
        BackupError::Damaged { path, what } => BackupError::DamagedTarget { path, what },
        other => other,
    }
}
