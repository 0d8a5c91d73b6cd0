//! Which part of a Persian address line is what?

use std::collections::HashMap;

use crate::locale::fold_text;

/// The digits of a postal code of Iran.
const POSTAL_CODE: usize = 10;

/// The parts of an address line, folded; empty where the line does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddressParts {
    /// استان.
    pub province: String,
    /// شهرستان.
    pub county: String,
    /// شهر.
    pub city: String,
    /// The streets, squares and quarters from the larger to the smaller, with their kind.
    pub street: String,
    /// کوچه, بن‌بست.
    pub alley: String,
    /// پلاک.
    pub plate: String,
    /// واحد.
    pub unit: String,
    /// Ten digits.
    pub postal_code: String,
    /// What is none of these: a building, a floor.
    pub rest: String,
}

/// The part that a word begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Province,
    County,
    City,
    Street,
    Alley,
    Plate,
    Unit,
    PostalCode,
    Rest,
}

/// Words that say what follows, folded. Those of streets and alleys stay in it.
const SIGNS: [(&str, Part); 34] = [
    ("استان", Part::Province),
    ("شهرستان", Part::County),
    ("شهر", Part::City),
    ("خیابان", Part::Street),
    ("خ", Part::Street),
    ("بلوار", Part::Street),
    ("میدان", Part::Street),
    ("اتوبان", Part::Street),
    ("بزرگراه", Part::Street),
    ("جاده", Part::Street),
    ("چهارراه", Part::Street),
    ("سه راه", Part::Street),
    ("شهرک", Part::Street),
    ("محله", Part::Street),
    ("کوی", Part::Street),
    ("فاز", Part::Street),
    ("کوچه", Part::Alley),
    ("ک", Part::Alley),
    ("بن بست", Part::Alley),
    ("بنبست", Part::Alley),
    ("پلاک", Part::Plate),
    ("پ", Part::Plate),
    ("شماره", Part::Plate),
    ("واحد", Part::Unit),
    ("کد پستی", Part::PostalCode),
    ("کدپستی", Part::PostalCode),
    ("صندوق پستی", Part::Rest),
    ("ساختمان", Part::Rest),
    ("برج", Part::Rest),
    ("مجتمع", Part::Rest),
    ("طبقه", Part::Rest),
    ("بلوک", Part::Rest),
    ("روبروی", Part::Rest),
    ("نرسیده به", Part::Rest),
];

impl AddressParts {
    /// Of one line, as people write it: «استان تهران، شهرستان شمیرانات، خ. ولیعصر، کوچه یاس، پلاک ۱۲، واحد ۳». What
    /// stands at the beginning without a sign is checked against `places`: a province, a county or a city.
    ///
    /// ```
    /// use peyvand::matching::{AddressParts, Places};
    ///
    /// let parts = AddressParts::of("خیابان ولی‌عصر، کوچه یاس پلاک ۱۲ واحد ۳ کدپستی ۱۹۶۸۹۴۳۱۱۱", &Places::default());
    /// assert_eq!(parts.street, "خیابان ولیعصر");
    /// assert_eq!((parts.plate.as_str(), parts.unit.as_str()), ("12", "3"));
    /// assert_eq!(parts.postal_code, "1968943111");
    /// ```
    #[must_use]
    pub fn of(line: &str, places: &Places) -> Self {
        let mut parts = Self::default();
        let (mut current, mut said) = (None, Vec::new());
        for phrase in fold_text(line).split([',', '-', '–', '\n', ';', ':']) {
            // A sign that ends a phrase is of what follows: «پلاک: ۱۲».
            if !said.is_empty() {
                parts.take(current, &said, places);
                said.clear();
                current = None;
            }
            let words = phrase.split(|c: char| !c.is_alphanumeric());
            let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
            let mut at = 0;
            while let Some(word) = words.get(at) {
                let sign = sign_at(&words, at);
                match sign {
                    Some((part, length)) => {
                        parts.take(current, &said, places);
                        said = match part {
                            Part::Street | Part::Alley => vec![usual(&words, at, length)],
                            _ => Vec::new(),
                        };
                        current = Some(part);
                        at += length;
                    }
                    None => {
                        said.push((*word).to_owned());
                        at += 1;
                    }
                }
            }
        }
        parts.take(current, &said, places);
        parts
    }

