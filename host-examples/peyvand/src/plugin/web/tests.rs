//! Does the client stay within what it was told, whatever the other side does?

#![allow(clippy::unwrap_used)]
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use peyvand::{Asked, Engine, Query, Session, WebClient, WebRequest, WebResponse};
use serde_json::{Value as Json, json};

use super::Web;

const MANY: usize = 256 << 10;

/// What another system was sent: the first line, the headers in lower case, the body.
struct Heard {
    line: String,
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Heard {
    fn read(stream: &TcpStream) -> Self {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let (mut headers, mut length) = (Vec::new(), 0);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            let header = header.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            headers.push(header);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let line = line.trim().to_owned();
        Self {
            line,
            headers,
            body,
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter();
        values.find_map(|header| header.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// Another system, which does with each connection in turn what it is told; gives its address and what it hears.
fn other<F>(answers: Vec<F>) -> (String, Receiver<Heard>)
where
    F: FnOnce(TcpStream) + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (stream, _) = listener.accept().unwrap();
            // Who asks may have gone.
            tell.send(Heard::read(&stream)).ok();
            answer(stream);
        }
    });
    (address, heard)
}

fn says(answer: &'static str) -> impl FnOnce(TcpStream) + Send + 'static {
    move |mut stream| stream.write_all(answer.as_bytes()).unwrap()
}

fn request(method: &str, url: &str) -> WebRequest {
    let mut request = WebRequest::new(method, url);
    request.headers = vec![("idempotency-key".to_owned(), "k1".to_owned())];
    request.time_out = Duration::from_secs(20);
    request.most_bytes = MANY;
    request
}

fn ask(request: &WebRequest) -> Result<WebResponse, String> {
    Web::with_pause(&[], Duration::ZERO).send(request)
}

const FINE: &str = "HTTP/1.1 200 OK\r\nx-from: afar\r\ncontent-length: 6\r\n\r\nخوب";
const BUSY: &str = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n";

#[test]
fn a_request_arrives_as_it_is_and_its_answer_comes_back() {
    let (address, heard) = other(vec![says(FINE)]);
    let mut asked = request("POST", &format!("{address}/score?of=1"));
    asked.body = "سلام".into();
    let answer = ask(&asked).unwrap();
    assert_eq!((answer.status, answer.body), (200, "خوب".into()));
    assert!(
        answer
            .headers
            .contains(&("x-from".to_owned(), "afar".to_owned()))
    );
    let heard = heard.recv().unwrap();
    assert_eq!(heard.line, "POST /score?of=1 HTTP/1.1");
    assert_eq!(heard.header("idempotency-key"), Some("k1"));
    assert_eq!(heard.header("user-agent"), Some("peyvand"));
    assert_eq!(heard.body, "سلام".as_bytes());
}

#[test]
fn every_method_of_the_contract_is_made() {
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
        let (address, heard) = other(vec![says("HTTP/1.1 204 Nothing\r\n\r\n")]);
        let answer = ask(&request(method, &address)).unwrap();
        assert_eq!(answer.status, 204, "{method}");
        assert!(heard.recv().unwrap().line.starts_with(method));
    }
    let mut asked = request("GET", "http://127.0.0.1:1/");
    asked.body = vec![1];
    assert!(ask(&asked).unwrap_err().contains("a GET has no body"));
}

#[test]
fn an_error_of_the_other_side_is_an_answer() {
    let (address, heard) = other(vec![says(
        "HTTP/1.1 500 Oh\r\ncontent-length: 5\r\n\r\nsorry",
    )]);
    let answer = ask(&request("POST", &address)).unwrap();
    assert_eq!((answer.status, answer.body), (500, b"sorry".to_vec()));
    assert_eq!(heard.iter().count(), 1);
}

#[test]
fn a_redirect_is_an_answer_and_nobody_goes_there() {
    let trap = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = trap.local_addr().unwrap().port();
    let (address, _heard) = other(vec![move |mut stream: TcpStream| {
        let answer = format!(
            "HTTP/1.1 302 There\r\nlocation: http://127.0.0.1:{port}/secret\r\ncontent-length: 0\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).unwrap();
    }]);
    let answer = ask(&request("GET", &address)).unwrap();
    assert_eq!(answer.status, 302);
    trap.set_nonblocking(true).unwrap();
    assert!(trap.accept().is_err());
}

#[test]
fn a_name_of_this_machine_that_was_not_granted_as_such_is_not_asked() {
    let trap = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = trap.local_addr().unwrap().port();
    let url = format!("http://127.1:{port}/");
    let why = ask(&request("GET", &url)).unwrap_err();
    assert!(why.contains("'127.1' leads to 127.0.0.1"), "{why}");
    trap.set_nonblocking(true).unwrap();
    assert!(trap.accept().is_err());
}

/// Answers with this beginning and then without end, until the other side has gone.
fn floods(beginning: &'static str, bytes: &'static [u8]) -> impl FnOnce(TcpStream) + Send {
    move |mut stream| {
        stream.write_all(beginning.as_bytes()).unwrap();
        while stream.write_all(bytes).is_ok() {}
    }
}

#[test]
fn a_gigabyte_is_refused_and_not_read() {
    let chunk: &[u8] = &[b'x'; 1 << 16];
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n";
    let unsaid = "HTTP/1.1 200 OK\r\n\r\n";
    let in_headers = "HTTP/1.1 200 OK\r\nx: ";
    for (beginning, says) in [
        (announced, "more than the 262144 bytes"),
        (unsaid, "more than the 262144 bytes"),
        (in_headers, "could not be asked"),
    ] {
        let (address, _heard) = other(vec![floods(beginning, chunk)]);
        let why = ask(&request("POST", &address)).unwrap_err();
        assert!(why.contains(says), "{beginning:?}: {why}");
    }
}

#[test]
fn an_answer_of_just_the_most_is_taken() {
    let body = vec![b'x'; MANY];
    let (address, _heard) = other(vec![move |mut stream: TcpStream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        stream.write_all(&body).unwrap();
    }]);
    assert_eq!(ask(&request("GET", &address)).unwrap().body.len(), MANY);
}

#[test]
fn who_does_not_answer_is_waited_for_no_longer_than_the_request_says() {
    // Silent at once, after a part of the headers, and after a part of the body.
    for beginning in [
        "",
        "HTTP/1.1 200 OK\r\nx-",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab",
    ] {
        let (address, _heard) = other(vec![move |mut stream: TcpStream| {
            stream.write_all(beginning.as_bytes()).unwrap();
            let mut rest = Vec::new();
            // Until the other side gives up.
            stream.read_to_end(&mut rest).ok();
        }]);
        let mut asked = request("GET", &address);
        asked.time_out = Duration::from_millis(200);
        let why = ask(&asked).unwrap_err();
        assert!(why.contains("in time"), "{beginning:?}: {why}");
    }
}

#[test]
fn what_may_be_repeated_is_under_the_same_key() {
    type Answer = Box<dyn FnOnce(TcpStream) + Send>;
    let breaks = || -> Answer { Box::new(drop) };
    let busy = || -> Answer { Box::new(says(BUSY)) };
    let fine = || -> Answer { Box::new(says(FINE)) };
    let (address, heard) = other(vec![breaks(), busy(), fine()]);
    assert_eq!(ask(&request("PUT", &address)).unwrap().status, 200);
    let heard: Vec<Heard> = heard.iter().collect();
    assert_eq!(heard.len(), 3);
    assert!(
        heard
            .iter()
            .all(|heard| heard.header("idempotency-key") == Some("k1"))
    );
    // It may have been done: whoever asked is told, and decides.
    let (address, heard) = other(vec![breaks()]);
    let why = ask(&request("POST", &address)).unwrap_err();
    assert!(why.contains("broke"), "{why}");
    assert_eq!(heard.iter().count(), 1);
    let (address, heard) = other(vec![busy()]);
    assert_eq!(ask(&request("POST", &address)).unwrap().status, 503);
    assert_eq!(heard.iter().count(), 1);
    let (address, heard) = other(vec![busy(), busy(), busy()]);
    assert_eq!(ask(&request("GET", &address)).unwrap().status, 503);
    assert_eq!(heard.iter().count(), 3);
}

#[test]
fn nobody_there_is_told() {
    let gone = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = gone.local_addr().unwrap().port();
    drop(gone);
    let why = ask(&request("POST", &format!("http://127.0.0.1:{port}/"))).unwrap_err();
    assert_eq!(why, "it takes no connections");
}

/// A store with a guest that asks whom a lead names, and makes an activity of the answer.
fn surveyed_in(engine: &Engine) -> Session {
    let session = engine.session();
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/guests/dist/surveyor.wasm"
    );
    let file = std::fs::read(file).unwrap();
    let _ = session.install_unsigned_plugin(&file, Json::Null).unwrap();
    session
}

