//! How does a file stay while somebody is about to name it?
//!
//! Whoever drops files looks for names first, which takes a while. What was put, or came to be held by a commit, since
//! it began to look is left for the next time. A file is dropped under the lock that holds are taken under.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::record::{ContentHash, FileRef};

/// Which files are in use that the store does not tell of yet.
#[derive(Default)]
pub(super) struct Uses {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// By how many commits under way.
    held: BTreeMap<ContentHash, usize>,
    /// When each was put last by this process, until it is seen to be named.
    put: BTreeMap<ContentHash, DateTime<Utc>>,
    /// What came into use since a sweep began.
    since: Option<Since>,
}

#[derive(Default)]
struct Since {
    put: BTreeSet<ContentHash>,
    /// By commits, since names were looked for last.
    held: BTreeSet<ContentHash>,
}

impl Inner {
    fn note_held(&mut self, hash: ContentHash) {
        if let Some(since) = &mut self.since {
            since.held.insert(hash);
        }
    }
}

impl Uses {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file is being put: from here on it is not dropped by a sweep that has begun.
    pub(super) fn put(&self, hash: ContentHash, now: DateTime<Utc>) {
        let mut inner = self.lock();
        if let Some(since) = &mut inner.since {
            since.put.insert(hash);
        }
        inner.put.insert(hash, now);
    }

    /// When a file was put last, if this process did.
    pub(super) fn put_at(&self, hash: &ContentHash) -> Option<DateTime<Utc>> {
        self.lock().put.get(hash).copied()
    }

    /// These are named by records: how old they are is of no interest any longer.
    pub(super) fn forget_named(&self, named: impl Fn(&ContentHash) -> bool) {
        self.lock().put.retain(|hash, _| !named(hash));
    }

    /// Begins to drop files. One sweep at a time: whoever calls this sees to it.
    pub(super) fn sweep(&self) -> Sweep<'_> {
        self.lock().since = Some(Since::default());
        Sweep { uses: self }
    }
}

/// Files are being dropped.
pub(super) struct Sweep<'a> {
    uses: &'a Uses,
}

impl Sweep<'_> {
    /// Names are about to be looked for again: the store tells of what was committed and let go of until now.
    pub(super) fn look_again(&self) {
        if let Some(since) = &mut self.uses.lock().since {
            since.held.clear();
        }
    }

    /// Drops a file by `remove`, unless it came into use meanwhile.
    pub(super) fn drop_file<E>(
        &self,
        hash: &ContentHash,
        remove: impl FnOnce() -> Result<(), E>,
    ) -> Result<bool, E> {
        let mut inner = self.uses.lock();
        let used = inner.held.contains_key(hash)
            || inner
                .since
                .as_ref()
                .is_some_and(|since| since.put.contains(hash) || since.held.contains(hash));
        if used {
            return Ok(false);
        }
        remove()?;
        inner.put.remove(hash);
        Ok(true)
    }
}

impl Drop for Sweep<'_> {
    fn drop(&mut self) {
        self.uses.lock().since = None;
    }
}

/// The files that a commit under way names.
#[derive(Default)]
pub(crate) struct Held {
    uses: Option<Arc<Uses>>,
    files: BTreeSet<FileRef>,
}

impl Held {
    pub(super) fn knows(&self, file: &FileRef) -> bool {
        self.files.contains(file)
    }

    pub(super) fn add(&mut self, uses: &Arc<Uses>, file: FileRef) {
        let mut inner = uses.lock();
        inner.note_held(file.hash);
        *inner.held.entry(file.hash).or_default() += 1;
        drop(inner);
        self.uses.get_or_insert_with(|| Arc::clone(uses));
        self.files.insert(file);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(uses) = &self.uses else { return };
        let mut inner = uses.lock();
        for FileRef { hash, .. } in &self.files {
            inner.note_held(*hash);
            if let Some(count) = inner.held.get_mut(hash) {
                *count -= 1;
                if *count == 0 {
                    inner.held.remove(hash);
                }
            }
        }
    }
}
