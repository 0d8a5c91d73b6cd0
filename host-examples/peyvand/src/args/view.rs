//! What can be asked about views, forms and dashboards?

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use peyvand::{Locale, RecordId};

use crate::moment::Moment;

/// In which language.
#[derive(Debug, Args)]
pub(crate) struct Looking {
    /// The language of names and options: en, fa or ar [default: that of --locale]
    #[arg(long, value_name = "TAG", value_parser = crate::render::language)]
    pub(crate) language: Option<Locale>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(crate) struct Views {
    /// The customer, or another record: everything about it, panel by panel
    #[arg(value_name = "ID")]
    pub(crate) id: Option<RecordId>,
    /// As it was then: a day, an instant or the position of a commit
    #[arg(long, value_name = "MOMENT")]
    pub(crate) as_of: Option<Moment>,
    /// One panel alone, by its key; --json of the whole names them
    #[arg(long, value_name = "KEY", conflicts_with = "as_of")]
    pub(crate) panel: Option<String>,
    /// At most so many rows of the panel, up to 1000
    #[arg(long, value_name = "N", requires = "panel")]
    pub(crate) limit: Option<usize>,
    /// Go on after a page of the panel: the cursor that it ended with
    #[arg(long, value_name = "C", requires = "panel")]
    pub(crate) after: Option<String>,
    #[command(subcommand)]
    pub(crate) of_many: Option<View>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum View {
    /// The views that there are
    #[command(after_help = "Example:\n  peyvand view list --object opportunity --language fa")]
    List {
        /// Only those of an object
        #[arg(long, value_name = "OBJECT")]
        object: Option<String>,
        #[command(flatten)]
        looking: Looking,
    },
    /// The rows of a view; with --json its definition too
    #[command(
        after_help = "Examples:\n  peyvand view show open-opportunities --language fa\n  peyvand view show my-open-tasks --as maryam --json\nThe name of an object stands for the view of it that the user gets first."
    )]
    Show {
        /// A key, a name, an id or an object
        name: String,
        /// At most so many rows, up to 1000
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// Go on after a page: the cursor that it ended with
        #[arg(long, value_name = "C")]
        after: Option<String>,
        /// As it was then: a day, an instant or the position of a commit
        #[arg(long, value_name = "MOMENT")]
        as_of: Option<Moment>,
        #[command(flatten)]
        looking: Looking,
    },
    /// Save a view, a form, a dashboard or a panel of the 360 view; one under the same key is replaced
    #[command(
        after_help = "Example:\n  peyvand view put hot-leads.json\nwhere hot-leads.json has such as\n  {\"key\": \"hot-leads\", \"name\": \"Hot leads\", \"label\": {\"fa\": \"سرنخ‌های داغ\"},\n   \"definition\": {\"object\": \"lead\", \"columns\": [\"name\", \"phone\"], \"filter\": \"status[eq]:working\", \"sort\": \"-updated_at\"}}"
    )]
    Put {
        /// A JSON file; - reads from stdin
        file: PathBuf,
        /// What it is
        #[arg(long, value_enum, default_value_t = Screen::View)]
        into: Screen,
    },
    /// Put a view into the bin
    #[command(after_help = "Example:\n  peyvand view remove hot-leads")]
    Remove { name: String },
}

/// The things that have a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Screen {
    View,
    Form,
    Dashboard,
    Panel,
}

#[derive(Debug, Args)]
pub(crate) struct Form {
    /// Such as account, contact, lead, opportunity, activity
    pub(crate) object: String,
    /// The record to change; without one, the form to make one
    #[arg(value_name = "ID")]
    pub(crate) record: Option<RecordId>,
    /// To look at the record, and not to change it
    #[arg(long, requires = "record")]
    pub(crate) show: bool,
    /// What was typed so far, as a JSON object
    #[arg(long, value_name = "JSON")]
    pub(crate) typed: Option<String>,
    #[command(flatten)]
    pub(crate) looking: Looking,
}

#[derive(Debug, Args)]
pub(crate) struct Dashboard {
    /// A key, a name or an id; the one that the user gets first when it is left out
    #[arg(default_value = "")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) looking: Looking,
}
