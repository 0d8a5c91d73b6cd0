//! Is what is too long, too deep or too strange kept whole or refused, and never half taken?

use peyvand::{Error, ErrorKind, Filter, Query};
use serde_json::{Value as Json, json};

use super::for_people;
use super::values::specimens;
use crate::setting::{codes, create, memory, on_disk};

#[test]
fn text_with_nul_is_kept_found_and_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("crm");
    let names = ["a", "a\0", "a\0b", "a\0\u{1}", "\0a", "ab"];
    let ids = {
        let session = on_disk(&dir);
        let make = |name: &&str| create(&session, "product", json!({"code": name, "name": name}));
        names.iter().map(make).collect::<Vec<_>>()
    };
    let session = on_disk(&dir);
    for (name, id) in names.iter().zip(ids) {
        assert_eq!(session.get(id).unwrap().text("name"), Some(*name));
        assert_eq!(
            session
                .find("product", "code", name)
                .unwrap()
                .map(|found| found.id()),
            Some(id),
            "{name:?}"
        );
        let found = session
            .query(&Query::new("product").filter(Filter::eq("name", name)))
            .unwrap()
            .records;
        assert_eq!(
            found.iter().map(peyvand::Record::id).collect::<Vec<_>>(),
            [id],
            "{name:?}"
        );
    }
    let sorted = session
        .query(&Query::new("product").sorted_by("name").unwrap())
        .unwrap()
        .records;
    let mut expected = names.to_vec();
    expected.sort_unstable();
    assert_eq!(
        sorted
            .iter()
            .map(|record| record.text("name").unwrap())
            .collect::<Vec<_>>(),
        expected
    );
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_megabyte_of_text_is_kept_where_it_may_be_and_refused_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("crm");
    // Two bytes for each letter.
    let (long, longer) = ("م".repeat(500_000), "x".repeat(1_000_001));
    let (id, before) = {
        let session = on_disk(&dir);
        let id = create(
            &session,
            "account",
            json!({"name": "Alpha", "description": long}),
        );
        let before = session.engine().check().unwrap();
        let error = session
            .create(
                "account",
                json!({"name": long, "industry": longer, "description": longer}),
            )
            .unwrap_err();
        assert_eq!(
            codes(&error)
                .iter()
                .map(|(code, _)| code.as_str())
                .collect::<Vec<_>>(),
            ["too-long"; 3]
        );
        assert!(
            error
                .failures()
                .iter()
                .all(|failure| failure.message.len() < 200),
            "a message does not repeat a megabyte"
        );
        for (field, value) in [
            ("email", &longer),
            ("phone", &longer),
            ("employees", &longer),
            ("website", &longer),
            ("kind", &longer),
            ("parent", &longer),
        ] {
            let error = session
                .create("account", json!({"name": "x", field: value}))
                .unwrap_err();
            assert!(
                error.to_string().len() < 2_500,
                "{field}: the message has {} bytes",
                error.to_string().len()
            );
        }
        assert_eq!(session.engine().check().unwrap(), before);
        (id, before)
    };
    let session = on_disk(&dir);
    assert_eq!(
        session.get(id).unwrap().text("description"),
        Some(long.as_str())
    );
    assert_eq!(session.engine().check().unwrap(), before);
}

fn nested(depth: usize) -> Json {
    (0..depth).fold(json!(1), |inner, _| Json::Array(vec![inner]))
}

#[test]
fn deep_json_is_kept_readable_or_refused() {
    let session = memory();
    specimens(&session);
    let lead = |json: Json| {
        session.create(
            "specimen",
            serde_json::Map::from_iter([("json".to_owned(), json)]),
        )
    };
    for depth in [1, 50, 100, 120, 126, 127, 128, 129, 130, 200, 1_000] {
        let before = session.engine().check().unwrap();
        match lead(nested(depth)) {
            Ok(committed) => {
                let id = committed.id().unwrap();
                let record = session.get(id).unwrap_or_else(|error| {
                    panic!("depth {depth} was taken and cannot be read: {error}")
                });
                assert_eq!(record.to_json()["json"], nested(depth));
                assert_eq!(
                    session
                        .timeline(id)
                        .map(|events| events.len())
                        .map_err(|error| error.to_string()),
                    Ok(1),
                    "depth {depth}"
                );
                assert!(session.engine().check().unwrap().ok);
            }
            Err(error) => {
                assert!(depth > 50, "depth {depth}: {error}");
                assert_eq!(
                    error.failures()[0].field.as_deref(),
                    Some("json"),
                    "depth {depth}: {error}"
                );
                for_people(&error.to_string());
                assert_eq!(session.engine().check().unwrap(), before);
            }
        }
    }
    let error = session
        .create("account", json!({"name": nested(1_000)}))
        .unwrap_err();
    assert_eq!(codes(&error)[0].0, "wrong-type");
}

#[test]
fn a_filter_without_measure_is_refused_and_not_walked() {
    let session = memory();
    create(&session, "account", json!({"name": "Alpha"}));
    let refused = |filter: Result<Filter, Error>, words: &str| {
        let error = filter
            .and_then(|filter| {
                session
                    .query(&Query::new("account").filter(filter))
                    .map(|_| ())
            })
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Query);
        assert!(
            error.to_string().contains(words) && error.to_string().len() < 500,
            "{error}"
        );
    };
    let one = || Filter::eq("name", "x");
    let many = |name: &str| format!("{name}({})", vec!["name[eq]:x"; 100_000].join(","));
    refused(Filter::parse(&many("and")), "more than 1000 conditions");
    refused(Filter::parse(&many("or")), "more than 1000 conditions");
    refused(
        Filter::from_json(&json!({"or": vec![one().to_json(); 100_000]})),
        "more than 1000 conditions",
    );
    refused(
        Ok(Filter::Or((0..100_000).map(|_| one()).collect())),
        "more than 1000 conditions",
    );
    refused(Ok(Filter::is_in("name", 0..100_000)), "1000");
    refused(
        Filter::parse(&format!("name[in]:({})", vec!["x"; 100_000].join(","))),
        "1000",
    );

    for open in ["not(", "and(", "or(name[eq]:x,"] {
        refused(
            Filter::parse(&format!(
                "{}name[eq]:x{}",
                open.repeat(10_000),
                ")".repeat(10_000)
            )),
            "deeper than 32",
        );
        refused(Filter::parse(&open.repeat(10_000)), "deeper than 32");
    }
    refused(
        Ok((0..1_000).fold(one(), |inner, _| !inner)),
        "deeper than 32",
    );
    refused(
        Ok((0..1_000).fold(one(), |inner, _| Filter::And(vec![inner]))),
        "deeper than 32",
    );
    refused(
        Filter::from_json(&(0..1_000).fold(one().to_json(), |inner, _| {
            Json::Object([("not".to_owned(), inner)].into_iter().collect())
        })),
        "deeper than 32",
    );
    refused(Filter::parse(&"(".repeat(10_000)), "expected");
    // A value is read once, however long it is.
    refused(
        Filter::parse(&format!("name[eq]:\"{}", "x".repeat(1_000_000))),
        "never closed",
    );
    let sorted = Query::new("account")
        .sorted_by(&vec!["name"; 10_000].join(","))
        .unwrap();
    assert!(session.query(&sorted).map_or_else(
        |error| error.kind() == ErrorKind::Query,
        |page| page.records.len() == 1
    ));
}
