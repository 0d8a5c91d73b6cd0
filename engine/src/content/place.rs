//! Where do the bytes of a file lie?

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ContentError;
use crate::journal::{Disk, DiskFile};
use crate::record::ContentHash;

/// The folder in a store, and in a backup.
pub(crate) const FOLDER: &str = "content";
const UPLOAD: &str = "upload-";
const ORPHANS: &str = "ORPHANS";
/// How much is read at once.
pub(super) const PIECE: usize = 1 << 20;

/// Where the files of a store lie.
pub(super) enum Place {
    Folder(Folder),
    Memory(Memory),
    #[cfg(feature = "postgres")]
    Nowhere,
}

/// Files in a folder, each under its hash.
pub(super) struct Folder {
    disk: Arc<dyn Disk>,
    home: PathBuf,
    dir: PathBuf,
    uploads: AtomicU64,
    /// The folders within that are known to be durable.
    made: Mutex<BTreeSet<Option<u8>>>,
}

/// Files in memory.
#[derive(Default)]
pub(super) struct Memory {
    files: Mutex<BTreeMap<ContentHash, MemoryFile>>,
    orphans: Mutex<Vec<u8>>,
}

/// A file on its way. What is not kept is removed.
pub(super) struct Incoming<'a> {
    file: Option<Box<dyn DiskFile>>,
    memory: Option<MemoryFile>,
    path: PathBuf,
    folder: Option<&'a Folder>,
}

impl Place {
    pub(super) fn folder(disk: Arc<dyn Disk>, home: &Path) -> Self {
        let folder = Folder {
            disk,
            home: home.to_owned(),
            dir: home.join(FOLDER),
            uploads: AtomicU64::new(0),
            made: Mutex::default(),
        };
        folder.tidy();
        Self::Folder(folder)
    }

    pub(super) fn memory() -> Self {
        Self::Memory(Memory::default())
    }

