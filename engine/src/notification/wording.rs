//! How is a notification said, in the reader's language?
//!
//! A notification keeps who, what and how often; names are looked up when it is read, so that it says what they are
//! now. What is put into a sentence is isolated from its direction: a Latin name in a Persian line stays whole.

use super::told::{Kind, changed_fields};
use super::{integer, reference};
use crate::context::{Actor, Locale};
use crate::error::Result;
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};

/// Sentences in English, Persian and Arabic.
type Sentence = [&'static str; 3];

const MENTION: Sentence = [
    "{actor} mentioned you on {about}",
    "{actor} در «{about}» از شما نام برد",
    "أشار إليك {actor} في «{about}»",
];
const REPLY: Sentence = [
    "{actor} replied to you on {about}",
    "{actor} در «{about}» به شما پاسخ داد",
    "ردّ عليك {actor} في «{about}»",
];
const COMMENT: Sentence = [
    "{actor} commented on {about}",
    "{actor} دربارهٔ «{about}» نوشت",
    "علّق {actor} على «{about}»",
];
const COMMENTS: Sentence = [
    "{count} comments on {about}, the last by {actor}",
    "{count} یادداشت دربارهٔ «{about}»، آخری از {actor}",
    "عدد التعليقات على «{about}»: {count}، آخرها من {actor}",
];
const CHANGE: Sentence = [
    "{actor} changed {about}: {fields}",
    "{actor} «{about}» را تغییر داد: {fields}",
    "غيّر {actor} «{about}»: {fields}",
];
const CHANGES: Sentence = [
    "{about} was changed {count} times, the last time by {actor}: {fields}",
    "«{about}» {count} بار تغییر کرد، آخرین بار به دست {actor}: {fields}",
    "عدد تغييرات «{about}»: {count}، آخرها من {actor}: {fields}",
];
const ASSIGNMENT: Sentence = [
    "{actor} made you responsible for {about}",
    "{actor} شما را مسئول «{about}» کرد",
    "أسند إليك {actor} «{about}»",
];
const ASSIGNMENTS: Sentence = [
    "{actor} made you responsible for {count} records, such as {about}",
    "{actor} شما را مسئول {count} مورد کرد، از جمله «{about}»",
    "أسند إليك {actor} سجلات عددها {count}، منها «{about}»",
];
const DUE: Sentence = [
    "{about} is due",
    "مهلت «{about}» رسیده است",
    "حان موعد «{about}»",
];
const REMINDER: Sentence = ["Reminder: {note}", "یادآوری: {note}", "تذكير: {note}"];
const REMINDER_ABOUT: Sentence = [
    "Reminder of {about}: {note}",
    "یادآوری «{about}»: {note}",
    "تذكير بـ«{about}»: {note}",
];
const DIGEST: Sentence = [
    "{count} new notifications",
    "{count} اعلان تازه",
    "إشعارات جديدة: {count}",
];
const SYSTEM: Sentence = ["The system", "سامانه", "النظام"];

/// A user's own language, or the one that holds where he chose none.
pub(super) fn locale_of(user: Option<&Record>, default: Locale) -> Locale {
    user.and_then(|user| Locale::from_tag(user.text("locale")?))
        .unwrap_or(default)
}

fn in_locale(sentence: Sentence, locale: Locale) -> &'static str {
    let [en, fa, ar] = sentence;
    match locale {
        Locale::Fa => fa,
        Locale::Ar => ar,
        Locale::En => en,
    }
}

/// A notification in words.
pub(super) fn text(reader: &Reader, notification: &Record, locale: Locale) -> Result<String> {
    let Some(kind) = Kind::of(notification) else {
        return Ok(String::new());
    };
    let count = integer(notification, "count").unwrap_or(1);
    let about = reference(notification, "about");
    let sentence = match kind {
        Kind::Mention => MENTION,
        Kind::Reply => REPLY,
        Kind::Comment if count > 1 => COMMENTS,
        Kind::Comment => COMMENT,
        Kind::Change if count > 1 => CHANGES,
        Kind::Change => CHANGE,
        Kind::Assignment => ASSIGNMENT,
        Kind::Assignments => ASSIGNMENTS,
        Kind::Due => DUE,
        Kind::Reminder if about.is_some() => REMINDER_ABOUT,
        Kind::Reminder => REMINDER,
        Kind::Digest => DIGEST,
    };
    let actor = Actor::parse(notification.text("actor").unwrap_or_default());
    let record = about.map(|about| reader.get(about)).transpose()?.flatten();
    let title = record.as_ref().map(Record::title).unwrap_or_default();
    let values = [
        ("actor", name(reader, &actor, locale)?),
        ("about", isolated(&title)),
        ("count", digits(count, locale)),
        ("fields", labels(record.as_ref(), notification, locale)),
        ("note", isolated(note(notification))),
    ];
    Ok(filled(in_locale(sentence, locale), &values))
}

