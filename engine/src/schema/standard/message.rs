//! What was written to somebody, or came from him: by mail, SMS, messenger, in the program, on paper.

use super::{Declaration, object, option, owner, reference, text};
use crate::schema::field::{Field, FieldKind};

pub(super) fn objects() -> Vec<Declaration> {
    vec![message()]
}

fn message() -> Declaration {
    let fields = envelope().into_iter().chain(content()).chain(course());
    object(
        "message",
        "msg",
        ["Message", "پیام", "الرسالة"],
        None,
        "subject",
        fields.collect(),
    )
}

fn long(name: &str) -> Field {
    Field::new(name, FieldKind::LongText)
}

fn instant(name: &str) -> Field {
    Field::new(name, FieldKind::Instant)
}

fn number(name: &str) -> Field {
    Field::new(name, FieldKind::Integer)
}

/// Who to whom, by which way, about what.
fn envelope() -> Vec<Field> {
    vec![
        text("subject")
            .indexed()
            .label("Subject", "موضوع", "الموضوع"),
        option("direction", &["outbound", "inbound"])
            .required()
            .indexed()
            .default("outbound")
            .label("Direction", "جهت", "الاتجاه"),
        option(
            "channel",
            &["email", "sms", "messenger", "in_app", "letter"],
        )
        .required()
        .indexed()
        .label("Channel", "کانال", "القناة"),
        // Only what somebody queues goes out: imported and unfinished messages stay where they are.
        option(
            "state",
            &[
                "draft",
                "queued",
                "sending",
                "sent",
                "delivered",
                "failed",
                "bounced",
                "suppressed",
                "received",
            ],
        )
        .required()
        .indexed()
        .default("draft")
        .label("State", "وضعیت", "الحالة"),
        text("from_address").indexed().label("From", "از", "من"),
        text("from_name").label("Sender's name", "نام فرستنده", "اسم المرسل"),
        text("to_address").indexed().label("To", "به", "إلى"),
        text("to_name").label("Recipient's name", "نام گیرنده", "اسم المستلم"),
        option("purpose", &["service", "marketing", "required"])
            .default("service")
            .label("Purpose", "هدف", "الغرض"),
        reference("account", &["account"]).label("Account", "مشتری", "العميل"),
        reference("contact", &["contact"]).label("Contact", "شخص", "جهة الاتصال"),
        reference("lead", &["lead"]).label("Lead", "سرنخ", "العميل المحتمل"),
        reference("opportunity", &["opportunity"]).label("Opportunity", "فرصت", "الفرصة"),
        owner(),
    ]
}

/// What it says, and what it is part of.
fn content() -> Vec<Field> {
    vec![
        long("body_text").label("Text", "متن", "النص"),
        long("body_html").label("Formatted text", "متن قالب‌دار", "النص المنسق"),
        option("language", &["en", "fa", "ar"]).label("Language", "زبان", "اللغة"),
        text("template").label("Template", "قالب", "القالب"),
        number("template_version").label("Version of the template", "نسخه قالب", "نسخة القالب"),
        Field::new("attachments", FieldKind::Json).label("Attachments", "پیوست‌ها", "المرفقات"),
        number("segments")
            .read_only()
            .label("SMS parts", "بخش‌های پیامک", "أجزاء الرسالة"),
        reference("reply_to", &["message"]).label("Answers", "پاسخ به", "رد على"),
        reference("thread", &["message"]).label("Conversation", "گفتگو", "المحادثة"),
        text("message_id")
            .indexed()
            .label("Message-ID", "شناسه ایمیل", "معرف البريد"),
        Field::new("candidates", FieldKind::Json).label(
            "Possible senders",
            "فرستنده‌های ممکن",
            "المرسلون المحتملون",
        ),
    ]
}

/// What became of it.
fn course() -> Vec<Field> {
    vec![
        instant("at").indexed().label("At", "زمان", "الوقت"),
        instant("send_after").label("Not before", "نه پیش از", "ليس قبل"),
        instant("expires_at").label("Not after", "نه پس از", "ليس بعد"),
        text("cause").label("Cause", "علت", "السبب"),
        text("provider_id")
            .indexed()
            .label("Carrier's id", "شناسه حامل", "معرف الناقل"),
        number("attempts")
            .read_only()
            .label("Attempts", "تلاش‌ها", "المحاولات"),
        instant("next_attempt_at").read_only().indexed().label(
            "Next attempt",
            "تلاش بعدی",
            "المحاولة التالية",
        ),
        text("delivery_key")
            .read_only()
            .label("Delivery key", "کلید تحویل", "مفتاح التسليم"),
        instant("sending_since").read_only().label(
            "Being sent since",
            "در حال ارسال از",
            "قيد الإرسال منذ",
        ),
    ]
}
