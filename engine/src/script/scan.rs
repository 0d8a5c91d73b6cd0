//! What can be found wrong with a script before it runs?
//!
//! The compiler finds syntax errors and unknown variables; this finds unknown fields and objects, fields that cannot
//! be set and calls that come at the wrong moment, wherever they are written plainly: `record.stage`,
//! `create("activity", #{ … })`. What is computed is checked when it runs. No complaint here may be wrong: a script
//! with problems is not loaded.

use std::collections::BTreeSet;

use super::Problem;
use super::functions::{NAMES, RESERVED_BY_RHAI};
use super::header::{Header, Moment};
use super::token::{Placed, Token};
use super::view::{self, Access};
use crate::hook::Verb;
use crate::schema::{FieldKind, Object, Schema, did_you_mean};

const ASSIGNMENTS: [&str; 12] = [
    "=", "+=", "-=", "*=", "/=", "%=", "**=", "<<=", ">>=", "&=", "|=", "^=",
];

/// Everything that is wrong with the program below the header.
pub(super) fn problems(tokens: &[Placed], header: &Header, schema: &Schema) -> Vec<Problem> {
    let Some(object) = schema.object(&header.object) else {
        return Vec::new();
    };
    let mut scan = Scan {
        tokens,
        header,
        schema,
        object,
        own_functions: own_functions(tokens),
        problems: Vec::new(),
    };
    let subjects: Vec<&str> = ["record", "old"]
        .into_iter()
        .filter(|name| !is_redeclared(tokens, name))
        .collect();
    for at in 0..tokens.len() {
        let Some(name) = scan.name(at) else { continue };
        if scan.is_member(at) {
            continue;
        }
        if subjects.contains(&name) {
            scan.subject(at, name);
        } else if scan.is_sign(at + 1, "(")
            && at
                .checked_sub(1)
                .is_none_or(|before| scan.name(before) != Some("fn"))
        {
            scan.call(at, name, subjects.contains(&"record"));
        }
    }
    scan.problems
}

/// Functions that the script defines itself; they may have the names of the engine's.
fn own_functions(tokens: &[Placed]) -> BTreeSet<&str> {
    tokens
        .windows(2)
        .filter_map(|pair| match pair {
            [
                Placed {
                    token: Token::Name(word),
                    ..
                },
                Placed {
                    token: Token::Name(name),
                    ..
                },
            ] if word == "fn" => Some(name.as_str()),
            _ => None,
        })
        .collect()
}

/// Whether a name may mean something of the script's own: declared, looped over, a parameter. Then nothing is said
/// about it.
fn is_redeclared(tokens: &[Placed], name: &str) -> bool {
    let mut in_parameters = false;
    tokens.iter().enumerate().any(|(at, placed)| {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before)).map(|placed| &placed.token);
        match &placed.token {
            Token::Name(word) if word == "fn" => in_parameters = true,
            Token::Sign(")") => in_parameters = false,
            Token::Name(word) if word == name => {
                let after = tokens.get(at + 1).map(|placed| &placed.token);
                let declares = matches!(before, Some(Token::Name(word)) if matches!(word.as_str(), "let" | "const" | "for"));
                let bar = |token: Option<&Token>| matches!(token, Some(Token::Sign("|")));
                return declares || in_parameters || bar(before) || bar(after);
            }
            _ => {}
        }
        false
    })
}

struct Scan<'a> {
    tokens: &'a [Placed],
    header: &'a Header,
    schema: &'a Schema,
    object: &'a Object,
    own_functions: BTreeSet<&'a str>,
    problems: Vec<Problem>,
}

