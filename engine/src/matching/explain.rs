//! How is it said to a person why two records may be the same?

use serde::Serialize;

use super::settings::{Level, Settings};
use super::weigh::Seen;
use crate::context::Locale;

/// Why two records have their score.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explained {
    /// The sum, in bits.
    pub score: f64,
    /// Whether that is enough to be the same.
    pub is_same: bool,
    /// Each field that both have.
    pub fields: Vec<FieldExplained>,
}

/// What one field says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FieldExplained {
    /// Its name in the settings.
    pub field: String,
    /// How alike the two values are.
    pub level: Level,
    /// What that says, in bits: above 0 for one person, below for two.
    pub weight: f64,
    /// Whether the value was found in another field of the other record.
    pub swapped: bool,
}

impl FieldExplained {
    /// In words: «family name: the same in another spelling (+8.2)», with the field called as the caller calls it.
    #[must_use]
    pub fn words(&self, called: &str, language: Locale) -> String {
        let (colon, level) = match language {
            Locale::En => (": ", self.level.words(language)),
            Locale::Fa | Locale::Ar => (": ", self.level.words(language)),
        };
        let swapped = match (self.swapped, language) {
            (false, _) => "",
            (true, Locale::En) => ", in the other field",
            (true, Locale::Fa) => "، در فیلد دیگر",
            (true, Locale::Ar) => "، في الحقل الآخر",
        };
        let weight = crate::locale::format_number(&format!("{:.1}", self.weight), language);
        let plus = if self.weight > 0.0 { "+" } else { "" };
        format!("{called}{colon}{level}{swapped} ({plus}{weight})")
    }
}

impl Level {
    /// What it is called.
    #[must_use]
    pub fn words(self, language: Locale) -> &'static str {
        let [en, fa, ar] = match self {
            Self::Same => ["the same", "یکسان", "متطابق"],
            Self::Spelling => [
                "the same in another spelling",
                "یکسان با املای دیگر",
                "متطابق بكتابة أخرى",
            ],
            Self::Mistyped => ["one mistake apart", "با یک غلط تایپی", "بخطأ كتابي واحد"],
            Self::Near => ["alike", "نزدیک به هم", "متقارب"],
            Self::Partly => ["the same in part", "تا حدی یکسان", "متطابق جزئيا"],
            Self::Different => ["another", "متفاوت", "مختلف"],
        };
        match language {
            Locale::En => en,
            Locale::Fa => fa,
            Locale::Ar => ar,
        }
    }
}

/// What is seen of two rows, for a person.
pub(super) fn of_pair(settings: &Settings, seen: &[Seen]) -> Explained {
    let fields = settings.fields.iter().zip(seen);
    let fields = fields.filter_map(|(rule, seen)| {
        Some(FieldExplained {
            field: rule.name.clone(),
            level: rule.levels.get(seen.level?)?.level,
            weight: seen.weight,
            swapped: seen.swapped,
        })
    });
    let score: f64 = seen.iter().map(|seen| seen.weight).sum();
    Explained {
        score,
        is_same: score >= settings.same,
        fields: fields.collect(),
    }
}
