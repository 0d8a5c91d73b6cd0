//! What do plugins ask of other systems, and what came of it?

use std::path::Path;

use peyvand::{Asked, Locale};
use serde_json::json;

use super::web::Web;
use super::words;
use crate::fault::{Exit, Fault};
use crate::output::Output;
use crate::store::{self, Need};

pub(super) fn run(inside: &[String], dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let web = Web::new(inside);
    let (asked, locale) = store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        session.must_administer("ask other systems for plugins")?;
        Ok((engine.ask_others(&web)?, session.locale()))
    })?;
    tell(&asked, locale, output)?;
    Ok(Exit::Fine)
}

fn tell(asked: &Asked, locale: Locale, output: &mut Output<'_>) -> Result<(), Fault> {
    if output.json {
        return output.document(&json!({
            "made": asked.made, "failed": asked.failed, "warnings": asked.warnings,
        }));
    }
    let counts = [
        (words::REQUESTS_MADE, asked.made),
        (words::REQUESTS_FAILED, asked.failed),
    ];
    for (word, count) in counts {
        output.line(format!("{}: {count}", word.of(locale)))?;
    }
    crate::record::warnings(&asked.warnings, output)
}
