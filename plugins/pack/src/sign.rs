//! How does a file say who made it? By a signature in minisign's format over all of its bytes, which is its last section.
//!
//! The signature over a file is the one that minisign itself makes of it, and can be made by minisign: [`attach`] takes
//! what `minisign -S` wrote.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minisign::{KeyPair as Keys, PublicKey, SecretKey, SecretKeyBox, SignatureBox};
use wasm_encoder::{CustomSection, Encode, Section};

use crate::{InspectError, inspect, section};

/// A pair of keys, as the texts of minisign's files.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// The secret key, which signs.
    pub secret: String,
    /// The public key, which others are to trust.
    pub public: String,
}

/// Why a file could not be signed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SignError {
    #[error("keys cannot be made: {0}")]
    Make(String),
    #[error(
        "the key has a password, and none was given; name the file that holds it with --password-file"
    )]
    NoPassword,
    #[error(
        "the secret key cannot be used: {0}; give the file that `peyvand plugin key` or `minisign -G` wrote, and its password"
    )]
    Key(String),
    #[error(
        "this is no public key: {0}; give the .pub file that `peyvand plugin key` or `minisign -G` wrote, or the line in it"
    )]
    Public(String),
    #[error("the signature does not fit: {0}; the text is another one, or another key signed it")]
    Other(String),
    #[error("{0}")]
    File(#[from] InspectError),
    #[error("the file has no manifest; sign what `peyvand plugin build` wrote")]
    NoManifest,
    #[error("the file cannot be signed: {0}")]
    Sign(String),
    #[error(
        "this is no signature in minisign's format: {0}; give the .minisig file that `minisign -S` wrote"
    )]
    Signature(String),
}

/// Makes a pair of keys. With a password, the secret key is of no use without it.
///
/// # Errors
/// When the system has no randomness to give.
pub fn make_keys(password: Option<&str>) -> Result<KeyPair, SignError> {
    let failed = |error: minisign::PError| SignError::Make(error.to_string());
    let keys = match password {
        Some(password) => Keys::generate_encrypted_keypair(Some(password.to_owned())),
        None => Keys::generate_unencrypted_keypair(),
    }
    .map_err(failed)?;
    Ok(KeyPair {
        secret: keys.sk.to_box(None).map_err(failed)?.into_string(),
        public: keys.pk.to_box().map_err(failed)?.into_string(),
    })
}

/// The file with a signature at its end, in place of one that it had. What is signed with it says id and version.
///
/// # Errors
/// When the file is no plugin, or the key cannot be read or has another password.
pub fn sign(file: &[u8], secret: &str, password: Option<&str>) -> Result<Vec<u8>, SignError> {
    let file = unsigned(file)?;
    let manifest = inspect(file)?.manifest.ok_or(SignError::NoManifest)?;
    let table: toml::Table = manifest.parse().map_err(|_| SignError::NoManifest)?;
    let text = |key| {
        table
            .get(key)
            .and_then(toml::Value::as_str)
            .unwrap_or_default()
    };
    let comment: String = format!("{} {}", text("id"), text("version"))
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    let key = secret_key(secret, password)?;
    // Looked at with its public half: a damaged key signs what nobody can verify.
    let public =
        PublicKey::from_secret_key(&key).map_err(|error| SignError::Key(error.to_string()))?;
    let signature = minisign::sign(
        Some(&public),
        &key,
        file,
        Some(&comment),
        Some("a plugin of Peyvand"),
    )
    .map_err(|error| SignError::Sign(error.to_string()))?;
    Ok(with(file, &signature.into_string()))
}

