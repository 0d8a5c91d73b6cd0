//! Which of a language's ways of writing is meant?
//!
//! Persian is written in Iran and in Afghanistan, Arabic from Morocco to the Gulf: the words of a language are the same,
//! its months, its digits and the marks between them are not.

#[cfg(feature = "intl")]
use super::calendar::Calendar;
use super::digits::Digits;
use crate::context::Locale;

/// A language as it is written somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Variety {
    /// English.
    English,
    /// Persian as in Iran.
    Persian,
    /// Persian as in Afghanistan: Jalali months are called حمل, ثور, جوزا.
    Dari,
    /// Arabic as in Egypt, the Gulf and wherever nothing else is said.
    Arabic,
    /// Arabic as in Iraq, Jordan, Lebanon, Palestine and Syria: months are called كانون الثاني, شباط.
    Levantine,
    /// Arabic as in Algeria, Libya, Mauritania, Morocco and Tunisia: with ASCII digits, a comma as point, and a point
    /// between thousands.
    Maghrebi,
}

impl Variety {
    /// The variety of a BCP 47 tag, by its language and its region: `fa`, `fa-AF`, `ar-SA`, `ar-LB`, `en-GB`.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let mut parts = tag.split(['-', '_']);
        let language = parts.next()?.to_ascii_lowercase();
        // A script stands before the region, extensions behind it.
        let region = parts
            .take_while(|part| part.len() > 1)
            .find(|part| part.len() == 2)
            .map(str::to_ascii_uppercase);
        Some(match (language.as_str(), region.as_deref()) {
            ("en", _) => Self::English,
            ("fa", Some("AF")) | ("prs", _) => Self::Dari,
            ("fa", _) => Self::Persian,
            ("ar", Some("IQ" | "JO" | "LB" | "PS" | "SY")) => Self::Levantine,
            ("ar", Some("DZ" | "EH" | "LY" | "MA" | "MR" | "TN")) => Self::Maghrebi,
            ("ar", _) => Self::Arabic,
            _ => return None,
        })
    }

    /// The language.
    #[must_use]
    pub fn language(self) -> Locale {
        match self {
            Self::English => Locale::En,
            Self::Persian | Self::Dari => Locale::Fa,
            Self::Arabic | Self::Levantine | Self::Maghrebi => Locale::Ar,
        }
    }

    /// The calendar that its readers expect; that of Saudi Arabia's offices is the Gregorian one since 2023.
    #[cfg(feature = "intl")]
    #[must_use]
    pub fn calendar(self) -> Calendar {
        match self {
            Self::Persian | Self::Dari => Calendar::Jalali,
            Self::English | Self::Arabic | Self::Levantine | Self::Maghrebi => Calendar::Gregorian,
        }
    }

    /// The digits that it is written with.
    #[must_use]
    pub fn digits(self) -> Digits {
        match self {
            Self::English | Self::Maghrebi => Digits::Ascii,
            Self::Persian | Self::Dari => Digits::Persian,
            Self::Arabic | Self::Levantine => Digits::ArabicIndic,
        }
    }

    /// What stands between groups of three digits, and what before the fraction.
    pub(super) fn marks(self) -> (char, char) {
        match self {
            Self::English => (',', '.'),
            Self::Maghrebi => ('.', ','),
            Self::Persian | Self::Dari | Self::Arabic | Self::Levantine => ('٬', '٫'),
        }
    }
}

impl From<Locale> for Variety {
    fn from(language: Locale) -> Self {
        match language {
            Locale::En => Self::English,
            Locale::Fa => Self::Persian,
            Locale::Ar => Self::Arabic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_its_variety() {
        for (tag, variety) in [
            ("fa", Variety::Persian),
            ("fa-IR-u-nu-latn", Variety::Persian),
            ("fa-Arab-AF", Variety::Dari),
            ("ar", Variety::Arabic),
            ("ar-SA", Variety::Arabic),
            ("ar_LB", Variety::Levantine),
            ("ar-ma", Variety::Maghrebi),
            ("en-GB", Variety::English),
        ] {
            assert_eq!(Variety::from_tag(tag), Some(variety), "{tag}");
        }
        assert_eq!(Variety::from_tag("de"), None);
        assert_eq!(Variety::from_tag(""), None);
    }
}
