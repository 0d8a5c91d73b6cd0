//! What of a person's name is a title?

/// What people write before a name, folded.
const TITLES: [&str; 46] = [
    "دکتر",
    "مهندس",
    "استاد",
    "حاج",
    "حاجی",
    "حاجیه",
    "سید",
    "سیده",
    "اقای",
    "اقا",
    "خانم",
    "سرکار",
    "جناب",
    "حجت الاسلام",
    "ایت الله",
    "سرهنگ",
    "کربلایی",
    "مشهدی",
    "الدکتور",
    "دکتور",
    "دکتوره",
    "المهندس",
    "الاستاذ",
    "استاذ",
    "الشیخ",
    "شیخ",
    "الحاج",
    "السید",
    "السیده",
    "دکترا",
    "dr",
    "mr",
    "mrs",
    "ms",
    "miss",
    "prof",
    "eng",
    "ing",
    "haj",
    "hajj",
    "haji",
    "seyed",
    "seyyed",
    "sayyid",
    "syed",
    "sheikh",
];

/// A folded name without the titles before it, as long as something of it is left.
pub(super) fn without_titles(folded: &str) -> &str {
    let mut rest = folded;
    'titles: loop {
        for title in TITLES {
            let after = rest.strip_prefix(title);
            let after = after.and_then(|after| after.strip_prefix([' ', '.']));
            let after = after.map(|after| after.trim_start_matches([' ', '.', ',']));
            if let Some(after) = after.filter(|after| !after.is_empty()) {
                rest = after;
                continue 'titles;
            }
        }
        return rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_left_out_and_a_name_that_is_one_stays() {
        assert_eq!(without_titles("دکتر سید محمد رضایی"), "محمد رضایی");
        assert_eq!(without_titles("dr. mohammad rezaei"), "mohammad rezaei");
        assert_eq!(without_titles("مهندس"), "مهندس");
        assert_eq!(without_titles("سیدی"), "سیدی");
    }
}
