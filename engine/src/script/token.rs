//! Which words, texts and signs is a script made of?
//!
//! rhai keeps its syntax tree to itself, so the checks of `scan` read words. The reader knows just enough of the
//! language — comments, texts, `${…}` inside of texts — never to take one for the other. What it does not know it
//! passes on as a sign: the compiler is the judge of syntax.

use super::Problem;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Number,
    Sign(&'static str),
    Other,
}

#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Longer ones before those they begin with.
const SIGNS: [&str; 44] = [
    "**=", "<<=", ">>=", "..=", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "&=", "|=",
    "^=", "&&", "||", "??", "?.", "?[", "..", "::", "=>", "#{", "**", "<<", ">>", "=", ".", ",",
    ";", ":", "(", ")", "[", "]", "{", "}", "|", "<", ">", "+", "-",
];

/// The words of a script, and what a Persian or Arabic keyboard typed that the language cannot read.
pub(super) fn read(text: &str) -> (Vec<Placed>, Vec<Problem>) {
    let mut reader = Reader {
        rest: text,
        line: 1,
        column: 1,
        tokens: Vec::new(),
        problems: Vec::new(),
    };
    reader.program(0);
    while !reader.rest.is_empty() {
        // A closing brace too many: the compiler will say so.
        reader.skip(1);
        reader.program(0);
    }
    (reader.tokens, reader.problems)
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    column: usize,
    tokens: Vec<Placed>,
    problems: Vec<Problem>,
}

/// Texts within texts within texts: deeper than this nobody writes, and the reader's own stack has an end.
const DEEPEST: usize = 16;

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        if c == '\n' {
            (self.line, self.column) = (self.line + 1, 1);
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    fn take_while(&mut self, mut fits: impl FnMut(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.peek().filter(|c| fits(*c)) {
            taken.push(c);
            self.next();
        }
        taken
    }

    fn push(&mut self, token: Token, line: usize, column: usize) {
        self.tokens.push(Placed {
            token,
            line,
            column,
        });
    }

    /// Up to the end, or before the brace that closes what this began in.
    fn program(&mut self, depth: usize) {
        let mut braces = 0_usize;
        while let Some(c) = self.peek() {
            let (line, column) = (self.line, self.column);
            if self.rest.starts_with("//") {
                self.take_while(|c| c != '\n');
            } else if self.rest.starts_with("/*") {
                self.comment();
            } else if c.is_whitespace() {
                self.next();
            } else if c == '"' {
                self.next();
                let text = self.quoted('"');
                self.push(Token::Text(text), line, column);
            } else if c == '\'' {
                self.next();
                self.quoted('\'');
                self.push(Token::Other, line, column);
            } else if c == '`' {
                self.next();
                self.template(depth);
                self.push(Token::Other, line, column);
            } else if self.rest.trim_start_matches('#').starts_with('"') {
                let text = self.raw();
                self.push(Token::Text(text), line, column);
            } else if c.is_ascii_digit() {
                self.number();
                self.push(Token::Number, line, column);
            } else if (c.is_alphabetic() || c == '_') && !is_foreign(c) {
                let name = self.take_while(|c| c.is_alphanumeric() || c == '_' || is_mark(c));
                self.push(Token::Name(name), line, column);
            } else if c == '}' && braces == 0 {
                return;
            } else {
                self.sign(c, &mut braces);
            }
        }
    }

    fn sign(&mut self, c: char, braces: &mut usize) {
        let (line, column) = (self.line, self.column);
        let sign = SIGNS.into_iter().find(|sign| self.rest.starts_with(sign));
        match sign {
            Some("{" | "#{") => *braces += 1,
            Some("}") => *braces = braces.saturating_sub(1),
            _ => {}
        }
        if let Some(advice) = advice(c) {
            self.problems.push(Problem::at(line, column, advice));
        }
        self.skip(sign.map_or(1, str::len));
        self.push(sign.map_or(Token::Other, Token::Sign), line, column);
    }

    fn comment(&mut self) {
        let mut depth = 0_usize;
        while !self.rest.is_empty() {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.skip(2);
                if depth == 0 {
                    return;
                }
            } else {
                self.next();
            }
        }
    }

    /// After the opening quote, up to and with the closing one. Escapes are kept as they are written: no name that
    /// the checks look for has any.
    fn quoted(&mut self, quote: char) -> String {
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '\\' => {
                    text.push(c);
                    text.extend(self.next());
                }
                c if c == quote => {
                    // A doubled quote is a quote.
                    if self.peek() != Some(quote) {
                        break;
                    }
                    self.next();
                    text.push(quote);
                }
                c => text.push(c),
            }
        }
        text
    }

    fn raw(&mut self) -> String {
        let hashes = self.take_while(|c| c == '#');
        self.next();
        let end = format!("\"{hashes}");
        let length = self.rest.find(&end).unwrap_or(self.rest.len());
        let text = self.rest.get(..length).unwrap_or_default().to_owned();
        self.skip(text.chars().count() + end.len());
        text
    }

    /// After the opening backtick. What stands in `${…}` is program again.
    fn template(&mut self, depth: usize) {
        while let Some(c) = self.peek() {
            if self.rest.starts_with("${") && depth < DEEPEST {
                self.skip(2);
                self.push(Token::Other, self.line, self.column);
                self.program(depth + 1);
                self.next();
            } else {
                self.next();
                if c == '`' {
                    if self.peek() != Some('`') {
                        return;
                    }
                    self.next();
                }
            }
        }
    }

    fn number(&mut self) {
        self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        let mut ahead = self.rest.chars();
        if ahead.next() == Some('.') && ahead.next().is_some_and(|c| c.is_ascii_digit()) {
            self.next();
            self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        }
    }
}

/// Vowel signs and the like, which stand inside of words.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{0610}'..='\u{061a}' | '\u{064b}'..='\u{065f}' | '\u{0670}')
}

/// Digits that cannot begin a name.
fn is_foreign(c: char) -> bool {
    matches!(c, '۰'..='۹' | '٠'..='٩')
}

/// What to type instead of a sign that the language does not know.
fn advice(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{200c}' => "a half-space may stand in a text but not in a name; write _ instead",
        '۰'..='۹' | '٠'..='٩' => "numbers of a program are written with the digits 0 to 9",
        '؛' => "statements end with ; and not with ؛",
        '،' => "a list is separated with , and not with ،",
        '٫' | '٬' => "numbers of a program are written as 1_000_000.5",
        '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => {
            "an invisible direction mark stands here; it may stand in a text only, delete it"
        }
        '«' | '»' | '“' | '”' | '„' => "a text stands between \" and \"",
        _ => return None,
    })
}
