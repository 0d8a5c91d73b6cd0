//! What can be asked about rights?

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use peyvand::{Actor, Locale, RecordId};

#[derive(Debug, Subcommand)]
pub(crate) enum Access {
    /// From now on users see and do what their roles give them, and nothing else
    #[command(
        after_help = "Example:\n  peyvand access roles --add\n  peyvand update usr_01jd0c5e8gq2r4v6x8z0b2d4f6 '{\"role\": \"administrator\"}'\n  peyvand access on"
    )]
    On {
        /// Also where there are users who will see nothing then
        #[arg(long)]
        yes: bool,
    },
    /// Everybody sees and does everything again
    #[command(after_help = "Example:\n  peyvand access off")]
    Off,
    /// Why a user may do something with a record, or why not, and what would help
    #[command(
        after_help = "Example:\n  peyvand access explain sara acc_01jd0c5e8gq2r4v6x8z0b2d4f6 update --language fa"
    )]
    Explain {
        /// A login or an id
        user: String,
        record: RecordId,
        /// What he would do
        #[arg(default_value = "read", value_parser = ["read", "create", "update", "delete", "export"])]
        verb: String,
        /// The language of the answer: en, fa or ar [default: that of --locale]
        #[arg(long, value_name = "TAG", value_parser = crate::render::language)]
        language: Option<Locale>,
    },
    /// The roles, and who has them
    #[command(after_help = "Example:\n  peyvand access roles --add")]
    Roles {
        /// Make those that come with the engine, where they are not there
        #[arg(long)]
        add: bool,
    },
    /// How much of an object each user sees
    #[command(after_help = "Example:\n  peyvand access report opportunity --locale fa")]
    Report {
        /// Such as account or opportunity
        #[arg(default_value = "account")]
        object: String,
    },
    /// Let a plugin or a script run as a user, so that his rights hold for it too; without one, say which do
    #[command(
        after_help = "Example:\n  peyvand access run-as script:big-deals sara\n  peyvand access run-as plugin:lead-score --nobody"
    )]
    RunAs {
        /// Such as script:big-deals or plugin:lead-score
        #[arg(value_name = "WHAT", value_parser = runner)]
        what: Option<Actor>,
        /// A login or an id
        #[arg(requires = "what")]
        user: Option<String>,
        /// As nobody again
        #[arg(long, requires = "what", conflicts_with = "user")]
        nobody: bool,
    },
    /// Let a user, a team or everybody of a role do something with one record
    #[command(
        after_help = "Example:\n  peyvand access share acc_01jd0c5e8gq2r4v6x8z0b2d4f6 --user sara --verb read --verb update"
    )]
    Share(Share),
    /// Give what is a user's to others, when he leaves; without --yes only say what
    #[command(
        after_help = "Example:\n  peyvand access hand-over sara --to reza --object lead=mina --deactivate --yes"
    )]
    HandOver(HandOver),
    /// Who saw a confidential record, or exported the records of an object
    #[command(after_help = "Example:\n  peyvand access who-saw acc_01jd0c5e8gq2r4v6x8z0b2d4f6")]
    WhoSaw {
        /// A record's id, or an object such as account for its exports
        what: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Share {
    pub(crate) record: RecordId,
    /// A login or an id
    #[arg(long, value_name = "USER", required_unless_present_any = ["team", "role"])]
    pub(crate) user: Option<String>,
    /// A team's key or id
    #[arg(long, value_name = "TEAM")]
    pub(crate) team: Option<String>,
    /// A role's key or id
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    /// What they may do; may be given several times
    #[arg(long = "verb", value_name = "VERB", default_value = "read", value_parser = ["read", "update", "delete", "export"])]
    pub(crate) verbs: Vec<String>,
    /// Until when, such as 2026-11-24T08:30:00Z
    #[arg(long, value_name = "INSTANT")]
    pub(crate) until: Option<DateTime<Utc>>,
}

#[derive(Debug, Args)]
pub(crate) struct HandOver {
    /// A login or an id
    #[arg(required_unless_present = "undo")]
    pub(crate) user: Option<String>,
    /// Who gets it
    #[arg(long, value_name = "USER", required_unless_present = "undo")]
    pub(crate) to: Option<String>,
    /// Who gets the records of an object; may be given several times
    #[arg(long = "object", value_name = "OBJECT=USER")]
    pub(crate) objects: Vec<String>,
    /// What is closed too
    #[arg(long)]
    pub(crate) closed: bool,
    /// And make the user inactive
    #[arg(long)]
    pub(crate) deactivate: bool,
    /// Do it; without this, only say what would be handed over
    #[arg(long)]
    pub(crate) yes: bool,
    /// Take back what the commit of this position handed over
    #[arg(long, value_name = "POSITION", conflicts_with_all = ["user", "to", "objects", "closed", "deactivate", "yes"])]
    pub(crate) undo: Option<u64>,
}

fn runner(text: &str) -> Result<Actor, String> {
    match text.split_once(':') {
        Some(("plugin", id)) => Ok(Actor::Plugin(id.to_owned())),
        Some(("script", name)) => Ok(Actor::Script(name.to_owned())),
        _ => Err("write it as script:NAME or plugin:ID".to_owned()),
    }
}
