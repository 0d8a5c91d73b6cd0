//! Who made a plugin's file, and is it as he left it?
//!
//! The last section of a file is a signature in minisign's format over all bytes before it. Nothing may follow it, so a
//! file has one meaning: what was signed is what runs.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minisign_verify::{PublicKey, Signature};

use super::component::prefixed;
use crate::error::{Error, ErrorKind};

/// The name of the section.
const SECTION: &[u8] = b"peyvand:signature";
/// Bytes before the first section: magic and version.
const HEAD: usize = 8;
/// A signature's text has two comments and two lines of base64.
const MOST_TEXT: usize = 8 << 10;

/// Whom a file is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It is not signed.
    Unsigned,
    /// It is signed, with none of the given keys.
    Unknown {
        /// The id of the key that the signature names, which anybody can write there.
        key: String,
    },
    /// It is signed with one of the given keys and was not changed since.
    Known {
        /// The key's place among those given.
        place: usize,
        /// What the signer says of the file; signed with it.
        comment: String,
    },
}

/// A public key in minisign's format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    key: PublicKey,
    /// The line of base64 that minisign shows.
    pub(crate) text: String,
    /// As minisign shows it: `6A5E3F…`, sixteen digits.
    pub(crate) id: String,
}

impl Key {
    /// Reads a key: its line of base64, or the whole text of a `.pub` file.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let line = text.lines().map(str::trim).rfind(|line| !line.is_empty());
        let line = line.unwrap_or_default();
        let key = PublicKey::from_base64(line).ok().zip(id(line));
        key.map(|(key, id)| Self {
            key,
            text: line.to_owned(),
            id,
        })
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Input,
                "this is no public key in minisign's format",
            )
            .hint("give the .pub file, or the line in it that begins with RW")
        })
    }
}

/// The key's id in base64 of a key or a signature: the eight bytes behind the algorithm, the lowest first.
fn id(line: &str) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(line).ok()?;
    let id = bytes.get(2..)?.first_chunk::<8>()?;
    Some(format!("{:016X}", u64::from_le_bytes(*id)))
}

/// A file's signature and the bytes that it is of.
#[derive(Debug, PartialEq, Eq)]
struct Signed<'a> {
    of: &'a [u8],
    text: &'a str,
}

fn bad(what: &str) -> Error {
    Error::new(ErrorKind::Plugin, format!("the plugin's signature {what}")).hint(
        "get the file again from whoever made it; a file that was changed has to be signed again",
    )
}

/// Looks for the signature. What no plugin is has none: why it is none, is told elsewhere.
fn signed(file: &[u8]) -> Result<Option<Signed<'_>>, Error> {
    let mut rest = file.get(HEAD..).unwrap_or_default();
    while let Some((kind, after)) = rest.split_first() {
        let of = file.get(..file.len() - rest.len()).unwrap_or_default();
        let Some((body, next)) = prefixed(after) else {
            return Ok(None);
        };
        rest = next;
        let Some((SECTION, text)) = (*kind == 0).then(|| prefixed(body)).flatten() else {
            continue;
        };
        if !rest.is_empty() {
            return Err(bad(
                "is not the last of its file: something was added behind it",
            ));
        }
        let text = std::str::from_utf8(text)
            .ok()
            .filter(|text| text.len() <= MOST_TEXT);
        return match text {
            Some(text) => Ok(Some(Signed { of, text })),
            None => Err(bad("is no text in minisign's format")),
        };
    }
    Ok(None)
}

/// Whom a file is from, as far as these keys tell.
///
/// # Errors
/// When the file has a signature that is damaged, of the old kind that is not prehashed, or names one of these keys and
/// is not of these bytes.
pub(crate) fn origin(file: &[u8], keys: &[Key]) -> Result<Origin, Error> {
    let Some(Signed { of, text }) = signed(file)? else {
        return Ok(Origin::Unsigned);
    };
    let signature = Signature::decode(text).map_err(|_| bad("is no text in minisign's format"))?;
    let mut refused = None;
    for (place, key) in keys.iter().enumerate() {
        match key.key.verify(of, &signature, false) {
            Ok(()) => {
                let comment = signature.trusted_comment();
                let plain = |c: char| if c.is_control() { ' ' } else { c };
                let comment = comment.chars().map(plain).collect();
                return Ok(Origin::Known { place, comment });
            }
            Err(minisign_verify::Error::UnexpectedKeyId) => {}
            Err(minisign_verify::Error::UnexpectedAlgorithm) => {
                refused = Some("is of the kind that is not prehashed, which is not taken");
            }
            Err(_) => refused = Some("does not fit: the file is not what was signed"),
        }
    }
    match refused {
        Some(why) => Err(bad(why)),
        None => Ok(Origin::Unknown {
            key: text.lines().nth(1).and_then(id).unwrap_or_default(),
        }),
    }
}
