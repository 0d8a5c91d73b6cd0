//! Is only that queued which can be sent, to whom it may be sent?

use super::*;
use crate::error::ErrorKind;
use crate::timeline::EventKind;

#[test]
fn a_message_is_queued_with_all_that_it_needs() {
    let office = Office::new();
    let account = office.create("account", json!({"name": "فولاد پارس"}));
    let contact = office.contact(json!({"account": account.to_string()}));
    let draft = MessageDraft::new(Recipient::Record(contact), "صورتحساب", "سلام");
    let posted = office.post(draft);
    assert_eq!((posted.state, posted.cause), (MessageState::Queued, None));
    let message = office.get(posted.id);
    let text = |field: &str| message.text(field).unwrap_or_default();
    assert_eq!(text("channel"), "email");
    assert_eq!(text("to_address"), "maryam@example.org");
    assert_eq!(text("to_name"), "مریم رضایی");
    assert_eq!(text("from_address"), "crm@bimeh.example");
    assert_eq!(text("from_name"), "بیمه آینده");
    assert_eq!(text("message_id"), format!("{}@bimeh.example", posted.id));
    assert_eq!(text("delivery_key"), posted.id.to_string());
    let json = message.to_json();
    assert_eq!(json["contact"], contact.to_string());
    assert_eq!(json["account"], account.to_string());
    assert_eq!(json["next_attempt_at"], NOON);
}

#[test]
fn a_message_stands_on_the_timelines_of_what_it_is_about() {
    let office = Office::new();
    let account = office.create("account", json!({"name": "فولاد پارس"}));
    let contact = office.contact(json!({"account": account.to_string()}));
    let deal = office.create(
        "opportunity",
        json!({"name": "ورق", "account": account.to_string()}),
    );
    let draft = MessageDraft::new(Recipient::Record(contact), "پیشنهاد", "سلام").about(deal);
    let id = office.post(draft).id;
    office.engine.deliver(10).unwrap();
    for record in [account, contact, deal] {
        let events = office.session.timeline(record).unwrap();
        let last = events.last().unwrap();
        assert_eq!(
            (last.kind, last.record),
            (EventKind::Message, id),
            "{record}"
        );
        let state = last
            .changes
            .iter()
            .find(|(field, ..)| field == "state")
            .unwrap();
        assert_eq!(state.2.as_ref().unwrap().as_text(), Some("sent"));
        assert!(events.is_sorted_by_key(|event| event.position));
    }
    assert!(
        office
            .session
            .timeline(id)
            .unwrap()
            .iter()
            .all(|event| event.kind != EventKind::Message)
    );
}

