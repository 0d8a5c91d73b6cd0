//! The firm that works with the CRM: its people, teams, roles and branches.

use super::{
    Declaration, description, key, label_in_each_language, object, option, reference, text,
};
use crate::schema::field::{Field, FieldKind};

pub(super) fn objects() -> Vec<Declaration> {
    let name = || {
        text("name")
            .required()
            .indexed()
            .label("Name", "نام", "الاسم")
    };
    vec![
        object(
            "territory",
            "ter",
            ["Territory", "منطقه", "المنطقة"],
            Some("key"),
            "name",
            vec![
                key(),
                name(),
                reference("parent", &["territory"]).label("Part of", "زیر", "جزء من"),
                reference("manager", &["user"]).label("Manager", "مدیر", "المدير"),
            ],
        ),
        object(
            "team",
            "tea",
            ["Team", "تیم", "الفريق"],
            Some("key"),
            "name",
            vec![
                key(),
                name(),
                reference("manager", &["user"]).label("Manager", "مدیر", "المدير"),
                reference("territory", &["territory"]).label("Territory", "منطقه", "المنطقة"),
            ],
        ),
        object(
            "role",
            "rol",
            ["Role", "نقش", "الدور"],
            Some("key"),
            "name",
            vec![
                key(),
                name(),
                description(),
                Field::new("definition", FieldKind::Json).label("Rights", "حقوق", "الحقوق"),
                label_in_each_language(),
            ],
        ),
        object(
            "user",
            "usr",
            ["User", "کاربر", "المستخدم"],
            Some("login"),
            "name",
            vec![
                text("login")
                    .required()
                    .unique()
                    .label("Login", "نام کاربری", "اسم الدخول"),
                name(),
                Field::new("email", FieldKind::Email)
                    .indexed()
                    .label("E-mail", "ایمیل", "البريد"),
                Field::new("mobile", FieldKind::Phone).label("Mobile", "موبایل", "الجوال"),
                reference("manager", &["user"]).label("Manager", "مدیر", "المدير"),
                reference("team", &["team"]).label("Team", "تیم", "الفريق"),
                reference("role", &["role"]).label("Role", "نقش", "الدور"),
                reference("territory", &["territory"]).label("Territory", "منطقه", "المنطقة"),
                option("locale", &["en", "fa", "ar"]).label("Language", "زبان", "اللغة"),
                Field::new("active", FieldKind::Boolean)
                    .default(true)
                    .label("Active", "فعال", "نشط"),
            ],
        ),
    ]
}
