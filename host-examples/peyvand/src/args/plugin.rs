//! What can be asked for about plugins?

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// The plugins that are installed
    #[command(after_help = "Example:\n  peyvand plugin list")]
    List,
    /// What a plugin is and what it may do, in plain words
    #[command(
        after_help = "Examples:\n  peyvand plugin show lead-score\n  peyvand plugin show ./lead-score.wasm"
    )]
    Show {
        /// The id of an installed plugin, or a file
        #[arg(value_name = "ID_OR_FILE")]
        plugin: String,
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
    },
    /// Let a plugin run again
    #[command(after_help = "Example:\n  peyvand plugin enable lead-score")]
    Enable { id: String },
    /// Keep a plugin, but do not let it run
    #[command(after_help = "Example:\n  peyvand plugin disable lead-score")]
    Disable { id: String },
    /// Remove a plugin; the values of its fields are kept
    #[command(after_help = "Example:\n  peyvand plugin remove lead-score")]
    Remove {
        id: String,
        /// Take its fields out of the views, forms and dashboards that use them
        #[arg(long)]
        strip: bool,
    },
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
    /// What each hook has cost since this process opened the store
    #[command(after_help = "Example:\n  peyvand plugin bill --json")]
    Bill,
}
