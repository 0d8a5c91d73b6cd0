//! How does what a plugin's effect says become a message?

use chrono::DateTime;

use super::{Channel, MessageDraft, MessageText, Purpose, Recipient};
use crate::context::Locale;
use crate::error::{Error, ErrorKind, Result};
use crate::hook::{Posting, PostingTo, PostingWords, Which};
use crate::journal::Position;
use crate::record::RecordId;
use crate::session::Session;

/// Sends messages, each once under its key; gives what went wrong with single ones.
pub(crate) fn post(
    session: &Session,
    posts: Vec<(String, Posting)>,
    cause: Option<Position>,
    depth: u8,
) -> Result<Vec<Error>> {
    let mut failed = Vec::new();
    let mut drafts = Vec::with_capacity(posts.len());
    for (once, posting) in posts {
        match draft(posting) {
            Ok(draft) => drafts.push(draft.once(&once)),
            Err(error) => failed.push(error),
        }
    }
    let sent = session.send_batch(drafts, cause, depth)?;
    failed.extend(sent.into_iter().filter_map(Result::err));
    Ok(failed)
}

fn draft(posting: Posting) -> Result<MessageDraft> {
    let to = match posting.to {
        PostingTo::Record(which) => Recipient::Record(there(&which)?),
        PostingTo::Address { address, name } => Recipient::Address { address, name },
    };
    let content = match posting.words {
        PostingWords::Ready {
            subject,
            text,
            html,
        } => MessageText::Ready {
            subject,
            text,
            html,
        },
        PostingWords::Template { template, about } => MessageText::Template {
            template,
            record: there(&about)?,
        },
    };
    let mut draft = MessageDraft::of(to, content);
    draft.about = posting.about.iter().map(there).collect::<Result<_>>()?;
    draft.channel = word(posting.channel, "channel", Channel::from_name)?;
    draft.purpose = word(posting.purpose, "purpose", Purpose::from_name)?.unwrap_or_default();
    draft.language = word(posting.language, "language", Locale::from_tag)?;
    draft.send_after = posting.send_after.and_then(DateTime::from_timestamp_micros);
    draft.expires_at = posting.expires_at.and_then(DateTime::from_timestamp_micros);
    Ok(draft)
}

fn there(which: &Which) -> Result<RecordId> {
    match which {
        Which::Id(id) => Ok(*id),
        Which::Made(key) => Err(Error::new(
            ErrorKind::NotFound,
            format!("no effect before it makes '{key}'"),
        )),
    }
}

fn word<T>(
    given: Option<String>,
    what: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>> {
    let Some(given) = given else {
        return Ok(None);
    };
    read(&given).map(Some).ok_or_else(|| {
        Error::new(
            ErrorKind::Invalid,
            format!("there is no {what} '{given}' for a message"),
        )
    })
}
