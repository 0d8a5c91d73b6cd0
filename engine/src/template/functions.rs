//! What can a template do with a value?
//!
//! Filters and the one function that reads: nothing here changes anything, leaves the snapshot, or knows the clock.

use std::sync::Arc;

use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::check::links;
use super::picture::image;
use super::shown::one_line;
use super::view::{FieldView, RecordView, View, is_nothing, nothing};
use crate::context::Locale;
use crate::error::Result as EngineResult;
use crate::locale::{
    Calendar, DateStyle, Digits, amount_in_words, escape_html, minor_digits, number_in_words,
    without_marks,
};
use crate::query::{self, Condition, Filter, Operator, Query};
use crate::record::{Decimal, Manner, Money, Phone, Value as Stored};
use crate::schema::did_you_mean;

/// How many children a template gets unless it says, and at most.
const USUAL_CHILDREN: usize = 100;
const MOST_CHILDREN: usize = 500;
/// What reading children costs, besides what is done with them.
const FUEL_OF_CHILDREN: u64 = 500;
const FUEL_OF_CHILD: u64 = 20;

pub(super) type Answer = Result<Value, Error>;

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// What is wrong with the words in quotes that a filter is given.
pub(super) fn wrong_words(filter: &str, words: &[&str]) -> Option<String> {
    let known: &[&str] = match filter {
        "date" => &["gregorian", "jalali", "hijri", "short", "long", "full"],
        "money" | "words" => &["toman"],
        "digits" => &["ascii", "persian", "arabic"],
        _ => return None,
    };
    let odd = words.iter().find(|word| !known.contains(word))?;
    let near = did_you_mean(odd, known.iter().copied());
    Some(format!(
        "{filter} knows no '{odd}'{near}; it takes {}",
        known.join(", ")
    ))
}

/// Gives a template its filters and functions.
pub(super) fn add(environment: &mut Environment<'_>, view: &Arc<View>) {
    let v = || view.clone();
    let of = v();
    environment.add_filter("date", move |value: &Value, words: Rest<String>| {
        date(&of, value, &words)
    });
    let of = v();
    environment.add_filter("time", move |value: &Value| time(&of, value));
    let of = v();
    environment.add_filter("money", move |value: &Value, words: Rest<String>| {
        money(&of, value, &words)
    });
    let of = v();
    environment.add_filter("words", move |value: &Value, words: Rest<String>| {
        in_words(&of, value, &words)
    });
    let of = v();
    environment.add_filter("number", move |value: &Value| number(&of, value));
    let of = v();
    environment.add_filter("digits", move |value: &Value, set: Option<String>| {
        digits(&of, value, set.as_deref())
    });
    let of = v();
    environment.add_filter("phone", move |value: &Value| phone(&of, value));
    environment.add_filter("default", |value: &Value, other: &Value| {
        match is_nothing(value) {
            true => other.clone(),
            false => value.clone(),
        }
    });
    let of = v();
    environment.add_filter("lines", move |value: &Value| lines(&of, value));
    let of = v();
    environment.add_filter("one_line", move |value: &Value| {
        of.text(value).map(|text| one_line(&text))
    });
    let of = v();
    environment.add_filter("attr", move |value: &Value| attribute(&of, value));
    let of = v();
    environment.add_filter("link", move |value: &Value| link(&of, value));
    let of = v();
    environment.add_filter("join", move |value: &Value, by: Option<String>| {
        join(&of, value, by)
    });
    environment.add_filter("length", |value: &Value| length(value));
    let of = v();
    environment.add_filter(
        "image",
        move |state: &State, value: &Value, field: String| image(&of, state, value, &field),
    );
    let of = v();
    environment.add_function(
        "children",
        move |state: &State, record: &Value, object: String, rest: Kwargs| {
            children(&of, state, record, &object, &rest)
        },
    );
    environment.add_test("empty", |value: &Value| is_nothing(value));
}

fn stored(value: &Value) -> Option<&Stored> {
    value
        .downcast_object_ref::<FieldView>()
        .map(|field| &field.value)
}

fn date(view: &View, value: &Value, words: &[String]) -> Answer {
    let words_given: Vec<&str> = words.iter().map(String::as_str).collect();
    if let Some(message) = wrong_words("date", &words_given) {
        return Err(wrong(message));
    }
    let day = match stored(value) {
        Some(Stored::Date(day)) => *day,
        Some(Stored::Instant(at)) => at.with_timezone(&view.zone).date_naive(),
        _ if is_nothing(value) => return Ok(nothing()),
        _ => return Err(wrong("the filter date takes a day or a moment")),
    };
    let calendar = words.iter().find_map(|word| Calendar::from_name(word));
    let style = words.iter().find_map(|word| DateStyle::from_name(word));
    let usual = view.manner();
    let manner = Manner {
        calendar: calendar.unwrap_or(usual.calendar),
        dates: style.unwrap_or(usual.dates),
        ..usual
    };
    Ok(Value::from(manner.date(day)))
}

