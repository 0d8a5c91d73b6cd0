//! What does a zip archive say of itself?
//!
//! Its directory is read and nothing else: how much it would unpack to, and what sort of document is made of it.

use std::io;

use super::media::OFFICE;
use crate::journal::DiskFile;

const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const LONGEST_COMMENT: usize = u16::MAX as usize;
const WIDE_PLACE: &[u8] = b"PK\x06\x07";
const WIDE_PLACE_LENGTH: u64 = 20;
const WIDE_END: &[u8] = b"PK\x06\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const ENTRY_LENGTH: usize = 46;
/// A size that stands in a wider field.
const WIDE: u64 = u32::MAX as u64;
/// So much of a directory is read at once. No entry is longer.
const WINDOW: usize = 256 << 10;

/// An archive that unpacks to more than this, and to more than [`RATIO`] times its size, is made to do harm.
const MUCH: u64 = 256 << 20;
const RATIO: u64 = 100;

/// What a directory says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Directory {
    /// The bytes of all files in it.
    pub(super) unpacked: u64,
    /// What is made of it, where that is known.
    pub(super) media_type: Option<&'static str>,
}

impl Directory {
    /// Whether unpacking an archive of so many bytes would fill a disk.
    pub(super) fn is_bomb(&self, size: u64) -> bool {
        self.unpacked > MUCH && self.unpacked > size.saturating_mul(RATIO)
    }
}

/// The directory of an archive; none where there is none, as where the end is missing.
pub(super) fn directory(file: &dyn DiskFile, size: u64) -> io::Result<Option<Directory>> {
    let Some((start, length)) = place(file, size)? else {
        return Ok(None);
    };
    let end = start.saturating_add(length).min(size);
    let (mut at, mut found) = (start, Directory::default());
    let mut window = vec![0; WINDOW];
    while at < end {
        let count = file.read_at(at, &mut window)?;
        let read = window.get(..count).unwrap_or_default();
        let stepped = entries(read, &mut found);
        if stepped == 0 {
            break;
        }
        at += stepped as u64;
    }
    Ok(Some(found))
}

/// Where the directory lies and how long it is.
fn place(file: &dyn DiskFile, size: u64) -> io::Result<Option<(u64, u64)>> {
    let most = (END_LENGTH + LONGEST_COMMENT) as u64;
    let from = size.saturating_sub(most);
    let mut tail = vec![0; (size - from) as usize];
    let count = file.read_at(from, &mut tail)?;
    tail.truncate(count);
    let found = tail.windows(END.len()).rposition(|bytes| bytes == END);
    let Some((at, end)) = found.and_then(|at| Some((at, tail.get(at..at + END_LENGTH)?))) else {
        return Ok(None);
    };
    let (length, start) = (number(end, 12, 4), number(end, 16, 4));
    if length != WIDE && start != WIDE {
        return Ok(Some((start, length)));
    }
    let Some(at) = (from + at as u64).checked_sub(WIDE_PLACE_LENGTH) else {
        return Ok(None);
    };
    let mut pointer = [0; WIDE_PLACE_LENGTH as usize];
    let mut wide = [0; 56];
    file.read_at(at, &mut pointer)?;
    file.read_at(number(&pointer, 8, 8), &mut wide)?;
    let good = pointer.starts_with(WIDE_PLACE) && wide.starts_with(WIDE_END);
    Ok(good.then(|| (number(&wide, 48, 8), number(&wide, 40, 8))))
}

/// Adds up the whole entries at the beginning of a piece of a directory, and says how many bytes they take.
fn entries(piece: &[u8], found: &mut Directory) -> usize {
    let mut at = 0;
    while let Some(entry) = piece.get(at..at + ENTRY_LENGTH) {
        let field = |offset| number(entry, offset, 2) as usize;
        let (name, extra, comment) = (field(28), field(30), field(32));
        let start = at + ENTRY_LENGTH;
        let Some(rest) = piece.get(start..start + name + extra + comment) else {
            break;
        };
        if !entry.starts_with(ENTRY) {
            break;
        }
        let (name, rest) = rest.split_at(name);
        let unpacked = match number(entry, 24, 4) {
            WIDE => wide_size(rest.get(..extra).unwrap_or_default()),
            size => size,
        };
        found.unpacked = found.unpacked.saturating_add(unpacked);
        let office = OFFICE
            .iter()
            .find(|(folder, _)| name.starts_with(folder.as_bytes()));
        found.media_type = found
            .media_type
            .or(office.map(|(_, media_type)| *media_type));
        at = start + name.len() + extra + comment;
    }
    at
}

