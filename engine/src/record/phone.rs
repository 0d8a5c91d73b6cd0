//! Which telephone is it, however it was typed?

use std::borrow::Cow;
use std::fmt;

use super::Text;
use crate::locale::fold_digits;

/// A telephone number: as it was typed, and in the international form where that is certain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Phone {
    /// As it was typed.
    pub raw: Text,
    /// `+989121234567`; absent when the number was given without its country and no default country is known.
    pub e164: Option<Text>,
    /// The extension's digits.
    pub extension: Option<Text>,
}

/// How an extension is announced in the languages that our users write.
const EXTENSIONS: [&str; 6] = ["ext.", "ext", "داخلی", "داخلي", "تحويلة", "تحویله"];

impl Phone {
    /// Reads a number as typed, in any of three kinds of digits.
    ///
    /// The international form is made only from `+…` and `00…`: without the country the same digits are another
    /// telephone. `None` when it has fewer than three digits, or other than digits, signs and an extension.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = match text.is_ascii() {
            true => Cow::Borrowed(text.trim()),
            false => Cow::Owned(fold_digits(text.trim())),
        };
        if plain.chars().all(is_of_number) {
            return Self::of(text, &plain, None);
        }
        let lower = plain.to_lowercase();
        let mut words = EXTENSIONS.iter();
        let (number, extension) = words.find_map(|word| lower.split_once(word))?;
        Self::of(text, number, Some(extension))
    }

    /// A number and its extension, as parts of what was typed.
    fn of(text: &str, number: &str, extension: Option<&str>) -> Option<Self> {
        let mut digits = String::with_capacity(1 + number.len());
        digits.extend(number.chars().filter(char::is_ascii_digit));
        let extension: Option<Text> =
            extension.map(|text| text.chars().filter(char::is_ascii_digit).collect());
        if !number.chars().all(is_of_number)
            || !(3..=20).contains(&digits.len())
            || extension.as_deref() == Some("")
        {
            return None;
        }
        let plus = number
            .trim_start_matches(['\u{200e}', '\u{200f}', ' ', '('])
            .starts_with('+');
        if !plus && digits.starts_with("00") {
            digits.drain(..2);
        } else if !plus {
            digits.clear();
        }
        // ITU-T E.164: at most fifteen digits; the shortest numbers in use have seven.
        let international = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
        let e164 = international.then(|| {
            digits.insert(0, '+');
            digits.into()
        });
        Some(Self {
            raw: text.trim().into(),
            e164,
            extension,
        })
    }

    /// The international form, with a number that was given without its country read as one of this country:
    /// `0912…` with `98` and the trunk prefix `0` is `+98912…`.
    pub(crate) fn e164_in(&self, country: &str, trunk: &str) -> Option<String> {
        if self.e164.is_some() {
            return self.e164.clone().map(String::from);
        }
        let digits = self.key();
        // Without the trunk prefix it is a number of one place, or a short one that only its network knows.
        let national = digits
            .strip_prefix(trunk)
            .filter(|rest| !trunk.is_empty() && rest.len() >= 7)?;
        let whole = format!("+{country}{national}");
        Self::parse(&whole)?.e164.map(String::from)
    }

    /// What two phones are compared by.
    pub(crate) fn key(&self) -> Text {
        match &self.e164 {
            Some(e164) => e164.as_str().into(),
            None => fold_digits(&self.raw)
                .chars()
                .filter(char::is_ascii_digit)
                .collect(),
        }
    }
}

fn is_of_number(c: char) -> bool {
    c.is_ascii_digit()
        || c.is_whitespace()
        || matches!(
            c,
            '+' | '-' | '(' | ')' | '.' | '/' | '–' | '\u{200e}' | '\u{200f}'
        )
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.e164.as_deref().unwrap_or(&self.raw))?;
        match &self.extension {
            Some(extension) if self.e164.is_some() => write!(f, " ext. {extension}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_international_form_is_found_in_three_kinds_of_digits() {
        for text in [
            "+98 912 123 4567",
            "00989121234567",
            "+۹۸ ۹۱۲ ۱۲۳ ۴۵۶۷",
            "٠٠٩٨٩١٢١٢٣٤٥٦٧",
        ] {
            assert_eq!(
                Phone::parse(text).unwrap().e164.as_deref(),
                Some("+989121234567"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_number_without_its_country_is_kept_but_not_guessed() {
        let phone = Phone::parse("۰۲۱-۸۸۰۰۱۲۳۴ داخلی ۱۲").unwrap();
        assert_eq!(
            (phone.e164.as_deref(), phone.extension.as_deref()),
            (None, Some("12"))
        );
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "12", "call me", "a@b.c", "021 880 ext"] {
            assert_eq!(Phone::parse(text), None, "{text}");
        }
    }
}
