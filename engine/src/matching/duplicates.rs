//! Is this one there already, and who is there twice?

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::Serialize;

use super::alike_words::spellings;
use super::columns::Sources;
use super::explain::Explained;
use super::matcher::Matcher;
use super::settings::Level;
use super::table::Table;
use crate::context::Locale;
use crate::error::Result;
use crate::query::Reader;
use crate::record::{RecordId, Value};
use crate::schema::Field;
use crate::search::Search;
use crate::session::Session;
use crate::write::Fields;

/// How many are told.
const MOST: usize = 20;
/// How many hits of each search are compared.
const MOST_HITS: usize = 50;
/// How many ways to spell a name are tried.
const MOST_SPELLINGS: usize = 12;
/// How many records of an object are compared with each other.
const MOST_COMPARED: usize = 500_000;
/// How many pairs that somebody should look at are told.
const MOST_DOUBTS: usize = 1_000;

/// A record that is the same as another, or perhaps.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Duplicate {
    /// The record.
    #[serde(with = "crate::write::id_text")]
    pub id: RecordId,
    /// What a person would call it.
    pub title: String,
    /// How much speaks for it, in bits.
    pub score: f64,
    /// Whether that is enough; if not, somebody should look.
    pub is_same: bool,
    /// Why: what each field says that both have.
    pub because: Vec<DuplicateReason>,
}

/// What one field says for or against two records being the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DuplicateReason {
    /// The field's name.
    pub field: String,
    /// How alike the values are.
    pub level: Level,
    /// What that says, in bits: above 0 for the same, below for two.
    pub weight: f64,
    /// In words, in the session's language.
    pub words: String,
}

/// Records that are one person or firm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DuplicateGroup {
    /// The record that was made first.
    #[serde(with = "crate::write::id_text")]
    pub id: RecordId,
    /// What a person would call it.
    pub title: String,
    /// The others, compared with it.
    pub duplicates: Vec<Duplicate>,
}

/// Who is there twice in a whole object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DuplicatesFound {
    /// How many records were compared.
    pub records: usize,
    /// Whether those were all.
    pub complete: bool,
    /// What is the same, in the order in which it was made.
    pub groups: Vec<DuplicateGroup>,
    /// Pairs that somebody should look at, the likeliest first, a thousand at most; each as a group of two.
    pub doubts: Vec<DuplicateGroup>,
}

impl Session {
    /// The records of an object that are the same as a draft, or perhaps, the likeliest first, each explained; for the
    /// moment before somebody creates it. Names are found in any script and spelling, telephone numbers and e-mail
    /// addresses in any form. At most 20 are told, and only what the session's user may see is compared.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::Engine;
    /// use serde_json::json;
    ///
    /// let session = Engine::in_memory().open()?.session();
    /// session.create("contact", json!({"name": "محمد رضایی", "mobile": "+98 912 123 4567"}))?;
    /// let there = session.duplicates_of("contact", json!({"name": "Mohammad Rezaei", "mobile": "09121234567"}))?;
    /// assert_eq!(there[0].title, "محمد رضایی");
    /// assert!(there[0].is_same);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is no such object, or the store cannot be read.
    pub fn duplicates_of(&self, object: &str, draft: impl Into<Fields>) -> Result<Vec<Duplicate>> {
        let (reader, _) = self.read()?;
        let sources = Sources::of(reader.object(object)?)?;
        let values: BTreeMap<u32, Value> = draft
            .into()
            .0
            .iter()
            .filter_map(|(name, json)| {
                let field = sources.object.field(name)?;
                // What cannot be read is told when the draft is written.
                Some((field.number, field.kind.read(json).ok()?))
            })
            .collect();
        let row = sources.row(|field: &Field| values.get(&field.number));
        self.like(&reader, &sources, row, None)
    }

    /// The records that are the same as one that is there, or perhaps, as [`duplicates_of`](Self::duplicates_of).
    ///
    /// # Errors
    /// When there is no such record, or the store cannot be read.
    pub fn duplicates_of_record(&self, id: RecordId) -> Result<Vec<Duplicate>> {
        let record = self.get(id)?;
        let (reader, _) = self.read()?;
        let sources = Sources::of(reader.object(record.object())?)?;
        let row = sources.row_of(&record);
        self.like(&reader, &sources, row, Some(id))
    }

