//! Of those who came in, how many were won?
//!
//! A person is a lead, or a contact that no lead became. A sale that names nobody stands for a person of its own, so that
//! sales without contacts are not lost from the count. Each person is in the cohort of the day on which he came in and in
//! the row of his owner, and is counted once in each step that he ever came to, whenever that was.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;

use chrono::NaiveDate;

use super::budget::Budget;
use crate::error::Result;
use crate::query::{Periods, QueryTime, Reader};
use crate::record::{Record, RecordId, Value};
use crate::session::Session;

/// A question for the funnel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Funnel {
    /// The period that makes a cohort, with its calendar: `month@persian`; all in one without it.
    pub cohort: Option<String>,
    /// A row for each owner.
    pub per_person: bool,
    /// Only those who came in on this day or later.
    pub from: Option<NaiveDate>,
    /// Only those who came in on this day or earlier.
    pub to: Option<NaiveDate>,
}

/// One cohort, of one owner where the question asks for that.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunnelRow {
    /// The first day of the period; none where there are no cohorts.
    pub cohort: Option<NaiveDate>,
    /// Whose people they are; none where nobody owns them, or the question does not ask.
    pub owner: Option<RecordId>,
    /// How many people came in.
    pub contacts: u64,
    /// Of these, how many were found worth it: leads that were qualified or converted, and all with a sale.
    pub leads: u64,
    /// Of these, how many have a sale, open or closed.
    pub opportunities: u64,
    /// Of these, how many have a sale that was won.
    pub won: u64,
}

impl Default for Funnel {
    fn default() -> Self {
        Self::new()
    }
}

impl Funnel {
    /// Of everybody, in one row.
    #[must_use]
    pub fn new() -> Self {
        Self {
            cohort: None,
            per_person: false,
            from: None,
            to: None,
        }
    }

    /// In cohorts of a period: `month`, `quarter@persian`.
    #[must_use]
    pub fn cohort(mut self, period: &str) -> Self {
        self.cohort = Some(period.to_owned());
        self
    }

    /// With a row for each owner.
    #[must_use]
    pub fn per_person(mut self) -> Self {
        self.per_person = true;
        self
    }

    /// Only of who came in from one day to another, both included.
    #[must_use]
    pub fn between(mut self, from: NaiveDate, to: NaiveDate) -> Self {
        (self.from, self.to) = (Some(from), Some(to));
        self
    }
}

impl FunnelRow {
    /// How many of a hundred who came in were found worth it, have a sale, and were won; with two decimals. None where
    /// nobody came in.
    #[must_use]
    pub fn per_hundred(&self) -> Option<[crate::record::Decimal; 3]> {
        let share = |count: u64| {
            let hundredths = (i128::from(count) * 10_000 + i128::from(self.contacts) / 2)
                .checked_div(i128::from(self.contacts))?;
            crate::record::Decimal::from_billionths(hundredths * 10_000_000)
        };
        Some([
            share(self.leads)?,
            share(self.opportunities)?,
            share(self.won)?,
        ])
    }
}

impl Session {
    /// Of those who came in, how many came how far: by cohort, by owner, or all together. Rows are in the order of cohorts
    /// and owners; one in which nobody is, is left out.
    ///
    /// # Errors
    /// When the period is none, when there are more than 2,000,000 leads, contacts and sales, or the store cannot be read.
    pub fn funnel(&self, funnel: &Funnel) -> Result<Vec<FunnelRow>> {
        let (reader, _) = self.read()?;
        let mut budget = Budget::new();
        for object in ["opportunity", "lead", "contact"] {
            budget.spend_whole(&reader, object)?;
        }
        let cohort = funnel.cohort.as_deref();
        let periods = cohort.map(|cohort| Periods::parse(cohort, &reader));
        let periods = periods.transpose()?;
        let counting = Counting {
            funnel,
            periods,
            time: self.time(),
            rows: BTreeMap::new(),
        };
        counting.run(&reader)
    }
}

/// How far somebody came.
#[derive(Clone, Copy, Default)]
struct Reached {
    worth_it: bool,
    sale: bool,
    won: bool,
}

/// The sales that are seen.
#[derive(Default)]
struct Sales {
    /// Whether one was won, by the contact that they name.
    of_contact: HashMap<RecordId, bool>,
    /// The same of each sale.
    won: HashMap<RecordId, bool>,
}

