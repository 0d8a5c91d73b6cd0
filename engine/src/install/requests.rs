//! How do plugins ask other systems?
//!
//! A request is an effect: it waits in the store until the host makes it, with a client of the host's own. What was
//! answered is committed before anybody hears it, so that nothing is lost and the journal knows it; then it wakes the
//! plugin's `on-reply` hook, whose effects are done once.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::hook::{HookContext, HttpAnswer, HttpHeader, HttpRequest, OnReply, Reply};
use crate::store::spaces;
use crate::write::{Ask, Followed, Group, Stored};

/// The longest that another system may take.
const LONGEST: Duration = Duration::from_secs(30);
/// Bytes of an answer's body, and its headers.
const MOST_BYTES: usize = 256 << 10;
const MOST_HEADERS: usize = 50;
/// Requests that one call makes: what the answers cause waits for the next one.
const BATCH: usize = 1_000;

/// Makes requests to other systems, for plugins. The host gives one to [`Engine::ask_others`].
///
/// A client follows no redirects: the plugin was granted the host that it named and no other, so a redirect is an
/// answer like any other.
pub trait WebClient: Send + Sync {
    /// Makes a request within its time, and reads of the answer no more than it may have.
    ///
    /// # Errors
    /// Why there was no answer, in words. The plugin is told.
    fn send(&self, request: &WebRequest) -> Result<WebResponse, String>;
}

/// A request to another system.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebRequest {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// `https://api.example.com/path`; to a host that the plugin was granted.
    pub url: String,
    /// Names and values; among them `idempotency-key`, which is the same when the request is made again.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Vec<u8>,
    /// How long all of it may take.
    pub time_out: Duration,
    /// How long the answer's body may be, in bytes; a longer one is an error.
    pub most_bytes: usize,
}

impl WebRequest {
    /// A request without headers and body, with the engine's own limits: for tests of a client.
    #[must_use]
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            time_out: LONGEST,
            most_bytes: MOST_BYTES,
        }
    }
}

/// What another system answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebResponse {
    /// 200 and so on.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What was sent.
    pub body: Vec<u8>,
}

impl WebResponse {
    /// An answer without headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }
}

/// What came of the requests that waited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// How many were made.
    pub made: usize,
    /// How many had no answer, or were not made because the plugin may not ask any more.
    pub failed: usize,
    /// What plugins could not make of the answers, in words.
    pub warnings: Vec<String>,
}

/// An answer that nobody heard yet, as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    request: HttpRequest,
    answer: HttpAnswer,
}

