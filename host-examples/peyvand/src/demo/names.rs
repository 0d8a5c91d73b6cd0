//! Who lives in the demo? Names of people and companies in three languages, invented by combination, with a Latin
//! form for the addresses of those that are written otherwise.

use super::dice::Dice;

/// The language in which somebody is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Persian,
    Arabic,
    English,
}

impl Language {
    pub(super) fn tag(self) -> &'static str {
        self.of("fa", "ar", "en")
    }

    /// The one of the three that is in this language.
    pub(super) fn of<T>(self, persian: T, arabic: T, english: T) -> T {
        match self {
            Self::Persian => persian,
            Self::Arabic => arabic,
            Self::English => english,
        }
    }
}

/// A name as it is written, and in Latin letters.
type Name = (&'static str, &'static str);

/// A person.
pub(super) struct Person {
    pub(super) given: &'static str,
    pub(super) family: &'static str,
    /// `reza.karimi`
    pub(super) latin: String,
}

impl Person {
    pub(super) fn new(language: Language, dice: &mut Dice) -> Self {
        let (given, family) = match language {
            Language::Persian => (dice.pick(&PERSIAN_GIVEN), dice.pick(&PERSIAN_FAMILY)),
            Language::Arabic => (dice.pick(&ARABIC_GIVEN), dice.pick(&ARABIC_FAMILY)),
            Language::English => (
                plain(dice.pick(&ENGLISH_GIVEN)),
                plain(dice.pick(&ENGLISH_FAMILY)),
            ),
        };
        let latin = format!("{}.{}", given.1, family.1).to_ascii_lowercase();
        Self {
            given: given.0,
            family: family.0,
            latin,
        }
    }

