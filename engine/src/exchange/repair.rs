//! What did a spreadsheet do to this cell, and can it be undone without a guess?
//!
//! A number has lost the zeros that it began with, a long one stands as `9.12E+11`, a person wrote two telephones into
//! one cell. What can be put right for certain is put right and counted; where digits are lost, the row is refused.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::cell::Cell;
use super::dates::DateRule;
use crate::error::Failure;
use crate::locale::fold_digits;
use crate::record::Phone;
use crate::schema::{Field, FieldKind};

/// Something that an import puts right in a cell. Each can be switched off in [`ImportOptions`](super::ImportOptions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Repair {
    /// An Iranian mobile without its zero: `9121234567` is `09121234567`.
    LeadingZero,
    /// An Iranian national id without its zeros, where the check digit holds with them.
    NationalId,
    /// `9.121234567E+09`, where no digit is lost.
    Scientific,
    /// Several telephones in one cell: the first goes into the field, the others beside it.
    SeveralPhones,
    /// A day in another calendar, in other figures or as a number: `1403/5/7`, `۰۳/۰۵/۰۷`, `45737`.
    Date,
}

impl Repair {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::LeadingZero,
        Self::NationalId,
        Self::Scientific,
        Self::SeveralPhones,
        Self::Date,
    ];

    /// The word for it in options and receipts: `leading-zero`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LeadingZero => "leading-zero",
            Self::NationalId => "national-id",
            Self::Scientific => "scientific",
            Self::SeveralPhones => "several-phones",
            Self::Date => "date",
        }
    }

    /// The repair of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|repair| repair.name() == name)
    }
}

/// What a cell says after its repairs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mended {
    pub(super) text: String,
    /// Telephones that found no room in the field.
    pub(super) further: Vec<String>,
    pub(super) by: BTreeSet<Repair>,
}

impl Mended {
    fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }
}

