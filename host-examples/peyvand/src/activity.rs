//! What happened with a record or a customer, and who was it?

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand};
use peyvand::{Actor, Dealing, Engine, Event, EventKind, Position, RecordId, Session, Value};
use serde_json::{Value as Json, json};

use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table};
use crate::query::Names;
use crate::store::{self, Need};
use crate::value::Reading;

/// The events of a record, or of all that belongs to a customer.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  peyvand timeline opp_01jd0c5e8gq2r4v6x8z0b2d4f6\n  peyvand timeline acc_01jd0c5e8gq2r4v6x8z0b2d4f6 --with-contacts --limit 20 --locale fa"
)]
pub(crate) struct Timeline {
    pub(crate) id: RecordId,
    /// Also what happened with its people, deals, activities, documents and what else belongs to it
    #[arg(long)]
    pub(crate) with_contacts: bool,
    /// Only what came before this commit: the cursor that a page ended with
    #[arg(long, value_name = "POSITION")]
    pub(crate) before: Option<u64>,
    /// At most so many events, the last ones, and a few more where they are of one commit [default: all of a record, 50
    /// with contacts]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// Who did something, and who did nothing.
#[derive(Debug, Subcommand)]
pub(crate) enum Activity {
    /// Who has dealt with a customer, its people and deals: how often, and when last
    #[command(
        after_help = "Example:\n  peyvand activity who acc_01jd0c5e8gq2r4v6x8z0b2d4f6 --locale fa"
    )]
    Who { id: RecordId },
    /// Which active users entered nothing on a day
    #[command(after_help = "Example:\n  peyvand activity idle --day 2026-03-25 --zone +03:30")]
    Idle {
        /// The day [default: today]
        #[arg(long, value_name = "DAY", value_parser = crate::moment::day)]
        day: Option<NaiveDate>,
    },
}

/// How many events of a customer are told where nobody says.
const EVENTS: usize = 50;

pub(crate) fn timeline(
    asked: &Timeline,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    if asked.limit == Some(0) {
        let remedy = "give at least 1, such as --limit 20";
        return Err(Fault::input("--limit 0 would tell nothing", remedy));
    }
    let before = asked.before.map(Position::from_number);
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        let id = asked.id;
        let limit = asked.limit.unwrap_or(match asked.with_contacts {
            true => EVENTS,
            false => usize::MAX,
        });
        let events = match (asked.with_contacts, before, asked.limit) {
            (true, _, _) => session.customer_timeline(id, before, limit)?,
            (false, None, None) => session.timeline(id)?,
            (false, _, _) => session.timeline_before(id, before, limit)?,
        };
        if events.is_empty() {
            // It says whether the id is unknown.
            session.get(id)?;
        }
        let next = events.first().filter(|_| events.len() >= limit);
        let next = next.map(|event| event.position.get());
        if output.json {
            let data: Vec<Json> = events.iter().map(event_json).collect();
            return output.document(&json!({"data": data, "next": next}));
        }
        let told = Told::of(&session, id);
        told.events(&events, output)?;
        match next {
            Some(next) => output.line(format!(
                "{} --before {next}",
                told.reading.word(["earlier with", "پیش‌تر با", "الأقدم مع"])
            )),
            None => Ok(()),
        }
    })?;
    Ok(Exit::Fine)
}

fn event_json(event: &Event) -> Json {
    let value = |value: &Option<Value>| value.as_ref().map_or(Json::Null, Value::to_json);
    let change = |(field, before, after): &(String, Option<Value>, Option<Value>)| json!({"field": field, "before": value(before), "after": value(after)});
    json!({
        "position": event.position.get(),
        "at": Value::Instant(event.at).to_json(),
        "actor": event.actor.to_string(),
        "record": event.record.to_string(),
        "kind": event_word(event.kind)[0],
        "changes": event.changes.iter().map(change).collect::<Vec<_>>(),
        "cause": event.cause.map(|cause| cause.get()),
    })
}

fn event_word(kind: EventKind) -> [&'static str; 3] {
    match kind {
        EventKind::Created => ["created", "ایجاد شد", "أُنشئ"],
        EventKind::Updated => ["updated", "تغییر کرد", "عُدّل"],
        EventKind::Deleted => ["deleted", "حذف شد", "حُذف"],
        EventKind::Message => ["message", "پیام", "رسالة"],
        EventKind::Erased => ["erased", "پاک شد", "مُحي"],
        EventKind::EnteredSegment => ["entered", "وارد شد", "دخل"],
        EventKind::LeftSegment => ["left", "خارج شد", "خرج"],
        _ => ["changed", "دگرگون شد", "تغيّر"],
    }
}

/// How events are told to people.
struct Told {
    of: RecordId,
    session: Session,
    reading: Reading,
}

impl Told {
    fn of(session: &Session, of: RecordId) -> Self {
        Self {
            of,
            session: session.clone(),
            reading: Reading::of(session),
        }
    }

