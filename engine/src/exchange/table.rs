//! Which rows does a CSV file have?
//!
//! A row with more or fewer cells than the header is never shifted into place: it is refused with its line.

use std::io::{self, Read};

use csv::ByteRecord;

use super::cell::Cell;
use super::encoding::{self, UNREADABLE};
use super::fault::InputFault;
use super::source::Row;
use crate::error::Failure;
use crate::locale::fold_text;

/// The longest cell.
const CELL_LIMIT: usize = 1 << 20;
/// The longest row. Only a quote that is never closed makes one.
const ROW_LIMIT: u64 = 16 << 20;

/// A CSV file that is being read, in constant memory.
pub(super) struct Table<'r> {
    reader: csv::Reader<Guard<Box<dyn Read + 'r>>>,
    record: ByteRecord,
    headers: Vec<String>,
    encoding: &'static str,
    pub(super) guessed: bool,
    delimiter: u8,
    /// Rows of nothing but empty cells, as spreadsheets leave them at the end; they are no rows.
    pub(super) blank: u64,
    over: bool,
}

impl<'r> Table<'r> {
    /// Finds out encoding, delimiter and header.
    pub(super) fn open(
        input: impl Read + 'r,
        encoding: Option<&str>,
        delimiter: Option<char>,
    ) -> Result<Self, InputFault> {
        let delimiter = delimiter
            .map(|c| {
                u8::try_from(c)
                    .ok()
                    .filter(|b| ok_delimiter(*b))
                    .ok_or(InputFault::Delimiter(c))
            })
            .transpose()?;
        let decoded = encoding::decode(input, encoding)?;
        let delimiter = delimiter.unwrap_or_else(|| sniff(&decoded.sample));
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(Guard::new(decoded.reader));
        let mut table = Self {
            reader,
            record: ByteRecord::new(),
            headers: Vec::new(),
            encoding: decoded.encoding.name(),
            guessed: decoded.guessed,
            delimiter,
            blank: 0,
            over: false,
        };
        if !table.advance()? {
            return Err(InputFault::Empty);
        }
        let headers = table
            .texts()
            .map_err(|_| InputFault::Header(table.encoding))?;
        table.headers = headers
            .iter()
            .map(|header| header.trim().to_owned())
            .collect();
        if table.headers.iter().all(String::is_empty) {
            return Err(InputFault::Empty);
        }
        Ok(table)
    }

    pub(super) fn headers(&self) -> &[String] {
        &self.headers
    }

