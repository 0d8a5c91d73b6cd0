//! Which words before a person's name are titles, and which of its words are one part?

use std::collections::HashSet;
use std::sync::LazyLock;

use super::super::fold::fold_text;
use super::{folded_word, is_dressing};

/// A person's name without titles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person {
    /// The titles as they were written, in their order: `جناب`, `آقای`, `دکتر`; what stands behind a name too, `PhD`.
    pub titles: Vec<String>,
    /// The parts of the name: words that belong together are one, as `عبد الرحمن`, `بن خالد`, `علی زاده`.
    pub parts: Vec<String>,
}

impl Person {
    /// The name without titles, its parts with a space between.
    #[must_use]
    pub fn name(&self) -> String {
        self.parts.join(" ")
    }

    /// The first part.
    #[must_use]
    pub fn given(&self) -> Option<&str> {
        self.parts.first().map(String::as_str)
    }

    /// The last part, where there is more than one.
    #[must_use]
    pub fn family(&self) -> Option<&str> {
        (self.parts.len() > 1)
            .then(|| self.parts.last())?
            .map(String::as_str)
    }
}

/// Titles before a name, in Persian, Arabic and Latin letters; what is written in several words stands joined.
static TITLES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let words = [
        // Persian
        "آقا آقای خانم خانوم بانو جناب سرکار دوشیزه مهندس مهندسه دکتر دکترای استاد پروفسور حاج حاجی حاجیه سید سیده",
        "سادات شیخ ملا کربلایی کربلائی مشهدی مرحوم مرحومه شهید شادروان آیتالله آیةالله حجتالاسلام سردار سرهنگ سرتیپ سرگرد",
        "حجتالاسلاموالمسلمین سروان ستوان تیمسار مهندسین وکیل",
        // Arabic
        "السيد السيدة الآنسة آنسة سيدة الأستاذ الأستاذة أستاذ أستاذة الدكتور الدكتورة دكتور دكتورة المهندس المهندسة الشيخ الشيخة",
        "شيخة الحاج الحاجة الأمير الأميرة سمو معالي سعادة فضيلة المحامي المحامية البروفيسور بروفيسور المستشار اللواء العميد",
        "العقيد المقدم الرائد النقيب المرحوم المرحومة حضرة",
        // Latin
        "mr mrs ms miss mx sir madam dr prof professor eng engr ing mohandes haj hajj haji hajji hajj sheikh shaikh shaykh",
        "seyed sayyid seyyed syed seyyid rev hon capt col gen lt sgt herr frau mme mlle monsieur madame agha khanom",
    ];
    fold_all(&words)
});

/// Behind a Latin name.
static SUFFIXES: LazyLock<HashSet<String>> =
    LazyLock::new(|| fold_all(&["phd dphil md mba msc bsc jr sr ii iii iv esq pmp cpa pe dds"]));

/// Words that belong to the next one wherever they stand.
static BEFORE: LazyLock<HashSet<String>> = LazyLock::new(|| {
    fold_all(&[
        "عبد أبو أبي أبا بو أم بن ابن بنت آل ال ذو ولد abd abdul abdel abdal abdol abu abou umm bin ibn bint ould",
    ])
});

/// Words that belong to the next one, and are a name of their own at the beginning: `Al Pacino`, `Ben Ali`.
static BEFORE_WITHIN: LazyLock<HashSet<String>> =
    LazyLock::new(|| fold_all(&["al el ul ben de da del della van von der den la le ter"]));

/// Words that belong to the one before them.
static AFTER: LazyLock<HashSet<String>> = LazyLock::new(|| {
    fold_all(&[
        "الله الدين دين الإسلام زاده پور نژاد نیا فر فرد وند پناه خواه دوست منش زادگان allah ullah eddin eddine aldin uddin",
        "zadeh pour poor nejad nezhad nia far fard vand",
    ])
});

/// Titles that also begin a family's name, and what then comes behind: «حاجی زاده», «شیخ الاسلامی».
const FAMILIES: [&str; 6] = ["زاده", "پور", "نژاد", "نیا", "الاسلام", "zadeh"];

fn fold_all(lines: &[&str]) -> HashSet<String> {
    let words = lines.iter().flat_map(|line| line.split(' '));
    words.map(fold_text).collect()
}

