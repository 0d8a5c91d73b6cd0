//! In which letters is a file written?
//!
//! A mark at the beginning decides; else it is UTF-8 if it can be; else it is guessed from the first mebibyte.

use std::io::{self, Cursor, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::fault::InputFault;

/// How much is looked at before anything is decided.
const SAMPLE: u64 = 1 << 20;

/// A file as UTF-8, and what was found out about it.
pub(super) struct Decoded<'r> {
    pub(super) reader: Box<dyn Read + 'r>,
    pub(super) encoding: &'static Encoding,
    /// Nothing in the file or the options says the encoding.
    pub(super) guessed: bool,
    /// The beginning, decoded, for guessing the delimiter.
    pub(super) sample: String,
}

/// Makes UTF-8 of a file.
pub(super) fn decode<'r>(
    mut input: impl Read + 'r,
    wanted: Option<&str>,
) -> Result<Decoded<'r>, InputFault> {
    let wanted = wanted
        .map(|name| {
            Encoding::for_label_no_replacement(name.as_bytes())
                .ok_or_else(|| InputFault::UnknownEncoding(name.to_owned()))
        })
        .transpose()?;
    let mut sample = Vec::new();
    input
        .by_ref()
        .take(SAMPLE)
        .read_to_end(&mut sample)
        .map_err(InputFault::Read)?;
    let (encoding, mark, guessed) = match (wanted, Encoding::for_bom(&sample)) {
        // `utf-16` leaves the order of bytes to the mark.
        (Some(wanted), Some((marked, length)))
            if wanted == marked
                || [wanted, marked]
                    .iter()
                    .all(|one| [UTF_16LE, UTF_16BE].contains(one)) =>
        {
            (marked, length, false)
        }
        (Some(wanted), _) => (wanted, 0, false),
        (None, Some((marked, length))) => (marked, length, false),
        (None, None) => {
            let (encoding, guessed) = guess(&sample);
            (encoding, 0, guessed)
        }
    };
    let body = sample.split_off(mark.min(sample.len()));
    let (text, _) = encoding
        .decode_without_bom_handling(body.get(..body.len().min(1 << 16)).unwrap_or_default());
    let text = text.into_owned();
    let whole = Cursor::new(body).chain(input);
    let reader: Box<dyn Read + 'r> = if encoding == UTF_8 {
        Box::new(whole)
    } else {
        Box::new(Transcoder::new(
            whole,
            encoding.new_decoder_without_bom_handling(),
        ))
    };
    Ok(Decoded {
        reader,
        encoding,
        guessed,
        sample: text,
    })
}

