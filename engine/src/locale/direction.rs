//! Which way does a text run, and how does it stand in a text that runs the other way?
//!
//! A code or a number inside a right-to-left sentence is shown in pieces, in another order, unless it is isolated: by
//! U+2066 to U+2069 in plain text (Unicode Standard Annex 9, rules X5a to X6a), by `<bdi>` in HTML.

use std::borrow::Cow;
use std::fmt::Write;

use crate::context::Locale;

/// Which way a text runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Left to right.
    Ltr,
    /// Right to left.
    Rtl,
}

const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const LEFT_TO_RIGHT_ISOLATE: char = '\u{2066}';
const END_OF_ISOLATE: char = '\u{2069}';

impl Direction {
    /// The direction of a language.
    #[must_use]
    pub fn of(language: Locale) -> Self {
        match language {
            Locale::En => Self::Ltr,
            Locale::Fa | Locale::Ar => Self::Rtl,
        }
    }

    /// The direction of the first letter; `None` where there is none, as in a number.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        text.chars().find_map(of_letter)
    }

    /// As HTML's attribute `dir` has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

/// The direction that a letter gives to what stands around it. Digits, signs and marks have none.
fn of_letter(c: char) -> Option<Direction> {
    let right =
        matches!(c, '\u{0590}'..='\u{08ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    c.is_alphabetic().then_some(if right {
        Direction::Rtl
    } else {
        Direction::Ltr
    })
}

/// How a text must be kept apart from what is around it.
enum Apart {
    No,
    /// It has no letters, or begins with a Latin one: a number, a code, an address.
    LeftToRight,
    /// Its own letters say.
    AsItsLetters,
}

fn apart(text: &str, inside: Direction) -> Apart {
    let mut letters = text.chars().filter_map(of_letter);
    match letters.next() {
        None if inside == Direction::Rtl && text.chars().any(char::is_numeric) => {
            Apart::LeftToRight
        }
        None => Apart::No,
        Some(first) if first == inside && letters.all(|letter| letter == inside) => Apart::No,
        Some(Direction::Ltr) if letters.all(|letter| letter == Direction::Ltr) => {
            Apart::LeftToRight
        }
        Some(_) => Apart::AsItsLetters,
    }
}

/// The text without the characters that force a direction on what follows them: a value must not turn the page around.
#[must_use]
pub fn without_marks(text: &str) -> Cow<'_, str> {
    let forces = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    match text.contains(forces) {
        true => Cow::Owned(text.replace(forces, "")),
        false => Cow::Borrowed(text),
    }
}

/// The text as it must stand in plain text of this direction: between isolating characters, where it needs them.
#[must_use]
pub fn isolate(text: &str, inside: Direction) -> Cow<'_, str> {
    let text = without_marks(text);
    let begin = match apart(&text, inside) {
        Apart::No => return text,
        Apart::LeftToRight => LEFT_TO_RIGHT_ISOLATE,
        Apart::AsItsLetters => FIRST_STRONG_ISOLATE,
    };
    Cow::Owned(format!("{begin}{text}{END_OF_ISOLATE}"))
}

/// The text as it must stand in HTML of this direction: escaped, and in `<bdi>` where it needs that.
#[must_use]
pub fn isolate_html(text: &str, inside: Direction) -> String {
    let text = without_marks(text);
    let mut out = String::with_capacity(text.len() + 32);
    let (begin, end) = match apart(&text, inside) {
        Apart::No => ("", ""),
        Apart::LeftToRight => ("<bdi dir=\"ltr\">", "</bdi>"),
        Apart::AsItsLetters => ("<bdi>", "</bdi>"),
    };
    out.push_str(begin);
    escape_html(&text, &mut out);
    out.push_str(end);
    out
}

/// The text with `&`, `<`, `>` and both quotes as references, for an element's content or a quoted attribute.
pub(crate) fn escape_html(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // HTML has no place for them, whatever they are written as.
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' => {
                // A String takes everything.
                let _ = out.write_char('\u{fffd}');
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_numbers_and_latin_names_are_isolated_in_right_to_left_text_only() {
        let rtl = |text| isolate_html(text, Direction::Rtl);
        assert_eq!(rtl("PN-12/A"), "<bdi dir=\"ltr\">PN-12/A</bdi>");
        assert_eq!(rtl("+98 912"), "<bdi dir=\"ltr\">+98 912</bdi>");
        assert_eq!(rtl("۰۲۱-۸۸۸۸"), "<bdi dir=\"ltr\">۰۲۱-۸۸۸۸</bdi>");
        assert_eq!(rtl("شرکت ACME"), "<bdi>شرکت ACME</bdi>");
        assert_eq!(rtl("بیمه آینده"), "بیمه آینده");
        assert_eq!(rtl(" — "), " — ");
        let ltr = |text| isolate_html(text, Direction::Ltr);
        assert_eq!(ltr("PN-12/A"), "PN-12/A");
        assert_eq!(ltr("بیمه آینده"), "<bdi>بیمه آینده</bdi>");
    }

    #[test]
    fn plain_text_uses_isolating_characters() {
        assert_eq!(isolate("PN-12", Direction::Rtl), "\u{2066}PN-12\u{2069}");
        assert_eq!(isolate("علی", Direction::Ltr), "\u{2068}علی\u{2069}");
        assert_eq!(isolate("علی", Direction::Rtl), "علی");
    }

    #[test]
    fn a_value_cannot_turn_the_page_around_or_leave_its_isolate() {
        let hostile = "A\u{202e}gpj\u{2069}\u{2069}<b>";
        assert_eq!(
            isolate_html(hostile, Direction::Rtl),
            "<bdi dir=\"ltr\">Agpj&lt;b&gt;</bdi>"
        );
        assert_eq!(isolate(hostile, Direction::Ltr), "Agpj<b>");
    }

    #[test]
    fn the_first_letter_gives_the_direction() {
        assert_eq!(Direction::of_text("۱۲ مهر"), Some(Direction::Rtl));
        assert_eq!(Direction::of_text("12 May"), Some(Direction::Ltr));
        assert_eq!(Direction::of_text("12/5 ٪"), None);
    }
}
