//! Does everything that is due go out once, whatever happens on the way?

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::query::{Filter, Query};
use crate::testing::{Call, Fault, Faults};
use crate::write::{Group, Request};

fn states(office: &Office) -> BTreeMap<String, usize> {
    let mut states = BTreeMap::new();
    let query = Query::new("message").limit(1000);
    for message in office.session.query(&query).unwrap().records {
        *states
            .entry(message.text("state").unwrap().to_owned())
            .or_default() += 1;
    }
    states
}

fn all(state: &str, count: usize) -> BTreeMap<String, usize> {
    [(state.to_owned(), count)].into()
}

fn keys(postbox: &Postbox) -> BTreeMap<String, usize> {
    let mut keys = BTreeMap::new();
    for message in postbox.taken() {
        *keys.entry(message.key).or_default() += 1;
    }
    keys
}

#[test]
fn messages_go_out_in_the_order_in_which_they_are_due() {
    let office = Office::new();
    let ids = office.queue_mails(7);
    office.later(1);
    let late = office.post(mail_to("late@example.org")).id;
    let told = office.engine.deliver(5).unwrap();
    assert_eq!((told.sent, told.more), (5, true));
    let told = office.engine.deliver(100).unwrap();
    assert_eq!((told.sent, told.more), (3, false));
    let sent: Vec<RecordId> = office
        .mail
        .taken()
        .iter()
        .map(|message| message.id)
        .collect();
    assert_eq!(sent, [ids, vec![late]].concat());
    let first = &office.mail.taken()[0];
    assert_eq!(first.subject, "یادآوری قسط");
    assert_eq!((first.to_name.as_str(), first.attempt), ("سارا احمدی", 1));
    assert_eq!(
        office
            .get(late)
            .text("provider_id")
            .map(|id| id.ends_with("-8")),
        Some(true)
    );
}

#[test]
fn a_temporary_failure_is_tried_again_later_and_later_and_then_given_up() {
    let office = Office::with(Postbox::refusing(
        SendErrorKind::Temporary,
        "452 full\r\nmailbox",
    ));
    let id = office.post(mail_to("sara@example.org")).id;
    let mut waits = Vec::new();
    for attempt in 1..=8 {
        let told = office.engine.deliver(10).unwrap();
        assert_eq!(told.postponed + told.failed, 1, "attempt {attempt}");
        let message = office.get(id);
        assert_eq!(message.to_json()["attempts"], attempt);
        assert_eq!(office.engine.deliver(10).unwrap().postponed, 0, "it waits");
        if let Some(crate::Value::Instant(next)) = message.get("next_attempt_at") {
            use crate::context::Clock as _;
            waits.push((*next - office.clock.now()).num_seconds());
            assert_eq!(message.text("cause"), Some("452 full  mailbox"));
            office.clock.set(*next);
        }
    }
    assert_eq!(waits.len(), 7);
    assert!(
        waits.windows(2).take(4).all(|pair| pair[1] > 2 * pair[0]),
        "{waits:?}"
    );
    let message = office.get(id);
    assert_eq!(message.text("state"), Some("failed"));
    assert_eq!(
        message.text("cause"),
        Some("given up after 8 attempts: 452 full  mailbox")
    );
    // Somebody has it tried again, under another key.
    let key = message.text("delivery_key").unwrap().to_owned();
    office.session.retry_message(id).unwrap();
    let message = office.get(id);
    assert_eq!(message.to_json()["attempts"], 0);
    assert_ne!(message.text("delivery_key"), Some(key.as_str()));
    assert!(
        office.session.retry_message(id).is_err(),
        "it is queued already"
    );
}

#[test]
fn a_permanent_failure_is_not_tried_again() {
    let office = Office::new();
    let ids = office.queue_mails(2);
    office
        .mail
        .refuse_next(SendErrorKind::Permanent, "550 no such user");
    let told = office.engine.deliver(10).unwrap();
    assert_eq!((told.sent, told.failed), (1, 1));
    assert_eq!(office.get(ids[0]).text("cause"), Some("550 no such user"));
    assert_eq!(office.state(ids[1]), "sent");
    office.later(60 * 24);
    assert_eq!(office.engine.deliver(10).unwrap(), Deliveries::default());
}

