//! What can be asked about audits?

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Write who changed what and who saw what is confidential into a file, and sign it
    #[command(
        after_help = "Example:\n  peyvand plugin key auditor\n  peyvand audit export ./audit.jsonl --key ./auditor.key\nThe signature is ./audit.jsonl.minisig; `minisign -V` knows it too."
    )]
    Export(ExportAudit),
    /// Whether such a file is whole and signed with a key; needs no store
    #[command(after_help = "Example:\n  peyvand audit verify ./audit.jsonl --key ./auditor.pub")]
    Verify {
        file: PathBuf,
        /// The public key: a file, or the line in it
        #[arg(long, value_name = "KEY")]
        key: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ExportAudit {
    /// A new file
    pub(crate) file: PathBuf,
    /// The secret key that signs, as `peyvand plugin key` or `minisign -G` wrote it
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The file with the key's password, where it has one
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Only what came after this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub(crate) after: u64,
    /// Only what came until this position
    #[arg(long, value_name = "POSITION")]
    pub(crate) until: Option<u64>,
}
