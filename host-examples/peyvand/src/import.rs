//! How does a file come in?

use std::path::Path;
use std::str::FromStr;

use peyvand::{ImportOptions, Mapping, Receipt, Repair};

use crate::args::Import;
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, counted, several};
use crate::progress::Progress;
use crate::source;
use crate::store::{self, Need};

/// A person reads so many; a file imported before what it refers to has one for each name in it.
const MOST_WARNINGS: usize = 12;

/// The mappings of `mappings/`, by their names.
const BUILT_IN: [(&str, &str); 1] = [("maven", include_str!("../mappings/maven.toml"))];

pub(crate) fn run(import: &Import, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    // All input is looked at before the store is touched: a mistyped name makes no empty store.
    let mut options = ImportOptions::default();
    for name in &import.without {
        let repair = Repair::from_name(name).ok_or_else(|| {
            let known = Repair::ALL.map(Repair::name).join(", ");
            Fault::input(
                format!("there is no repair '{name}' among {known}"),
                "name those that are not to be made, separated by commas",
            )
        })?;
        options.without.insert(repair);
    }
    options.dry_run = import.dry_run;
    options.encoding.clone_from(&import.encoding);
    options.delimiter = import.delimiter.map(|separator| separator.0);
    options.sheet.clone_from(&import.sheet);
    options.file = Some(file_name(import));
    let Some(mapping) = &import.mapping else {
        return guess(import, &options, dir, output);
    };
    let mapping = Mapping::parse(&mapping_text(mapping)?)?;
    let input = source::open(&import.file)?;
    let known = mapping.objects().any(|object| object == import.into);
    let need = if import.dry_run || !known {
        Need::Any
    } else {
        Need::Created
    };
    let (receipt, costs) = store::with(dir, need, |engine| {
        let mut progress = Progress::of("rows");
        let session = store::session(engine)?;
        let receipt = session.import(input, &mapping, &import.into, &options, &mut |rows| {
            progress.reached(rows)
        })?;
        Ok((receipt, engine.bills()))
    })?;
    if output.json {
        output.document(&receipt)?;
    } else {
        tell(&receipt, import, output)?;
        crate::plugin::tell_bills(&costs, output)?;
    }
    Ok(Exit::Fine)
}

/// Prints what the columns seem to mean, as a mapping file.
fn guess(
    import: &Import,
    options: &ImportOptions,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    let input = source::open(&import.file)?;
    let guessed = store::with(dir, Need::Any, |engine| {
        Ok(store::session(engine)?.guess_mapping(input, &import.into, options)?)
    })?;
    if output.json {
        output.document(&guessed)?;
    } else {
        output.line(guessed.to_toml().trim_end())?;
    }
    Ok(Exit::Fine)
}

fn file_name(import: &Import) -> String {
    import
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn tell(receipt: &Receipt, import: &Import, output: &mut Output<'_>) -> Result<(), Fault> {
    let would = if import.dry_run { "would go" } else { "went" };
    let name = if import.file.as_os_str() == source::STDIN {
        "stdin".to_owned()
    } else {
        file_name(import)
    };
    output.line(format!(
        "{} of {name} {would} into {}",
        several(receipt.rows, "row", "rows"),
        import.into
    ))?;
    let counts = [
        ("created", receipt.created, "new records"),
        (
            "updated",
            receipt.updated,
            "changed records that were there before",
        ),
        (
            "merged",
            receipt.merged,
            "went into the record of an earlier row",
        ),
        ("skipped", receipt.skipped, "said nothing new"),
        ("refused", receipt.refused, "were not taken"),
    ];
    let mut table = Table::new(&[("", Side::Left), ("rows", Side::Right), ("", Side::Left)]);
    for (word, count, meaning) in counts {
        table.row([word.to_owned(), counted(count), meaning.to_owned()]);
    }
    output.table(&table)?;
    if let Some(run) = receipt
        .run
        .as_ref()
        .filter(|_| receipt.created + receipt.updated > 0)
    {
        output.line(format!("peyvand undo {run} takes it back"))?;
    }
    for (repair, count) in &receipt.repairs {
        output.line(format!(
            "put right: {} ({})",
            repair.name(),
            counted(*count)
        ))?;
    }
    for warning in receipt.warnings.iter().take(MOST_WARNINGS) {
        output.line(format!(
            "warning: {} ({}): {}",
            warning.code,
            counted(warning.count),
            warning.message
        ))?;
    }
    let untold = receipt.warnings.len().saturating_sub(MOST_WARNINGS);
    if untold > 0 {
        output.line(format!(
            "and {untold} more warnings; --json prints all of them"
        ))?;
    }
    Ok(())
}

/// The text of a built-in mapping or of a file.
fn mapping_text(name: &str) -> Result<String, Fault> {
    if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
        return Ok((*text).to_owned());
    }
    let path = Path::new(name);
    if path.exists() || path.extension().is_some() || path.components().count() > 1 {
        return source::text(path);
    }
    let known: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    let message = format!(
        "there is no mapping '{name}': no file of that name, and the built-in ones are {}",
        known.join(", ")
    );
    Err(Fault::input(
        message,
        "give the path of a mapping file, such as ./my-mapping.toml",
    ))
}

/// What stands between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Separator(pub(crate) char);

impl FromStr for Separator {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut letters = text.chars();
        match (text, letters.next(), letters.next()) {
            ("tab" | "\\t", ..) => Ok(Self('\t')),
            (_, Some(one), None)
                if one.is_ascii()
                    && !one.is_ascii_alphanumeric()
                    && !matches!(one, '"' | '\n' | '\r') =>
            {
                Ok(Self(one))
            }
            _ => Err("give one sign such as , or ; or the word 'tab'".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn every_mapping_of_the_folder_is_built_in_and_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                entry
                    .unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        assert_eq!(names, BUILT_IN.map(|(name, _)| name));
        for name in names {
            Mapping::parse(&mapping_text(&name).unwrap()).unwrap();
        }
    }

    #[test]
    fn an_unknown_mapping_lists_the_known_ones() {
        assert!(
            mapping_text("mavn")
                .unwrap_err()
                .to_string()
                .contains("the built-in ones are maven")
        );
        assert!(
            mapping_text("none/mavn.toml")
                .unwrap_err()
                .to_string()
                .contains("cannot read none/mavn.toml")
        );
    }

    #[test]
    fn a_separator_is_one_sign() {
        for (text, sign) in [(";", ';'), ("tab", '\t'), ("\\t", '\t'), ("|", '|')] {
            assert_eq!(text.parse(), Ok(Separator(sign)));
        }
        for text in ["", ";;", "a", "\"", "؛"] {
            assert!(text.parse::<Separator>().is_err(), "{text}");
        }
    }
}
