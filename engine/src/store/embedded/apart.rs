//! Where do pages lie, so that engines need not write them again and again?
//!
//! In a file beside the engine's own, `pages.data`. An engine that holds the pages themselves writes each of them
//! several times and keeps what is old in between: the files of sled took 2.3 times what was in them. So it holds their
//! places:
//!
//! ```text
//! u32   the first four bytes of the page, its checksum
//! u8    0x80, where a page says its format
//! u64   where it lies
//! u32   how many bytes
//! ```
//!
//! Pages that are hardly longer are held by the engine itself, as are those of stores that are older than this file,
//! until they are written again.
//!
//! A page is never overwritten. A new one goes where nothing lies, and what it replaces is free only once that is on
//! disk: first the file is synced, then the engine is given the places in one batch, then it is synced. After a crash
//! all pages are those of a sync, and what was written since is done again from the journal. What is free is written
//! nowhere: it is what no place names, found out before the first write.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use super::room::Room;
use super::tree::{Pair, Tree, exactly, failed, refused};
use crate::journal::{Disk, DiskFile};
use crate::store::StoreError;
use crate::store::locks::{lock, read, write};
use crate::store::overlay::Change;

const FILE: &str = "pages.data";
/// Under this key the engine holds how long the file is at least: behind all pages.
const LENGTH: [u8; 1] = [0xFF];
/// Smaller pages are not worth a place of their own.
const SMALL: usize = 256;
const APART: u8 = 0x80;
/// What is replaced is let go of when it comes to this much, or to this part of everything.
const LOOSE: u64 = 4 * 1024 * 1024;
const LOOSE_PART: u64 = 16;
/// So many places wait for a sync at most, where nothing is replaced: a rebuild writes all there is.
const PENDING: usize = 8_192;

/// What the engine is to hold of a batch, and the places (start and length) of what it replaces.
type Placed = (Vec<Change>, Vec<(u64, u64)>);

/// Where a page lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    checksum: [u8; 4],
    start: u64,
    length: u32,
}

impl Place {
    fn encode(self) -> Vec<u8> {
        let (start, length) = (self.start.to_be_bytes(), self.length.to_be_bytes());
        [&self.checksum[..], &[APART], &start, &length].concat()
    }

    /// The place, unless it is a page itself.
    fn decode(held: &[u8]) -> Option<Self> {
        let (checksum, rest) = held.split_first_chunk::<4>()?;
        let (start, length) = rest.strip_prefix(&[APART])?.split_first_chunk::<8>()?;
        Some(Place {
            checksum: *checksum,
            start: u64::from_be_bytes(*start),
            length: u32::from_be_bytes(length.try_into().ok()?),
        })
    }
}

/// An ordered map whose large values lie in a file of their own.
pub(super) struct Apart {
    map: Box<dyn Tree>,
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    shelf: RwLock<Shelf>,
    writer: Mutex<Writer>,
}

/// What readers need.
struct Shelf {
    /// `None` until there is anything to be put there.
    file: Option<Box<dyn DiskFile>>,
    /// What the engine is given at the next sync.
    pending: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

#[derive(Default)]
struct Writer {
    /// What is free; `None` until somebody writes.
    room: Option<Room>,
    /// What is free after the next sync.
    loose: Vec<(u64, u64)>,
    loose_bytes: u64,
    /// Whether the file holds what is not synced.
    dirty: bool,
}

impl Apart {
    /// Opens the file in `folder` whose places `map` holds.
    pub(super) fn open(
        map: Box<dyn Tree>,
        disk: &Arc<dyn Disk>,
        folder: &Path,
    ) -> Result<Self, StoreError> {
        let file = match exactly(map.as_ref(), &LENGTH)? {
            Some(length) => Some(existing(disk.as_ref(), &folder.join(FILE), &length)?),
            None => None,
        };
        Ok(Apart {
            map,
            disk: Arc::clone(disk),
            folder: folder.to_path_buf(),
            shelf: RwLock::new(Shelf {
                file,
                pending: BTreeMap::new(),
            }),
            writer: Mutex::default(),
        })
    }

    /// Puts a page where nothing lies and says what the engine is to hold of it. The place is noted in `taken`.
    fn put(
        &self,
        writer: &mut Writer,
        bytes: Vec<u8>,
        taken: &mut Vec<(u64, u64)>,
    ) -> Result<Vec<u8>, StoreError> {
        let (Some(checksum), Ok(length)) = (bytes.first_chunk(), u32::try_from(bytes.len())) else {
            return Ok(bytes);
        };
        if bytes.len() < SMALL {
            return Ok(bytes);
        }
        let Some(room) = &mut writer.room else {
            return Err(failed("nobody looked where there is room"));
        };
        let start = room.take(bytes.len() as u64);
        taken.push((start, bytes.len() as u64));
        writer.dirty = true;
        self.with_file(|file| file.write_all_at(start, &bytes))?;
        let place = Place {
            checksum: *checksum,
            start,
            length,
        };
        Ok(place.encode())
    }

