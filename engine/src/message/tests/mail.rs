//! Is a mail read as it was meant, and nothing of it believed that must not be?

use super::*;
use crate::error::ErrorKind;
use crate::query::Filter;

fn mail(headers: &str, body: &str) -> Vec<u8> {
    format!("{headers}\r\n\r\n{body}")
        .replace("\r\n", "\n")
        .replace('\n', "\r\n")
        .into_bytes()
}

fn from_maryam(id: &str, more: &str) -> Vec<u8> {
    let headers = format!(
        "From: =?utf-8?B?2YXYsduM2YU=?= <Maryam@Example.org>\nTo: crm@bimeh.example\nSubject: =?utf-8?Q?=D9=82=D8=B3=D8=B7?=\nDate: Wed, 25 Mar 2026 10:00:00 +0330\nMessage-ID: <{id}>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8{more}"
    );
    mail(&headers, "سلام، قسط را پرداختم.")
}

fn bounce(message_id: &str, action: &str) -> Vec<u8> {
    let headers = "From: MAILER-DAEMON@example.org\nTo: crm@bimeh.example\nSubject: Undelivered\nMessage-ID: <dsn-1@example.org>\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"";
    let body = format!(
        "--b\nContent-Type: text/plain\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; sara@example.org\nAction: {action}\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n\n--b\nContent-Type: text/rfc822-headers\n\nFrom: crm@bimeh.example\nMessage-ID: <{message_id}>\nSubject: x\n\n--b--\n"
    );
    mail(headers, &body)
}

#[test]
fn a_mail_is_linked_to_its_sender_and_read_in_persian() {
    let office = Office::new();
    let contact = office.contact(json!({}));
    let received = office
        .session
        .receive_mail(&from_maryam("m1@example.org", ""))
        .unwrap();
    assert_eq!(received.linked, [contact]);
    let message = office.get(received.id);
    let text = |field: &str| message.text(field).unwrap_or_default();
    assert_eq!(text("subject"), "قسط");
    assert_eq!(text("from_name"), "مریم");
    assert_eq!(text("from_address"), "Maryam@Example.org");
    assert_eq!(text("body_text").trim(), "سلام، قسط را پرداختم.");
    assert_eq!(text("message_id"), "m1@example.org");
    assert_eq!(message.to_json()["at"], "2026-03-25T06:30:00Z");
    let again = office
        .session
        .receive_mail(&from_maryam("m1@example.org", ""))
        .unwrap();
    assert_eq!((again.id, again.before), (received.id, true));
    assert_eq!(again.linked, received.linked);
}

#[test]
fn an_answer_stands_in_the_conversation_that_it_answers() {
    let office = Office::new();
    let account = office.create("account", json!({"name": "فولاد پارس"}));
    let deal = office.create(
        "opportunity",
        json!({"name": "ورق", "account": account.to_string()}),
    );
    // Two people share the address: the one who was written to is the one who answers.
    office.contact(json!({}));
    let written = office.contact(json!({"name": "رضا رضایی"}));
    let first = office
        .post(MessageDraft::new(Recipient::Record(written), "پیشنهاد", "سلام").about(deal))
        .id;
    let sent_id = office.get(first).text("message_id").unwrap().to_owned();
    let answer = from_maryam("m2@example.org", &format!("\nIn-Reply-To: <{sent_id}>"));
    let answer = office.session.receive_mail(&answer).unwrap();
    assert!(
        answer.linked.contains(&written) && answer.linked.contains(&deal),
        "{answer:?}"
    );
    let by_references = from_maryam(
        "m3@example.org",
        &format!("\nReferences: <{sent_id}> <m2@example.org> <unknown@x.org>"),
    );
    let second = office.session.receive_mail(&by_references).unwrap();
    let message = office.get(second.id).to_json();
    assert_eq!(message["reply_to"], answer.id.to_string());
    assert_eq!(message["thread"], first.to_string());
    // Our answer names theirs.
    let ours =
        MessageDraft::new(Recipient::Record(written), "Re: پیشنهاد", "سلام").in_reply_to(second.id);
    let ours = office.post(ours).id;
    assert_eq!(office.get(ours).to_json()["thread"], first.to_string());
    office.engine.deliver(10).unwrap();
    let taken = office.mail.taken();
    assert_eq!(taken[1].in_reply_to.as_deref(), Some("m3@example.org"));
}

