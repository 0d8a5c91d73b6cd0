//! How does a word sound, whichever script it is written in?
//!
//! A word becomes a short list of sounds. Persian and Arabic leave out short vowels and Latin spellings differ in all
//! vowels, so vowels weigh little; letters that are one sound in Persian or are spelt alike in Latin (ق and غ; ث, س and
//! ص; ذ, ز, ض and ظ) are near to each other. Two words are compared by the cheapest way to turn one into the other.

/// Of longer words the first sounds count.
const MOST_SOUNDS: usize = 24;

/// One sound, or one letter that may be several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(super) enum Sound {
    B,
    P,
    T,
    /// ث, and `th`.
    Th,
    J,
    Ch,
    H,
    /// خ, and `kh`.
    Kh,
    D,
    /// ذ, and `dh`.
    Dh,
    /// ض.
    Dad,
    /// ظ.
    Za,
    R,
    Z,
    /// ژ, and `zh`.
    Zh,
    S,
    Sh,
    /// غ, and `gh`.
    Gh,
    F,
    Q,
    K,
    G,
    L,
    M,
    N,
    V,
    /// و, and `w`: a consonant or a vowel.
    Waw,
    /// ی, and `y`: a consonant or a vowel.
    Ye,
    /// ه or ة at the end.
    He,
    /// ع and hamza, and an apostrophe.
    Ayn,
    /// ا.
    Alef,
    A,
    E,
    I,
    O,
    U,
}

use Sound::{
    A, Alef, Ayn, B, Ch, D, Dad, Dh, E, F, G, Gh, H, He, I, J, K, Kh, L, M, N, O, P, Q, R, S, Sh,
    T, Th, U, V, Waw, Ye, Z, Za, Zh,
};

const SOUNDS: usize = U as usize + 1;

/// What an unrelated consonant in place of another costs: less than leaving out the one and adding the other.
const OTHER_CONSONANT: u8 = 26;
/// What a sound costs in place of one of another sort: never the cheapest way.
const NEVER: u8 = 100;

/// What one sound costs in place of another. What is not here costs [`OTHER_CONSONANT`] among consonants.
const NEAR: &[(Sound, Sound, u8)] = &[
    (Q, Gh, 0),
    (Q, G, 3),
    (Q, K, 3),
    (Q, Kh, 8),
    (Gh, G, 3),
    (Gh, K, 8),
    (Gh, Kh, 8),
    (G, K, 8),
    (G, J, 5),
    (Kh, K, 5),
    (Kh, H, 7),
    (B, P, 4),
    (B, V, 8),
    (B, Waw, 10),
    (P, F, 8),
    (V, F, 8),
    (F, Waw, 12),
    (T, Th, 4),
    (T, D, 8),
    (T, He, 6),
    (S, Th, 1),
    (S, Sh, 8),
    (S, Z, 8),
    (S, Ch, 12),
    (Th, Dh, 4),
    (Th, Za, 4),
    (Th, Z, 6),
    (Th, D, 8),
    (Sh, Ch, 4),
    (Sh, Zh, 8),
    (Ch, J, 7),
    (Ch, K, 10),
    (J, Zh, 3),
    (J, Z, 8),
    (J, Ye, 6),
    (Zh, Z, 6),
    (Z, Dh, 0),
    (Z, Dad, 0),
    (Z, Za, 0),
    (Dh, Dad, 1),
    (Dh, Za, 1),
    (Dad, Za, 1),
    (D, Dh, 3),
    (D, Dad, 2),
    (D, Za, 4),
    (D, Z, 14),
    (M, N, 10),
    (H, He, 1),
    (He, A, 0),
    (He, E, 0),
    (He, Alef, 2),
    (He, I, 6),
    (He, O, 8),
    (Ayn, A, 0),
    (Ayn, E, 1),
    (Ayn, O, 1),
    (Ayn, I, 1),
    (Ayn, U, 2),
    (Ayn, Alef, 1),
    (Alef, A, 0),
    (Alef, E, 2),
    (Alef, O, 3),
    (Alef, I, 5),
    (Alef, U, 5),
    (Alef, Ye, 6),
    (Alef, Waw, 8),
    (V, Waw, 1),
    (V, U, 5),
    (Waw, U, 0),
    (Waw, O, 1),
    (Waw, A, 6),
    (Waw, E, 8),
    (Ye, I, 0),
    (Ye, E, 2),
    (Ye, A, 5),
    (A, E, 3),
    (A, O, 5),
    (A, U, 6),
    (A, I, 6),
    (E, I, 2),
    (E, O, 5),
    (E, U, 6),
    (I, O, 8),
    (I, U, 8),
    (O, U, 1),
];

