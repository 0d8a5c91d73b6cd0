//! What may a field hold, and under which rules?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rollup::Rollup;

/// Field numbers below this belong to the standard schema and its later versions.
pub(crate) const FIRST_CUSTOM: u32 = 1000;

/// A name in several languages, by BCP 47 tag.
pub type Labels = BTreeMap<String, String>;

/// A name in English, Persian and Arabic.
pub(crate) fn labels_of(en: &str, fa: &str, ar: &str) -> Labels {
    [("en", en), ("fa", fa), ("ar", ar)]
        .map(|(tag, text)| (tag.to_owned(), text.to_owned()))
        .into()
}

/// One field of an object. Custom fields and standard ones are the same thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct Field {
    /// The field's number in stored records. It is never given to another field.
    #[serde(default)]
    pub(crate) number: u32,
    /// The name in requests, filters and scripts: `close_date`.
    pub name: String,
    /// The name that people read.
    #[serde(default)]
    pub label: Labels,
    /// What it holds.
    #[serde(flatten)]
    pub kind: FieldKind,
    /// The names of its options that people read, by option.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub option_labels: BTreeMap<String, Labels>,
    /// Every record must have a value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// No two records may have the same value (folded: case, yeh and kaf, digits do not make a difference).
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
    /// Kept in an index: fast to filter and to sort by.
    #[serde(default, skip_serializing_if = "is_false")]
    pub indexed: bool,
    /// How much a word of it weighs in a search, from 1 to [`MOST_WEIGHT`](Self::MOST_WEIGHT); records are not found
    /// by it where it is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub searchable: u8,
    /// Only the engine, a rule or a computed field may set it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub read_only: bool,
    /// What a new record gets when the request says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
    /// The smallest number allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<i64>,
    /// The largest number allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<i64>,
    /// The longest text allowed, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// Who brought it: a plugin's id. Fields of the standard schema and of administrators have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brought_by: Option<String>,
    /// No longer in use: kept in old records, refused in new requests.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retired: bool,
}

/// What a field is written with. `flatten` cannot refuse what it does not know, and a mistyped rule that is dropped
/// in silence is a rule that nobody keeps.
const WORDS: [&str; 27] = [
    "number",
    "name",
    "label",
    "type",
    "required",
    "unique",
    "indexed",
    "searchable",
    "read_only",
    "default",
    "minimum",
    "maximum",
    "max_length",
    "brought_by",
    "retired",
    "options",
    "option_labels",
    "to",
    "on_delete",
    "child",
    "by",
    "measure",
    "of",
    "currency",
    "only",
    "filter",
    "filling",
];

impl Serialize for Field {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, to)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error;

        let map = serde_json::Map::deserialize(from)?;
        if let Some(word) = map.keys().find(|word| !WORDS.contains(&word.as_str())) {
            let near = super::did_you_mean(word, WORDS.into_iter());
            return Err(D::Error::custom(format!("a field has no '{word}'{near}")));
        }
        Self::deserialize(serde_json::Value::Object(map)).map_err(D::Error::custom)
    }
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

fn is_zero(weight: &u8) -> bool {
    *weight == 0
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FieldKind {
    /// One line of text.
    Text,
    /// Text of any length.
    LongText,
    /// A whole number.
    Integer,
    /// An exact decimal number.
    Decimal,
    /// A percentage: 12.5 means 12.5 %.
    Percent,
    /// Yes or no.
    Boolean,
    /// A day without a time zone.
    Date,
    /// A moment.
    Instant,
    /// A length of time.
    Duration,
    /// One of a set, by name.
    Option {
        /// The names, in the order in which people see them.
        options: Vec<String>,
    },
    /// Several of a set.
    MultiOption {
        /// The names, in the order in which people see them.
        options: Vec<String>,
    },
    /// An amount in a currency.
    Money,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A web address.
    Url,
    /// A postal address.
    Address,
    /// The name of a person.
    PersonName,
    /// Another record.
    Reference {
        /// The objects that it may belong to; `*` alone means any.
        to: Vec<String>,
        /// What happens to this record when that one is deleted.
        #[serde(default)]
        on_delete: OnDelete,
    },
    /// Anything, for programs.
    Json,
    /// A total over the records that refer to this one, kept inside each commit.
    Rollup(Rollup),
    /// A file, whose bytes lie in the content store.
    File,
    /// Text of a type that a plugin defines: `national-id/company-id`.
    Plugin {
        /// Plugin and type.
        of: String,
    },
}

/// What happens to a record when the one it refers to is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnDelete {
    /// The reference stays and names a record in the bin; a restore makes it whole again.
    #[default]
    Keep,
    /// It goes to the bin too, and comes back with it.
    Cascade,
    /// The delete is refused while this record exists.
    Restrict,
}

impl Field {
    /// What a word can weigh in a search at most.
    pub const MOST_WEIGHT: u8 = 100;

    /// A field of a name and a kind, without rules; set the others on the value.
    #[must_use]
    pub fn new(name: &str, kind: FieldKind) -> Self {
        Self {
            number: 0,
            name: name.to_owned(),
            label: Labels::new(),
            kind,
            option_labels: BTreeMap::new(),
            required: false,
            unique: false,
            indexed: false,
            searchable: 0,
            read_only: false,
            default: None,
            minimum: None,
            maximum: None,
            max_length: None,
            brought_by: None,
            retired: false,
        }
    }

