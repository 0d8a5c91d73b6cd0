//! What does a record look like as a page or a message?

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use peyvand::locale::Calendar;
use peyvand::{Locale, RecordId, RenderOptions, Rendered, TemplateFormat};
use serde_json::json;

use crate::fault::{Exit, Fault};
use crate::output::Output;
use crate::store::{self, Need};

#[derive(Debug, Args)]
pub(crate) struct Render {
    /// The key or the id of a template
    pub(crate) template: String,
    /// The record
    pub(crate) record: RecordId,
    /// en, fa or ar [default: what the recipient reads]
    #[arg(long, value_name = "L", value_parser = language)]
    pub(crate) language: Option<Locale>,
    /// A second language beside it
    #[arg(long, value_name = "L", value_parser = language)]
    pub(crate) second: Option<Locale>,
    /// gregorian, jalali or hijri [default: the usual one of the language]
    #[arg(long, value_name = "C", value_parser = calendar)]
    pub(crate) calendar: Option<Calendar>,
    /// The key of a company profile [default: that of the record's branch]
    #[arg(long, value_name = "KEY")]
    pub(crate) company: Option<String>,
    /// Where it goes; stdout when left out
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

pub(crate) fn language(tag: &str) -> Result<Locale, String> {
    Locale::from_tag(tag).ok_or_else(|| "the languages are en, fa and ar".to_owned())
}

fn calendar(name: &str) -> Result<Calendar, String> {
    Calendar::from_name(name)
        .ok_or_else(|| "the calendars are gregorian, jalali and hijri".to_owned())
}

pub(crate) fn run(asked: &Render, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let options = options(asked);
    let rendered = store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        Ok(session.render(&asked.template, asked.record, &options)?)
    })?;
    if let Some(file) = &asked.out {
        std::fs::write(file, &rendered.body).map_err(|error| {
            Fault::input(
                format!("{} cannot be written: {error}", file.display()),
                "give another file",
            )
        })?;
    }
    if output.json {
        output.document(&as_json(&rendered, asked.out.as_deref()))?;
        return Ok(Exit::Fine);
    }
    for warning in &rendered.warnings {
        // A lost warning is no reason to stop.
        writeln!(io::stderr().lock(), "warning: {warning}").ok();
    }
    match &asked.out {
        Some(file) => output.line(format!("wrote {}", file.display()))?,
        None => {
            if let Some(subject) = rendered.subject.as_ref().filter(|_| is_text(&rendered)) {
                output.line(subject)?;
                output.line("")?;
            }
            output.writer().write_all(rendered.body.as_bytes())?;
            output.line("")?;
        }
    }
    Ok(Exit::Fine)
}

fn options(asked: &Render) -> RenderOptions {
    let mut options = RenderOptions::default();
    if let Some(language) = asked.language {
        options = options.language(language);
    }
    if let Some(second) = asked.second {
        options = options.beside(second);
    }
    if let Some(calendar) = asked.calendar {
        options = options.calendar(calendar);
    }
    if let Some(company) = &asked.company {
        options = options.company(company);
    }
    options
}

fn is_text(rendered: &Rendered) -> bool {
    rendered.format == TemplateFormat::Text
}

fn as_json(rendered: &Rendered, file: Option<&Path>) -> serde_json::Value {
    let body = file.is_none().then_some(&rendered.body);
    json!({
        "template": rendered.template.to_string(), "version": rendered.version,
        "format": if is_text(rendered) { "text" } else { "html" },
        "language": rendered.language.tag(), "second_language": rendered.second_language.map(Locale::tag),
        "direction": rendered.direction.name(), "subject": rendered.subject, "body": body,
        "file": file.map(|file| file.display().to_string()), "warnings": rendered.warnings,
    })
}
