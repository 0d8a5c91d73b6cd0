//! Does a message go out only to who wants it, and when he wants it?

use super::*;

#[test]
fn who_opted_out_gets_nothing_and_the_message_says_why() {
    let office = Office::new();
    let contact = office.contact(
        json!({"opt_out": ["email", "sms"], "consent_on": "2026-01-05", "consent_source": "تلفن"}),
    );
    let by = |channel| MessageDraft::new(Recipient::Record(contact), "قسط", "سلام").by(channel);
    for channel in [Channel::Email, Channel::Sms] {
        let posted = office.post(by(channel));
        assert_eq!(posted.state, MessageState::Suppressed);
        let cause = posted.cause.unwrap();
        assert!(
            cause.contains(&format!("does not want {channel}, said on 2026-01-05")),
            "{cause}"
        );
    }
    // Nor by an address that is his.
    assert_eq!(
        office.post(mail_to("MARYAM@example.org")).state,
        MessageState::Suppressed
    );
    assert_eq!(
        office.post(sms_to("+98 912 123 4567")).state,
        MessageState::Suppressed
    );
    // What must arrive does.
    let required = office.post(by(Channel::Sms).purpose(Purpose::Required));
    assert_eq!(required.state, MessageState::Queued);
    assert_eq!(office.engine.deliver(10).unwrap().sent, 1);
}

#[test]
fn who_opts_out_while_a_message_waits_does_not_get_it() {
    let office = Office::new();
    let contact = office.contact(json!({}));
    let id = office
        .post(MessageDraft::new(Recipient::Record(contact), "قسط", "سلام"))
        .id;
    office
        .session
        .update(contact, json!({"opt_out": ["email"]}))
        .unwrap()
        .id()
        .unwrap();
    let told = office.engine.deliver(10).unwrap();
    assert_eq!((told.sent, told.suppressed), (0, 1));
    assert_eq!(office.state(id), "suppressed");
    assert!(office.mail.taken().is_empty());
    // When he changes his mind it can be queued again.
    office
        .session
        .update(contact, json!({"opt_out": null}))
        .unwrap()
        .id()
        .unwrap();
    assert_eq!(
        office.session.retry_message(id).unwrap().state,
        MessageState::Queued
    );
    assert_eq!(office.engine.deliver(10).unwrap().sent, 1);
}

#[test]
fn marketing_goes_only_to_who_agreed() {
    let office = Office::new();
    let contact = office.contact(json!({}));
    let draft = || {
        MessageDraft::new(Recipient::Record(contact), "تخفیف", "سلام").purpose(Purpose::Marketing)
    };
    assert_eq!(office.post(draft()).state, MessageState::Suppressed);
    office
        .session
        .update(contact, json!({"consent": ["email"]}))
        .unwrap()
        .id()
        .unwrap();
    assert_eq!(office.post(draft()).state, MessageState::Queued);
}

#[test]
fn quiet_hours_are_those_of_the_recipient() {
    let mut rules = rules();
    let time = |text: &str| text.parse().unwrap();
    rules.quiet_hours = Some(QuietHours::new(time("21:00:00"), time("08:00:00")));
    let office = Office::of(Engine::in_memory(), Postbox::accepting(), rules);
    // Eleven in the evening in Tehran, half past eight in Berlin.
    office.clock.set(at("2026-03-25T19:30:00Z"));
    let here = office.contact(json!({"preferred_channel": "mobile"}));
    let there = office.contact(json!({"preferred_channel": "mobile", "email": "b@example.org", "mobile": "+491701234567", "utc_offset_minutes": 60}));
    let post = |contact| office.post(MessageDraft::new(Recipient::Record(contact), "", "سلام"));
    let (waits, goes) = (post(here), post(there));
    assert_eq!(waits.cause.as_deref(), Some("quiet hours until 08:00:00"));
    assert_eq!(goes.cause, None);
    assert_eq!(office.engine.deliver(10).unwrap().sent, 1);
    assert_eq!(office.sms.taken()[0].to_address, "+491701234567");
    office.clock.set(at("2026-03-26T04:29:59Z"));
    assert_eq!(office.engine.deliver(10).unwrap().sent, 0);
    office.clock.set(at("2026-03-26T04:30:00Z"));
    assert_eq!(office.engine.deliver(10).unwrap().sent, 1);
    assert_eq!(office.state(waits.id), "sent");
}

#[test]
fn a_message_waits_for_its_time_and_not_beyond_it() {
    let office = Office::new();
    let mut draft = mail_to("sara@example.org");
    draft.send_after = Some(at("2026-03-25T10:00:00Z"));
    draft.expires_at = Some(at("2026-03-25T11:00:00Z"));
    let in_time = office.post(draft.clone()).id;
    assert_eq!(office.engine.deliver(10).unwrap().sent, 0);
    office.clock.set(at("2026-03-25T10:00:00Z"));
    assert_eq!(office.engine.deliver(10).unwrap().sent, 1);
    assert_eq!(office.state(in_time), "sent");
    office.clock.set(at(NOON));
    let too_late = office.post(draft).id;
    office.clock.set(at("2026-03-25T11:00:00Z"));
    assert_eq!(office.engine.deliver(10).unwrap().suppressed, 1);
    assert_eq!(office.state(too_late), "suppressed");
}

#[test]
fn who_opted_out_is_not_written_to_by_another_record_with_his_address_and_by_no_other() {
    let office = Office::new();
    let account =
        |name: &str, email: &str| office.create("account", json!({"name": name, "email": email}));
    let (shared, own) = (
        account("فولاد پارس", "maryam@example.org"),
        account("بیمه آینده", "info@bimeh.example"),
    );
    let fields = json!({"opt_out": ["email"], "account": own.to_string()});
    let contact = office.contact(fields);
    let to = |id: RecordId| MessageDraft::new(Recipient::Record(id), "", "سلام").by(Channel::Email);
    assert_eq!(office.post(to(shared)).state, MessageState::Suppressed);
    // The firm's own address is not hers, unless the message is for her.
    assert_eq!(office.post(to(own)).state, MessageState::Queued);
    let for_her = mail_to("info@bimeh.example").about(contact);
    assert_eq!(office.post(for_her).state, MessageState::Suppressed);
}

#[cfg(feature = "template")]
#[test]
fn quiet_hours_are_by_their_own_clock_where_the_recipients_is_not_known() {
    let time = |text: &str| text.parse::<chrono::NaiveTime>().unwrap();
    let zone = |hours: i32| FixedOffset::east_opt(hours * 3600).unwrap();
    // It is noon in Tehran, half past eight in London and half past five in the evening in Tokyo.
    for (offset, waits) in [(0, false), (9, true)] {
        let mut quiet = rules();
        let hours = QuietHours::new(time("17:00:00"), time("08:00:00"));
        quiet.quiet_hours = Some(hours.in_zone(zone(offset)));
        let office = Office::of(Engine::in_memory(), Postbox::accepting(), quiet);
        let posted = office.post(sms_to("09121234567"));
        assert_eq!(posted.cause.is_some(), waits, "{posted:?}");
    }
}
