//! Which words of a firm's name tell it from others?

use crate::locale::fold_text;

/// Legal forms of more than one word, folded, with spaces.
const LONG_FORMS: [&str; 16] = [
    "با مسیولیت محدود",
    "سهامی خاص",
    "سهامی عام",
    "مسیولیت محدود",
    "تعاونی تولیدی",
    "ذات مسیولیه محدوده",
    "ذات المسیولیه المحدوده",
    "مساهمه عامه",
    "مساهمه مقفله",
    "منطقه حره",
    "limited liability company",
    "private joint stock",
    "public joint stock",
    "joint stock",
    "free zone",
    "pty ltd",
];

/// Legal forms and trade words of one word, folded. With dots left out: «ذ.م.م», `L.L.C.`
const WORDS: [&str; 72] = [
    "شرکت",
    "شرکه",
    "الشرکه",
    "موسسه",
    "الموسسه",
    "گروه",
    "مجموعه",
    "هلدینگ",
    "تعاونی",
    "بنیاد",
    "بنگاه",
    "سازمان",
    "فروشگاه",
    "کارخانه",
    "صنایع",
    "صنعتی",
    "تولیدی",
    "بازرگانی",
    "بازرگانان",
    "تجاری",
    "تجارت",
    "خدمات",
    "خدماتی",
    "مهندسی",
    "سهامی",
    "خاص",
    "عام",
    "ذمم",
    "شمم",
    "شذمم",
    "محدوده",
    "المحدوده",
    "للتجاره",
    "للمقاولات",
    "والمقاولات",
    "التجاریه",
    "العامه",
    "القابضه",
    "وشرکاه",
    "و",
    "مصنع",
    "موسسات",
    "co",
    "company",
    "corp",
    "corporation",
    "inc",
    "incorporated",
    "ltd",
    "limited",
    "llc",
    "llp",
    "lp",
    "plc",
    "gmbh",
    "ag",
    "sa",
    "sarl",
    "srl",
    "bv",
    "pjsc",
    "pjs",
    "fze",
    "fzco",
    "jsc",
    "group",
    "holding",
    "holdings",
    "trading",
    "industries",
    "the",
    "and",
];

/// A firm's name without its legal form and words of its trade, folded, as long as something of it is left.
///
/// ```
/// use peyvand::matching::firm_name;
///
/// assert_eq!(firm_name("شرکت فولاد پارس (سهامی خاص)"), "فولاد پارس");
/// assert_eq!(firm_name("مؤسسة النور للتجارة ذ.م.م"), "النور");
/// assert_eq!(firm_name("Acme Trading L.L.C."), "acme");
/// ```
#[must_use]
pub fn firm_name(name: &str) -> String {
    let folded = fold_text(name).replace(['.', '\''], "");
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let mut text = format!(" {} ", words.join(" "));
    for form in LONG_FORMS {
        text = text.replace(&format!(" {form} "), " ");
    }
    let own: Vec<&str> = text
        .split_whitespace()
        .filter(|word| !WORDS.contains(word))
        .collect();
    match own.is_empty() {
        true => words.join(" "),
        false => own.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::Name;

    #[test]
    fn a_firm_is_the_same_with_and_without_its_legal_form() {
        for (one, other) in [
            ("شرکت بیمه آینده (سهامی عام)", "بیمه‌ آینده"),
            ("شركة الأمل للتجارة والمقاولات ذ.م.م", "الأمل"),
            ("گروه صنعتی ایران خودرو", "ایران خودرو"),
            ("Northwind Traders, Inc.", "NORTHWIND TRADERS"),
            ("The Acme Company Ltd.", "acme"),
        ] {
            assert_eq!(firm_name(one), firm_name(other));
        }
        assert_eq!(firm_name("شرکت"), "شرکت");
    }

    #[test]
    fn a_firm_is_found_in_another_script() {
        let likeness = |one: &str, other: &str| {
            Name::of(&firm_name(one)).likeness(&Name::of(&firm_name(other)))
        };
        assert!(likeness("شرکت فولاد پارس (سهامی خاص)", "Foolad Pars Co.") > 0.85);
        assert!(likeness("شرکت فولاد پارس", "Foulad Mobarakeh Co.") < 0.8);
    }
}
