//! What is a field compared with, and how do two values compare?

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::Value as Json;

use super::error::QueryError;
use super::filter::Operator;
use super::fiscal;
use super::page::Query;
use super::period::{Period, WORDS, is_fiscal, period};
use super::reader::Reader;
use super::target::Target;
use super::when::{Asker, Moment, QueryTime, relative};
use crate::error::Result;
use crate::locale::{fold_digits, fold_text};
use crate::record::{Currency, Decimal, RecordId, Text, Value};
use crate::schema::{FieldKind, did_you_mean, leads_to, targets_in_words};

/// Of objects with more records than this no key is guessed.
const MOST_KEYS: usize = 1_000;

/// What a value is compared by.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Comparable<'a> {
    /// Folded, or exact for options; a phone's digits.
    Text(Cow<'a, str>),
    Whole(i64),
    Number(Decimal),
    Truth(bool),
    Day(NaiveDate),
    Instant(DateTime<Utc>),
    Reference(RecordId),
    Set(Cow<'a, [Text]>),
}

impl<'a> Comparable<'a> {
    /// Options are exact: their names are chosen from a set, not typed.
    pub(super) fn of(value: &'a Value, exact: bool) -> Option<Self> {
        Some(match value {
            Value::Text(text) if exact => Self::Text(Cow::Borrowed(text)),
            Value::Text(text) => Self::Text(Cow::Owned(fold_text(text))),
            Value::PersonName(_) | Value::Address(_) | Value::File(_) => {
                Self::Text(Cow::Owned(fold_text(&value.to_string())))
            }
            Value::Phone(phone) => Self::Text(match &phone.e164 {
                Some(e164) => Cow::Borrowed(e164),
                None => Cow::Owned(phone.key().into()),
            }),
            Value::Integer(number) | Value::Duration(number) => Self::Whole(*number),
            Value::Decimal(number) => Self::Number(*number),
            Value::Money(money) => Self::Number(money.amount),
            Value::Boolean(yes) => Self::Truth(*yes),
            Value::Date(day) => Self::Day(*day),
            Value::Instant(at) => Self::Instant(*at),
            Value::Reference(id) => Self::Reference(*id),
            Value::Options(names) => Self::Set(Cow::Borrowed(names)),
            Value::Json(_) => return None,
        })
    }

    fn owned(self) -> Comparable<'static> {
        match self {
            Self::Text(text) => Comparable::Text(Cow::Owned(text.into_owned())),
            Self::Set(names) => Comparable::Set(Cow::Owned(names.into_owned())),
            Self::Whole(number) => Comparable::Whole(number),
            Self::Number(number) => Comparable::Number(number),
            Self::Truth(yes) => Comparable::Truth(yes),
            Self::Day(day) => Comparable::Day(day),
            Self::Instant(at) => Comparable::Instant(at),
            Self::Reference(id) => Comparable::Reference(id),
        }
    }

    /// `None` when the two are not of one sort, or have no order.
    pub(super) fn order(&self, other: &Comparable<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Comparable::Text(b)) => Some(a.as_ref().cmp(b.as_ref())),
            (Self::Whole(a), Comparable::Whole(b)) => Some(a.cmp(b)),
            (Self::Number(a), Comparable::Number(b)) => Some(a.cmp(b)),
            (Self::Truth(a), Comparable::Truth(b)) => Some(a.cmp(b)),
            (Self::Day(a), Comparable::Day(b)) => Some(a.cmp(b)),
            (Self::Instant(a), Comparable::Instant(b)) => Some(a.cmp(b)),
            (Self::Reference(a), Comparable::Reference(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// Equal; or, of a field of several options, one of them.
    fn includes(&self, other: &Comparable<'_>) -> bool {
        match (self, other) {
            (Self::Set(names), Comparable::Text(name)) => {
                names.iter().any(|known| known == name.as_ref())
            }
            (Self::Set(a), Comparable::Set(b)) => a == b,
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// One value that a field is compared with.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    /// As an index would hold it; an amount without a currency is a decimal. Of several days it is the first.
    pub(super) value: Value,
    /// Of several days the last one, of days for an instant the last instant.
    pub(super) last: Option<Value>,
    pub(super) key: Comparable<'static>,
    /// An amount matches only in this currency.
    currency: Option<Currency>,
}

/// Whether it means the same on every day: words such as `today` and `last-week` begin with a letter.
pub(super) fn is_fixed(target: &Target, written: &str) -> bool {
    let first = fold_digits(written.trim()).chars().next();
    !matches!(target.kind, FieldKind::Date | FieldKind::Instant)
        || first.is_some_and(|first| first.is_ascii_digit())
}

impl Operand {
    /// Whether a span from this one to that one would hold nothing.
    pub(super) fn comes_after(&self, other: &Self) -> bool {
        let last = other.last.as_ref();
        let last = last.and_then(|last| Comparable::of(last, false));
        let last = last.as_ref().unwrap_or(&other.key);
        self.key.order(last) == Some(Ordering::Greater)
    }
}

/// A record's value, made ready to be held against operands.
pub(super) struct Held<'a> {
    key: Comparable<'a>,
    currency: Option<Currency>,
}

impl<'a> Held<'a> {
    pub(super) fn of(value: &'a Value, exact: bool) -> Option<Self> {
        Some(Self {
            key: Comparable::of(value, exact)?,
            currency: currency(value),
        })
    }

    pub(super) fn equals(&self, operand: &Operand) -> bool {
        if operand.last.is_some() {
            return self.order(operand).is_some_and(Ordering::is_ge)
                && self.order_to_last(operand).is_some_and(Ordering::is_le);
        }
        self.may_be(operand) && self.key.includes(&operand.key)
    }

    pub(super) fn order(&self, operand: &Operand) -> Option<Ordering> {
        if self.may_be(operand) {
            self.key.order(&operand.key)
        } else {
            None
        }
    }

    /// Of several days: how it stands to the last one.
    pub(super) fn order_to_last(&self, operand: &Operand) -> Option<Ordering> {
        match &operand.last {
            Some(last) => self.key.order(&Comparable::of(last, false)?),
            None => self.order(operand),
        }
    }

    pub(super) fn has_part(&self, operand: &Operand) -> bool {
        match (self.key.text(), operand.key.text()) {
            (Some(text), Some(part)) => text.contains(part),
            _ => self.key.includes(&operand.key),
        }
    }

    pub(super) fn begins_with(&self, operand: &Operand) -> bool {
        matches!((self.key.text(), operand.key.text()), (Some(text), Some(start)) if text.starts_with(start))
    }

    fn may_be(&self, operand: &Operand) -> bool {
        operand.currency.is_none() || operand.currency == self.currency
    }
}

fn currency(value: &Value) -> Option<Currency> {
    match value {
        Value::Money(money) => Some(money.currency),
        _ => None,
    }
}

/// Reads what one condition compares its field with; nothing where a word stands for nobody.
pub(super) fn read(
    target: &Target,
    operator: Operator,
    written: &str,
    reader: &Reader,
    time: &QueryTime,
) -> Result<Option<Operand>> {
    let wrong = |message: String| QueryError::Operand {
        field: target.name.clone(),
        operator: operator.name(),
        message,
    };
    let (value, last) = match &target.kind {
        FieldKind::Reference { to, .. } if operator != Operator::IsNull => {
            match reference(target, operator, to, written, reader, time)? {
                Some(id) => (Value::Reference(id), None),
                None => return Ok(None),
            }
        }
        FieldKind::Date if operator != Operator::IsNull => {
            days(written, dated(written, time, reader)?).map_err(wrong)?
        }
        FieldKind::Instant if operator != Operator::IsNull => {
            instants(written, time, dated(written, time, reader)?).map_err(wrong)?
        }
        _ => (plain(target, operator, written).map_err(wrong)?, None),
    };
    let key = Comparable::of(&value, is_exact(&target.kind))
        .map(Comparable::owned)
        .ok_or_else(|| wrong("such values cannot be compared".to_owned()))?;
    if matches!(operator, Operator::Contains | Operator::StartsWith) && key.text() == Some("") {
        let message = "the text is empty and would match every value; is_null:false finds the records that have one";
        return Err(wrong(message.to_owned()).into());
    }
    Ok(Some(Operand {
        currency: currency(&value),
        key,
        value,
        last,
    }))
}

/// The same for a filter that means the same at any time: no relative days, no keys that may be given to another record.
pub(super) fn read_exact(
    target: &Target,
    operator: Operator,
    written: &str,
) -> Result<Operand, QueryError> {
    let json = || Json::String(written.to_owned());
    let value = match &target.kind {
        _ if operator == Operator::IsNull => FieldKind::Boolean.read(&json()),
        FieldKind::Reference { .. } => written.trim().parse().map(Value::Reference).map_err(|_| {
            "a total names a record by its id, since a key may be given to another one".to_owned()
        }),
        kind @ (FieldKind::Date | FieldKind::Instant) => kind.read(&json()).map_err(|message| {
            format!("{message}; a total is kept when a record changes, and nothing changes when a day passes: write the day or the instant in full")
        }),
        _ => plain(target, operator, written),
    };
    let unreadable = |message: String| QueryError::Operand {
        field: target.name.clone(),
        operator: operator.name(),
        message,
    };
    let value = value.map_err(unreadable)?;
    let key = Comparable::of(&value, is_exact(&target.kind))
        .map(Comparable::owned)
        .ok_or_else(|| unreadable("such values cannot be compared".to_owned()))?;
    Ok(Operand {
        currency: currency(&value),
        key,
        value,
        last: None,
    })
}

pub(super) fn is_exact(kind: &FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::Option { .. } | FieldKind::MultiOption { .. }
    )
}

fn plain(target: &Target, operator: Operator, written: &str) -> Result<Value, String> {
    let json = || Json::String(written.to_owned());
    let whole = matches!(
        operator,
        Operator::Eq | Operator::Ne | Operator::In | Operator::Nin
    );
    match &target.kind {
        _ if operator == Operator::IsNull => FieldKind::Boolean.read(&json()),
        FieldKind::Money => amount(written),
        FieldKind::MultiOption { options } if !matches!(operator, Operator::Eq | Operator::Ne) => {
            FieldKind::Option {
                options: options.clone(),
            }
            .read(&json())
        }
        FieldKind::Phone if !whole => part_of_phone(written),
        // A whole address is checked and completed as the write path does; a part of one is any text.
        FieldKind::Email | FieldKind::Url if whole => target.kind.read(&json()),
        FieldKind::Text
        | FieldKind::LongText
        | FieldKind::Email
        | FieldKind::Url
        | FieldKind::Address
        | FieldKind::PersonName
        | FieldKind::File
        | FieldKind::Plugin { .. } => Ok(Value::Text(written.trim().into())),
        other => other.read(&json()),
    }
}

/// The first day, and the last where there are several.
fn days(written: &str, dated: MaybeDated) -> Result<(Value, Option<Value>), String> {
    let Period { first, last } = match dated {
        Some(Ok(Dated::Days(period))) => period,
        Some(Ok(Dated::Instant(_))) => {
            return Err(format!(
                "'{written}' is an instant and the field holds days; use today instead of now"
            ));
        }
        Some(Err(message)) => return Err(message),
        None => {
            return FieldKind::Date
                .read(&Json::String(written.to_owned()))
                .map(|day| (day, None))
                .map_err(|message| format!("{message}, and no other day; there are {WORDS}"));
        }
    };
    Ok((
        Value::Date(first),
        (first < last).then_some(Value::Date(last)),
    ))
}

enum Dated {
    Days(Period),
    Instant(DateTime<Utc>),
}

/// None where it is written as neither.
type MaybeDated = Option<Result<Dated, String>>;

/// What is written with words or by another calendar.
fn dated(written: &str, time: &QueryTime, reader: &Reader) -> Result<MaybeDated> {
    let fiscal = is_fiscal(written).then(|| fiscal::needed(reader));
    if let Some(period) = period(written, time.today(), fiscal.transpose()?) {
        return Ok(Some(period.map(Dated::Days)));
    }
    let read = relative(written, time);
    Ok(read.map(|read| {
        read.map(|moment| match moment {
            Moment::Day(first) => Dated::Days(Period { first, last: first }),
            Moment::Instant(at) => Dated::Instant(at),
        })
    }))
}

/// An instant; or the first and the last of days, as they lie in the query's zone.
fn instants(
    written: &str,
    time: &QueryTime,
    dated: MaybeDated,
) -> Result<(Value, Option<Value>), String> {
    let all_of = |period: Period| {
        let start = time.start_of(period.first);
        let next = period.last.succ_opt().and_then(|day| time.start_of(day));
        // Microseconds are what the store keeps.
        let last = next.and_then(|next| next.checked_sub_signed(TimeDelta::microseconds(1)));
        match (start, last) {
            (Some(start), Some(last)) => Ok((Value::Instant(start), Some(Value::Instant(last)))),
            _ => Err(format!("'{written}' is out of range")),
        }
    };
    match dated {
        Some(Ok(Dated::Days(period))) => return all_of(period),
        Some(Ok(Dated::Instant(at))) => return Ok((Value::Instant(at), None)),
        Some(Err(message)) => return Err(message),
        None => {}
    }
    let json = Json::String(written.to_owned());
    if let Ok(Value::Date(day)) = FieldKind::Date.read(&json) {
        return all_of(Period {
            first: day,
            last: day,
        });
    }
    // What chrono prints is read too, so that an instant can be given to the builders as it is.
    let printed = written
        .strip_suffix(" UTC")
        .map(|text| format!("{}Z", text.replacen(' ', "T", 1)));
    let read = FieldKind::Instant.read(&printed.map_or(json, Json::String));
    read.map(|at| (at, None)).map_err(|_| {
        format!("'{written}' is neither an instant such as 2026-03-21T08:30:00Z or now-3h, nor days; there are {WORDS}")
    })
}

fn amount(written: &str) -> Result<Value, String> {
    let has_currency = fold_digits(written).chars().any(char::is_alphabetic);
    let json = Json::String(written.to_owned());
    let read = if has_currency {
        FieldKind::Money.read(&json)
    } else {
        FieldKind::Decimal.read(&json)
    };
    read.map_err(|message| {
        format!("{message}; an amount is written 1200, or \"1200 IRR\" for one currency only")
    })
}

/// The key that was probably meant, of objects with few records that everybody may know of.
fn nearest_key(to: &[String], written: &str, reader: &Reader, time: &QueryTime) -> Result<String> {
    let mut keys = Vec::new();
    for object in to.iter().filter_map(|name| reader.schema.object(name)) {
        // A look at a confidential record would be noted.
        let Some(key) = object.natural_key() else {
            continue;
        };
        if object.field("confidential").is_some() {
            continue;
        }
        let query = Query::new(&object.name).limit(MOST_KEYS);
        let page = super::run(reader, &query, time)?;
        if !page.has_more {
            let found = page.records.iter();
            keys.extend(found.filter_map(|record| record.text(&key.name).map(str::to_owned)));
        }
    }
    Ok(did_you_mean(written, keys.iter().map(String::as_str)))
}

fn part_of_phone(written: &str) -> Result<Value, String> {
    let digits: String = fold_digits(written)
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    if digits.is_empty() {
        return Err(format!("'{written}' has no digits of a telephone number"));
    }
    let plus = if written.trim_start().starts_with('+') {
        "+"
    } else {
        ""
    };
    Ok(Value::Text(format!("{plus}{digits}").into()))
}

fn reference(
    target: &Target,
    operator: Operator,
    to: &[String],
    written: &str,
    reader: &Reader,
    time: &QueryTime,
) -> Result<Option<RecordId>> {
    let written = written.trim();
    if let Some(word) = Word::of(written, to) {
        return word.stands_for(target, operator, to, reader, time);
    }
    if let Ok(id) = written.parse::<RecordId>() {
        let object = reader.schema.by_prefix(id.prefix);
        if object.is_some_and(|object| leads_to(to, &object.name)) {
            return Ok(Some(id));
        }
        return Err(QueryError::WrongObject {
            field: target.name.clone(),
            objects: targets_in_words(to),
            id: written.to_owned(),
        }
        .into());
    }
    for object in to.iter().filter_map(|name| reader.schema.object(name)) {
        let Some(key) = object.natural_key() else {
            continue;
        };
        if let Some(id) = reader.by_unique(object, key.number, &Value::Text(written.into()))? {
            return Ok(Some(id));
        }
    }
    Err(QueryError::UnknownKey {
        field: target.name.clone(),
        objects: targets_in_words(to),
        written: written.to_owned(),
        near: nearest_key(to, written, reader, time)?,
    }
    .into())
}

/// A word for something of who asks. It goes before a key that is spelled like it: that record has its id.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Me,
    /// His team, his territory.
    Mine,
}

impl Word {
    fn of(written: &str, to: &[String]) -> Option<Self> {
        let is = |word: &str| written.eq_ignore_ascii_case(word);
        if is("me") && leads_to(to, "user") {
            Some(Self::Me)
        } else if is("mine") && (leads_to(to, "team") || leads_to(to, "territory")) {
            Some(Self::Mine)
        } else {
            None
        }
    }

    fn stands_for(
        self,
        target: &Target,
        operator: Operator,
        to: &[String],
        reader: &Reader,
        time: &QueryTime,
    ) -> Result<Option<RecordId>> {
        let user = match time.asker {
            Asker::User(user) => user,
            Asker::Nobody => return Ok(None),
            Asker::Program => {
                return Err(QueryError::NoAsker {
                    field: target.name.clone(),
                    operator: operator.name(),
                    word: if self == Self::Me { "me" } else { "mine" },
                }
                .into());
            }
        };
        if self == Self::Me {
            return Ok(Some(user));
        }
        let user = reader.get_stored(user)?;
        let of = |name: &&str| match user.as_ref()?.get(name)? {
            Value::Reference(id) if leads_to(to, name) => Some(*id),
            _ => None,
        };
        Ok(["team", "territory"].iter().find_map(of))
    }
}
