//! What belongs to a backup?

use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::content::Contents;
use super::error::BackupError;
use crate::content::FOLDER;
use crate::journal::{Disk, Position};

/// Says what the folder is. Locked while a backup is taken.
pub(super) const MARK: &str = "BACKUP";
pub(super) const MARK_TEXT: &str = "peyvand backup\n1\n";
pub(super) const FILES: &str = "files";
const MANIFEST: &str = "manifest.json";
const UNFINISHED: &str = "manifest.json.new";
/// The newest that is read. One without files of records is written as the first was, for older versions to read.
const FORMAT: u32 = 2;
const WITHOUT_CONTENT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// The last commit in it, of which the checkpoint is.
    pub(super) position: u64,
    /// When the backup was taken.
    pub(super) made: String,
    /// The chain hash at the position: by it the store is known again.
    pub(super) chain: String,
    /// Entries of the checkpoint.
    pub(super) entries: u64,
    pub(super) checkpoint: Stored,
    pub(super) journal: Vec<Stored>,
    /// Where the journal begins, when it was trimmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) base: Option<Base>,
    /// The files that records name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<Contents>,
}

/// What a trimmed journal goes on from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Base {
    /// The position before its first entry.
    pub(super) position: u64,
    /// The chain hash there.
    pub(super) chain: String,
    /// The oldest state that there is, and the position that it is of.
    pub(super) checkpoint: Stored,
    pub(super) from: u64,
}

impl Base {
    pub(super) fn place(&self) -> Option<(Position, [u8; 32])> {
        let chain = blake3::Hash::from_hex(&self.chain).ok()?;
        Some((Position::from_number(self.position), chain.into()))
    }
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    /// Its name in a store.
    pub(super) name: String,
    pub(super) length: u64,
    pub(super) blake3: String,
}

impl Stored {
    /// Its name in the folder of the backup.
    pub(super) fn file(&self) -> String {
        let hash = self.blake3.get(..16).unwrap_or_default();
        format!("{}.{hash}", self.name)
    }

    pub(super) fn path(&self, dir: &Path) -> PathBuf {
        dir.join(FILES).join(self.file())
    }

    /// A file of the backup must be there, and read as what was written.
    pub(super) fn must_be(
        &self,
        path: &Path,
        read: impl FnOnce() -> Result<Stored, BackupError>,
    ) -> Result<(), BackupError> {
        if !path.exists() {
            return Err(BackupError::damaged(path, "it is missing"));
        }
        let found = read()?;
        if found.length != self.length {
            let what = format!("it has {} bytes and not {}", found.length, self.length);
            return Err(BackupError::damaged(path, what));
        }
        if found != *self {
            let what = "its bytes are not those that were written";
            return Err(BackupError::damaged(path, what));
        }
        Ok(())
    }

    /// Whether names are names and not ways to other folders.
    fn is_plain(&self) -> bool {
        let plain = |text: &str| {
            let fine = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
            !text.is_empty() && !text.starts_with('.') && text.chars().all(fine)
        };
        plain(&self.name) && plain(&self.blake3)
    }
}

impl Manifest {
    pub(super) fn position(&self) -> Position {
        Position::from_number(self.position)
    }

    pub(super) fn is_at(&self, chain: [u8; 32]) -> bool {
        self.chain == hex(&chain)
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &Stored> {
        let base = self.base.iter().map(|base| &base.checkpoint);
        let list = self.content.iter().map(|content| &content.list);
        std::iter::once(&self.checkpoint)
            .chain(&self.journal)
            .chain(base)
            .chain(list)
    }

    /// Files, and their bytes, those that records name included.
    pub(super) fn size(&self) -> (u64, u64) {
        let content = self.content.as_ref();
        let (files, bytes) = content.map_or((0, 0), |content| (content.files, content.bytes));
        let own: u64 = self.files().map(|file| file.length).sum();
        (files + self.files().count() as u64, bytes + own)
    }

    /// What is wrong with it that was known when it was taken, in words.
    pub(super) fn problems(&self) -> Vec<String> {
        let content = self.content.iter();
        content.flat_map(Contents::problems).collect()
    }

    pub(super) fn format_for(content: Option<&Contents>) -> u32 {
        match content {
            Some(_) => FORMAT,
            None => WITHOUT_CONTENT,
        }
    }

    /// The manifest of the backup that must be in `dir`.
    pub(super) fn of_backup(disk: &dyn Disk, dir: &Path) -> Result<Self, BackupError> {
        if dir.is_file() {
            let path = dir.to_owned();
            return Err(BackupError::NotAFolder { path });
        }
        let owned = || dir.to_owned();
        match Manifest::read(disk, dir)? {
            Some(manifest) => Ok(manifest),
            None if dir.join(MARK).exists() => Err(BackupError::Unfinished { dir: owned() }),
            None => Err(BackupError::Missing { dir: owned() }),
        }
    }

    /// The manifest of the backup in `dir`, if one was finished there.
    pub(super) fn read(disk: &dyn Disk, dir: &Path) -> Result<Option<Self>, BackupError> {
        let path = dir.join(MANIFEST);
        let bytes = match disk.read_whole(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(BackupError::io("reading", &path)(error)),
        };
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        // A newer manifest may have another shape.
        let version: Version = serde_json::from_slice(&bytes)
            .map_err(|error| BackupError::damaged(&path, error.to_string()))?;
        if version.format > FORMAT {
            return Err(BackupError::NewerFormat {
                path,
                found: version.format,
                supported: FORMAT,
            });
        }
        let manifest: Manifest = serde_json::from_slice(&bytes)
            .map_err(|error| BackupError::damaged(&path, error.to_string()))?;
        if !manifest.files().all(Stored::is_plain) {
            return Err(BackupError::damaged(&path, "it names no plain files"));
        }
        Ok(Some(manifest))
    }

    /// Makes this the manifest of the backup in `dir`, durably and at once.
    pub(super) fn write(&self, disk: &dyn Disk, dir: &Path) -> Result<(), BackupError> {
        let path = dir.join(UNFINISHED);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| BackupError::io("writing", &path)(error.into()))?;
        disk.write_whole(&path, &text)
            .and_then(|()| disk.rename(&path, &dir.join(MANIFEST)))
            .and_then(|()| disk.sync_folder(dir))
            .map_err(BackupError::io("writing", &path))
    }
}

/// Whether a name in the folder of a backup is one of ours.
pub(super) fn is_ours(name: &str) -> bool {
    [MARK, FILES, FOLDER, MANIFEST, UNFINISHED].contains(&name)
}

/// An instant as it stands in a manifest and in messages.
pub(super) fn written(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Micros, true)
}

pub(super) fn hex(bytes: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*bytes).to_hex().to_string()
}
