//! Which of many names are nearest to one?

use std::collections::HashMap;

use super::name::{Name, Word};

/// A word that is less alike than this is another one.
const ALIKE: f64 = 0.6;
/// How many different names are compared in full for one question.
const MOST_COMPARED: usize = 64;

/// Many names, to be asked for those nearest to one, in any script.
///
/// ```
/// use peyvand::matching::NameIndex;
///
/// let index = NameIndex::of(["محمد رضایی", "محمود رضاپور", "سارا کریمی"]);
/// let nearest = index.nearest("Mohammad Rezaei", 1);
/// assert_eq!(nearest[0].0, 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct NameIndex {
    words: Vec<Word>,
    by_text: HashMap<String, u32>,
    by_key: HashMap<String, Vec<u32>>,
    /// The different names in which a word is, by the word.
    names_with: Vec<Vec<u32>>,
    names: Vec<Name>,
    /// The places of those who bear a name, by the name.
    bearers: Vec<Vec<usize>>,
}

impl NameIndex {
    /// Of names, which are then known by their places, from 0.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut index = Self::default();
        let mut known: HashMap<String, u32> = HashMap::new();
        for (place, text) in names.into_iter().enumerate() {
            let name = Name::of(text);
            let words: Vec<&str> = name.words().iter().map(|word| word.text.as_str()).collect();
            let number = *known
                .entry(words.join(" "))
                .or_insert_with(|| index.add(name));
            if let Some(bearers) = index.bearers.get_mut(number as usize) {
                bearers.push(place);
            }
        }
        index
    }

    fn add(&mut self, name: Name) -> u32 {
        let number = self.names.len() as u32;
        for unit in name.units() {
            let word = self.word(unit);
            if let Some(names) = self.names_with.get_mut(word as usize)
                && names.last() != Some(&number)
            {
                names.push(number);
            }
        }
        self.names.push(name);
        self.bearers.push(Vec::new());
        number
    }

    fn word(&mut self, word: Word) -> u32 {
        if let Some(known) = self.by_text.get(&word.text) {
            return *known;
        }
        let number = self.words.len() as u32;
        for key in word.keys() {
            let words = self.by_key.entry(key).or_default();
            if words.last() != Some(&number) {
                words.push(number);
            }
        }
        self.by_text.insert(word.text.clone(), number);
        self.words.push(word);
        self.names_with.push(Vec::new());
        number
    }

    /// The places of the nearest names with how much each is alike, from 0 to 1; the nearest first, of equally near ones
    /// the first. Names that share no word's key are not among them.
    #[must_use]
    pub fn nearest(&self, name: &str, limit: usize) -> Vec<(usize, f64)> {
        let asked = Name::of(name);
        let mut near: Vec<(f64, u32)> = self
            .candidates(&asked)
            .into_iter()
            .filter_map(|number| {
                let name = self.names.get(number as usize)?;
                Some((asked.likeness(name), number))
            })
            .collect();
        near.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        let bearers = near.into_iter().flat_map(|(likeness, number)| {
            let bearers = self.bearers.get(number as usize).into_iter().flatten();
            bearers.map(move |place| (*place, likeness))
        });
        bearers.take(limit).collect()
    }

    /// The names that share the most with what is asked for.
    fn candidates(&self, asked: &Name) -> Vec<u32> {
        let words = asked.words().len();
        // By name: how much is found of each word asked for, and of each two of them as one.
        let mut found: HashMap<u32, Vec<f32>> = HashMap::new();
        let units = asked.units();
        for (place, unit) in units.iter().enumerate() {
            for (word, likeness) in self.alike(unit) {
                for name in self.names_with.get(word as usize).into_iter().flatten() {
                    let of_units = found.entry(*name).or_insert_with(|| vec![0.0; units.len()]);
                    if let Some(best) = of_units.get_mut(place) {
                        *best = best.max(likeness as f32);
                    }
                }
            }
        }
        let mut ranked: Vec<(f32, u32)> = found
            .into_iter()
            .map(|(name, of_units)| (sum(&of_units, words), name))
            .collect();
        ranked.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        ranked.truncate(MOST_COMPARED);
        ranked.into_iter().map(|(_, name)| name).collect()
    }

    /// The words that share a key with one and are like it.
    fn alike(&self, asked: &Word) -> Vec<(u32, f64)> {
        let keys = asked.keys().into_iter();
        let mut words: Vec<u32> = keys
            .filter_map(|key| self.by_key.get(&key))
            .flatten()
            .copied()
            .collect();
        words.sort_unstable();
        words.dedup();
        let likeness = |word: u32| Some((word, self.words.get(word as usize)?.likeness(asked)));
        let alike = words.into_iter().filter_map(likeness);
        alike.filter(|(_, likeness)| *likeness >= ALIKE).collect()
    }
}

/// What is found of all words; where two of them were found as one, those count twice.
fn sum(of_units: &[f32], words: usize) -> f32 {
    let (singly, joined) = of_units.split_at(words.min(of_units.len()));
    let all: f32 = singly.iter().sum();
    let with_joined = joined.iter().enumerate().map(|(at, likeness)| {
        let instead: f32 = singly.iter().skip(at).take(2).sum();
        all - instead + 2.0 * likeness
    });
    with_joined.fold(all, f32::max)
}
