//! What was somebody told, and what does he do about it?

use chrono::{DateTime, Utc};

use super::told::written;
use super::{integer, may_ask_for, reference, wording};
use crate::context::Actor;
use crate::error::{Error, ErrorKind, Result};
use crate::query::{Filter, Query};
use crate::record::{Record, RecordId, Value};
use crate::session::Session;
use crate::write::{Committed, Fields, Request};

/// How many notifications are given at once.
const MOST: usize = 200;

/// How far somebody is with a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NoticeState {
    /// Not yet looked at, or back from being put off.
    Unread,
    /// Looked at.
    Read,
    /// Put off until a moment that has not come yet.
    Snoozed,
    /// Dealt with.
    Done,
}

impl NoticeState {
    /// Its word: `unread`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Read => "read",
            Self::Snoozed => "snoozed",
            Self::Done => "done",
        }
    }

    fn of(notification: &Record, now: DateTime<Utc>) -> Self {
        match notification.text("state") {
            Some("read") => Self::Read,
            Some("done") => Self::Done,
            Some("snoozed") if super::instant(notification, "snoozed_until") > Some(now) => {
                Self::Snoozed
            }
            _ => Self::Unread,
        }
    }
}

/// A notification as its reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// Its record.
    pub id: RecordId,
    /// What it tells of: `mention`, `reply`, `comment`, `change`, `assignment`, `assignments`, `due`, `reminder` or
    /// `digest`.
    pub kind: String,
    /// The record that it is about.
    pub about: Option<RecordId>,
    /// The comment that it tells of, the last one where there are several.
    pub comment: Option<RecordId>,
    /// Who did it, the last one where there are several.
    pub actor: Actor,
    /// When it happened, the last time where it happened several times.
    pub at: DateTime<Utc>,
    /// How often.
    pub count: u64,
    /// How far the reader is with it.
    pub state: NoticeState,
    /// Until when it is put off.
    pub snoozed_until: Option<DateTime<Utc>>,
    /// In the reader's language.
    pub text: String,
}

impl Session {
    /// What a user was told in the application, the newest first, at most 200: in any of these states, or in all when
    /// none is named. In the user's own language, or in the session's where he chose none.
    ///
    /// # Errors
    /// When somebody else asks, there is no such user, or the store cannot be read.
    pub fn notifications(&self, user: RecordId, states: &[NoticeState]) -> Result<Vec<Notice>> {
        may_ask_for(self, user)?;
        let record = self.get(user)?;
        let locale = wording::locale_of(Some(&record), self.context.locale);
        let now = self.time().now;
        let mut filter = Filter::eq("user", user).and(Filter::contains("channels", "in_app"));
        if !states.is_empty() {
            // One that was put off until now is unread, also before the engine has noted that.
            let wakes = states.contains(&NoticeState::Unread).then_some("snoozed");
            let names = states.iter().map(|state| state.name()).chain(wakes);
            filter = filter.and(Filter::is_in("state", names));
        }
        let query = Query::new("notification")
            .filter(filter)
            .sorted_by("-at")?
            .limit(MOST);
        let (reader, _) = self.read()?;
        let page = crate::query::run(&reader, &query, &self.time())?;
        let mut notices = Vec::with_capacity(page.records.len());
        for notification in page.records {
            let state = NoticeState::of(&notification, now);
            if states.is_empty() || states.contains(&state) {
                let text = wording::text(&reader, &notification, locale)?;
                notices.push(notice(&notification, state, text));
            }
        }
        Ok(notices)
    }

    /// Notes that notifications were looked at.
    ///
    /// # Errors
    /// As [`Session::commit`]; also when one of them is somebody else's.
    pub fn mark_read(&self, ids: impl IntoIterator<Item = RecordId>) -> Result<Committed> {
        self.put_into(ids, NoticeState::Read)
    }

    /// Notes that notifications were dealt with.
    ///
    /// # Errors
    /// As [`Session::mark_read`].
    pub fn mark_done(&self, ids: impl IntoIterator<Item = RecordId>) -> Result<Committed> {
        self.put_into(ids, NoticeState::Done)
    }

    fn put_into(
        &self,
        ids: impl IntoIterator<Item = RecordId>,
        state: NoticeState,
    ) -> Result<Committed> {
        let fields = Fields::default().with("state", state.name());
        let mut requests = Vec::new();
        for id in ids {
            self.check_notification(id)?;
            requests.push(Request::update(id, fields.clone()));
        }
        self.commit(requests)
    }

    /// Puts a notification off: it is unread again from that moment on.
    ///
    /// # Errors
    /// When that moment is over; otherwise as [`Session::mark_read`].
    pub fn snooze(&self, notification: RecordId, until: DateTime<Utc>) -> Result<Committed> {
        self.check_notification(notification)?;
        if until <= self.time().now {
            let message = format!("{} is over; name a moment to come", written(until));
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        let fields = Fields::default()
            .with("state", NoticeState::Snoozed.name())
            .with("snoozed_until", written(until));
        self.update(notification, fields)
    }

    fn check_notification(&self, id: RecordId) -> Result<()> {
        let record = self.get(id)?;
        match record.object() {
            "notification" => Ok(()),
            other => Err(Error::new(
                ErrorKind::Invalid,
                format!("{id} is a {other} and not a notification"),
            )),
        }
    }

    /// Reminds a user at a moment, of a record or of the note alone. Who is not at work by then is not told, but his
    /// manager, or else who made the reminder. A reminder goes to the bin with its record, and when it comes back after
    /// its moment it is told then.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn remind(
        &self,
        user: RecordId,
        about: Option<RecordId>,
        at: DateTime<Utc>,
        note: &str,
    ) -> Result<Committed> {
        let mut fields = Fields::default()
            .with("user", user.to_string())
            .with("due_at", written(at))
            .with("note", note);
        if let Some(about) = about {
            fields = fields.with("about", about.to_string());
        }
        self.create("reminder", fields)
    }
}

fn notice(notification: &Record, state: NoticeState, text: String) -> Notice {
    let count = integer(notification, "count").and_then(|count| u64::try_from(count).ok());
    let at = match notification.get("at") {
        Some(Value::Instant(at)) => *at,
        _ => DateTime::default(),
    };
    Notice {
        id: notification.id(),
        kind: notification.text("kind").unwrap_or_default().to_owned(),
        about: reference(notification, "about"),
        comment: reference(notification, "comment"),
        actor: Actor::parse(notification.text("actor").unwrap_or_default()),
        at,
        count: count.unwrap_or(1),
        state,
        snoozed_until: super::instant(notification, "snoozed_until"),
        text,
    }
}
