//! Who are the customers? Made from their number alone, so that nobody has to remember them.

use chrono::{Days, NaiveDate};

use crate::draws::mix;

/// One customer: twelve fields, about 300 bytes; five of them indexed, one of those unique.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub(crate) number: u64,
    pub(crate) kind: &'static str,
    pub(crate) given: String,
    /// Indexed as it is folded.
    pub(crate) family: String,
    /// Indexed.
    pub(crate) phone: String,
    /// Indexed and unique.
    pub(crate) email: String,
    /// Indexed.
    pub(crate) branch: String,
    /// Days since 1970. Indexed.
    pub(crate) registered: i32,
    /// Days since 1970.
    pub(crate) born: i32,
    pub(crate) national_id: String,
    pub(crate) city: &'static str,
    pub(crate) balance: i64,
    pub(crate) note: String,
}

const PERSIAN_GIVEN: [&str; 16] = [
    "علی",
    "محمد",
    "فاطمه",
    "زهرا",
    "حسین",
    "مریم",
    "رضا",
    "سارا",
    "امیرحسین",
    "نرگس",
    "مهدی",
    "الهام",
    "کیان",
    "پریسا",
    "یاسمن",
    "بهرام",
];
const PERSIAN_FAMILY: [&str; 20] = [
    "محمدی",
    "حسینی",
    "احمدی",
    "رضایی",
    "کریمی",
    "موسوی",
    "جعفری",
    "صادقی",
    "رحیمی",
    "ابراهیمی",
    "یوسفی",
    "قاسمی",
    "هاشمی",
    "کاظمی",
    "شریفی",
    "میرزایی",
    "اکبری",
    "نوری",
    "باقری",
    "سلیمانی",
];
const PERSIAN_ENDING: [&str; 8] = [
    "",
    "‌نژاد",
    "‌پور",
    "‌زاده",
    " تهرانی",
    " اصفهانی",
    "‌فر",
    " شیرازی",
];
const ARABIC_GIVEN: [&str; 10] = [
    "أحمد",
    "محمود",
    "عائشة",
    "خالد",
    "يوسف",
    "ليلى",
    "عمر",
    "مصطفى",
    "هبة",
    "كمال",
];
const ARABIC_FAMILY: [&str; 12] = [
    "الحسيني",
    "البغدادي",
    "الخطيب",
    "الشامي",
    "العلي",
    "القحطاني",
    "المصري",
    "الكردي",
    "الهاشمي",
    "التميمي",
    "الزهراني",
    "السعدي",
];
const LATIN_GIVEN: [&str; 12] = [
    "Anna",
    "Liam",
    "Sofia",
    "Noah",
    "Emma",
    "Jonas",
    "Maria",
    "Lucas",
    "Elena",
    "David",
    "Zoë",
    "François",
];
const LATIN_FAMILY: [&str; 16] = [
    "Müller",
    "Smith",
    "García",
    "Rossi",
    "Nguyen",
    "Kowalski",
    "Andersson",
    "Dubois",
    "Novák",
    "Yılmaz",
    "O'Brien",
    "Schmidt",
    "Ferrari",
    "Petrov",
    "Jansen",
    "Hansen",
];
const FIRM: [&str; 10] = [
    "شرکت نوین",
    "بازرگانی",
    "صنایع",
    "گروه",
    "مؤسسة",
    "شركة",
    "Trading",
    "Logistics",
    "Systems",
    "Foods",
];
const FIRM_NAME: [&str; 12] = [
    "آریا",
    "پارس",
    "البرز",
    "سپهر",
    "الخليج",
    "النور",
    "Nordwind",
    "Aurora",
    "Delta",
    "Meridian",
    "خاور",
    "دماوند",
];
const STREETS: [&str; 8] = [
    "خیابان ولیعصر، بالاتر از میدان ونک، کوچه‌ی نگار",
    "بلوار کشاورز، نبش خیابان فلسطین، ساختمان آفتاب",
    "خیابان چهارباغ بالا، کوی شریعتی، برج پارسیان",
    "شارع الرشيد، قرب جسر الأحرار، بناية الزهور",
    "شارع الشيخ زايد، برج السلام، الطابق التاسع",
    "Friedrichstraße, Hinterhaus, second staircase",
    "Rue de Rivoli, bâtiment C, next to the old post office",
    "İstiklal Caddesi, Beyoğlu, above the bookshop",
];
const CITIES: [&str; 14] = [
    "تهران",
    "اصفهان",
    "شیراز",
    "مشهد",
    "تبریز",
    "بغداد",
    "دبي",
    "الرياض",
    "القاهرة",
    "Berlin",
    "Istanbul",
    "Paris",
    "قم",
    "اهواز",
];
const DOMAINS: [&str; 6] = [
    "example.com",
    "mail.example.ir",
    "example.net",
    "post.example.org",
    "example.iq",
    "shop.example.de",
];
const NOTES: [&str; 8] = [
    "بعد از ظهرها تماس بگیرید؛ ایمیل را دیر می‌خواند",
    "پیگیری تمدید قرارداد در پایان فصل",
    "prefers e-mail; asks for an invoice with every delivery",
    "يفضل التواصل صباحا، ويدفع نقدا عند التسليم",
    "معرف: نمایشگاه بین‌المللی تهران، سالن ۳۸",
    "key account of the northern region, discount 4 %",
    "نیاز به پیش‌فاکتور رسمی دارد",
    "عميل قديم منذ افتتاح الفرع",
];

