//! What people look at: views, forms, dashboards and panels, each a record with a definition that the room `view` checks.

use super::{Declaration, definition, label_in_each_language, object, option, reference, text};
use crate::schema::field::{Field, FieldKind};

pub(super) fn objects() -> Vec<Declaration> {
    vec![view(), form(), dashboard()]
}

/// Later than the others, and so at the end of the objects.
pub(super) fn panels() -> Vec<Declaration> {
    vec![panel()]
}

/// What they have in common: what it is called, and whom it is for.
fn shared() -> Vec<Field> {
    vec![
        text("key").unique().label("Key", "کلید", "المفتاح"),
        text("name").required().label("Name", "نام", "الاسم"),
        label_in_each_language(),
        definition(),
        option("audience", &["owner", "team", "role", "everyone"])
            .indexed()
            .label("For", "برای", "لأجل"),
        reference("owner", &["user"]).label("Owner", "صاحب", "المالك"),
        reference("team", &["team"]).label("Team", "تیم", "الفريق"),
        reference("role", &["role"]).label("Role", "نقش", "الدور"),
        Field::new("is_default", FieldKind::Boolean)
            .default(false)
            .label("Shown first", "نخست نشان داده شود", "يُعرض أولًا"),
        text("brought_by")
            .read_only()
            .indexed()
            .label("Brought by", "آورنده", "أحضره"),
    ]
}

/// What the engine reads out of the definition, so that it can be searched.
fn of_object() -> Field {
    text("object")
        .read_only()
        .indexed()
        .label("Object", "شیء", "الكائن")
}

fn view() -> Declaration {
    let mut fields = shared();
    fields.push(of_object());
    fields.push(
        option("kind", &["list", "kanban", "calendar", "report"])
            .read_only()
            .label("Kind", "نوع", "النوع"),
    );
    object(
        "view",
        "vew",
        ["View", "نما", "العرض"],
        Some("key"),
        "name",
        fields,
    )
}

fn form() -> Declaration {
    let mut fields = shared();
    fields.push(of_object());
    fields.push(
        Field::new(
            "purposes",
            FieldKind::multi_option(&["create", "edit", "show"]),
        )
        .read_only()
        .label("Used to", "کاربرد", "يُستخدم من أجل"),
    );
    object(
        "form",
        "frm",
        ["Form", "فرم", "النموذج"],
        Some("key"),
        "name",
        fields,
    )
}

fn dashboard() -> Declaration {
    object(
        "dashboard",
        "dsh",
        ["Dashboard", "داشبورد", "لوحة المعلومات"],
        Some("key"),
        "name",
        shared(),
    )
}

fn panel() -> Declaration {
    let mut fields = shared();
    fields.push(of_object());
    object(
        "panel",
        "pnl",
        ["Panel", "پنل", "اللوحة"],
        Some("key"),
        "name",
        fields,
    )
}
