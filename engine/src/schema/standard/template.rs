//! What the firm writes with: templates and their versions, and how the firm names itself on paper.

use super::{Declaration, description, key, object, option, reference, reference_on_delete, text};
use crate::schema::field::{Field, FieldKind, OnDelete};

pub(super) fn objects() -> Vec<Declaration> {
    vec![template(), template_version(), company_profile()]
}

fn name() -> Field {
    text("name")
        .required()
        .indexed()
        .label("Name", "نام", "الاسم")
}

fn texts() -> Field {
    Field::new("texts", FieldKind::Json)
        .required()
        .label("Texts", "متن‌ها", "النصوص")
}

fn template() -> Declaration {
    object(
        "template",
        "tpl",
        ["Template", "قالب", "القالب"],
        Some("key"),
        "name",
        vec![
            key(),
            name(),
            option("kind", &["document", "message", "part"])
                .required()
                .default("document")
                .indexed()
                .label("Kind", "نوع", "النوع"),
            text("object").indexed().label("For", "برای", "لأجل"),
            option("format", &["html", "text"])
                .required()
                .default("html")
                .label("Format", "قالب‌بندی", "الصيغة"),
            Field::new("isolates", FieldKind::Boolean)
                .default(true)
                .label("Direction marks", "نشانه‌های جهت", "علامات الاتجاه"),
            texts(),
            Field::new("version", FieldKind::Integer).read_only().label(
                "Version",
                "نسخه",
                "الإصدار",
            ),
            Field::new("active", FieldKind::Boolean)
                .default(true)
                .label("Active", "فعال", "نشط"),
            description(),
        ],
    )
}

fn template_version() -> Declaration {
    object(
        "template_version",
        "tpv",
        ["Template version", "نسخه قالب", "إصدار القالب"],
        None,
        "title",
        vec![
            text("title").required().label("Title", "عنوان", "العنوان"),
            reference_on_delete("template", "template", OnDelete::Cascade)
                .required()
                .label("Template", "قالب", "القالب"),
            Field::new("version", FieldKind::Integer)
                .required()
                .label("Version", "نسخه", "الإصدار"),
            texts(),
            text("by").label("By", "از", "بواسطة"),
        ],
    )
}

fn company_profile() -> Declaration {
    let long = |name| Field::new(name, FieldKind::LongText);
    object(
        "company_profile",
        "cmp",
        ["Company profile", "مشخصات شرکت", "ملف الشركة"],
        Some("key"),
        "name",
        vec![
            key(),
            name(),
            text("name_en").label("Name in English", "نام به انگلیسی", "الاسم بالإنجليزية"),
            text("name_fa").label("Name in Persian", "نام به فارسی", "الاسم بالفارسية"),
            text("name_ar").label("Name in Arabic", "نام به عربی", "الاسم بالعربية"),
            reference("territory", &["territory"]).label("Territory", "منطقه", "المنطقة"),
            text("national_id").label("National id", "شناسه ملی", "الرقم الوطني"),
            text("tax_number").label("Tax number", "شماره اقتصادی", "الرقم الضريبي"),
            text("registration_number").label(
                "Registration number",
                "شماره ثبت",
                "رقم السجل التجاري",
            ),
            long("address").label("Address", "نشانی", "العنوان"),
            long("address_en").label(
                "Address in English",
                "نشانی به انگلیسی",
                "العنوان بالإنجليزية",
            ),
            long("address_fa").label("Address in Persian", "نشانی به فارسی", "العنوان بالفارسية"),
            long("address_ar").label("Address in Arabic", "نشانی به عربی", "العنوان بالعربية"),
            text("postal_code").label("Postal code", "کد پستی", "الرمز البريدي"),
            Field::new("phone", FieldKind::Phone).label("Phone", "تلفن", "الهاتف"),
            Field::new("fax", FieldKind::Phone).label("Fax", "دورنگار", "الفاكس"),
            Field::new("email", FieldKind::Email).label("E-mail", "ایمیل", "البريد الإلكتروني"),
            Field::new("website", FieldKind::Url).label("Website", "وبگاه", "الموقع"),
            Field::new("accounts", FieldKind::Json).label(
                "Bank accounts",
                "حساب‌های بانکی",
                "الحسابات المصرفية",
            ),
            Field::new("logo", FieldKind::File).label("Logo", "نشان", "الشعار"),
            Field::new("stamp", FieldKind::File).label("Stamp", "مهر", "الختم"),
            Field::new("active", FieldKind::Boolean)
                .default(true)
                .label("Active", "فعال", "نشط"),
        ],
    )
}
