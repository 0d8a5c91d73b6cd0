//! Is there an answer to every text?

use proptest::prelude::*;

use super::Firm;
use crate::template::RenderOptions;

#[test]
fn what_is_nested_deep_is_an_answer_and_no_crash() {
    let firm = Firm::new();
    for body in [
        format!("{{{{ {}1{} }}}}", "(".repeat(450), ")".repeat(450)),
        format!("{{{{ {}1 }}}}", "not ".repeat(240)),
        format!("{{{{ today{} }}}}", "|one_line".repeat(100)),
        format!("{{{{ record.texts{} }}}}", ".a".repeat(400)),
        format!("{{{{ 1{} }}}}", "-1".repeat(480)),
        ["{% if record.name %}", "{% endif %}"]
            .map(|tag| tag.repeat(5_000))
            .concat(),
        ["{% for x in [1] %}", "{% endfor %}"]
            .map(|tag| tag.repeat(5_000))
            .concat(),
        "{% if".repeat(9_000),
        "{{".repeat(9_000),
        "<".repeat(9_000),
        "<a ".repeat(9_000),
    ] {
        if firm.document(&body).is_ok() {
            let _ = firm
                .session
                .render("doc", firm.deal, &RenderOptions::default());
        }
    }
}

/// Pieces of templates, to be put together in any order.
const PIECES: [&str; 30] = [
    "{{ ",
    " }}",
    "{% ",
    " %}",
    "record",
    ".name",
    ".amount",
    ".account",
    " | words",
    " | date",
    "if ",
    "endif",
    "for x in ",
    "endfor",
    "else",
    "children(record, \"activity\")",
    "x",
    "set y = ",
    "include \"a\"",
    "<p>",
    "</p>",
    "<a href=\"",
    "\"",
    "'",
    ">",
    "سلام",
    "\n",
    "{#",
    "#}",
    " | attr",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_text_is_too_odd(pieces in proptest::collection::vec(0..PIECES.len(), 0..25)) {
        let body: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        // One firm for all cases would be faster, but a failure would not stand for itself.
        let firm = Firm::new();
        if firm.document(&body).is_ok() {
            let _ = firm.session.render("doc", firm.deal, &RenderOptions::default());
        }
    }
}
