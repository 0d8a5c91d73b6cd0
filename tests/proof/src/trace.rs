//! What did a writer do to its files, in which order?

use std::fs;
use std::path::Path;

use crate::acks::Said;
use crate::{Proof, doing};

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// The thread that did it.
    pub thread: u32,
    /// The file or folder, below the recorded root.
    pub path: String,
    /// The system's number of the file.
    pub inode: u64,
    /// What was done.
    pub what: What,
    /// Of a sync: whether it was `fdatasync`, which the engine uses and sled does not.
    pub data_only: bool,
}

/// What was done.
#[derive(Clone, Debug)]
pub enum What {
    /// Bytes were written at an offset.
    Write(u64, Vec<u8>),
    /// The file was given a length.
    Truncate(u64),
    /// The file was given at least a length.
    Extend(u64),
    /// The file was made.
    Create,
    /// It got another path.
    Rename(String),
    /// The file was removed.
    Unlink,
    /// The folder was made.
    Mkdir,
    /// The folder was removed.
    Rmdir,
    /// What was written so far is being made durable.
    SyncBegin,
    /// What was written before the sync began is durable.
    SyncEnd,
    /// The writer told something.
    Say(Said),
}

impl Event {
    /// Whether a file or folder was changed or synced.
    #[must_use]
    pub fn is_about_a_file(&self) -> bool {
        !matches!(self.what, What::Say(_))
    }

    /// Whether it is one end of a sync.
    #[must_use]
    pub fn is_sync(&self) -> bool {
        matches!(self.what, What::SyncBegin | What::SyncEnd)
    }
}

/// Reads what the recorder wrote. See `recorder/recorder.c`.
///
/// # Errors
/// When it cannot be read.
pub fn read(file: &Path) -> Proof<Vec<Event>> {
    let bytes = fs::read(file).map_err(doing("reading the trace"))?;
    let mut rest = bytes.as_slice();
    let mut events = Vec::new();
    while !rest.is_empty() {
        let event = take_event(&mut rest).ok_or("the trace ends in the middle of an event")?;
        events.push(event);
    }
    Ok(events)
}

fn take_event(rest: &mut &[u8]) -> Option<Event> {
    let op = take_u32(rest)?;
    let thread = take_u32(rest)?;
    let path_len = take_u32(rest)?;
    let to_len = take_u32(rest)?;
    let inode = take_u64(rest)?;
    let number = take_u64(rest)?;
    let data_len = take_u64(rest)?;
    let path = text(take(rest, path_len as usize)?);
    let to = text(take(rest, to_len as usize)?);
    let data = take(rest, usize::try_from(data_len).ok()?)?;
    let what = match op {
        1 => What::Write(number, data.to_vec()),
        2 => What::Truncate(number),
        3 => What::Extend(number),
        4 => What::Create,
        5 => What::Rename(to),
        6 => What::Unlink,
        7 => What::Mkdir,
        8 => What::Rmdir,
        9 => What::SyncBegin,
        10 => What::SyncEnd,
        11 => What::Say(Said::read(text(data).trim_end())?),
        _ => return None,
    };
    Some(Event {
        thread,
        path,
        inode,
        what,
        data_only: number == 1,
    })
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(take(rest, 4)?.try_into().ok()?))
}

fn take_u64(rest: &mut &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(take(rest, 8)?.try_into().ok()?))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
