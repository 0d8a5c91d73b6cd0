//! Which days does a rule name?
//!
//! Period by period: the days that the rule names in one, in order. A day that a month does not have may become the first
//! of the next month, which no day of a later period is before.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::{Frequency, NthWeekday, Recurrence, Skip};

/// So many periods without a day are the end: a rule may name a day that never comes.
const EMPTY_AT_MOST: u32 = 10_000;

/// The days from the first on, without an end but that of the calendar.
pub(super) fn all(rule: &Recurrence, first: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let periods = Periods::of(rule, first);
    let mut empty = 0;
    let found = periods.map(move |days| {
        empty = if days.is_empty() { empty + 1 } else { 0 };
        (days, empty)
    });
    let found = found.take_while(|(_, empty)| *empty < EMPTY_AT_MOST);
    let mut last = None;
    found
        .flat_map(|(days, _)| days)
        .filter(move |day| *day >= first && last.replace(*day).is_none_or(|last| last < *day))
}

struct Periods<'a> {
    rule: &'a Recurrence,
    /// What the rule does not say, the first day says.
    first: NaiveDate,
    month: u8,
    day: u8,
    /// Days since 1 January of the year 1, or months, or years.
    next: Option<i64>,
}

impl<'a> Periods<'a> {
    fn of(rule: &'a Recurrence, first: NaiveDate) -> Self {
        let named = rule.calendar.name_day(first);
        let number = i64::from(first.num_days_from_ce());
        let next = named.map(|named| match rule.frequency {
            Frequency::Daily => number,
            Frequency::Weekly => number - i64::from(first.weekday().days_since(rule.week_start)),
            Frequency::Monthly => i64::from(named.year) * 12 + i64::from(named.month) - 1,
            Frequency::Yearly => i64::from(named.year),
        });
        let (month, day) = named.map_or((1, 1), |named| (named.month, named.day));
        Self {
            rule,
            first,
            month,
            day,
            next,
        }
    }

    fn on_day(&self, number: i64) -> Option<Vec<NaiveDate>> {
        let day = day_of(number)?;
        let rule = self.rule;
        let named = rule.calendar.name_day(day)?;
        let length = i16::from(rule.calendar.days_in_month(named.year, named.month)?);
        let of_month = i16::from(named.day);
        let is_named = rule.month_days.iter().any(|wanted| {
            let wanted = i16::from(*wanted);
            wanted == of_month || wanted == of_month - length - 1
        });
        let fits = (rule.months.is_empty() || rule.months.contains(&named.month))
            && (rule.month_days.is_empty() || is_named)
            && self.is_weekday(day);
        Some(if fits { vec![day] } else { Vec::new() })
    }

    fn in_week(&self, number: i64) -> Option<Vec<NaiveDate>> {
        let start = day_of(number)?;
        let rule = self.rule;
        let only = [NthWeekday {
            nth: None,
            day: self.first.weekday(),
        }];
        let wanted = match rule.weekdays.as_slice() {
            [] => only.as_slice(),
            weekdays => weekdays,
        };
        let days = start.iter_days().take(7);
        let days = days.filter(|day| wanted.iter().any(|one| one.day == day.weekday()));
        let in_months = |day: &NaiveDate| {
            let named = rule.calendar.name_day(*day);
            rule.months.is_empty() || named.is_some_and(|named| rule.months.contains(&named.month))
        };
        Some(days.filter(in_months).collect())
    }

    fn in_month(&self, year: i32, month: u8) -> Option<Vec<NaiveDate>> {
        let rule = self.rule;
        let length = rule.calendar.days_in_month(year, month)?;
        let first = rule.calendar.day(year, month, 1)?;
        if rule.month_days.is_empty() && !rule.weekdays.is_empty() {
            return Some(counted(&rule.weekdays, first, u64::from(length)));
        }
        let own = [i8::try_from(self.day).unwrap_or(1)];
        let wanted = match rule.month_days.as_slice() {
            [] => own.as_slice(),
            days => days,
        };
        let days = wanted.iter().filter_map(|wanted| {
            let length = i64::from(length);
            let place = match i64::from(*wanted) {
                // Before the first day of a month there is nothing to move.
                wanted if wanted < 0 => Some(length + wanted).filter(|place| *place >= 0),
                wanted if wanted <= length => Some(wanted - 1),
                _ => match rule.skip {
                    Skip::Omit => None,
                    Skip::Backward => Some(length - 1),
                    Skip::Forward => Some(length),
                },
            };
            first.checked_add_days(Days::new(u64::try_from(place?).ok()?))
        });
        Some(days.filter(|day| self.is_weekday(*day)).collect())
    }

