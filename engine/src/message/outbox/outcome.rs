//! What became of a message that was handed over, and how is it written down?

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};

use super::super::transport::{Accepted, Outgoing, SendError, SendErrorKind};
use super::super::{LONGEST_CAUSE, one_line};
use super::{Going, Run};
use crate::error::Result;
use crate::record::{RecordId, Value};
use crate::write::{Fields, Request};

/// How often what became of a message is written anew when others change the message meanwhile.
const ATTEMPTS: usize = 5;

/// What became of a message that was marked.
#[derive(Clone)]
pub(super) struct Outcome {
    id: RecordId,
    revision: u64,
    since: DateTime<Utc>,
    change: Json,
}

impl Outcome {
    pub(super) fn request(&self) -> Request {
        Request::Update {
            id: self.id,
            revision: Some(self.revision),
            fields: Fields::from(self.change.clone()),
        }
    }
}

impl Going {
    pub(super) fn became(&self, change: Json) -> Outcome {
        Outcome {
            id: self.message.id,
            revision: self.revision,
            since: self.since,
            change,
        }
    }
}

/// A message that was marked and not tried is as it was.
pub(super) fn put_back(going: &Going) -> Outcome {
    going.became(json!({
        "state": "queued",
        "attempts": going.message.attempt - 1,
        "sending_since": null,
    }))
}

impl Run<'_> {
    /// Writes what became of the window before with the marks of the next one: one flush of the disk. What is known
    /// stays so when that fails.
    pub(super) fn note_and_mark(
        &mut self,
        known: &mut Vec<Outcome>,
        marks: Vec<Request>,
    ) -> Result<Vec<bool>> {
        let requests = known.iter().map(Outcome::request).chain(marks);
        let mut written = self.write(requests.collect())?;
        let marked = written.split_off(known.len().min(written.len()));
        let noted = std::mem::take(known).into_iter().zip(written);
        let crossed = noted.filter(|(_, written)| !written);
        self.note_crossed(crossed.map(|(outcome, _)| outcome).collect())?;
        Ok(marked)
    }

    pub(super) fn note(&mut self, known: Vec<Outcome>) -> Result<()> {
        let written = self.write(known.iter().map(Outcome::request).collect())?;
        let noted = known.into_iter().zip(written);
        let crossed = noted.filter(|(_, written)| !written);
        self.note_crossed(crossed.map(|(outcome, _)| outcome).collect())
    }

    /// Writes again what somebody's change crossed. A message that is not being sent any longer stays as it is: its
    /// report came first, or somebody else sends it.
    fn note_crossed(&mut self, mut crossed: Vec<Outcome>) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let (reader, _) = self.engine.read()?;
            let mut again = Vec::with_capacity(crossed.len());
            for mut outcome in crossed {
                let Some(message) = reader.get_stored(outcome.id)? else {
                    continue;
                };
                outcome.revision = message.revision();
                let since = message.get("sending_since");
                if since == Some(&Value::Instant(outcome.since)) {
                    again.push(outcome);
                } else if let (Some(id), None) = (
                    outcome.change["provider_id"].as_str(),
                    message.get("provider_id"),
                ) {
                    // Further reports come by it.
                    outcome.change = json!({"provider_id": id});
                    again.push(outcome);
                }
            }
            drop(reader);
            let written = self.write(again.iter().map(Outcome::request).collect())?;
            let noted = again.into_iter().zip(written);
            crossed = noted
                .filter(|(_, written)| !written)
                .map(|(outcome, _)| outcome)
                .collect();
            if crossed.is_empty() {
                return Ok(());
            }
        }
        let left = crossed.iter().map(|outcome| {
            format!(
                "what became of {} could not be written; it is asked about again",
                outcome.id
            )
        });
        self.told.warnings.extend(left);
        Ok(())
    }

    pub(super) fn sent(&self, accepted: &Accepted) -> Json {
        let provider_id = accepted.provider_id.as_ref();
        let at = Value::Instant(self.session.context.now()).to_json();
        json!({
            "state": "sent",
            "at": at,
            "provider_id": provider_id.map(|id| one_line(id, LONGEST_CAUSE)),
            "cause": null,
            "next_attempt_at": null,
            "sending_since": null,
        })
    }

    pub(super) fn in_doubt(&mut self, error: &SendError) -> Json {
        let cause = format!(
            "nobody knows whether it was taken: {}; look whether it arrived before it is queued again",
            error.cause
        );
        self.failed(&cause)
    }

    pub(super) fn failed(&mut self, cause: &str) -> Json {
        self.told.failed += 1;
        json!({
            "state": "failed",
            "cause": one_line(cause, LONGEST_CAUSE),
            "next_attempt_at": null,
            "sending_since": null,
        })
    }

    pub(super) fn not_sent(&mut self, message: &Outgoing, error: &SendError) -> Json {
        let cause = one_line(&error.cause, LONGEST_CAUSE);
        if error.kind == SendErrorKind::Permanent {
            return self.failed(&cause);
        }
        if message.attempt >= self.rules.tries {
            let cause = format!("given up after {} attempts: {cause}", message.attempt);
            return self.failed(&cause);
        }
        self.told.postponed += 1;
        let now = self.session.context.now();
        let delay = self.rules.delay(message.attempt, &message.key);
        let next = now.checked_add_signed(delay).unwrap_or(now);
        json!({
            "state": "queued",
            "cause": cause,
            "next_attempt_at": Value::Instant(next).to_json(),
            "sending_since": null,
        })
    }
}
