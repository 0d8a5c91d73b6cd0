//! Which words of a firm's name say only that it is one?

use std::collections::HashMap;
use std::sync::LazyLock;

use super::super::fold::fold_text;
use super::{folded_word, is_dressing};

/// A firm's name without its legal form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Firm {
    /// What the firm is called: `آلفا`, `Alfa Trading`. What it trades in is part of it.
    pub name: String,
    /// The words that say that it is a firm, and of which form, as they were written: `شرکت`, `سهامی خاص`, `ذ.م.م`.
    pub forms: Vec<String>,
}

/// Where in the name a word is a form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    End,
    Either,
    /// So long that it is nothing else, also before «شعبه تهران».
    Anywhere,
}

/// The forms as they are compared: joined, without points and spaces.
static FORMS: LazyLock<HashMap<String, Place>> = LazyLock::new(|| {
    let lists: [(Place, &[&str]); 4] = [
        (
            Place::Start,
            &[
                "گروه",
                "فروشگاه",
                "کارخانه",
                "کارخانجات",
                "کارگاه",
                "دفتر",
                "بنگاه",
                "مجموعه",
                "مجموعة",
                "مكتب",
                "مصنع",
                "متجر",
                "محل",
                "the",
                "messrs",
                "m/s",
            ],
        ),
        (
            Place::End,
            &[
                "co",
                "company",
                "& co",
                "& company",
                "and co",
                "group",
                "inc",
                "corp",
                "ag",
                "sa",
                "as",
                "ab",
                "nv",
                "bv",
                "lp",
                "oy",
                "kg",
                "sas",
                "spa",
                "srl",
                "plc",
                "pte",
                "و شرکا",
                "و شرکاء",
                "و شركاه",
                "و شركاؤه",
                "س خ",
                "س.ع",
                "م.م",
                "المحدودة",
                "محدودة",
                "مساهمة",
                "المساهمة",
                "المقفلة",
                "ش.م",
                "القابضة",
                "قابضة",
            ],
        ),
        (
            Place::Either,
            &[
                "شرکت",
                "شرکتی",
                "شرکة",
                "مؤسسه",
                "موسسه",
                "مؤسسة",
                "هلدینگ",
                "تعاونی",
                "تضامنی",
                "محدود",
                "سهامی",
                "ltd",
                "limited",
                "llc",
                "llp",
                "pjsc",
                "pjs",
                "jsc",
                "pvt",
                "pty",
                "gmbh",
                "sarl",
                "fze",
                "fzco",
                "fzc",
                "wll",
                "holding",
                "corporation",
                "incorporated",
                "kft",
                "sherkat",
                "sharekat",
                "sharikat",
                "ذ.م.م",
                "ش.م.م",
                "ش.ذ.م.م",
                "ش.م.ك",
                "ش.م.ع",
                "ش.م.ق",
                "ش.م.ل",
                "ش.م.ب",
                "تضامن",
                "شركة الشخص الواحد",
            ],
        ),
        (
            Place::Anywhere,
            &[
                "سهامی خاص",
                "سهامی عام",
                "با مسئولیت محدود",
                "مسئولیت محدود",
                "ذات مسؤولية محدودة",
                "ذات المسؤولية المحدودة",
                "مساهمة عامة",
                "مساهمة مقفلة",
                "المساهمة العامة",
                "مساهمة خاصة",
                "غير ربحية",
                "private joint stock",
                "public joint stock",
                "joint stock",
                "limited liability",
                "free zone",
                "sahami khas",
                "sahami aam",
            ],
        ),
    ];
    let mut forms = HashMap::new();
    for (place, list) in lists {
        forms.extend(list.iter().map(|form| (joined(form), place)));
    }
    forms
});

/// How many words a form has at most: «ش . ذ . م . م» with its points apart is longer, and no habit.
const LONGEST: usize = 4;

fn joined(form: &str) -> String {
    let mut folded = fold_text(form);
    folded.retain(|c| c != ' ' && c != '.');
    folded
}