/// The file with a signature that minisign made of it: `minisign -S -m FILE` writes `FILE.minisig`.
///
/// # Errors
/// When the file is no plugin or the text is no signature. Whether it fits is seen by whoever has the public key.
pub fn attach(file: &[u8], signature: &str) -> Result<Vec<u8>, SignError> {
    let file = unsigned(file)?;
    inspect(file)?.manifest.ok_or(SignError::NoManifest)?;
    let wrong = |error: minisign::PError| SignError::Signature(error.to_string());
    let text = SignatureBox::from_string(signature).map_err(wrong)?;
    if !text.is_prehashed() {
        return Err(SignError::Signature(
            "it is not prehashed, which minisign does since 0.10".to_owned(),
        ));
    }
    Ok(with(file, signature))
}

/// The signature over any text, as the text of the file that minisign writes beside it.
///
/// # Errors
/// When the key cannot be read or has another password.
pub fn sign_text(
    text: &[u8],
    secret: &str,
    password: Option<&str>,
    comment: &str,
) -> Result<String, SignError> {
    let key = secret_key(secret, password)?;
    let public =
        PublicKey::from_secret_key(&key).map_err(|error| SignError::Key(error.to_string()))?;
    let comment: String = comment.chars().filter(|c| !c.is_control()).collect();
    minisign::sign(
        Some(&public),
        &key,
        text,
        Some(&comment),
        Some("signed by Peyvand"),
    )
    .map(SignatureBox::into_string)
    .map_err(|error| SignError::Sign(error.to_string()))
}

/// Whether a signature is that of the key over the text; gives what was signed with it as a comment.
///
/// # Errors
/// When key or signature cannot be read, or the signature is another's or over something else.
pub fn verify_text(text: &[u8], signature: &str, public: &str) -> Result<String, SignError> {
    let wrong = |error: minisign::PError| SignError::Signature(error.to_string());
    let line = public.lines().map(str::trim).rfind(|line| !line.is_empty());
    let key = PublicKey::from_base64(line.unwrap_or_default())
        .map_err(|error| SignError::Public(error.to_string()))?;
    let signature = SignatureBox::from_string(signature).map_err(wrong)?;
    let text = std::io::Cursor::new(text);
    minisign::verify(&key, &signature, text, true, false, false)
        .map_err(|error| SignError::Other(error.to_string()))?;
    signature.trusted_comment().map_err(wrong)
}

fn secret_key(text: &str, password: Option<&str>) -> Result<SecretKey, SignError> {
    let failed = |error: minisign::PError| SignError::Key(error.to_string());
    let line = text.lines().nth(1).unwrap_or_default().trim();
    let bytes = BASE64_STANDARD
        .decode(line)
        .map_err(|error| SignError::Key(error.to_string()))?;
    // Read bare: minisign itself writes no checksum into a key without a password, and its library asks for one.
    let key = SecretKey::from_bytes(&bytes).map_err(failed)?;
    if !key.is_encrypted() {
        return Ok(key);
    }
    // Never without a password: it would be asked for on the terminal.
    let password = password.ok_or(SignError::NoPassword)?;
    SecretKeyBox::from_string(text)
        .and_then(|key| key.into_secret_key(Some(password.to_owned())))
        .map_err(failed)
}

fn with(file: &[u8], signature: &str) -> Vec<u8> {
    let section = CustomSection {
        name: section::SIGNATURE.into(),
        data: signature.as_bytes().into(),
    };
    let mut signed = file.to_vec();
    signed.push(section.id());
    section.encode(&mut signed);
    signed
}

