//! A house with two branches, its people and what they deal with.

use peyvand::{Actor, Engine, RecordId, Session};
use serde_json::{Value as Json, json};

use crate::setting::{create, memory};

/// Every access test begins here.
pub(super) struct House {
    pub(super) session: Session,
    /// Tehran is above Shiraz; Tabriz lies beside.
    pub(super) tehran: RecordId,
    pub(super) shiraz: RecordId,
    pub(super) tabriz: RecordId,
    pub(super) boss: RecordId,
    /// In Shiraz, each in a team of his own.
    pub(super) sara: RecordId,
    pub(super) reza: RecordId,
    /// Knows nobody and may do nothing.
    pub(super) guest: RecordId,
}

impl House {
    pub(super) fn new() -> Self {
        let session = memory();
        assert_eq!(session.add_standard_roles().unwrap().len(), 5);
        assert!(session.add_standard_roles().unwrap().is_empty());
        let tehran = create(
            &session,
            "territory",
            json!({"key": "tehran", "name": "تهران"}),
        );
        let shiraz = create(
            &session,
            "territory",
            json!({"key": "shiraz", "name": "شیراز", "parent": "tehran"}),
        );
        let tabriz = create(
            &session,
            "territory",
            json!({"key": "tabriz", "name": "تبریز"}),
        );
        create(&session, "team", json!({"key": "south", "name": "جنوب"}));
        create(&session, "team", json!({"key": "north", "name": "شمال"}));
        create(
            &session,
            "role",
            json!({"key": "nothing", "name": "Nothing", "definition": {}}),
        );
        let user = |login: &str, more: Json| {
            let mut fields = json!({"login": login, "name": login});
            for (name, value) in more.as_object().unwrap() {
                fields[name] = value.clone();
            }
            create(&session, "user", fields)
        };
        let boss = user("mina", json!({"role": "administrator"}));
        let sara = user(
            "sara",
            json!({"role": "seller", "team": "south", "territory": "shiraz"}),
        );
        let reza = user(
            "reza",
            json!({"role": "seller", "team": "north", "territory": "shiraz"}),
        );
        let guest = user("guest", json!({"role": "nothing"}));
        session.enforce_access(true).unwrap();
        Self {
            tehran,
            shiraz,
            tabriz,
            boss,
            sara,
            reza,
            guest,
            session,
        }
    }

    pub(super) fn engine(&self) -> &Engine {
        self.session.engine()
    }

    pub(super) fn as_user(&self, user: RecordId) -> Session {
        self.engine().session_as(Actor::User(user))
    }

    /// Made by the program, which may do everything.
    pub(super) fn make(&self, object: &str, fields: Json) -> RecordId {
        create(&self.session, object, fields)
    }

    /// Gives a role another definition.
    pub(super) fn define(&self, role: &str, definition: Json) {
        let role = self.session.find("role", "key", role).unwrap().unwrap();
        let fields = json!({"definition": definition});
        let _ = self.session.update(role.id(), fields).unwrap();
    }
}

/// The names of what a query finds, in its order.
pub(super) fn names(session: &Session, query: &peyvand::Query) -> Vec<String> {
    let page = session.query(query).unwrap();
    page.records.iter().map(peyvand::Record::title).collect()
}
