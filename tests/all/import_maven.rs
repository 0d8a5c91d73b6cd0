//! A real sales pipeline comes in through the whole write path, to the last row and the last dollar.

use std::fs::File;
use std::path::{Path, PathBuf};

use peyvand::{
    Aggregate, Filter, GroupRow, ImportOptions, Mapping, Measure, Query, Receipt, Session,
};
use serde_json::Value as Json;

use crate::setting::{component, data, memory, on_disk, root};

/// In the order in which they refer to each other, with their rows.
const FILES: [(&str, &str, u64); 4] = [
    ("user", "sales_teams.csv", 35),
    ("product", "products.csv", 7),
    ("account", "accounts.csv", 85),
    ("opportunity", "sales_pipeline.csv", 8_800),
];

const GTXPRO: &str = "product 'GTXPro' (1,480 rows) matches no product; the nearest is 'GTX Pro'. Add alias.\"GTXPro\" = \"GTX Pro\" \
                      under [import.columns.product] of the import into opportunity to the mapping to link them; until then the text is \
                      kept in product_text";

fn mapping() -> String {
    std::fs::read_to_string(root().join("host-examples/peyvand/mappings/maven.toml")).unwrap()
}

fn install_hooks(session: &Session) {
    for plugin in ["lead-score", "follow-up", "sales-league"] {
        let _ = session
            .install_unsigned_plugin(&component(plugin), Json::Null)
            .unwrap();
    }
}

fn import(
    session: &Session,
    mapping: &str,
    folder: &Path,
    (into, file, rows): (&str, &str, u64),
    dry_run: bool,
) -> Receipt {
    let mut options = ImportOptions::default();
    options.dry_run = dry_run;
    options.file = Some(file.to_owned());
    let mut heard = 0;
    let receipt = session
        .import(
            File::open(folder.join(file)).unwrap(),
            &Mapping::parse(mapping).unwrap(),
            into,
            &options,
            &mut |done| heard = done,
        )
        .unwrap();
    assert_eq!((receipt.rows, heard), (rows, rows), "{file}");
    let told =
        receipt.created + receipt.updated + receipt.merged + receipt.skipped + receipt.refused;
    assert_eq!(
        told, receipt.rows,
        "{file}: every row is in one count: {receipt:?}"
    );
    receipt
}

fn import_all(session: &Session, mapping: &str, folder: &Path) -> [Receipt; 4] {
    FILES.map(|file| import(session, mapping, folder, file, false))
}

fn opportunities(session: &Session, filter: &str) -> u64 {
    session
        .count("opportunity", &Filter::parse(filter).unwrap())
        .unwrap()
}

/// (key of the group, its currency, records, sum of the amounts), in the order of the text.
fn amounts_by(session: &Session, field: &str) -> Vec<String> {
    let asked = Aggregate::new("opportunity")
        .group_by(field)
        .measure(Measure::Sum("amount".to_owned()));
    let name = |row: &GroupRow| match row.keys[0].as_ref().unwrap().to_string() {
        id if field == "stage" => session
            .get(id.parse().unwrap())
            .unwrap()
            .text("key")
            .unwrap()
            .to_owned(),
        text => text,
    };
    let told = |row: GroupRow| {
        let sum = row.values[0]
            .as_ref()
            .map_or_else(|| "no amount".to_owned(), ToString::to_string);
        format!("{} {} {sum}", name(&row), row.count)
    };
    let mut rows: Vec<String> = session
        .aggregate(&asked)
        .unwrap()
        .into_iter()
        .map(told)
        .collect();
    rows.sort();
    rows
}

fn assert_known_figures(session: &Session) {
    assert_eq!(
        amounts_by(session, "stage"),
        [
            "engaging 1589 no amount",
            "lost 2473 0 USD",
            "prospecting 500 no amount",
            "won 4238 10005534 USD"
        ]
    );
    let [lost, won] =
        ["status[eq]:lost", "status[eq]:won"].map(|filter| opportunities(session, filter));
    assert_eq!(
        (lost, won, won * 10_000 / (won + lost)),
        (2_473, 4_238, 6_315),
        "63.15 % of what was closed was won"
    );
    assert_eq!(opportunities(session, "account[is_null]:true"), 1_425);
    assert_eq!(opportunities(session, ""), 8_800);
}

