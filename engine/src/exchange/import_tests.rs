//! Does every row of a file end where the mapping says, and in one count of the receipt?

#![allow(clippy::unwrap_used)]

use super::fake::Fake;
use super::import::{ImportOptions, Lookup, import};
use super::{Mapping, Receipt};
use crate::record::{RecordId, Value};

const ACCOUNTS: &str = r#"
[[import]]
into = "account"
key = "external_id"
constants.roles = ["customer"]
compose.description = "{name}, {city}"
[import.columns]
no = "external_id"
name = "name"
city = "address.city"
[import.columns.parent]
field = "parent"
lookup = "name"
defer = true
[import.columns.branch]
field = "industry"
alias = { "technolgy" = "technology" }
values = { "technology" = "tech" }
"#;

const PEOPLE: &str = r#"
[[import]]
into = "lead"
[import.columns]
name = "name"
[import.columns.owner]
field = "owner"
lookup = "name"
"#;

fn counts(receipt: &Receipt) -> [u64; 6] {
    [
        receipt.rows,
        receipt.created,
        receipt.updated,
        receipt.merged,
        receipt.skipped,
        receipt.refused,
    ]
}

fn codes(receipt: &Receipt) -> Vec<(&str, u64)> {
    receipt
        .warnings
        .iter()
        .map(|warning| (warning.code.as_str(), warning.count))
        .collect()
}

#[test]
fn every_row_is_in_one_count() {
    let mut fake = Fake::new();
    let first = "no,name,city,parent,branch\n1,Acme,Berlin,,technolgy\n2,Bolt,,Acme,\n3,,,,\n";
    let receipt = fake.run(ACCOUNTS, "account", first.as_bytes()).unwrap();
    assert_eq!(
        (counts(&receipt), codes(&receipt)),
        ([3, 2, 0, 0, 0, 1], vec![("required", 1)])
    );
    assert!(
        receipt.warnings[0]
            .message
            .contains("name needs a value (line 4)"),
        "{}",
        receipt.warnings[0].message
    );

    // One row as before, one changed, one key twice, one row too wide, one new.
    let second = "no,name,city,parent,branch\n1,Acme,Berlin,,technolgy\n2,Bolt,Bonn,Acme,\n2,Bolt,Köln,Acme,\n4,Cord,,,,\n5,Dent,,,\n";
    let receipt = fake.run(ACCOUNTS, "account", second.as_bytes()).unwrap();
    assert_eq!(
        (counts(&receipt), codes(&receipt)),
        ([5, 1, 1, 1, 1, 1], vec![("ragged-row", 1)])
    );
    assert_eq!(
        fake.get("account", "name", "Bolt")
            .get("address")
            .unwrap()
            .to_string(),
        "Köln"
    );
    assert_eq!(
        fake.get("account", "name", "acme").text("industry"),
        Some("tech")
    );
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let mut fake = Fake::new();
    let file = "no;name;city;parent;branch\r\n1;Bolt;;Acme;\r\n2;Acme;Berlin;;x\r\n".as_bytes();
    assert_eq!(
        counts(&fake.run(ACCOUNTS, "account", file).unwrap()),
        [2, 2, 0, 0, 0, 0]
    );
    let bolt = fake.get("account", "name", "Bolt");
    assert_eq!(
        (
            fake.linked(bolt, "parent").as_deref(),
            bolt.text("description")
        ),
        (Some("Acme"), Some("Bolt"))
    );
    let writes = fake.writes;
    assert_eq!(
        counts(&fake.run(ACCOUNTS, "account", file).unwrap()),
        [2, 0, 0, 0, 2, 0]
    );
    assert_eq!(fake.writes, writes);
}

#[test]
fn a_part_of_an_address_does_not_push_out_the_others() {
    let mut fake = Fake::new();
    fake.put(
        "account",
        &[
            ("name", "Acme"),
            ("external_id", "1"),
            ("address", "Main Street 1"),
        ],
    );
    let file = b"no,name,city,parent,branch\n1,Acme,Berlin,,\n";
    assert_eq!(
        counts(&fake.run(ACCOUNTS, "account", file).unwrap()),
        [1, 0, 1, 0, 0, 0]
    );
    assert_eq!(
        fake.get("account", "name", "Acme")
            .get("address")
            .unwrap()
            .to_string(),
        "Main Street 1, Berlin"
    );
    assert_eq!(
        counts(&fake.run(ACCOUNTS, "account", file).unwrap()),
        [1, 0, 0, 0, 1, 0]
    );
}

