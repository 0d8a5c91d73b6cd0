//! What is refused, and how is it said?

use serde_json::json;

use super::Firm;
use crate::ErrorKind;
use crate::context::Locale;
use crate::template::RenderOptions;

#[test]
fn a_mistake_is_found_at_save_with_language_and_line() {
    let firm = Firm::new();
    for (body, expected) in [
        (
            "\n{{ record.amout }}",
            "template 'doc' in fa, line 2: opportunity has no field 'amout'; did you mean 'amount'?",
        ),
        (
            "{{ record.account.nam }}",
            "line 1: account has no field 'nam'; did you mean 'name'?",
        ),
        (
            "{{ recrod.name }}",
            "there is no 'recrod' here; did you mean 'record'?",
        ),
        ("a\nb\n{% if record.name %}", "line 3: unexpected end"),
        (
            "{{ record.name | wrods }}",
            "there is no filter 'wrods'; did you mean 'words'?",
        ),
        (
            "{{ record.name | words }}",
            "the filter words takes an amount or a number, and not a text",
        ),
        (
            "{{ record.amount | words(\"tomans\") }}",
            "words knows no 'tomans'; did you mean 'toman'?",
        ),
        ("{{ today | date(\"julian\") }}", "date knows no 'julian'"),
        ("{{ range(10) }}", "there is no function 'range'"),
        ("{{ record.name.upper() }}", "nothing here can be called"),
        (
            "{{ record.contact.account.owner.name }}",
            "'owner' leads more than 2 records away",
        ),
        (
            "{{ record.amount * 2 }}",
            "a template does not compute with an amount",
        ),
        (
            "{% if record.amount > 5 %}{% endif %}",
            "an amount cannot be compared in a template",
        ),
        (
            "{% if record.status == \"won\" %}{% endif %}",
            "compare its name: record.status.name == \"won\"",
        ),
        (
            "{% if record.status.name == \"wonn\" %}{% endif %}",
            "there is no option 'wonn'; did you mean 'won'?",
        ),
        (
            "{% for x in record.name %}{% endfor %}",
            "a text is no list",
        ),
        (
            "{% for x in children(record, \"activty\") %}{% endfor %}",
            "there is no object 'activty'; did you mean 'activity'?",
        ),
        (
            "{% for x in children(record, \"activity\") %}{{ x.subjet }}{% endfor %}",
            "activity has no field 'subjet'",
        ),
        (
            "{% for x in children(record, \"account\") %}{% endfor %}",
            "0 fields of account lead to opportunity",
        ),
        (
            "{{ children(record, \"activity\") }}",
            "a list cannot be printed",
        ),
        (
            "{% include \"lost\" %}",
            "there is no template 'lost' to include",
        ),
        ("{% include record.name %}", "name the part in quotes"),
        ("{% set record = 1 %}", "'record' is given by the engine"),
        (
            "{% extends \"x\" %}",
            "{% extends %} has no place in a template",
        ),
        (
            "{% set x %}a{% endset %}",
            "{% set … endset %} has no place in a template",
        ),
        (
            "{% autoescape false %}a{% endautoescape %}",
            "{% autoescape %} has no place",
        ),
        (
            "{% for x in [1] recursive %}{% endfor %}",
            "a loop cannot be recursive",
        ),
        (
            "<script>alert({{ record.amount }})</script>",
            "<script> has no place in a template",
        ),
        (
            "<a href=\"{{ record.name }}\">",
            "an address needs the filter link",
        ),
        (
            "<p title=\"{{ record.name }}\"></p>",
            "needs the filter attr",
        ),
        ("<p {{ record.name }}></p>", "a value cannot stand here"),
        ("<p onclick=\"x\"></p>", "onclick runs a script"),
        (
            "{% if record.name %}<p title=\"{% endif %}\">",
            "a tag begins in one branch and ends in another",
        ),
        ("<p", "a tag, a comment or a style is not closed"),
    ] {
        let error = firm.document(body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{body}");
        assert!(error.to_string().contains(expected), "{body}\n{error}");
        assert!(
            error
                .failures()
                .iter()
                .all(|failure| failure.code == "template")
        );
    }
    assert_eq!(
        firm.session
            .count("template", &crate::Filter::everything())
            .unwrap(),
        0
    );
}

#[test]
fn every_mistake_is_told_at_once() {
    let firm = Firm::new();
    let error = firm
        .put(json!({
            "key": "doc", "name": "doc", "object": "opportunity",
            "texts": {"fa": {"body": "{{ record.a_b }}\n{{ record.c_d }}"}, "en": {"subject": "{{ x }}", "body": ""}},
        }))
        .unwrap_err();
    let told: Vec<String> = error
        .failures()
        .iter()
        .map(|failure| failure.message.clone())
        .collect();
    assert_eq!(
        told,
        [
            "template 'doc' in en, line 1: there is no 'x' here",
            "template 'doc' in fa, line 1: opportunity has no field 'a_b'",
            "template 'doc' in fa, line 2: opportunity has no field 'c_d'",
        ]
    );
}

#[test]
fn texts_of_another_shape_are_refused() {
    let firm = Firm::new();
    let put = |texts| {
        firm.put(json!({"key": "doc", "name": "d", "object": "account", "texts": texts}))
            .unwrap_err()
            .to_string()
    };
    for (texts, expected) in [
        (json!("x"), "its texts must be an object by language"),
        (json!({}), "it has no text in any language"),
        (
            json!({"de": {"body": "x"}}),
            "'de' is none of the languages en, fa, ar",
        ),
        (json!({"fa": {}}), "in fa: the body is missing"),
        (json!({"fa": {"body": "x", "footer": "y"}}), "no 'footer'"),
        (
            json!({"fa": {"body": "x".repeat(300 << 10)}}),
            "longer than 256 KiB",
        ),
        (
            json!({"fa": {"body": format!("{{{{ {} }}}}", "1 + ".repeat(500))}}),
            "a tag is longer",
        ),
        (
            json!({"fa": {"body": "\n".repeat(20_000)}}),
            "more than 10000 lines",
        ),
    ] {
        let told = put(texts);
        assert!(told.contains(expected), "{told}");
    }
    let mut fields = json!({"key": "doc", "name": "d", "texts": {"fa": {"body": "x"}}});
    assert!(
        firm.put(fields.clone())
            .unwrap_err()
            .to_string()
            .contains("which object it is for")
    );
    fields["object"] = json!("oportunity");
    assert!(
        firm.put(fields)
            .unwrap_err()
            .to_string()
            .contains("did you mean 'opportunity'?")
    );
}

#[test]
fn includes_in_a_circle_are_refused_where_the_circle_closes() {
    let firm = Firm::new();
    let part = |key: &str, body: &str| {
        firm.put(json!({"key": key, "name": key, "kind": "part", "texts": {"fa": {"body": body}}}))
    };
    part("a", "a").unwrap();
    part("b", "{% include \"a\" %}").unwrap();
    part("c", "<p>\n{% include \"b\" %}</p>").unwrap();
    let error = part("a", "x\n{% include \"c\" %}").unwrap_err().to_string();
    assert_eq!(
        error,
        "texts: template 'a' in fa, line 2: includes go in a circle: a → c → b → a"
    );
    let error = part("a", "{% include \"a\" %}").unwrap_err().to_string();
    assert!(error.contains("includes go in a circle: a → a"), "{error}");
    firm.document("{% include \"c\" %}").unwrap();
    let page = firm.page(&RenderOptions::default());
    assert_eq!(page, "<p>\na</p>");
}

#[test]
fn a_part_in_use_stays_and_a_wrong_one_is_not_included() {
    let firm = Firm::new();
    let part = |format: &str, object: Option<&str>| {
        let fields = json!({"key": "part", "name": "p", "kind": "part", "format": format, "object": object, "texts": {"fa": {"body": "x"}}});
        firm.put(fields).unwrap()
    };
    let id = part("text", None);
    assert!(
        firm.document("{% include \"part\" %}")
            .unwrap_err()
            .to_string()
            .contains("cannot be part of HTML")
    );
    part("html", Some("account"));
    assert!(
        firm.document("{% include \"part\" %}")
            .unwrap_err()
            .to_string()
            .contains("is for account and not for opportunity")
    );
    part("html", None);
    firm.document("{% include \"part\" %}").unwrap();
    let error = firm.session.delete(id).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("'part' is part of doc; take it out there first"),
        "{error}"
    );
    assert!(firm.session.update(id, json!({"key": "other"})).is_err());
    let error = firm
        .session
        .render("part", firm.deal, &RenderOptions::default())
        .unwrap_err();
    assert!(
        error.to_string().contains("is a part of other templates"),
        "{error}"
    );
    firm.document("x").unwrap();
    let _ = firm.session.delete(id).unwrap();
}