    /// Begins to compare all records of an object with each other. The host drives it: it calls
    /// [`DuplicateScan::step`] until that says that all are read, then [`DuplicateScan::finish`].
    ///
    /// # Errors
    /// When there is no such object, or the store cannot be read.
    pub fn scan_duplicates(&self, object: &str) -> Result<DuplicateScan> {
        let (reader, _) = self.read()?;
        let sources = Sources::of(reader.object(object)?)?;
        Ok(DuplicateScan {
            table: sources.table(),
            sources,
            session: self.clone(),
            ids: Vec::new(),
            titles: Vec::new(),
            after: None,
            complete: true,
        })
    }

    fn like(
        &self,
        reader: &Reader,
        sources: &Sources,
        row: Vec<String>,
        but: Option<RecordId>,
    ) -> Result<Vec<Duplicate>> {
        let mut table = sources.table();
        table.push(row);
        let mut ids = self.candidates(reader, sources, &table)?;
        ids.retain(|id| Some(*id) != but);
        let numbers: Vec<u128> = ids.iter().map(|id| id.number()).collect();
        let records = reader.stored_records(&sources.object, &numbers)?;
        let records: Vec<_> = records.into_iter().flatten().collect();
        for record in &records {
            table.push(sources.row_of(record));
        }
        let matcher = Matcher::picked(sources.settings.clone(), &table, 0);
        let least = matcher.settings().perhaps;
        let mut found = Vec::new();
        for (at, record) in records.iter().enumerate() {
            let explained = matcher.explain(0, at + 1);
            if explained.score >= least {
                if let Some(seeing) = &reader.seeing {
                    seeing.note(record, true);
                }
                found.push(told(
                    record.id(),
                    record.title(),
                    explained,
                    sources,
                    self.locale(),
                ));
            }
        }
        found.sort_by(|one, other| {
            other
                .score
                .total_cmp(&one.score)
                .then(one.id.cmp(&other.id))
        });
        found.truncate(MOST);
        Ok(found)
    }