#[test]
fn a_dry_run_counts_the_same_and_writes_nothing() {
    let file =
        "no,name,city,parent,branch\n1,Bolt,,Acme,\n2,Acme,,,\n2,,Bonn,,\n3,,,,\n4,Cord,,Nobody,\n";
    let mut fake = Fake::new();
    let dry = fake.dry_run(ACCOUNTS, "account", file.as_bytes()).unwrap();
    assert_eq!(fake.writes, 0);
    let real = fake.run(ACCOUNTS, "account", file.as_bytes()).unwrap();
    assert_eq!(dry, real);
    assert_eq!(counts(&real), [5, 3, 0, 1, 0, 1]);
    let again = fake.dry_run(ACCOUNTS, "account", file.as_bytes()).unwrap();
    assert_eq!(
        again,
        fake.run(ACCOUNTS, "account", file.as_bytes()).unwrap()
    );
}

#[test]
fn a_parent_that_comes_later_changes_the_row_that_waited_for_it() {
    let mut fake = Fake::new();
    fake.run(
        ACCOUNTS,
        "account",
        b"no,name,city,parent,branch\n1,Bolt,,,\n",
    )
    .unwrap();
    let file = b"no,name,city,parent,branch\n1,Bolt,,Acme,\n2,Acme,,,\n";
    assert_eq!(
        counts(&fake.dry_run(ACCOUNTS, "account", file).unwrap()),
        [2, 1, 1, 0, 0, 0]
    );
    assert_eq!(
        counts(&fake.run(ACCOUNTS, "account", file).unwrap()),
        [2, 1, 1, 0, 0, 0]
    );
}

#[test]
fn a_reference_that_names_nobody_or_two_refuses_the_row_and_is_told_once() {
    let mut fake = Fake::new();
    for (login, name) in [
        ("a", "Anna Snelling"),
        ("b", "Ali Rezaei"),
        ("c", "علی رضایی"),
        ("d", "علي رضايي"),
    ] {
        fake.put("user", &[("login", login), ("name", name)]);
    }
    let file =
        "name,owner\nA B,anna  SNELLING\nC D,Ana Snelling\nE F,Ana Snelling\nG H,علی رضايی\n";
    let receipt = fake.run(PEOPLE, "lead", file.as_bytes()).unwrap();
    assert_eq!(
        (counts(&receipt), codes(&receipt)),
        (
            [4, 1, 0, 0, 0, 3],
            vec![("unresolved-reference", 2), ("ambiguous-reference", 1)]
        )
    );
    assert_eq!(
        receipt.warnings[0].message,
        "owner 'Ana Snelling' (2 rows) matches no user; the nearest is 'Anna Snelling'. Add alias.\"Ana Snelling\" = \
         \"Anna Snelling\" under [import.columns.owner] of the import into lead to the mapping to link them; until then \
         the rows are refused"
    );
    assert_eq!((receipt.refusals.len(), receipt.refusals[0].line), (3, 3));
}

#[test]
fn a_key_that_two_records_have_refuses_the_row() {
    let mapping = "[[import]]\ninto = 'account'\nkey = 'name'\ncolumns = {name = 'name', branch = 'industry'}\n";
    let mut fake = Fake::new();
    fake.put("account", &[("name", "Acme")]);
    fake.put("account", &[("name", "ACME")]);
    let receipt = fake
        .run(mapping, "account", b"name,branch\nacme,tools\n")
        .unwrap();
    assert_eq!(
        (counts(&receipt), codes(&receipt)),
        ([1, 0, 0, 0, 0, 1], vec![("ambiguous-key", 1)])
    );
    let receipt = fake
        .run(
            ACCOUNTS,
            "account",
            b"no,name,city,parent,branch\n,Bolt,,,\n",
        )
        .unwrap();
    assert_eq!(
        (counts(&receipt), codes(&receipt)),
        ([1, 1, 0, 0, 0, 0], vec![("no-key", 1)])
    );
}

