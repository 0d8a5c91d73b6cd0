//! From when until when is it open on a day?

use chrono::Weekday;

use crate::locale::fold_digits;

/// Minutes of a day between which it is open, `08:00-16:30`. The end is not included; that of a day is 24:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) from: u16,
    pub(crate) until: u16,
}

const WHOLE_DAY: u16 = 24 * 60;

impl Span {
    fn parse(text: &str) -> Result<Self, String> {
        let unreadable = || format!("'{text}' is no span of hours such as 08:00-16:30");
        let (from, until) = text.split_once(['-', '–']).ok_or_else(unreadable)?;
        let (from, until) = (
            minute(from).ok_or_else(unreadable)?,
            minute(until).ok_or_else(unreadable)?,
        );
        if until <= from {
            return Err(format!(
                "'{text}' ends before it begins; work through the night is two spans, one until 24:00 and one from 00:00 on the next day"
            ));
        }
        Ok(Self { from, until })
    }

    fn written(self) -> String {
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        format!("{}-{}", time(self.from), time(self.until))
    }
}

/// `8`, `8:30` or `24:00`.
fn minute(text: &str) -> Option<u16> {
    let text = text.trim();
    let digits = |text: &str| {
        let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = match text.split_once(':') {
        Some((hour, minute)) => (digits(hour)?, digits(minute)?),
        None => (digits(text)?, 0),
    };
    let all = hour * 60 + minute;
    (minute < 60 && all <= WHOLE_DAY).then_some(all)
}

/// Reads `08:00-12:00, 13:00-16:30`; of nothing at all or `closed` it is no span. They come in order.
pub(super) fn spans(text: &str) -> Result<Vec<Span>, String> {
    let plain = fold_digits(text);
    if plain.trim().is_empty() || plain.trim() == "closed" {
        return Ok(Vec::new());
    }
    let parts = plain.split([',', '،']);
    let mut spans: Vec<Span> = parts
        .map(|part| Span::parse(part.trim()))
        .collect::<Result<_, _>>()?;
    spans.sort_unstable();
    for (one, next) in spans.iter().zip(spans.iter().skip(1)) {
        if next.from < one.until {
            return Err(format!(
                "the spans {} and {} overlap",
                one.written(),
                next.written()
            ));
        }
    }
    Ok(spans)
}

/// As they are read.
pub(crate) fn written(spans: &[Span]) -> String {
    match spans {
        [] => "closed".to_owned(),
        spans => {
            let spans: Vec<String> = spans.iter().map(|span| span.written()).collect();
            spans.join(", ")
        }
    }
}

/// The days of `saturday-wednesday` or `thursday`, in order.
pub(super) fn weekdays(text: &str) -> Result<Vec<Weekday>, String> {
    let known = |name: &str| {
        let unknown = |_| {
            format!(
                "'{name}' is no day of the week; they are written saturday, or saturday-wednesday"
            )
        };
        name.trim().parse::<Weekday>().map_err(unknown)
    };
    let Some((first, last)) = text.split_once('-') else {
        return Ok(vec![known(text)?]);
    };
    let (mut day, last) = (known(first)?, known(last)?);
    let mut days = vec![day];
    while day != last {
        day = day.succ();
        days.push(day);
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn spans_are_read_in_three_sets_of_digits_and_put_in_order() {
        for text in ["13-16:30, 8:00-12:00", "۰۸:۰۰-۱۲:۰۰، ۱۳:۰۰-۱۶:۳۰"] {
            let spans = spans(text).unwrap();
            assert_eq!(written(&spans), "08:00-12:00, 13:00-16:30");
        }
        assert_eq!(spans("closed"), Ok(Vec::new()));
        assert_eq!(written(&spans("0-24").unwrap()), "00:00-24:00");
    }

    #[test]
    fn spans_that_overlap_or_end_before_they_begin_are_refused() {
        for (text, told) in [
            ("08:00-12:00, 11:59-13:00", "overlap"),
            ("22:00-06:00", "two spans"),
            ("08:00-24:01", "no span"),
            ("08:60-09:00", "no span"),
            ("8", "no span"),
        ] {
            let fault = spans(text).unwrap_err();
            assert!(fault.contains(told), "{text}: {fault}");
        }
    }

    #[test]
    fn a_range_of_weekdays_goes_round_the_week() {
        use Weekday::{Fri, Mon, Sat, Sun};
        assert_eq!(weekdays("saturday-monday"), Ok(vec![Sat, Sun, Mon]));
        assert_eq!(weekdays("fri"), Ok(vec![Fri]));
        assert!(weekdays("someday").is_err());
    }
}
