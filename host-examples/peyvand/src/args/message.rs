//! What can be asked for about messages?

use std::path::PathBuf;

use clap::{Args, Subcommand};
use peyvand::RecordId;

#[derive(Debug, Subcommand)]
pub(crate) enum Message {
    /// Queue a message; `deliver` sends it
    #[command(
        after_help = "Examples:\n  peyvand message send --to con_01jd0c5e8gq2r4v6x8z0b2d4f6 --subject 'Your quote' --text 'Dear …'\n  peyvand message send --to +989121234567 --by sms --text 'Your code is 1234' --purpose required"
    )]
    Send(Box<Send>),
    /// The messages, newest first
    #[command(after_help = "Example:\n  peyvand message list --state failed")]
    List {
        /// Only those in this state, such as queued, sent, failed, bounced, suppressed, received
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// Only those about an account, a contact, a lead or an opportunity
        #[arg(long, value_name = "ID")]
        about: Option<RecordId>,
        /// At most so many, up to 1000
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// One message, and what became of it
    #[command(after_help = "Example:\n  peyvand message show msg_01jd0c5e8gq2r4v6x8z0b2d4f6")]
    Show { id: RecordId },
    /// Hand over what is due
    #[command(
        after_help = CARRIERS
    )]
    Deliver {
        /// Who carries mail and SMS: a TOML file; keep it readable for nobody else, it has passwords
        #[arg(long, value_name = "FILE")]
        carriers: PathBuf,
        /// At most so many messages
        #[arg(long, value_name = "N", default_value_t = 10_000)]
        most: usize,
    },
    /// Take in a mail as it came over the wire, such as from a mail server's pipe
    #[command(after_help = "Example:\n  peyvand message receive answer.eml")]
    Receive {
        /// A mail with its headers; - reads from stdin
        file: PathBuf,
    },
    /// Queue a message again that failed, bounced or was suppressed
    #[command(after_help = "Example:\n  peyvand message retry msg_01jd0c5e8gq2r4v6x8z0b2d4f6")]
    Retry {
        id: RecordId,
        /// As of `deliver`: its sender, numbers and quiet hours
        #[arg(long, value_name = "FILE")]
        carriers: Option<PathBuf>,
    },
}

pub(crate) const CARRIERS: &str = "\
Notifications that users want by mail or SMS are written first, and go too.

Example, as a job of every minute:
  peyvand message deliver --carriers /etc/crm/carriers.toml
where carriers.toml has those of these parts that there are:
  [email]
  server = \"smtp.example.org\"
  security = \"starttls\"        # or tls, or none; port = 587 unless told
  user = \"crm\"
  password = \"…\"
  from = \"crm@example.org\"
  name = \"Our firm\"

  [sms]
  url = \"https://sms.example.org/send\"
  format = \"json\"              # or form
  fields = { to = \"{to}\", text = \"{text}\", sender = \"{from}\" }
  headers = { Authorization = \"Bearer …\" }
  from = \"3000\"
  success = \"ok\"               # what the answer has in it when the SMS was taken
  id = \"/message/id\"           # where its id is in the answer
  takes_a_key_once = false       # whether the gateway takes a {key} once

  [numbers]                      # of numbers that were written without their country
  calling_code = \"98\"
  trunk = \"0\"

  [quiet]                        # no SMS then; by the recipient's clock, or else this one
  from = \"21:00\"
  until = \"08:00\"
  zone = \"+03:30\"";

#[derive(Debug, Args)]
pub(crate) struct Send {
    /// The id of a contact, a lead or an account; or an address or number
    #[arg(long, value_name = "ID_OR_ADDRESS")]
    pub(crate) to: String,
    /// email, sms, messenger, in_app or letter [default: the recipient's preferred one]
    #[arg(long, value_name = "CHANNEL")]
    pub(crate) by: Option<String>,
    #[arg(long, value_name = "LINE", default_value = "")]
    pub(crate) subject: String,
    /// What it says; - reads it from stdin
    #[arg(long, required_unless_present = "template", default_value = "")]
    pub(crate) text: String,
    /// A template instead of a text
    #[arg(
        long,
        value_name = "NAME",
        requires = "record",
        conflicts_with = "text"
    )]
    pub(crate) template: Option<String>,
    /// The record that the template is about
    #[arg(long, value_name = "ID")]
    pub(crate) record: Option<RecordId>,
    /// Records that it is about
    #[arg(long, value_name = "ID")]
    pub(crate) about: Vec<RecordId>,
    /// Documents whose files it carries; only by email or letter
    #[arg(long, value_name = "DOCUMENT")]
    pub(crate) attach: Vec<RecordId>,
    /// service, marketing (only to who agreed) or required (whatever was wished)
    #[arg(long, value_name = "PURPOSE", default_value = "service")]
    pub(crate) purpose: String,
    /// Whose address it comes from
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<String>,
    /// Under one key one message is queued, however often this is run
    #[arg(long, value_name = "KEY")]
    pub(crate) once: Option<String>,
    /// As of `deliver`: its sender, numbers and quiet hours
    #[arg(long, value_name = "FILE")]
    pub(crate) carriers: Option<PathBuf>,
}
