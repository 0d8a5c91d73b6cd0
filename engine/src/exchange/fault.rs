//! What can be wrong with a file or a mapping as a whole?

use crate::error::{Error, ErrorKind};

/// Why an import cannot begin or go on. What is wrong with single rows is in the receipt instead.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputFault {
    #[error("the mapping is not TOML: line {line}: {message}")]
    NotToml { line: usize, message: String },
    #[error("mapping, {place}: there is no key '{key}'{near}; the keys are {known}")]
    UnknownKey {
        place: String,
        key: String,
        near: String,
        known: String,
    },
    #[error("mapping, {place}: {what}")]
    Mapping { place: String, what: String },
    #[error("the mapping has no [[import]] into '{into}'{near}; it has {known}")]
    NoImport {
        into: String,
        near: String,
        known: String,
    },
    #[error(
        "the mapping has {count} imports into '{into}' and none lists the file '{file}'; add it to the `files` of one"
    )]
    SeveralImports {
        into: String,
        count: usize,
        file: String,
    },
    #[error("there is no object '{name}'{near}")]
    UnknownObject { name: String, near: String },
    #[error("the file cannot be read: {0}")]
    Read(std::io::Error),
    #[error("the workbook cannot be read: {0}")]
    #[cfg_attr(
        not(feature = "sheets"),
        allow(dead_code, reason = "no workbook is read")
    )]
    BadBook(String),
    #[error(
        "the workbook is of before 2007 or has a password; save it as .xlsx without one and import that"
    )]
    OldBook,
    #[error("this build reads no workbooks; save the sheet as CSV and import that")]
    #[cfg_attr(feature = "sheets", allow(dead_code, reason = "workbooks are read"))]
    NoSheets,
    #[error("the file is no workbook and has no sheet '{0}'; leave the sheet out")]
    NoBook(String),
    #[error("the workbook has no sheet '{name}'{near}; its sheets are {known}")]
    #[cfg_attr(
        not(feature = "sheets"),
        allow(dead_code, reason = "no workbook is read")
    )]
    NoSuchSheet {
        name: String,
        near: String,
        known: String,
    },
    #[error("the workbook has several sheets; say which: {0}")]
    #[cfg_attr(
        not(feature = "sheets"),
        allow(dead_code, reason = "no workbook is read")
    )]
    SeveralSheets(String),
    #[error("the file is empty; its first line must name the columns")]
    Empty,
    #[error("there is no encoding '{0}'; use a name such as utf-8, windows-1256 or utf-16le")]
    UnknownEncoding(String),
    #[error("'{0}' cannot be a delimiter; use , ; | or a tab")]
    Delimiter(char),
    #[error("the header row cannot be read as {0}; name the file's encoding")]
    Header(&'static str),
    #[error("the file has no column '{header}'{near}; its columns are {headers}")]
    MissingColumn {
        header: String,
        near: String,
        headers: String,
    },
    #[error(
        "the file has {count} columns '{header}'; rename all but one, so that it is clear which is meant"
    )]
    DuplicateHeader { header: String, count: usize },
    #[error(
        "the column '{header}' mixes calendars: '{one}' and '{other}'; write `calendar = \"by-year\"` into the mapping if years before 1700 are Persian ones, or correct the file"
    )]
    MixedCalendars {
        header: String,
        one: String,
        other: String,
    },
    #[error(
        "the days of the column '{header}', such as '{example}', are of the Persian or of the Hijri calendar; write `calendar = \"jalali\"` or \"hijri\" into the mapping"
    )]
    WhichCalendar { header: String, example: String },
    #[error(
        "in the column '{header}', as in '{example}', the day or the month may come first; write `order = \"day-first\"` or \"month-first\" into the mapping"
    )]
    WhichOrder { header: String, example: String },
    #[error("the store answered {got} of {wanted} rows of a batch; the import was stopped")]
    Answers { got: usize, wanted: usize },
    #[error("the receipt does not add up: {rows} rows came in and {told} are accounted for")]
    Receipt { rows: u64, told: u64 },
}

impl InputFault {
    pub(super) fn mapping(place: &str, what: impl Into<String>) -> Self {
        Self::Mapping {
            place: place.to_owned(),
            what: what.into(),
        }
    }
}

impl From<InputFault> for Error {
    fn from(fault: InputFault) -> Self {
        let error = Self::new(ErrorKind::Input, fault.to_string());
        match fault {
            InputFault::Read(source) => error.because(source),
            _ => error,
        }
    }
}
