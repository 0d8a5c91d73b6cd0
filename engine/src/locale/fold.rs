//! Which spellings are the same word?
//!
//! One table for Persian, Arabic and Latin: what is typed on a Persian keyboard, on an Arabic one, or copied from a
//! file that knew only one of them comes out equal. It is used for index keys, uniqueness and comparison in filters,
//! never for what is shown.

/// Persian and Arabic-Indic digits as ASCII digits; everything else unchanged.
pub(crate) fn fold_digits(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    text.chars().map(|c| digit(c).unwrap_or(c)).collect()
}

/// The form in which two spellings of one word are equal.
pub(crate) fn fold_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    each_folded(text, |c| out.push(c));
    out
}

/// Calls `each` with the characters of the folded form, one after the other.
pub(crate) fn each_folded(text: &str, mut each: impl FnMut(char)) {
    let mut begun = false;
    let mut space = false;
    for c in text.chars() {
        let plain = c.is_ascii_graphic();
        if !plain && is_invisible(c) {
            continue;
        }
        if !plain && c.is_whitespace() {
            space = begun;
            continue;
        }
        if std::mem::take(&mut space) {
            each(' ');
        }
        begun = true;
        if c.is_ascii() {
            each(c.to_ascii_lowercase());
        } else if let Some(folded) = digit(c).or_else(|| letter(c)) {
            each(folded);
        } else {
            c.to_lowercase().for_each(&mut each);
        }
    }
}

fn digit(c: char) -> Option<char> {
    let value = match c {
        '۰'..='۹' => c as u32 - '۰' as u32,
        '٠'..='٩' => c as u32 - '٠' as u32,
        _ => return None,
    };
    char::from_digit(value, 10)
}

fn letter(c: char) -> Option<char> {
    Some(match c {
        'ي' | 'ى' | 'ې' | 'ئ' => 'ی',
        'ك' | 'ڪ' => 'ک',
        'ة' | 'ۀ' | 'ە' => 'ه',
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ؤ' => 'و',
        '٫' => '.',
        '٬' | '،' => ',',
        '٪' => '%',
        '؛' => ';',
        '؟' => '?',
        _ => return None,
    })
}

/// Half-spaces, direction marks, vowel signs and the stretching line: written or not, the word is the same.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200b}'..='\u{200f}' | '\u{061c}' | '\u{2066}'..='\u{2069}' | '\u{202a}'..='\u{202e}' | '\u{feff}'
        | '\u{0640}' | '\u{064b}'..='\u{065f}' | '\u{0670}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_typed_on_three_keyboards_folds_to_one_key() {
        for spelling in ["علی", "علي", "على", "عَلی", "ع\u{0640}لی", "\u{200f}علي "]
        {
            assert_eq!(fold_text(spelling), "علی", "{spelling:?}");
        }
        assert_eq!(fold_text("شركة"), fold_text("شرکه"));
        assert_eq!(fold_text("می‌روم"), "میروم");
    }

    #[test]
    fn three_kinds_of_digits_are_one() {
        assert_eq!(fold_digits("۰۹۱۲ ٣٤٥ 678"), "0912 345 678");
        assert_eq!(fold_text("  ACME   Co ۱۲ "), "acme co 12");
    }
}
