//! Which templates come with the engine?
//!
//! They are records like all others once they are added: a firm changes them, and their versions are kept.

use serde_json::{Value as Json, json};

/// Key and fields, parts before what includes them.
pub(super) fn templates() -> Vec<(&'static str, Json)> {
    let text = |subject: Option<&str>, body: &str| match subject {
        Some(subject) => json!({"subject": subject, "body": body}),
        None => json!({"body": body}),
    };
    // One letterhead serves all languages: names and addresses come in the reader's.
    let letterhead = text(None, include_str!("standard/letterhead.html"));
    vec![
        (
            "letterhead",
            json!({
                "key": "letterhead", "name": "سربرگ / Letterhead", "kind": "part", "format": "html",
                "texts": {"en": letterhead, "fa": letterhead, "ar": letterhead},
            }),
        ),
        (
            "offer",
            json!({
                "key": "offer", "name": "پیشنهاد قیمت / Offer", "kind": "document", "object": "opportunity", "format": "html",
                "texts": {
                    "en": text(Some("Offer: {{ record.name }}"), include_str!("standard/offer.en.html")),
                    "fa": text(Some("پیشنهاد قیمت: {{ record.name }}"), include_str!("standard/offer.fa.html")),
                    "ar": text(Some("عرض سعر: {{ record.name }}"), include_str!("standard/offer.ar.html")),
                },
            }),
        ),
        (
            "welcome",
            json!({
                "key": "welcome", "name": "خوشامد / Welcome", "kind": "message", "object": "contact", "format": "text",
                "texts": {
                    "en": text(Some("Welcome to {{ company.name | default(\"us\") }}"), include_str!("standard/welcome.en.txt")),
                    "fa": text(Some("به {{ company.name | default(\"ما\") }} خوش آمدید"), include_str!("standard/welcome.fa.txt")),
                    "ar": text(Some("أهلاً بكم في {{ company.name | default(\"شركتنا\") }}"), include_str!("standard/welcome.ar.txt")),
                },
            }),
        ),
        (
            "welcome-sms",
            json!({
                "key": "welcome-sms", "name": "پیامک خوشامد / Welcome SMS", "kind": "message", "object": "contact",
                "format": "text", "isolates": false,
                "texts": {
                    "en": text(None, "{{ company.name | default(\"We\") }}: welcome, {{ record.name.given | default(record.name) }}. Questions? {{ company.phone | phone }}"),
                    "fa": text(None, "{{ record.name.given | default(record.name) }} عزیز، به {{ company.name | default(\"ما\") }} خوش آمدید. {{ company.phone | phone }}"),
                    "ar": text(None, "أهلاً بك {{ record.name.given | default(record.name) }} في {{ company.name | default(\"شركتنا\") }}. {{ company.phone | phone }}"),
                },
            }),
        ),
    ]
}
