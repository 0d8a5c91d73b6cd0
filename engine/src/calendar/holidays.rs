//! Which holidays does a file bring?
//!
//! A file is one JSON object: a Gregorian day and the names of what is celebrated, `{"2026-03-21": "Eid al-Fitr
//! (estimated); Nowruz"}`. Several names stand between semicolons, and `(estimated)` after one says that its day was
//! reckoned and not yet announced. A name may also be given in each language, `{"2026-03-21": {"fa": "نوروز"}}`. The names
//! of Iran's holidays, as public lists have them in English, come in Persian and Arabic too.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use serde_json::{Map, Value as Json};

use super::definition::{DatedDay, Name};
use crate::error::{Error, ErrorKind, Result};
use crate::locale::fold_digits;
use crate::schema::labels_of;
use crate::view::labels;

const ESTIMATED: &str = "(estimated)";
/// How far an announced day may lie from the one that was expected.
const MOVED_AT_MOST: TimeDelta = TimeDelta::days(3);

/// The holidays of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HolidayFile {
    pub(super) days: Vec<DatedDay>,
    /// What could not be read, and why.
    pub(super) refused: Vec<(String, String)>,
}

/// What became of the holidays of a file. Of the entries that were read, each is in one of the counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HolidayReceipt {
    /// How many holidays the file has; one day may have several.
    pub read: usize,
    /// New in the calendar.
    pub added: usize,
    /// Announced for another day than was expected: the expected one went.
    pub moved: usize,
    /// Expected so, and now announced.
    pub confirmed: usize,
    /// Already there.
    pub unchanged: usize,
    /// What was not taken, by its key in the file, and why.
    pub refused: Vec<(String, String)>,
}

impl HolidayFile {
    /// Reads the text of a file. What is wrong with single entries is kept for the receipt.
    ///
    /// ```
    /// use peyvand::calendar::HolidayFile;
    ///
    /// # fn main() -> Result<(), peyvand::Error> {
    /// let file = HolidayFile::parse(r#"{"2026-03-21": "Eid al-Fitr (estimated); Nowruz", "2026-02-30": "?"}"#)?;
    /// assert_eq!(file.len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the text is no JSON object.
    pub fn parse(text: &str) -> Result<Self> {
        let unreadable = |why: &str| {
            let message = format!("this is no file of holidays: {why}");
            Error::new(ErrorKind::Input, message)
                .hint("it is one JSON object, such as {\"2026-03-21\": \"Nowruz\"}")
        };
        let json: Json = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|fault| unreadable(&fault.to_string()))?;
        let Json::Object(map) = json else {
            return Err(unreadable("it holds something else than one object"));
        };
        let mut file = Self::default();
        for (key, json) in &map {
            match entries(key, json) {
                Ok(days) => file.days.extend(days),
                Err(why) => file.refused.push((key.clone(), why)),
            }
        }
        file.days.sort_by_key(|entry| entry.day);
        Ok(file)
    }

    /// Only what lies between two days, both included.
    #[must_use]
    pub fn between(mut self, from: Option<NaiveDate>, until: Option<NaiveDate>) -> Self {
        self.days.retain(|entry| {
            from.is_none_or(|from| from <= entry.day)
                && until.is_none_or(|until| entry.day <= until)
        });
        self
    }

    /// How many holidays it has, with those that cannot be read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.days.len() + self.refused.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn entries(key: &str, json: &Json) -> std::result::Result<Vec<DatedDay>, String> {
    let day: NaiveDate = fold_digits(key.trim())
        .parse()
        .map_err(|_| "it is no day such as 2026-03-21".to_owned())?;
    let entry = |name: Name, estimated| DatedDay {
        day,
        name,
        estimated,
        open: None,
    };
    match json {
        Json::String(names) if !names.trim().is_empty() => {
            let mut known = BTreeSet::new();
            let names = names.split(';').map(str::trim);
            let names = names.filter(|name| !name.is_empty() && known.insert(*name));
            let read = names.map(|name| match name.strip_suffix(ESTIMATED) {
                Some(name) => entry(in_three_languages(name.trim()), true),
                None => entry(in_three_languages(name), false),
            });
            Ok(read.collect())
        }
        Json::Object(_) => {
            let names = labels(json).map_err(|fault| fault.to_string())?;
            Ok(vec![entry(names, false)])
        }
        _ => Err("what is celebrated is a name, or a name for each language".to_owned()),
    }
}

