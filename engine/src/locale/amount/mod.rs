//! How much money did somebody write, and how is an amount shown?
//!
//! An amount never stands without its unit: one that is read without has to be of a stated default, or is refused. The
//! toman is a unit of ten rials and no currency: it is read and shown, and stored as rials. A rial has no parts in use, so
//! amounts of it are rounded to whole ones, halves away from zero, and say that they were.
//!
//! Names that several currencies share («ریال», `دينار`, `ليرة`) are those of the default where it is one of them, and of
//! Iran in Persian; otherwise the amount is refused with the currencies that it may be.

mod units;

use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};

use super::digits::format_number;
use super::number::{NotANumber, Token, is_lost, number_of, tokens};
use super::variety::Variety;
use super::words::{currency_name, minor_digits};
use crate::context::Locale;
use units::{Meant, longest_unit};

/// In what an amount is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AmountUnit {
    /// Ten rials of Iran.
    Toman,
    /// The currency of an ISO 4217 code.
    Currency(&'static str),
}

impl AmountUnit {
    /// The unit of `toman` or of an ISO 4217 code.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("toman") {
            return Some(Self::Toman);
        }
        let code = name.to_ascii_uppercase();
        iso_currency::Currency::from_code(&code).map(|currency| Self::Currency(currency.code()))
    }

    /// The ISO 4217 code of what is stored: `IRR` for the toman.
    #[must_use]
    pub fn currency(self) -> &'static str {
        match self {
            Self::Toman => "IRR",
            Self::Currency(code) => code,
        }
    }
}

/// An amount that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Amount {
    /// A plain number of the currency's whole units; of rials for tomans.
    pub number: String,
    /// The ISO 4217 code.
    pub currency: &'static str,
    /// The unit that was written, or the default.
    pub unit: AmountUnit,
    /// The amount had parts of a rial, and was rounded.
    pub rounded: bool,
}

/// The text is no amount that can be read without a guess.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAnAmount {
    /// What stands beside the unit is no number.
    #[error(transparent)]
    Number(#[from] NotANumber),
    /// A number alone.
    #[error("«{0}» has no unit; write toman or rial behind it, or state the unit of the column")]
    NoUnit(String),
    /// A name of several currencies.
    #[error("«{text}» may be {}; write the code of the currency, or state it for the column", .currencies.join(", "))]
    WhichCurrency {
        /// What was to be read.
        text: String,
        /// The ISO 4217 codes that it may be.
        currencies: Vec<&'static str>,
    },
    /// Two units in one amount.
    #[error("«{0}» has more than one unit; write one amount")]
    TwoUnits(String),
}

/// Reads an amount with its unit before or behind it: `۲٫۵ میلیون تومان`, `1,250.75 USD`, `$12`, `٣ ملايين ريال سعودي`,
/// `۵ همت`. Without a unit it is of `default`.
///
/// # Errors
/// What is missing, or what it may be.
pub fn parse_amount(
    text: &str,
    variety: Option<Variety>,
    default: Option<AmountUnit>,
) -> Result<Amount, NotAnAmount> {
    let unreadable = || NotANumber::Unreadable(text.trim().to_owned());
    if is_lost(text) {
        return Err(NotANumber::Lost(text.trim().to_owned()).into());
    }
    let mut tokens = tokens(text);
    let meant = take_unit(&mut tokens);
    if meant.is_some() && take_unit(&mut tokens).is_some() {
        return Err(NotAnAmount::TwoUnits(text.trim().to_owned()));
    }
    let plain = number_of(&tokens, variety).map_err(|fault| fault.of(text))?;
    let (unit, times) = unit_of(text, meant, variety, default)?;
    let times = match unit {
        AmountUnit::Toman => times.checked_mul(Decimal::TEN),
        AmountUnit::Currency(_) => Some(times),
    };
    let too_large = || NotANumber::TooLarge(text.trim().to_owned());
    let number = Decimal::from_str_exact(&plain).map_err(|_| unreadable())?;
    let number = times
        .and_then(|times| number.checked_mul(times))
        .ok_or_else(too_large)?;
    let whole = match unit.currency() {
        "IRR" => number.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero),
        _ => number,
    };
    Ok(Amount {
        number: whole.normalize().to_string(),
        currency: unit.currency(),
        unit,
        rounded: whole != number,
    })
}