#[test]
fn a_column_that_is_not_there_or_twice_stops_the_import_before_the_first_row() {
    let told = |file: &str| {
        Fake::new()
            .run(PEOPLE, "lead", file.as_bytes())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        told("name,ownr\nA B,x\n"),
        "the file has no column 'owner'; did you mean 'ownr'?; its columns are name, ownr"
    );
    assert!(told("name,owner,Owner \nA B,x,y\n").contains("2 columns 'owner'"));
    assert!(told("").contains("the file is empty"));
    let receipt = Fake::new()
        .run(PEOPLE, "lead", b"name,owner,note,note\nA B,,x,y\n")
        .unwrap();
    assert_eq!(
        (counts(&receipt), codes(&receipt)),
        (
            [1, 1, 0, 0, 0, 0],
            vec![("unmapped-column", 1), ("unmapped-column", 1)]
        )
    );
}

#[test]
fn a_mapping_that_does_not_fit_the_schema_is_told_before_the_first_row() {
    for (columns, part) in [
        ("{name = 'nmae'}", "did you mean 'name'?"),
        (
            "{name = {field = 'company', lookup = 'x'}}",
            "`lookup` is for references",
        ),
        (
            "{name = {field = 'company', currency = 'USD'}}",
            "is no money",
        ),
        (
            "{name = {field = 'budget', scale = 10}}",
            "needs `currency`",
        ),
        (
            "{name = {field = 'owner', lookup = 'nam'}}",
            "did you mean 'name'?",
        ),
        (
            "{name = {field = 'owner', unresolved = 'budget'}}",
            "cannot keep a text",
        ),
        ("{name = 'name.first'}", "has no part 'first'"),
        ("{name = 'converted_at'}", "kept by the engine"),
    ] {
        let mapping = format!("[[import]]\ninto = 'lead'\ncolumns = {columns}\n");
        let told = Fake::new()
            .run(&mapping, "lead", b"name\nA\n")
            .unwrap_err()
            .to_string();
        assert!(told.contains(part), "{columns}: {told}");
    }
}

#[test]
fn a_text_is_kept_until_an_alias_links_it_and_then_it_goes() {
    let mapping = "[[import]]\ninto = 'opportunity'\nkey = 'external_id'\n[import.columns]\nid = 'external_id'\nname = 'name'\n\
                   [import.columns.product]\nfield = 'product'\nlookup = 'name'\nunresolved = 'product_text'\n";
    let mut fake = Fake::with_stages();
    fake.put("product", &[("code", "gtx-pro"), ("name", "GTX Pro")]);
    let file = b"id,name,product\n1,One,GTXPro\n2,Two,GTX Pro\n";
    let receipt = fake.run(mapping, "opportunity", file).unwrap();
    assert_eq!(
        (counts(&receipt), codes(&receipt)),
        ([2, 2, 0, 0, 0, 0], vec![("unresolved-reference", 1)])
    );
    assert_eq!(
        fake.get("opportunity", "name", "One").text("product_text"),
        Some("GTXPro")
    );
    assert_eq!(
        counts(&fake.run(mapping, "opportunity", file).unwrap()),
        [2, 0, 0, 0, 2, 0]
    );

    let aliased = format!("{mapping}alias.\"GTXPro\" = \"GTX Pro\"\n");
    let receipt = fake.run(&aliased, "opportunity", file).unwrap();
    assert_eq!(
        (counts(&receipt), codes(&receipt)),
        ([2, 0, 1, 0, 1, 0], vec![])
    );
    let one = fake.get("opportunity", "name", "One");
    assert_eq!(
        (
            fake.linked(one, "product").as_deref(),
            one.get("product_text")
        ),
        (Some("GTX Pro"), None)
    );
}

#[test]
fn persian_in_windows_1256_comes_in_as_it_was_written() {
    let file = "name,owner\nرضا کاظمي,\nمريم پاکدل,\nسعيد چراغي,\n";
    let (bytes, _, lost) = encoding_rs::WINDOWS_1256.encode(file);
    assert!(!lost);
    let mut fake = Fake::new();
    let receipt = fake.run(PEOPLE, "lead", &bytes).unwrap();
    assert_eq!(
        (counts(&receipt), codes(&receipt)),
        ([3, 3, 0, 0, 0, 0], vec![("encoding-guessed", 1)])
    );
    assert_eq!(fake.get("lead", "name", "مریم پاکدل").title(), "مريم پاکدل");
}

