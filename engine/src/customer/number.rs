//! Where do the records lie that have a telephone number?
//!
//! An index has numbers in the international form where that is known, else as the digits that were typed, so a number is
//! looked for in every form that it may have there. What was typed without its area code is the end of a number: the
//! digits before it are tried one after the other, and only where any number has them.

use std::collections::VecDeque;

use crate::error::Result;
use crate::message::CallingCode;
use crate::query::Reader;
use crate::record::{Phone, RecordId, Text, Value};
use crate::schema::{Field, FieldKind, Object};
use crate::store::{Direction, Span, keys, spaces};

/// How many records of one number are looked at.
const MOST_SHARING: usize = 200;
/// How many reads of an index the search for an end may take.
const MOST_READS: usize = 4_000;
/// So few numbers are looked through one by one.
const FEW: usize = 16;
/// The longest area code, in digits.
const AREA: usize = 3;
/// The longest calling code, in digits.
const CALLING: usize = 3;
/// What is shorter is the end of too many numbers.
const SHORTEST_END: usize = 5;
/// What may follow a number that is kept without its country: the digits of an extension.
const LONGEST_EXTENSION: usize = 6;

/// A number as somebody typed it, or a line announced it.
pub(super) struct Typed {
    /// Every form in which an index may have it.
    forms: Vec<String>,
    /// Its digits, without what is dialled before it inside of a country; nothing where it is complete.
    end: Option<String>,
    pub(super) extension: Option<Text>,
}

impl Typed {
    /// Nothing where it is no number.
    pub(super) fn read(number: &str, country: Option<&CallingCode>) -> Option<Self> {
        let phone = Phone::parse(number)?;
        let digits = bare(&phone);
        let trunk = country.map_or("0", |country| country.trunk.as_str());
        let plain = Phone::parse(&digits)?;
        let mut forms = vec![digits.clone()];
        let international = match country {
            Some(country) => plain.e164_in(&country.code, &country.trunk),
            None => plain.e164.map(String::from),
        };
        // A line often announces the international form without its sign.
        let signed = Phone::parse(&format!("+{digits}")).and_then(|phone| phone.e164);
        let end = match international {
            Some(_) => None,
            None => Some(digits.strip_prefix(trunk).unwrap_or(&digits).to_owned()),
        };
        let signed = signed.map(String::from);
        for whole in international.into_iter().chain(signed) {
            let national =
                |length: usize| whole.get(1 + length..).map(|rest| format!("{trunk}{rest}"));
            match country {
                Some(country) if whole.starts_with(&format!("+{}", country.code)) => {
                    forms.extend(national(country.code.len()));
                }
                Some(_) => {}
                None => forms.extend((1..=CALLING).filter_map(national)),
            }
            forms.push(whole);
        }
        forms.sort_unstable();
        forms.dedup();
        Some(Self {
            forms,
            end: end.filter(|end| end.len() >= SHORTEST_END),
            extension: phone.extension,
        })
    }

    /// Whether a record's number is this one.
    pub(super) fn is(&self, phone: &Phone) -> bool {
        let number = bare(phone);
        self.forms.contains(&number)
    }

    /// Whether a record's number ends like this one.
    pub(super) fn ends(&self, phone: &Phone) -> bool {
        let end = self.end.as_ref();
        end.is_some_and(|end| bare(phone).ends_with(end))
    }
}

/// The number without its extension: international, or the digits that were typed.
fn bare(phone: &Phone) -> String {
    let key = phone.key();
    let extension = phone.extension.as_deref().filter(|_| phone.e164.is_none());
    let number = extension.and_then(|extension| key.strip_suffix(extension));
    number.unwrap_or(&key).to_owned()
}

/// The telephone numbers of an object's records.
pub(super) struct Line<'a> {
    pub(super) object: &'a Object,
    pub(super) field: &'a Field,
}

/// All fields by which somebody who calls may be found.
pub(super) fn lines(reader: &Reader) -> impl Iterator<Item = Line<'_>> {
    // A colleague is no customer.
    let objects = reader
        .schema
        .objects()
        .filter(|object| object.name != "user");
    objects.flat_map(|object| {
        let fields = object.live_fields();
        let fields = fields.filter(|field| field.kind == FieldKind::Phone && field.is_indexed());
        fields.map(|field| Line { object, field })
    })
}

