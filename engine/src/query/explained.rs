//! How will a query be answered?

use std::fmt;

use super::filter::{Filter, Operator};
use super::plan::{Plan, Sequence, Via};

/// How a query will be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explained {
    /// The way to the records: `index of stage`, `unique key external_id`, `all records`.
    pub reads: String,
    /// The field whose index is used.
    pub index: Option<String>,
    /// The conditions that no index answers and that each record read is tested for; empty when there are none.
    pub residual: String,
    /// Whether the rows are sorted in memory, because no index has the order that is asked for.
    pub sorts_in_memory: bool,
    /// How many records are read at most.
    pub at_most: u64,
}

impl Explained {
    pub(super) fn of(plan: &Plan, filter: &Filter, at_most: u64) -> Self {
        let (reads, index) = match &plan.via {
            Via::Records => ("all records in the order of their ids".to_owned(), None),
            Via::Id => ("the records of the ids given".to_owned(), None),
            Via::Unique(name) => (format!("unique key {name}"), Some(name.clone())),
            Via::Owners => (
                "the records of those whose records you see".to_owned(),
                None,
            ),
            Via::Index(name) => (format!("index of {name}"), Some(name.clone())),
            Via::Beyond { path, reference } => (
                format!("index of {reference}, of those that {path} is asked of"),
                Some(reference.clone()),
            ),
        };
        Self {
            reads,
            residual: residual(filter, &plan.via).to_string(),
            index,
            sorts_in_memory: plan.sequence != Sequence::Sorted,
            at_most,
        }
    }
}

fn residual(filter: &Filter, via: &Via) -> Filter {
    let used = match via {
        Via::Records | Via::Owners | Via::Beyond { .. } => return filter.clone(),
        Via::Id => "id",
        Via::Unique(name) | Via::Index(name) => name,
    };
    let answers = |part: &Filter| match part {
        Filter::Is(condition) => {
            condition.field == used
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
        Ok(())
    }
}
