//! What must hold of a comment, a follow, a tag, a notification?
//!
//! Who writes a comment is its author; of a follow, a favourite, a tag of one name and a preference there is one for
//! each user; what belongs to one user is changed by nobody else.

use std::sync::Arc;

use super::{instant, mention, preference, reference};
use crate::context::Actor;
use crate::error::Result;
use crate::hook::{
    Answers, BeforeSave, HookContext, HookFailure, Interest, Patch, Refusal, Row, Rule, Verb,
    engine_rule,
};
use crate::query::QueryTime;
use crate::record::{Record, RecordId, Value};
use crate::schema::Schema;

type Judge = fn(&Case<'_>, &mut Verdict<'_>) -> Result<()>;

const JUDGES: [(&str, Judge); 9] = [
    ("comment", comment),
    ("follow", for_one_user_and_record),
    ("favourite", for_one_user_and_record),
    ("tag", tag),
    ("tagging", tagging),
    ("recently_seen", own),
    ("notification", notification),
    ("reminder", reminder),
    ("notification_preference", one_preference),
];

/// The rules of the objects that a schema has.
pub(crate) fn rules(schema: &Schema) -> Vec<Arc<dyn BeforeSave>> {
    let known = JUDGES
        .into_iter()
        .filter(|(object, _)| schema.object(object).is_some());
    let rule = |(object, judge)| {
        let interest = Interest::new(object, &[Verb::Create, Verb::Update], Vec::new());
        engine_rule(format!("rule of {object}"), interest, Judged(judge))
    };
    known.map(rule).collect()
}

struct Judged(Judge);

impl Rule for Judged {
    fn judge(&self, rows: &[Row<'_>], context: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let mut answers = Answers::default();
        for (place, row) in rows.iter().enumerate() {
            let Some(after) = row.after else { continue };
            // What comes back from the bin is as it was, whoever takes it out.
            if row.before.is_none() && after.revision() > 1 {
                continue;
            }
            let case = Case {
                before: row.before,
                after,
                context,
            };
            let mut verdict = Verdict {
                row: place,
                record: after,
                answers: &mut answers,
            };
            let judged = (self.0)(&case, &mut verdict);
            judged.map_err(|error| HookFailure::unread("engine-rule", &error))?;
        }
        Ok(answers)
    }
}

/// A record as it is to be saved.
struct Case<'a> {
    before: Option<&'a Record>,
    after: &'a Record,
    context: &'a HookContext<'a>,
}

impl Case<'_> {
    fn is_new(&self) -> bool {
        self.before.is_none()
    }

    fn changes(&self, field: &str) -> bool {
        self.before.and_then(|before| before.get(field)) != self.after.get(field)
    }

    /// The user who acts; none when a program, a plugin or a script does.
    fn me(&self) -> Option<RecordId> {
        match self.context.actor {
            Actor::User(id) => Some(*id),
            _ => None,
        }
    }

    /// Whether somebody changes what is another user's.
    fn is_anothers(&self, field: &str) -> bool {
        let of = |record: &Record| reference(record, field);
        self.me().is_some_and(|me| {
            of(self.after) != Some(me) || self.before.is_some_and(|before| of(before) != Some(me))
        })
    }
}

/// What is made of a case.
struct Verdict<'a> {
    row: usize,
    record: &'a Record,
    answers: &'a mut Answers,
}

impl Verdict<'_> {
    fn set(&mut self, field: &str, value: Option<Value>) {
        if let Some(field) = self.record.object.field(field)
            && self.record.value(field.number) != value.as_ref()
        {
            self.answers.patches.push(Patch {
                row: self.row,
                field: field.number,
                value,
            });
        }
    }

    fn refuse(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.answers.refusals.push(Refusal {
            row: self.row,
            field: Some(field.to_owned()),
            code: code.to_owned(),
            message: message.into(),
        });
    }
}

fn comment(case: &Case<'_>, verdict: &mut Verdict<'_>) -> Result<()> {
    if let Some(me) = case.me() {
        if case.is_new() {
            verdict.set("author", Some(Value::Reference(me)));
        } else if case.before.and_then(|before| reference(before, "author")) != Some(me) {
            verdict.refuse(
                "author",
                "not-yours",
                "a comment is changed by its author; write another one",
            );
        }
        for field in ["about", "author", "reply_to"] {
            if !case.is_new() && case.changes(field) {
                verdict.refuse(
                    field,
                    "stays",
                    format!("the {field} of a comment stays; write another one"),
                );
            }
        }
    }
    if let Some(first) = reference(case.after, "reply_to").filter(|_| case.changes("reply_to")) {
        let first = case.context.reader.get(first)?;
        if first.is_some_and(|first| first.get("about") != case.after.get("about")) {
            verdict.refuse(
                "reply_to",
                "elsewhere",
                "a reply is about the same record as the comment that it answers",
            );
        }
    }
    if !case.changes("text") {
        return Ok(());
    }
    if !case.is_new() {
        verdict.set("edited_at", Some(Value::Instant(case.context.now)));
    }
    let context = case.context;
    let time = QueryTime::declared(context.now, context.zone, context.actor);
    let text = case.after.text("text").unwrap_or_default();
    let named = mention::read(case.context.reader, &time, text)?.users;
    let ids: Vec<String> = named.iter().map(ToString::to_string).collect();
    verdict.set(
        "mentions",
        (!ids.is_empty()).then(|| Value::Json(ids.into())),
    );
    Ok(())
}

