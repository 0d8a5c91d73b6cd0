//! What does a JSON document of the host say? Settings, parameters, phones and names arrive as
//! JSON; this reader is small enough for a guest.

use crate::value::Decimal;

/// How deep lists and objects may lie in each other.
const DEPTH: usize = 32;

/// A JSON value. Numbers stay as they were written, so that nothing is rounded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Json {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The document in a text; none where it is no JSON.
    pub fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { rest: text };
        let value = reader.value(DEPTH)?;
        reader.space();
        reader.rest.is_empty().then_some(value)
    }

    /// The member of an object; of several with the name, the last.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members
                .iter()
                .rev()
                .find(|(member, _)| member == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, of a text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, of a whole number.
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.parse().ok(),
            _ => None,
        }
    }

    /// The number, of a number or of a text that holds one.
    pub fn decimal(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) | Self::Text(number) => number.parse().ok(),
            _ => None,
        }
    }

    /// Yes or no.
    pub fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(yes) => Some(*yes),
            _ => None,
        }
    }
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        self.space();
        let first = self.rest.bytes().next()?;
        match first {
            b'{' => self.object(depth.checked_sub(1)?),
            b'[' => self.list(depth.checked_sub(1)?),
            b'"' => self.string().map(Json::Text),
            b'-' | b'0'..=b'9' => self.number(),
            _ if self.take("true") => Some(Json::Boolean(true)),
            _ if self.take("false") => Some(Json::Boolean(false)),
            _ if self.take("null") => Some(Json::Null),
            _ => None,
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.take("{");
        let mut members = Vec::new();
        self.space();
        if self.take("}") {
            return Some(Json::Object(members));
        }
        loop {
            self.space();
            let name = self.string()?;
            self.space();
            if !self.take(":") {
                return None;
            }
            members.push((name, self.value(depth)?));
            self.space();
            if self.take("}") {
                return Some(Json::Object(members));
            }
            if !self.take(",") {
                return None;
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Json> {
        self.take("[");
        let mut items = Vec::new();
        self.space();
        if self.take("]") {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.space();
            if self.take("]") {
                return Some(Json::List(items));
            }
            if !self.take(",") {
                return None;
            }
        }
    }

    fn number(&mut self) -> Option<Json> {
        let end = self
            .rest
            .find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
            .unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        number
            .ends_with(|c: char| c.is_ascii_digit())
            .then(|| Json::Number(number.to_owned()))
    }

    fn string(&mut self) -> Option<String> {
        if !self.take("\"") {
            return None;
        }
        let mut text = String::new();
        loop {
            let end = self.rest.find(['"', '\\'])?;
            let (plain, rest) = self.rest.split_at_checked(end)?;
            if plain.bytes().any(|byte| byte < 0x20) {
                return None;
            }
            text.push_str(plain);
            self.rest = rest;
            if self.take("\"") {
                return Some(text);
            }
            self.take("\\");
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let escaped = characters.next()?;
        self.rest = characters.as_str();
        Some(match escaped {
            '"' | '\\' | '/' => escaped,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let high = self.four_digits()?;
                // Characters above U+FFFF are written as two halves.
                if (0xd800..0xdc00).contains(&high) {
                    if !self.take("\\u") {
                        return None;
                    }
                    let low = self.four_digits()?.checked_sub(0xdc00)?;
                    char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + low)?
                } else {
                    char::from_u32(high)?
                }
            }
            _ => return None,
        })
    }

    fn four_digits(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then(|| u32::from_str_radix(digits, 16).ok())?
    }
}

/// A text as a JSON string, quotes included.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn documents_are_read_whole_or_not_at_all() {
        let document = Json::parse(
            r#" {"a": [1, -2.50, "x\n\u0633\ud83d\ude00"], "b": {"c": true}, "a2": null} "#,
        )
        .unwrap();
        assert_eq!(
            document.get("a"),
            Some(&Json::List(vec![
                Json::Number("1".to_owned()),
                Json::Number("-2.50".to_owned()),
                Json::Text("x\nس😀".to_owned()),
            ]))
        );
        assert_eq!(
            document
                .get("b")
                .and_then(|b| b.get("c"))
                .unwrap()
                .boolean(),
            Some(true)
        );
        for wrong in [
            "",
            "{",
            "{}x",
            "[1,]",
            "{\"a\"}",
            "\"\\ud800\"",
            "\"a\nb\"",
            "tru",
            "-",
            "{1:2}",
            "\"\\u+123\"",
        ] {
            assert_eq!(Json::parse(wrong), None, "{wrong}");
        }
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert_eq!(Json::parse(&deep), None);
    }

    #[test]
    fn quoting_is_undone_by_reading() {
        let text = "say \"سلام\" \\ \n \u{1}";
        assert_eq!(
            Json::parse(&quoted(text)),
            Some(Json::Text(text.to_owned()))
        );
    }
}
