//! How does a mail get to its server?
//!
//! One connection is kept and used again. What fails before the text of the mail was sent was not accepted; when the
//! answer to the text does not come, nobody knows. A server cannot be asked what it accepted, so that mails go one by one.

#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::address::{Address, Envelope};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use peyvand::{Accepted, Outgoing, OutgoingFile, SendError, SendErrorKind, Transport};

use super::{Email, Security, seconds};

/// A mail server.
pub(super) struct Smtp {
    server: String,
    port: u16,
    security: Security,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    timeout: Duration,
    open: Mutex<Option<SmtpConnection>>,
}

impl Smtp {
    pub(super) fn of(email: Email) -> Result<Self, String> {
        let tls = match email.security {
            Security::None => None,
            _ => Some(TlsParameters::new(email.server.clone()).map_err(|error| error.to_string())?),
        };
        let port = email.port.unwrap_or(match email.security {
            Security::Tls => 465,
            Security::Starttls => 587,
            Security::None => 25,
        });
        Ok(Self {
            server: email.server,
            port,
            security: email.security,
            tls,
            credentials: email
                .user
                .zip(email.password)
                .map(|(user, password)| Credentials::new(user, password)),
            timeout: seconds(email.timeout_seconds),
            open: Mutex::new(None),
        })
    }

    fn connect(&self) -> Result<SmtpConnection, SmtpError> {
        let hello = ClientId::default();
        let at_once = self.tls.as_ref().filter(|_| self.security == Security::Tls);
        let server = (self.server.as_str(), self.port);
        let mut connection =
            SmtpConnection::connect(server, Some(self.timeout), &hello, at_once, None)?;
        if let Some(tls) = self
            .tls
            .as_ref()
            .filter(|_| self.security == Security::Starttls)
        {
            // It fails where the server does not offer it.
            connection.starttls(tls, &hello)?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials)?;
        }
        Ok(connection)
    }

    /// The connection that is open, where it still is; otherwise another one.
    fn connection(&self, kept: Option<SmtpConnection>) -> Result<SmtpConnection, SendError> {
        if let Some(mut kept) = kept
            && kept.test_connected()
        {
            return Ok(kept);
        }
        self.connect().map_err(|error| {
            let cause = format!("cannot reach the mail server {}: {error}", self.server);
            SendError::new(SendErrorKind::Unavailable, cause)
        })
    }
}

impl Transport for Smtp {
    fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let (envelope, text) = written(message)?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connection = self.connection(open.take())?;
        match post(&mut connection, &envelope, &text) {
            Ok(()) => {
                *open = Some(connection);
                Ok(Accepted::new())
            }
            Err(error) => {
                connection.abort();
                Err(error)
            }
        }
    }
}

/// One mail over an open connection.
fn post(
    connection: &mut SmtpConnection,
    envelope: &Envelope,
    text: &[u8],
) -> Result<(), SendError> {
    let mut options = Vec::new();
    let mut addresses = envelope.to().iter().chain(envelope.from());
    if addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !connection
            .server_info()
            .supports_feature(Extension::SmtpUtfEight)
        {
            let cause = "the mail server takes no addresses beyond ASCII";
            return Err(SendError::new(SendErrorKind::Permanent, cause));
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    if !text.is_ascii()
        && connection
            .server_info()
            .supports_feature(Extension::EightBitMime)
    {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    // A sender who may not send is not the fault of this mail: the others would fare the same.
    connection
        .command(Mail::new(envelope.from().cloned(), options))
        .map_err(|error| refused(&error, SendErrorKind::Unavailable))?;
    for to in envelope.to() {
        connection
            .command(Rcpt::new(to.clone(), Vec::new()))
            .map_err(|error| refused(&error, SendErrorKind::Permanent))?;
    }
    connection
        .command(Data)
        .map_err(|error| refused(&error, SendErrorKind::Permanent))?;
    connection.message(text).map(|_| ()).map_err(|error| {
        match error.is_permanent() || error.is_transient() {
            true => refused(&error, SendErrorKind::Permanent),
            // It may have been accepted before the connection broke.
            false => SendError::new(SendErrorKind::Unknown, told(&error)),
        }
    })
}

/// An answer of 4xx may be another one later, 421 closes the door; 5xx is final and means what the command was about.
/// No answer at all is a server that is not there.
fn refused(error: &SmtpError, if_final: SendErrorKind) -> SendError {
    let closes = error.status().is_some_and(|code| u16::from(code) == 421);
    let kind = match () {
        () if closes => SendErrorKind::Unavailable,
        () if error.is_transient() => SendErrorKind::Temporary,
        () if error.is_permanent() => if_final,
        () => SendErrorKind::Unavailable,
    };
    SendError::new(kind, told(error))
}

fn told(error: &SmtpError) -> String {
    match error.is_timeout() {
        true => "the mail server did not answer in time".to_owned(),
        false => format!("the mail server: {error}"),
    }
}

/// The mail as it goes over the wire. Its names and its subject are encoded by the builder, which refuses line breaks.
fn written(message: &Outgoing) -> Result<(Envelope, Vec<u8>), SendError> {
    let wrong = |why: String| SendError::new(SendErrorKind::Permanent, why);
    let mailbox = |name: &str, address: &str| -> Result<Mailbox, SendError> {
        let name = (!name.is_empty()).then(|| name.to_owned());
        let address: Address = address
            .parse()
            .map_err(|error| wrong(format!("'{address}': {error}")))?;
        Ok(Mailbox::new(name, address))
    };
    let mut builder = lettre::Message::builder()
        .from(mailbox(&message.from_name, &message.from_address)?)
        .to(mailbox(&message.to_name, &message.to_address)?)
        .subject(message.subject.clone());
    if let Some(id) = &message.message_id {
        builder = builder.message_id(Some(format!("<{id}>")));
    }
    if let Some(id) = &message.in_reply_to {
        builder = builder
            .in_reply_to(format!("<{id}>"))
            .references(format!("<{id}>"));
    }
    if let Some(language) = &message.language {
        let name = HeaderName::new_from_ascii_str("Content-Language");
        builder = builder.raw_header(HeaderValue::new(name, language.clone()));
    }
    let text = || SinglePart::plain(message.text.clone());
    let html = || SinglePart::html(message.html.clone());
    let both = || {
        MultiPart::alternative()
            .singlepart(text())
            .singlepart(html())
    };
    let words = (!message.text.is_empty(), !message.html.is_empty());
    let built = match (words, message.files.is_empty()) {
        ((true, true), true) => builder.multipart(both()),
        ((false, true), true) => builder.singlepart(html()),
        (_, true) => builder.singlepart(text()),
        (words, false) => {
            let mixed = MultiPart::mixed();
            let mixed = match words {
                (true, true) => mixed.multipart(both()),
                (false, true) => mixed.singlepart(html()),
                _ => mixed.singlepart(text()),
            };
            let files = message.files.iter().map(attached);
            builder.multipart(files.fold(mixed, MultiPart::singlepart))
        }
    };
    let mail = built.map_err(|error| wrong(format!("the mail cannot be written: {error}")))?;
    Ok((mail.envelope().clone(), mail.formatted()))
}

fn attached(file: &OutgoingFile) -> SinglePart {
    let unknown =
        || ContentType::parse("application/octet-stream").unwrap_or(ContentType::TEXT_PLAIN);
    let media_type = ContentType::parse(&file.media_type).unwrap_or_else(|_| unknown());
    Attachment::new(file.name.clone()).body(file.bytes.clone(), media_type)
}
