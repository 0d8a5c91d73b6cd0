//! Is it a text file or a workbook, and which rows does it have?

use std::io::{Cursor, Read};

use super::cell::Cell;
use super::fault::InputFault;
use super::import::ImportOptions;
#[cfg(feature = "sheets")]
use super::sheet::{Book, Sheet};
use super::table::Table;
use crate::error::Failure;

/// A file of which the kind is known.
pub(super) enum Source<'r> {
    Text(Box<dyn Read + 'r>),
    #[cfg(feature = "sheets")]
    Book(Box<Book>),
}

/// The rows of a file, after its header.
pub(super) enum Rows<'s> {
    Text(Box<Table<'s>>),
    #[cfg(feature = "sheets")]
    Sheet(Box<Sheet<'s>>),
}

/// One row: the line where it begins, and its cells or why it cannot be used.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) cells: Result<Vec<Cell>, Failure>,
}

/// How XLSX and ODS begin: both are zip archives.
const ZIP: [u8; 4] = *b"PK\x03\x04";
/// How workbooks of before 2007 begin, and newer ones that are encrypted.
const OLD_BOOK: [u8; 4] = [0xd0, 0xcf, 0x11, 0xe0];

impl<'r> Source<'r> {
    /// Looks at how the file begins.
    pub(super) fn open(mut input: impl Read + 'r) -> Result<Self, InputFault> {
        let mut start = Vec::new();
        input
            .by_ref()
            .take(ZIP.len() as u64)
            .read_to_end(&mut start)
            .map_err(InputFault::Read)?;
        if start == OLD_BOOK {
            return Err(InputFault::OldBook);
        }
        let is_book = start == ZIP;
        let whole = Cursor::new(start).chain(input);
        if !is_book {
            return Ok(Self::Text(Box::new(whole)));
        }
        #[cfg(feature = "sheets")]
        return Ok(Self::Book(Box::new(Book::read(whole)?)));
        #[cfg(not(feature = "sheets"))]
        Err(InputFault::NoSheets)
    }

    /// The rows of the file, or of one sheet of the workbook.
    pub(super) fn rows(
        &mut self,
        options: &ImportOptions,
        #[cfg_attr(
            not(feature = "sheets"),
            expect(unused_variables, reason = "only a workbook has sheets")
        )]
        sheet: Option<&str>,
    ) -> Result<Rows<'_>, InputFault> {
        match self {
            Self::Text(input) => {
                if let Some(sheet) = options.sheet.as_deref() {
                    return Err(InputFault::NoBook(sheet.to_owned()));
                }
                let (encoding, delimiter) = (options.encoding.as_deref(), options.delimiter);
                Table::open(input, encoding, delimiter).map(|table| Rows::Text(Box::new(table)))
            }
            #[cfg(feature = "sheets")]
            Self::Book(book) => {
                let sheet = options.sheet.as_deref().or(sheet);
                book.sheet(sheet).map(|sheet| Rows::Sheet(Box::new(sheet)))
            }
        }
    }
}

impl Rows<'_> {
    pub(super) fn headers(&self) -> &[String] {
        match self {
            Self::Text(table) => table.headers(),
            #[cfg(feature = "sheets")]
            Self::Sheet(sheet) => sheet.headers(),
        }
    }

    /// The next row that has something in it.
    pub(super) fn next(&mut self) -> Result<Option<Row>, InputFault> {
        match self {
            Self::Text(table) => table.next(),
            #[cfg(feature = "sheets")]
            Self::Sheet(sheet) => sheet.next(),
        }
    }

    /// The encoding of a text file, where nothing but its bytes says it.
    pub(super) fn guessed_encoding(&self) -> Option<&'static str> {
        match self {
            Self::Text(table) => table.guessed.then(|| table.encoding()),
            #[cfg(feature = "sheets")]
            Self::Sheet(_) => None,
        }
    }

    /// Rows of nothing but empty cells, as spreadsheets leave them in text files; they are no rows.
    pub(super) fn blank(&self) -> u64 {
        match self {
            Self::Text(table) => table.blank,
            #[cfg(feature = "sheets")]
            Self::Sheet(_) => 0,
        }
    }

    /// Whether the days of the workbook are counted from 1904.
    pub(super) fn counts_from_1904(&self) -> bool {
        match self {
            Self::Text(_) => false,
            #[cfg(feature = "sheets")]
            Self::Sheet(sheet) => sheet.from_1904,
        }
    }
}
