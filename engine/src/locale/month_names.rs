//! What are the months and the days of the week called?

use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};

use super::calendar::Calendar;
use super::fold::fold_text;
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

/// Other names of the same months, to be read and not written: of the Levant, of Afghanistan, of other habits.
const ALSO: [(Calendar, u8, &str); 26] = [
    (Calendar::Gregorian, 1, "كانون الثاني"),
    (Calendar::Gregorian, 2, "شباط"),
    (Calendar::Gregorian, 3, "آذار"),
    (Calendar::Gregorian, 4, "نيسان"),
    (Calendar::Gregorian, 5, "أيار"),
    (Calendar::Gregorian, 5, "می"),
    (Calendar::Gregorian, 6, "حزيران"),
    (Calendar::Gregorian, 7, "تموز"),
    (Calendar::Gregorian, 7, "جولای"),
    (Calendar::Gregorian, 8, "آب"),
    (Calendar::Gregorian, 8, "آگوست"),
    (Calendar::Gregorian, 9, "أيلول"),
    (Calendar::Gregorian, 10, "تشرين الأول"),
    (Calendar::Gregorian, 11, "تشرين الثاني"),
    (Calendar::Gregorian, 12, "كانون الأول"),
    (Calendar::Jalali, 1, "حمل"),
    (Calendar::Jalali, 5, "امرداد"),
    (Calendar::Hijri, 3, "ربیع الاول"),
    (Calendar::Hijri, 4, "ربیع الثانی"),
    (Calendar::Hijri, 5, "جمادی الاول"),
    (Calendar::Hijri, 5, "جمادی الاولی"),
    (Calendar::Hijri, 6, "جمادی الثانی"),
    (Calendar::Hijri, 6, "جمادی الثانیه"),
    (Calendar::Hijri, 11, "ذی القعده"),
    (Calendar::Hijri, 12, "ذی الحجه"),
    (Calendar::Hijri, 12, "ذیحجه"),
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
pub fn month_name(calendar: Calendar, month: u8, language: Locale) -> Option<&'static str> {
    let names = names(calendar).get(place(language))?;
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
    let written = calendars.into_iter().flat_map(|calendar| {
        let of_language = move |names: &'static [&'static str; 12]| {
            let numbered = (1u8..).zip(names);
            numbered.map(move |(month, name)| (calendar, month, *name))
        };
        names(calendar).iter().flat_map(of_language)
    });
    let all = written.chain(ALSO);
    all.map(|(calendar, month, name)| (fold_text(name).replace('-', " "), calendar, month))
        .collect()
});

/// The days of the week as they are compared.
pub(super) static FOLDED_WEEKDAYS: LazyLock<Vec<String>> = LazyLock::new(|| {
    WEEKDAYS
        .iter()
        .flatten()
        .map(|name| fold_text(name))
        .collect()
});
