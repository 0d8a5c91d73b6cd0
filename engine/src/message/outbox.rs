//! How do queued messages get out, each of them once?

mod outcome;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};

use outcome::{Outcome, put_back};

use super::transport::{Accepted, Outgoing, SendError, SendErrorKind, Transport};
use super::verdict::{Judge, Verdict};
use super::{Channel, LONGEST_CAUSE, MessageRules, MessageState, one_line};
use crate::engine::Engine;
use crate::error::{ErrorKind, Result};
use crate::query::{self, Filter, Query, SortKey};
use crate::record::{Record, Value};
use crate::session::Session;
use crate::write::{Fields, Group, Request};

/// The most messages that are on their way at a time.
const WIDEST: usize = 500;

/// After so long another process that shares the store is taken for dead, and what it was sending is asked about.
const LEASE: TimeDelta = TimeDelta::minutes(15);

/// What became of what was due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deliveries {
    /// The transports took so many.
    pub sent: usize,
    /// So many are tried again later.
    pub postponed: usize,
    /// So many have failed.
    pub failed: usize,
    /// So many may not be sent any more.
    pub suppressed: usize,
    /// So many were on their way when an earlier process ended, and had been taken: they were not sent again. They are
    /// among the sent ones.
    pub recovered: usize,
    /// Whether there may be more that is due.
    pub more: bool,
    /// How many are due by channels for which there is no transport here; they wait for one.
    pub without_transport: BTreeMap<Channel, u64>,
    /// What could not be written down, in words.
    pub warnings: Vec<String>,
}

impl Engine {
    /// Hands over what is due, in order, at most so many messages; the host calls it as often as it likes, since
    /// [`tick`](Self::tick) does not. It waits for the transports. What may be sent twice, and when, is in the documentation of [`Transport`].
    ///
    /// # Errors
    /// When the store fails. Nothing is lost: what was on its way is asked about next time.
    pub fn deliver(&self, most: usize) -> Result<Deliveries> {
        let _alone = self.delivering();
        let mut run = Run {
            engine: self,
            session: self.session(),
            rules: self.inner.post.rules.clone(),
            left: most,
            told: Deliveries::default(),
        };
        for (channel, transport) in &self.inner.post.transports {
            run.channel(*channel, transport)?;
        }
        run.count_without_transport()?;
        Ok(run.told)
    }
}

struct Run<'a> {
    engine: &'a Engine,
    session: Session,
    rules: Arc<MessageRules>,
    left: usize,
    told: Deliveries,
}

/// A message that is marked as being sent.
struct Going {
    message: Outgoing,
    /// Its revision with the mark.
    revision: u64,
    since: DateTime<Utc>,
    /// The list of the files that it carries: they are read when it goes, since all at once would take much memory.
    carries: Json,
    /// Whether an earlier attempt may have been taken.
    doubtful: bool,
}

/// What is to be written of messages that are due, and which of them go, with the place of each one's mark.
struct Marked {
    marks: Vec<Request>,
    going: Vec<(usize, Going)>,
}

