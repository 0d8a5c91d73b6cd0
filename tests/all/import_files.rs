//! Whatever letters, widths and gaps a file has: good rows go in, bad ones are told with their line, and a file that
//! cannot be used changes nothing.

use std::io::{self, Read};

use peyvand::{Error, ErrorKind, Filter, ImportOptions, Mapping, Query, Receipt, Session};

use crate::setting::memory;

const ACCOUNTS: &str = r#"
[[require]]
object = "territory"
key = "key"
fields = { key = "north", name = "North" }

[[import]]
into = "account"
key = "external_id"
constants.territory = "north"
[import.columns]
number = "external_id"
name = "name"
city = "address.city"
employees = "employees"
"#;

/// The same columns by their Persian names.
fn persian() -> String {
    ACCOUNTS
        .replace("number =", "\"شماره\" =")
        .replace("name = \"name\"", "\"نام\" = \"name\"")
        .replace("city =", "\"شهر\" =")
        .replace("employees =", "\"کارکنان\" =")
}

fn run(
    session: &Session,
    mapping: &str,
    input: impl Read,
    options: &ImportOptions,
) -> Result<Receipt, Error> {
    session.import(
        input,
        &Mapping::parse(mapping).unwrap(),
        "account",
        options,
        &mut |_| {},
    )
}

fn import(session: &Session, file: impl AsRef<[u8]>) -> Receipt {
    run(session, ACCOUNTS, file.as_ref(), &ImportOptions::default()).unwrap()
}

/// rows, created, updated, merged, skipped, refused
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

/// Line, field and code of every refused row.
fn refusals(receipt: &Receipt) -> Vec<(u64, &str, &str)> {
    receipt
        .refusals
        .iter()
        .map(|refusal| {
            (
                refusal.line,
                refusal.field.as_deref().unwrap_or(""),
                refusal.code.as_str(),
            )
        })
        .collect()
}

/// `name, city` of every account, in the order of the names.
fn accounts(session: &Session) -> Vec<String> {
    let page = session
        .query(&Query::new("account").sorted_by("name").unwrap().limit(100))
        .unwrap();
    let told = |record: &peyvand::Record| match record.get("address") {
        Some(address) => format!("{}, {address}", record.title()),
        None => record.title(),
    };
    page.records.iter().map(told).collect()
}

