//! Does everything that tells of a record lie in that record's leaves, and nowhere else?

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::engine::Engine;
use crate::journal::{Entry, Position, Subject};
use crate::record::{Record, RecordId};
use crate::session::fixture::create;
use crate::store::{codec, spaces};
use crate::write::Request;

/// Words that may stand in the leaves of these subjects only.
type Secrets = BTreeMap<&'static str, Vec<Subject>>;

fn subject(engine: &Engine, id: RecordId) -> Subject {
    let object = engine
        .schema()
        .unwrap()
        .by_prefix(id.prefix)
        .unwrap()
        .number;
    Subject {
        object,
        id: id.number,
    }
}

fn contains(bytes: &[u8], word: &str) -> bool {
    let mut windows = bytes.windows(word.len());
    windows.any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

fn common(entry: &Entry) -> Vec<u8> {
    let mut bytes = entry.asked.clone();
    for (key, value) in &entry.results {
        bytes.extend(key);
        bytes.extend(value.as_deref().unwrap_or_default());
    }
    bytes
}

/// Looks for each word in every part of every entry; gives the number of leaves that have one.
fn leaves_with_secrets(engine: &Engine, after: Position, secrets: &Secrets) -> usize {
    let mut found = 0;
    for entry in engine.inner.backend.entries(after, 1000).unwrap() {
        let at = entry.position;
        for word in secrets.keys() {
            assert!(!contains(&common(&entry), word), "{word} is common at {at}");
        }
        for leaf in &entry.leaves {
            let content = leaf.content.as_ref().unwrap();
            let mut bytes = content.asked.clone();
            for (key, value) in &content.results {
                bytes.extend(key);
                bytes.extend(value.as_deref().unwrap_or_default());
            }
            content
                .released
                .iter()
                .for_each(|(key, _)| bytes.extend(key));
            for (word, owners) in secrets {
                if contains(&bytes, word) {
                    assert!(
                        owners.contains(&leaf.subject),
                        "{word} is in {:?} at {at}",
                        leaf.subject
                    );
                    found += 1;
                }
            }
        }
    }
    found
}

#[test]
fn values_lie_in_the_leaves_of_their_record() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let start = engine.position();
    let named = |word: &str| json!({"name": {"given": "A", "family": word}});
    let one = create(&session, "contact", named("zirconium"));
    let other = create(&session, "contact", named("wolframite"));
    let both = vec![
        Request::update(
            one,
            json!({"email": "one@gallium.example", "phone": "0912 345 6789"}),
        ),
        Request::update(other, json!({"email": "two@tellurium.example"})),
        // Nothing changes, and it is asked for all the same.
        Request::update(other, named("wolframite")),
    ];
    session.commit(both).unwrap().id().unwrap();
    session.delete(one).unwrap().id().unwrap();
    session.restore(one).unwrap().id().unwrap();
    let (one, other) = (subject(&engine, one), subject(&engine, other));
    let secrets = Secrets::from([
        ("zirconium", vec![one]),
        ("gallium", vec![one]),
        ("9123456789", vec![one]),
        ("wolframite", vec![other]),
        ("tellurium", vec![other]),
    ]);
    assert!(leaves_with_secrets(&engine, start, &secrets) > 8);
}

#[test]
fn a_conversion_tells_each_record_its_own() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let fields = json!({"name": {"family": "zirconium"}, "company": "Wolframite"});
    let lead = create(&session, "lead", fields);
    let start = engine.position();
    let conversion = crate::LeadConversion::of(lead)
        .with_opportunity("Tellurium deal", json!({"description": "gallium"}));
    session
        .commit(vec![Request::ConvertLead(conversion)])
        .unwrap()
        .id()
        .unwrap();
    let lead = session.get(lead).unwrap();
    let of = |field: &str| {
        let id = lead.get(field).unwrap().to_json();
        subject(&engine, id.as_str().unwrap().parse().unwrap())
    };
    let own = subject(&engine, lead.id());
    let secrets = Secrets::from([
        ("zirconium", vec![own, of("converted_contact")]),
        ("wolframite", vec![own, of("converted_account")]),
        ("tellurium", vec![of("converted_opportunity")]),
        ("gallium", vec![of("converted_opportunity")]),
    ]);
    assert!(leaves_with_secrets(&engine, start, &secrets) >= 4);
}

#[test]
fn a_reference_by_name_is_kept_as_an_id() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let schema = engine.schema().unwrap();
    let keyed = schema.objects().find_map(|target| {
        let key = target.natural_key()?;
        let refers = schema.objects().find_map(|object| {
            let field = object.live_fields().find(|field| {
                matches!(&field.kind, crate::FieldKind::Reference { to, .. } if to.contains(&target.name))
                    && !field.required
            })?;
            (object.name == "account").then(|| (object.name.clone(), field.name.clone()))
        })?;
        Some((target.name.clone(), key.name.clone(), refers))
    });
    let (target, key, (object, field)) = keyed.unwrap();
    let mut fields = json!({"name": "N"});
    fields[&key] = json!("zirconium@example.org");
    let named = create(&session, &target, fields);
    let start = engine.position();
    let mut fields = json!({"name": "Hafez"});
    fields[&field] = json!("zirconium@example.org");
    create(&session, &object, fields);
    let secrets = Secrets::from([("zirconium", vec![subject(&engine, named)])]);
    assert_eq!(leaves_with_secrets(&engine, start, &secrets), 0);
    let entry = engine.inner.backend.entries(start, 1).unwrap().remove(0);
    let asked = asked_of(&engine, &entry);
    assert_eq!(asked[0]["fields"][&field], json!(named.to_string()));
}

