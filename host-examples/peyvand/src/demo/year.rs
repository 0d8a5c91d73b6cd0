//! What happens in the year? Day by day: the morning's tick, then everything that the branches report, in one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use peyvand::{Actor, Engine, ErrorKind, Failure, FixedClock, RecordId, Request, Session};
use serde_json::json;

use super::DemoError;
use super::company::{FIRST_ACCOUNTS, Founded, PEOPLE_EACH};
use super::customers::{Clerk, Company, company_id, mistyped};
use super::deals::Deal;
use super::diary::Planned;
use super::dice::Dice;
use super::leads::{CONVERTED_KNOWN, CONVERTED_NEW, Lead};

/// What the year comes to. The rules' own tasks come on top of the activities.
pub(super) const ACCOUNTS: u64 = 200;
pub(super) const CONTACTS: u64 = 600;
pub(super) const LEADS: u64 = 300;
pub(super) const OPPORTUNITIES: u64 = 400;
pub(super) const ACTIVITIES: u64 = 3_000;

/// How many there are of each so far.
#[derive(Default)]
pub(super) struct Made {
    accounts: u64,
    contacts: u64,
    pub(super) leads: u64,
    pub(super) converted_new: u64,
    pub(super) converted_known: u64,
    /// All deals, and those that were opened in the year without a lead.
    pub(super) deals: u64,
    pub(super) opened: u64,
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
    pub(super) leads: Vec<Lead>,
    /// Leads that today's commit converts.
    pub(super) converted: Vec<usize>,
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

/// What the clock on the wall of the company shows.
pub(super) fn on_the_wall(at: DateTime<Utc>) -> DateTime<Utc> {
    at + TimeDelta::minutes(210)
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
pub(super) fn live(
    engine: &Engine,
    clock: &Arc<FixedClock>,
    founded: Founded,
    dice: &mut Dice,
    days: (NaiveDate, NaiveDate),
    out: &mut dyn Write,
) -> Result<Tally, DemoError> {
    let (first, last) = days;
    let open = || {
        first
            .iter_days()
            .take_while(|day| *day <= last)
            .filter(|day| weight(*day) > 0)
    };
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
        made: Made {
            accounts: FIRST_ACCOUNTS as u64,
            contacts: (FIRST_ACCOUNTS * PEOPLE_EACH) as u64,
            ..Made::default()
        },
        pace: (0, open().map(weight).sum::<u64>()),
        tally: Tally::default(),
    };
    let mut month = Month {
        commits: engine.position().get(),
        ..Month::default()
    };
    let mut days = open().peekable();
    while let Some(day) = days.next() {
        year.day = day;
        clock.set(hour(day, 8, 0));
        year.tally.warnings.extend(engine.tick()?);
        clock.set(hour(
            day,
            if day.weekday() == Weekday::Thu {
                13
            } else {
                17
            },
            0,
        ));
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
            writeln!(
                out,
                "  month     days   leads   deals     won    lost   activities   commits"
            )?;
        }
        let name = year.day.format("%Y-%m");
        let (days, leads, deals, won, lost) = (
            now.days - self.days,
            now.leads - self.leads,
            now.deals - self.deals,
            now.won - self.won,
            now.lost - self.lost,
        );
        let (activities, commits) = (now.activities - self.activities, now.commits - self.commits);
        writeln!(
            out,
            "  {name}   {days:>4}   {leads:>5}   {deals:>5}   {won:>5}   {lost:>5}   {activities:>10}   {commits:>7}"
        )?;
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

    pub(super) fn clerk(&mut self) -> Clerk<'_> {
        Clerk {
            session: &self.session,
            dice: self.dice,
            company: &mut self.company,
            asks: &mut self.asks,
            day: self.day,
        }
    }

    pub(super) fn after(&mut self, days: (i64, i64)) -> NaiveDate {
        let count = self.dice.between(days).max(0) as u64;
        self.day
            .checked_add_days(Days::new(count))
            .unwrap_or(self.day)
    }

    fn new_customers(&mut self) -> peyvand::Result<()> {
        let first = FIRST_ACCOUNTS as u64;
        for _ in 0..self.due(ACCOUNTS - CONVERTED_NEW - first, self.made.accounts - first) {
            let people = (CONTACTS - CONVERTED_NEW - CONVERTED_KNOWN)
                .saturating_sub(self.made.contacts)
                .min(2);
            let place = self.clerk().account(people as usize)?;
            (self.made.accounts, self.made.contacts) =
                (self.made.accounts + 1, self.made.contacts + people);
            let Some(customer) = self.company.customers.get(place).cloned() else {
                continue;
            };
            if self.company.branch_of(customer.seller).country == "IR" && self.dice.chance(22) {
                let wrong = mistyped(&company_id(self.dice));
                let ask = Request::create(
                    "account",
                    json!({"name": customer.name, "company_id": wrong}),
                );
                self.attempt(
                    customer.seller,
                    "a new account with a mistyped company id",
                    ask,
                )?;
            }
        }
        let people = (FIRST_ACCOUNTS * PEOPLE_EACH) as u64;
        for _ in 0..self.due(
            CONTACTS - CONVERTED_NEW - CONVERTED_KNOWN - people,
            self.made.contacts - people,
        ) {
            let customer = self.dice.below(self.company.customers.len());
            self.clerk().contact(customer, None)?;
            self.made.contacts += 1;
        }
        Ok(())
    }

    /// What somebody tries that a rule should refuse: by itself, so that the day's commit is not refused with it.
    pub(super) fn attempt(
        &mut self,
        seller: usize,
        what: &'static str,
        ask: Request,
    ) -> peyvand::Result<()> {
        let Some(who) = self.company.seller(seller).map(|seller| seller.id) else {
            return Ok(());
        };
        match self.engine.session_as(Actor::User(who)).commit([ask]) {
            Ok(_) => self.tally.warnings.push(format!("no rule refused {what}")),
            Err(error) if matches!(error.kind(), ErrorKind::Refused | ErrorKind::Invalid) => {
                let on = self.day;
                self.tally
                    .refused
                    .extend(error.failures().iter().map(|failure| Refused {
                        on,
                        who,
                        what,
                        failure: failure.clone(),
                    }));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