#[test]
fn a_bounce_says_so_on_the_message_that_bounced() {
    let office = Office::new();
    let id = office.post(mail_to("sara@example.org")).id;
    office.engine.deliver(10).unwrap();
    let sent_id = office.get(id).text("message_id").unwrap().to_owned();
    let delayed = office
        .session
        .receive_mail(&bounce("other@x.org", "failed"))
        .unwrap();
    assert_eq!((delayed.about, office.state(id).as_str()), (None, "sent"));
    let mut notice = bounce(&sent_id, "failed");
    let place = notice.windows(5).position(|part| part == b"dsn-1").unwrap();
    notice[place + 4] = b'2';
    let received = office.session.receive_mail(&notice).unwrap();
    assert_eq!(received.about, Some(id));
    assert_eq!(office.state(id), "bounced");
    assert_eq!(
        office.get(id).text("cause"),
        Some("5.1.1 smtp; 550 no such user")
    );
    assert_eq!(
        office.get(received.id).to_json()["reply_to"],
        id.to_string()
    );
}

#[test]
fn a_mail_without_an_id_is_taken_in_once_too() {
    let office = Office::new();
    let raw = mail("From: a@example.org\nSubject: hello", "text");
    let first = office.session.receive_mail(&raw).unwrap();
    let second = office.session.receive_mail(&raw).unwrap();
    assert_eq!((first.id, second.before), (second.id, true));
}

/// A mail with files: their names, and their bytes in base64.
fn with_files(files: &[(&str, &str)]) -> Vec<u8> {
    let headers = "From: a@example.org\nMessage-ID: <x@y.org>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b";
    let mut body = "--b\nContent-Type: text/html; charset=utf-8\n\n<p>سلام</p>\n".to_owned();
    for (name, bytes) in files {
        body += &format!(
            "--b\nContent-Type: application/pdf; name=\"{name}\"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n{bytes}\n"
        );
    }
    mail(headers, &(body + "--b--"))
}

