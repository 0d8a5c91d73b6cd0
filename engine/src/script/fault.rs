//! How is a script's error told?
//!
//! rhai's own words are for programmers; an administrator reads what happened, where, and what to write instead.

use rhai::{EvalAltResult, LexError, ParseError, Position};

use super::Problem;
use super::engine::LIMITS;
use super::functions::NAMES;
use crate::schema::did_you_mean;

/// An error of one run, without the script's and the record's name.
pub(super) struct Fault {
    position: Position,
    message: String,
}

impl Fault {
    pub(super) fn of(error: &EvalAltResult) -> Self {
        let inner = innermost(error);
        Self {
            position: inner.position(),
            message: explain(inner),
        }
    }

    /// `script NAME version N, line L, column C, record ID: message`
    pub(super) fn tell(&self, script: &str, record: &impl std::fmt::Display) -> String {
        let place = match (self.position.line(), self.position.position()) {
            (Some(line), Some(column)) => format!(", line {line}, column {column}"),
            (Some(line), None) => format!(", line {line}"),
            _ => String::new(),
        };
        format!("{script}{place}, record {record}: {}", self.message)
    }
}

/// Where it happened, below the functions that led there.
fn innermost(error: &EvalAltResult) -> &EvalAltResult {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _)
        | EvalAltResult::ErrorInModule(_, inner, _) => innermost(inner),
        other => other,
    }
}

fn explain(error: &EvalAltResult) -> String {
    match error {
        EvalAltResult::ErrorRuntime(told, _) if told.is_unit() => {
            "the script threw an error without a message".to_owned()
        }
        EvalAltResult::ErrorRuntime(told, _) => told.to_string(),
        EvalAltResult::ErrorTooManyOperations(_) | EvalAltResult::ErrorTerminated(..) => {
            format!(
                "it does more than {} operations; look for a loop that does not end or for long lists",
                thousands(LIMITS.operations)
            )
        }
        EvalAltResult::ErrorStackOverflow(_) => format!(
            "functions call each other more than {} levels deep",
            LIMITS.call_levels
        ),
        EvalAltResult::ErrorTooManyVariables(_) => {
            format!("it has more than {} variables", LIMITS.variables)
        }
        EvalAltResult::ErrorDataTooLarge(..) => format!(
            "a value grows too large: a text may have {} bytes, a list {} items, a map {} entries, with all that is inside",
            thousands(LIMITS.text_bytes as u64),
            thousands(LIMITS.list_items as u64),
            thousands(LIMITS.map_entries as u64)
        ),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => not_found(signature),
        EvalAltResult::ErrorPropertyNotFound(name, _) => format!("the map has no entry '{name}'"),
        EvalAltResult::ErrorDotExpr(told, _) => property(told),
        EvalAltResult::ErrorMismatchDataType(expected, found, _) => format!(
            "{} is expected here, not {}",
            type_name(expected),
            type_name(found)
        ),
        other => uncapitalised(&without_position(other)),
    }
}

/// rhai adds ` (line 3, position 5)` to what it prints.
fn without_position(error: &EvalAltResult) -> String {
    let text = error.to_string();
    let suffix = format!(" ({})", error.position());
    text.strip_suffix(&suffix)
        .map_or_else(|| text.clone(), str::to_owned)
}

/// `rejct (string)`, `+ (date, i64)`
fn not_found(signature: &str) -> String {
    let (name, types) = signature.split_once(" (").unwrap_or((signature, ""));
    let types: Vec<&str> = types
        .trim_end_matches(')')
        .split(", ")
        .filter(|name| !name.is_empty())
        .map(type_name)
        .collect();
    match types.as_slice() {
        [left, right] if !name.starts_with(|c: char| c.is_alphanumeric() || c == '_') => {
            format!("{left} {name} {right} cannot be calculated")
        }
        [] if NAMES.contains(&name) => format!("{name}() needs arguments"),
        _ if NAMES.contains(&name) => format!("{name}() does not take {}", types.join(" and ")),
        _ => format!(
            "there is no function {name}({}){}",
            types.join(", "),
            did_you_mean(name, NAMES.into_iter())
        ),
    }
}

fn property(told: &str) -> String {
    let quoted: Vec<&str> = told.split('\'').collect();
    match quoted.as_slice() {
        [_, name, _, "()", ..] => {
            format!("'{name}' is asked of an empty value; test `!= ()` first")
        }
        [what, name, _, kind, ..] if what.starts_with("Unknown property") => format!(
            "{} has no '{name}' that can be used like this",
            type_name(kind)
        ),
        _ => uncapitalised(told),
    }
}

/// A type's name as a person says it.
pub(super) fn type_name(name: &str) -> &str {
    match name {
        "i64" => "a whole number",
        "f64" => "a fraction",
        "decimal" | "rust_decimal::decimal::Decimal" => "a decimal number",
        "bool" => "true or false",
        "string" | "&str" | "ImmutableString" => "text",
        "char" => "a letter",
        "array" => "a list",
        "map" => "a map",
        "()" => "an empty value",
        "date" | "chrono::naive::date::NaiveDate" => "a date",
        "instant" => "an instant",
        "span" | "chrono::time_delta::TimeDelta" => "a span of time",
        "Fn" => "a function",
        other if other.starts_with("chrono::datetime::DateTime") => "an instant",
        other if other.ends_with("::Money") => "money",
        other if other.ends_with("::RecordView") || other == "record" => "a record",
        other => other,
    }
}

pub(super) fn of_syntax(error: &ParseError) -> Problem {
    let position = error.position();
    let message = match error.err_type() {
        rhai::ParseErrorType::ExprTooDeep => format!(
            "the expression is nested deeper than {} levels, {} inside of functions",
            LIMITS.expression_depths.0, LIMITS.expression_depths.1
        ),
        rhai::ParseErrorType::VariableUndefined(name) => {
            format!(
                "there is no variable '{name}'{}",
                did_you_mean(name, ["record", "old"].into_iter())
            )
        }
        rhai::ParseErrorType::Reserved(word)
        | rhai::ParseErrorType::BadInput(LexError::ImproperSymbol(word, _))
            if is_word(word) =>
        {
            format!("'{word}' cannot be used in a script")
        }
        other => uncapitalised(&other.to_string()),
    };
    Problem::at(
        position.line().unwrap_or(1),
        position.position().unwrap_or(1),
        message,
    )
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase())
}

fn uncapitalised(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
