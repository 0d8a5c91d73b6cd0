//! What do people call a column?
//!
//! Besides the names and labels of the schema: what stands in the sheets of firms, in three languages.

use crate::locale::fold_text;
use crate::schema::FieldKind;

/// Words by field, for every object that has it, or for one.
const WORDS: &[(&str, &str, &[&str])] = &[
    (
        "account",
        "name",
        &[
            "company",
            "company name",
            "customer",
            "customer name",
            "firm",
            "organization",
            "organisation",
            "account name",
            "نام شرکت",
            "شرکت",
            "نام مشتری",
            "نام سازمان",
            "سازمان",
            "اسم الشركة",
            "الشركة",
            "اسم العميل",
            "المؤسسة",
            "نام شرکت مشتری",
            "نام مؤسسه",
        ],
    ),
    (
        "account",
        "external_id",
        &[
            "customer no",
            "customer number",
            "customer id",
            "customer code",
            "account number",
            "account id",
            "کد مشتری",
            "شماره مشتری",
            "رقم العميل",
            "كود العميل",
            "کد اشتراک",
        ],
    ),
    (
        "account",
        "phone",
        &[
            "office phone",
            "company phone",
            "تلفن شرکت",
            "تلفن دفتر",
            "هاتف الشركة",
        ],
    ),
    (
        "account",
        "tax_number",
        &[
            "vat number",
            "tax id",
            "vat id",
            "کد اقتصادی",
            "شماره اقتصادی",
            "الرقم الضريبي",
        ],
    ),
    (
        "account",
        "employees",
        &[
            "headcount",
            "number of employees",
            "staff",
            "تعداد کارکنان",
            "تعداد پرسنل",
            "عدد الموظفين",
        ],
    ),
    (
        "account",
        "annual_revenue",
        &[
            "revenue",
            "turnover",
            "yearly revenue",
            "گردش مالی",
            "درآمد",
            "فروش سالانه",
            "الإيرادات",
            "المبيعات السنوية",
        ],
    ),
    (
        "account",
        "founded",
        &[
            "year established",
            "established",
            "founded in",
            "سال تاسیس",
            "سنة التأسيس",
        ],
    ),
    (
        "contact",
        "name",
        &[
            "full name",
            "contact name",
            "contact person",
            "customer name",
            "نام و نام خانوادگی",
            "نام کامل",
            "نام شخص",
            "نام مشتری",
            "الاسم الكامل",
            "اسم جهة الاتصال",
            "اسم العميل",
            "الاسم واللقب",
        ],
    ),
    (
        "contact",
        "external_id",
        &[
            "contact id",
            "person id",
            "customer id",
            "customer no",
            "personnel code",
            "کد مشتری",
            "شماره مشتری",
            "کد پرسنلی",
            "رقم العميل",
        ],
    ),
    (
        "contact",
        "account",
        &[
            "company",
            "company name",
            "organization",
            "employer",
            "firm",
            "شرکت",
            "نام شرکت",
            "سازمان",
            "محل کار",
            "الشركة",
            "اسم الشركة",
            "جهة العمل",
        ],
    ),
    (
        "lead",
        "name",
        &[
            "full name",
            "contact",
            "contact name",
            "contact person",
            "نام و نام خانوادگی",
            "نام کامل",
            "الاسم الكامل",
            "الاسم واللقب",
        ],
    ),
    (
        "lead",
        "company",
        &[
            "company name",
            "organization",
            "firm",
            "نام شرکت",
            "سازمان",
            "اسم الشركة",
            "المؤسسة",
        ],
    ),
    (
        "lead",
        "source",
        &[
            "lead source",
            "how did you hear",
            "نحوه آشنایی",
            "منبع آشنایی",
            "مصدر العميل",
        ],
    ),
    (
        "lead",
        "external_id",
        &["lead id", "lead no", "کد سرنخ", "رقم العميل المحتمل"],
    ),
    (
        "opportunity",
        "name",
        &[
            "deal",
            "deal name",
            "title",
            "subject",
            "opportunity name",
            "عنوان",
            "عنوان فرصت",
            "موضوع",
            "نام فرصت",
            "اسم الصفقة",
            "الصفقة",
            "العنوان",
        ],
    ),
    (
        "opportunity",
        "amount",
        &[
            "value",
            "deal value",
            "price",
            "total",
            "sum",
            "مبلغ کل",
            "ارزش",
            "مبلغ قرارداد",
            "قیمت",
            "القيمة",
            "قيمة الصفقة",
            "الإجمالي",
        ],
    ),
    (
        "opportunity",
        "account",
        &[
            "company",
            "customer",
            "customer name",
            "شرکت",
            "نام مشتری",
            "نام شرکت",
            "الشركة",
            "اسم العميل",
        ],
    ),
    (
        "opportunity",
        "close_date",
        &[
            "expected close",
            "closing date",
            "expected close date",
            "تاریخ بسته شدن",
            "تاریخ قرارداد",
            "تاريخ الإغلاق المتوقع",
        ],
    ),
    (
        "opportunity",
        "external_id",
        &[
            "deal id",
            "opportunity id",
            "contract no",
            "شماره قرارداد",
            "کد فرصت",
            "رقم الصفقة",
            "رقم العقد",
        ],
    ),
    (
        "opportunity",
        "opened_on",
        &[
            "opened",
            "start date",
            "engage date",
            "تاریخ شروع",
            "تاریخ آغاز",
            "تاريخ البدء",
        ],
    ),
    (
        "product",
        "name",
        &[
            "product name",
            "item",
            "item name",
            "نام کالا",
            "کالا",
            "نام محصول",
            "شرح کالا",
            "اسم المنتج",
            "المنتج",
            "الصنف",
        ],
    ),
    (
        "*",
        "email",
        &[
            "e mail",
            "mail",
            "email address",
            "e mail address",
            "رایانامه",
            "پست الکترونیک",
            "پست الکترونیکی",
            "آدرس ایمیل",
            "البريد",
            "بريد الكتروني",
            "ایمیل",
        ],
    ),
    (
        "*",
        "phone",
        &[
            "telephone",
            "tel",
            "phone number",
            "telephone number",
            "landline",
            "تلفن ثابت",
            "شماره تلفن",
            "شماره تماس",
            "تلفن تماس",
            "رقم الهاتف",
            "هاتف",
            "الهاتف الثابت",
        ],
    ),
    (
        "*",
        "mobile",
        &[
            "mobile phone",
            "mobile number",
            "cell",
            "cell phone",
            "cellphone",
            "gsm",
            "موبایل",
            "تلفن همراه",
            "شماره همراه",
            "شماره موبایل",
            "همراه",
            "المحمول",
            "رقم الجوال",
            "الموبايل",
            "جوال",
        ],
    ),
    (
        "*",
        "job_title",
        &[
            "title",
            "position",
            "role",
            "job",
            "سمت",
            "شغل",
            "پست سازمانی",
            "عنوان شغلی",
            "المسمى الوظيفي",
            "الوظيفة",
        ],
    ),
    (
        "*",
        "birth_date",
        &[
            "birthday",
            "date of birth",
            "dob",
            "born",
            "born on",
            "تاریخ تولد",
            "تولد",
            "تاريخ الولادة",
        ],
    ),
    (
        "*",
        "national_id",
        &[
            "national id",
            "national code",
            "identity number",
            "کد ملی",
            "شماره ملی",
            "کدملی",
            "الرقم الوطني",
            "رقم الهوية الوطنية",
        ],
    ),
    (
        "*",
        "website",
        &[
            "web",
            "site",
            "web site",
            "homepage",
            "url",
            "وب سایت",
            "سایت",
            "وبسایت",
            "الموقع الإلكتروني",
        ],
    ),
    (
        "*",
        "industry",
        &[
            "sector",
            "branch",
            "line of business",
            "زمینه فعالیت",
            "حوزه فعالیت",
            "صنف",
            "رسته",
            "القطاع",
            "النشاط",
            "مجال العمل",
        ],
    ),
    (
        "*",
        "description",
        &[
            "notes",
            "note",
            "remarks",
            "comment",
            "comments",
            "توضیحات",
            "یادداشت",
            "ملاحظات",
            "شرح",
            "الوصف",
        ],
    ),
    (
        "*",
        "owner",
        &[
            "sales rep",
            "sales agent",
            "salesperson",
            "account manager",
            "responsible",
            "مسئول",
            "کارشناس",
            "کارشناس فروش",
            "المسؤول",
            "مندوب المبيعات",
        ],
    ),
    (
        "*",
        "external_id",
        &["external id", "شناسه خارجی", "المعرف الخارجي"],
    ),
    ("*", "source", &["منبع", "المصدر"]),
];

