//! When does a script run?

use super::Problem;
use crate::hook::{OnFailure, Verb};
use crate::schema::{Object, Schema, did_you_mean};

/// Before a record is saved, or after it was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

impl Moment {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// What the `//!` lines at the top of a script say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) object: String,
    pub(crate) moment: Moment,
    pub(crate) verbs: Vec<Verb>,
    /// Numbers of the fields whose change wakes it; any when empty.
    pub(crate) when: Vec<u32>,
    pub(crate) order: i32,
    /// What an `after` script's failure means is not its choice: what is committed stays.
    pub(crate) on_failure: OnFailure,
}

const KEYS: [&str; 5] = ["name", "on", "when", "order", "on-failure"];
const DEFAULT_ORDER: i32 = 100;
const LONGEST_NAME: usize = 60;

/// One `key: value` and where its value stands.
struct Entry<'a> {
    key: &'a str,
    value: &'a str,
    line: usize,
    column: usize,
}

impl Entry<'_> {
    fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::at(self.line, self.column, message)
    }

    /// The parts between commas, each with its own column.
    fn parts(&self) -> impl Iterator<Item = Entry<'_>> {
        self.value.split(',').scan(self.column, |column, part| {
            let blank = part.chars().take_while(|c| c.is_whitespace()).count();
            let entry = Entry {
                key: self.key,
                value: part.trim(),
                line: self.line,
                column: *column + blank,
            };
            *column += part.chars().count() + 1;
            Some(entry)
        })
    }
}

/// Reads the header, or tells everything that is wrong with it.
pub(super) fn read(text: &str, schema: &Schema) -> Result<Header, Vec<Problem>> {
    let mut problems = Vec::new();
    let entries = entries(text, &mut problems);
    let header = understand(&entries, schema, &mut problems);
    match header {
        Some(header) if problems.is_empty() => Ok(header),
        _ => Err(problems),
    }
}

fn entries<'a>(text: &'a str, problems: &mut Vec<Problem>) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = Vec::new();
    let mut program_begun = false;
    for (line, written) in (1..).zip(text.lines()) {
        let Some(rest) = written.trim_start().strip_prefix("//!") else {
            program_begun |= !written.trim().is_empty();
            continue;
        };
        if program_begun {
            problems.push(Problem::at(line, 1, "a header line stands after the program's beginning; move it to the top, or write // for a comment"));
            continue;
        }
        let Some((key, value)) = rest.split_once(':') else {
            problems.push(Problem::at(
                line,
                1,
                "a header line is written as '//! key: value'",
            ));
            continue;
        };
        let before_value = written.chars().count() - value.trim_start().chars().count();
        let entry = Entry {
            key: key.trim(),
            value: value.trim(),
            line,
            column: before_value + 1,
        };
        if !KEYS.contains(&entry.key) {
            let near = did_you_mean(entry.key, KEYS.into_iter());
            problems.push(Problem::at(
                line,
                1,
                format!(
                    "'{}' is not a key of the header; they are {}{near}",
                    entry.key,
                    KEYS.join(", ")
                ),
            ));
        } else if entries.iter().any(|other| other.key == entry.key) {
            problems.push(Problem::at(
                line,
                1,
                format!("'{}' is said twice in the header", entry.key),
            ));
        } else {
            entries.push(entry);
        }
    }
    entries
}

