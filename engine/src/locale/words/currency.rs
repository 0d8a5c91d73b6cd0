//! What are currencies called, and how are they counted?

use super::arabic::Noun;

/// A currency's words in three languages.
pub(super) struct Currency {
    code: &'static str,
    /// Digits after the point that are in use: none for the rial, whose dinar nobody pays with any more.
    pub(super) minor_digits: u32,
    /// One and many.
    pub(super) english: [&'static str; 2],
    pub(super) english_minor: [&'static str; 2],
    pub(super) persian: &'static str,
    pub(super) persian_minor: &'static str,
    pub(super) arabic: Noun,
    pub(super) arabic_minor: Noun,
}

impl Currency {
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    pub(super) fn minor_in_whole(&self) -> u64 {
        10u64.pow(self.minor_digits)
    }
}

/// All whose words are known.
pub(super) fn all() -> impl Iterator<Item = &'static Currency> {
    CURRENCIES.iter()
}

/// The words of an ISO 4217 code, or of `toman`.
pub(super) fn of(code: &str) -> Option<&'static Currency> {
    CURRENCIES.iter().find(|currency| currency.code == code)
}

const fn he(one: &'static str, two: &'static str, few: &'static str, many: &'static str) -> Noun {
    Noun {
        feminine: false,
        one,
        two,
        few,
        many,
    }
}

const fn she(one: &'static str, two: &'static str, few: &'static str, many: &'static str) -> Noun {
    Noun {
        feminine: true,
        one,
        two,
        few,
        many,
    }
}

const NO_MINOR: Noun = he("", "", "", "");
const FILS: Noun = he("فلس", "فلسان", "فلوس", "فلساً");
const CENT: Noun = he("سنت", "سنتان", "سنتات", "سنتاً");
const PIASTRE: Noun = he("قرش", "قرشان", "قروش", "قرشاً");
const CENTS: [&str; 2] = ["cent", "cents"];
const FILS_IN_ENGLISH: [&str; 2] = ["fils", "fils"];

