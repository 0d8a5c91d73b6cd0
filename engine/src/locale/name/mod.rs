//! Which part of a name is the name?
//!
//! People write titles before a person's name and legal forms around a firm's. Both are kept as they were written,
//! beside the name and not in it, so that «جناب آقای دکتر رضایی» and «رضایی» are the same words to who compares.
//! Nothing is ever left without a name: what consists of titles alone is a name.

mod firm;
mod person;

pub use firm::{Firm, firm};
pub use person::{Person, person};

use super::fold::fold_text;

/// A word as it is compared: without the points of an abbreviation, brackets and quotation marks.
fn folded_word(word: &str) -> String {
    let mut folded = fold_text(word);
    folded.retain(|c| !is_dressing(c) && c != '.');
    folded
}

/// Signs that stand around a word and are not of it.
fn is_dressing(c: char) -> bool {
    matches!(
        c,
        '(' | ')' | '[' | ']' | '«' | '»' | '"' | '\'' | '“' | '”' | '’' | ',' | ';' | ':'
    )
}
