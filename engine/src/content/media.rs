//! What is a file by its own bytes, and does that fit what it is said to be?

use super::ContentError;

/// So much of a file's beginning is looked at.
pub(super) const HEAD: usize = 4096;

const UNKNOWN: &str = "application/octet-stream";
const TEXT: &str = "text/plain";
pub(super) const ZIP: &str = "application/zip";

/// What the bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) media_type: &'static str,
    /// Other names of the same; `*` at the end stands for anything.
    also: &'static [&'static str],
    /// Whether much else is made of such files.
    holds_others: bool,
}

/// A sort of file, by the bytes at a place of it.
struct Magic {
    at: usize,
    bytes: &'static [u8],
    found: Found,
}

const fn plain(at: usize, bytes: &'static [u8], media_type: &'static str) -> Magic {
    also(at, bytes, media_type, &[])
}

const fn also(
    at: usize,
    bytes: &'static [u8],
    media_type: &'static str,
    also: &'static [&'static str],
) -> Magic {
    let found = Found {
        media_type,
        also,
        holds_others: false,
    };
    Magic { at, bytes, found }
}

const fn holding(
    bytes: &'static [u8],
    media_type: &'static str,
    also: &'static [&'static str],
) -> Magic {
    let found = Found {
        media_type,
        also,
        holds_others: true,
    };
    Magic {
        at: 0,
        bytes,
        found,
    }
}

const FILM: &[&str] = &[
    "video/*",
    "audio/*",
    "image/heic",
    "image/heif",
    "image/avif",
];
const OLE: &[&str] = &[
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.ms-outlook",
    "application/vnd.visio",
    "application/vnd.ms-project",
];
const PROGRAM: &str = "application/x-executable";

/// Sorts of files that are written as text.
const WRITTEN: &[Magic] = &[
    plain(0, b"%PDF-", "application/pdf"),
    also(
        0,
        b"{\\rtf",
        "application/rtf",
        &["text/rtf", "application/msword"],
    ),
    plain(0, b"%!PS", "application/postscript"),
];

/// Sorts of files that are not.
const PACKED: &[Magic] = &[
    plain(0, b"\x89PNG\r\n\x1a\n", "image/png"),
    also(
        0,
        b"\xFF\xD8\xFF",
        "image/jpeg",
        &["image/jpg", "image/pjpeg"],
    ),
    plain(0, b"GIF87a", "image/gif"),
    plain(0, b"GIF89a", "image/gif"),
    plain(8, b"WEBP", "image/webp"),
    also(
        8,
        b"WAVE",
        "audio/wav",
        &["audio/x-wav", "audio/wave", "audio/vnd.wave"],
    ),
    also(8, b"AVI ", "video/x-msvideo", &["video/avi"]),
    plain(0, b"II*\0", "image/tiff"),
    plain(0, b"MM\0*", "image/tiff"),
    also(
        0,
        b"\0\0\x01\0",
        "image/x-icon",
        &["image/vnd.microsoft.icon"],
    ),
    holding(b"PK\x03\x04", ZIP, &["application/x-zip-compressed"]),
    holding(b"PK\x05\x06", ZIP, &["application/x-zip-compressed"]),
    holding(b"\x1F\x8B", "application/gzip", &["application/x-gzip"]),
    plain(0, b"BZh", "application/x-bzip2"),
    plain(0, b"\xFD7zXZ\0", "application/x-xz"),
    plain(0, b"\x28\xB5\x2F\xFD", "application/zstd"),
    plain(0, b"7z\xBC\xAF\x27\x1C", "application/x-7z-compressed"),
    also(
        0,
        b"Rar!\x1A\x07",
        "application/vnd.rar",
        &["application/x-rar-compressed", "application/x-rar"],
    ),
    also(0, b"ID3", "audio/mpeg", &["audio/mp3"]),
    also(0, b"\xFF\xFB", "audio/mpeg", &["audio/mp3"]),
    also(0, b"\xFF\xF3", "audio/mpeg", &["audio/mp3"]),
    also(
        0,
        b"OggS",
        "audio/ogg",
        &["video/ogg", "application/ogg", "audio/opus"],
    ),
    also(0, b"fLaC", "audio/flac", &["audio/x-flac"]),
    also(4, b"ftyp", "video/mp4", FILM),
    also(
        0,
        b"\x1A\x45\xDF\xA3",
        "video/webm",
        &["video/x-matroska", "audio/webm"],
    ),
    holding(
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        "application/x-ole-storage",
        OLE,
    ),
    holding(
        b"SQLite format 3\0",
        "application/vnd.sqlite3",
        &["application/x-sqlite3"],
    ),
    also(
        0,
        b"MZ",
        "application/x-msdownload",
        &["application/vnd.microsoft.portable-executable"],
    ),
    plain(0, b"\x7FELF", PROGRAM),
    plain(0, b"\xFE\xED\xFA\xCE", PROGRAM),
    plain(0, b"\xFE\xED\xFA\xCF", PROGRAM),
    plain(0, b"\xCE\xFA\xED\xFE", PROGRAM),
    plain(0, b"\xCF\xFA\xED\xFE", PROGRAM),
    also(0, b"\xCA\xFE\xBA\xBE", PROGRAM, &["application/java-vm"]),
    plain(0, b"\0asm", "application/wasm"),
    plain(0, b"wOFF", "font/woff"),
    plain(0, b"wOF2", "font/woff2"),
];