static COSTS: [[u8; SOUNDS]; SOUNDS] = costs();

const fn costs() -> [[u8; SOUNDS]; SOUNDS] {
    let mut table = [[NEVER; SOUNDS]; SOUNDS];
    let mut one = 0;
    while one < SOUNDS {
        let mut other = 0;
        while other < SOUNDS {
            if one == other {
                table[one][other] = 0;
            } else if one <= V as usize && other <= V as usize {
                table[one][other] = OTHER_CONSONANT;
            }
            other += 1;
        }
        one += 1;
    }
    let mut at = 0;
    while at < NEAR.len() {
        let (one, other, cost) = NEAR[at];
        table[one as usize][other as usize] = cost;
        table[other as usize][one as usize] = cost;
        at += 1;
    }
    table
}

impl Sound {
    fn instead_of(self, other: Self) -> u16 {
        let row = COSTS.get(self as usize);
        let cost = row.and_then(|row| row.get(other as usize));
        cost.copied().unwrap_or(NEVER).into()
    }

    pub(super) fn is_vowel(self) -> bool {
        matches!(self, Ayn | Alef | A | E | I | O | U)
    }

    /// What it costs to leave this sound out, at the end of a word or before it, in a word without short vowels or
    /// beside one.
    fn left_out(self, last: bool, unvowelled: bool) -> u16 {
        match self {
            A | E | O if unvowelled => 1,
            I | U if unvowelled => 3,
            A | E | O => 4,
            I | U => 6,
            Ayn => 1,
            Alef | Waw | Ye => 9,
            H if last => 1,
            He => 3,
            H => 16,
            _ => 20,
        }
    }
}

/// The sounds of one word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Sounds {
    pub(super) list: Vec<Sound>,
    /// Whether it was written in a script that leaves out short vowels.
    pub(super) unvowelled: bool,
}

impl Sounds {
    /// Of one folded word.
    pub(super) fn of(word: &str) -> Self {
        let unvowelled = word.chars().any(is_abjad);
        let mut list = match unvowelled {
            true => abjad(word),
            false => latin(word),
        };
        list.truncate(MOST_SOUNDS);
        Self { list, unvowelled }
    }

    /// How much two words sound alike, 0 to 1. Nothing is like a word without sounds.
    pub(super) fn likeness(&self, other: &Self) -> f64 {
        let (whole, whole_other) = (self.weight(other), other.weight(self));
        if self.list.is_empty() || other.list.is_empty() {
            return 0.0;
        }
        let whole = f64::from(whole + whole_other);
        (1.0 - 2.0 * f64::from(self.distance(other)) / whole.max(1.0)).max(0.0)
    }

    fn weight(&self, beside: &Self) -> u16 {
        let last = self.list.len().saturating_sub(1);
        let sounds = self.list.iter().enumerate();
        sounds
            .map(|(at, sound)| sound.left_out(at == last, beside.unvowelled))
            .sum()
    }

