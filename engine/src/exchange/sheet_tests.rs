//! Are workbooks read as text files are, and hostile ones refused in few words and little memory?

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::fake::Fake;
use super::import::ImportOptions;
use super::source::Source;

/// An archive of these parts.
fn archive(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook of sheets: their names and the XML of their rows.
pub(super) fn xlsx(sheets: &[(&str, &str)], workbook: &str) -> Vec<u8> {
    let (mut list, mut relations, mut parts) = (String::new(), String::new(), Vec::new());
    for (place, (name, rows)) in sheets.iter().enumerate() {
        let id = place + 1;
        write!(
            list,
            r#"<sheet name="{name}" sheetId="{id}" r:id="r{id}"/>"#
        )
        .unwrap();
        write!(
            relations,
            r#"<Relationship Id="r{id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/s{id}.xml"/>"#
        )
        .unwrap();
        let sheet = format!(r#"<worksheet><sheetData>{rows}</sheetData></worksheet>"#);
        parts.push((format!("xl/worksheets/s{id}.xml"), sheet.into_bytes()));
    }
    let book = format!(
        r#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">{workbook}<sheets>{list}</sheets></workbook>"#
    );
    let styles =
        r#"<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    let root = r#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let mut all = vec![
        ("_rels/.rels", root.as_bytes().to_vec()),
        ("xl/workbook.xml", book.into_bytes()),
        ("xl/styles.xml", styles.as_bytes().to_vec()),
        (
            "xl/_rels/workbook.xml.rels",
            format!("<Relationships>{relations}</Relationships>").into_bytes(),
        ),
    ];
    all.extend(
        parts
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.clone())),
    );
    archive(&all)
}