    pub(super) fn encoding(&self) -> &'static str {
        self.encoding
    }

    /// The next row that has something in it.
    pub(super) fn next(&mut self) -> Result<Option<Row>, InputFault> {
        while !self.over {
            let begin = self.reader.position().line()
                + u64::from(self.reader.get_ref().returns == Some(true));
            match self.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(InputFault::Read(fault)) if fault.kind() == io::ErrorKind::FileTooLarge => {
                    self.over = true;
                    let failure = match self.reader.get_ref().odd_quotes {
                        false => endless(),
                        true => unclosed(),
                    };
                    return Ok(Some(Row {
                        line: begin,
                        cells: Err(failure),
                    }));
                }
                Err(fault) => return Err(fault),
            }
            if self.record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                self.blank += 1;
                continue;
            }
            return Ok(Some(Row {
                line: self.line(),
                cells: self
                    .cells()
                    .map(|texts| texts.into_iter().map(Cell::Text).collect()),
            }));
        }
        Ok(None)
    }

    fn advance(&mut self) -> Result<bool, InputFault> {
        self.reader.get_mut().since_row = 0;
        self.reader
            .read_byte_record(&mut self.record)
            .map_err(|fault| match fault.into_kind() {
                csv::ErrorKind::Io(fault) => InputFault::Read(fault),
                other => InputFault::Read(io::Error::other(csv_fault(&other))),
            })
    }

    /// Where the row begins. The reader counts line feeds only, so blank lines before a row, line breaks in its cells
    /// and the way in which lines end must be taken into account.
    fn line(&self) -> u64 {
        let guard = self.reader.get_ref();
        let breaks: usize = self
            .record
            .iter()
            .map(|cell| cell.iter().filter(|b| **b == b'\n').count())
            .sum();
        let own = u64::from(guard.returns != Some(true) && !guard.ended);
        self.reader
            .position()
            .line()
            .saturating_sub(breaks as u64 + own)
            .max(1)
    }

    fn cells(&self) -> Result<Vec<String>, Failure> {
        let guard = self.reader.get_ref();
        let several_lines = self.record.iter().any(|cell| cell.contains(&b'\n'));
        if several_lines && guard.ended && guard.odd_quotes {
            return Err(unclosed());
        }
        let (expected, actual) = (self.headers.len(), self.record.len());
        if expected != actual {
            let delimiter = if self.delimiter == b'\t' {
                "tab".to_owned()
            } else {
                format!("'{}'", char::from(self.delimiter))
            };
            let cause = if actual > expected {
                format!("a value with a {delimiter} in it needs quotes around it")
            } else {
                "cells are missing".to_owned()
            };
            return Err(Failure::new(
                "ragged-row",
                format!("the row has {actual} cells and the header has {expected}; {cause}"),
            ));
        }
        if let Some(at) = self.record.iter().position(|cell| cell.len() > CELL_LIMIT) {
            let header = self.headers.get(at).map_or("", String::as_str);
            return Err(Failure::field(
                header,
                "cell-too-long",
                "the cell is longer than 1 MiB; a quote is probably not closed",
            ));
        }
        self.texts()
    }

    fn texts(&self) -> Result<Vec<String>, Failure> {
        let unreadable = |at: usize| {
            let header = self.headers.get(at).map_or("", String::as_str);
            Failure::field(
                header,
                "encoding",
                format!(
                    "the cell cannot be read as {}; name the file's encoding",
                    self.encoding
                ),
            )
        };
        self.record
            .iter()
            .enumerate()
            .map(|(at, cell)| {
                let text = std::str::from_utf8(cell).map_err(|_| unreadable(at))?;
                if text.contains('\0') {
                    let header = self.headers.get(at).map_or("", String::as_str);
                    return Err(Failure::field(
                        header,
                        "nul-byte",
                        "the cell has a NUL byte in it; the file is damaged or not text",
                    ));
                }
                // In UTF-8 the sign can be in the file itself; in another encoding only a fault makes it.
                if self.encoding != "UTF-8" && text.contains(UNREADABLE) {
                    return Err(unreadable(at));
                }
                Ok(text.to_owned())
            })
            .collect()
    }

    /// Where a column is, by folded header.
    pub(super) fn find(headers: &[String], header: &str) -> Vec<usize> {
        let wanted = fold_text(header);
        headers
            .iter()
            .enumerate()
            .filter(|(_, known)| fold_text(known) == wanted)
            .map(|(at, _)| at)
            .collect()
    }
}

fn unclosed() -> Failure {
    Failure::new(
        "unclosed-quote",
        "a quote that opens in this row is never closed, so the rest of the file is in it and was not imported; close it and import again",
    )
}

fn endless() -> Failure {
    Failure::new(
        "row-too-long",
        "the row is longer than 16 MiB, so it and what follows was not imported; the file is no table, or its line breaks were lost",
    )
}

fn csv_fault(kind: &csv::ErrorKind) -> &'static str {
    match kind {
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8",
        _ => "its rows cannot be told apart",
    }
}

fn ok_delimiter(byte: u8) -> bool {
    byte == b'\t' || (byte.is_ascii_punctuation() && byte != b'"')
}

