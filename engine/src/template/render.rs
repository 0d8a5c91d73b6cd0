//! How does a template become a page?
//!
//! Everything is read at one snapshot. A text is checked against the schema of that snapshot before it runs, has so much
//! work to do and no more, and writes so many bytes and no more.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use super::check::{check, included};
use super::company;
use super::functions;
use super::page::{Column, framed};
use super::problem::{failed, unusable};
use super::shown::one_line;
use super::source::{Kind, LANGUAGES, Template, Text, by_key};
use super::view::{FieldView, Notes, View, nothing};
use super::{RenderOptions, Rendered, TemplateFormat};
use crate::context::Locale;
use crate::error::{Error, ErrorKind, Result};
use crate::locale::{Calendar, Direction};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value as Stored};
use crate::schema::did_you_mean;
use crate::session::Session;

/// What a template's name ends in where its subject is meant.
pub(super) const SUBJECT: &str = "/subject";

/// A page with a thousand lines of ten columns needs about a tenth of it; a loop without end stops in well under a second.
const FUEL: u64 = 2_000_000;
const LARGEST_PAGE: usize = 4 << 20;
const LARGEST_SUBJECT: usize = 1_000;

/// What all texts of one rendering share.
struct Job<'a> {
    template: &'a Template,
    parts: &'a BTreeMap<String, Template>,
    record: &'a Record,
    company: Option<&'a Record>,
    recipient: Option<&'a Record>,
    view: View,
}

pub(super) fn render(
    session: &Session,
    template: &str,
    record: RecordId,
    options: &RenderOptions,
) -> Result<Rendered> {
    let (reader, _) = session.read()?;
    let template = load(&reader, template)?;
    let record = match reader.get(record)? {
        Some(found) => found,
        // It says why there is none.
        None => session.get(record)?,
    };
    if let Some(object) = template
        .object
        .as_deref()
        .filter(|object| *object != record.object())
    {
        return Err(Error::new(
            ErrorKind::Invalid,
            format!(
                "the template '{}' is for {object}, and {} is a {}",
                template.key,
                record.id(),
                record.object()
            ),
        ));
    }
    let parts = parts_of(&reader, &template)?;
    refuse_unless_right(&reader, &template, &parts)?;
    let company = match &options.company {
        Some(key) => Some(company::by_key(&reader, key)?),
        None => company::of(&reader, &record)?,
    };
    let recipient = company::recipient(&reader, &record)?;
    let language = match (options.language, &recipient) {
        (Some(language), _) => Some(language),
        (None, Some(recipient)) => company::language_of(&reader, recipient)?,
        (None, None) => None,
    };
    let language = language.unwrap_or(session.context.locale);
    let notes = Arc::new(Notes::default());
    if company.is_none() {
        notes.warn("there is no company profile: the page says no firm's name".to_owned());
    }
    let job = Job {
        template: &template,
        parts: &parts,
        record: &record,
        company: company.as_ref(),
        recipient: recipient.as_ref(),
        view: View {
            reader,
            language,
            calendar: options.calendar.unwrap_or(Calendar::usual(language)),
            zone: session.context.zone,
            now: options.at.unwrap_or_else(|| session.context.now()),
            html: template.html,
            isolates: template.isolates,
            engine: session.engine.clone(),
            notes,
        },
    };
    job.rendered(language, options)
}

/// What was right at save may be wrong by now: a field has gone, a part has changed.
fn refuse_unless_right(
    reader: &Reader,
    template: &Template,
    parts: &BTreeMap<String, Template>,
) -> Result<()> {
    let stored = |key: &str| Ok(parts.get(key).cloned());
    let mut problems = Vec::new();
    for template in std::iter::once(template).chain(parts.values()) {
        problems.extend(check(template, &reader.schema, &stored)?);
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(unusable(&problems)),
    }
}

