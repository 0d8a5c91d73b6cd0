//! As whom does a plugin or a script read and write?
//!
//! As nobody, at first: it does what it was granted. An administrator may bind it to a user; then it sees and does what
//! both the grant and that user's rights allow, and stops with its reason when he is not active any more.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::str;

use super::compile::Principal;
use super::held::Sights;
use super::seeing::Seeing;
use super::sight::Why;
use crate::config::Config;
use crate::context::{Actor, Context};
use crate::error::{Error, ErrorKind, Result};
use crate::hook::{Cost, HookFailure};
use crate::query::Reader;
use crate::record::RecordId;
use crate::session::Session;
use crate::store::{Snapshot, spaces};
use crate::write::{Ask, Stored};

/// What the keys of bindings begin with, after the space.
const AS: &str = "as ";

/// Users, by the plugins and scripts that run as them.
pub(crate) type Bindings = BTreeMap<Actor, RecordId>;

fn key(actor: &Actor) -> Vec<u8> {
    spaces::named(spaces::ACCESS, &format!("{AS}{actor}"))
}

/// Who runs as whom at a snapshot.
pub(crate) fn bindings(snapshot: &Snapshot) -> Result<Bindings> {
    let mut all = Bindings::new();
    let prefix = [&[spaces::ACCESS], AS.as_bytes()].concat();
    snapshot.scan_all(&prefix, |_, value| {
        let said = str::from_utf8(value).ok();
        let pair = said.and_then(|said| said.split_once(' '));
        all.extend(pair.and_then(|(user, actor)| Some((Actor::parse(actor), user.parse().ok()?))));
        Ok::<_, Error>(ControlFlow::Continue(()))
    })?;
    Ok(all)
}

/// What a plugin or script reads by that runs as a user; nothing where it runs as nobody, or users are not held to their
/// rights.
pub(crate) fn bound(
    sights: &Sights,
    reader: &Reader,
    config: &Config,
    (actor, context): (&Actor, &Context),
) -> Result<Option<Reader>, HookFailure> {
    if config.runs_as.is_empty() || !config.enforces_access {
        return Ok(None);
    }
    let Some(user) = config.runs_as.get(actor) else {
        return Ok(None);
    };
    let failed = |message: String| HookFailure {
        message,
        code: "runs-as",
        cost: Cost::default(),
    };
    let who = Principal::user(*user);
    let sight = sights.sight(reader, config, who, context.now());
    let sight = sight.map_err(|error| failed(error.to_string()))?;
    if matches!(sight.nothing, Some(Why::Inactive | Why::Unknown)) {
        return Err(failed(format!(
            "{actor} runs as {user}, who is not active; let it run as somebody else with `peyvand access run-as`"
        )));
    }
    let seeing = Seeing::new(sight, reader.snapshot.clone());
    Ok(Some(reader.clone().seen_by(Some(seeing))))
}

impl Session {
    /// Lets a plugin or a script run as a user, or as nobody again: while access is enforced, what it reads and the
    /// effects that it asks for are then judged by that user's rights too, and it stops when he is made inactive. What is
    /// written meanwhile and woke it, it sees in any case.
    ///
    /// # Errors
    /// When who asks does not administer the workspace, `who` is neither a plugin nor a script, or the user is not there.
    pub fn run_as(&self, who: &Actor, user: Option<RecordId>) -> Result<()> {
        self.must_administer("say as whom plugins and scripts run")?;
        if !matches!(who, Actor::Plugin(_) | Actor::Script(_)) {
            let message = format!("{who} is neither a plugin nor a script");
            return Err(Error::new(ErrorKind::Invalid, message)
                .hint("users act by their own rights, or by a key"));
        }
        if let Some(user) = user {
            let found = self.get(user)?;
            if found.object() != "user" {
                return Err(Error::new(ErrorKind::Invalid, format!("{user} is no user")));
            }
        }
        let what = match user {
            Some(user) => format!("run {who} as {user}"),
            None => format!("run {who} as nobody"),
        };
        let stored = Stored {
            what,
            entries: vec![(
                key(who),
                user.map(|user| format!("{user} {who}").into_bytes()),
            )],
            config: true,
            ..Stored::default()
        };
        self.ask(Ask::Stored(stored)).map(drop)
    }

    /// The plugins and scripts that run as users, with those.
    ///
    /// # Errors
    /// When who asks does not administer the workspace, or the store cannot be read.
    pub fn running_as(&self) -> Result<Vec<(Actor, RecordId)>> {
        self.must_administer("ask as whom plugins and scripts run")?;
        let (_, config) = self.read()?;
        let all = config.runs_as.iter();
        Ok(all.map(|(actor, user)| (actor.clone(), *user)).collect())
    }
}
