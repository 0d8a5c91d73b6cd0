//! How does a page of plain text look? Headings, bars, short amounts: at most 100 columns, names in their own script at
//! the ends of lines, where no terminal can scramble the columns.

use std::io::{self, Write};
use std::time::Duration;

use peyvand::Decimal;

const WIDTH: usize = 92;

pub(super) fn heading(out: &mut dyn Write, title: &str) -> io::Result<()> {
    let rest = "─".repeat(WIDTH.saturating_sub(title.chars().count() + 4));
    writeln!(out, "\n── {title} {rest}")
}

/// A bar of `most` cells for the greatest of its column; something is never shown as nothing.
pub(super) fn bar(value: u64, greatest: u64, most: u64) -> String {
    let cells = (value * most).div_ceil(greatest.max(1));
    "█".repeat(usize::try_from(cells.min(most)).unwrap_or(0))
}

/// `12.3 bn`: what a person keeps in mind of an amount.
pub(super) fn short(amount: Decimal) -> String {
    let number = amount.to_f64();
    let (scaled, unit) = match number.abs() {
        size if size >= 1e12 => (number / 1e12, " tn"),
        size if size >= 1e9 => (number / 1e9, " bn"),
        size if size >= 1e6 => (number / 1e6, " m"),
        size if size >= 1e3 => (number / 1e3, " k"),
        _ => (number, ""),
    };
    if scaled.abs() >= 100.0 || unit.is_empty() {
        format!("{scaled:.0}{unit}")
    } else {
        format!("{scaled:.1}{unit}")
    }
}

/// `12,345`
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 deal`, `3 deals`
pub(super) fn plural(number: u64, word: &str) -> String {
    format!(
        "{} {word}{}",
        count(number),
        if number == 1 { "" } else { "s" }
    )
}

pub(super) fn percent(part: u64, whole: u64) -> String {
    let rounded = (part * 100 + whole / 2).checked_div(whole);
    rounded.map_or_else(|| "–".to_owned(), |percent| format!("{percent} %"))
}

pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// At most so many characters, with a sign where something was cut.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        text.chars()
            .take(most.saturating_sub(1))
            .chain(['…'])
            .collect()
    }
}

/// The beginning of a hash: enough to know it again.
pub(super) fn short_hash(hash: &str) -> String {
    cut(hash, 13)
}

/// Words in lines of at most so many characters.
pub(super) fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= most {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short_and_counts_are_grouped() {
        let shorts = [
            0,
            950,
            12_000,
            1_500_000,
            20_000_000_000,
            345_600_000_000,
            1_200_000_000_000,
        ]
        .map(|number| short(Decimal::from(number)));
        assert_eq!(
            shorts,
            ["0", "950", "12.0 k", "1.5 m", "20.0 bn", "346 bn", "1.2 tn"]
        );
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [percent(1, 3), percent(2, 3), percent(0, 0)],
            ["33 %", "67 %", "–"]
        );
    }

    #[test]
    fn a_bar_shows_the_smallest_and_fits_the_greatest() {
        assert_eq!(
            [
                bar(0, 10, 5),
                bar(1, 1_000, 5),
                bar(10, 10, 5),
                bar(20, 10, 5)
            ]
            .map(|bar| bar.chars().count()),
            [0, 1, 5, 5]
        );
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(cut("abcdef", 4), "abc…");
    }
}
