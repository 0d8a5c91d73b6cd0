//! Which bytes does a field hold that lie beside the records?

use std::fmt;
use std::str::FromStr;

use serde_json::json;

/// The blake3 hash of a file's bytes, by which it is stored and found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(blake3::Hash::from_bytes(self.0).to_hex().as_str())
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

/// The text is not the hash of a file.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not the hash of a file: that has 64 hexadecimal digits")]
pub struct NotAContentHash(String);

impl FromStr for ContentHash {
    type Err = NotAContentHash;

    fn from_str(text: &str) -> Result<Self, NotAContentHash> {
        blake3::Hash::from_hex(text)
            .map(|hash| Self(hash.into()))
            .map_err(|_| NotAContentHash(text.to_owned()))
    }
}

/// What a field says of a file. The bytes lie in the content store under their hash, once, however many fields name
/// them. `Session::put_file` gives one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct FileRef {
    /// Which bytes.
    pub hash: ContentHash,
    /// How many they are.
    pub size: u64,
    /// What they are, as far as can be told: `application/pdf`.
    pub media_type: String,
    /// What people call it: a plain name without folders.
    pub name: String,
}

impl FileRef {
    pub(crate) fn new(hash: ContentHash, size: u64, media_type: String, name: String) -> Self {
        Self {
            hash,
            size,
            media_type,
            name,
        }
    }

    /// As a request, a plugin and an export say it: an object of `hash`, `size`, `media_type` and `name`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        json!({
            "hash": self.hash.to_string(),
            "size": self.size,
            "media_type": self.media_type,
            "name": self.name,
        })
    }
}

/// A media type in its plain form: lower case, without parameters. None where the text is none.
pub(crate) fn media_type(text: &str) -> Option<String> {
    const LONGEST: usize = 127;
    let plain = text.split(';').next()?.trim().to_ascii_lowercase();
    let token = |part: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
        !part.is_empty() && part.chars().all(fits)
    };
    let (kind, name) = plain.split_once('/')?;
    (plain.len() <= LONGEST && token(kind) && token(name)).then_some(plain)
}
