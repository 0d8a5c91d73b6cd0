//! How do the bytes of a file come in?
//!
//! In pieces, each hashed and written, so that memory does not depend on the size of the file. What is wrong with it is
//! told with the first piece where that says so. One flush at the end, then the file gets its name.

use std::io::{self, Read};

use chrono::{DateTime, Utc};

use super::media::{self, Found};
use super::place::{Incoming, PIECE};
use super::{Content, ContentError, archive};
use crate::journal::DiskFile;
use crate::record::{ContentHash, FileRef, file_name, media_type};

/// What a file is called by who sends it.
pub(super) struct Named {
    name: String,
    declared: Option<String>,
}

impl Named {
    pub(super) fn new(name: &str, declared: Option<&str>) -> Result<Self, ContentError> {
        let plain = |text: &str| {
            media_type(text).ok_or_else(|| ContentError::Declared(text.trim().to_owned()))
        };
        Ok(Self {
            name: file_name::plain(name).map_err(ContentError::Name)?,
            declared: declared.map(plain).transpose()?,
        })
    }

    /// What the file is called from now on.
    fn called(&self, content: &Content, found: &Found) -> Result<String, ContentError> {
        let called = media::called(&self.name, self.declared.as_deref(), found)?;
        if content.rules.takes(found.media_type, &called) {
            return Ok(called);
        }
        Err(ContentError::NotAllowed {
            name: self.name.clone(),
            media_type: match called == found.media_type {
                true => called,
                false => format!("{called} ({})", found.media_type),
            },
        })
    }
}

pub(super) fn put(
    content: &Content,
    named: &Named,
    from: &mut dyn Read,
    now: DateTime<Utc>,
) -> Result<FileRef, ContentError> {
    let mut piece = vec![0; PIECE];
    let first = fill(from, &mut piece).map_err(named.cut(0))?;
    let head = piece.get(..first.min(media::HEAD)).unwrap_or_default();
    if head.is_empty() {
        let name = named.name.clone();
        return Err(ContentError::Empty { name });
    }
    let found = media::found(head);
    if found.media_type != media::ZIP {
        named.called(content, &found)?;
    }
    let incoming = content.place.begin()?;
    let (hash, size) = stream(content, named, from, (&mut piece, first), &incoming)?;
    drop(piece);
    let found = looked_into(&incoming, named, found, size)?;
    let called = named.called(content, &found)?;
    content.uses.put(hash, now);
    content.place.keep(incoming, hash)?;
    Ok(FileRef::new(hash, size, called, named.name.clone()))
}

impl Named {
    fn cut(&self, read: u64) -> impl FnOnce(io::Error) -> ContentError {
        let name = self.name.clone();
        move |source| ContentError::Cut { name, read, source }
    }
}

/// Writes everything that comes, and says what it was.
fn stream(
    content: &Content,
    named: &Named,
    from: &mut dyn Read,
    (piece, first): (&mut [u8], usize),
    to: &Incoming<'_>,
) -> Result<(ContentHash, u64), ContentError> {
    let limit = content.rules.largest;
    let mut hasher = blake3::Hasher::new();
    let (mut size, mut count) = (0, first);
    while count > 0 {
        let bytes = piece.get(..count).unwrap_or_default();
        if size + count as u64 > limit {
            let name = named.name.clone();
            return Err(ContentError::TooLarge { name, limit });
        }
        hasher.update(bytes);
        if let Some(file) = to.file() {
            let written = file.write_all_at(size, bytes);
            written.map_err(ContentError::io("writing", to.path()))?;
        }
        size += count as u64;
        // A piece that is not full was the last.
        if count < piece.len() {
            break;
        }
        count = fill(from, piece).map_err(named.cut(size))?;
    }
    Ok((ContentHash::from_bytes(hasher.finalize().into()), size))
}

/// What an archive is by what it holds, if it may be taken.
fn looked_into(
    incoming: &Incoming<'_>,
    named: &Named,
    found: Found,
    size: u64,
) -> Result<Found, ContentError> {
    let Some(file) = incoming.file().filter(|_| found.media_type == media::ZIP) else {
        return Ok(found);
    };
    let directory = archive::directory(file, size);
    let directory = directory.map_err(ContentError::io("reading", incoming.path()))?;
    if let Some(directory) = directory.filter(|directory| directory.is_bomb(size)) {
        return Err(ContentError::Bomb {
            name: named.name.clone(),
            size,
            unpacked: directory.unpacked,
        });
    }
    let made = directory.and_then(|directory| directory.media_type);
    Ok(made.map_or(found, media::made_of_zip))
}

/// What is wrong with what somebody says of a file that is there.
pub(super) fn fault_of(
    bytes: &dyn DiskFile,
    file: &FileRef,
) -> Result<Option<ContentError>, ContentError> {
    let reading = || {
        let size = bytes.len()?;
        let mut head = vec![0; media::HEAD];
        let count = bytes.read_at(0, &mut head)?;
        let mut found = media::found(head.get(..count).unwrap_or_default());
        if found.media_type == media::ZIP {
            let directory = archive::directory(bytes, size)?;
            let made = directory.and_then(|directory| directory.media_type);
            found = made.map_or(found, media::made_of_zip);
        }
        Ok((size, found))
    };
    let (size, found) = reading().map_err(|source: io::Error| ContentError::Cut {
        name: file.name.clone(),
        read: 0,
        source,
    })?;
    if size != file.size {
        return Ok(Some(ContentError::Size {
            file: file.clone(),
            found: size,
        }));
    }
    Ok(media::called(&file.name, Some(&file.media_type), &found).err())
}

/// Reads until the buffer is full or there is no more.
fn fill(from: &mut dyn Read, into: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while let Some(rest) = into.get_mut(count..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            // Who says more than there was room for is not to be trusted with the rest.
            Ok(read) => count += read.min(rest.len()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}
