//! Which rows does a sheet of an OpenDocument spreadsheet have?
//!
//! Read as a stream of XML. A cell or a row may say that it stands there a million times: what is empty is passed over,
//! and what is not is told row by row, so that neither takes memory.

use std::io::{BufReader, Cursor};

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::ZipArchive;
use zip::read::ZipFile;

use super::cell::Cell;
use super::fault::InputFault;
use super::measure::damaged;
use super::sheet::{Cellular, moment, reachable};

/// The part with the sheets.
pub(super) const CONTENT: &str = "content.xml";

/// The longest text of a cell, as in a text file.
const TEXT_LIMIT: usize = 1 << 20;
const MOST_ROWS: u32 = 1 << 20;

type Bytes = Cursor<Vec<u8>>;
type Xml<'b> = Reader<BufReader<ZipFile<'b, Bytes>>>;

/// A sheet that is being read.
pub(super) struct Cells<'b> {
    xml: Xml<'b>,
    buffer: Vec<u8>,
    row: u32,
    /// A row that stands there several times, and how often yet.
    again: Option<(Vec<(u32, Cell)>, u32)>,
    over: bool,
}

/// The sheets that have something in them, in their order.
pub(super) fn names(archive: &mut ZipArchive<Bytes>) -> Result<Vec<String>, InputFault> {
    let mut xml = open(archive)?;
    let (mut buffer, mut names) = (Vec::new(), Vec::new());
    let mut current: Option<String> = None;
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(broken)? {
            Event::Start(tag) if tag.name().as_ref() == "table:table" => {
                current = attribute(&tag, "table:name");
            }
            Event::Start(tag) | Event::Empty(tag)
                if tag.name().as_ref() == "table:table-cell"
                    && attribute(&tag, "office:value-type").is_some() =>
            {
                names.extend(current.take());
            }
            Event::Eof => return Ok(names),
            _ => {}
        }
    }
}

fn open(archive: &mut ZipArchive<Bytes>) -> Result<Xml<'_>, InputFault> {
    let part = archive.by_name(CONTENT).map_err(damaged)?;
    Ok(Reader::from_reader(BufReader::new(part)))
}

fn broken(fault: quick_xml::Error) -> InputFault {
    InputFault::BadBook(format!("its part '{CONTENT}' is damaged: {fault}"))
}

fn cut() -> InputFault {
    InputFault::BadBook(format!("its part '{CONTENT}' ends in the middle"))
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok()??;
    Some(
        found
            .normalized_value(XmlVersion::Implicit1_0)
            .ok()?
            .into_owned(),
    )
}

fn number(tag: &BytesStart<'_>, name: &str) -> u32 {
    let text = attribute(tag, name);
    text.and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}

impl<'b> Cells<'b> {
    pub(super) fn open(archive: &'b mut ZipArchive<Bytes>, name: &str) -> Result<Self, InputFault> {
        let mut cells = Self {
            xml: open(archive)?,
            buffer: Vec::new(),
            row: 0,
            again: None,
            over: false,
        };
        loop {
            cells.buffer.clear();
            let event = cells.xml.read_event_into(&mut cells.buffer);
            match event.map_err(broken)? {
                Event::Start(tag)
                    if tag.name().as_ref() == "table:table"
                        && attribute(&tag, "table:name").as_deref() == Some(name) =>
                {
                    return Ok(cells);
                }
                Event::Eof => return Err(cut()),
                _ => {}
            }
        }
    }

    /// The next row with something in it.
    pub(super) fn next(&mut self) -> Result<Option<Cellular>, InputFault> {
        if let Some((cells, left)) = &mut self.again {
            let row = (self.row, cells.clone());
            *left -= 1;
            if *left == 0 {
                self.again = None;
            }
            self.row += 1;
            return Ok(Some(row));
        }
        while !self.over {
            self.buffer.clear();
            let event = self.xml.read_event_into(&mut self.buffer);
            let repeated = match event.map_err(broken)? {
                Event::Start(tag) if tag.name().as_ref() == "table:table-row" => {
                    number(&tag, "table:number-rows-repeated")
                }
                Event::Empty(tag) if tag.name().as_ref() == "table:table-row" => {
                    let repeated = number(&tag, "table:number-rows-repeated");
                    self.row = self.row.saturating_add(repeated);
                    continue;
                }
                Event::End(tag) if tag.name().as_ref() == "table:table" => {
                    self.over = true;
                    break;
                }
                Event::Eof => return Err(cut()),
                _ => continue,
            };
            let cells = self.cells()?;
            if cells.is_empty() {
                self.row = self.row.saturating_add(repeated);
                continue;
            }
            if self.row.saturating_add(repeated) > MOST_ROWS {
                let what = format!("it has something beyond row {MOST_ROWS}");
                return Err(InputFault::BadBook(what));
            }
            let row = self.row;
            self.row += 1;
            if repeated > 1 {
                self.again = Some((cells.clone(), repeated - 1));
            }
            return Ok(Some((row, cells)));
        }
        Ok(None)
    }

