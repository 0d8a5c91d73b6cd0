//! Which numbers are exact?

use std::fmt;
use std::str::FromStr;

use rust_decimal::prelude::ToPrimitive;

use crate::locale::fold_digits;

/// An exact decimal number with at most nine decimal places, up to ±79 billion billion (7.9 × 10¹⁹).
///
/// Nine places are what the store, the totals and the plugins' columns hold; arithmetic never rounds silently and never
/// panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(rust_decimal::Decimal);

const PLACES: u32 = 9;

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self(rust_decimal::Decimal::ZERO);

    fn checked(inner: rust_decimal::Decimal) -> Option<Self> {
        let mut fits = inner.normalize();
        if fits.scale() > PLACES {
            return None;
        }
        // It must be expressible in billionths, or it could be stored but never added up.
        let mut scaled = fits;
        scaled.rescale(PLACES);
        (scaled.scale() == PLACES).then(|| {
            if fits.is_zero() {
                fits = rust_decimal::Decimal::ZERO;
            }
            Self(fits)
        })
    }

    /// How many billionths it is: 12.5 is 12 500 000 000.
    #[must_use]
    pub fn billionths(self) -> i128 {
        let mut scaled = self.0;
        scaled.rescale(PLACES);
        scaled.mantissa()
    }

    /// The number of so many billionths; `None` when it is too large.
    #[must_use]
    pub fn from_billionths(count: i128) -> Option<Self> {
        rust_decimal::Decimal::try_from_i128_with_scale(count, PLACES)
            .ok()
            .and_then(Self::checked)
    }

    /// The sum; `None` when it is too large.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(Self::checked)
    }

    /// The product rounded half to even at nine places; `None` when it is too large.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        self.0
            .checked_mul(other.0)
            .map(|product| product.round_dp(PLACES))
            .and_then(Self::checked)
    }

    /// The quotient rounded half to even at nine places; `None` for a division by zero or when it is too large.
    #[must_use]
    pub fn checked_div(self, other: Self) -> Option<Self> {
        self.0
            .checked_div(other.0)
            .map(|quotient| quotient.round_dp(PLACES))
            .and_then(Self::checked)
    }

    /// Rounded half to even at so many decimal places.
    #[must_use]
    pub fn round(self, places: u32) -> Self {
        Self(self.0.round_dp(places.min(PLACES)).normalize())
    }

    /// The nearest floating-point number, for charts and scripts, never for storage.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0.to_f64().unwrap_or(f64::NAN)
    }

    /// The nearest decimal of a finite floating-point number.
    #[must_use]
    pub fn from_f64(number: f64) -> Option<Self> {
        use rust_decimal::prelude::FromPrimitive;
        rust_decimal::Decimal::from_f64(number)
            .map(|d| d.round_dp(PLACES))
            .and_then(Self::checked)
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self(rust_decimal::Decimal::from(number))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The text is not a decimal number that can be kept.
#[derive(Debug, thiserror::Error)]
#[error(
    "'{0}' is not a decimal number with at most nine decimal places and nineteen digits before them"
)]
pub struct NotADecimal(String);

impl FromStr for Decimal {
    type Err = NotADecimal;

    /// Reads `-1234.5` in any of three kinds of digits, with `٫` as point and `,` or `٬` between thousands.
    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        // Most are whole, in plain digits.
        if let Ok(whole) = text.trim().parse::<i64>() {
            return Ok(whole.into());
        }
        let plain: String = fold_digits(text.trim())
            .chars()
            .filter_map(|c| match c {
                '٫' => Some('.'),
                ',' | '٬' | '_' | '\u{200e}' | '\u{200f}' | '\u{061c}' => None,
                '−' => Some('-'),
                other => Some(other),
            })
            .collect();
        plain
            .parse::<rust_decimal::Decimal>()
            .ok()
            .and_then(Self::checked)
            .ok_or_else(|| NotADecimal(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_read_in_three_kinds_of_digits() {
        for text in ["12345.67", "۱۲٬۳۴۵٫۶۷", "١٢٣٤٥٫٦٧", "12,345.670"] {
            assert_eq!(
                text.parse::<Decimal>().unwrap().to_string(),
                "12345.67",
                "{text}"
            );
        }
    }

    #[test]
    fn what_cannot_be_kept_exactly_is_refused() {
        for text in ["", "1.0000000001", "80000000000000000000", "1e5x", "NaN"] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }

    #[test]
    fn billionths_go_there_and_back() {
        for text in ["0", "-0.000000001", "79000000000000000000", "-12.5"] {
            let number: Decimal = text.parse().unwrap();
            assert_eq!(
                Decimal::from_billionths(number.billionths()),
                Some(number),
                "{text}"
            );
        }
        assert_eq!(Decimal::from_billionths(i128::MAX), None);
    }
}
