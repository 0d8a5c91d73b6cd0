//! What was written to customers, what came back, and what goes out now?

use std::path::Path;

use peyvand::{
    Channel, Deliveries, Engine, Filter, MessageDraft, MessageText, Posted, Purpose, Received,
    Recipient, Record, RecordId, Value,
};
use serde_json::{Value as Json, json};

use crate::args::{Message, Send};
use crate::carriers::Carriers;
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, several};
use crate::query::Names;
use crate::source;
use crate::store::{self, Need};

pub(crate) fn run(asked: &Message, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    match asked {
        Message::Send(send) => {
            let draft = draft(send)?;
            let posted = with_carriers(send.carriers.as_deref(), dir, |engine| {
                Ok(store::session(engine)?.send(draft)?)
            })?;
            tell_posted(&posted, output)?;
        }
        Message::List {
            state,
            about,
            limit,
        } => store::with(dir, Need::Existing, |engine| {
            list(engine, state.as_deref(), *about, *limit, output)
        })?,
        Message::Show { id } => {
            store::with(dir, Need::Existing, |engine| show(engine, *id, output))?
        }
        Message::Deliver { carriers, most } => {
            let told = with_carriers(Some(carriers), dir, |engine| {
                let undone = engine.notify()?;
                let mut told = engine.deliver(*most)?;
                told.warnings.splice(0..0, undone);
                Ok(told)
            })?;
            tell_deliveries(&told, output)?;
        }
        Message::Receive { file } => {
            let raw = source::bytes(file)?;
            store::with(dir, Need::Existing, |engine| {
                let received = store::session(engine)?.receive_mail(&raw)?;
                tell_received(engine, &received, output)
            })?;
        }
        Message::Retry { id, carriers } => {
            let posted = with_carriers(carriers.as_deref(), dir, |engine| {
                Ok(store::session(engine)?.retry_message(*id)?)
            })?;
            tell_posted(&posted, output)?;
        }
    }
    Ok(Exit::Fine)
}

/// Opens the store with the carriers of a file, where one is named.
fn with_carriers<T>(
    file: Option<&Path>,
    dir: &Path,
    work: impl FnOnce(&Engine) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let Some(file) = file else {
        return store::with(dir, Need::Existing, work);
    };
    let carriers = Carriers::read(file)?;
    let mut wrong = None;
    let settings = |builder: peyvand::EngineBuilder| {
        let plain = builder.clone();
        carriers.settings(builder).unwrap_or_else(|fault| {
            wrong = Some(fault);
            plain
        })
    };
    let done = store::with_settings(dir, Need::Existing, settings, work);
    match wrong {
        Some(fault) => Err(fault),
        None => done,
    }
}

fn draft(send: &Send) -> Result<MessageDraft, Fault> {
    let channel = send
        .by
        .as_ref()
        .map(|name| {
            Channel::from_name(name).ok_or_else(|| {
                let message = format!("there is no channel '{name}'");
                Fault::input(message, "use email, sms, messenger, in_app or letter")
            })
        })
        .transpose()?;
    let purpose = Purpose::from_name(&send.purpose).ok_or_else(|| {
        let message = format!("there is no purpose '{}'", send.purpose);
        Fault::input(message, "use service, marketing or required")
    })?;
    let to = match send.to.parse::<RecordId>() {
        Ok(id) => Recipient::Record(id),
        Err(_) => Recipient::Address {
            address: send.to.clone(),
            name: String::new(),
        },
    };
    let draft = match (&send.template, send.record) {
        (Some(template), Some(record)) => {
            let template = template.clone();
            MessageDraft::of(to, MessageText::Template { template, record })
        }
        _ => {
            let text = match send.text.as_str() {
                source::STDIN => source::text(Path::new(source::STDIN))?,
                text => text.to_owned(),
            };
            MessageDraft::new(to, &send.subject, &text)
        }
    };
    let mut draft = draft.purpose(purpose);
    draft.channel = channel;
    draft.about.clone_from(&send.about);
    draft.files.clone_from(&send.attach);
    draft.once.clone_from(&send.once);
    draft.from = send.from.clone().map(|address| (address, String::new()));
    Ok(draft)
}

fn tell_posted(posted: &Posted, output: &mut Output<'_>) -> Result<(), Fault> {
    if output.json {
        return output.document(&json!({
            "id": posted.id.to_string(), "state": posted.state.name(), "cause": posted.cause, "before": posted.before,
            "warnings": posted.warnings,
        }));
    }
    let cause = posted
        .cause
        .as_ref()
        .map_or_else(String::new, |cause| format!(": {cause}"));
    let before = if posted.before { ", as before" } else { "" };
    output.line(format!("{} {}{before}{cause}", posted.state, posted.id))?;
    crate::record::warnings(&posted.warnings, output)
}

