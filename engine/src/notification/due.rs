//! What is due by the clock: reminders, tasks, and what was put off until now?

use std::ops::ControlFlow;

use chrono::{DateTime, TimeDelta, Utc};

use super::reference;
use super::told::{Desk, Event, Kind, Known, Todo, commit};
use crate::engine::Engine;
use crate::error::Result;
use crate::query::{Filter, QueryTime, Reader, each_match};
use crate::record::{Record, Value};
use crate::write::{Fields, Request};

/// How many of each are done in one call; the others in the next one.
const MOST: usize = 1_000;
/// A task that was due earlier than this many days ago was told, or nobody waits for it.
const OLDEST_DAYS: i64 = 7;

pub(super) fn tell(engine: &Engine, warnings: &mut Vec<String>) -> Result<()> {
    let time = engine.session().time();
    commit(engine, warnings, |reader| {
        let mut desk = Desk::new(engine, reader);
        wake(&mut desk, &time)?;
        reminders(&mut desk, &time)?;
        tasks(&mut desk, &time)?;
        Ok(Todo {
            units: desk.units(),
            stored: None,
        })
    })
}

/// The first records of an object that match.
pub(super) fn matching(
    reader: &Reader,
    object: &str,
    filter: &Filter,
    time: &QueryTime,
) -> Result<Vec<Record>> {
    let object = reader.object(object)?.clone();
    let filter = filter.compile(&object, reader, time)?;
    let mut found = Vec::new();
    each_match(reader, &object, &filter, |record| {
        found.push(record);
        Ok(match found.len() < MOST {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        })
    })?;
    Ok(found)
}

fn change(record: &Record, fields: Fields) -> Request {
    Request::Update {
        id: record.id(),
        revision: Some(record.revision()),
        fields,
    }
}

/// What was put off is unread again.
fn wake(desk: &mut Desk<'_>, time: &QueryTime) -> Result<()> {
    let over = Filter::eq("state", "snoozed").and(Filter::lte("snoozed_until", time.now));
    for notification in matching(desk.reader, "notification", &over, time)? {
        let unread = Fields::default().with("state", "unread");
        desk.ask(vec![change(&notification, unread)]);
    }
    Ok(())
}

fn reminders(desk: &mut Desk<'_>, time: &QueryTime) -> Result<()> {
    let due = Filter::eq("state", "open").and(Filter::lte("due_at", time.now));
    for reminder in matching(desk.reader, "reminder", &due, time)? {
        let told = change(&reminder, Fields::default().with("state", "told"));
        let Some(user) = reference(&reminder, "user") else {
            continue;
        };
        let at = due_at(&reminder, time.now);
        // One's own reminder is told as the system's: it is meant to come back.
        let maker = reminder.text("created_by").unwrap_or("system");
        let own = maker == user.to_string();
        let event = Event {
            about: reference(&reminder, "about"),
            note: reminder.text("note").map(str::to_owned),
            actor: if own { "system" } else { maker }.to_owned(),
            ..Event::new(user, Kind::Reminder, Known::Along, at)
        };
        desk.tell_along(event, vec![told])?;
    }
    Ok(())
}

fn due_at(reminder: &Record, now: DateTime<Utc>) -> DateTime<Utc> {
    super::instant(reminder, "due_at").unwrap_or(now)
}

/// Planned tasks whose day has come, each once for its owner and day.
fn tasks(desk: &mut Desk<'_>, time: &QueryTime) -> Result<()> {
    let today = time.today();
    let due = Filter::between("due_on", today - TimeDelta::days(OLDEST_DAYS), today)
        .and(Filter::eq("kind", "task"))
        .and(Filter::eq("status", "planned"))
        .and(Filter::is_present("owner"));
    for task in matching(desk.reader, "activity", &due, time)? {
        let (Some(user), Some(Value::Date(day))) = (reference(&task, "owner"), task.get("due_on"))
        else {
            continue;
        };
        let key = format!("due/{user}/{}/{day}", task.id());
        desk.tell(Event {
            about: Some(task.id()),
            ..Event::new(user, Kind::Due, Known::Once(key), time.now)
        })?;
    }
    Ok(())
}
