//! What can be asked on the command line?

mod access;
mod audit;
mod calendar;
mod document;
mod key;
mod message;
mod plugin;
pub(crate) mod process;
mod report;
mod schema;
mod script;
pub(crate) mod view;

pub(crate) use access::{Access, HandOver, Share};
pub(crate) use audit::{Audit, ExportAudit};
pub(crate) use calendar::CalendarAction;
pub(crate) use document::{AddDocument, Document};
pub(crate) use key::{CreateKey, Key};
#[cfg(test)]
pub(crate) use message::CARRIERS;
pub(crate) use message::{Message, Send};
pub(crate) use plugin::{Plugin, RemovePlugin, Trust};
pub(crate) use report::{Ready, Report, Totals};
pub(crate) use schema::Schema;
pub(crate) use script::Script;

use std::path::PathBuf;

use chrono::FixedOffset;
use clap::{Args, Parser, Subcommand};
use peyvand::{Locale, RecordId};

use crate::activity::{Activity, Timeline};
use crate::customer::Caller;
use crate::import::Separator;
use crate::moment::Moment;
use crate::social::{Notifications, Remind, Tag};

const EXAMPLES: &str = "\
Examples:
  peyvand demo                         a made-up company and a tour through it
  peyvand --dir ./peyvand-demo query opportunity --filter 'status[eq]:open' --sort -amount
  peyvand report pipeline --json

Exit codes:
  0  done
  1  the answer is no: a check found problems
  2  the command line cannot be understood
  3  bad input: a file, a mapping, a filter or a record that cannot be accepted
  4  the store is locked, missing, damaged or cannot be used
  5  a plugin or a script cannot be loaded, cannot be built or failed

