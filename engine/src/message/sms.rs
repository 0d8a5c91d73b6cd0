//! How long is an SMS, and into how many parts does it go?
//!
//! 3GPP TS 23.038: 160 characters of the GSM alphabet, or 70 UTF-16 units as soon as one character is not in it, which
//! is so in every Persian or Arabic text. Longer messages go in parts of 153 or 67; no character is cut in two.

/// How the characters of an SMS are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SmsEncoding {
    /// The GSM alphabet: seven bits each.
    Gsm7,
    /// UCS-2: sixteen bits each, and twice that for emoji.
    Ucs2,
}

/// How long an SMS is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SmsLength {
    /// How its characters are written.
    pub encoding: SmsEncoding,
    /// How many units of the encoding it takes, without the gaps at the ends of parts.
    pub units: usize,
    /// How many parts it goes in; none when it is empty.
    pub segments: usize,
    /// How many units the last part has left.
    pub left: usize,
}

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// These take two units: an escape goes before them.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How long a text is as an SMS.
///
/// ```
/// use peyvand::{SmsEncoding, sms_length};
///
/// let length = sms_length("قسط شما فردا سررسید می‌شود");
/// assert_eq!((length.encoding, length.segments), (SmsEncoding::Ucs2, 1));
/// ```
#[must_use]
pub fn sms_length(text: &str) -> SmsLength {
    let gsm: Option<Vec<usize>> = text.chars().map(gsm_units).collect();
    let (encoding, units, whole, part) = match gsm {
        Some(units) => (SmsEncoding::Gsm7, units, 160, 153),
        None => {
            let units = text.chars().map(char::len_utf16).collect();
            (SmsEncoding::Ucs2, units, 70, 67)
        }
    };
    let total: usize = units.iter().sum();
    let (segments, left) = match total {
        0 => (0, whole),
        _ if total <= whole => (1, whole - total),
        _ => parts(&units, part),
    };
    SmsLength {
        encoding,
        units: total,
        segments,
        left,
    }
}

fn gsm_units(c: char) -> Option<usize> {
    match c {
        _ if BASIC.contains(c) => Some(1),
        _ if EXTENDED.contains(c) => Some(2),
        _ => None,
    }
}

/// How many parts of a size the characters fill in order, and what the last one has left.
fn parts(units: &[usize], size: usize) -> (usize, usize) {
    let (mut parts, mut left) = (1, size);
    for unit in units {
        match left.checked_sub(*unit) {
            Some(rest) => left = rest,
            None => (parts, left) = (parts + 1, size - unit),
        }
    }
    (parts, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (SmsEncoding, usize, usize) {
        let length = sms_length(text);
        (length.encoding, length.units, length.segments)
    }

    #[test]
    fn latin_text_has_160_characters_and_persian_70() {
        use SmsEncoding::{Gsm7, Ucs2};
        assert_eq!(of(""), (Gsm7, 0, 0));
        assert_eq!(of(&"a".repeat(160)), (Gsm7, 160, 1));
        assert_eq!(of(&"a".repeat(161)), (Gsm7, 161, 2));
        assert_eq!(of(&"a".repeat(306)), (Gsm7, 306, 2));
        assert_eq!(of(&"a".repeat(307)), (Gsm7, 307, 3));
        assert_eq!(of(&"ب".repeat(70)), (Ucs2, 70, 1));
        assert_eq!(of(&"ب".repeat(71)), (Ucs2, 71, 2));
        assert_eq!(of(&"ب".repeat(134)), (Ucs2, 134, 2));
        assert_eq!(of(&"ب".repeat(135)), (Ucs2, 135, 3));
        // One letter that the GSM alphabet lacks is enough.
        assert_eq!(of(&format!("{}ی", "a".repeat(70))), (Ucs2, 71, 2));
    }

    #[test]
    fn a_character_of_two_units_is_not_cut_in_two() {
        use SmsEncoding::{Gsm7, Ucs2};
        assert_eq!(of("€"), (Gsm7, 2, 1));
        assert_eq!(of(&"€".repeat(80)), (Gsm7, 160, 1));
        // 76 of them fill 152 of the 153 units of a part.
        assert_eq!(of(&"€".repeat(153)), (Gsm7, 306, 3));
        assert_eq!(of("🌹"), (Ucs2, 2, 1));
        assert_eq!(of(&"🌹".repeat(67)), (Ucs2, 134, 3));
        assert_eq!(sms_length("سلام").left, 66);
    }
}
