//! How is a filter written as text?
//!
//! ```text
//! filter    = "" | expression
//! expression = ("and" | "or") "(" [expression {"," expression}] ")" | "not" "(" expression ")" | condition
//! condition = field "[" operator "]" ":" (value | "(" [value {"," value}] ")")
//! value     = bare text without , ( ) and " | "\"" text with \" \\ \n \r \t "\""
//! ```
//!
//! Spaces between the parts mean nothing. What `Display` writes, `Filter::parse` reads back to the same tree.

use std::fmt::{self, Write};

use super::error::{Place, QueryError};
use super::filter::{Condition, Filter, MAX_CONDITIONS, MAX_DEPTH, Operator};
use crate::error::{Error, Result};

impl Filter {
    /// Reads the text form; the empty text is the filter that everything passes.
    ///
    /// # Errors
    /// The text is no filter: the message says at which character, and what was expected there.
    pub fn parse(text: &str) -> Result<Self> {
        let mut reading = Reading {
            text,
            at: 0,
            conditions: 0,
        };
        reading.skip_spaces();
        if reading.peek().is_none() {
            return Ok(Self::everything());
        }
        let filter = reading.expression(1)?;
        reading.skip_spaces();
        match reading.peek() {
            None => Ok(filter),
            Some(_) => Err(reading
                .unexpected("the end of the filter; several conditions are joined as and(…,…)")
                .into()),
        }
    }
}

impl std::str::FromStr for Filter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

struct Reading<'a> {
    text: &'a str,
    /// In bytes, always at the start of a character.
    at: usize,
    conditions: usize,
}

type Read<T> = Result<T, QueryError>;

