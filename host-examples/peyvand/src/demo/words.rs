//! What does the demo company sell, where, and what do its people write down?

use super::names::Language::{self, Arabic, English, Persian};

/// A branch: a territory and a team.
pub(super) struct Branch {
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) parent: &'static str,
    pub(super) country: &'static str,
    /// International prefix of a land line and of a mobile. The digits that follow are in no numbering plan.
    pub(super) phone: (&'static str, &'static str),
    /// Cities of its customers, the branch's own first.
    pub(super) cities: [&'static str; 3],
    /// The languages of its customers and the currencies of its deals, each with its weight.
    pub(super) languages: [(u64, Language); 2],
    pub(super) currencies: [(u64, Currency); 2],
    pub(super) sellers: usize,
    /// Its share of customers and leads, in percent.
    pub(super) share: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Currency {
    Irr,
    Aed,
    Usd,
}

impl Currency {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Irr => "IRR",
            Self::Aed => "AED",
            Self::Usd => "USD",
        }
    }

    /// What the script `large-deal-guard` takes for large.
    pub(super) fn large_from(self) -> i64 {
        match self {
            Self::Irr => 20_000_000_000,
            Self::Aed => 1_000_000,
            Self::Usd => 250_000,
        }
    }

    pub(super) fn amounts(self) -> Amounts {
        const M: i64 = 1_000_000;
        let (ends, step) = match self {
            Self::Irr => (
                [
                    500 * M,
                    2_000 * M,
                    6_000 * M,
                    15_000 * M,
                    35_000 * M,
                    60_000 * M,
                ],
                50 * M,
            ),
            Self::Aed => (
                [40_000, 150_000, 400_000, 1_000_000, 2_000_000, 3_500_000],
                5_000,
            ),
            Self::Usd => ([10_000, 40_000, 100_000, 250_000, 500_000, 900_000], 1_000),
        };
        let [a, b, c, d, e, f] = ends;
        Amounts {
            ranges: [
                (34, (a, b)),
                (34, (b, c)),
                (19, (c, d)),
                (10, (d, e)),
                (3, (e, f)),
            ],
            step,
        }
    }
}

/// How large deals are in a currency.
pub(super) struct Amounts {
    /// How often, from, to.
    pub(super) ranges: [(u64, (i64, i64)); 5],
    /// What they are rounded to.
    pub(super) step: i64,
}

pub(super) const BRANCHES: [Branch; 6] = [
    iranian("tehran", "تهران", ["تهران", "کرج", "قم"], "+98 21 0", 5, 34),
    iranian(
        "isfahan",
        "اصفهان",
        ["اصفهان", "کاشان", "یزد"],
        "+98 31 0",
        3,
        18,
    ),
    iranian(
        "mashhad",
        "مشهد",
        ["مشهد", "نیشابور", "بیرجند"],
        "+98 51 0",
        2,
        13,
    ),
    iranian(
        "tabriz",
        "تبریز",
        ["تبریز", "ارومیه", "اردبیل"],
        "+98 41 0",
        2,
        12,
    ),
    Branch {
        key: "dubai",
        name: "Dubai",
        parent: "gulf",
        country: "AE",
        phone: ("+971 4 0", "+971 50 0"),
        cities: ["Dubai", "Sharjah", "Abu Dhabi"],
        languages: [(62, English), (38, Arabic)],
        currencies: [(86, Currency::Aed), (14, Currency::Usd)],
        sellers: 3,
        share: 14,
    },
    Branch {
        key: "basra",
        name: "البصرة",
        parent: "gulf",
        country: "IQ",
        phone: ("+964 40 0", "+964 770 0"),
        cities: ["البصرة", "العمارة", "الناصرية"],
        languages: [(90, Arabic), (10, English)],
        currencies: [(100, Currency::Usd), (0, Currency::Usd)],
        sellers: 2,
        share: 9,
    },
];

