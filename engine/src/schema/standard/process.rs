//! By which steps records go, each process a record with a definition that the room `process` checks.

use super::{Declaration, definition, key, label_in_each_language, object, text};
use crate::schema::field::{Field, FieldKind};

pub(super) fn objects() -> Vec<Declaration> {
    vec![object(
        "process",
        "prc",
        ["Process", "فرایند", "العملية"],
        Some("key"),
        "name",
        vec![
            key(),
            text("name").required().label("Name", "نام", "الاسم"),
            label_in_each_language(),
            definition(),
            text("object")
                .read_only()
                .indexed()
                .label("Object", "شیء", "الكائن"),
            Field::new("position", FieldKind::Integer).default(0).label(
                "Position",
                "ترتیب",
                "الترتيب",
            ),
            Field::new("active", FieldKind::Boolean)
                .default(true)
                .label("Active", "فعال", "نشط"),
            text("brought_by")
                .read_only()
                .indexed()
                .label("Brought by", "آورنده", "أحضره"),
        ],
    )]
}
