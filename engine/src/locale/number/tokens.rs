//! Of which signs, figures and words is a number made?

use super::super::fold::fold_digits;

/// A piece of a number as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::locale) enum Token {
    /// Digits with the marks between them.
    Figures(String),
    /// Letters, or a sign such as `$` and `٪`.
    Word(String),
    Minus,
    Plus,
    Open,
    Close,
}

/// The pieces of a text; direction marks are none. Spaces between figures are marks, all others part pieces.
pub(in crate::locale) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.trim().chars().filter(|c| !is_direction(*c)).collect();
    let at = |place: usize| chars.get(place).copied();
    let is_digit = |c: Option<char>| c.is_some_and(is_figure);
    let is_letter = |c: Option<char>| c.is_some_and(is_of_word);
    let mut found = Vec::new();
    let mut place = 0;
    while let Some(c) = at(place) {
        let begin = place;
        let starts_with_point = matches!(c, '.' | '٫') && is_digit(at(place + 1));
        if is_figure(c) || starts_with_point {
            place += 1;
            while is_digit(at(place)) || at(place).is_some_and(is_mark) && is_digit(at(place + 1)) {
                place += 1;
            }
            found.push(Token::Figures(chars[begin..place].iter().collect()));
            continue;
        }
        if is_of_word(c) {
            // «د.إ» is one word.
            while is_letter(at(place)) || at(place) == Some('.') && is_letter(at(place + 1)) {
                place += 1;
            }
            found.push(Token::Word(chars[begin..place].iter().collect()));
            // The point behind an abbreviation.
            place += usize::from(at(place) == Some('.'));
            continue;
        }
        place += 1;
        // «twenty-one» is no subtraction.
        if c == '-' && matches!(found.last(), Some(Token::Word(_))) && is_letter(at(place)) {
            continue;
        }
        found.push(match c {
            '-' | '−' | '－' | '﹣' => Token::Minus,
            '+' => Token::Plus,
            '(' => Token::Open,
            ')' => Token::Close,
            c if c.is_whitespace() || c == '\u{200c}' => continue,
            // A list's comma, as in «سه میلیون، دویست هزار».
            '،' | ',' if begin > 0 => continue,
            c => Token::Word(c.to_string()),
        });
    }
    found
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200d}'..='\u{200f}' | '\u{061c}' | '\u{2066}'..='\u{2069}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
}

fn is_figure(c: char) -> bool {
    matches!(c, '0'..='9' | '۰'..='۹' | '٠'..='٩')
}

fn is_of_word(c: char) -> bool {
    c.is_alphabetic() && !matches!(c, '٬' | '٫')
        || matches!(c, '\u{64b}'..='\u{652}' | '\u{640}' | '\u{670}')
}

fn is_mark(c: char) -> bool {
    matches!(
        c,
        ',' | '.' | '،' | '٬' | '٫' | '/' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'
    )
}

/// Digits of the three sets as ASCII ones.
pub(super) fn ascii(figures: &str) -> String {
    fold_digits(figures)
}
