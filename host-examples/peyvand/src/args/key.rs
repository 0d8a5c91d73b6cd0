//! What can be asked about keys?

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use peyvand::RecordId;

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key; its token is shown this once
    #[command(
        after_help = "Example:\n  peyvand key create Website --user sara --rights '{\"objects\": {\"lead\": {\"create\": \"own\"}}}'\nThe rights are written as the definition of a role; of them, the key gives what its user may himself."
    )]
    Create(CreateKey),
    /// The keys, whom they act for and whether they open anything
    #[command(after_help = "Example:\n  peyvand key list --locale fa")]
    List,
    /// Close a key for good
    #[command(after_help = "Example:\n  peyvand key revoke key_01jd0c5e8gq2r4v6x8z0b2d4f6")]
    Revoke { id: RecordId },
}

#[derive(Debug, Args)]
pub(crate) struct CreateKey {
    /// What people call it
    pub(crate) name: String,
    /// For whom it acts: a login or an id
    #[arg(long, value_name = "USER")]
    pub(crate) user: String,
    /// What it opens, as JSON; - reads it from stdin
    #[arg(
        long,
        value_name = "JSON",
        default_value = r#"{"objects": {"*": {"read": "all"}}}"#
    )]
    pub(crate) rights: String,
    /// Until when, such as 2026-11-24T08:30:00Z
    #[arg(long, value_name = "INSTANT")]
    pub(crate) until: Option<DateTime<Utc>>,
}
