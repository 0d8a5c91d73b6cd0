//! What does a file say in one place?
//!
//! A text file has only texts. A workbook knows numbers, moments and truth values too: they are kept as such until the
//! field says what it wants, since a number has lost the zeros that a telephone began with.

use std::borrow::Cow;

use chrono::{NaiveDateTime, NaiveTime};

/// One cell.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    not(feature = "sheets"),
    allow(dead_code, reason = "text files have texts only")
)]
pub(super) enum Cell {
    Text(String),
    Number(f64),
    /// A day or a moment, in the time of who wrote the sheet.
    Moment(NaiveDateTime),
    Flag(bool),
    /// What a formula could not calculate: `#N/A`.
    Fault(String),
}

/// Figures that a workbook keeps of a number; what comes after them is noise of the binary form.
const FIGURES: usize = 15;

impl Cell {
    /// As a text file would say it: a number in plain figures, a moment without its time where that is midnight.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) | Self::Fault(text) => text.into(),
            Self::Number(number) => figures(*number).into(),
            Self::Moment(at) if at.time() == NaiveTime::MIN => {
                at.format("%Y-%m-%d").to_string().into()
            }
            Self::Moment(at) => at.format("%Y-%m-%dT%H:%M:%S").to_string().into(),
            Self::Flag(yes) => if *yes { "true" } else { "false" }.into(),
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

/// A number in plain figures, without an exponent.
fn figures(number: f64) -> String {
    let rounded = format!("{number:.*e}", FIGURES - 1);
    // What was written as a number is one again.
    let rounded: f64 = rounded.parse().unwrap_or(number);
    // A zero has no sign.
    format!("{}", rounded + 0.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono::NaiveDate;

    #[test]
    fn a_number_is_told_in_plain_figures() {
        for (number, told) in [
            (9_121_234_567.0, "9121234567"),
            (0.1 + 0.2, "0.3"),
            (-0.0, "0"),
            (1e21, "1000000000000000000000"),
            (-12.5, "-12.5"),
        ] {
            assert_eq!(Cell::Number(number).text(), told);
        }
    }

    #[test]
    fn a_moment_at_midnight_is_a_day() {
        let day = NaiveDate::from_ymd_opt(2025, 3, 21).unwrap();
        let at = |hour| Cell::Moment(day.and_hms_opt(hour, 30 * u32::from(hour > 0), 0).unwrap());
        assert_eq!(
            (at(0).text(), at(9).text()),
            ("2025-03-21".into(), "2025-03-21T09:30:00".into())
        );
    }
}
