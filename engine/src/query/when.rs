//! Which moment is `today-14d`?

use chrono::{DateTime, Days, FixedOffset, Months, NaiveDate, NaiveTime, Offset, TimeDelta, Utc};

use crate::context::Actor;
use crate::locale::fold_digits;
use crate::record::RecordId;

/// The moment at which a query is asked, where, and by whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueryTime {
    pub(crate) now: DateTime<Utc>,
    pub(crate) zone: FixedOffset,
    pub(crate) asker: Asker,
}

/// Who is meant by `me`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    User(RecordId),
    /// Nobody, and `me` holds for no record: what was declared for many is asked by a program.
    Nobody,
    /// A program that asks for itself: `me` is a mistake.
    Program,
}

impl QueryTime {
    /// For a question that somebody asks himself.
    pub(crate) fn asked(now: DateTime<Utc>, zone: FixedOffset, actor: &Actor) -> Self {
        let asker = match actor {
            Actor::User(id) => Asker::User(*id),
            _ => Asker::Program,
        };
        Self { now, zone, asker }
    }

    /// For a question that was declared once and is asked by whoever comes.
    pub(crate) fn declared(now: DateTime<Utc>, zone: FixedOffset, actor: &Actor) -> Self {
        Self::asked(now, zone, actor).for_anybody()
    }

    /// The same for what was declared once and is asked by whoever comes.
    pub(crate) fn for_anybody(mut self) -> Self {
        if self.asker == Asker::Program {
            self.asker = Asker::Nobody;
        }
        self
    }

    /// Of a question in which time plays no part.
    pub(super) fn never() -> Self {
        Self {
            now: DateTime::UNIX_EPOCH,
            zone: Utc.fix(),
            asker: Asker::Program,
        }
    }

    pub(crate) fn today(&self) -> NaiveDate {
        self.day_of(self.now)
    }

    /// The day that a wall calendar shows at an instant.
    pub(crate) fn day_of(&self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.zone).date_naive()
    }

    /// The first instant of a day.
    pub(crate) fn start_of(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        day.and_time(NaiveTime::MIN)
            .and_local_timezone(self.zone)
            .single()
            .map(|at| at.with_timezone(&Utc))
    }
}

/// What a relative form stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Day(NaiveDate),
    Instant(DateTime<Utc>),
}

/// Reads `today`, `today-14d`, `today+2w`, `now-3h`; `None` when the text does not begin so.
///
/// Units are d, w, m and y, and after `now` also h. A month later is the same day of the next month, or its last day.
pub(super) fn relative(written: &str, time: &QueryTime) -> Option<Result<Moment, String>> {
    let plain = fold_digits(written.trim()).to_lowercase();
    let (start, shift) = match (plain.strip_prefix("today"), plain.strip_prefix("now")) {
        (Some(shift), _) => (Moment::Day(time.today()), shift),
        (_, Some(shift)) => (Moment::Instant(time.now), shift),
        _ => return None,
    };
    if shift.trim().is_empty() {
        return Some(Ok(start));
    }
    let unreadable =
        || format!("'{written}' is not a moment such as today, today-14d, today+2w or now-3h");
    let Some(shift) = Shift::read(shift) else {
        return Some(Err(unreadable()));
    };
    Some(match start {
        Moment::Day(_) if shift.unit == 'h' => Err(format!(
            "'{written}': a day has no hours; use now instead of today"
        )),
        Moment::Day(day) => shift.of_day(day).map(Moment::Day).ok_or_else(unreadable),
        Moment::Instant(at) => shift
            .of_instant(at, time.zone)
            .map(Moment::Instant)
            .ok_or_else(unreadable),
    })
}

struct Shift {
    back: bool,
    count: u32,
    unit: char,
}

impl Shift {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let unit = text.chars().next_back()?;
        let count = text.strip_suffix(unit)?;
        let (back, count) = match count.strip_prefix('-') {
            Some(count) => (true, count),
            None => (false, count.strip_prefix('+')?),
        };
        let digits = !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit());
        let known = matches!(unit, 'h' | 'd' | 'w' | 'm' | 'y');
        if digits && known {
            Some(Self {
                back,
                count: count.parse().ok()?,
                unit,
            })
        } else {
            None
        }
    }

    fn days(&self) -> Option<Days> {
        match self.unit {
            'd' => Some(Days::new(self.count.into())),
            'w' => Some(Days::new(u64::from(self.count) * 7)),
            _ => None,
        }
    }

    fn months(&self) -> Option<Months> {
        self.count
            .checked_mul(if self.unit == 'y' { 12 } else { 1 })
            .map(Months::new)
    }

    fn of_day(&self, day: NaiveDate) -> Option<NaiveDate> {
        match (self.days(), self.back) {
            (Some(days), true) => day.checked_sub_days(days),
            (Some(days), false) => day.checked_add_days(days),
            (None, true) => day.checked_sub_months(self.months()?),
            (None, false) => day.checked_add_months(self.months()?),
        }
    }

    /// Days and months are steps of the wall calendar; the time of day stays.
    fn of_instant(&self, at: DateTime<Utc>, zone: FixedOffset) -> Option<DateTime<Utc>> {
        if self.unit == 'h' {
            let hours = TimeDelta::try_hours(if self.back {
                -i64::from(self.count)
            } else {
                self.count.into()
            })?;
            return at.checked_add_signed(hours);
        }
        let local = at.with_timezone(&zone).naive_local();
        let moved = self.of_day(local.date())?.and_time(local.time());
        moved
            .and_local_timezone(zone)
            .single()
            .map(|at| at.with_timezone(&Utc))
    }
}
