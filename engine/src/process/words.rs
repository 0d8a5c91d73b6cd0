//! Which words does an answer need that no definition has?

use crate::context::Locale;

/// A word in English, Persian and Arabic.
pub(super) struct Word([&'static str; 3]);

pub(super) const NO_WAY: Word =
    Word(["No way leads there", "راهی به آنجا نیست", "لا طريق إلى هناك"]);
pub(super) const CONDITION: Word = Word(["Only where", "تنها اگر", "فقط إذا"]);
pub(super) const ROLE: Word = Word(["Only for the role", "تنها برای نقش", "للدور فقط"]);
pub(super) const FIELD: Word = Word(["Field without a value", "فیلد بی‌مقدار", "حقل بلا قيمة"]);
pub(super) const DOCUMENT: Word =
    Word(["Document not attached", "سند پیوست نشده", "مستند غير مرفق"]);
pub(super) const COMMA: Word = Word([", ", "، ", "، "]);

impl Word {
    pub(super) fn in_locale(&self, locale: Locale) -> &'static str {
        let [en, fa, ar] = self.0;
        match locale {
            Locale::En => en,
            Locale::Fa => fa,
            Locale::Ar => ar,
        }
    }
}
