//! What would these keys be on another keyboard layout?
//!
//! Who types without looking types `lpln` for «محمد», and «شزئث» for `acme`. Three layouts: the Latin one of the United
//! States; the Persian one of ISIRI 9147, which Windows calls «Persian (Standard)», with the two keys of the older
//! Persian layout of Windows that differ; Arabic (101). Letters and what stands on the keys of letters; digits are the
//! same everywhere.
//!
//! Sources: ISIRI 9147, first edition; the layout charts of Windows for Persian and Arabic (101).

/// A way to write with one keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyboardLayout {
    /// English, United States.
    Latin,
    /// Persian, ISIRI 9147.
    Persian,
    /// Persian, as older versions of Windows have it.
    PersianOld,
    /// Arabic (101).
    Arabic,
}

impl KeyboardLayout {
    /// The name in answers: `latin`, `persian`, `persian-old`, `arabic`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Latin => "latin",
            Self::Persian => "persian",
            Self::PersianOld => "persian-old",
            Self::Arabic => "arabic",
        }
    }

    /// What a key of the Latin layout writes on this one.
    fn written(self, key: char) -> Option<&'static str> {
        let of = |table: Table| {
            let (_, written) = table.iter().find(|(latin, _)| *latin == key)?;
            Some(*written)
        };
        match self {
            Self::Latin => None,
            Self::Persian => of(PERSIAN).or_else(|| of(PERSIAN_SHIFTED)),
            Self::PersianOld => of(PERSIAN_OLD)
                .or_else(|| of(PERSIAN))
                .or_else(|| of(PERSIAN_SHIFTED)),
            Self::Arabic => of(ARABIC).or_else(|| of(ARABIC_SHIFTED)),
        }
    }
}

/// The key on the Latin layout, and what it writes.
type Table = &'static [(char, &'static str)];

const PERSIAN: Table = &[
    ('q', "ض"),
    ('w', "ص"),
    ('e', "ث"),
    ('r', "ق"),
    ('t', "ف"),
    ('y', "غ"),
    ('u', "ع"),
    ('i', "ه"),
    ('o', "خ"),
    ('p', "ح"),
    ('[', "ج"),
    (']', "چ"),
    ('a', "ش"),
    ('s', "س"),
    ('d', "ی"),
    ('f', "ب"),
    ('g', "ل"),
    ('h', "ا"),
    ('j', "ت"),
    ('k', "ن"),
    ('l', "م"),
    (';', "ک"),
    ('\'', "گ"),
    ('z', "ظ"),
    ('x', "ط"),
    ('c', "ز"),
    ('v', "ر"),
    ('b', "ذ"),
    ('n', "د"),
    ('m', "پ"),
    (',', "و"),
];

const PERSIAN_SHIFTED: Table = &[
    ('A', "ؤ"),
    ('S', "ئ"),
    ('D', "ي"),
    ('F', "إ"),
    ('G', "أ"),
    ('H', "آ"),
    ('J', "ة"),
    ('Z', "ك"),
    ('C', "ژ"),
    ('B', "\u{200c}"),
    ('M', "ء"),
];

const PERSIAN_OLD: Table = &[('m', "ئ"), ('\\', "پ"), ('~', "\u{651}")];

const ARABIC: Table = &[
    ('`', "ذ"),
    ('q', "ض"),
    ('w', "ص"),
    ('e', "ث"),
    ('r', "ق"),
    ('t', "ف"),
    ('y', "غ"),
    ('u', "ع"),
    ('i', "ه"),
    ('o', "خ"),
    ('p', "ح"),
    ('[', "ج"),
    (']', "د"),
    ('a', "ش"),
    ('s', "س"),
    ('d', "ي"),
    ('f', "ب"),
    ('g', "ل"),
    ('h', "ا"),
    ('j', "ت"),
    ('k', "ن"),
    ('l', "م"),
    (';', "ك"),
    ('\'', "ط"),
    ('z', "ئ"),
    ('x', "ء"),
    ('c', "ؤ"),
    ('v', "ر"),
    ('b', "لا"),
    ('n', "ى"),
    ('m', "ة"),
    (',', "و"),
    ('.', "ز"),
    ('/', "ظ"),
];

const ARABIC_SHIFTED: Table = &[
    ('T', "لإ"),
    ('Y', "إ"),
    ('G', "لأ"),
    ('H', "أ"),
    ('B', "لآ"),
    ('N', "آ"),
    ('J', "\u{640}"),
];