/// The bytes before the signature, all where there is none. The signature is the last section, so that is where it is
/// looked for.
fn unsigned(file: &[u8]) -> Result<&[u8], SignError> {
    let Some(signature) = inspect(file)?.signature else {
        return Ok(file);
    };
    let length = with(&[], &signature).len();
    let rest = file
        .len()
        .checked_sub(length)
        .and_then(|end| file.get(..end));
    // Written by another encoder, or not the last: what is left would not be what was signed.
    rest.filter(|rest| inspect(rest).is_ok_and(|found| found.signature.is_none()))
        .ok_or_else(|| {
            SignError::Sign(
                "its signature is not where it belongs; build the plugin again".to_owned(),
            )
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use minisign::PublicKeyBox;

    macro_rules! fixture {
        ($name:literal) => {
            include_str!(concat!("../../../tests/fixtures/minisign/", $name))
        };
    }

    fn plugin() -> Vec<u8> {
        let mut component = wasm_encoder::Component::new();
        component.section(&CustomSection {
            name: section::MANIFEST.into(),
            data: b"id = \"mine\"\nversion = \"1.2.3\"".into(),
        });
        component.finish()
    }

    fn public(text: &str) -> PublicKey {
        PublicKeyBox::from_string(text)
            .unwrap()
            .into_public_key()
            .unwrap()
    }

    fn fits(file: &[u8], key: &PublicKey) -> bool {
        let text = inspect(file).unwrap().signature.unwrap();
        let signature = SignatureBox::from_string(&text).unwrap();
        assert_eq!(signature.trusted_comment().unwrap(), "mine 1.2.3");
        let of = unsigned(file).unwrap();
        minisign::verify(
            key,
            &signature,
            std::io::Cursor::new(of),
            true,
            false,
            false,
        )
        .is_ok()
    }

    #[test]
    fn keys_of_minisign_sign_with_and_without_a_password() {
        let open = sign(&plugin(), fixture!("open.key"), None).unwrap();
        assert!(fits(&open, &public(fixture!("open.pub"))));
        let locked = sign(&plugin(), fixture!("locked.key"), Some("salaam")).unwrap();
        assert!(fits(&locked, &public(fixture!("locked.pub"))));
        assert!(!fits(&locked, &public(fixture!("open.pub"))));
    }

    #[test]
    fn signing_again_takes_the_place_of_the_signature() {
        let keys = make_keys(None).unwrap();
        let once = sign(&plugin(), fixture!("open.key"), None).unwrap();
        let again = sign(&once, &keys.secret, None).unwrap();
        assert_eq!(unsigned(&again).unwrap(), plugin());
        assert!(fits(&again, &public(&keys.public)));
    }

    #[test]
    fn a_key_without_its_password_is_refused_with_what_to_do() {
        let refused = |key, password| sign(&plugin(), key, password).unwrap_err();
        assert_eq!(refused(fixture!("locked.key"), None), SignError::NoPassword);
        assert!(matches!(
            refused(fixture!("locked.key"), Some("other")),
            SignError::Key(_)
        ));
        assert!(matches!(refused("no key", None), SignError::Key(_)));
        assert!(matches!(
            sign(b"PK", fixture!("open.key"), None),
            Err(SignError::File(_))
        ));
    }

    #[test]
    fn what_minisign_signed_is_attached_unless_it_is_of_the_old_kind() {
        let text = fixture!("file.wasm.minisig");
        let file = attach(&plugin(), text).unwrap();
        assert_eq!(inspect(&file).unwrap().signature.as_deref(), Some(text));
        assert!(attach(&plugin(), fixture!("legacy.minisig")).is_err());
        assert!(attach(&plugin(), "no signature").is_err());
    }

    #[test]
    fn a_signed_text_fits_its_key_and_no_other_text_or_key() {
        let text = "حسابرسی\n".as_bytes();
        let signature = sign_text(text, fixture!("open.key"), None, "until 7").unwrap();
        let verified = verify_text(text, &signature, fixture!("open.pub"));
        assert_eq!(verified.unwrap(), "until 7");
        let line = fixture!("open.pub").lines().nth(1).unwrap();
        assert!(verify_text(text, &signature, line).is_ok());
        let other = verify_text(b"other", &signature, line);
        assert!(matches!(other, Err(SignError::Other(_))), "{other:?}");
        let other = verify_text(text, &signature, fixture!("locked.pub"));
        assert!(matches!(other, Err(SignError::Other(_))), "{other:?}");
        assert!(matches!(
            verify_text(text, &signature, ""),
            Err(SignError::Public(_))
        ));
        assert!(matches!(
            verify_text(text, "", line),
            Err(SignError::Signature(_))
        ));
    }
}
