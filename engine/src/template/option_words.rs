//! What are the options of the standard objects called?
//!
//! The schema names options for programs. Until it holds labels for them, the words that a page shows are here; an
//! option that nobody has listed is shown by its own name.

use std::borrow::Cow;

use crate::context::Locale;

/// Name, English, Persian, Arabic.
const WORDS: [[&str; 4]; 50] = [
    ["open", "Open", "باز", "مفتوح"],
    ["won", "Won", "برده", "مكسوب"],
    ["lost", "Lost", "باخته", "مفقود"],
    ["organization", "Organization", "سازمان", "مؤسسة"],
    ["person", "Person", "شخص", "فرد"],
    ["customer", "Customer", "مشتری", "عميل"],
    ["supplier", "Supplier", "تأمین‌کننده", "مورّد"],
    ["partner", "Partner", "شریک", "شريك"],
    ["competitor", "Competitor", "رقیب", "منافس"],
    ["internal", "Internal", "داخلی", "داخلي"],
    ["web", "Web", "وب", "الويب"],
    ["referral", "Referral", "معرفی", "إحالة"],
    ["campaign", "Campaign", "کارزار", "حملة"],
    ["call", "Call", "تماس", "مكالمة"],
    ["event", "Event", "رویداد", "فعالية"],
    ["other", "Other", "دیگر", "أخرى"],
    ["new", "New", "جدید", "جديد"],
    ["working", "In progress", "در دست پیگیری", "قيد المتابعة"],
    ["qualified", "Qualified", "تأییدشده", "مؤهل"],
    ["unqualified", "Unqualified", "ردشده", "غير مؤهل"],
    ["converted", "Converted", "تبدیل‌شده", "محوّل"],
    ["task", "Task", "کار", "مهمة"],
    ["meeting", "Meeting", "جلسه", "اجتماع"],
    ["visit", "Visit", "بازدید", "زيارة"],
    ["email", "E-mail", "ایمیل", "بريد إلكتروني"],
    ["note", "Note", "یادداشت", "ملاحظة"],
    ["planned", "Planned", "برنامه‌ریزی‌شده", "مخطط"],
    ["done", "Done", "انجام‌شده", "منجز"],
    ["cancelled", "Cancelled", "لغوشده", "ملغى"],
    ["low", "Low", "کم", "منخفض"],
    ["normal", "Normal", "عادی", "عادي"],
    ["high", "High", "زیاد", "مرتفع"],
    ["inbound", "Inbound", "ورودی", "وارد"],
    ["outbound", "Outbound", "خروجی", "صادر"],
    ["phone", "Phone", "تلفن", "هاتف"],
    ["mobile", "Mobile", "همراه", "جوال"],
    ["messenger", "Messenger", "پیام‌رسان", "تطبيق المراسلة"],
    ["sms", "SMS", "پیامک", "رسالة نصية"],
    ["letter", "Letter", "نامه", "خطاب"],
    ["document", "Document", "سند", "وثيقة"],
    ["message", "Message", "پیام", "رسالة"],
    ["part", "Part", "بخش", "جزء"],
    ["en", "English", "انگلیسی", "الإنجليزية"],
    ["fa", "Persian", "فارسی", "الفارسية"],
    ["ar", "Arabic", "عربی", "العربية"],
    ["queued", "Queued", "در صف", "في الانتظار"],
    ["sent", "Sent", "فرستاده‌شده", "مرسل"],
    ["delivered", "Delivered", "رسیده", "مستلم"],
    ["failed", "Failed", "ناموفق", "فاشل"],
    ["bounced", "Bounced", "برگشت‌خورده", "مرتد"],
];

/// What a reader of this language calls an option.
pub(super) fn label(option: &str, language: Locale) -> Cow<'static, str> {
    let place = match language {
        Locale::En => 1,
        Locale::Fa => 2,
        Locale::Ar => 3,
    };
    match WORDS.iter().find(|words| words[0] == option) {
        Some(words) => Cow::Borrowed(words[place]),
        None => Cow::Owned(option.replace('_', " ")),
    }
}
