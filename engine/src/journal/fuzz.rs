//! Does the reader bear any bytes? One function for whoever has bytes to try.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::disk::DiskFile;
use super::entry::Subject;
use super::error::JournalError;
use super::recover::walk_tail;
use super::segment::{self, HEADER, Header};
use super::source::Source;
use super::walk::{Checks, Walk};
use super::{Position, frame, packed};

/// Reads the bytes as a plain and as a compressed segment, as they are and with their checksums put
/// right, and as a bare frame. It must come back, whatever they are, with memory for no more than a
/// small multiple of them. Gives the number of entries that were read.
pub fn fuzz_reader(bytes: &[u8]) -> usize {
    let mut entries = 0;
    for format in [1, 2] {
        let _ = frame::check(bytes, format, &mut Vec::new());
        entries += usize::from(frame::decode(bytes, format).is_some());
    }
    let someone = subjects();
    let _ = frame::holds(bytes, &someone);
    let _ = frame::erase(&mut bytes.to_vec(), &someone);
    for is_packed in [false, true] {
        for mended in [false, true] {
            let mut bytes = bytes.to_vec();
            if mended {
                mend_header(&mut bytes, is_packed);
            }
            if mended && is_packed {
                packed::mend(&mut bytes);
            }
            entries += read(bytes, is_packed).unwrap_or_default();
        }
    }
    entries
}

fn read(bytes: Vec<u8>, is_packed: bool) -> Result<usize, JournalError> {
    let first = bytes
        .get(12..20)
        .and_then(|bytes| <[u8; 8]>::try_from(bytes).ok())
        .map_or(Position::START, |bytes| {
            Position::from_number(u64::from_be_bytes(bytes))
        });
    let mut source = Source::of(Box::new(Held(bytes)), Path::new("fuzz"), first, is_packed)?;
    let someone = subjects();
    let mut entries = 0;
    let mut walk = Walk::new(&mut source);
    while let Ok(true) = walk.must_step() {
        entries += usize::from(walk.entry().is_ok());
        let _ = frame::erase(&mut walk.frame().to_vec(), &someone);
    }
    let spot = source.spot(|spot| spot.position.get() <= first.get().saturating_add(100));
    let mut walk = Walk::at(&mut source, spot);
    while let Ok(true) = walk.must_step() {}
    if !is_packed {
        for checks in [Checks::Chain, Checks::Bytes] {
            walk_tail(&mut source, checks, |_| Ok(()))?;
        }
    }
    Ok(entries)
}

fn subjects() -> BTreeSet<Subject> {
    BTreeSet::from([Subject { object: 3, id: 9 }])
}

/// Gives the header the checksum that belongs to what it says.
fn mend_header(bytes: &mut [u8], is_packed: bool) {
    let magic = if is_packed {
        packed::MAGIC
    } else {
        segment::MAGIC
    };
    if bytes.len() < HEADER {
        return;
    }
    let (header, _) = bytes.split_at_mut(HEADER);
    header[..8].copy_from_slice(&magic);
    header[8..12].copy_from_slice(&segment::FORMAT.to_be_bytes());
    let sum = crc32fast::hash(&header[..HEADER - 4]);
    header[HEADER - 4..].copy_from_slice(&sum.to_be_bytes());
    debug_assert!(Header::decode(header, magic).is_ok());
}

/// A file in memory.
struct Held(Vec<u8>);

impl DiskFile for Held {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset)
            .ok()
            .and_then(|start| self.0.get(start..))
            .unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_all_at(&self, _: u64, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use proptest::prelude::*;

    use super::super::tests::{at, entry, open};
    use super::*;

    /// A plain and a compressed segment of the same entries.
    fn samples() -> [Vec<u8>; 2] {
        let dir = tempfile::tempdir().unwrap();
        let journal = open(dir.path()).unwrap();
        let mut number = 0;
        while journal.index().segments.len() < 2 {
            number += 1;
            journal.append(&[entry(number, 500)]).unwrap();
        }
        let plain = fs::read(dir.path().join(segment::name(at(1)))).unwrap();
        journal.seal_pending().unwrap();
        let packed = fs::read(dir.path().join(segment::packed_name(at(1)))).unwrap();
        [plain, packed]
    }

    #[test]
    fn good_segments_are_read_whole() {
        for sample in samples() {
            // Once as it is and once mended.
            assert!(fuzz_reader(&sample) > 100);
        }
    }

    #[test]
    fn a_length_that_lies_takes_no_memory() {
        let mut bytes = vec![0xff; 200];
        bytes[..8].copy_from_slice(&packed::MAGIC);
        assert_eq!(fuzz_reader(&bytes), 0);
        let [plain, _] = samples();
        let mut long = plain[..HEADER + 200].to_vec();
        long[HEADER..HEADER + 4].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(fuzz_reader(&long), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            prop_assert_eq!(fuzz_reader(&bytes), 0);
        }

        #[test]
        fn any_damage_is_borne(
            packed in any::<bool>(),
            hits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
            cut in any::<proptest::sample::Index>(),
        ) {
            let [plain, compressed] = samples();
            let mut bytes = if packed { compressed } else { plain };
            for (place, byte) in hits {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            fuzz_reader(&bytes);
            bytes.truncate(cut.index(bytes.len()) + 1);
            fuzz_reader(&bytes);
        }
    }
}