/// The error of an import that must leave no trace, not even the record that the mapping requires.
fn fault(mapping: &str, input: impl Read) -> Error {
    let session = memory();
    let before = (
        session.engine().position(),
        session.engine().check().unwrap(),
    );
    let error = run(&session, mapping, input, &ImportOptions::default()).unwrap_err();
    assert_eq!(
        (
            session.engine().position(),
            session.engine().check().unwrap()
        ),
        before,
        "{error}"
    );
    assert_eq!(error.kind(), ErrorKind::Input, "{error}");
    error
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_header() {
    let text = "\u{feff}number,name,city,employees\n1,شرکت کاوه,تهران,۱۲\n";
    let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    for file in [
        text.as_bytes().to_vec(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ] {
        let session = memory();
        let receipt = import(&session, file);
        assert_eq!(
            (counts(&receipt), receipt.warnings),
            ([1, 1, 0, 0, 0, 0], Vec::new())
        );
        assert_eq!(accounts(&session), ["شرکت کاوه, تهران"]);
        assert_eq!(
            session
                .find("account", "external_id", "1")
                .unwrap()
                .unwrap()
                .to_json()["employees"],
            12
        );
    }
}

/// The letters of the test in windows-1256, which has no Persian yeh.
fn windows_1256(text: &str) -> Vec<u8> {
    let letters = [
        ('پ', 0x81),
        ('آ', 0xc2),
        ('گ', 0x90),
        ('ک', 0x98),
        ('ا', 0xc7),
        ('ب', 0xc8),
        ('ت', 0xca),
        ('د', 0xcf),
        ('ر', 0xd1),
        ('ز', 0xd2),
        ('س', 0xd3),
        ('ش', 0xd4),
        ('ص', 0xd5),
        ('ف', 0xdd),
        ('ل', 0xe1),
        ('م', 0xe3),
        ('ن', 0xe4),
        ('ه', 0xe5),
        ('و', 0xe6),
        ('ي', 0xed),
        ('ع', 0xda),
        ('غ', 0xdb),
        ('ذ', 0xd0),
    ];
    let byte = |letter: char| match letters.iter().find(|(known, _)| *known == letter) {
        Some((_, byte)) => *byte,
        None => u8::try_from(letter)
            .ok()
            .filter(u8::is_ascii)
            .unwrap_or_else(|| panic!("{letter} is not in the test's table")),
    };
    text.chars().map(byte).collect()
}

#[test]
fn persian_in_windows_1256_is_found_by_persian_letters() {
    let file = windows_1256(
        "شماره,نام,شهر,کارکنان\n1,شرکت پارس گستر,تهران,12\n2,بازرگاني آريا,شيراز,3\n3,صنايع غذايي سپهر,مشهد,\n",
    );
    let mut named = ImportOptions::default();
    named.encoding = Some("windows-1256".to_owned());
    for (options, warnings) in [
        (ImportOptions::default(), vec!["encoding-guessed"]),
        (named, vec![]),
    ] {
        let session = memory();
        let receipt = run(&session, &persian(), file.as_slice(), &options).unwrap();
        assert_eq!(counts(&receipt), [3, 3, 0, 0, 0, 0]);
        assert_eq!(
            receipt
                .warnings
                .iter()
                .map(|warning| warning.code.as_str())
                .collect::<Vec<_>>(),
            warnings
        );
        let query =
            Query::new("account").filter(Filter::parse("name[eq]:\"بازرگانی آریا\"").unwrap());
        let found = session.query(&query).unwrap().records;
        assert_eq!(
            found.iter().map(peyvand::Record::title).collect::<Vec<_>>(),
            ["بازرگاني آريا"],
            "kept as written, found as typed"
        );
    }
}

#[test]
fn another_delimiter_is_found_and_may_be_named() {
    let session = memory();
    let file =
        "number;name;city;employees\r\n1;\"Alpha, Ltd\";Bonn, am Rhein;1\r\n2;\"Be;ta\";;\r\n";
    assert_eq!(counts(&import(&session, file)), [2, 2, 0, 0, 0, 0]);
    assert_eq!(accounts(&session), ["Alpha, Ltd, Bonn, am Rhein", "Be;ta"]);
    let mut tilde = ImportOptions::default();
    tilde.delimiter = Some('~');
    let receipt = run(
        &session,
        ACCOUNTS,
        &b"number~name~city~employees\n1~Alpha, Ltd~Bonn, am Rhein~1\n"[..],
        &tilde,
    )
    .unwrap();
    assert_eq!(counts(&receipt), [1, 0, 0, 0, 1, 0]);
}

#[test]
fn rows_of_another_width_are_refused_with_their_lines_and_never_shifted() {
    let session = memory();
    let file = "number,name,city,employees\n1,Alpha,Bonn,1\n2,Beta,Ltd,Köln,2\n\n3,\"Gam\nma\",Ulm,3\n4,Delta\n5,Epsilon,Trier,5\n";
    let receipt = import(&session, file);
    assert_eq!(counts(&receipt), [5, 2, 0, 0, 0, 3]);
    assert_eq!(
        refusals(&receipt),
        [
            (3, "", "ragged-row"),
            (5, "name", "wrong-type"),
            (7, "", "ragged-row")
        ]
    );
    assert!(
        receipt.refusals[0].message.contains("5 cells")
            && receipt.refusals[0].message.contains("quotes"),
        "{}",
        receipt.refusals[0].message
    );
    assert!(
        receipt.refusals[2].message.contains("2 cells"),
        "{}",
        receipt.refusals[2].message
    );
    assert_eq!(accounts(&session), ["Alpha, Bonn", "Epsilon, Trier"]);
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_missing_column_is_named_with_the_nearest_and_nothing_is_written() {
    let error = fault(
        ACCOUNTS,
        &b"number,nmae,city,employees\n1,Alpha,Bonn,1\n"[..],
    );
    assert_eq!(
        error.to_string(),
        "the file has no column 'name'; did you mean 'nmae'?; its columns are number, nmae, city, employees"
    );
    let error = fault(
        ACCOUNTS,
        &b"number,name,city,employees,Name \n1,Alpha,Bonn,1,x\n"[..],
    );
    assert!(error.to_string().contains("2 columns 'name'"), "{error}");
}

#[test]
fn a_file_without_a_header_is_told_and_nothing_is_written() {
    for file in ["", "\n\n", "\u{feff}", ",,,\n1,Alpha,Bonn,1\n"] {
        let error = fault(ACCOUNTS, file.as_bytes());
        assert!(
            error.to_string().contains("the file is empty")
                && error.to_string().contains("columns"),
            "{error}"
        );
    }
    let session = memory();
    assert_eq!(
        counts(&import(&session, "number,name,city,employees\n")),
        [0; 6],
        "a header alone is a file without rows"
    );
}

#[test]
fn what_is_no_text_is_told_and_nothing_is_written() {
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x06\0\0\0\x35\xd1\xdc\xe4\0\0\0\x04gAMA\0\0\xb1\x8f\x0b\xfc\x61\x05";
    let sheet = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0\x21\0\x62\xee\x9d\x68\x5e\x01\0\0\x90\x04\0\0\x13\0\x08\x02[Content_Types].xml \xa2\x04\x02\x28\xa0\0\x02";
    let told = ["the file has no column", "the workbook cannot be read"];
    for (file, told) in [&picture[..], &sheet[..]].into_iter().zip(told) {
        let text = fault(ACCOUNTS, file).to_string();
        assert!(text.contains(told), "{text}");
        assert!(!text.contains(char::is_control), "{text:?}");
    }
}

/// Gives some rows and then fails, as a share that goes away does.
struct Breaking<'r>(&'r [u8]);

impl Read for Breaking<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            Err(io::Error::other("the share is gone"))
        } else {
            self.0.read(into)
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_to_its_end_is_told() {
    let error = fault(
        ACCOUNTS,
        Breaking(b"number,name,city,employees\n1,Alpha,Bonn,1\n"),
    );
    assert!(error.to_string().contains("the share is gone"), "{error}");
}

#[test]
fn rows_that_break_a_rule_are_refused_alone() {
    let session = memory();
    let file = "number,name,city,employees\n1,Alpha,Bonn,1\n2,,Ulm,2\n3,Gamma,Trier,-3\n4,Delta,,many\n5,Epsilon,,5\n";
    let dry = {
        let mut options = ImportOptions::default();
        options.dry_run = true;
        run(&session, ACCOUNTS, file.as_bytes(), &options).unwrap()
    };
    let receipt = import(&session, file);
    assert_eq!((&dry.run, receipt.run.is_some()), (&None, true));
    let mut counted = dry;
    counted.run.clone_from(&receipt.run);
    assert_eq!(counted, receipt);
    assert_eq!(counts(&receipt), [5, 2, 0, 0, 0, 3]);
    assert_eq!(
        refusals(&receipt),
        [
            (3, "name", "required"),
            (4, "employees", "out-of-range"),
            (5, "employees", "wrong-type")
        ]
    );
    let mut told: Vec<(&str, u64)> = receipt
        .warnings
        .iter()
        .map(|warning| (warning.code.as_str(), warning.count))
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [("out-of-range", 1), ("required", 1), ("wrong-type", 1)]
    );
    assert_eq!(accounts(&session), ["Alpha, Bonn", "Epsilon"]);
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn rows_that_a_script_refuses_are_refused_alone_and_what_it_amends_is_no_change_again() {
    let session = memory();
    let script = r#"//! name: house-rules
//! on: account before create, update
//! on-failure: reject
if record.employees != () && record.employees > 1000 { reject("employees", "accounts of this size are for the head office"); }
if record.industry == () { record.industry = "unknown"; }
"#;
    let _ = session.install_script(script).unwrap();
    let file = "number,name,city,employees\n1,Alpha,Bonn,1\n2,Beta,Ulm,2000\n3,Gamma,Trier,3\n4,Delta,,4000\n";
    let receipt = import(&session, file);
    assert_eq!(counts(&receipt), [4, 2, 0, 0, 0, 2]);
    let lines: Vec<(u64, &str)> = receipt
        .refusals
        .iter()
        .map(|refusal| (refusal.line, refusal.field.as_deref().unwrap_or("")))
        .collect();
    assert_eq!(lines, [(3, "employees"), (5, "employees")]);
    let [warning] = receipt.warnings.as_slice() else {
        panic!("one rule, one warning: {:?}", receipt.warnings)
    };
    assert_eq!(warning.count, 2);
    assert!(
        warning.message.contains("for the head office") && warning.message.contains("line 3"),
        "{}",
        warning.message
    );
    assert_eq!(accounts(&session), ["Alpha, Bonn", "Gamma, Trier"]);
    assert_eq!(
        session
            .count("account", &Filter::parse("industry[eq]:unknown").unwrap())
            .unwrap(),
        2
    );
    let before = session.engine().position();
    assert_eq!(counts(&import(&session, file)), [4, 0, 0, 0, 2, 2]);
    assert_eq!(
        session.engine().position(),
        before,
        "refused and unchanged rows leave no entry"
    );
}