/// Splits the titles off a person's name: `جناب آقای دکتر سید محمد رضایی`, `د/ أحمد بن علي`, `Dr. Ali Rezaei, PhD`.
///
/// A title counts only before the name, and where a name is left. «سید», `الحاج` and their like count as titles, since
/// the same person is written without them. A single letter is a title where Arabic writes it so: `د.`, `د/`, `م/`, `أ.`;
/// «م.» is an initial. A Latin `Rezaei, Ali` comes in the order `Ali Rezaei`.
#[must_use]
pub fn person(text: &str) -> Person {
    let mut titles = Vec::new();
    let words = in_order(text, &mut titles);
    let mut rest = words.as_slice();
    while let Some(taken) = leading_title(rest) {
        titles.push(join(&rest[..taken]));
        rest = &rest[taken..];
    }
    let mut behind = Vec::new();
    while let [_, .., last] = rest
        && SUFFIXES.contains(&last.folded)
    {
        behind.push(last.text.to_owned());
        rest = &rest[..rest.len() - 1];
    }
    titles.extend(behind.into_iter().rev());
    Person {
        titles,
        parts: parts(rest),
    }
}

struct Word<'a> {
    /// As it was written.
    text: &'a str,
    folded: String,
    /// A point or a stroke stands behind it: an abbreviation.
    mark: Option<char>,
}

impl<'a> Word<'a> {
    fn new(text: &'a str, mark: Option<char>) -> Self {
        Self {
            text,
            folded: folded_word(text),
            mark: mark.or_else(|| text.ends_with('.').then_some('.')),
        }
    }

    fn is_title(&self) -> bool {
        let letter = match (self.folded.as_str(), self.mark) {
            ("د", Some(_)) | ("م", Some('/')) => true,
            // Only with its hamza: «ا.» is an initial.
            ("ا", Some(mark)) => mark == '/' || self.text.starts_with('أ'),
            _ => false,
        };
        letter || TITLES.contains(&self.folded)
    }
}

/// The words in the order of the name: what a comma put behind it is put before it, or is a title.
fn in_order<'a>(text: &'a str, titles: &mut Vec<String>) -> Vec<Word<'a>> {
    let mut segments = text.split([',', '،']).map(words);
    let mut ordered = segments.next().unwrap_or_default();
    for segment in segments {
        let all_titles = segment
            .iter()
            .all(|word| word.is_title() || SUFFIXES.contains(&word.folded));
        if ordered.is_empty() {
            ordered = segment;
        } else if all_titles {
            titles.extend(segment.iter().map(|word| word.text.to_owned()));
        } else if segment.iter().all(|word| is_latin(word.text)) && segment.len() <= 3 {
            ordered = segment.into_iter().chain(ordered).collect();
        } else {
            ordered.extend(segment);
        }
    }
    ordered
}

fn is_latin(text: &str) -> bool {
    text.chars().all(|c| !c.is_alphabetic() || c < '\u{250}')
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    for word in text.split_whitespace() {
        let mut rest = word.trim_matches(is_dressing);
        // «د.أحمد», «م/أحمد», `Dr.Ali`: a title may stand without a space.
        while let Some((head, tail)) = rest.split_once(['.', '/']) {
            let head = Word::new(head, rest[head.len()..].chars().next());
            if tail.is_empty() && head.mark == Some('.') || !head.is_title() {
                break;
            }
            found.push(head);
            rest = tail;
        }
        if rest.chars().any(char::is_alphanumeric) {
            found.push(Word::new(rest, None));
        }
    }
    found
}

/// How many words at the beginning are one title; never so many that no name is left.
fn leading_title(words: &[Word<'_>]) -> Option<usize> {
    let begins_family = |next: &Word<'_>| {
        FAMILIES
            .iter()
            .any(|family| next.folded.starts_with(family))
    };
    if let [first, next, ..] = words
        && first.is_title()
        && !begins_family(next)
    {
        return Some(1);
    }
    // «آیت الله», «حجت الاسلام و المسلمین».
    (2..words.len().min(5)).rev().find(|taken| {
        let joined: String = words[..*taken].iter().map(|w| w.folded.as_str()).collect();
        TITLES.contains(&joined)
    })
}