/// How many notifications a digest has, in words.
pub(super) fn digest(count: usize, locale: Locale) -> String {
    let count = digits(i64::try_from(count).unwrap_or(i64::MAX), locale);
    filled(in_locale(DIGEST, locale), &[("count", count)])
}

fn name(reader: &Reader, actor: &Actor, locale: Locale) -> Result<String> {
    Ok(match actor {
        Actor::User(id) => isolated(&title_of(reader, *id)?),
        Actor::Plugin(name) | Actor::Script(name) => isolated(name),
        Actor::System => in_locale(SYSTEM, locale).to_owned(),
    })
}

fn title_of(reader: &Reader, id: RecordId) -> Result<String> {
    let record = reader.get(id)?;
    Ok(record.map_or_else(|| id.to_string(), |record| record.title()))
}

fn note(notification: &Record) -> &str {
    match notification.get("parameters") {
        Some(Value::Json(parameters)) => parameters["note"].as_str().unwrap_or_default(),
        _ => "",
    }
}

/// The names of the changed fields as the reader knows them.
fn labels(about: Option<&Record>, notification: &Record, locale: Locale) -> String {
    let comma = match locale {
        Locale::En => ", ",
        Locale::Fa | Locale::Ar => "، ",
    };
    let label = |name: String| {
        let field = about.and_then(|about| about.object.field(&name));
        let label = field.and_then(|field| field.label.get(locale.tag()).cloned());
        isolated(&label.unwrap_or(name))
    };
    let shown = |name: &String| about.is_none_or(|record| !record.object.hides(name));
    let labels: Vec<String> = changed_fields(notification)
        .into_iter()
        .filter(shown)
        .map(label)
        .collect();
    labels.join(comma)
}

/// Between the marks that keep a text's direction to itself.
fn isolated(text: &str) -> String {
    match text.is_empty() {
        true => String::new(),
        false => format!("\u{2068}{text}\u{2069}"),
    }
}

fn digits(number: i64, locale: Locale) -> String {
    let zero = match locale {
        Locale::En => '0',
        Locale::Fa => '۰',
        Locale::Ar => '٠',
    };
    let shown = |c: char| {
        let value = c
            .to_digit(10)
            .and_then(|value| char::from_u32(zero as u32 + value));
        value.unwrap_or(c)
    };
    number.to_string().chars().map(shown).collect()
}

/// A sentence with its values. What stands in a value is no place for another one.
fn filled(sentence: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(sentence.len() + 64);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        let value = values.iter().find(|(known, _)| *known == name);
        out.extend(value.map(|(_, value)| value.as_str()));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_value_is_no_place_for_another() {
        let values = [
            ("actor", "{count}".to_owned()),
            ("count", digits(12, Locale::Fa)),
        ];
        assert_eq!(filled("{actor}: {count}", &values), "{count}: ۱۲");
        assert_eq!(digits(120, Locale::Ar), "١٢٠");
    }

    #[test]
    fn every_sentence_says_the_same_in_each_language() {
        let all = [
            MENTION,
            REPLY,
            COMMENT,
            COMMENTS,
            CHANGE,
            CHANGES,
            ASSIGNMENT,
            ASSIGNMENTS,
            DUE,
            REMINDER,
            REMINDER_ABOUT,
            DIGEST,
            SYSTEM,
        ];
        for sentence in all {
            let places = sentence.map(|text| {
                ["{actor}", "{about}", "{count}", "{fields}", "{note}"]
                    .map(|name| text.matches(name).count())
            });
            assert!(
                places[0] == places[1] && places[1] == places[2],
                "{sentence:?}"
            );
        }
    }
}
