//! Which rows does a sheet of a workbook have?
//!
//! Cell by cell, never as a rectangle: one cell far to the right would make one of gigabytes.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use chrono::{NaiveDate, NaiveDateTime};
use zip::ZipArchive;

use super::cell::Cell;
use super::fault::InputFault;
use super::measure::{BOOK_LIMIT, damaged, measure};
use super::ods;
use super::source::Row;
use crate::error::Failure;
use crate::locale::fold_text;
use crate::schema::did_you_mean;

/// No table of people or sales has more columns.
pub(super) const MOST_COLUMNS: u32 = 1_000;

type Bytes = Cursor<Vec<u8>>;

/// A workbook in memory, as packed as it was in the file.
pub(super) struct Book {
    kind: Kind,
    from_1904: bool,
}

#[allow(clippy::large_enum_variant, reason = "the book itself is boxed")]
enum Kind {
    Xlsx(Xlsx<Bytes>),
    Ods(ZipArchive<Bytes>),
}

/// A sheet that is being read.
pub(super) struct Sheet<'b> {
    cells: Cells<'b>,
    headers: Vec<String>,
    pub(super) from_1904: bool,
}

/// Rows with something in them: their number, counted from 0, and their cells by column.
pub(super) type Cellular = (u32, Vec<(u32, Cell)>);

#[allow(clippy::large_enum_variant, reason = "the sheet itself is boxed")]
enum Cells<'b> {
    Xlsx {
        reader: XlsxCellReader<'b, Bytes>,
        /// The first cell of the row after.
        next: Option<(u32, u32, Cell)>,
        over: bool,
    },
    Ods(ods::Cells<'b>),
}

impl Book {
    /// Takes in a workbook that is not too large, and looks that it is no bomb.
    pub(super) fn read(input: impl Read) -> Result<Self, InputFault> {
        let mut bytes = Vec::new();
        input
            .take(BOOK_LIMIT + 1)
            .read_to_end(&mut bytes)
            .map_err(InputFault::Read)?;
        if bytes.len() as u64 > BOOK_LIMIT {
            let what = "it is larger than 256 MiB; save it as CSV, or in parts";
            return Err(InputFault::BadBook(what.to_owned()));
        }
        measure(&bytes)?;
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        if archive.index_for_name(ods::CONTENT).is_some() {
            let kind = Kind::Ods(archive);
            return Ok(Self {
                kind,
                from_1904: false,
            });
        }
        let from_1904 = counts_from_1904(&mut archive);
        let bytes = archive.into_inner();
        let book = Xlsx::new(bytes).map_err(fault)?;
        Ok(Self {
            kind: Kind::Xlsx(book),
            from_1904,
        })
    }

    /// The sheet of a name; without one, the only sheet that has anything in it.
    pub(super) fn sheet(&mut self, name: Option<&str>) -> Result<Sheet<'_>, InputFault> {
        let known = self.names()?;
        let name = match name {
            Some(name) => named(&known, name)?,
            None => self.only(known)?,
        };
        let cells = match &mut self.kind {
            Kind::Xlsx(book) => Cells::xlsx(book, &name)?,
            Kind::Ods(archive) => Cells::Ods(ods::Cells::open(archive, &name)?),
        };
        let mut sheet = Sheet {
            cells,
            headers: Vec::new(),
            from_1904: self.from_1904,
        };
        let Some((_, row)) = sheet.cells.next()? else {
            return Err(InputFault::Empty);
        };
        for (column, cell) in row {
            let column = column as usize;
            sheet.headers.resize(column, String::new());
            sheet.headers.push(cell.text().trim().to_owned());
        }
        Ok(sheet)
    }

    /// The visible sheets with cells, in their order.
    fn names(&mut self) -> Result<Vec<String>, InputFault> {
        match &mut self.kind {
            Kind::Xlsx(book) => {
                let sheets = book.sheets_metadata().iter().filter(|sheet| {
                    sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible
                });
                Ok(sheets.map(|sheet| sheet.name.clone()).collect())
            }
            Kind::Ods(archive) => ods::names(archive),
        }
    }

    fn only(&mut self, mut known: Vec<String>) -> Result<String, InputFault> {
        if let [name] = known.as_slice() {
            return Ok(name.clone());
        }
        if let Kind::Xlsx(book) = &mut self.kind {
            let mut filled = Vec::new();
            for name in known {
                if Cells::xlsx(book, &name)?.next()?.is_some() {
                    filled.push(name);
                }
            }
            known = filled;
        }
        match known.as_slice() {
            [] => Err(InputFault::Empty),
            [name] => Ok(name.clone()),
            several => Err(InputFault::SeveralSheets(several.join(", "))),
        }
    }
}

fn named(known: &[String], name: &str) -> Result<String, InputFault> {
    let wanted = fold_text(name);
    let found = known.iter().find(|known| fold_text(known) == wanted);
    found.cloned().ok_or_else(|| InputFault::NoSuchSheet {
        name: name.to_owned(),
        near: did_you_mean(name, known.iter().map(String::as_str)),
        known: known.join(", "),
    })
}

