//! Does the mapping of the reference host bring in a real data set, to the last row and the last dollar?

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use super::fake::Fake;
use super::{Mapping, Receipt};
use crate::record::{Decimal, Record, Value};

const MAPPING: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../host-examples/peyvand/mappings/maven.toml"
));
const FOLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/data/maven-crm-sales"
);
const FILES: [(&str, &str); 4] = [
    ("user", "sales_teams.csv"),
    ("product", "products.csv"),
    ("account", "accounts.csv"),
    ("opportunity", "sales_pipeline.csv"),
];

/// The four files; none when the data is not there.
fn files() -> Option<Vec<(&'static str, Vec<u8>)>> {
    let read = |(into, name)| Some((into, std::fs::read(format!("{FOLDER}/{name}")).ok()?));
    let files = FILES.into_iter().map(read).collect();
    if Option::is_none(&files) {
        assert!(
            std::env::var_os("PEYVAND_NO_SKIPS").is_none(),
            "{FOLDER} is not there, and no test may be skipped"
        );
        eprintln!("skipped: {FOLDER} is not there");
    }
    files
}

fn import_all(fake: &mut Fake, mapping: &str, files: &[(&str, Vec<u8>)]) -> Vec<Receipt> {
    files
        .iter()
        .map(|(into, file)| fake.run(mapping, into, file).unwrap())
        .collect()
}

fn in_stage<'f>(fake: &'f Fake, stage: &str) -> Vec<&'f Record> {
    let id = Value::Reference(fake.get("stage", "key", stage).id());
    fake.all("opportunity")
        .filter(|record| record.get("stage") == Some(&id))
        .collect()
}

#[test]
fn the_mapping_can_be_read_and_knows_its_files() {
    let mapping = Mapping::parse(MAPPING).unwrap();
    assert_eq!(
        mapping.objects().collect::<Vec<_>>(),
        ["user", "product", "account", "opportunity"]
    );
    for (into, file) in FILES {
        assert_eq!(mapping.object_for_file(file), Some(into));
    }
}

#[test]
fn the_receipts_account_for_every_row() {
    let Some(files) = files() else { return };
    let mut fake = Fake::with_stages();
    let receipts = import_all(&mut fake, MAPPING, &files);
    assert_eq!(
        receipts
            .iter()
            .map(|receipt| receipt.created)
            .collect::<Vec<_>>(),
        [35, 7, 85, 8_800]
    );
    assert!(
        receipts
            .iter()
            .all(|receipt| receipt.rows == receipt.created)
    );
    assert_eq!(
        receipts
            .iter()
            .map(|receipt| receipt.warnings.len())
            .collect::<Vec<_>>(),
        [0, 0, 0, 1]
    );
    let warning = &receipts[3].warnings[0];
    assert_eq!(
        (warning.code.as_str(), warning.count),
        ("unresolved-reference", 1_480)
    );
    assert_eq!(
        warning.message,
        "product 'GTXPro' (1,480 rows) matches no product; the nearest is 'GTX Pro'. Add alias.\"GTXPro\" = \"GTX Pro\" \
         under [import.columns.product] of the import into opportunity to the mapping to link them; until then the text \
         is kept in product_text"
    );
}

#[test]
fn the_known_answers_come_out() {
    let Some(files) = files() else { return };
    let mut fake = Fake::with_stages();
    import_all(&mut fake, MAPPING, &files);
    let stages =
        ["won", "lost", "engaging", "prospecting"].map(|stage| in_stage(&fake, stage).len());
    assert_eq!(stages, [4_238, 2_473, 1_589, 500]);
    let value = in_stage(&fake, "won")
        .iter()
        .fold(Decimal::ZERO, |sum, record| match record.get("amount") {
            Some(Value::Money(money)) => sum.checked_add(money.amount).unwrap(),
            other => panic!("amount {other:?}"),
        });
    assert_eq!(value.to_string(), "10005534");
    assert_eq!(
        fake.all("opportunity")
            .filter(|record| record.get("account").is_none())
            .count(),
        1_425
    );
    assert_eq!(
        fake.all("opportunity")
            .filter(|record| record.get("product").is_none())
            .count(),
        1_480
    );
    assert_eq!(
        fake.all("opportunity")
            .filter(|record| record.text("product_text") == Some("GTXPro"))
            .count(),
        1_480
    );

    // Six managers are users besides the agents; the branches became territories.
    assert_eq!(
        (fake.all("user").count(), fake.all("territory").count()),
        (41, 3)
    );
    let anna = fake.get("user", "login", "anna-snelling");
    assert_eq!(
        (
            fake.linked(anna, "manager").unwrap(),
            fake.linked(anna, "territory").unwrap()
        ),
        ("Dustin Brinkmann".to_owned(), "Central".to_owned())
    );
    assert_eq!(
        fake.all("account")
            .filter(|record| record.get("parent").is_some())
            .count(),
        15
    );
    let acme = fake.get("account", "name", "Acme Corporation");
    assert_eq!(
        (
            acme.text("industry"),
            acme.get("annual_revenue").unwrap().to_string().as_str()
        ),
        (Some("technology"), "1100040000 USD")
    );
    let deal = fake.get("opportunity", "external_id", "1C1I7A6R");
    assert_eq!(
        (deal.text("name"), fake.linked(deal, "owner").as_deref()),
        (Some("Cancity · GTX Plus Basic"), Some("Moses Frase"))
    );
}

#[test]
fn the_same_files_again_are_skipped_and_the_alias_links_the_rest() {
    let Some(files) = files() else { return };
    let mut fake = Fake::with_stages();
    import_all(&mut fake, MAPPING, &files);
    let writes = fake.writes;
    let again = import_all(&mut fake, MAPPING, &files);
    assert!(again.iter().all(|receipt| receipt.skipped == receipt.rows));
    assert_eq!(fake.writes, writes);

    let aliased = MAPPING.replace("# alias.\"GTXPro\"", "alias.\"GTXPro\"");
    let linked = import_all(&mut fake, &aliased, &files).pop().unwrap();
    assert_eq!(
        (linked.updated, linked.skipped, linked.warnings.len()),
        (1_480, 7_320, 0)
    );
    assert_eq!(fake.all("opportunity").filter(|record| record.get("product").is_none() || record.get("product_text").is_some()).count(), 0);
}

#[test]
fn a_dry_run_on_an_empty_store_counts_what_the_import_does() {
    let Some(files) = files() else { return };
    let mut fake = Fake::with_stages();
    for (into, file) in &files {
        let writes = fake.writes;
        let dry = fake.dry_run(MAPPING, into, file).unwrap();
        assert_eq!(fake.writes, writes);
        assert_eq!(dry, fake.run(MAPPING, into, file).unwrap());
    }
}
