//! How does a value read in somebody's language?

use std::borrow::Cow;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Output, Value};

use super::view::{Aspect, FieldView, RecordView, View, is_nothing};
use crate::locale::{DateStyle, Digits, isolate, isolate_html, without_marks};
use crate::record::{Manner, Value as Stored};

impl View {
    /// Writes a value where `{{ … }}` stands.
    pub(super) fn print(&self, out: &mut Output<'_>, value: &Value) -> Result<(), Error> {
        if value.is_safe() {
            return Ok(out.write_str(value.as_str().unwrap_or_default())?);
        }
        let text = self.text(value)?;
        let inside = self.direction();
        let text = match (self.html, self.isolates) {
            (true, _) => Cow::Owned(isolate_html(&text, inside)),
            (false, true) => isolate(&text, inside),
            (false, false) => without_marks(&text),
        };
        Ok(out.write_str(&text)?)
    }

    /// What a value says, without the markup that keeps it apart from what is around it.
    pub(super) fn text(&self, value: &Value) -> Result<String, Error> {
        if value.is_undefined() {
            return Err(ErrorKind::UndefinedError.into());
        }
        if is_nothing(value) {
            return Ok(String::new());
        }
        if let Some(field) = value.downcast_object_ref::<FieldView>() {
            return Ok(self.shown(&field.value, &field.aspect).into_owned());
        }
        if let Some(record) = value.downcast_object_ref::<RecordView>() {
            let title = record.record.object.title_field;
            let title = record.record.value(title);
            return Ok(title.map_or_else(
                || record.record.id().to_string(),
                |title| self.shown(title, &Aspect::Plain).into_owned(),
            ));
        }
        match value.kind() {
            ValueKind::String => Ok(value.as_str().unwrap_or_default().to_owned()),
            ValueKind::Bool => {
                let manner = self.manner();
                Ok(manner.yes_or_no(value.is_true()).to_owned())
            }
            ValueKind::Number => Ok(Digits::of(self.language).write(&value.to_string())),
            kind => Err(Error::new(
                ErrorKind::InvalidOperation,
                format!("a {kind} cannot be printed; name one of its parts"),
            )),
        }
    }

    fn shown<'a>(&self, value: &'a Stored, aspect: &Aspect) -> Cow<'a, str> {
        let manner = self.manner();
        Cow::Owned(match (value, aspect) {
            (_, Aspect::Named(names)) => manner.list(names.iter().map(String::as_str)),
            (Stored::Text(text), _) => return Cow::Borrowed(text),
            (Stored::Decimal(number), Aspect::Percent) => manner.percent(*number),
            _ => manner.text(value),
        })
    }

    /// How values are written for whom it is rendered.
    pub(super) fn manner(&self) -> Manner {
        Manner {
            language: self.language,
            zone: self.zone,
            calendar: self.calendar,
            dates: DateStyle::Long,
        }
    }
}

/// The text on one line: what stands in a header or an SMS must not begin another one.
pub(super) fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let words = text.split(|c: char| breaks(c) || c.is_whitespace());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