/// What is made of a zip archive, told by `archive` from what is in it.
pub(super) const OFFICE: [(&str, &str); 3] = [
    (
        "word/",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (
        "xl/",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    (
        "ppt/",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
];

/// By the ending of the name, where the bytes leave it open.
const ENDINGS: [(&str, &str); 21] = [
    ("csv", "text/csv"),
    ("tsv", "text/tab-separated-values"),
    ("json", "application/json"),
    ("xml", "application/xml"),
    ("svg", "image/svg+xml"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("md", "text/markdown"),
    ("eml", "message/rfc822"),
    ("ics", "text/calendar"),
    ("vcf", "text/vcard"),
    ("doc", "application/msword"),
    ("xls", "application/vnd.ms-excel"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("msg", "application/vnd.ms-outlook"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("epub", "application/epub+zip"),
    ("heic", "image/heic"),
    ("m4a", "audio/mp4"),
];

/// Endings of files that have bytes by which they are known, and what those files are called.
const KEPT: [(&str, &[&str]); 9] = [
    ("pdf", &["application/pdf", "application/x-pdf"]),
    ("png", &["image/png", "image/x-png"]),
    ("jpg", &["image/jpeg", "image/jpg", "image/pjpeg"]),
    ("jpeg", &["image/jpeg", "image/jpg", "image/pjpeg"]),
    ("gif", &["image/gif"]),
    ("webp", &["image/webp"]),
    // What is packed may be called by what packs it.
    (
        "docx",
        &["application/vnd.", "application/zip", "application/x-zip"],
    ),
    (
        "xlsx",
        &["application/vnd.", "application/zip", "application/x-zip"],
    ),
    ("zip", &["application/zip", "application/x-zip"]),
];

/// What a file is by its first bytes.
pub(super) fn found(head: &[u8]) -> Found {
    let is = |magic: &&Magic| {
        let there = head.get(magic.at..magic.at + magic.bytes.len());
        there == Some(magic.bytes)
    };
    let unknown = |media_type| Found {
        media_type,
        also: &[],
        holds_others: true,
    };
    if let Some(magic) = WRITTEN.iter().find(is) {
        return magic.found;
    }
    if is_text(head) {
        return unknown(TEXT);
    }
    if head.starts_with(b"BM") && head.get(6..10) == Some(&[0; 4]) {
        return plain(0, b"BM", "image/bmp").found;
    }
    match PACKED.iter().find(is) {
        Some(magic) => magic.found,
        None => unknown(UNKNOWN),
    }
}

/// The same of an archive whose contents say what it is.
pub(super) fn made_of_zip(media_type: &'static str) -> Found {
    Found {
        media_type,
        also: &[ZIP, "application/x-zip-compressed"],
        holds_others: true,
    }
}

/// UTF-8 without control characters, or UTF-16 that says so.
fn is_text(head: &[u8]) -> bool {
    if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        return true;
    }
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character may go on behind the head.
        Err(error) if error.error_len().is_none() => {
            let whole = head.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(whole).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\x0C' | '\x1B');
    !text.is_empty() && !text.contains(odd)
}

/// What a file is called from now on: as it was declared, if that fits what was found.
pub(super) fn called(
    name: &str,
    declared: Option<&str>,
    found: &Found,
) -> Result<String, ContentError> {
    if let Some(declared) = declared.filter(|declared| *declared != UNKNOWN) {
        if fits(found, declared) {
            return Ok(declared.to_owned());
        }
        return Err(ContentError::Contradiction {
            name: name.to_owned(),
            declared: declared.to_owned(),
            found: match found.media_type {
                UNKNOWN => "something else".to_owned(),
                other => other.to_owned(),
            },
        });
    }
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    let by_ending = ENDINGS
        .iter()
        .find(|(known, _)| Some(*known) == ending.as_deref());
    let open = found.holds_others || !found.also.is_empty();
    Ok(match by_ending {
        Some((_, media_type)) if open && fits(found, media_type) => (*media_type).to_owned(),
        _ => found.media_type.to_owned(),
    })
}

/// What such a name promises that the bytes do not keep, in words: programs open a file by the ending of its name.
pub(super) fn belied(name: &str, media_type: &str) -> Option<String> {
    let (_, ending) = name.rsplit_once('.')?;
    let ending = ending.to_ascii_lowercase();
    let known = KEPT.iter().find(|(known, _)| *known == ending)?;
    let (_, promised) = known;
    let is_kept = promised.iter().any(|begin| media_type.starts_with(begin));
    (!is_kept).then(|| {
        format!("'{name}' ends like a {ending} file, and its bytes are {media_type}; look what it is, or name it by that")
    })
}

fn fits(found: &Found, declared: &str) -> bool {
    let is = |pattern: &str| match pattern.strip_suffix('*') {
        Some(begin) => declared.starts_with(begin),
        None => pattern == declared,
    };
    if is(found.media_type) || found.also.iter().any(|other| is(other)) {
        return true;
    }
    // What such files can be, unless its own bytes would say so.
    found.holds_others && !tells_itself(declared, found.media_type)
}

/// Whether files of a type have bytes by which they are known, so that one without them is none.
fn tells_itself(declared: &str, found: &str) -> bool {
    let heard = |kind: &str| declared.starts_with(kind);
    let seen = heard("image/") || heard("audio/") || heard("video/") || heard("font/");
    let written = declared.ends_with("+xml") || declared.ends_with("+json");
    if seen {
        return !(written && found == TEXT);
    }
    let is = |magic: &Magic| {
        let names = magic.found.also.iter().copied();
        names
            .chain([magic.found.media_type])
            .any(|name| name == declared)
    };
    let office = OFFICE.iter().any(|(_, name)| *name == declared);
    let zipped =
        declared.starts_with("application/vnd.oasis.opendocument.") || declared.ends_with("+zip");
    office
        || (zipped && found != ZIP)
        || (heard("text/") && found != TEXT && found != UNKNOWN)
        || WRITTEN.iter().chain(PACKED).any(is)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn put(name: &str, declared: Option<&str>, head: &[u8]) -> Result<String, String> {
        called(name, declared, &found(head)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_declared_is_told_from_the_bytes_and_then_the_ending() {
        for (name, head, is) in [
            ("a", b"%PDF-1.7\n".as_slice(), "application/pdf"),
            ("a.txt", b"\x89PNG\r\n\x1a\n", "image/png"),
            ("a.csv", "نام,شهر\n".as_bytes(), "text/csv"),
            ("a.pdf", b"hello", "text/plain"),
            ("a.png", b"hello", "text/plain"),
            (
                "a.doc",
                b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
                "application/msword",
            ),
            ("a.exe", b"MZ\x90\0\x03", "application/x-msdownload"),
            ("a.m4a", b"\0\0\0\x20ftypM4A ", "audio/mp4"),
            ("a.bin", b"\0\x01\x02", "application/octet-stream"),
            (
                "a.svg",
                b"<svg xmlns='http://www.w3.org/2000/svg'/>",
                "image/svg+xml",
            ),
        ] {
            assert_eq!(put(name, None, head).unwrap(), is, "{name}");
        }
    }

    #[test]
    fn a_type_that_the_bytes_bear_is_kept_as_it_is_declared() {
        for (declared, head) in [
            ("text/csv", "نام\n".as_bytes()),
            ("application/json", b"{}"),
            ("text/csv", b"\xE4\xE3\xE5\x0A"),
            (
                "application/vnd.ms-excel",
                b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            ),
            ("application/java-archive", b"PK\x03\x04"),
            ("application/vnd.oasis.opendocument.text", b"PK\x03\x04"),
            ("video/quicktime", b"\0\0\0\x14ftypqt  "),
            ("application/x-own", b"\0\x01\x02"),
        ] {
            assert_eq!(put("a", Some(declared), head).unwrap(), declared);
        }
        // Who does not know is told.
        let octets = Some("application/octet-stream");
        assert_eq!(put("a", octets, b"%PDF-1.4").unwrap(), "application/pdf");
    }

    #[test]
    fn a_file_that_lies_about_its_type_is_told_both() {
        for (declared, head, is) in [
            (
                "application/pdf",
                b"MZ\x90\0\x03".as_slice(),
                "application/x-msdownload",
            ),
            ("image/png", b"<html><script>", "text/plain"),
            ("image/jpeg", b"\x89PNG\r\n\x1a\n", "image/png"),
            ("text/plain", b"PK\x03\x04", "application/zip"),
            ("application/pdf", b"\0\x01\x02", "something else"),
            ("application/zip", b"\0\x01\x02", "something else"),
            (
                "application/x-own",
                b"\x7FELF\x02",
                "application/x-executable",
            ),
        ] {
            let error = put("قرارداد.pdf", Some(declared), head).unwrap_err();
            assert_eq!(
                error,
                format!("'قرارداد.pdf' says it is {declared} but is {is}")
            );
        }
    }

    #[test]
    fn text_that_is_cut_within_a_character_is_text() {
        let text = "سلام دنیا".as_bytes();
        for cut in 1..text.len() {
            assert_eq!(found(&text[..cut]).media_type == TEXT, cut > 1, "{cut}");
        }
    }
}