    /// Puts all pages of a batch, and says what the engine is to hold and which places that frees.
    fn put_all(
        &self,
        writer: &mut Writer,
        batch: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
        taken: &mut Vec<(u64, u64)>,
    ) -> Result<Placed, StoreError> {
        let (mut held, mut loose) = (Vec::with_capacity(batch.len()), Vec::new());
        for (key, bytes) in batch {
            let before = read(&self.shelf).held(self.map.as_ref(), &key)?;
            let place = before.as_deref().and_then(Place::decode);
            loose.extend(place.map(|place| (place.start, u64::from(place.length))));
            let bytes = bytes.map(|bytes| self.put(writer, bytes, taken));
            held.push((key, bytes.transpose()?));
        }
        Ok((held, loose))
    }

    /// Calls `work` on the file, which is made if there is none.
    fn with_file(&self, work: impl Fn(&dyn DiskFile) -> io::Result<()>) -> Result<(), StoreError> {
        let path = self.folder.join(FILE);
        let refused = |error| refused("writing", &path, error);
        if let Some(file) = &read(&self.shelf).file {
            return work(file.as_ref()).map_err(refused);
        }
        let file = self.disk.create(&path).map_err(refused)?;
        self.disk.sync_folder(&self.folder).map_err(refused)?;
        work(file.as_ref()).map_err(refused)?;
        write(&self.shelf).file = Some(file);
        Ok(())
    }

    /// Finds out what is free, before anything is written.
    fn look_around(&self, writer: &mut Writer) -> Result<(), StoreError> {
        if writer.room.is_some() {
            return Ok(());
        }
        let mut taken = Vec::new();
        let mut needed = 0;
        let mut at: Option<Vec<u8>> = None;
        loop {
            let bound = at.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let Some((key, held)) = self.map.first_after(bound)? else {
                break;
            };
            if key == LENGTH {
                needed = held.try_into().map_or(u64::MAX, u64::from_be_bytes);
                break;
            }
            taken.extend(Place::decode(&held).map(|place| (place.start, u64::from(place.length))));
            at = Some(key);
        }
        let room =
            Room::around(taken).ok_or_else(|| failed("two of its pages lie in one place"))?;
        // Behind that lies what a process wrote that did not come to sync it.
        let needed = needed.max(room.end());
        if let Some(file) = &read(&self.shelf).file
            && file.len().is_ok_and(|length| length > needed)
        {
            // Only room: it may be given back another time.
            drop(file.set_len(needed));
        }
        writer.room = Some(room);
        Ok(())
    }

    /// Makes everything durable that was applied, and free what it replaced.
    fn settle(&self, writer: &mut Writer) -> Result<(), StoreError> {
        let cut = writer.room.as_mut().is_some_and(Room::cut);
        let end = writer.room.as_ref().map_or(0, Room::end);
        if writer.dirty {
            self.with_file(|file| {
                // The last page takes as much room as if it were a little longer.
                if file.len()? < end {
                    file.set_len(end)?;
                }
                file.sync_data()
            })?;
            writer.dirty = false;
        }
        let (mut batch, filed) = {
            let shelf = read(&self.shelf);
            let pending = shelf.pending.iter();
            let batch = pending.map(|(key, held)| (key.clone(), held.clone()));
            (batch.collect::<Vec<Change>>(), shelf.file.is_some())
        };
        if filed && (cut || !batch.is_empty()) {
            batch.push((LENGTH.to_vec(), Some(end.to_be_bytes().to_vec())));
        }
        if !batch.is_empty() {
            self.map.apply(batch)?;
        }
        self.map.sync()?;
        // Whoever reads holds the lock for as long as it takes: nobody is left who knows an old place.
        write(&self.shelf).pending.clear();
        if cut {
            self.with_file(|file| file.set_len(end))?;
        }
        writer.loose_bytes = 0;
        // Without it nothing was written yet, and nobody knows what is taken.
        if let Some(room) = &mut writer.room {
            for (start, length) in writer.loose.drain(..) {
                room.give(start, length);
            }
        }
        Ok(())
    }
}

/// The file of places that are there, unless it lost its end.
fn existing(disk: &dyn Disk, path: &Path, length: &[u8]) -> Result<Box<dyn DiskFile>, StoreError> {
    let length = length.try_into().map(u64::from_be_bytes);
    let length = length.map_err(|_| failed("it does not say how long its pages are"))?;
    let refused = |error| refused("opening", path, error);
    let file = disk.open(path).map_err(refused)?;
    match file.len().map_err(refused)? < length {
        true => Err(failed("the file of its pages lost its end")),
        false => Ok(file),
    }
}

impl Shelf {
    /// The first of what the engine holds or is to hold after `bound`.
    fn first(&self, map: &dyn Tree, mut bound: Bound<Vec<u8>>) -> Result<Option<Pair>, StoreError> {
        loop {
            let from = bound.as_ref().map(Vec::as_slice);
            let kept = map.first_after(from)?.filter(|(key, _)| *key != LENGTH);
            let next = self
                .pending
                .range::<[u8], _>((from, Bound::Unbounded))
                .next();
            let newer = next.filter(|(key, _)| kept.as_ref().is_none_or(|(kept, _)| *key <= kept));
            match newer {
                None => return Ok(kept),
                Some((key, Some(held))) => return Ok(Some((key.clone(), held.clone()))),
                Some((key, None)) => bound = Bound::Excluded(key.clone()),
            }
        }
    }

