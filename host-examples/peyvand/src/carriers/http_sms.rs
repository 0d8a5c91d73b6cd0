//! How does an SMS get to its gateway?
//!
//! Gateways differ in names, not in kind: a request with fields, an answer that says whether it was taken. The values of
//! a message are written as JSON or as a form, so that nothing in them can become another field.

use std::collections::BTreeMap;

use peyvand::{Accepted, Outgoing, SendError, SendErrorKind, Transport};
use serde_json::{Map, Value as Json};

use super::{Format, Sms, seconds};

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 64 << 10;
/// How much of an answer is quoted when it is no success.
const QUOTED: usize = 200;
const MANY: usize = 100;

/// A gateway that takes each SMS by an HTTP request.
pub(super) struct HttpSms {
    agent: ureq::Agent,
    sms: Sms,
}

impl HttpSms {
    pub(super) fn of(sms: Sms) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(seconds(sms.timeout_seconds)))
            .http_status_as_error(false)
            // Who is to get the message stands in the file; an answer does not name somebody else.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build();
        Self {
            agent: config.into(),
            sms,
        }
    }

    fn body(&self, message: &Outgoing) -> (&'static str, String) {
        let fields: BTreeMap<&str, String> = self
            .sms
            .fields
            .iter()
            .map(|(name, template)| (name.as_str(), filled(template, message)))
            .collect();
        match self.sms.format {
            Format::Json => {
                let map: Map<String, Json> = fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), Json::String(value)))
                    .collect();
                ("application/json", Json::Object(map).to_string())
            }
            Format::Form => {
                let pairs: Vec<String> = fields
                    .iter()
                    .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
                    .collect();
                ("application/x-www-form-urlencoded", pairs.join("&"))
            }
        }
    }

    /// What an answer means: success, a message that is never taken, or one that may be later.
    fn judge(&self, status: u16, answer: &str) -> Result<Accepted, SendError> {
        let beginning: String = answer.chars().take(QUOTED).collect();
        let cause = format!("the SMS gateway answered {status}: {beginning}");
        let kind = match status {
            200..=299
                if self
                    .sms
                    .success
                    .as_ref()
                    .is_none_or(|part| answer.contains(part)) =>
            {
                return Ok(self.accepted(answer));
            }
            // Nothing is wrong with the message, but with the file: the others would fare the same.
            300..=399 | 401 | 403 | 404 => SendErrorKind::Unavailable,
            408 | 429 | 503 => SendErrorKind::Temporary,
            500..=599 => SendErrorKind::Unknown,
            _ => SendErrorKind::Permanent,
        };
        Err(SendError::new(kind, cause))
    }

    fn accepted(&self, answer: &str) -> Accepted {
        let json: Option<Json> = serde_json::from_str(answer).ok();
        let id = json.as_ref().zip(self.sms.id.as_ref());
        match id.and_then(|(json, pointer)| json.pointer(pointer)) {
            Some(Json::String(id)) => Accepted::with_id(id.clone()),
            Some(Json::Number(id)) => Accepted::with_id(id.to_string()),
            _ => Accepted::new(),
        }
    }
}

impl Transport for HttpSms {
    fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let (media_type, body) = self.body(message);
        let mut request = self
            .agent
            .post(self.sms.url.as_str())
            .header("content-type", media_type);
        for (name, value) in &self.sms.headers {
            request = request.header(name.as_str(), value.as_str());
        }
        let mut response = request
            .send(body.as_str())
            .map_err(|error| not_sent(&error))?;
        let status = response.status().as_u16();
        let read = response
            .body_mut()
            .with_config()
            .limit(LONGEST_ANSWER)
            .lossy_utf8(true)
            .read_to_string();
        let answer = read.map_err(|error| {
            let cause = format!("the answer of the SMS gateway cannot be read: {error}");
            SendError::new(SendErrorKind::Unknown, cause)
        })?;
        self.judge(status, &answer)
    }

    fn window(&self) -> usize {
        match self.sms.takes_a_key_once {
            true => MANY,
            false => 1,
        }
    }
}

fn not_sent(error: &ureq::Error) -> SendError {
    use ureq::Timeout;
    let refused = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionRefused;
    let kind = match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::BadUri(_)
        | ureq::Error::Http(_)
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => SendErrorKind::Unavailable,
        ureq::Error::Io(error) if refused(error) => SendErrorKind::Unavailable,
        _ => SendErrorKind::Unknown,
    };
    SendError::new(kind, format!("the SMS gateway: {error}"))
}

