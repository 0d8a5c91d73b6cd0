//! Which records are on this page?

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::aggregate;
use super::candidate::Passed;
use super::compile::Compiled;
use super::cursor::{self, Fingerprint};
use super::error::QueryError;
use super::explained::Explained;
use super::filter::Filter;
use super::kept_totals::TotalsFor;
use super::missing_index;
use super::order::{Order, SortKey, Standing};
use super::plan::{self, Plan, Sequence, Wanted};
use super::reader::Reader;
use super::scan::{each_row, has_rollups};
use super::when::QueryTime;
use crate::error::Result;
use crate::record::Record;
use crate::schema::Object;

/// How many records a page may have.
pub(super) const MAX_LIMIT: usize = 1000;
const DEFAULT_LIMIT: usize = 50;
/// How many records a query may read: a second or two of work.
const DEFAULT_BUDGET: u64 = 1_000_000;

/// A list to be read page by page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// The name of the object: `opportunity`.
    pub object: String,
    /// Which records.
    pub filter: Filter,
    /// In which order; the id is the last tie-break.
    pub sort: Vec<SortKey>,
    /// How many records a page has, 1 to 1,000; 50 unless told.
    pub limit: usize,
    /// Where the page begins: the `next` of the page before.
    pub after: Option<String>,
    /// How many records may be read to fill the page, those that conditions and sort keys look up by references
    /// included; 1,000,000 unless told. A query that must read more than this is refused before it reads any; one that
    /// ends when its page is full is stopped here.
    pub budget: u64,
}

/// A part of a list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The records, in order.
    pub records: Vec<Record>,
    /// The cursor of the next page, when there is one.
    pub next: Option<String>,
    /// Whether there are records after these.
    pub has_more: bool,
}

impl Query {
    /// All records of an object, in the order of their ids, 50 a page.
    pub fn new(object: impl Into<String>) -> Self {
        Self {
            object: object.into(),
            filter: Filter::everything(),
            sort: Vec::new(),
            limit: DEFAULT_LIMIT,
            after: None,
            budget: DEFAULT_BUDGET,
        }
    }

    /// Only these records.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// In this order.
    #[must_use]
    pub fn sort(mut self, keys: impl IntoIterator<Item = SortKey>) -> Self {
        self.sort = keys.into_iter().collect();
        self
    }

    /// In the order of a list such as `-created_at,name`.
    ///
    /// # Errors
    /// A name is missing between two commas.
    pub fn sorted_by(self, keys: &str) -> Result<Self> {
        let keys = SortKey::parse_list(keys)?;
        Ok(self.sort(keys))
    }

    /// So many records a page.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// So many records may be read for it.
    #[must_use]
    pub fn budget(mut self, records: u64) -> Self {
        self.budget = records;
        self
    }

    /// The page after the one that gave this cursor.
    #[must_use]
    pub fn after(mut self, cursor: impl Into<String>) -> Self {
        self.after = Some(cursor.into());
        self
    }
}

/// A query that is bound to its object.
struct Bound {
    object: Arc<Object>,
    compiled: Compiled,
    order: Order,
    after: Option<Standing>,
    /// One more than the page has, to know whether there are more.
    rows: usize,
    budget: u64,
    /// How many records may still be looked at.
    left: Cell<u64>,
}

impl Bound {
    fn of(reader: &Reader, query: &Query, time: &QueryTime) -> Result<Self> {
        if !(1..=MAX_LIMIT).contains(&query.limit) {
            return Err(QueryError::Limit(query.limit).into());
        }
        let object = reader.object(&query.object)?.clone();
        let compiled = query.filter.compile(&object, reader, time)?;
        let order = Order::of(&object, &query.sort, &reader.schema)?;
        let read = |text: &String| cursor::read(text, mark(&object, query), order.keys.len());
        let after = query.after.as_ref().map(read).transpose()?;
        Ok(Self {
            object,
            compiled,
            order,
            after,
            rows: query.limit + 1,
            budget: query.budget,
            left: Cell::new(query.budget),
        })
    }

    /// Counts a record that is looked at, and those that were for the one before.
    fn look(&self, tested: &Compiled) -> Result<()> {
        let looked = 1 + tested.take_reads();
        let left = self.left.get().checked_sub(looked);
        self.left.set(left.ok_or_else(|| QueryError::BudgetSpent {
            budget: self.budget,
            advice: self.advice(),
        })?);
        Ok(())
    }

    /// The rows of the page alone, where all records are in its list and come in its order.
    fn at_most(&self, reader: &Reader, plan: &Plan, filter: &Filter) -> Result<u64> {
        let at_most = plan.at_most(reader, &self.object, self.budget)?;
        match plan.sequence == Sequence::Sorted && filter.is_everything() {
            true => Ok(at_most.min(self.rows as u64)),
            false => Ok(at_most),
        }
    }

    fn advice(&self) -> String {
        missing_index::advice(&self.object, &self.compiled, &self.order)
    }

