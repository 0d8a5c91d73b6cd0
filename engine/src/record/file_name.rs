//! Is this the name of a file, and no way to another place?

/// Most file systems take no more bytes.
const LONGEST: usize = 255;

/// Names that mean a device on Windows, with whatever ending.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// What other systems read as something else than a part of a name.
const AWKWARD: [char; 7] = ['<', '>', ':', '"', '|', '?', '*'];

/// The name as it is kept, or what is wrong with it. What is merely awkward is made plain: blanks and dots at the ends,
/// invisible marks of direction, signs that some systems do not take. What is a trick is refused: whoever sends it is to
/// know.
pub(crate) fn plain(name: &str) -> Result<String, String> {
    if let Some(sign) = name.chars().find(|c| matches!(c, '/' | '\\')) {
        return Err(format!(
            "a file's name has no '{sign}': give the name without its folders"
        ));
    }
    if let Some(sign) = name.chars().find(|c| c.is_control() || is_override(*c)) {
        return Err(format!(
            "a file's name has no control characters, and it has U+{:04X}: rename the file",
            u32::from(sign)
        ));
    }
    let shown: String = name
        .chars()
        .filter(|c| !is_mark(*c))
        .map(|c| if AWKWARD.contains(&c) { '_' } else { c })
        .collect();
    let plain = shown
        .trim()
        .trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    if plain.is_empty() {
        return Err("a file needs a name".to_owned());
    }
    if plain.len() > LONGEST {
        let length = plain.len();
        return Err(format!(
            "a file's name may take {LONGEST} bytes, and it takes {length}: shorten it"
        ));
    }
    if is_device(plain) {
        return Err(format!(
            "'{plain}' means a device on some systems: rename the file"
        ));
    }
    Ok(plain.to_owned())
}

/// Embeddings, overrides and isolates, which make `exe.pdf` of `fdp.exe`; separators of lines; the mark of byte order.
fn is_override(c: char) -> bool {
    matches!(
        c,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}'
    )
}

/// Marks of direction. Not the joiners: Persian is written with them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{061C}')
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_ascii_lowercase();
    let numbered = |kind: &str| {
        let number = stem.strip_prefix(kind);
        number.is_some_and(|number| number.len() == 1 && number.bytes().all(|b| b.is_ascii_digit()))
    };
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_of_people_stay_as_they_are() {
        for name in [
            "قرارداد می‌فروشیم ۱۴۰۵.pdf",
            "عقد البيع.docx",
            "a b (2).txt",
            ".env",
        ] {
            assert_eq!(plain(name).unwrap(), name);
        }
    }

    #[test]
    fn awkward_names_are_made_plain() {
        assert_eq!(plain("  a:b?.pdf. ").unwrap(), "a_b_.pdf");
        assert_eq!(plain("\u{200F}نامه\u{200E}.pdf").unwrap(), "نامه.pdf");
    }

    #[test]
    fn tricks_are_refused_with_what_is_wrong() {
        for (name, said) in [
            ("../../etc/passwd", "no '/'"),
            ("..\\boot.ini", "no '\\'"),
            ("a\0.pdf", "U+0000"),
            ("a\n.pdf", "U+000A"),
            ("invoice\u{202E}fdp.exe", "U+202E"),
            ("a\u{2066}b", "U+2066"),
            ("..", "needs a name"),
            (" . ", "needs a name"),
            ("", "needs a name"),
            ("con.txt", "a device"),
            ("LPT1", "a device"),
        ] {
            let error = plain(name).unwrap_err();
            assert!(error.contains(said), "{name:?}: {error}");
        }
        let long = "ن".repeat(128);
        assert!(plain(&long).unwrap_err().contains("it takes 256"));
        assert!(plain(&long[2..]).is_ok());
    }
}
