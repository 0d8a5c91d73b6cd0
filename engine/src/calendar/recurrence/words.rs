//! How is a rule said in words?
//!
//! `هر ماه شمسی، آخرین پنجشنبه`, `every 2 weeks on Saturday and Monday`, `كل شهر هجري، آخر خميس`.

use chrono::{NaiveDate, Weekday};

use super::{End, Frequency, NthWeekday, Recurrence, Skip};
use crate::context::Locale;
use crate::locale::{Calendar, DateStyle, Digits, format_date, month_name, weekday_name};

impl Recurrence {
    /// The rule as people say it.
    ///
    /// ```
    /// use peyvand::{Locale, calendar::Recurrence};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let rule: Recurrence = "RSCALE=PERSIAN;FREQ=MONTHLY;BYDAY=-1TH".parse()?;
    /// assert_eq!(rule.describe(Locale::En), "every month of the Persian calendar, on the last Thursday");
    /// assert_eq!(rule.describe(Locale::Fa), "هر ماه شمسی، آخرین پنجشنبه");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn describe(&self, language: Locale) -> String {
        let words = Words {
            rule: self,
            language,
        };
        let comma = words.pick([", ", "، ", "، "]);
        let parts = [
            Some(words.how_often()),
            words.months(),
            words.month_days(),
            words.weekdays(),
            words.positions(),
            words.end(),
            words.skipped(),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        Digits::of(language).write(&parts.join(comma))
    }
}

struct Words<'a> {
    rule: &'a Recurrence,
    language: Locale,
}

