//! Which sounds do the letters of a word stand for?

use super::sound::Sound::{
    self, A, Alef, Ayn, B, Ch, D, Dad, Dh, E, F, G, Gh, H, He, I, J, K, Kh, L, M, N, O, P, Q, R, S,
    Sh, T, Th, U, V, Waw, Ye, Z, Za, Zh,
};

/// Letters of the Arabic script.
pub(super) fn is_abjad(c: char) -> bool {
    matches!(c, '\u{0620}'..='\u{064a}' | '\u{066e}'..='\u{06d5}' | '\u{06ee}'..='\u{06ef}')
}

/// The sounds of a word in Persian or Arabic letters, folded.
pub(super) fn abjad(word: &str) -> Vec<Sound> {
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
pub(super) fn latin(word: &str) -> Vec<Sound> {
    let mut plain = String::with_capacity(word.len());
    word.chars().for_each(|c| push_plain(&mut plain, c));
    let mut list: Vec<Sound> = Vec::with_capacity(plain.len());
    let mut rest = plain.as_str();
    while let Some(first) = rest.chars().next() {
        let together = TOGETHER.iter().find(|(text, _)| rest.starts_with(text));
        let (length, sounds) = match together {
            // `Khosrow`, `Nowruz`: one vowel, unless another follows.
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