fn time(view: &View, value: &Value) -> Answer {
    match stored(value) {
        Some(Stored::Instant(at)) => Ok(Value::from(view.manner().clock(*at))),
        _ if is_nothing(value) => Ok(nothing()),
        _ => Err(wrong("the filter time takes a moment")),
    }
}

/// Ten rials are a toman, which is a way to say an amount and no currency.
fn in_tomans(money: Money) -> Result<Decimal, Error> {
    if money.currency.code() != "IRR" {
        let message = format!(
            "toman is a unit of IRR, and this amount is in {}",
            money.currency
        );
        return Err(wrong(message));
    }
    let tenth = money.amount.checked_div(Decimal::from(10));
    tenth
        .filter(|tenth| tenth.checked_mul(Decimal::from(10)) == Some(money.amount))
        .ok_or_else(|| wrong("the amount has no exact value in toman"))
}

fn money(view: &View, value: &Value, words: &[String]) -> Answer {
    let Some(Stored::Money(money)) = stored(value) else {
        return match is_nothing(value) {
            true => Ok(nothing()),
            false => Err(wrong("the filter money takes an amount")),
        };
    };
    match words {
        [] => Ok(Value::from(view.manner().money(*money))),
        [unit] if unit == "toman" => {
            let unit = match view.language {
                Locale::En => "toman",
                Locale::Fa | Locale::Ar => "تومان",
            };
            Ok(Value::from(format!(
                "{} {unit}",
                view.manner().number(in_tomans(*money)?)
            )))
        }
        _ => Err(wrong("the filter money takes nothing or \"toman\"")),
    }
}

fn in_words(view: &View, value: &Value, words: &[String]) -> Answer {
    if is_nothing(value) {
        return Ok(nothing());
    }
    let (number, currency) = match (stored(value), words) {
        (Some(Stored::Money(money)), []) => (money.amount, Some(money.currency.code())),
        (Some(Stored::Money(money)), [unit]) if unit == "toman" => {
            (in_tomans(*money)?, Some("toman"))
        }
        (Some(Stored::Decimal(number)), []) => (*number, None),
        (None, []) if value.is_integer() => {
            let number = value
                .as_i64()
                .ok_or_else(|| wrong("the number is too large for words"))?;
            (Decimal::from(number), None)
        }
        _ => {
            return Err(wrong(
                "the filter words takes an amount or a number, and \"toman\"",
            ));
        }
    };
    let text = said(number, currency, view.language).ok_or_else(|| {
        wrong(format!(
            "{number} has more decimal places than words can say"
        ))
    })?;
    Ok(Value::from(text))
}

fn said(number: Decimal, currency: Option<&str>, language: Locale) -> Option<String> {
    const BILLION: u128 = 1_000_000_000;
    let billionths = number.billionths();
    let (whole, rest) = (
        billionths.unsigned_abs() / BILLION,
        billionths.unsigned_abs() % BILLION,
    );
    let whole = u64::try_from(whole).ok()?;
    let text = match currency {
        Some(code) => {
            let unit = 10u128.pow(9 - minor_digits(code).unwrap_or(0).min(9));
            if !rest.is_multiple_of(unit) {
                return None;
            }
            amount_in_words(whole, u64::try_from(rest / unit).ok()?, code, language)?
        }
        None if rest == 0 => number_in_words(whole, language),
        None => return None,
    };
    Some(match (billionths < 0, language) {
        (false, _) => text,
        (true, Locale::En) => format!("minus {text}"),
        (true, Locale::Fa) => format!("منفی {text}"),
        (true, Locale::Ar) => format!("سالب {text}"),
    })
}

fn number(view: &View, value: &Value) -> Answer {
    let text = match stored(value) {
        Some(Stored::Decimal(number)) => view.manner().number(*number),
        None if value.is_integer() => {
            crate::locale::format_number(&value.to_string(), view.language)
        }
        None if is_nothing(value) => return Ok(nothing()),
        _ => return Err(wrong("the filter number takes a number")),
    };
    Ok(Value::from(text))
}

fn digits(view: &View, value: &Value, set: Option<&str>) -> Answer {
    let digits = match set {
        None => Digits::of(view.language),
        Some("ascii") => Digits::Ascii,
        Some("persian") => Digits::Persian,
        Some("arabic") => Digits::ArabicIndic,
        Some(other) => return Err(wrong(wrong_words("digits", &[other]).unwrap_or_default())),
    };
    // A text prints as it is: digits that were chosen stay.
    Ok(Value::from(digits.write(&view.text(value)?)))
}

