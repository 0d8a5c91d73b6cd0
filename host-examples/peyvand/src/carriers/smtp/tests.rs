//! What becomes of a mail at a server that works, refuses, hangs, or takes the text and goes away?
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use clap::Parser;
use peyvand::{Channel, Engine, MessageDraft, MessageRules, Recipient, Sender};
use serde_json::{Value as Json, json};

use super::*;
use crate::args::Cli;
use crate::demo;
use crate::fault::Fault;
use crate::output::Output;

/// How a server behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Works,
    /// No such recipient.
    RefusesRecipient,
    /// Come back later.
    IsFull,
    /// The sender may not send.
    RefusesSender,
    /// Never says a word.
    Hangs,
    /// Takes the text, and hangs before it says so.
    HangsAfterText,
    /// Takes the text, and goes away before it says so.
    DropsAfterText,
}

/// A mail server of the test's own, for so many connections.
struct Server {
    port: u16,
    mails: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
    _thread: JoinHandle<()>,
}

impl Server {
    fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mails: Arc<Mutex<Vec<String>>> = Arc::default();
        let connections: Arc<Mutex<usize>> = Arc::default();
        let (kept, counted) = (mails.clone(), connections.clone());
        let thread = std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                *counted.lock().unwrap() += 1;
                if manner == Manner::Hangs {
                    held.push(stream);
                } else if let Some(silent) = talk(stream, manner, &kept) {
                    held.push(silent);
                }
            }
        });
        Self {
            port,
            mails,
            connections,
            _thread: thread,
        }
    }

    fn engine(&self) -> Engine {
        let smtp = Smtp::of(Email {
            server: "127.0.0.1".to_owned(),
            port: Some(self.port),
            security: Security::None,
            user: None,
            password: None,
            from: String::new(),
            name: String::new(),
            timeout_seconds: 1,
        });
        let mut rules = MessageRules::default();
        let sender = Sender::new("crm@bimeh.example", "بیمه آینده");
        rules.senders.insert(Channel::Email, sender);
        Engine::in_memory()
            .transport(Channel::Email, Arc::new(smtp.unwrap()))
            .message_rules(rules)
            .open()
            .unwrap()
    }

    fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

/// Speaks SMTP until the other side goes, or gives the stream back to hang on.
fn talk(stream: TcpStream, manner: Manner, mails: &Mutex<Vec<String>>) -> Option<TcpStream> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let say = |line: &str| (&stream).write_all(format!("{line}\r\n").as_bytes()).ok();
    say("220 test")?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match (verb.as_str(), manner) {
            ("EHLO", _) => say("250-test\r\n250 8BITMIME")?,
            ("MAIL", Manner::RefusesSender) => say("550 you may not send")?,
            ("RCPT", Manner::RefusesRecipient) => say("550 5.1.1 no such user")?,
            ("RCPT", Manner::IsFull) => say("452 4.2.2 mailbox full")?,
            ("DATA", _) => {
                say("354 go on")?;
                let text = text_of(&mut reader)?;
                mails.lock().unwrap().push(text);
                match manner {
                    Manner::DropsAfterText => return None,
                    Manner::HangsAfterText => return Some(stream),
                    _ => say("250 taken")?,
                }
            }
            ("QUIT", _) => return None,
            _ => say("250 fine")?,
        }
    }
}

