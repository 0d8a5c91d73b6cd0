//! What does a page say?

use serde_json::json;

use super::{Firm, noon};
use crate::context::Locale;
use crate::locale::Calendar;
use crate::template::{RenderOptions, Rendered, TemplateFormat};

const LANGUAGES: [Locale; 3] = [Locale::En, Locale::Fa, Locale::Ar];

#[test]
fn values_read_in_the_language_of_the_page() {
    let firm = Firm::new();
    for (expression, expected) in [
        ("record.amount", "۱٬۲۰۰٬۰۰۰٬۰۰۰ ریال"),
        ("record.amount | money(\"toman\")", "۱۲۰٬۰۰۰٬۰۰۰ تومان"),
        ("record.amount | words", "یک میلیارد و دویست میلیون ریال"),
        ("record.amount | words(\"toman\")", "صد و بیست میلیون تومان"),
        ("record.close_date", "۳۱ فروردین ۱۴۰۴"),
        (
            "record.close_date | date(\"gregorian\", \"short\")",
            "<bdi dir=\"ltr\">۲۰۲۵/۰۴/۲۰</bdi>",
        ),
        ("today | date(\"full\")", "جمعه ۱ فروردین ۱۴۰۴"),
        ("now | time", "<bdi dir=\"ltr\">۱۲:۰۰</bdi>"),
        ("record.status", "باز"),
        ("record.probability", "<bdi dir=\"ltr\">۵۰٪</bdi>"),
        ("record.product.code", "<bdi dir=\"ltr\">FLT-12/A</bdi>"),
        (
            "record.product.code | digits(\"ascii\")",
            "<bdi dir=\"ltr\">FLT-12/A</bdi>",
        ),
        ("record.account", "بیمه &lt;آینده&gt;"),
        ("record.account.name", "بیمه &lt;آینده&gt;"),
        ("record.contact.account.name", "بیمه &lt;آینده&gt;"),
        ("record.contact.name.given", "علی"),
        (
            "record.contact.mobile",
            "<bdi dir=\"ltr\">+۹۸۹۱۲۱۲۳۴۵۶۷</bdi>",
        ),
        ("record.contact.phone | default(\"بی‌تلفن\")", "بی‌تلفن"),
        ("record.contact.phone", ""),
        ("record.activities", "<bdi dir=\"ltr\">۰</bdi>"),
        (
            "record.description | lines",
            "پوشش بدنه<br>\nپوشش ثالث &lt;ویژه&gt;",
        ),
        (
            "record.description | one_line",
            "پوشش بدنه پوشش ثالث &lt;ویژه&gt;",
        ),
        ("company.name", "پارس نوین"),
        ("company.email", "<bdi dir=\"ltr\">info@pars.example</bdi>"),
        ("company.phone", "\u{200e}+۹۸۲۱۸۸۸۸۱۲۳۴ داخلی ۱۲"),
        ("recipient.name", "علی رضایی"),
        (
            "language ~ \"/\" ~ direction",
            "<bdi dir=\"ltr\">fa/rtl</bdi>",
        ),
        (
            "\"x\" if record.status.name == \"won\" else \"y\"",
            "<bdi dir=\"ltr\">y</bdi>",
        ),
    ] {
        assert_eq!(firm.printed(expression), expected, "{expression}");
    }
}

#[test]
fn what_lies_behind_an_empty_reference_is_nothing() {
    let firm = Firm::new();
    let _ = firm
        .session
        .update(firm.deal, json!({"contact": null, "product": null}))
        .unwrap();
    let text = "{% if record.contact %}yes{% else %}no{% endif %}{{ record.contact.account.name }}{{ record.contact.mobile.number }}{{ record.product.price | words }}";
    firm.document(text).unwrap();
    let page = firm.page(&RenderOptions::default());
    assert_eq!(page, "no");
}