fn phone(view: &View, value: &Value) -> Answer {
    let text = match stored(value) {
        Some(Stored::Phone(phone)) => view.manner().phone(phone),
        _ => {
            let text = view.text(value)?;
            Phone::parse(&text).map_or(text, |phone| view.manner().phone(&phone))
        }
    };
    Ok(Value::from(text))
}

/// A text of several lines: in HTML with breaks.
fn lines(view: &View, value: &Value) -> Answer {
    let text = view.text(value)?;
    if !view.html {
        return Ok(Value::from(text));
    }
    let lines = text
        .lines()
        .map(|line| crate::locale::isolate_html(line, view.direction()));
    Ok(Value::from_safe_string(
        lines.collect::<Vec<_>>().join("<br>\n"),
    ))
}

fn attribute(view: &View, value: &Value) -> Answer {
    Ok(escaped(view, &view.text(value)?))
}

fn escaped(view: &View, text: &str) -> Value {
    let text = without_marks(text);
    if !view.html {
        return Value::from(text.into_owned());
    }
    let mut out = String::with_capacity(text.len());
    escape_html(&text, &mut out);
    Value::from_safe_string(out)
}

/// An address that leads somewhere and runs nothing.
fn link(view: &View, value: &Value) -> Answer {
    let text = one_line(&view.text(value)?);
    let scheme = text
        .split_once(':')
        .map(|(scheme, _)| scheme.to_lowercase());
    let harmless = match scheme.as_deref() {
        None => true,
        Some("http" | "https" | "mailto" | "tel") => true,
        // A port or a path, and no scheme.
        Some(other) => other.contains(['/', '?', '#', '.']),
    };
    match harmless {
        true => Ok(escaped(view, &text)),
        false => Err(wrong(
            "the address does not begin with http, https, mailto or tel",
        )),
    }
}

fn join(view: &View, value: &Value, by: Option<String>) -> Answer {
    if by.is_none() && matches!(stored(value), Some(Stored::Options(_))) {
        return Ok(value.clone());
    }
    let by = by.unwrap_or_else(|| view.manner().comma().to_owned());
    let texts: Result<Vec<String>, Error> =
        value.try_iter()?.map(|item| view.text(&item)).collect();
    Ok(Value::from(texts?.join(&by)))
}

fn length(value: &Value) -> Answer {
    if is_nothing(value) {
        return Ok(Value::from(0));
    }
    let options = || match stored(value) {
        Some(Stored::Options(names)) => Some(names.len()),
        _ => None,
    };
    let length = value.len().or_else(options);
    length
        .map(Value::from)
        .ok_or_else(|| wrong("this has no length"))
}

fn children(
    view: &Arc<View>,
    state: &State<'_, '_>,
    record: &Value,
    object: &str,
    rest: &Kwargs,
) -> Answer {
    let Some(parent) = record.downcast_object_ref::<RecordView>() else {
        return Ok(nothing());
    };
    let by: Option<String> = rest.get("by")?;
    let sort: Option<String> = rest.get("sort")?;
    let limit: Option<usize> = rest.get("limit")?;
    rest.assert_all_used()?;
    let limit = limit.unwrap_or(USUAL_CHILDREN).clamp(1, MOST_CHILDREN);
    state.consume_fuel(FUEL_OF_CHILDREN)?;
    let page = match read_children(view, parent, object, by, sort, limit) {
        Ok(page) => page,
        Err(error) => {
            let message = error.to_string();
            return Err(wrong(message));
        }
    };
    state.consume_fuel(FUEL_OF_CHILD * page.records.len() as u64)?;
    if page.has_more {
        let title = parent.record.title();
        view.notes.warn(format!(
            "only the first {limit} records of {object} of {title} are shown"
        ));
    }
    let records = page.records.into_iter().map(|child| view.record(child));
    Ok(Value::from(records.collect::<Vec<_>>()))
}

fn read_children(
    view: &View,
    parent: &RecordView,
    object: &str,
    by: Option<String>,
    sort: Option<String>,
    limit: usize,
) -> EngineResult<query::Page> {
    let child = view.reader.object(object)?;
    let by = by.or_else(|| {
        links(child, parent.record.object())
            .next()
            .map(str::to_owned)
    });
    let by = by.unwrap_or_default();
    // Lines come in their order where they have one, and as they were made otherwise.
    let usual = child.field("position").map_or("", |_| "position");
    let of = Condition::new(by, Operator::Eq, [parent.record.id()]);
    let query = Query::new(object)
        .filter(Filter::Is(of))
        .sorted_by(sort.as_deref().unwrap_or(usual))?
        .limit(limit);
    query::run(&view.reader, &query, &view.time())
}
