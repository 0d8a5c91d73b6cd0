//! What are the months and the days of the week called?

use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};

use super::calendar::Calendar;
use super::fold::fold_text;
use super::variety::Variety;
use crate::context::Locale;

type Names = [[&'static str; 12]; 3];

/// Months by language: English, Persian, Arabic.
const GREGORIAN: Names = [
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    [
        "ژانویه",
        "فوریه",
        "مارس",
        "آوریل",
        "مه",
        "ژوئن",
        "ژوئیه",
        "اوت",
        "سپتامبر",
        "اکتبر",
        "نوامبر",
        "دسامبر",
    ],
    [
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    ],
];

const JALALI: Names = [
    [
        "Farvardin",
        "Ordibehesht",
        "Khordad",
        "Tir",
        "Mordad",
        "Shahrivar",
        "Mehr",
        "Aban",
        "Azar",
        "Dey",
        "Bahman",
        "Esfand",
    ],
    [
        "فروردین",
        "اردیبهشت",
        "خرداد",
        "تیر",
        "مرداد",
        "شهریور",
        "مهر",
        "آبان",
        "آذر",
        "دی",
        "بهمن",
        "اسفند",
    ],
    [
        "فروردين",
        "أرديبهشت",
        "خرداد",
        "تير",
        "مرداد",
        "شهريور",
        "مهر",
        "آبان",
        "آذر",
        "دي",
        "بهمن",
        "إسفند",
    ],
];

const HIJRI: Names = [
    [
        "Muharram",
        "Safar",
        "Rabi I",
        "Rabi II",
        "Jumada I",
        "Jumada II",
        "Rajab",
        "Shaban",
        "Ramadan",
        "Shawwal",
        "Dhu al-Qadah",
        "Dhu al-Hijjah",
    ],
    [
        "محرم",
        "صفر",
        "ربیع‌الاول",
        "ربیع‌الثانی",
        "جمادی‌الاول",
        "جمادی‌الثانی",
        "رجب",
        "شعبان",
        "رمضان",
        "شوال",
        "ذی‌القعده",
        "ذی‌الحجه",
    ],
    [
        "محرم",
        "صفر",
        "ربيع الأول",
        "ربيع الآخر",
        "جمادى الأولى",
        "جمادى الآخرة",
        "رجب",
        "شعبان",
        "رمضان",
        "شوال",
        "ذو القعدة",
        "ذو الحجة",
    ],
];

/// Months as varieties of a language call them, where they do not call them as the language does.
const VARIETIES: [(Variety, Calendar, [&str; 12]); 3] = [
    (
        Variety::Levantine,
        Calendar::Gregorian,
        [
            "كانون الثاني",
            "شباط",
            "آذار",
            "نيسان",
            "أيار",
            "حزيران",
            "تموز",
            "آب",
            "أيلول",
            "تشرين الأول",
            "تشرين الثاني",
            "كانون الأول",
        ],
    ),
    (
        Variety::Dari,
        Calendar::Gregorian,
        [
            "جنوری",
            "فبروری",
            "مارچ",
            "اپریل",
            "می",
            "جون",
            "جولای",
            "اگست",
            "سپتمبر",
            "اکتوبر",
            "نومبر",
            "دسمبر",
        ],
    ),
    (
        Variety::Dari,
        Calendar::Jalali,
        [
            "حمل",
            "ثور",
            "جوزا",
            "سرطان",
            "اسد",
            "سنبله",
            "میزان",
            "عقرب",
            "قوس",
            "جدی",
            "دلو",
            "حوت",
        ],
    ),
];

/// Other names of the same months, to be read and not written.
const ALSO: [(Calendar, u8, &str); 67] = [
    (Calendar::Gregorian, 5, "می"),
    (Calendar::Gregorian, 6, "جون"),
    (Calendar::Gregorian, 7, "جولای"),
    (Calendar::Gregorian, 8, "آگوست"),
    (Calendar::Gregorian, 8, "آگست"),
    (Calendar::Gregorian, 8, "اوگوست"),
    (Calendar::Gregorian, 6, "يونيه"),
    (Calendar::Gregorian, 7, "يوليه"),
    (Calendar::Gregorian, 1, "جانفي"),
    (Calendar::Gregorian, 2, "فيفري"),
    (Calendar::Gregorian, 4, "أفريل"),
    (Calendar::Gregorian, 4, "آپریل"),
    (Calendar::Gregorian, 4, "نيسان"),
    (Calendar::Gregorian, 5, "ماي"),
    (Calendar::Gregorian, 6, "جوان"),
    (Calendar::Gregorian, 7, "جويلية"),
    (Calendar::Gregorian, 8, "أوت"),
    (Calendar::Gregorian, 8, "غشت"),
    (Calendar::Gregorian, 7, "يوليوز"),
    (Calendar::Gregorian, 9, "شتنبر"),
    (Calendar::Gregorian, 11, "نونبر"),
    (Calendar::Gregorian, 12, "دجنبر"),
    (Calendar::Gregorian, 5, "نوار"),
    (Calendar::Gregorian, 9, "سپتامبر"),
    (Calendar::Gregorian, 9, "Sept"),
    (Calendar::Jalali, 5, "امرداد"),
    (Calendar::Jalali, 2, "اردی بهشت"),
    (Calendar::Jalali, 2, "Ordibehesht"),
    (Calendar::Jalali, 5, "Amordad"),
    (Calendar::Jalali, 10, "Day"),
    (Calendar::Jalali, 12, "Esphand"),
    (Calendar::Jalali, 12, "اسپند"),
    (Calendar::Jalali, 3, "جوزاء"),
    (Calendar::Hijri, 3, "ربيع أول"),
    (Calendar::Hijri, 4, "ربيع ثاني"),
    (Calendar::Hijri, 4, "ربيع الثاني"),
    (Calendar::Hijri, 5, "جمادی الاولی"),
    (Calendar::Hijri, 5, "جمادى الأول"),
    (Calendar::Hijri, 6, "جمادی الثانیه"),
    (Calendar::Hijri, 6, "جمادى الثانية"),
    (Calendar::Hijri, 6, "جمادى الآخر"),
    (Calendar::Hijri, 7, "رجب المرجب"),
    (Calendar::Hijri, 8, "شعبان المعظم"),
    (Calendar::Hijri, 9, "رمضان المبارک"),
    (Calendar::Hijri, 10, "شوال المکرم"),
    (Calendar::Hijri, 1, "محرم الحرام"),
    (Calendar::Hijri, 2, "صفر المظفر"),
    (Calendar::Hijri, 11, "ذیقعده"),
    (Calendar::Hijri, 11, "ذي القعدة"),
    (Calendar::Hijri, 12, "ذیحجه"),
    (Calendar::Hijri, 12, "ذي الحجة"),
    (Calendar::Hijri, 1, "Moharram"),
    (Calendar::Hijri, 3, "Rabi al-Awwal"),
    (Calendar::Hijri, 4, "Rabi al-Thani"),
    (Calendar::Hijri, 4, "Rabi al-Akhir"),
    (Calendar::Hijri, 5, "Jumada al-Ula"),
    (Calendar::Hijri, 5, "Jumada al-Awwal"),
    (Calendar::Hijri, 6, "Jumada al-Akhirah"),
    (Calendar::Hijri, 6, "Jumada al-Thani"),
    (Calendar::Hijri, 8, "Sha'ban"),
    (Calendar::Hijri, 9, "Ramazan"),
    (Calendar::Hijri, 9, "Ramadhan"),
    (Calendar::Hijri, 10, "Shawal"),
    (Calendar::Hijri, 11, "Dhu al-Qa'dah"),
    (Calendar::Hijri, 11, "Dhul Qadah"),
    (Calendar::Hijri, 12, "Dhul Hijjah"),
    (Calendar::Hijri, 12, "Zilhajj"),
];

/// Days of the week from Monday on.
const WEEKDAYS: [[&str; 7]; 3] = [
    [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
    [
        "دوشنبه",
        "سه‌شنبه",
        "چهارشنبه",
        "پنجشنبه",
        "جمعه",
        "شنبه",
        "یکشنبه",
    ],
    [
        "الاثنين",
        "الثلاثاء",
        "الأربعاء",
        "الخميس",
        "الجمعة",
        "السبت",
        "الأحد",
    ],
];

fn place(language: Locale) -> usize {
    match language {
        Locale::En => 0,
        Locale::Fa => 1,
        Locale::Ar => 2,
    }
}

fn names(calendar: Calendar) -> &'static Names {
    match calendar {
        Calendar::Gregorian => &GREGORIAN,
        Calendar::Jalali => &JALALI,
        Calendar::Hijri => &HIJRI,
    }
}

/// The name of a month, from 1 to 12; `None` for another number.
#[must_use]
pub fn month_name(
    calendar: Calendar,
    month: u8,
    language: impl Into<Variety>,
) -> Option<&'static str> {
    let variety = language.into();
    let own = VARIETIES
        .iter()
        .find(|(of, in_calendar, _)| (*of, *in_calendar) == (variety, calendar));
    let names = match own {
        Some((_, _, names)) => names,
        None => names(calendar).get(place(variety.language()))?,
    };
    names.get(usize::from(month).checked_sub(1)?).copied()
}

/// The name of the day of the week.
#[must_use]
pub fn weekday_name(day: NaiveDate, language: Locale) -> &'static str {
    let from_monday = day.weekday().num_days_from_monday() as usize;
    WEEKDAYS[place(language)]
        .get(from_monday)
        .copied()
        .unwrap_or_default()
}

