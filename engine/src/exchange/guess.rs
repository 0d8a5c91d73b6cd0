//! What do the columns of a file seem to mean?
//!
//! The header says it, in three languages, and the cells must not gainsay it: a column called «تلفن» that holds prices is
//! no telephone. Where both agree the guess is *certain*; what somebody should look at says so. A telephone, an id, an
//! amount and a day are certain only with a header that says nothing else. The guess is a mapping file like any other, to
//! be corrected, saved and used again.

use std::collections::BTreeMap;
use std::io::Read;

use serde::Serialize;

use super::cell::Cell;
use super::dates::{ColumnDays, DateRule, Evidence, named_in};
use super::guess_words::{self, Unit};
use super::import::ImportOptions;
use super::mapping::Mapping;
use super::repair::check_digit_holds;
use super::source::{Row, Source};
use crate::error::Result;
use crate::locale::{Calendar, fold_digits, fold_text, plain_number};
use crate::record::Phone;
use crate::schema::{Field, FieldKind, Object, Schema};
use crate::session::Session;

/// Rows that are looked at.
const SAMPLE: usize = 200;

/// What the columns of a file seem to mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GuessedMapping {
    /// The object into which the rows go.
    pub into: String,
    /// The columns in their order.
    pub columns: Vec<GuessedColumn>,
}

/// What one column seems to mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GuessedColumn {
    /// The column's name in the file.
    pub header: String,
    /// The field, or a part of one such as `address.city`; none where nothing fits.
    pub field: Option<String>,
    /// Whether header and cells leave no doubt.
    pub certain: bool,
    /// What somebody should look at, for a person.
    pub note: Option<String>,
    #[serde(skip)]
    keys: BTreeMap<&'static str, String>,
}

impl GuessedMapping {
    /// The mapping file (TOML): what is certain stands in it, what should be looked at stands in comments.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let mut out = format!("[[import]]\ninto = {}\n", quoted(&self.into));
        if let Some(key) = self.key() {
            out.push_str(&format!("key = {}\n", quoted(key)));
        }
        out.push_str("[import.columns]\n");
        for column in &self.columns {
            let header = quoted(&column.header);
            if let Some(note) = &column.note {
                out.push_str(&format!("# {}\n", note.replace(['\n', '\r'], " ")));
            }
            let line = match &column.field {
                None => format!("{header} = {{ ignore = true }}"),
                Some(field) if column.keys.is_empty() => format!("{header} = {}", quoted(field)),
                Some(field) => {
                    let mut keys = format!("field = {}", quoted(field));
                    for (key, value) in &column.keys {
                        keys.push_str(&format!(", {key} = {value}"));
                    }
                    format!("{header} = {{ {keys} }}")
                }
            };
            let doubt = column.field.is_some() && !column.certain;
            out.push_str(if doubt { "# " } else { "" });
            out.push_str(&line);
            out.push('\n');
        }
        out
    }

    /// The mapping with what is certain in it.
    ///
    /// # Errors
    /// Where nothing is certain.
    pub fn mapping(&self) -> Result<Mapping> {
        Mapping::parse(&self.to_toml())
    }

    fn key(&self) -> Option<&str> {
        let is_key =
            |column: &&GuessedColumn| column.certain && column.field.as_deref() == Some(EXTERNAL);
        self.columns.iter().find(is_key).and(Some(EXTERNAL))
    }
}

/// The field that keeps another system's key.
const EXTERNAL: &str = "external_id";

impl Session {
    /// Guesses what the columns of a file mean, from their headers and the first two hundred rows.
    ///
    /// # Errors
    /// When the file cannot be read, or there is no such object.
    pub fn guess_mapping(
        &self,
        input: impl Read,
        into: &str,
        options: &ImportOptions,
    ) -> Result<GuessedMapping> {
        let (reader, _) = self.read()?;
        let usual = Calendar::usual(self.locale());
        let calendar = options.calendar.or(Some(usual));
        let object = reader.object(into)?.clone();
        guess(input, &object, &reader.schema, options, calendar)
    }
}