/// The template of a key or an id.
fn load(reader: &Reader, name: &str) -> Result<Template> {
    let by_id = match name.parse::<RecordId>() {
        Ok(id) => reader
            .get(id)?
            .filter(|record| record.object() == "template"),
        Err(_) => None,
    };
    let record = match by_id {
        Some(record) => Some(record),
        None => by_key(reader, name)?,
    };
    let Some(record) = record else {
        let mut keys = Vec::new();
        reader.each(reader.object("template")?, |template| {
            keys.extend(template.text("key").map(str::to_owned));
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        let near = did_you_mean(name, keys.iter().map(String::as_str));
        let message = format!("there is no template '{name}'{near}");
        return Err(
            Error::new(ErrorKind::NotFound, message).hint("`peyvand template list` shows them")
        );
    };
    let template = Template::read(&record).map_err(|problems| unusable(&problems))?;
    if template.kind == Kind::Part {
        let message = format!("'{name}' is a part of other templates, and no page of its own");
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    if matches!(record.get("active"), Some(Stored::Boolean(false))) {
        let message = format!("the template '{name}' is not in use any more");
        return Err(Error::new(ErrorKind::Invalid, message).hint("set its field active to true"));
    }
    Ok(template)
}

/// Every part that a template needs, those that lie in parts included.
pub(super) fn parts_of(reader: &Reader, template: &Template) -> Result<BTreeMap<String, Template>> {
    let mut found: BTreeMap<String, Template> = BTreeMap::new();
    let mut wanted: Vec<String> = included(template)
        .into_iter()
        .map(|(key, ..)| key)
        .collect();
    while let Some(key) = wanted.pop() {
        if found.contains_key(&key) {
            continue;
        }
        let Some(record) = by_key(reader, &key)? else {
            continue;
        };
        let part = Template::read(&record).map_err(|problems| unusable(&problems))?;
        wanted.extend(included(&part).into_iter().map(|(key, ..)| key));
        found.insert(key, part);
    }
    Ok(found)
}

impl Job<'_> {
    fn rendered(&self, language: Locale, options: &RenderOptions) -> Result<Rendered> {
        let (first, subject) = self.column(language)?;
        let second = options
            .second_language
            .filter(|second| *second != first.language)
            .map(|second| self.column(second))
            .transpose()?;
        let second = second.map(|(column, _)| column);
        let body = match (self.template.html, &second) {
            (true, _) => {
                let title = subject.clone().unwrap_or_else(|| self.record.title());
                framed(self.template.kind, &title, &first, second.as_ref())
            }
            (false, None) => first.body,
            (false, Some(second)) => format!("{}\n\n{}", first.body.trim_end(), second.body),
        };
        Ok(Rendered {
            body,
            format: match self.template.html {
                true => TemplateFormat::Html,
                false => TemplateFormat::Text,
            },
            subject,
            language: first.language,
            second_language: second.map(|second| second.language),
            direction: Direction::of(first.language),
            template: self.template.id,
            version: self.template.version,
            warnings: self.view.notes.take_warnings(),
        })
    }

    /// One language's text, and its subject.
    fn column(&self, wanted: Locale) -> Result<(Column, Option<String>)> {
        let Some((language, text)) = self.template.nearest(wanted) else {
            return Err(Error::new(ErrorKind::Invalid, "the template has no text"));
        };
        if language != wanted {
            self.view.notes.warn(format!(
                "the template has no text in {}; this is its text in {}",
                wanted.tag(),
                language.tag()
            ));
        }
        let calendar = match language == self.view.language {
            true => self.view.calendar,
            false => Calendar::usual(language),
        };
        let view = View {
            language,
            calendar,
            ..self.view.clone()
        };
        let body = self.run(&view, text, Piece::Body)?;
        let plain = View {
            html: false,
            isolates: false,
            ..view
        };
        let subject = match &text.subject {
            Some(_) => Some(one_line(&self.run(&plain, text, Piece::Subject)?)),
            None => None,
        };
        Ok((Column { language, body }, subject))
    }

    fn run(&self, view: &View, text: &Text, piece: Piece) -> Result<String> {
        let key = &self.template.key;
        let (name, source, largest) = match piece {
            Piece::Body => (key.clone(), text.body.as_str(), LARGEST_PAGE),
            Piece::Subject => (
                format!("{key}{SUBJECT}"),
                text.subject.as_deref().unwrap_or_default(),
                LARGEST_SUBJECT,
            ),
        };
        let view = Arc::new(view.clone());
        let told = |error: minijinja::Error| unusable(&[failed(&error, &name, view.language)]);
        let mut environment = environment(&view);
        for (key, part) in self.parts {
            if let Some((_, text)) = part.nearest(view.language) {
                environment
                    .add_template_owned(key.clone(), text.body.clone())
                    .map_err(told)?;
            }
        }
        environment
            .add_template_owned(name.clone(), source.to_owned())
            .map_err(told)?;
        let mut out = Limited {
            bytes: Vec::with_capacity(source.len() * 2),
            left: largest,
        };
        let names = self.names(&view);
        let run = environment
            .get_template(&name)
            .and_then(|template| template.render_captured_to(names, &mut out).map(|_| ()));
        // Why the store could not be read matters more than what came of it.
        if let Some(fault) = view.notes.take_fault() {
            return Err(fault);
        }
        run.map_err(told)?;
        String::from_utf8(out.bytes)
            .map_err(|_| Error::new(ErrorKind::Invalid, "the page is no text"))
    }

    /// What every text can name.
    fn names(&self, view: &Arc<View>) -> Value {
        let record = |record: Option<&Record>| {
            record.map_or_else(nothing, |record| view.record(record.clone()))
        };
        let today = view.now.with_timezone(&view.zone).date_naive();
        Value::from_pairs([
            ("record", record(Some(self.record))),
            ("company", record(self.company)),
            ("recipient", record(self.recipient)),
            ("today", FieldView::of(view, Stored::Date(today))),
            ("now", FieldView::of(view, Stored::Instant(view.now))),
            ("language", Value::from(view.language.tag())),
            ("direction", Value::from(view.direction().name())),
        ])
    }
}

#[derive(Clone, Copy)]
enum Piece {
    Body,
    Subject,
}

fn environment(view: &Arc<View>) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    let printed = view.clone();
    environment.set_formatter(move |out, _, value| printed.print(out, value));
    functions::add(&mut environment, view);
    environment
}

/// Takes so many bytes and no more.
struct Limited {
    bytes: Vec<u8>,
    left: usize,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.left.checked_sub(bytes.len()) {
            Some(left) => {
                self.left = left;
                self.bytes.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            None => Err(io::Error::other("the page is too large")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The languages in which a template has a text, in the order of the engine's.
pub(super) fn languages(template: &Template) -> Vec<Locale> {
    let has = |language: &Locale| template.texts().iter().any(|(of, _)| of == language);
    LANGUAGES.into_iter().filter(has).collect()
}