fn understand(
    entries: &[Entry<'_>],
    schema: &Schema,
    problems: &mut Vec<Problem>,
) -> Option<Header> {
    let find = |key: &str| entries.iter().find(|entry| entry.key == key);
    let name = find("name").and_then(|entry| name(entry, problems));
    if find("name").is_none() {
        problems.push(Problem::at(
            1,
            1,
            "the header gives no name; write '//! name: what-it-does'",
        ));
    }
    let on = match find("on") {
        Some(entry) => on(entry, schema, problems),
        None => {
            problems.push(Problem::at(1, 1, "the header does not say when to run; write '//! on: opportunity before create, update'"));
            None
        }
    };
    let order = find("order").map_or(Some(DEFAULT_ORDER), |entry| {
        entry
            .value
            .parse()
            .map_err(|_| {
                problems.push(entry.problem(format!("'{}' is not a whole number", entry.value)))
            })
            .ok()
    });
    // Without object and moment nothing more can be said about the other lines.
    let (object, moment, verbs) = on?;
    let when = find("when").map_or_else(Vec::new, |entry| when(entry, object, &verbs, problems));
    let on_failure = on_failure(find("on-failure"), moment, problems);
    Some(Header {
        name: name?,
        object: object.name.clone(),
        moment,
        verbs,
        when,
        order: order?,
        on_failure: on_failure?,
    })
}

fn name(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Option<String> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '\u{200c}');
    if entry.value.is_empty()
        || entry.value.chars().count() > LONGEST_NAME
        || !entry.value.chars().all(fits)
    {
        problems.push(entry.problem(format!(
            "'{}' is not a script's name: use up to {LONGEST_NAME} letters, digits, - and _",
            entry.value
        )));
        return None;
    }
    Some(entry.value.to_owned())
}

fn on<'s>(
    entry: &Entry<'_>,
    schema: &'s Schema,
    problems: &mut Vec<Problem>,
) -> Option<(&'s Object, Moment, Vec<Verb>)> {
    const FORM: &str = "it is written as 'opportunity before create, update'";
    let mut words = entry.value.splitn(3, char::is_whitespace);
    let (object, moment, verbs) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let moment = match moment {
        "before" => Some(Moment::Before),
        "after" => Some(Moment::After),
        other => {
            problems.push(entry.problem(format!("'{other}' is neither before nor after; {FORM}")));
            None
        }
    };
    let mut heard = Vec::new();
    for word in verbs.split(',').map(str::trim) {
        match word {
            "create" => heard.push(Verb::Create),
            "update" => heard.push(Verb::Update),
            "delete" => heard.push(Verb::Delete),
            other => problems
                .push(entry.problem(format!("'{other}' is not create, update or delete; {FORM}"))),
        }
    }
    let Some(found) = schema.object(object) else {
        let near = did_you_mean(object, schema.objects().map(|object| object.name.as_str()));
        problems.push(entry.problem(format!("there is no object '{object}'{near}")));
        return None;
    };
    Some((found.as_ref(), moment?, heard))
}

fn when(
    entry: &Entry<'_>,
    object: &Object,
    verbs: &[Verb],
    problems: &mut Vec<Problem>,
) -> Vec<u32> {
    if !verbs.contains(&Verb::Update) {
        problems.push(entry.problem("'when' names fields whose change matters, but the script does not run on update; leave it out"));
    }
    let mut fields = Vec::new();
    for part in entry.parts() {
        match object.field(part.value) {
            Some(field) => fields.push(field.number),
            None => problems.push(part.problem(object.unknown_field(part.value))),
        }
    }
    fields
}

fn on_failure(
    entry: Option<&Entry<'_>>,
    moment: Moment,
    problems: &mut Vec<Problem>,
) -> Option<OnFailure> {
    match (entry.map(|entry| (entry, entry.value)), moment) {
        (Some((_, "skip")), _) | (None, Moment::After) => Some(OnFailure::Skip),
        (Some((_, "reject")), Moment::Before) => Some(OnFailure::Reject),
        (Some((entry, "reject")), Moment::After) => {
            problems.push(entry.problem("an after script cannot reject: the record is committed when it runs; leave 'on-failure' out"));
            None
        }
        (Some((entry, other)), _) => {
            problems.push(entry.problem(format!("'{other}' is neither reject nor skip")));
            None
        }
        (None, Moment::Before) => {
            problems.push(Problem::at(1, 1, "a before script says what its own failure means; write '//! on-failure: reject' or '//! on-failure: skip'"));
            None
        }
    }
}
