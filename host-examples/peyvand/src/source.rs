//! Where does input come from: a file, stdin, the command line?

use std::io::{self, Read};
use std::path::Path;

use serde_json::Value as Json;

use crate::fault::Fault;

pub(crate) const STDIN: &str = "-";

pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, Fault> {
    if path.as_os_str() == STDIN {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = std::fs::File::open(path).map_err(|error| Fault::unreadable(path, &error))?;
    // Some systems open a directory and fail only when it is read.
    match file.metadata() {
        Ok(about) if about.is_dir() => Err(Fault::unreadable(
            path,
            &io::Error::from(io::ErrorKind::IsADirectory),
        )),
        _ => Ok(Box::new(file)),
    }
}

pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Fault> {
    let mut all = Vec::new();
    open(path)?
        .read_to_end(&mut all)
        .map_err(|error| Fault::unreadable(path, &error))?;
    Ok(all)
}

pub(crate) fn text(path: &Path) -> Result<String, Fault> {
    let mut all = String::new();
    open(path)?
        .read_to_string(&mut all)
        .map_err(|error| Fault::unreadable(path, &error))?;
    // Editors on Windows put one in front.
    Ok(all
        .strip_prefix('\u{feff}')
        .map_or_else(|| all.clone(), str::to_owned))
}

/// The fields of a record: JSON as it stands on the command line, or `-`.
pub(crate) fn fields(argument: &str) -> Result<Json, Fault> {
    let json: Json = if argument == STDIN {
        serde_json::from_str(&text(Path::new(STDIN))?)
            .map_err(|error| Fault::not_json("what stdin gives", &error))?
    } else {
        serde_json::from_str(argument)
            .map_err(|error| Fault::not_json("the argument JSON", &error))?
    };
    match json {
        Json::Object(_) => Ok(json),
        _ => Err(Fault::input(
            "the fields are no JSON object",
            "write them as '{\"name\": \"…\"}'",
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn fields_are_a_json_object_or_an_error_that_says_so() {
        assert_eq!(fields("{\"name\": \"پارس\"}").unwrap()["name"], "پارس");
        for (argument, says) in [
            ("[1]", "no JSON object"),
            ("{name: x}", "no JSON that fits"),
            ("", "no JSON that fits"),
        ] {
            let message = fields(argument).unwrap_err().to_string();
            assert!(message.contains(says), "{argument}: {message}");
        }
    }

    #[test]
    fn a_text_file_may_begin_with_a_byte_order_mark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.toml");
        std::fs::write(&path, "\u{feff}a = 1").unwrap();
        assert_eq!(text(&path).unwrap(), "a = 1");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none.csv");
        assert!(
            bytes(&missing)
                .unwrap_err()
                .to_string()
                .contains("none.csv: there is no such file")
        );
        assert!(
            bytes(folder.path())
                .unwrap_err()
                .to_string()
                .contains("it is a directory")
        );
        std::fs::write(folder.path().join("b"), [0xff, 0xfe, 0x00]).unwrap();
        assert!(
            text(&folder.path().join("b"))
                .unwrap_err()
                .to_string()
                .contains("no UTF-8")
        );
    }
}
