//! A lead becomes an account, a contact and an opportunity in one commit.

use peyvand::LeadConversion;
use serde_json::json;

use crate::setting::{create, memory, noon};

#[test]
fn a_lead_is_converted_whole() {
    let session = memory();
    let lead = create(
        &session,
        "lead",
        json!({"name": {"given": "علی", "family": "رضایی"}, "company": "پارس سازه", "email": "ali@pars.example", "source": "referral", "budget": "900000000 IRR"}),
    );
    let before = session.engine().position();
    let committed = session
        .convert_lead(
            LeadConversion::of(lead)
                .with_opportunity("Steel frame", json!({"stage": "qualification"})),
        )
        .unwrap();
    assert_eq!(committed.position.get(), before.get() + 1);
    let lead = session.get(lead).unwrap().to_json();
    assert_eq!(lead["status"], "converted");
    assert_eq!(
        lead["converted_at"],
        noon().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    );
    let deal = session
        .get(
            lead["converted_opportunity"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap(),
        )
        .unwrap();
    let json = deal.to_json();
    assert_eq!(
        (json["status"].as_str(), json["probability"].as_str()),
        (Some("open"), Some("25"))
    );
    assert_eq!(json["amount"]["amount"], "900000000");
    assert_eq!(
        (json["account"].clone(), json["source"].as_str()),
        (lead["converted_account"].clone(), Some("referral"))
    );
    let contact = session
        .get(lead["converted_contact"].as_str().unwrap().parse().unwrap())
        .unwrap();
    assert_eq!(contact.title(), "علی رضایی");
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_conversion_that_fails_leaves_nothing() {
    let session = memory();
    let lead = create(&session, "lead", json!({"name": "Sara Ahmadi"}));
    let before = session.engine().check().unwrap();
    let error = session
        .convert_lead(
            LeadConversion::of(lead).with_opportunity("Deal", json!({"stage": "nowhere"})),
        )
        .unwrap_err();
    assert_eq!(error.failures()[0].code, "unknown-reference");
    assert_eq!(session.engine().check().unwrap(), before);
    let _ = session.convert_lead(LeadConversion::of(lead)).unwrap();
    let again = session.convert_lead(LeadConversion::of(lead)).unwrap_err();
    assert!(again.to_string().contains("converted already"), "{again}");
    let account = create(&session, "account", json!({"name": "Alpha"}));
    assert!(
        session
            .convert_lead(LeadConversion::of(account))
            .unwrap_err()
            .to_string()
            .contains("only a lead")
    );
}