    /// A new, empty file.
    pub(super) fn begin(&self) -> Result<Incoming<'_>, ContentError> {
        match self {
            Self::Folder(folder) => folder.begin(),
            Self::Memory(_) => {
                let file = MemoryFile::default();
                Ok(Incoming {
                    file: Some(Box::new(file.clone())),
                    memory: Some(file),
                    path: PathBuf::from("memory"),
                    folder: None,
                })
            }
            #[cfg(feature = "postgres")]
            Self::Nowhere => Err(super::unsupported()),
        }
    }

    /// Makes a file durable under its hash. One that is there already, whole, stays; one that is damaged is replaced.
    pub(super) fn keep(
        &self,
        incoming: Incoming<'_>,
        hash: ContentHash,
    ) -> Result<(), ContentError> {
        match self {
            Self::Folder(folder) => folder.keep(incoming, hash),
            Self::Memory(memory) => {
                if let Some(file) = &incoming.memory {
                    lock(&memory.files).insert(hash, file.clone());
                }
                Ok(())
            }
            #[cfg(feature = "postgres")]
            Self::Nowhere => Err(super::unsupported()),
        }
    }

    pub(super) fn open(
        &self,
        hash: &ContentHash,
    ) -> Result<Option<Box<dyn DiskFile>>, ContentError> {
        match self {
            Self::Folder(folder) => {
                let path = path_of(&folder.dir, hash);
                match folder.disk.read(&path) {
                    Ok(file) => Ok(Some(file)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(ContentError::io("opening", &path)(error)),
                }
            }
            Self::Memory(memory) => {
                let found = lock(&memory.files).get(hash).cloned();
                Ok(found.map(|file| Box::new(file) as Box<dyn DiskFile>))
            }
            #[cfg(feature = "postgres")]
            Self::Nowhere => Ok(None),
        }
    }

    /// Removes a file for good, and says how many bytes it had; none where it was not there.
    pub(super) fn remove(&self, hash: &ContentHash) -> Result<Option<u64>, ContentError> {
        match self {
            Self::Folder(folder) => folder.remove(hash),
            Self::Memory(memory) => {
                let removed = lock(&memory.files).remove(hash);
                Ok(removed.and_then(|file| file.len().ok()))
            }
            #[cfg(feature = "postgres")]
            Self::Nowhere => Ok(None),
        }
    }

    /// All files, in the order of their hashes, a part of them at a time.
    pub(super) fn each(
        &self,
        mut each: impl FnMut(ContentHash) -> Result<(), ContentError>,
    ) -> Result<(), ContentError> {
        match self {
            Self::Folder(folder) => {
                for shard in shards(folder.disk.as_ref(), &folder.dir)? {
                    for hash in shard.hashes(folder.disk.as_ref())? {
                        each(hash)?;
                    }
                }
                Ok(())
            }
            Self::Memory(memory) => {
                let hashes: Vec<ContentHash> = lock(&memory.files).keys().copied().collect();
                hashes.into_iter().try_for_each(each)
            }
            #[cfg(feature = "postgres")]
            Self::Nowhere => Ok(()),
        }
    }

    /// What was noted of orphans.
    pub(super) fn orphans(&self) -> Result<String, ContentError> {
        let bytes = match self {
            Self::Folder(folder) => {
                let path = folder.dir.join(ORPHANS);
                match folder.disk.read_whole(&path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
                    read => read.map_err(ContentError::io("reading", &path))?,
                }
            }
            Self::Memory(memory) => lock(&memory.orphans).clone(),
            #[cfg(feature = "postgres")]
            Self::Nowhere => Vec::new(),
        };
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(super) fn note_orphans(&self, text: &str) -> Result<(), ContentError> {
        match self {
            Self::Folder(folder) => {
                let path = folder.dir.join(ORPHANS);
                // Without files there is nothing to note, and maybe no folder.
                if text.is_empty() && !path.exists() {
                    return Ok(());
                }
                let replaced = folder.disk.replace_whole(&path, text.as_bytes());
                replaced.map_err(ContentError::io("writing", &path))
            }
            Self::Memory(memory) => {
                *lock(&memory.orphans) = text.as_bytes().to_vec();
                Ok(())
            }
            #[cfg(feature = "postgres")]
            Self::Nowhere => Ok(()),
        }
    }
}

impl Folder {
    /// Removes what uploads left that did not come to an end. What cannot be removed now is by the next open.
    fn tidy(&self) {
        let names = self.disk.list(&self.dir).unwrap_or_default();
        for name in names.iter().filter(|name| name.starts_with(UPLOAD)) {
            drop(self.disk.remove(&self.dir.join(name)));
        }
    }

    fn begin(&self) -> Result<Incoming<'_>, ContentError> {
        self.make(None, &self.dir, &self.home)?;
        // With the process, since one that has closed the store may still be at it.
        let number = self.uploads.fetch_add(1, Ordering::Relaxed);
        let name = format!("{UPLOAD}{}-{number}", std::process::id());
        let path = self.dir.join(name);
        let file = self.disk.create(&path);
        let file = file.map_err(ContentError::io("creating", &path))?;
        Ok(Incoming {
            file: Some(file),
            memory: None,
            path,
            folder: Some(self),
        })
    }

    /// Makes a folder durable in the one that it lies in, once in each process: who made it may have been killed before.
    fn make(&self, shard: Option<u8>, dir: &Path, within: &Path) -> Result<(), ContentError> {
        if lock(&self.made).contains(&shard) {
            return Ok(());
        }
        match self.disk.create_folder(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(ContentError::io("creating", dir)(error));
            }
            _ => {}
        }
        let synced = self.disk.sync_folder(within);
        synced.map_err(ContentError::io("syncing", within))?;
        lock(&self.made).insert(shard);
        Ok(())
    }

    fn keep(&self, mut incoming: Incoming<'_>, hash: ContentHash) -> Result<(), ContentError> {
        let [first, ..] = *hash.as_bytes();
        let shard = shard_of(&self.dir, first);
        let path = path_of(&self.dir, &hash);
        if self.is_whole(&path, &hash) {
            drop(incoming);
        } else {
            if let Some(file) = incoming.file.take() {
                let synced = file.sync_data();
                synced.map_err(ContentError::io("syncing", &incoming.path))?;
            }
            self.make(Some(first), &shard, &self.dir)?;
            let renamed = self.disk.rename(&incoming.path, &path);
            renamed.map_err(ContentError::io("writing", &path))?;
            incoming.folder = None;
        }
        // Also of one that was there: who put it may have been killed before this.
        self.make(Some(first), &shard, &self.dir)?;
        let synced = self.disk.sync_folder(&shard);
        synced.map_err(ContentError::io("syncing", &shard))
    }

    fn is_whole(&self, path: &Path, hash: &ContentHash) -> bool {
        let found = self.disk.read(path);
        found.is_ok_and(|file| hash_of(file.as_ref()).is_ok_and(|(found, _)| found == *hash))
    }

    fn remove(&self, hash: &ContentHash) -> Result<Option<u64>, ContentError> {
        let [first, ..] = *hash.as_bytes();
        let (path, shard) = (path_of(&self.dir, hash), shard_of(&self.dir, first));
        let length = match self.disk.read(&path) {
            Ok(file) => file.len().unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // It may have been removed by one who could not make that durable.
                return match self.disk.sync_folder(&shard) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        Err(ContentError::io("syncing", &shard)(error))
                    }
                    _ => Ok(None),
                };
            }
            Err(error) => return Err(ContentError::io("opening", &path)(error)),
        };
        self.disk
            .remove(&path)
            .and_then(|()| self.disk.sync_folder(&shard))
            .map_err(ContentError::io("removing", &path))?;
        Ok(Some(length))
    }
}

