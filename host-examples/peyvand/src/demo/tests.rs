//! Does the tour tell what it promises, and is what it tells in the store?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Read;

use clap::Parser;
use peyvand::{Actor, EventKind, Filter, Record, RecordId, Session, ViewPage};

use super::*;
use crate::args::Cli;
use crate::fault::Exit;
use crate::output::Output;

#[test]
fn what_is_no_store_is_never_emptied() {
    let dir = std::env::temp_dir().join(format!("peyvand-demo-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    assert!(make_room(&dir, false).is_ok(), "an empty directory is fine");
    for name in ["FORMAT", "letter.txt"] {
        std::fs::write(dir.join(name), "mine").unwrap();
    }
    for fresh in [false, true] {
        assert!(matches!(
            make_room(&dir, fresh),
            Err(DemoError::Taken { store: false, .. })
        ));
    }
    assert!(dir.join("letter.txt").exists());
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(
        make_room(&dir, false).is_ok(),
        "what is not there yet is fine"
    );
}

/// The tour's text between a heading and the next one.
fn chapter<'a>(tour: &'a str, heading: &str) -> &'a str {
    let (_, after) = tour
        .split_once(&format!("── {heading} ─"))
        .unwrap_or_else(|| panic!("there is no chapter '{heading}'"));
    after.split("\n── ").next().unwrap()
}

/// A command of the program that is tested, as somebody types it; what it answers.
fn typed(line: &str) -> String {
    let words = line.split_whitespace().map(|word| word.trim_matches('\''));
    let cli = Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
    let mut answer = Vec::new();
    let mut output = Output::new(&mut answer, false);
    let exit = crate::answer(&cli, &mut output);
    output.flush().unwrap();
    assert!(matches!(exit, Ok(Exit::Fine)), "{line}");
    String::from_utf8(answer).unwrap()
}

fn texts_of_versions(session: &Session, document: RecordId) -> Vec<String> {
    let versions = session.versions(document).unwrap();
    let text = |version: &Record| {
        let mut text = String::new();
        let mut file = session.open_file(version.id(), "file").unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    };
    versions.iter().map(text).collect()
}

/// One demo for all that is asked of it: a year takes its time.
#[test]
fn the_tour_tells_what_is_in_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let options = DemoOptions {
        seed: 1404,
        fresh: false,
        locale: Locale::En,
        plugins: Vec::new(),
    };
    let mut tour = Vec::new();
    run(&dir, &mut tour, &options).unwrap();
    let tour = String::from_utf8(tour).unwrap();

    let engine = Engine::open(&dir).unwrap();
    papers_are_there(&engine, &tour, &dir);
    screens_are_for_their_roles(&engine, &tour);
    letters_are_as_told(&engine, &tour);
    let proof = chapter(&tour, "Is it all true?");
    assert!(
        proof.contains("is exactly what the journal says"),
        "{proof}"
    );
    engine.close().unwrap();

    for line in tour
        .lines()
        .filter(|line| !line.contains(dir.to_str().unwrap()))
    {
        assert!(line.chars().count() <= 100, "{line}");
    }
    let next = chapter(&tour, "Where to go from here").replace("\\\n", "");
    let commands: Vec<&str> = next
        .lines()
        .filter(|line| !line.trim().is_empty())
        .skip(1)
        .collect();
    let answers: Vec<String> = commands.iter().map(|line| typed(line)).collect();
    assert_eq!(answers.len(), 7);
    assert!(answers.iter().all(|answer| !answer.is_empty()));
    // What is shown again is the demo's own, and goes with it.
    assert!(make_room(&dir, true).is_ok());
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
}

