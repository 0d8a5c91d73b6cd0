//! Who looks, in which language, and at which moment?
//!
//! Everything that one answer is made of comes from one snapshot.

use std::sync::Arc;

use super::declared::Audience;
use crate::config::Config;
use crate::context::{Actor, Context, Locale};
use crate::engine::Engine;
use crate::error::Result;
use crate::query::{QueryTime, Reader};
use crate::record::{RecordId, Value};
use crate::schema::Labels;

pub(crate) struct Look {
    pub(crate) reader: Reader,
    pub(super) config: Arc<Config>,
    pub(crate) time: QueryTime,
    pub(crate) locale: Locale,
    who: Who,
}

enum Who {
    /// The embedding program, a plugin or a script: it sees what is declared for anybody.
    Program,
    User {
        id: RecordId,
        team: Option<RecordId>,
        role: Option<RecordId>,
    },
}

impl Look {
    pub(super) fn now(engine: &Engine, context: &Context) -> Result<Self> {
        let (reader, config) = engine.read_as(context)?;
        let time = QueryTime::declared(context.now(), context.zone, &context.actor);
        Self::at(reader, config, time, context)
    }

    pub(super) fn at(
        reader: Reader,
        config: Arc<Config>,
        time: QueryTime,
        context: &Context,
    ) -> Result<Self> {
        let who = match &context.actor {
            Actor::User(id) => {
                let user = reader.get_stored(*id)?;
                let of = |name: &str| match user.as_ref().and_then(|user| user.get(name)) {
                    Some(Value::Reference(id)) => Some(*id),
                    _ => None,
                };
                Who::User {
                    id: *id,
                    team: of("team"),
                    role: of("role"),
                }
            }
            _ => Who::Program,
        };
        Ok(Self {
            reader,
            config,
            time: QueryTime::declared(time.now, time.zone, &context.actor),
            locale: context.locale,
            who,
        })
    }

    pub(crate) fn may_see(&self, audience: Audience) -> bool {
        let Who::User { id, team, role } = &self.who else {
            return true;
        };
        match audience {
            Audience::Owner(owner) => owner == *id,
            Audience::Team(of) => *team == Some(of),
            Audience::Role(of) => *role == Some(of),
            Audience::Everyone => true,
        }
    }

    /// A name in the language of who looks, in English, or whatever there is.
    pub(crate) fn called(&self, labels: &Labels, otherwise: &str) -> String {
        called(labels, self.locale, otherwise)
    }
}

pub(super) fn called(labels: &Labels, locale: Locale, otherwise: &str) -> String {
    labels
        .get(locale.tag())
        .or_else(|| labels.get(Locale::En.tag()))
        .map_or_else(|| otherwise.to_owned(), Clone::clone)
}