/// Splits the legal form and the words for "firm" off its name: `شرکت آلفا (سهامی خاص)`, `شركة ألفا ذ.م.م`,
/// `Alfa Trading Co. Ltd`. What it trades in stays, since two firms may differ by it.
#[must_use]
pub fn firm(text: &str) -> Firm {
    let words: Vec<&str> = text.split_whitespace().collect();
    let folded: Vec<String> = words.iter().map(|word| folded_word(word)).collect();
    let mut is_form = vec![false; words.len()];
    let mut forms = Vec::new();
    let mut take = |from: usize, to: usize, is_form: &mut [bool]| {
        let form = words[from..to].join(" ");
        forms.push((from, form.trim_matches(is_dressing).to_owned()));
        is_form[from..to].fill(true);
    };
    for from in 0..words.len() {
        if !is_form[from]
            && let Some(to) = form_at(&folded, from, &[Place::Anywhere])
        {
            take(from, to, &mut is_form);
        }
    }
    let mut start = 0;
    while start < words.len() {
        if is_form[start] || folded[start].is_empty() {
            start += 1;
        } else if let Some(to) = form_at(&folded, start, &[Place::Start, Place::Either]) {
            take(start, to, &mut is_form);
        } else {
            break;
        }
    }
    let mut end = words.len();
    while end > start {
        let ends = |from: &usize| form_ends(&folded, *from, end);
        if is_form[end - 1] || matches!(folded[end - 1].as_str(), "" | "&" | "-" | "–") {
            end -= 1;
        } else if let Some(from) = (end.saturating_sub(LONGEST).max(start)..end).find(ends) {
            take(from, end, &mut is_form);
        } else {
            break;
        }
    }
    let left = (start..end).filter(|place| !is_form[*place]);
    let left: Vec<&str> = left.map(|place| words[place]).collect();
    let name = left.join(" ");
    if !name.chars().any(char::is_alphanumeric) {
        return Firm {
            name: words.join(" "),
            forms: Vec::new(),
        };
    }
    forms.sort_unstable();
    Firm {
        name: name
            .trim_matches(|c| matches!(c, ',' | '،' | '-'))
            .to_owned(),
        forms: forms.into_iter().map(|(_, form)| form).collect(),
    }
}

/// Behind the longest form that begins at a word and may stand there.
fn form_at(folded: &[String], from: usize, places: &[Place]) -> Option<usize> {
    let longest = folded.len().min(from + LONGEST);
    (from + 1..=longest).rev().find(|to| {
        let form = FORMS.get(&folded[from..*to].concat());
        form.is_some_and(|place| places.contains(place))
    })
}

fn form_ends(folded: &[String], from: usize, end: usize) -> bool {
    let form = FORMS.get(&folded[from..end].concat());
    form.is_some_and(|place| *place != Place::Start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_legal_form_is_split_off_in_three_languages() {
        for (text, name, forms) in [
            ("شرکت آلفا (سهامی خاص)", "آلفا", "شرکت|سهامی خاص"),
            (
                "شرکت سهامی عام فولاد مبارکه",
                "فولاد مبارکه",
                "شرکت|سهامی عام",
            ),
            (
                "شركت بازرگانی پارس با مسئوليت محدود",
                "بازرگانی پارس",
                "شركت|با مسئوليت محدود",
            ),
            ("مؤسسه فرهنگی نور", "فرهنگی نور", "مؤسسه"),
            (
                "شرکت آلفا (سهامی خاص) شعبه تهران",
                "آلفا شعبه تهران",
                "شرکت|سهامی خاص",
            ),
            ("شرکت تعاونی مصرف فرهنگیان", "مصرف فرهنگیان", "شرکت|تعاونی"),
            ("گروه صنعتی ایران‌خودرو", "صنعتی ایران‌خودرو", "گروه"),
            ("احمدی و شرکا", "احمدی", "و شرکا"),
            ("شركة ألفا للتجارة ذ.م.م", "ألفا للتجارة", "شركة|ذ.م.م"),
            (
                "شركة ألفا للتجارة ذ. م. م.",
                "ألفا للتجارة",
                "شركة|ذ. م. م.",
            ),
            ("مؤسسة النور المحدودة", "النور", "مؤسسة|المحدودة"),
            ("Alfa Trading Co. Ltd", "Alfa Trading", "Co.|Ltd"),
            ("Alfa Trading Co., Ltd.", "Alfa Trading", "Co.|Ltd."),
            ("Smith & Co", "Smith", "& Co"),
            ("ACME, Inc.", "ACME", "Inc."),
            ("Gulf Steel L.L.C", "Gulf Steel", "L.L.C"),
            ("Siemens AG", "Siemens", "AG"),
        ] {
            let firm = firm(text);
            assert_eq!(firm.name, name, "{text}");
            assert_eq!(firm.forms.join("|"), forms, "{text}");
        }
    }

    #[test]
    fn a_name_made_of_forms_alone_stays() {
        for text in [
            "شرکت",
            "The Group",
            "Company",
            "شرکت سهامی خاص",
            "AB Steel",
            "",
        ] {
            assert_eq!(firm(text).name, text);
            assert_eq!(firm(text).forms, Vec::<String>::new(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_name_with_and_without_its_form_is_the_same(name in "[ب-د]{3,6}( [ب-د]{3,6})?") {
            for text in [format!("شرکت {name}"), format!("{name} ذ.م.م"), format!("شرکت {name} (سهامی خاص)"), format!("{name} Co.")] {
                prop_assert_eq!(&firm(&text).name, &name);
            }
        }

        #[test]
        fn no_text_is_too_much(text in ".{0,60}") {
            let firm = firm(&text);
            prop_assert_eq!(firm.name.is_empty(), text.trim().is_empty());
        }
    }
}
