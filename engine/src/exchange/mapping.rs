//! What do the columns of a file mean?
//!
//! One mapping may serve several files: each `[[import]]` says into which object its rows go.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::dates::DateRule;
use super::fault::InputFault;
use super::mapping_file;
use super::template::Template;
use crate::error::Result;
use crate::locale::fold_text;
use crate::record::{Currency, Decimal};
use crate::schema::did_you_mean;

/// A saved mapping from the columns of CSV files to the fields of objects.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub(super) requires: Vec<Require>,
    pub(super) imports: Vec<Section>,
}

impl Mapping {
    /// Reads a mapping file (TOML). Unknown keys are refused, with the nearest known one.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(mapping_file::read(text)?)
    }

    /// The objects into which it imports, in the order of the file: the order in which to import them.
    pub fn objects(&self) -> impl Iterator<Item = &str> {
        self.imports.iter().map(|section| section.into.as_str())
    }

    /// The object into which a file of this name goes, where the mapping says it.
    #[must_use]
    pub fn object_for_file(&self, file: &str) -> Option<&str> {
        self.imports
            .iter()
            .find(|section| section.lists(file))
            .map(|section| section.into.as_str())
    }

    /// The import into an object; a file's name decides between several.
    pub(super) fn select(&self, into: &str, file: Option<&str>) -> Result<&Section, InputFault> {
        let candidates: Vec<&Section> = self
            .imports
            .iter()
            .filter(|section| section.into == into)
            .collect();
        let listed = file.and_then(|file| candidates.iter().find(|section| section.lists(file)));
        match (listed, candidates.as_slice()) {
            (Some(section), _) | (None, [section]) => Ok(section),
            (None, []) => {
                let mut known: Vec<&str> = self.objects().collect();
                known.dedup();
                let near = did_you_mean(into, known.iter().copied());
                Err(InputFault::NoImport {
                    into: into.to_owned(),
                    near,
                    known: known.join(", "),
                })
            }
            (None, several) => Err(InputFault::SeveralImports {
                into: into.to_owned(),
                count: several.len(),
                file: file.unwrap_or("-").to_owned(),
            }),
        }
    }
}

/// A record that must be there before the rows come.
#[derive(Clone, Debug)]
pub(super) struct Require {
    pub(super) object: String,
    /// The field by which it is found.
    pub(super) key: String,
    pub(super) fields: Map<String, Json>,
    /// Only for imports into these; for all when empty.
    pub(super) into: Vec<String>,
}

/// How the rows of one sort of file become records of one object.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) into: String,
    pub(super) files: Vec<String>,
    /// The sheet of a workbook.
    pub(super) sheet: Option<String>,
    /// The field by which an existing record is found.
    pub(super) key: Option<String>,
    pub(super) columns: BTreeMap<String, Column>,
    pub(super) constants: Map<String, Json>,
    /// Fields of new records that are made of several columns. Existing records keep theirs: somebody may have
    /// written a better one.
    pub(super) compose: BTreeMap<String, Template>,
}

impl Section {
    fn lists(&self, file: &str) -> bool {
        let base = file.rsplit(['/', '\\']).next().unwrap_or(file);
        self.files
            .iter()
            .any(|listed| listed.eq_ignore_ascii_case(base))
    }

    pub(super) fn place(&self) -> String {
        format!("the import into {}", self.into)
    }
}

/// What one column means.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    /// The field, or `address.country` for a part of one; none for a column that is left out on purpose.
    pub(super) field: Option<String>,
    /// Other spellings of what the file should say, by folded text.
    pub(super) alias: BTreeMap<String, String>,
    /// What the file says → what the field holds, by folded text.
    pub(super) values: BTreeMap<String, String>,
    pub(super) currency: Option<Currency>,
    pub(super) scale: Option<Decimal>,
    /// Of days: the calendar, and whether day or month comes first.
    pub(super) dates: DateRule,
    /// Cells are taken as they are, with the spaces around them.
    pub(super) untrimmed: bool,
    /// The field of the other object by which a reference is found.
    pub(super) lookup: Option<String>,
    /// Which of several objects a reference belongs to.
    pub(super) object: Option<String>,
    /// Make the other record when there is none, with these fields besides the one it is looked up by.
    pub(super) create: Option<BTreeMap<String, Template>>,
    /// A record that is not there yet may come with a later row.
    pub(super) defer: bool,
    /// The field that keeps the text of a reference that was not found.
    pub(super) unresolved: Option<String>,
}

impl Column {
    /// The cell's text after alias and values.
    pub(super) fn translate<'t>(&'t self, cell: &'t str) -> (&'t str, &'t str) {
        if self.alias.is_empty() && self.values.is_empty() {
            return (cell, cell);
        }
        let canonical = self
            .alias
            .get(&fold_text(cell))
            .map_or(cell, String::as_str);
        let value = self
            .values
            .get(&fold_text(canonical))
            .map_or(canonical, String::as_str);
        (canonical, value)
    }
}
