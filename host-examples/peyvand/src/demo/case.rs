//! Whom do papers, screens and letters tell of? The customer of the story, a deal with it, and who has it in hand.

use peyvand::{Actor, Engine, Filter, FixedClock, Record, RecordId, Session};

use super::figures::{all, reference};

pub(super) struct Case<'a> {
    pub(super) engine: &'a Engine,
    pub(super) clock: &'a FixedClock,
    /// Of the seller: what happens from here on is his work.
    pub(super) session: Session,
    pub(super) account: Record,
    pub(super) deal: Record,
    pub(super) seller: Record,
    pub(super) manager: Record,
}

impl<'a> Case<'a> {
    /// The largest deal of a customer, an open one where there is one; nothing when nobody is in charge of any.
    pub(super) fn of(
        engine: &'a Engine,
        clock: &'a FixedClock,
        account: RecordId,
    ) -> peyvand::Result<Option<Self>> {
        let session = engine.session();
        let mut deals = all(&session, "opportunity", &Filter::eq("account", account))?;
        deals.sort_by_cached_key(|deal| {
            let amount = match deal.get("amount") {
                Some(peyvand::Value::Money(money)) => money.amount.billionths(),
                _ => 0,
            };
            (deal.text("status") == Some("open"), amount)
        });
        let Some(deal) = deals.pop() else {
            return Ok(None);
        };
        let person = |of: &Record, field: &str| {
            let id = reference(of, field);
            id.map(|id| session.get(id)).transpose()
        };
        let Some(seller) = person(&deal, "owner")? else {
            return Ok(None);
        };
        let Some(manager) = person(&seller, "manager")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            engine,
            clock,
            session: engine.session_as(Actor::User(seller.id())),
            account: session.get(account)?,
            deal,
            seller,
            manager,
        }))
    }
}
