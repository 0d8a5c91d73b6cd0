//! What is a subscriber told?

use peyvand_plugin::effect::{Content, Recipient};
use peyvand_plugin::{Message, Target};

/// A short message by a template about a record.
pub(crate) fn sms(party: &str, template: &str, about: &str) -> Message {
    Message {
        to: Recipient::Party(Target::from(party)),
        channel: Some("sms".to_owned()),
        content: Content::Template {
            template: template.to_owned(),
            about: Target::from(about),
        },
        // A message cannot be about an object that a plugin brings; the template speaks of it.
        about: Vec::new(),
        purpose: Some("service".to_owned()),
        language: None,
        send_after: None,
        expires_at: None,
    }
}