impl Incoming<'_> {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// None once it was kept.
    pub(super) fn file(&self) -> Option<&dyn DiskFile> {
        self.file.as_deref()
    }
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        self.file = None;
        if let Some(folder) = self.folder {
            // What cannot be removed now is by the next open.
            drop(folder.disk.remove(&self.path));
        }
    }
}

fn shard_of(dir: &Path, first: u8) -> PathBuf {
    dir.join(format!("{first:02x}"))
}

/// Where the file of a hash lies in a folder of files.
pub(crate) fn path_of(dir: &Path, hash: &ContentHash) -> PathBuf {
    let hex = hash.to_string();
    let (shard, rest) = hex.split_at(2);
    dir.join(shard).join(rest)
}

/// One of the folders that files are spread over: those whose hashes begin alike.
pub(crate) struct Shard {
    first: String,
    pub(crate) dir: PathBuf,
}

impl Shard {
    /// The files in it, in the order of their hashes.
    pub(crate) fn hashes(&self, disk: &dyn Disk) -> Result<Vec<ContentHash>, ContentError> {
        let names = match disk.list(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            names => names.map_err(ContentError::io("listing", &self.dir))?,
        };
        let hash = |name: &String| format!("{}{name}", self.first).parse().ok();
        let mut hashes: Vec<ContentHash> = names.iter().filter_map(hash).collect();
        hashes.sort_unstable();
        Ok(hashes)
    }
}

/// The folders within a folder of files, in order; none where there is no such folder.
pub(crate) fn shards(disk: &dyn Disk, dir: &Path) -> Result<Vec<Shard>, ContentError> {
    let names = match disk.list(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        names => names.map_err(ContentError::io("listing", dir))?,
    };
    let is_shard = |name: &String| name.len() == 2 && u8::from_str_radix(name, 16).is_ok();
    let mut firsts: Vec<String> = names.into_iter().filter(is_shard).collect();
    firsts.sort_unstable();
    let shard = |first: String| Shard {
        dir: dir.join(&first),
        first,
    };
    Ok(firsts.into_iter().map(shard).collect())
}

/// Reads a file to its end, and says what it is and how long.
pub(crate) fn hash_of(file: &dyn DiskFile) -> io::Result<(ContentHash, u64)> {
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE];
    let mut at = 0;
    loop {
        let count = file.read_at(at, &mut piece)?;
        let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else {
            break;
        };
        hasher.update(read);
        at += count as u64;
    }
    Ok((ContentHash::from_bytes(hasher.finalize().into()), at))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file in memory.
#[derive(Clone, Default)]
pub(super) struct MemoryFile(Arc<Mutex<Vec<u8>>>);

impl DiskFile for MemoryFile {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let bytes = lock(&self.0);
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = bytes.get(at..).unwrap_or_default();
        let count = rest.len().min(into.len());
        for (to, from) in into.iter_mut().zip(rest) {
            *to = *from;
        }
        Ok(count)
    }

    fn write_all_at(&self, offset: u64, new: &[u8]) -> io::Result<()> {
        let mut bytes = lock(&self.0);
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        bytes.truncate(at);
        bytes.resize(at, 0);
        bytes.extend_from_slice(new);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(lock(&self.0).len() as u64)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        lock(&self.0).resize(usize::try_from(len).unwrap_or(usize::MAX), 0);
        Ok(())
    }
}
