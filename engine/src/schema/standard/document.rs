//! Files that belong to records: documents, their versions, and what they are attached to.

use super::{
    Declaration, TITLE, confidential, count, description, external_id, object, option, owner,
    reference_on_delete, text,
};
use crate::schema::field::{ANY_OBJECT, Field, FieldKind, OnDelete};

pub(super) fn objects() -> Vec<Declaration> {
    vec![document(), document_version(), attachment()]
}

fn document() -> Declaration {
    object(
        "document",
        "doc",
        ["Document", "سند", "المستند"],
        None,
        "title",
        vec![
            text("title")
                .required()
                .indexed()
                .searchable(TITLE)
                .label("Title", "عنوان", "العنوان"),
            option(
                "document_type",
                &[
                    "contract",
                    "quote",
                    "invoice",
                    "receipt",
                    "identity",
                    "certificate",
                    "application",
                    "letter",
                    "report",
                    "picture",
                    "recording",
                    "other",
                ],
            )
            .indexed()
            .label("Type", "نوع سند", "نوع المستند"),
            Field::new("file", FieldKind::File)
                .indexed()
                .label("File", "پرونده", "الملف"),
            Field::new("version", FieldKind::Integer)
                .default(1)
                .range(1, 1_000_000_000)
                .label("Version", "نسخه", "الإصدار"),
            option("language", &["en", "fa", "ar"]).label("Language", "زبان", "اللغة"),
            option("state", &["draft", "final", "signed", "withdrawn"])
                .default("final")
                .indexed()
                .label("State", "وضعیت", "الحالة"),
            Field::new("valid_until", FieldKind::Date).indexed().label(
                "Valid until",
                "اعتبار تا",
                "صالح حتى",
            ),
            owner(),
            description(),
            external_id(),
            count("versions", "document_version", "document", &[]).label(
                "Versions",
                "نسخه‌ها",
                "الإصدارات",
            ),
            count("attached", "attachment", "document", &[]).label(
                "Attached to",
                "پیوست به",
                "مرفق بـ",
            ),
            confidential(),
        ],
    )
}

fn document_version() -> Declaration {
    object(
        "document_version",
        "dov",
        ["Document version", "نسخه سند", "إصدار المستند"],
        None,
        "number",
        vec![
            reference_on_delete("document", "document", OnDelete::Cascade)
                .required()
                .label("Document", "سند", "المستند"),
            Field::new("number", FieldKind::Integer)
                .required()
                .range(1, 1_000_000_000)
                .label("Number", "شماره", "الرقم"),
            Field::new("file", FieldKind::File)
                .required()
                .label("File", "پرونده", "الملف"),
            text("note").label("Note", "یادداشت", "ملاحظة"),
        ],
    )
}

/// Says of one record that a document belongs to it.
fn attachment() -> Declaration {
    object(
        "attachment",
        "att",
        ["Attachment", "پیوست", "المرفق"],
        None,
        "document",
        vec![
            reference_on_delete("document", "document", OnDelete::Cascade)
                .required()
                .label("Document", "سند", "المستند"),
            reference_on_delete("record", ANY_OBJECT, OnDelete::Cascade)
                .required()
                .label("Record", "رکورد", "السجل"),
        ],
    )
}
