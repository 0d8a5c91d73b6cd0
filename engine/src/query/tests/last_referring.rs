//! Are those that were made last found over all links, by whoever sees them?

use std::sync::Arc;

use serde_json::json;

use crate::context::{Actor, FixedClock, SeededIds};
use crate::engine::Engine;
use crate::query::{Link, Patience};
use crate::record::RecordId;
use crate::session::Session;
use crate::session::fixture::create;

/// Deals of a steel mill and of its buyer, and those that belong to either, the newest first.
struct Deals {
    session: Session,
    seller: RecordId,
    links: Vec<Link>,
    all: Vec<RecordId>,
    /// Those that the seller sees.
    hers: Vec<RecordId>,
}

impl Deals {
    fn new() -> Self {
        let clock = FixedClock::at("2026-03-25T08:30:00Z".parse().unwrap());
        let engine = Engine::in_memory()
            .clock(Arc::new(clock))
            .ids(Arc::new(SeededIds::new(7)));
        let session = engine.open().unwrap().session();
        session.add_standard_roles().unwrap();
        let user = |login: &str, role: &str| {
            let fields = json!({"login": login, "name": login, "role": role});
            create(&session, "user", fields)
        };
        let (_, sara, reza) = (
            user("mina", "administrator"),
            user("sara", "seller"),
            user("reza", "seller"),
        );
        let mill = create(&session, "account", json!({"name": "فولاد پارس"}));
        let other = create(&session, "account", json!({"name": "غریبه"}));
        let buyer = create(&session, "contact", json!({"name": "زهرا کریمی"}));
        let (mut all, mut hers) = (Vec::new(), Vec::new());
        for number in 0..60 {
            let of_mill = number % 2 == 0;
            let of_buyer = number % 3 == 0;
            let is_hers = number % 4 == 0;
            let mut fields = json!({
                "name": format!("تیرآهن {number}"),
                "account": if of_mill { mill } else { other }.to_string(),
                "owner": if is_hers { sara } else { reza }.to_string(),
                "confidential": !is_hers,
            });
            if of_buyer {
                fields["contact"] = json!(buyer.to_string());
            }
            let made = create(&session, "opportunity", fields);
            if of_mill || of_buyer {
                all.insert(0, made);
                hers.splice(..0, is_hers.then_some(made));
            }
        }
        let (reader, _) = session.read().unwrap();
        let deal = reader.object("opportunity").unwrap();
        let field = |name: &str| deal.field(name).unwrap().number;
        let links = vec![(field("account"), mill), (field("contact"), buyer)];
        session.enforce_access(true).unwrap();
        Self {
            session,
            seller: sara,
            links,
            all,
            hers,
        }
    }

    fn found(&self, by: &Session, most: usize, patience: &mut Patience) -> Vec<RecordId> {
        let (reader, _) = by.read().unwrap();
        let deal = reader.object("opportunity").unwrap().clone();
        reader
            .last_referring(&deal, &self.links, most, patience)
            .unwrap()
    }
}

#[test]
fn the_newest_come_first_whichever_link_leads_from_them_and_each_comes_once() {
    let deals = Deals::new();
    for most in [0, 1, 7, 39, 1_000] {
        let found = deals.found(&deals.session, most, &mut Patience::new());
        assert_eq!(found, deals.all[..most.min(deals.all.len())]);
    }
}

#[test]
fn who_sees_a_part_looks_only_so_far_over_all_links_and_calls() {
    let deals = Deals::new();
    let sara = deals.session.engine().session_as(Actor::User(deals.seller));
    let patient = deals.found(&sara, 1_000, &mut Patience::new());
    assert_eq!(patient, deals.hers);
    // What the entries say of the others costs no reading.
    let mut patience = Patience::of(5, 1_000);
    assert_eq!(deals.found(&sara, 1_000, &mut patience), deals.hers[..5]);
    assert!(deals.found(&sara, 1_000, &mut patience).is_empty());
    // Entries that are passed over are counted too.
    let few = deals.found(&sara, 10, &mut Patience::of(1_000, 1));
    assert!(few.len() < 10 && deals.hers.starts_with(&few));
}
