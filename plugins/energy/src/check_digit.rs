//! Is a number what somebody meant to write? Check digits of subscription numbers, and the two ids of an Iranian bill.
//!
//! شناسه قبض: file (8 digits), company (3), service (1), check digit. شناسه پرداخت: amount in thousands of rials, last
//! digit of the year, period (2), a check digit of its own, and one over both ids. Digits are weighed 2 to 7 from the
//! right, again and again; what their sum lacks to a multiple of 11 is the check digit, 0 where that is 10 or 11.
//!
//! Source: the rules of the Central Bank of Iran for the payment of services' bills (سامانه پرداخت قبوض), as the open
//! validators IranianBillsValidation and persian-tools state them; the examples of the tests are theirs.

use peyvand_plugin::text::ascii_digits;

/// Digits of a file: what a subscription number is without its check digit.
const FILE: usize = 8;

fn check_digit(digits: &str) -> char {
    let weights = (2..=7).cycle();
    let values = digits.bytes().rev().map(|digit| u32::from(digit - b'0'));
    let sum: u32 = values
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let check = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    char::from_digit(check, 10).unwrap_or('0')
}

/// Whether the last digit is the check digit of the others.
fn is_checked(digits: &str) -> bool {
    match digits.split_at_checked(digits.len().saturating_sub(1)) {
        Some((body, last)) if !body.is_empty() => last.starts_with(check_digit(body)),
        _ => false,
    }
}

/// The digits of a text, in whatever script and with whatever between them; none where there are letters.
pub(crate) fn digits(text: &str) -> Option<String> {
    let ascii = ascii_digits(text);
    let is_between = |c: char| c.is_whitespace() || matches!(c, '-' | '/' | '\u{200c}');
    let kept: String = ascii.chars().filter(|c| !is_between(*c)).collect();
    (!kept.is_empty() && kept.bytes().all(|byte| byte.is_ascii_digit())).then_some(kept)
}

/// What is wrong with a subscription number or a file's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrongNumber {
    /// It has not nine digits.
    Length,
    /// One of its digits is mistyped.
    CheckDigit,
}

/// The canonical form of a number of eight digits and their check digit.
pub(crate) fn number(text: &str) -> Result<String, WrongNumber> {
    let number = digits(text).filter(|number| number.len() == FILE + 1);
    let number = number.ok_or(WrongNumber::Length)?;
    match is_checked(&number) {
        true => Ok(number),
        false => Err(WrongNumber::CheckDigit),
    }
}

/// What a bill's id says that it is for.
pub(crate) fn service(utility: &str) -> char {
    match utility {
        "water" => '1',
        "gas" => '3',
        _ => '2',
    }
}

/// شناسه قبض of the file of a number, at a company.
pub(crate) fn bill_id(number: &str, company: &str, utility: &str) -> Option<String> {
    let mut id = format!("{}{company:0>3}{}", number.get(..FILE)?, service(utility));
    (id.len() == FILE + 4 && id.bytes().all(|byte| byte.is_ascii_digit())).then(|| {
        id.push(check_digit(&id));
        id
    })
}

/// شناسه پرداخت of an amount in thousands of rials; none where there is nothing to pay, or too much for eight digits.
pub(crate) fn payment_id(bill_id: &str, thousands: i64, year: i32, period: u8) -> Option<String> {
    if !(1..=99_999_999).contains(&thousands) || period > 99 {
        return None;
    }
    let mut id = format!("{thousands}{}{period:02}", year.rem_euclid(10));
    id.push(check_digit(&id));
    id.push(check_digit(&format!("{bill_id}{id}")));
    Some(id)
}

/// The number under the bars: both ids, thirteen digits each.
pub(crate) fn barcode(bill_id: &str, payment_id: &str) -> String {
    format!("{bill_id:0>13}{payment_id:0>13}")
}

/// Both ids of a payment slip in their canonical form, and what the payment's says is paid, in thousands of rials.
pub(crate) fn slip(bill: &str, payment: &str) -> Option<(String, String, i64)> {
    let bill = digits(bill).filter(|id| (6..=13).contains(&id.len()) && is_checked(id))?;
    let payment = digits(payment)?.trim_start_matches('0').to_owned();
    let (body, last) = payment.split_at_checked(payment.len().checked_sub(1)?)?;
    let amount = payment.get(..payment.len().checked_sub(5)?)?.parse().ok()?;
    let is_right = payment.len() <= 13
        && is_checked(body)
        && last.starts_with(check_digit(&format!("{bill}{body}")));
    is_right.then(|| (format!("{bill:0>13}"), payment, amount))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_bills_are_right() {
        for (bill, payment, thousands) in [
            ("9985235404124", "0000880000568", 8_800),
            ("1117753200140", "12070160", 120),
        ] {
            let (_, _, amount) = slip(bill, payment).unwrap();
            assert_eq!(amount, thousands);
        }
        let made = bill_id("99852354", "041", "electricity").unwrap();
        assert_eq!(made, "9985235404124");
        assert_eq!(payment_id(&made, 8_800, 1400, 5).unwrap(), "880000568");
        assert_eq!(barcode(&made, "880000568"), "99852354041240000880000568");
    }

    #[test]
    fn numbers_come_in_persian_digits_and_mistyped_ones_are_told() {
        assert_eq!(number("۱۲۳۴-۵۶۷۸ ۵").unwrap(), "123456785");
        assert_eq!(number("123456784"), Err(WrongNumber::CheckDigit));
        assert_eq!(number("۱۲۳"), Err(WrongNumber::Length));
        assert_eq!(number("12345678x"), Err(WrongNumber::Length));
        assert_eq!(number(""), Err(WrongNumber::Length));
    }

    proptest! {
        #[test]
        fn what_is_made_is_accepted_and_one_changed_digit_of_the_file_is_not(
            file in 0u32..100_000_000, thousands in 1i64..100_000_000, year in 1380i32..1500,
            period in 1u8..13, place in 0usize..8, by in 1u8..10,
        ) {
            let file = format!("{file:08}");
            let bill = bill_id(&file, "120", "water").unwrap();
            let payment = payment_id(&bill, thousands, year, period).unwrap();
            prop_assert_eq!(slip(&bill, &payment), Some((bill.clone(), payment.clone(), thousands)));
            let mut other = bill.clone().into_bytes();
            other[place] = b'0' + (other[place] - b'0' + by) % 10;
            let other = String::from_utf8(other).unwrap();
            // Remainders 0 and 1 share a check digit: of all changed digits, those alone may pass.
            if is_checked(&other) {
                prop_assert!(bill.ends_with('0'));
            }
        }

        #[test]
        fn no_text_makes_it_panic(bill in ".*", payment in ".*") {
            let _ = (slip(&bill, &payment), number(&bill), bill_id(&bill, &payment, "gas"));
        }
    }
}
