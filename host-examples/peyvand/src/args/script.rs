//! What can be asked for about scripts?

use std::path::PathBuf;

use clap::Subcommand;
use peyvand::RecordId;

#[derive(Debug, Subcommand)]
pub(crate) enum Script {
    /// The scripts that are installed
    #[command(after_help = "Example:\n  peyvand script list")]
    List,
    /// Find what is wrong with a script without running it
    #[command(after_help = "Example:\n  peyvand script check large-deals.rhai")]
    Check { file: PathBuf },
    /// Install a script, or a new version of it
    #[command(after_help = "Example:\n  peyvand script install large-deals.rhai")]
    Install { file: PathBuf },
    /// Run a script on a record and say what it would do; nothing is changed
    #[command(
        after_help = "Example:\n  peyvand script run large-deals.rhai --record opp_01jd0c5e8gq2r4v6x8z0b2d4f6"
    )]
    Run {
        file: PathBuf,
        /// The record to run it on
        #[arg(long, value_name = "ID")]
        record: RecordId,
    },
    /// Let a script run again
    #[command(after_help = "Example:\n  peyvand script enable large-deals")]
    Enable { name: String },
    /// Keep a script, but do not let it run
    #[command(after_help = "Example:\n  peyvand script disable large-deals")]
    Disable { name: String },
    /// Remove a script
    #[command(after_help = "Example:\n  peyvand script remove large-deals")]
    Remove { name: String },
}
