//! Who hears that the contract is ready, who does not and why, and what comes back?

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{NaiveTime, TimeDelta};
use peyvand::locale::without_marks;
use peyvand::{
    Accepted, Actor, CallingCode, Channel, Clock, DeliveryReport, EngineBuilder, EventKind,
    MessageDraft, MessageRules, MessageText, NoticeState, Outgoing, Posted, QuietHours, Recipient,
    RecordId, Request, SendError, Sender, Transport, Value, plain_text,
};
use serde_json::{Value as Json, json};

use super::DemoError;
use super::case::Case;
use super::layout::{cut, heading, plural};
use super::year::on_the_wall;

/// From which our mails come.
pub(super) const OUR_ADDRESS: &str = "sales@arvand.example";

/// The templates' keys.
const MAIL: &str = "contract-ready";
const SMS: &str = "contract-ready-sms";

/// A mail server and an SMS gateway of this program's own: they take everything, and nothing leaves the machine.
#[derive(Default)]
pub(super) struct Carrier {
    /// By channel and the carrier's id: what was taken and not yet reported as arrived.
    taken: Mutex<Vec<(Channel, String)>>,
}

impl Carrier {
    fn taken(&self) -> MutexGuard<'_, Vec<(Channel, String)>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Carrier {
    fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let id = format!("simulated-{}", message.key);
        self.taken().push((message.channel, id.clone()));
        Ok(Accepted::with_id(id))
    }
}

/// Gives the demo's engine its carrier and the rules of the house.
pub(super) fn rules(builder: EngineBuilder, carrier: &Arc<Carrier>) -> EngineBuilder {
    let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    let mut rules = MessageRules::default();
    rules.calling_code = Some(CallingCode::new("98", "0"));
    rules.quiet_hours = Some(QuietHours::new(hour(21), hour(8)));
    let sender = |address: &str| Sender::new(address, "گروه اروند");
    rules.senders.insert(Channel::Email, sender(OUR_ADDRESS));
    rules.senders.insert(Channel::Sms, sender("+98210014040"));
    builder
        .transport(Channel::Email, carrier.clone())
        .transport(Channel::Sms, carrier.clone())
        .message_rules(rules)
}

/// What the mail says, in three languages.
pub(crate) fn mail_template() -> Json {
    let text = |subject: &str, body: &str| json!({"subject": subject, "body": body});
    json!({
        "key": MAIL, "name": "قرارداد آماده است / Contract ready", "kind": "message", "object": "contact",
        "format": "html",
        "texts": {
            "fa": text("قرارداد با {{ record.account.name }} آمادهٔ امضاست", include_str!("letters/contract-ready.fa.html")),
            "en": text("The contract with {{ record.account.name }} is ready", include_str!("letters/contract-ready.en.html")),
            "ar": text("العقد مع {{ record.account.name }} جاهز للتوقيع", include_str!("letters/contract-ready.ar.html")),
        },
    })
}

fn sms_template() -> Json {
    json!({
        "key": SMS, "name": "پیامک قرارداد / Contract SMS", "kind": "message", "object": "contact",
        "format": "text", "isolates": false,
        "texts": {
            "en": {"body": "Arvand: the contract with {{ record.account.name }} is ready to be signed."},
            "ar": {"body": "مجموعة أروند: العقد مع {{ record.account.name }} جاهز للتوقيع."},
            "fa": {"body": "گروه اروند: قرارداد با {{ record.account.name }} آمادهٔ امضاست."},
        },
    })
}

/// Three people of the customer, who want to be reached in three ways.
struct People {
    buyer: RecordId,
    accountant: RecordId,
    director: RecordId,
}

/// Minutes from UTC, in summer.
const TORONTO: i64 = -240;

/// What was queued for them.
struct Letters {
    buyer: Posted,
    accountant: Posted,
    director: Posted,
}

pub(super) fn print(
    case: &Case<'_>,
    carrier: &Carrier,
    out: &mut dyn Write,
) -> Result<(), DemoError> {
    let domain = domain(case);
    let people = people(case, &domain)?;
    let letters = send(case, &people)?;
    let _ = case.engine.deliver(100)?;
    report(case, carrier)?;
    heading(out, "One letter, three people")?;
    tell(case, &people, &letters, out)?;
    wait(case, &letters.director, carrier, out)?;
    heading(out, "An answer, and who is told")?;
    answer(case, &domain, letters.buyer.id, out)?;
    timeline(case, people.buyer, out)?;
    mention(case, out)
}

fn domain(case: &Case<'_>) -> String {
    let address = case.account.text("email").unwrap_or_default();
    let domain = address.split_once('@').map(|(_, domain)| domain);
    domain.unwrap_or("customer.example").to_owned()
}

