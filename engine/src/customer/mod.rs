//! Who is this customer?
//!
//! All that there is to know of somebody in one call, from one snapshot: the 360 view. What it shows is data: `panels`
//! are records that administrators write and plugins bring, those of the engine among them. `shown` puts them together
//! for one record. `caller` says who has a telephone number, which `number` finds in the indexes; `dealings` says who of
//! us has dealt with a customer. What happened with it is told by the room `timeline`.

mod caller;
mod dealings;
mod number;
mod panels;
mod shown;
#[cfg(test)]
mod tests;

pub use caller::{Caller, NumberMatch};
pub use dealings::Dealing;
pub use shown::{CustomerView, PanelShown};

pub(crate) use panels::Panels;

use crate::error::Result;
use crate::journal::Position;
use crate::past::Past;
use crate::record::RecordId;
use crate::session::Session;
use crate::timeline::{self, Event};
use crate::view::{ViewPage, ViewRows};

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

    /// One panel of the 360 view, page by page: what the view had no room for. The first page without a cursor, each
    /// other with the `next` of the page before, or of the panel in the view.
    ///
    /// # Errors
    /// When there is no such record, or no such panel on it; when the cursor belongs to another panel.
    pub fn customer_panel(&self, id: RecordId, key: &str, page: &ViewPage) -> Result<ViewRows> {
        shown::panel(&self.look()?, &self.engine.inner.panels, (id, key), page)
    }

    /// A page of what happened with a customer: to its record, its people and deals, in what was done about each of
    /// them, with their documents and messages, and with the records that plugins have beside them. As
    /// [`Session::timeline_before`]: the last `limit` events before a commit, or before now, oldest first; events of one
    /// commit stay together. The next page is asked for with the position of the first event.
    ///
    /// Records up to three references away are told of, at most 5,000, those that were made last of each kind, with the
    /// 5,000 comments and the 5,000 messages about them that were made last; what went to the bin is left out with its
    /// story. Of a member whom the session's user may not see there is nothing.
    ///
    /// # Errors
    /// As [`Session::timeline`].
    pub fn customer_timeline(
        &self,
        id: RecordId,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Event>> {
        let (reader, _) = self.read()?;
        timeline::of_customer(&reader, &self.engine.inner.backend, id, before, limit)
    }

    /// Who of us has dealt with a customer, its people and its deals: how often, and when last. What was done, said and
    /// sent counts for whose it is, other records for who made them and who changed them last. The latest comes first.
    /// What counts is bounded as in [`customer_timeline`](Self::customer_timeline).
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn dealings(&self, id: RecordId) -> Result<Vec<Dealing>> {
        dealings::of(&self.look()?, id)
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