#[test]
fn a_part_for_every_object_names_no_record() {
    let firm = Firm::new();
    let error = firm
        .put(json!({"key": "part", "name": "p", "kind": "part", "texts": {"fa": {"body": "{{ record.name }}"}}}))
        .unwrap_err();
    assert!(
        error.to_string().contains("cannot name the record"),
        "{error}"
    );
}

#[test]
fn a_loop_that_works_too_much_is_stopped_with_its_line() {
    let firm = Firm::new();
    let nested = |depth: usize| {
        let begin: String = (0..depth)
            .map(|level| format!("{{% for v{level} in [1,2,3,4,5,6,7,8,9,10] %}}"))
            .collect();
        format!("x\n{begin}\n{}", "{% endfor %}".repeat(depth))
    };
    firm.document(&nested(12)).unwrap();
    let error = firm
        .session
        .render("doc", firm.deal, &RenderOptions::default())
        .unwrap_err();
    let told = error.to_string();
    assert!(
        told.starts_with("template 'doc' in fa, line ")
            && told.contains("more work than a page can need"),
        "{told}"
    );
}

#[test]
fn a_page_that_grows_too_large_is_stopped() {
    let firm = Firm::new();
    let _ = firm
        .session
        .update(firm.deal, json!({"description": "د".repeat(200_000)}))
        .unwrap();
    let many = "{% for a in [1,2,3,4,5] %}{{ record.description }}{{ record.description }}{{ record.description }}{% endfor %}";
    firm.document(many).unwrap();
    let told = firm
        .session
        .render("doc", firm.deal, &RenderOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("larger than 4 MiB") || told.contains("more work"),
        "{told}"
    );
    let doubled = format!(
        "{{% set x = record.name %}}{}{{{{ x }}}}",
        "{% set x = x ~ x %}".repeat(60)
    );
    firm.document(&doubled).unwrap();
    let told = firm
        .session
        .render("doc", firm.deal, &RenderOptions::default())
        .unwrap_err()
        .to_string();
    assert!(told.contains("more work"), "{told}");
}