    /// Refuses what would read more than it may, before it reads any. What ends when the page is full is let begin.
    fn check_budget(&self, reader: &Reader, plan: &Plan) -> Result<()> {
        if plan.stops_early() {
            return Ok(());
        }
        let at_most = plan.at_most(reader, &self.object, self.budget)?;
        if at_most <= self.budget {
            return Ok(());
        }
        Err(QueryError::ReadsTooMany {
            at_most: Some(at_most).filter(|_| reader.sees_every(&self.object)),
            budget: self.budget,
            advice: self.advice(),
        }
        .into())
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            order: &self.order,
            rows: self.rows,
            after: self.after.as_ref(),
        }
    }

    fn plan(&self, reader: &Reader) -> Result<Plan> {
        let wanted = self.wanted();
        plan::choose(reader, &self.object, &self.compiled, Some(&wanted))
    }

    /// The first rows after the cursor.
    fn rows(&self, reader: &Reader, plan: &Plan, rollups: bool) -> Result<Vec<Record>> {
        let compiled = self.compiled.besides(&plan.given);
        if plan.sequence != Sequence::Sorted {
            return self.best(reader, plan, rollups);
        }
        // They come in order, and from the cursor on: those that match are taken as they come.
        let mut rows = Vec::with_capacity(self.rows);
        each_row(reader, &self.object, plan, rollups, self.rows, |row| {
            self.look(&compiled)?;
            if let Some(row) = row.passed(&compiled, reader)? {
                rows.push(row.into_record()?);
            }
            Ok(match rows.len() < self.rows {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            })
        })?;
        Ok(rows)
    }

    /// The same of rows that come in another order, kept by the bytes they are to be sorted by.
    fn best(&self, reader: &Reader, plan: &Plan, rollups: bool) -> Result<Vec<Record>> {
        let compiled = self.compiled.besides(&plan.given);
        let after = self
            .after
            .as_ref()
            .map(|standing| self.order.bytes(standing));
        let mut best: BTreeMap<Vec<u8>, Record> = BTreeMap::new();
        let first = match plan.sequence {
            Sequence::Unsorted => usize::MAX,
            _ => self.rows,
        };
        each_row(reader, &self.object, plan, rollups, first, |row| {
            self.look(&compiled)?;
            // Records beyond are read only for those that match.
            if self.order.looks_beyond() && !compiled.matches(&row, reader)? {
                row.was_readable()?;
                return Ok(ControlFlow::Continue(()));
            }
            let standing = self.order.standing(&row, reader)?;
            row.was_readable()?;
            let bytes = self.order.bytes(&standing);
            if best.len() >= self.rows
                && let Some((worst, _)) = best.last_key_value()
                && bytes > *worst
            {
                // Once the first key has passed the worst row's, no better row can come.
                let beyond = plan.sequence == Sequence::SortedByFirst
                    && !worst.starts_with(&self.order.first_bytes(&standing));
                return Ok(if beyond {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                });
            }
            if after.as_ref().is_some_and(|after| bytes <= *after) {
                return Ok(ControlFlow::Continue(()));
            }
            let Some(row) = row.passed(&compiled, reader)? else {
                return Ok(ControlFlow::Continue(()));
            };
            best.insert(bytes, row.into_record()?);
            if best.len() > self.rows {
                best.pop_last();
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(best.into_values().collect())
    }
}

fn mark(object: &Object, query: &Query) -> Fingerprint {
    Fingerprint::of(object, &query.filter, &query.sort)
}

/// One page of a query.
pub(crate) fn run(reader: &Reader, query: &Query, time: &QueryTime) -> Result<Page> {
    let bound = Bound::of(reader, query, time)?;
    let plan = bound.plan(reader)?;
    answer(reader, query, &bound, &plan)
}

/// The same of these records alone: what belongs to another one is found by references.
pub(crate) fn run_among(
    reader: &Reader,
    query: &Query,
    numbers: Vec<u128>,
    time: &QueryTime,
) -> Result<Page> {
    let bound = Bound::of(reader, query, time)?;
    let plan = plan::among(numbers, &bound.wanted());
    answer(reader, query, &bound, &plan)
}

/// The same for somebody who may look at `left` records and no more; what he looked at is taken off.
#[cfg(feature = "wasm")]
pub(crate) fn run_within(
    reader: &Reader,
    query: &Query,
    time: &QueryTime,
    left: &mut u64,
) -> Result<Page> {
    let mut bound = Bound::of(reader, query, time)?;
    bound.left = Cell::new(*left);
    bound.budget = *left;
    let plan = bound.plan(reader)?;
    let page = answer(reader, query, &bound, &plan);
    *left = bound.left.get();
    page
}

fn answer(reader: &Reader, query: &Query, bound: &Bound, plan: &Plan) -> Result<Page> {
    bound.check_budget(reader, plan)?;
    let rollups = bound.compiled.uses_rollups() || bound.order.uses_rollups();
    let mut rows = bound.rows(reader, plan, rollups)?;
    let has_more = rows.len() == bound.rows;
    rows.truncate(query.limit);
    let next = match rows.last().filter(|_| has_more) {
        Some(last) => {
            let standing = bound.order.standing(last, reader)?;
            Some(cursor::write(mark(&bound.object, query), &standing))
        }
        None => None,
    };
    if !rollups {
        // Totals are read for the rows of the page alone.
        reader.add_rollups(&bound.object, rows.iter_mut(), TotalsFor::Show)?;
    }
    if let Some(seeing) = &reader.seeing {
        rows.iter().for_each(|row| seeing.note(row, true));
    }
    Ok(Page {
        records: rows,
        next,
        has_more,
    })
}

/// Whether a query can be understood: its names, its values, its order.
pub(crate) fn check(reader: &Reader, query: &Query, time: &QueryTime) -> Result<()> {
    Bound::of(reader, query, time).map(drop)
}

/// How a query would be answered.
pub(crate) fn explain(reader: &Reader, query: &Query, time: &QueryTime) -> Result<Explained> {
    let bound = Bound::of(reader, query, time)?;
    let plan = bound.plan(reader)?;
    let tells = reader.sees_every(&bound.object);
    let at_most = match tells {
        true => bound.at_most(reader, &plan, &query.filter)?,
        // How many there are besides is not told.
        false => {
            let all = Filter::everything();
            count_up_to(reader, &query.object, &all, time, u64::MAX)?
        }
    };
    let limits = (at_most, bound.budget);
    Ok(Explained::of(&plan, &query.filter, limits, tells))
}

/// How many records match; refused where more would be read than an aggregate may.
pub(crate) fn count(
    reader: &Reader,
    object: &str,
    filter: &Filter,
    time: &QueryTime,
) -> Result<u64> {
    count_up_to(reader, object, filter, time, aggregate::BUDGET)
}

/// The same within another budget.
pub(super) fn count_up_to(
    reader: &Reader,
    object: &str,
    filter: &Filter,
    time: &QueryTime,
    budget: u64,
) -> Result<u64> {
    let object = reader.object(object)?.clone();
    if filter.is_everything() && reader.sees_every(&object) {
        return plan::live_records(reader, &object);
    }
    let compiled = filter.compile(&object, reader, time)?;
    let over = || -> Result<QueryError> {
        Ok(QueryError::CountsTooMany {
            object: object.name.clone(),
            budget,
            advice: missing_index::advice(
                &object,
                &compiled,
                &Order::of(&object, &[], &reader.schema)?,
            ),
        })
    };
    let plan = plan::choose(reader, &object, &compiled, None)?;
    // Nothing is read of what cannot be read to its end.
    if plan.at_most(reader, &object, budget)? > budget {
        return Err(over()?.into());
    }
    let rollups = compiled.uses_rollups();
    let (mut count, mut left) = (0, budget);
    each_row(reader, &object, &plan, rollups, usize::MAX, |row| {
        match left.checked_sub(1 + compiled.take_reads()) {
            Some(fewer) => left = fewer,
            None => return Err(over()?.into()),
        }
        count += u64::from(row.passed(&compiled, reader)?.is_some());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(count)
}

/// The same for somebody who may look at `left` records and no more.
#[cfg(feature = "wasm")]
pub(crate) fn count_within(
    reader: &Reader,
    object: &str,
    filter: &Filter,
    time: &QueryTime,
    left: &mut u64,
) -> Result<u64> {
    let object = reader.object(object)?.clone();
    if filter.is_everything() && reader.sees_every(&object) {
        return plan::live_records(reader, &object);
    }
    let compiled = filter.compile(&object, reader, time)?;
    let plan = plan::choose(reader, &object, &compiled, None)?;
    let rollups = compiled.uses_rollups();
    let mut count = 0;
    each_row(reader, &object, &plan, rollups, usize::MAX, |row| {
        *left = left.checked_sub(1).ok_or(QueryError::Budget)?;
        count += u64::from(row.passed(&compiled, reader)?.is_some());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(count)
}

/// Calls `each` with every matching record and its rollups, in no promised order, until it breaks.
pub(crate) fn each_match(
    reader: &Reader,
    object: &Arc<Object>,
    compiled: &Compiled,
    mut each: impl FnMut(Record) -> Result<ControlFlow<()>>,
) -> Result<()> {
    each_bare_match(reader, object, compiled, has_rollups(object), |row| {
        each(row.into_record()?)
    })
}

/// The same, with rollups only when they are asked for.
pub(super) fn each_bare_match(
    reader: &Reader,
    object: &Arc<Object>,
    compiled: &Compiled,
    rollups: bool,
    mut each: impl FnMut(Passed<'_>) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let plan = plan::choose(reader, object, compiled, None)?;
    each_row(
        reader,
        object,
        &plan,
        rollups,
        usize::MAX,
        |row| match row.passed(compiled, reader)? {
            Some(row) => each(row),
            None => Ok(ControlFlow::Continue(())),
        },
    )
}
