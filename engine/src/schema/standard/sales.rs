//! What is sold, how far each sale is, and what is done about it.

use super::customer::source;
use super::{
    Declaration, NUMBER, TITLE, confidential, count, description, external_id, indexed_by, key,
    label_in_each_language, latest_activity, object, option, owner, reference, reference_on_delete,
    territory, text,
};
use crate::schema::field::{Field, FieldKind, OnDelete};

pub(super) fn objects() -> Vec<Declaration> {
    vec![
        product(),
        pipeline(),
        stage(),
        indexed_by(
            opportunity(),
            &[&["stage", "close_date"], &["status", "close_date"]],
        ),
        indexed_by(activity(), &[&["owner", "status", "due_on"]]),
    ]
}

fn product() -> Declaration {
    object(
        "product",
        "prd",
        ["Product", "محصول", "المنتج"],
        Some("code"),
        "name",
        vec![
            text("code")
                .required()
                .unique()
                .searchable(NUMBER)
                .label("Code", "کد", "الرمز"),
            text("name")
                .required()
                .indexed()
                .searchable(TITLE)
                .label("Name", "نام", "الاسم"),
            text("family").indexed().label("Family", "خانواده", "الفئة"),
            Field::new("price", FieldKind::Money).label("Price", "قیمت", "السعر"),
            Field::new("active", FieldKind::Boolean)
                .default(true)
                .label("Active", "فعال", "نشط"),
            description(),
        ],
    )
}

fn pipeline() -> Declaration {
    object(
        "pipeline",
        "pip",
        ["Pipeline", "قیف فروش", "مسار المبيعات"],
        Some("key"),
        "name",
        vec![
            key(),
            text("name").required().label("Name", "نام", "الاسم"),
            label_in_each_language(),
        ],
    )
}

fn stage() -> Declaration {
    object(
        "stage",
        "stg",
        ["Stage", "مرحله", "المرحلة"],
        Some("key"),
        "name",
        vec![
            key(),
            text("name").required().label("Name", "نام", "الاسم"),
            reference_on_delete("pipeline", "pipeline", OnDelete::Restrict)
                .required()
                .label("Pipeline", "قیف فروش", "مسار المبيعات"),
            Field::new("position", FieldKind::Integer).default(0).label(
                "Position",
                "ترتیب",
                "الترتيب",
            ),
            Field::new("probability", FieldKind::Percent)
                .range(0, 100)
                .label("Probability", "احتمال", "الاحتمال"),
            option("outcome", &["open", "won", "lost"])
                .default("open")
                .label("Outcome", "نتیجه", "النتيجة"),
            label_in_each_language(),
        ],
    )
}

fn opportunity() -> Declaration {
    object(
        "opportunity",
        "opp",
        ["Opportunity", "فرصت", "الفرصة"],
        None,
        "name",
        vec![
            text("name")
                .required()
                .indexed()
                .searchable(TITLE)
                .label("Name", "نام", "الاسم"),
            reference("account", &["account"]).label("Account", "مشتری", "العميل"),
            reference("contact", &["contact"]).label("Contact", "شخص", "جهة الاتصال"),
            reference("pipeline", &["pipeline"]).read_only().label(
                "Pipeline",
                "قیف فروش",
                "مسار المبيعات",
            ),
            reference_on_delete("stage", "stage", OnDelete::Restrict)
                .required()
                .default("prospecting")
                .label("Stage", "مرحله", "المرحلة"),
            option("status", &["open", "won", "lost"])
                .read_only()
                .indexed()
                .label("Status", "وضعیت", "الحالة"),
            Field::new("amount", FieldKind::Money)
                .indexed()
                .label("Amount", "مبلغ", "المبلغ"),
            Field::new("probability", FieldKind::Percent)
                .range(0, 100)
                .label("Probability", "احتمال", "الاحتمال"),
            Field::new("opened_on", FieldKind::Date).label("Opened", "آغاز", "تاريخ الفتح"),
            Field::new("close_date", FieldKind::Date).indexed().label(
                "Close date",
                "تاریخ بستن",
                "تاريخ الإغلاق",
            ),
            Field::new("closed_at", FieldKind::Instant)
                .read_only()
                .label("Closed", "بسته شد", "أُغلقت"),
            source(),
            text("loss_reason").label("Loss reason", "دلیل باخت", "سبب الخسارة"),
            reference("product", &["product"]).label("Product", "محصول", "المنتج"),
            text("product_text").label(
                "Product as written",
                "محصول، چنان که نوشته شد",
                "المنتج كما كُتب",
            ),
            owner(),
            territory(),
            description(),
            external_id(),
            latest_activity(),
            count("activities", "activity", "about", &[]).label("Activities", "تماس‌ها", "الأنشطة"),
            confidential(),
        ],
    )
}

fn activity() -> Declaration {
    object(
        "activity",
        "act",
        ["Activity", "فعالیت", "النشاط"],
        None,
        "subject",
        vec![
            option(
                "kind",
                &["task", "call", "meeting", "visit", "email", "note"],
            )
            .required()
            .indexed()
            .label("Kind", "نوع", "النوع"),
            text("subject")
                .required()
                .label("Subject", "موضوع", "الموضوع"),
            reference("about", &["account", "contact", "lead", "opportunity"]).label(
                "About",
                "درباره",
                "بخصوص",
            ),
            Field::new("at", FieldKind::Instant)
                .indexed()
                .label("At", "زمان", "الوقت"),
            Field::new("due_on", FieldKind::Date)
                .indexed()
                .label("Due", "مهلت", "الاستحقاق"),
            option("status", &["planned", "done", "cancelled"])
                .default("planned")
                .indexed()
                .label("Status", "وضعیت", "الحالة"),
            option("priority", &["low", "normal", "high"])
                .default("normal")
                .label("Priority", "اولویت", "الأولوية"),
            option("direction", &["inbound", "outbound"]).label("Direction", "جهت", "الاتجاه"),
            Field::new("duration_minutes", FieldKind::Integer)
                .range(0, 100_000)
                .label("Minutes", "دقیقه", "الدقائق"),
            text("outcome").label("Outcome", "نتیجه", "النتيجة"),
            owner(),
            description(),
            text("origin").indexed().label("Made by", "سازنده", "أنشأه"),
            confidential(),
        ],
    )
}
