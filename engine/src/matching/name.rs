//! How much are two names alike, and under which keys do names that may be the same meet?

use super::sound::{Sound, Sounds, is_abjad};
use crate::locale::fold_text;

/// Of longer names the first words count.
const MOST_WORDS: usize = 8;
/// How many keys a word has at most.
const MOST_KEYS: usize = 8;
/// What a word without a partner counts, beside one with a partner: people leave out middle names.
const WITHOUT_PARTNER: f64 = 0.5;
/// What the same words in another order lose.
const OTHER_ORDER: f64 = 0.02;

/// Articles and what stands between the links of an Arabic chain: written or not, it is the same name.
const PARTICLES: [&str; 17] = [
    "al", "el", "ul", "ol", "as", "ad", "bin", "ibn", "ben", "bint", "bent", "ould", "ال", "بن",
    "ابن", "بنت", "ولد",
];

/// A name made ready to be compared: its words in one spelling, and how they sound.
///
/// ```
/// use peyvand::matching::Name;
///
/// let name = Name::of("محمّد رضايي");
/// assert!(name.likeness(&Name::of("Mohammad Rezaei")) > 0.95);
/// assert!(name.likeness(&Name::of("REZAEE, Muhammad")) > 0.9);
/// assert!(name.likeness(&Name::of("محمود رضاپور")) < 0.9);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Name {
    words: Vec<Word>,
}

impl Name {
    /// Of what was typed, in whichever script. Half-spaces, vowel signs and the kinds of yeh, kaf, heh and hamza make
    /// no difference; titles are to be split off before.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let folded = fold_text(text);
        let parts = folded.split(|c: char| !c.is_alphanumeric() && !is_apostrophe(c));
        let mut words: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        if words.iter().any(|word| !PARTICLES.contains(word)) {
            words.retain(|word| !PARTICLES.contains(word));
        }
        let words = words.into_iter().take(MOST_WORDS);
        Self {
            words: words.map(Word::of).collect(),
        }
    }

    /// Whether there is nothing to compare.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How much two names are alike, from 0 to 1: word by word, in any order, with two words of one joined where the
    /// other has one word for them («علی رضا», `Alireza`). The same both ways.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> f64 {
        let (fewer, more) = match self.words.len() <= other.words.len() {
            true => (self, other),
            false => (other, self),
        };
        let mut best = paired(&fewer.words, &more.words);
        if fewer.words.len() < more.words.len() && best < 1.0 {
            for at in 1..more.words.len() {
                best = best.max(paired(&fewer.words, &more.joined(at)));
            }
        }
        best
    }

    /// Keys under which names meet that may be the same: of each word, and of each two neighbours as one word. They are
    /// consonants in classes, the same for every script.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.units().iter().flat_map(Word::keys).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The one key under which most spellings of the whole name meet: the keys of its words, sorted.
    #[must_use]
    pub fn key(&self) -> String {
        let mut keys: Vec<String> = self.words.iter().map(Word::key).collect();
        keys.sort_unstable();
        keys.join(" ")
    }

    /// The words in one spelling.
    pub(super) fn folded(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }

    pub(super) fn words(&self) -> &[Word] {
        &self.words
    }

    /// The words, and each two neighbours as one.
    pub(super) fn units(&self) -> Vec<Word> {
        let pairs = self.words.windows(2).filter_map(|pair| match pair {
            [one, other] => Some(one.with(other)),
            _ => None,
        });
        self.words.iter().cloned().chain(pairs).collect()
    }

    /// The words with the one at a place joined to the one before it.
    fn joined(&self, at: usize) -> Vec<Word> {
        let mut words = Vec::with_capacity(self.words.len());
        for (place, word) in self.words.iter().enumerate() {
            match words.last_mut() {
                Some(before) if place == at => *before = word.after(before),
                _ => words.push(word.clone()),
            }
        }
        words
    }
}

/// The likeness of two lists of words: the best pair first, until one of them has no more.
fn paired(fewer: &[Word], more: &[Word]) -> f64 {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::with_capacity(fewer.len() * more.len());
    for (at, word) in fewer.iter().enumerate() {
        for (at_other, other) in more.iter().enumerate() {
            pairs.push((word.likeness(other), at, at_other));
        }
    }
    // Of equally good pairs those at the same place first.
    pairs.sort_by(|one, other| {
        let apart = |pair: &(f64, usize, usize)| pair.1.abs_diff(pair.2);
        other
            .0
            .total_cmp(&one.0)
            .then(apart(one).cmp(&apart(other)))
            .then((one.1 + one.2).cmp(&(other.1 + other.2)))
    });
    let (mut taken, mut taken_other) = (0u16, 0u16);
    let (mut sum, mut whole) = (0.0, 0.0);
    let mut partners: Vec<(usize, usize)> = Vec::with_capacity(fewer.len());
    for (likeness, at, at_other) in pairs {
        if taken & (1 << at) != 0 || taken_other & (1 << at_other) != 0 {
            continue;
        }
        taken |= 1 << at;
        taken_other |= 1 << at_other;
        let weight = weight(fewer.get(at)) + weight(more.get(at_other));
        sum += likeness * weight;
        whole += weight;
        partners.push((at, at_other));
    }
    let alone = more.iter().enumerate();
    let alone = alone.filter(|(at, _)| taken_other & (1 << at) == 0);
    whole += WITHOUT_PARTNER * alone.map(|(_, word)| weight(Some(word))).sum::<f64>();
    if whole == 0.0 {
        return 0.0;
    }
    partners.sort_unstable();
    let in_order = partners.is_sorted_by_key(|(_, at_other)| *at_other);
    let lost = if in_order { 0.0 } else { OTHER_ORDER };
    (sum / whole - lost).max(0.0)
}

