//! How long do sales take, as a whole and stage by stage?

use std::collections::HashMap;
use std::ops::ControlFlow;

use chrono::NaiveDate;

use super::budget::Budget;
use super::duration::{Days, Spans};
use super::funnel::{day, each, reference};
use super::stays;
use crate::error::Result;
use crate::query::{Filter, QueryTime, Reader, each_match};
use crate::record::{Record, RecordId, Value};
use crate::session::Session;

/// How long sales take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SaleTimes {
    /// From the day on which a sale was opened to the day on which it was won: `opened_on`, or the day on which it was
    /// made, to `close_date`.
    pub to_won: Days,
    /// The same of those that were lost.
    pub to_lost: Days,
    /// From the first contact to the day on which it was won. The first contact is the earliest of: the lead that it came
    /// from, an activity about it, its contact or that lead, and its opening. Cancelled activities are none.
    pub first_contact_to_won: Days,
    /// Each stage that a sale has been in, in the order of pipelines and positions.
    pub stages: Vec<StageTime>,
    /// Sales whose days do not fit: closed before they were opened. They are left out above.
    pub left_out: u64,
}

/// How long sales stay in a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageTime {
    /// The stage.
    pub stage: RecordId,
    /// Stays that have ended. A sale that comes back to a stage has been there twice.
    pub ended: Days,
    /// How long those that are there now have been there; none of a stage that closes a sale.
    pub standing: Days,
}

impl Session {
    /// How long sales take: those that pass the filter, of what who asks may see. Stays in stages are read from the journal,
    /// as far back as it goes; a sale that came into the store already closed has been in no stage.
    ///
    /// # Errors
    /// When the filter cannot be understood, when more than 2,000,000 leads, activities, sales and changes of these sales
    /// would be read, or the store or the journal cannot be read.
    pub fn sale_times(&self, filter: &Filter) -> Result<SaleTimes> {
        let (reader, _) = self.read()?;
        let time = self.time();
        let object = reader.object("opportunity")?.clone();
        let compiled = filter.compile(&object, &reader, &time)?;
        let mut budget = Budget::new();
        for object in ["activity", "lead"] {
            budget.spend_whole(&reader, object)?;
        }
        let mut sales = Vec::new();
        each_match(&reader, &object, &compiled, |sale| {
            budget.spend(1, &object.name)?;
            sales.push(sale);
            Ok(ControlFlow::Continue(()))
        })?;
        let contacts = FirstContacts::read(&reader, &time)?;
        let mut times = of_sales(&sales, &contacts, &time);
        times.stages = stays::stages(&self.engine, &reader, &sales, &time, &mut budget)?;
        Ok(times)
    }
}

fn of_sales(sales: &[Record], contacts: &FirstContacts, time: &QueryTime) -> SaleTimes {
    let (mut won, mut lost, mut from_contact) =
        (Spans::default(), Spans::default(), Spans::default());
    let mut left_out = 0;
    for sale in sales {
        let spans = match sale.text("status") {
            Some("won") => &mut won,
            Some("lost") => &mut lost,
            _ => continue,
        };
        let closed = day(sale, "close_date", time).or_else(|| day(sale, "closed_at", time));
        let opened = day(sale, "opened_on", time).or_else(|| day(sale, "created_at", time));
        let (Some(opened), Some(closed)) = (opened, closed) else {
            left_out += 1;
            continue;
        };
        left_out += u64::from(!spans.add(micros_between(opened, closed)));
        if sale.text("status") == Some("won") {
            let first = contacts.of(sale).map_or(opened, |first| first.min(opened));
            from_contact.add(micros_between(first, closed));
        }
    }
    SaleTimes {
        to_won: won.days(),
        to_lost: lost.days(),
        first_contact_to_won: from_contact.days(),
        stages: Vec::new(),
        left_out,
    }
}

fn micros_between(from: NaiveDate, to: NaiveDate) -> i64 {
    let span = to.signed_duration_since(from);
    span.num_microseconds().unwrap_or(i64::MAX)
}

/// When somebody or something was first heard of.
struct FirstContacts {
    /// The first activity about a record.
    heard: HashMap<RecordId, NaiveDate>,
    /// The day of the lead that a contact or a sale was.
    leads: HashMap<RecordId, NaiveDate>,
}

impl FirstContacts {
    fn read(reader: &Reader, time: &QueryTime) -> Result<Self> {
        let mut heard: HashMap<RecordId, NaiveDate> = HashMap::new();
        each(reader, "activity", |activity| {
            let about = reference(activity, "about");
            if let (Some(about), Some(day)) = (about, day(activity, "at", time))
                && activity.text("status") != Some("cancelled")
            {
                let first = heard.entry(about).or_insert(day);
                *first = (*first).min(day);
            }
        })?;
        let mut leads = HashMap::new();
        each(reader, "lead", |lead| {
            let made = day(lead, "created_at", time);
            let first = [made, heard.get(&lead.id()).copied()];
            let Some(first) = first.into_iter().flatten().min() else {
                return;
            };
            for field in ["converted_contact", "converted_opportunity"] {
                leads.extend(reference(lead, field).map(|id| (id, first)));
            }
        })?;
        Ok(Self { heard, leads })
    }

    fn of(&self, sale: &Record) -> Option<NaiveDate> {
        let known = [Some(sale.id()), reference(sale, "contact")];
        let known = known.into_iter().flatten();
        known
            .flat_map(|id| [self.heard.get(&id), self.leads.get(&id)])
            .flatten()
            .min()
            .copied()
    }
}

/// What orders stages: pipeline, then position.
pub(super) fn order_of(stage: Option<&Record>) -> (Option<RecordId>, i64) {
    let position = match stage.and_then(|stage| stage.get("position")) {
        Some(Value::Integer(position)) => *position,
        _ => i64::MAX,
    };
    (
        stage.and_then(|stage| reference(stage, "pipeline")),
        position,
    )
}
