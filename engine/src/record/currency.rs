//! Which currency is an amount in?

use std::fmt;
use std::str::FromStr;

/// An ISO 4217 currency, by its three letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    #[cfg(feature = "wasm")]
    pub(crate) fn bytes(self) -> [u8; 3] {
        self.0
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The text is not a currency.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not an ISO 4217 currency code such as IRR, AED or EUR")]
pub struct NotACurrency(String);

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        let letters = <[u8; 3]>::try_from(text.trim().as_bytes());
        let upper = letters.map(|letters| Self(letters.map(|letter| letter.to_ascii_uppercase())));
        upper
            .ok()
            .filter(|currency| iso_currency::Currency::from_code(currency.code()).is_some())
            .ok_or_else(|| NotACurrency(text.to_owned()))
    }
}