#[test]
fn a_server_that_is_away_costs_one_attempt_of_one_message() {
    let office = Office::new();
    let ids = office.queue_mails(20);
    office
        .mail
        .refuse_next(SendErrorKind::Unavailable, "connection refused");
    let told = office.engine.deliver(100).unwrap();
    assert_eq!((told.sent, told.postponed), (0, 1));
    assert_eq!(states(&office), all("queued", 20));
    let attempts = |id| office.get(id).to_json()["attempts"].clone();
    assert_eq!((attempts(ids[0]), attempts(ids[1])), (json!(1), json!(0)));
    // The others do not wait for it.
    assert_eq!(office.engine.deliver(100).unwrap().sent, 19);
}

#[test]
fn a_server_that_hangs_is_asked_before_it_is_tried_again() {
    let clock = Arc::new(FixedClock::at(at(NOON)));
    let waiting = clock.clone();
    let hanging = Postbox::hanging(move || waiting.set(at("2026-03-25T08:30:30Z")));
    let office = Office::with(hanging);
    let id = office.post(mail_to("sara@example.org")).id;
    assert_eq!(office.engine.deliver(10).unwrap().postponed, 1);
    assert_eq!(office.get(id).text("cause"), Some("no answer in time"));
    // Whether it is to be tried again at all depends on whether the carrier can tell.
    assert_eq!(office.mail.asked(), [id.to_string()]);
    office.later(2);
    assert_eq!(office.engine.deliver(10).unwrap().postponed, 1);
    let asked = office.mail.asked();
    assert_eq!(asked, [id.to_string(), id.to_string(), id.to_string()]);
}

#[test]
fn what_was_taken_while_the_answer_was_lost_is_not_sent_twice() {
    let office = Office::with(Postbox::losing_answers());
    office.queue_mails(30);
    assert_eq!(office.engine.deliver(100).unwrap().postponed, 30);
    office.later(2);
    let told = office.engine.deliver(100).unwrap();
    assert_eq!((told.sent, told.recovered), (30, 30));
    assert_eq!(states(&office), all("sent", 30));
    assert_eq!(office.mail.taken().len(), 30);
}

#[test]
fn what_nobody_will_ever_know_of_has_failed_and_is_not_sent_again() {
    let office = Office::with(Postbox::losing_answers().forgetful());
    office.queue_mails(3);
    assert_eq!(office.engine.deliver(100).unwrap().failed, 3);
    office.later(24 * 60);
    assert_eq!(office.engine.deliver(100).unwrap().sent, 0);
    assert_eq!(states(&office), all("failed", 3));
    assert_eq!(office.mail.taken().len(), 3);
}

#[test]
fn a_kill_on_the_way_loses_nothing_and_sends_nothing_twice() {
    for taken in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let office = Office::on(dir.path(), Postbox::accepting().with_window(50));
        office.queue_mails(200);
        office.mail.die_after(120, taken);
        let mail = office.mail.clone();
        let killed = catch_unwind(AssertUnwindSafe(|| office.engine.deliver(1000)));
        assert!(killed.is_err());
        drop(office);

        let office = Office::on(dir.path(), Postbox::accepting());
        assert_eq!(states(&office)["sending"], 50);
        drop(office);
        // The new process talks to the same carrier.
        let office = reopened(dir.path(), mail.clone());
        let told = office.deliver(1000).unwrap();
        let count = 120 + usize::from(taken);
        // Two windows were written down; of the third the carrier knows.
        assert_eq!(told.recovered, count - 100);
        assert_eq!(told.sent, 100);
        let keys = keys(&mail);
        assert_eq!(keys.len(), 200);
        assert!(keys.values().all(|times| *times == 1), "{keys:?}");
    }
}

fn reopened(dir: &Path, mail: Arc<Postbox>) -> Engine {
    Engine::builder(dir)
        .clock(Arc::new(FixedClock::at(at(NOON))))
        .ids(Arc::new(SeededIds::new(8)))
        .transport(Channel::Email, mail)
        .message_rules(rules())
        .open()
        .unwrap()
}

#[test]
fn a_carrier_that_forgets_gets_no_more_twice_than_its_window() {
    for window in [1, 4] {
        let dir = tempfile::tempdir().unwrap();
        let mail = Postbox::accepting().forgetful().with_window(window);
        let office = Office::on(dir.path(), mail);
        office.queue_mails(20);
        office.mail.die_after(11, true);
        let mail = office.mail.clone();
        assert!(catch_unwind(AssertUnwindSafe(|| office.engine.deliver(1000))).is_err());
        drop(office);
        let office = reopened(dir.path(), mail.clone());
        office.deliver(1000).unwrap();
        let keys = keys(&mail);
        let twice = keys.values().filter(|times| **times == 2).count();
        assert_eq!((keys.len(), twice), (20, window));
    }
}

