//! How does what was asked and what came of it lie in a frame?
//!
//! ```text
//! number, then so many bytes   what was asked
//! number                       how many changes, then of each:
//!   u8       what became of the key | in which form the key is written
//!   the key, form 0x00: u8 how many bytes of the key before it begins with, number, more bytes
//!                 0x10: the same, and then the id of the subject
//!                 0x20: u8 space, number, the bytes after space and subject
//!   the value        0: none, a delete
//!                    1: number, then so many bytes
//!                    2: none, given up to another record: number, the place of its leaf
//!                    3: empty
//!                    4: the id of the subject
//! ```
//!
//! A number takes 7 bits of each byte, the low ones first; the last byte has its high bit clear.
//! A subject (object as u32, id as u128) is known in a leaf, and nowhere else: there the forms that
//! name it are not used. Most keys of a record are made of it, so the bytes that remain are few.

use super::bytes::Bytes;
use super::entry::{Change, LeafContent, Subject};

const DELETE: u8 = 0;
const PUT: u8 = 1;
const RELEASE: u8 = 2;
const PUT_EMPTY: u8 = 3;
const PUT_ID: u8 = 4;
const WHAT: u8 = 0x0F;

const AFTER: u8 = 0x00;
const AFTER_WITH_ID: u8 = 0x10;
const OF_SUBJECT: u8 = 0x20;
const FORM: u8 = 0xF0;

/// No key takes more of the one before, so that a few bytes never stand for many.
const MOST_SHARED: usize = 63;

const ID: usize = 16;

/// Writes contents, one after the other.
pub(super) struct Writer<'a> {
    pub(super) out: &'a mut Vec<u8>,
    /// Whose leaf it is.
    pub(super) subject: Option<[u8; Subject::LENGTH]>,
}

impl Writer<'_> {
    pub(super) fn content(
        &mut self,
        asked: &[u8],
        results: &[Change],
        released: &[(Vec<u8>, u32)],
    ) {
        push_bytes(self.out, asked);
        push_number(self.out, results.len() + released.len());
        let mut before: &[u8] = &[];
        for (key, value) in results {
            match value {
                None => self.key(DELETE, key, before),
                Some(value) if value.is_empty() => self.key(PUT_EMPTY, key, before),
                Some(value) if self.is_id(value) => self.key(PUT_ID, key, before),
                Some(value) => {
                    self.key(PUT, key, before);
                    push_bytes(self.out, value);
                }
            }
            before = key;
        }
        for (key, taker) in released {
            self.key(RELEASE, key, before);
            push_number(self.out, *taker as usize);
            before = key;
        }
    }

    fn is_id(&self, value: &[u8]) -> bool {
        let id = self
            .subject
            .as_ref()
            .and_then(|subject| subject.last_chunk());
        id.is_some_and(|id: &[u8; ID]| value == id)
    }

    fn key(&mut self, what: u8, key: &[u8], before: &[u8]) {
        if let (Some(subject), Some((space, rest))) = (&self.subject, key.split_first()) {
            if let Some(rest) = rest.strip_prefix(subject) {
                self.out.extend_from_slice(&[what | OF_SUBJECT, *space]);
                return push_bytes(self.out, rest);
            }
            if let Some((stem, id)) = key.split_last_chunk::<ID>()
                && self.is_id(id)
            {
                return self.after(what | AFTER_WITH_ID, stem, before);
            }
        }
        self.after(what | AFTER, key, before);
    }

    fn after(&mut self, kind: u8, key: &[u8], before: &[u8]) {
        let both = key.iter().zip(before).take(MOST_SHARED);
        let shared = both.take_while(|(one, other)| one == other).count();
        self.out.extend_from_slice(&[kind, shared as u8]);
        push_bytes(self.out, &key[shared..]);
    }
}

pub(super) fn push_number(out: &mut Vec<u8>, mut number: usize) {
    while number > 0x7F {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    push_number(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Reads a content; `None` where the bytes are none.
pub(super) fn read(rest: &mut Bytes<'_>, subject: Option<Subject>) -> Option<LeafContent> {
    let subject = subject.map(Subject::to_bytes);
    let mut content = LeafContent {
        asked: rest.counted()?.to_vec(),
        ..LeafContent::default()
    };
    let mut before = Vec::new();
    for _ in 0..rest.number()? {
        let (what, written) = read_change(rest)?;
        let key = written.key(&before, subject.as_ref())?;
        before.clone_from(&key);
        match what {
            What::Delete => content.results.push((key, None)),
            What::Put(value) => content.results.push((key, Some(value.to_vec()))),
            What::PutId => {
                let id = subject.as_ref()?.last_chunk::<ID>()?;
                content.results.push((key, Some(id.to_vec())));
            }
            What::Release(taker) => content.released.push((key, taker)),
        }
    }
    Some(content)
}

/// Passes over a content without reading it.
pub(super) fn skip(rest: &mut Bytes<'_>) -> Option<()> {
    rest.counted()?;
    for _ in 0..rest.number()? {
        read_change(rest)?;
    }
    Some(())
}

/// Reads a content of format 1.
pub(super) fn read_first_format(rest: &mut Bytes<'_>) -> Option<LeafContent> {
    let mut content = LeafContent {
        asked: rest.prefixed()?.to_vec(),
        ..LeafContent::default()
    };
    for _ in 0..rest.u32()? {
        let key = rest.prefixed()?.to_vec();
        let value = match rest.u8()? {
            DELETE => None,
            PUT => Some(rest.prefixed()?.to_vec()),
            _ => return None,
        };
        content.results.push((key, value));
    }
    Some(content)
}

/// What became of a key.
enum What<'a> {
    Delete,
    Put(&'a [u8]),
    PutId,
    Release(u32),
}

/// A key as it is written.
enum Written<'a> {
    After {
        shared: usize,
        more: &'a [u8],
        with_id: bool,
    },
    OfSubject {
        space: u8,
        more: &'a [u8],
    },
}

fn read_change<'a>(rest: &mut Bytes<'a>) -> Option<(What<'a>, Written<'a>)> {
    let kind = rest.u8()?;
    let form = kind & FORM;
    let written = match form {
        AFTER | AFTER_WITH_ID => Written::After {
            shared: usize::from(rest.u8()?),
            more: rest.counted()?,
            with_id: form == AFTER_WITH_ID,
        },
        OF_SUBJECT => Written::OfSubject {
            space: rest.u8()?,
            more: rest.counted()?,
        },
        _ => return None,
    };
    let what = match kind & WHAT {
        DELETE => What::Delete,
        PUT => What::Put(rest.counted()?),
        RELEASE => What::Release(rest.number()?),
        PUT_EMPTY => What::Put(&[]),
        PUT_ID => What::PutId,
        _ => return None,
    };
    Some((what, written))
}

impl Written<'_> {
    fn key(&self, before: &[u8], subject: Option<&[u8; Subject::LENGTH]>) -> Option<Vec<u8>> {
        match self {
            Written::After {
                shared,
                more,
                with_id,
            } => {
                let shared = before.get(..*shared).filter(|_| *shared <= MOST_SHARED)?;
                let id: &[u8] = match with_id {
                    true => subject?.last_chunk::<ID>()?,
                    false => &[],
                };
                Some([shared, more, id].concat())
            }
            Written::OfSubject { space, more } => {
                Some([&[*space], subject?.as_slice(), more].concat())
            }
        }
    }
}
