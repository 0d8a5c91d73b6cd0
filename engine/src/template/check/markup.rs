//! Where in the page does a value stand?
//!
//! Escaping is right only where a value stands between tags or in a quoted attribute. This follows the template's own
//! markup from beginning to end; every branch and every loop must end where it began, so that what holds for the text as
//! it is written holds for the page.

/// What the markup so far has led into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Between tags.
    #[default]
    Text,
    /// In a tag's name.
    Name(String),
    /// In a tag, between attributes.
    Tag {
        element: String,
    },
    /// In an attribute's name.
    Attribute {
        element: String,
        name: String,
    },
    /// After an attribute's `=`.
    Equals {
        element: String,
        name: String,
    },
    /// In an attribute's value.
    Value {
        element: String,
        name: String,
        quote: char,
        /// How it begins: an address has its scheme there.
        begun: String,
    },
    Comment,
    /// In the content of `<style>`.
    Style,
}

/// Elements that run things, load things from elsewhere, or change what the page is.
const REFUSED: [&str; 13] = [
    "script", "iframe", "frame", "object", "embed", "applet", "base", "meta", "link", "form",
    "html", "head", "body",
];

/// Attributes whose value is an address.
const ADDRESSES: [&str; 8] = [
    "href",
    "src",
    "action",
    "formaction",
    "cite",
    "background",
    "poster",
    "data",
];

/// How an address may begin.
const SCHEMES: [&str; 5] = ["http", "https", "mailto", "tel", "data"];
const LONGEST_SCHEME: usize = 40;

impl Place {
    /// Goes on through a piece of the template's own text.
    pub(super) fn read(&mut self, text: &str) -> Result<(), String> {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let after = rest.get(c.len_utf8()..).unwrap_or_default();
            let (next, used) = self.step(c, after)?;
            *self = next;
            rest = after.get(used..).unwrap_or_default();
        }
        Ok(())
    }

    /// The place after one character, and how many bytes after it are used up too.
    fn step(&self, c: char, after: &str) -> Result<(Self, usize), String> {
        let begins_tag = || after.starts_with(|c: char| c == '/' || c.is_alphabetic());
        Ok(match self {
            Self::Text if c == '<' && after.starts_with("!--") => (Self::Comment, 3),
            Self::Text if c == '<' && begins_tag() => (Self::Name(String::new()), 0),
            Self::Text if c == '<' && after.starts_with(['!', '?']) => {
                let message =
                    "'<!' and '<?' have no place in a template; the page's frame is the engine's";
                return Err(message.to_owned());
            }
            Self::Comment if c == '-' && after.starts_with("->") => (Self::Text, 2),
            Self::Style if c == '<' && after.starts_with("/style") => {
                (Self::Name(String::new()), 0)
            }
            Self::Text | Self::Comment | Self::Style => (self.clone(), 0),
            _ => (self.clone().step_in_tag(c)?, 0),
        })
    }

    /// The place after one character of a tag.
    fn step_in_tag(self, c: char) -> Result<Self, String> {
        let is_gap = c.is_whitespace() || c == '/';
        Ok(match self {
            Self::Name(name) if c == '>' => entered(&allowed(name)?),
            Self::Name(name) if c == '/' && name.is_empty() => Self::Name("/".to_owned()),
            Self::Name(name) if is_gap => Self::Tag {
                element: allowed(name)?,
            },
            Self::Name(mut name) => {
                name.extend(c.to_lowercase());
                Self::Name(name)
            }
            Self::Tag { element } | Self::Attribute { element, .. } if c == '>' => {
                entered(&element)
            }
            Self::Tag { element } | Self::Attribute { element, .. } if is_gap => {
                Self::Tag { element }
            }
            Self::Tag { element } => Self::Attribute {
                element,
                name: c.to_lowercase().collect(),
            },
            Self::Attribute { element, name } if c == '=' => Self::Equals {
                element,
                name: harmless(name)?,
            },
            Self::Attribute { element, mut name } => {
                name.extend(c.to_lowercase());
                Self::Attribute { element, name }
            }
            Self::Equals { element, name } if matches!(c, '"' | '\'') => Self::Value {
                element,
                name,
                quote: c,
                begun: String::new(),
            },
            Self::Equals { element, name } if c.is_whitespace() => Self::Equals { element, name },
            Self::Equals { name, .. } => {
                return Err(format!("write the value of {name} in quotes"));
            }
            Self::Value { element, quote, .. } if c == quote => Self::Tag { element },
            Self::Value {
                element,
                name,
                quote,
                mut begun,
            } => {
                if c == ':' && ADDRESSES.contains(&name.as_str()) {
                    leads_somewhere(&begun)?;
                }
                if begun.len() < LONGEST_SCHEME {
                    begun.push(c);
                }
                Self::Value {
                    element,
                    name,
                    quote,
                    begun,
                }
            }
            outside => outside,
        })
    }

    /// Whether a value whose last filter is this may stand here; the reason where not.
    pub(super) fn takes(&self, filter: Option<&str>, picture: bool) -> Result<(), String> {
        match self {
            Self::Text => Ok(()),
            Self::Comment => Err("a value in a comment is never seen; take it out".to_owned()),
            Self::Value { name, .. } if name == "style" => {
                Err("a value cannot stand in a style; choose a class instead".to_owned())
            }
            Self::Value { name, .. } if ADDRESSES.contains(&name.as_str()) => {
                match filter == Some("link") || picture {
                    true => Ok(()),
                    false => Err(format!(
                        "an address needs the filter link: {name}=\"{{{{ … | link }}}}\""
                    )),
                }
            }
            Self::Value { name, .. } => match filter {
                Some("attr") => Ok(()),
                _ => Err(format!(
                    "a value inside a tag needs the filter attr: {name}=\"{{{{ … | attr }}}}\""
                )),
            },
            _ => Err("a value cannot stand here inside a tag or a style".to_owned()),
        }
    }
}