#[test]
fn a_page_speaks_the_language_of_its_recipient() {
    let firm = Firm::new();
    firm.session.add_standard_templates().unwrap();
    let render =
        |options: &RenderOptions| firm.session.render("offer", firm.deal, options).unwrap();
    let usual = RenderOptions::default();
    // The contact has none of his own, his account has Persian.
    assert_eq!(render(&usual).language, Locale::Fa);
    let _ = firm
        .session
        .update(firm.contact, json!({"language": "ar"}))
        .unwrap();
    let arabic = render(&usual);
    assert_eq!(arabic.language, Locale::Ar);
    assert!(
        arabic.body.contains("<html lang=\"ar\" dir=\"rtl\">")
            && arabic.body.contains("مليار ومئتا مليون ريال إيراني")
    );
    assert_eq!(
        render(&usual.clone().language(Locale::En)).language,
        Locale::En
    );
}

#[test]
fn every_standard_template_renders_in_every_language_with_nothing_unresolved() {
    let firm = Firm::new();
    assert_eq!(
        firm.session.add_standard_templates().unwrap(),
        ["letterhead", "offer", "welcome", "welcome-sms"]
    );
    assert!(firm.session.add_standard_templates().unwrap().is_empty());
    assert!(firm.session.check_templates().unwrap().is_empty());
    // Once with everything that a record can have, once with as little as it may have.
    let bare_deal = firm
        .session
        .create("opportunity", json!({"name": "Bare"}))
        .unwrap()
        .id()
        .unwrap();
    let bare_contact = firm
        .session
        .create("contact", json!({"name": {"family": "صادقی"}}))
        .unwrap()
        .id()
        .unwrap();
    for (template, records) in [
        ("offer", [firm.deal, bare_deal]),
        ("welcome", [firm.contact, bare_contact]),
        ("welcome-sms", [firm.contact, bare_contact]),
    ] {
        for record in records {
            for language in LANGUAGES {
                let rendered = firm
                    .session
                    .render(
                        template,
                        record,
                        &RenderOptions::default().language(language),
                    )
                    .unwrap();
                assert_eq!((rendered.language, rendered.version), (language, 1));
                let visible = rendered.body.split("</style>").last().unwrap().to_owned();
                for unresolved in [
                    "{{",
                    "}}",
                    "{%",
                    "none",
                    "undefined",
                    "Nothing",
                    "None",
                    "null",
                    "acc_",
                    "usr_",
                ] {
                    assert!(
                        !visible.contains(unresolved),
                        "{template} in {}: {unresolved} in {visible}",
                        language.tag()
                    );
                }
                if let Some(subject) = rendered.subject {
                    assert!(
                        !subject.is_empty() && !subject.contains(['\n', '{']),
                        "{subject}"
                    );
                }
            }
        }
    }
}

#[test]
fn two_languages_stand_side_by_side_each_in_its_direction() {
    let firm = Firm::new();
    firm.session.add_standard_templates().unwrap();
    let options = RenderOptions::default()
        .language(Locale::Fa)
        .beside(Locale::En);
    let both = firm.session.render("offer", firm.deal, &options).unwrap();
    assert_eq!(
        (both.language, both.second_language),
        (Locale::Fa, Some(Locale::En))
    );
    let (fa, en) = both
        .body
        .split_once("<section lang=\"en\" dir=\"ltr\">")
        .unwrap();
    assert!(fa.contains("<section lang=\"fa\" dir=\"rtl\">"));
    assert!(fa.contains("۱ فروردین ۱۴۰۴") && fa.contains("<bdi dir=\"ltr\">OF-1404-17</bdi>"));
    assert!(
        en.contains("21 March 2025")
            && en.contains(">OF-1404-17<")
            && en.contains("<bdi>علی رضایی</bdi>")
    );
    assert!(en.contains("one billion two hundred million Iranian rials"));
}