const fn iranian(
    key: &'static str,
    name: &'static str,
    cities: [&'static str; 3],
    line: &'static str,
    sellers: usize,
    share: u64,
) -> Branch {
    Branch {
        key,
        name,
        parent: "iran",
        country: "IR",
        phone: (line, "+98 900 0"),
        cities,
        languages: [(96, Persian), (4, English)],
        currencies: [(100, Currency::Irr), (0, Currency::Irr)],
        sellers,
        share,
    }
}

/// Something to sell: code, family, name in English, Persian and Arabic, list price in millions of rials.
pub(super) const PRODUCTS: [(&str, &str, &str, &str, &str, i64); 10] = [
    (
        "POS-10",
        "till",
        "Till terminals",
        "پایانه‌های فروش",
        "أجهزة نقاط البيع",
        180,
    ),
    (
        "POS-SW",
        "till",
        "Store software",
        "نرم‌افزار فروشگاهی",
        "برنامج المتاجر",
        950,
    ),
    (
        "WH-SCAN",
        "warehouse",
        "Warehouse scanners",
        "اسکنرهای انبار",
        "ماسحات المستودعات",
        260,
    ),
    (
        "WH-SW",
        "warehouse",
        "Warehouse software",
        "نرم‌افزار انبار",
        "برنامج المستودعات",
        1_800,
    ),
    (
        "ERP-STD",
        "office",
        "Accounting suite",
        "سامانهٔ مالی",
        "نظام المحاسبة",
        3_200,
    ),
    (
        "NET-KIT",
        "network",
        "Branch network",
        "شبکهٔ شعب",
        "شبكة الفروع",
        1_400,
    ),
    (
        "SRV-R2",
        "network",
        "Rack servers",
        "سرورهای رک",
        "خوادم",
        2_600,
    ),
    (
        "BCK-Y",
        "service",
        "Backup service",
        "خدمات پشتیبان‌گیری",
        "خدمة النسخ الاحتياطي",
        420,
    ),
    (
        "SUP-Y",
        "service",
        "Support contract",
        "قرارداد پشتیبانی",
        "عقد الدعم",
        760,
    ),
    (
        "EDU-5",
        "service",
        "Staff training",
        "آموزش کارکنان",
        "تدريب الموظفين",
        310,
    ),
];

/// The name of a product in a language.
pub(super) fn product(place: usize, language: Language) -> &'static str {
    PRODUCTS
        .get(place)
        .map_or("", |(_, _, english, persian, arabic, _)| {
            language.of(*persian, *arabic, *english)
        })
}

/// Job titles; the first four decide.
pub(super) fn titles(language: Language) -> [&'static str; 8] {
    match language {
        Persian => [
            "مدیرعامل",
            "مدیر خرید",
            "مدیر مالی",
            "مدیر فناوری اطلاعات",
            "کارشناس خرید",
            "سرپرست فروشگاه",
            "حسابدار",
            "مسئول انبار",
        ],
        Arabic => [
            "المدير العام",
            "مدير المشتريات",
            "المدير المالي",
            "مدير تقنية المعلومات",
            "مسؤول المشتريات",
            "مشرف المتجر",
            "محاسب",
            "أمين المستودع",
        ],
        English => [
            "Managing Director",
            "Purchasing Manager",
            "Finance Director",
            "IT Manager",
            "Buyer",
            "Store Supervisor",
            "Accountant",
            "Warehouse Keeper",
        ],
    }
}

pub(super) fn streets(language: Language) -> [&'static str; 4] {
    match language {
        Persian => [
            "خیابان آزادی",
            "بلوار کشاورز",
            "خیابان فردوسی",
            "خیابان حافظ",
        ],
        Arabic => [
            "شارع الكورنيش",
            "شارع الاستقلال",
            "شارع الجزائر",
            "شارع المطار",
        ],
        English => [
            "Creek Road",
            "Harbour Street",
            "Market Street",
            "Palm Avenue",
        ],
    }
}