pub(super) fn guess(
    input: impl Read,
    object: &Object,
    schema: &Schema,
    options: &ImportOptions,
    usual: Option<Calendar>,
) -> Result<GuessedMapping> {
    let mut source = Source::open(input)?;
    let mut table = source.rows(options, None)?;
    let headers = table.headers().to_vec();
    let mut rows = Vec::new();
    while rows.len() < SAMPLE
        && let Some(row) = table.next()?
    {
        rows.push(row);
    }
    let fields = candidates(object);
    let mut columns: Vec<Judged> = headers
        .iter()
        .enumerate()
        .map(|(at, header)| judge(header, &cells(&rows, at), &fields))
        .collect();
    settle(&mut columns);
    let columns = headers
        .iter()
        .zip(columns)
        .enumerate()
        .map(|(at, (header, judged))| {
            let field = judged.best.map(|(place, _)| &fields[place]);
            told(header, field, &judged, &cells(&rows, at), schema, usual)
        });
    Ok(GuessedMapping {
        into: object.name.clone(),
        columns: columns.collect(),
    })
}

/// The cells of a column that say something.
fn cells(rows: &[Row], at: usize) -> Vec<&Cell> {
    let cells = rows
        .iter()
        .filter_map(|row| row.cells.as_ref().ok()?.get(at));
    cells.filter(|cell| !cell.is_blank()).collect()
}

/// A field that a column may go to, and what people call it.
struct Candidate<'o> {
    path: String,
    field: &'o Field,
    part: Option<&'static str>,
    words: Vec<String>,
}

fn candidates(object: &Object) -> Vec<Candidate<'_>> {
    let mut all = Vec::new();
    for field in object
        .live_fields()
        .filter(|field| !field.read_only && !field.is_rollup())
    {
        let mut words = vec![field.name.replace('_', " ")];
        words.extend(field.label.values().cloned());
        words.extend(guess_words::of(&object.name, &field.name).map(ToOwned::to_owned));
        let path = field.name.clone();
        all.push(Candidate::new(path, field, None, &words));
        for (part, words) in guess_words::parts(&field.kind) {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let path = format!("{}.{part}", field.name);
            all.push(Candidate::new(path, field, Some(part), &words));
        }
    }
    all
}

impl<'o> Candidate<'o> {
    fn new(path: String, field: &'o Field, part: Option<&'static str>, words: &[String]) -> Self {
        let words = words.iter().map(|word| plain(word)).collect();
        Self {
            path,
            field,
            part,
            words,
        }
    }

    /// Where a wrong guess would do harm that nobody sees.
    fn is_delicate(&self) -> bool {
        matches!(
            self.field.kind,
            FieldKind::Phone | FieldKind::Date | FieldKind::Money | FieldKind::Instant
        ) || matches!(self.path.as_str(), "national_id" | "tax_number" | EXTERNAL)
    }
}

/// A header as words: without case, signs, brackets and what is in them.
fn plain(header: &str) -> String {
    let mut split = String::with_capacity(header.len());
    let (mut depth, mut before) = (0_u32, ' ');
    for c in header.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            // A half-space parts words in headers; folding would join them.
            '\u{200c}' => split.push(' '),
            _ if c.is_uppercase() && before.is_lowercase() => split.extend([' ', c]),
            _ => split.push(c),
        }
        before = c;
    }
    let folded = fold_text(&split);
    let words = folded.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// What is thought of one column: the best field and how good it is.
struct Judged {
    best: Option<(usize, Fit)>,
    /// Another field fits as well.
    doubt: bool,
}

/// How well a header names a field, best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Only the cells say so.
    Content,
    /// A mistyped or shortened word.
    Near,
    /// All of its words are in the header, with others.
    Within,
    Exact,
}

