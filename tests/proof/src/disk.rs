//! What does a disk hold while a trace is played to it, and what of that is safe?
//!
//! A file is what is safe of it and the changes since. A folder likewise: a name is safe when the folder was synced
//! after the name was given. A sync covers what was done before it began.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use crate::trace::{Event, What};
use crate::{Proof, doing};

/// Something on the disk.
pub type Node = usize;

/// A disk in the making.
#[derive(Clone, Default)]
pub struct Disk {
    pub(crate) nodes: Vec<Thing>,
    /// Files by the system's numbers, as they are at this moment.
    inodes: HashMap<u64, Node>,
    /// Syncs that have begun, by thread and path: how many events there had been.
    syncing: HashMap<(u32, String), usize>,
    /// How many events there were.
    pub(crate) events: usize,
    /// All events before this one had their names made safe by a sync of anything, on a file system that keeps its
    /// changes of names in order.
    pub(crate) names_before: usize,
}

/// A file or a folder.
#[derive(Clone)]
pub(crate) enum Thing {
    File(File),
    Folder(Folder),
}

#[derive(Clone, Default)]
pub(crate) struct File {
    pub(crate) safe: Vec<u8>,
    /// Changes since, each with the number of its event.
    pub(crate) since: Vec<(usize, Edit)>,
}

#[derive(Clone, Default)]
pub(crate) struct Folder {
    pub(crate) safe: BTreeMap<String, Node>,
    pub(crate) since: Vec<(usize, Naming)>,
    now: BTreeMap<String, Node>,
}

/// A change of a file.
#[derive(Clone)]
pub(crate) enum Edit {
    Write(u64, Vec<u8>),
    Truncate(u64),
    Extend(u64),
}

/// A change of names in one folder: both happen or neither.
#[derive(Clone, Default)]
pub(crate) struct Naming {
    pub(crate) gone: Option<String>,
    pub(crate) given: Option<(String, Node)>,
}

impl Edit {
    pub(crate) fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(at, data) => write(bytes, *at as usize, data),
            Self::Truncate(length) => bytes.resize(*length as usize, 0),
            Self::Extend(length) => {
                let length = bytes.len().max(*length as usize);
                bytes.resize(length, 0);
            }
        }
    }
}

/// Writes into a file that may be shorter than the place.
pub(crate) fn write(bytes: &mut Vec<u8>, at: usize, data: &[u8]) {
    let end = at + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(data);
}

impl Naming {
    pub(crate) fn apply(&self, names: &mut BTreeMap<String, Node>) {
        if let Some(gone) = &self.gone {
            names.remove(gone);
        }
        if let Some((name, node)) = &self.given {
            names.insert(name.clone(), *node);
        }
    }
}

