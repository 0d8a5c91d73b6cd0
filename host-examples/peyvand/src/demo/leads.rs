//! How does a lead become a customer? Called, judged, and converted or let go.

use chrono::NaiveDate;
use peyvand::{LeadConversion, RecordId, Request, Value};
use serde_json::json;

use super::customers::{Customer, NewLead, filled};
use super::names::Language;
use super::words;
use super::year::{LEADS, Year};

/// Leads that become customers, and those that turn out to be of one.
pub(super) const CONVERTED_NEW: u64 = 40;
pub(super) const CONVERTED_KNOWN: u64 = 50;

/// A lead on its way.
pub(super) struct Lead {
    lead: NewLead,
    status: LeadStatus,
    next_on: NaiveDate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LeadStatus {
    New,
    Working,
    Qualified,
    Done,
}

impl Year<'_> {
    pub(super) fn new_leads(&mut self) -> peyvand::Result<()> {
        for _ in 0..self.due(LEADS, self.made.leads) {
            let lead = self.clerk().lead()?;
            let next_on = self.after((1, 6));
            self.touched.insert(lead.id);
            self.leads.push(Lead {
                lead,
                status: LeadStatus::New,
                next_on,
            });
            self.made.leads += 1;
        }
        Ok(())
    }

    pub(super) fn work_on_leads(&mut self) {
        for place in 0..self.leads.len() {
            let Some(lead) = self
                .leads
                .get(place)
                .filter(|lead| lead.next_on <= self.day && lead.status != LeadStatus::Done)
            else {
                continue;
            };
            let (id, old) = (lead.lead.id, lead.status);
            if self.touched.contains(&id) {
                continue;
            }
            let good = self.dice.chance(58);
            let (status, word, next_on) = match old {
                LeadStatus::New => (LeadStatus::Working, "working", self.after((3, 14))),
                LeadStatus::Working if good => {
                    (LeadStatus::Qualified, "qualified", self.after((60, 110)))
                }
                LeadStatus::Working | LeadStatus::Qualified => {
                    (LeadStatus::Done, "unqualified", self.day)
                }
                LeadStatus::Done => continue,
            };
            self.asks.push(Request::update(id, json!({"status": word})));
            self.touched.insert(id);
            if let Some(lead) = self.leads.get_mut(place) {
                (lead.status, lead.next_on) = (status, next_on);
            }
        }
    }

    /// Leads that somebody may still call.
    pub(super) fn open_lead(&mut self) -> Option<(RecordId, Language, usize)> {
        let open: Vec<usize> = (0..self.leads.len())
            .filter(|place| {
                self.leads
                    .get(*place)
                    .is_some_and(|lead| lead.status != LeadStatus::Done)
            })
            .collect();
        let place = *self.dice.choose(&open)?;
        self.leads
            .get(place)
            .map(|lead| (lead.lead.id, lead.lead.language, lead.lead.seller))
    }

    pub(super) fn convert_leads(&mut self) {
        for (known, due) in [
            (false, self.due(CONVERTED_NEW, self.made.converted_new)),
            (true, self.due(CONVERTED_KNOWN, self.made.converted_known)),
        ] {
            for _ in 0..due {
                let ready = |lead: &Lead| {
                    lead.status == LeadStatus::Qualified
                        && lead.lead.known.is_some() == known
                        && !self.touched.contains(&lead.lead.id)
                };
                let Some(place) = self.leads.iter().position(ready) else {
                    break;
                };
                self.convert(place);
            }
        }
    }

    fn convert(&mut self, place: usize) {
        let Some(lead) = self.leads.get_mut(place) else {
            return;
        };
        lead.status = LeadStatus::Done;
        let (id, language, seller, known) = (
            lead.lead.id,
            lead.lead.language,
            lead.lead.seller,
            lead.lead.known,
        );
        let company = lead.lead.company.clone().unwrap_or_default();
        self.touched.insert(id);
        self.converted.push(place);
        self.made.deals += 1;
        let currency = self
            .dice
            .weighted(&self.company.branch_of(seller).currencies);
        let (_, amount) = super::customers::amount(currency, self.dice);
        let product = self.dice.below(words::PRODUCTS.len());
        let fields = json!({
            "stage": "qualification",
            "amount": amount,
            "close_date": self.after((30, 90)).to_string(),
            "opened_on": self.day.to_string(),
            "product": words::PRODUCTS.get(product).map(|product| product.0),
        });
        let name = format!("{} · {company}", words::product(product, language));
        let mut conversion =
            LeadConversion::of(id).with_opportunity(name.trim_end_matches(" · "), filled(fields));
        match known.and_then(|place| self.company.customers.get(place)) {
            Some(customer) => {
                conversion = conversion.into_account(customer.id);
                self.made.converted_known += 1;
            }
            None => self.made.converted_new += 1,
        }
        self.asks.push(Request::ConvertLead(conversion));
    }

    /// What the conversions made, now that they are committed.
    pub(super) fn meet_converted(&mut self) -> peyvand::Result<()> {
        for place in std::mem::take(&mut self.converted) {
            let Some(lead) = self.leads.get(place).map(|lead| &lead.lead) else {
                continue;
            };
            let record = self.session.get(lead.id)?;
            let reference = |field: &str| match record.get(field) {
                Some(Value::Reference(id)) => Some(*id),
                _ => None,
            };
            let (Some(account), Some(contact), Some(deal)) = (
                reference("converted_account"),
                reference("converted_contact"),
                reference("converted_opportunity"),
            ) else {
                continue;
            };
            let customer = match lead.known {
                Some(place) => place,
                None => {
                    let name = self.session.get(account)?.title();
                    self.company.customers.push(Customer {
                        id: account,
                        name,
                        language: lead.language,
                        seller: lead.seller,
                        contacts: Vec::new(),
                    });
                    self.company.customers.len() - 1
                }
            };
            if let Some(customer) = self.company.customers.get_mut(customer) {
                customer.contacts.push(contact);
            }
            let seller = lead.seller;
            let amount = match self.session.get(deal)?.get("amount") {
                Some(Value::Money(money)) => (
                    money.amount.to_string().parse().unwrap_or(0),
                    money.currency.to_string(),
                ),
                _ => (0, "IRR".to_owned()),
            };
            self.follow_deal(deal, customer, seller, 1, amount);
        }
        Ok(())
    }
}
