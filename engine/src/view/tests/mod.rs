//! Do views, forms and dashboards do what they promise?

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answers;
mod declarations;
mod definitions;
mod forms;
mod saving;
mod schema_change;
mod shipped;

use serde_json::{Value as Json, json};

use crate::context::Actor;
use crate::record::RecordId;
use crate::session::Session;
use crate::session::fixture::{create, memory};

/// A session of a user in a team and a role.
struct Staff {
    session: Session,
    team: RecordId,
    role: RecordId,
    maryam: RecordId,
    ali: RecordId,
}

impl Staff {
    fn new() -> Self {
        let session = memory();
        let team = create(&session, "team", json!({"key": "north", "name": "شمال"}));
        let role = create(
            &session,
            "role",
            json!({"key": "seller", "name": "فروشنده"}),
        );
        let user = |login: &str, name: &str, more: Json| {
            let mut fields = json!({"login": login, "name": name});
            let map = fields.as_object_mut().unwrap();
            map.extend(more.as_object().unwrap().clone());
            create(&session, "user", fields)
        };
        let of = json!({"team": team.to_string(), "role": role.to_string()});
        let maryam = user("maryam", "مریم رضایی", of);
        let ali = user("ali", "علی کریمی", json!({}));
        Self {
            session,
            team,
            role,
            maryam,
            ali,
        }
    }

    fn as_user(&self, user: RecordId) -> Session {
        self.session.engine().session_as(Actor::User(user))
    }
}
