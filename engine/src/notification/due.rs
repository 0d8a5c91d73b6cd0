//! What is due by the clock: reminders, tasks, and what was put off until now?

use std::ops::ControlFlow;

use chrono::{DateTime, TimeDelta, Utc};

use super::reference;
use super::told::{Desk, Event, Kind, Known, Todo, commit};
use crate::engine::Engine;
use crate::error::Result;
use crate::query::{Filter, QueryTime, Reader, each_match};
use crate::record::{Record, RecordId, Value};
use crate::write::{Fields, Request};

/// How many of each are done in one commit.
const MOST: usize = 1_000;
/// A task that was due earlier than this many days ago was told, or nobody waits for it.
const OLDEST_DAYS: i64 = 7;

pub(super) fn tell(engine: &Engine, warnings: &mut Vec<String>) -> Result<()> {
    let time = engine.session().time();
    let mut notes = Vec::new();
    loop {
        let mut more = false;
        let left = commit(engine, warnings, |reader| {
            notes.clear();
            let mut desk = Desk::new(engine, reader);
            more = wake(&mut desk, &time)?;
            more |= reminders(&mut desk, &time, &mut notes)?;
            more |= tasks(&mut desk, &time)?;
            Ok(Todo {
                units: desk.units(),
                stored: None,
            })
        })?;
        warnings.append(&mut notes);
        // What could not be written would be found again and again.
        if !more || left.undecided || !left.refused.is_empty() {
            return Ok(());
        }
    }
}

/// The first records of an object that match and are wanted, and whether there may be more.
pub(super) fn matching(
    reader: &Reader,
    object: &str,
    filter: &Filter,
    time: &QueryTime,
    wanted: impl Fn(&Record) -> bool,
) -> Result<(Vec<Record>, bool)> {
    let object = reader.object(object)?.clone();
    let filter = filter.compile(&object, reader, time)?;
    let mut found = Vec::new();
    each_match(reader, &object, &filter, |record| {
        if wanted(&record) {
            found.push(record);
        }
        Ok(match found.len() < MOST {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        })
    })?;
    let more = found.len() == MOST;
    Ok((found, more))
}

fn change(record: &Record, fields: Fields) -> Request {
    Request::Update {
        id: record.id(),
        revision: Some(record.revision()),
        fields,
    }
}

/// What was put off is unread again.
fn wake(desk: &mut Desk<'_>, time: &QueryTime) -> Result<bool> {
    let over = Filter::eq("state", "snoozed").and(Filter::lte("snoozed_until", time.now));
    let (put_off, more) = matching(desk.reader, "notification", &over, time, |_| true)?;
    for notification in put_off {
        let unread = Fields::default().with("state", "unread");
        desk.ask(vec![change(&notification, unread)]);
    }
    Ok(more)
}

/// A reminder of who is not at work any longer goes to his manager, else to who made it.
fn reminders(desk: &mut Desk<'_>, time: &QueryTime, notes: &mut Vec<String>) -> Result<bool> {
    let due = Filter::eq("state", "open").and(Filter::lte("due_at", time.now));
    let (due, more) = matching(desk.reader, "reminder", &due, time, |_| true)?;
    for reminder in due {
        let told = change(&reminder, Fields::default().with("state", "told"));
        let Some(user) = reference(&reminder, "user") else {
            continue;
        };
        let at = due_at(&reminder, time.now);
        let maker = reminder.text("created_by").unwrap_or("system");
        let to = stand_in(desk, user, maker)?;
        if to != Some(user) {
            let whom = to.map_or_else(|| "nobody is told".to_owned(), |to| format!("{to} is told"));
            notes.push(format!(
                "{user}, whom {} reminds, is not at work: {whom}",
                reminder.id()
            ));
        }
        let Some(to) = to else {
            desk.ask(vec![told]);
            continue;
        };
        // One's own reminder is told as the system's: it is meant to come back.
        let own = maker == to.to_string();
        let event = Event {
            about: reference(&reminder, "about"),
            note: reminder.text("note").map(str::to_owned),
            actor: if own { "system" } else { maker }.to_owned(),
            ..Event::new(to, Kind::Reminder, Known::Along, at)
        };
        desk.tell_along(event, vec![told])?;
    }
    Ok(more)
}

/// Who is reminded: the user, his manager, or who made the reminder; the first who is at work.
fn stand_in(desk: &mut Desk<'_>, user: RecordId, maker: &str) -> Result<Option<RecordId>> {
    let manager = desk.reader.get_stored(user)?;
    let manager = manager.and_then(|user| reference(&user, "manager"));
    let maker = maker.parse::<RecordId>().ok();
    for one in [Some(user), manager, maker].into_iter().flatten() {
        if desk.preferences(one)?.is_some() {
            return Ok(Some(one));
        }
    }
    Ok(None)
}

fn due_at(reminder: &Record, now: DateTime<Utc>) -> DateTime<Utc> {
    super::instant(reminder, "due_at").unwrap_or(now)
}

/// Planned tasks whose day has come, each once for its owner and day. They stay what they are, so that all are looked
/// at each time, and those that are new are counted.
fn tasks(desk: &mut Desk<'_>, time: &QueryTime) -> Result<bool> {
    let today = time.today();
    let due = Filter::between("due_on", today - TimeDelta::days(OLDEST_DAYS), today)
        .and(Filter::eq("kind", "task"))
        .and(Filter::eq("status", "planned"))
        .and(Filter::is_present("owner"));
    let reader = desk.reader;
    let object = reader.object("activity")?.clone();
    let due = due.compile(&object, reader, time)?;
    let before = desk.told();
    each_match(reader, &object, &due, |task| {
        let (user, day) = (reference(&task, "owner"), task.get("due_on"));
        if let (Some(user), Some(Value::Date(day))) = (user, day) {
            let key = format!("due/{user}/{}/{day}", task.id());
            desk.tell(Event {
                about: Some(task.id()),
                ..Event::new(user, Kind::Due, Known::Once(key), time.now)
            })?;
        }
        Ok(match desk.told() - before < MOST {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        })
    })?;
    Ok(desk.told() - before >= MOST)
}
