//! When a firm works, each calendar a record with a definition that the room `calendar` checks.

use super::{
    Declaration, TITLE, definition, description, key, label_in_each_language, object, text,
};

pub(super) fn objects() -> Vec<Declaration> {
    vec![object(
        "business_calendar",
        "bcl",
        ["Business calendar", "تقویم کاری", "تقويم العمل"],
        Some("key"),
        "name",
        vec![
            key(),
            text("name")
                .required()
                .searchable(TITLE)
                .label("Name", "نام", "الاسم"),
            label_in_each_language(),
            definition(),
            description(),
        ],
    )]
}