struct Counting<'a> {
    funnel: &'a Funnel,
    periods: Option<Periods>,
    time: QueryTime,
    rows: BTreeMap<(Option<NaiveDate>, Option<RecordId>), FunnelRow>,
}

impl Counting<'_> {
    fn run(mut self, reader: &Reader) -> Result<Vec<FunnelRow>> {
        let sales = sales(reader)?;
        let (mut once_leads, mut of_leads) = (HashSet::new(), HashSet::new());
        each(reader, "lead", |lead| {
            let contact = reference(lead, "converted_contact");
            let sale = reference(lead, "converted_opportunity");
            once_leads.extend(contact);
            of_leads.extend(sale);
            let by_contact = contact.and_then(|contact| sales.of_contact.get(&contact));
            let by_sale = sale.and_then(|sale| sales.won.get(&sale));
            let found = matches!(lead.text("status"), Some("qualified" | "converted"));
            let reached = Reached {
                worth_it: found || by_contact.is_some() || by_sale.is_some(),
                sale: by_contact.is_some() || by_sale.is_some(),
                won: by_contact == Some(&true) || by_sale == Some(&true),
            };
            self.count(lead, None, reached);
        })?;
        each(reader, "contact", |contact| {
            if once_leads.contains(&contact.id()) {
                return;
            }
            let won = sales.of_contact.get(&contact.id());
            let reached = Reached {
                worth_it: won.is_some(),
                sale: won.is_some(),
                won: won == Some(&true),
            };
            self.count(contact, None, reached);
        })?;
        each(reader, "opportunity", |sale| {
            if sale.get("contact").is_some() || of_leads.contains(&sale.id()) {
                return;
            }
            let reached = Reached {
                worth_it: true,
                sale: true,
                won: is_won(sale),
            };
            self.count(sale, day(sale, "opened_on", &self.time), reached);
        })?;
        Ok(self.rows.into_values().collect())
    }

    fn count(&mut self, record: &Record, came_in: Option<NaiveDate>, reached: Reached) {
        let Some(day) = came_in.or_else(|| day(record, "created_at", &self.time)) else {
            return;
        };
        let Funnel { from, to, .. } = self.funnel;
        if from.is_some_and(|from| day < from) || to.is_some_and(|to| day > to) {
            return;
        }
        let cohort = self
            .periods
            .as_ref()
            .and_then(|periods| periods.first_day(day));
        let owner = reference(record, "owner").filter(|_| self.funnel.per_person);
        let row = self.rows.entry((cohort, owner)).or_insert(FunnelRow {
            cohort,
            owner,
            contacts: 0,
            leads: 0,
            opportunities: 0,
            won: 0,
        });
        row.contacts += 1;
        row.leads += u64::from(reached.worth_it);
        row.opportunities += u64::from(reached.sale);
        row.won += u64::from(reached.won);
    }
}

fn sales(reader: &Reader) -> Result<Sales> {
    let mut sales = Sales::default();
    each(reader, "opportunity", |sale| {
        let won = is_won(sale);
        sales.won.insert(sale.id(), won);
        if let Some(contact) = reference(sale, "contact") {
            *sales.of_contact.entry(contact).or_default() |= won;
        }
    })?;
    Ok(sales)
}

fn is_won(sale: &Record) -> bool {
    sale.text("status") == Some("won")
}

/// Every record of an object, where there is such an object.
pub(super) fn each(reader: &Reader, object: &str, mut each: impl FnMut(&Record)) -> Result<()> {
    let Some(object) = reader.schema.object(object) else {
        return Ok(());
    };
    reader.each(&object.clone(), |record| {
        each(&record);
        Ok(ControlFlow::Continue(()))
    })
}

pub(super) fn reference(record: &Record, field: &str) -> Option<RecordId> {
    match record.get(field) {
        Some(Value::Reference(id)) => Some(*id),
        _ => None,
    }
}

/// The day of a date or an instant field.
pub(super) fn day(record: &Record, field: &str, time: &QueryTime) -> Option<NaiveDate> {
    match record.get(field)? {
        Value::Date(day) => Some(*day),
        Value::Instant(at) => Some(time.day_of(*at)),
        _ => None,
    }
}