impl Run<'_> {
    fn channel(&mut self, channel: Channel, transport: &Arc<dyn Transport>) -> Result<()> {
        self.recover(channel, transport)?;
        let mut known: Vec<Outcome> = Vec::new();
        let done = self.windows(channel, transport, &mut known);
        // What is known of messages that were handed over is written whatever else failed.
        let written = self.note(known);
        self.told.more |= self.left == 0;
        done.and(written)
    }

    /// Hands over window after window; what became of the last one is left in `known`.
    fn windows(
        &mut self,
        channel: Channel,
        transport: &Arc<dyn Transport>,
        known: &mut Vec<Outcome>,
    ) -> Result<()> {
        let window = transport.window().clamp(1, WIDEST);
        let mut reachable = true;
        while self.left > 0 && reachable {
            let due = self.due(channel, self.left.min(WIDEST))?;
            let mut progress = false;
            for due in due.chunks(window) {
                if !reachable {
                    break;
                }
                self.left = self.left.saturating_sub(due.len());
                let Marked { marks, going } = self.mark(channel, due)?;
                let marked = self.note_and_mark(known, marks)?;
                progress |= marked.contains(&true);
                let going = going
                    .iter()
                    .filter(|(place, _)| marked.get(*place) == Some(&true));
                for (_, going) in going {
                    known.push(match reachable && self.is_ours(going) {
                        true => self.hand_over(transport, going, &mut reachable),
                        false => put_back(going),
                    });
                }
            }
            if !progress {
                // Nothing is due, or a rule keeps it from being sent: to ask again would ask for ever.
                break;
            }
        }
        Ok(())
    }

    /// Whether no other process takes this one for dead yet, so that a message is sent by it alone.
    fn is_ours(&self, going: &Going) -> bool {
        !self.engine.inner.post.shared || self.session.context.now() - going.since < LEASE / 2
    }

    /// How many messages are due for which nobody is there.
    fn count_without_transport(&mut self) -> Result<()> {
        let (reader, _) = self.engine.read()?;
        let time = self.session.time();
        for channel in Channel::ALL {
            if self.engine.inner.post.transports.contains_key(&channel) {
                continue;
            }
            let waiting = due_by(channel, time.now);
            let count = query::count(&reader, "message", &waiting, &time)?;
            if count > 0 {
                self.told.without_transport.insert(channel, count);
            }
        }
        Ok(())
    }

    /// Asks about what was on its way when a process ended. Only one process has a directory open and only one call
    /// delivers, so that whatever is being sent now was left.
    fn recover(&mut self, channel: Channel, transport: &Arc<dyn Transport>) -> Result<()> {
        let now = self.session.context.now();
        let mut filter = of(channel, MessageState::Sending);
        if self.engine.inner.post.shared {
            filter = filter.and(Filter::lte("sending_since", Value::Instant(now - LEASE)));
        }
        loop {
            let left = self.find(Query::new("message").filter(filter.clone()).limit(WIDEST))?;
            if left.is_empty() {
                return Ok(());
            }
            let asked = left.iter().map(|message| {
                match transport.was_accepted(message.text("delivery_key").unwrap_or_default()) {
                    Some(true) => {
                        self.told.recovered += 1;
                        self.told.sent += 1;
                        self.as_it_was(message, self.sent(&Accepted::new()))
                    }
                    _ if attempts_of(message) >= self.rules.tries => {
                        let cause = format!(
                            "given up after {} attempts: each time the program ended while it was being sent",
                            attempts_of(message)
                        );
                        let change = self.failed(&cause);
                        self.as_it_was(message, change)
                    }
                    _ => {
                        let change = json!({"state": "queued", "sending_since": null});
                        self.as_it_was(message, change)
                    }
                }
            });
            let asked: Vec<Request> = asked.collect();
            let written = self.write(asked)?;
            if !written.contains(&true) {
                // They cannot be changed: to ask for them again would ask for ever.
                return Ok(());
            }
        }
    }

    /// A change of a message that was left, unless another process changed it meanwhile.
    fn as_it_was(&self, message: &Record, change: Json) -> Request {
        Request::Update {
            id: message.id(),
            revision: Some(message.revision()),
            fields: Fields::from(change),
        }
    }

    fn due(&self, channel: Channel, most: usize) -> Result<Vec<Record>> {
        let filter = due_by(channel, self.session.context.now());
        let by_time = SortKey::parse_list("next_attempt_at")?;
        self.find(
            Query::new("message")
                .filter(filter)
                .sort(by_time)
                .limit(most),
        )
    }

    fn find(&self, query: Query) -> Result<Vec<Record>> {
        let (reader, _) = self.engine.read()?;
        Ok(query::run(&reader, &query, &self.session.time())?.records)
    }

    /// For each message that is due: a mark that it is being sent, or why it is not.
    fn mark(&mut self, channel: Channel, due: &[Record]) -> Result<Marked> {
        let (reader, _) = self.engine.read()?;
        let now = self.session.context.now();
        let judge = Judge {
            reader: &reader,
            rules: &self.rules,
            zone: self.session.context.zone,
        };
        let mut marks = Vec::with_capacity(due.len());
        let mut going = Vec::with_capacity(due.len());
        for message in due {
            let to = message.text("to_address").unwrap_or_default();
            let change = match judge.verdict(message, to, now)? {
                Verdict::Go => {
                    let outgoing = outgoing(&reader, message, channel)?;
                    let change = json!({
                        "state": "sending",
                        "sending_since": Value::Instant(now).to_json(),
                        "attempts": outgoing.attempt,
                    });
                    let doubtful = outgoing.attempt > 1;
                    going.push((
                        marks.len(),
                        Going {
                            message: outgoing,
                            revision: message.revision() + 1,
                            since: now,
                            carries: match message.get("attachments") {
                                Some(Value::Json(list)) => list.clone(),
                                _ => Json::Null,
                            },
                            doubtful,
                        },
                    ));
                    change
                }
                Verdict::Wait(until, cause) => {
                    self.told.postponed += 1;
                    let until = Value::Instant(until).to_json();
                    json!({"next_attempt_at": until, "cause": one_line(&cause, LONGEST_CAUSE)})
                }
                Verdict::Never(cause) => {
                    self.told.suppressed += 1;
                    let cause = one_line(&cause, LONGEST_CAUSE);
                    json!({"state": "suppressed", "next_attempt_at": null, "cause": cause})
                }
            };
            marks.push(Request::Update {
                id: message.id(),
                // Whoever changed it meanwhile may have meant that it is not sent.
                revision: Some(message.revision()),
                fields: Fields::from(change),
            });
        }
        Ok(Marked { marks, going })
    }

    fn hand_over(
        &mut self,
        transport: &Arc<dyn Transport>,
        going: &Going,
        reachable: &mut bool,
    ) -> Outcome {
        let message = &going.message;
        if going.doubtful && transport.was_accepted(&message.key) == Some(true) {
            self.told.sent += 1;
            self.told.recovered += 1;
            return going.became(self.sent(&Accepted::new()));
        }
        let files = match self.session.read_carried(&going.carries) {
            Ok(files) => files,
            Err(error) => {
                let kind = match error.kind() {
                    ErrorKind::NotFound | ErrorKind::Damaged => SendErrorKind::Permanent,
                    _ => SendErrorKind::Temporary,
                };
                let error = SendError::new(kind, error.to_string());
                return going.became(self.not_sent(message, &error));
            }
        };
        let message = &match files.is_empty() {
            true => Cow::Borrowed(message),
            false => Cow::Owned(Outgoing {
                files,
                ..message.clone()
            }),
        };
        going.became(match transport.send(message) {
            Ok(accepted) => {
                self.told.sent += 1;
                self.sent(&accepted)
            }
            Err(error) => {
                *reachable = error.kind != SendErrorKind::Unavailable;
                // Where nobody will ever know, another attempt may be the second time that it arrives.
                let unknown = error.kind == SendErrorKind::Unknown;
                match unknown && transport.was_accepted(&message.key).is_none() {
                    true => self.in_doubt(&error),
                    false => self.not_sent(message, &error),
                }
            }
        })
    }

    /// Writes changes, each for itself and all in one commit, and says which were taken.
    fn write(&mut self, requests: Vec<Request>) -> Result<Vec<bool>> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let groups: Vec<Group> = requests.into_iter().map(Group::kept).collect();
        let report = self.engine.write(&self.session.context, &groups, None, 0)?;
        let taken = report.groups.into_iter().map(|written| {
            // Whoever changed a message meanwhile knows it.
            if let Err(error) = &written
                && error.kind() != ErrorKind::Conflict
            {
                self.told.warnings.push(error.to_string());
            }
            written.is_ok()
        });
        let taken: Vec<bool> = taken.collect();
        self.told.warnings.extend(report.warnings);
        Ok(taken)
    }
}