/// A field with the message's values. Each is put in once, so that a text that has `{key}` in it stays as it is.
fn filled(template: &str, message: &Outgoing) -> String {
    let values = [
        ("{to}", &message.to_address),
        ("{text}", &message.text),
        ("{from}", &message.from_address),
        ("{key}", &message.key),
    ];
    let mut filled = String::new();
    let mut rest = template;
    while let Some(place) = rest.find('{') {
        let (before, after) = rest.split_at(place);
        filled.push_str(before);
        match values.iter().find(|(name, _)| after.starts_with(name)) {
            Some((name, value)) => {
                filled.push_str(value);
                rest = after.get(name.len()..).unwrap_or_default();
            }
            None => {
                filled.push('{');
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    filled + rest
}

/// As a form writes it.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => {
                char::from(byte).to_string()
            }
            b' ' => "+".to_owned(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc;

    use peyvand::{Channel, Engine, MessageDraft, MessageRules, Recipient};

    use super::*;

    fn gateway(port: u16, format: Format) -> HttpSms {
        let fields = [("to", "{to}"), ("message", "{text}"), ("ref", "{key}")];
        HttpSms::of(Sms {
            url: format!("http://127.0.0.1:{port}/send"),
            format,
            fields: fields
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            headers: [("x-api-key".to_owned(), "k".to_owned())].into(),
            success: Some("\"ok\":true".to_owned()),
            id: Some("/id".to_owned()),
            from: String::new(),
            takes_a_key_once: false,
            timeout_seconds: 1,
        })
    }

    /// Sends one SMS to a gateway that gives this answer, or none; gives the request's body and the record.
    fn one(format: Format, text: &str, answer: Option<&'static str>) -> (String, peyvand::Record) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(&stream);
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            tell.send(String::from_utf8(body).unwrap()).unwrap();
            if let Some(answer) = answer {
                (&stream).write_all(answer.as_bytes()).unwrap();
            } else {
                // The other side gives up.
                let mut rest = Vec::new();
                (&stream).read_to_end(&mut rest).ok();
            }
        });
        let engine = Engine::in_memory()
            .transport(Channel::Sms, std::sync::Arc::new(gateway(port, format)))
            .message_rules(MessageRules::default())
            .open()
            .unwrap();
        let session = engine.session();
        let to = Recipient::Address {
            address: "+989121234567".to_owned(),
            name: String::new(),
        };
        let draft = MessageDraft::new(to, "", text).by(Channel::Sms);
        let id = session.send(draft).unwrap().id;
        engine.deliver(10).unwrap();
        (told.recv().unwrap(), session.get(id).unwrap())
    }

    const TAKEN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"ok\":true,\"id\":917}";

    #[test]
    fn an_sms_in_persian_is_taken_and_its_id_kept() {
        let text = "قسط \"شما\" & {key}\nفردا";
        let (body, message) = one(Format::Json, text, Some(TAKEN));
        let json: Json = serde_json::from_str(&body).unwrap();
        assert_eq!(json["message"], text);
        assert_eq!(json["to"], "+989121234567");
        assert_eq!(json["ref"], message.id().to_string());
        assert_eq!(message.text("state"), Some("sent"));
        assert_eq!(message.text("provider_id"), Some("917"));
    }

    #[test]
    fn a_text_cannot_become_another_field_of_a_form() {
        let (body, _) = one(Format::Form, "سلام&to=+98900", Some(TAKEN));
        assert_eq!(body.matches('&').count(), 2, "{body}");
        assert!(body.contains("to=%2B989121234567"), "{body}");
    }

    #[test]
    fn an_answer_decides_whether_it_is_tried_again() {
        for (answer, state) in [
            (
                Some("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"ok\":false}"),
                "failed",
            ),
            (
                Some("HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\n"),
                "failed",
            ),
            (
                Some("HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n"),
                "queued",
            ),
            (
                Some("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"),
                "queued",
            ),
            (
                Some(
                    "HTTP/1.1 302 Away\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
                ),
                "queued",
            ),
            // It may have been taken: nobody sends it again unasked.
            (None, "failed"),
        ] {
            let (_, message) = one(Format::Json, "سلام", answer);
            assert_eq!(message.text("state"), Some(state), "{answer:?}");
            assert!(message.text("cause").is_some(), "{answer:?}");
        }
    }
}