fn papers_are_there(engine: &Engine, tour: &str, dir: &Path) {
    let session = engine.session();
    let told = chapter(tour, "The contract: stored, found, changed");
    let found = figures::all(
        &session,
        "document",
        &Filter::eq("document_type", "contract"),
    );
    let [contract] = &found.unwrap()[..] else {
        panic!("one contract was stored");
    };
    assert!(told.contains(&contract.id().to_string()), "{told}");
    assert!(contract.title().starts_with("قرارداد فروش و پشتیبانی · "));
    assert!(told.contains(&contract.title()), "{told}");
    let attached = Filter::eq("document", contract.id());
    let attached = figures::all(&session, "attachment", &attached).unwrap();
    let to: Vec<_> = attached
        .iter()
        .map(|of| {
            session
                .get(figures::reference(of, "record").unwrap())
                .unwrap()
        })
        .map(|record| record.object().to_owned())
        .collect();
    assert_eq!(to, ["account", "opportunity"]);
    let versions = texts_of_versions(&session, contract.id());
    assert_eq!(versions.len(), 2);
    for (text, days) in versions.iter().zip(["ظرف سی روز", "ظرف چهل و پنج روز"])
    {
        assert!(text.contains(days) && told.contains(days), "{text}");
        assert!(!text.contains('{'), "{text}");
    }

    let told = chapter(tour, "The offer, on the firm's paper");
    for (name, direction, firm, words) in [
        ("offer-fa.html", "dir=\"rtl\"", "گروه اروند", "میلیون ریال"),
        (
            "offer-en.html",
            "dir=\"ltr\"",
            "Arvand Group",
            "million Iranian rials",
        ),
    ] {
        let page = std::fs::read_to_string(dir.join(name)).unwrap();
        assert!(
            told.contains(&dir.join(name).display().to_string()),
            "{told}"
        );
        for part in [direction, firm, words] {
            assert!(page.contains(part), "{name} has no {part}");
        }
        assert!(told.contains(firm) && told.contains(words), "{told}");
    }
}

fn screens_are_for_their_roles(engine: &Engine, tour: &str) {
    let told = chapter(tour, "Screens are data: one for sellers, one for managers");
    let session = engine.session();
    let of_role = |role: &str| {
        let role = session.find("role", "key", role).unwrap().unwrap();
        let users = figures::all(&session, "user", &Filter::eq("role", role.id())).unwrap();
        users.into_iter()
    };
    let sees = |user: &Record| {
        let views = engine
            .session_as(Actor::User(user.id()))
            .views(None)
            .unwrap();
        views
            .iter()
            .any(|view| view.key.as_deref() == Some(screens::VIEW))
    };
    assert!(of_role("seller").all(|user| sees(&user)));
    assert!(!of_role("manager").any(|user| sees(&user)));
    assert!(
        told.contains("it is listed among the views of a seller, and not listed"),
        "{told}"
    );
    let seller = of_role("seller").find(|user| told.contains(user.text("login").unwrap()));
    let seller = engine.session_as(Actor::User(seller.unwrap().id()));
    let rows = seller
        .view_rows(&seller.view(screens::VIEW).unwrap(), &ViewPage::first())
        .unwrap();
    assert!(!rows.rows.is_empty());
    for row in rows.rows.iter().take(4) {
        assert!(told.contains(&row.cells[0].text), "{told}");
    }
    let open = session
        .count("opportunity", &Filter::eq("status", "open"))
        .unwrap();
    let tile = format!("Open deals           {open} ");
    assert!(
        told.contains(&tile) && told.contains("معامله‌های باز"),
        "{told}"
    );
}

fn letters_are_as_told(engine: &Engine, tour: &str) {
    let session = engine.session();
    let told = chapter(tour, "One letter, three people");
    let count = |state: &str| {
        session
            .count("message", &Filter::eq("state", state))
            .unwrap()
    };
    assert_eq!(
        ["delivered", "suppressed", "received", "queued"].map(count),
        [2, 1, 1, 0]
    );
    for fact in [
        "آمادهٔ امضاست",
        "does not want email, said on 2026-02-03",
        "quiet hours until 08:00:00: it is 05:30 there and 13:00 here",
        "at 15:30 here, when it is morning there, 1 more goes out: delivered",
    ] {
        assert!(told.contains(fact), "{fact}: {told}");
    }
    let told = chapter(tour, "An answer, and who is told");
    let received = figures::all(&session, "message", &Filter::eq("state", "received")).unwrap();
    let buyer = session
        .get(figures::reference(&received[0], "contact").unwrap())
        .unwrap();
    assert_eq!(buyer.title(), "نرگس صدر");
    assert!(figures::reference(&received[0], "reply_to").is_some());
    let timeline = session.timeline(buyer.id()).unwrap();
    let of_messages = timeline
        .iter()
        .filter(|event| event.kind == EventKind::Message);
    assert_eq!(of_messages.count(), 2);
    for fact in [
        "message delivered",
        "message received",
        "taken in once",
        "نام برد",
    ] {
        assert!(told.contains(fact), "{fact}: {told}");
    }
    let mentions = session
        .count("notification", &Filter::eq("kind", "mention"))
        .unwrap();
    assert_eq!(mentions, 1);
}
