//! Which words does an answer need that no schema has?

use crate::context::Locale;
use crate::schema::Labels;

/// A word in English, Persian and Arabic.
pub(super) struct Word([&'static str; 3]);

pub(super) const ID: Word = Word(["Id", "شناسه", "المعرّف"]);
pub(super) const REVISION: Word = Word(["Revision", "نسخه", "المراجعة"]);
pub(super) const YES: Word = Word(["Yes", "بله", "نعم"]);
pub(super) const NO: Word = Word(["No", "خیر", "لا"]);
pub(super) const EMPTY: Word = Word(["(empty)", "(خالی)", "(فارغ)"]);
pub(super) const COUNT: Word = Word(["Count", "تعداد", "العدد"]);
pub(super) const SUM: Word = Word(["Sum", "جمع", "المجموع"]);
pub(super) const LEAST: Word = Word(["Least", "کمینه", "الأدنى"]);
pub(super) const GREATEST: Word = Word(["Greatest", "بیشینه", "الأقصى"]);
pub(super) const MEAN: Word = Word(["Mean", "میانگین", "المتوسط"]);
pub(super) const MEDIAN: Word = Word(["Median", "میانه", "الوسيط"]);
pub(super) const DIFFERENT: Word = Word(["Different values", "مقدارهای متفاوت", "قيم مختلفة"]);
pub(super) const IN_BASE: Word = Word(["base currency", "ارز پایه", "العملة الأساسية"]);
pub(super) const DETAILS: Word = Word(["Details", "جزئیات", "التفاصيل"]);
pub(super) const TOTALS: Word = Word(["Totals", "جمع‌ها", "المجاميع"]);
pub(super) const HISTORY: Word = Word(["Record", "پرونده", "السجل"]);

impl Word {
    pub(super) fn in_locale(&self, locale: Locale) -> &'static str {
        let [en, fa, ar] = self.0;
        match locale {
            Locale::En => en,
            Locale::Fa => fa,
            Locale::Ar => ar,
        }
    }

    pub(super) fn labels(&self) -> Labels {
        [Locale::En, Locale::Fa, Locale::Ar]
            .map(|locale| (locale.tag().to_owned(), self.in_locale(locale).to_owned()))
            .into()
    }
}