    /// The cells of a row, up to its end.
    fn cells(&mut self) -> Result<Vec<(u32, Cell)>, InputFault> {
        let (mut cells, mut column) = (Vec::new(), 0_u32);
        loop {
            self.buffer.clear();
            let event = self.xml.read_event_into(&mut self.buffer);
            let (said, repeated, whole) = match event.map_err(broken)? {
                Event::Start(tag) if is_cell(&tag) => (Said::of(&tag), repeat(&tag), true),
                Event::Empty(tag) if is_cell(&tag) => (Said::of(&tag), repeat(&tag), false),
                Event::End(tag) if tag.name().as_ref() == "table:table-row" => return Ok(cells),
                Event::Eof => return Err(cut()),
                _ => continue,
            };
            let text = if whole { self.text()? } else { String::new() };
            let first = column;
            column = column.saturating_add(repeated);
            let Some(cell) = said.cell(text) else {
                continue;
            };
            reachable(self.row, column - 1)?;
            cells.extend((first..column).map(|column| (column, cell.clone())));
        }
    }

    /// What a cell shows, up to its end; its paragraphs are lines.
    fn text(&mut self) -> Result<String, InputFault> {
        let (mut text, mut paragraphs, mut aside, mut depth) = (String::new(), 0, 0_u32, 0_u32);
        loop {
            self.buffer.clear();
            let event = self.xml.read_event_into(&mut self.buffer);
            match event.map_err(broken)? {
                Event::Start(tag) => match tag.name().as_ref() {
                    "office:annotation" => aside += 1,
                    "text:p" if aside == 0 => {
                        if paragraphs > 0 {
                            text.push('\n');
                        }
                        paragraphs += 1;
                        depth += 1;
                    }
                    _ => {}
                },
                Event::End(tag) => match tag.name().as_ref() {
                    "office:annotation" => aside = aside.saturating_sub(1),
                    "text:p" if aside == 0 => depth = depth.saturating_sub(1),
                    "table:table-cell" | "table:covered-table-cell" => return Ok(text),
                    _ => {}
                },
                Event::Empty(tag) if aside == 0 => match tag.name().as_ref() {
                    "text:s" => {
                        let spaces = number(&tag, "text:c").min(TEXT_LIMIT as u32) as usize;
                        text.extend(std::iter::repeat_n(' ', spaces));
                    }
                    "text:tab" => text.push('\t'),
                    "text:line-break" => text.push('\n'),
                    _ => {}
                },
                Event::Text(part) if aside == 0 && depth > 0 => {
                    text.push_str(&part.xml10_content())
                }
                Event::GeneralRef(part) if aside == 0 && depth > 0 => {
                    let known = quick_xml::escape::resolve_xml_entity(part.as_ref());
                    let sign = part.resolve_char_ref().ok().flatten();
                    text.extend(known.map(ToOwned::to_owned).or(sign.map(String::from)));
                }
                Event::Eof => return Err(cut()),
                _ => {}
            }
            if text.len() > TEXT_LIMIT {
                let row = self.row + 1;
                let what = format!("a cell of row {row} has a text of more than 1 MiB");
                return Err(InputFault::BadBook(what));
            }
        }
    }
}

fn is_cell(tag: &BytesStart<'_>) -> bool {
    matches!(
        tag.name().as_ref(),
        "table:table-cell" | "table:covered-table-cell"
    )
}

fn repeat(tag: &BytesStart<'_>) -> u32 {
    number(tag, "table:number-columns-repeated")
}

/// What a cell says of itself.
struct Said {
    kind: Option<String>,
    value: Option<String>,
}

impl Said {
    fn of(tag: &BytesStart<'_>) -> Self {
        let kind = attribute(tag, "office:value-type");
        let value = match kind.as_deref() {
            Some("float" | "percentage" | "currency") => attribute(tag, "office:value"),
            Some("date") => attribute(tag, "office:date-value"),
            Some("boolean") => attribute(tag, "office:boolean-value"),
            Some("string") => attribute(tag, "office:string-value"),
            _ => None,
        };
        Self { kind, value }
    }

    fn cell(self, text: String) -> Option<Cell> {
        let cell = match (self.kind.as_deref()?, self.value) {
            ("float" | "percentage" | "currency", Some(value)) => {
                value.parse().map_or(Cell::Text(text), Cell::Number)
            }
            ("date", Some(value)) => moment(&value),
            ("boolean", Some(value)) => Cell::Flag(value == "true"),
            // What LibreOffice shows where a formula failed.
            _ if is_fault(&text) => Cell::Fault(text),
            (_, Some(value)) => Cell::Text(value),
            (_, None) => Cell::Text(text),
        };
        (!cell.is_blank()).then_some(cell)
    }
}

fn is_fault(text: &str) -> bool {
    [
        "#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!",
    ]
    .contains(&text)
        || text.starts_with("Err:")
}