Results go to stdout, errors and progress to stderr. With --json both are JSON:
an error is {\"error\":{\"kind\",\"message\",\"remedy\",\"failures\"}}.";

const FILTERS: &str = "\
Examples:
  peyvand query opportunity 'and(status[eq]:open,amount[gte]:1000)' --sort -amount
  peyvand query opportunity 'account.parent.industry[eq]:bank' --sort account.name
  peyvand query opportunity 'close_date[in]:this-quarter@persian' --explain
  peyvand query account 'and(territory[under]:tehran,owner[under]:me)' --as sara

Days: today, last-90-days, next-month, this-year@hijri, 1403/05/07@persian

Operators: eq ne gt gte lt lte in nin between contains starts_with is_null under
A value with , ( ) or a space at its ends stands in quotation marks; in, nin and between take (a,b).";

/// CRM in one directory, without a server
#[derive(Debug, Parser)]
#[command(name = "peyvand", version, propagate_version = true, subcommand_required = true, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) everywhere: Everywhere,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Everywhere {
    /// The directory of the store [default: ./crm]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// The offset of your clock from UTC, such as +03:30: where days begin, and how times are shown [default: UTC]
    #[arg(long, global = true, value_name = "OFFSET", allow_hyphen_values = true, value_parser = crate::carriers::zone)]
    pub(crate) zone: Option<FixedOffset>,
    /// The language of words that the store knows in several: en, fa or ar [default: en]
    #[arg(long, global = true, value_name = "L", value_parser = crate::render::language)]
    pub(crate) locale: Option<Locale>,
    /// Results and errors as JSON, for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// As this user, with his rights: a login, or an id
    #[arg(long = "as", global = true, value_name = "LOGIN")]
    pub(crate) acting: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a company with a year of business, and show around
    #[command(after_help = "Example:\n  peyvand demo ./my-demo --seed 7")]
    Demo(Demo),
    /// Bring in a CSV file or a sheet of a workbook
    #[command(
        after_help = "Example:\n  peyvand import accounts.csv --into account --mapping maven --dry-run"
    )]
    Import(Import),
    /// Take back an import, a mass change, a delete or an undo; what somebody wrote since stays
    #[command(
        after_help = "Example:\n  peyvand undo import-120-3f9a01 --preview\n  peyvand undo 4711"
    )]
    Undo(Undo),
    /// List records of an object
    #[command(
        after_help = FILTERS
    )]
    Query(Query),
    /// Show one record
    #[command(
        after_help = "Example:\n  peyvand get acc_01jd0c5e8gq2r4v6x8z0b2d4f6 --as-of 2026-03-20"
    )]
    Get {
        id: RecordId,
        /// As it was then: a day, an instant or the position of a commit
        #[arg(long, value_name = "MOMENT")]
        as_of: Option<Moment>,
    },
    /// What happened to a record, or with a customer, oldest first
    Timeline(Timeline),
    /// Who did something, and who did nothing
    #[command(subcommand)]
    Activity(Activity),
    /// Who has a telephone number, however it is typed; of one alone, the 360 view
    Caller(Caller),
    /// Make a record
    #[command(
        after_help = "Example:\n  peyvand create account '{\"name\": \"Pars Steel\", \"industry\": \"steel\"}'"
    )]
    Create {
        /// Such as account, contact, lead, opportunity, activity
        object: String,
        /// The fields as a JSON object; - reads it from stdin
        #[arg(value_name = "JSON")]
        fields: String,
    },
    /// Change fields of a record; null clears one
    #[command(
        after_help = "Example:\n  peyvand update opp_01jd0c5e8gq2r4v6x8z0b2d4f6 '{\"stage\": \"won\"}' --revision 3"
    )]
    Update {
        id: RecordId,
        /// The fields as a JSON object; - reads it from stdin
        #[arg(value_name = "JSON")]
        fields: String,
        /// Only if the record is still at this revision
        #[arg(long, value_name = "N")]
        revision: Option<u64>,
    },
    /// Put a record into the bin
    #[command(after_help = "Example:\n  peyvand delete lea_01jd0c5e8gq2r4v6x8z0b2d4f6")]
    Delete { id: RecordId },
    /// Erase records for good, with their history; the bin is no help against it
    #[command(
        after_help = "Example:\n  peyvand erase con_01jd0c5e8gq2r4v6x8z0b2d4f6 --yes\nEarlier backups still hold them: keep the file ERASED of the store for `peyvand restore --erased`."
    )]
    Erase {
        #[arg(required = true, value_name = "ID")]
        ids: Vec<RecordId>,
        /// Do it; without this, only say what would be erased
        #[arg(long)]
        yes: bool,
    },
    /// Take a record out of the bin
    #[command(after_help = "Example:\n  peyvand undelete lea_01jd0c5e8gq2r4v6x8z0b2d4f6")]
    Undelete { id: RecordId },
    /// Who may see and do what
    #[command(subcommand)]
    Access(Access),
    /// Keys by which programs act for users
    #[command(subcommand)]
    Key(Key),
    /// What goes to who audits, signed
    #[command(subcommand)]
    Audit(Audit),
    /// Files that belong to records, with their versions
    #[command(subcommand)]
    Document(Document),
    /// Say something about a record, or answer a comment; @login, @id or @name tells a user
    #[command(
        after_help = "Example:\n  peyvand comment acc_01jd0c5e8gq2r4v6x8z0b2d4f6 '@sara please call them' --user reza"
    )]
    Comment {
        /// The record, or the comment to answer
        id: RecordId,
        text: String,
        /// Who says it: a login or an id
        #[arg(long, value_name = "USER")]
        user: Option<String>,
    },
    /// Records by what was typed: beginnings of words, addresses, ends of numbers
    #[command(
        after_help = "Examples:\n  peyvand search رضایی تهران\n  peyvand search 4567 --in contact --in lead\n  peyvand search lpln --locale fa"
    )]
    Search(crate::search::Asked),
    /// Who is there twice, or once before somebody is created, and why
    #[command(
        after_help = "Examples:\n  peyvand duplicates contact --doubts\n  peyvand duplicates contact name='Mohammad Rezaei' mobile=09121234567\n  peyvand duplicates --of con_01jd0c5e8gq2r4v6x8z0b2d4f6 --locale fa"
    )]
    Duplicates(crate::duplicates::Asked),
    /// Sets of records that are kept: by filters, as lists, of each other
    #[command(subcommand)]
    Segment(crate::segment::Action),
    /// When a firm works: hours, holidays, working time
    #[command(subcommand)]
    Calendar(CalendarAction),
    /// What was said about a record
    #[command(after_help = "Example:\n  peyvand comments acc_01jd0c5e8gq2r4v6x8z0b2d4f6")]
    Comments { id: RecordId },
    /// Tell a user of comments and changes of a record from now on
    #[command(after_help = "Example:\n  peyvand follow acc_01jd0c5e8gq2r4v6x8z0b2d4f6 --user sara")]
    Follow {
        id: RecordId,
        /// Who follows it: a login or an id
        #[arg(long, value_name = "USER")]
        user: String,
        /// Follow it no more
        #[arg(long)]
        stop: bool,
    },
    /// Put tags on a record
    #[command(
        after_help = "Example:\n  peyvand tag acc_01jd0c5e8gq2r4v6x8z0b2d4f6 'key customer' 2026"
    )]
    Tag(Tag),
    /// Remind a user of a record
    #[command(
        after_help = "Example:\n  peyvand remind acc_01jd0c5e8gq2r4v6x8z0b2d4f6 --at 2026-11-24T08:30:00Z --user sara --note 'renew the contract'"
    )]
    Remind(Remind),
    /// What a user was told, and what he does about it
    #[command(
        after_help = "Examples:\n  peyvand notifications --user sara\n  peyvand notifications snooze ntf_01jd0c5e8gq2r4v6x8z0b2d4f6 --until 2026-11-24T08:30:00Z --user sara"
    )]
    Notifications(Notifications),
    /// What the records add up to
    Report(Report),
    /// Objects and fields
    #[command(subcommand)]
    Schema(Schema),
    /// WebAssembly plugins
    #[command(subcommand)]
    Plugin(Plugin),
    /// Scripts of administrators
    #[command(subcommand)]
    Script(Script),
    /// Mail, SMS and what came back
    #[command(subcommand)]
    Message(Message),
    /// Make a page or a message of a record
    #[command(
        after_help = "Example:\n  peyvand render offer opp_01jd0c5e8gq2r4v6x8z0b2d4f6 --language fa --second en --out offer.html"
    )]
    Render(crate::render::Render),
    /// Templates of pages and messages
    #[command(subcommand)]
    Template(crate::template::Template),
    /// Processes: by which steps records go, and who holds one up
    #[command(subcommand)]
    Process(process::Process),
    /// The 360 view of a record; and views: which records, in which columns and order, drawn as what
    View(view::Views),
    /// The form of an object or a record, as its user sees it
    #[command(
        after_help = "Examples:\n  peyvand form lead --language fa\n  peyvand form lead lea_01jd0c5e8gq2r4v6x8z0b2d4f6 --show"
    )]
    Form(view::Form),
    /// All tiles of a dashboard
    #[command(after_help = "Example:\n  peyvand dashboard sales --language ar")]
    Dashboard(view::Dashboard),
    /// Read the whole store, or a backup, and say whether everything in it agrees
    #[command(
        after_help = "Examples:\n  peyvand check --dir ./crm --json\n  peyvand check --backup /mnt/backup/crm"
    )]
    Check {
        /// The folder of a backup, which is read instead of the store
        #[arg(long, value_name = "DIR")]
        backup: Option<PathBuf>,
    },
    /// Copy the whole store into a folder of its own; again, and only what is new is copied
    #[command(
        after_help = "Example, as a nightly job:\n  peyvand backup --to /mnt/backup/crm --dir ./crm"
    )]
    Backup {
        /// A new folder, or that of an earlier backup of this store
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Make a store of a backup, in a new folder
    #[command(
        after_help = "Example:\n  peyvand restore /mnt/backup/crm --dir ./crm-of-noon --until 2026-11-01T12:00:00Z"
    )]
    Restore(Restore),
    /// Throw away the state of the store and build it again from the journal
    #[command(after_help = "Example:\n  peyvand rebuild --dir ./crm")]
    Rebuild,
    /// Keep a checkpoint of the state as it is now, beside the journal
    #[command(after_help = "Example:\n  peyvand checkpoint --dir ./crm")]
    Checkpoint,
    /// Drop files that nothing names any longer, neither a record nor the history
    #[command(after_help = "Example, as a nightly job:\n  peyvand collect --days 7")]
    Collect {
        /// Only those that nothing has named for so long, from one such call to another
        #[arg(long, value_name = "N", default_value_t = 7)]
        days: u16,
        /// All of them, also those that were just put
        #[arg(long, conflicts_with = "days")]
        now: bool,
    },
    /// Remove the journal before a moment that a checkpoint covers, and with it the history
    #[command(after_help = "Example:\n  peyvand trim --before 2025-12-31 --yes")]
    Trim {
        /// A day, an instant or the position of a commit
        #[arg(long, value_name = "MOMENT")]
        before: Moment,
        /// Do it; without this, only say what would go
        #[arg(long)]
        yes: bool,
    },
    /// Do what is due: workflows that run once a day, notifications, reminders
    #[command(after_help = "Example, as an hourly job:\n  peyvand tick --dir /srv/crm")]
    Tick,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where to make it [default: ./peyvand-demo]
    #[arg(value_name = "DIR")]
    pub(crate) place: Option<PathBuf>,
    /// Another seed gives another company
    #[arg(long, default_value_t = 1404)]
    pub(crate) seed: u64,
    /// Throw away the store that is there, and begin anew
    #[arg(long)]
    pub(crate) fresh: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A CSV, XLSX or ODS file; - reads from stdin
    pub(crate) file: PathBuf,
    /// The object that its rows become
    #[arg(long, value_name = "OBJECT")]
    pub(crate) into: String,
    /// What the columns mean: a mapping file, or the name of a built-in mapping
    #[arg(long, value_name = "NAME_OR_FILE", required_unless_present = "guess")]
    pub(crate) mapping: Option<String>,
    /// Guess what the columns mean, and print the mapping to be looked at and saved; imports nothing
    #[arg(long, conflicts_with_all = ["mapping", "dry_run"])]
    pub(crate) guess: bool,
    /// Count and complain, but write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The file's encoding, such as utf-8 or windows-1256; found out when left out
    #[arg(long, value_name = "E")]
    pub(crate) encoding: Option<String>,
    /// What stands between cells: one character, or 'tab'; found out when left out
    #[arg(long, value_name = "D")]
    pub(crate) delimiter: Option<Separator>,
    /// The sheet of a workbook, where several have something in them
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// What is not to be put right in the cells: leading-zero, national-id, scientific, several-phones, date
    #[arg(long, value_name = "REPAIR", value_delimiter = ',')]
    pub(crate) without: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// The name in the receipt of an import or an undo, or the position of a commit
    pub(crate) what: String,
    /// Say what would be taken back, and change nothing
    #[arg(long)]
    pub(crate) preview: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The folder of the backup
    pub(crate) from: PathBuf,
    /// As it was then: a day, an instant or the position of a commit; what came later is left out
    #[arg(long, value_name = "MOMENT", conflicts_with = "position")]
    pub(crate) until: Option<Moment>,
    /// As of a position in the journal: later commits are left out
    #[arg(long, value_name = "N")]
    pub(crate) position: Option<u64>,
    /// Who was erased since: the file ERASED of the store that was backed up
    #[arg(long, value_name = "FILE")]
    pub(crate) erased: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Query {
    /// Such as account, contact, lead, opportunity, activity
    pub(crate) object: String,
    /// Which records, without --filter
    #[arg(value_name = "F", conflicts_with = "filter")]
    pub(crate) which: Option<String>,
    /// Which records.
    #[arg(
        long,
        value_name = "F",
        default_value = "",
        help = "Which records: field[operator]:value, joined by and(…), or(…), not(…)"
    )]
    pub(crate) filter: String,
    /// Fields to sort by, such as -amount,name or account.name
    #[arg(long, value_name = "S", default_value = "", allow_hyphen_values = true)]
    pub(crate) sort: String,
    /// At most so many records, up to 1000
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Go on after a page: the cursor that it ended with
    #[arg(long, value_name = "C")]
    pub(crate) after: Option<String>,
    /// As it was then: a day, an instant or the position of a commit
    #[arg(long, value_name = "MOMENT", conflicts_with = "explain")]
    pub(crate) as_of: Option<Moment>,
    /// Say how it would be answered, and do not
    #[arg(long)]
    pub(crate) explain: bool,
    /// Read no more than so many records for the page
    #[arg(long, value_name = "N")]
    pub(crate) budget: Option<u64>,
}

#[cfg(test)]
mod tests;