    fn in_year(&self, year: i32) -> Option<Vec<NaiveDate>> {
        let rule = self.rule;
        let first = rule.calendar.day(year, 1, 1)?;
        let months: Vec<u8> = match (rule.months.as_slice(), rule.month_days.as_slice()) {
            ([], []) if !rule.weekdays.is_empty() => {
                let next = rule.calendar.day(year + 1, 1, 1)?;
                let length = u64::try_from((next - first).num_days()).ok()?;
                return Some(counted(&rule.weekdays, first, length));
            }
            ([], []) => vec![self.month],
            ([], _) => (1..=12).collect(),
            (months, _) => months.to_vec(),
        };
        let mut days = Vec::new();
        for month in months {
            days.extend(self.in_month(year, month)?);
        }
        Some(days)
    }

    fn is_weekday(&self, day: NaiveDate) -> bool {
        let weekdays = &self.rule.weekdays;
        weekdays.is_empty() || weekdays.iter().any(|one| one.day == day.weekday())
    }

    /// The days at the places that the rule names.
    fn at_positions(&self, days: Vec<NaiveDate>) -> Vec<NaiveDate> {
        let positions = &self.rule.positions;
        if positions.is_empty() {
            return days;
        }
        let count = days.len();
        let wanted = |place: usize| {
            positions
                .iter()
                .any(|wanted| match usize::try_from(*wanted) {
                    Ok(wanted) => wanted == place + 1,
                    Err(_) => usize::from(wanted.unsigned_abs()) == count - place,
                })
        };
        let days = days.into_iter().enumerate();
        days.filter(|(place, _)| wanted(*place))
            .map(|(_, day)| day)
            .collect()
    }
}

impl Iterator for Periods<'_> {
    type Item = Vec<NaiveDate>;

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.next?;
        let step = i64::from(self.rule.interval);
        let (step, days) = match self.rule.frequency {
            Frequency::Daily => (step, self.on_day(number)),
            Frequency::Weekly => (step * 7, self.in_week(number)),
            Frequency::Monthly => {
                let year = i32::try_from(number.div_euclid(12)).ok()?;
                let month = u8::try_from(number.rem_euclid(12) + 1).ok()?;
                let months = &self.rule.months;
                let days = match months.is_empty() || months.contains(&month) {
                    true => self.in_month(year, month),
                    // Past the end of the calendar there is nothing to pass over.
                    false => self.rule.calendar.day(year, month, 1).map(|_| Vec::new()),
                };
                (step, days)
            }
            Frequency::Yearly => (step, self.in_year(i32::try_from(number).ok()?)),
        };
        self.next = number.checked_add(step);
        let mut days = days?;
        days.sort_unstable();
        days.dedup();
        Some(self.at_positions(days))
    }
}

fn day_of(number: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(number).ok()?)
}

/// Of a span of days each such weekday, or the one of a number.
fn counted(weekdays: &[NthWeekday], first: NaiveDate, length: u64) -> Vec<NaiveDate> {
    let mut days = Vec::new();
    for one in weekdays {
        let all = each(one.day, first, length);
        match one.nth {
            None => days.extend(all),
            Some(nth) => {
                let place = match usize::try_from(nth) {
                    Ok(from_start) => from_start.checked_sub(1),
                    Err(_) => all.len().checked_sub(usize::from(nth.unsigned_abs())),
                };
                days.extend(place.and_then(|place| all.get(place)));
            }
        }
    }
    days
}

fn each(weekday: Weekday, first: NaiveDate, length: u64) -> Vec<NaiveDate> {
    let until = u64::from(weekday.days_since(first.weekday()));
    let places = (until..length).step_by(7);
    places
        .filter_map(|place| first.checked_add_days(Days::new(place)))
        .collect()
}
