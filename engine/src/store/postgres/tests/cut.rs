//! What becomes of a commit whose connection is lost?

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::*;

/// Everything passes.
const OPEN: u8 = 0;
/// The next COMMIT does not reach the server.
const BEFORE: u8 = 1;
/// The next COMMIT reaches the server, its answer does not reach the client.
const AFTER: u8 = 2;

/// Stands between client and server, and cuts the connection once when it is told to.
struct Cutter {
    url: String,
    cut: Arc<AtomicU8>,
}

impl Cutter {
    fn before(url: &str) -> Self {
        let config: postgres::Config = url.parse().unwrap();
        let postgres::config::Host::Tcp(host) = &config.get_hosts()[0] else {
            panic!("PEYVAND_POSTGRES has to name a host that is reached by TCP");
        };
        let server = (host.clone(), config.get_ports()[0]);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let password = config.get_password().map(|bytes| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            format!(" password='{text}'")
        });
        let url = format!(
            "host=127.0.0.1 port={port} user={} dbname={}{}",
            config.get_user().unwrap(),
            config.get_dbname().unwrap(),
            password.unwrap_or_default()
        );
        let cut = Arc::new(AtomicU8::new(OPEN));
        let shared = Arc::clone(&cut);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let server = TcpStream::connect(&server).unwrap();
                pass(client.unwrap(), server, &shared);
            }
        });
        Cutter { url, cut }
    }
}

fn pass(client: TcpStream, server: TcpStream, cut: &Arc<AtomicU8>) {
    let swallow = Arc::new(AtomicU8::new(OPEN));
    let ends = || (client.try_clone().unwrap(), server.try_clone().unwrap());
    let ((from, to), (back_to, back_from)) = (ends(), ends());
    let (cut, told) = (Arc::clone(cut), Arc::clone(&swallow));
    std::thread::spawn(move || {
        relay(from, to, |bytes| {
            let commits = bytes.windows(7).any(|part| part == b"COMMIT\0");
            let how = if commits {
                cut.swap(OPEN, Ordering::SeqCst)
            } else {
                OPEN
            };
            told.store(how, Ordering::SeqCst);
            how != BEFORE
        });
    });
    std::thread::spawn(move || {
        relay(back_from, back_to, |_| {
            swallow.load(Ordering::SeqCst) != AFTER
        });
    });
}

/// Passes bytes on until one side ends or `may` forbids it; then both sides end.
fn relay(mut from: TcpStream, mut to: TcpStream, mut may: impl FnMut(&[u8]) -> bool) {
    let mut bytes = [0; 65536];
    while let Ok(count) = from.read(&mut bytes) {
        if count == 0 || !may(&bytes[..count]) || to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

fn a_cut_commit_happens_once(test: &str, how: u8) {
    with_tenant(test, |url, tenant| {
        let cutter = Cutter::before(url);
        let store = open(&cutter.url, tenant);
        commit(&store, vec![add(b"total", 1)]);
        cutter.cut.store(how, Ordering::SeqCst);
        assert_eq!(commit(&store, vec![add(b"total", 1)]).get(), 2);
        assert_eq!(cutter.cut.load(Ordering::SeqCst), OPEN, "nothing was cut");
        assert_eq!(commit(&store, vec![add(b"total", 1)]).get(), 3);
        assert_eq!(counted(&store, store.head(), b"total"), Some(3));
        assert_eq!(store.verify().unwrap().entries, 3);
    });
}

#[test]
fn a_commit_whose_answer_was_lost_is_not_done_twice() {
    a_cut_commit_happens_once("answer_lost", AFTER);
}

#[test]
fn a_commit_that_was_lost_on_the_way_is_done_again() {
    a_cut_commit_happens_once("commit_lost", BEFORE);
}

#[test]
fn a_refusal_is_still_told_when_the_answer_to_its_group_was_lost() {
    with_tenant("refusal_lost", |url, tenant| {
        let cutter = Cutter::before(url);
        let store = open(&cutter.url, tenant);
        let at = store.pin();
        commit(&store, vec![put(b"a", b"1")]);
        cutter.cut.store(AFTER, Ordering::SeqCst);
        let one = |unchanged: &[u8]| Commit {
            at,
            unchanged: vec![unchanged.to_vec()],
            writes: vec![add(b"total", 1)],
            ..Commit::default()
        };
        let answers = store.commit_group(vec![one(b"b"), one(b"a"), one(b"c")]);
        assert_eq!(cutter.cut.load(Ordering::SeqCst), OPEN, "nothing was cut");
        let positions: Vec<Option<u64>> = answers
            .iter()
            .map(|answer| answer.as_ref().ok().map(|position| position.get()))
            .collect();
        assert_eq!(positions, [Some(2), None, Some(3)]);
        assert!(matches!(&answers[1], Err(CommitError::Conflict { key }) if key == b"a"));
    });
}

#[test]
fn connections_that_the_server_ended_are_replaced() {
    with_tenant("ended_connections", |url, tenant| {
        let named = format!("{url}?application_name={tenant}");
        let (store, other) = (open(&named, tenant), open(url, tenant));
        commit(&store, vec![put(b"a", b"1")]);
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = left('{tenant}', 63)"
        );
        sql(&other, &end);
        assert_eq!(
            get(&store, Position::from_number(1), b"a"),
            Some(b"1".to_vec())
        );
        sql(&other, &end);
        assert_eq!(commit(&store, vec![put(b"a", b"2")]).get(), 2);
    });
}