fn list(
    engine: &Engine,
    state: Option<&str>,
    about: Option<RecordId>,
    limit: usize,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let session = store::session(engine)?;
    let mut filter = Filter::everything();
    if let Some(state) = state {
        filter = filter.and(Filter::eq("state", state));
    }
    if let Some(id) = about {
        // The field has the name of the object.
        filter = filter.and(Filter::eq(session.get(id)?.object(), id));
    }
    let query = peyvand::Query::new("message")
        .filter(filter)
        .sorted_by("-at")?
        .limit(limit);
    let page = session.query(&query)?;
    if output.json {
        let data: Vec<Json> = page.records.iter().map(Record::to_json).collect();
        return output.document(&json!({"data": data}));
    }
    let mut names = Names::of(session);
    let columns = [
        ("id", Side::Left),
        ("at", Side::Left),
        ("channel", Side::Left),
        ("state", Side::Left),
        ("with", Side::Left),
        ("", Side::Left),
    ];
    let mut table = Table::new(&columns);
    for message in &page.records {
        let text = |field: &str| message.text(field).unwrap_or_default().to_owned();
        let other = match message.text("direction") {
            Some("inbound") => text("from_address"),
            _ => text("to_address"),
        };
        let at = message
            .get("at")
            .map_or_else(String::new, |at| names.shown(at));
        let row = [
            message.id().to_string(),
            at,
            text("channel"),
            text("state"),
            other,
            said(message),
        ];
        table.row(row);
    }
    output.table(&table)?;
    output.line(several(page.records.len() as u64, "message", "messages"))
}

/// The subject, or the beginning of what has none.
fn said(message: &Record) -> String {
    const BEGINNING: usize = 40;
    let text = message
        .text("subject")
        .or_else(|| message.text("body_text"));
    text.unwrap_or_default().chars().take(BEGINNING).collect()
}

fn show(engine: &Engine, id: RecordId, output: &mut Output<'_>) -> Result<(), Fault> {
    let session = store::session(engine)?;
    let message = session.get(id)?;
    if output.json {
        return output.document(&message.to_json());
    }
    let mut names = Names::of(session);
    let text = |field: &str| message.text(field).unwrap_or_default();
    output.line(format!(
        "{} {} by {}",
        text("direction"),
        text("state"),
        text("channel")
    ))?;
    for field in [
        "from_address",
        "to_address",
        "contact",
        "lead",
        "account",
        "opportunity",
        "at",
        "next_attempt_at",
        "attempts",
        "cause",
        "subject",
    ] {
        if let Some(value) = message.get(field) {
            let shown = match value {
                Value::Reference(id) => format!("{id}  {}", names.name(*id)),
                other => names.shown(other),
            };
            output.line(format!("{field}: {shown}"))?;
        }
    }
    if let Some(Value::Json(Json::Array(files))) = message.get("attachments") {
        for file in files {
            let part = |key: &str| file[key].as_str().unwrap_or_default();
            let kept = match part("document") {
                "" => format!("not kept: {}", part("cause")),
                document => document.to_owned(),
            };
            output.line(format!("file: {}  {kept}", part("name")))?;
        }
    }
    let body = match text("body_text") {
        "" => text("body_html"),
        plain => plain,
    };
    output.line("")?;
    body.lines().try_for_each(|line| output.line(line))
}

fn tell_deliveries(told: &Deliveries, output: &mut Output<'_>) -> Result<(), Fault> {
    let waiting = told.without_transport.iter();
    if output.json {
        let waiting: serde_json::Map<String, Json> = waiting
            .map(|(channel, count)| (channel.name().to_owned(), json!(count)))
            .collect();
        return output.document(&json!({
            "without_carrier": waiting,
            "sent": told.sent, "recovered": told.recovered, "postponed": told.postponed, "failed": told.failed,
            "suppressed": told.suppressed, "more": told.more, "warnings": told.warnings,
        }));
    }
    output.line(format!(
        "{} sent, {} to be tried again, {} failed, {} suppressed",
        told.sent, told.postponed, told.failed, told.suppressed
    ))?;
    if told.more {
        output.line("more is due")?;
    }
    for (channel, count) in waiting {
        let many = several(*count, "message waits", "messages wait");
        output.line(format!(
            "{many} for a carrier of {channel}, and the file names none"
        ))?;
    }
    crate::record::warnings(&told.warnings, output)
}

fn tell_received(
    engine: &Engine,
    received: &Received,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let texts = |ids: &[RecordId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    if output.json {
        return output.document(&json!({
            "id": received.id.to_string(), "linked": texts(&received.linked), "candidates": texts(&received.candidates),
            "note": received.note, "about": received.about.map(|id| id.to_string()), "before": received.before,
        }));
    }
    let before = if received.before { ", as before" } else { "" };
    output.line(format!("received {}{before}", received.id))?;
    let mut names = Names::of(store::session(engine)?);
    for id in &received.linked {
        output.line(format!("linked to {id}  {}", names.name(*id)))?;
    }
    for id in &received.candidates {
        output.line(format!("may be from {id}  {}", names.name(*id)))?;
    }
    if let Some(note) = &received.note {
        output.line(note)?;
    }
    match received.about {
        Some(id) => output.line(format!("it reports about {id}")),
        None => Ok(()),
    }
}