impl<'a> Reading<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip_spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn place(&self) -> Place {
        self.place_of(self.at)
    }

    /// Counted only for an error: it reads all the text before it.
    fn place_of(&self, at: usize) -> Place {
        Place::Character(1 + self.text.get(..at).unwrap_or_default().chars().count())
    }

    fn unexpected(&self, expected: &str) -> QueryError {
        let found = self.peek().map_or_else(
            || "the filter ends here".to_owned(),
            |c| format!("'{c}' stands here"),
        );
        QueryError::Syntax {
            place: self.place(),
            found,
            expected: expected.to_owned(),
        }
    }

    fn expect(&mut self, wanted: char, expected: &str) -> Read<()> {
        self.skip_spaces();
        if self.peek() != Some(wanted) {
            return Err(self.unexpected(expected));
        }
        self.next();
        Ok(())
    }

    fn take(&mut self, wanted: char) -> bool {
        self.skip_spaces();
        let there = self.peek() == Some(wanted);
        if there {
            self.next();
        }
        there
    }

    fn word(&mut self) -> &'a str {
        self.skip_spaces();
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn expression(&mut self, depth: usize) -> Read<Filter> {
        if depth > MAX_DEPTH {
            return Err(QueryError::TooDeep);
        }
        let word = self.word();
        if word.is_empty() {
            return Err(self.unexpected("and(, or(, not( or the name of a field"));
        }
        self.skip_spaces();
        if self.peek() != Some('(') {
            return self.condition(word).map(Filter::Is);
        }
        match word {
            "and" => self
                .list(|reading| reading.expression(depth + 1))
                .map(Filter::And),
            "or" => self
                .list(|reading| reading.expression(depth + 1))
                .map(Filter::Or),
            "not" => {
                self.next();
                let inner = self.expression(depth + 1)?;
                self.expect(')', "')' to close not(; it takes one condition")?;
                Ok(!inner)
            }
            _ => Err(self.unexpected(&format!("an operator after '{word}', such as {word}[eq]:"))),
        }
    }

    /// What stands between parentheses, separated by commas.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        self.expect('(', "'('")?;
        let mut items = Vec::new();
        if self.take(')') {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.take(')') {
                return Ok(items);
            }
            self.expect(',', "',' or ')'")?;
        }
    }

    fn condition(&mut self, field: &str) -> Read<Condition> {
        self.expect(
            '[',
            &format!("an operator after '{field}', such as {field}[eq]:"),
        )?;
        self.skip_spaces();
        let at = self.at;
        let typed = self.word();
        let operator = Operator::from_name(typed).ok_or_else(|| QueryError::UnknownOperator {
            place: self.place_of(at),
            typed: typed.to_owned(),
            near: Operator::suggest(typed),
        })?;
        self.expect(']', "']' after the operator")?;
        self.expect(':', "':' and a value")?;
        self.skip_spaces();
        // One segment is the usual case: `segment[in]:vip`.
        let is_one = field == "segment" && self.peek() != Some('(');
        let operands = if operator.takes_list() && !is_one {
            if self.peek() != Some('(') {
                return Err(
                    self.unexpected(&format!("a list in parentheses after {field}[{operator}]:"))
                );
            }
            self.list(Self::value)?
        } else {
            vec![self.value()?]
        };
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            return Err(QueryError::TooManyConditions);
        }
        let condition = Condition {
            field: field.to_owned(),
            operator,
            operands,
        };
        condition.check_operands()?;
        Ok(condition)
    }

    fn value(&mut self) -> Read<String> {
        self.skip_spaces();
        if self.peek() == Some('"') {
            return self.quoted();
        }
        let rest = self.rest();
        let end = rest.find([',', '(', ')', '"']).unwrap_or(rest.len());
        let bare = rest.get(..end).unwrap_or_default().trim_end();
        if bare.is_empty() {
            return Err(self.unexpected("a value; empty text is written \"\""));
        }
        self.at += end;
        if matches!(self.peek(), Some('(' | '"')) {
            return Err(self.unexpected("',' or ')'; a value with such a sign is written in \"…\""));
        }
        Ok(bare.to_owned())
    }

    fn quoted(&mut self) -> Read<String> {
        let opened = self.at;
        self.next();
        let mut value = String::new();
        loop {
            let at = self.at;
            match self.next() {
                Some('"') => return Ok(value),
                Some('\\') => value.push(match self.next() {
                    Some('n') => '\n',
                    Some('r') => '\r',
                    Some('t') => '\t',
                    Some(same @ ('"' | '\\')) => same,
                    _ => {
                        let found = "'\\' begins no known escape here".to_owned();
                        return Err(QueryError::Syntax {
                            place: self.place_of(at),
                            found,
                            expected: "\\\", \\\\, \\n, \\r or \\t".to_owned(),
                        });
                    }
                }),
                Some(c) => value.push(c),
                None => {
                    let found = "this quotation mark is never closed".to_owned();
                    return Err(QueryError::Syntax {
                        place: self.place_of(opened),
                        found,
                        expected: "a second '\"' after the value".to_owned(),
                    });
                }
            }
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_everything() {
            Ok(())
        } else {
            write_expression(f, self)
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]:", self.field, self.operator)?;
        if self.operator.takes_list() {
            return write_list(f, "", &self.operands, |f, operand| write_value(f, operand));
        }
        self.operands
            .iter()
            .try_for_each(|operand| write_value(f, operand))
    }
}

fn write_expression(f: &mut fmt::Formatter<'_>, filter: &Filter) -> fmt::Result {
    match filter {
        Filter::And(parts) => write_list(f, "and", parts, write_expression),
        Filter::Or(parts) => write_list(f, "or", parts, write_expression),
        Filter::Not(inner) => {
            f.write_str("not(")?;
            write_expression(f, inner)?;
            f.write_char(')')
        }
        Filter::Is(condition) => write!(f, "{condition}"),
    }
}

fn write_list<T>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    items: &[T],
    write_item: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    write!(f, "{name}(")?;
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            f.write_char(',')?;
        }
        write_item(f, item)?;
    }
    f.write_char(')')
}

fn write_value(f: &mut fmt::Formatter<'_>, value: &str) -> fmt::Result {
    let needs_quotes =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | '(' | ')' | '"' | '\\');
    if !value.is_empty() && !value.contains(needs_quotes) {
        return f.write_str(value);
    }
    f.write_char('"')?;
    for c in value.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}