    fn take(&mut self, part: Option<Part>, said: &[String], places: &Places) {
        let text = said.join(" ");
        if text.is_empty() {
            return;
        }
        let into = match part {
            None => match places.kind(&text) {
                _ if is_postal_code(&text) => &mut self.postal_code,
                Some(Kind::City) => &mut self.city,
                // A province and its first city mostly have one name; the larger one is written first.
                Some(Kind::Province) if self.province.is_empty() => &mut self.province,
                Some(Kind::Province) => &mut self.city,
                Some(Kind::County) => &mut self.county,
                None => &mut self.rest,
            },
            Some(Part::Province) => &mut self.province,
            Some(Part::County) => &mut self.county,
            Some(Part::City) => &mut self.city,
            Some(Part::Street) => &mut self.street,
            Some(Part::Alley) => &mut self.alley,
            Some(Part::Plate) => &mut self.plate,
            Some(Part::Unit) => &mut self.unit,
            Some(Part::PostalCode) if is_postal_code(&text) => &mut self.postal_code,
            Some(Part::PostalCode | Part::Rest) => &mut self.rest,
        };
        if !into.is_empty() {
            into.push(' ');
        }
        into.push_str(&text);
    }
}

fn is_postal_code(text: &str) -> bool {
    text.len() == POSTAL_CODE && text.bytes().all(|b| b.is_ascii_digit())
}

/// The part that the words at a place begin, and how many of them say so. A single letter is a sign only before more.
fn sign_at(words: &[&str], at: usize) -> Option<(Part, usize)> {
    let [one, two] = [1, 2].map(|length| words.get(at..at + length).map(|words| words.join(" ")));
    let found = |text: Option<String>, length: usize| {
        let text = text?;
        let (sign, part) = SIGNS.iter().find(|(sign, _)| *sign == text)?;
        let stands = sign.chars().count() > 1 || words.len() > at + length;
        stands.then_some((*part, length))
    };
    found(two, 2).or_else(|| found(one, 1))
}

/// The sign in its full spelling.
fn usual(words: &[&str], at: usize, length: usize) -> String {
    match words.get(at..at + length).unwrap_or_default() {
        ["خ"] => "خیابان".to_owned(),
        ["ک"] => "کوچه".to_owned(),
        ["بنبست"] => "بن بست".to_owned(),
        words => words.join(" "),
    }
}

/// What a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Province,
    County,
    City,
}

/// The provinces, counties and cities of a country, with what belongs to what. They are data that the caller has.
#[derive(Clone, Debug, Default)]
pub struct Places {
    provinces: HashMap<String, u32>,
    /// With their provinces.
    counties: HashMap<String, Vec<u32>>,
    cities: HashMap<String, Vec<u32>>,
}

impl Places {
    /// Adds a province by its number in the data.
    pub fn add_province(&mut self, number: u32, name: &str) {
        self.provinces.insert(fold_text(name), number);
    }

    /// Adds a county of a province.
    pub fn add_county(&mut self, province: u32, name: &str) {
        self.counties
            .entry(fold_text(name))
            .or_default()
            .push(province);
    }

    /// Adds a city of a province.
    pub fn add_city(&mut self, province: u32, name: &str) {
        self.cities
            .entry(fold_text(name))
            .or_default()
            .push(province);
    }

    fn kind(&self, folded: &str) -> Option<Kind> {
        let kinds = [
            (self.provinces.contains_key(folded), Kind::Province),
            (self.cities.contains_key(folded), Kind::City),
            (self.counties.contains_key(folded), Kind::County),
        ];
        let found = kinds.into_iter().find(|(is_there, _)| *is_there);
        found.map(|(_, kind)| kind)
    }

