//! Who looks, in which language, and at which moment?
//!
//! Everything that one answer is made of comes from one snapshot.

use std::sync::Arc;

use super::declared::Audience;
use crate::config::Config;
use crate::context::{Actor, Context, Locale};
use crate::engine::Engine;
use crate::error::Result;
use crate::query::{Condition, Filter, Operator, QueryTime, Reader};
use crate::record::{RecordId, Value};
use crate::schema::{FieldKind, Labels, Object};

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
        let time = QueryTime {
            now: context.now(),
            zone: context.zone,
        };
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
            time,
            locale: context.locale,
            who,
        })
    }

    pub(super) fn user(&self) -> Option<RecordId> {
        match &self.who {
            Who::Program => None,
            Who::User { id, .. } => Some(*id),
        }
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

    /// The filter with who looks in place of `me`.
    pub(super) fn with_me(&self, filter: &Filter, object: &Object) -> Filter {
        with_me(filter, object, self.user())
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

/// Puts a user in place of `me` in conditions on references to users. Where no user looks, they hold for no record.
pub(super) fn with_me(filter: &Filter, object: &Object, user: Option<RecordId>) -> Filter {
    let all = |parts: &[Filter]| -> Vec<Filter> {
        parts
            .iter()
            .map(|part| with_me(part, object, user))
            .collect()
    };
    match filter {
        Filter::And(parts) => Filter::And(all(parts)),
        Filter::Or(parts) => Filter::Or(all(parts)),
        Filter::Not(inner) => !with_me(inner, object, user),
        Filter::Is(condition) if !names_me(condition, object) => filter.clone(),
        Filter::Is(condition) => match user {
            Some(user) => {
                let put = |operand: &String| match is_me(operand) {
                    true => user.to_string(),
                    false => operand.clone(),
                };
                Filter::Is(Condition {
                    operands: condition.operands.iter().map(put).collect(),
                    ..condition.clone()
                })
            }
            // Nobody is not equal to anyone, and other than everyone.
            None => match condition.operator {
                Operator::Ne | Operator::Nin => Filter::everything(),
                _ => Filter::Or(Vec::new()),
            },
        },
    }
}

fn is_me(operand: &str) -> bool {
    operand.trim().eq_ignore_ascii_case("me")
}

fn names_me(condition: &Condition, object: &Object) -> bool {
    let to_user = object.field(&condition.field).is_some_and(|field| {
        matches!(&field.kind, FieldKind::Reference { to, .. } if to.iter().any(|name| name == "user"))
    });
    to_user && condition.operands.iter().any(|operand| is_me(operand))
}