fn text_of(reader: &mut impl BufRead) -> Option<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == ".\r\n" {
            return Some(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn draft(to: &str) -> MessageDraft {
    let to = Recipient::Address {
        address: to.to_owned(),
        name: "سارا احمدی".to_owned(),
    };
    MessageDraft::new(
        to,
        "یادآوری قسط",
        "قسط شما فردا سررسید می‌شود.\n.\nبا احترام",
    )
    .by(Channel::Email)
}

/// State and cause of a message after one delivery.
fn sent_to(manner: Manner) -> (Server, String, String) {
    let server = Server::start(manner);
    let engine = server.engine();
    let session = engine.session();
    let id = session.send(draft("sara@example.org")).unwrap().id;
    engine.deliver(10).unwrap();
    let message = session.get(id).unwrap();
    let text = |field: &str| message.text(field).unwrap_or_default().to_owned();
    (server, text("state"), text("cause"))
}

#[test]
fn a_mail_in_persian_arrives_whole_and_one_connection_is_enough() {
    let server = Server::start(Manner::Works);
    let engine = server.engine();
    let session = engine.session();
    let first = session.send(draft("sara@example.org")).unwrap().id;
    for to in ["ali@example.org", "reza@example.org"] {
        session.send(draft(to)).unwrap();
    }
    assert_eq!(engine.deliver(10).unwrap().sent, 3);
    let mails = server.mails();
    assert_eq!(mails.len(), 3);
    assert_eq!(*server.connections.lock().unwrap(), 1);
    let mail = &mails[0];
    assert!(
        mail.contains(&format!("Message-ID: <{first}@bimeh.example>")),
        "{mail}"
    );
    assert!(mail.contains("To: =?utf-8?"), "{mail}");
    // Read back by the engine it says what it said.
    let other = Engine::in_memory().open().unwrap().session();
    let received = other.receive_mail(mail.as_bytes()).unwrap();
    let message = other.get(received.id).unwrap();
    assert_eq!(message.text("subject"), Some("یادآوری قسط"));
    let text = message.text("body_text").unwrap().replace("\r\n", "\n");
    assert_eq!(text.trim(), "قسط شما فردا سررسید می‌شود.\n.\nبا احترام");
    assert_eq!(message.text("from_name"), Some("بیمه آینده"));
}

#[test]
fn an_answer_decides_whether_it_is_tried_again() {
    for (manner, state, says) in [
        (Manner::RefusesRecipient, "failed", "no such user"),
        (Manner::IsFull, "queued", "mailbox full"),
        (Manner::RefusesSender, "queued", "may not send"),
    ] {
        let (server, found, cause) = sent_to(manner);
        assert_eq!(found, state, "{cause}");
        assert!(cause.contains(says), "{cause}");
        assert!(server.mails().is_empty());
    }
}

#[test]
fn a_server_that_hangs_costs_its_time_out_and_nothing_else() {
    let (server, state, cause) = sent_to(Manner::Hangs);
    assert_eq!(state, "queued");
    assert!(cause.contains("cannot reach the mail server"), "{cause}");
    assert_eq!(*server.connections.lock().unwrap(), 1);
}

#[test]
fn a_server_that_takes_the_text_and_says_nothing_leaves_it_unknown() {
    for manner in [Manner::DropsAfterText, Manner::HangsAfterText] {
        let server = Server::start(manner);
        let smtp = Smtp::of(Email {
            server: "127.0.0.1".to_owned(),
            port: Some(server.port),
            security: Security::None,
            user: None,
            password: None,
            from: String::new(),
            name: String::new(),
            timeout_seconds: 1,
        })
        .unwrap();
        let (envelope, text) = a_mail();
        let mut connection = smtp.connect().unwrap();
        let error = post(&mut connection, &envelope, &text).unwrap_err();
        assert_eq!(error.kind, SendErrorKind::Unknown, "{error}");
        assert_eq!(server.mails().len(), 1);
        // The server may have taken it: nobody sends it again unasked.
        let (found, state, _) = sent_to(manner);
        assert_eq!((found.mails().len(), state.as_str()), (1, "failed"));
    }
}

fn a_mail() -> (Envelope, Vec<u8>) {
    let address = |text: &str| text.parse::<Address>().unwrap();
    let envelope = Envelope::new(
        Some(address("a@example.org")),
        vec![address("b@example.org")],
    );
    (envelope.unwrap(), b"Subject: x\r\n\r\ntext".to_vec())
}

#[test]
fn nobody_at_the_port_is_told_as_such() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let server = Server {
        port,
        ..Server::start(Manner::Works)
    };
    let engine = server.engine();
    let session = engine.session();
    for to in ["a@example.org", "b@example.org"] {
        session.send(draft(to)).unwrap();
    }
    let told = engine.deliver(10).unwrap();
    assert_eq!((told.sent, told.postponed, told.failed), (0, 1, 0));
}

/// A store of a folder, used by the command line alone.
struct Shell {
    folder: tempfile::TempDir,
}

impl Shell {
    /// With a mail server, the demo's letter and its letterhead.
    fn new(server: &Server) -> Self {
        let shell = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let carriers = format!(
            "[email]\nserver = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n\
             from = \"sales@arvand.example\"\nname = \"گروه اروند\"\ntimeout_seconds = 5\n",
            server.port
        );
        std::fs::write(shell.path("carriers.toml"), carriers).unwrap();
        shell.create("company_profile", &demo::profile()).unwrap();
        shell.put_template(&demo::mail_template());
        shell
    }

    fn put_template(&self, fields: &Json) {
        let file = self.path("letter.json");
        std::fs::write(&file, fields.to_string()).unwrap();
        self.run(&["template", "put", &file]).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn run(&self, words: &[&str]) -> Result<Json, Fault> {
        let dir = self.path("crm");
        let given = ["peyvand", "--json", "--dir", &dir];
        let cli = Cli::try_parse_from(given.iter().chain(words)).unwrap();
        let mut answer = Vec::new();
        let mut output = Output::new(&mut answer, true);
        crate::answer(&cli, &mut output)?;
        output.flush()?;
        Ok(serde_json::from_slice(&answer).unwrap())
    }

    fn create(&self, object: &str, fields: &Json) -> Result<String, Fault> {
        let created = self.run(&["create", object, &fields.to_string()])?;
        Ok(created["id"].as_str().unwrap().to_owned())
    }

    /// Somebody of a customer gets the demo's letter; what was delivered.
    fn letter_to(&self, customer: &str, family: &str, note: &str) -> Result<Json, Fault> {
        let account = self.create("account", &json!({"name": customer}))?;
        let contact = self.create(
            "contact",
            &json!({
                "name": {"given": "نرگس", "family": family}, "email": "n.sadr@homa.example",
                "description": note, "account": account, "language": "fa",
            }),
        )?;
        let carriers = self.path("carriers.toml");
        let with = ["--carriers", carriers.as_str()];
        let letter = ["--template", "contract-ready", "--record", &contact];
        let send = ["message", "send", "--to", &contact];
        self.run(&[&send[..], &letter, &with].concat())?;
        self.run(&[&["message", "deliver"][..], &with].concat())
    }
}

/// The headers of a mail, with lines that were folded in one.
fn headers(mail: &str) -> Vec<(String, String)> {
    let (head, _) = mail.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ");
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_owned(), value.to_owned())
    };
    unfolded.split("\r\n").map(header).collect()
}

