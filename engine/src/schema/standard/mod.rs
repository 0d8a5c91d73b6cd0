//! Which objects does every CRM begin with?
//!
//! Declared with the same words as an add-on's. Numbers are positions in these lists and are stored: a later version
//! appends fields at the end of an object and never reorders them.

mod access;
mod calendar;
mod customer;
mod document;
mod message;
mod money;
mod option_words;
mod organisation;
mod process;
mod sales;
mod segment;
mod social;
mod template;
mod view;

use super::Schema;
use super::field::{Field, FieldKind, OnDelete};
use super::object::{Object, system};
use super::rollup::{Rollup, RollupMeasure};
use crate::record::Prefix;

/// The standard schema.
pub(crate) fn schema() -> Schema {
    Schema::of(
        [
            organisation::objects(),
            customer::objects(),
            sales::objects(),
            message::objects(),
            template::objects(),
            document::objects(),
            view::objects(),
            social::objects(),
            process::objects(),
            access::objects(),
            money::objects(),
            view::panels(),
            segment::objects(),
            calendar::objects(),
        ]
        .into_iter()
        .flatten()
        .enumerate()
        .filter_map(|(place, build)| build(1 + place as u32)),
    )
}

/// The field that has a record's name in each language.
pub(crate) const IN_EACH_LANGUAGE: &str = "label";

/// The stages of the sales pipeline that a new store begins with: key, English, Persian and Arabic name, probability, outcome.
pub(crate) mod pipelines {
    pub(crate) const SALES: (&str, [&str; 3]) = ("sales", ["Sales", "فروش", "المبيعات"]);
    pub(crate) const STAGES: [(&str, [&str; 3], i64, &str); 6] = [
        (
            "prospecting",
            ["Prospecting", "شناسایی", "البحث عن العملاء"],
            10,
            "open",
        ),
        (
            "qualification",
            ["Qualification", "ارزیابی", "التأهيل"],
            25,
            "open",
        ),
        ("proposal", ["Proposal", "پیشنهاد", "العرض"], 50, "open"),
        (
            "negotiation",
            ["Negotiation", "مذاکره", "التفاوض"],
            75,
            "open",
        ),
        ("won", ["Won", "برد", "صفقة رابحة"], 100, "won"),
        ("lost", ["Lost", "باخت", "صفقة خاسرة"], 0, "lost"),
    ];
}

/// What a word weighs in a search by the field that it stands in: what people call the record by,
const TITLE: u8 = 90;
/// what it is called by in files,
const NUMBER: u8 = 80;
/// by which way somebody is reached,
const WAY_TO_REACH: u8 = 70;
/// and the name of what it belongs to.
const NAME_BESIDE: u8 = 50;

/// An object in the making: given its number, it is declared.
type Declaration = Box<dyn FnOnce(u32) -> Option<Object>>;

fn object(
    name: &'static str,
    prefix: &'static str,
    label: [&'static str; 3],
    key: Option<&'static str>,
    title: &'static str,
    fields: Vec<Field>,
) -> Declaration {
    Box::new(move |number| {
        let [en, fa, ar] = label;
        let mut object = Object::declare(
            number,
            name,
            Prefix::new(prefix)?,
            system::FIRST_DECLARED,
            fields,
        )
        .label(en, fa, ar)
        .titled_by(title);
        for field in &mut object.fields {
            option_words::name_options(field);
        }
        Some(match key {
            Some(key) => object.keyed_by(key),
            None => object,
        })
    })
}

/// With indexes of several fields. Their numbers are positions here, as those of fields are.
fn indexed_by(declared: Declaration, indexes: &'static [&'static [&'static str]]) -> Declaration {
    Box::new(move |number| Some(declared(number)?.indexed_by(indexes)))
}

fn text(name: &str) -> Field {
    Field::new(name, FieldKind::Text)
}

/// The word that a record is asked for by.
fn key() -> Field {
    text("key")
        .required()
        .unique()
        .label("Key", "کلید", "المفتاح")
}

fn label_in_each_language() -> Field {
    Field::new(IN_EACH_LANGUAGE, FieldKind::Json).label(
        "Name in each language",
        "نام به هر زبان",
        "الاسم بكل لغة",
    )
}

/// What a room of the engine reads and checks.
fn definition() -> Field {
    Field::new("definition", FieldKind::Json)
        .required()
        .label("Definition", "تعریف", "التعريف")
}

fn option(name: &str, options: &[&str]) -> Field {
    Field::new(name, FieldKind::option(options))
}

fn reference(name: &str, to: &[&str]) -> Field {
    Field::new(name, FieldKind::reference(to))
}

fn reference_on_delete(name: &str, to: &str, on_delete: OnDelete) -> Field {
    Field::new(
        name,
        FieldKind::Reference {
            to: vec![to.to_owned()],
            on_delete,
        },
    )
}

fn count(name: &str, child: &str, by: &str, only: &[(&str, &str)]) -> Field {
    rollup(name, child, by, RollupMeasure::Count, only)
}

fn rollup(
    name: &str,
    child: &str,
    by: &str,
    measure: RollupMeasure,
    only: &[(&str, &str)],
) -> Field {
    let only = only
        .iter()
        .map(|(field, option)| ((*field).to_owned(), (*option).to_owned()))
        .collect();
    Field::new(
        name,
        FieldKind::Rollup(Rollup {
            only,
            ..Rollup::new(child, by, measure)
        }),
    )
    .read_only()
}

fn latest_activity() -> Field {
    rollup(
        "last_activity_at",
        "activity",
        "about",
        RollupMeasure::Latest {
            of: "at".to_owned(),
        },
        &[],
    )
    .label("Last activity", "آخرین تماس", "آخر نشاط")
}

/// The language that somebody is written to in.
fn language() -> Field {
    option("language", &["en", "fa", "ar"]).label("Language", "زبان", "اللغة")
}

fn owner() -> Field {
    reference("owner", &["user"]).label("Owner", "مسئول", "المسؤول")
}

fn territory() -> Field {
    reference("territory", &["territory"]).label("Territory", "منطقه", "المنطقة")
}

/// Seen by its owner, by those whom it is shared with, and by roles that may see what is confidential.
fn confidential() -> Field {
    Field::new("confidential", FieldKind::Boolean).label("Confidential", "محرمانه", "سري")
}

fn description() -> Field {
    Field::new("description", FieldKind::LongText).label("Description", "توضیح", "الوصف")
}

fn external_id() -> Field {
    text("external_id")
        .unique()
        .label("External id", "شناسه بیرونی", "المعرف الخارجي")
}