/// Where a tag's end leads.
fn entered(element: &str) -> Place {
    match element {
        "style" => Place::Style,
        _ => Place::Text,
    }
}

fn allowed(name: String) -> Result<String, String> {
    let bare = name.trim_start_matches('/');
    if REFUSED.contains(&bare) {
        return Err(format!(
            "<{bare}> has no place in a template: pages run nothing, load nothing, and have the engine's frame"
        ));
    }
    Ok(name)
}

/// Whether what stands before the colon of an address is a scheme that runs nothing.
fn leads_somewhere(begun: &str) -> Result<(), String> {
    let scheme = begun.trim().to_lowercase();
    match begun.contains(['/', '?', '#']) || SCHEMES.contains(&scheme.as_str()) {
        true => Ok(()),
        false => Err(format!("an address cannot begin with '{scheme}:'")),
    }
}

fn harmless(name: String) -> Result<String, String> {
    if name.starts_with("on") || name == "srcdoc" {
        return Err(format!("{name} runs a script; pages run nothing"));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn after(text: &str) -> Place {
        let mut place = Place::Text;
        place.read(text).unwrap();
        place
    }

    #[test]
    fn values_stand_between_tags_and_in_quoted_attributes_only() {
        assert!(after("<p class=\"a\">x < y ").takes(None, false).is_ok());
        let title = after("<p title='");
        assert!(title.takes(None, false).is_err() && title.takes(Some("attr"), false).is_ok());
        let href = after("<a href=\"");
        assert!(
            href.takes(Some("attr"), false).is_err() && href.takes(Some("link"), false).is_ok()
        );
        assert!(after("<img src=\"").takes(None, true).is_ok());
        for text in [
            "<p ",
            "<p style=\"color:",
            "<style>p{color:",
            "<",
            "<p x",
            "<!-- ",
        ] {
            if text != "<" {
                assert!(after(text).takes(Some("attr"), false).is_err(), "{text}");
            }
        }
        assert_eq!(after("<style>p > a {}</style><!-- > --><b/>"), Place::Text);
    }

    #[test]
    fn what_runs_or_loads_is_refused() {
        for text in [
            "<script>",
            "<SCRIPT src='x'>",
            "<p onclick='x'>",
            "<iframe src=''>",
            "<meta charset='x'>",
            "</body>",
            "<p a=b>",
            "<a href='JavaScript:x'>",
            "<!doctype html>",
            "<link rel='x'>",
        ] {
            assert!(Place::Text.clone().read(text).is_err(), "{text}");
        }
    }
}
