//! What are the options of the standard objects called?
//!
//! One table, since the same word means the same in every object.

use crate::schema::field::Field;

/// Option, English, Persian, Arabic.
const WORDS: &[[&str; 4]] = &[
    ["organization", "Organization", "سازمان", "مؤسسة"],
    ["person", "Person", "شخص", "شخص"],
    ["customer", "Customer", "مشتری", "عميل"],
    ["supplier", "Supplier", "تأمین‌کننده", "مورّد"],
    ["partner", "Partner", "همکار", "شريك"],
    ["competitor", "Competitor", "رقیب", "منافس"],
    ["internal", "Internal", "داخلی", "داخلي"],
    ["web", "Web", "وب", "الويب"],
    ["referral", "Referral", "معرفی", "إحالة"],
    ["campaign", "Campaign", "کمپین", "حملة"],
    ["event", "Event", "رویداد", "فعالية"],
    ["other", "Other", "دیگر", "أخرى"],
    ["phone", "Phone", "تلفن", "هاتف"],
    ["mobile", "Mobile", "همراه", "جوال"],
    ["email", "E-mail", "ایمیل", "بريد إلكتروني"],
    ["messenger", "Messenger", "پیام‌رسان", "تطبيق مراسلة"],
    ["visit", "Visit", "بازدید", "زيارة"],
    ["new", "New", "تازه", "جديد"],
    ["working", "Working", "در حال پیگیری", "قيد المتابعة"],
    ["qualified", "Qualified", "واجد شرایط", "مؤهل"],
    ["unqualified", "Unqualified", "نامناسب", "غير مؤهل"],
    ["converted", "Converted", "تبدیل‌شده", "محوَّل"],
    ["open", "Open", "باز", "مفتوحة"],
    ["won", "Won", "برده", "مكسوبة"],
    ["lost", "Lost", "باخته", "خاسرة"],
    ["task", "Task", "کار", "مهمة"],
    ["call", "Call", "تماس", "مكالمة"],
    ["meeting", "Meeting", "جلسه", "اجتماع"],
    ["note", "Note", "یادداشت", "ملاحظة"],
    ["planned", "Planned", "برنامه‌ریزی‌شده", "مخطط"],
    ["done", "Done", "انجام‌شده", "منجز"],
    ["cancelled", "Cancelled", "لغوشده", "ملغى"],
    ["low", "Low", "کم", "منخفضة"],
    ["normal", "Normal", "معمولی", "عادية"],
    ["high", "High", "زیاد", "عالية"],
    ["inbound", "Inbound", "ورودی", "واردة"],
    ["outbound", "Outbound", "خروجی", "صادرة"],
    ["en", "English", "انگلیسی", "الإنجليزية"],
    ["fa", "Persian", "فارسی", "الفارسية"],
    ["ar", "Arabic", "عربی", "العربية"],
    ["owner", "Owner", "صاحب", "المالك"],
    ["team", "Team", "تیم", "الفريق"],
    ["role", "Role", "نقش", "الدور"],
    ["everyone", "Everyone", "همه", "الجميع"],
    ["list", "List", "فهرست", "قائمة"],
    ["kanban", "Board", "تخته", "لوحة"],
    ["calendar", "Calendar", "تقویم", "تقويم"],
    ["report", "Report", "گزارش", "تقرير"],
    ["update", "Change", "تغییر", "تعديل"],
    ["delete", "Delete", "حذف", "حذف"],
    ["view", "By itself", "تنها", "منفردًا"],
    ["search", "In a list", "در فهرست", "في قائمة"],
    ["export", "Export", "برون‌بری", "تصدير"],
    ["create", "Create", "ایجاد", "إنشاء"],
    ["edit", "Edit", "ویرایش", "تعديل"],
    ["show", "Show", "نمایش", "عرض"],
    ["sms", "SMS", "پیامک", "رسالة نصية"],
    ["letter", "Letter", "نامه", "خطاب"],
    ["in_app", "In the application", "در برنامه", "داخل التطبيق"],
    ["off", "Not at all", "هیچ", "إيقاف"],
    ["contract", "Contract", "قرارداد", "عقد"],
    ["quote", "Quote", "پیش‌فاکتور", "عرض سعر"],
    ["invoice", "Invoice", "فاکتور", "فاتورة"],
    ["receipt", "Receipt", "رسید", "إيصال"],
    ["identity", "Identity document", "مدرک هویتی", "وثيقة هوية"],
    ["certificate", "Certificate", "گواهی", "شهادة"],
    ["application", "Application", "درخواست", "طلب"],
    ["picture", "Picture", "تصویر", "صورة"],
    ["recording", "Recording", "ضبط صدا", "تسجيل"],
    ["draft", "Draft", "پیش‌نویس", "مسودة"],
    ["final", "Final", "نهایی", "نهائي"],
    ["signed", "Signed", "امضاشده", "موقَّع"],
    ["withdrawn", "Withdrawn", "پس‌گرفته", "مسحوب"],
    ["queued", "Queued", "در صف", "في الانتظار"],
    ["sending", "Being sent", "در حال ارسال", "قيد الإرسال"],
    ["sent", "Sent", "فرستاده", "مُرسَلة"],
    ["delivered", "Delivered", "رسیده", "تم التسليم"],
    ["failed", "Failed", "ناموفق", "فشلت"],
    ["bounced", "Bounced", "برگشته", "مرتدّة"],
    ["suppressed", "Not sent", "فرستاده‌نشده", "محجوبة"],
    ["received", "Received", "دریافت‌شده", "مستلَمة"],
    ["service", "Service", "خدمت", "خدمة"],
    ["marketing", "Marketing", "بازاریابی", "تسويق"],
    ["required", "Required", "الزامی", "إلزامي"],
    ["mention", "Mention", "نام‌بردن", "إشارة"],
    ["reply", "Reply", "پاسخ", "رد"],
    ["comment", "Comment", "دیدگاه", "تعليق"],
    ["change", "Change", "تغییر", "تغيير"],
    ["assignment", "Assignment", "سپردن", "إسناد"],
    ["assignments", "Assignments", "سپردن‌ها", "إسنادات"],
    ["due", "Due", "سررسید", "مستحق"],
    ["reminder", "Reminder", "یادآوری", "تذكير"],
    ["digest", "Digest", "چکیده", "ملخّص"],
    ["any", "Any", "هر کدام", "أي"],
    ["unread", "Unread", "نخوانده", "غير مقروء"],
    ["read", "Read", "خوانده", "مقروء"],
    ["snoozed", "Snoozed", "به‌تعویق‌افتاده", "مؤجَّل"],
    ["waiting", "Waiting", "منتظر", "منتظر"],
    ["told", "Told", "گفته‌شده", "أُبلغ"],
    ["document", "Document", "سند", "مستند"],
    ["message", "Message", "پیام", "رسالة"],
    [
        "part",
        "Part of others",
        "بخشی از دیگر قالب‌ها",
        "جزء من قوالب أخرى",
    ],
    ["html", "Page", "صفحه", "صفحة"],
    ["text", "Plain text", "متن ساده", "نص عادي"],
];

/// Gives the options of a field their names, where the table has them and the field has none of its own.
pub(super) fn name_options(field: &mut Field) {
    for option in field.options().to_vec() {
        if field.option_labels.contains_key(&option) {
            continue;
        }
        if let Some([_, en, fa, ar]) = WORDS.iter().find(|[word, ..]| *word == option) {
            *field = field.clone().option_label(&option, en, fa, ar);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::standard_schema;

    #[test]
    fn every_option_of_every_object_has_a_name_in_three_languages() {
        let mut nameless = Vec::new();
        for object in standard_schema().objects() {
            for field in object.live_fields() {
                for option in field.options() {
                    let named = field.option_labels.get(option).map_or(0, |of| of.len());
                    if named != 3 {
                        nameless.push(format!("{}.{} {option}", object.name, field.name));
                    }
                }
            }
        }
        assert!(nameless.is_empty(), "{nameless:#?}");
    }
}
