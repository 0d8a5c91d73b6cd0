//! What does a stored template say?
//!
//! A template is a record; its texts are one JSON value by language, so that a version of it is one value too:
//! `{"fa": {"subject": "…", "body": "…"}, "en": {…}}`.

use serde_json::{Map, Value as Json};

use super::problem::TemplateProblem;
use crate::context::Locale;
use crate::error::Result;
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};

/// In the order in which a language that is missing is looked for.
pub(super) const LANGUAGES: [Locale; 3] = [Locale::En, Locale::Fa, Locale::Ar];

/// A text of a page is a page: what is longer is a mistake.
const LONGEST: usize = 256 << 10;
const MOST_LINES: usize = 10_000;
/// The longest `{{ … }}` or `{% … %}`: deep expressions would need a deep stack.
const LONGEST_TAG: usize = 1_000;

/// What a template is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A page to print.
    Document,
    /// An e-mail, an SMS.
    Message,
    /// What other templates include.
    Part,
}

/// A template as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) id: RecordId,
    pub(crate) key: String,
    pub(crate) kind: Kind,
    /// The object that it is for; a part may be for every object.
    pub(crate) object: Option<String>,
    pub(crate) html: bool,
    /// Whether plain text isolates what runs the other way by invisible characters.
    pub(crate) isolates: bool,
    pub(crate) version: i64,
    texts: Vec<(Locale, Text)>,
}

/// A template's text in one language.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) subject: Option<String>,
    pub(crate) body: String,
}

impl Template {
    /// Reads a record of the object `template`.
    pub(crate) fn read(record: &Record) -> Result<Self, Vec<TemplateProblem>> {
        let key = record.text("key").unwrap_or_default().to_owned();
        let mut problems = Vec::new();
        let kind = match record.get("kind").and_then(Value::as_text) {
            Some("message") => Kind::Message,
            Some("part") => Kind::Part,
            _ => Kind::Document,
        };
        let html = record.text("format") != Some("text");
        if kind == Kind::Document && !html {
            let message = "a document is HTML; set its format to 'html', or its kind to 'message'";
            problems.push(TemplateProblem::of(&key, message));
        }
        let texts = match record.get("texts") {
            Some(Value::Json(Json::Object(texts))) => read_texts(&key, kind, texts, &mut problems),
            _ => {
                let message =
                    "its texts must be an object by language: {\"fa\": {\"body\": \"…\"}}";
                problems.push(TemplateProblem::of(&key, message));
                Vec::new()
            }
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            id: record.id(),
            kind,
            object: record.text("object").map(str::to_owned),
            html,
            isolates: !matches!(record.get("isolates"), Some(Value::Boolean(false))),
            version: match record.get("version") {
                Some(Value::Integer(version)) => *version,
                _ => 0,
            },
            texts,
            key,
        })
    }

    pub(crate) fn texts(&self) -> &[(Locale, Text)] {
        &self.texts
    }

    /// The text in a language, or in the next best one.
    pub(crate) fn nearest(&self, language: Locale) -> Option<(Locale, &Text)> {
        let of = |wanted: Locale| self.texts.iter().find(|(language, _)| *language == wanted);
        let found = of(language).or_else(|| LANGUAGES.into_iter().find_map(of));
        found.map(|(language, text)| (*language, text))
    }
}

fn read_texts(
    key: &str,
    kind: Kind,
    texts: &Map<String, Json>,
    problems: &mut Vec<TemplateProblem>,
) -> Vec<(Locale, Text)> {
    let mut found = Vec::new();
    if texts.is_empty() {
        problems.push(TemplateProblem::of(key, "it has no text in any language"));
    }
    for (tag, text) in texts {
        let language = LANGUAGES.into_iter().find(|language| language.tag() == tag);
        let Some(language) = language else {
            let message = format!("'{tag}' is none of the languages en, fa, ar");
            problems.push(TemplateProblem::of(key, message));
            continue;
        };
        let mut wrong = |message: String| {
            problems.push(TemplateProblem::of(key, message).at(language, None));
        };
        let Json::Object(parts) = text else {
            wrong("the text must be {\"subject\": \"…\", \"body\": \"…\"}".to_owned());
            continue;
        };
        if let Some(other) = parts
            .keys()
            .find(|name| !["subject", "body"].contains(&name.as_str()))
        {
            wrong(format!("a text has a subject and a body, and no '{other}'"));
        }
        let part = |name: &str| parts.get(name).and_then(Json::as_str).map(str::to_owned);
        let (subject, body) = (part("subject"), part("body"));
        let Some(body) = body else {
            wrong("the body is missing".to_owned());
            continue;
        };
        if kind == Kind::Part && subject.is_some() {
            wrong("a part has no subject".to_owned());
        }
        for text in [Some(&body), subject.as_ref()].into_iter().flatten() {
            if let Some(message) = too_much(text) {
                wrong(message);
            }
        }
        found.push((language, Text { subject, body }));
    }
    found
}

fn too_much(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return Some(format!("the text is longer than {} KiB", LONGEST >> 10));
    }
    if text.lines().count() > MOST_LINES {
        return Some(format!("the text has more than {MOST_LINES} lines"));
    }
    let mut rest = text;
    while let Some(begin) = rest.find(['{']) {
        rest = rest.get(begin + 1..).unwrap_or_default();
        let end = match rest.chars().next() {
            Some('{') => "}}",
            Some('%') => "%}",
            _ => continue,
        };
        let length = rest.find(end).unwrap_or(rest.len());
        if length > LONGEST_TAG {
            return Some(format!(
                "a tag is longer than {LONGEST_TAG} bytes; divide it, or compute the value in a field"
            ));
        }
    }
    None
}

/// The template under a key, if there is one.
pub(crate) fn by_key(reader: &Reader, key: &str) -> Result<Option<Record>> {
    let object = reader.object("template")?;
    let Some(field) = object.natural_key() else {
        return Ok(None);
    };
    match reader.by_unique(object, field.number, &Value::Text(key.into()))? {
        Some(id) => reader.get(id),
        None => Ok(None),
    }
}
