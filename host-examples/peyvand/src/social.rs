//! What do people say about a record, and what is a user told?

use std::path::Path;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use peyvand::{Actor, Engine, Notice, NoticeState, Record, RecordId, Session, Value};
use serde_json::{Value as Json, json};

use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, several};
use crate::query::Names;
use crate::record::{tell_commit, warnings};
use crate::store::{self, Need};

#[derive(Debug, Args)]
pub(crate) struct Tag {
    pub(crate) id: RecordId,
    #[arg(required = true, value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Who tags it: a login or an id
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Nobody but the user sees them
    #[arg(long, requires = "user")]
    pub(crate) private: bool,
    /// Take them off
    #[arg(long, conflicts_with = "private")]
    pub(crate) remove: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Remind {
    pub(crate) id: RecordId,
    /// The instant, such as 2026-11-24T08:30:00Z
    #[arg(long, value_name = "INSTANT")]
    pub(crate) at: DateTime<Utc>,
    /// Who is reminded: a login or an id
    #[arg(long, value_name = "USER")]
    pub(crate) user: String,
    /// Of what
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) note: String,
}

#[derive(Debug, Args)]
pub(crate) struct Notifications {
    /// Whose: a login or an id
    #[arg(long, value_name = "USER", global = true, default_value = "")]
    pub(crate) user: String,
    /// Those that were read, put off or done too
    #[arg(long)]
    pub(crate) all: bool,
    #[command(subcommand)]
    pub(crate) action: Option<Action>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Note that notifications were read
    #[command(
        after_help = "Example:\n  peyvand notifications read ntf_01jd0c5e8gq2r4v6x8z0b2d4f6 --user sara"
    )]
    Read {
        #[arg(required = true, value_name = "ID")]
        ids: Vec<RecordId>,
    },
    /// Put a notification off
    #[command(
        after_help = "Example:\n  peyvand notifications snooze ntf_01jd0c5e8gq2r4v6x8z0b2d4f6 --until 2026-11-24T08:30:00Z --user sara"
    )]
    Snooze {
        id: RecordId,
        /// The instant, such as 2026-11-24T08:30:00Z
        #[arg(long, value_name = "INSTANT")]
        until: DateTime<Utc>,
    },
}

/// The user of a login or an id.
pub(crate) fn user_of(engine: &Engine, named: &str) -> Result<RecordId, Fault> {
    let session = engine.session();
    let by_id = named.parse().ok().map(|id| session.get(id)).transpose()?;
    let user = match by_id.filter(|record| record.object() == "user") {
        Some(user) => Some(user),
        None => session.find("user", "login", named)?,
    };
    user.map(|user| user.id()).ok_or_else(|| {
        Fault::input(
            format!("there is no user '{named}'"),
            "`peyvand query user` lists the users",
        )
    })
}

/// A session of somebody, or of whom `--as` names where nobody is. Who is named there acts for others only if he
/// administers.
fn session_of(engine: &Engine, named: Option<&str>) -> Result<Session, Fault> {
    let acting = store::session(engine)?;
    let Some(named) = named else {
        return Ok(acting);
    };
    let user = Actor::User(user_of(engine, named)?);
    if *acting.actor() != user {
        acting.must_administer("act as somebody else")?;
    }
    Ok(engine.session_as(user))
}

pub(crate) fn comment(
    id: RecordId,
    text: &str,
    user: Option<&str>,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = session_of(engine, user)?;
        let committed = match session.get(id)?.object() {
            "comment" => session.reply(id, text)?,
            _ => session.comment(id, text)?,
        };
        tell_commit(engine, &committed, output)
    })?;
    Ok(Exit::Fine)
}

pub(crate) fn comments(id: RecordId, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        // It says whether the id is unknown.
        session.get(id)?;
        let comments = session.comments(id)?;
        if output.json {
            let data: Vec<Json> = comments.iter().map(Record::to_json).collect();
            return output.document(&json!({"data": data}));
        }
        let mut names = Names::of(session);
        for comment in &comments {
            tell_comment(comment, &mut names, output)?;
        }
        output.line(several(comments.len() as u64, "comment", "comments"))
    })?;
    Ok(Exit::Fine)
}

