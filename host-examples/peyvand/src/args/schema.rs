//! What can be asked about objects and fields?

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Schema {
    /// All objects
    #[command(after_help = "Example:\n  peyvand schema list")]
    List,
    /// One object and its fields
    #[command(after_help = "Example:\n  peyvand schema show opportunity")]
    Show { object: String },
    /// Change the schema: all changes of a file or none
    #[command(
        after_help = "Example:\n  peyvand schema apply changes.json\nwhere changes.json has a list such as\n  [{\"change\": \"add_field\", \"object\": \"account\", \"field\": {\"name\": \"rating\", \"type\": \"option\", \"options\": [\"a\", \"b\"]}}]"
    )]
    Apply {
        /// A JSON file; - reads from stdin
        file: PathBuf,
        /// Take what goes out of the views, forms and dashboards that use it
        #[arg(long)]
        strip: bool,
        /// Say which views, forms and dashboards use what goes, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}