/// The words with those that belong together as one.
fn parts(words: &[Word<'_>]) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut open = false;
    for (place, word) in words.iter().enumerate() {
        let after = AFTER.contains(&word.folded) && word.mark.is_none();
        match parts.last_mut() {
            Some(part) if open || after => {
                part.push(' ');
                part.push_str(word.text);
            }
            _ => parts.push(word.text.to_owned()),
        }
        open = BEFORE.contains(&word.folded) || place > 0 && BEFORE_WITHIN.contains(&word.folded);
    }
    parts
}

fn join(words: &[Word<'_>]) -> String {
    let words: Vec<&str> = words.iter().map(|word| word.text).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> (String, Vec<String>) {
        let person = person(text);
        (person.titles.join("|"), person.parts)
    }

    #[test]
    fn titles_are_split_off_in_three_languages() {
        for (text, titles, name) in [
            ("جناب آقای دکتر محمد رضایی", "جناب|آقای|دکتر", "محمد رضایی"),
            ("مهندس علی احمدی", "مهندس", "علی احمدی"),
            ("حاج سید حسین موسوی", "حاج|سید", "حسین موسوی"),
            ("سرکار خانم مریم کریمی", "سرکار|خانم", "مریم کریمی"),
            ("آیت الله حسینی", "آیت الله", "حسینی"),
            ("آیت‌الله حسینی", "آیت‌الله", "حسینی"),
            ("حجت الاسلام و المسلمین رضوی", "حجت الاسلام و المسلمین", "رضوی"),
            ("احمدی، مهندس", "مهندس", "احمدی"),
            ("الشيخ محمد بن راشد", "الشيخ", "محمد بن راشد"),
            ("الدكتورة فاطمة الزهراني", "الدكتورة", "فاطمة الزهراني"),
            ("د. أحمد علي", "د.", "أحمد علي"),
            ("د/ أحمد علي", "د", "أحمد علي"),
            ("م/أحمد علي", "م", "أحمد علي"),
            ("أ.د.محمد حسن", "أ|د", "محمد حسن"),
            ("Dr. Ali Rezaei", "Dr.", "Ali Rezaei"),
            ("Dr.Ali Rezaei", "Dr", "Ali Rezaei"),
            ("Eng. Sara Ahmadi, PhD", "PhD|Eng.", "Sara Ahmadi"),
            ("Mr. John Smith Jr.", "Mr.|Jr.", "John Smith"),
            ("Rezaei, Mohammad", "", "Mohammad Rezaei"),
        ] {
            let person = person(text);
            assert_eq!(person.titles.join("|"), titles, "{text}");
            assert_eq!(person.name(), name, "{text}");
        }
    }

    #[test]
    fn a_name_that_looks_like_a_title_stays_a_name() {
        for text in [
            "دکتر",
            "سید",
            "حاجی زاده",
            "شیخ الاسلامی",
            "م. رضایی",
            "Ali Sheikh",
            "محمد الشيخ",
        ] {
            let person = person(text);
            assert_eq!(person.titles, Vec::<String>::new(), "{text}");
            assert_eq!(person.name(), text);
        }
        assert_eq!(split("").1, Vec::<String>::new());
        assert_eq!(split(" - ").1, Vec::<String>::new());
    }

    #[test]
    fn chains_and_compounds_are_one_part() {
        for (text, parts) in [
            ("عبد الرحمن بن أبي بكر", &["عبد الرحمن", "بن أبي بكر"][..]),
            (
                "محمد بن سلمان بن عبد العزيز آل سعود",
                &["محمد", "بن سلمان", "بن عبد العزيز", "آل سعود"],
            ),
            ("صلاح الدين الأيوبي", &["صلاح الدين", "الأيوبي"]),
            ("رضا علی زاده", &["رضا", "علی زاده"]),
            ("نصر الله پور حسن", &["نصر الله پور", "حسن"]),
            ("Abdul Rahman Al Saud", &["Abdul Rahman", "Al Saud"]),
            ("Al Pacino", &["Al", "Pacino"]),
            ("Ludwig van Beethoven", &["Ludwig", "van Beethoven"]),
        ] {
            assert_eq!(split(text).1, parts, "{text}");
        }
        let person = person("مهندس رضا علی زاده");
        assert_eq!(
            (person.given(), person.family()),
            (Some("رضا"), Some("علی زاده"))
        );
    }

    proptest! {
        #[test]
        fn no_word_is_lost(text in "[ا-یa-zA-Z .,/،]{0,40}") {
            let person = person(&text);
            let letters = |text: &str| {
                let mut letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
                letters.sort_unstable();
                letters
            };
            let told = format!("{}{}", person.titles.concat(), person.name());
            prop_assert_eq!(letters(&told), letters(&text));
        }
    }
}