/// The requests of an entry by their numbers, put together again from its leaves.
fn asked_of(engine: &Engine, entry: &Entry) -> Vec<Json> {
    let schema = engine.schema().unwrap();
    let mut requests = BTreeMap::new();
    for leaf in &entry.leaves {
        let content = leaf.content.as_ref().unwrap();
        let object = schema.by_number(leaf.subject.object).unwrap();
        let id = RecordId::new(object.prefix, leaf.subject.id);
        let key = spaces::of_record(spaces::RECORD, object.number, id.number);
        let put = content.results.iter().find(|(found, _)| *found == key);
        let record = put.and_then(|(_, value)| {
            let stored = codec::decode(value.as_ref()?).unwrap();
            let mut record = Record::empty(object.clone(), id);
            record.values = stored.values;
            Some(record)
        });
        requests.extend(crate::write::requests(&content.asked, record.as_ref()));
    }
    requests.into_values().collect()
}

#[test]
fn what_was_asked_comes_back_to_the_letter() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let account = create(&session, "account", json!({"name": "Shiraz Tiles"}));
    let contact = session.new_id("contact").unwrap();
    let first = json!({"name": "First", "stage": "proposal"});
    let first = session.get(create(&session, "opportunity", first)).unwrap();
    let stage = first.get("stage").unwrap().to_json();
    let fields =
        json!({"name": {"family": "Rezaei"}, "email": "A@Example.org", "phone": "۰۹۱۲ ۳۴۵ ۶۷۸۹"});
    let deal = json!({
        "name": "  Tiles ", "account": account.to_string(), "stage": stage,
        "amount": {"amount": "12.50", "currency": "USD"}, "close_date": "2026-06-01",
    });
    let other = json!({
        "name": "Floors", "account": account.to_string().to_uppercase().replace("ACC", "acc"), "stage": stage,
        "amount": {"amount": "12.5", "currency": "USD"}, "close_date": null,
    });
    let commits = [
        vec![
            Request::create_as(contact, "contact", fields),
            Request::create("opportunity", deal),
            Request::create("opportunity", other),
        ],
        vec![
            Request::update(
                contact,
                json!({"email": "b@example.org", "phone": "+982112345678"}),
            ),
            Request::update(contact, json!({"email": "c@example.org", "phone": null})),
            Request::update(account, json!({"name": "Shiraz Tiles"})),
            Request::update(contact, json!({})),
        ],
        vec![
            Request::Update {
                id: contact,
                revision: Some(2),
                fields:
                    json!({"email": "d@example.org", "name": {"given": "Ali", "family": "Rezaei"}})
                        .into(),
            },
            Request::Delete {
                id: account,
                revision: None,
            },
        ],
    ];
    for requests in commits {
        let wanted: Vec<Json> = requests
            .iter()
            .map(|request| serde_json::to_value(request).unwrap())
            .collect();
        let before = engine.position();
        session.commit(requests).unwrap().id().unwrap();
        let entry = engine.inner.backend.entries(before, 1).unwrap().remove(0);
        assert_eq!(asked_of(&engine, &entry), wanted);
        // Said once: the record says the rest.
        let asked = entry
            .leaves
            .iter()
            .map(|leaf| leaf.content.clone().unwrap().asked);
        assert!(
            !asked
                .into_iter()
                .any(|asked| contains(&asked, "d@example.org"))
        );
    }
}

#[test]
fn a_unique_value_that_moves_is_released_and_not_left_behind() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let schema = engine.schema().unwrap();
    let user = schema.object("user").unwrap();
    let key = user.natural_key().unwrap().name.clone();
    let fields = |value: &str| {
        let mut fields = json!({"name": "N"});
        fields[&key] = json!(value);
        fields
    };
    let one = create(&session, "user", fields("gallium@example.org"));
    let other = create(&session, "user", fields("other@example.org"));
    let start = engine.position();
    let change = |id, value: &str| {
        let mut change = json!({});
        change[&key] = json!(value);
        Request::update(id, change)
    };
    let moved = vec![
        change(one, "new@example.org"),
        change(other, "gallium@example.org"),
    ];
    session.commit(moved).unwrap().id().unwrap();
    let entry = engine.inner.backend.entries(start, 1).unwrap().remove(0);
    let releases = entry.leaves.iter().map(|leaf| {
        let content = leaf.content.as_ref().unwrap();
        (leaf.subject, content.released.len())
    });
    let releases: BTreeMap<Subject, usize> = releases.collect();
    let wanted = [(subject(&engine, one), 1), (subject(&engine, other), 0)];
    assert_eq!(releases, BTreeMap::from(wanted));
    assert!(engine.check().unwrap().ok);
}
