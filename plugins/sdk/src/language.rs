//! In which language does a plugin speak? English, Persian and Arabic are equals.

use crate::settings::{BindError, Settings};

/// A language of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(missing_docs)]
pub enum Language {
    #[default]
    English,
    Persian,
    Arabic,
}

impl Language {
    /// The language of a setting: `en`, `fa` or `ar`.
    pub fn of_setting(settings: &Settings, name: &str) -> Result<Self, BindError> {
        settings
            .one_of(name, &["en", "fa", "ar"])
            .map(Self::of_locale)
    }

    /// The language of a locale such as `fa-IR`; English where it is another one.
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['-', '_']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_str() {
            "fa" => Self::Persian,
            "ar" => Self::Arabic,
            _ => Self::English,
        }
    }

    /// Of three texts, the one in this language.
    pub fn pick<T>(self, english: T, persian: T, arabic: T) -> T {
        match self {
            Self::English => english,
            Self::Persian => persian,
            Self::Arabic => arabic,
        }
    }

    /// Writes a whole number at the end of a text, with the digits of this language: as
    /// `digits(&number.to_string())`, without the texts in between.
    pub fn push_number(self, text: &mut String, number: i64) {
        let zero = u32::from(self.pick('0', '۰', '٠'));
        if number < 0 {
            text.push('-');
        }
        let (size, mut unit) = (number.unsigned_abs(), 1_u64);
        while size / unit >= 10 {
            unit *= 10;
        }
        while unit > 0 {
            let digit = u32::try_from(size / unit % 10).unwrap_or_default();
            text.extend(char::from_u32(zero + digit));
            unit /= 10;
        }
    }

    /// The text with its digits as this language writes them.
    pub fn digits(self, text: &str) -> String {
        if self == Self::English {
            return text.to_owned();
        }
        let zero = self.pick('0', '۰', '٠');
        text.chars()
            .map(|c| match c.to_digit(10) {
                Some(digit) => char::from_u32(u32::from(zero) + digit).unwrap_or(c),
                None => c,
            })
            .collect()
    }
}

/// The value of a digit of any of the three scripts.
pub fn digit_of(c: char) -> Option<u8> {
    let zero = match c {
        '0'..='9' => '0',
        '۰'..='۹' => '۰',
        '٠'..='٩' => '٠',
        _ => return None,
    };
    u8::try_from(u32::from(c) - u32::from(zero)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_the_three_scripts_come_and_go() {
        for language in [Language::English, Language::Persian, Language::Arabic] {
            let written = language.digits("0123456789");
            let read: Vec<_> = written.chars().filter_map(digit_of).collect();
            assert_eq!(read, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        }
        assert_eq!(Language::of_locale("fa-IR").digits("a12"), "a۱۲");
        assert_eq!(digit_of('१'), None);
    }

    #[test]
    fn a_number_is_written_as_its_text_is() {
        for language in [Language::English, Language::Persian, Language::Arabic] {
            for number in [0, 7, 10, -405, 1_000_000, i64::MAX, i64::MIN] {
                let mut text = String::from("+");
                language.push_number(&mut text, number);
                assert_eq!(text, format!("+{}", language.digits(&number.to_string())));
            }
        }
    }
}