impl Words<'_> {
    /// The word of the language: English, Persian, Arabic.
    fn pick(&self, words: [&'static str; 3]) -> &'static str {
        let [en, fa, ar] = words;
        match self.language {
            Locale::En => en,
            Locale::Fa => fa,
            Locale::Ar => ar,
        }
    }

    fn joined(&self, parts: &[String]) -> String {
        let and = self.pick([" and ", " و ", " و"]);
        let comma = self.pick([", ", "، ", "، "]);
        match parts {
            [] => String::new(),
            [one] => one.clone(),
            [parts @ .., last] => format!("{}{and}{last}", parts.join(comma)),
        }
    }

    fn how_often(&self) -> String {
        let count = self.rule.interval;
        let [one, several] = match self.rule.frequency {
            Frequency::Daily => [["day", "روز", "يوم"], ["days", "روز", "أيام"]],
            Frequency::Weekly => [["week", "هفته", "أسبوع"], ["weeks", "هفته", "أسابيع"]],
            Frequency::Monthly => [["month", "ماه", "شهر"], ["months", "ماه", "أشهر"]],
            Frequency::Yearly => [["year", "سال", "سنة"], ["years", "سال", "سنوات"]],
        };
        let every = self.pick(["every", "هر", "كل"]);
        let many = count > 1;
        let unit = self.pick(if many { several } else { one });
        let of = match (self.rule.frequency, self.rule.calendar) {
            (Frequency::Daily | Frequency::Weekly, _) => "",
            (_, Calendar::Gregorian) if !self.rule.scaled => "",
            (_, calendar) => self.calendar(calendar, many),
        };
        match many {
            true => format!("{every} {count} {unit}{of}"),
            false => format!("{every} {unit}{of}"),
        }
    }

    fn calendar(&self, calendar: Calendar, many: bool) -> &'static str {
        // In Arabic a year is feminine, and so is what there are several of.
        let feminine = many || self.rule.frequency == Frequency::Yearly;
        let arabic = |masculine, other| if feminine { other } else { masculine };
        match calendar {
            Calendar::Gregorian => self.pick([
                " of the Gregorian calendar",
                " میلادی",
                arabic(" ميلادي", " ميلادية"),
            ]),
            Calendar::Jalali => self.pick([
                " of the Persian calendar",
                " شمسی",
                arabic(" فارسي", " فارسية"),
            ]),
            Calendar::Hijri => {
                self.pick([" of the Hijri calendar", " قمری", arabic(" هجري", " هجرية")])
            }
        }
    }

    fn months(&self) -> Option<String> {
        let rule = self.rule;
        if rule.months.is_empty() {
            return None;
        }
        let names = rule.months.iter();
        let names: Vec<String> = names
            .filter_map(|month| month_name(rule.calendar, *month, self.language))
            .map(str::to_owned)
            .collect();
        Some(format!(
            "{} {}",
            self.pick(["in", "در", "في"]),
            self.joined(&names)
        ))
    }

    fn month_days(&self) -> Option<String> {
        if self.rule.month_days.is_empty() {
            return None;
        }
        let (from_end, from_start): (Vec<i8>, Vec<i8>) =
            self.rule.month_days.iter().partition(|day| **day < 0);
        let mut named: Vec<String> = from_start
            .iter()
            .map(|day| match self.language {
                Locale::En => format!("day {day}"),
                Locale::Fa => format!("روز {day}"),
                Locale::Ar => format!("اليوم {day}"),
            })
            .collect();
        named.extend(from_end.iter().rev().map(|day| match (day, self.language) {
            (-1, Locale::En) => "the last day".to_owned(),
            (-1, Locale::Fa) => "آخرین روز".to_owned(),
            (-1, Locale::Ar) => "آخر يوم".to_owned(),
            (day, Locale::En) => format!("day {} from the end", day.unsigned_abs()),
            (day, Locale::Fa) => format!("روز {} از آخر", day.unsigned_abs()),
            (day, Locale::Ar) => format!("اليوم {} من الآخر", day.unsigned_abs()),
        }));
        // With days of the week too, one of these days has to be one of those.
        Some(format!(
            "{}{}",
            self.pick(["on ", "", ""]),
            self.joined(&named)
        ))
    }

    fn weekdays(&self) -> Option<String> {
        let named: Vec<String> = self
            .rule
            .weekdays
            .iter()
            .map(|one| self.weekday(*one))
            .collect();
        let joined = self.joined(&named);
        let within = !self.rule.month_days.is_empty();
        match named.is_empty() {
            true => None,
            false if within => Some(match self.language {
                Locale::En => format!("where that is {joined}"),
                Locale::Fa => format!("اگر {joined} باشد"),
                Locale::Ar => format!("إذا كان {joined}"),
            }),
            false => Some(format!("{}{joined}", self.pick(["on ", "", ""]))),
        }
    }

    fn weekday(&self, one: NthWeekday) -> String {
        let name = weekday_in(one.day, self.language);
        let Some(nth) = one.nth else {
            return name.to_owned();
        };
        // "Which one" comes before an Arabic noun without its article.
        let plain = name.strip_prefix("ال").unwrap_or(name);
        match (nth, self.language) {
            (_, Locale::En) => format!("the {} {name}", ordinal(nth)),
            (-1, Locale::Fa) => format!("آخرین {name}"),
            (1, Locale::Fa) => format!("نخستین {name}"),
            (-1, Locale::Ar) => format!("آخر {plain}"),
            (1, Locale::Ar) => format!("أول {plain}"),
            (nth, Locale::Fa) if nth < 0 => {
                format!("{} {name} از آخر", persian(nth.unsigned_abs()))
            }
            (nth, Locale::Fa) => format!("{} {name}", persian(nth.unsigned_abs())),
            (nth, Locale::Ar) if nth < 0 => format!("{name} رقم {} من الآخر", nth.unsigned_abs()),
            (nth, Locale::Ar) => format!("{name} رقم {nth}"),
        }
    }

    fn positions(&self) -> Option<String> {
        let named = self
            .rule
            .positions
            .iter()
            .map(|place| match (*place, self.language) {
                (place, Locale::En) => {
                    format!("the {}", ordinal(i8::try_from(place).unwrap_or(i8::MAX)))
                }
                (-1, Locale::Fa) => "آخرین".to_owned(),
                (1, Locale::Fa) => "نخستین".to_owned(),
                (-1, Locale::Ar) => "الأخير".to_owned(),
                (1, Locale::Ar) => "الأول".to_owned(),
                (place, Locale::Fa) if place < 0 => {
                    format!("شماره {} از آخر", place.unsigned_abs())
                }
                (place, Locale::Fa) => format!("شماره {place}"),
                (place, Locale::Ar) if place < 0 => format!("رقم {} من الآخر", place.unsigned_abs()),
                (place, Locale::Ar) => format!("رقم {place}"),
            });
        let named: Vec<String> = named.collect();
        let only = self.pick(["of these only", "از این‌ها تنها", "منها فقط"]);
        (!named.is_empty()).then(|| format!("{only} {}", self.joined(&named)))
    }

    fn end(&self) -> Option<String> {
        let until = |day: NaiveDate| {
            let calendars = [self.rule.calendar, Calendar::Gregorian];
            let shown = calendars
                .into_iter()
                .find_map(|calendar| format_date(day, calendar, self.language, DateStyle::Long));
            let until = self.pick(["until", "تا", "حتى"]);
            format!("{until} {}", shown.unwrap_or_default())
        };
        match self.rule.end {
            End::Never => None,
            End::Count(1) => Some(self.pick(["once", "یک بار", "مرة واحدة"]).to_owned()),
            End::Count(2) if self.language == Locale::Ar => Some("مرتين".to_owned()),
            End::Count(count) => {
                let few = count % 100;
                let times = match (3..=10).contains(&few) {
                    true => ["times", "بار", "مرات"],
                    false => ["times", "بار", "مرة"],
                };
                Some(format!("{count} {}", self.pick(times)))
            }
            End::Day(day) => Some(until(day)),
            End::Instant(at) => Some(format!(
                "{} {} UTC",
                until(at.date_naive()),
                at.format("%H:%M")
            )),
        }
    }

    fn skipped(&self) -> Option<String> {
        let words = match self.rule.skip {
            Skip::Omit => return None,
            Skip::Backward => [
                "where a month has no such day, on its last day",
                "در ماهی که آن روز را ندارد، روز آخر آن ماه",
                "وإن لم يكن في الشهر ذلك اليوم ففي آخر يوم منه",
            ],
            Skip::Forward => [
                "where a month has no such day, on the first of the next month",
                "در ماهی که آن روز را ندارد، روز اول ماه بعد",
                "وإن لم يكن في الشهر ذلك اليوم ففي أول الشهر التالي",
            ],
        };
        Some(self.pick(words).to_owned())
    }
}

