//! What is shared beside what roles give.

use super::{Declaration, object, option, reference, reference_on_delete, text};
use crate::schema::field::{ANY_OBJECT, Field, FieldKind, OnDelete};

pub(super) fn objects() -> Vec<Declaration> {
    vec![sharing(), deputy(), confidential_look(), api_key()]
}

/// Lets a user, a team or everybody of a role do something with one record. It goes to the bin with any of them.
fn sharing() -> Declaration {
    object(
        "sharing",
        "shr",
        ["Sharing", "اشتراک", "مشاركة"],
        None,
        "record",
        vec![
            reference_on_delete("record", ANY_OBJECT, OnDelete::Cascade)
                .required()
                .label("Record", "رکورد", "السجل"),
            reference_on_delete("user", "user", OnDelete::Cascade).label(
                "User",
                "کاربر",
                "المستخدم",
            ),
            reference_on_delete("team", "team", OnDelete::Cascade).label("Team", "تیم", "الفريق"),
            reference_on_delete("role", "role", OnDelete::Cascade).label("Role", "نقش", "الدور"),
            Field::new(
                "verbs",
                FieldKind::multi_option(&["read", "update", "delete", "export"]),
            )
            .required()
            // Elsewhere the word is said of what was looked at.
            .option_label("read", "Read", "خواندن", "قراءة")
            .label("May", "اجازه", "يجوز"),
            Field::new("until", FieldKind::Instant).label("Until", "تا", "حتى"),
        ],
    )
}

/// Lets somebody do meanwhile what another one may who is away.
fn deputy() -> Declaration {
    let user = |name: &str| reference_on_delete(name, "user", OnDelete::Cascade).required();
    let at = |name: &str| Field::new(name, FieldKind::Instant);
    object(
        "deputy",
        "dep",
        ["Deputy", "جانشین", "نائب"],
        None,
        "deputy",
        vec![
            user("of").label("Of", "جانشین برای", "نائب عن"),
            user("deputy").label("Deputy", "جانشین", "النائب"),
            at("from").label("From", "از", "من"),
            at("until").label("Until", "تا", "حتى"),
        ],
    )
}

/// That somebody saw a confidential record. The engine alone writes it.
fn confidential_look() -> Declaration {
    object(
        "confidential_look",
        "clk",
        [
            "Look at a confidential record",
            "دیدن رکورد محرمانه",
            "اطلاع على سجل سري",
        ],
        None,
        "kind",
        vec![
            reference("record", &[ANY_OBJECT]).label("Record", "رکورد", "السجل"),
            reference("user", &["user"]).label("User", "کاربر", "المستخدم"),
            option("kind", &["view", "search", "export"])
                .indexed()
                .label("How", "چگونه", "كيف"),
            Field::new("at", FieldKind::Instant)
                .indexed()
                .label("At", "زمان", "الوقت"),
            Field::new("count", FieldKind::Integer).label("How often", "شمار", "العدد"),
            text("object").indexed().label("Object", "شیء", "الكائن"),
        ],
    )
}

/// A key by which a program acts for a user, with no more rights than he has. The token itself is nowhere.
fn api_key() -> Declaration {
    object(
        "api_key",
        "key",
        ["API key", "کلید برنامه", "مفتاح برمجي"],
        None,
        "name",
        vec![
            text("name")
                .required()
                .indexed()
                .label("Name", "نام", "الاسم"),
            reference_on_delete("user", "user", OnDelete::Cascade)
                .required()
                .label("Acts for", "به جای", "نيابة عن"),
            Field::new("rights", FieldKind::Json)
                .required()
                .label("Rights", "حقوق", "الحقوق"),
            Field::new("expires_at", FieldKind::Instant).label("Expires", "انقضا", "تاريخ الانتهاء"),
            Field::new("active", FieldKind::Boolean)
                .default(true)
                .label("Active", "فعال", "نشط"),
            text("token_hash").required().unique().label(
                "Hash of the token",
                "درهم‌ساز توکن",
                "بصمة الرمز",
            ),
        ],
    )
}