fn bytes_of(office: &Office, document: &str) -> String {
    use std::io::Read;
    let document = document.parse().unwrap();
    let mut text = String::new();
    let mut file = office.session.open_file(document, "file").unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn attachments_become_documents_of_the_message_once() {
    let office = Office::new();
    let raw = with_files(&[("../قرارداد.pdf", "JVBERi0x"), ("", "2LPZhNin2YU=")]);
    let id = office.session.receive_mail(&raw).unwrap().id;
    let message = office.get(id).to_json();
    let list = &message["attachments"];
    assert_eq!(list[0]["media_type"], "application/pdf");
    assert_eq!(list[0]["size"], 6);
    assert_eq!(message["body_html"].as_str().unwrap().trim(), "<p>سلام</p>");
    assert_eq!(message["body_text"].as_str().unwrap().trim(), "سلام");
    let document = |place: usize| list[place]["document"].as_str().unwrap().to_owned();
    assert_eq!(bytes_of(&office, &document(0)), "%PDF-1");
    assert_eq!(bytes_of(&office, &document(1)), "سلام");
    let title = |id: String| office.get(id.parse().unwrap()).title();
    assert_eq!(title(document(0)), "قرارداد.pdf");
    assert_eq!(title(document(1)), "attachment-2");
    assert!(office.session.receive_mail(&raw).unwrap().before);
    let all = Filter::everything();
    assert_eq!(office.session.count("document", &all).unwrap(), 2);
    // They go with their message.
    let erased = office.session.erase([id]).unwrap();
    assert_eq!((erased.ids.len(), erased.messages), (7, 1));
    assert_eq!(office.session.count("document", &all).unwrap(), 0);
}

#[test]
fn an_attachment_that_the_store_does_not_take_is_listed_with_the_cause() {
    let limits = crate::ContentRules::default().largest(10);
    let office = Office::of(
        Engine::in_memory().content(limits),
        Postbox::accepting(),
        rules(),
    );
    let raw = with_files(&[("a.txt", "YWFhYWFhYWFhYWFhYWFhYQ=="), ("b.txt", "Yg==")]);
    let id = office.session.receive_mail(&raw).unwrap().id;
    let list = &office.get(id).to_json()["attachments"];
    let cause = list[0]["cause"].as_str().unwrap();
    assert!(cause.contains("more than 10 bytes"), "{cause}");
    assert!(list[0]["document"].is_null() && list[1]["document"].is_string());
}

#[test]
fn what_is_no_mail_or_too_much_of_one_is_refused() {
    let office = Office::new();
    let deep = "Content-Type: message/rfc822\n\n".repeat(200_000);
    let deep = mail("From: a@example.org", &deep);
    let large = vec![b'a'; 25_000_001];
    for raw in [&b""[..], b"hello", b"\r\n\r\n", &deep, &large, &[0xff; 100]] {
        let error = office.session.receive_mail(raw).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{error}");
    }
    let nested = "Content-Type: message/rfc822\n\n".repeat(400);
    let nested = format!("From: a@example.org\n{nested}From: b@example.org\n\ntext");
    office.session.receive_mail(nested.as_bytes()).unwrap();
}

#[test]
fn mails_that_were_cut_mixed_and_flipped_are_read_or_refused() {
    let office = Office::new();
    office.contact(json!({}));
    let seeds = [
        from_maryam("m1@example.org", "\nIn-Reply-To: <x@y>"),
        bounce("x@y.org", "failed"),
        mail(
            "From: a@example.org\nContent-Type: multipart/mixed; boundary=b",
            "--b\nContent-Type: message/rfc822\n\nFrom: x\n\n--b\nContent-Transfer-Encoding: base64\n\n////\n--b--",
        ),
    ];
    // xorshift: the same mutations in every run.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let mut taken = 0;
    for round in 0..1_500 {
        let mut raw = seeds[round % seeds.len()].clone();
        for _ in 0..=draw(6) {
            let place = draw(raw.len());
            match draw(5) {
                0 => raw[place] = u8::try_from(draw(256)).unwrap(),
                1 => raw.truncate(place.max(1)),
                2 => {
                    let part = raw[place..(place + draw(60)).min(raw.len())].to_vec();
                    let to = draw(raw.len());
                    raw.splice(to..to, part);
                }
                3 => {
                    raw.drain(place..(place + draw(20)).min(raw.len()));
                }
                _ => {
                    let piece: &[u8] = [
                        &b"\r\n"[..],
                        b"\0",
                        b"=?utf-8?B?",
                        b"--b",
                        b"<",
                        b"\xff\xfe",
                    ][draw(6)];
                    raw.splice(place..place, piece.iter().copied());
                }
            }
            if raw.is_empty() {
                raw.push(b'a');
            }
        }
        match office.session.receive_mail(&raw) {
            Ok(_) => taken += 1,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Input, "round {round}: {error}"),
        }
    }
    assert!(taken > 500, "{taken}");
}

#[test]
fn long_message_ids_that_differ_at_their_end_are_of_two_mails() {
    let office = Office::new();
    let long = "a".repeat(600);
    let first = from_maryam(&format!("{long}1@example.org"), "");
    let second = from_maryam(&format!("{long}2@example.org"), "");
    let receive = |raw: &[u8]| office.session.receive_mail(raw).unwrap();
    let (one, two) = (receive(&first), receive(&second));
    assert!(one.id != two.id && !two.before);
    assert!(receive(&first).before);
}

#[test]
fn a_text_about_headers_is_no_mail_of_many_parts() {
    let office = Office::new();
    let text = "the header Content-Type: is said here\n".repeat(600);
    let raw = mail("From: a@example.org\nMessage-ID: <t@y.org>", &text);
    assert!(office.session.receive_mail(&raw).is_ok());
}
