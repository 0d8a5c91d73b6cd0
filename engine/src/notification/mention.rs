//! Who is named in a comment?
//!
//! After an `@` comes a login, an id or a name, and nothing says where a name ends: «@سارا محمدی سلام». The longest
//! part that somebody is called by is meant. Half-spaces end a part as spaces do, since endings are joined by them
//! («@سارا‌ها»), and names that differ in them or in «ي/ی» are one.

use std::ops::ControlFlow;

use super::is_active;
use crate::error::Result;
use crate::locale::fold_text;
use crate::query::{Filter, QueryTime, Reader, each_match};
use crate::record::{Record, RecordId, Value};

/// How many `@` of a text are looked at, and how much of the text after each.
const MOST: usize = 100;
const LONGEST: usize = 80;
const MOST_WORDS: usize = 6;

/// Whom a text names.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Mentions {
    /// Once each, in the order of the text.
    pub(super) users: Vec<RecordId>,
    /// What fits several users, so that nobody is told.
    pub(super) unclear: Vec<String>,
    /// What fits nobody, by its first word.
    pub(super) unknown: Vec<String>,
}

/// Reads the mentions of active users.
pub(super) fn read(reader: &Reader, time: &QueryTime, text: &str) -> Result<Mentions> {
    let mut mentions = Mentions::default();
    for (at, _) in text.match_indices('@').take(MOST) {
        // `ali@example.com` is an address.
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@')) {
            continue;
        }
        match named(reader, time, &text[at + 1..])? {
            Named::One(user) if !mentions.users.contains(&user) => mentions.users.push(user),
            Named::Several(name) if !mentions.unclear.contains(&name) => {
                mentions.unclear.push(name);
            }
            Named::Nobody(Some(name)) if !mentions.unknown.contains(&name) => {
                mentions.unknown.push(name);
            }
            _ => {}
        }
    }
    Ok(mentions)
}

enum Named {
    One(RecordId),
    Several(String),
    /// What stands there, if it could be a name.
    Nobody(Option<String>),
}

/// Whom the beginning of a text names.
fn named(reader: &Reader, time: &QueryTime, text: &str) -> Result<Named> {
    let parts = parts(text);
    for part in parts.iter().rev() {
        let found = called(reader, time, part)?;
        match found.as_slice() {
            [] => {}
            [one] => return Ok(Named::One(*one)),
            _ => return Ok(Named::Several((*part).to_owned())),
        }
    }
    // A given name will do where only one has it. What folds to nothing is no name.
    let Some(first) = parts.iter().find(|part| !fold_text(part).is_empty()) else {
        return Ok(Named::Nobody(None));
    };
    let given = format!("{} ", fold_text(first));
    let found = users(reader, time, &Filter::starts_with("name", first), |name| {
        name.starts_with(&given)
    })?;
    Ok(match found.as_slice() {
        [] => Named::Nobody(Some((*first).to_owned())),
        [one] => Named::One(*one),
        _ => Named::Several((*first).to_owned()),
    })
}

/// The beginnings of a text that may be a name, shortest first.
fn parts(text: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = Vec::new();
    let mut words = 0;
    let ends = text
        .char_indices()
        .map(|(at, c)| (at, Some(c)))
        .chain([(text.len(), None)]);
    for (at, c) in ends.take(LONGEST) {
        if c.is_some_and(char::is_alphanumeric) {
            continue;
        }
        let part = text[..at].trim();
        if !part.is_empty() && parts.last() != Some(&part) {
            parts.push(part);
        }
        words += usize::from(c.is_some_and(char::is_whitespace));
        if words == MOST_WORDS || matches!(c, Some('\n' | '@') | None) {
            break;
        }
    }
    parts
}

/// The active users with this id, login or name.
fn called(reader: &Reader, time: &QueryTime, part: &str) -> Result<Vec<RecordId>> {
    let by_id = part.parse::<RecordId>().ok();
    let user = match by_id {
        Some(id) => reader.get(id)?,
        None => super::by_text(reader, "user", "login", part)?,
    };
    if let Some(user) = user.filter(is_active) {
        return Ok(vec![user.id()]);
    }
    let folded = fold_text(part);
    if folded.is_empty() {
        return Ok(Vec::new());
    }
    users(reader, time, &Filter::eq("name", part), |name| {
        name == folded
    })
}

fn users(
    reader: &Reader,
    time: &QueryTime,
    filter: &Filter,
    fits: impl Fn(&str) -> bool,
) -> Result<Vec<RecordId>> {
    let object = reader.object("user")?.clone();
    let filter = filter.compile(&object, reader, time)?;
    let mut found = Vec::new();
    each_match(reader, &object, &filter, |user: Record| {
        let name = user.get("name").map(Value::to_string).unwrap_or_default();
        if is_active(&user) && fits(&fold_text(&name)) {
            found.push(user.id());
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_end_at_every_gap_and_half_space() {
        let words = parts("سارا\u{200c}ها، سلام");
        assert_eq!(words[..2], ["سارا", "سارا\u{200c}ها"]);
        assert_eq!(parts("reza.k"), ["reza", "reza.k"]);
        assert_eq!(parts("sara\nreza"), ["sara"]);
        assert!(parts("").is_empty());
        assert!(parts(&"a ".repeat(1_000)).len() <= MOST_WORDS);
        assert!(parts(&"a".repeat(1_000)).is_empty());
    }
}