#[test]
fn children_come_in_order_and_not_beyond_their_limit() {
    let firm = Firm::new();
    for number in 1..=5 {
        let subject = format!("کار {number}");
        let _ = firm
            .session
            .create(
                "activity",
                json!({"kind": "task", "subject": subject, "about": firm.deal.to_string()}),
            )
            .unwrap();
    }
    firm.document("{% for a in children(record, \"activity\", sort=\"-subject\", limit=3) %}{{ loop.index }}:{{ a.subject }}:{{ a.about.name }};{% endfor %}").unwrap();
    let rendered = firm
        .session
        .render("doc", firm.deal, &RenderOptions::default())
        .unwrap();
    let text = rendered
        .body
        .replace("<bdi dir=\"ltr\">", "")
        .replace("</bdi>", "");
    assert!(
        text.contains("۱:کار 5:ناوگان ۱۴۰۴;۲:کار 4:ناوگان ۱۴۰۴;۳:کار 3:ناوگان ۱۴۰۴;\n</body>"),
        "{text}"
    );
    assert!(
        rendered
            .warnings
            .iter()
            .any(|warning| warning.contains("only the first 3 records of activity")),
        "{:?}",
        rendered.warnings
    );
}

#[test]
fn the_profile_of_the_nearest_branch_writes() {
    let firm = Firm::new();
    firm.document("{{ company.name }}").unwrap();
    let usual = RenderOptions::default();
    assert_eq!(firm.page(&usual), "پارس نوین");
    let _ = firm
        .session
        .create(
            "company_profile",
            json!({"key": "teh", "name": "شعبه تهران", "territory": "tehran"}),
        )
        .unwrap();
    assert_eq!(firm.page(&usual), "شعبه تهران");
    assert_eq!(firm.page(&usual.clone().company("main")), "پارس نوین");
    let error = firm
        .session
        .render("doc", firm.deal, &usual.company("nowhere"))
        .unwrap_err();
    assert_eq!(error.to_string(), "there is no company profile 'nowhere'");
}

#[test]
fn pictures_are_carried_in_the_page_or_left_out_with_a_warning() {
    let firm = Firm::new();
    firm.session.add_standard_templates().unwrap();
    let page = || {
        let options = RenderOptions::default();
        firm.session.render("offer", firm.deal, &options).unwrap()
    };
    let has = |page: &Rendered, what: &str| page.warnings.iter().any(|told| told.contains(what));
    assert!(!page().body.contains("<img") && !has(&page(), "logo"));
    let file = |name: &str, bytes: &[u8]| {
        let put = firm.session.put_file(name, None, &mut &*bytes);
        put.unwrap().to_json()
    };
    let pictures = json!({
        "logo": file("نشان.png", b"\x89PNG\r\n\x1a\nlogo"), "stamp": file("مهر.txt", "مهر".as_bytes()),
    });
    let main = firm.session.find("company_profile", "key", "main").unwrap();
    let _ = firm.session.update(main.unwrap().id(), pictures).unwrap();
    let with = page();
    assert!(
        with.body
            .contains("<img src=\"data:image/png;base64,iVBORw0KGgpsb2dv\" alt=\"\">"),
        "{}",
        with.body
    );
    assert!(has(&with, "the picture stamp"), "{:?}", with.warnings);
    assert_eq!(
        with.body.matches("<img").count(),
        1,
        "the stamp is no picture"
    );
}

#[test]
fn a_plain_text_isolates_by_marks_unless_it_is_an_sms() {
    let firm = Firm::new();
    firm.session.add_standard_templates().unwrap();
    let render = |key| {
        firm.session
            .render(
                key,
                firm.contact,
                &RenderOptions::default().language(Locale::Fa),
            )
            .unwrap()
    };
    let mail = render("welcome");
    assert_eq!(mail.format, TemplateFormat::Text);
    assert!(
        mail.body.contains("\u{2066}sara@pars.example\u{2069}") && !mail.body.contains("<bdi"),
        "{}",
        mail.body
    );
    assert_eq!(mail.subject.as_deref(), Some("به پارس نوین خوش آمدید"));
    let sms = render("welcome-sms");
    assert!(sms.body.starts_with("علی عزیز، به پارس نوین خوش آمدید. "));
    assert!(
        !sms.body
            .contains(['\u{2066}', '\u{2068}', '\u{2069}', '\n'])
    );
}