fn judge(header: &str, cells: &[&Cell], fields: &[Candidate<'_>]) -> Judged {
    let named = plain(header);
    let mut fits: Vec<(usize, Fit, usize)> = Vec::new();
    for (place, candidate) in fields.iter().enumerate() {
        let fit = candidate.words.iter().filter_map(|word| fit(&named, word));
        if let Some((fit, length)) = fit.max()
            && agrees(candidate, cells)
        {
            fits.push((place, fit, length));
        }
    }
    fits.sort_by_key(|(_, fit, length)| std::cmp::Reverse((*fit, *length)));
    match fits.as_slice() {
        [] => Judged {
            best: by_content(cells, fields).map(|place| (place, Fit::Content)),
            doubt: true,
        },
        [(place, fit, length), rest @ ..] => Judged {
            best: Some((*place, *fit)),
            doubt: rest
                .first()
                .is_some_and(|next| (next.1, next.2) == (*fit, *length)),
        },
    }
}

/// How well a header names a thing, and how much of the thing's name it says.
fn fit(header: &str, word: &str) -> Option<(Fit, usize)> {
    if header.is_empty() || word.is_empty() {
        return None;
    }
    let length = word.chars().count();
    if header == word {
        return Some((Fit::Exact, length));
    }
    let padded = format!(" {header} ");
    if length > 2 && padded.contains(&format!(" {word} ")) {
        return Some((Fit::Within, length));
    }
    (length > 4 && strsim::normalized_damerau_levenshtein(header, word) >= 0.84)
        .then_some((Fit::Near, length))
}

/// Whether most cells could be values of the field.
fn agrees(candidate: &Candidate<'_>, cells: &[&Cell]) -> bool {
    let most = |test: &dyn Fn(&str) -> bool| {
        let good = cells.iter().filter(|cell| test(&cell.text())).count();
        good * 5 >= cells.len() * 4
    };
    if candidate.part.is_some() {
        return true;
    }
    match &candidate.field.kind {
        FieldKind::Email => most(&is_email),
        FieldKind::Phone => most(&is_phone),
        FieldKind::Url => most(&|text| text.contains('.') && !text.contains('@')),
        FieldKind::Date | FieldKind::Instant => {
            cells.iter().filter(|cell| is_day(cell)).count() * 5 >= cells.len() * 4
        }
        FieldKind::Integer | FieldKind::Decimal | FieldKind::Percent => most(&is_number),
        FieldKind::Money => most(&is_amount),
        FieldKind::Text if candidate.path == "national_id" => most(&|text| {
            let digits = fold_digits(text);
            (8..=12).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
        }),
        _ => true,
    }
}

fn is_email(text: &str) -> bool {
    let parts = text.trim().split_once('@');
    parts.is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
}

fn is_phone(text: &str) -> bool {
    let digits = fold_digits(text)
        .chars()
        .filter(char::is_ascii_digit)
        .count();
    let first = text
        .split(['/', ';', ',', '،', '\n'])
        .next()
        .unwrap_or_default();
    // A price has seven digits too, but no telephone ends with so many zeros.
    digits >= 7 && Phone::parse(first).is_some() && !fold_digits(text).trim().ends_with("0000")
}

fn is_number(text: &str) -> bool {
    plain_number(text.trim().trim_end_matches(['%', '٪'])).is_some()
}

fn is_amount(text: &str) -> bool {
    let bare: String = text
        .chars()
        .filter(|c| !c.is_alphabetic() && !"$€£﷼".contains(*c))
        .collect();
    is_number(&bare)
}

fn is_day(cell: &Cell) -> bool {
    let text = cell.text();
    let folded = fold_digits(text.trim());
    let bare = |folded: &str| folded.bytes().all(|b| b.is_ascii_digit());
    if matches!(cell, Cell::Number(_)) || bare(&folded) {
        // Any number could be one; only what begins like a year is.
        return folded.len() == 8
            && ["13", "14", "19", "20"]
                .iter()
                .any(|year| folded.starts_with(year))
            || matches!(cell, Cell::Number(number) if (20_000.0..=60_000.0).contains(number));
    }
    let rule = |days| DateRule {
        days: Some(ColumnDays::Of(days)),
        order: Some(super::dates::Order::DayFirst),
        from_1904: false,
    };
    let is = |days| rule(days).mend(cell, &folded).is_ok();
    let month_first = DateRule {
        order: Some(super::dates::Order::MonthFirst),
        ..rule(Calendar::Gregorian)
    };
    [Calendar::Gregorian, Calendar::Jalali, Calendar::Hijri]
        .into_iter()
        .any(is)
        || month_first.mend(cell, &folded).is_ok()
}

/// The only field for which the cells alone speak.
fn by_content(cells: &[&Cell], fields: &[Candidate<'_>]) -> Option<usize> {
    let is_kind = |candidate: &Candidate<'_>| matches!(candidate.field.kind, FieldKind::Email);
    let all = !cells.is_empty() && cells.iter().all(|cell| is_email(&cell.text()));
    let mut found = (0..fields.len()).filter(|place| fields.get(*place).is_some_and(is_kind));
    all.then(|| found.next()).flatten()
}

/// Of several columns for one field the best keeps it; of equals none is certain.
fn settle(columns: &mut [Judged]) {
    let mut taken: BTreeMap<usize, (Fit, usize)> = BTreeMap::new();
    for (at, judged) in columns.iter().enumerate() {
        if let Some((place, fit)) = judged.best
            && taken.get(&place).is_none_or(|(best, _)| fit > *best)
        {
            taken.insert(place, (fit, at));
        }
    }
    for at in 0..columns.len() {
        let Some(judged) = columns.get_mut(at) else {
            continue;
        };
        let owner = judged.best.and_then(|(place, _)| taken.get(&place));
        if owner.is_some_and(|(_, owner)| *owner != at) {
            judged.best = None;
        }
    }
}

/// A column's guess with its keys and what should be looked at.
fn told(
    header: &str,
    candidate: Option<&Candidate<'_>>,
    judged: &Judged,
    cells: &[&Cell],
    schema: &Schema,
    usual: Option<Calendar>,
) -> GuessedColumn {
    let mut column = GuessedColumn {
        header: header.to_owned(),
        field: candidate.map(|candidate| candidate.path.clone()),
        certain: false,
        note: None,
        keys: BTreeMap::new(),
    };
    let (Some(candidate), Some((_, fit))) = (candidate, judged.best) else {
        return column;
    };
    let needed = if candidate.is_delicate() {
        Fit::Exact
    } else {
        Fit::Within
    };
    column.certain =
        fit >= needed && !judged.doubt && !(candidate.is_delicate() && cells.is_empty());
    if !column.certain {
        column.note = Some(format!("'{header}' may be {}; look at it", candidate.path));
    }
    match &candidate.field.kind {
        FieldKind::Money => money(header, cells, &mut column),
        FieldKind::Date => dates(header, cells, usual, &mut column),
        FieldKind::Reference { to, .. } => {
            let by = to.first().and_then(|object| schema.object(object));
            let name = by.and_then(|object| object.field("name"));
            if name.is_some() && to.len() == 1 {
                column.keys.insert("lookup", "\"name\"".to_owned());
            }
        }
        FieldKind::Text if candidate.path == "national_id" => national_id(cells, &mut column),
        _ => {}
    }
    column
}

/// An amount without its unit is none.
fn money(header: &str, cells: &[&Cell], column: &mut GuessedColumn) {
    let unit = Unit::in_text(header).or_else(|| {
        let mut units = cells.iter().map(|cell| Unit::in_text(&cell.text()));
        let first = units.next().flatten()?;
        units.all(|unit| unit == Some(first)).then_some(first)
    });
    match unit {
        Some(unit) => {
            column
                .keys
                .insert("currency", format!("\"{}\"", unit.currency()));
            let factor = guess_words::factor_in(header);
            let factor = if unit == Unit::Toman {
                factor * 10
            } else {
                factor
            };
            if factor > 1 {
                column.keys.insert("scale", factor.to_string());
            }
        }
        None => {
            column.certain = false;
            column.keys.insert("currency", "\"IRR\"".to_owned());
            let ask = format!(
                "in which currency is '{header}'? for toman write currency = \"IRR\" and scale = 10"
            );
            column.note = Some(ask);
        }
    }
}

fn dates(header: &str, cells: &[&Cell], usual: Option<Calendar>, column: &mut GuessedColumn) {
    let mut evidence = Evidence::default();
    cells
        .iter()
        .for_each(|cell| evidence.add(cell, cell.text().trim()));
    match evidence.decide(header, DateRule::default(), usual) {
        Ok(rule) => {
            let days = match (rule.days, named_in(header)) {
                (Some(ColumnDays::Of(calendar)), _) | (None, Some(calendar)) => Some(calendar),
                _ => None,
            };
            if let Some(calendar) = days {
                column
                    .keys
                    .insert("calendar", format!("\"{}\"", calendar.name()));
            }
            if let Some(order) = rule.order {
                column.keys.insert("order", format!("\"{}\"", order.name()));
            }
        }
        Err(fault) => {
            column.certain = false;
            column.note = Some(fault.to_string());
        }
    }
}

/// Of ids with a check digit most must have a right one.
fn national_id(cells: &[&Cell], column: &mut GuessedColumn) {
    let holds =
        |cell: &&&Cell| check_digit_holds(&format!("{:0>10}", fold_digits(cell.text().trim())));
    let good = cells.iter().filter(holds).count();
    if good * 2 < cells.len() {
        column.certain = false;
        column.note = Some("most of these are no Iranian national ids; look at them".to_owned());
    }
}