/// Why a deal was lost; the last one is what silence comes to.
pub(super) fn reasons(language: Language) -> [&'static str; 6] {
    match language {
        Persian => [
            "قیمت رقیب پایین‌تر بود",
            "بودجه تصویب نشد",
            "خرید به سال بعد افتاد",
            "امکان لازم را نداشتیم",
            "با تأمین‌کنندهٔ قبلی ماندند",
            "پاسخ ندادند",
        ],
        Arabic => [
            "سعر المنافس أقل",
            "لم تُعتمد الميزانية",
            "تأجل الشراء إلى العام القادم",
            "ميزة مطلوبة غير متوفرة",
            "بقوا مع المورد السابق",
            "لم يردّوا",
        ],
        English => [
            "a competitor was cheaper",
            "the budget was not approved",
            "put off to next year",
            "a feature was missing",
            "stayed with their supplier",
            "no answer any more",
        ],
    }
}

/// What an activity of a kind is about.
pub(super) fn subjects(kind: &str, language: Language) -> [&'static str; 3] {
    match (kind, language) {
        ("call", Persian) => ["تماس پیگیری", "پرسش دربارهٔ قیمت", "هماهنگی زمان جلسه"],
        ("call", Arabic) => ["مكالمة متابعة", "استفسار عن السعر", "تنسيق موعد اجتماع"],
        ("call", English) => [
            "Follow-up call",
            "Question about the price",
            "Finding a date",
        ],
        ("meeting", Persian) => ["جلسهٔ معرفی", "جلسهٔ فنی", "مذاکرهٔ قرارداد"],
        ("meeting", Arabic) => ["اجتماع تعريفي", "اجتماع فني", "التفاوض على العقد"],
        ("meeting", English) => [
            "First meeting",
            "Technical meeting",
            "Talks about the contract",
        ],
        ("visit", Persian) => ["بازدید از محل", "نمایش دستگاه در محل", "بازدید انبار"],
        ("visit", Arabic) => ["زيارة الموقع", "عرض الجهاز في الموقع", "زيارة المستودع"],
        ("visit", English) => [
            "Site visit",
            "Demonstration on site",
            "Visit to the warehouse",
        ],
        ("email", Persian) => ["ارسال کاتالوگ", "ارسال پیش‌فاکتور", "پاسخ به پرسش‌ها"],
        ("email", Arabic) => ["إرسال الكتالوج", "إرسال عرض السعر", "الرد على الأسئلة"],
        ("email", English) => [
            "Catalogue sent",
            "Quotation sent",
            "Answers to their questions",
        ],
        ("task", Persian) => [
            "آماده‌سازی پیشنهاد",
            "هماهنگی با انبار",
            "بررسی اعتبار مشتری",
        ],
        ("task", Arabic) => ["إعداد العرض", "التنسيق مع المستودع", "مراجعة ائتمان العميل"],
        ("task", English) => [
            "Prepare the proposal",
            "Ask the warehouse",
            "Check their credit",
        ],
        (_, Persian) => ["یادداشت", "وضعیت رقیب", "خبر از مشتری"],
        (_, Arabic) => ["ملاحظة", "وضع المنافس", "خبر عن العميل"],
        (_, English) => ["Note", "What the competitor does", "News of the customer"],
    }
}

pub(super) fn outcomes(language: Language) -> [&'static str; 4] {
    match language {
        Persian => [
            "علاقه‌مندند",
            "قیمت را بررسی می‌کنند",
            "منتظر تأیید مدیر",
            "جلسهٔ بعدی تعیین شد",
        ],
        Arabic => [
            "مهتمون",
            "يدرسون السعر",
            "بانتظار موافقة المدير",
            "حُدد الاجتماع القادم",
        ],
        English => [
            "interested",
            "looking at the price",
            "waits for approval",
            "next date agreed",
        ],
    }
}