/// The size that did not fit into its field.
fn wide_size(mut extra: &[u8]) -> u64 {
    while let Some((head, rest)) = extra.split_at_checked(4) {
        let length = number(head, 2, 2) as usize;
        if number(head, 0, 2) == 1 {
            return number(rest, 0, 8);
        }
        extra = rest.get(length..).unwrap_or_default();
    }
    WIDE
}

/// A number of so many bytes, the lowest first; 0 where they are missing.
fn number(bytes: &[u8], at: usize, length: usize) -> u64 {
    let bytes = bytes.get(at..at + length).unwrap_or_default();
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A zip archive of these names, each saying that it unpacks to so many bytes.
#[cfg(test)]
pub(super) fn fake(entries: &[(&str, u64)]) -> Vec<u8> {
    let mut bytes = b"PK\x03\x04".to_vec();
    bytes.resize(30, 0);
    let start = bytes.len();
    for (name, unpacked) in entries {
        let mut entry = ENTRY.to_vec();
        entry.resize(ENTRY_LENGTH, 0);
        let wide = *unpacked >= WIDE;
        let size = if wide { WIDE } else { *unpacked };
        entry[24..28].copy_from_slice(&size.to_le_bytes()[..4]);
        entry[28..30].copy_from_slice(&(name.len() as u16).to_le_bytes());
        entry.extend_from_slice(name.as_bytes());
        if wide {
            entry[30] = 12;
            entry.extend_from_slice(&[1, 0, 8, 0]);
            entry.extend_from_slice(&unpacked.to_le_bytes());
        }
        bytes.extend_from_slice(&entry);
    }
    let length = bytes.len() - start;
    let mut end = END.to_vec();
    end.resize(END_LENGTH, 0);
    end[12..16].copy_from_slice(&(length as u32).to_le_bytes());
    end[16..20].copy_from_slice(&(start as u32).to_le_bytes());
    bytes.extend_from_slice(&end);
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::content::place::MemoryFile;

    fn read(bytes: &[u8]) -> Option<Directory> {
        let file = MemoryFile::default();
        file.write_all_at(0, bytes).unwrap();
        directory(&file, bytes.len() as u64).unwrap()
    }

    #[test]
    fn a_directory_says_what_is_made_of_the_archive_and_how_much_is_in_it() {
        let found = read(&fake(&[
            ("[Content_Types].xml", 900),
            ("word/document.xml", 8000),
        ]));
        let (_, word) = OFFICE[0];
        let is = Directory {
            unpacked: 8900,
            media_type: Some(word),
        };
        assert_eq!(found, Some(is));
    }

    #[test]
    fn sizes_beyond_four_gigabytes_count() {
        let bytes = fake(&[("a", 281 << 40), ("b", u64::MAX)]);
        let found = read(&bytes).unwrap();
        assert_eq!(found.unpacked, u64::MAX);
        assert!(found.is_bomb(bytes.len() as u64));
    }

    #[test]
    fn a_directory_longer_than_a_window_is_read_to_its_end() {
        let name = "n".repeat(200);
        let mut many = vec![(name.as_str(), 1); 3000];
        many.push(("xl/workbook.xml", 7));
        let found = read(&fake(&many)).unwrap();
        assert_eq!(
            (found.unpacked, found.media_type),
            (3007, Some(OFFICE[1].1))
        );
    }

    #[test]
    fn what_is_cut_or_mangled_anywhere_is_no_panic() {
        let whole = fake(&[("word/a", 5), ("b", 281 << 40)]);
        for cut in 0..whole.len() {
            read(&whole[..cut]);
            let mut mangled = whole.clone();
            mangled[cut] ^= 0xFF;
            read(&mangled);
        }
    }
}
