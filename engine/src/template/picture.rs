//! How does a page carry its pictures?

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{State, Value};

use super::functions::Answer;
use super::view::{RecordView, View, nothing};
use crate::content::open_file_of;
use crate::error::Result as EngineResult;
use crate::record::{Record, Value as Stored};

/// The largest picture that a page carries in itself.
const LARGEST_PICTURE: u64 = 2 << 20;
const PICTURES: [&str; 5] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/svg+xml",
];

/// A picture of a record as an address that carries it: a page needs no other file.
pub(super) fn image(view: &View, state: &State<'_, '_>, value: &Value, field: &str) -> Answer {
    let Some(of) = value.downcast_object_ref::<RecordView>() else {
        return Ok(nothing());
    };
    if of.record.get(field).is_none() {
        return Ok(nothing());
    }
    let missing = |why: &str| {
        let title = of.record.title();
        view.notes
            .warn(format!("the picture {field} of {title} is left out: {why}"));
        Ok(nothing())
    };
    let (media_type, bytes) = match picture(view, &of.record, field) {
        Ok(Ok(picture)) => picture,
        Ok(Err(why)) => return missing(why),
        Err(error) => {
            view.notes.fault(error);
            return Ok(nothing());
        }
    };
    state.consume_fuel(bytes.len() as u64 / 1_000)?;
    let data = STANDARD.encode(&bytes);
    Ok(Value::from_safe_string(format!(
        "data:{media_type};base64,{data}"
    )))
}

/// The type and the bytes of a picture, or why a page cannot carry it.
fn picture(
    view: &View,
    record: &Record,
    field: &str,
) -> EngineResult<Result<(String, Vec<u8>), &'static str>> {
    let Some(Stored::File(file)) = record.get(field) else {
        return Ok(Err("it is no file"));
    };
    if !PICTURES.contains(&file.media_type.as_str()) {
        return Ok(Err("it is no PNG, JPEG, GIF, WebP or SVG"));
    }
    if file.size > LARGEST_PICTURE {
        return Ok(Err("it is larger than 2 MiB"));
    }
    let mut bytes = Vec::new();
    let mut content = open_file_of(&view.engine, record, field)?;
    match content.read_to_end(&mut bytes) {
        Ok(_) => Ok(Ok((file.media_type.clone(), bytes))),
        Err(_) => Ok(Err("it cannot be read: run `peyvand check` on the store")),
    }
}
