//! Who is this customer?
//!
//! All that there is to know of somebody in one call, from one snapshot: the 360 view. What it shows is data: `panels`
//! are records that administrators write and plugins bring, those of the engine among them. `shown` puts them together
//! for one record. `caller` says who has a telephone number, which `number` finds in the indexes.

mod caller;
mod number;
mod panels;
mod shown;
#[cfg(test)]
mod tests;

pub use caller::{Caller, NumberMatch};
pub use shown::{CustomerView, PanelShown};

pub(crate) use panels::Panels;

use crate::error::Result;
use crate::past::Past;
use crate::record::RecordId;
use crate::session::Session;

impl Session {
    /// The 360 view of a customer, or of any other record: who it is and what belongs to it, panel by panel, in the
    /// session's language. All of it is of one snapshot, and only what the session's user may see.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{Engine, Locale};
    /// use serde_json::json;
    ///
    /// let session = Engine::in_memory().open()?.session().in_locale(Locale::Fa);
    /// let account = session.create("account", json!({"name": "فولاد پارس"}))?.id()?;
    /// session.create("opportunity", json!({"name": "تیرآهن", "account": account.to_string()}))?;
    /// let view = session.customer_view(account)?;
    /// assert_eq!(view.title, "فولاد پارس");
    /// let open = view.panels.iter().find(|panel| panel.rows.name == "فرصت‌های باز").unwrap();
    /// assert_eq!(open.rows.rows[0].title, "تیرآهن");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is no such record, or the store cannot be read.
    pub fn customer_view(&self, id: RecordId) -> Result<CustomerView> {
        shown::of(&self.look()?, &self.engine.inner.panels, id)
    }
}

impl Past {
    /// The 360 view, as it was then.
    ///
    /// # Errors
    /// As [`Session::customer_view`], and when the retention does not reach back so far.
    pub fn customer_view(&self, id: RecordId) -> Result<CustomerView> {
        // What was declared then is not what is kept of now.
        shown::of(&self.look()?, &Panels::default(), id)
    }
}