    /// Records that share a number, an address, or a name in one of its spellings with the first row.
    fn candidates(
        &self,
        reader: &Reader,
        sources: &Sources,
        table: &Table,
    ) -> Result<Vec<RecordId>> {
        let value = |column: &str| table.value(0, column).trim().to_owned();
        let name = match value("name") {
            firm if !firm.is_empty() => super::firm_name(&firm),
            _ => format!("{} {}", value("given"), value("family")),
        };
        let phone = super::phone_key(&value("phone")).unwrap_or_default();
        let mut asked = vec![value("national_id"), phone, value("email")];
        asked.extend(combined(&spellings(reader, &sources.object, &name)?));
        let mut ids = Vec::new();
        for words in asked.iter().filter(|words| !words.trim().is_empty()) {
            let search = Search::new(words.as_str())
                .objects([sources.object.name.as_str()])
                .limit(MOST_HITS);
            ids.extend(self.search(&search)?.hits.into_iter().map(|hit| hit.id));
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

/// Every way to write a name with one spelling of each word, the likeliest first, as many as are tried.
fn combined(words: &[Vec<String>]) -> Vec<String> {
    let mut names = vec![(0, String::new())];
    for spellings in words {
        let longer = names.iter().flat_map(|(rank, name)| {
            let spellings = spellings.iter().enumerate();
            spellings.map(move |(at, word)| (rank + at, format!("{name} {word}")))
        });
        let mut longer: Vec<(usize, String)> = longer.collect();
        longer.sort_by_key(|(rank, _)| *rank);
        longer.truncate(MOST_SPELLINGS);
        names = longer;
    }
    names.into_iter().map(|(_, name)| name).collect()
}

fn told(
    id: RecordId,
    title: String,
    explained: Explained,
    sources: &Sources,
    language: Locale,
) -> Duplicate {
    let because = explained.fields.iter().map(|seen| {
        let field = sources.field(&seen.field);
        let called = field.map_or_else(
            || seen.field.clone(),
            |field| {
                let label = field.label.get(language.tag());
                label.map_or_else(|| field.name.clone(), Clone::clone)
            },
        );
        // Two columns come from one field: a name's, an address's.
        let part = super::explain::part(&seen.field, language);
        let called = part.map_or(called, str::to_owned);
        DuplicateReason {
            field: field.map_or_else(|| seen.field.clone(), |field| field.name.clone()),
            level: seen.level,
            weight: seen.weight,
            words: seen.words(&called, language),
        }
    });
    Duplicate {
        id,
        title,
        score: explained.score,
        is_same: explained.is_same,
        because: because.collect(),
    }
}

/// All records of an object being compared with each other. Of each only what is compared is held in memory, of 500,000
/// at most.
pub struct DuplicateScan {
    session: Session,
    sources: Sources,
    table: Table,
    ids: Vec<RecordId>,
    titles: Vec<Arc<str>>,
    after: Option<u128>,
    complete: bool,
}

impl DuplicateScan {
    /// Reads so many more records. Whether there may be others.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn step(&mut self, records: usize) -> Result<bool> {
        let (reader, _) = self.session.read()?;
        let room = MOST_COMPARED.saturating_sub(self.table.rows());
        let (most, mut read) = (records.clamp(1, room.max(1)), 0);
        let Self {
            sources,
            table,
            ids,
            titles,
            after,
            ..
        } = self;
        let mut is_more = false;
        reader.each_after(&sources.object, *after, |record| {
            if read == most {
                is_more = true;
                return Ok(ControlFlow::Break(()));
            }
            read += 1;
            *after = Some(record.id().number());
            table.push(sources.row_of(&record));
            ids.push(record.id());
            titles.push(record.title().into());
            Ok(ControlFlow::Continue(()))
        })?;
        let is_full = self.table.rows() >= MOST_COMPARED;
        self.complete = !(is_full && is_more);
        Ok(is_more && !is_full)
    }

    /// How many records were read.
    #[must_use]
    pub fn records(&self) -> usize {
        self.table.rows()
    }

    /// Compares what was read and says who is there twice.
    #[must_use]
    pub fn finish(self) -> DuplicatesFound {
        let matcher = Matcher::new(self.sources.settings.clone(), &self.table);
        let mut pairs = matcher.pairs();
        let clusters = matcher.clusters(&pairs);
        let mut cluster_of: BTreeMap<usize, usize> = BTreeMap::new();
        for (number, rows) in clusters.iter().enumerate() {
            cluster_of.extend(rows.iter().map(|row| (*row, number)));
        }
        pairs.retain(|pair| {
            let of = |row: &usize| cluster_of.get(row);
            of(&pair.left).is_none() || of(&pair.left) != of(&pair.right)
        });
        pairs.sort_by(|one, other| other.score.total_cmp(&one.score));
        pairs.truncate(MOST_DOUBTS);
        let groups = clusters
            .iter()
            .filter_map(|rows| self.group(&matcher, rows));
        let groups = groups.collect();
        let doubts = pairs.iter();
        let doubts = doubts.filter_map(|pair| self.group(&matcher, &[pair.left, pair.right]));
        DuplicatesFound {
            records: self.table.rows(),
            complete: self.complete,
            groups,
            doubts: doubts.collect(),
        }
    }

    fn group(&self, matcher: &Matcher, rows: &[usize]) -> Option<DuplicateGroup> {
        let named = |row: usize| Some((*self.ids.get(row)?, self.titles.get(row)?.to_string()));
        let (first, others) = rows.split_first()?;
        let (id, title) = named(*first)?;
        let duplicate = |row: &usize| {
            let (id, title) = named(*row)?;
            let explained = matcher.explain(*first, *row);
            Some(told(
                id,
                title,
                explained,
                &self.sources,
                self.session.locale(),
            ))
        };
        Some(DuplicateGroup {
            id,
            title,
            duplicates: others.iter().filter_map(duplicate).collect(),
        })
    }
}