fn weight(word: Option<&Word>) -> f64 {
    word.map_or(0.0, |word| 2.0 + word.text.chars().count() as f64)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | 'ʿ' | 'ʾ')
}

/// One word of a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) text: String,
    /// How it sounds: with letters apart that may be one sound, as it stands, and without its article.
    sounds: Vec<Sounds>,
}

impl Word {
    pub(super) fn of(text: &str) -> Self {
        let text = plain(text);
        let mut sounds = Vec::with_capacity(1);
        sounds.extend(apart(&text).map(|text| Sounds::of(&text)));
        sounds.push(Sounds::of(&text));
        if let Some(rest) = without_article(&text) {
            sounds.push(Sounds::of(rest));
        }
        Self { text, sounds }
    }

    fn with(&self, next: &Self) -> Self {
        Self::of(&format!("{}{}", self.text, next.text))
    }

    fn after(&self, before: &Self) -> Self {
        before.with(self)
    }

    /// How much two words are alike. In one script what was mistyped counts too, not only what is heard.
    pub(super) fn likeness(&self, other: &Self) -> f64 {
        if self.text == other.text {
            return 1.0;
        }
        let heard = self.sounds.iter().flat_map(|one| {
            let others = other.sounds.iter();
            others.map(|other| one.likeness(other))
        });
        let heard = heard.fold(0.0, f64::max);
        let script = |word: &Self| word.sounds.first().is_some_and(|sounds| sounds.unvowelled);
        if script(self) != script(other) {
            return heard;
        }
        // Two spellings that differ are never quite the same.
        heard
            .max(strsim::jaro_winkler(&self.text, &other.text))
            .min(0.99)
    }

    /// The key under which most spellings of this word meet.
    pub(super) fn key(&self) -> String {
        let keys = self.sounds.last().map(skeletons);
        keys.and_then(|keys| keys.into_iter().next())
            .unwrap_or_default()
    }

    pub(super) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.sounds.iter().flat_map(skeletons).collect();
        if keys.is_empty() {
            keys.push(self.text.clone());
        }
        keys
    }
}

/// A word without the article inside that one script or spelling writes and another does not: «عبدالرحمن» is
/// `Abdurrahman`, «نورالدین» is `Nuruddin`.
fn plain(word: &str) -> String {
    if let Some(rest) = word.strip_prefix("عبدال")
        && rest.chars().count() >= 3
    {
        return format!("عبد{rest}");
    }
    if let Some(name) = word.strip_suffix("الدین").filter(|name| !name.is_empty()) {
        return format!("{name}دین");
    }
    let mut letters = word.chars();
    if word.starts_with("abd") {
        let mut rest = letters.by_ref().skip(3);
        if let (Some('a' | 'e' | 'o' | 'u'), Some(next), Some(after)) =
            (rest.next(), rest.next(), rest.next())
            && (next == 'l') != (after == 'l' || next == after)
        {
            let rest: String = rest.collect();
            if rest.len() >= 2 {
                return format!("abd'{after}{rest}");
            }
        }
    }
    for ending in [
        "oddin", "odin", "uddin", "udin", "eddin", "edin", "addin", "aldin", "eldin", "uldin",
        "oldin", "oddeen", "uddeen", "eddeen", "aldeen", "eldeen", "addine", "eddine", "uddine",
    ] {
        if let Some(name) = word.strip_suffix(ending).filter(|name| name.len() >= 3) {
            return format!("{name}din");
        }
    }
    word.to_owned()
}

/// The rest of a word that may begin with the Arabic article.
fn without_article(word: &str) -> Option<&str> {
    let rest = ["ال", "al", "el"]
        .into_iter()
        .find_map(|article| word.strip_prefix(article))?;
    let begins = rest.chars().next()?;
    (rest.chars().count() >= 3 && !is_vowel(begins)).then_some(rest)
}

/// A word in which two letters that are mostly one sound are two: `Fathi` is «فتحی», `Eshagh` is «اسحاق».
fn apart(text: &str) -> Option<String> {
    let pair = ["th", "zh", "sha"]
        .into_iter()
        .find(|pair| text.contains(pair))?;
    let (first, rest) = pair.split_at(1);
    Some(text.replace(pair, &format!("{first}'{rest}")))
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y') || !is_abjad(c) && !c.is_alphabetic()
}

