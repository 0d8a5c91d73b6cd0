//! In which currency does the workspace reckon?

use crate::error::Result;
use crate::query;
use crate::record::Currency;
use crate::session::Session;
use crate::write::{Ask, Stored};

impl Session {
    /// The currency that `in base` measures change amounts to; none until one is set.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn base_currency(&self) -> Result<Option<Currency>> {
        query::base_currency(&self.read()?.0)
    }

    /// From now on the workspace reckons in this currency, or in none. Rates are records of `exchange_rate`: how much of
    /// `to` one unit of `from` is from `day` on, until a later day has a rate. Nothing that is stored changes.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use peyvand::{Aggregate, Engine, Measure};
    /// use serde_json::json;
    ///
    /// let engine = Engine::in_memory().open()?;
    /// let session = engine.session();
    /// session.set_base_currency(Some("IRR".parse()?))?;
    /// session.create("exchange_rate", json!({"from": "EUR", "to": "IRR", "day": "2026-01-01", "rate": 700000}))?;
    /// let deal = json!({"name": "بیمه", "amount": "2 EUR", "close_date": "2026-03-21"});
    /// session.create("opportunity", deal)?;
    ///
    /// let sum = Aggregate::new("opportunity").measure(Measure::parse("sum(amount in base)")?);
    /// let rows = session.aggregate(&sum)?;
    /// assert_eq!(rows[0].values[0].as_ref().map(ToString::to_string), Some("1400000 IRR".to_owned()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When who asks does not administer, where access is enforced.
    pub fn set_base_currency(&self, currency: Option<Currency>) -> Result<()> {
        if self.base_currency()? == currency {
            return Ok(());
        }
        let value = currency.map(|currency| currency.code().as_bytes().to_vec());
        let stored = Stored {
            what: match currency {
                Some(currency) => format!("set the base currency to {currency}"),
                None => "have no base currency".to_owned(),
            },
            entries: vec![(query::base_currency_setting(), value)],
            ..Stored::default()
        };
        self.ask(Ask::Stored(stored)).map(drop)
    }
}