impl Disk {
    /// A disk on which everything in this folder is safe.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn of(folder: &Path) -> Proof<Self> {
        let mut disk = Self::default();
        disk.nodes.push(Thing::Folder(Folder::default()));
        disk.take_in(folder, 0)?;
        Ok(disk)
    }

    fn take_in(&mut self, folder: &Path, node: Node) -> Proof<()> {
        for entry in fs::read_dir(folder).map_err(doing("listing a base"))? {
            let entry = entry.map_err(doing("listing a base"))?;
            let path = entry.path();
            let inner = if path.is_dir() {
                let inner = self.add(Thing::Folder(Folder::default()));
                self.take_in(&path, inner)?;
                inner
            } else {
                let safe = fs::read(&path).map_err(doing("reading a base"))?;
                let inner = self.add(Thing::File(File {
                    safe,
                    since: Vec::new(),
                }));
                self.inodes.insert(inode_of(&path)?, inner);
                inner
            };
            let name = entry.file_name().to_string_lossy().into_owned();
            let folder = self.folder(node)?;
            folder.safe.insert(name.clone(), inner);
            folder.now.insert(name, inner);
        }
        Ok(())
    }

    fn add(&mut self, thing: Thing) -> Node {
        self.nodes.push(thing);
        self.nodes.len() - 1
    }

    fn folder(&mut self, node: Node) -> Proof<&mut Folder> {
        match self.nodes.get_mut(node) {
            Some(Thing::Folder(folder)) => Ok(folder),
            _ => Err("the trace names a file where a folder belongs".to_owned()),
        }
    }

    /// What lies at a path, as the running program sees it.
    pub(crate) fn at(&self, path: &str) -> Option<Node> {
        path.split('/')
            .filter(|name| !name.is_empty())
            .try_fold(0, |node, name| match &self.nodes[node] {
                Thing::Folder(folder) => folder.now.get(name).copied(),
                Thing::File(_) => None,
            })
    }

    /// Plays one event.
    ///
    /// # Errors
    /// When it cannot have happened on this disk.
    pub fn play(&mut self, event: &Event) -> Proof<()> {
        let number = self.events;
        self.events += 1;
        let path = &event.path;
        match &event.what {
            What::Say(_) => {}
            What::Write(at, data) => self.edit(event, number, Edit::Write(*at, data.clone()))?,
            What::Truncate(length) => self.edit(event, number, Edit::Truncate(*length))?,
            What::Extend(length) => self.edit(event, number, Edit::Extend(*length))?,
            What::Create => {
                let node = self.add(Thing::File(File::default()));
                self.inodes.insert(event.inode, node);
                self.name(path, number, None, Some(node))?;
            }
            What::Mkdir => {
                let node = self.add(Thing::Folder(Folder::default()));
                self.name(path, number, None, Some(node))?;
            }
            What::Unlink | What::Rmdir => self.name(path, number, Some(path), None)?,
            What::Rename(to) => {
                let node = self
                    .at(path)
                    .ok_or_else(|| format!("{path} is not there"))?;
                if parent(path) == parent(to) {
                    self.name(to, number, Some(path), Some(node))?;
                } else {
                    self.name(to, number, None, Some(node))?;
                    self.name(path, number, Some(path), None)?;
                }
            }
            What::SyncBegin => {
                self.syncing.insert((event.thread, path.clone()), number);
            }
            What::SyncEnd => self.sync(event)?,
        }
        Ok(())
    }

    fn edit(&mut self, event: &Event, number: usize, edit: Edit) -> Proof<()> {
        let node = self.node_of(event)?;
        match &mut self.nodes[node] {
            Thing::File(file) => file.since.push((number, edit)),
            Thing::Folder(_) => return Err(format!("{} is a folder", event.path)),
        }
        Ok(())
    }

    fn node_of(&self, event: &Event) -> Proof<Node> {
        let known = self.inodes.get(&event.inode).copied();
        known
            .or_else(|| self.at(&event.path))
            .ok_or_else(|| format!("{} was never made", event.path))
    }

    fn name(
        &mut self,
        path: &str,
        number: usize,
        gone: Option<&str>,
        given: Option<Node>,
    ) -> Proof<()> {
        let folder = self
            .at(parent(path))
            .ok_or_else(|| format!("the folder of {path} was never made"))?;
        let naming = Naming {
            gone: gone.map(|gone| last(gone).to_owned()),
            given: given.map(|node| (last(path).to_owned(), node)),
        };
        let folder = self.folder(folder)?;
        naming.apply(&mut folder.now);
        folder.since.push((number, naming));
        Ok(())
    }

    fn sync(&mut self, event: &Event) -> Proof<()> {
        let begun = self.syncing.remove(&(event.thread, event.path.clone()));
        let begun = begun.ok_or_else(|| format!("a sync of {} never began", event.path))?;
        // A folder's inode may have been a removed file's.
        let node = match self.at(&event.path) {
            Some(node) if matches!(self.nodes[node], Thing::Folder(_)) => node,
            _ => self.node_of(event)?,
        };
        match &mut self.nodes[node] {
            Thing::File(file) => {
                for (_, edit) in take_before(&mut file.since, begun) {
                    edit.apply(&mut file.safe);
                }
            }
            Thing::Folder(folder) => {
                for (_, naming) in take_before(&mut folder.since, begun) {
                    naming.apply(&mut folder.safe);
                }
            }
        }
        self.names_before = self.names_before.max(begun);
        Ok(())
    }
}

fn take_before<T>(since: &mut Vec<(usize, T)>, end: usize) -> Vec<(usize, T)> {
    let count = since.partition_point(|(number, _)| *number < end);
    since.drain(..count).collect()
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, last)| last)
}

#[cfg(unix)]
fn inode_of(path: &Path) -> Proof<u64> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::metadata(path)
        .map_err(doing("looking at a base"))?
        .ino())
}
