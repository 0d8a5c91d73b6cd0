//! Which words of a firm's name tell it from others?

use crate::locale::fold_text;
use crate::locale::name::firm;

/// Words of the trade that one writes and another leaves out, folded.
const TRADE: [&str; 41] = [
    "صنعتی",
    "صنایع",
    "تولیدی",
    "تولید",
    "بازرگانی",
    "تجاری",
    "تجارت",
    "تجارتی",
    "خدمات",
    "خدماتی",
    "مهندسی",
    "فنی",
    "سازمان",
    "بنیاد",
    "گروه",
    "مجموعه",
    "و",
    "للتجاره",
    "التجاریه",
    "تجاریه",
    "للمقاولات",
    "والمقاولات",
    "المقاولات",
    "للخدمات",
    "والخدمات",
    "للصناعه",
    "الصناعیه",
    "العامه",
    "القابضه",
    "trading",
    "industries",
    "industrial",
    "services",
    "engineering",
    "group",
    "international",
    "intl",
    "enterprises",
    "company",
    "and",
    "co",
];

/// A firm's name without its legal form and words of its trade, folded, as long as something of it is left. Two names
/// that are equal so may still be two firms: it is a key, and no name.
///
/// ```
/// use peyvand::matching::firm_name;
///
/// assert_eq!(firm_name("شرکت بازرگانی فولاد پارس (سهامی خاص)"), "فولاد پارس");
/// assert_eq!(firm_name("مؤسسة النور للتجارة ذ.م.م"), "النور");
/// assert_eq!(firm_name("Acme Trading L.L.C."), "acme");
/// ```
#[must_use]
pub fn firm_name(name: &str) -> String {
    let folded = fold_text(&firm(name).name).replace(['.', '\''], "");
    let words = folded.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let own = words.iter().filter(|word| !TRADE.contains(word));
    let own: Vec<&str> = own.copied().collect();
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
    fn a_firm_is_the_same_with_and_without_its_legal_form_and_trade() {
        for (one, other) in [
            ("شرکت بیمه آینده (سهامی عام)", "بیمه آینده"),
            ("شركة الأمل للتجارة والمقاولات ذ.م.م", "الأمل"),
            ("گروه صنعتی ایران خودرو", "ایران خودرو"),
            ("Northwind Traders, Inc.", "NORTHWIND TRADERS"),
            ("The Acme Trading Company Ltd.", "acme"),
        ] {
            assert_eq!(firm_name(one), firm_name(other));
        }
        assert_eq!(firm_name("شرکت"), "شرکت");
        assert_eq!(firm_name("بازرگانی"), "بازرگانی");
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
