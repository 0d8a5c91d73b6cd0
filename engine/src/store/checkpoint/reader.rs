//! How is a checkpoint read, when its bytes may be anything?
//!
//! Each block is checked before its first row is given, and the whole at the end: rows are good one
//! by one, but they are all of them only when the last answer was not an error.

use std::io::Read;

use zstd::bulk::Decompressor;

use super::{
    BLOCK_HEAD, CheckpointError, Content, Entries, FOOTER, FORMAT, HEADER, Header, LARGEST_BLOCK,
    MAGIC, RECORDS, Step, Tally,
};
use crate::journal::Position;
use crate::store::Row;

/// The rows of a checkpoint, in key order.
pub(crate) struct Reader<R> {
    file: String,
    from: R,
    header: Header,
    /// Bytes that were read.
    offset: u64,
    /// Where the block begins that is being given.
    block: u64,
    zstd: Decompressor<'static>,
    packed: Vec<u8>,
    entries: Entries,
    tally: Tally,
    /// Set at the end and after an error.
    over: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the header of the checkpoint called `file`.
    pub(crate) fn open(file: &str, mut from: R) -> Result<Self, CheckpointError> {
        let mut bytes = Vec::with_capacity(HEADER);
        from.by_ref()
            .take(HEADER as u64)
            .read_to_end(&mut bytes)
            .map_err(CheckpointError::io("reading", file))?;
        Ok(Reader {
            file: file.to_owned(),
            from,
            header: Header::decode(file, &bytes)?,
            offset: HEADER as u64,
            block: HEADER as u64,
            zstd: Decompressor::new().map_err(CheckpointError::io("unpacking", file))?,
            packed: Vec::new(),
            entries: Entries::default(),
            tally: Tally::default(),
            over: false,
        })
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    fn read_row(&mut self) -> Result<Option<Row>, CheckpointError> {
        loop {
            let step = self.entries.step();
            match step {
                Step::End if self.read_block()? => {}
                Step::End => return Ok(None),
                Step::Ascended => break,
                // The empty key, which no key is smaller than.
                Step::Stayed if self.tally.entries == 0 => break,
                Step::Stayed => return Err(self.damaged(self.block, "its keys are not in order")),
                Step::Malformed => {
                    let what = "a block has a checksum but not the layout of a block";
                    return Err(self.damaged(self.block, what));
                }
            }
        }
        let (key, value) = (self.entries.key(), self.entries.value());
        self.tally.add(key, value);
        Ok(Some((key.to_vec(), value.to_vec())))
    }

    /// Reads the next block, or the footer, after which there is none.
    fn read_block(&mut self) -> Result<bool, CheckpointError> {
        self.block = self.offset;
        self.read_exactly(BLOCK_HEAD)?;
        let numbers = checked(&self.packed)
            .and_then(|mut head| Some([take(&mut head)?, take(&mut head)?, take(&mut head)?]));
        let Some(numbers) = numbers else {
            let what = "the head of a block does not match its checksum";
            return Err(self.damaged(self.block, what));
        };
        let [length, unpacked, checksum] = numbers.map(u32::from_be_bytes);
        if length == 0 {
            self.read_footer()?;
            return Ok(false);
        }
        let (length, unpacked) = (length as usize, unpacked as usize);
        if length > LARGEST_BLOCK || unpacked > LARGEST_BLOCK {
            return Err(self.damaged(self.block, "a block is larger than any can be"));
        }
        self.read_exactly(length)?;
        if crc32fast::hash(&self.packed) != checksum {
            return Err(self.damaged(self.block, "a block does not match its checksum"));
        }
        let into = self.entries.refill();
        into.reserve_exact(unpacked);
        let found = self.zstd.decompress_to_buffer(&self.packed, into);
        if !found.is_ok_and(|found| found == unpacked && found > 0) {
            return Err(self.damaged(self.block, "a block cannot be unpacked"));
        }
        Ok(true)
    }

    fn read_footer(&mut self) -> Result<(), CheckpointError> {
        let start = self.offset;
        self.read_exactly(FOOTER)?;
        let Some(told) = Content::decode(&self.packed) else {
            return Err(self.damaged(start, "the footer does not match its checksum"));
        };
        if told != self.tally.finish() {
            return Err(self.damaged(start, "the footer is that of other entries"));
        }
        let mut more = [0];
        let more = self
            .from
            .read(&mut more)
            .map_err(CheckpointError::io("reading", &self.file))?;
        if more > 0 {
            return Err(self.damaged(self.offset, "something follows its end"));
        }
        Ok(())
    }

    /// Reads into `packed`, which grows with what is there and not with what is asked for.
    fn read_exactly(&mut self, count: usize) -> Result<(), CheckpointError> {
        self.packed.clear();
        let read = self
            .from
            .by_ref()
            .take(count as u64)
            .read_to_end(&mut self.packed)
            .map_err(CheckpointError::io("reading", &self.file))?;
        self.offset += read as u64;
        if read < count {
            return Err(self.damaged(self.offset, "it ends too early"));
        }
        Ok(())
    }

    fn damaged(&self, offset: u64, what: &'static str) -> CheckpointError {
        CheckpointError::Damaged {
            file: self.file.clone(),
            offset,
            what,
        }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Row, CheckpointError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let row = self.read_row().transpose();
        self.over = !matches!(row, Some(Ok(_)));
        row
    }
}

impl Header {
    fn decode(file: &str, bytes: &[u8]) -> Result<Self, CheckpointError> {
        let damaged = |what| CheckpointError::Damaged {
            file: file.to_owned(),
            offset: 0,
            what,
        };
        let newer = |what, found, supported| CheckpointError::NewerFormat {
            file: file.to_owned(),
            what,
            found,
            supported,
        };
        let Some(mut rest) = bytes.strip_prefix(&MAGIC) else {
            let file = file.to_owned();
            return Err(CheckpointError::Stranger { file });
        };
        // A newer header may look different behind this number.
        let format = take(&mut rest).map(u32::from_be_bytes);
        if let Some(found) = format.filter(|format| *format > FORMAT) {
            return Err(newer("format", found, FORMAT));
        }
        if checked(bytes).is_none() {
            return Err(damaged("the header does not match its checksum"));
        }
        let header = Self::fields(&mut rest).ok_or_else(|| damaged("the header is too short"))?;
        if header.records > RECORDS {
            return Err(newer("records of format", header.records, RECORDS));
        }
        Ok(header)
    }

    fn fields(rest: &mut &[u8]) -> Option<Self> {
        Some(Header {
            records: u32::from_be_bytes(take(rest)?),
            position: Position::from_number(u64::from_be_bytes(take(rest)?)),
            time: i64::from_be_bytes(take(rest)?),
            chain: take(rest)?,
        })
    }
}

impl Content {
    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = checked(bytes)?;
        Some(Content {
            entries: u64::from_be_bytes(take(&mut rest)?),
            bytes: u64::from_be_bytes(take(&mut rest)?),
            hash: take(&mut rest)?,
        })
    }
}

/// What is in front of the checksum at the end, if that is right.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (rest, checksum) = bytes.split_last_chunk::<4>()?;
    (crc32fast::hash(rest) == u32::from_be_bytes(*checksum)).then_some(rest)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}