/// The words for a field of an object.
pub(super) fn of(object: &str, field: &str) -> impl Iterator<Item = &'static str> {
    let own = WORDS
        .iter()
        .filter(move |(of, name, _)| (*of == "*" || *of == object) && *name == field);
    own.flat_map(|(.., words)| words.iter().copied())
}

/// The parts of a field that have columns of their own.
pub(super) fn parts(kind: &FieldKind) -> &'static [(&'static str, &'static [&'static str])] {
    match kind {
        FieldKind::Address => &[
            (
                "street",
                &[
                    "street",
                    "street address",
                    "address line 1",
                    "خیابان",
                    "آدرس",
                    "نشانی",
                    "ادرس پستی",
                    "الشارع",
                    "العنوان البريدي",
                ],
            ),
            ("city", &["city", "town", "شهر", "المدينة", "مدينة"]),
            (
                "province",
                &[
                    "state",
                    "province",
                    "region",
                    "county",
                    "استان",
                    "المحافظة",
                    "المنطقة",
                    "الولاية",
                ],
            ),
            (
                "postal_code",
                &[
                    "zip",
                    "zip code",
                    "postcode",
                    "postal code",
                    "post code",
                    "کد پستی",
                    "کدپستی",
                    "الرمز البريدي",
                ],
            ),
            ("country", &["country", "کشور", "البلد", "الدولة"]),
        ],
        FieldKind::PersonName => &[
            (
                "given",
                &[
                    "first name",
                    "given name",
                    "forename",
                    "نام کوچک",
                    "الاسم الأول",
                ],
            ),
            (
                "family",
                &[
                    "last name",
                    "surname",
                    "family name",
                    "نام خانوادگی",
                    "فامیل",
                    "اسم العائلة",
                    "اللقب",
                    "اسم الأب",
                ],
            ),
        ],
        _ => &[],
    }
}

