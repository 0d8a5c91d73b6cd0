//! How does a deal live? Opened, moved from stage to stage, sometimes silent, in the end won or lost.

use chrono::{Days, NaiveDate};
use peyvand::{RecordId, Request};
use serde_json::json;

use super::customers::{amount, filled};
use super::leads::{CONVERTED_KNOWN, CONVERTED_NEW};
use super::words::{self, Currency};
use super::year::{OPPORTUNITIES, Year};

/// An opportunity, as far as the year needs to know it.
pub(super) struct Deal {
    pub(super) id: RecordId,
    pub(super) customer: usize,
    pub(super) seller: usize,
    /// A place in [`STAGES`].
    pub(super) stage: usize,
    amount: (i64, Currency),
    close_on: Option<NaiveDate>,
    next_on: NaiveDate,
    /// In which stage it will be lost; none means that it will be won.
    lost_in: Option<usize>,
    /// The customer does not answer until then.
    pub(super) quiet_until: Option<NaiveDate>,
    pub(super) last_touch: NaiveDate,
    pub(super) open: bool,
}

pub(super) const STAGES: [&str; 4] = ["prospecting", "qualification", "proposal", "negotiation"];
/// Deals that were on their way when the year began.
const INHERITED: u64 = 45;
/// Deals that come from neither the year before nor a lead.
const OPENED: u64 = OPPORTUNITIES - INHERITED - CONVERTED_NEW - CONVERTED_KNOWN;
/// How long a deal stays in each.
const DAYS: [(i64, i64); 4] = [(5, 16), (7, 24), (10, 34), (7, 30)];