/// The delimiter by which the first rows have equally many cells, and the most.
fn sniff(sample: &str) -> u8 {
    let score = |delimiter: u8| {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(sample.as_bytes());
        let widths: Vec<usize> = reader
            .byte_records()
            .take(20)
            .map_while(Result::ok)
            .map(|record| record.len())
            .collect();
        let header = widths.first().copied().unwrap_or(0);
        let agree = widths.iter().filter(|width| **width == header).count();
        (header > 1, agree, header)
    };
    // The last of equals wins, so the comma comes last.
    [b'|', b'\t', b';', b',']
        .into_iter()
        .max_by_key(|delimiter| score(*delimiter))
        .unwrap_or(b',')
}

/// Watches what the CSV reader is fed.
struct Guard<R> {
    inner: R,
    since_row: u64,
    odd_quotes: bool,
    ended: bool,
    /// Whether lines end with CR LF: known from the first one.
    returns: Option<bool>,
    last: u8,
}

impl<R: Read> Guard<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            since_row: 0,
            odd_quotes: false,
            ended: false,
            returns: None,
            last: 0,
        }
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.since_row > ROW_LIMIT {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "a row is longer than 16 MiB",
            ));
        }
        let got = self.inner.read(into)?;
        let bytes = into.get(..got).unwrap_or_default();
        self.ended = bytes.is_empty() && !into.is_empty();
        self.since_row += got as u64;
        if bytes.iter().filter(|b| **b == b'"').count() % 2 == 1 {
            self.odd_quotes = !self.odd_quotes;
        }
        if self.returns.is_none()
            && let Some(at) = bytes.iter().position(|b| *b == b'\n')
        {
            let before = at
                .checked_sub(1)
                .and_then(|at| bytes.get(at))
                .copied()
                .unwrap_or(self.last);
            self.returns = Some(before == b'\r');
        }
        self.last = bytes.last().copied().unwrap_or(self.last);
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::print_stderr)]
    use super::*;

    type Told = (u64, Result<Vec<String>, String>);

    fn rows(text: &[u8]) -> (Vec<String>, Vec<Told>) {
        let mut table = Table::open(text, None, None).unwrap();
        let mut rows = Vec::new();
        while let Some(row) = table.next().unwrap() {
            let texts =
                |cells: Vec<Cell>| cells.iter().map(|cell| cell.text().into_owned()).collect();
            rows.push((
                row.line,
                row.cells.map(texts).map_err(|failure| failure.code),
            ));
        }
        (table.headers.clone(), rows)
    }

    fn good(line: u64, cells: &[&str]) -> Told {
        (
            line,
            Ok(cells.iter().map(|cell| (*cell).to_owned()).collect()),
        )
    }

    #[test]
    fn the_delimiter_is_found() {
        for text in [
            "name;city\n\"Parsa, Co\";1,5\n",
            "name\tcity\n\"Parsa, Co\"\t1,5\n",
            "name|city\n\"Parsa, Co\"|1,5\n",
            "name,city\n\"Parsa, Co\",\"1,5\"\n",
        ] {
            assert_eq!(
                rows(text.as_bytes()),
                (
                    vec!["name".to_owned(), "city".to_owned()],
                    vec![good(2, &["Parsa, Co", "1,5"])]
                ),
                "{text}"
            );
        }
        assert_eq!(rows(b"name\nA\n").1, [good(2, &["A"])]);
    }

    #[test]
    fn a_row_of_another_width_is_refused_with_its_line_and_not_shifted() {
        for end in ["\n", "\r\n"] {
            let text = ["a,b", "1,2", "", "1,2,3", "\"x", "y\",2", "1", "5,6"].join(end);
            let lined = format!("x{end}y");
            let told = [
                good(2, &["1", "2"]),
                (4, Err("ragged-row".to_owned())),
                good(5, &[lined.as_str(), "2"]),
                (7, Err("ragged-row".to_owned())),
                good(8, &["5", "6"]),
            ];
            assert_eq!(rows(text.as_bytes()).1, told);
            assert_eq!(rows(format!("{text}{end}").as_bytes()).1, told);
        }
        let mut table = Table::open(&b"a,b\n1,2,3\n"[..], None, None).unwrap();
        let message = table.next().unwrap().unwrap().cells.unwrap_err().message;
        assert!(
            message.contains("3 cells")
                && message.contains("header has 2")
                && message.contains("','"),
            "{message}"
        );
    }

    #[test]
    fn a_quote_that_is_never_closed_does_not_swallow_the_file_in_silence() {
        let text = b"a,b\n1,2\n3,\"x\n4,5\n6,7\n";
        assert_eq!(
            rows(text).1,
            [good(2, &["1", "2"]), (3, Err("unclosed-quote".to_owned()))]
        );
        let mut huge = b"a,b\n1,\"".to_vec();
        huge.resize(ROW_LIMIT as usize + (1 << 20), b'x');
        let (_, told) = rows(&huge);
        assert_eq!(told, [(2, Err("unclosed-quote".to_owned()))]);
    }

    /// A line without an end, and how much of it was asked for.
    struct Endless(u64);

    impl Read for &mut Endless {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            into.fill(b'x');
            if self.0 == 0 {
                into.iter_mut()
                    .zip(b"a,b\n1,2\n")
                    .for_each(|(to, from)| *to = *from);
            }
            self.0 += into.len() as u64;
            Ok(into.len())
        }
    }

    #[test]
    fn a_line_of_gigabytes_is_given_up_after_a_few_mebibytes() {
        let mut endless = Endless(0);
        let mut table = Table::open(&mut endless, Some("utf-8"), None).unwrap();
        assert!(table.next().unwrap().unwrap().cells.is_ok());
        let failure = table.next().unwrap().unwrap().cells.unwrap_err();
        assert_eq!(
            (failure.code.as_str(), table.next().unwrap().is_none()),
            ("row-too-long", true)
        );
        drop(table);
        assert!(endless.0 < 3 * ROW_LIMIT, "{}", endless.0);
    }

    #[test]
    fn a_cell_that_cannot_be_kept_refuses_its_row_alone() {
        let long = "x".repeat(CELL_LIMIT + 1);
        let text = [
            b"a,b\n1,2\n\0,2\n",
            long.as_bytes(),
            b",2\n\xff\xfe,2\n3,4\n",
        ]
        .concat();
        let mut table = Table::open(text.as_slice(), Some("utf-8"), None).unwrap();
        let mut codes = Vec::new();
        while let Some(row) = table.next().unwrap() {
            codes.push(row.cells.map_or_else(
                |failure| failure.code,
                |cells| cells.iter().map(Cell::text).collect(),
            ));
        }
        assert_eq!(codes, ["12", "nul-byte", "cell-too-long", "encoding", "34"]);
    }

    #[test]
    fn an_empty_file_is_told_and_empty_rows_are_none() {
        for text in ["", "\n\n", "\u{feff}", ",,\n1,2,3\n"] {
            assert!(
                matches!(
                    Table::open(text.as_bytes(), None, None),
                    Err(InputFault::Empty)
                ),
                "{text:?}"
            );
        }
        let mut table = Table::open(&b"a,b\n1,2\n,\n , \n"[..], None, None).unwrap();
        assert!(table.next().unwrap().is_some() && table.next().unwrap().is_none());
        assert_eq!(table.blank, 2);
    }

    #[test]
    fn the_shifted_rows_of_a_real_file_are_refused() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../shared/data/northwind/customers.csv"
        );
        let Ok(text) = std::fs::read(path) else {
            eprintln!("skipped: {path} is not there");
            return;
        };
        let (headers, rows) = rows(&text);
        let refused = rows
            .iter()
            .filter(|(_, cells)| cells.as_ref().is_err_and(|code| code == "ragged-row"))
            .count();
        assert_eq!((headers.len(), rows.len(), refused), (11, 91, 24));
    }
}