/// What the plugins added, each to every record that is its business.
fn assert_hooks_ran(session: &Session) {
    assert_eq!(
        opportunities(session, "score[is_null]:true"),
        0,
        "every opportunity has a score"
    );
    assert_eq!(
        opportunities(session, "and(status[eq]:won,score[eq]:100)"),
        4_238
    );
    let tasks = session
        .count("activity", &Filter::parse("origin[eq]:follow-up").unwrap())
        .unwrap();
    assert_eq!(tasks, 0, "history that comes in asks nobody to call");
    for bill in session.engine().bills() {
        assert_eq!(
            (bill.failures, bill.last_failure.as_deref()),
            (0, None),
            "{} {}",
            bill.owner,
            bill.hook
        );
    }
}

fn folder() -> Option<PathBuf> {
    data("maven-crm-sales")
}

#[test]
fn the_known_figures_come_out_once_however_often_the_files_come() {
    let Some(folder) = folder() else { return };
    let store = tempfile::tempdir().unwrap();
    let session = on_disk(&store.path().join("crm"));
    install_hooks(&session);
    let first = import_all(&session, &mapping(), &folder);
    assert_eq!(
        first.each_ref().map(|receipt| receipt.created),
        [35, 7, 85, 8_800]
    );
    let warnings: Vec<(&str, u64, &str)> = first
        .iter()
        .flat_map(|receipt| &receipt.warnings)
        .map(|told| (told.code.as_str(), told.count, told.message.as_str()))
        .collect();
    assert_eq!(warnings, [("unresolved-reference", 1_480, GTXPRO)]);
    assert_known_figures(&session);
    assert_eq!(opportunities(&session, "product[is_null]:true"), 1_480);
    assert_eq!(
        opportunities(
            &session,
            "and(product[is_null]:true,product_text[eq]:GTXPro)"
        ),
        1_480,
        "what the file says is kept"
    );
    assert_hooks_ran(&session);

    let before = (
        session.engine().check().unwrap().state_hash,
        session.engine().position(),
    );
    let again = import_all(&session, &mapping(), &folder);
    assert_eq!(
        again.each_ref().map(|receipt| receipt.skipped),
        [35, 7, 85, 8_800]
    );
    assert_eq!(
        (
            session.engine().check().unwrap().state_hash,
            session.engine().position()
        ),
        before
    );

    let aliased = mapping().replace("# alias.\"GTXPro\"", "alias.\"GTXPro\"");
    assert_ne!(aliased, mapping(), "the mapping offers the line");
    let linked = import(&session, &aliased, &folder, FILES[3], false);
    assert_eq!(
        (linked.updated, linked.skipped, linked.warnings),
        (1_480, 7_320, Vec::new())
    );
    assert_eq!(
        opportunities(
            &session,
            "or(product[is_null]:true,product_text[is_null]:false)"
        ),
        0
    );
    assert_known_figures(&session);
    assert_hooks_ran(&session);
    let checked = session.engine().check().unwrap();
    assert!(checked.ok, "{:?}", checked.problems);
}

#[test]
fn a_dry_run_counts_what_the_import_does_and_writes_nothing() {
    let Some(folder) = folder() else { return };
    let session = memory();
    install_hooks(&session);
    for file in FILES {
        let before = (
            session.engine().position(),
            session.engine().check().unwrap().state_hash,
        );
        let dry = import(&session, &mapping(), &folder, file, true);
        assert_eq!(
            (
                session.engine().position(),
                session.engine().check().unwrap().state_hash
            ),
            before,
            "{}",
            file.1
        );
        let mut wet = import(&session, &mapping(), &folder, file, false);
        assert!(
            wet.run.take().is_some(),
            "{}: its name, to undo it by",
            file.1
        );
        assert_eq!(dry, wet, "{}", file.1);
    }
    let owners = session
        .query(
            &Query::new("user")
                .filter(Filter::parse("manager[is_null]:false").unwrap())
                .limit(100),
        )
        .unwrap()
        .records;
    assert_eq!(
        owners.len(),
        35,
        "managers come after the last row, in one import"
    );
}
