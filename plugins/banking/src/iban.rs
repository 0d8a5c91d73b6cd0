//! Is this an IBAN? In Iran it is the Sheba: `IR` and 24 digits.

use peyvand_plugin::text::ascii_digits;

/// How long an account number of Iran is with its country.
const SHEBA: usize = 26;

/// The canonical form: capitals without spaces; 24 digits alone are those of a Sheba. None where it is no IBAN.
pub(crate) fn canonical(written: &str) -> Option<String> {
    let text: String = ascii_digits(written)
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let text = match text.len() + 2 == SHEBA && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => format!("IR{text}"),
        false => text,
    };
    is_right(&text).then_some(text)
}

/// ISO 13616: with the first four characters behind the others and letters as 10 to 35, the rest by 97 is 1.
fn is_right(text: &str) -> bool {
    let plain = text.is_ascii() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !plain || !(15..=34).contains(&text.len()) {
        return false;
    }
    let (country, rest) = text.split_at(4);
    let (letters, check) = country.split_at(2);
    let is_country = letters.bytes().all(|byte| byte.is_ascii_uppercase())
        && check.bytes().all(|byte| byte.is_ascii_digit());
    let fits_iran =
        letters != "IR" || (text.len() == SHEBA && rest.bytes().all(|byte| byte.is_ascii_digit()));
    is_country && fits_iran && remainder(rest.chars().chain(country.chars())) == 1
}

fn remainder(characters: impl Iterator<Item = char>) -> u32 {
    characters
        .filter_map(|c| c.to_digit(36))
        .fold(0, |rest, value| {
            let shift = if value < 10 { 10 } else { 100 };
            (rest * shift + value) % 97
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_comes_to_one_form() {
        for written in [
            "IR820540102680020817909002",
            "ir82 0540 1026 8002 0817 9090 02",
            "۸۲۰۵۴۰۱۰۲۶۸۰۰۲۰۸۱۷۹۰۹۰۰۲",
        ] {
            assert_eq!(
                canonical(written).as_deref(),
                Some("IR820540102680020817909002")
            );
        }
        assert_eq!(
            canonical("GB82 WEST 1234 5698 7654 32").as_deref(),
            Some("GB82WEST12345698765432")
        );
    }

    #[test]
    fn a_wrong_digit_or_length_is_found() {
        for written in [
            "",
            "IR",
            "IR820540102680020817909003",
            "IR82054010268002081790900",
            "IR8205401026800208179090022",
            "8205401026800208179090ab",
            "شبا820540102680020817909002",
        ] {
            assert_eq!(canonical(written), None, "{written}");
        }
    }
}