/// Takes the longest name of a unit out of what was written.
fn take_unit(tokens: &mut Vec<Token>) -> Option<Meant> {
    for from in 0..tokens.len() {
        if let Some((length, meant)) = longest_unit(&tokens[from..]) {
            tokens.drain(from..from + length);
            return Some(meant);
        }
    }
    None
}

/// The unit, and how many of it a written one is: «همت» is a thousand billion tomans.
fn unit_of(
    text: &str,
    meant: Option<Meant>,
    variety: Option<Variety>,
    default: Option<AmountUnit>,
) -> Result<(AmountUnit, Decimal), NotAnAmount> {
    match meant {
        None => default
            .map(|unit| (unit, Decimal::ONE))
            .ok_or_else(|| NotAnAmount::NoUnit(text.trim().to_owned())),
        Some(Meant::Unit(unit, times)) => Ok((unit, Decimal::from(times))),
        Some(Meant::OneOf(codes)) => {
            // A column of tomans says that its rials are those of Iran.
            let of_default = default.map(AmountUnit::currency);
            let of_iran = (variety == Some(Variety::Persian)).then_some("IRR");
            let decided = of_default.filter(|code| codes.contains(code));
            let decided = decided.or(of_iran.filter(|code| codes.contains(code)));
            match codes.iter().find(|code| Some(**code) == decided) {
                Some(code) => Ok((AmountUnit::Currency(code), Decimal::ONE)),
                None => Err(NotAnAmount::WhichCurrency {
                    text: text.trim().to_owned(),
                    currencies: codes.to_vec(),
                }),
            }
        }
    }
}

/// An amount as a variety of a language writes it, its unit behind it: `۲٬۵۰۰٬۰۰۰ ریال`, or `۲۵۰٬۰۰۰ تومان` where rials are
/// to be `shown_in` tomans.
///
/// `number` is a plain number of whole units; fewer digits than the currency's minor unit has are filled up with zeros.
#[must_use]
pub fn format_amount(
    number: &str,
    currency: &str,
    shown_in: Option<AmountUnit>,
    variety: impl Into<Variety>,
) -> String {
    let variety = variety.into();
    let in_tomans = currency == "IRR" && shown_in == Some(AmountUnit::Toman);
    let tomans = in_tomans.then(|| tenth(number)).flatten();
    let (number, name) = match tomans {
        Some(tomans) => (tomans, "toman"),
        None => (number.to_owned(), currency),
    };
    let number = with_minor_digits(number, minor_digits(name).unwrap_or(0) as usize);
    let unit = match variety.language() {
        Locale::En => name,
        language => currency_name(name, language).unwrap_or(name),
    };
    format!("{} {unit}", format_number(&number, variety))
}

fn tenth(number: &str) -> Option<String> {
    let number = Decimal::from_str_exact(number).ok()?;
    let tenth = number.checked_div(Decimal::TEN)?;
    Some(tenth.normalize().to_string())
}

fn with_minor_digits(mut number: String, wanted: usize) -> String {
    let places = number.split_once('.').map_or(0, |(_, places)| places.len());
    if places < wanted {
        if places == 0 {
            number.push('.');
        }
        number.extend(std::iter::repeat_n('0', wanted - places));
    }
    number
}

/// From a day on a currency counts in a new unit, as when zeros are taken off it. What was written before stays as it was
/// written: this is how it is counted later, and no edit of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Redenomination {
    /// The code of the old unit.
    pub from: String,
    /// The code of the new one.
    pub to: String,
    /// The first day of the new unit.
    pub since: NaiveDate,
    /// How many old units are a new one; not 0.
    pub old_in_new: u32,
    /// Digits behind the point of the new unit.
    pub minor_digits: u32,
}