impl Year<'_> {
    /// What the year before left on the desk.
    pub(super) fn inherit_deals(&mut self) -> peyvand::Result<()> {
        for _ in 0..INHERITED {
            let customer = self.dice.below(self.company.customers.len());
            let stage = self.dice.weighted(&[(20, 0), (35, 1), (30, 2), (15, 3)]);
            let ago = self.dice.between((3, 12)) + 18 * stage as i64;
            let opened_on = self
                .day
                .checked_sub_days(Days::new(ago.unsigned_abs()))
                .unwrap_or(self.day);
            self.open_deal(customer, stage, opened_on)?;
        }
        Ok(())
    }

    /// Opens the deals that are due, with customers that are there already.
    pub(super) fn open_deals(&mut self) -> peyvand::Result<()> {
        for _ in 0..self.due(OPENED, self.made.opened) {
            let customer = self.dice.below(self.company.customers.len());
            self.open_deal(customer, 0, self.day)?;
            self.made.opened += 1;
        }
        Ok(())
    }

    fn open_deal(
        &mut self,
        place: usize,
        stage: usize,
        opened_on: NaiveDate,
    ) -> peyvand::Result<()> {
        let Some(customer) = self.company.customers.get(place).cloned() else {
            return Ok(());
        };
        let branch = self.company.branch_of(customer.seller);
        let currency = self.dice.weighted(&branch.currencies);
        let (number, written) = amount(currency, self.dice);
        let product = self.dice.below(words::PRODUCTS.len());
        let large = number >= currency.large_from();
        let close_on = (large || self.dice.chance(85)).then(|| self.after((35, 110)));
        let id = self.session.new_id("opportunity")?;
        let mut fields = filled(json!({
            "name": format!("{} · {}", words::product(product, customer.language), customer.name),
            "account": customer.id.to_string(),
            "contact": self.dice.choose(&customer.contacts).map(ToString::to_string),
            "stage": STAGES.get(stage),
            "amount": written,
            "opened_on": opened_on.to_string(),
            "product": words::PRODUCTS.get(product).map(|product| product.0),
            "source": self.dice.weighted(&[(30, None), (25, Some("referral")), (15, Some("call")), (12, Some("campaign")), (10, Some("event")), (8, Some("partner"))]),
            "owner": self.company.seller(customer.seller).map(|seller| seller.id.to_string()),
            "territory": branch.key,
        }));
        if large && self.dice.chance(30) {
            self.attempt(
                customer.seller,
                "a large deal without a close date",
                Request::create("opportunity", fields.clone()),
            )?;
        }
        if let Some(day) = close_on {
            fields.insert("close_date".to_owned(), day.to_string().into());
        }
        self.asks
            .push(Request::create_as(id, "opportunity", fields));
        self.touched.insert(id);
        self.made.deals += 1;
        self.follow_deal(
            id,
            place,
            customer.seller,
            stage,
            (number, currency.code().to_owned()),
        );
        if let Some(deal) = self.deals.last_mut() {
            deal.close_on = close_on;
        }
        Ok(())
    }

    /// From now on the deal is worked on. Whether it will be won is decided by who sells it.
    pub(super) fn follow_deal(
        &mut self,
        id: RecordId,
        customer: usize,
        seller: usize,
        stage: usize,
        amount: (i64, String),
    ) {
        let wins = self.company.seller(seller).map_or(50, |seller| seller.wins);
        let lost_in = (!self.dice.chance(wins)).then(|| {
            self.dice
                .weighted(&[(20, 0), (30, 1), (28, 2), (22, 3)])
                .max(stage)
        });
        let next_on = self.after(DAYS.get(stage).copied().unwrap_or((7, 20)));
        let currency = [Currency::Irr, Currency::Aed, Currency::Usd]
            .into_iter()
            .find(|currency| currency.code() == amount.1)
            .unwrap_or(Currency::Irr);
        self.deal_of.insert(id, self.deals.len());
        self.deals.push(Deal {
            id,
            customer,
            seller,
            stage,
            amount: (amount.0, currency),
            close_on: None,
            next_on,
            lost_in,
            quiet_until: None,
            last_touch: self.day,
            open: true,
        });
    }

    pub(super) fn move_deals(&mut self) -> peyvand::Result<()> {
        for place in 0..self.deals.len() {
            let Some(deal) = self.deals.get_mut(place) else {
                continue;
            };
            if !deal.open || deal.next_on > self.day || self.touched.contains(&deal.id) {
                continue;
            }
            deal.quiet_until = deal.quiet_until.filter(|until| *until > self.day);
            let (stage, lost) = (deal.stage, deal.lost_in == Some(deal.stage));
            match (lost, stage + 1 < STAGES.len()) {
                (true, _) => self.lose(place)?,
                (false, false) => self.win(place),
                (false, true) => self.advance(place),
            }
        }
        Ok(())
    }

    fn advance(&mut self, place: usize) {
        // Some customers stop answering; nobody is told, and the stage stays.
        if self.dice.chance(17) {
            let (until, next_on) = (self.after((24, 50)), self.after((52, 70)));
            if let Some(deal) = self.deals.get_mut(place) {
                (deal.quiet_until, deal.next_on) = (Some(until), next_on);
            }
            return;
        }
        let slip = self.after((20, 60));
        let discount = self.dice.chance(45).then(|| self.dice.between((88, 98)));
        let Some(stage) = self.deals.get(place).map(|deal| deal.stage + 1) else {
            return;
        };
        let next_on = self.after(DAYS.get(stage).copied().unwrap_or((7, 20)));
        let Some(deal) = self.deals.get_mut(place) else {
            return;
        };
        (deal.stage, deal.next_on) = (stage, next_on);
        let mut fields = filled(json!({"stage": STAGES.get(stage)}));
        if stage >= 2 && deal.close_on.is_none_or(|day| day <= next_on) {
            deal.close_on = Some(slip);
            fields.insert("close_date".to_owned(), slip.to_string().into());
        }
        if let Some(percent) = discount.filter(|_| stage == 3) {
            let (number, currency) = deal.amount;
            let step = currency.amounts().step;
            deal.amount.0 = (number * percent / 100 / step * step).max(step);
            fields.insert(
                "amount".to_owned(),
                format!("{} {}", deal.amount.0, currency.code()).into(),
            );
        }
        self.touched.insert(deal.id);
        self.asks.push(Request::update(deal.id, fields));
    }

    fn win(&mut self, place: usize) {
        let Some(deal) = self.deals.get_mut(place) else {
            return;
        };
        deal.open = false;
        self.touched.insert(deal.id);
        self.asks
            .push(Request::update(deal.id, json!({"stage": "won"})));
        self.tally.won += 1;
    }

    fn lose(&mut self, place: usize) -> peyvand::Result<()> {
        let Some(deal) = self.deals.get_mut(place) else {
            return Ok(());
        };
        deal.open = false;
        let (id, customer, seller, silent) = (
            deal.id,
            deal.customer,
            deal.seller,
            deal.quiet_until.is_some(),
        );
        let large = deal.amount.0 >= deal.amount.1.large_from();
        let Some(language) = self
            .company
            .customers
            .get(customer)
            .map(|customer| customer.language)
        else {
            return Ok(());
        };
        let reasons = words::reasons(language);
        let reason = if silent {
            reasons[5]
        } else {
            self.dice.weighted(&[
                (30, reasons[0]),
                (22, reasons[1]),
                (16, reasons[2]),
                (12, reasons[3]),
                (20, reasons[4]),
            ])
        };
        if large && self.dice.chance(50) {
            self.attempt(
                seller,
                "a large deal given up without a reason",
                Request::update(id, json!({"stage": "lost"})),
            )?;
        }
        let said = large || self.dice.chance(86);
        self.asks.push(Request::update(
            id,
            filled(json!({"stage": "lost", "loss_reason": said.then_some(reason)})),
        ));
        self.touched.insert(id);
        self.tally.lost += 1;
        Ok(())
    }

    /// Somebody took a silent deal up again, because a task said so: most of them go on, some turn out to be dead.
    pub(super) fn revive(&mut self, place: usize) {
        let (dead, next_on) = (self.dice.chance(20), self.after((2, 12)));
        let Some(deal) = self
            .deals
            .get_mut(place)
            .filter(|deal| deal.open && deal.quiet_until.is_some())
        else {
            return;
        };
        deal.next_on = next_on;
        deal.last_touch = self.day;
        if dead {
            deal.lost_in = Some(deal.stage);
        } else {
            deal.quiet_until = None;
        }
    }
}