impl Engine {
    /// Makes the requests that plugins asked for, at most a thousand, one after the other, and tells each plugin its answers. A request
    /// that was under way when the process ended is made again, under the same `idempotency-key`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn ask_others(&self, client: &dyn WebClient) -> Result<Asked> {
        let mut asked = Asked::default();
        // What was answered before a crash and not heard.
        for (once, waiting) in self.waiting::<Waiting>(spaces::REPLY)? {
            self.hear(&once, waiting, &mut asked)?;
        }
        for (once, request) in self.waiting::<HttpRequest>(spaces::REQUEST)? {
            let answer = if self.may_still_ask(&request)? {
                asked.made += 1;
                ask_one(client, &once, &request)
            } else {
                let why = "the plugin is not enabled any more, or may not ask this host any more";
                HttpAnswer::Failed(why.to_owned())
            };
            asked.failed += usize::from(matches!(answer, HttpAnswer::Failed(_)));
            let waiting = Waiting { request, answer };
            self.answered(&once, &waiting)?;
            if waiting.request.reply_to.is_some() {
                self.hear(&once, waiting, &mut asked)?;
            }
        }
        Ok(asked)
    }

    /// It may have been switched off, or granted less, since it asked.
    fn may_still_ask(&self, request: &HttpRequest) -> Result<bool> {
        let (_, config) = self.read()?;
        let may_call = config.registry().callers.get(&request.plugin);
        Ok(may_call.is_some_and(|may_call| may_call(&request.url)))
    }

    /// Entries that wait in a space, each with its key there.
    fn waiting<T: serde::de::DeserializeOwned>(&self, space: u8) -> Result<Vec<(Vec<u8>, T)>> {
        let (reader, _) = self.read()?;
        let mut found = Vec::new();
        reader.snapshot.scan_all(&[space], |key, value| {
            let entry = serde_json::from_slice(value).map_err(|error| {
                Error::new(
                    crate::ErrorKind::Damaged,
                    "a stored request of a plugin cannot be read",
                )
                .because(error)
            })?;
            found.push((key.get(1..).unwrap_or_default().to_vec(), entry));
            Ok::<_, Error>(match found.len() < BATCH {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            })
        })?;
        Ok(found)
    }

    /// Commits an answer in place of its request.
    fn answered(&self, once: &[u8], waiting: &Waiting) -> Result<()> {
        let key = |space: u8| [&[space], once].concat();
        let mut entries = vec![(key(spaces::REQUEST), None)];
        if waiting.request.reply_to.is_some() {
            let value = serde_json::to_vec(waiting).unwrap_or_default();
            entries.push((key(spaces::REPLY), Some(value)));
        }
        self.keep_entries(
            format!(
                "what {} answered to plugin {}",
                host(&waiting.request.url),
                waiting.request.plugin
            ),
            entries,
        )
    }

    fn keep_entries(&self, what: String, entries: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<()> {
        let stored = Stored {
            what,
            entries,
            ..Stored::default()
        };
        let group = Group {
            asks: vec![Ask::Stored(stored)],
            once: None,
        };
        self.write(&self.session().context, &[group], None, 0)?;
        Ok(())
    }

    /// Tells a plugin an answer, does what it wants done, and takes the answer away.
    fn hear(&self, once: &[u8], waiting: Waiting, asked: &mut Asked) -> Result<()> {
        let Waiting { request, answer } = waiting;
        let hook = request.reply_to.as_deref().unwrap_or_default();
        let name = format!("{}/{hook}", request.plugin);
        let (_, config) = self.read()?;
        match (config.registry().replies.get(&name), request.about.parse()) {
            (Some(hook), Ok(about)) => {
                let reply = Reply {
                    key: request.key,
                    context: request.context,
                    about,
                    answer,
                };
                self.tell_reply(hook, once, reply, asked)?;
            }
            _ => asked.warnings.push(format!(
                "nobody hears what {} answered: plugin {} is not enabled any more or has no hook '{hook}'",
                host(&request.url),
                request.plugin
            )),
        }
        let key = [&[spaces::REPLY], once].concat();
        self.keep_entries(
            format!("plugin {} heard an answer", request.plugin),
            vec![(key, None)],
        )
    }

    fn tell_reply(
        &self,
        hook: &Arc<dyn OnReply>,
        once: &[u8],
        reply: Reply,
        asked: &mut Asked,
    ) -> Result<()> {
        let session = self.session();
        let (reader, _) = self.read()?;
        let now = session.context.now();
        let context = HookContext {
            reader: &reader,
            now,
            today: session.context.day_of(now),
            zone: session.context.zone,
            actor: &session.context.actor,
        };
        let answer = hook.on_reply(&[reply], &context);
        match crate::write::charge(&self.inner.bills, hook.name(), 1, answer) {
            Ok(effects) => {
                let scope = format!("reply/{}", blake3::hash(once).to_hex());
                let actor = hook.name().actor.clone();
                let followed = Followed::new(actor, &scope, &reader.schema, effects);
                let warnings = self.write_effects(&session.context, followed, None, 1)?;
                asked.warnings.extend(warnings);
            }
            Err(message) => asked.warnings.push(message),
        }
        Ok(())
    }
}

fn ask_one(client: &dyn WebClient, once: &[u8], request: &HttpRequest) -> HttpAnswer {
    let given = request
        .time_out_ms
        .map(|ms| Duration::from_millis(ms.into()));
    let headers = request.headers.iter();
    let headers = headers.map(|header| (header.name.clone(), header.value.clone()));
    let key = blake3::hash(once).to_hex().to_string();
    let web = WebRequest {
        headers: headers
            .chain([("idempotency-key".to_owned(), key)])
            .collect(),
        body: request.body.clone(),
        time_out: given.map_or(LONGEST, |given| given.min(LONGEST)),
        ..WebRequest::new(request.method.clone(), request.url.clone())
    };
    match client.send(&web) {
        Ok(answer) if answer.body.len() > MOST_BYTES => HttpAnswer::Failed(format!(
            "the answer has {} bytes; at most {MOST_BYTES} are taken",
            answer.body.len()
        )),
        Ok(answer) => HttpAnswer::Response {
            status: answer.status,
            headers: answer
                .headers
                .into_iter()
                .take(MOST_HEADERS)
                .map(|(name, value)| HttpHeader { name, value })
                .collect(),
            body: answer.body,
        },
        Err(why) => HttpAnswer::Failed(why),
    }
}

/// What a message calls another system: an address may hold secrets.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}
