//! Where does compiled code outlive the process that compiled it?
//!
//! In a private folder that the embedder chooses, each component in a file of its own, named for its bytes and for the
//! compiler. A file is loaded only when its tag fits, which only who holds the folder's key can make; whatever else lies
//! there, cut, changed, of another compiler or another's, is compiled anew and written over. The key is made when the
//! folder is and is in no backup: a folder that was copied elsewhere without it is worth nothing.

use std::fs::{self, File, Metadata, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::Engine;
use wasmtime::component::Component;

/// What the key is for, so that another use of the same secret has another key.
const PURPOSE: &str = "peyvand 2026 compiled code of plugins";
/// The file of the secret.
const KEY: &str = "key";
const ENDING: &str = "code";
/// Files that the folder holds at most; the oldest go.
const MOST: usize = 256;
const TAG: usize = blake3::OUT_LEN;

/// A folder of compiled code.
pub(crate) struct CodeCache {
    folder: PathBuf,
    /// For a folder that is made now.
    secret: [u8; 32],
    /// Made at the first use: who has no plugins has no folder.
    key: OnceLock<Result<[u8; 32], String>>,
}

impl CodeCache {
    /// A cache in a folder, which is made when it is first used. `secret` is nobody's to guess.
    pub(crate) fn in_folder(folder: PathBuf, secret: [u8; 32]) -> Self {
        Self {
            folder,
            secret,
            key: OnceLock::new(),
        }
    }

    /// Why nothing is kept, where nothing is.
    pub(crate) fn fault(&self) -> Option<&str> {
        self.key().err()
    }

    fn key(&self) -> Result<&[u8; 32], &str> {
        let key = self.key.get_or_init(|| {
            let secret = own_secret(&self.folder, self.secret)?;
            Ok(blake3::derive_key(PURPOSE, &secret))
        });
        key.as_ref().map_err(String::as_str)
    }

    /// The component of this hash, where its code is here and is what was written here.
    pub(super) fn load(&self, engine: &Engine, hash: blake3::Hash) -> Option<Component> {
        let key = self.key().ok()?;
        let name = name(engine, hash);
        let file = fs::read(self.path(&name)).ok()?;
        let (tag, code) = file.split_first_chunk::<TAG>()?;
        // Compared in constant time.
        if tagged(key, &name, code) != blake3::Hash::from_bytes(*tag) {
            return None;
        }
        load_authentic(engine, code)
    }

    /// Keeps a component's code. Where that is not possible, it is compiled again next time.
    pub(super) fn keep(&self, engine: &Engine, hash: blake3::Hash, component: &Component) {
        let (Ok(key), Ok(code)) = (self.key(), component.serialize()) else {
            return;
        };
        let name = name(engine, hash);
        let scratch = scratch(&self.folder, &name.to_hex());
        let write = || {
            let mut file = private_file(&scratch)?;
            file.write_all(tagged(key, &name, &code).as_bytes())?;
            file.write_all(&code)?;
            fs::rename(&scratch, self.path(&name))
        };
        if write().is_err() {
            fs::remove_file(&scratch).ok();
        }
        prune(&self.folder);
    }

    fn path(&self, name: &blake3::Hash) -> PathBuf {
        self.folder.join(format!("{name}.{ENDING}"))
    }
}

/// Loads code whose tag was found to be right over these very bytes.
#[allow(unsafe_code)]
fn load_authentic(engine: &Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: wasmtime asks that the bytes be what `Component::serialize` gave. The only caller has just found their
    // keyed blake3 to be right, in this memory, which nobody else holds; the key is in this process and in a file that
    // only its user can read, and is used for nothing but what `serialize` gave. Code of another version or setting of
    // wasmtime has another name, which the tag covers, and wasmtime looks again.
    unsafe { Component::deserialize(engine, code) }.ok()
}

/// The name of a component's code: its bytes, and the compiler with all its settings.
fn name(engine: &Engine, hash: blake3::Hash) -> blake3::Hash {
    let mut named = Named(blake3::Hasher::new());
    named.0.update(hash.as_bytes());
    engine.precompile_compatibility_hash().hash(&mut named);
    named.0.finalize()
}

/// The tag of code under a name: one file cannot take the place of another.
fn tagged(key: &[u8; 32], name: &blake3::Hash, code: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(name.as_bytes()).update(code).finalize()
}

/// Feeds blake3 with what knows only the standard library's hashing.
struct Named(blake3::Hasher);

impl Hasher for Named {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let hash = self.0.finalize();
        hash.as_bytes()
            .first_chunk()
            .map_or(0, |low| u64::from_le_bytes(*low))
    }
}

/// The secret of a folder, which is made where there is none.
fn own_secret(folder: &Path, fresh: [u8; 32]) -> Result<[u8; 32], String> {
    let told = |error: io::Error| format!("{}: {error}", folder.display());
    make_private(folder).map_err(told)?;
    let (path, scratch) = (folder.join(KEY), scratch(folder, KEY));
    // Linked when it is whole: a key that was cut off would never become another.
    let made = private_file(&scratch).and_then(|mut file| {
        file.write_all(&fresh)?;
        match fs::hard_link(&scratch, &path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => file.metadata(),
        }
    });
    fs::remove_file(&scratch).ok();
    // Whose process this is, shows in the file that it made.
    let own = made.map_err(told)?;
    for path in [folder, &path] {
        let found = fs::symlink_metadata(path).map_err(told)?;
        if !is_alone(&found, &own) {
            return Err(format!(
                "{} is not this user's alone: make it so (chmod go= on it), or name another folder",
                path.display()
            ));
        }
    }
    let secret = fs::read(&path).map_err(told)?;
    secret.try_into().map_err(|_| {
        format!(
            "{} is no key of compiled code: delete its folder",
            path.display()
        )
    })
}

/// Whether nobody but the user of this process may read or change it: who can, could have the process run what he likes.
#[cfg(unix)]
fn is_alone(found: &Metadata, own: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    !found.is_symlink() && found.uid() == own.uid() && found.mode() & 0o077 == 0
}

#[cfg(not(unix))]
fn is_alone(found: &Metadata, _: &Metadata) -> bool {
    !found.is_symlink()
}

/// A name for a file that is being written, which no other thread or process uses.
fn scratch(folder: &Path, name: &str) -> PathBuf {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let count = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("{name}.{}.{count}", std::process::id()));
    // Of an earlier process of this number, which did not end well.
    fs::remove_file(&path).ok();
    path
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// A new file for its user alone.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Takes the oldest files out of a folder that has too many.
fn prune(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut files: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.file_name() != KEY)
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    let surplus = files.len().saturating_sub(MOST);
    for (_, path) in files.into_iter().take(surplus) {
        fs::remove_file(path).ok();
    }
}
