//! What is compared, how, and from when on are two records the same?

use serde::{Deserialize, Serialize};

/// How two persons are compared, unless somebody says otherwise.
const PERSONS: &str = include_str!("persons.json");
/// How two firms are compared, unless somebody says otherwise.
const FIRMS: &str = include_str!("firms.json");

/// The rules by which records are the same or not, in the way of Fellegi and Sunter: each field says with a weight in
/// bits how much likelier what is seen is of one person than of two; their sum decides.
///
/// They are data: a file in JSON, which [`from_json`](Self::from_json) reads and [`to_json`](Self::to_json) writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// What is compared.
    pub fields: Vec<FieldRule>,
    /// Pairs of fields that people mistake for each other, such as given and family name.
    #[serde(default)]
    pub swaps: Vec<[String; 2]>,
    /// What it costs, in bits, that two fields were mistaken for each other.
    #[serde(default)]
    pub swap_cost: f64,
    /// Only records that share one of these keys are compared: each a list of `FIELD`, or `FIELD:PART` with the part
    /// `sound`, `start`, `end` or `year`.
    pub blocks: Vec<Vec<String>>,
    /// In a block with more records than this each is compared with its neighbours only.
    pub largest_block: usize,
    /// How many neighbours that are.
    pub neighbours: usize,
    /// From so many bits on two records are the same.
    pub same: f64,
    /// From so many bits on a person should look whether they are.
    pub perhaps: f64,
    /// Among how many records that holds. Among twice as many there are twice as many others for each, so it takes a bit
    /// more to be the same.
    pub among: u32,
    /// More records than this are never one person.
    pub largest_cluster: usize,
    /// How often the shares of levels among the same are estimated from the data; 0 for those of the file.
    #[serde(default)]
    pub rounds: u32,
}

/// One field that is compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FieldRule {
    /// What it is called in the settings and in explanations.
    pub name: String,
    /// The columns that it may be in: the first that there is counts, then one of its own name.
    #[serde(default)]
    pub columns: Vec<String>,
    /// How two values are compared.
    pub compare: Comparator,
    /// Whether the same rare value says more than the same common one.
    #[serde(default)]
    pub frequencies: bool,
    /// From the most alike to the least; the last takes what is left.
    pub levels: Vec<LevelRule>,
}

/// How alike two values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LevelRule {
    /// What it is called.
    pub level: Level,
    /// From which likeness on, 0 to 1, as the comparator measures it.
    pub at_least: f64,
    /// Its share among pairs of the same.
    pub m: f64,
    /// Its share among pairs of different ones; with enough records it is counted instead.
    pub u: f64,
}

/// How two values are compared: what is 1, and what lies between that and 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Comparator {
    /// The same text, folded: 1, or 0.
    Exact,
    /// Jaro–Winkler of the folded texts.
    Text,
    /// A person's name in any script, see [`Name::likeness`](super::Name::likeness).
    Name,
    /// A firm's name without legal form and trade words, in any script.
    Firm,
    /// A date, in figures from year to day: the same 1, day and month changed about 0.9, one digit mistaken or two
    /// neighbours changed about 0.8, the same day and month of another year 0.6, the same year and month or year and
    /// day 0.5, the same year 0.3.
    Date,
    /// A number: what the smaller one is of the larger.
    Number,
    /// A telephone number: the same without country and trunk prefix 1, one digit mistaken 0.8.
    Phone,
    /// An e-mail address: the same mailbox 1, the same name at another host 0.95, else one minus the share of mistaken
    /// characters.
    Email,
    /// A number of an identity, a postal code: one minus the share of mistaken characters.
    Code,
    /// An address: the share of its words that the other has too, spelt a little differently or not.
    Address,
}

/// What is said of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Level {
    /// The same.
    Same,
    /// The same in another spelling or script.
    Spelling,
    /// Mistyped in one place.
    Mistyped,
    /// Near.
    Near,
    /// The same in part.
    Partly,
    /// Another one.
    Different,
}

/// Why something is no settings.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("these are no settings for matching: {0}")]
pub struct BadSettings(String);

impl Settings {
    /// For persons: name, birth date, numbers, e-mail, telephone and address.
    ///
    /// # Errors
    /// Never, as long as the file that is compiled in is sound.
    pub fn persons() -> Result<Self, BadSettings> {
        Self::from_json(PERSONS)
    }

    /// For firms: name, national id, e-mail, telephone and address.
    ///
    /// # Errors
    /// Never, as long as the file that is compiled in is sound.
    pub fn firms() -> Result<Self, BadSettings> {
        Self::from_json(FIRMS)
    }

    /// From a file's text.
    ///
    /// # Errors
    /// When it is no JSON of this form, a share is not between 0 and 1, levels are missing or in no order, or a block or
    /// swap names a field that is not there.
    pub fn from_json(text: &str) -> Result<Self, BadSettings> {
        let settings: Self =
            serde_json::from_str(text).map_err(|error| BadSettings(error.to_string()))?;
        settings.check().map_err(BadSettings)?;
        Ok(settings)
    }

    /// A file's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The same rules with the thresholds for so many records.
    pub(super) fn for_rows(mut self, rows: u32) -> Self {
        let more = f64::from(rows.max(1)) / f64::from(self.among.max(1));
        if more > 1.0 {
            self.same += more.log2();
            self.perhaps += more.log2();
            self.among = rows;
        }
        self
    }

    fn check(&self) -> Result<(), String> {
        for field in &self.fields {
            field.check()?;
        }
        let parts = self.blocks.iter().flatten();
        let parts = parts.map(|part| part.split_once(':').unwrap_or((part, "")));
        for (name, part) in parts {
            self.known(name)?;
            if !["", "sound", "start", "end", "year"].contains(&part) {
                return Err(format!("a block asks for the part «{part}» of «{name}»"));
            }
        }
        for name in self.swaps.iter().flatten() {
            self.known(name)?;
        }
        if self.perhaps > self.same {
            return Err("«perhaps» is more than «same»".to_owned());
        }
        Ok(())
    }

    fn known(&self, name: &str) -> Result<(), String> {
        match self.fields.iter().any(|field| field.name == name) {
            true => Ok(()),
            false => Err(format!("there is no field «{name}»")),
        }
    }
}

impl FieldRule {
    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        let share = |share: f64| share > 0.0 && share <= 1.0;
        let sound = self
            .levels
            .iter()
            .all(|level| share(level.m) && share(level.u));
        if !sound {
            return Err(format!("m and u of «{name}» must be above 0 and at most 1"));
        }
        let falls = self
            .levels
            .is_sorted_by(|one, next| one.at_least >= next.at_least);
        match self.levels.last() {
            Some(last) if falls && last.at_least <= 0.0 && self.levels.len() > 1 => Ok(()),
            _ => Err(format!(
                "the levels of «{name}» must go from the most alike down to 0"
            )),
        }
    }

    /// The level of a likeness, by its place.
    pub(super) fn level_of(&self, likeness: f64) -> usize {
        let reached = self
            .levels
            .iter()
            .position(|level| likeness >= level.at_least);
        reached.unwrap_or(self.levels.len().saturating_sub(1))
    }
}