fn own(case: &Case<'_>, verdict: &mut Verdict<'_>) -> Result<()> {
    if case.is_anothers("user") {
        let what = case.after.object();
        let whose = "is its user's own; nobody else makes or changes it";
        verdict.refuse("user", "not-yours", format!("a {what} {whose}"));
    }
    Ok(())
}

fn for_one_user_and_record(case: &Case<'_>, verdict: &mut Verdict<'_>) -> Result<()> {
    own(case, verdict)?;
    only_one(case, verdict, &["user", "about"]);
    Ok(())
}

/// Makes the value of which there may be only one out of other fields.
fn only_one(case: &Case<'_>, verdict: &mut Verdict<'_>, fields: &[&str]) {
    let parts = fields.iter().filter_map(|field| case.after.get(field));
    let parts: Vec<String> = parts.map(ToString::to_string).collect();
    verdict.set("only_one", Some(Value::Text(parts.join("/").into())));
}

fn tag(case: &Case<'_>, verdict: &mut Verdict<'_>) -> Result<()> {
    let private =
        |record: Option<&Record>| record.and_then(|record| reference(record, "private_to"));
    let (before, after) = (private(case.before), private(Some(case.after)));
    let anothers = |owner: RecordId| case.me().is_some_and(|me| me != owner);
    if before.into_iter().chain(after).any(anothers) {
        verdict.refuse(
            "private_to",
            "not-yours",
            "a private tag is its user's own; nobody else makes or changes it",
        );
    }
    let name = case.after.text("name").unwrap_or_default();
    verdict.set("only_one", Some(Value::Text(tag_key(after, name).into())));
    Ok(())
}

/// What tells one tag from another. The unique key folds it, so that «ي» and «ی» are one.
pub(super) fn tag_key(private_to: Option<RecordId>, name: &str) -> String {
    let whose = private_to.map_or_else(|| "shared".to_owned(), |user| user.to_string());
    format!("{whose}/{name}")
}

fn tagging(case: &Case<'_>, verdict: &mut Verdict<'_>) -> Result<()> {
    only_one(case, verdict, &["tag", "about"]);
    let (Some(me), Some(tag)) = (case.me(), reference(case.after, "tag")) else {
        return Ok(());
    };
    // A tag of the same commit is judged by its own rule.
    let tag = case.context.reader.get(tag)?;
    let owner = tag.as_ref().and_then(|tag| reference(tag, "private_to"));
    if owner.is_some_and(|owner| owner != me) {
        verdict.refuse(
            "tag",
            "not-yours",
            "a private tag is put on records by its user alone",
        );
    }
    Ok(())
}

fn notification(case: &Case<'_>, verdict: &mut Verdict<'_>) -> Result<()> {
    const USERS: [&str; 2] = ["state", "snoozed_until"];
    own(case, verdict)?;
    if case.me().is_some() {
        let touched = Record::changed(case.before, Some(case.after));
        let declared = touched
            .into_iter()
            .filter_map(|number| case.after.object.field_by_number(number));
        let fixed = declared
            .filter(|field| !field.read_only && !USERS.contains(&field.name.as_str()))
            .map(|field| field.name.clone());
        for field in fixed {
            verdict.refuse(
                &field,
                "made-by-the-engine",
                "notifications are made by the engine; a user changes their state",
            );
        }
    }
    match (case.after.text("state"), case.after.get("snoozed_until")) {
        (Some("snoozed"), None) => {
            verdict.refuse("snoozed_until", "required", "say until when it is put off")
        }
        (Some("snoozed"), _) => {}
        _ => verdict.set("snoozed_until", None),
    }
    Ok(())
}

fn reminder(case: &Case<'_>, verdict: &mut Verdict<'_>) -> Result<()> {
    let maker = case.before.and_then(|before| before.text("created_by"));
    let made_it = maker.is_some() && maker == case.me().map(|me| me.to_string()).as_deref();
    // A colleague may be reminded, but not of something else than was meant.
    if !case.is_new() && !made_it {
        own(case, verdict)?;
    }
    let later = instant(case.after, "due_at") > Some(case.context.now);
    if !case.is_new() && case.changes("due_at") && later && !case.changes("state") {
        verdict.set("state", Some(Value::Text("open".into())));
    }
    Ok(())
}

fn one_preference(case: &Case<'_>, verdict: &mut Verdict<'_>) -> Result<()> {
    own(case, verdict)?;
    only_one(case, verdict, &["user", "kind"]);
    if let Some(zone) = case.after.text("zone")
        && preference::zone(zone).is_none()
    {
        verdict.refuse(
            "zone",
            "zone",
            format!("'{zone}' is not an offset from UTC such as +03:30"),
        );
    }
    let quiet = |field: &str| case.after.get(field).is_some();
    if quiet("quiet_from") != quiet("quiet_until") {
        verdict.refuse(
            "quiet_until",
            "quiet-hours",
            "quiet hours have a beginning and an end",
        );
    }
    Ok(())
}
