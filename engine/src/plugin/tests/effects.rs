//! Is an effect taken only where the plugin may have it?

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::super::contract::{self, Action, Assignment, Scalar, Target};
use super::super::effects::Reach;
use super::super::grants::Grants;
use super::super::guest::Fault;
use crate::hook::{Effect, EffectAction};
use crate::plugin::Manifest;
use crate::schema::standard_schema;

fn reach() -> Reach {
    let manifest = Manifest::parse(
        "id = \"a\"\nversion = \"0.1.0\"\ncontract = \"0.1\"\non-failure = \"skip\"\n[[hook]]\npoint = \"after-commit\"\nname = \"a\"\nobject = \"lead\"\n\
         [[effect]]\nobject = \"activity\"\nverb = \"create\"\nfields = [\"subject\", \"due_on\"]\n[[effect]]\nobject = \"lead\"\nverb = \"update\"\nfields = [\"status\"]\n",
    );
    let grants = Grants::new(&manifest.unwrap(), None, &standard_schema());
    Reach::new(Arc::new(grants), Vec::new(), 16)
}

fn effects(answer: Vec<contract::Effect>) -> Result<Vec<Effect>, Fault> {
    reach().effects(&["lea_00000000000000000000000001".parse().unwrap()], answer)
}

fn assign(field: &str, value: Scalar) -> Assignment {
    Assignment {
        field: field.to_owned(),
        value,
    }
}

fn create(object: &str, fields: Vec<Assignment>) -> contract::Effect {
    contract::Effect {
        row: 0,
        key: "k".to_owned(),
        action: Action::Create(contract::NewRecord {
            object: object.to_owned(),
            fields,
        }),
    }
}

fn update(id: &str, fields: Vec<Assignment>) -> contract::Effect {
    contract::Effect {
        row: 0,
        key: "k".to_owned(),
        action: Action::Update(contract::ChangedRecord {
            which: Target::Id(id.to_owned()),
            fields,
        }),
    }
}

#[test]
fn a_declared_effect_becomes_the_fields_of_a_request() {
    let asked = create(
        "activity",
        vec![
            assign("subject", Scalar::Text("call".to_owned())),
            assign("due_on", Scalar::Date(20_533)),
        ],
    );
    let [effect] = effects(vec![asked]).unwrap().try_into().unwrap();
    let EffectAction::Create { object, fields, .. } = effect.action else {
        panic!("a create")
    };
    assert_eq!(
        (object.as_str(), Json::Object(fields)),
        (
            "activity",
            json!({"subject": "call", "due_on": "2026-03-21"})
        )
    );
    let allowed = update(
        "lea_00000000000000000000000001",
        vec![assign("status", Scalar::Text("working".to_owned()))],
    );
    assert!(effects(vec![allowed]).is_ok());
}

#[test]
fn an_undeclared_effect_names_the_missing_capability() {
    let refused = |effect: contract::Effect| effects(vec![effect]).unwrap_err().to_string();
    let text = || Scalar::Text("x".to_owned());
    let lead = "lea_00000000000000000000000001";
    assert!(
        refused(create("account", vec![]))
            .contains("[[needs]] object = \"account\" verbs = [\"create\"]")
    );
    assert!(refused(create("activity", vec![assign("owner", text())])).contains("with 'owner'"));
    assert!(
        refused(update(lead, vec![assign("owner", text())]))
            .contains("update a record of lead with 'owner'")
    );
    assert!(
        refused(update("acc_00000000000000000000000001", vec![]))
            .contains("update a record of account")
    );
    assert!(
        refused(update("zzz_00000000000000000000000001", vec![])).contains("belongs to no object")
    );
    assert!(refused(update("lead 1", vec![])).contains("not a record id"));
    assert!(
        refused(create(
            "activity",
            vec![assign("subject", text()), assign("subject", text())]
        ))
        .contains("twice")
    );
    assert!(
        refused(create(
            "activity",
            vec![assign("due_on", Scalar::Instant(i64::MAX))]
        ))
        .contains("not a moment")
    );
    assert!(
        refused(contract::Effect {
            row: 1,
            ..create("activity", vec![])
        })
        .contains("row 1 is out of range")
    );
    assert!(
        refused(contract::Effect {
            key: String::new(),
            ..create("activity", vec![])
        })
        .contains("no key")
    );
    let many = effects(vec![create("activity", vec![]); 17])
        .unwrap_err()
        .to_string();
    assert!(many.contains("more than 16 effects"), "{many}");
}

#[test]
fn an_effect_may_name_what_an_earlier_one_makes_and_no_other() {
    let keyed = |key: &str, effect: contract::Effect| contract::Effect {
        key: key.to_owned(),
        ..effect
    };
    let made = |key: &str| Scalar::Reference(Target::Made(key.to_owned()));
    let call = keyed("call", create("activity", vec![]));
    let linked = keyed(
        "task",
        create("activity", vec![assign("subject", made("call"))]),
    );
    let named = effects(vec![call.clone(), linked.clone()]).unwrap();
    let EffectAction::Create { links, .. } = &named[1].action else {
        panic!("a create")
    };
    assert_eq!(links, &[("subject".to_owned(), "call".to_owned())]);
    let early = effects(vec![linked, call]).unwrap_err().to_string();
    assert!(
        early.contains("no effect before it makes 'call'"),
        "{early}"
    );
    let own = create(
        "activity",
        vec![assign("subject", Scalar::Reference(Target::Row(0)))],
    );
    let EffectAction::Create { fields, .. } = &effects(vec![own]).unwrap()[0].action else {
        panic!("a create")
    };
    assert_eq!(fields["subject"], "lea_00000000000000000000000001");
}

#[test]
fn what_was_not_granted_is_named_whatever_the_effect() {
    let refused = |action: Action| {
        let effect = contract::Effect {
            row: 0,
            key: "k".to_owned(),
            action,
        };
        effects(vec![effect]).unwrap_err().to_string()
    };
    let lead = || Target::Id("lea_00000000000000000000000001".to_owned());
    assert!(refused(Action::Delete(lead())).contains("verbs = [\"delete\"]"));
    let message = contract::Message {
        to: contract::Recipient::Party(lead()),
        channel: Some("sms".to_owned()),
        content: contract::MessageContent::Words(contract::Words {
            subject: String::new(),
            text: "سلام".to_owned(),
            html: String::new(),
        }),
        about: Vec::new(),
        purpose: None,
        language: None,
        send_after: None,
        expires_at: None,
    };
    assert!(refused(Action::Send(message)).contains("[[needs]] channel = \"sms\""));
    let write = contract::StoreWrite {
        key: "a".to_owned(),
        value: None,
    };
    assert!(refused(Action::Store(write)).contains("[[needs]] store"));
    let ask = |url: &str| {
        refused(Action::Request(contract::HttpRequest {
            method: contract::Method::Get,
            url: url.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            time_out: None,
            reply_to: None,
            context: String::new(),
        }))
    };
    assert!(
        ask("https://api.example.com:8443/x?y=@z").contains("[[needs]] host = \"api.example.com\"")
    );
    for url in [
        "http://api.example.com/",
        "https://user@api.example.com/",
        "https://api.example.com@evil.example/",
        "ftp://api.example.com/",
        "https://",
        "https://api.example.com:port/",
        "https://api.example.com\\@evil.example/",
    ] {
        let refused = ask(url);
        assert!(
            refused.contains("not an address") || refused.contains("by https"),
            "{url}: {refused}"
        );
    }
}
