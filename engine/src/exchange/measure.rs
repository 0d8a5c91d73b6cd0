//! Is a workbook as large as it says, and small enough to be read?
//!
//! A workbook is a zip archive of XML. Every part is inflated once, into nothing, before anything is made of it: what an
//! archive says of its own size may be a lie, and a reader of XML holds what stands between two tags in memory.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::fault::InputFault;

/// The largest workbook as it lies on the disk.
pub(super) const BOOK_LIMIT: u64 = 256 << 20;
/// What all parts of a workbook may come to.
const INFLATED_LIMIT: u64 = 4 << 30;
/// From here on a part must not be more than [`MOST_RATIO`] times what it is in the file.
const UNSUSPICIOUS: u64 = 16 << 20;
/// Sheets are packed to a tenth, to a fortieth at best.
const MOST_RATIO: u64 = 200;
/// The longest text between two tags, or tag.
const RUN_LIMIT: usize = 4 << 20;
const MOST_PARTS: usize = 10_000;

/// How much of a part is held in memory at once, and so how large it may be: in bytes, and in tags.
fn limits(name: &str) -> (u64, u64) {
    if name.contains("worksheets/") || name == "content.xml" {
        (INFLATED_LIMIT, u64::MAX)
    } else if name.ends_with("sharedStrings.xml") {
        (256 << 20, 24_000_000)
    } else {
        (64 << 20, 4_000_000)
    }
}

/// Reads all of an archive, and says no to what would not fit.
pub(super) fn measure(bytes: &[u8]) -> Result<(), InputFault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > MOST_PARTS {
        let what = format!("it has {} parts, and a workbook has a few", archive.len());
        return Err(InputFault::BadBook(what));
    }
    let mut total = 0;
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).map_err(damaged)?;
        if part.encrypted() {
            return Err(InputFault::OldBook);
        }
        let name = part.name().map_err(damaged)?.into_owned();
        let (packed, text) = (part.compressed_size(), is_xml(&name));
        let mut scan = Scan::new(&name, packed, text);
        let mut buffer = [0; 1 << 16];
        loop {
            let got = part.read(&mut buffer).map_err(|fault| {
                InputFault::BadBook(format!("its part '{name}' is damaged: {fault}"))
            })?;
            if got == 0 {
                break;
            }
            scan.take(buffer.get(..got).unwrap_or_default())?;
            if total + scan.size > INFLATED_LIMIT {
                return Err(too_large("its sheets come to more than 4 GiB"));
            }
        }
        total += scan.size;
    }
    Ok(())
}

fn is_xml(name: &str) -> bool {
    name.ends_with(".xml") || name.ends_with(".rels")
}

pub(super) fn damaged(fault: zip::result::ZipError) -> InputFault {
    InputFault::BadBook(format!("it is damaged: {fault}"))
}

fn too_large(what: &str) -> InputFault {
    InputFault::BadBook(format!("{what}; save it as CSV, or in parts"))
}

/// One part while it is read.
struct Scan<'n> {
    name: &'n str,
    packed: u64,
    size: u64,
    tags: u64,
    /// Bytes since the last tag began; comments and the like are as long as they are.
    run: usize,
    state: State,
    /// The last two bytes.
    last: [u8; 2],
    text: bool,
}

/// Where in the XML: a tag ends a run, but not inside of what is no tag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Plain,
    /// After `<`.
    Open,
    /// After `<!`.
    Bang,
    /// In a comment, CDATA or an instruction, which may hold tags and is one event: until these two and `>`.
    Until([u8; 2]),
    /// Of a document type, which no workbook has.
    Doctype,
}

impl<'n> Scan<'n> {
    fn new(name: &'n str, packed: u64, text: bool) -> Self {
        Self {
            name,
            packed,
            size: 0,
            tags: 0,
            run: 0,
            state: State::Plain,
            last: [0; 2],
            text,
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), InputFault> {
        self.size += bytes.len() as u64;
        let (most_bytes, most_tags) = limits(self.name);
        if self.size > UNSUSPICIOUS && self.size / self.packed.max(1) > MOST_RATIO {
            return Err(InputFault::BadBook(format!(
                "its part '{}' is more than {MOST_RATIO} times as large as it is in the file, which no sheet is; it was made to fill the memory",
                self.name
            )));
        }
        if self.size > most_bytes {
            return Err(too_large(&format!("its part '{}' is too large", self.name)));
        }
        if self.text {
            bytes.iter().for_each(|byte| self.byte(*byte));
        }
        if self.state == State::Doctype {
            let name = self.name;
            let what = format!("its part '{name}' declares a document type, which no workbook has");
            return Err(InputFault::BadBook(what));
        }
        if self.tags > most_tags {
            return Err(too_large(&format!("its part '{}' is too large", self.name)));
        }
        if self.run > RUN_LIMIT {
            return Err(InputFault::BadBook(format!(
                "its part '{}' has a text of more than 4 MiB, which no cell can hold",
                self.name
            )));
        }
        Ok(())
    }

    fn byte(&mut self, byte: u8) {
        self.run += 1;
        let [before, last] = self.last;
        self.state = match (self.state, byte) {
            (State::Open, b'!') => State::Bang,
            (State::Open, b'?') => State::Until(*b"\0?"),
            (State::Bang, b'-') => State::Until(*b"--"),
            (State::Bang, b'[') => State::Until(*b"]]"),
            (State::Bang | State::Doctype, _) => State::Doctype,
            (State::Until([first, second]), b'>')
                if second == last && (first == 0 || first == before) =>
            {
                State::Plain
            }
            (State::Until(end), _) => State::Until(end),
            (_, b'<') => {
                self.tags += 1;
                State::Open
            }
            (State::Open, _) => {
                self.run = 0;
                State::Plain
            }
            (State::Plain, _) => State::Plain,
        };
        self.last = [last, byte];
    }
}
