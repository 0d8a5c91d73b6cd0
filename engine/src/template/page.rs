//! What stands around a text when it is printed or sent?
//!
//! The frame of an HTML page: language and direction, a print style for A4, and two languages side by side. Everything
//! is in the page; it loads nothing.

use super::source::Kind;
use crate::context::Locale;
use crate::locale::{Direction, escape_html};

const STYLE: &str = include_str!("page.css");
const BESIDE: &str = "@page { size: A4 landscape; }\n";

/// A text of one language, ready for its page.
pub(super) struct Column {
    pub(super) language: Locale,
    pub(super) body: String,
}

/// The whole page.
pub(super) fn framed(kind: Kind, title: &str, first: &Column, second: Option<&Column>) -> String {
    let mut page = String::with_capacity(STYLE.len() + first.body.len() + 1_000);
    let (tag, direction) = (first.language.tag(), Direction::of(first.language).name());
    page.push_str(&format!(
        "<!doctype html>\n<html lang=\"{tag}\" dir=\"{direction}\">\n<head>\n<meta charset=\"utf-8\">\n<title>"
    ));
    escape_html(title, &mut page);
    page.push_str("</title>\n");
    if kind == Kind::Document {
        page.push_str("<style>\n");
        page.push_str(STYLE);
        if second.is_some() {
            page.push_str(BESIDE);
        }
        page.push_str("</style>\n");
    }
    page.push_str("</head>\n<body>\n");
    match second {
        None => page.push_str(&first.body),
        Some(second) => {
            page.push_str("<div class=\"beside\">\n");
            for column in [first, second] {
                let (tag, direction) =
                    (column.language.tag(), Direction::of(column.language).name());
                page.push_str(&format!("<section lang=\"{tag}\" dir=\"{direction}\">\n"));
                page.push_str(&column.body);
                page.push_str("</section>\n");
            }
            page.push_str("</div>\n");
        }
    }
    page.push_str("\n</body>\n</html>\n");
    page
}