    /// The cost of the cheapest way from one word to the other.
    fn distance(&self, other: &Self) -> u16 {
        let (last, last_other) = (
            self.list.len().saturating_sub(1),
            other.list.len().saturating_sub(1),
        );
        let mut above = [0u16; MOST_SOUNDS + 1];
        let mut row = [0u16; MOST_SOUNDS + 1];
        for (at, sound) in other.list.iter().enumerate().take(MOST_SOUNDS) {
            above[at + 1] = above[at] + sound.left_out(at == last_other, self.unvowelled);
        }
        for (at, sound) in self.list.iter().enumerate() {
            let without = sound.left_out(at == last, other.unvowelled);
            row[0] = above[0] + without;
            for (at_other, heard) in other.list.iter().enumerate().take(MOST_SOUNDS) {
                let added = heard.left_out(at_other == last_other, self.unvowelled);
                row[at_other + 1] = (above[at_other] + sound.instead_of(*heard))
                    .min(above[at_other + 1] + without)
                    .min(row[at_other] + added);
            }
            std::mem::swap(&mut above, &mut row);
        }
        above[other.list.len().min(MOST_SOUNDS)]
    }
}

/// Letters of the Arabic script.
pub(super) fn is_abjad(c: char) -> bool {
    matches!(c, '\u{0620}'..='\u{064a}' | '\u{066e}'..='\u{06d5}' | '\u{06ee}'..='\u{06ef}')
}

/// The sounds of a word in Persian or Arabic letters, folded.
fn abjad(word: &str) -> Vec<Sound> {
    let mut list: Vec<Sound> = Vec::with_capacity(word.len() / 2);
    let mut letters = word.chars().peekable();
    while let Some(letter) = letters.next() {
        let last = letters.peek().is_none();
        let Some(sound) = of_letter(letter, last) else {
            continue;
        };
        // «رضایی» ends in one long vowel, and a doubled letter is spelt with one as often.
        let doubled = list.last() == Some(&sound) && matches!(sound, Ye | Waw | L);
        if !doubled {
            list.push(sound);
        }
    }
    // A vowel at the beginning is written with a letter that is none.
    if let [Alef, second, ..] = list.as_slice()
        && matches!(second, Ye | Waw)
    {
        list.remove(0);
        if let Some(first) = list.first_mut() {
            *first = if *first == Ye { I } else { U };
        }
    }
    list
}

fn of_letter(letter: char, last: bool) -> Option<Sound> {
    Some(match letter {
        'ب' => B,
        'پ' => P,
        'ت' | 'ط' => T,
        'ث' => Th,
        'ج' => J,
        'چ' => Ch,
        'ح' => H,
        'ه' if last => He,
        'ه' => H,
        'خ' => Kh,
        'د' => D,
        'ذ' => Dh,
        'ض' => Dad,
        'ظ' => Za,
        'ر' => R,
        'ز' => Z,
        'ژ' => Zh,
        'س' | 'ص' => S,
        'ش' => Sh,
        'غ' => Gh,
        'ف' | 'ڤ' => F,
        'ق' => Q,
        'ک' => K,
        'گ' => G,
        'ل' => L,
        'م' => M,
        'ن' => N,
        'و' => Waw,
        'ی' => Ye,
        'ع' | 'ء' => Ayn,
        'ا' => Alef,
        _ => return None,
    })
}

/// What two and three Latin letters are together.
const TOGETHER: &[(&str, &[Sound])] = &[
    ("tch", &[Ch]),
    ("sch", &[Sh]),
    ("sh", &[Sh]),
    ("ch", &[Ch]),
    ("kh", &[Kh]),
    ("gh", &[Gh]),
    ("zh", &[Zh]),
    ("th", &[Th]),
    ("dh", &[Dh]),
    ("ph", &[F]),
    ("dj", &[J]),
    ("ck", &[K]),
    ("cq", &[K]),
    ("ee", &[I]),
    ("ie", &[I]),
    ("oo", &[U]),
    ("ou", &[U]),
    ("aa", &[A]),
    ("ii", &[I]),
    ("iy", &[I]),
    ("yi", &[I]),
    ("ce", &[S, E]),
    ("ci", &[S, I]),
    ("x", &[K, S]),
];

