//! What did the administrator set, and how is a wrong setting told?

use std::fmt;
use std::ops::RangeInclusive;

use crate::json::Json;
use crate::value::Decimal;

/// Why a plugin cannot work with what it was bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindError {
    /// A setting is missing or wrong: its name and what to do.
    Setting(String, String),
    /// A hook of the manifest that the code does not know.
    UnknownHook(String),
    /// Anything else.
    Other(String),
}

impl BindError {
    /// A wrong setting and what to do.
    pub fn setting(name: &str, what_to_do: impl Into<String>) -> Self {
        Self::Setting(name.to_owned(), what_to_do.into())
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(name, what_to_do) => write!(f, "setting {name}: {what_to_do}"),
            Self::UnknownHook(hook) => write!(
                f,
                "the manifest has the hook {hook}, which the code does not serve; remove it or export it"
            ),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for BindError {}

/// The administrator's settings over the manifest's defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings(Json);

impl Settings {
    /// The settings of a JSON object.
    pub fn parse(json: &str) -> Result<Self, BindError> {
        match Json::parse(json) {
            Some(object @ Json::Object(_)) => Ok(Self(object)),
            _ => Err(BindError::Other(
                "the settings are no JSON object; save them again".to_owned(),
            )),
        }
    }

    /// A whole number in a range.
    pub fn integer(&self, name: &str, range: RangeInclusive<i64>) -> Result<i64, BindError> {
        let number = self.0.get(name).and_then(Json::integer);
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                let (low, high) = (range.start(), range.end());
                BindError::setting(name, format!("set a whole number from {low} to {high}"))
            })
    }

    /// A decimal number, not below zero.
    pub fn amount(&self, name: &str) -> Result<Decimal, BindError> {
        let number = self.0.get(name).and_then(Json::decimal);
        number
            .filter(|number| *number >= Decimal::ZERO)
            .ok_or_else(|| BindError::setting(name, "set a number that is not below 0"))
    }

    /// A text; empty where it is empty.
    pub fn text(&self, name: &str) -> Result<&str, BindError> {
        let text = self.0.get(name).and_then(Json::text);
        text.ok_or_else(|| BindError::setting(name, "set a text"))
    }

    /// One of the texts allowed.
    pub fn one_of(&self, name: &str, allowed: &[&str]) -> Result<&str, BindError> {
        let text = self.0.get(name).and_then(Json::text);
        text.filter(|text| allowed.contains(text))
            .ok_or_else(|| BindError::setting(name, format!("set one of {}", allowed.join(", "))))
    }

    /// Yes or no.
    pub fn boolean(&self, name: &str) -> Result<bool, BindError> {
        let yes = self.0.get(name).and_then(Json::boolean);
        yes.ok_or_else(|| BindError::setting(name, "set true or false"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_wrong_setting_is_named_with_its_remedy() {
        let settings =
            Settings::parse(r#"{"days": 500, "language": "de", "limit": "12.5"}"#).unwrap();
        assert_eq!(
            settings.integer("days", 1..=90).unwrap_err().to_string(),
            "setting days: set a whole number from 1 to 90"
        );
        assert_eq!(
            settings
                .one_of("language", &["en", "fa"])
                .unwrap_err()
                .to_string(),
            "setting language: set one of en, fa"
        );
        assert_eq!(settings.amount("limit").unwrap().to_string(), "12.5");
        assert!(settings.boolean("missing").is_err());
        assert!(Settings::parse("[]").is_err());
    }
}