fn of(channel: Channel, state: MessageState) -> Filter {
    Filter::eq("channel", channel).and(Filter::eq("state", state))
}

fn due_by(channel: Channel, now: DateTime<Utc>) -> Filter {
    of(channel, MessageState::Queued).and(Filter::lte("next_attempt_at", Value::Instant(now)))
}

fn attempts_of(message: &Record) -> u32 {
    match message.get("attempts") {
        Some(Value::Integer(attempts)) => u32::try_from(*attempts).unwrap_or(0),
        _ => 0,
    }
}

fn outgoing(reader: &query::Reader, message: &Record, channel: Channel) -> Result<Outgoing> {
    let text = |field: &str| message.text(field).unwrap_or_default().to_owned();
    let parent = match super::people::named(message, "reply_to") {
        Some(parent) => reader.get_stored(parent)?,
        None => None,
    };
    Ok(Outgoing {
        id: message.id(),
        key: text("delivery_key"),
        channel,
        from_address: text("from_address"),
        from_name: text("from_name"),
        to_address: text("to_address"),
        to_name: text("to_name"),
        subject: text("subject"),
        text: text("body_text"),
        html: text("body_html"),
        language: message.text("language").map(str::to_owned),
        message_id: message.text("message_id").map(str::to_owned),
        files: Vec::new(),
        in_reply_to: parent.and_then(|parent| parent.text("message_id").map(str::to_owned)),
        attempt: attempts_of(message).saturating_add(1),
    })
}