static CURRENCIES: [Currency; 20] = [
    Currency {
        code: "IRR",
        minor_digits: 0,
        english: ["Iranian rial", "Iranian rials"],
        english_minor: ["", ""],
        persian: "ریال",
        persian_minor: "",
        arabic: he(
            "ريال إيراني",
            "ريالان إيرانيان",
            "ريالات إيرانية",
            "ريالاً إيرانياً",
        ),
        arabic_minor: NO_MINOR,
    },
    Currency {
        code: "toman",
        minor_digits: 0,
        english: ["toman", "tomans"],
        english_minor: ["", ""],
        persian: "تومان",
        persian_minor: "",
        arabic: he("تومان", "تومانان", "تومانات", "توماناً"),
        arabic_minor: NO_MINOR,
    },
    Currency {
        code: "USD",
        minor_digits: 2,
        english: ["US dollar", "US dollars"],
        english_minor: CENTS,
        persian: "دلار",
        persian_minor: "سنت",
        arabic: he(
            "دولار أمريكي",
            "دولاران أمريكيان",
            "دولارات أمريكية",
            "دولاراً أمريكياً",
        ),
        arabic_minor: CENT,
    },
    Currency {
        code: "EUR",
        minor_digits: 2,
        english: ["euro", "euros"],
        english_minor: CENTS,
        persian: "یورو",
        persian_minor: "سنت",
        arabic: he("يورو", "يوروان", "يوروات", "يورو"),
        arabic_minor: CENT,
    },
    Currency {
        code: "GBP",
        minor_digits: 2,
        english: ["pound sterling", "pounds sterling"],
        english_minor: ["penny", "pence"],
        persian: "پوند",
        persian_minor: "پنی",
        arabic: he(
            "جنيه إسترليني",
            "جنيهان إسترلينيان",
            "جنيهات إسترلينية",
            "جنيهاً إسترلينياً",
        ),
        arabic_minor: he("بنس", "بنسان", "بنسات", "بنساً"),
    },
    Currency {
        code: "AED",
        minor_digits: 2,
        english: ["UAE dirham", "UAE dirhams"],
        english_minor: FILS_IN_ENGLISH,
        persian: "درهم امارات",
        persian_minor: "فلس",
        arabic: he(
            "درهم إماراتي",
            "درهمان إماراتيان",
            "دراهم إماراتية",
            "درهماً إماراتياً",
        ),
        arabic_minor: FILS,
    },
    Currency {
        code: "SAR",
        minor_digits: 2,
        english: ["Saudi riyal", "Saudi riyals"],
        english_minor: ["halala", "halalas"],
        persian: "ریال سعودی",
        persian_minor: "هلله",
        arabic: he("ريال سعودي", "ريالان سعوديان", "ريالات سعودية", "ريالاً سعودياً"),
        arabic_minor: she("هللة", "هللتان", "هللات", "هللة"),
    },
    Currency {
        code: "QAR",
        minor_digits: 2,
        english: ["Qatari riyal", "Qatari riyals"],
        english_minor: ["dirham", "dirhams"],
        persian: "ریال قطر",
        persian_minor: "درهم",
        arabic: he("ريال قطري", "ريالان قطريان", "ريالات قطرية", "ريالاً قطرياً"),
        arabic_minor: he("درهم", "درهمان", "دراهم", "درهماً"),
    },
    Currency {
        code: "OMR",
        minor_digits: 3,
        english: ["Omani rial", "Omani rials"],
        english_minor: ["baisa", "baisas"],
        persian: "ریال عمان",
        persian_minor: "بیسه",
        arabic: he("ريال عماني", "ريالان عمانيان", "ريالات عمانية", "ريالاً عمانياً"),
        arabic_minor: she("بيسة", "بيستان", "بيسات", "بيسة"),
    },
    Currency {
        code: "KWD",
        minor_digits: 3,
        english: ["Kuwaiti dinar", "Kuwaiti dinars"],
        english_minor: FILS_IN_ENGLISH,
        persian: "دینار کویت",
        persian_minor: "فلس",
        arabic: he(
            "دينار كويتي",
            "ديناران كويتيان",
            "دنانير كويتية",
            "ديناراً كويتياً",
        ),
        arabic_minor: FILS,
    },
    Currency {
        code: "BHD",
        minor_digits: 3,
        english: ["Bahraini dinar", "Bahraini dinars"],
        english_minor: FILS_IN_ENGLISH,
        persian: "دینار بحرین",
        persian_minor: "فلس",
        arabic: he(
            "دينار بحريني",
            "ديناران بحرينيان",
            "دنانير بحرينية",
            "ديناراً بحرينياً",
        ),
        arabic_minor: FILS,
    },
    Currency {
        code: "IQD",
        minor_digits: 0,
        english: ["Iraqi dinar", "Iraqi dinars"],
        english_minor: ["", ""],
        persian: "دینار عراق",
        persian_minor: "",
        arabic: he(
            "دينار عراقي",
            "ديناران عراقيان",
            "دنانير عراقية",
            "ديناراً عراقياً",
        ),
        arabic_minor: NO_MINOR,
    },
    Currency {
        code: "JOD",
        minor_digits: 3,
        english: ["Jordanian dinar", "Jordanian dinars"],
        english_minor: FILS_IN_ENGLISH,
        persian: "دینار اردن",
        persian_minor: "فلس",
        arabic: he(
            "دينار أردني",
            "ديناران أردنيان",
            "دنانير أردنية",
            "ديناراً أردنياً",
        ),
        arabic_minor: FILS,
    },
    Currency {
        code: "EGP",
        minor_digits: 2,
        english: ["Egyptian pound", "Egyptian pounds"],
        english_minor: ["piastre", "piastres"],
        persian: "پوند مصر",
        persian_minor: "قرش",
        arabic: he("جنيه مصري", "جنيهان مصريان", "جنيهات مصرية", "جنيهاً مصرياً"),
        arabic_minor: PIASTRE,
    },
    Currency {
        code: "SYP",
        minor_digits: 0,
        english: ["Syrian pound", "Syrian pounds"],
        english_minor: ["", ""],
        persian: "لیر سوریه",
        persian_minor: "",
        arabic: she("ليرة سورية", "ليرتان سوريتان", "ليرات سورية", "ليرة سورية"),
        arabic_minor: NO_MINOR,
    },
    Currency {
        code: "LBP",
        minor_digits: 0,
        english: ["Lebanese pound", "Lebanese pounds"],
        english_minor: ["", ""],
        persian: "لیر لبنان",
        persian_minor: "",
        arabic: she(
            "ليرة لبنانية",
            "ليرتان لبنانيتان",
            "ليرات لبنانية",
            "ليرة لبنانية",
        ),
        arabic_minor: NO_MINOR,
    },
    Currency {
        code: "TRY",
        minor_digits: 2,
        english: ["Turkish lira", "Turkish liras"],
        english_minor: ["kurus", "kurus"],
        persian: "لیر ترکیه",
        persian_minor: "قروش",
        arabic: she("ليرة تركية", "ليرتان تركيتان", "ليرات تركية", "ليرة تركية"),
        arabic_minor: PIASTRE,
    },
    Currency {
        code: "AFN",
        minor_digits: 2,
        english: ["afghani", "afghanis"],
        english_minor: ["pul", "puls"],
        persian: "افغانی",
        persian_minor: "پول",
        arabic: he("أفغاني", "أفغانيان", "أفغانيات", "أفغانياً"),
        arabic_minor: he("بول", "بولان", "بولات", "بولاً"),
    },
    Currency {
        code: "CNY",
        minor_digits: 2,
        english: ["yuan", "yuan"],
        english_minor: ["fen", "fen"],
        persian: "یوان",
        persian_minor: "فن",
        arabic: he("يوان صيني", "يوانان صينيان", "يوانات صينية", "يواناً صينياً"),
        arabic_minor: he("فن", "فنان", "فنات", "فناً"),
    },
    Currency {
        code: "RUB",
        minor_digits: 2,
        english: ["Russian rouble", "Russian roubles"],
        english_minor: ["kopeck", "kopecks"],
        persian: "روبل",
        persian_minor: "کوپک",
        arabic: he("روبل روسي", "روبلان روسيان", "روبلات روسية", "روبلاً روسياً"),
        arabic_minor: he("كوبيك", "كوبيكان", "كوبيكات", "كوبيكاً"),
    },
];
