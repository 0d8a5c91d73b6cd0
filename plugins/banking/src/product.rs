//! What does a product allow, and does it make sense in itself?

use peyvand_plugin::{Answer, Decimal, Language, Money, Row};

use crate::schedule::{Method, Terms};
use crate::{lookup, money};

/// A product of the bank, as applications are held against it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Product {
    pub(crate) kind: Option<String>,
    pub(crate) active: bool,
    pub(crate) min_amount: Option<Money>,
    pub(crate) max_amount: Option<Money>,
    pub(crate) min_term: Option<i64>,
    pub(crate) max_term: Option<i64>,
    pub(crate) rate: Option<Decimal>,
    pub(crate) method: Option<String>,
    pub(crate) max_share: Option<Decimal>,
    pub(crate) min_age: Option<i64>,
    pub(crate) max_age: Option<i64>,
    pub(crate) security: Option<String>,
    guarantors_from: Option<Money>,
    guarantors: i64,
}

const FIELDS: [&str; 14] = [
    "kind",
    "active",
    "min_amount",
    "max_amount",
    "min_term",
    "max_term",
    "rate",
    "method",
    "max_share",
    "min_age",
    "max_age",
    "security",
    "guarantors_from",
    "guarantors",
];

impl Product {
    /// The product of an id.
    pub(crate) fn of(id: Option<&str>) -> Option<Self> {
        lookup::of("bank_product", id, &FIELDS, |row| Self {
            kind: row.text("kind").map(str::to_owned),
            active: row.boolean("active").unwrap_or(true),
            min_amount: row.money("min_amount"),
            max_amount: row.money("max_amount"),
            min_term: row.integer("min_term"),
            max_term: row.integer("max_term"),
            rate: row.decimal("rate"),
            method: row.text("method").map(str::to_owned),
            max_share: row.decimal("max_share"),
            min_age: row.integer("min_age"),
            max_age: row.integer("max_age"),
            security: row.text("security").map(str::to_owned),
            guarantors_from: row.money("guarantors_from"),
            guarantors: row.integer("guarantors").unwrap_or(0),
        })
    }

    /// How many guarantors a loan of this amount needs.
    pub(crate) fn guarantors_for(&self, amount: &Money) -> i64 {
        let is_above = |from: &Money| money::exceeds(amount, from);
        match self.guarantors_from.as_ref().is_none_or(is_above) {
            true => self.guarantors,
            false => 0,
        }
    }
}

/// The terms that a record says, where it says all of them.
pub(crate) fn terms(
    amount: Option<Money>,
    months: Option<i64>,
    rate: Option<Decimal>,
    method: Option<&str>,
) -> Option<Terms> {
    Some(Terms {
        principal: money::units(&amount?)?,
        rate: rate.unwrap_or_default().billionths(),
        months: u32::try_from(months?).ok()?,
        method: Method::named(method.unwrap_or("annuity"))?,
    })
}

/// Refuses a product whose limits contradict each other.
pub(crate) fn check(row: &Row<'_>, answer: &mut Answer<'_, '_>, language: Language) {
    let reversed = language.pick(
        "the limit is below the lowest one; exchange the two",
        "بیشینه از کمینه کمتر است؛ آن دو را جابه‌جا کنید",
        "الحد الأعلى أقل من الأدنى؛ بدّل بينهما",
    );
    if let (Some(low), Some(high)) = (row.money("min_amount"), row.money("max_amount")) {
        if low.currency != high.currency {
            answer.refuse_field(
                "max_amount",
                "currency",
                language.pick(
                    "both limits must have the same currency",
                    "ارز هر دو حد باید یکی باشد",
                    "يجب أن تكون عملة الحدين واحدة",
                ),
            );
        } else if money::exceeds(&low, &high) {
            answer.refuse_field("max_amount", "limits", reversed);
        }
    }
    for (low, high) in [("min_term", "max_term"), ("min_age", "max_age")] {
        if let (Some(least), Some(most)) = (row.integer(low), row.integer(high))
            && least > most
        {
            answer.refuse_field(high, "limits", reversed);
        }
    }
    if row.text("kind") == Some("loan") && row.text("method") == Some("flat") {
        let longest = row
            .integer("max_term")
            .and_then(|months| u32::try_from(months).ok());
        let terms = longest.map(|months| Terms {
            principal: 1_000_000_000,
            rate: row.decimal("rate").unwrap_or_default().billionths(),
            months,
            method: Method::Flat,
        });
        if terms.is_some_and(|terms| terms.instalments().is_none()) {
            answer.refuse_field(
                "max_term",
                "term-for-formula",
                language.pick(
                    "with this rate and formula the first instalments would pay none of the principal; shorten the term or take the annuity",
                    "با این نرخ و فرمول قسط‌های نخست چیزی از اصل را نمی‌پردازند؛ مدت را کوتاه کنید یا فرمول مرکب را برگزینید",
                    "بهذا المعدل وهذه الصيغة لا تسدد الأقساط الأولى شيئًا من الأصل؛ قصّر المدة أو اختر الصيغة المركبة",
                ),
            );
        }
    }
    if row.text("security") == Some("guarantor") && row.integer("guarantors").unwrap_or(0) == 0 {
        answer.refuse_field(
            "guarantors",
            "guarantors",
            language.pick(
                "say how many guarantors it needs",
                "شمار ضامن‌های لازم را بنویسید",
                "اذكر عدد الكفلاء المطلوبين",
            ),
        );
    }
}
