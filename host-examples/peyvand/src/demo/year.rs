//! What happens in the year? Day by day: the morning's tick, then everything that the branches report, in one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use peyvand::{Actor, Engine, ErrorKind, Failure, FixedClock, LeadConversion, RecordId, Request, Session, Value};
use serde_json::json;

use super::DemoError;
use super::company::{FIRST_ACCOUNTS, Founded, PEOPLE_EACH};
use super::customers::{Clerk, Company, Customer, NewLead, company_id, filled, mistyped};
use super::deals::Deal;
use super::diary::Planned;
use super::dice::Dice;
use super::names::Language;
use super::words;

/// What the year comes to. The rules' own tasks come on top of the activities.
pub(super) const ACCOUNTS: u64 = 200;
pub(super) const CONTACTS: u64 = 600;
pub(super) const LEADS: u64 = 300;
pub(super) const OPPORTUNITIES: u64 = 400;
pub(super) const ACTIVITIES: u64 = 3_000;
/// Leads that become customers, and those that turn out to be of one.
const CONVERTED_NEW: u64 = 40;
const CONVERTED_KNOWN: u64 = 50;

/// A lead on its way.
struct Lead {
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

/// How many there are of each so far.
#[derive(Default)]
pub(super) struct Made {
    accounts: u64,
    contacts: u64,
    leads: u64,
    converted_new: u64,
    converted_known: u64,
    pub(super) deals: u64,
    pub(super) activities: u64,
}

/// A write that a rule refused.
pub(super) struct Refused {
    pub(super) on: NaiveDate,
    pub(super) who: RecordId,
    pub(super) what: &'static str,
    pub(super) failure: Failure,
}

/// What the tour tells of the year.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) days: u64,
    pub(super) won: u64,
    pub(super) lost: u64,
    pub(super) refused: Vec<Refused>,
    /// Follow-ups that could not be done, and whatever else should not happen.
    pub(super) warnings: Vec<String>,
}

/// The year in progress.
pub(super) struct Year<'a> {
    engine: &'a Engine,
    pub(super) session: Session,
    pub(super) dice: &'a mut Dice,
    pub(super) company: Company,
    pub(super) day: NaiveDate,
    /// The requests of today's commit.
    pub(super) asks: Vec<Request>,
    /// What they change: a record is changed once a day.
    pub(super) touched: BTreeSet<RecordId>,
    pub(super) deals: Vec<Deal>,
    pub(super) deal_of: BTreeMap<RecordId, usize>,
    leads: Vec<Lead>,
    converted: Vec<usize>,
    pub(super) planned: BTreeMap<NaiveDate, Vec<Planned>>,
    pub(super) made: Made,
    /// How much of the year's work is done by tonight, and how much there is.
    pace: (u64, u64),
    pub(super) tally: Tally,
}

/// An hour of a day on the wall of the company, which is at +03:30.
pub(super) fn hour(day: NaiveDate, hour: i64, minute: i64) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::minutes(hour * 60 + minute - 210)
}

/// How much is done on a day: nothing on Fridays, half on Thursdays, little around Nowruz, more before the year ends.
fn weight(day: NaiveDate) -> u64 {
    let season = match (day.month(), day.day()) {
        (3, 21..) | (4, 1..=4) => 20,
        (2, 20..) | (3, _) => 130,
        _ => 100,
    };
    match day.weekday() {
        Weekday::Fri => 0,
        Weekday::Thu => season / 2,
        _ => season,
    }
}

/// Lives through the year and prints a line for each month, so that somebody who waits sees it pass.
pub(super) fn live(engine: &Engine, clock: &Arc<FixedClock>, founded: Founded, dice: &mut Dice, days: (NaiveDate, NaiveDate), out: &mut dyn Write) -> Result<Tally, DemoError> {
    let (first, last) = days;
    let open = || first.iter_days().take_while(|day| *day <= last).filter(|day| weight(*day) > 0);
    let Founded { company, desk } = founded;
    let mut year = Year {
        engine,
        session: engine.session_as(Actor::User(desk)),
        dice,
        company,
        day: first,
        asks: Vec::new(),
        touched: BTreeSet::new(),
        deals: Vec::new(),
        deal_of: BTreeMap::new(),
        leads: Vec::new(),
        converted: Vec::new(),
        planned: BTreeMap::new(),
        made: Made { accounts: FIRST_ACCOUNTS as u64, contacts: (FIRST_ACCOUNTS * PEOPLE_EACH) as u64, ..Made::default() },
        pace: (0, open().map(weight).sum::<u64>()),
        tally: Tally::default(),
    };
    let mut month = Month { commits: engine.position().get(), ..Month::default() };
    let mut days = open().peekable();
    while let Some(day) = days.next() {
        year.day = day;
        clock.set(hour(day, 8, 0));
        year.tally.warnings.extend(engine.tick()?);
        clock.set(hour(day, if day.weekday() == Weekday::Thu { 13 } else { 17 }, 0));
        year.work()?;
        year.tally.days += 1;
        if days.peek().is_none_or(|next| next.month() != day.month()) {
            month.print(&year, out)?;
        }
    }
    Ok(year.tally)
}