#[test]
fn amounts_are_scaled_exactly_and_a_bad_one_refuses_its_row() {
    let mapping = "[[import]]\ninto = 'account'\n[import.columns]\nname = 'name'\n\
                   revenue = { field = 'annual_revenue', currency = 'USD', scale = 1000000 }\n";
    let mut fake = Fake::new();
    let receipt = fake
        .run(
            mapping,
            "account",
            "name,revenue\nA,1100.04\nB,۲۵۱٫۴۱\nC,much\n".as_bytes(),
        )
        .unwrap();
    assert_eq!(
        (counts(&receipt), codes(&receipt)),
        ([3, 2, 0, 0, 0, 1], vec![("wrong-type", 1)])
    );
    let revenues: Vec<String> = fake
        .all("account")
        .filter_map(|record| record.get("annual_revenue"))
        .map(Value::to_string)
        .collect();
    assert_eq!(revenues, ["1100040000 USD", "251410000 USD"]);
}

#[test]
fn more_rows_than_a_batch_come_in_and_are_announced() {
    let mut file = "name,owner\n".to_owned();
    for row in 0..2_500 {
        file.push_str(&format!("\"Given\nName {row}\",\n"));
    }
    let (mut fake, mut heard) = (Fake::new(), Vec::new());
    let mapping = Mapping::parse(PEOPLE).unwrap();
    let receipt = import(
        &mut fake,
        file.as_bytes(),
        &mapping,
        "lead",
        ImportOptions::default(),
        &mut |rows| heard.push(rows),
    )
    .unwrap();
    assert_eq!(
        (counts(&receipt), heard),
        ([2_500, 2_500, 0, 0, 0, 0], vec![1_000, 2_000, 2_500])
    );
}

#[test]
fn an_id_in_a_cell_is_a_reference_as_it_stands() {
    let mut fake = Fake::new();
    let id: RecordId = fake.put("user", &[("login", "a"), ("name", "Anna")]);
    fake.run(PEOPLE, "lead", format!("name,owner\nA B,{id}\n").as_bytes())
        .unwrap();
    assert_eq!(fake.find("lead", "owner", &id.to_string()).len(), 1);
}

#[test]
fn a_record_that_a_text_names_is_made_once_with_the_fields_of_the_mapping() {
    let mapping = PEOPLE.to_owned() + "create = { email = \"{value:slug}@example.com\" }\n";
    let mut fake = Fake::new();
    let file = "name,owner\nA B,Mina Parsa\nC D,MINA  Parsa\nE F,Zoë Ash\n".as_bytes();
    let dry = fake.dry_run(&mapping, "lead", file).unwrap();
    let receipt = fake.run(&mapping, "lead", file).unwrap();
    assert_eq!(
        (counts(&receipt), codes(&receipt), &dry),
        ([3, 3, 0, 0, 0, 0], vec![], &receipt)
    );
    assert_eq!(fake.all("user").count(), 2);
    let mina = fake.get("user", "login", "mina-parsa");
    assert_eq!(
        (mina.text("name"), mina.text("email")),
        (Some("Mina Parsa"), Some("mina-parsa@example.com"))
    );
    assert_eq!(fake.find("lead", "owner", &mina.id().to_string()).len(), 2);
}

#[test]
fn a_very_long_text_does_not_fill_the_receipt() {
    let file = format!("name,owner\nA B,{}\n", "x".repeat(500_000));
    let receipt = Fake::new().run(PEOPLE, "lead", file.as_bytes()).unwrap();
    assert_eq!(codes(&receipt), [("unresolved-reference", 1)]);
    assert!(receipt.warnings[0].message.len() < 2_000 && receipt.refusals[0].message.len() < 2_000);
}

#[test]
fn a_required_record_is_made_before_the_rows_and_not_in_a_dry_run() {
    let mapping = "[[require]]\nobject = 'territory'\nkey = 'key'\ninto = 'lead'\nfields = { key = 'north', name = 'North' }\n\
                   [[import]]\ninto = 'lead'\ncolumns = { name = 'name', area = 'territory' }\n";
    let file = b"name,area\nA B,north\n";
    let mut fake = Fake::new();
    assert_eq!(
        counts(&fake.dry_run(mapping, "lead", file).unwrap()),
        [1, 1, 0, 0, 0, 0]
    );
    assert_eq!(fake.writes, 0);
    for _ in 0..2 {
        assert_eq!(
            counts(&fake.run(mapping, "lead", file).unwrap()),
            [1, 1, 0, 0, 0, 0]
        );
    }
    assert_eq!(fake.all("territory").count(), 1);
}
