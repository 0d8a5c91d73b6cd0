//! Is a template right, before anybody prints it?
//!
//! A template is read as minijinja reads it, and every name in it is looked up in the schema: fields, filters,
//! functions, parts that it includes. What is found is found at save and again at each rendering, since the schema may
//! have changed meanwhile.

mod expressions;
mod kinds;
mod markup;
mod statements;

pub(super) use expressions::links;
pub(super) use kinds::field_of;

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::machinery::ast::Stmt;
use minijinja::machinery::parse;

use self::kinds::Sort;
use self::markup::Place;
use super::problem::{TemplateProblem, failed};
use super::source::{Kind, Template};
use crate::context::Locale;
use crate::error::Result;
use crate::schema::{Object, Schema, did_you_mean};

/// Gives the part of a key.
pub(super) type Parts<'a> = dyn Fn(&str) -> Result<Option<Template>> + 'a;

/// How many parts may lie within each other.
const DEEPEST: usize = 8;

/// The parts that the texts of a template include, with language and line.
pub(super) fn included(template: &Template) -> Vec<(String, Locale, usize)> {
    let schema = Schema::default();
    let mut found = Vec::new();
    for (language, text) in template.texts() {
        let mut walk = Walk::of(template, *language, &schema);
        walk.text(&text.body, template.html);
        let parts = walk.includes.into_iter();
        found.extend(parts.map(|(key, line)| (key, *language, line)));
    }
    found
}

/// Everything that is wrong with a template.
///
/// # Errors
/// When a part cannot be read from the store.
pub(super) fn check(
    template: &Template,
    schema: &Schema,
    parts: &Parts<'_>,
) -> Result<Vec<TemplateProblem>> {
    let mut problems = Vec::new();
    match &template.object {
        Some(object) if schema.object(object).is_none() => {
            let names = schema.objects().map(|object| object.name.as_str());
            let near = did_you_mean(object, names);
            let message = format!("there is no object '{object}'{near}");
            problems.push(TemplateProblem::of(&template.key, message));
            return Ok(problems);
        }
        None if template.kind != Kind::Part => {
            let message = "it must say which object it is for; only a part may be for all";
            problems.push(TemplateProblem::of(&template.key, message));
            return Ok(problems);
        }
        _ => {}
    }
    for (language, text) in template.texts() {
        let mut walk = Walk::of(template, *language, schema);
        if let Some(subject) = &text.subject {
            walk.text(subject, false);
        }
        walk.text(&text.body, template.html);
        let Walk {
            includes,
            problems: found,
            ..
        } = walk;
        problems.extend(found);
        for (key, line) in includes {
            if let Some(message) = wrong_part(template, &key, parts)? {
                let problem = TemplateProblem::of(&template.key, message);
                problems.push(problem.at(*language, Some(line)));
            }
        }
    }
    Ok(problems)
}

/// What is wrong with including a part, or with what lies in it.
fn wrong_part(template: &Template, key: &str, parts: &Parts<'_>) -> Result<Option<String>> {
    let Some(part) = (if key == template.key {
        Some(template.clone())
    } else {
        parts(key)?
    }) else {
        return Ok(Some(format!(
            "there is no template '{key}' to include; make it first, with kind 'part'"
        )));
    };
    if let Some(circle) = circle(template, &part, parts, &mut vec![template.key.clone()])? {
        return Ok(Some(format!(
            "includes go in a circle: {}",
            circle.join(" → ")
        )));
    }
    if part.kind != Kind::Part {
        return Ok(Some(format!(
            "'{key}' cannot be included: its kind is not 'part'"
        )));
    }
    if part.html && !template.html {
        return Ok(Some(format!(
            "'{key}' is HTML and cannot be part of a plain text"
        )));
    }
    if !part.html && template.html {
        return Ok(Some(format!(
            "'{key}' is plain text and cannot be part of HTML"
        )));
    }
    match (&part.object, &template.object) {
        (Some(of), Some(wanted)) if of != wanted => {
            Ok(Some(format!("'{key}' is for {of} and not for {wanted}")))
        }
        (Some(of), None) => Ok(Some(format!(
            "'{key}' is for {of}, and this part is for every object"
        ))),
        _ => Ok(None),
    }
}

/// The way back to where it began, if the parts of a part lead there.
fn circle(
    template: &Template,
    part: &Template,
    parts: &Parts<'_>,
    way: &mut Vec<String>,
) -> Result<Option<Vec<String>>> {
    way.push(part.key.clone());
    if part.key == template.key || way.len() > DEEPEST {
        return Ok(Some(way.clone()));
    }
    for (key, ..) in included(part) {
        let next = match key == template.key {
            true => Some(template.clone()),
            false => parts(&key)?,
        };
        if let Some(next) = next
            && let Some(circle) = circle(template, &next, parts, way)?
        {
            return Ok(Some(circle));
        }
    }
    way.pop();
    Ok(None)
}

/// Goes through one text of a template.
struct Walk<'a> {
    template: &'a Template,
    language: Locale,
    schema: &'a Schema,
    /// Names and what they stand for, the innermost last.
    scopes: Vec<BTreeMap<String, Sort>>,
    /// Where in the page the text has led; none in plain text.
    place: Option<Place>,
    includes: Vec<(String, usize)>,
    problems: Vec<TemplateProblem>,
}

impl<'a> Walk<'a> {
    fn of(template: &'a Template, language: Locale, schema: &'a Schema) -> Self {
        Self {
            template,
            language,
            schema,
            scopes: vec![given(template, schema)],
            place: None,
            includes: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn text(&mut self, text: &str, html: bool) {
        self.place = html.then(Place::default);
        match parse(text, &self.template.key, Default::default()) {
            Ok(Stmt::Template(root)) => {
                self.statements(&root.children);
                if self
                    .place
                    .as_ref()
                    .is_some_and(|place| *place != Place::Text)
                {
                    let message = "a tag, a comment or a style is not closed";
                    let problem = TemplateProblem::of(&self.template.key, message);
                    self.problems.push(problem.at(self.language, None));
                }
            }
            Ok(_) => {}
            Err(error) => {
                let problem = failed(&error, &self.template.key, self.language);
                self.problems.push(problem);
            }
        }
    }

    fn wrong(&mut self, line: usize, message: impl Into<String>) {
        let problem = TemplateProblem::of(&self.template.key, message);
        self.problems.push(problem.at(self.language, Some(line)));
    }
}

/// The names that every template begins with.
fn given(template: &Template, schema: &Schema) -> BTreeMap<String, Sort> {
    let record = |objects: Vec<Arc<Object>>, steps| Sort::Record { objects, steps };
    let named = |name: &str| schema.object(name).cloned();
    let mut names: BTreeMap<String, Sort> = [
        ("today", Sort::Date),
        ("now", Sort::Instant),
        ("language", Sort::Text),
        ("direction", Sort::Text),
        (
            "company",
            record(named("company_profile").into_iter().collect(), 0),
        ),
    ]
    .map(|(name, sort)| (name.to_owned(), sort))
    .into();
    let own = template.object.as_deref().and_then(named);
    let recipients = ["contact", "account", "lead"].into_iter();
    let recipients = recipients.filter_map(named).collect();
    names.insert("recipient".to_owned(), record(recipients, 1));
    if let Some(own) = own {
        names.insert("record".to_owned(), record(vec![own], 0));
    }
    names
}