/// Every name of a month as it is compared.
pub(super) static FOLDED_MONTHS: LazyLock<Vec<(String, Calendar, u8)>> = LazyLock::new(|| {
    let calendars = [Calendar::Gregorian, Calendar::Jalali, Calendar::Hijri];
    let of_languages = calendars.into_iter().flat_map(|calendar| {
        let of_language = move |names: &'static [&'static str; 12]| numbered(calendar, names);
        names(calendar).iter().flat_map(of_language)
    });
    let of_varieties = VARIETIES
        .iter()
        .flat_map(|(_, calendar, names)| numbered(*calendar, names));
    let all = of_languages.chain(of_varieties).chain(ALSO);
    all.map(|(calendar, month, name)| (joined(name), calendar, month))
        .collect()
});

fn numbered(
    calendar: Calendar,
    names: &'static [&'static str; 12],
) -> impl Iterator<Item = (Calendar, u8, &'static str)> {
    let numbered = (1u8..).zip(names);
    numbered.map(move |(month, name)| (calendar, month, *name))
}

/// A name with nothing between its words, which people part or join as they like.
fn joined(name: &str) -> String {
    let mut folded = fold_text(name);
    folded.retain(|c| !matches!(c, ' ' | '-' | '\''));
    folded
}

/// The days of the week as they are compared.
pub(super) static FOLDED_WEEKDAYS: LazyLock<Vec<String>> = LazyLock::new(|| {
    WEEKDAYS
        .iter()
        .flatten()
        .map(|name| fold_text(name))
        .collect()
});
