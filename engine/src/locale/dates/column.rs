//! Of which calendar are the dates of a column, and in which order do their figures stand?
//!
//! A row alone may be read in several ways; all rows together often only in one. A column whose rows contradict each
//! other is mixed, and no row of it is guessed: whoever has it is asked.

use super::super::calendar::Calendar;
use super::read::{DateOrder, DateRules, ReadDate, read_date};

/// What the cells of a column say together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DateColumn {
    /// How the column is to be read.
    pub verdict: DateVerdict,
    /// How many cells are dates in some way.
    pub dates: usize,
    /// The cells that are no dates in any way, counted from 0; empty ones are not among them.
    pub unread: Vec<usize>,
}

/// How a column is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DateVerdict {
    /// By these rules every date reads.
    Decided(DateRules),
    /// By each of these rules every date reads, and not to the same days: ask.
    Undecided(Vec<DateRules>),
    /// No rules read both of these cells, counted from 0: ask what the column is.
    Mixed(usize, usize),
    /// No cell is a date.
    NoDates,
}

const CALENDARS: [Calendar; 3] = [Calendar::Jalali, Calendar::Hijri, Calendar::Gregorian];
const ORDERS: [DateOrder; 3] = [
    DateOrder::YearFirst,
    DateOrder::DayFirst,
    DateOrder::MonthFirst,
];
/// One for each calendar and order, and one for a spreadsheet's numbers.
const WAYS: usize = CALENDARS.len() * ORDERS.len() + 1;
const SERIALS: usize = WAYS - 1;

/// A set of ways to read, as bits.
type Ways = u16;

/// Judges all cells of a column. What `rules` say decides between ways that all read the column; it does not make a
/// column readable that is not.
pub fn judge_dates<'a>(cells: impl IntoIterator<Item = &'a str>, rules: &DateRules) -> DateColumn {
    let mut judged = Judged::new(rules);
    for (row, cell) in cells.into_iter().enumerate() {
        if !cell.trim().is_empty() {
            judged.see(row, cell);
        }
    }
    judged.verdict()
}

struct Judged<'a> {
    rules: &'a DateRules,
    /// The ways in which all dates so far read.
    left: Ways,
    /// The ways of each kind of cell, and where it was first.
    kinds: Vec<(Ways, usize)>,
    /// The cell that contradicts the others.
    contradicts: Option<(usize, Ways)>,
    /// For each pair of ways whether some cell reads to different days.
    differ: [Ways; WAYS],
    dates: usize,
    unread: Vec<usize>,
}

impl<'a> Judged<'a> {
    fn new(rules: &'a DateRules) -> Self {
        Self {
            rules,
            left: (1 << WAYS) - 1,
            kinds: Vec::new(),
            contradicts: None,
            differ: [0; WAYS],
            dates: 0,
            unread: Vec::new(),
        }
    }

    fn rules_of(&self, way: usize) -> DateRules {
        let rules = *self.rules;
        if way == SERIALS {
            return rules;
        }
        DateRules {
            calendar: CALENDARS.get(way / ORDERS.len()).copied(),
            order: ORDERS.get(way % ORDERS.len()).copied(),
            // The century of short years is known for the calendar of the rules only.
            latest_year: rules
                .latest_year
                .filter(|_| rules.calendar == CALENDARS.get(way / ORDERS.len()).copied()),
            serials: rules.serials,
        }
    }

    fn read(&self, way: usize, cell: &str) -> Option<ReadDate> {
        let rules = self.rules_of(way);
        let read = read_date(cell, &rules).ok()?;
        let fits = match way {
            SERIALS => read.calendar.is_none(),
            _ => {
                let ordered = read.order.is_none() || read.order == rules.order;
                ordered && read.calendar.is_some() && read.calendar == rules.calendar
            }
        };
        fits.then_some(read)
    }

    fn see(&mut self, row: usize, cell: &str) {
        let mut read: [Option<ReadDate>; WAYS] = [None; WAYS];
        let mut ways: Ways = 0;
        for (way, slot) in read.iter_mut().enumerate() {
            *slot = self.read(way, cell);
            ways |= Ways::from(slot.is_some()) << way;
        }
        if ways == 0 {
            self.unread.push(row);
            return;
        }
        self.dates += 1;
        for (way, differ) in self.differ.iter_mut().enumerate() {
            for (other, slot) in read.iter().enumerate() {
                let same = slot.map(|read| read.day)
                    == read.get(way).copied().flatten().map(|read| read.day);
                *differ |= Ways::from(!same) << other;
            }
        }
        if self.left & ways == 0 && self.contradicts.is_none() {
            self.contradicts = Some((row, ways));
        }
        self.left &= ways;
        if !self.kinds.iter().any(|(kind, _)| *kind == ways) {
            self.kinds.push((ways, row));
        }
    }

    fn verdict(self) -> DateColumn {
        let verdict = match self.contradicts {
            _ if self.dates == 0 => DateVerdict::NoDates,
            Some((row, ways)) => {
                let other = self.kinds.iter().find(|(kind, _)| kind & ways == 0);
                // Where no two cells alone contradict each other, the first stands for those that do together.
                let first = other.or(self.kinds.first()).map_or(0, |(_, first)| *first);
                DateVerdict::Mixed(first, row)
            }
            None => self.decide(),
        };
        DateColumn {
            verdict,
            dates: self.dates,
            unread: self.unread,
        }
    }