/// In what an amount is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Rial,
    Toman,
    Of(&'static str),
}

impl Unit {
    /// The unit that a header or a cell names.
    pub(super) fn in_text(text: &str) -> Option<Self> {
        const NAMES: &[(&str, Unit)] = &[
            ("تومان", Unit::Toman),
            ("toman", Unit::Toman),
            ("ریال سعودی", Unit::Of("SAR")),
            ("ر.س", Unit::Of("SAR")),
            ("sar", Unit::Of("SAR")),
            ("درهم", Unit::Of("AED")),
            ("aed", Unit::Of("AED")),
            ("دینار", Unit::Of("IQD")),
            ("iqd", Unit::Of("IQD")),
            ("دلار", Unit::Of("USD")),
            ("دولار", Unit::Of("USD")),
            ("usd", Unit::Of("USD")),
            ("$", Unit::Of("USD")),
            ("یورو", Unit::Of("EUR")),
            ("eur", Unit::Of("EUR")),
            ("€", Unit::Of("EUR")),
            ("irr", Unit::Rial),
            ("rial", Unit::Rial),
            ("ریال", Unit::Rial),
        ];
        let folded = fold_text(text);
        let word = |name: &str| {
            let name = fold_text(name);
            let is_word = |c: char| c.is_alphanumeric();
            folded.match_indices(&name).any(|(at, found)| {
                let before = folded.get(..at).and_then(|text| text.chars().next_back());
                let after = folded
                    .get(at + found.len()..)
                    .and_then(|text| text.chars().next());
                !name.chars().all(is_word)
                    || !before.is_some_and(is_word) && !after.is_some_and(is_word)
            })
        };
        NAMES
            .iter()
            .find(|(name, _)| word(name))
            .map(|(_, unit)| *unit)
    }

    pub(super) fn currency(self) -> &'static str {
        match self {
            Self::Rial | Self::Toman => "IRR",
            Self::Of(code) => code,
        }
    }
}

/// By how much the amounts of a header are multiplied: `(میلیون ریال)`, `(thousand USD)`.
pub(super) fn factor_in(header: &str) -> u64 {
    const FACTORS: &[(&str, u64)] = &[
        ("هزار", 1_000),
        ("thousand", 1_000),
        ("ألف", 1_000),
        ("میلیون", 1_000_000),
        ("million", 1_000_000),
        ("مليون", 1_000_000),
        ("میلیارد", 1_000_000_000),
        ("billion", 1_000_000_000),
        ("مليار", 1_000_000_000),
    ];
    let folded = fold_text(header);
    let has = |word: &str| {
        folded
            .split(|c: char| !c.is_alphanumeric())
            .any(|part| part == fold_text(word))
    };
    FACTORS
        .iter()
        .find(|(word, _)| has(word))
        .map_or(1, |(_, factor)| *factor)
}
