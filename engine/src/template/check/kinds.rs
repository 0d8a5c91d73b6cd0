//! What sort of value does an expression of a template give?

use std::sync::Arc;

use crate::schema::{Field, FieldKind, Object, RollupMeasure, Schema};

/// The sort of a value, as far as it is known before there is a record.
#[derive(Clone, Debug)]
pub(super) enum Sort {
    /// A record of one of these objects, so many references away from the one that is rendered.
    Record {
        objects: Vec<Arc<Object>>,
        steps: u8,
    },
    List(Box<Sort>),
    Text,
    /// Text that is markup already.
    Safe,
    /// A picture's address.
    Picture,
    /// An option, which prints its label.
    Choice(Vec<String>),
    /// The name of one of these options, which programs compare.
    OptionName(Vec<String>),
    Choices,
    Number,
    Boolean,
    Decimal,
    Money,
    Date,
    Instant,
    Duration,
    Phone,
    Address,
    PersonName,
    Loop,
    /// Nobody knows: JSON.
    Any,
}

/// How many references may be followed from the record.
pub(super) const MOST_STEPS: u8 = 2;

impl Sort {
    /// As it is called in a message: "an amount cannot be compared".
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Record { .. } => "a record",
            Self::List(_) => "a list",
            Self::Text | Self::Safe | Self::OptionName(_) => "a text",
            Self::Picture => "a picture",
            Self::Choice(_) => "an option",
            Self::Choices => "a list of options",
            Self::Number => "a number",
            Self::Boolean => "yes or no",
            Self::Decimal => "a decimal number",
            Self::Money => "an amount",
            Self::Date => "a day",
            Self::Instant => "a moment",
            Self::Duration => "a length of time",
            Self::Phone => "a telephone number",
            Self::Address => "an address",
            Self::PersonName => "a person's name",
            Self::Loop => "the loop",
            Self::Any => "a value",
        }
    }

    /// The parts that can be named after a point, with what they are.
    pub(super) fn parts(&self) -> &'static [(&'static str, Sort)] {
        match self {
            Self::Money => &[("amount", Sort::Decimal), ("currency", Sort::Text)],
            Self::Phone => &[("number", Sort::Text), ("extension", Sort::Text)],
            Self::Address => &[
                ("street", Sort::Text),
                ("city", Sort::Text),
                ("province", Sort::Text),
                ("postal_code", Sort::Text),
                ("country", Sort::Text),
            ],
            Self::PersonName => &[
                ("title", Sort::Text),
                ("given", Sort::Text),
                ("family", Sort::Text),
            ],
            Self::Loop => &[
                ("index", Sort::Number),
                ("index0", Sort::Number),
                ("revindex", Sort::Number),
                ("length", Sort::Number),
                ("first", Sort::Boolean),
                ("last", Sort::Boolean),
            ],
            _ => &[],
        }
    }

    /// What two branches of an expression have in common.
    pub(super) fn or(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::Record { .. } | Self::List(_), _) => self,
            _ if std::mem::discriminant(&self) == std::mem::discriminant(&other) => self,
            _ => Self::Any,
        }
    }

    /// What a field of a record so many references away holds; none where it leads too far.
    pub(super) fn of(field: &Field, schema: &Schema, steps: u8) -> Option<Self> {
        Some(match &field.kind {
            FieldKind::Text
            | FieldKind::LongText
            | FieldKind::Email
            | FieldKind::Url
            | FieldKind::Plugin { .. } => Self::Text,
            FieldKind::Integer => Self::Number,
            FieldKind::Decimal | FieldKind::Percent => Self::Decimal,
            FieldKind::Boolean => Self::Boolean,
            FieldKind::Date => Self::Date,
            FieldKind::Instant => Self::Instant,
            FieldKind::Duration => Self::Duration,
            FieldKind::Option { options } => Self::Choice(options.clone()),
            FieldKind::MultiOption { .. } => Self::Choices,
            FieldKind::Money => Self::Money,
            FieldKind::Phone => Self::Phone,
            FieldKind::Address => Self::Address,
            FieldKind::PersonName => Self::PersonName,
            FieldKind::Reference { to, .. } => {
                if steps >= MOST_STEPS {
                    return None;
                }
                Self::Record {
                    objects: to
                        .iter()
                        .filter_map(|name| schema.object(name).cloned())
                        .collect(),
                    steps: steps + 1,
                }
            }
            FieldKind::Json | FieldKind::File => Self::Any,
            FieldKind::Rollup(rollup) => match rollup.measure {
                RollupMeasure::Count => Self::Number,
                RollupMeasure::Earliest { .. } | RollupMeasure::Latest { .. } => Self::Instant,
                _ if rollup.measure.currency().is_some() => Self::Money,
                _ => Self::Decimal,
            },
        })
    }
}

/// The field that a name in a template stands for: the field itself, or its sisters by language (`name_fa` for `name`).
pub(in crate::template) fn field_of<'a>(object: &'a Object, name: &str) -> Option<&'a Field> {
    object.field(name).or_else(|| {
        super::super::source::LANGUAGES
            .iter()
            .find_map(|language| object.field(&format!("{name}_{}", language.tag())))
    })
}
