//! What can be asked for about plugins?

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use peyvand::Locale;

use crate::render::language;

#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// The plugins that are installed
    #[command(after_help = "Example:\n  peyvand plugin list")]
    List,
    /// What a plugin is and what it may do, in plain words
    #[command(
        after_help = "Examples:\n  peyvand plugin show lead-score\n  peyvand plugin show ./lead-score.wasm --language fa"
    )]
    Show {
        /// The id of an installed plugin, or a file
        #[arg(value_name = "ID_OR_FILE")]
        plugin: String,
        /// The client's language: en, fa or ar
        #[arg(long, value_name = "L", value_parser = language, default_value = "en")]
        language: Locale,
    },
    /// Install a plugin, or another version of it
    #[command(
        after_help = "Example:\n  peyvand plugin install plugins/dist/follow-up.wasm --set quiet-days=21 --set language=fa\nA name such as follow-up stands for plugins/dist/follow-up.wasm here or further up."
    )]
    Install {
        file: String,
        /// Settings; give them after FILE
        #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
        set: Vec<String>,
        /// Grant what this version needs in addition to the installed one
        #[arg(long)]
        grant: bool,
        /// Say what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Let a plugin run again
    #[command(after_help = "Example:\n  peyvand plugin enable lead-score")]
    Enable { id: String },
    /// Keep a plugin, but do not let it run
    #[command(after_help = "Example:\n  peyvand plugin disable lead-score")]
    Disable { id: String },
    /// Remove a plugin; the values of its fields are kept unless told otherwise
    #[command(
        after_help = "Examples:\n  peyvand plugin remove lead-score --dry-run\n  peyvand plugin remove lead-score --export scores.jsonl --drop"
    )]
    Remove(RemovePlugin),
    /// Compile plugins to component files
    #[command(
        after_help = "Example:\n  peyvand plugin build plugins/lead-score\nWithout a path: every folder under plugins/ that has a plugin.toml. It needs the Rust target\nwasm32-unknown-unknown: rustup target add wasm32-unknown-unknown"
    )]
    Build {
        /// Folders with a plugin.toml
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Where the component files go [default: plugins/dist of the workspace]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Check a plugin file as an install would, and install nothing
    #[command(after_help = "Example:\n  peyvand plugin check ./lead-score.wasm")]
    Check { file: String },
    /// What plugins and scripts have cost, by day
    #[command(
        after_help = "Examples:\n  peyvand plugin bill\n  peyvand plugin bill lead-score --from 2026-03-01 --to 2026-03-31 --json"
    )]
    Bill {
        /// The id of a plugin or the name of a script
        name: Option<String>,
        /// The first day
        #[arg(long, value_name = "DATE")]
        from: Option<NaiveDate>,
        /// The last day
        #[arg(long, value_name = "DATE")]
        to: Option<NaiveDate>,
    },
    /// What a plugin needs and is granted; give it more, or less
    #[command(
        after_help = "Examples:\n  peyvand plugin grant lead-score\n  peyvand plugin grant lead-score --withhold \"read lead.phone\"\n  peyvand plugin grant lead-score \"read lead.phone\"\n  peyvand plugin grant lead-score all"
    )]
    Grant {
        id: String,
        /// Rights to give, such as "read lead.phone"; `all` is everything that it needs
        #[arg(value_name = "RIGHT")]
        give: Vec<String>,
        /// A right to take away
        #[arg(long, value_name = "RIGHT")]
        withhold: Vec<String>,
    },
    /// Let a plugin run again that was paused because it kept failing
    #[command(after_help = "Example:\n  peyvand plugin resume lead-score")]
    Resume { id: String },
}

/// How a plugin is removed.
#[derive(Debug, Args)]
pub(crate) struct RemovePlugin {
    pub(crate) id: String,
    /// Take its fields out of the views, forms and dashboards that use them
    #[arg(long)]
    pub(crate) strip: bool,
    /// Write the values of its fields to a file first, a record a line
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
    /// Clear the values of its fields; without it they are kept and come back with the plugin
    #[arg(long)]
    pub(crate) drop: bool,
    /// Say what would go, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
