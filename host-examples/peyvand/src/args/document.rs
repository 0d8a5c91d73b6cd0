//! What can be asked for about files?

use std::path::PathBuf;

use clap::{Args, Subcommand};
use peyvand::RecordId;

#[derive(Debug, Subcommand)]
pub(crate) enum Document {
    /// Store a file as a document, and attach it to records
    #[command(
        after_help = "Example:\n  peyvand document add ./contract.pdf --to acc_01jd0c5e8gq2r4v6x8z0b2d4f6 --type contract --title 'Fleet policy'"
    )]
    Add(AddDocument),
    /// Another version of a document; the one before is kept
    #[command(
        after_help = "Example:\n  peyvand document new-version doc_01jd0c5e8gq2r4v6x8z0b2d4f6 ./contract-signed.pdf --note signed"
    )]
    NewVersion {
        id: RecordId,
        /// A file; - reads from stdin
        file: PathBuf,
        /// What is new in it
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// All documents, or those of a record
    #[command(after_help = "Example:\n  peyvand document list --of acc_01jd0c5e8gq2r4v6x8z0b2d4f6")]
    List {
        /// Only those that are attached to this record
        #[arg(long, value_name = "ID")]
        of: Option<RecordId>,
    },
    /// Write the file of a document to a path
    #[command(
        disable_version_flag = true,
        after_help = "Example:\n  peyvand document get doc_01jd0c5e8gq2r4v6x8z0b2d4f6 --version 1 --out ./first.pdf"
    )]
    Get {
        id: RecordId,
        /// An earlier version, by its number
        #[arg(long, value_name = "N")]
        version: Option<i64>,
        /// Where to; - writes to stdout [default: the name of the file, here]
        #[arg(long, value_name = "PATH")]
        out: Option<PathBuf>,
    },
    /// Put a document into the bin, with its versions
    #[command(after_help = "Example:\n  peyvand document remove doc_01jd0c5e8gq2r4v6x8z0b2d4f6")]
    Remove { id: RecordId },
}

#[derive(Debug, Args)]
pub(crate) struct AddDocument {
    /// A file; - reads from stdin
    pub(crate) file: PathBuf,
    /// A record that it belongs to; several may be given
    #[arg(long, value_name = "ID")]
    pub(crate) to: Vec<RecordId>,
    /// Such as contract, invoice, identity, letter
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) document_type: Option<String>,
    /// What people call it [default: the name of the file]
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Which language it is in: en, fa, ar
    #[arg(long, value_name = "L")]
    pub(crate) language: Option<String>,
    /// What the file is called [default: its own name]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// What it is said to be, such as application/pdf; told from its bytes when left out
    #[arg(long, value_name = "TYPE")]
    pub(crate) media_type: Option<String>,
}