/// Whether the workbook counts its days from 1904, as those of old Macs do.
fn counts_from_1904(archive: &mut ZipArchive<Bytes>) -> bool {
    let mut text = String::new();
    let Ok(part) = archive.by_name("xl/workbook.xml") else {
        return false;
    };
    // It is a few kilobytes, and says so at its beginning.
    let read = part.take(1 << 20).read_to_string(&mut text);
    read.is_ok()
        && ["date1904=\"1\"", "date1904=\"true\""]
            .iter()
            .any(|said| text.contains(said))
}

fn fault(fault: XlsxError) -> InputFault {
    match fault {
        XlsxError::Password => InputFault::OldBook,
        fault => InputFault::BadBook(format!("it is damaged: {fault}")),
    }
}

impl<'b> Cells<'b> {
    fn xlsx(book: &'b mut Xlsx<Bytes>, name: &str) -> Result<Self, InputFault> {
        let reader = book.worksheet_cells_reader(name).map_err(fault)?;
        Ok(Self::Xlsx {
            reader,
            next: None,
            over: false,
        })
    }

    fn next(&mut self) -> Result<Option<Cellular>, InputFault> {
        let (reader, next, over) = match self {
            Self::Ods(cells) => return cells.next(),
            Self::Xlsx { reader, next, over } => (reader, next, over),
        };
        let mut row = next
            .take()
            .map(|(row, column, cell)| (row, vec![(column, cell)]));
        while !*over {
            let Some(cell) = reader.next_cell().map_err(fault)? else {
                *over = true;
                break;
            };
            let (at, column) = cell.get_position();
            let Some(value) = value(cell.get_value())? else {
                continue;
            };
            reachable(at, column)?;
            match &mut row {
                None => row = Some((at, vec![(column, value)])),
                Some((current, cells)) if *current == at => {
                    if cells.last().is_some_and(|(last, _)| *last >= column) {
                        return Err(disordered(at));
                    }
                    cells.push((column, value));
                }
                Some((current, _)) if *current > at => return Err(disordered(at)),
                Some(_) => {
                    *next = Some((at, column, value));
                    break;
                }
            }
        }
        Ok(row)
    }
}

fn disordered(row: u32) -> InputFault {
    let row = u64::from(row) + 1;
    InputFault::BadBook(format!(
        "the cells of row {row} are not in their order; save it anew and import that"
    ))
}

/// Refuses a cell that lies where no table reaches.
pub(super) fn reachable(row: u32, column: u32) -> Result<(), InputFault> {
    if column < MOST_COLUMNS {
        return Ok(());
    }
    let cell = format!("{}{}", letters(column), u64::from(row) + 1);
    Err(InputFault::BadBook(format!(
        "it has something in cell {cell}, beyond the {MOST_COLUMNS} columns that a table may have; clear it and import again"
    )))
}

/// `A`, `XFD`.
pub(super) fn letters(column: u32) -> String {
    let mut rest = u64::from(column) + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

fn value(data: &DataRef<'_>) -> Result<Option<Cell>, InputFault> {
    let cell = match data {
        DataRef::Empty => return Ok(None),
        #[allow(
            clippy::cast_precision_loss,
            reason = "a workbook's whole numbers are floats"
        )]
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::String(text) | DataRef::DurationIso(text) => Cell::Text(text.clone()),
        DataRef::SharedString(text) => Cell::Text((*text).to_owned()),
        DataRef::Bool(yes) => Cell::Flag(*yes),
        DataRef::DateTime(at) if at.is_duration() => Cell::Number(at.as_f64()),
        DataRef::DateTime(at) => {
            let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
            let date = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into());
            let at_time = |day: NaiveDate| {
                day.and_hms_milli_opt(hour.into(), minute.into(), second.into(), milli.into())
            };
            // 29 February 1900, which Excel alone knows.
            date.and_then(at_time)
                .map_or_else(|| Cell::Number(at.as_f64()), Cell::Moment)
        }
        DataRef::DateTimeIso(text) => moment(text),
        DataRef::Error(error) => Cell::Fault(error.to_string()),
    };
    Ok((!cell.is_blank()).then_some(cell))
}

/// A day or moment as ISO 8601 writes it; text where it is none.
pub(super) fn moment(text: &str) -> Cell {
    let plain = text.trim_end_matches('Z');
    let day = |text: &str| text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0);
    plain
        .parse::<NaiveDateTime>()
        .ok()
        .or_else(|| day(plain))
        .map_or_else(|| Cell::Text(text.to_owned()), Cell::Moment)
}

impl Sheet<'_> {
    pub(super) fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The next row that has something in it.
    pub(super) fn next(&mut self) -> Result<Option<Row>, InputFault> {
        let Some((at, row)) = self.cells.next()? else {
            return Ok(None);
        };
        let line = u64::from(at) + 1;
        let mut cells = vec![Cell::Text(String::new()); self.headers.len()];
        for (column, cell) in row {
            let Some(place) = cells.get_mut(column as usize) else {
                let column = letters(column);
                let what = format!("column {column} has no header and the row has something in it");
                let failure = Failure::new("ragged-row", what);
                return Ok(Some(Row {
                    line,
                    cells: Err(failure),
                }));
            };
            *place = cell;
        }
        Ok(Some(Row {
            line,
            cells: Ok(cells),
        }))
    }
}
