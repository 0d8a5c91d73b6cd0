//! Is this an address to which something can be sent?

use crate::record::Phone;

use super::rules::CallingCode;

/// RFC 5321 gives the local part 64 octets and a path 254.
const LONGEST_LOCAL: usize = 64;
const LONGEST: usize = 254;
/// RFC 1035.
const LONGEST_LABEL: usize = 63;

/// What is wrong with an e-mail address; nothing when mail can be sent to it.
pub(super) fn mail_fault(address: &str) -> Option<String> {
    let fault = |why: &str| Some(format!("'{address}' is not an e-mail address: {why}"));
    if address.chars().any(|c| breaks_a_line(c) || is_hidden(c)) {
        return Some("the e-mail address has a control character or an invisible one".to_owned());
    }
    let Some((local, domain)) = address.rsplit_once('@') else {
        return fault("it has no @");
    };
    if address.len() > LONGEST || local.len() > LONGEST_LOCAL {
        return fault("it is too long");
    }
    if !local.split('.').all(is_atom) {
        return fault("what stands before the @ cannot");
    }
    if domain.split('.').count() < 2 {
        return fault("what stands after the @ is no domain");
    }
    domain
        .split('.')
        .find_map(|label| match label_fault(label) {
            Some(why) => fault(why),
            None => None,
        })
}

/// RFC 5322's atom, and beyond ASCII what RFC 6531 adds.
fn is_atom(part: &str) -> bool {
    let sign = |c: char| "!#$%&'*+-/=?^_`{|}~".contains(c);
    !part.is_empty()
        && part
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || sign(c) || is_letter_beyond_ascii(c))
}

fn label_fault(label: &str) -> Option<&'static str> {
    if label.is_empty() || label.len() > LONGEST_LABEL {
        return Some("its domain has an empty part or one that is too long");
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Some("a part of its domain begins or ends with a hyphen");
    }
    // Persian words may be joined by U+200C inside of them.
    let inner = label.trim_matches('\u{200c}') == label;
    let sound = |c: char| {
        c.is_ascii_alphanumeric()
            || c == '-'
            || is_letter_beyond_ascii(c)
            || (c == '\u{200c}' && inner)
    };
    if !label.chars().all(sound) {
        return Some("its domain has characters that no domain has");
    }
    // Letters that look alike in two scripts are how one domain is made to look like another.
    let has = |script: fn(char) -> bool| label.chars().any(script);
    if has(is_latin) && (has(is_cyrillic) || has(is_greek)) {
        return Some("a part of its domain mixes scripts that look alike");
    }
    None
}

fn is_letter_beyond_ascii(c: char) -> bool {
    !c.is_ascii() && c.is_alphanumeric()
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(&c)
}

fn is_greek(c: char) -> bool {
    ('\u{370}'..='\u{3ff}').contains(&c)
}

fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{52f}').contains(&c)
}

/// Marks that are not seen and change how the rest is read.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200d}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether a character would end a header, or could be read as its end.
pub(super) fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The number of a telephone in international form, or what is wrong with it.
pub(super) fn phone_number(text: &str, country: Option<&CallingCode>) -> Result<String, String> {
    let phone = Phone::parse(text).ok_or_else(|| format!("'{text}' is not a telephone number"))?;
    if phone.extension.is_some() {
        return Err(format!(
            "'{text}' has an extension, which no message reaches"
        ));
    }
    let found = match country {
        Some(country) => phone.e164_in(&country.code, &country.trunk),
        None => phone.e164.map(String::from),
    };
    found.ok_or_else(|| {
        format!("'{text}' is a number without its country; write it as +989121234567, or give the engine a calling code")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_in_three_scripts_are_addresses() {
        for good in [
            "a@b.co",
            "maryam.rezai+crm@bimeh.example",
            "مریم@نمونه.ایران",
            "سارا@كتاب.السعودية",
            "x@xn--mgba3a4f16a.ir",
            "info@می\u{200c}خواهم.ایران",
            "o'neil@example.org",
        ] {
            assert_eq!(mail_fault(good), None, "{good}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@b.co", "a".repeat(65));
        let label = format!("a@{}.co", "b".repeat(64));
        for bad in [
            "",
            "a",
            "a@b",
            "@b.co",
            "a@",
            "a@@b.co",
            "a b@c.co",
            "a@b..co",
            "a@-b.co",
            "a@b_c.co",
            ".a@b.co",
            "a.@b.co",
            "Sara <a@b.co>",
            "a@b.co, c@d.co",
            "a@b.co\r\nBcc: x@y.co",
            "a@b.co\u{2028}",
            "a@p\u{430}ypal.com",
            "a\u{202e}@b.co",
            "a@[127.0.0.1]",
            "\u{200c}a@\u{200c}b.co",
            &long,
            &label,
        ] {
            assert!(mail_fault(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn a_national_number_is_read_as_one_of_the_country_that_the_host_named() {
        let iran = CallingCode::new("98", "0");
        for text in [
            "09121234567",
            "۰۹۱۲ ۱۲۳ ۴۵۶۷",
            "+98 912 123 4567",
            "00989121234567",
        ] {
            assert_eq!(phone_number(text, Some(&iran)).unwrap(), "+989121234567");
        }
        assert!(phone_number("09121234567", None).is_err());
        for bad in [
            "",
            "12",
            "مریم",
            "021 8800 1234 داخلی 5",
            "9121234567",
            "110",
        ] {
            assert!(phone_number(bad, Some(&iran)).is_err(), "{bad}");
        }
    }
}
