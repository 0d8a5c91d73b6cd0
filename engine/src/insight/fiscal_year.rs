//! When does the year of the books begin?

use crate::error::Result;
use crate::query::{self, FiscalYear};
use crate::session::Session;
use crate::write::{Ask, Stored};

impl Session {
    /// The fiscal year of the workspace; none until one is set.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn fiscal_year(&self) -> Result<Option<FiscalYear>> {
        query::fiscal_year(&self.read()?.0)
    }

    /// From now on the fiscal year begins on this day of each year, or there is none. Filters that name it,
    /// `close_date[in]:this-fiscal-year`, and groups by it, `close_date:fiscal-quarter`, follow at once; nothing that is
    /// stored changes.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use peyvand::{Engine, Filter};
    ///
    /// let session = Engine::in_memory().open()?.session();
    /// let filter = Filter::parse("close_date[in]:this-fiscal-year")?;
    /// assert!(session.count("opportunity", &filter).is_err());
    /// session.set_fiscal_year(Some("01-01@hijri".parse().or_else(|_| "04-01".parse())?))?;
    /// assert_eq!(session.count("opportunity", &filter)?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When who asks does not administer, where access is enforced.
    pub fn set_fiscal_year(&self, year: Option<FiscalYear>) -> Result<()> {
        if self.fiscal_year()? == year {
            return Ok(());
        }
        let stored = Stored {
            what: match year {
                Some(year) => format!("fiscal year from {year}"),
                None => "no fiscal year".to_owned(),
            },
            entries: vec![(
                query::fiscal_year_setting(),
                year.map(|year| year.to_string().into_bytes()),
            )],
            ..Stored::default()
        };
        self.ask(Ask::Stored(stored)).map(drop)
    }
}
