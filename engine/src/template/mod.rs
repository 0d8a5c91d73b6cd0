//! How does a record become a page or a message?
//!
//! Templates are records of the object `template`: their texts by language, checked against the schema when they are
//! saved, with every version kept. This is the only room that names minijinja. In reading order: `source` is a template
//! as it is stored, `check` looks up every name in it, `rule` refuses a wrong one at save; `view` is what it sees of a
//! record, `shown` how a value reads, `functions` what it can do with one; `company` finds who writes and who reads,
//! `render` runs it, `page` frames it; `plain_text` is what is
//! left of a page without its form; `standard` holds the templates that come with the engine.

mod check;
mod company;
mod functions;
mod page;
mod picture;
mod plain_text;
mod problem;
mod render;
mod rule;
mod shown;
mod source;
mod standard;
#[cfg(test)]
mod tests;
mod view;

pub use plain_text::plain_text;
pub use problem::TemplateProblem;

pub(crate) use rule::register;

use chrono::{DateTime, Utc};

use crate::context::Locale;
use crate::error::Result;
use crate::locale::{Calendar, Direction};
use crate::record::{Record, RecordId};
use crate::session::Session;
use crate::write::{Group, Request};

/// How a template is rendered; the defaults are what the recipient would want.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RenderOptions {
    /// The language; none is the recipient's, or the session's where he has none.
    pub language: Option<Locale>,
    /// A second language beside it.
    pub second_language: Option<Locale>,
    /// The calendar of dates; none is the usual one of the language.
    pub calendar: Option<Calendar>,
    /// The key of the company profile; none is that of the record's branch.
    pub company: Option<String>,
    /// What `today` and `now` are; none is the session's clock.
    pub at: Option<DateTime<Utc>>,
}

impl RenderOptions {
    /// In this language, whatever the recipient reads.
    #[must_use]
    pub fn language(mut self, language: Locale) -> Self {
        self.language = Some(language);
        self
    }

    /// With a second language beside it.
    #[must_use]
    pub fn beside(mut self, language: Locale) -> Self {
        self.second_language = Some(language);
        self
    }

    /// With dates of this calendar.
    #[must_use]
    pub fn calendar(mut self, calendar: Calendar) -> Self {
        self.calendar = Some(calendar);
        self
    }

    /// In the name of the company profile of this key.
    #[must_use]
    pub fn company(mut self, key: &str) -> Self {
        self.company = Some(key.to_owned());
        self
    }

    /// As if it were this moment.
    #[must_use]
    pub fn at(mut self, at: DateTime<Utc>) -> Self {
        self.at = Some(at);
        self
    }
}

/// What a rendered text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateFormat {
    /// A whole page that loads nothing.
    Html,
    /// Plain text.
    Text,
}

/// A page or a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rendered {
    /// The page or the text.
    pub body: String,
    /// What the body is written in.
    pub format: TemplateFormat,
    /// The subject, on one line, where the template has one.
    pub subject: Option<String>,
    /// The language that it came out in.
    pub language: Locale,
    /// The language beside it.
    pub second_language: Option<Locale>,
    /// The direction of the first language.
    pub direction: Direction,
    /// The template.
    pub template: RecordId,
    /// The template's version.
    pub version: i64,
    /// What the page had to do without, in words.
    pub warnings: Vec<String>,
}

impl Session {
    /// Renders a record by a template, named by its key or its id.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{Engine, RenderOptions};
    /// use serde_json::json;
    ///
    /// let engine = Engine::in_memory().open()?;
    /// let session = engine.session();
    /// session.create("template", json!({
    ///     "key": "hello", "name": "Hello", "kind": "message", "object": "account", "format": "text",
    ///     "texts": {"fa": {"subject": "سلام", "body": "سلام {{ record.name }}، امروز {{ today }} است."}},
    /// }))?;
    /// let account = session.create("account", json!({"name": "بیمه آینده", "language": "fa"}))?.id()?;
    /// let hello = session.render("hello", account, &RenderOptions::default())?;
    /// assert!(hello.body.starts_with("سلام بیمه آینده، امروز "));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is no such template or record, the template is for another object, or something in it is not right
    /// (any more): the message names template, language and line. When it does more work or writes more than a page
    /// needs.
    pub fn render(
        &self,
        template: &str,
        record: RecordId,
        options: &RenderOptions,
    ) -> Result<Rendered> {
        render::render(self, template, record, options)
    }

    /// Every problem of every stored template: what a change of the schema has left behind.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn check_templates(&self) -> Result<Vec<TemplateProblem>> {
        let (reader, _) = self.read()?;
        rule::problems(&reader)
    }

    /// Everything that is wrong with a template of these fields, which is not saved.
    ///
    /// # Errors
    /// When a field has no value of its kind, or the store cannot be read.
    pub fn check_template(&self, fields: &serde_json::Value) -> Result<Vec<TemplateProblem>> {
        let (reader, _) = self.read()?;
        rule::problems_of(&reader, fields)
    }

    /// The languages in which a template has a text.
    ///
    /// # Errors
    /// When the record is no template that can be read.
    pub fn template_languages(&self, template: &Record) -> Result<Vec<Locale>> {
        let template =
            source::Template::read(template).map_err(|found| problem::unusable(&found))?;
        Ok(render::languages(&template))
    }

    /// Adds those templates that come with the engine and have never been added to this store: letterhead, offer,
    /// welcome by e-mail and by SMS, each in three languages. Gives the keys that were added.
    ///
    /// # Errors
    /// When one of them cannot be saved, such as for want of a field that somebody has removed.
    pub fn add_standard_templates(&self) -> Result<Vec<String>> {
        let mut added = Vec::new();
        for (key, fields) in standard::templates() {
            let group = Group {
                once: Some(format!("engine/template {key}")),
                ..Group::of([Request::create("template", fields)])
            };
            let (reader, _) = self.read()?;
            if source::by_key(&reader, key)?.is_some() {
                continue;
            }
            let done = self.commit_groups(&[group])?;
            added.extend(done.id().is_ok().then(|| key.to_owned()));
        }
        Ok(added)
    }
}
