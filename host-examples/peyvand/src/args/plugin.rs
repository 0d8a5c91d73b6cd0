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
        after_help = "Example:\n  peyvand plugin install plugins/dist/follow-up.wasm --unsigned --set quiet-days=21 --set language=fa\nA name such as follow-up stands for plugins/dist/follow-up.wasm here or further up."
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
        /// Vouch for a file that no trusted key has signed
        #[arg(long)]
        unsigned: bool,
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
        after_help = "Example:\n  peyvand plugin build plugins/lead-score\nWithout a path: this folder, if it has a plugin.toml, else every one under plugins/ that has. It needs the Rust target\nwasm32-unknown-unknown: rustup target add wasm32-unknown-unknown"
    )]
    Build {
        /// Folders with a plugin.toml
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Where the component files go [default: plugins/dist of the workspace, or dist of a plugin by itself]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Check a plugin file as an install would, and that its answers depend on the record alone; install nothing
    #[command(after_help = "Example:\n  peyvand plugin check ./lead-score.wasm")]
    Check {
        file: String,
        /// Settings to try it with; give them after FILE
        #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
        set: Vec<String>,
    },
    /// What plugins and scripts have cost, by day
    #[command(
        after_help = "Examples:\n  peyvand plugin bill\n  peyvand plugin bill lead-score --from 2026-03-01 --to 2026-03-31 --json"
    )]
    Bill {
        /// The id of a plugin or the name of a script
        name: Option<String>,
        /// The first day
        #[arg(long, value_name = "DATE", value_parser = crate::moment::day)]
        from: Option<NaiveDate>,
        /// The last day
        #[arg(long, value_name = "DATE", value_parser = crate::moment::day)]
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
    /// Make the requests to other systems that plugins asked for, and tell them the answers
    #[command(
        after_help = "Example, as a job of every minute:\n  peyvand plugin ask --inside erp.example.com\nA plugin asks the hosts that it was granted and no others. A request takes 30 seconds and its answer 256 KiB at most; no\nredirect is followed, and no proxy of the environment is used. What breaks on the way is tried again where that can do\nno harm, and always bears the same idempotency-key."
    )]
    Ask {
        /// A host of the house's own network that may be asked where it was granted; any other name must lead to the internet
        #[arg(long, value_name = "HOST")]
        inside: Vec<String>,
    },
    /// Let a plugin run again that was paused because it kept failing
    #[command(after_help = "Example:\n  peyvand plugin resume lead-score")]
    Resume { id: String },
    /// Start a plugin: a folder that can be built at once
    #[command(
        after_help = "Examples:\n  peyvand plugin new big-deal --kit ../peyvand/plugins/sdk\n  peyvand plugin new big-deal --language javascript --kit ../peyvand/plugins/sdk-js\nThe kit is a folder, the address of a git repository, or a version; without --kit it is plugins/sdk here or further up.\nThat of another language is a folder, plugins/sdk-js or plugins/sdk-python, and is copied into the plugin's."
    )]
    New {
        /// Its id: a to z, 0 to 9 and - inside; also the folder's name
        name: String,
        /// What it is written in
        #[arg(long, default_value = "rust", value_parser = ["rust", "javascript", "python"])]
        language: String,
        /// Where the guest kit comes from
        #[arg(long, value_name = "WHERE")]
        kit: Option<String>,
    },
    /// Build a plugin's folder and install it, again whenever its sources change
    #[command(
        after_help = "Example:\n  peyvand plugin dev ./big-deal --set from=500 --dir ./peyvand-demo\nThe store is open only while the plugin is installed, so that other commands work in between. What the plugin needs is\ngranted, and no signature is asked for: this is for a store to try things in. Ctrl-C ends it."
    )]
    Dev {
        /// The plugin's folder
        #[arg(default_value = ".", value_name = "DIR")]
        path: PathBuf,
        /// Settings
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// Build and install once, and end
        #[arg(long)]
        once: bool,
    },
    /// Run a plugin against the records and expectations in its tests/*.toml and *.json
    #[command(after_help = "Example:\n  peyvand plugin test ./big-deal")]
    Test {
        /// The plugin's folder, or one file of tests
        #[arg(default_value = ".", value_name = "DIR_OR_FILE")]
        path: PathBuf,
        /// The component [default: what `plugin build` wrote for the folder]
        #[arg(long, value_name = "FILE")]
        plugin: Option<PathBuf>,
    },
    /// Make a pair of keys to sign plugins with, in minisign's format
    #[command(
        after_help = "Example:\n  peyvand plugin key ./acme\nwrites acme.key, which is secret, and acme.pub, which your customers trust."
    )]
    Key {
        /// The files' path without their endings
        #[arg(default_value = "./plugin", value_name = "PATH")]
        path: PathBuf,
        /// A file with the password of the secret key; - is stdin
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Sign a plugin's file, in place of a signature that it has
    #[command(
        after_help = "Examples:\n  peyvand plugin sign dist/big-deal.wasm --key acme.key\n  minisign -S -s acme.key -m dist/big-deal.wasm && peyvand plugin sign dist/big-deal.wasm --signature dist/big-deal.wasm.minisig"
    )]
    Sign {
        file: PathBuf,
        /// The secret key, from `peyvand plugin key` or `minisign -G`
        #[arg(long, value_name = "FILE", required_unless_present = "signature")]
        key: Option<PathBuf>,
        /// A file with the key's password; - is stdin
        #[arg(long, value_name = "FILE", requires = "key")]
        password_file: Option<PathBuf>,
        /// What `minisign -S` wrote for the file
        #[arg(long, value_name = "FILE", conflicts_with = "key")]
        signature: Option<PathBuf>,
    },
    /// Trust whoever holds a key: what it signed may be installed
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "Examples:\n  peyvand plugin trust acme.pub --name 'Acme of Shiraz'\n  peyvand plugin trust list\n  peyvand plugin trust remove 'Acme of Shiraz'"
    )]
    Trust {
        #[command(subcommand)]
        what: Option<Trust>,
        /// The public key: a .pub file, or the line in it that begins with RW
        #[arg(value_name = "KEY", required = true)]
        key: Option<String>,
        /// Whose key it is
        #[arg(long, required = true)]
        name: Option<String>,
    },
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

#[derive(Debug, Subcommand)]
pub(crate) enum Trust {
    /// The keys that are trusted
    #[command(after_help = "Example:\n  peyvand plugin trust list")]
    List,
    /// Trust a key no longer; what was installed with it stays
    #[command(after_help = "Example:\n  peyvand plugin trust remove \"Arvand Software\"")]
    Remove {
        /// The key, its id or its name
        key: String,
    },
}
