//! How is a filter written as JSON?
//!
//! `{"and": […]}`, `{"or": […]}`, `{"not": {…}}` or `{"field": "amount", "op": "gte", "value": 1000}`. A key that is
//! none of these is an error: a mistyped one must not widen a query. The text form is accepted as a JSON string.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use super::error::{Place, QueryError};
use super::filter::{Condition, Filter, MAX_DEPTH, MAX_NAME, Operator};
use crate::error::Result;

impl Filter {
    /// Reads the JSON form, or the text form in a JSON string.
    ///
    /// # Errors
    /// The JSON is no filter: the message says where, and what was expected there.
    pub fn from_json(json: &Json) -> Result<Self> {
        if let Json::String(text) = json {
            return Self::parse(text);
        }
        let filter = read(json, "", 1)?;
        filter.check_size()?;
        Ok(filter)
    }

    /// The JSON form.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::And(parts) => json!({"and": parts.iter().map(Self::to_json).collect::<Vec<_>>()}),
            Self::Or(parts) => json!({"or": parts.iter().map(Self::to_json).collect::<Vec<_>>()}),
            Self::Not(inner) => json!({"not": inner.to_json()}),
            Self::Is(Condition {
                field,
                operator,
                operands,
            }) => {
                let value = match operands.as_slice() {
                    [one] if !operator.takes_list() => json!(one),
                    several => json!(several),
                };
                json!({"field": field, "op": operator.name(), "value": value})
            }
        }
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(from)?;
        Self::from_json(&json).map_err(serde::de::Error::custom)
    }
}

type Read<T> = Result<T, QueryError>;

fn unexpected(path: &str, found: impl Into<String>, expected: &str) -> QueryError {
    QueryError::Syntax {
        place: Place::Path(path.to_owned()),
        found: found.into(),
        expected: expected.to_owned(),
    }
}

fn step(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn read(json: &Json, path: &str, depth: usize) -> Read<Filter> {
    const FORMS: &str =
        "{\"and\": […]}, {\"or\": […]}, {\"not\": {…}} or {\"field\": …, \"op\": …, \"value\": …}";
    if depth > MAX_DEPTH {
        return Err(QueryError::TooDeep);
    }
    let Json::Object(map) = json else {
        return Err(unexpected(path, "this is no JSON object", FORMS));
    };
    if map.contains_key("field") {
        return condition(map, path).map(Filter::Is);
    }
    let mut entries = map.iter();
    let (Some((name, inner)), None) = (entries.next(), entries.next()) else {
        return Err(unexpected(
            path,
            format!("the object has {} keys", map.len()),
            FORMS,
        ));
    };
    let path = step(path, name);
    match name.as_str() {
        "and" => parts(inner, &path, depth).map(Filter::And),
        "or" => parts(inner, &path, depth).map(Filter::Or),
        "not" => read(inner, &path, depth + 1).map(|inner| !inner),
        other => Err(unexpected(
            &path,
            format!("there is no key '{other}'"),
            FORMS,
        )),
    }
}

fn parts(json: &Json, path: &str, depth: usize) -> Read<Vec<Filter>> {
    let Json::Array(items) = json else {
        return Err(unexpected(path, "this is no list", "a list of filters"));
    };
    items
        .iter()
        .enumerate()
        .map(|(place, item)| read(item, &format!("{path}[{place}]"), depth + 1))
        .collect()
}

fn condition(map: &Map<String, Json>, path: &str) -> Read<Condition> {
    if let Some(other) = map
        .keys()
        .find(|key| !matches!(key.as_str(), "field" | "op" | "value"))
    {
        return Err(unexpected(
            path,
            format!("there is no key '{other}'"),
            "field, op and value",
        ));
    }
    let text = |name: &str| {
        map.get(name)
            .and_then(Json::as_str)
            .ok_or_else(|| unexpected(&step(path, name), "this is no text", "text"))
    };
    let field = text("field")?;
    let typed = text("op")?;
    if typed.len() > MAX_NAME {
        return Err(QueryError::LongName(typed.len()));
    }
    let operator = Operator::from_name(typed).ok_or_else(|| QueryError::UnknownOperator {
        place: Place::Path(step(path, "op")),
        typed: typed.to_owned(),
        near: Operator::suggest(typed),
    })?;
    let path = step(path, "value");
    let operands = match map.get("value") {
        Some(Json::Array(items)) if operator.takes_list() => items
            .iter()
            .map(|item| operand(item, &path))
            .collect::<Read<_>>()?,
        Some(one) if matches!(operator, Operator::In | Operator::Nin) => vec![operand(one, &path)?],
        _ if operator.takes_list() => {
            return Err(unexpected(
                &path,
                "this is no list",
                &format!("a list of values for {operator}"),
            ));
        }
        Some(one) => vec![operand(one, &path)?],
        None => return Err(unexpected(&path, "it is missing", "a value")),
    };
    let condition = Condition {
        field: field.to_owned(),
        operator,
        operands,
    };
    condition.check_operands()?;
    Ok(condition)
}

fn operand(json: &Json, path: &str) -> Read<String> {
    let money = |map: &Map<String, Json>| {
        let amount = operand(map.get("amount")?, path).ok()?;
        let currency = map.get("currency")?.as_str()?;
        (map.len() == 2).then(|| format!("{amount} {currency}"))
    };
    match json {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(yes) => Ok(yes.to_string()),
        Json::Object(map) => money(map).ok_or_else(|| {
            unexpected(
                path,
                "an object stands here",
                "a plain value, or {\"amount\": …, \"currency\": …}",
            )
        }),
        Json::Null => Err(unexpected(
            path,
            "null stands here",
            "a value; empty fields are found with is_null",
        )),
        Json::Array(_) => Err(unexpected(
            path,
            "a list stands here",
            "one value; lists go with in, nin and between",
        )),
    }
}
