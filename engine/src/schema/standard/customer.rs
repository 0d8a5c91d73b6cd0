//! The people and organisations outside: customers, suppliers, partners, and who may become one.

use super::{
    Declaration, NAME_BESIDE, NUMBER, TITLE, WAY_TO_REACH, confidential, count, description,
    external_id, language, latest_activity, object, option, owner, reference, reference_on_delete,
    rollup, territory, text,
};
use crate::schema::field::{Field, FieldKind, OnDelete};
use crate::schema::rollup::RollupMeasure;

pub(super) const SOURCES: &[&str] = &[
    "web", "referral", "campaign", "call", "event", "partner", "other",
];

fn email() -> Field {
    Field::new("email", FieldKind::Email)
        .indexed()
        .searchable(WAY_TO_REACH)
        .label("E-mail", "ایمیل", "البريد الإلكتروني")
}

/// The ways on which somebody may be written to, or not.
const WRITTEN_CHANNELS: &[&str] = &["email", "sms", "messenger", "letter"];

/// What somebody said about being written to, when, and where that is known from.
fn consent() -> [Field; 5] {
    let channels = |name: &str| Field::new(name, FieldKind::multi_option(WRITTEN_CHANNELS));
    [
        channels("opt_out").label("Does not want", "نمی‌خواهد", "لا يرغب في"),
        channels("consent").label(
            "Agreed to marketing",
            "رضایت تبلیغات",
            "الموافقة على التسويق",
        ),
        Field::new("consent_on", FieldKind::Date).label("Said on", "تاریخ اعلام", "تاريخ التصريح"),
        text("consent_source").label("Known from", "منبع اعلام", "مصدر التصريح"),
        Field::new("utc_offset_minutes", FieldKind::Integer)
            .range(-720, 840)
            .label(
                "Minutes from UTC",
                "اختلاف با UTC به دقیقه",
                "الفرق عن UTC بالدقائق",
            ),
    ]
}

fn phone(name: &str) -> Field {
    Field::new(name, FieldKind::Phone)
        .indexed()
        .searchable(WAY_TO_REACH)
}

pub(super) fn source() -> Field {
    option("source", SOURCES)
        .indexed()
        .label("Source", "منبع", "المصدر")
}

pub(super) fn objects() -> Vec<Declaration> {
    vec![account(), contact(), affiliation(), lead()]
}

fn account() -> Declaration {
    object(
        "account",
        "acc",
        ["Account", "مشتری", "العميل"],
        None,
        "name",
        vec![
            text("name")
                .required()
                .indexed()
                .searchable(TITLE)
                .label("Name", "نام", "الاسم"),
            option("kind", &["organization", "person"])
                .default("organization")
                .label("Kind", "نوع", "النوع"),
            Field::new(
                "roles",
                FieldKind::multi_option(&[
                    "customer",
                    "supplier",
                    "partner",
                    "competitor",
                    "internal",
                ]),
            )
            .label("Roles", "نقش‌ها", "الأدوار"),
            reference("parent", &["account"]).label("Parent account", "مشتری مادر", "العميل الأم"),
            text("industry")
                .indexed()
                .label("Industry", "صنعت", "القطاع"),
            Field::new("website", FieldKind::Url).label("Website", "وبگاه", "الموقع"),
            email(),
            phone("phone").label("Phone", "تلفن", "الهاتف"),
            Field::new("address", FieldKind::Address).label("Address", "نشانی", "العنوان"),
            text("tax_number").searchable(NUMBER).label(
                "Tax number",
                "شماره اقتصادی",
                "الرقم الضريبي",
            ),
            Field::new("employees", FieldKind::Integer)
                .range(0, 10_000_000)
                .label("Employees", "کارکنان", "الموظفون"),
            Field::new("annual_revenue", FieldKind::Money).label(
                "Annual revenue",
                "درآمد سالانه",
                "الإيراد السنوي",
            ),
            Field::new("founded", FieldKind::Integer)
                .range(1, 3000)
                .label("Founded", "سال تأسیس", "سنة التأسيس"),
            owner(),
            territory(),
            description(),
            external_id(),
            count(
                "open_opportunities",
                "opportunity",
                "account",
                &[("status", "open")],
            )
            .label("Open opportunities", "فرصت‌های باز", "الفرص المفتوحة"),
            count(
                "won_opportunities",
                "opportunity",
                "account",
                &[("status", "won")],
            )
            .label("Won opportunities", "فرصت‌های برده", "الفرص المكسوبة"),
            rollup(
                "last_won_at",
                "opportunity",
                "account",
                RollupMeasure::Latest {
                    of: "closed_at".to_owned(),
                },
                &[("status", "won")],
            )
            .label("Last won", "آخرین برد", "آخر فوز"),
            count("contacts", "contact", "account", &[]).label("Contacts", "افراد", "جهات الاتصال"),
            latest_activity(),
            language(),
        ]
        .into_iter()
        .chain(consent())
        .chain([confidential()])
        .collect(),
    )
}