#[test]
fn a_subject_is_one_line_whatever_the_record_says() {
    let firm = Firm::new();
    let _ = firm
        .session
        .update(
            firm.deal,
            json!({"description": "سلام\r\nBcc: all@pars.example\u{2028}x"}),
        )
        .unwrap();
    firm.put(json!({
        "key": "mail", "name": "m", "kind": "message", "object": "opportunity", "format": "text",
        "texts": {"fa": {"subject": "{{ record.description }}", "body": "x"}},
    }))
    .unwrap();
    let rendered = firm
        .session
        .render("mail", firm.deal, &RenderOptions::default())
        .unwrap();
    assert_eq!(
        rendered.subject.as_deref(),
        Some("سلام Bcc: all@pars.example x")
    );
}

#[test]
fn values_in_tags_are_escaped_and_addresses_run_nothing() {
    let firm = Firm::new();
    firm.document("<a href=\"{{ record.account.website | link }}\" title=\"{{ record.account.name | attr }}\">x</a>").unwrap();
    assert_eq!(
        firm.page(&RenderOptions::default()),
        "<a href=\"https://ayandeh.example/?a=1&amp;b=2\" title=\"بیمه &lt;آینده&gt;\">x</a>"
    );
    let _ = firm
        .session
        .update(firm.account, json!({"industry": "JavaScript:alert(1)"}))
        .unwrap();
    firm.document("\n<a href='{{ record.account.industry | link }}'>x</a>")
        .unwrap();
    let error = firm
        .session
        .render("doc", firm.deal, &RenderOptions::default())
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "template 'doc' in fa, line 2: the address does not begin with http, https, mailto or tel"
    );
}

#[test]
fn a_missing_language_falls_back_and_says_so() {
    let firm = Firm::new();
    firm.document("سلام").unwrap();
    let options = RenderOptions::default().language(Locale::En);
    let rendered = firm.session.render("doc", firm.deal, &options).unwrap();
    assert_eq!(rendered.language, Locale::Fa);
    assert!(
        rendered
            .warnings
            .iter()
            .any(|warning| warning.contains("no text in en")),
        "{:?}",
        rendered.warnings
    );
}

#[test]
fn calendar_and_moment_are_the_callers() {
    let firm = Firm::new();
    firm.document("{{ today }}").unwrap();
    let options = RenderOptions::default()
        .calendar(Calendar::Hijri)
        .at(noon() + chrono::TimeDelta::days(9));
    assert_eq!(firm.page(&options), "۱ شوال ۱۴۴۶ ق");
}

#[test]
fn an_option_is_called_what_the_schema_calls_it() {
    let firm = Firm::new();
    let account = firm
        .session
        .create(
            "account",
            json!({"name": "پیام", "opt_out": ["sms", "letter"]}),
        )
        .unwrap()
        .id()
        .unwrap();
    let _ = firm
        .session
        .create(
            "template",
            json!({
                "key": "wishes", "name": "Wishes", "kind": "message", "object": "account", "format": "text",
                "texts": {
                    "fa": {"body": "{{ record.opt_out }} / {{ record.opt_out | join }} / {{ 'sms' in record.opt_out }}"},
                },
            }),
        )
        .unwrap();
    let options = RenderOptions::default().language(Locale::Fa);
    let made = firm.session.render("wishes", account, &options).unwrap();
    let plain: String = made
        .body
        .chars()
        .filter(|c| !matches!(c, '\u{2066}'..='\u{2069}'))
        .collect();
    assert_eq!(plain, "پیامک، نامه / پیامک، نامه / بله");
}