/// The sounds of a word in Latin letters, in small ones.
fn latin(word: &str) -> Vec<Sound> {
    let mut plain = String::with_capacity(word.len());
    word.chars().for_each(|c| push_plain(&mut plain, c));
    let mut list: Vec<Sound> = Vec::with_capacity(plain.len());
    let mut rest = plain.as_str();
    while let Some(first) = rest.chars().next() {
        let together = TOGETHER.iter().find(|(text, _)| rest.starts_with(text));
        let (length, sounds) = match together {
            // «Khosrow», «Nowruz»: one vowel, but not in «Towhid»'s «Javad».
            None if rest.starts_with("ow") && !rest.get(2..).is_some_and(begins_with_vowel) => {
                (2, [U].as_slice())
            }
            None => (first.len_utf8(), of_latin(first)),
            Some((text, sounds)) => (text.len(), *sounds),
        };
        for sound in sounds {
            if list.last() != Some(sound) {
                list.push(*sound);
            }
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    list
}

fn begins_with_vowel(text: &str) -> bool {
    text.starts_with(['a', 'e', 'i', 'o', 'u'])
}

fn of_latin(letter: char) -> &'static [Sound] {
    match letter {
        'a' => &[A],
        'b' => &[B],
        'c' | 'k' => &[K],
        'd' => &[D],
        'e' => &[E],
        'f' => &[F],
        'g' => &[G],
        'h' | '7' => &[H],
        'i' => &[I],
        'j' => &[J],
        'l' => &[L],
        'm' => &[M],
        'n' => &[N],
        'o' => &[O],
        'p' => &[P],
        'q' => &[Q],
        'r' => &[R],
        's' => &[S],
        't' => &[T],
        'u' => &[U],
        'v' => &[V],
        'w' => &[Waw],
        'y' => &[Ye],
        'z' => &[Z],
        '5' => &[Kh],
        '\'' | '3' | '2' => &[Ayn],
        _ => &[],
    }
}

/// A Latin letter without its marks.
fn push_plain(to: &mut String, letter: char) {
    let plain = match letter {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ā' => "a",
        'é' | 'è' | 'ê' | 'ë' | 'ē' => "e",
        'í' | 'ì' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ō' | 'ø' => "o",
        'ú' | 'ù' | 'û' | 'ü' | 'ū' => "u",
        'ş' | 'š' => "sh",
        'ç' | 'č' => "ch",
        'ğ' | 'ġ' => "gh",
        'ž' => "zh",
        'ḵ' => "kh",
        'ḥ' | 'ħ' => "h",
        'ṣ' | 'ś' => "s",
        'ṭ' => "t",
        'ḍ' => "d",
        'ẓ' | 'ż' => "z",
        'ñ' => "n",
        'ý' => "y",
        'ß' => "ss",
        'ʿ' | 'ʾ' | '’' | '‘' | '`' => "'",
        other => {
            to.push(other);
            return;
        }
    };
    to.push_str(plain);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(one: &str, other: &str) -> f64 {
        Sounds::of(one).likeness(&Sounds::of(other))
    }

    #[test]
    fn a_name_is_nearest_to_its_own_spelling_in_the_other_script() {
        for (latin, own, others) in [
            ("mohammad", "محمد", ["محمود", "احمد", "مهدی"]),
            ("hasan", "حسن", ["حسین", "احسان", "سوسن"]),
            ("ghasem", "قاسم", ["قائم", "کاظم", "هاشم"]),
            ("kadhim", "کاظم", ["کریم", "قاسم", "خادم"]),
            ("karimi", "کریمی", ["کرمی", "کرمانی", "رحیمی"]),
        ] {
            let near = likeness(latin, own);
            assert!(near > 0.9, "{latin} {own} {near}");
            for other in others {
                assert!(likeness(latin, other) < near, "{latin} {other}");
            }
        }
    }

    #[test]
    fn likeness_is_the_same_both_ways_and_one_for_a_word_and_itself() {
        let words = [
            "mohammad",
            "محمد",
            "shahrokh",
            "شاهرخ",
            "xavier",
            "",
            "۱۲",
            "Ж",
        ];
        for one in words {
            for other in words {
                assert_eq!(likeness(one, other), likeness(other, one), "{one} {other}");
            }
        }
        assert_eq!(likeness("شاهرخ", "شاهرخ"), 1.0);
        assert_eq!(likeness("Ж", "Ж"), 0.0);
    }
}