fn contact() -> Declaration {
    object(
        "contact",
        "con",
        ["Contact", "شخص", "جهة الاتصال"],
        None,
        "name",
        vec![
            Field::new("name", FieldKind::PersonName)
                .required()
                .indexed()
                .searchable(TITLE)
                .label("Name", "نام", "الاسم"),
            text("job_title").label("Job title", "سمت", "المنصب"),
            email(),
            phone("phone").label("Phone", "تلفن", "الهاتف"),
            phone("mobile").label("Mobile", "همراه", "الجوال"),
            Field::new("birth_date", FieldKind::Date).label(
                "Birth date",
                "تاریخ تولد",
                "تاريخ الميلاد",
            ),
            text("national_id")
                .searchable(NUMBER)
                .label("National id", "کد ملی", "رقم الهوية"),
            option(
                "preferred_channel",
                &["phone", "mobile", "email", "messenger", "visit"],
            )
            .label("Preferred channel", "راه ترجیحی", "القناة المفضلة"),
            reference("account", &["account"]).label("Account", "مشتری", "العميل"),
            owner(),
            territory(),
            description(),
            external_id(),
            latest_activity(),
            language(),
        ]
        .into_iter()
        .chain(consent())
        .chain([confidential()])
        .collect(),
    )
}

fn affiliation() -> Declaration {
    object(
        "affiliation",
        "aff",
        ["Affiliation", "وابستگی", "الانتماء"],
        None,
        "role",
        vec![
            reference_on_delete("contact", "contact", OnDelete::Cascade)
                .required()
                .label("Contact", "شخص", "جهة الاتصال"),
            reference_on_delete("account", "account", OnDelete::Cascade)
                .required()
                .label("Account", "مشتری", "العميل"),
            text("role").label("Role", "نقش", "الدور"),
            Field::new("since", FieldKind::Date).label("Since", "از", "منذ"),
            Field::new("until", FieldKind::Date).label("Until", "تا", "حتى"),
        ],
    )
}

fn lead() -> Declaration {
    object(
        "lead",
        "lea",
        ["Lead", "سرنخ", "العميل المحتمل"],
        None,
        "name",
        vec![
            Field::new("name", FieldKind::PersonName)
                .required()
                .indexed()
                .searchable(TITLE)
                .label("Name", "نام", "الاسم"),
            text("company")
                .indexed()
                .searchable(NAME_BESIDE)
                .label("Company", "شرکت", "الشركة"),
            text("job_title").label("Job title", "سمت", "المنصب"),
            email(),
            phone("phone").label("Phone", "تلفن", "الهاتف"),
            source(),
            option(
                "status",
                &["new", "working", "qualified", "unqualified", "converted"],
            )
            .default("new")
            .indexed()
            .label("Status", "وضعیت", "الحالة"),
            text("industry").label("Industry", "صنعت", "القطاع"),
            Field::new("employees", FieldKind::Integer)
                .range(0, 10_000_000)
                .label("Employees", "کارکنان", "الموظفون"),
            Field::new("budget", FieldKind::Money).label("Budget", "بودجه", "الميزانية"),
            owner(),
            territory(),
            description(),
            external_id(),
            Field::new("converted_at", FieldKind::Instant)
                .read_only()
                .label("Converted", "تبدیل", "تاريخ التحويل"),
            reference("converted_account", &["account"])
                .read_only()
                .label("Account", "مشتری", "العميل"),
            reference("converted_contact", &["contact"])
                .read_only()
                .label("Contact", "شخص", "جهة الاتصال"),
            reference("converted_opportunity", &["opportunity"])
                .read_only()
                .label("Opportunity", "فرصت", "الفرصة"),
            latest_activity(),
            language(),
        ]
        .into_iter()
        .chain(consent())
        .chain([confidential()])
        .collect(),
    )
}