#[test]
fn a_disk_that_fails_after_the_hand_over_is_made_good_at_the_next_open() {
    // A commit that failed may be there after all when only its flush failed.
    for (call, known) in [(Call::Write, 0), (Call::Sync, 5)] {
        let dir = tempfile::tempdir().unwrap();
        let faults = Faults::new();
        // What is done in the background is not to meet the fault.
        let builder = Engine::builder(dir.path()).background(false);
        let builder = builder.faults(&faults);
        let office = Office::of(builder, Postbox::accepting().with_window(5), rules());
        office.queue_mails(10);
        let mail = office.mail.clone();
        // The second commit of the delivery says what became of the first window.
        faults.fail(call, 1, Fault::Io);
        assert!(office.engine.deliver(100).is_err());
        assert_eq!(mail.taken().len(), 5);
        drop(office);
        let office = reopened(dir.path(), mail.clone());
        let told = office.deliver(100).unwrap();
        assert_eq!(
            (told.sent, told.recovered),
            (10 - known, 5 - known),
            "{call:?}"
        );
        assert_eq!((keys(&mail).len(), mail.taken().len()), (10, 10));
    }
}

#[test]
fn a_message_that_is_changed_on_its_way_out_is_not_sent() {
    let office = Office::new();
    let ids = office.queue_mails(3);
    office.session.delete(ids[1]).unwrap().id().unwrap();
    let told = office.engine.deliver(10).unwrap();
    assert_eq!(told.sent, 2);
    assert!(
        office
            .mail
            .taken()
            .iter()
            .all(|message| message.id != ids[1])
    );
    // Out of the bin it is due again.
    office.session.restore(ids[1]).unwrap().id().unwrap();
    assert_eq!(office.engine.deliver(10).unwrap().sent, 1);
}

#[test]
fn a_channel_without_a_transport_keeps_its_messages() {
    let office = Office::new();
    let letter = MessageDraft::new(address("تهران، خیابان آزادی ۱۲"), "قرارداد", "سلام");
    let id = office.post(letter.by(Channel::Letter)).id;
    let told = office.engine.deliver(10).unwrap();
    assert_eq!(told.without_transport, [(Channel::Letter, 1)].into());
    assert_eq!(told.sent + told.postponed, 0);
    assert_eq!(office.state(id), "queued");
    // Somebody took it to the post office.
    office
        .session
        .update(id, json!({"state": "sent"}))
        .unwrap()
        .id()
        .unwrap();
    assert_eq!(office.get(id).get("next_attempt_at"), None);
}

#[test]
fn many_messages_need_few_commits() {
    let office = Office::new();
    office.queue_mails(1_000);
    let before = office.engine.position().get();
    assert_eq!(office.engine.deliver(1_000).unwrap().sent, 1_000);
    // Marks of the first window, its outcomes with the marks of the second, and the outcomes of that.
    assert_eq!(office.engine.position().get() - before, 3);
    let filter = Filter::eq("state", "sent");
    assert_eq!(office.session.count("message", &filter).unwrap(), 1_000);
    assert!(office.engine.check().unwrap().problems.is_empty());
}

#[test]
fn a_message_back_from_the_bin_that_was_being_sent_has_failed() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::on(dir.path(), Postbox::accepting());
    let id = office.post(mail_to("sara@example.org")).id;
    office.mail.die_after(0, false);
    assert!(catch_unwind(AssertUnwindSafe(|| office.engine.deliver(10))).is_err());
    assert_eq!(office.state(id), "sending");
    office.session.delete(id).unwrap().id().unwrap();
    let restored = office.session.commit([Request::Restore { id }]).unwrap();
    assert_eq!(restored.id().unwrap(), id);
    assert_eq!(office.state(id), "failed");
}

/// Does something while a message is handed over.
struct Meanwhile {
    mail: Arc<Postbox>,
    work: Box<dyn Fn(&Outgoing) + Send + Sync>,
}

impl Transport for Meanwhile {
    fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        (self.work)(message);
        self.mail.send(message)
    }

    fn window(&self) -> usize {
        self.mail.window()
    }
}

