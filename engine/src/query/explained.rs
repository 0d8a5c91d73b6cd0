//! How will a query be answered?

use std::fmt;

use super::filter::{Filter, Operator};
use super::plan::{Plan, Sequence, Via};

/// How a query will be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explained {
    /// The way to the records: `index of stage`, `unique key external_id`, `all records`; several indexes are joined by
    /// «and»: the ids that lie in all of their parts are read.
    pub reads: String,
    /// The field whose index is used, or the fields of one of several, with commas between them; of several indexes, the one
    /// that leaves the fewest.
    pub index: Option<String>,
    /// The conditions that no index answers and that each record read is tested for; empty when there are none.
    pub residual: String,
    /// Whether the rows are sorted in memory, because no index has the order that is asked for.
    pub sorts_in_memory: bool,
    /// How many records are read at most.
    pub at_most: u64,
    /// Whether reading ends when the page is full, mostly long before `at_most`.
    pub stops_early: bool,
    /// How many records it may read.
    pub budget: u64,
    /// The other ways, which would have been longer.
    pub considered: Vec<ConsideredWay>,
}

/// A way that a query is not answered by.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsideredWay {
    /// As in [`Explained::reads`].
    pub way: String,
    /// How many index entries were counted; none for who does not see every record, who is not told.
    pub entries: Option<u64>,
    /// Whether these are all. Counting ends where another way is known to be shorter.
    pub all: bool,
}

impl ConsideredWay {
    pub(super) fn of(via: &Via, entries: usize, all: bool) -> Self {
        Self {
            way: via.to_string(),
            entries: Some(entries as u64),
            all,
        }
    }
}

impl fmt::Display for ConsideredWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.entries, self.all) {
            (Some(entries), true) => write!(f, "{}, {entries} entries", self.way),
            (Some(entries), false) => write!(f, "{}, {entries} entries or more", self.way),
            (None, _) => f.write_str(&self.way),
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Records => f.write_str("all records in the order of their ids"),
            Self::Id => f.write_str("the records of the ids given"),
            Self::Unique(name) => write!(f, "unique key {name}"),
            Self::Owners => f.write_str("the records of those whose records you see"),
            Self::Index(name) => write!(f, "index of {name}"),
            Self::Several { fields, .. } => write!(f, "index of {}", fields.join(", ")),
            Self::Beyond { path, reference } => {
                write!(f, "index of {reference}, for what {path} asks")
            }
        }
    }
}

impl Via {
    fn index(&self) -> Option<String> {
        match self {
            Self::Unique(name) | Self::Index(name) => Some(name.clone()),
            Self::Several { fields, .. } => Some(fields.join(", ")),
            Self::Beyond { reference, .. } => Some(reference.clone()),
            Self::Records | Self::Id | Self::Owners => None,
        }
    }

    /// Whether it answers the conditions on a field.
    fn answers(&self, field: &str) -> bool {
        match self {
            Self::Id => field == "id",
            Self::Unique(name) | Self::Index(name) => field == name,
            Self::Several { fields, answered } => {
                fields.iter().take(*answered).any(|name| name == field)
            }
            Self::Records | Self::Owners | Self::Beyond { .. } => false,
        }
    }

    /// Whether its entries have tags.
    pub(super) fn is_index(&self) -> bool {
        matches!(self, Self::Index(_) | Self::Several { .. })
    }
}

impl Explained {
    /// `tells` whether who asks may know how many records there are that he does not see.
    pub(super) fn of(
        plan: &Plan,
        filter: &Filter,
        (at_most, budget): (u64, u64),
        tells: bool,
    ) -> Self {
        let ways: Vec<&Via> = std::iter::once(&plan.via).chain(&plan.also).collect();
        let reads: Vec<String> = ways.iter().map(ToString::to_string).collect();
        let mut considered = plan.considered.clone();
        if !tells {
            considered.iter_mut().for_each(|way| way.entries = None);
        }
        Self {
            reads: reads.join(" and "),
            residual: residual(filter, &ways).to_string(),
            index: plan.via.index(),
            sorts_in_memory: plan.sequence != Sequence::Sorted,
            at_most,
            stops_early: plan.stops_early(),
            budget,
            considered,
        }
    }
}

fn residual(filter: &Filter, ways: &[&Via]) -> Filter {
    let answers = |part: &Filter| match part {
        Filter::Is(condition) => {
            ways.iter().any(|via| via.answers(&condition.field))
                && !matches!(
                    condition.operator,
                    Operator::Ne | Operator::Nin | Operator::Contains
                )
        }
        _ => false,
    };
    match filter {
        Filter::And(parts) => match parts
            .iter()
            .filter(|part| !answers(part))
            .collect::<Vec<_>>()
            .as_slice()
        {
            [one] => (*one).clone(),
            rest => Filter::And(rest.iter().map(|part| (*part).clone()).collect()),
        },
        one if answers(one) => Filter::everything(),
        other => other.clone(),
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reads {}, at most {} records", self.reads, self.at_most)?;
        if !self.residual.is_empty() {
            write!(f, "; tests each for {}", self.residual)?;
        }
        if self.sorts_in_memory {
            f.write_str("; sorts in memory")?;
        }
        if self.at_most > self.budget {
            write!(f, "; its budget is {}", self.budget)?;
        }
        for way in &self.considered {
            write!(f, "\nconsidered: {way}")?;
        }
        Ok(())
    }
}
