//! Do the field types accept what is right in every way of writing, and refuse the rest in words?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use peyvand_plugin::manifest::Manifest;

use super::*;

fn manifest() -> Manifest {
    Manifest::read(include_str!("../plugin.toml")).unwrap()
}

fn plugin(set: &[(&str, &str)]) -> NationalId {
    NationalId::bind(&manifest().settings(set).unwrap()).unwrap()
}

fn code(kind: &str, value: &str) -> Result<(), &'static str> {
    let plugin = plugin(&[]);
    let canonical = plugin.normalise(kind, value);
    let value = canonical.unwrap_or_else(|| value.to_owned());
    plugin.validate(kind, &value).map_err(|fault| fault.code)
}

#[test]
fn the_manifest_is_sound_and_its_hooks_are_served() {
    assert_eq!(manifest().faults(), [""; 0]);
    for name in ["person-id", "sheba", "foreign-id"] {
        assert!(NationalId::serves("field-type", name));
        manifest().rows("field-type", name, &[]).unwrap();
    }
    assert!(!NationalId::serves("field-type", "passport"));
}

#[test]
fn a_person_id_is_accepted_in_every_way_of_writing() {
    // 1·10+2·9+3·8+4·7+5·6+6·5+7·4+8·3+9·2 = 210 = 19·11 + 1.
    assert_eq!(code("person-id", "1234567891"), Ok(()));
    for written in [
        "123-456789-1",
        "\u{202b}۱۲۳۴۵۶۷۸۹۱\u{202c}",
        "\u{feff}١٢٣ ٤٥٦\u{200c}٧٨٩\u{a0}١",
        "123\u{2013}456789\u{2212}1",
    ] {
        assert_eq!(
            canonical(Kind::PersonId, written),
            "1234567891",
            "{written}"
        );
    }
}

#[test]
fn every_single_wrong_digit_and_every_swap_of_neighbours_is_refused() {
    // The check digit 1 stands for two remainders, so an id that ends in it is guarded less.
    let right = "0012345679";
    for place in 0..10 {
        for digit in b'0'..=b'9' {
            let mut bytes = right.as_bytes().to_vec();
            bytes[place] = digit;
            let written = String::from_utf8(bytes).unwrap();
            assert_eq!(
                check::person_id(&written).is_ok(),
                written == right,
                "{written}"
            );
        }
    }
    for place in 0..9 {
        let mut bytes = right.as_bytes().to_vec();
        bytes.swap(place, place + 1);
        let written = String::from_utf8(bytes).unwrap();
        assert_eq!(
            check::person_id(&written).is_ok(),
            written == right,
            "{written}"
        );
    }
}

#[test]
fn lost_zeros_come_back_only_where_the_check_digit_says_so() {
    // 0012345679: 1·8+2·7+3·6+4·5+5·4+6·3+7·2 = 112 = 10·11 + 2, and 11 - 2 = 9.
    assert_eq!(canonical(Kind::PersonId, "12345679"), "0012345679");
    assert_eq!(canonical(Kind::PersonId, "012345679"), "0012345679");
    assert_eq!(canonical(Kind::PersonId, "12345678"), "12345678");
    assert_eq!(code("person-id", "12345678"), Err("length"));
    assert_eq!(code("person-id", "1234567"), Err("length"));
}

#[test]
fn numbers_of_one_digit_are_refused_although_they_fit() {
    for digit in '0'..='9' {
        let id = digit.to_string().repeat(10);
        assert_eq!(code("person-id", &id), Err("same-digits"));
    }
    assert_eq!(code("bank-card", "0000000000000000"), Err("same-digits"));
    assert_eq!(code("person-id", "00000000"), Err("length"));
    assert_eq!(code("person-id", "12345A7891"), Err("not-digits"));
    assert_eq!(code("person-id", ""), Err("length"));
}

#[test]
fn company_ids_are_checked() {
    assert_eq!(code("company-id", "1038 0284 790"), Ok(()));
    assert_eq!(code("company-id", "10380284791"), Err("check-digit"));
    assert_eq!(code("company-id", "1038028479"), Err("length"));
    for first_ten in ["1010123456", "1400123457", "1086000001"] {
        let right =
            (0..10).filter(|last| code("company-id", &format!("{first_ten}{last}")).is_ok());
        assert_eq!(right.count(), 1, "{first_ten} has one check digit");
    }
}

#[test]
fn economic_codes_of_eleven_digits_are_company_ids_unless_switched_off() {
    assert_eq!(code("economic-code", "10380284790"), Ok(()));
    assert_eq!(code("economic-code", "10380284791"), Err("check-digit"));
    let lenient = plugin(&[("economic-code-check-company", "false")]);
    assert_eq!(lenient.validate("economic-code", "10380284791"), Ok(()));
    assert_eq!(code("economic-code", "4111-2345-6789"), Ok(()));
    assert_eq!(code("economic-code", "12345678910001"), Ok(()));
    assert_eq!(code("economic-code", "1234567891000"), Err("length"));
}

