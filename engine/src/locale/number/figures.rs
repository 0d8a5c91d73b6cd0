//! Which marks between figures part thousands, and which is the point?

use super::super::variety::Variety;
use super::Fault;
use super::tokens::ascii;

/// A mark by what it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Between thousands, whatever the language.
    Group,
    /// Before the fraction, whatever the language.
    Point,
    Comma,
    Dot,
    Slash,
}

/// Plain numbers have so many digits at most.
const MOST_DIGITS: usize = 28;

/// A plain number of figures with marks between them.
pub(super) fn read(figures: &str, variety: Option<Variety>) -> Result<String, Fault> {
    let persian = figures.chars().any(|c| matches!(c, '۰'..='۹'));
    let plain = ascii(figures);
    let mut groups = vec![""];
    let mut marks = Vec::new();
    let mut from = 0;
    for (place, c) in plain.char_indices().filter(|(_, c)| !c.is_ascii_digit()) {
        groups.pop();
        groups.extend([&plain[from..place], ""]);
        from = place + c.len_utf8();
        marks.push(match c {
            '٫' => Mark::Point,
            ',' | '،' => Mark::Comma,
            '.' => Mark::Dot,
            '/' => Mark::Slash,
            _ => Mark::Group,
        });
    }
    groups.pop();
    groups.push(&plain[from..]);
    if plain.len() - marks.len() > 2 * MOST_DIGITS
        || groups.iter().map(|group| group.len()).sum::<usize>() > MOST_DIGITS
    {
        return Err(Fault::TooLarge);
    }
    match point(&groups, &marks, variety, persian)? {
        true => fraction(&groups, &marks),
        false => whole(&groups, &marks),
    }
}

/// Whether the last mark is a point.
fn point(
    groups: &[&str],
    marks: &[Mark],
    variety: Option<Variety>,
    persian: bool,
) -> Result<bool, Fault> {
    let Some((last, before)) = marks.split_last() else {
        return Ok(false);
    };
    let is_persian = persian || matches!(variety, Some(Variety::Persian | Variety::Dari));
    let after = groups.last().map_or(0, |group| group.len());
    match last {
        Mark::Point => Ok(true),
        Mark::Group => Ok(false),
        Mark::Slash if before.is_empty() && !is_persian => {
            Err(Fault::Ambiguous(groups.join("."), groups.join("/")))
        }
        Mark::Slash => Ok(true),
        // The same mark twice stands between thousands.
        last if before.contains(last) => Ok(false),
        // Of two kinds the last is the point; «1 234,567» may be two numbers.
        Mark::Comma if before.contains(&Mark::Group) && after == 3 => Err(Fault::Unreadable),
        _ if !before.is_empty() => Ok(true),
        last => single(groups, *last, variety, persian),
    }
}

/// Whether the only mark, a comma or a dot, is a point.
fn single(
    groups: &[&str],
    mark: Mark,
    variety: Option<Variety>,
    persian: bool,
) -> Result<bool, Fault> {
    let [first, second] = groups else {
        return Err(Fault::Unreadable);
    };
    let ambiguous = || Err(Fault::Ambiguous(groups.concat(), groups.join(".")));
    if second.len() != 3 || first.is_empty() || first.starts_with('0') {
        return Ok(true);
    }
    let Some(variety) = variety else {
        // A dot behind four figures and more can only be a point.
        return match first.len() > 3 && mark == Mark::Dot {
            true => Ok(true),
            false => ambiguous(),
        };
    };
    let writes_comma = variety == Variety::Maghrebi;
    match mark {
        Mark::Comma if writes_comma => Ok(true),
        Mark::Comma => Ok(false),
        _ if first.len() > 3 => Ok(true),
        _ if writes_comma => Ok(false),
        _ if persian => ambiguous(),
        _ => Ok(true),
    }
}

fn whole(groups: &[&str], marks: &[Mark]) -> Result<String, Fault> {
    let same = marks.windows(2).all(|pair| pair[0] == pair[1]);
    match same && grouped(groups) {
        true => Ok(without_zeros(groups.concat())),
        false => Err(Fault::Unreadable),
    }
}

fn fraction(groups: &[&str], marks: &[Mark]) -> Result<String, Fault> {
    let (Some((fraction, whole_groups)), Some((point, before))) =
        (groups.split_last(), marks.split_last())
    else {
        return Err(Fault::Unreadable);
    };
    let same = before.windows(2).all(|pair| pair[0] == pair[1]) && !before.contains(point);
    let between_thousands = before
        .iter()
        .all(|mark| !matches!(mark, Mark::Slash | Mark::Point));
    if !same || !between_thousands || !grouped(whole_groups) {
        return Err(Fault::Unreadable);
    }
    let whole = without_zeros(whole_groups.concat());
    Ok(format!("{whole}.{fraction}"))
}

/// Whether the groups are of three figures each, but for the first.
fn grouped(groups: &[&str]) -> bool {
    match groups {
        [] => false,
        [_] => true,
        [first, rest @ ..] => {
            (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3)
        }
    }
}

fn without_zeros(whole: String) -> String {
    let bare = whole.trim_start_matches('0');
    match bare.is_empty() {
        true => "0".to_owned(),
        false => bare.to_owned(),
    }
}
