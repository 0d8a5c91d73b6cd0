//! Is what comes in linked to who wrote it, once?

use super::*;

fn sms(from: &str, id: &str) -> InboundSms {
    InboundSms::new(from, "+982188001234", "سلام، قسطم را پرداختم").with_id(id)
}

#[test]
fn an_sms_is_linked_to_who_has_the_number() {
    let office = Office::new();
    let account = office.create("account", json!({"name": "فولاد پارس"}));
    let contact = office.contact(json!({"account": account.to_string()}));
    let received = office
        .session
        .receive_sms(sms("+989121234567", "g-1"))
        .unwrap();
    assert_eq!(received.linked, [contact, account]);
    let message = office.get(received.id);
    assert_eq!(message.text("state"), Some("received"));
    assert_eq!(message.text("direction"), Some("inbound"));
    let last = office.session.timeline(contact).unwrap().pop().unwrap();
    assert_eq!(last.record, received.id);
}

#[test]
fn an_sms_that_comes_twice_is_taken_in_once() {
    let office = Office::new();
    let first = office
        .session
        .receive_sms(sms("+989121234567", "g-1"))
        .unwrap();
    let second = office
        .session
        .receive_sms(sms("+989121234567", "g-1"))
        .unwrap();
    assert_eq!((first.before, second.before), (false, true));
    assert_eq!(first.id, second.id);
    assert!(
        office
            .session
            .receive_sms(sms("+989121234567", "g-2"))
            .unwrap()
            .id
            != first.id
    );
    let nobody = first.note.unwrap();
    assert_eq!(nobody, "nobody has the sender's address");
}

#[test]
fn when_several_have_the_number_all_are_listed_and_none_is_taken() {
    let office = Office::new();
    let one = office.contact(json!({"email": "a@example.org"}));
    let two = office.contact(json!({"email": "b@example.org", "mobile": "+989121234567"}));
    let lead = office.create("lead", json!({"name": "علی", "phone": "09121234567"}));
    let received = office
        .session
        .receive_sms(sms("+989121234567", "g-1"))
        .unwrap();
    assert!(received.linked.is_empty());
    let mut found = received.candidates.clone();
    found.sort_unstable();
    let mut all = vec![one, two, lead];
    all.sort_unstable();
    assert_eq!(found, all);
    assert_eq!(
        received.note.as_deref(),
        Some("2 contacts have the sender's address; linked to none")
    );
}

#[test]
fn a_converted_lead_does_not_stand_beside_its_contact() {
    let office = Office::new();
    let lead = office.create(
        "lead",
        json!({"name": "سارا احمدی", "phone": "+989350000000", "company": "نمونه"}),
    );
    office
        .session
        .convert_lead(crate::LeadConversion::of(lead))
        .unwrap()
        .id()
        .unwrap();
    let received = office
        .session
        .receive_sms(sms("+989350000000", "g-1"))
        .unwrap();
    assert!(!received.linked.is_empty(), "{received:?}");
    assert!(!received.linked.contains(&lead));
}

#[test]
fn a_carriers_report_says_what_became_of_a_message() {
    let office = Office::new();
    let ids: Vec<RecordId> = ["09121234567", "09351234567"]
        .map(|to| office.post(sms_to(to)).id)
        .into();
    office.engine.deliver(10).unwrap();
    let report = |id: RecordId, report| {
        let provider = office.get(id).text("provider_id").unwrap().to_owned();
        office
            .session
            .report_delivery(Channel::Sms, &provider, &report)
            .unwrap()
    };
    assert!(report(ids[0], DeliveryReport::Delivered).is_some());
    assert!(report(ids[1], DeliveryReport::Bounced("خط مسدود است".to_owned())).is_some());
    assert_eq!(office.state(ids[0]), "delivered");
    assert_eq!(office.state(ids[1]), "bounced");
    assert_eq!(office.get(ids[1]).text("cause"), Some("خط مسدود است"));
    // Carriers repeat themselves.
    assert!(report(ids[0], DeliveryReport::Delivered).is_some());
    let unknown = office
        .session
        .report_delivery(Channel::Sms, "x", &DeliveryReport::Delivered);
    assert!(unknown.unwrap().is_none());
}

#[test]
fn what_came_in_cannot_be_changed_or_sent() {
    let office = Office::new();
    let id = office
        .session
        .receive_sms(sms("+989121234567", "g-1"))
        .unwrap()
        .id;
    for change in [json!({"body_text": "x"}), json!({"state": "queued"})] {
        assert!(office.session.update(id, change).is_err());
    }
    // But it can be linked by hand.
    let contact = office.contact(json!({}));
    office
        .session
        .update(id, json!({"contact": contact.to_string()}))
        .unwrap()
        .id()
        .unwrap();
}