    fn events(&self, events: &[Event], output: &mut Output<'_>) -> Result<(), Fault> {
        let mut names = Names::of(self.session.clone());
        let schema = self.session.engine().schema()?;
        for event in events {
            self.event(event, &mut names, output)?;
            let object = schema
                .objects()
                .find(|object| object.prefix() == event.record.prefix());
            for (field, before, after) in &event.changes {
                // Who and when stand in the line above.
                if matches!(
                    field.as_str(),
                    "created_at" | "created_by" | "updated_at" | "updated_by"
                ) {
                    continue;
                }
                let known = object.and_then(|object| object.field(field));
                let label = known.and_then(|known| known.label.get(self.reading.locale.tag()));
                // In English fields are called as in requests.
                let label = label.filter(|_| self.reading.locale != peyvand::Locale::En);
                let label = label.unwrap_or(field);
                let mut shown = |value: &Option<Value>| match (value, known) {
                    (None, _) => Ok(self
                        .reading
                        .word(["(empty)", "(خالی)", "(فارغ)"])
                        .to_owned()),
                    (Some(Value::Reference(id)), _) => Ok(names.name(*id)),
                    (Some(value), Some(field)) => self.session.show_value(field, value),
                    (Some(value), None) => Ok(value.to_string()),
                };
                let line = match before {
                    None => format!("    {label}: {}", shown(after)?),
                    Some(_) => format!("    {label}: {} -> {}", shown(before)?, shown(after)?),
                };
                output.line(line)?;
            }
        }
        Ok(())
    }

    fn event(
        &self,
        event: &Event,
        names: &mut Names,
        output: &mut Output<'_>,
    ) -> Result<(), Fault> {
        let actor = match &event.actor {
            Actor::User(id) => names.name(*id),
            other => other.to_string(),
        };
        let caused = self
            .reading
            .word(["caused by entry", "در پی ثبت", "بسبب القيد"]);
        let cause = event
            .cause
            .map(|cause| format!(", {caused} {}", self.reading.plain(cause.get())));
        // What belongs to the record is a record of its own.
        let what = match event.record == self.of {
            true => String::new(),
            false => format!("{} {} ", event.record, names.name(event.record)),
        };
        output.line(format!(
            "{}  {what}{} {} {actor} ({} {}{})",
            self.reading.moment(event.at),
            self.reading.word(event_word(event.kind)),
            self.reading.word(["by", "توسط", "بواسطة"]),
            self.reading.word(["entry", "ثبت", "القيد"]),
            self.reading.plain(event.position.get()),
            cause.unwrap_or_default(),
        ))
    }
}

pub(crate) fn run(asked: &Activity, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| match asked {
        Activity::Who { id } => who(*id, &store::session(engine)?, output),
        Activity::Idle { day } => idle(*day, engine, output),
    })?;
    Ok(Exit::Fine)
}

fn who(id: RecordId, session: &Session, output: &mut Output<'_>) -> Result<(), Fault> {
    let dealings = session.dealings(id)?;
    if dealings.is_empty() {
        // It says whether the id is unknown.
        session.get(id)?;
    }
    let at = |at: DateTime<Utc>| Value::Instant(at).to_json();
    if output.json {
        let one = |dealing: &Dealing| {
            json!({
                "user": dealing.user.to_string(), "name": dealing.name, "times": dealing.times,
                "last_at": at(dealing.last_at), "last": dealing.last.to_string(), "last_title": dealing.last_title,
            })
        };
        return output.document(&json!({"data": dealings.iter().map(one).collect::<Vec<_>>()}));
    }
    let reading = Reading::of(session);
    let column = |name: [&'static str; 3], side, of: &dyn Fn(&Dealing) -> String| {
        (
            (reading.word(name), side),
            dealings.iter().map(of).collect(),
        )
    };
    output.table(&Table::of_columns(vec![
        column(["times", "بار", "مرات"], Side::Right, &|one| {
            reading.count(one.times)
        }),
        column(
            ["last", "آخرین", "الأخيرة"],
            Side::Left,
            &|one| reading.moment(one.last_at),
        ),
        column(
            ["user", "کاربر", "المستخدم"],
            Side::Left,
            &|one| one.name.clone(),
        ),
        column(["with", "در", "في"], Side::Left, &|one| {
            one.last_title.clone()
        }),
    ]))
}

fn idle(day: Option<NaiveDate>, engine: &Engine, output: &mut Output<'_>) -> Result<(), Fault> {
    let session = store::session(engine)?;
    let today = || Utc::now().with_timezone(&session.zone()).date_naive();
    let day = day.unwrap_or_else(today);
    let users = session.users_without_entries(day)?;
    let mut names = Names::of(session.clone());
    if output.json {
        let data: Vec<Json> = users
            .iter()
            .map(|id| json!({"user": id.to_string(), "name": names.name(*id)}))
            .collect();
        return output.document(&json!({"day": day.to_string(), "data": data}));
    }
    let reading = Reading::of(&session);
    let nothing = reading.word([
        "users without an entry on",
        "کاربر بدون ورودی در",
        "مستخدمون بلا إدخال في",
    ]);
    output.line(format!(
        "{} {nothing} {}",
        reading.count(users.len() as u64),
        reading.day(day)
    ))?;
    users
        .iter()
        .try_for_each(|id| output.line(format!("  {}", names.name(*id))))
}