/// Puts the holidays of a file among the days of a calendar.
pub(super) fn merged(known: &[DatedDay], file: &HolidayFile) -> (Vec<DatedDay>, HolidayReceipt) {
    let mut days = known.to_vec();
    let mut receipt = HolidayReceipt {
        read: file.len(),
        refused: file.refused.clone(),
        ..HolidayReceipt::default()
    };
    for entry in &file.days {
        let same = |other: &&mut DatedDay| other.name == entry.name;
        let here = |other: &&mut DatedDay| other.day == entry.day;
        if let Some(other) = days.iter_mut().find(|other| same(other) && here(other)) {
            let confirmed = other.estimated && !entry.estimated;
            other.estimated &= entry.estimated;
            *(if confirmed {
                &mut receipt.confirmed
            } else {
                &mut receipt.unchanged
            }) += 1;
            continue;
        }
        // The list of a year replaces what was reckoned for it, and only that.
        let near = |other: &&mut DatedDay| (other.day - entry.day).abs() <= MOVED_AT_MOST;
        let mut expected = days
            .iter_mut()
            .filter(|other| other.estimated && same(other));
        match expected.find(near).filter(|_| !is_in_file_too(file, entry)) {
            Some(other) => {
                other.day = entry.day;
                other.estimated = entry.estimated;
                receipt.moved += 1;
            }
            None => {
                days.push(entry.clone());
                receipt.added += 1;
            }
        }
    }
    days.sort_by_key(|entry| entry.day);
    (days, receipt)
}

/// Whether the file has the same name on a day nearby, as of a holiday of several days: then nothing was moved.
fn is_in_file_too(file: &HolidayFile, entry: &DatedDay) -> bool {
    file.days.iter().any(|other| {
        other.name == entry.name
            && other.day != entry.day
            && (other.day - entry.day).abs() <= MOVED_AT_MOST
    })
}

/// The list of days as a definition has it.
pub(super) fn with_days(definition: &Json, days: &[DatedDay]) -> Json {
    let mut map: Map<String, Json> = definition.as_object().cloned().unwrap_or_default();
    let days: Vec<Json> = days.iter().map(DatedDay::as_json).collect();
    map.insert("days".to_owned(), days.into());
    Json::Object(map)
}

fn in_three_languages(name: &str) -> Name {
    let known = IRAN.iter().find(|[en, ..]| *en == name);
    match known {
        Some([en, fa, ar]) => labels_of(en, fa, ar),
        None => Name::from([(String::new(), name.to_owned())]),
    }
}