    fn decide(&self) -> DateVerdict {
        let mut left: Vec<usize> = (0..WAYS).filter(|way| self.left >> way & 1 == 1).collect();
        // What the rules say goes before what they do not say, where both read everything.
        let mut prefer = |wanted: &dyn Fn(&DateRules) -> bool| {
            if left.iter().any(|way| wanted(&self.rules_of(*way))) {
                left.retain(|way| wanted(&self.rules_of(*way)));
            }
        };
        if self.rules.calendar.is_some() {
            prefer(&|rules| rules.calendar == self.rules.calendar);
        }
        if self.rules.order.is_some() {
            prefer(&|rules| rules.order == self.rules.order);
        }
        let differ = |way: usize, other: usize| {
            self.differ
                .get(way)
                .is_some_and(|differ| differ >> other & 1 == 1)
        };
        let mut told: Vec<usize> = Vec::new();
        for way in left {
            if told.iter().all(|other| differ(way, *other)) {
                told.push(way);
            }
        }
        let rules: Vec<DateRules> = told.into_iter().map(|way| self.rules_of(way)).collect();
        match rules.as_slice() {
            [decided] => DateVerdict::Decided(*decided),
            _ => DateVerdict::Undecided(rules),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::serial::SerialDates;
    use super::*;

    fn judge(cells: &[&str], rules: DateRules) -> DateVerdict {
        judge_dates(cells.iter().copied(), &rules).verdict
    }

    fn decided(cells: &[&str], rules: DateRules) -> (Option<Calendar>, Option<DateOrder>) {
        match judge(cells, rules) {
            DateVerdict::Decided(rules) => (rules.calendar, rules.order),
            other => panic!("{cells:?}: {other:?}"),
        }
    }

    #[test]
    fn one_certain_row_decides_for_all() {
        let none = DateRules::default();
        let jalali = Some(Calendar::Jalali);
        // 31 Mordad is no Hijri day.
        assert_eq!(decided(&["1403/5/7", "", "1403/05/31"], none).0, jalali);
        assert_eq!(decided(&["1403/5/7", "۷ مرداد ۱۴۰۳"], none).0, jalali);
        let gregorian = Some(Calendar::Gregorian);
        assert_eq!(
            decided(&["5/7/2024", "28/7/2024"], none),
            (gregorian, Some(DateOrder::DayFirst))
        );
        assert_eq!(
            decided(&["5/7/2024", "7/28/2024"], none),
            (gregorian, Some(DateOrder::MonthFirst))
        );
        assert_eq!(decided(&["2024-07-05", "2024-08-01"], none).0, gregorian);
    }

    #[test]
    fn what_no_row_decides_the_rules_do_or_nobody() {
        let none = DateRules::default();
        let cells = ["1403/5/7", "1403/6/8"];
        let DateVerdict::Undecided(ways) = judge(&cells, none) else {
            panic!("it is decided");
        };
        let calendars: Vec<_> = ways.iter().map(|rules| rules.calendar).collect();
        assert_eq!(calendars, [Some(Calendar::Jalali), Some(Calendar::Hijri)]);
        assert_eq!(
            decided(&cells, none.with_calendar(Calendar::Hijri)).0,
            Some(Calendar::Hijri)
        );
        assert!(matches!(
            judge(&["5/7/2024", "6/8/2024"], none),
            DateVerdict::Undecided(_)
        ));
        let short = DateRules::default()
            .with_calendar(Calendar::Jalali)
            .with_latest_year(1410);
        assert!(matches!(
            judge(&["۰۳/۰۵/۰۷"], short),
            DateVerdict::Undecided(_)
        ));
        assert_eq!(
            decided(
                &["۰۳/۰۵/۰۷", "۰۳/۰۵/۱۷"],
                short.with_order(DateOrder::YearFirst)
            ),
            (Some(Calendar::Jalali), Some(DateOrder::YearFirst))
        );
    }

    #[test]
    fn rows_that_contradict_each_other_are_told_and_not_guessed() {
        let persian = DateRules::default().with_calendar(Calendar::Jalali);
        for rules in [DateRules::default(), persian] {
            assert_eq!(
                judge(&["1403/5/7", "1403/5/31", "2024-08-07"], rules),
                DateVerdict::Mixed(0, 2)
            );
            assert_eq!(
                judge(&["28/7/2024", "7/28/2024"], rules),
                DateVerdict::Mixed(0, 1)
            );
            assert_eq!(
                judge(&["5 رمضان 1446", "7 مرداد 1403"], rules),
                DateVerdict::Mixed(0, 1)
            );
        }
        let sheet = persian.with_serials(SerialDates::From1900);
        assert_eq!(
            judge(&["45501", "1403/5/7"], sheet),
            DateVerdict::Mixed(0, 1)
        );
        assert!(matches!(
            judge(&["45501", "45502"], sheet),
            DateVerdict::Decided(_)
        ));
    }

    #[test]
    fn what_is_no_date_is_counted_beside() {
        let column = judge_dates(
            ["1403/5/31", "ندارد", " ", "1403/13/1"],
            &DateRules::default(),
        );
        assert_eq!((column.dates, column.unread), (1, vec![1, 3]));
        assert_eq!(
            judge(&["abc", ""], DateRules::default()),
            DateVerdict::NoDates
        );
    }
}
