//! How is a definition read from JSON, with every fault named by its place?
//!
//! Strictly: a key that is not known is a fault with the nearest one that is, since a mistyped wish that is dropped in
//! silence is a screen that nobody understands.

use serde_json::{Map, Value as Json};

use super::error::DefinitionError;
use crate::query::Filter;
use crate::schema::{Labels, did_you_mean};

type Read<T> = Result<T, DefinitionError>;

/// A piece of JSON and where it stands: `sections[1].rows[0][2]`.
pub(crate) struct Part<'a> {
    json: &'a Json,
    path: String,
}

/// The members of a JSON object all of whose keys are known.
pub(crate) struct Members<'a> {
    map: &'a Map<String, Json>,
    path: String,
}

impl<'a> Part<'a> {
    pub(crate) fn whole(json: &'a Json) -> Self {
        Self {
            json,
            path: String::new(),
        }
    }

    pub(crate) fn fault(&self, message: impl Into<String>) -> DefinitionError {
        DefinitionError::at(&self.path, message)
    }

    pub(crate) fn json(&self) -> &'a Json {
        self.json
    }

    /// The fault of a piece that was read by itself, with the way to it.
    pub(crate) fn within(&self, fault: &DefinitionError) -> DefinitionError {
        self.fault(fault.to_string())
    }

    pub(crate) fn members(&self, known: &[&'static str]) -> Read<Members<'a>> {
        let Json::Object(map) = self.json else {
            return Err(self.fault(format!(
                "a JSON object with {} is expected here",
                known.join(", ")
            )));
        };
        if let Some(key) = map.keys().find(|key| !known.contains(&key.as_str())) {
            let near = did_you_mean(key, known.iter().copied());
            let near = match near.is_empty() {
                true => format!("; there are {}", known.join(", ")),
                false => near,
            };
            return Err(self.fault(format!("there is no key '{key}'{near}")));
        }
        Ok(Members {
            map,
            path: self.path.clone(),
        })
    }

    pub(crate) fn as_text(&self) -> Option<&'a str> {
        self.json.as_str()
    }

    pub(crate) fn text(&self) -> Read<String> {
        match self.json {
            Json::String(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            Json::String(_) => Err(self.fault("the text is empty; leave it out or give one")),
            _ => Err(self.fault("text is expected here")),
        }
    }

    pub(crate) fn items(&self) -> Read<Vec<Part<'a>>> {
        let Json::Array(items) = self.json else {
            return Err(self.fault("a list is expected here"));
        };
        let item = |(place, json)| Part {
            json,
            path: format!("{}[{place}]", self.path),
        };
        Ok(items.iter().enumerate().map(item).collect())
    }

    fn whole_number(&self, least: u64, most: u64) -> Read<u64> {
        match self.json.as_u64() {
            Some(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(self.fault(format!(
                "a whole number from {least} to {most} is expected here"
            ))),
        }
    }

    /// One of a set of words.
    pub(crate) fn word<T: Copy>(&self, words: &[(&'static str, T)]) -> Read<T> {
        let typed = self.text()?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == typed) {
            return Ok(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let near = did_you_mean(&typed, known.iter().copied());
        let near = match near.is_empty() {
            true => format!("; there are {}", known.join(", ")),
            false => near,
        };
        Err(self.fault(format!("'{typed}' is not known here{near}")))
    }

    fn labels(&self) -> Read<Labels> {
        let Json::Object(map) = self.json else {
            return Err(self.fault("a name for each language is expected here, such as {\"en\": \"Open\", \"fa\": \"باز\"}"));
        };
        map.iter()
            .map(|(tag, name)| match name {
                Json::String(name) if is_tag(tag) && !name.trim().is_empty() => {
                    Ok((tag.clone(), name.clone()))
                }
                Json::String(name) if name.trim().is_empty() => {
                    Err(self.fault(format!("the name for {tag} is empty")))
                }
                Json::String(_) => Err(self.fault(format!(
                    "'{tag}' is not a language tag such as en, fa or ar"
                ))),
                _ => Err(self.fault(format!("the name for {tag} is not text"))),
            })
            .collect()
    }

    fn filter(&self) -> Read<Filter> {
        Filter::from_json(self.json).map_err(|error| self.fault(error.to_string()))
    }
}

fn is_tag(tag: &str) -> bool {
    (2..=35).contains(&tag.len())
        && tag
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl<'a> Members<'a> {
    pub(crate) fn part(&self, key: &str) -> Option<Part<'a>> {
        let json = self.map.get(key)?;
        let path = match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        Some(Part { json, path })
    }

    pub(crate) fn needed(&self, key: &str) -> Read<Part<'a>> {
        self.part(key)
            .ok_or_else(|| DefinitionError::at(&self.path, format!("'{key}' is missing")))
    }

    pub(crate) fn text(&self, key: &str) -> Read<Option<String>> {
        self.part(key).map(|part| part.text()).transpose()
    }

    pub(crate) fn items(&self, key: &str) -> Read<Vec<Part<'a>>> {
        self.part(key).map_or(Ok(Vec::new()), |part| part.items())
    }

    pub(crate) fn texts(&self, key: &str) -> Read<Vec<String>> {
        self.items(key)?.iter().map(Part::text).collect()
    }

    /// Each item of a list, read by `read`.
    pub(crate) fn each<T>(&self, key: &str, read: impl Fn(&Part<'a>) -> Read<T>) -> Read<Vec<T>> {
        self.items(key)?.iter().map(read).collect()
    }

    pub(crate) fn number(&self, key: &str, least: u64, most: u64) -> Read<Option<u64>> {
        self.part(key)
            .map(|part| part.whole_number(least, most))
            .transpose()
    }

    pub(crate) fn flag(&self, key: &str) -> Read<bool> {
        match self.part(key) {
            None => Ok(false),
            Some(part) => part
                .json
                .as_bool()
                .ok_or_else(|| part.fault("true or false is expected here")),
        }
    }

    pub(crate) fn labels(&self, key: &str) -> Read<Labels> {
        self.part(key)
            .map_or(Ok(Labels::new()), |part| part.labels())
    }

    pub(crate) fn filter(&self, key: &str) -> Read<Filter> {
        self.part(key)
            .map_or(Ok(Filter::everything()), |part| part.filter())
    }
}

/// The names in several languages that a record's `label` field has.
pub(crate) fn labels(json: &Json) -> Read<Labels> {
    Part::whole(json).labels()
}

/// A JSON object in the making; what says nothing is left out, so that a definition is as short as it can be.
#[derive(Default)]
pub(crate) struct Making(Map<String, Json>);

impl Making {
    pub(crate) fn put(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    pub(crate) fn maybe(self, key: &str, value: Option<impl Into<Json>>) -> Self {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    pub(crate) fn flag(self, key: &str, flag: bool) -> Self {
        if flag { self.put(key, true) } else { self }
    }

    pub(crate) fn list(self, key: &str, list: Vec<Json>) -> Self {
        if list.is_empty() {
            self
        } else {
            self.put(key, list)
        }
    }

    pub(crate) fn labels(self, key: &str, labels: &Labels) -> Self {
        if labels.is_empty() {
            return self;
        }
        let map: Map<String, Json> = labels
            .iter()
            .map(|(tag, name)| (tag.clone(), name.clone().into()))
            .collect();
        self.put(key, map)
    }

    pub(crate) fn filter(self, key: &str, filter: &Filter) -> Self {
        if filter.is_everything() {
            self
        } else {
            self.put(key, filter.to_string())
        }
    }

    pub(crate) fn done(self) -> Json {
        Json::Object(self.0)
    }
}

/// The word of a value.
pub(crate) fn word_of<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    words
        .iter()
        .find(|(_, known)| known == value)
        .map_or("", |(word, _)| word)
}
