//! How is the host asked?

use super::binding::peyvand::plugin::{
    random as host_random, records as host_records, store as host_store, text as host_text,
};
use crate::columns::Kind;
use crate::records::{Got, Page, Query, ReadError, Selected};
use crate::text::{Calendar, CalendarDay};
use crate::value::Date;

/// A number that looks random.
pub fn random() -> u64 {
    host_random::number()
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn read_error(error: host_records::ReadError) -> ReadError {
    match error {
        host_records::ReadError::NotGranted(what) => ReadError::NotGranted(what),
        host_records::ReadError::Unknown(what) => ReadError::Unknown(what),
        host_records::ReadError::Invalid(what) => ReadError::Invalid(what),
        host_records::ReadError::TooMuch(what) => ReadError::TooMuch(what),
        host_records::ReadError::Unavailable(what) => ReadError::Unavailable(what),
    }
}

fn selected(object: &str, fields: &[&str], selection: host_records::Selection) -> Selected {
    let kinds = selection.kinds.into_iter().map(Kind::from).collect();
    Selected::new(object, fields, kinds, selection.rows.into())
}

/// Records by their ids.
pub fn get(object: &str, ids: &[&str], fields: &[&str]) -> Result<Got, ReadError> {
    let got = host_records::get(object, &owned(ids), &owned(fields)).map_err(read_error)?;
    Ok(Got {
        found: got.found.into_iter().map(|found| found != 0).collect(),
        selected: selected(object, fields, got.selected),
    })
}

/// Records that match.
pub fn query(query: &Query<'_>) -> Result<Page, ReadError> {
    let asked = host_records::Question {
        object: query.object.to_owned(),
        filter: query.filter.to_owned(),
        sort: query.sort.to_owned(),
        fields: owned(query.fields),
        limit: query.limit,
        after: query.after.map(str::to_owned),
    };
    let page = host_records::query(&asked).map_err(read_error)?;
    Ok(Page {
        selected: selected(query.object, query.fields, page.selected),
        next: page.next,
    })
}

/// How many records match.
pub fn count(object: &str, filter: &str) -> Result<u64, ReadError> {
    host_records::count(object, filter).map_err(read_error)
}

/// A value of the plugin's own store.
pub fn kept(key: &str) -> Option<Vec<u8>> {
    host_store::get(key)
}

/// Entries of the plugin's own store.
pub fn kept_under(prefix: &str, after: Option<&str>, limit: u32) -> Vec<(String, Vec<u8>)> {
    let entries = host_store::scan(prefix, after, limit).into_iter();
    entries.map(|entry| (entry.key, entry.value)).collect()
}

pub use host_text::{ascii_digits, fold, phone};

impl From<Calendar> for host_text::Calendar {
    fn from(calendar: Calendar) -> Self {
        match calendar {
            Calendar::Gregorian => Self::Gregorian,
            Calendar::Jalali => Self::Jalali,
            Calendar::Hijri => Self::Hijri,
        }
    }
}

/// What a calendar calls a day.
pub fn in_calendar(day: Date, calendar: Calendar) -> Option<CalendarDay> {
    let named = host_text::in_calendar(day.0, calendar.into())?;
    Some(CalendarDay {
        year: named.year,
        month: named.month,
        day: named.day,
    })
}

/// The day of a date.
pub fn day_of(calendar: Calendar, named: CalendarDay) -> Option<Date> {
    let named = host_text::CalendarDay {
        year: named.year,
        month: named.month,
        day: named.day,
    };
    host_text::day_of(calendar.into(), named).map(Date)
}
