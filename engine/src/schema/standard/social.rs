//! What people say about records, what they keep an eye on, and what they are told.

use super::{Declaration, object, option, reference_on_delete, text};
use crate::schema::field::{ANY_OBJECT, Field, FieldKind, OnDelete};

/// What somebody may be told of; a preference may be about each.
const KINDS: [&str; 7] = [
    "mention",
    "reply",
    "comment",
    "change",
    "assignment",
    "due",
    "reminder",
];

/// Longer than anybody reads, shorter than what would weigh on a list.
const LONGEST_COMMENT: u32 = 20_000;

pub(super) fn objects() -> Vec<Declaration> {
    vec![
        comment(),
        follow(),
        tag(),
        tagging(),
        favourite(),
        recently_seen(),
        notification(),
        reminder(),
        preference(),
    ]
}

/// The record that it is about, of whatever object. It goes to the bin with it and comes back with it.
fn about() -> Field {
    Field::new(
        "about",
        FieldKind::Reference {
            to: vec![ANY_OBJECT.to_owned()],
            on_delete: OnDelete::Cascade,
        },
    )
    .label("About", "درباره", "بخصوص")
}

fn user() -> Field {
    reference_on_delete("user", "user", OnDelete::Cascade)
        .required()
        .label("User", "کاربر", "المستخدم")
}

/// What there may be only one of; a rule of the engine makes it of other fields.
fn only_one() -> Field {
    text("only_one")
        .unique()
        .read_only()
        .label("Only one of", "یکتا برای", "فريد لكل")
}

fn at(name: &str) -> Field {
    Field::new(name, FieldKind::Instant)
}

fn whole(name: &str) -> Field {
    Field::new(name, FieldKind::Integer)
}

fn comment() -> Declaration {
    let mut words = Field::new("text", FieldKind::LongText)
        .required()
        .label("Text", "متن", "النص");
    words.max_length = Some(LONGEST_COMMENT);
    object(
        "comment",
        "com",
        ["Comment", "یادداشت", "تعليق"],
        None,
        "text",
        vec![
            words,
            about().required(),
            super::reference("author", &["user"]).label("Author", "نویسنده", "الكاتب"),
            super::reference("reply_to", &["comment"]).label("Reply to", "پاسخ به", "رد على"),
            Field::new("mentions", FieldKind::Json).read_only().label(
                "Mentions",
                "نام‌برده‌ها",
                "الإشارات",
            ),
            at("edited_at")
                .read_only()
                .label("Edited", "ویرایش", "تاريخ التعديل"),
        ],
    )
}

fn follow() -> Declaration {
    object(
        "follow",
        "fol",
        ["Follow", "دنبال کردن", "متابعة"],
        None,
        "about",
        vec![user(), about().required(), only_one()],
    )
}

fn tag() -> Declaration {
    object(
        "tag",
        "tag",
        ["Tag", "برچسب", "وسم"],
        None,
        "name",
        vec![
            text("name")
                .required()
                .indexed()
                .label("Name", "نام", "الاسم"),
            reference_on_delete("private_to", "user", OnDelete::Cascade).label(
                "Private to",
                "خصوصی برای",
                "خاص بـ",
            ),
            only_one(),
        ],
    )
}

fn tagging() -> Declaration {
    object(
        "tagging",
        "tgg",
        ["Tagging", "برچسب‌گذاری", "وضع وسم"],
        None,
        "tag",
        vec![
            reference_on_delete("tag", "tag", OnDelete::Cascade)
                .required()
                .label("Tag", "برچسب", "الوسم"),
            about().required(),
            only_one(),
        ],
    )
}

fn favourite() -> Declaration {
    object(
        "favourite",
        "fav",
        ["Favourite", "برگزیده", "مفضلة"],
        None,
        "about",
        vec![
            user(),
            about().required(),
            whole("place").label("Place", "جایگاه", "الترتيب"),
            only_one(),
        ],
    )
}