#[test]
fn a_field_that_has_gone_is_told_by_the_check_and_at_rendering() {
    let firm = Firm::new();
    let field = crate::Field::new("colour", crate::FieldKind::Text);
    let _ = firm
        .session
        .change_schema([crate::SchemaChange::AddField {
            object: "opportunity".to_owned(),
            field,
        }])
        .unwrap();
    firm.document("\n\n{{ record.colour }}").unwrap();
    assert!(firm.session.check_templates().unwrap().is_empty());
    let _ = firm
        .session
        .change_schema([crate::SchemaChange::RetireField {
            object: "opportunity".to_owned(),
            field: "colour".to_owned(),
        }])
        .unwrap();
    let problems = firm.session.check_templates().unwrap();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["template 'doc' in fa, line 3: opportunity has no field 'colour'"]
    );
    assert_eq!(
        (problems[0].language, problems[0].line),
        (Some(Locale::Fa), Some(3))
    );
    let error = firm
        .session
        .render("doc", firm.deal, &RenderOptions::default())
        .unwrap_err();
    assert_eq!(error.to_string(), told[0]);
}

#[test]
fn a_template_can_be_checked_without_being_saved() {
    let firm = Firm::new();
    let check = |body: &str| {
        let fields =
            json!({"key": "x", "name": "x", "object": "account", "texts": {"ar": {"body": body}}});
        firm.session.check_template(&fields).unwrap()
    };
    assert!(check("{{ record.name }}").is_empty());
    assert_eq!(check("{{ record.nam }}").len(), 1);
    assert!(firm.session.check_template(&json!({"keys": "x"})).is_err());
    assert_eq!(
        firm.session
            .count("template", &crate::Filter::everything())
            .unwrap(),
        0
    );
}

#[test]
fn a_template_is_for_its_object_and_must_exist() {
    let firm = Firm::new();
    firm.document("x").unwrap();
    let render = |key: &str, record| {
        firm.session
            .render(key, record, &RenderOptions::default())
            .unwrap_err()
            .to_string()
    };
    assert!(render("doc", firm.account).contains("'doc' is for opportunity, and acc_"));
    assert_eq!(
        render("dco", firm.deal),
        "there is no template 'dco'; did you mean 'doc'?"
    );
    let doc = firm
        .session
        .find("template", "key", "doc")
        .unwrap()
        .unwrap();
    let _ = firm
        .session
        .update(doc.id(), json!({"active": false}))
        .unwrap();
    assert_eq!(
        render("doc", firm.deal),
        "the template 'doc' is not in use any more"
    );
}

#[test]
fn words_are_refused_where_they_would_not_be_exact() {
    let firm = Firm::new();
    for (amount, filter, expected) in [
        (
            "12.345 USD",
            "words",
            "more decimal places than words can say",
        ),
        ("1201 IRR", "money(\"toman\")", ""),
        ("12 USD", "words(\"toman\")", "toman is a unit of IRR"),
    ] {
        let _ = firm
            .session
            .update(firm.deal, json!({"amount": amount}))
            .unwrap();
        firm.document(&format!("{{{{ record.amount | {filter} }}}}"))
            .unwrap();
        let told = firm
            .session
            .render("doc", firm.deal, &RenderOptions::default());
        match expected {
            "" => assert!(told.unwrap().body.contains("۱۲۰٫۱ تومان")),
            expected => assert!(told.unwrap_err().to_string().contains(expected)),
        }
    }
}
