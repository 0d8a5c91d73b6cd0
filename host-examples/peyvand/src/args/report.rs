//! What can be asked about what the records add up to?

use chrono::NaiveDate;
use clap::{Args, Subcommand};

const EXAMPLES: &str = "\
Examples:
  peyvand report pipeline
  peyvand report funnel --cohort month@persian --per-person --locale fa
  peyvand report --object opportunity --group 'stage,month(close_date)@persian' --measure 'sum(amount),median(amount)'

A group is a field, or a period of a date: day, week, month, quarter or year, each with @persian or @hijri after it.
A measure is count, or sum, avg, min, max, median or distinct of a field; sum(amount in base) is in the base currency.";

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(crate) struct Report {
    #[command(subcommand)]
    pub(crate) ready: Option<Ready>,
    #[command(flatten)]
    pub(crate) totals: Totals,
}

/// Any totals of any object.
#[derive(Debug, Args)]
pub(crate) struct Totals {
    /// The object whose records are added up
    #[arg(long, value_name = "OBJECT", default_value = "opportunity")]
    pub(crate) object: String,
    /// What makes the groups, with commas between
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    pub(crate) group: Vec<String>,
    /// What is totalled in each group, with commas between
    #[arg(long, value_name = "MEASURES", value_delimiter = ',')]
    pub(crate) measure: Vec<String>,
    /// Only of these records
    #[arg(long, value_name = "FILTER", default_value = "")]
    pub(crate) filter: String,
}

/// Reports that are ready to be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Ready {
    /// Won, lost and open opportunities by stage
    #[command(after_help = "Example:\n  peyvand report pipeline --json")]
    Pipeline,
    /// Of those who came in, how many were found worth it, have a sale, and were won
    #[command(
        after_help = "Example:\n  peyvand report funnel --cohort month@persian --per-person --locale fa"
    )]
    Funnel {
        /// The period of a cohort: month, quarter or year, week or day, with @persian or @hijri after it
        #[arg(long, value_name = "PERIOD")]
        cohort: Option<String>,
        /// A row for each owner
        #[arg(long)]
        per_person: bool,
        /// Only who came in on this day or later
        #[arg(long, value_name = "DAY", value_parser = crate::moment::day)]
        from: Option<NaiveDate>,
        /// Only who came in on this day or earlier
        #[arg(long, value_name = "DAY", value_parser = crate::moment::day)]
        to: Option<NaiveDate>,
    },
    /// How long sales take, as a whole and stage by stage
    #[command(after_help = "Example:\n  peyvand report stages --filter 'source[eq]:web'")]
    Stages {
        /// Only of these opportunities
        #[arg(long, value_name = "FILTER", default_value = "")]
        filter: String,
    },
    /// The currency that `in base` measures change amounts to: shows it, or sets it
    #[command(
        after_help = "Examples:\n  peyvand report base IRR\n  peyvand create exchange_rate '{\"from\": \"EUR\", \"to\": \"IRR\", \"day\": \"2026-03-21\", \"rate\": 700000}'\n  peyvand report --group stage --measure 'sum(amount in base)'"
    )]
    Base {
        /// ISO 4217
        currency: Option<String>,
    },
    /// Points and badges in a span of days
    #[command(after_help = "Example:\n  peyvand report league --from 2026-03-01 --to 2026-03-20")]
    League {
        /// The first day [default: six days before the last]
        #[arg(long, value_name = "DAY", value_parser = crate::moment::day)]
        from: Option<NaiveDate>,
        /// The last day [default: today]
        #[arg(long, value_name = "DAY", value_parser = crate::moment::day)]
        to: Option<NaiveDate>,
    },
}
