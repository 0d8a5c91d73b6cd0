//! What can be asked about processes, and about a record that is in one?

use std::path::PathBuf;

use clap::Subcommand;
use peyvand::RecordId;

use super::view::Looking;

#[derive(Debug, Subcommand)]
pub(crate) enum Process {
    /// The processes that there are, with how many records are in each
    #[command(after_help = "Example:\n  peyvand process list --language fa")]
    List {
        #[command(flatten)]
        looking: Looking,
    },
    /// A process: its steps, what each needs and where it leads
    #[command(
        after_help = "Examples:\n  peyvand process show loan --language fa\n  peyvand process show loan --json > loan.json"
    )]
    Show {
        /// A key or an id
        name: String,
        #[command(flatten)]
        looking: Looking,
    },
    /// Save a process; one under the same key is replaced, and records in steps that are gone go on where it says
    #[command(
        after_help = "Examples:\n  peyvand process put loan.json --preview\n  peyvand process put loan.json\nwhere loan.json has such as\n  {\"key\": \"calls\", \"label\": {\"fa\": \"تماس\"},\n   \"definition\": {\"object\": \"lead\", \"steps\": [\n     {\"key\": \"new\", \"required\": [\"phone\"], \"deadline\": {\"days\": 2}, \"next\": [\"called\"]},\n     {\"key\": \"called\", \"outcome\": \"success\"}]}}"
    )]
    Put {
        /// A JSON file; - reads from stdin
        file: PathBuf,
        /// Say what it would mean, and save nothing
        #[arg(long)]
        preview: bool,
    },
    /// How far a record is: its step, since when, who holds it up, and what is missing for each next step
    #[command(
        after_help = "Example:\n  peyvand process state lea_01jd0c5e8gq2r4v6x8z0b2d4f6 --language fa --as maryam"
    )]
    State {
        id: RecordId,
        #[command(flatten)]
        looking: Looking,
    },
    /// Take a record on to a step; everything that is in the way is told
    #[command(
        after_help = "Example:\n  peyvand process advance lea_01jd0c5e8gq2r4v6x8z0b2d4f6 called --as maryam"
    )]
    Advance {
        id: RecordId,
        /// The step's key
        step: String,
        #[command(flatten)]
        looking: Looking,
    },
    /// The steps that a record went, who had it and for how long
    #[command(after_help = "Example:\n  peyvand process history lea_01jd0c5e8gq2r4v6x8z0b2d4f6")]
    History {
        id: RecordId,
        #[command(flatten)]
        looking: Looking,
    },
}