fn people(case: &Case<'_>, domain: &str) -> peyvand::Result<People> {
    let session = &case.session;
    let new = || session.new_id("contact");
    let (buyer, accountant, director) = (new()?, new()?, new()?);
    let account = case.account.id().to_string();
    let person = |id, name: (&str, &str), more: Json| {
        let mut fields = super::customers::filled(more);
        fields.insert("account".to_owned(), account.clone().into());
        fields.insert(
            "name".to_owned(),
            json!({"given": name.0, "family": name.1}),
        );
        Request::create_as(id, "contact", fields)
    };
    let _ = session.commit([
        person(
            buyer,
            ("نرگس", "صدر"),
            json!({"job_title": "مدیر خرید", "email": format!("buyer-1405@{domain}"), "language": "fa",
                "preferred_channel": "email"}),
        ),
        person(
            accountant,
            ("کامران", "فلاح"),
            json!({"job_title": "حسابدار", "email": format!("accounts-1405@{domain}"), "language": "fa",
                "opt_out": ["email"], "consent_on": "2026-02-03", "consent_source": "a phone call"}),
        ),
        person(
            director,
            ("Dara", "Navabi"),
            json!({"job_title": "Board member, in Toronto", "mobile": "+1 416 555 0142", "language": "en",
                "preferred_channel": "mobile", "utc_offset_minutes": TORONTO}),
        ),
    ])?;
    Ok(People {
        buyer,
        accountant,
        director,
    })
}

fn send(case: &Case<'_>, people: &People) -> peyvand::Result<Letters> {
    let session = &case.session;
    let _ = session.create("template", mail_template())?;
    let _ = session.create("template", sms_template())?;
    let send = |to: RecordId, template: &str| {
        let text = MessageText::Template {
            template: template.to_owned(),
            record: to,
        };
        session.send(MessageDraft::of(Recipient::Record(to), text).about(case.deal.id()))
    };
    Ok(Letters {
        buyer: send(people.buyer, MAIL)?,
        accountant: send(people.accountant, MAIL)?,
        director: send(people.director, SMS)?,
    })
}

fn tell(
    case: &Case<'_>,
    people: &People,
    letters: &Letters,
    out: &mut dyn Write,
) -> Result<(), DemoError> {
    let line = |letter: &Posted, to: RecordId| -> peyvand::Result<String> {
        Ok(format!("{:<12} {}", state(case, letter)?, who(case, to)?))
    };
    let message = case.session.get(letters.buyer.id)?;
    let said = plain_text(message.text("body_html").unwrap_or_default());
    let first = without_marks(said.lines().nth(1).unwrap_or_default());
    writeln!(out, "  {}", line(&letters.buyer, people.buyer)?)?;
    writeln!(out, "      {}", message.text("subject").unwrap_or_default())?;
    writeln!(out, "      {}", cut(&first, 86))?;
    writeln!(out, "  {}", line(&letters.accountant, people.accountant)?)?;
    // It begins with an id, which tells a reader nothing.
    let cause = letters.accountant.cause.as_deref().unwrap_or_default();
    let cause = cause.replace(&people.accountant.to_string(), "he");
    writeln!(out, "      {cause}")?;
    writeln!(out, "  {}", line(&letters.director, people.director)?)?;
    let now = case.clock.now();
    writeln!(
        out,
        "      {}: it is {} there and {} here",
        letters.director.cause.as_deref().unwrap_or_default(),
        (now + TimeDelta::minutes(TORONTO)).format("%H:%M"),
        on_the_wall(now).format("%H:%M")
    )?;
    Ok(())
}

/// What waits goes out when its hour has come.
fn wait(
    case: &Case<'_>,
    letter: &Posted,
    carrier: &Carrier,
    out: &mut dyn Write,
) -> Result<(), DemoError> {
    let message = case.session.get(letter.id)?;
    let Some(Value::Instant(morning)) = message.get("next_attempt_at") else {
        return Ok(());
    };
    case.clock.set(*morning);
    let told = case.engine.deliver(100)?;
    report(case, carrier)?;
    writeln!(
        out,
        "      at {} here, when it is morning there, {} more goes out: {}",
        on_the_wall(*morning).format("%H:%M"),
        told.sent,
        state(case, letter)?
    )?;
    Ok(())
}

/// What the carrier's reports say: everything that it took has arrived.
fn report(case: &Case<'_>, carrier: &Carrier) -> peyvand::Result<()> {
    let taken = std::mem::take(&mut *carrier.taken());
    for (channel, id) in taken {
        let arrived = DeliveryReport::Delivered;
        let _ = case
            .engine
            .session()
            .report_delivery(channel, &id, &arrived)?;
    }
    Ok(())
}

