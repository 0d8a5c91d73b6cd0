//! How is a value made of several others?
//!
//! `{account|No account} · {product}`: a part in braces is a column; after `|` stands what is written when it is empty;
//! `:slug` makes it fit for a key. `{{` and `}}` are braces.

use crate::locale::fold_text;

/// A text with places for values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Part {
        name: String,
        slug: bool,
        fallback: String,
    },
}

impl Template {
    /// Reads a template; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '{' | '}' if chars.peek() == Some(&c) => {
                    chars.next();
                    plain.push(c);
                }
                '{' => {
                    let mut inside = String::new();
                    loop {
                        match chars.next() {
                            Some('}') => break,
                            Some('{') | None => {
                                return Err(format!(
                                    "in '{text}' a {{ is not closed; write {{column}}, or {{{{ for a brace"
                                ));
                            }
                            Some(other) => inside.push(other),
                        }
                    }
                    if !plain.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    }
                    pieces.push(part(text, &inside)?);
                }
                '}' => {
                    return Err(format!(
                        "in '{text}' a }} has no {{; write }}}} for a brace"
                    ));
                }
                other => plain.push(other),
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self { pieces })
    }

    /// The names of its parts.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Part { name, .. } => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The text with its parts filled in; `None` when nothing but separators is left.
    pub(super) fn fill<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Part {
                    name,
                    slug: make_slug,
                    fallback,
                } => match value(name).filter(|text| !text.is_empty()) {
                    Some(text) if *make_slug => out.push_str(&slug(text)),
                    Some(text) => out.push_str(text),
                    None => out.push_str(fallback),
                },
            }
        }
        // An empty part at an end leaves its separator behind.
        let bare = |c: char| c.is_whitespace() || "·-–—,،/|:".contains(c);
        let filled = out.trim_matches(bare);
        (!filled.is_empty()).then(|| filled.to_owned())
    }
}

fn part(text: &str, inside: &str) -> Result<Piece, String> {
    let (name, fallback) = inside.rsplit_once('|').unwrap_or((inside, ""));
    let (name, slug) = name
        .strip_suffix(":slug")
        .map_or((name, false), |name| (name, true));
    if name.trim().is_empty() {
        return Err(format!("in '{text}' the braces name no column"));
    }
    Ok(Piece::Part {
        name: name.trim().to_owned(),
        slug,
        fallback: fallback.to_owned(),
    })
}

/// A text as a key: folded letters and digits, words joined by hyphens.
pub(super) fn slug(text: &str) -> String {
    let words: Vec<String> = fold_text(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn fill(template: &str, account: &str, product: &str) -> Option<String> {
        Template::parse(template)
            .unwrap()
            .fill(|name| Some(if name == "account" { account } else { product }))
    }

    #[test]
    fn an_empty_part_leaves_its_fallback_or_no_separator() {
        assert_eq!(
            fill("{account} · {product}", "Isdom", "GTX").unwrap(),
            "Isdom · GTX"
        );
        assert_eq!(fill("{account} · {product}", "", "GTX").unwrap(), "GTX");
        assert_eq!(
            fill("{account|No account} · {product}", "", "GTX").unwrap(),
            "No account · GTX"
        );
        assert_eq!(fill("{account} · {product}", "", ""), None);
        assert_eq!(fill("{{{account}}}", "Isdom", "").unwrap(), "{Isdom}");
    }

    #[test]
    fn a_slug_is_the_same_for_two_spellings() {
        assert_eq!(slug("  Darcel  Schlecht "), "darcel-schlecht");
        assert_eq!(slug("علي رضايي"), slug("علی رضایی"));
        assert_eq!(
            fill("{account:slug}", "Rocco Neubert", "").unwrap(),
            "rocco-neubert"
        );
    }

    #[test]
    fn a_template_that_cannot_be_meant_is_refused() {
        for text in ["{account", "account}", "{}", "{|x}", "{a{b}"] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }
}