const IRAN: [[&str; 3]; 27] = [
    ["Nowruz", "نوروز", "النوروز"],
    ["Nowruz Holiday", "تعطیلات نوروز", "عطلة النوروز"],
    ["Last Day of Year", "روز پایان سال", "آخر أيام السنة"],
    [
        "Islamic Republic Day",
        "روز جمهوری اسلامی",
        "يوم الجمهورية الإسلامية",
    ],
    ["Nature's Day", "روز طبیعت", "يوم الطبيعة"],
    [
        "Death of Imam Khomeini",
        "رحلت امام خمینی",
        "وفاة الإمام الخميني",
    ],
    ["15 Khordad Uprising", "قیام ۱۵ خرداد", "انتفاضة ١٥ خرداد"],
    [
        "Islamic Revolution Day",
        "پیروزی انقلاب اسلامی",
        "يوم الثورة الإسلامية",
    ],
    [
        "Iranian Oil Industry Nationalization Day",
        "روز ملی شدن صنعت نفت",
        "يوم تأميم صناعة النفط",
    ],
    ["Public Holiday", "تعطیل رسمی", "عطلة رسمية"],
    ["Tasua", "تاسوعا", "تاسوعاء"],
    ["Ashura", "عاشورا", "عاشوراء"],
    ["Arbaeen", "اربعین", "الأربعين"],
    [
        "Death of Prophet Muhammad and Martyrdom of Hasan ibn Ali",
        "رحلت پیامبر و شهادت امام حسن مجتبی",
        "وفاة النبي محمد واستشهاد الإمام الحسن",
    ],
    [
        "Martyrdom of Ali al-Rida",
        "شهادت امام رضا",
        "استشهاد الإمام الرضا",
    ],
    [
        "Martyrdom of Hasan al-Askari",
        "شهادت امام حسن عسکری",
        "استشهاد الإمام الحسن العسكري",
    ],
    [
        "Birthday of Muhammad and Imam Ja'far al-Sadiq",
        "ولادت پیامبر و امام جعفر صادق",
        "مولد النبي محمد والإمام جعفر الصادق",
    ],
    [
        "Martyrdom of Fatima",
        "شهادت حضرت فاطمه",
        "استشهاد السيدة فاطمة",
    ],
    ["Birthday of Imam Ali", "ولادت امام علی", "مولد الإمام علي"],
    ["Isra' and Mi'raj", "مبعث", "الإسراء والمعراج"],
    ["Birthday of Mahdi", "ولادت امام زمان", "مولد الإمام المهدي"],
    [
        "Martyrdom of Imam Ali",
        "شهادت امام علی",
        "استشهاد الإمام علي",
    ],
    ["Eid al-Fitr", "عید فطر", "عيد الفطر"],
    ["Eid al-Fitr Holiday", "تعطیل عید فطر", "عطلة عيد الفطر"],
    [
        "Martyrdom of Imam Ja'far al-Sadiq",
        "شهادت امام جعفر صادق",
        "استشهاد الإمام جعفر الصادق",
    ],
    ["Eid al-Adha", "عید قربان", "عيد الأضحى"],
    ["Eid al-Ghadeer", "عید غدیر خم", "عيد الغدير"],
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::engine::Engine;
    use serde_json::json;

    fn calendar() -> crate::Session {
        let session = Engine::in_memory().open().unwrap().session();
        let definition = json!({"zone": "Asia/Tehran",
            "weeks": [{"open": {"saturday-wednesday": "08:00-16:00", "thursday": "08:00-12:00"}}],
            "days": [{"day": "2026-03-20", "name": "بسته", "open": "08:00-11:00"}]});
        let fields = json!({"key": "tehran", "name": "تهران", "definition": definition});
        let _ = session.create("business_calendar", fields).unwrap();
        session
    }

    #[test]
    fn an_announcement_moves_and_confirms_what_was_expected_and_a_repeat_changes_nothing() {
        let session = calendar();
        let expected = r#"{"2026-03-20": "Eid al-Fitr (estimated)", "2026-03-21": "Eid al-Fitr Holiday (estimated); Nowruz",
            "2026-05-27": "Eid al-Adha (estimated)"}"#;
        let announced = r#"{"2026-03-21": "Eid al-Fitr", "2026-03-22": "Eid al-Fitr Holiday", "2026-05-27": "Eid al-Adha",
            "2026-13-01": "?", "2026-06-01": ""}"#;
        let take = |text: &str| {
            let file = HolidayFile::parse(text).unwrap();
            session.import_holidays("tehran", &file).unwrap()
        };
        assert_eq!(take(expected).added, 4);
        let receipt = take(announced);
        let counts = |receipt: &HolidayReceipt| {
            (
                receipt.added,
                receipt.moved,
                receipt.confirmed,
                receipt.unchanged,
                receipt.refused.len(),
            )
        };
        assert_eq!(counts(&receipt), (0, 2, 1, 0, 2));
        assert_eq!(receipt.read, 5);
        let before = session.engine().position();
        let again = take(announced);
        assert_eq!(counts(&again), (0, 0, 0, 3, 2));
        assert_eq!(session.engine().position(), before, "nothing was written");
        let time = session.working_time("tehran").unwrap();
        let on = |day: &str| time.date(day.parse().unwrap(), crate::Locale::Fa).unwrap();
        // Hours that somebody gave a day stay, whatever is celebrated on it.
        assert!(time.is_working_day("2026-03-20".parse().unwrap()));
        assert_eq!(on("2026-03-21").holidays, ["عید فطر", "نوروز"]);
        assert!(!on("2026-03-21").estimated);
    }

    #[test]
    fn a_file_that_is_none_is_refused() {
        for text in ["", "[]", "{\"2026-01-01\": ", "null"] {
            let fault = HolidayFile::parse(text).unwrap_err().to_string();
            assert!(fault.contains("this is no file of holidays"), "{fault}");
        }
    }

    #[test]
    fn every_public_holiday_of_iran_is_read_and_named_in_persian() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../shared/data/iran-holidays/IR_COMMON.json"
        );
        let Ok(text) = std::fs::read_to_string(path) else {
            let may_skip = std::env::var_os("PEYVAND_NO_SKIPS").is_none();
            assert!(may_skip, "{path} is not there");
            return;
        };
        let file = HolidayFile::parse(&text).unwrap();
        assert!(file.refused.is_empty() && file.len() > 1_938);
        let nameless = file
            .days
            .iter()
            .find(|entry| !entry.name.contains_key("fa"));
        assert_eq!(nameless, None);
        let receipt = calendar().import_holidays("tehran", &file).unwrap();
        assert_eq!((receipt.added, receipt.read), (file.len(), file.len()));
    }
}