    /// With its name in English, Persian and Arabic.
    #[must_use]
    pub fn label(mut self, en: &str, fa: &str, ar: &str) -> Self {
        self.label = labels_of(en, fa, ar);
        self
    }

    /// With the name of one option in English, Persian and Arabic.
    #[must_use]
    pub fn option_label(mut self, option: &str, en: &str, fa: &str, ar: &str) -> Self {
        let labels = labels_of(en, fa, ar);
        self.option_labels.insert(option.to_owned(), labels);
        self
    }

    /// The options of an option field, in the order in which people see them; none of other fields.
    #[must_use]
    pub fn options(&self) -> &[String] {
        match &self.kind {
            FieldKind::Option { options } | FieldKind::MultiOption { options } => options,
            _ => &[],
        }
    }

    /// Every record must have a value.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// No two records may have the same value.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self.indexed = true;
        self
    }

    /// Fast to filter and to sort by.
    #[must_use]
    pub fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }

    /// Found by its words, which weigh so much.
    #[must_use]
    pub fn searchable(mut self, weight: u8) -> Self {
        self.searchable = weight;
        self
    }

    /// Only the engine, a rule or a computed field may set it.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// What a new record gets when the request says nothing.
    #[must_use]
    pub fn default(mut self, value: impl Into<serde_json::Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Numbers from `minimum` to `maximum`.
    #[must_use]
    pub fn range(mut self, minimum: i64, maximum: i64) -> Self {
        (self.minimum, self.maximum) = (Some(minimum), Some(maximum));
        self
    }

    /// Whether an index is kept: asked for, or needed to find who refers to a record.
    pub(crate) fn is_indexed(&self) -> bool {
        self.indexed || self.unique || matches!(self.kind, FieldKind::Reference { .. })
    }

    /// The total that it is, if it is one.
    pub(crate) fn rollup(&self) -> Option<&Rollup> {
        match &self.kind {
            FieldKind::Rollup(rollup) => Some(rollup),
            _ => None,
        }
    }

    /// Whether records are found by its words.
    pub(crate) fn is_searchable(&self) -> bool {
        self.searchable > 0
    }

    /// Why records cannot be found by its words with this weight, if they cannot.
    pub(crate) fn search_fault(&self, weight: u8) -> Option<String> {
        if weight > Self::MOST_WEIGHT {
            let most = Self::MOST_WEIGHT;
            return Some(format!("a word weighs {most} at most, not {weight}"));
        }
        (weight > 0 && !self.kind.has_words()).then(|| {
            let kind = self.kind.name();
            format!("it is a {kind} field; records are found by text, names, e-mail addresses and telephone numbers")
        })
    }

    pub(crate) fn is_rollup(&self) -> bool {
        matches!(self.kind, FieldKind::Rollup(_))
    }
}

impl FieldKind {
    /// An option field.
    #[must_use]
    pub fn option(options: &[&str]) -> Self {
        Self::Option {
            options: options.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// A field of several options.
    #[must_use]
    pub fn multi_option(options: &[&str]) -> Self {
        Self::MultiOption {
            options: options.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// A reference that stays when the other record is deleted.
    #[must_use]
    pub fn reference(to: &[&str]) -> Self {
        Self::Reference {
            to: to.iter().map(|name| (*name).to_owned()).collect(),
            on_delete: OnDelete::Keep,
        }
    }

    /// Whether a reference of this kind may lead to records of an object.
    pub(crate) fn refers_to(&self, object: &str) -> bool {
        matches!(self, Self::Reference { to, .. } if leads_to(to, object))
    }

    /// Whether a record can be found by words of it.
    fn has_words(&self) -> bool {
        matches!(
            self,
            Self::Text | Self::Email | Self::Phone | Self::PersonName | Self::Plugin { .. }
        )
    }

    /// The type's name as it is written in a manifest, a mapping or a change.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::LongText => "long_text",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Percent => "percent",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Instant => "instant",
            Self::Duration => "duration",
            Self::Option { .. } => "option",
            Self::MultiOption { .. } => "multi_option",
            Self::Money => "money",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Url => "url",
            Self::Address => "address",
            Self::PersonName => "person_name",
            Self::Reference { .. } => "reference",
            Self::Json => "json",
            Self::File => "file",
            Self::Rollup(_) => "rollup",
            Self::Plugin { .. } => "plugin",
        }
    }
}

/// What stands for every object where the objects of a reference are listed.
pub(crate) const ANY_OBJECT: &str = "*";

/// Whether a reference to these objects may name a record of this one.
pub(crate) fn leads_to(to: &[String], object: &str) -> bool {
    to.iter().any(|name| name == object || name == ANY_OBJECT)
}

/// The objects that a reference may belong to, in words.
pub(crate) fn targets_in_words(to: &[String]) -> String {
    match to {
        [any] if any == ANY_OBJECT => "record of any object".to_owned(),
        _ => to.join(" or "),
    }
}