    /// The last of it before `bound`.
    fn last(&self, map: &dyn Tree, mut bound: Bound<Vec<u8>>) -> Result<Option<Pair>, StoreError> {
        loop {
            let to = bound.as_ref().map(Vec::as_slice);
            let kept = map.last_before(to)?;
            if kept.as_ref().is_some_and(|(key, _)| *key == LENGTH) {
                bound = Bound::Excluded(LENGTH.to_vec());
                continue;
            }
            let next = self
                .pending
                .range::<[u8], _>((Bound::Unbounded, to))
                .next_back();
            let newer = next.filter(|(key, _)| kept.as_ref().is_none_or(|(kept, _)| *key >= kept));
            match newer {
                None => return Ok(kept),
                Some((key, Some(held))) => return Ok(Some((key.clone(), held.clone()))),
                Some((key, None)) => bound = Bound::Excluded(key.clone()),
            }
        }
    }

    /// A key with its page instead of the page's place.
    fn filled(&self, found: Option<Pair>) -> Result<Option<Pair>, StoreError> {
        let Some((key, held)) = found else {
            return Ok(None);
        };
        let Some(place) = Place::decode(&held) else {
            return Ok(Some((key, held)));
        };
        let missing = || failed("a page is not where it should be");
        let file = self.file.as_ref().ok_or_else(missing)?;
        // A place that is wrong must not take all memory.
        let end = place.start.saturating_add(u64::from(place.length));
        if end > file.len().map_err(failed)? {
            return Err(missing());
        }
        let mut bytes = vec![0; place.length as usize];
        let count = file.read_at(place.start, &mut bytes).map_err(failed)?;
        if count < bytes.len() || !bytes.starts_with(&place.checksum) {
            return Err(missing());
        }
        Ok(Some((key, bytes)))
    }

    /// What lies at `key` in the engine, once it was given what it is to be given.
    fn held(&self, map: &dyn Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.pending.get(key) {
            Some(held) => Ok(held.clone()),
            None => exactly(map, key),
        }
    }
}

impl Tree for Apart {
    fn last_before(&self, bound: Bound<&[u8]>) -> Result<Option<Pair>, StoreError> {
        let shelf = read(&self.shelf);
        shelf.filled(shelf.last(self.map.as_ref(), bound.map(<[u8]>::to_vec))?)
    }

    fn first_after(&self, bound: Bound<&[u8]>) -> Result<Option<Pair>, StoreError> {
        let shelf = read(&self.shelf);
        shelf.filled(shelf.first(self.map.as_ref(), bound.map(<[u8]>::to_vec))?)
    }

    fn key_after(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let bound = Bound::Excluded(key.to_vec());
        let found = read(&self.shelf).first(self.map.as_ref(), bound)?;
        Ok(found.map(|(key, _)| key))
    }

    fn apply(&self, batch: Vec<Change>) -> Result<(), StoreError> {
        let mut writer = lock(&self.writer);
        self.look_around(&mut writer)?;
        // Of two changes of one key the later one holds.
        let batch: BTreeMap<Vec<u8>, Option<Vec<u8>>> = batch.into_iter().collect();
        let mut taken = Vec::new();
        let (held, mut loose) = match self.put_all(&mut writer, batch, &mut taken) {
            Ok(placed) => placed,
            Err(error) => {
                // Nobody knows of these places: they are as free as before.
                if let Some(room) = &mut writer.room {
                    for (start, length) in taken {
                        room.give(start, length);
                    }
                }
                return Err(error);
            }
        };
        write(&self.shelf).pending.extend(held);
        writer.loose_bytes += loose.iter().map(|(_, length)| length).sum::<u64>();
        writer.loose.append(&mut loose);
        let used = writer.room.as_ref().map_or(0, Room::used);
        let loose = writer.loose_bytes > LOOSE.max(used / LOOSE_PART);
        match loose || read(&self.shelf).pending.len() > PENDING {
            true => self.settle(&mut writer),
            false => Ok(()),
        }
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.settle(&mut lock(&self.writer))
    }

    fn extent(&self) -> Result<u64, StoreError> {
        self.map.extent()
    }

    fn was_cut(&self, extent: u64) -> bool {
        self.map.was_cut(extent)
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        self.map.close()
    }
}

#[cfg(test)]
#[path = "apart_tests.rs"]
mod tests;
