//! With which digits is a number written, and with what between them?

use super::fold::fold_digits;
use super::variety::Variety;
use crate::context::Locale;

/// The three sets of decimal digits that our users write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Digits {
    /// `0123456789`.
    Ascii,
    /// `۰۱۲۳۴۵۶۷۸۹`, U+06F0 to U+06F9.
    Persian,
    /// `٠١٢٣٤٥٦٧٨٩`, U+0660 to U+0669.
    ArabicIndic,
}

impl Digits {
    /// The digits of a language.
    #[must_use]
    pub fn of(language: Locale) -> Self {
        match language {
            Locale::En => Self::Ascii,
            Locale::Fa => Self::Persian,
            Locale::Ar => Self::ArabicIndic,
        }
    }

    /// The text with every digit of the three sets written in this one; the rest is unchanged.
    #[must_use]
    pub fn write(self, text: &str) -> String {
        let zero = match self {
            Self::Ascii => return fold_digits(text),
            Self::Persian => '۰',
            Self::ArabicIndic => '٠',
        };
        let written = |c: char| {
            let value = c.to_digit(10)?;
            char::from_u32(zero as u32 + value)
        };
        let plain = fold_digits(text);
        plain.chars().map(|c| written(c).unwrap_or(c)).collect()
    }
}

/// A plain decimal number (`-1234567.50`) as a language writes it, in groups of three: `−۱٬۲۳۴٬۵۶۷٫۵۰`. Before a minus in
/// Persian and Arabic stands U+200E, as in CLDR.
///
/// Text that is no plain number comes back with the language's digits and nothing else changed.
#[must_use]
pub fn format_number(number: &str, language: impl Into<Variety>) -> String {
    let variety = language.into();
    let (negative, unsigned) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number),
    };
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let only_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !only_digits(whole) || !fraction.is_none_or(only_digits) {
        return variety.digits().write(number);
    }
    let (group, point) = variety.marks();
    let mut out = String::with_capacity(number.len() * 2);
    if negative {
        // Without the mark the sign would be shown behind the number where the text runs from right to left.
        if variety.language() != Locale::En {
            out.push('\u{200e}');
        }
        out.push('−');
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(group);
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push(point);
        out.push_str(fraction);
    }
    match variety.digits() {
        Digits::Ascii => out,
        digits => digits.write(&out),
    }
}

/// What [`format_number`] wrote, or a person typed, as a plain decimal number: any of the three sets of digits, with
/// `٫` or `.` as point, and `٬`, `,` or a space between groups of three.
///
/// `None` where it is no number, or where a mark between groups stands at another place: it may be a point.
#[must_use]
pub fn plain_number(text: &str) -> Option<String> {
    let plain = fold_digits(text.trim());
    let mut plain: String = plain
        .chars()
        .filter(|c| !matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}'))
        .collect();
    let negative = plain.starts_with(['-', '−']);
    if negative {
        plain.remove(0);
    }
    let (whole, fraction) = match plain.split_once(['.', '٫']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (plain.as_str(), None),
    };
    let is_mark = |c: char| matches!(c, ',' | '٬' | ' ' | '\u{a0}' | '\u{202f}');
    let groups: Vec<&str> = whole.split(is_mark).collect();
    let sound = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    let (first, rest) = groups.split_first()?;
    let grouped = rest.is_empty() || first.len() <= 3 && rest.iter().all(|group| group.len() == 3);
    if !groups.iter().all(|group| sound(group)) || !grouped || !fraction.is_none_or(sound) {
        return None;
    }
    let mut out = String::with_capacity(plain.len() + 1);
    if negative {
        out.push('-');
    }
    out.extend(groups);
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_language_groups_with_its_own_marks() {
        assert_eq!(format_number("-1234567.50", Locale::En), "−1,234,567.50");
        assert_eq!(
            format_number("-1234567.50", Locale::Fa),
            "\u{200e}−۱٬۲۳۴٬۵۶۷٫۵۰"
        );
        assert_eq!(format_number("1234567.5", Locale::Ar), "١٬٢٣٤٬٥٦٧٫٥");
        assert_eq!(format_number("999", Locale::Fa), "۹۹۹");
        assert_eq!(format_number("IR-12", Locale::Fa), "IR-۱۲");
    }

    #[test]
    fn digits_are_rewritten_from_any_set_into_any() {
        for text in ["0912", "۰۹۱۲", "٠٩١٢"] {
            assert_eq!(Digits::Ascii.write(text), "0912");
            assert_eq!(Digits::Persian.write(text), "۰۹۱۲");
            assert_eq!(Digits::ArabicIndic.write(text), "٠٩١٢");
        }
    }

    #[test]
    fn a_comma_that_does_not_stand_between_thousands_is_no_number() {
        for text in [
            "1,5", "1,2345", ",123", "1٬۲۳", "12.5.1", "", "-", "1234,567",
        ] {
            assert_eq!(plain_number(text), None, "{text}");
        }
        assert_eq!(plain_number(" \u{200e}−۱٬۲۳۴٫۵").unwrap(), "-1234.5");
    }

    proptest! {
        #[test]
        fn a_number_is_read_back_as_it_was_written(whole in 0u64.., fraction in proptest::option::of("[0-9]{1,9}"), negative: bool) {
            let sign = if negative { "-" } else { "" };
            let plain = fraction.map_or(format!("{sign}{whole}"), |fraction| format!("{sign}{whole}.{fraction}"));
            for language in [Locale::En, Locale::Fa, Locale::Ar] {
                prop_assert_eq!(plain_number(&format_number(&plain, language)), Some(plain.clone()));
            }
        }
    }
}