impl Redenomination {
    /// A redenomination by the codes of the two units.
    #[must_use]
    pub fn new(from: &str, to: &str, since: NaiveDate, old_in_new: u32, minor_digits: u32) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            since,
            old_in_new,
            minor_digits,
        }
    }

    /// An amount as it is counted on a day: the new number and its code. Amounts of other currencies, and all before the
    /// day of the new unit, are as they were; `None` for what is no plain number, or a redenomination by 0.
    ///
    /// Halves of the new minor unit are rounded away from zero.
    #[must_use]
    pub fn counted_on<'a>(
        &'a self,
        number: &str,
        currency: &'a str,
        day: NaiveDate,
    ) -> Option<(String, &'a str)> {
        let amount = Decimal::from_str_exact(number).ok()?;
        if currency != self.from || day < self.since {
            return Some((number.to_owned(), currency));
        }
        let exact = amount.checked_div(Decimal::from(self.old_in_new))?;
        let rounding = RoundingStrategy::MidpointAwayFromZero;
        let counted = exact.round_dp_with_strategy(self.minor_digits, rounding);
        Some((counted.normalize().to_string(), &self.to))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use Variety::{Arabic, English, Persian};
    use proptest::prelude::*;

    fn read(text: &str, variety: Option<Variety>) -> String {
        let amount = parse_amount(text, variety, None).unwrap();
        format!("{} {}", amount.number, amount.currency)
    }

    #[test]
    fn an_amount_is_read_with_its_unit() {
        for (text, variety, expected) in [
            ("۲٫۵ میلیون تومان", None, "25000000 IRR"),
            ("2.5m toman", None, "25000000 IRR"),
            ("دو میلیون و پانصد هزار تومان", None, "25000000 IRR"),
            ("تومان ۱۲٬۵۰۰", None, "125000 IRR"),
            ("۱۲۵۰۰تومن", None, "125000 IRR"),
            ("(۵۰۰ تومان)", None, "-5000 IRR"),
            ("۵۰۰ ریال", Some(Persian), "500 IRR"),
            ("۵۰۰ ريال ايران", None, "500 IRR"),
            ("5,000 IRR", Some(English), "5000 IRR"),
            ("۵ همت", None, "50000000000000 IRR"),
            ("۱۲٫۳۴ تومان", None, "123 IRR"),
            ("$-5", None, "-5 USD"),
            ("1,250.75 USD", None, "1250.75 USD"),
            ("۱۰۰ دلار", None, "100 USD"),
            ("٣ ملايين ريال سعودي", Some(Arabic), "3000000 SAR"),
            ("٢٥٠ د.إ", Some(Arabic), "250 AED"),
            ("خمسة وعشرون ألف دينار عراقي", None, "25000 IQD"),
            ("12.5 KWD", None, "12.5 KWD"),
            ("€ 12,50", None, "12.5 EUR"),
        ] {
            assert_eq!(read(text, variety), expected, "{text}");
        }
    }

    #[test]
    fn a_number_alone_needs_a_stated_unit() {
        assert_eq!(
            parse_amount("۱۲۵۰۰", None, None),
            Err(NotAnAmount::NoUnit("۱۲۵۰۰".to_owned()))
        );
        let amount = parse_amount("۱۲۵۰۰", None, Some(AmountUnit::Toman)).unwrap();
        assert_eq!((amount.number.as_str(), amount.currency), ("125000", "IRR"));
        // What is written goes before the default.
        let amount = parse_amount("۱۲۵۰۰ ریال", None, Some(AmountUnit::Toman)).unwrap();
        assert_eq!(amount.number, "12500");
    }

    #[test]
    fn a_name_of_several_currencies_is_asked() {
        let Err(NotAnAmount::WhichCurrency { currencies, .. }) =
            parse_amount("500 ريال", Some(Arabic), None)
        else {
            panic!("it is read");
        };
        assert!(currencies.contains(&"SAR") && currencies.contains(&"IRR"));
        let riyals = Some(AmountUnit::Currency("SAR"));
        assert_eq!(
            parse_amount("500 ريال", Some(Arabic), riyals)
                .unwrap()
                .currency,
            "SAR"
        );
        assert!(matches!(
            parse_amount("5 USD 3 EUR", None, None),
            Err(NotAnAmount::TwoUnits(_))
        ));
        for text in ["تومان", "", "abc تومان", "1.2E+9 IRR"] {
            assert!(
                matches!(parse_amount(text, None, None), Err(NotAnAmount::Number(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn parts_of_a_rial_are_rounded_and_told() {
        let amount = parse_amount("10.5 IRR", None, None).unwrap();
        assert_eq!((amount.number.as_str(), amount.rounded), ("11", true));
        let amount = parse_amount("1.25 toman", None, None).unwrap();
        assert_eq!((amount.number.as_str(), amount.rounded), ("13", true));
        assert!(!parse_amount("1.5 toman", None, None).unwrap().rounded);
    }

    #[test]
    fn an_amount_is_shown_with_its_unit() {
        let toman = Some(AmountUnit::Toman);
        for (number, currency, shown_in, variety, expected) in [
            ("2500000", "IRR", None, Persian, "۲٬۵۰۰٬۰۰۰ ریال"),
            ("2500000", "IRR", toman, Persian, "۲۵۰٬۰۰۰ تومان"),
            ("125", "IRR", toman, Persian, "۱۲٫۵ تومان"),
            ("12.5", "USD", toman, Persian, "۱۲٫۵۰ دلار"),
            ("2500000", "IRR", toman, English, "250,000 toman"),
            ("1250.5", "KWD", None, Arabic, "١٬٢٥٠٫٥٠٠ دينار كويتي"),
            ("7", "XYZ", None, English, "7 XYZ"),
        ] {
            assert_eq!(format_amount(number, currency, shown_in, variety), expected);
        }
    }

    #[test]
    fn a_redenomination_counts_from_its_day_on_and_edits_nothing() {
        let day = |day| NaiveDate::from_ymd_opt(2027, 3, day).unwrap();
        let change = Redenomination::new("IRR", "NEW", day(21), 10_000, 2);
        let counted = |number, currency, day| change.counted_on(number, currency, day).unwrap();
        assert_eq!(
            counted("1234567", "IRR", day(20)),
            ("1234567".to_owned(), "IRR")
        );
        assert_eq!(
            counted("1234567", "IRR", day(21)),
            ("123.46".to_owned(), "NEW")
        );
        assert_eq!(counted("5", "USD", day(21)), ("5".to_owned(), "USD"));
        assert_eq!(change.counted_on("abc", "IRR", day(21)), None);
        assert_eq!(
            Redenomination::new("A", "B", day(1), 0, 2).counted_on("5", "A", day(2)),
            None
        );
    }

    proptest! {
        #[test]
        fn an_amount_is_read_back_as_it_was_written(number in 0u64.., toman: bool) {
            let shown = toman.then_some(AmountUnit::Toman);
            for variety in [English, Persian, Variety::Dari, Arabic, Variety::Levantine, Variety::Maghrebi] {
                for currency in ["IRR", "USD", "SAR", "IQD", "EUR"] {
                    let written = format_amount(&number.to_string(), currency, shown, variety);
                    let read = parse_amount(&written, Some(variety), AmountUnit::from_name(currency)).unwrap();
                    prop_assert_eq!((read.number, read.currency), (number.to_string(), currency), "{}", written);
                }
            }
        }

        #[test]
        fn no_text_is_too_much(text in "[0-9۰-۹,.$ ]{0,20}(تومان|ریال|USD|همت)?.{0,10}") {
            let _ = parse_amount(&text, None, None);
        }
    }
}
