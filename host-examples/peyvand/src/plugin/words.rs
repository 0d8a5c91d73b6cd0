//! How is a plugin told of in the client's own language?

use peyvand::{Labels, Locale};

/// A text in English, Persian and Arabic.
pub(super) struct Word(pub(super) [&'static str; 3]);

impl Word {
    pub(super) fn of(&self, language: Locale) -> &'static str {
        let Self([en, fa, ar]) = self;
        match language {
            Locale::Fa => fa,
            Locale::Ar => ar,
            _ => en,
        }
    }
}

pub(super) const READ: Word = Word(["It sees", "می‌بیند", "يرى"]);
pub(super) const UPDATE: Word = Word(["It changes", "تغییر می‌دهد", "يغيّر"]);
pub(super) const CREATE: Word = Word(["It makes new", "تازه می‌سازد", "ينشئ جديدًا"]);
pub(super) const DELETE: Word = Word(["It deletes", "پاک می‌کند", "يحذف"]);
pub(super) const CALL: Word = Word([
    "It sends requests to",
    "درخواست می‌فرستد به",
    "يرسل طلبات إلى",
]);
pub(super) const SEND: Word = Word(["It sends messages by", "پیام می‌فرستد با", "يرسل رسائل عبر"]);
pub(super) const KEEP: Word = Word([
    "It keeps data of its own, in bytes",
    "دادهٔ خودش را نگه می‌دارد، به بایت",
    "يحتفظ ببيانات خاصة به، بالبايت",
]);
pub(super) const ALL_FIELDS: Word = Word(["every field", "همهٔ فیلدها", "كل الحقول"]);
pub(super) const WITHHELD: Word = Word(["not granted", "اجازه ندارد", "غير مسموح"]);
pub(super) const BRINGS: Word = Word(["It brings", "با خود می‌آورد", "يجلب معه"]);
pub(super) const WORKFLOWS: Word = Word([
    "It runs the workflows",
    "این گردش‌کارها را اجرا می‌کند",
    "يشغّل مسارات العمل",
]);
pub(super) const NOTHING_ELSE: Word = Word([
    "It cannot reach anything else: no files, no other network, no clock of its own, no other records",
    "به هیچ چیز دیگری دسترسی ندارد: نه پرونده‌ها، نه شبکهٔ دیگر، نه ساعتی از خود، نه رکوردهای دیگر",
    "لا يصل إلى أي شيء آخر: لا ملفات، ولا شبكة أخرى، ولا ساعة خاصة به، ولا سجلات أخرى",
]);
pub(super) const SKIPS: Word = Word([
    "When it fails, the record is saved without it",
    "اگر کار نکند، رکورد بدون آن ذخیره می‌شود",
    "عند فشله يُحفظ السجل بدونه",
]);
pub(super) const REJECTS: Word = Word([
    "When it fails, the record is refused",
    "اگر کار نکند، رکورد پذیرفته نمی‌شود",
    "عند فشله يُرفض السجل",
]);
pub(super) const PAUSED: Word = Word(["paused since", "متوقف از", "متوقف منذ"]);
pub(super) const REQUESTS_MADE: Word =
    Word(["requests made", "درخواست‌های فرستاده‌شده", "الطلبات المرسلة"]);
pub(super) const REQUESTS_FAILED: Word = Word(["without an answer", "بی‌پاسخ", "بلا جواب"]);
pub(super) const COMMA: Word = Word([", ", "، ", "، "]);

/// The text of a language, or the English one, or any.
pub(super) fn label(labels: &Labels, language: Locale) -> &str {
    labels
        .get(language.tag())
        .or_else(|| labels.get("en"))
        .or_else(|| labels.values().next())
        .map_or("", String::as_str)
}
