//! Which e-mail address and which telephone number is the same?

use crate::locale::fold_digits;

/// The digits at the end of a number that are its own, without country and trunk prefix.
const OWN_DIGITS: usize = 10;

/// The key of an address: small letters, and of Google's mailboxes without what makes no difference there, the dots and
/// what follows a plus. A hint that two are one mailbox: other hosts see dots as they are.
///
/// `None` where it is no address.
///
/// ```
/// use peyvand::matching::email_key;
///
/// assert_eq!(email_key("Sara.Karimi+news@GoogleMail.com").as_deref(), Some("sarakarimi@gmail.com"));
/// assert_eq!(email_key("s.karimi@Example.ir").as_deref(), Some("s.karimi@example.ir"));
/// ```
#[must_use]
pub fn email_key(address: &str) -> Option<String> {
    let address = address.trim().to_lowercase();
    let (name, host) = address.rsplit_once('@')?;
    if name.is_empty() || host.is_empty() {
        return None;
    }
    if !["gmail.com", "googlemail.com"].contains(&host) {
        return Some(address);
    }
    let name = name.split('+').next().unwrap_or(name).replace('.', "");
    Some(format!("{name}@gmail.com"))
}

/// The key of a telephone number: its last ten digits, so that it is the same with its country, with `00` and with the
/// zero that is dialled inside of it. A hint: two countries have such numbers.
///
/// `None` where there are fewer than five digits.
#[must_use]
pub fn phone_key(number: &str) -> Option<String> {
    let digits: String = fold_digits(number)
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let digits = digits.trim_start_matches('0');
    let from = digits.len().saturating_sub(OWN_DIGITS);
    digits
        .get(from..)
        .filter(|own| own.len() >= 5)
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_with_and_without_its_country() {
        let forms = [
            "+98 912 345 6789",
            "۰۹۱۲۳۴۵۶۷۸۹",
            "0098-912-3456789",
            "٩١٢٣٤٥٦٧٨٩",
        ];
        for number in forms {
            assert_eq!(phone_key(number).as_deref(), Some("9123456789"), "{number}");
        }
        assert_eq!(phone_key("123"), None);
    }

    #[test]
    fn only_what_has_a_name_and_a_host_is_an_address() {
        for text in ["", "sara", "@example.ir", "sara@"] {
            assert_eq!(email_key(text), None, "{text}");
        }
    }
}
