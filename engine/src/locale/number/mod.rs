//! Which number did somebody write?
//!
//! In figures, in words, in both: `۲٫۵ میلیون`, `12,500`, `(1,250.75)`, `دو هزار و پانصد`, `مليون ونصف`, `2.5m`.
//!
//! A mark between figures is read in the only way in which it can be one:
//! - `٬`, spaces and apostrophes stand between thousands, `٫` before the fraction, in every language.
//! - Of two kinds of marks the last is the point; a mark that comes twice stands between thousands.
//! - A single `,` or `.` that three figures follow, and no more than three stand before, may be either. The language
//!   decides; without one, and for a point between Persian digits, which people use in both ways, the number is refused
//!   with both readings.
//! - A comma before three figures is never a point where the language has another, as in `1234,567`.
//! - `/` is the point of handwritten Persian: with Persian digits, or in Persian.
//!
//! What a spreadsheet has made unreadable (`1.23E+10`, `####`, `#N/A`) is refused: its digits are lost.

mod figures;
mod tokens;
mod words;

pub(super) use tokens::{Token, tokens};

use super::variety::Variety;

/// The text is no number that can be read without a guess.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotANumber {
    /// No number at all.
    #[error("«{0}» is not a number; write it in figures, as 12500.75, or in words")]
    Unreadable(String),
    /// Two readings, and no language that decides.
    #[error(
        "«{text}» may be {one} or {other}; say of which language it is, or write it without the mark"
    )]
    Ambiguous {
        /// What was to be read.
        text: String,
        /// One reading, as a plain number.
        one: String,
        /// The other.
        other: String,
    },
    /// A spreadsheet did not keep all of its digits.
    #[error(
        "«{0}» does not show all digits of its number; widen the column or format it as text, and export again"
    )]
    Lost(String),
    /// More digits than a number may have.
    #[error("«{0}» has more digits than a number may have, which is 28")]
    TooLarge(String),
}

/// Why figures or words are no number, before the whole text is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Unreadable,
    Ambiguous(String, String),
    TooLarge,
}

impl Fault {
    pub(super) fn of(self, text: &str) -> NotANumber {
        let text = text.trim().to_owned();
        match self {
            Self::Unreadable => NotANumber::Unreadable(text),
            Self::Ambiguous(one, other) => NotANumber::Ambiguous { text, one, other },
            Self::TooLarge => NotANumber::TooLarge(text),
        }
    }
}

/// Reads a number as people write it, as a plain decimal number: `2500000`, `-1250.75`.
///
/// # Errors
/// No number, one that may be two, or one whose digits a spreadsheet lost.
pub fn parse_number(text: &str, variety: Option<Variety>) -> Result<String, NotANumber> {
    if is_lost(text) {
        return Err(NotANumber::Lost(text.trim().to_owned()));
    }
    number_of(&tokens(text), variety).map_err(|fault| fault.of(text))
}

/// Reads a percentage, with or without its sign, as the number before the sign: `12.5` of `۱۲٫۵٪` or `١٢٫٥ بالمئة`.
///
/// # Errors
/// As [`parse_number`].
pub fn parse_percent(text: &str, variety: Option<Variety>) -> Result<String, NotANumber> {
    if is_lost(text) {
        return Err(NotANumber::Lost(text.trim().to_owned()));
    }
    let mut tokens = tokens(text);
    let sign = tokens.iter().position(|token| match token {
        Token::Word(word) => matches!(
            word.as_str(),
            "%" | "٪" | "﹪" | "درصد" | "بالمئة" | "بالمائة" | "percent" | "pct"
        ),
        _ => false,
    });
    if let Some(sign) = sign {
        tokens.remove(sign);
    }
    number_of(&tokens, variety).map_err(|fault| fault.of(text))
}

/// `1.23E+10`, `####`, `#N/A`, `#VALUE!`: what a sheet shows where it does not show the number.
pub(super) fn is_lost(text: &str) -> bool {
    let text = text.trim();
    if text.starts_with('#') {
        return true;
    }
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let figures = |text: &str| text.chars().any(|c| c.is_ascii_digit());
    let exponent = exponent.trim_start_matches(['+', '-']);
    figures(mantissa) && figures(exponent) && exponent.bytes().all(|b| b.is_ascii_digit())
}

