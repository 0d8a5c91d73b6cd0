//! What does a mail say that came in?
//!
//! The only file that names mail-parser. Its input is whatever somebody sent: sizes are bounded before anything is
//! parsed, and nothing in it is believed but where it answers something of ours.

use chrono::{DateTime, Utc};
use mail_parser::{
    Address, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType,
};

use super::files::Attached;
use super::inbound::{DeliveryReport, Inbound, Received, TAKE_IN, by_text};
use super::{Channel, one_line};
use crate::error::{Error, ErrorKind, Result};
use crate::query::Reader;
use crate::record::Record;
use crate::session::Session;

/// Every part that lies in another one has a header of its own that says so: with no more of them than this, no mail is
/// nested so deeply that taking it apart needs more stack than there is.
const MOST_PARTS: usize = 500;
const MOST_ATTACHMENTS: usize = 100;
/// How many of the mails that a mail refers to are looked up, the nearest first.
const MOST_REFERENCES: usize = 20;

impl Session {
    /// Takes in a mail as it came over the wire, once under its Message-ID: links it to who has the sender's address and
    /// to the message that it answers, and notes on our message what a bounce says about it. The formatted text is kept as
    /// it came: whoever shows it must not let it run. Attachments become documents of the message; one that the content
    /// store does not take, by its size or type, is listed in `attachments` with the cause.
    ///
    /// # Errors
    /// When it is no mail, or larger or more deeply nested than is taken in.
    pub fn receive_mail(&self, raw: &[u8]) -> Result<Received> {
        let largest = self.engine.inner.post.rules.largest_mail;
        if raw.len() > largest {
            let message = format!(
                "the mail has {} bytes, more than the {largest} allowed",
                raw.len()
            );
            return Err(refused(
                message,
                "raise `largest_mail` in the rules of messages",
            ));
        }
        if part_headers(raw) > MOST_PARTS {
            let message = format!("the mail has more than {MOST_PARTS} parts");
            return Err(refused(message, "look at it with a mail program"));
        }
        let parsed = MessageParser::default().parse(raw);
        let mail = parsed
            .filter(|mail| mail.from().is_some() || mail.message_id().is_some())
            .ok_or_else(no_mail)?;
        self.must_administer(TAKE_IN)?;
        let (reader, _) = self.engine.read()?;
        let inbound = read(&reader, &mail, raw, self.context.now())?;
        drop(reader);
        self.take_in(inbound)
    }
}

fn refused(message: impl Into<String>, hint: &str) -> Error {
    Error::new(ErrorKind::Input, message).hint(hint)
}

fn no_mail() -> Error {
    refused(
        "this is no mail: it has neither a sender nor a Message-ID",
        "give the whole mail as it came, headers first",
    )
}

/// How many lines begin as a part's own header does, in whatever case. What is said about such headers inside of a line
/// is text.
fn part_headers(raw: &[u8]) -> usize {
    const NAME: &[u8] = b"content-type";
    let begins = |line: &&[u8]| {
        let start = line.trim_ascii_start().get(..NAME.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(NAME))
    };
    raw.split(|byte| matches!(byte, b'\n' | b'\r'))
        .filter(begins)
        .count()
}

fn read(reader: &Reader, mail: &Message<'_>, raw: &[u8], now: DateTime<Utc>) -> Result<Inbound> {
    let sender = mail.from().and_then(Address::first);
    let whole_id = mail.message_id().map(|id| one_line(id, usize::MAX));
    let whole_id = whole_id.filter(|id| !id.is_empty());
    // Ids that differ only where the record's field has ended are of two mails.
    let message_id = whole_id
        .as_ref()
        .map(|id| one_line(id, super::LONGEST_CAUSE));
    let key = match &whole_id {
        Some(id) => format!("mail/{id}"),
        None => format!("mail/{}", blake3::hash(raw).to_hex()),
    };
    let written = mail
        .date()
        .and_then(|date| DateTime::from_timestamp(date.to_timestamp(), 0));
    // Nobody wrote later than now, or before there was mail.
    let plausible = written.filter(|at| *at <= now && at.timestamp() > 0);
    let report = match report(mail) {
        Some((id, report)) => ours(reader, &id)?.map(|message| (message, report)),
        None => None,
    };
    Ok(Inbound {
        channel: Channel::Email,
        key,
        from_address: text_of(sender.and_then(|sender| sender.address())),
        from_name: text_of(sender.and_then(|sender| sender.name())),
        to_address: recipients(mail),
        subject: text_of(mail.subject()),
        text: mail
            .body_text(0)
            .map_or_else(String::new, |text| text.into_owned()),
        html: html(mail),
        message_id,
        provider_id: None,
        attached: attached(mail),
        at: plausible.unwrap_or(now),
        parent: match &report {
            Some((message, _)) => Some(message.clone()),
            None => parent(reader, mail)?,
        },
        report,
    })
}