/// How customers are made.
#[derive(Clone, Copy)]
pub(crate) struct Customers {
    /// One in so many is a firm.
    pub(crate) firm_every: u64,
    /// How many branches they are spread over.
    pub(crate) branches: u64,
}

impl Customers {
    pub(crate) fn new(count: u64, firm_every: u64) -> Self {
        Self {
            firm_every: firm_every.max(1),
            branches: (count / 500).max(4),
        }
    }

    pub(crate) fn make(&self, number: u64) -> Customer {
        let dice = mix(number);
        let firm = number % self.firm_every == self.firm_every - 1;
        let (given, family) = if firm {
            (String::new(), firm_name(dice, number))
        } else {
            person_name(dice)
        };
        Customer {
            number,
            kind: if firm { "firm" } else { "person" },
            given,
            family,
            phone: phone(number),
            email: email(number),
            branch: self.branch(number),
            registered: 14_000 + (dice >> 20) as i32 % 6_500,
            born: (dice >> 8) as i32 % 15_000,
            national_id: format!("{:010}", (number + 1) * 387_420_489 % 9_999_999_967),
            city: pick(&CITIES, dice >> 3),
            balance: balance(number),
            note: note(dice),
        }
    }

    pub(crate) fn batch(&self, from: u64, count: u64) -> Vec<Customer> {
        (from..from + count)
            .map(|number| self.make(number))
            .collect()
    }

    pub(crate) fn branch(&self, number: u64) -> String {
        format!("B-{:05}", mix(number ^ 0xb7a2) % self.branches)
    }
}

impl Customer {
    /// The bytes of its values alone.
    pub(crate) fn bytes(&self) -> usize {
        let texts = [
            self.kind,
            &self.given,
            &self.family,
            &self.phone,
            &self.email,
            &self.branch,
            &self.national_id,
            self.city,
            &self.note,
        ];
        texts.iter().map(|text| text.len()).sum::<usize>() + 4 + 4 + 8
    }
}

pub(crate) fn phone(number: u64) -> String {
    format!("+989{:09}", (number + 1) * 618_033_989 % 999_999_937)
}

pub(crate) fn email(number: u64) -> String {
    let dice = mix(number ^ 0xe3a1);
    format!(
        "{}{number}@{}",
        pick(&["info", "ali", "sara", "m", "contact", "kian"], dice),
        pick(&DOMAINS, dice >> 9)
    )
}

pub(crate) fn balance(number: u64) -> i64 {
    (mix(number ^ 0xba1a) % 900_000_000_000) as i64
}

/// A day as it goes over the wire.
pub(crate) fn day(days: i32) -> String {
    let epoch = NaiveDate::default();
    epoch
        .checked_add_days(Days::new(days.unsigned_abs().into()))
        .unwrap_or(epoch)
        .to_string()
}

fn person_name(dice: u64) -> (String, String) {
    let (first, second) = (dice >> 13, dice >> 29);
    match dice % 20 {
        0..12 => (
            pick(&PERSIAN_GIVEN, first).to_owned(),
            format!(
                "{}{}",
                pick(&PERSIAN_FAMILY, second),
                pick(&PERSIAN_ENDING, dice >> 41)
            ),
        ),
        12..17 => (
            pick(&ARABIC_GIVEN, first).to_owned(),
            pick(&ARABIC_FAMILY, second).to_owned(),
        ),
        _ => (
            pick(&LATIN_GIVEN, first).to_owned(),
            pick(&LATIN_FAMILY, second).to_owned(),
        ),
    }
}

/// A street and a remark, as they gather in such a field.
fn note(dice: u64) -> String {
    let (street, remark) = (pick(&STREETS, dice >> 37), pick(&NOTES, dice >> 5));
    format!("{street} {}, {}; {remark}", dice % 397, dice % 9_973)
}

fn firm_name(dice: u64, number: u64) -> String {
    format!(
        "{} {} {number}",
        pick(&FIRM, dice >> 17),
        pick(&FIRM_NAME, dice >> 33)
    )
}

fn pick<'a>(from: &[&'a str], dice: u64) -> &'a str {
    from[(dice % from.len() as u64) as usize]
}