fn state(case: &Case<'_>, posted: &Posted) -> peyvand::Result<String> {
    let message = case.session.get(posted.id)?;
    Ok(message.text("state").unwrap_or_default().to_owned())
}

/// The way to somebody, and the name at the end of the line.
fn who(case: &Case<'_>, id: RecordId) -> peyvand::Result<String> {
    let person = case.session.get(id)?;
    let way = match person.text("preferred_channel") {
        Some("mobile") => "SMS  ",
        _ => "mail ",
    };
    let job = person.text("job_title").unwrap_or_default();
    Ok(format!("{way}  {} · {job}", person.title()))
}

/// The buyer's answer, as a mail server hands it over; its name is encoded, its text is not.
fn mail(case: &Case<'_>, domain: &str, answers: &str) -> String {
    let date = case.clock.now().to_rfc2822();
    format!(
        "From: =?utf-8?B?2YbYsdqv2LMg2LXYr9ix?= <buyer-1405@{domain}>\r\nTo: {OUR_ADDRESS}\r\n\
         Subject: Re: contract\r\nDate: {date}\r\nMessage-ID: <1405-1@{domain}>\r\nIn-Reply-To: <{answers}>\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{ANSWER}\r\n",
    )
}

fn answer(
    case: &Case<'_>,
    domain: &str,
    answers: RecordId,
    out: &mut dyn Write,
) -> Result<(), DemoError> {
    let session = case.engine.session();
    case.clock.set(case.clock.now() + TimeDelta::minutes(20));
    let ours = session.get(answers)?;
    let raw = mail(case, domain, ours.text("message_id").unwrap_or_default());
    let received = session.receive_mail(raw.as_bytes())?;
    let message = session.get(received.id)?;
    let mut linked = Vec::new();
    for id in &received.linked {
        linked.push(session.get(*id)?.object().to_owned());
    }
    writeln!(
        out,
        "  a mail from {}: belongs to {}",
        message.text("from_address").unwrap_or_default(),
        linked.join(", ")
    )?;
    let said = message.text("body_text").unwrap_or_default();
    writeln!(out, "      {}", said.trim())?;
    if session.receive_mail(raw.as_bytes())?.before {
        writeln!(out, "  delivered a second time it is taken in once")?;
    }
    Ok(())
}

fn timeline(case: &Case<'_>, of: RecordId, out: &mut dyn Write) -> Result<(), DemoError> {
    let name = case.session.get(of)?.title();
    writeln!(out, "  on the timeline of {name}:")?;
    for event in case.session.timeline(of)? {
        let mut states = event.changes.iter().filter(|(name, ..)| name == "state");
        let state = states.find_map(|(.., after)| after.as_ref());
        if let (EventKind::Message, Some(state)) = (event.kind, state) {
            let at = on_the_wall(event.at).format("%Y-%m-%d %H:%M");
            writeln!(out, "    {at}  message {state}")?;
        }
    }
    Ok(())
}

/// What the buyer writes back.
const ANSWER: &str =
    "با سپاس از همراهی شما. شنبه برای امضا می‌آییم؛ لطفاً تخفیف تمدید را هم تأیید کنید.";

/// A colleague is asked, and told that he was.
fn mention(case: &Case<'_>, out: &mut dyn Write) -> Result<(), DemoError> {
    let login = case.manager.text("login").unwrap_or_default();
    let text = format!("@{login} مشتری شنبه امضا می‌کند؛ تخفیف تمدید را تأیید می‌کنید؟");
    let _ = case.session.comment(case.account.id(), &text)?;
    let undone = case.engine.notify()?;
    writeln!(
        out,
        "\n  {} comments on the customer and names @{login}:",
        case.seller.text("login").unwrap_or_default()
    )?;
    writeln!(
        out,
        "      {}",
        text.trim_start_matches(&format!("@{login} "))
    )?;
    let manager = case.engine.session_as(Actor::User(case.manager.id()));
    let unread = manager.notifications(case.manager.id(), &[NoticeState::Unread])?;
    let told = unread
        .iter()
        .find(|notice| notice.kind == "mention" && notice.about == Some(case.account.id()));
    if let Some(told) = told {
        writeln!(
            out,
            "  {login} has {}, the newest in the reader's language:\n      {}",
            plural(unread.len() as u64, "notification"),
            without_marks(&told.text)
        )?;
    }
    for warning in undone {
        writeln!(out, "  ! {warning}")?;
    }
    Ok(())
}
