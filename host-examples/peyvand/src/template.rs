//! Which templates are there, what do they say, and what is wrong with one?

use std::path::{Path, PathBuf};

use clap::Subcommand;
use peyvand::{Engine, Locale, Record, TemplateProblem};
use serde_json::{Value as Json, json};

use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, several};
use crate::render::language;
use crate::source;
use crate::store::{self, Need};

#[derive(Debug, Subcommand)]
pub(crate) enum Template {
    /// The templates that there are
    #[command(after_help = "Example:\n  peyvand template list")]
    List,
    /// A template's texts
    #[command(after_help = "Example:\n  peyvand template show offer --language fa")]
    Show {
        key: String,
        /// Only the text in this language: en, fa or ar
        #[arg(long, value_name = "L", value_parser = language)]
        language: Option<Locale>,
    },
    /// Save a template, or another version of it
    #[command(
        after_help = "Example:\n  peyvand template put offer.json\nwhere offer.json has its fields, such as\n  {\"key\": \"offer\", \"name\": \"Offer\", \"kind\": \"document\", \"object\": \"opportunity\",\n   \"texts\": {\"fa\": {\"subject\": \"…\", \"body_file\": \"offer.fa.html\"}}}\nA body_file is read from beside the JSON file."
    )]
    Put { file: PathBuf },
    /// Find what is wrong in a file, or in all templates that are saved; nothing is changed
    #[command(
        after_help = "Examples:\n  peyvand template check\n  peyvand template check offer.json"
    )]
    Check { file: Option<PathBuf> },
    /// Add the templates that come with the engine: letterhead, offer, welcome
    #[command(after_help = "Example:\n  peyvand template add-standard")]
    AddStandard,
}

/// More templates than a firm has; a list is one page.
const MOST: usize = 1_000;

pub(crate) fn run(asked: &Template, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    match asked {
        Template::List => store::with(dir, Need::Existing, |engine| list(engine, output))?,
        Template::Show { key, language } => store::with(dir, Need::Existing, |engine| {
            show(&named(engine, key)?, *language, output)
        })?,
        Template::Put { file } => {
            let fields = read(file)?;
            store::with(dir, Need::Created, |engine| put(engine, fields, output))?;
        }
        Template::Check { file } => return check(file.as_deref(), dir, output),
        Template::AddStandard => {
            let added = store::with(dir, Need::Created, |engine| {
                Ok(store::session(engine)?.add_standard_templates()?)
            })?;
            match output.json {
                true => output.document(&json!({"added": added}))?,
                false if added.is_empty() => output.line("they are all there")?,
                false => output.line(format!("added {}", added.join(", ")))?,
            }
        }
    }
    Ok(Exit::Fine)
}

fn list(engine: &Engine, output: &mut Output<'_>) -> Result<(), Fault> {
    let session = store::session(engine)?;
    let query = peyvand::Query::new("template")
        .sorted_by("key")?
        .limit(MOST);
    let templates = session.query(&query)?.records;
    if output.json {
        let data: Vec<Json> = templates.iter().map(Record::to_json).collect();
        return output.document(&json!({"data": data}));
    }
    if templates.is_empty() {
        return output.line("no templates; `peyvand template add-standard` adds some");
    }
    let mut table = Table::new(&[
        ("key", Side::Left),
        ("version", Side::Right),
        ("kind", Side::Left),
        ("for", Side::Left),
        ("languages", Side::Left),
        ("name", Side::Left),
    ]);
    for template in &templates {
        let text = |field: &str| template.text(field).unwrap_or_default().to_owned();
        let languages = session.template_languages(template).unwrap_or_default();
        let languages: Vec<&str> = languages.into_iter().map(Locale::tag).collect();
        table.row([
            text("key"),
            template
                .get("version")
                .map_or_else(String::new, ToString::to_string),
            text("kind"),
            text("object"),
            languages.join(" "),
            text("name"),
        ]);
    }
    output.table(&table)
}

fn named(engine: &Engine, key: &str) -> Result<Record, Fault> {
    let found = store::session(engine)?.find("template", "key", key)?;
    found.ok_or_else(|| {
        Fault::input(
            format!("there is no template '{key}'"),
            "`peyvand template list` shows them",
        )
    })
}

fn show(template: &Record, language: Option<Locale>, output: &mut Output<'_>) -> Result<(), Fault> {
    let json = template.to_json();
    if output.json {
        return output.document(&json);
    }
    let texts = json["texts"].as_object();
    for (tag, text) in texts.into_iter().flatten() {
        if language.is_some_and(|language| language.tag() != tag) {
            continue;
        }
        output.line(format!("--- {tag}"))?;
        if let Some(subject) = text["subject"].as_str() {
            output.line(format!("subject: {subject}"))?;
        }
        for line in text["body"].as_str().unwrap_or_default().lines() {
            output.line(line)?;
        }
    }
    Ok(())
}

/// A template's fields, with the bodies that lie in files of their own.
fn read(file: &Path) -> Result<Json, Fault> {
    let what = file.display().to_string();
    let mut fields: Json = serde_json::from_str(&source::text(file)?)
        .map_err(|error| Fault::not_json(&what, &error))?;
    let texts = fields.get_mut("texts").and_then(Json::as_object_mut);
    for text in texts.into_iter().flat_map(|texts| texts.values_mut()) {
        let Some(parts) = text.as_object_mut() else {
            continue;
        };
        if let Some(Json::String(name)) = parts.remove("body_file") {
            let beside = file.parent().unwrap_or(Path::new(".")).join(name);
            parts.insert("body".to_owned(), source::text(&beside)?.into());
        }
    }
    Ok(fields)
}

fn put(engine: &Engine, fields: Json, output: &mut Output<'_>) -> Result<(), Fault> {
    let session = store::session(engine)?;
    let key = fields["key"].as_str().unwrap_or_default().to_owned();
    let done = match session.find("template", "key", &key)? {
        Some(old) => session.update(old.id(), fields)?,
        None => session.create("template", fields)?,
    };
    let template = session.get(done.id()?)?;
    if output.json {
        return output.document(&template.to_json());
    }
    let version = template
        .get("version")
        .map_or_else(String::new, ToString::to_string);
    output.line(format!("{key} is at version {version}"))
}

fn check(file: Option<&Path>, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let problems = match file {
        Some(file) => {
            let fields = read(file)?;
            store::with(dir, Need::Any, |engine| {
                Ok(store::session(engine)?.check_template(&fields)?)
            })?
        }
        None => store::with(dir, Need::Existing, |engine| {
            Ok(store::session(engine)?.check_templates()?)
        })?,
    };
    if output.json {
        let data: Vec<Json> = problems.iter().map(as_json).collect();
        output.document(&json!({"problems": data}))?;
    } else {
        for problem in &problems {
            output.line(problem.to_string())?;
        }
        output.line(several(problems.len() as u64, "problem", "problems"))?;
    }
    Ok(if problems.is_empty() {
        Exit::Fine
    } else {
        Exit::No
    })
}

fn as_json(problem: &TemplateProblem) -> Json {
    json!({
        "template": problem.template, "language": problem.language.map(Locale::tag), "line": problem.line,
        "message": problem.message,
    })
}