#[test]
fn the_demos_letter_goes_over_the_wire_by_the_command_line_in_both_forms() {
    let server = Server::start(Manner::Works);
    let shell = Shell::new(&server);
    let told = shell.letter_to("فولاد هما", "صدر", "").unwrap();
    assert_eq!(told["sent"], 1, "{told}");
    let mails = server.mails();
    let [mail] = &mails[..] else {
        panic!("{} mails came", mails.len())
    };
    assert!(mail.split("\r\n\r\n").next().unwrap().is_ascii(), "{mail}");
    let headers = headers(mail);
    let subject = headers.iter().find(|(name, _)| name == "Subject").unwrap();
    assert!(subject.1.starts_with("=?utf-8?b?"), "{}", subject.1);
    let parts = ["multipart/alternative", "text/plain", "text/html"];
    assert!(
        parts
            .iter()
            .all(|part| mail.contains(&format!("Content-Type: {part}"))),
        "{mail}"
    );
    let other = Engine::in_memory().open().unwrap().session();
    let received = other.receive_mail(mail.as_bytes()).unwrap();
    let message = other.get(received.id).unwrap();
    let text = |field: &str| message.text(field).unwrap_or_default();
    assert_eq!(text("subject"), "قرارداد با فولاد هما آمادهٔ امضاست");
    assert!(
        text("body_text").starts_with("نرگس صدر گرامی،"),
        "{}",
        text("body_text")
    );
    assert!(!text("body_text").contains('<'));
    assert!(
        text("body_html").contains("<p>نرگس صدر گرامی،</p>"),
        "{}",
        text("body_html")
    );
}

/// The headers of a mail in two forms, in their order.
const HEADERS: [&str; 8] = [
    "From",
    "To",
    "Subject",
    "Message-ID",
    "Content-Language",
    "MIME-Version",
    "Date",
    "Content-Type",
];

#[test]
fn no_field_of_a_record_can_add_a_header() {
    let server = Server::start(Manner::Works);
    let shell = Shell::new(&server);
    // A name is one line, and says so.
    for (customer, family) in [
        ("فولاد\r\nBcc: thief@example.org", "صدر"),
        ("فولاد", "صدر\r\nBcc: thief@example.org"),
    ] {
        let refused = shell.letter_to(customer, family, "").unwrap_err();
        assert!(refused.to_string().contains("line breaks"), "{refused}");
    }
    // A note may have several, and a careless template may put it into the subject.
    let mut careless = demo::mail_template();
    careless["texts"]["fa"]["subject"] = json!("{{ record.description }}");
    shell.put_template(&careless);
    for note in [
        "سلام\r\nBcc: thief@example.org\r\n\r\n<p>text",
        "hello\nBcc: thief@example.org",
        "hello\rBcc: thief@example.org",
        "hello\u{2028}Bcc: thief@example.org",
    ] {
        let told = shell.letter_to("فولاد", "صدر", note).unwrap();
        assert_eq!(told["sent"], 1, "{told}");
    }
    let mails = server.mails();
    assert_eq!(mails.len(), 4);
    for mail in mails {
        let headers = headers(&mail);
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, HEADERS, "{mail}");
        // It got as far as the subject, and stayed in it.
        assert!(headers[2].1.contains("Bcc: thief@example.org"), "{mail}");
    }
}
#[test]
fn a_mail_carries_its_files_under_their_names() {
    let server = Server::start(Manner::Works);
    let engine = server.engine();
    let session = engine.session();
    let file = session
        .put_file("offer.txt", None, &mut "Offer of 12".as_bytes())
        .unwrap();
    let document = session.add_document(&file, serde_json::json!({}), &[]);
    let document = document.unwrap().id().unwrap();
    let to = Recipient::Address {
        address: "sara@example.org".to_owned(),
        name: String::new(),
    };
    let draft = MessageDraft::new(to, "Offer", "See the file").by(Channel::Email);
    session.send(draft.carrying(document)).unwrap();
    assert_eq!(engine.deliver(10).unwrap().sent, 1);
    let mail = server.mails().remove(0);
    assert!(
        mail.contains("multipart/mixed") && mail.contains("filename=\"offer.txt\""),
        "{mail}"
    );
    assert!(
        mail.contains("See the file") && mail.contains("Offer of 12"),
        "{mail}"
    );
}