/// The reads of indexes that one call may still make.
pub(super) struct Looking<'a> {
    reader: &'a Reader,
    reads: usize,
}

impl<'a> Looking<'a> {
    pub(super) fn new(reader: &'a Reader) -> Self {
        Self {
            reader,
            reads: MOST_READS,
        }
    }

    /// The records whose number is one of the forms, and perhaps others.
    pub(super) fn having(&self, line: &Line<'_>, typed: &Typed) -> Result<Vec<RecordId>> {
        let mut found = Vec::new();
        for form in &typed.forms {
            if form.starts_with('+') {
                found.extend(self.exactly(line, form)?);
                continue;
            }
            let longest = form.len() + LONGEST_EXTENSION;
            let rows = self.beginning(line, form, MOST_SHARING)?.into_iter();
            let rows = rows.filter(|(number, _)| number.len() <= longest);
            found.extend(rows.map(|(_, id)| id));
        }
        Ok(found)
    }

    /// The records whose number ends so: level by level of the digits before it, so that near ones are found first.
    pub(super) fn ending(
        &mut self,
        line: &Line<'_>,
        typed: &Typed,
        country: Option<&CallingCode>,
    ) -> Result<Vec<RecordId>> {
        let Some(end) = &typed.end else {
            return Ok(Vec::new());
        };
        let abroad = match country {
            Some(country) => (format!("+{}", country.code), AREA),
            None => ("+".to_owned(), CALLING + AREA),
        };
        let trunk = country.map_or("0", |country| country.trunk.as_str());
        let mut open = VecDeque::from([abroad, (trunk.to_owned(), AREA)]);
        let mut found = Vec::new();
        while let Some((begin, deeper)) = open.pop_front() {
            let Some(left) = self.reads.checked_sub(2) else {
                break;
            };
            self.reads = left;
            let rows = self.beginning(line, &begin, FEW)?;
            if rows.len() < FEW {
                let rows = rows.into_iter().filter(|(number, _)| number.ends_with(end));
                found.extend(rows.map(|(_, id)| id));
                continue;
            }
            found.extend(self.exactly(line, &format!("{begin}{end}"))?);
            if deeper > 0 {
                open.extend((0..10).map(|digit| (format!("{begin}{digit}"), deeper - 1)));
            }
        }
        Ok(found)
    }

    fn exactly(&self, line: &Line<'_>, form: &str) -> Result<Vec<RecordId>> {
        let Some(phone) = Phone::parse(form) else {
            return Ok(Vec::new());
        };
        let mut key = spaces::of_field(spaces::INDEX, line.object.number, line.field.number);
        spaces::push_indexed(&mut key, Some(&Value::Phone(Box::new(phone))));
        let rows =
            self.reader
                .snapshot
                .list(&Span::prefix(&key), Direction::Forward, MOST_SHARING)?;
        let id = |key: &[u8]| Some(RecordId::new(line.object.prefix(), spaces::id_at_end(key)?));
        Ok(rows.iter().filter_map(|(key, _)| id(key)).collect())
    }

    /// The first numbers that begin so, as the index has them.
    fn beginning(
        &self,
        line: &Line<'_>,
        begin: &str,
        most: usize,
    ) -> Result<Vec<(String, RecordId)>> {
        let mut key = spaces::of_field(spaces::INDEX, line.object.number, line.field.number);
        // What is there begins with this byte; numbers are digits and a sign, which are written as they are.
        key.push(1);
        let value = key.len();
        key.extend_from_slice(begin.as_bytes());
        let rows = self
            .reader
            .snapshot
            .list(&Span::prefix(&key), Direction::Forward, most)?;
        let read = |key: &[u8]| {
            let id = RecordId::new(line.object.prefix(), spaces::id_at_end(key)?);
            Some((keys::take_text(&mut key.get(value..)?)?, id))
        };
        Ok(rows.iter().filter_map(|(key, _)| read(key)).collect())
    }
}