fn tell_comment(comment: &Record, names: &mut Names, output: &mut Output<'_>) -> Result<(), Fault> {
    let mut shown = |field: &str| comment.get(field).map(|value| names.shown(value));
    let at = shown("created_at").unwrap_or_default();
    let author = shown("author").unwrap_or_else(|| "the program".to_owned());
    let edited = shown("edited_at").map_or_else(String::new, |at| format!(", edited {at}"));
    let reply = match comment.get("reply_to") {
        Some(Value::Reference(first)) => format!(", in reply to {first}"),
        _ => String::new(),
    };
    output.line(format!("{at}  {author} ({}{reply}{edited})", comment.id()))?;
    let text = comment.text("text").unwrap_or_default();
    text.lines()
        .try_for_each(|line| output.line(format!("    {line}")))
}

pub(crate) fn follow(
    id: RecordId,
    user: &str,
    stop: bool,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = session_of(engine, Some(user))?;
        if stop {
            session.unfollow(id)?;
        } else {
            session.follow(id)?;
        }
        let followers = session.followers(id)?;
        if output.json {
            let followers: Vec<String> = followers.iter().map(ToString::to_string).collect();
            return output.document(&json!({"followers": followers}));
        }
        let many = several(followers.len() as u64, "user follows", "users follow");
        output.line(format!("{many} {id}"))
    })?;
    Ok(Exit::Fine)
}

pub(crate) fn tag(asked: &Tag, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let id = asked.id;
    store::with(dir, Need::Existing, |engine| {
        let session = session_of(engine, asked.user.as_deref())?;
        for name in &asked.names {
            if asked.remove {
                session.untag(id, name)?;
            } else if asked.private {
                session.tag_privately(id, name)?;
            } else {
                session.tag(id, name)?;
            }
        }
        let tags: Vec<String> = session.tags(id)?.iter().map(Record::title).collect();
        if output.json {
            return output.document(&json!({"tags": tags}));
        }
        output.line(match tags.is_empty() {
            true => format!("{id} has no tags"),
            false => format!("{id}: {}", tags.join(", ")),
        })
    })?;
    Ok(Exit::Fine)
}

pub(crate) fn remind(asked: &Remind, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = session_of(engine, Some(&asked.user))?;
        let user = user_of(engine, &asked.user)?;
        let committed = session.remind(user, Some(asked.id), asked.at, &asked.note)?;
        tell_commit(engine, &committed, output)
    })?;
    Ok(Exit::Fine)
}

pub(crate) fn notifications(
    asked: &Notifications,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        if asked.user.is_empty() {
            return Err(Fault::input(
                "nobody is named whose notifications they are",
                "give a login or an id, such as `peyvand notifications --user sara`; `peyvand query user` lists the users",
            ));
        }
        let user = user_of(engine, &asked.user)?;
        let session = session_of(engine, Some(&asked.user))?;
        match &asked.action {
            Some(Action::Read { ids }) => {
                let committed = session.mark_read(ids.iter().copied())?;
                tell_commit(engine, &committed, output)
            }
            Some(Action::Snooze { id, until }) => {
                let committed = session.snooze(*id, *until)?;
                tell_commit(engine, &committed, output)
            }
            None => {
                let undone = engine.notify()?;
                let states: &[NoticeState] = match asked.all {
                    true => &[],
                    false => &[NoticeState::Unread],
                };
                tell(
                    &session,
                    &session.notifications(user, states)?,
                    &undone,
                    output,
                )
            }
        }
    })?;
    Ok(Exit::Fine)
}

fn tell(
    session: &Session,
    notices: &[Notice],
    undone: &[String],
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    if output.json {
        let data: Vec<Json> = notices.iter().map(notice_json).collect();
        return output.document(&json!({"data": data, "warnings": undone}));
    }
    let names = ["id", "state", "at", ""].map(|name| (name, Side::Left));
    let mut table = Table::new(&names);
    for notice in notices {
        let at = notice.at.with_timezone(&session.zone());
        table.row([
            notice.id.to_string(),
            notice.state.name().to_owned(),
            at.format("%Y-%m-%d %H:%M").to_string(),
            notice.text.clone(),
        ]);
    }
    if !notices.is_empty() {
        output.table(&table)?;
    }
    output.line(several(
        notices.len() as u64,
        "notification",
        "notifications",
    ))?;
    warnings(undone, output)
}

fn notice_json(notice: &Notice) -> Json {
    let id = |id: Option<RecordId>| id.map(|id| id.to_string());
    let at = |at: DateTime<Utc>| Value::Instant(at).to_json();
    json!({
        "id": notice.id.to_string(),
        "kind": notice.kind,
        "about": id(notice.about),
        "comment": id(notice.comment),
        "actor": notice.actor.to_string(),
        "at": at(notice.at),
        "count": notice.count,
        "state": notice.state.name(),
        "snoozed_until": notice.snoozed_until.map(at),
        "text": notice.text,
    })
}