/// The consonants of a word in classes, in every reading of letters that may be several; the usual reading first.
fn skeletons(sounds: &Sounds) -> Vec<String> {
    let mut keys = vec![String::new()];
    let last = sounds.list.len().saturating_sub(1);
    for (at, sound) in sounds.list.iter().enumerate() {
        let readings = classes(*sound, at == 0, at == last);
        let longer = |key: &String, reading: &str| {
            let mut key = key.clone();
            for class in reading.chars() {
                if class == 'b' && key.ends_with('n') {
                    key.pop();
                    key.push('m');
                }
                if !key.ends_with(class) {
                    key.push(class);
                }
            }
            key
        };
        let mut all: Vec<String> = Vec::with_capacity(keys.len() * readings.len());
        for reading in readings {
            all.extend(keys.iter().map(|key| longer(key, reading)));
        }
        all.truncate(MOST_KEYS);
        if !all.is_empty() {
            keys = all;
        }
    }
    keys.retain(|key| !key.is_empty());
    keys
}

/// How a sound may stand in a key; nothing where it does not.
fn classes(sound: Sound, first: bool, last: bool) -> &'static [&'static str] {
    match sound {
        Sound::B | Sound::P => &["b"],
        Sound::T => &["t"],
        Sound::Th => &["s", "t", "z"],
        Sound::J => &["j", "k"],
        Sound::Ch => &["c", "s"],
        Sound::H | Sound::He if last => &[],
        Sound::H | Sound::He => &["h"],
        Sound::Kh | Sound::Gh | Sound::Q | Sound::K => &["k"],
        Sound::G => &["k", "j"],
        Sound::D => &["d"],
        Sound::Dh => &["z", "d"],
        Sound::Dad | Sound::Za => &["z", "d"],
        Sound::R => &["r"],
        Sound::Z => &["z"],
        Sound::Zh => &["j", "z"],
        Sound::S | Sound::Sh => &["s"],
        Sound::F => &["f"],
        Sound::L => &["l"],
        Sound::M => &["m"],
        Sound::N => &["n"],
        Sound::V | Sound::Waw if first => &["v"],
        Sound::Ye if first => &["y"],
        Sound::U if first => &["a", "v"],
        sound if first && sound.is_vowel() => &["a"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(one: &str, other: &str) -> f64 {
        Name::of(one).likeness(&Name::of(other))
    }

    #[test]
    fn one_name_in_two_scripts_meets_under_a_key_and_is_alike() {
        for (one, other) in [
            ("محمد رضایی", "Mohammad Rezaei"),
            ("عبدالرحمن الفهد", "Abdurrahman Al-Fahd"),
            ("عبد الرحمن فهد", "Abdul Rahman al Fahd"),
            ("علیرضا قاسم‌پور", "Ali Reza Ghasempour"),
            ("نور الدین", "Nureddin"),
            ("عثمان بن عفان", "Uthman ibn Affan"),
            ("مظهری", "Mazhari"),
            ("فتحی", "Fathi"),
            ("اسحاق", "Eshagh"),
            ("جمال", "Gamal"),
            ("رشید", "Rachid"),
            ("ولید", "Oualid"),
        ] {
            let (name, latin) = (Name::of(one), Name::of(other));
            let keys = name.keys();
            assert!(
                latin.keys().iter().any(|key| keys.contains(key)),
                "{one} {keys:?} {:?}",
                latin.keys()
            );
            assert!(
                name.likeness(&latin) > 0.8,
                "{one} {other} {}",
                name.likeness(&latin)
            );
        }
    }

    #[test]
    fn letters_that_are_typed_otherwise_make_no_difference() {
        for (one, other) in [
            ("فاطمة الزهراء", "فاطمه الزهرا\u{621}"),
            ("علي رضائي", "علی رضایی"),
            ("علی\u{200c}رضا", "علیرضا"),
            ("کبری", "كبرى"),
            ("أحمد مؤمني", "احمد مومنی"),
        ] {
            assert_eq!(likeness(one, other), 1.0, "{one} {other}");
        }
    }

    #[test]
    fn order_and_joined_words_count_little_and_other_names_much() {
        assert!(likeness("رضایی محمد", "محمد رضایی") > 0.95);
        assert!(likeness("محمد رضا کریمی", "محمدرضا کریمی") == 1.0);
        assert!(likeness("محمد رضایی", "محمود رضایی") < 0.99);
        assert!(likeness("سارا کریمی", "محمد رضایی") < 0.6);
        assert_eq!(likeness("", "محمد"), 0.0);
        assert_eq!(likeness("", ""), 0.0);
    }

    #[test]
    fn likeness_is_the_same_both_ways() {
        let names = ["Ali Reza", "علیرضا", "reza", "رضا علی کریمی", "-", "x"];
        for one in names {
            for other in names {
                assert_eq!(likeness(one, other), likeness(other, one), "{one} {other}");
            }
        }
    }
}
