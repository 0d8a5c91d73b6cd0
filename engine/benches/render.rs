//! How long does a page take?
//!
//! `cargo bench -p peyvand --no-default-features --features template --bench render`. A quote with so many lines, each
//! with a product, a quantity and two amounts, in three languages: reading the template and the records, the check
//! against the schema, the rendering and the frame. The store lies in memory and is warm.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and a fault ends it"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use peyvand::locale::{Calendar, DateStyle, amount_in_words, format_date, parse_date};
use peyvand::{
    Engine, FixedClock, Locale, RecordId, RenderOptions, SchemaChange, SeededIds, Session,
};
use serde_json::json;

const LANGUAGES: [(Locale, &str); 3] = [
    (Locale::En, "English"),
    (Locale::Fa, "Persian"),
    (Locale::Ar, "Arabic"),
];

const QUOTE: &str = r#"{% include "letterhead" %}
<h1>{{ record.number }}</h1>
<dl><dt>1</dt><dd>{{ today | date("full") }}</dd><dt>2</dt><dd>{{ record.account.name }}</dd><dt>3</dt><dd>{{ record.account.address | lines }}</dd></dl>
<table>
{% for line in children(record, "quote_line") %}<tr class="{{ loop.cycle("odd", "even") | attr }}"><td>{{ loop.index }}</td>
<td>{{ line.product.name }} ({{ line.product.code }})</td><td>{{ line.quantity }}</td><td class="number">{{ line.price }}</td><td class="number">{{ line.total }}</td></tr>
{% endfor %}</table>
<p class="sum">{{ record.total }}</p>
<p class="words">{{ record.total | words }}</p>
"#;

fn main() {
    // Cargo passes `--bench` when it is a benchmark that was asked for.
    let full = std::env::args().any(|argument| argument == "--bench");
    let rounds = if full { 500 } else { 3 };
    dates_and_words(if full { 200_000 } else { 10 });
    for lines in [20, 100] {
        let (session, quote) = quote(lines);
        for (language, name) in LANGUAGES {
            let options = RenderOptions::default().language(language);
            let mut times: Vec<Duration> = (0..rounds)
                .map(|_| {
                    let began = Instant::now();
                    let page = session.render("quote", quote, &options).unwrap();
                    assert!(page.body.matches("<tr").count() == lines);
                    began.elapsed()
                })
                .collect();
            times.sort_unstable();
            let at = |share: usize| times[(times.len() - 1) * share / 100].as_micros();
            println!(
                "a quote of {lines} lines in {name}: {} µs at best, {} µs in the middle, {} µs at 95 %",
                at(0),
                at(50),
                at(95)
            );
        }
    }
}

/// Dates and words by themselves: what an import and a list do for each row.
fn dates_and_words(rounds: u64) {
    let day = |number: u64| {
        NaiveDate::from_num_days_from_ce_opt(735_000 + number as i32 % 9_000).unwrap()
    };
    let each = |what: &str, work: &dyn Fn(u64) -> usize| {
        let began = Instant::now();
        let bytes: usize = (0..rounds).map(work).sum();
        assert!(bytes > 0);
        println!(
            "{what}: {} ns",
            began.elapsed().as_nanos() / u128::from(rounds)
        );
    };
    let written =
        |number, calendar, style| format_date(day(number), calendar, Locale::Fa, style).unwrap();
    each("a Persian date written in words", &|number| {
        written(number, Calendar::Jalali, DateStyle::Long).len()
    });
    each("a Hijri date written in words", &|number| {
        written(number, Calendar::Hijri, DateStyle::Long).len()
    });
    let figures: Vec<String> = (0..1_000)
        .map(|number| written(number, Calendar::Jalali, DateStyle::Short))
        .collect();
    let words: Vec<String> = (0..1_000)
        .map(|number| written(number, Calendar::Jalali, DateStyle::Full))
        .collect();
    let read = |texts: &[String], number: u64| {
        let text = &texts[number as usize % texts.len()];
        usize::from(parse_date(text, Calendar::Jalali).is_ok())
    };
    each("a Persian date read in figures", &|number| {
        read(&figures, number)
    });
    each("a Persian date read in words", &|number| {
        read(&words, number)
    });
    each("an amount in Arabic words", &|number| {
        amount_in_words(1_234_567 * number, 0, "IRR", Locale::Ar)
            .unwrap()
            .len()
    });
}

fn quote(lines: usize) -> (Session, RecordId) {
    let noon = "2026-03-25T08:30:00Z".parse().unwrap();
    let engine = Engine::in_memory()
        .clock(Arc::new(FixedClock::at(noon)))
        .ids(Arc::new(SeededIds::new(7)))
        .open()
        .unwrap();
    let session = engine.session();
    let objects: Vec<SchemaChange> = serde_json::from_value(json!([
        {"change": "create_object", "name": "quote", "prefix": "quo", "fields": [
            {"name": "number", "type": "text"}, {"name": "account", "type": "reference", "to": ["account"]}, {"name": "total", "type": "money"}]},
        {"change": "create_object", "name": "quote_line", "prefix": "qln", "fields": [
            {"name": "title", "type": "text"}, {"name": "quote", "type": "reference", "to": ["quote"]},
            {"name": "product", "type": "reference", "to": ["product"]}, {"name": "position", "type": "integer"},
            {"name": "quantity", "type": "decimal"}, {"name": "price", "type": "money"}, {"name": "total", "type": "money"}]},
    ]))
    .unwrap();
    let _ = session.change_schema(objects).unwrap();
    let made = |object: &str, fields: serde_json::Value| {
        session.create(object, fields).unwrap().id().unwrap()
    };
    made(
        "company_profile",
        json!({
            "key": "main", "name": "Pars Novin", "name_fa": "پارس نوین", "name_ar": "بارس نوين", "phone": "+982188881234",
            "address": "12 Azadi St\nTehran", "email": "info@pars.example",
        }),
    );
    let _ = session.add_standard_templates().unwrap();
    made(
        "template",
        json!({
            "key": "quote", "name": "quote", "object": "quote",
            "texts": {"en": {"body": QUOTE}, "fa": {"body": QUOTE}, "ar": {"body": QUOTE}},
        }),
    );
    let address = json!({"street": "خیابان ولیعصر", "city": "تهران", "postal_code": "1458889999"});
    let account = made("account", json!({"name": "بیمه آینده", "address": address}));
    let quote = made(
        "quote",
        json!({"number": "Q-1405-17", "account": account.to_string(), "total": "1234567890 IRR"}),
    );
    for line in 0..lines {
        let product = made(
            "product",
            json!({"code": format!("P-{line:03}"), "name": format!("بیمه ناوگان {line}")}),
        );
        made(
            "quote_line",
            json!({
                "title": "x", "quote": quote.to_string(), "product": product.to_string(), "position": line, "quantity": "2.5",
                "price": "1250000 IRR", "total": "3125000 IRR",
            }),
        );
    }
    (session, quote)
}