fn asked_by_a_plugin(engine: &Engine, session: &Session, url: &str) -> Asked {
    let orders = format!("ask|{url}");
    let lead = json!({"name": "سارا", "phone": "+989121234567", "orders": orders});
    let _ = session.create("lead", lead).unwrap();
    engine
        .ask_others(&Web::with_pause(&[], Duration::ZERO))
        .unwrap()
}

#[test]
fn a_plugin_asks_and_hears_the_answer() {
    let engine = Engine::in_memory().open().unwrap();
    let session = surveyed_in(&engine);
    let (address, heard) = other(vec![says(FINE)]);
    let asked = asked_by_a_plugin(&engine, &session, &address);
    assert_eq!((asked.made, asked.failed), (1, 0), "{:?}", asked.warnings);
    assert!(heard.recv().unwrap().header("idempotency-key").is_some());
    assert_eq!(subjects(&session), ["200 خوب"]);
}

#[test]
fn a_host_that_was_not_granted_or_is_not_any_more_hears_nothing() {
    let engine = Engine::in_memory().open().unwrap();
    let session = surveyed_in(&engine);
    let trap = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    trap.set_nonblocking(true).unwrap();
    let port = trap.local_addr().unwrap().port();
    // Another name of the same machine.
    let asked = asked_by_a_plugin(&engine, &session, &format!("http://localhost:{port}/"));
    assert_eq!((asked.made, asked.failed), (0, 0));
    let orders = format!("ask|http://127.0.0.1:{port}/");
    let _ = session
        .create("lead", json!({"name": "علی", "orders": orders}))
        .unwrap();
    let _ = session
        .grant_plugin("surveyor", &[], &["call 127.0.0.1"])
        .unwrap();
    let asked = engine.ask_others(&Web::new(&[])).unwrap();
    assert_eq!((asked.made, asked.failed), (0, 1));
    assert!(trap.accept().is_err());
}

fn subjects(session: &Session) -> Vec<String> {
    let page = session.query(&Query::new("activity")).unwrap();
    let subjects = page.records.iter();
    subjects
        .map(|record| record.text("subject").unwrap().to_owned())
        .collect()
}