    pub(super) fn full(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}

/// A company.
pub(super) struct Firm {
    pub(super) name: String,
    /// `sepehr-foods.example`: that top-level domain leads nowhere.
    pub(super) domain: String,
    pub(super) industry: &'static str,
}

impl Firm {
    pub(super) fn new(language: Language, dice: &mut Dice) -> Self {
        let (name, latin, (industry, ..)) = match language {
            Language::Persian => {
                let ((proper, latin), trade) = (dice.pick(&PERSIAN_PROPER), dice.pick(&TRADES));
                (format!("{} {proper}", trade.1), latin, trade)
            }
            Language::Arabic => {
                let ((proper, latin), trade) = (dice.pick(&ARABIC_PROPER), dice.pick(&TRADES));
                (format!("شركة {proper} {}", trade.2), latin, trade)
            }
            Language::English => {
                let (proper, trade) = (dice.pick(&ENGLISH_PROPER), dice.pick(&TRADES));
                (format!("{proper} {}", trade.3), proper, trade)
            }
        };
        let domain = format!(
            "{}-{industry}.example",
            latin.to_ascii_lowercase().replace(' ', "")
        );
        Self {
            name,
            domain,
            industry,
        }
    }
}

fn plain(name: &'static str) -> Name {
    (name, name)
}

/// Industry, and the word for it before a Persian, after an Arabic, after an English name.
const TRADES: [(&str, &str, &str, &str); 12] = [
    ("retail", "فروشگاه‌های", "للتجزئة", "Retail"),
    ("food", "صنایع غذایی", "للأغذية", "Foods"),
    ("pharma", "داروسازی", "للأدوية", "Pharma"),
    ("textile", "نساجی", "للنسيج", "Textiles"),
    ("steel", "فولاد", "للحديد", "Steel"),
    ("logistics", "حمل‌ونقل", "للنقل", "Logistics"),
    ("hotels", "هتل‌های", "للفنادق", "Hotels"),
    ("trade", "بازرگانی", "للتجارة", "Trading"),
    ("health", "درمانگاه", "للرعاية الصحية", "Clinics"),
    ("building", "ساختمانی", "للمقاولات", "Contracting"),
    ("insurance", "بیمهٔ", "للتأمين", "Insurance"),
    ("tools", "ابزار", "للمعدات", "Equipment"),
];

const PERSIAN_GIVEN: [Name; 40] = [
    ("رضا", "reza"),
    ("مریم", "maryam"),
    ("علی", "ali"),
    ("زهرا", "zahra"),
    ("حسین", "hossein"),
    ("سارا", "sara"),
    ("مهدی", "mehdi"),
    ("نرگس", "narges"),
    ("امیر", "amir"),
    ("لیلا", "leila"),
    ("کاوه", "kaveh"),
    ("شیرین", "shirin"),
    ("بهرام", "bahram"),
    ("نسرین", "nasrin"),
    ("فرهاد", "farhad"),
    ("پریسا", "parisa"),
    ("کیان", "kian"),
    ("الهام", "elham"),
    ("سیاوش", "siavash"),
    ("مینا", "mina"),
    ("داریوش", "dariush"),
    ("ترانه", "taraneh"),
    ("آرش", "arash"),
    ("ندا", "neda"),
    ("بابک", "babak"),
    ("شهره", "shohreh"),
    ("ناصر", "naser"),
    ("گلنار", "golnar"),
    ("هومن", "houman"),
    ("آزاده", "azadeh"),
    ("کامران", "kamran"),
    ("پروین", "parvin"),
    ("سهراب", "sohrab"),
    ("مهسا", "mahsa"),
    ("یاسمن", "yasaman"),
    ("منوچهر", "manouchehr"),
    ("رویا", "roya"),
    ("شاهین", "shahin"),
    ("فاطمه", "fatemeh"),
    ("ژاله", "jaleh"),
];

const PERSIAN_FAMILY: [Name; 40] = [
    ("کریمی", "karimi"),
    ("محمدی", "mohammadi"),
    ("احمدی", "ahmadi"),
    ("رضایی", "rezaei"),
    ("حسینی", "hosseini"),
    ("موسوی", "mousavi"),
    ("جعفری", "jafari"),
    ("صادقی", "sadeghi"),
    ("یزدانی", "yazdani"),
    ("رستمی", "rostami"),
    ("نوری", "nouri"),
    ("شریفی", "sharifi"),
    ("کاظمی", "kazemi"),
    ("فرهادی", "farhadi"),
    ("مرادی", "moradi"),
    ("بهرامی", "bahrami"),
    ("پارسا", "parsa"),
    ("امینی", "amini"),
    ("گودرزی", "goudarzi"),
    ("تهرانی", "tehrani"),
    ("اصفهانی", "esfahani"),
    ("شیرازی", "shirazi"),
    ("تبریزی", "tabrizi"),
    ("زمانی", "zamani"),
    ("قاسمی", "ghasemi"),
    ("اکبری", "akbari"),
    ("سلطانی", "soltani"),
    ("افشار", "afshar"),
    ("نجفی", "najafi"),
    ("دانشور", "daneshvar"),
    ("بهشتی", "beheshti"),
    ("کیانی", "kiani"),
    ("وحیدی", "vahidi"),
    ("توکلی", "tavakoli"),
    ("منصوری", "mansouri"),
    ("آذری", "azari"),
    ("پورمند", "pourmand"),
    ("خسروی", "khosravi"),
    ("نیک‌نژاد", "niknejad"),
    ("فروتن", "foroutan"),
];

const PERSIAN_PROPER: [Name; 40] = [
    ("سپهر", "Sepehr"),
    ("آرمان", "Arman"),
    ("نوین", "Novin"),
    ("البرز", "Alborz"),
    ("دماوند", "Damavand"),
    ("کاسپین", "Caspian"),
    ("پارس", "Pars"),
    ("زاگرس", "Zagros"),
    ("مهر", "Mehr"),
    ("ایرانیان", "Iranian"),
    ("پاسارگاد", "Pasargad"),
    ("آفتاب", "Aftab"),
    ("سروش", "Soroush"),
    ("کیمیا", "Kimia"),
    ("بهار", "Bahar"),
    ("نقش جهان", "Naghsh Jahan"),
    ("زاینده‌رود", "Zayanderud"),
    ("توس", "Toos"),
    ("خاوران", "Khavaran"),
    ("آذربان", "Azarban"),
    ("سهند", "Sahand"),
    ("ارس", "Aras"),
    ("هگمتانه", "Hegmataneh"),
    ("کارون", "Karun"),
    ("تابان", "Taban"),
    ("رازی", "Razi"),
    ("فارابی", "Farabi"),
    ("سینا", "Sina"),
    ("آبان", "Aban"),
    ("پویا", "Pouya"),
    ("یاقوت", "Yaghout"),
    ("فیروزه", "Firouzeh"),
    ("همراه", "Hamrah"),
    ("نگین", "Negin"),
    ("امید", "Omid"),
    ("گلستان", "Golestan"),
    ("شبدیز", "Shabdiz"),
    ("رخش", "Rakhsh"),
    ("سیمرغ", "Simorgh"),
    ("هما", "Homa"),
];

const ARABIC_GIVEN: [Name; 40] = [
    ("محمد", "mohammed"),
    ("فاطمة", "fatima"),
    ("أحمد", "ahmed"),
    ("عائشة", "aisha"),
    ("خالد", "khalid"),
    ("نورة", "noura"),
    ("يوسف", "yousef"),
    ("ليلى", "layla"),
    ("عمر", "omar"),
    ("سلمى", "salma"),
    ("علي", "ali"),
    ("هدى", "huda"),
    ("حسن", "hassan"),
    ("مها", "maha"),
    ("سعيد", "saeed"),
    ("ريم", "reem"),
    ("إبراهيم", "ibrahim"),
    ("دانة", "dana"),
    ("طارق", "tariq"),
    ("أمل", "amal"),
    ("فيصل", "faisal"),
    ("شيخة", "sheikha"),
    ("ماجد", "majid"),
    ("منى", "mona"),
    ("راشد", "rashid"),
    ("لطيفة", "latifa"),
    ("سالم", "salem"),
    ("هند", "hind"),
    ("عبدالله", "abdullah"),
    ("زينب", "zainab"),
    ("جاسم", "jasim"),
    ("بثينة", "buthaina"),
    ("ناصر", "nasser"),
    ("رنا", "rana"),
    ("حمد", "hamad"),
    ("سميرة", "samira"),
    ("كريم", "karim"),
    ("ياسمين", "yasmin"),
    ("وليد", "waleed"),
    ("غادة", "ghada"),
];

const ARABIC_FAMILY: [Name; 40] = [
    ("المنصوري", "almansoori"),
    ("الهاشمي", "alhashimi"),
    ("البصري", "albasri"),
    ("الكعبي", "alkaabi"),
    ("النعيمي", "alnuaimi"),
    ("الشامسي", "alshamsi"),
    ("الزعابي", "alzaabi"),
    ("التميمي", "altamimi"),
    ("الربيعي", "alrubaie"),
    ("الجبوري", "aljubouri"),
    ("السعدي", "alsaadi"),
    ("العبيدي", "alobaidi"),
    ("المهيري", "almuhairi"),
    ("الفلاسي", "alfalasi"),
    ("السويدي", "alsuwaidi"),
    ("الحمادي", "alhammadi"),
    ("القاسمي", "alqasimi"),
    ("المرزوقي", "almarzouqi"),
    ("الحداد", "alhaddad"),
    ("النجار", "alnajjar"),
    ("الخطيب", "alkhatib"),
    ("الصباغ", "alsabbagh"),
    ("العاني", "alani"),
    ("الموسوي", "almusawi"),
    ("الكناني", "alkinani"),
    ("الأسدي", "alasadi"),
    ("البغدادي", "albaghdadi"),
    ("الحلي", "alhilli"),
    ("السامرائي", "alsamarrai"),
    ("الدليمي", "aldulaimi"),
    ("حداد", "haddad"),
    ("خوري", "khoury"),
    ("منصور", "mansour"),
    ("سليمان", "sulaiman"),
    ("عيسى", "issa"),
    ("درويش", "darwish"),
    ("شاهين", "shaheen"),
    ("قباني", "qabbani"),
    ("عثمان", "othman"),
    ("بركات", "barakat"),
];

const ARABIC_PROPER: [Name; 40] = [
    ("النخيل", "Nakheel"),
    ("الخليج", "Khaleej"),
    ("الفرات", "Furat"),
    ("دجلة", "Dijla"),
    ("الصقر", "Saqr"),
    ("اللؤلؤة", "Lulua"),
    ("الواحة", "Waha"),
    ("المنارة", "Manara"),
    ("الرافدين", "Rafidain"),
    ("الأفق", "Ofoq"),
    ("الوفاء", "Wafa"),
    ("البدر", "Badr"),
    ("النور", "Noor"),
    ("السلام", "Salam"),
    ("الفجر", "Fajr"),
    ("الريان", "Rayyan"),
    ("المدار", "Madar"),
    ("الشروق", "Shorouk"),
    ("البركة", "Baraka"),
    ("الإتحاد", "Ittihad"),
    ("المجد", "Majd"),
    ("الأمل", "Amal"),
    ("الياسمين", "Yasmeen"),
    ("الزيتون", "Zaytoun"),
    ("الكوثر", "Kawthar"),
    ("المها", "Maha"),
    ("الغدير", "Ghadeer"),
    ("الراية", "Raya"),
    ("التاج", "Taj"),
    ("الجزيرة", "Jazeera"),
    ("سبأ", "Saba"),
    ("بابل", "Babil"),
    ("أور", "Ur"),
    ("سومر", "Sumer"),
    ("آشور", "Ashur"),
    ("الحضر", "Hatra"),
    ("المرجان", "Marjan"),
    ("الياقوت", "Yaqout"),
    ("العنقاء", "Anqa"),
    ("الميزان", "Mizan"),
];

const ENGLISH_GIVEN: [&str; 40] = [
    "Emma", "James", "Olivia", "Daniel", "Sophia", "Thomas", "Grace", "Henry", "Alice", "Edward",
    "Hannah", "Oliver", "Lucy", "Samuel", "Ruth", "Peter", "Clara", "Martin", "Nora", "Victor",
    "Irene", "Hugh", "Diana", "Simon", "Joan", "Ralph", "Stella", "Adrian", "Vera", "Colin",
    "Fiona", "Graham", "Heather", "Ian", "Joyce", "Keith", "Laura", "Miles", "Nancy", "Owen",
];

const ENGLISH_FAMILY: [&str; 40] = [
    "Carter",
    "Bennett",
    "Hughes",
    "Foster",
    "Palmer",
    "Reynolds",
    "Walsh",
    "Porter",
    "Grant",
    "Fletcher",
    "Barnes",
    "Chambers",
    "Dawson",
    "Ellis",
    "Fisher",
    "Gibson",
    "Harper",
    "Ingram",
    "Jennings",
    "Knight",
    "Lawson",
    "Mercer",
    "Norton",
    "Osborne",
    "Pearce",
    "Quinn",
    "Rhodes",
    "Sinclair",
    "Turner",
    "Underwood",
    "Vaughan",
    "Whitaker",
    "Yates",
    "Ashworth",
    "Blake",
    "Cole",
    "Drake",
    "Everett",
    "Frost",
    "Goodwin",
];

const ENGLISH_PROPER: [&str; 40] = [
    "Falcon",
    "Harbour",
    "Meridian",
    "Northgate",
    "Bluewater",
    "Crescent",
    "Summit",
    "Beacon",
    "Orchard",
    "Silverline",
    "Compass",
    "Redwood",
    "Lighthouse",
    "Granite",
    "Evergreen",
    "Anchor",
    "Bridgeway",
    "Cedar",
    "Dune",
    "Eastport",
    "Fairway",
    "Gateway",
    "Highland",
    "Ivory",
    "Juniper",
    "Keystone",
    "Lagoon",
    "Monsoon",
    "Nimbus",
    "Oasis",
    "Palmyra",
    "Quayside",
    "Riverside",
    "Sandstone",
    "Tidewater",
    "Union",
    "Vantage",
    "Westbay",
    "Yellowfin",
    "Zenith",
];