/// Rows of texts in place, and of numbers with a `#`, of days with an `@` before their serial.
pub(super) fn rows(rows: &[&[&str]]) -> String {
    let mut xml = String::new();
    for (at, row) in rows.iter().enumerate() {
        write!(xml, r#"<row r="{}">"#, at + 1).unwrap();
        for (column, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let place = format!("{}{}", super::sheet::letters(column as u32), at + 1);
            match (cell.strip_prefix('#'), cell.strip_prefix('@')) {
                (Some(number), _) => write!(xml, r#"<c r="{place}"><v>{number}</v></c>"#),
                (_, Some(day)) => write!(xml, r#"<c r="{place}" s="1"><v>{day}</v></c>"#),
                _ => write!(
                    xml,
                    r#"<c r="{place}" t="inlineStr"><is><t>{cell}</t></is></c>"#
                ),
            }
            .unwrap();
        }
        xml.push_str("</row>");
    }
    xml
}

fn ods(tables: &str) -> Vec<u8> {
    let content = format!(
        r#"<office:document-content><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"#
    );
    archive(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet".to_vec(),
        ),
        ("content.xml", content.into_bytes()),
    ])
}

fn read(file: &[u8], sheet: Option<&str>) -> Result<Vec<Vec<String>>, String> {
    let mut source = Source::open(file).map_err(|fault| fault.to_string())?;
    let options = ImportOptions::default();
    let mut table = source
        .rows(&options, sheet)
        .map_err(|fault| fault.to_string())?;
    let mut told = vec![table.headers().to_vec()];
    while let Some(row) = table.next().map_err(|fault| fault.to_string())? {
        told.push(match row.cells {
            Ok(cells) => cells.iter().map(|cell| cell.text().into_owned()).collect(),
            Err(failure) => vec![format!("{}: {}", row.line, failure.code)],
        });
    }
    Ok(told)
}

#[test]
fn a_sheet_keeps_its_types() {
    let sheet = rows(&[
        &["نام", "Phone", "Since", "Note"],
        &["مریم", "#9121234567", "@45737", ""],
        &[],
        &["علی", "09121234567", "#0.30000000000000004", "x"],
        &["رضا", "", "", "", "beside"],
    ]);
    let said = [
        vec!["نام", "Phone", "Since", "Note"],
        vec!["مریم", "9121234567", "2025-03-21", ""],
        vec!["علی", "09121234567", "0.3", "x"],
        vec!["5: ragged-row"],
    ];
    assert_eq!(
        read(&xlsx(&[("Tabelle1", &sheet)], ""), None).unwrap(),
        said
    );

    let old_mac = xlsx(
        &[("s", &rows(&[&["day"], &["@44275"]]))],
        r#"<workbookPr date1904="1"/>"#,
    );
    assert_eq!(read(&old_mac, None).unwrap()[1], ["2025-03-21"]);

    let table = r#"<table:table table:name="یک"><table:table-column table:number-columns-repeated="16384"/>
        <table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
        <table:table-row><table:table-cell office:value-type="string"><text:p>نام &amp; نشان</text:p></table:table-cell>
          <table:table-cell office:value-type="string"><text:p>Since</text:p></table:table-cell>
          <table:table-cell table:number-columns-repeated="16382"/></table:table-row>
        <table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="float" office:value="9121234567"><office:annotation><text:p>a note</text:p></office:annotation><text:p>9.12E9</text:p></table:table-cell>
          <table:table-cell office:value-type="date" office:date-value="2025-03-21"><text:p>21/3</text:p></table:table-cell></table:table-row>
        <table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
        </table:table><table:table table:name="Empty"/>"#;
    assert_eq!(
        read(&ods(table), None).unwrap(),
        [
            ["نام & نشان", "Since"],
            ["9121234567", "2025-03-21"],
            ["9121234567", "2025-03-21"]
        ]
    );
}

#[test]
fn a_sheet_is_chosen_by_its_name() {
    let of = |name: &str| rows(&[&[name], &["1"]]);
    let book = xlsx(
        &[("مشتریان", &of("a")), ("Orders", &of("b")), ("Sheet3", "")],
        "",
    );
    // With an Arabic yeh, as an old keyboard writes it.
    assert_eq!(read(&book, Some("مشتريان")).unwrap()[0], ["a"]);
    assert_eq!(read(&book, Some("orders")).unwrap()[0], ["b"]);
    let told = read(&book, None).unwrap_err();
    assert_eq!(
        told,
        "the workbook has several sheets; say which: مشتریان, Orders"
    );
    let told = read(&book, Some("Order")).unwrap_err();
    assert!(told.contains("did you mean 'Orders'?"), "{told}");
    let one = xlsx(&[("Sheet1", &of("a")), ("Sheet2", "")], "");
    assert_eq!(read(&one, None).unwrap()[0], ["a"]);
    let mut source = Source::open(&b"a,b\n1,2\n"[..]).unwrap();
    let options = ImportOptions {
        sheet: Some("Orders".to_owned()),
        ..ImportOptions::default()
    };
    let told = source.rows(&options, None).err().unwrap().to_string();
    assert!(told.contains("no workbook"), "{told}");
}

#[test]
fn a_cell_far_out_is_refused_and_asks_for_no_memory() {
    let far = r#"<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>"#;
    let told = read(&xlsx(&[("s", far)], ""), None).unwrap_err();
    assert!(told.contains("cell XFD1"), "{told}");
    let table = r#"<table:table table:name="s"><table:table-row><table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/></table:table-row></table:table>"#;
    let told = read(&ods(table), None).unwrap_err();
    assert!(told.contains("cell XFD1"), "{told}");
    let table = r#"<table:table table:name="s"><table:table-row table:number-rows-repeated="4000000000"><table:table-cell office:value-type="float" office:value="1"/></table:table-row></table:table>"#;
    assert!(read(&ods(table), None).unwrap_err().contains("beyond row"));
}

#[test]
fn a_zip_bomb_is_refused_before_it_is_opened() {
    let mut strings = b"<sst><si><t>".to_vec();
    strings.resize(40 << 20, b' ');
    let bomb = archive(&[
        ("xl/workbook.xml", b"<workbook/>".to_vec()),
        ("xl/sharedStrings.xml", strings),
    ]);
    assert!(bomb.len() < 1 << 20);
    let told = read(&bomb, None).unwrap_err();
    assert!(
        told.contains("made to fill the memory") || told.contains("4 MiB"),
        "{told}"
    );

    // Tags inside of a comment are one event of the reader.
    for (open, close) in [("<!-- > ", "-->"), ("<![CDATA[", "]]>"), ("<?x ", "?>")] {
        let mut part = format!("<a>{open}").into_bytes();
        let noise = (0..700_000_u32).map(|place| place.wrapping_mul(2_654_435_761));
        noise.for_each(|dice| part.extend(format!("<{dice:x}>").bytes()));
        part.extend(format!("{close}</a>").bytes());
        let told = read(&archive(&[("xl/workbook.xml", part)]), None).unwrap_err();
        assert!(told.contains("text of more than 4 MiB"), "{open}: {told}");
    }
    let doctype = b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_vec();
    let told = read(&archive(&[("xl/workbook.xml", doctype)]), None).unwrap_err();
    assert!(told.contains("document type"), "{told}");
}

#[test]
fn what_is_no_workbook_is_told_as_such() {
    let good = xlsx(&[("s", &rows(&[&["a"], &["1"]]))], "");
    for cut in (0..good.len()).step_by(7) {
        let mut damaged = good.clone();
        damaged.truncate(cut);
        if cut >= 4 {
            assert!(read(&damaged, None).unwrap_err().contains("cannot be read"));
        }
        // Never a panic, whichever byte flips.
        let mut flipped = good.clone();
        flipped[cut] ^= 0x55;
        let _ = read(&flipped, None);
    }
    let old = [&[0xd0, 0xcf, 0x11, 0xe0][..], &[0; 100]].concat();
    assert!(read(&old, None).unwrap_err().contains("of before 2007"));
    let faulty = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row><row r="2"><c r="A2" t="e"><v>#N/A</v></c></row>"#;
    let mapping = "[[import]]\ninto = 'account'\ncolumns = { name = 'name' }\n";
    let receipt = Fake::new()
        .run(mapping, "account", &xlsx(&[("s", faulty)], ""))
        .unwrap();
    assert_eq!((receipt.rows, receipt.refused), (1, 1));
    assert!(
        receipt.warnings[0].message.contains("#N/A"),
        "{:?}",
        receipt.warnings
    );
}

#[test]
fn a_workbook_goes_in_as_the_text_file_does() {
    let mapping = "[[import]]\ninto = 'account'\nsheet = 'Firms'\nkey = 'external_id'\n\
                   columns = { no = 'external_id', name = 'name', phone = 'phone' }\n";
    let table = [
        &["no", "name", "phone"][..],
        &["1", "Pars", "+98 21 8888"],
        &["2", "", ""],
    ];
    let text = table.map(|row| row.join(",")).join("\n");
    let (mut one, mut other) = (Fake::new(), Fake::new());
    let from_text = one.run(mapping, "account", text.as_bytes()).unwrap();
    let book = xlsx(&[("Notes", &rows(&[&["x"]])), ("Firms", &rows(&table))], "");
    assert_eq!(other.run(mapping, "account", &book).unwrap(), from_text);
    assert_eq!(
        other.get("account", "name", "pars").text("external_id"),
        Some("1")
    );
}
