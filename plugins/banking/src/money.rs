//! How is money counted? In whole units: rials, and hundredths of every other currency.

use peyvand_plugin::{Decimal, Language, Money};

/// Billionths of one unit of a currency: the rial has no fraction.
fn unit(money: &Money) -> i128 {
    match money.currency.code() {
        "IRR" => 1_000_000_000,
        _ => 10_000_000,
    }
}

/// The amount in whole units; none where it has a fraction of one.
pub(crate) fn units(money: &Money) -> Option<i128> {
    let billionths = money.amount.billionths();
    (billionths % unit(money) == 0).then(|| billionths / unit(money))
}

/// So many units in the currency of `like`.
pub(crate) fn of_units(units: i128, like: &Money) -> Money {
    let amount = Decimal::from_billionths(units.saturating_mul(unit(like)));
    Money { amount, ..*like }
}

/// Nothing, in the currency of `like`.
pub(crate) fn nothing(like: &Money) -> Money {
    Money {
        amount: Decimal::ZERO,
        ..*like
    }
}

/// What is left after `less`; amounts of another currency take nothing away.
pub(crate) fn minus(money: &Money, less: &Money) -> Money {
    if money.currency != less.currency {
        return *money;
    }
    let left = money
        .amount
        .billionths()
        .saturating_sub(less.amount.billionths());
    Money {
        amount: Decimal::from_billionths(left),
        ..*money
    }
}

/// Whether an amount is larger, in the same currency.
pub(crate) fn exceeds(money: &Money, limit: &Money) -> bool {
    money.currency == limit.currency && money.amount > limit.amount
}

/// What part of `whole` this is, in billionths of a percent with two places, half up; none where it cannot be said.
pub(crate) fn percent(part: i128, whole: i128) -> Option<i128> {
    if whole <= 0 || part < 0 {
        return None;
    }
    let hundredths = (part.checked_mul(10_000)? + whole / 2) / whole;
    hundredths.checked_mul(10_000_000)
}

/// For a person: `5,000,000 IRR`, with the digits of the language.
pub(crate) fn told(money: &Money, language: Language) -> String {
    let amount = money.amount.to_string();
    let (whole, places) = amount.split_once('.').unwrap_or((&amount, ""));
    let mut text = String::new();
    for (place, c) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(c);
    }
    if !places.is_empty() {
        text = format!("{text}.{places}");
    }
    let currency = match money.currency.code() {
        "IRR" => language.pick("IRR", "ریال", "ريال"),
        code => code,
    };
    format!("{} {currency}", language.digits(&text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use peyvand_plugin::Currency;

    fn money(amount: &str, currency: &str) -> Money {
        Money {
            amount: amount.parse().unwrap(),
            currency: Currency::new(currency).unwrap(),
        }
    }

    #[test]
    fn a_rial_has_no_fraction_and_others_have_hundredths() {
        assert_eq!(units(&money("12", "IRR")), Some(12));
        assert_eq!(units(&money("12.5", "IRR")), None);
        assert_eq!(units(&money("12.5", "EUR")), Some(1_250));
        assert_eq!(units(&money("12.505", "EUR")), None);
        assert_eq!(of_units(1_250, &money("0", "EUR")), money("12.5", "EUR"));
    }

    #[test]
    fn a_share_of_an_income_has_two_places() {
        assert_eq!(percent(1, 3), Some(33_330_000_000));
        assert_eq!(percent(2, 3), Some(66_670_000_000));
        assert_eq!((percent(1, 0), percent(-1, 2)), (None, None));
    }

    #[test]
    fn amounts_are_told_as_people_write_them() {
        assert_eq!(
            told(&money("5000000", "IRR"), Language::Persian),
            "۵,۰۰۰,۰۰۰ ریال"
        );
        assert_eq!(
            told(&money("-123456.5", "EUR"), Language::English),
            "-123,456.5 EUR"
        );
        assert_eq!(told(&money("999", "IRR"), Language::Arabic), "٩٩٩ ريال");
    }
}