fn guess(sample: &[u8]) -> (&'static Encoding, bool) {
    // UTF-16 without a mark: Western letters have every other byte empty.
    let empty_at = |odd: usize| {
        sample
            .iter()
            .skip(odd)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    for (odd, encoding) in [(1, UTF_16LE), (0, UTF_16BE)] {
        if empty_at(odd) > sample.len() / 8 && empty_at(1 - odd) == 0 {
            return (encoding, true);
        }
    }
    match std::str::from_utf8(sample) {
        Ok(_) => return (UTF_8, false),
        // The sample may end within a letter; that is no fault of the file.
        Err(fault) if fault.error_len().is_none() && sample.len() as u64 == SAMPLE => {
            return (UTF_8, false);
        }
        Err(_) => {}
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    (detector.guess(None, Utf8Detection::Deny), true)
}

/// What stands for a byte that is no letter of the file's encoding. A row that has it is refused.
pub(super) const UNREADABLE: char = char::REPLACEMENT_CHARACTER;

/// Another encoding as UTF-8, a piece at a time.
struct Transcoder<R> {
    input: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_from: usize,
    out: Vec<u8>,
    out_from: usize,
    /// The input has ended, and then: the decoder too.
    ended: bool,
    finished: bool,
}

const PIECE: usize = 16 << 10;

impl<R: Read> Transcoder<R> {
    fn new(input: R, decoder: Decoder) -> Self {
        Self {
            input,
            decoder,
            raw: Vec::new(),
            raw_from: 0,
            out: Vec::new(),
            out_from: 0,
            ended: false,
            finished: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.raw_from >= self.raw.len() && !self.ended {
            self.raw.resize(PIECE, 0);
            let got = loop {
                match self.input.read(&mut self.raw) {
                    Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                    other => break other?,
                }
            };
            self.raw.truncate(got);
            (self.raw_from, self.ended) = (0, got == 0);
        }
        let raw = self.raw.get(self.raw_from..).unwrap_or_default();
        self.out.resize(4 * PIECE, 0);
        let (result, read, written) =
            self.decoder
                .decode_to_utf8_without_replacement(raw, &mut self.out, self.ended);
        self.raw_from += read;
        self.out.truncate(written);
        self.out_from = 0;
        match result {
            DecoderResult::Malformed(..) => self.out.extend(UNREADABLE.to_string().bytes()),
            DecoderResult::InputEmpty if self.ended => self.finished = true,
            DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
        }
        Ok(())
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.out_from >= self.out.len() {
            if self.finished {
                return Ok(0);
            }
            self.refill()?;
        }
        let ready = self.out.get(self.out_from..).unwrap_or_default();
        let count = ready.len().min(into.len());
        for (to, from) in into.iter_mut().zip(ready) {
            *to = *from;
        }
        self.out_from += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PERSIAN: &str =
        "نام,شهر\nشرکت پارس گستر,تهران\nبازرگانی آریا,شیراز\nصنایع غذایی سپهر,مشهد\n";

    fn text(bytes: &[u8], wanted: Option<&str>) -> (String, &'static str, bool) {
        let mut decoded = decode(bytes, wanted).unwrap();
        let mut text = String::new();
        decoded.reader.read_to_string(&mut text).unwrap();
        (text, decoded.encoding.name(), decoded.guessed)
    }

    #[test]
    fn a_mark_decides_and_is_not_part_of_the_text() {
        for (bytes, name) in [
            (
                ["\u{feff}".as_bytes(), PERSIAN.as_bytes()].concat(),
                "UTF-8",
            ),
            (
                [
                    [0xff, 0xfe].as_slice(),
                    &PERSIAN
                        .encode_utf16()
                        .flat_map(u16::to_le_bytes)
                        .collect::<Vec<_>>(),
                ]
                .concat(),
                "UTF-16LE",
            ),
            (
                [
                    [0xfe, 0xff].as_slice(),
                    &PERSIAN
                        .encode_utf16()
                        .flat_map(u16::to_be_bytes)
                        .collect::<Vec<_>>(),
                ]
                .concat(),
                "UTF-16BE",
            ),
        ] {
            assert_eq!(text(&bytes, None), (PERSIAN.to_owned(), name, false));
            if name != "UTF-8" {
                assert_eq!(
                    text(&bytes, Some("utf-16")),
                    (PERSIAN.to_owned(), name, false)
                );
            }
        }
    }

    #[test]
    fn persian_in_windows_1256_is_recognised() {
        // That encoding has no Persian yeh; such files hold the Arabic one.
        let arabic = PERSIAN.replace('ی', "ي");
        let (bytes, _, lost) = encoding_rs::WINDOWS_1256.encode(&arabic);
        assert!(!lost);
        assert_eq!(text(&bytes, None), (arabic.clone(), "windows-1256", true));
        assert_eq!(
            text(&bytes, Some("windows-1256")),
            (arabic, "windows-1256", false)
        );
    }

    #[test]
    fn western_utf_16_without_a_mark_is_recognised() {
        let plain = "name,city\nAcme,Berlin\n";
        let bytes: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&bytes, None), (plain.to_owned(), "UTF-16LE", true));
    }

    #[test]
    fn a_letter_cut_by_the_end_of_the_sample_is_no_fault() {
        let long = "a".repeat(SAMPLE as usize - 1) + "ی";
        assert_eq!(text(long.as_bytes(), None), (long.clone(), "UTF-8", false));
    }

    #[test]
    fn a_long_file_in_another_encoding_comes_whole() {
        let long = "تهران,مشهد\n".repeat(40_000);
        let (bytes, ..) = encoding_rs::WINDOWS_1256.encode(&long);
        assert_eq!(text(&bytes, None).0, long);
        assert!(decode(&b""[..], Some("utf-9")).is_err());
    }
}