#[test]
fn postal_codes_keep_to_the_digits_in_use() {
    assert_eq!(code("postal-code", "۱۹۶۹۸-۳۳۱۱۴"), Ok(()));
    for wrong in [
        "0969833114",
        "1269833114",
        "1969033114",
        "1969533114",
        "1969832114",
        "1111833114",
    ] {
        assert_eq!(code("postal-code", wrong), Err("postal-pattern"), "{wrong}");
        let lenient = plugin(&[("postal-code-strict", "false")]);
        assert_eq!(lenient.validate("postal-code", wrong), Ok(()));
    }
}

#[test]
fn cards_and_sheba_numbers_are_checked() {
    // 6037 9900 0000 0006: 6·2=12→3, 0, 3·2=6, 7, 9·2=18→9, 9 … 6 = 40.
    assert_eq!(code("bank-card", "6037-9900-0000-0006"), Ok(()));
    assert_eq!(code("bank-card", "6037-9900-0000-0007"), Err("check-digit"));
    assert_eq!(code("sheba", "ir06 2960 0000 0010 0324 2000 01"), Ok(()));
    assert_eq!(
        canonical(Kind::Sheba, "۰۶۲۹۶۰۰۰۰۰۰۰۱۰۰۳۲۴۲۰۰۰۰۱"),
        "IR062960000000100324200001"
    );
    assert_eq!(
        code("sheba", "IR072960000000100324200001"),
        Err("check-digit")
    );
    assert_eq!(code("sheba", "DE062960000000100324200001"), Err("country"));
    assert_eq!(code("sheba", "06296000000010032420000"), Err("length"));
    assert_eq!(code("sheba", "IR06296000000010032420000"), Err("length"));
}

#[test]
fn ids_of_foreign_nationals_have_a_length_and_no_more() {
    assert_eq!(code("foreign-id", "1234 5678 9012"), Ok(()));
    assert_eq!(code("foreign-id", "123456789"), Err("length"));
    let lenient = plugin(&[("foreign-id-strict", "false")]);
    assert_eq!(lenient.validate("foreign-id", "123456789"), Ok(()));
}

#[test]
fn values_are_shown_in_groups_with_the_digits_of_the_reader() {
    let shown = |kind, value, locale| {
        plugin(&[])
            .format(kind, value, locale)
            .replace('\u{a0}', " ")
    };
    assert_eq!(shown("person-id", "1234567891", "en"), "123 456789 1");
    assert_eq!(shown("person-id", "1234567891", "fa-IR"), "۱۲۳ ۴۵۶۷۸۹ ۱");
    assert_eq!(shown("postal-code", "1969833114", "ar"), "١٩٦٩٨ ٣٣١١٤");
    assert_eq!(
        shown("economic-code", "12345678910001", "en"),
        "1234567891 0001"
    );
    assert_eq!(
        shown("sheba", "IR062960000000100324200001", "en"),
        "IR06 2960 0000 0010 0324 2000 01"
    );
    assert_eq!(shown("bank-card", "what is this", "fa"), "what is this");
}

#[test]
fn a_canonical_value_gets_no_patch_and_showing_loses_nothing() {
    let plugin = plugin(&[]);
    for (kind, value) in [
        ("person-id", "0012345679"),
        ("company-id", "10380284790"),
        ("sheba", "IR062960000000100324200001"),
        ("bank-card", "6037990000000006"),
    ] {
        assert_eq!(plugin.normalise(kind, value), None);
        for locale in ["en", "fa", "ar"] {
            let shown = plugin.format(kind, value, locale);
            assert_eq!(canonical(Kind::named(kind).unwrap(), &shown), value);
        }
    }
}

#[test]
fn batches_answer_row_by_row() {
    let rows = manifest().rows("field-type", "person-id", &[]).unwrap();
    let rows = rows
        .row(|row| row.set("value", "۱۲۳-۴۵۶۷۸۹-۱"))
        .row(|row| row)
        .row(|row| row.set("value", "1234567892"));
    let plugin = plugin(&[("language", "\"fa\"")]);
    let normalised = rows.normalise(&plugin);
    assert_eq!(normalised.text(0, "value"), Some("1234567891"));
    assert_eq!(normalised.patches.len(), 1);
    assert_eq!(normalised.faults, [""; 0]);
    let refusals = rows.validate(&plugin).refusals;
    let refused: Vec<_> = refusals.iter().map(|r| (r.row, r.fault.code)).collect();
    assert_eq!(refused, [(0, "not-digits"), (2, "check-digit")]);
    assert!(refusals[1].fault.message.contains("کد ملی"));
}