fn weekday_in(day: Weekday, language: Locale) -> &'static str {
    // The first day of all was a Monday.
    let monday = NaiveDate::from_num_days_from_ce_opt(1);
    let after = day.num_days_from_monday() as usize;
    let day = monday.and_then(|monday| monday.iter_days().nth(after));
    weekday_name(day.unwrap_or_default(), language)
}

fn ordinal(nth: i8) -> String {
    let number = nth.unsigned_abs();
    let word = match number {
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        4 => "fourth".to_owned(),
        5 => "fifth".to_owned(),
        _ => match (number % 10, number / 10) {
            (1, tens) if tens != 1 => format!("{number}st"),
            (2, tens) if tens != 1 => format!("{number}nd"),
            (3, tens) if tens != 1 => format!("{number}rd"),
            _ => format!("{number}th"),
        },
    };
    match (nth < 0, number) {
        (true, 1) => "last".to_owned(),
        (true, _) => format!("{word} last"),
        (false, _) => word,
    }
}

fn persian(number: u8) -> String {
    const WORDS: [&str; 4] = ["دومین", "سومین", "چهارمین", "پنجمین"];
    let place = usize::from(number).checked_sub(2);
    let word = place.and_then(|place| WORDS.get(place));
    word.map_or_else(|| format!("{number}مین"), |word| (*word).to_owned())
}