/// An engine whose carrier does something, which may need the engine itself.
fn with_work(
    builder: EngineBuilder,
    work: impl Fn(&Engine, &FixedClock, &Outgoing) + Send + Sync + 'static,
) -> (Engine, Arc<Postbox>, Arc<FixedClock>) {
    let slot: Arc<std::sync::OnceLock<Engine>> = Arc::default();
    let clock = Arc::new(FixedClock::at(at(NOON)));
    let mail = Arc::new(Postbox::accepting());
    let (known, time) = (slot.clone(), clock.clone());
    let meanwhile = Meanwhile {
        mail: mail.clone(),
        work: Box::new(move |message| work(known.get().unwrap(), &time, message)),
    };
    let engine = builder
        .clock(clock.clone())
        .ids(Arc::new(SeededIds::new(7)))
        .transport(Channel::Email, Arc::new(meanwhile))
        .message_rules(rules())
        .open()
        .unwrap();
    assert!(slot.set(engine.clone()).is_ok());
    (engine, mail, clock)
}

#[test]
fn a_report_that_comes_before_the_outcome_stays_and_the_carriers_id_is_kept() {
    let (engine, ..) = with_work(Engine::in_memory(), |engine, _, message| {
        let change = json!({"state": "bounced", "cause": "550", "sending_since": null});
        let group = Group::kept(Request::update(message.id, change));
        let report = engine.write(&engine.session().context, &[group], None, 0);
        assert!(report.unwrap().groups[0].is_ok());
    });
    let id = engine
        .session()
        .send(mail_to("sara@example.org"))
        .unwrap()
        .id;
    engine.deliver(10).unwrap();
    let message = engine.session().get(id).unwrap();
    assert_eq!(message.text("state"), Some("bounced"));
    assert_eq!(message.text("cause"), Some("550"));
    assert!(message.text("provider_id").is_some());
}

#[test]
fn a_change_that_crosses_the_outcome_does_not_lose_it() {
    let (engine, mail, _) = with_work(Engine::in_memory(), |engine, _, message| {
        let user = json!({"purpose": "required"});
        drop(engine.session().update(message.id, user).unwrap());
    });
    let id = engine
        .session()
        .send(mail_to("sara@example.org"))
        .unwrap()
        .id;
    assert_eq!(engine.deliver(10).unwrap().warnings, Vec::<String>::new());
    assert_eq!(
        engine.session().get(id).unwrap().text("state"),
        Some("sent")
    );
    assert_eq!(engine.deliver(10).unwrap().sent, 0);
    assert_eq!(mail.taken().len(), 1);
}

#[test]
fn what_is_not_handed_over_before_another_process_may_take_it_is_put_back() {
    use crate::context::Clock as _;
    let (engine, mail, _) = with_work(Engine::in_memory().shared(), |_, clock, _| {
        clock.set(clock.now() + chrono::TimeDelta::minutes(3));
    });
    let drafts = (0..10).map(|one| mail_to(&format!("n{one}@example.org")));
    drop(engine.session().send_all(drafts).unwrap());
    let told = engine.deliver(10).unwrap();
    // The window of ten took longer than others would wait.
    assert_eq!(told.sent, 3);
    let queued = Filter::eq("state", "queued");
    assert_eq!(engine.session().count("message", &queued).unwrap(), 7);
    while engine.deliver(10).unwrap().sent > 0 {}
    assert_eq!((keys(&mail).len(), mail.taken().len()), (10, 10));
}

#[test]
fn a_message_during_which_the_program_ends_each_time_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::on(dir.path(), Postbox::accepting());
    let id = office.post(mail_to("sara@example.org")).id;
    drop(office);
    for attempt in 1..=8 {
        let office = Office::on(dir.path(), Postbox::accepting());
        assert_eq!(
            office.state(id),
            if attempt == 1 { "queued" } else { "sending" }
        );
        office.mail.die_after(0, false);
        assert!(catch_unwind(AssertUnwindSafe(|| office.engine.deliver(10))).is_err());
        drop(office);
    }
    let office = Office::on(dir.path(), Postbox::accepting());
    let told = office.engine.deliver(10).unwrap();
    assert_eq!((told.sent, told.failed), (0, 1));
    let cause = office.get(id).text("cause").unwrap().to_owned();
    assert!(cause.starts_with("given up after 8 attempts"), "{cause}");
}