/// The number of signs, figures and words; all of them must be part of it.
pub(super) fn number_of(tokens: &[Token], variety: Option<Variety>) -> Result<String, Fault> {
    let (negative, tokens) = match tokens {
        [Token::Open, inner @ .., Token::Close] => (true, inner),
        [Token::Minus, rest @ ..] | [rest @ .., Token::Minus] => (true, rest),
        [Token::Plus, rest @ ..] => (false, rest),
        all => (false, all),
    };
    let plain = match tokens {
        [Token::Figures(figures)] => figures::read(figures, variety)?,
        _ => words::read(tokens, variety)?,
    };
    let is_zero = plain.bytes().all(|b| matches!(b, b'0' | b'.'));
    Ok(match negative && !is_zero {
        true => format!("-{plain}"),
        false => plain,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::context::Locale;
    use crate::locale::{format_number, number_in_words};
    use Variety::{Arabic, English, Maghrebi, Persian};
    use proptest::prelude::*;

    #[test]
    fn a_number_is_read_as_people_write_it() {
        for (text, variety, expected) in [
            ("12500", None, "12500"),
            ("۱۲٬۵۰۰", None, "12500"),
            ("١٢٬٥٠٠٫٧٥", None, "12500.75"),
            ("12 500", None, "12500"),
            ("1'234'567.5", None, "1234567.5"),
            ("1,234,567", None, "1234567"),
            ("1.234.567", None, "1234567"),
            ("1.234,56", None, "1234.56"),
            ("1,234.56", None, "1234.56"),
            ("1,5", None, "1.5"),
            ("0,125", None, "0.125"),
            ("0.125", Some(Persian), "0.125"),
            (".5", None, "0.5"),
            ("1,500", Some(English), "1500"),
            ("1,500", Some(Persian), "1500"),
            ("1.500", Some(English), "1.500"),
            ("1.500", Some(Persian), "1.500"),
            ("1.500", Some(Maghrebi), "1500"),
            ("1,500", Some(Maghrebi), "1.500"),
            ("۱،۵۰۰", Some(Persian), "1500"),
            ("۲/۵", None, "2.5"),
            ("2/5", Some(Persian), "2.5"),
            ("-12", None, "-12"),
            ("12-", None, "-12"),
            ("\u{200e}−۱۲", None, "-12"),
            ("(1,250.75)", None, "-1250.75"),
            ("+5", None, "5"),
            ("-0", None, "0"),
            ("۲٫۵ میلیون", None, "2500000"),
            ("دو میلیون", None, "2000000"),
            ("2.5m", None, "2500000"),
            ("2.5 K", None, "2500"),
            ("-2bn", None, "-2000000000"),
            ("۱۲ هزار", None, "12000"),
            ("۱۲هزار", None, "12000"),
            ("۲ میلیون و ۵۰۰ هزار", None, "2500000"),
            ("دو میلیون و نیم", None, "2500000"),
            ("یک و نیم میلیون", None, "1500000"),
            ("نیم میلیون", None, "500000"),
            ("۵ هزار میلیارد", None, "5000000000000"),
            ("هزار", None, "1000"),
            ("دویست و پنجاه و سه هزار و ده", None, "253010"),
            ("٣ ملايين", Some(Arabic), "3000000"),
            ("مليون", None, "1000000"),
            ("مليون ونصف", None, "1500000"),
            ("ألفان", None, "2000"),
            ("خمسة وعشرون ألفاً", None, "25000"),
            ("٥ آلاف", None, "5000"),
            ("two thousand five hundred", None, "2500"),
        ] {
            assert_eq!(
                parse_number(text, variety).as_deref(),
                Ok(expected),
                "{text}"
            );
        }
        for text in [
            "۱۲٫۵٪",
            "%12.5",
            "١٢٫٥ بالمئة",
            "۱۲٫۵ درصد",
            "12.5",
            "12.5 percent",
        ] {
            assert_eq!(parse_percent(text, None).as_deref(), Ok("12.5"), "{text}");
        }
    }

    #[test]
    fn what_may_be_two_numbers_is_refused_with_both() {
        for (text, variety, readings) in [
            ("1,500", None, ("1500", "1.500")),
            ("1.500", None, ("1500", "1.500")),
            ("۱.۵۰۰", Some(Persian), ("1500", "1.500")),
            ("1234,567", None, ("1234567", "1234.567")),
            ("2/5", None, ("2.5", "2/5")),
        ] {
            let Err(NotANumber::Ambiguous { one, other, .. }) = parse_number(text, variety) else {
                panic!("{text} is read");
            };
            assert_eq!((one.as_str(), other.as_str()), readings, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_not_guessed() {
        for text in [
            "",
            "-",
            "()",
            "abc",
            "12 foo",
            "1,23,456",
            "1,2345,678",
            "1.2.3",
            "--5",
            "(-5)",
            "-5-",
            "12:30",
            "1234,567",
            "میلیون هزار",
            "پنج پنج",
            "دو ۵",
            "میلیون و دو میلیون",
            "1٬23",
            "5 نیم نیم",
        ] {
            assert!(
                matches!(
                    parse_number(text, Some(English)),
                    Err(NotANumber::Unreadable(_))
                ),
                "{text}: {:?}",
                parse_number(text, Some(English))
            );
        }
        for text in ["1.23E+10", "9.12346E+09", "1e3", "####", "#N/A", "#VALUE!"] {
            assert!(
                matches!(parse_number(text, None), Err(NotANumber::Lost(_))),
                "{text}"
            );
        }
        let long = "9".repeat(40);
        assert!(matches!(
            parse_number(&long, None),
            Err(NotANumber::TooLarge(_))
        ));
    }

    proptest! {
        #[test]
        fn a_number_is_read_back_as_it_was_written(whole in 0u64.., fraction in proptest::option::of("[0-9]{0,7}[1-9]"), negative: bool) {
            let sign = if negative && whole > 0 { "-" } else { "" };
            let plain = fraction.map_or(format!("{sign}{whole}"), |fraction| format!("{sign}{whole}.{fraction}"));
            for variety in [English, Persian, Variety::Dari, Arabic, Variety::Levantine, Maghrebi] {
                let written = format_number(&plain, variety);
                prop_assert_eq!(parse_number(&written, Some(variety)), Ok(plain.clone()), "{}", written);
            }
        }

        #[test]
        fn a_number_in_words_is_read_back(number in 0u64..1_000_000_000_000) {
            for language in [Locale::En, Locale::Fa, Locale::Ar] {
                let words = number_in_words(number, language);
                prop_assert_eq!(parse_number(&words, None), Ok(number.to_string()), "{}", words);
            }
        }

        #[test]
        fn no_text_is_too_much(text in "[0-9۰-۹٠-٩,.٫٬/() \\-−%a-zا-ی#E+]{0,40}|.{0,40}") {
            let _ = parse_number(&text, None);
            let _ = parse_percent(&text, Some(Persian));
        }
    }
}