/// Why a cell cannot be taken: a word for programs and one for people.
pub(super) type Fault = (&'static str, String);

/// What is looked for in the cells of a column.
#[derive(Clone, Debug)]
pub(super) enum Care {
    None,
    Phone,
    NationalId,
    /// A text, which may be an id.
    Text,
    Date(DateRule),
}

impl Care {
    pub(super) fn of(field: &Field, dates: DateRule) -> Self {
        match &field.kind {
            FieldKind::Phone => Self::Phone,
            FieldKind::Date => Self::Date(dates),
            FieldKind::Plugin { of } if of.ends_with("person-id") => Self::NationalId,
            FieldKind::Text if field.name == "national_id" => Self::NationalId,
            FieldKind::Text => Self::Text,
            _ => Self::None,
        }
    }

    /// Puts a cell right; `text` is what it says after trimming and the mapping's words.
    pub(super) fn mend(
        &self,
        cell: &Cell,
        text: &str,
        without: &BTreeSet<Repair>,
    ) -> Result<Mended, Fault> {
        let allowed = |repair: Repair| !without.contains(&repair);
        if let Self::Date(rule) = self {
            return match allowed(Repair::Date) {
                true => rule.mend(cell, text),
                false => Ok(Mended::plain(text)),
            };
        }
        let mut mended = Mended::plain(text);
        if matches!(self, Self::None) {
            return Ok(mended);
        }
        if matches!(cell, Cell::Number(number) if number.abs() >= EXACT) {
            return Err(lost(text));
        }
        if allowed(Repair::Scientific)
            && let Some(whole) = expanded(text)
        {
            mended.text = whole.ok_or_else(|| lost(text))?;
            mended.by.insert(Repair::Scientific);
        }
        match self {
            Self::Phone => phones(&mut mended, allowed)?,
            Self::NationalId if allowed(Repair::NationalId) => national_id(&mut mended),
            _ => {}
        }
        Ok(mended)
    }
}

/// From here on a workbook's numbers have lost digits.
const EXACT: f64 = 1e15;

fn lost(text: &str) -> Fault {
    let what = format!(
        "'{text}' was made a number, and some of its digits are lost; format the column as text, enter it again and import that"
    );
    ("digits-lost", what)
}

/// The whole number that `9.12E+11` stands for, none within where digits are lost; nothing where it is no such thing.
fn expanded(text: &str) -> Option<Option<String>> {
    let plain = fold_digits(text).to_ascii_lowercase().replace('٫', ".");
    let (mantissa, exponent) = plain.split_once("e+")?;
    let (whole, fraction) = mantissa.split_once(['.', ','])?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() != 1 || ![whole, fraction, exponent].into_iter().all(digits) {
        return None;
    }
    let exponent: usize = exponent.parse().ok()?;
    Some((fraction.len() == exponent).then(|| format!("{whole}{fraction}")))
}

/// What people put between two telephones.
const BETWEEN: [char; 9] = ['/', ';', ',', '،', '؛', '|', '\n', '\\', '+'];

fn phones(mended: &mut Mended, allowed: impl Fn(Repair) -> bool) -> Result<(), Fault> {
    let mut parts = vec![mended.text.clone()];
    if allowed(Repair::SeveralPhones) {
        parts = split(&mended.text);
    }
    if parts.len() > 1 {
        if let Some(short) = parts.iter().find(|part| digits_of(part).len() < SHORTEST) {
            let what = format!(
                "'{}' seems to be several telephones, and '{short}' is none; write each in full",
                mended.text.replace('\n', " ")
            );
            return Err(("several-phones", what));
        }
        mended.by.insert(Repair::SeveralPhones);
    }
    if allowed(Repair::LeadingZero) {
        for part in &mut parts {
            if let Some(whole) = with_zero(part) {
                *part = whole;
                mended.by.insert(Repair::LeadingZero);
            }
        }
    }
    let mut parts = parts.into_iter();
    mended.text = parts.next().unwrap_or_default();
    for part in parts {
        if part != mended.text && !mended.further.contains(&part) {
            mended.further.push(part);
        }
    }
    Ok(())
}

/// A telephone with its area code, at the least.
const SHORTEST: usize = 7;

fn digits_of(text: &str) -> String {
    let folded = fold_digits(text);
    folded.chars().filter(char::is_ascii_digit).collect()
}

/// The telephones of a cell; one where it is none or one.
fn split(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = String::new();
    for c in text.chars() {
        // A plus begins a number, all other signs end one.
        if BETWEEN.contains(&c) && !rest.trim().is_empty() {
            parts.push(std::mem::take(&mut rest));
        }
        if c == '+' || !BETWEEN.contains(&c) {
            rest.push(c);
        }
    }
    parts.push(rest);
    let said = |part: &String| digits_of(part).len() > 1 || part.chars().any(char::is_alphabetic);
    let words = [" و ", " or ", " and ", " یا ", " أو "];
    let parts: Vec<String> = parts
        .iter()
        .flat_map(|part| {
            let mut part = format!(" {part} ");
            words
                .iter()
                .for_each(|word| part = part.replace(word, "\u{0}"));
            let pieces: Vec<String> = part.split('\0').map(|p| p.trim().to_owned()).collect();
            pieces
        })
        .filter(said)
        .collect();
    // An extension behind a comma, and a text that is no telephone at all, stay as they are.
    let is_number =
        |part: &String| Phone::parse(part).is_some() || !part.chars().any(char::is_alphabetic);
    if parts.len() < 2 || !parts.iter().all(is_number) {
        return vec![text.to_owned()];
    }
    parts
}

/// An Iranian mobile that lost its zero.
fn with_zero(text: &str) -> Option<String> {
    let digits = digits_of(text);
    let only = fold_digits(text)
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '\u{200e}' | '\u{200f}'));
    (only && digits.len() == 10 && digits.starts_with('9')).then(|| format!("0{digits}"))
}

fn national_id(mended: &mut Mended) {
    let plain = fold_digits(mended.text.trim());
    if !(8..=9).contains(&plain.len()) || !plain.bytes().all(|b| b.is_ascii_digit()) {
        return;
    }
    let padded = format!("{plain:0>10}");
    if check_digit_holds(&padded) {
        mended.text = padded;
        mended.by.insert(Repair::NationalId);
    }
}

/// The check digit of an Iranian national id of ten digits.
pub(super) fn check_digit_holds(id: &str) -> bool {
    let digits: Vec<u32> = id.chars().filter_map(|c| c.to_digit(10)).collect();
    let [first @ .., check] = digits.as_slice() else {
        return false;
    };
    if first.len() != 9 || first.iter().all(|digit| Some(digit) == first.first()) {
        return false;
    }
    let sum: u32 = first
        .iter()
        .zip((2..=10).rev())
        .map(|(digit, weight)| digit * weight)
        .sum();
    let rest = sum % 11;
    *check == if rest < 2 { rest } else { 11 - rest }
}

/// A fault of a cell as a row's failure.
pub(super) fn failure(header: &str, (code, what): Fault) -> Failure {
    Failure::field(header, code, what)
}