impl<'a> Scan<'a> {
    fn name(&self, at: usize) -> Option<&'a str> {
        match &self.tokens.get(at)?.token {
            Token::Name(name) => Some(name),
            _ => None,
        }
    }

    fn text(&self, at: usize) -> Option<&'a str> {
        match &self.tokens.get(at)?.token {
            Token::Text(text) => Some(text),
            _ => None,
        }
    }

    fn is_sign(&self, at: usize, sign: &str) -> bool {
        matches!(self.tokens.get(at), Some(Placed { token: Token::Sign(found), .. }) if *found == sign)
    }

    fn is_dot(&self, at: usize) -> bool {
        self.is_sign(at, ".") || self.is_sign(at, "?.")
    }

    fn is_assignment(&self, at: usize) -> bool {
        ASSIGNMENTS.iter().any(|sign| self.is_sign(at, sign))
    }

    /// Whether it is the property of something, or a key of a map.
    fn is_member(&self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|before| self.is_dot(before)) || self.is_sign(at + 1, ":")
    }

    fn complain(&mut self, at: usize, message: impl Into<String>) {
        if let Some(Placed { line, column, .. }) = self.tokens.get(at) {
            self.problems.push(Problem::at(*line, *column, message));
        }
    }

    /// `record.stage`, `record["stage"]`, `record.name.family = …`
    fn subject(&mut self, at: usize, subject: &str) {
        if self.is_assignment(at + 1) {
            self.complain(
                at,
                format!("{subject} itself cannot be replaced; set its fields"),
            );
            return;
        }
        let (field, mut after) = match self.name(at + 2) {
            Some(field) if self.is_dot(at + 1) => (field, at + 3),
            _ => match self.text(at + 2) {
                Some(field) if self.is_sign(at + 1, "[") && self.is_sign(at + 3, "]") => {
                    (field, at + 4)
                }
                _ => return,
            },
        };
        if self.is_sign(after, "(") {
            return;
        }
        while self.is_dot(after) && self.name(after + 1).is_some() {
            after += 2;
        }
        if !self.is_assignment(after) {
            if !view::OWN.contains(&field) {
                self.known_field(at + 2, self.object, field);
            }
        } else if let Err(message) = view::may_set(self.object, field, self.access(subject)) {
            self.complain(at + 2, message);
        }
    }

    fn access(&self, subject: &str) -> Access {
        match (subject, self.header.moment) {
            ("old", _) => Access::Old,
            (_, Moment::After) => Access::Committed,
            (_, Moment::Before) if self.header.verbs == [Verb::Delete] => Access::Deleted,
            (_, Moment::Before) => Access::Draft,
        }
    }

    fn known_field(&mut self, at: usize, object: &Object, field: &str) {
        if object.field(field).is_none() {
            self.complain(at, object.unknown_field(field));
        }
    }

    fn call(&mut self, at: usize, function: &str, record_is_known: bool) {
        if self.own_functions.contains(function) {
            return;
        }
        let first = at + 2;
        match function {
            "create" | "update" if self.header.moment == Moment::Before => {
                self.complain(
                    at,
                    format!(
                        "{function}() asks for something after the commit; only an after script can"
                    ),
                );
            }
            "reject" if self.header.moment == Moment::After => {
                self.complain(
                    at,
                    "an after script cannot reject: the record is committed when it runs",
                );
            }
            "create" => {
                let Some(name) = self.text(first) else { return };
                match self.schema.object(name) {
                    Some(object) => self.map_of(first + 1, object),
                    None => {
                        let near = did_you_mean(
                            name,
                            self.schema.objects().map(|object| object.name.as_str()),
                        );
                        self.complain(first, format!("there is no object '{name}'{near}"));
                    }
                }
            }
            "update" if record_is_known && self.name(first) == Some("record") => {
                if self.is_sign(first + 1, ",") {
                    self.map_of(first + 1, self.object);
                } else if let Some(target) = self.target(first) {
                    self.map_of(first + 3, target);
                }
            }
            "get"
                if record_is_known
                    && self.name(first) == Some("record")
                    && self.is_sign(first + 3, ")")
                    && self.is_dot(first + 4) =>
            {
                if let (Some(target), Some(field)) = (self.target(first), self.name(first + 5))
                    && !self.is_sign(first + 6, "(")
                    && !view::OWN.contains(&field)
                {
                    self.known_field(first + 5, target, field);
                }
            }
            "changed" => {
                if let Some(field) = self.text(first) {
                    self.known_field(first, self.object, field);
                }
            }
            "reject" if self.is_sign(first + 1, ",") => {
                if let Some(field) = self.text(first) {
                    self.known_field(first, self.object, field);
                }
            }
            other => self.mistyped(at, other),
        }
    }

    /// The object that `record.account` refers to, when it can be but one.
    fn target(&self, at: usize) -> Option<&'a Object> {
        let field = self
            .object
            .field(self.name(at + 2).filter(|_| self.is_dot(at + 1))?)?;
        match &field.kind {
            FieldKind::Reference { to, .. } => match to.as_slice() {
                [one] => self.schema.object(one).map(AsRef::as_ref),
                _ => None,
            },
            _ => None,
        }
    }

    /// `, #{ field: …, field: … }`
    fn map_of(&mut self, comma: usize, object: &Object) {
        if !self.is_sign(comma, ",") || !self.is_sign(comma + 1, "#{") {
            return;
        }
        let mut depth = 1_usize;
        let mut at = comma + 2;
        let mut key_follows = true;
        while depth > 0 && at < self.tokens.len() {
            if key_follows
                && self.is_sign(at + 1, ":")
                && let Some(field) = self.name(at).or_else(|| self.text(at))
                && let Err(message) = view::may_set(object, field, Access::Draft)
            {
                self.complain(at, message);
            }
            key_follows = depth == 1 && self.is_sign(at, ",");
            if ["#{", "{", "(", "[", "?["]
                .iter()
                .any(|sign| self.is_sign(at, sign))
            {
                depth += 1;
            } else if ["}", ")", "]"].iter().any(|sign| self.is_sign(at, sign)) {
                depth -= 1;
            }
            at += 1;
        }
    }

    /// A function that nobody defines and that looks like one of ours.
    fn mistyped(&mut self, at: usize, function: &str) {
        if !NAMES.contains(&function) && !RESERVED_BY_RHAI.contains(&function) {
            let near = NAMES
                .into_iter()
                .find(|known| strsim::damerau_levenshtein(known, function) == 1);
            if let Some(near) = near {
                self.complain(
                    at,
                    format!("there is no function '{function}'; did you mean '{near}'?"),
                );
            }
        }
    }
}