#[test]
fn a_long_timeline_is_read_by_pages_that_together_are_all_of_it() {
    let office = Office::new();
    let contact = office.contact(json!({}));
    for number in 0..7 {
        let subject = format!("پیام {number}");
        let draft = MessageDraft::new(Recipient::Record(contact), &subject, "سلام");
        drop(office.post(draft));
        let change = json!({"job_title": format!("مدیر {number}")});
        drop(office.session.update(contact, change).unwrap());
    }
    let all = office.session.timeline(contact).unwrap();
    assert!(all.len() >= 15);
    for limit in [1, 2, 4, 100] {
        let (mut pages, mut before) = (Vec::new(), None);
        loop {
            let page = office
                .session
                .timeline_before(contact, before, limit)
                .unwrap();
            let Some(first) = page.first() else { break };
            before = Some(first.position);
            let torn = page.iter().filter(|event| event.position == first.position);
            assert!(page.len() < limit + torn.count(), "{limit}");
            pages.splice(0..0, page);
        }
        let told = |events: &[crate::Event]| -> Vec<String> {
            events.iter().map(|event| format!("{event:?}")).collect()
        };
        assert_eq!(told(&pages), told(&all), "{limit}");
    }
    assert!(
        office
            .session
            .timeline_before(contact, None, 0)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn what_waits_for_somebody_who_was_deleted_is_not_sent() {
    let office = Office::new();
    let contact = office.contact(json!({}));
    let draft = MessageDraft::new(Recipient::Record(contact), "یادآوری", "سلام");
    let id = office.post(draft).id;
    let _ = office.session.delete(contact).unwrap();
    assert_eq!(office.engine.deliver(10).unwrap().sent, 0);
    let message = office.get(id).to_json();
    assert_eq!(message["state"], "suppressed");
    assert!(message["cause"].as_str().unwrap().contains("was deleted"));
}

#[test]
fn an_address_that_is_none_is_refused_when_it_is_queued() {
    let office = Office::new();
    for (draft, field) in [
        (mail_to("maryam"), "to_address"),
        (mail_to("a@b"), "to_address"),
        (mail_to(""), "to_address"),
        (sms_to("sara@example.org"), "to_address"),
        (sms_to("12"), "to_address"),
    ] {
        let error = office.session.send(draft.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{draft:?}");
        assert_eq!(failures(&error)[0].0, field, "{draft:?}: {error}");
    }
    let nobody = office.create("contact", json!({"name": "علی"}));
    let error = office
        .session
        .send(MessageDraft::new(Recipient::Record(nobody), "", "سلام"))
        .unwrap_err();
    assert!(
        error.to_string().contains("no address for email or sms"),
        "{error}"
    );
    assert_eq!(
        office
            .session
            .count("message", &crate::Filter::everything())
            .unwrap(),
        0
    );
}

#[test]
fn a_line_break_cannot_become_a_header() {
    let office = Office::new();
    let attack = "سلام\r\nBcc: everybody@example.org";
    let mut by_name = mail_to("sara@example.org");
    by_name.to = Recipient::Address {
        address: "sara@example.org".to_owned(),
        name: attack.to_owned(),
    };
    let mut by_sender = mail_to("sara@example.org");
    by_sender.from = Some(("crm@example.org".to_owned(), attack.to_owned()));
    let mut by_subject = mail_to("sara@example.org");
    by_subject.content = MessageText::Ready {
        subject: attack.to_owned(),
        text: "سلام".to_owned(),
        html: String::new(),
    };
    let mut by_separator = by_subject.clone();
    by_separator.content = MessageText::Ready {
        subject: "سلام\u{2028}\u{b}Bcc: x".to_owned(),
        text: "سلام".to_owned(),
        html: String::new(),
    };
    let by_address = mail_to("sara@example.org\r\nRCPT TO:<x@example.org>");
    for (draft, field) in [
        (by_name, "to_name"),
        (by_sender, "from_name"),
        (by_subject, "subject"),
        (by_separator, "subject"),
        (by_address, "to_address"),
    ] {
        let error = office.session.send(draft).unwrap_err();
        assert_eq!(failures(&error)[0].0, field, "{error}");
    }
}

#[test]
fn national_numbers_and_persian_digits_become_international() {
    let office = Office::new();
    for text in ["09121234567", "۰۹۱۲-۱۲۳۴۵۶۷", "+989121234567"] {
        let id = office.post(sms_to(text)).id;
        assert_eq!(
            office.get(id).text("to_address"),
            Some("+989121234567"),
            "{text}"
        );
    }
    let contact = office.contact(json!({"email": null}));
    let id = office
        .post(MessageDraft::new(Recipient::Record(contact), "", "سلام"))
        .id;
    assert_eq!(office.get(id).text("to_address"), Some("+989121234567"));
}

#[test]
fn an_sms_knows_its_parts_and_too_many_are_refused() {
    let office = Office::new();
    let of = |length: usize| {
        MessageDraft::new(address("09121234567"), "", &"ب".repeat(length)).by(Channel::Sms)
    };
    let id = office.post(of(71)).id;
    assert_eq!(office.get(id).to_json()["segments"], 2);
    let error = office.session.send(of(6 * 67 + 1)).unwrap_err();
    assert_eq!(failures(&error), [("body_text", "too-long")]);
}

#[test]
fn the_preferred_channel_goes_first_and_another_is_found() {
    let office = Office::new();
    let channel = |fields: Json| {
        let contact = office.contact(fields);
        let id = office
            .post(MessageDraft::new(Recipient::Record(contact), "", "سلام"))
            .id;
        office.get(id).text("channel").unwrap().to_owned()
    };
    assert_eq!(channel(json!({})), "email");
    assert_eq!(
        channel(json!({"preferred_channel": "mobile", "email": "a1@example.org"})),
        "sms"
    );
    assert_eq!(
        channel(json!({"preferred_channel": "visit", "email": "a2@example.org"})),
        "email"
    );
    let unwanted = json!({"preferred_channel": "mobile", "opt_out": ["sms"], "email": "a3@example.org", "mobile": "09351112233"});
    assert_eq!(channel(unwanted), "email");
}

#[test]
fn under_one_key_one_message_is_queued() {
    let office = Office::new();
    let draft = || mail_to("sara@example.org").once("قسط ۱۲ از قرارداد ۷");
    let first = office.post(draft());
    let second = office.post(draft());
    assert_eq!((first.before, second.before), (false, true));
    assert_eq!(first.id, second.id);
    assert_eq!(office.engine.deliver(10).unwrap().sent, 1);
}

#[test]
fn a_record_that_is_saved_as_queued_is_judged_like_one_that_is_sent() {
    let office = Office::new();
    let queued = |to: &str| json!({"channel": "sms", "to_address": to, "body_text": "سلام", "state": "queued"});
    let error = office
        .session
        .create("message", queued("nobody"))
        .unwrap_err();
    assert_eq!(failures(&error), [("to_address", "address")]);
    let id = office.create("message", queued("09121234567"));
    assert_eq!(office.engine.deliver(10).unwrap().sent, 1);
    assert_eq!(office.state(id), "sent");
    // A draft and what was imported go nowhere.
    for state in ["draft", "sent", "failed"] {
        let mut fields = queued("09121234567");
        fields["state"] = json!(state);
        office.create("message", fields);
    }
    assert_eq!(office.engine.deliver(10).unwrap().sent, 0);
}

#[test]
fn what_was_sent_stays_as_it_was_and_only_the_outbox_sends() {
    let office = Office::new();
    let id = office.post(mail_to("sara@example.org")).id;
    let refused = |change: Json| {
        let error = office.session.update(id, change).unwrap_err();
        failures(&error)[0].1.to_owned()
    };
    assert_eq!(refused(json!({"state": "sending"})), "being-sent");
    assert_eq!(refused(json!({"attempts": 3})), "read-only");
    assert_eq!(refused(json!({"state": "received"})), "direction");
    office.engine.deliver(10).unwrap();
    assert_eq!(refused(json!({"body_text": "چیز دیگر"})), "was-sent");
    assert_eq!(refused(json!({"state": "queued"})), "was-sent");
    // A queued one can be taken back.
    let id = office.post(mail_to("sara@example.org")).id;
    office
        .session
        .update(id, json!({"state": "draft"}))
        .unwrap()
        .id()
        .unwrap();
    assert_eq!(office.engine.deliver(10).unwrap().sent, 0);
    assert_eq!(office.get(id).get("next_attempt_at"), None);
}

#[cfg(feature = "template")]
#[test]
fn a_template_gives_the_words_in_the_recipients_language_or_the_one_asked_for() {
    let office = Office::new();
    office.create(
        "template",
        json!({
            "key": "installment-due", "name": "Installment", "kind": "message", "object": "contact", "format": "text",
            "texts": {
                "fa": {"subject": "یادآوری", "body": "{{ record.name }} گرامی، قسط شما فردا سررسید می‌شود."},
                "en": {"subject": "Reminder", "body": "Dear {{ record.name }}"},
            },
        }),
    );
    // The contact says nothing of its own: it reads what its account reads.
    let account = office.create("account", json!({"name": "فولاد پارس", "language": "fa"}));
    let contact = office.contact(json!({"account": account.to_string()}));
    let content = MessageText::Template {
        template: "installment-due".to_owned(),
        record: contact,
    };
    let mut draft = MessageDraft::of(Recipient::Record(contact), content);
    let message = office.get(office.post(draft.clone()).id).to_json();
    assert_eq!(message["template"], "installment-due");
    assert_eq!(message["template_version"], 1);
    assert_eq!(message["language"], "fa");
    assert_eq!(message["subject"], "یادآوری");
    let body = message["body_text"].as_str().unwrap();
    assert!(
        body.contains("مریم رضایی") && body.contains("گرامی"),
        "{body}"
    );
    draft.language = Some(crate::Locale::En);
    let message = office.get(office.post(draft).id).to_json();
    assert_eq!(
        (&message["language"], &message["subject"]),
        (&json!("en"), &json!("Reminder"))
    );
}

#[test]
fn a_template_that_is_not_there_is_named() {
    let office = Office::new();
    let contact = office.contact(json!({}));
    let content = MessageText::Template {
        template: "installment-due".to_owned(),
        record: contact,
    };
    let draft = MessageDraft::of(Recipient::Record(contact), content);
    let refused = office.session.send(draft).unwrap_err().to_string();
    assert!(refused.contains("installment-due"), "{refused}");
}

#[test]
fn a_message_in_the_program_is_delivered_when_it_is_written() {
    let office = Office::new();
    let draft = MessageDraft::new(address("sara"), "کار تازه", "سلام").by(Channel::InApp);
    assert_eq!(office.post(draft).state, MessageState::Delivered);
}

#[test]
fn a_mail_carries_the_files_that_it_names_as_they_were_when_it_was_queued() {
    let office = Office::new();
    let put = |text: &str| {
        let file = office
            .session
            .put_file("پیشنهاد.txt", None, &mut text.as_bytes());
        file.unwrap()
    };
    let document = office.session.add_document(&put("نسخه یک"), json!({}), &[]);
    let document = document.unwrap().id().unwrap();
    let id = office
        .post(mail_to("sara@example.org").carrying(document))
        .id;
    drop(
        office
            .session
            .add_version(document, &put("نسخه دو"), None)
            .unwrap(),
    );
    let lost = office
        .post(mail_to("sara@example.org").carrying(document))
        .id;
    office.engine.deliver(1).unwrap();
    let taken = office.mail.taken();
    let file = &taken[0].files[0];
    assert_eq!(
        (file.name.as_str(), file.bytes.as_slice()),
        ("پیشنهاد.txt", "نسخه یک".as_bytes())
    );
    assert_eq!(office.state(id), "sent");
    let changed = office.session.update(id, json!({"attachments": null}));
    assert_eq!(
        failures(&changed.unwrap_err()),
        [("attachments", "was-sent")]
    );
    // What is not there any longer is not sent without it.
    drop(office.session.delete(document).unwrap());
    assert_eq!(office.engine.deliver(1).unwrap().failed, 1);
    let cause = office.get(lost).text("cause").unwrap().to_owned();
    assert!(cause.contains("cannot be sent"), "{cause}");
}

#[test]
fn files_that_no_message_carries_are_refused() {
    let mut small = rules();
    small.largest_mail = 100;
    let office = Office::of(Engine::in_memory(), Postbox::accepting(), small);
    let text = "س".repeat(50);
    let file = office
        .session
        .put_file("a.txt", None, &mut text.as_bytes())
        .unwrap();
    let document = office.session.add_document(&file, json!({}), &[]);
    let document = document.unwrap().id().unwrap();
    let refused = |draft: MessageDraft| office.session.send(draft).unwrap_err().to_string();
    let large = refused(mail_to("sara@example.org").carrying(document));
    assert!(large.contains("more than the 75"), "{large}");
    let sms = refused(sms_to("09121234567").carrying(document));
    assert!(sms.contains("carries no files"), "{sms}");
    let contact = office.contact(json!({}));
    let none = refused(mail_to("sara@example.org").carrying(contact));
    assert!(none.contains("without a file"), "{none}");
}

#[test]
fn a_formatted_template_has_a_text_beside_it() {
    let office = Office::new();
    office.create(
        "template",
        json!({
            "key": "offer", "name": "Offer", "kind": "message", "object": "contact", "format": "html",
            "texts": {"fa": {"subject": "پیشنهاد", "body": "<h1>پیشنهاد</h1><p>{{ record.name }} گرامی،<br>سلام</p>"}},
        }),
    );
    let contact = office.contact(json!({}));
    let content = MessageText::Template {
        template: "offer".to_owned(),
        record: contact,
    };
    let posted = office.post(MessageDraft::of(Recipient::Record(contact), content));
    let message = office.get(posted.id);
    assert!(message.text("body_html").unwrap().contains("<h1>"));
    let text = message.text("body_text").unwrap();
    assert!(
        text.starts_with("پیشنهاد\n") && text.ends_with("سلام"),
        "{text}"
    );
    assert!(text.contains("مریم رضایی") && !text.contains('<'), "{text}");
}