/// What was there at the end of the month before.
#[derive(Default)]
struct Month {
    days: u64,
    leads: u64,
    deals: u64,
    won: u64,
    lost: u64,
    activities: u64,
    commits: u64,
}

impl Month {
    fn print(&mut self, year: &Year<'_>, out: &mut dyn Write) -> Result<(), DemoError> {
        let now = Self {
            days: year.tally.days,
            leads: year.made.leads,
            deals: year.made.deals,
            won: year.tally.won,
            lost: year.tally.lost,
            activities: year.made.activities,
            commits: year.engine.position().get(),
        };
        if self.days == 0 {
            writeln!(out, "  month     days   leads   deals     won    lost   activities   commits")?;
        }
        let name = year.day.format("%Y-%m");
        let (days, leads, deals, won, lost) = (now.days - self.days, now.leads - self.leads, now.deals - self.deals, now.won - self.won, now.lost - self.lost);
        let (activities, commits) = (now.activities - self.activities, now.commits - self.commits);
        writeln!(out, "  {name}   {days:>4}   {leads:>5}   {deals:>5}   {won:>5}   {lost:>5}   {activities:>10}   {commits:>7}")?;
        out.flush()?;
        *self = now;
        Ok(())
    }
}

impl Year<'_> {
    /// One business day, one commit.
    fn work(&mut self) -> peyvand::Result<()> {
        let (done, all) = self.pace;
        self.pace = (done + weight(self.day), all);
        self.touched.clear();
        if self.tally.days == 0 {
            self.inherit_deals()?;
        }
        self.new_customers()?;
        self.new_leads()?;
        self.work_on_leads();
        self.convert_leads();
        self.open_deals()?;
        self.move_deals()?;
        self.keep_dates();
        self.do_rule_tasks()?;
        self.new_activities()?;
        let asks = std::mem::take(&mut self.asks);
        let committed = self.session.commit(asks)?;
        self.tally.warnings.extend(committed.warnings);
        self.meet_converted()
    }

    /// How many of `total` are still to be made by tonight, for an even pace.
    pub(super) fn due(&self, total: u64, made: u64) -> u64 {
        let (done, all) = self.pace;
        (total * done / all.max(1)).saturating_sub(made)
    }

    fn clerk(&mut self) -> Clerk<'_> {
        Clerk { session: &self.session, dice: self.dice, company: &mut self.company, asks: &mut self.asks, day: self.day }
    }

    pub(super) fn after(&mut self, days: (i64, i64)) -> NaiveDate {
        let count = self.dice.between(days).max(0) as u64;
        self.day.checked_add_days(Days::new(count)).unwrap_or(self.day)
    }

    fn new_customers(&mut self) -> peyvand::Result<()> {
        let first = FIRST_ACCOUNTS as u64;
        for _ in 0..self.due(ACCOUNTS - CONVERTED_NEW - first, self.made.accounts - first) {
            let people = (CONTACTS - CONVERTED_NEW - CONVERTED_KNOWN).saturating_sub(self.made.contacts).min(2);
            let place = self.clerk().account(people as usize)?;
            (self.made.accounts, self.made.contacts) = (self.made.accounts + 1, self.made.contacts + people);
            let Some(customer) = self.company.customers.get(place).cloned() else { continue };
            if self.company.branch_of(customer.seller).country == "IR" && self.dice.chance(22) {
                let wrong = mistyped(&company_id(self.dice));
                let ask = Request::create("account", json!({"name": customer.name, "company_id": wrong}));
                self.attempt(customer.seller, "a new account with a mistyped company id", ask)?;
            }
        }
        let people = (FIRST_ACCOUNTS * PEOPLE_EACH) as u64;
        for _ in 0..self.due(CONTACTS - CONVERTED_NEW - CONVERTED_KNOWN - people, self.made.contacts - people) {
            let customer = self.dice.below(self.company.customers.len());
            self.clerk().contact(customer, None)?;
            self.made.contacts += 1;
        }
        Ok(())
    }

    fn new_leads(&mut self) -> peyvand::Result<()> {
        for _ in 0..self.due(LEADS, self.made.leads) {
            let lead = self.clerk().lead()?;
            let next_on = self.after((1, 6));
            self.touched.insert(lead.id);
            self.leads.push(Lead { lead, status: LeadStatus::New, next_on });
            self.made.leads += 1;
        }
        Ok(())
    }

    fn work_on_leads(&mut self) {
        for place in 0..self.leads.len() {
            let Some(lead) = self.leads.get(place).filter(|lead| lead.next_on <= self.day && lead.status != LeadStatus::Done) else { continue };
            let (id, old) = (lead.lead.id, lead.status);
            if self.touched.contains(&id) {
                continue;
            }
            let good = self.dice.chance(58);
            let (status, word, next_on) = match old {
                LeadStatus::New => (LeadStatus::Working, "working", self.after((3, 14))),
                LeadStatus::Working if good => (LeadStatus::Qualified, "qualified", self.after((60, 110))),
                LeadStatus::Working | LeadStatus::Qualified => (LeadStatus::Done, "unqualified", self.day),
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
        let open: Vec<usize> = (0..self.leads.len()).filter(|place| self.leads.get(*place).is_some_and(|lead| lead.status != LeadStatus::Done)).collect();
        let place = *self.dice.choose(&open)?;
        self.leads.get(place).map(|lead| (lead.lead.id, lead.lead.language, lead.lead.seller))
    }

    fn convert_leads(&mut self) {
        for (known, due) in [(false, self.due(CONVERTED_NEW, self.made.converted_new)), (true, self.due(CONVERTED_KNOWN, self.made.converted_known))] {
            for _ in 0..due {
                let ready = |lead: &Lead| lead.status == LeadStatus::Qualified && lead.lead.known.is_some() == known && !self.touched.contains(&lead.lead.id);
                let Some(place) = self.leads.iter().position(ready) else { break };
                self.convert(place);
            }
        }
    }

    fn convert(&mut self, place: usize) {
        let Some(lead) = self.leads.get_mut(place) else { return };
        lead.status = LeadStatus::Done;
        let (id, language, seller, known) = (lead.lead.id, lead.lead.language, lead.lead.seller, lead.lead.known);
        let company = lead.lead.company.clone().unwrap_or_default();
        self.touched.insert(id);
        self.converted.push(place);
        let currency = self.dice.weighted(&self.company.branch_of(seller).currencies);
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
        let mut conversion = LeadConversion::of(id).with_opportunity(name.trim_end_matches(" · "), filled(fields));
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
    fn meet_converted(&mut self) -> peyvand::Result<()> {
        for place in std::mem::take(&mut self.converted) {
            let Some(lead) = self.leads.get(place).map(|lead| &lead.lead) else { continue };
            let record = self.session.get(lead.id)?;
            let reference = |field: &str| match record.get(field) {
                Some(Value::Reference(id)) => Some(*id),
                _ => None,
            };
            let (Some(account), Some(contact), Some(deal)) = (reference("converted_account"), reference("converted_contact"), reference("converted_opportunity")) else {
                continue;
            };
            let customer = match lead.known {
                Some(place) => place,
                None => {
                    let name = self.session.get(account)?.title();
                    self.company.customers.push(Customer { id: account, name, language: lead.language, seller: lead.seller, contacts: Vec::new() });
                    self.company.customers.len() - 1
                }
            };
            if let Some(customer) = self.company.customers.get_mut(customer) {
                customer.contacts.push(contact);
            }
            let seller = lead.seller;
            let amount = match self.session.get(deal)?.get("amount") {
                Some(Value::Money(money)) => (money.amount.to_string().parse().unwrap_or(0), money.currency.to_string()),
                _ => (0, "IRR".to_owned()),
            };
            self.follow_deal(deal, customer, seller, 1, amount);
        }
        Ok(())
    }

    /// What somebody tries that a rule should refuse: by itself, so that the day's commit is not refused with it.
    pub(super) fn attempt(&mut self, seller: usize, what: &'static str, ask: Request) -> peyvand::Result<()> {
        let Some(who) = self.company.seller(seller).map(|seller| seller.id) else { return Ok(()) };
        match self.engine.session_as(Actor::User(who)).commit([ask]) {
            Ok(_) => self.tally.warnings.push(format!("no rule refused {what}")),
            Err(error) if matches!(error.kind(), ErrorKind::Refused | ErrorKind::Invalid) => {
                let on = self.day;
                self.tally.refused.extend(error.failures().iter().map(|failure| Refused { on, who, what, failure: failure.clone() }));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