/// What the same keys would have written on the other layouts, each text once; nothing where no letter would differ.
/// Latin letters are read as Persian and Arabic ones, and those as Latin.
pub(crate) fn on_other_layouts(typed: &str) -> Vec<(KeyboardLayout, String)> {
    let mut readings: Vec<(KeyboardLayout, String)> = Vec::new();
    let mut add = |layout, text: String| {
        if text != typed && !readings.iter().any(|(_, known)| *known == text) {
            readings.push((layout, text));
        }
    };
    let script = [
        KeyboardLayout::Persian,
        KeyboardLayout::PersianOld,
        KeyboardLayout::Arabic,
    ];
    if typed.chars().any(|c| c.is_ascii_alphabetic()) {
        for layout in script {
            add(layout, from_latin(typed, layout));
        }
    } else {
        for layout in script {
            add(KeyboardLayout::Latin, to_latin(typed, layout, Two::Keys));
            add(KeyboardLayout::Latin, to_latin(typed, layout, Two::Letters));
        }
    }
    readings
}

fn from_latin(typed: &str, layout: KeyboardLayout) -> String {
    let mut text = String::with_capacity(2 * typed.len());
    for c in typed.chars() {
        let lower = c.to_ascii_lowercase();
        match layout.written(c).or_else(|| layout.written(lower)) {
            Some(written) => text.push_str(written),
            None => text.push(c),
        }
    }
    text
}

/// What «لا» is on a layout that has a key for it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Two {
    /// One key of its own.
    Keys,
    /// A key for each letter.
    Letters,
}

fn to_latin(typed: &str, layout: KeyboardLayout, two: Two) -> String {
    let tables: &[Table] = match layout {
        KeyboardLayout::Latin => &[],
        KeyboardLayout::Persian => &[PERSIAN, PERSIAN_SHIFTED],
        KeyboardLayout::PersianOld => &[PERSIAN_OLD, PERSIAN, PERSIAN_SHIFTED],
        KeyboardLayout::Arabic => &[ARABIC, ARABIC_SHIFTED],
    };
    let keys = || tables.iter().flat_map(|table| table.iter());
    let begins = |rest: &str, of: usize| {
        let mut fitting = keys().filter(move |(_, written)| written.chars().count() == of);
        fitting.find_map(|(key, written)| {
            Some((*key, written.len())).filter(|_| rest.starts_with(written))
        })
    };
    let mut text = String::with_capacity(typed.len());
    let mut rest = typed;
    while let Some(first) = rest.chars().next() {
        let pair = begins(rest, 2).filter(|_| two == Two::Keys);
        let (key, length) = pair
            .or_else(|| begins(rest, 1))
            .unwrap_or((first, first.len_utf8()));
        text.push(key.to_ascii_lowercase());
        rest = rest.get(length..).unwrap_or_default();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str, layout: KeyboardLayout) -> Vec<String> {
        let readings = on_other_layouts(typed).into_iter();
        readings
            .filter(|(of, _)| *of == layout)
            .map(|(_, text)| text)
            .collect()
    }

    #[test]
    fn the_same_keys_are_read_on_each_layout() {
        assert_eq!(read("lpln", KeyboardLayout::Persian), ["محمد"]);
        assert_eq!(read("lpl]", KeyboardLayout::Arabic), ["محمد"]);
        assert_eq!(read("Hfjdk", KeyboardLayout::Persian), ["آبتین"]);
        assert_eq!(read("\\vhdk", KeyboardLayout::PersianOld), ["پراین"]);
        assert_eq!(read("بهمن ahmad", KeyboardLayout::Persian), ["بهمن شاپشی"]);
        assert!(read("شزپث", KeyboardLayout::Latin).contains(&"acme".to_owned()));
        assert!(read("شؤةث", KeyboardLayout::Latin).contains(&"acme".to_owned()));
    }

    #[test]
    fn two_letters_of_one_key_are_read_both_ways() {
        let readings = read("لاخلا", KeyboardLayout::Latin);
        assert!(
            readings.contains(&"bob".to_owned()) && readings.contains(&"ghogh".to_owned()),
            "{readings:?}"
        );
    }

    #[test]
    fn digits_and_signs_are_the_same_everywhere() {
        assert_eq!(on_other_layouts("0912 123"), []);
        assert_eq!(on_other_layouts(""), []);
    }
}