    /// Whether a city or county lies in the province that an address names: `None` where one of them is not named or not
    /// known, so that nobody is told wrong for what is only missing in the data.
    #[must_use]
    pub fn agrees(&self, parts: &AddressParts) -> Option<bool> {
        let province = self.provinces.get(&parts.province)?;
        let of = |known: &HashMap<String, Vec<u32>>, name: &str| {
            known
                .get(name)
                .map(|provinces| provinces.contains(province))
        };
        of(&self.cities, &parts.city).or_else(|| of(&self.counties, &parts.county))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::print_stderr)]
    use super::*;

    fn iran() -> Option<Places> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/iran-places");
        let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}.csv")).ok();
        let (Some(provinces), Some(counties), Some(cities)) =
            (read("province"), read("county"), read("city"))
        else {
            assert!(
                std::env::var_os("PEYVAND_NO_SKIPS").is_none(),
                "{folder} is not there, and no test may be skipped"
            );
            eprintln!("skipped: {folder} is not there");
            return None;
        };
        let mut places = Places::default();
        for (text, add) in [
            (
                provinces,
                Places::add_province as fn(&mut Places, u32, &str),
            ),
            (counties, Places::add_county),
            (cities, Places::add_city),
        ] {
            for line in text.lines() {
                let cells: Vec<&str> = line.split(',').collect();
                // A province is told by its own number, the others by the one of their province, which is second.
                let number = if cells.len() == 2 { cells[0] } else { cells[1] };
                add(
                    &mut places,
                    number.parse().unwrap_or(0),
                    cells[cells.len() - 1],
                );
            }
        }
        Some(places)
    }

    #[test]
    fn a_line_is_split_by_the_words_that_say_what_follows() {
        let places = Places::default();
        for (line, street, alley, plate, unit, code) in [
            (
                "خ. آزادی، ک نرگس، پ. ۷",
                "خیابان ازادی",
                "کوچه نرگس",
                "7",
                "",
                "",
            ),
            (
                "خیابان انقلاب - بن‌بست دوم - پلاک: ۱۲/۱ - واحد ۴",
                "خیابان انقلاب",
                "بن بست دوم",
                "12 1",
                "4",
                "",
            ),
            (
                "بلوار كشاورز، خيابان وصال، کوچه ۵ پلاک ۱۱ كد پستی 1417614411",
                "بلوار کشاورز خیابان وصال",
                "کوچه 5",
                "11",
                "",
                "1417614411",
            ),
            (
                "میدان امام, ۱۴۱۷۶۱۴۴۱۱",
                "میدان امام",
                "",
                "",
                "",
                "1417614411",
            ),
            (
                "خیابان حافظ پلاک ۳ کد پستی ۱۲۳",
                "خیابان حافظ",
                "",
                "3",
                "",
                "",
            ),
        ] {
            let parts = AddressParts::of(line, &places);
            let said = [
                &parts.street,
                &parts.alley,
                &parts.plate,
                &parts.unit,
                &parts.postal_code,
            ];
            assert_eq!(said, [street, alley, plate, unit, code], "{line}");
        }
        assert_eq!(AddressParts::of("", &places), AddressParts::default());
        assert_eq!(
            AddressParts::of("ساختمان مهر طبقه ۲", &places).rest,
            "مهر 2"
        );
    }

    #[test]
    fn places_without_a_sign_are_known_from_the_data_and_checked_against_each_other() {
        let Some(places) = iran() else { return };
        let parts = AddressParts::of("فارس، شیراز، خیابان زند", &places);
        assert_eq!(
            (parts.province.as_str(), parts.city.as_str()),
            ("فارس", "شیراز")
        );
        assert_eq!(places.agrees(&parts), Some(true));
        let parts = AddressParts::of("استان گیلان، شهر شیراز", &places);
        assert_eq!(places.agrees(&parts), Some(false));
        let parts = AddressParts::of("تهران، تهران، خیابان بهار", &places);
        assert_eq!(
            (parts.province.as_str(), parts.city.as_str()),
            ("تهران", "تهران")
        );
        assert_eq!(
            places.agrees(&AddressParts::of("خیابان زند", &places)),
            None
        );
    }
}