fn recently_seen() -> Declaration {
    object(
        "recently_seen",
        "rsn",
        ["Recently seen", "تازه دیده‌شده", "شوهد مؤخرا"],
        None,
        "user",
        vec![
            user().unique(),
            // One list for each user, written now and then, instead of a record for each look.
            Field::new("items", FieldKind::Json).label("Items", "موارد", "العناصر"),
        ],
    )
}

fn notification() -> Declaration {
    object(
        "notification",
        "ntf",
        ["Notification", "اعلان", "إشعار"],
        None,
        "kind",
        vec![
            user(),
            option("kind", &[&KINDS[..], &["assignments", "digest"]].concat())
                .required()
                .label("Kind", "نوع", "النوع"),
            about(),
            reference_on_delete("comment", "comment", OnDelete::Cascade).label(
                "Comment",
                "یادداشت",
                "التعليق",
            ),
            text("actor").label("By", "توسط", "بواسطة"),
            whole("count").label("How many", "شمار", "العدد"),
            Field::new("parameters", FieldKind::Json).label("Parameters", "پارامترها", "المعاملات"),
            whole("cause").label("First entry", "نخستین رویداد", "القيد الأول"),
            whole("until").label("Last entry", "واپسین رویداد", "القيد الأخير"),
            at("at").required().label("At", "زمان", "الوقت"),
            option("state", &["unread", "read", "snoozed", "done"])
                .default("unread")
                .indexed()
                .label("State", "وضعیت", "الحالة"),
            at("snoozed_until")
                .indexed()
                .label("Snoozed until", "به تعویق تا", "مؤجل حتى"),
            Field::new(
                "channels",
                FieldKind::multi_option(&["in_app", "email", "sms"]),
            )
            .label("Channels", "راه‌ها", "القنوات"),
            option("delivery", &["waiting", "sent"]).indexed().label(
                "Delivery",
                "ارسال",
                "التسليم",
            ),
            at("deliver_at").label("Deliver at", "زمان ارسال", "وقت التسليم"),
            Field::new("in_digest", FieldKind::Boolean).label(
                "In a digest",
                "در خلاصه",
                "ضمن الملخص",
            ),
            // The latest one of a kind about a record has it: events that come soon after join that one.
            text("latest_of")
                .unique()
                .label("Latest of", "تازه‌ترین", "الأحدث من"),
        ],
    )
}

fn reminder() -> Declaration {
    object(
        "reminder",
        "rem",
        ["Reminder", "یادآور", "تذكير"],
        None,
        "note",
        vec![
            user(),
            about(),
            at("due_at")
                .required()
                .indexed()
                .label("Due", "زمان", "الموعد"),
            text("note").label("Note", "یادداشت", "ملاحظة"),
            option("state", &["open", "told", "done", "cancelled"])
                .default("open")
                .indexed()
                .label("State", "وضعیت", "الحالة"),
        ],
    )
}

fn preference() -> Declaration {
    let hour = |name: &str| whole(name).range(0, 23);
    object(
        "notification_preference",
        "npr",
        ["Notification preference", "تنظیم اعلان", "تفضيل الإشعارات"],
        None,
        "kind",
        vec![
            user(),
            option("kind", &[&["any"][..], &KINDS[..]].concat())
                .default("any")
                .label("Kind", "نوع", "النوع"),
            Field::new(
                "channels",
                FieldKind::multi_option(&["off", "in_app", "email", "sms"]),
            )
            .label("Channels", "راه‌ها", "القنوات"),
            hour("digest_hour").label("Digest at", "ساعت خلاصه", "ساعة الملخص"),
            hour("quiet_from").label("Quiet from", "سکوت از", "الهدوء من"),
            hour("quiet_until").label("Quiet until", "سکوت تا", "الهدوء حتى"),
            text("zone").label("Offset from UTC", "اختلاف با UTC", "الفرق عن UTC"),
            only_one(),
        ],
    )
}
