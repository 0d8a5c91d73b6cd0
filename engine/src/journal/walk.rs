//! How is a segment read frame by frame?

use std::ops::Range;

use super::Position;
use super::entry::Entry;
use super::error::JournalError;
use super::frame::{self, Checked, Found, HEAD, Hash};
use super::source::{Source, Spot};

const READ_AHEAD: usize = 64 * 1024;

/// A walk over the frames of one segment, in order, with checksums and, unless told otherwise, the chain checked.
pub(super) struct Walk<'a> {
    source: &'a mut Source,
    /// Where the next frame begins.
    pub(super) offset: u64,
    end: u64,
    /// The position that the next frame must have.
    pub(super) expected: Position,
    /// Hash of the frame that was passed last; where the walk begins in the middle, nobody knows it.
    pub(super) before: Option<Hash>,
    /// The latest time of any commit up to here.
    pub(super) latest: i64,
    /// What the last frame began with.
    passed: Option<Passed>,
    checks: Checks,
    ahead: Vec<u8>,
    used: usize,
    hashed: Vec<u8>,
}

/// What is checked of every frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Checks {
    /// That its checksum, its position and its hash are right.
    Chain,
    /// The same without the hash, which costs ten times as much: that its bytes are those that were written.
    Bytes,
}

/// The frame that was passed last.
struct Passed {
    at: Range<usize>,
    spot: Spot,
}

/// What the next place of a segment holds.
pub(super) enum Step {
    /// A frame; the walk knows more about it.
    Frame,
    /// Nothing was written any more.
    End,
    /// Not the expected frame.
    Broken(Broken),
}

/// Why a frame is not the expected one.
pub(super) enum Broken {
    /// Its bytes are not those that were written: a torn write or damage.
    Bytes(&'static str),
    /// It is whole but does not belong here, which no crash can bring about.
    Chain(String),
}

impl Broken {
    pub(super) fn what(self) -> String {
        match self {
            Broken::Bytes(what) => what.to_owned(),
            Broken::Chain(what) => what,
        }
    }
}

impl<'a> Walk<'a> {
    /// Begins at the first frame of the segment.
    pub(super) fn new(source: &'a mut Source) -> Self {
        let (start, before) = (source.beginning(), source.header.before);
        Self::from(source, start, Some(before))
    }

    /// Begins at the first frame of the segment, with these checks.
    pub(super) fn checking(source: &'a mut Source, checks: Checks) -> Self {
        Walk {
            checks,
            ..Self::new(source)
        }
    }

    /// Begins at a place that is known to be the beginning of a frame.
    pub(super) fn at(source: &'a mut Source, spot: Spot) -> Self {
        if spot == source.beginning() {
            return Self::new(source);
        }
        Self::from(source, spot, None)
    }

    fn from(source: &'a mut Source, spot: Spot, before: Option<Hash>) -> Self {
        let end = source.end;
        Walk {
            source,
            offset: spot.offset,
            end,
            expected: spot.position,
            before,
            latest: spot.latest,
            passed: None,
            checks: Checks::Chain,
            ahead: Vec::new(),
            used: 0,
            hashed: Vec::new(),
        }
    }

    pub(super) fn step(&mut self) -> Result<Step, JournalError> {
        let room = self.end.saturating_sub(self.offset);
        self.passed = None;
        self.read_ahead(HEAD)?;
        if let Found::Needs(length) = frame::look(self.rest(), room) {
            self.read_ahead(HEAD + length)?;
        }
        let rest = self.ahead.get(self.used..).unwrap_or_default();
        let length = match frame::look(rest, room) {
            Found::Nothing => return Ok(Step::End),
            Found::Payload(payload) => HEAD + payload.len(),
            Found::Broken(what) => return Ok(Step::Broken(Broken::Bytes(what))),
            // The writer closed the segment, and so cut its zeroes, after its length was taken.
            Found::Needs(_) if rest.iter().all(|byte| *byte == 0) => return Ok(Step::End),
            Found::Needs(_) => {
                let what = "a frame is longer than its file";
                return Ok(Step::Broken(Broken::Bytes(what)));
            }
        };
        let format = self.source.header.format;
        let whole = &rest[..length];
        let checked = match self.checks {
            Checks::Bytes => frame::begins(whole),
            Checks::Chain => frame::check(whole, format, &mut self.hashed),
        };
        Ok(match self.follows(checked) {
            Err(what) => Step::Broken(Broken::Chain(what)),
            Ok(checked) => {
                self.pass(&checked, length);
                Step::Frame
            }
        })
    }

    /// The same, where anything but a frame or the end is damage.
    pub(super) fn must_step(&mut self) -> Result<bool, JournalError> {
        match self.step()? {
            Step::Frame => Ok(true),
            Step::End => Ok(false),
            Step::Broken(broken) => Err(self.damaged(broken.what())),
        }
    }

    fn follows(&self, checked: Option<Checked>) -> Result<Checked, String> {
        let what = "a frame has a checksum but not the layout of a frame";
        let checked = checked.ok_or_else(|| what.to_owned())?;
        let (found, wanted) = (checked.position, self.expected);
        if found != wanted {
            return Err(format!("position {found} where {wanted} belongs"));
        }
        if self.before.is_some_and(|hash| hash != checked.before) {
            return Err(format!("the hash chain breaks at position {found}"));
        }
        Ok(checked)
    }

    fn pass(&mut self, checked: &Checked, length: usize) {
        self.passed = Some(Passed {
            at: self.used..self.used + length,
            spot: Spot {
                position: checked.position,
                offset: self.offset,
                latest: self.latest,
            },
        });
        self.before = checked.hash;
        self.expected = checked.position.next();
        self.latest = self.latest.max(checked.time);
        self.offset += length as u64;
        self.used += length;
    }

    /// Where the frame that was passed last begins.
    pub(super) fn spot(&self) -> Option<Spot> {
        self.passed.as_ref().map(|passed| passed.spot)
    }

    /// The bytes of the frame that was passed last.
    pub(super) fn frame(&self) -> &[u8] {
        self.passed
            .as_ref()
            .and_then(|passed| self.ahead.get(passed.at.clone()))
            .unwrap_or_default()
    }

    /// The frame that was passed last, as an entry.
    pub(super) fn entry(&self) -> Result<Entry, JournalError> {
        frame::decode(self.frame(), self.source.header.format)
            .ok_or_else(|| self.damaged("a frame before it holds what is no commit"))
    }

    pub(super) fn damaged(&self, what: impl Into<String>) -> JournalError {
        JournalError::damaged(&self.source.name, self.offset, what)
    }

    fn rest(&self) -> &[u8] {
        self.ahead.get(self.used..).unwrap_or_default()
    }

    /// Sees to it that `count` bytes from the walk's offset on are in memory, if there are so many.
    fn read_ahead(&mut self, count: usize) -> Result<(), JournalError> {
        if self.rest().len() >= count {
            return Ok(());
        }
        self.ahead.drain(..self.used);
        self.used = 0;
        let room = self.end.saturating_sub(self.offset);
        while self.ahead.len() < count {
            let have = self.ahead.len();
            let want = (count.max(READ_AHEAD) as u64).min(room) as usize;
            // A length may be wrong: no more than doubled before so much has been read indeed.
            let want = want.min(have + have.max(READ_AHEAD));
            if want <= have {
                break;
            }
            self.ahead.resize(want, 0);
            let read = self
                .source
                .read_at(self.offset + have as u64, &mut self.ahead[have..])?;
            self.ahead.truncate(have + read);
            if read == 0 {
                break;
            }
        }
        Ok(())
    }
}