fn text_of(text: Option<&str>) -> String {
    one_line(text.unwrap_or_default(), super::LONGEST_CAUSE)
}

fn recipients(mail: &Message<'_>) -> String {
    let all = mail
        .to()
        .into_iter()
        .chain(mail.cc())
        .flat_map(Address::iter);
    let addresses = all.filter_map(|address| address.address());
    let listed: Vec<&str> = addresses.take(MOST_ATTACHMENTS).collect();
    one_line(&listed.join(", "), super::LONGEST_CAUSE)
}

/// The formatted text, where somebody wrote one.
fn html(mail: &Message<'_>) -> String {
    match mail.html_part(0).map(|part| &part.body) {
        Some(PartType::Html(html)) => html.clone().into_owned(),
        _ => String::new(),
    }
}

fn attached(mail: &Message<'_>) -> Vec<Attached> {
    let files = mail.attachments().take(MOST_ATTACHMENTS);
    let file = |part: &MessagePart<'_>| Attached {
        name: part.attachment_name().unwrap_or_default().to_owned(),
        media_type: media_type(part),
        bytes: part.contents().to_vec(),
    };
    files.map(file).collect()
}

fn media_type(part: &MessagePart<'_>) -> String {
    part.content_type().map_or_else(String::new, |of| {
        format!("{}/{}", of.ctype(), of.subtype().unwrap_or("*"))
    })
}

/// The message of ours or theirs that a mail answers: what In-Reply-To names, else the last one of References that is
/// known.
fn parent(reader: &Reader, mail: &Message<'_>) -> Result<Option<Record>> {
    let direct = ids(mail.in_reply_to());
    let earlier = ids(mail.references());
    let nearest = direct
        .iter()
        .chain(earlier.iter().rev())
        .take(MOST_REFERENCES);
    for id in nearest {
        if let Some(found) = by_text(reader, "message_id", id)?.into_iter().next() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn ids(header: &HeaderValue<'_>) -> Vec<String> {
    match header {
        HeaderValue::Text(id) => vec![id.to_string()],
        HeaderValue::TextList(ids) => ids.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

/// The outbound message of a Message-ID.
fn ours(reader: &Reader, message_id: &str) -> Result<Option<Record>> {
    let found = by_text(reader, "message_id", message_id)?;
    Ok(found
        .into_iter()
        .find(|message| message.text("direction") == Some("outbound")))
}

/// What a delivery status notification (RFC 3464) says, and of which Message-ID.
fn report(mail: &Message<'_>) -> Option<(String, DeliveryReport)> {
    let is = |part: &&MessagePart<'_>, name: &str| media_type(part).eq_ignore_ascii_case(name);
    let status = mail
        .parts
        .iter()
        .find(|part| is(part, "message/delivery-status"))?;
    let status = String::from_utf8_lossy(status.contents()).into_owned();
    let original = mail.parts.iter().find_map(|part| match &part.body {
        PartType::Message(original) => original.message_id().map(str::to_owned),
        _ if is(&part, "text/rfc822-headers") => {
            let headers = String::from_utf8_lossy(part.contents()).into_owned();
            let id = field(&headers, "message-id")?;
            Some(id.trim_matches(['<', '>']).to_owned())
        }
        _ => None,
    })?;
    let report = match field(&status, "action")?.to_ascii_lowercase().as_str() {
        "failed" => {
            let code = field(&status, "status").unwrap_or_default();
            let why = field(&status, "diagnostic-code").unwrap_or_default();
            DeliveryReport::Bounced(format!("{code} {why}").trim().to_owned())
        }
        "delivered" | "relayed" | "expanded" => DeliveryReport::Delivered,
        _ => return None,
    };
    Some((original, report))
}

/// The value of the first header of a name, on its first line.
fn field<'a>(headers: &'a str, name: &str) -> Option<&'a str> {
    headers.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found
            .trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim())
    })
}
