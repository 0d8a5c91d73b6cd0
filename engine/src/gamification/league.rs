//! Who did well in a span of time, within the caps?

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};

use super::{Reason, Within};
use crate::engine::Engine;
use crate::error::Result;
use crate::hook::{HookContext, Row, Score};
use crate::journal::{Entry, Journal, Position};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::store::Backend;
use crate::timeline::{self, EntryChange};
use crate::write::Change;

/// A league table over a span of days.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct League {
    /// Best first; equal points in the order of ids.
    pub standings: Vec<Standing>,
    /// Badges that were won within the span, oldest first.
    pub badges: Vec<BadgeHeld>,
    /// Points that caps took away.
    pub capped: i64,
    /// When the oldest entry was made that a trimmed journal still has; nothing where it has all. What happened before
    /// is in no line, and no badge counts it.
    pub since: Option<DateTime<Utc>>,
}

/// One person's line.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Standing {
    /// The user.
    pub user: RecordId,
    /// Points after caps.
    pub points: i64,
    /// Points by reason.
    pub by_reason: BTreeMap<String, i64>,
}

/// A badge that somebody won.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadgeHeld {
    /// The user.
    pub user: RecordId,
    /// The badge's name.
    pub badge: String,
    /// The day on which the count was reached.
    pub on: NaiveDate,
}

/// One award on its day, before caps.
struct Award {
    user: RecordId,
    day: NaiveDate,
    reason: String,
    points: i64,
}

/// Computes the league of a span from the journal. Badges count everything before the span too.
pub(crate) fn compute(engine: &Engine, from: NaiveDate, to: NaiveDate) -> Result<League> {
    let (reader, config) = engine.read()?;
    of_scores(engine, &reader, &config.registry().scores, (from, to))
}

pub(super) fn of_scores(
    engine: &Engine,
    reader: &Reader,
    scores: &[Arc<dyn Score>],
    (from, to): (NaiveDate, NaiveDate),
) -> Result<League> {
    let session = engine.session();
    let backend = &engine.inner.backend;
    let base = backend.journal().map_or(Position::START, Journal::base);
    let mut league = League {
        since: time_after(backend, base)?,
        ..League::default()
    };
    for score in scores {
        let mut ledger = Ledger::default();
        let mut story = Story::of(&score.interest().object, reader, backend, base);
        let mut after = base;
        loop {
            let entries = backend.entries(after, 500)?;
            let Some(last) = entries.last() else { break };
            after = last.position;
            for entry in &entries {
                let changes = story.changes(entry)?;
                let at = DateTime::from_timestamp_micros(entry.time).unwrap_or_default();
                let context = HookContext {
                    reader,
                    now: at,
                    today: session.context.day_of(at),
                    zone: session.context.zone,
                    actor: &session.context.actor,
                };
                ledger.add(
                    awards(engine, score.as_ref(), &changes, &context),
                    score.reasons(),
                );
            }
        }
        ledger.settle(score.as_ref(), from, to, &mut league);
    }
    league
        .standings
        .sort_by(|a, b| b.points.cmp(&a.points).then(a.user.cmp(&b.user)));
    league
        .badges
        .sort_by(|a, b| (a.on, &a.badge, a.user).cmp(&(b.on, &b.badge, b.user)));
    Ok(league)
}

/// When the first entry after a position was made; nothing for the beginning.
fn time_after(backend: &Arc<dyn Backend>, base: Position) -> Result<Option<DateTime<Utc>>> {
    if base == Position::START {
        return Ok(None);
    }
    let first = backend.entries(base, 1)?.pop();
    Ok(first.and_then(|entry| DateTime::from_timestamp_micros(entry.time)))
}

/// The records of one object, as the entries that were read so far left them.
struct Story<'a> {
    object: &'a str,
    reader: &'a Reader,
    backend: &'a Arc<dyn Backend>,
    /// Entries up to here were trimmed.
    base: Position,
    states: HashMap<RecordId, Option<Record>>,
}

impl<'a> Story<'a> {
    fn of(
        object: &'a str,
        reader: &'a Reader,
        backend: &'a Arc<dyn Backend>,
        base: Position,
    ) -> Self {
        Self {
            object,
            reader,
            backend,
            base,
            states: HashMap::new(),
        }
    }

    /// What an entry did to them. Entries are to be given in their order.
    fn changes(&mut self, entry: &Entry) -> Result<Vec<EntryChange>> {
        let mut changes = Vec::new();
        for (id, after) in timeline::states(self.reader, entry)? {
            if self.reader.object_of(id)?.name != self.object {
                continue;
            }
            let before = match self.states.insert(id, after.clone()) {
                Some(before) => before,
                None if self.base == Position::START => None,
                None => timeline::state_before(self.reader, self.backend, entry.position, id)?,
            };
            changes.push(EntryChange { id, before, after });
        }
        Ok(changes)
    }
}

fn awards(
    engine: &Engine,
    score: &dyn Score,
    changes: &[EntryChange],
    context: &HookContext<'_>,
) -> Vec<Award> {
    let rows: Vec<Row<'_>> = changes
        .iter()
        .filter(|change| {
            score
                .interest()
                .is_in(object_of(change), change.row().verb, &change.changed())
        })
        .map(Change::row)
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    match score.score(&rows, context) {
        Ok(answer) => {
            engine
                .inner
                .bills
                .charge(score.name(), rows.len(), answer.cost, |_| {});
            let award = |(row, points, reason): (usize, i32, u16)| {
                let Some(Value::Reference(user)) = rows.get(row)?.record()?.value(score.credit())
                else {
                    return None;
                };
                Some(Award {
                    user: *user,
                    day: context.today,
                    reason: score.reasons().get(usize::from(reason))?.name.clone(),
                    points: i64::from(points),
                })
            };
            answer.awards.into_iter().filter_map(award).collect()
        }
        Err(failure) => {
            engine
                .inner
                .bills
                .charge(score.name(), rows.len(), failure.cost, |bill| {
                    bill.failures += 1;
                    bill.last_failure = Some(failure.message.clone());
                });
            Vec::new()
        }
    }
}

fn object_of(change: &EntryChange) -> &str {
    change.row().record().map_or("", |record| record.object())
}

/// Points by person, day and reason, with the caps applied as they come in.
#[derive(Default)]
struct Ledger {
    days: BTreeMap<(RecordId, NaiveDate, String), i64>,
    /// What caps took away, by day.
    capped: BTreeMap<NaiveDate, i64>,
    /// Days on which a reason counted for a person, in order: what badges count.
    times: BTreeMap<(RecordId, String), Vec<NaiveDate>>,
}

impl Ledger {
    fn add(&mut self, awards: Vec<Award>, reasons: &[Reason]) {
        for award in awards {
            let cap = reasons
                .iter()
                .find(|reason| reason.name == award.reason)
                .and_then(|reason| reason.cap_per_day);
            let day = self
                .days
                .entry((award.user, award.day, award.reason.clone()))
                .or_default();
            let given = cap.map_or(award.points, |cap| award.points.min(cap - *day).max(0));
            *day += given;
            *self.capped.entry(award.day).or_default() += award.points - given;
            self.times
                .entry((award.user, award.reason))
                .or_default()
                .push(award.day);
        }
    }

    fn settle(self, score: &dyn Score, from: NaiveDate, to: NaiveDate, league: &mut League) {
        for ((user, day, reason), points) in self.days {
            if !(from..=to).contains(&day) || points == 0 {
                continue;
            }
            let place = league
                .standings
                .iter()
                .position(|standing| standing.user == user)
                .unwrap_or_else(|| {
                    league.standings.push(Standing {
                        user,
                        points: 0,
                        by_reason: BTreeMap::new(),
                    });
                    league.standings.len() - 1
                });
            league.standings[place].points += points;
            *league.standings[place].by_reason.entry(reason).or_default() += points;
        }
        league.capped += self
            .capped
            .range(from..=to)
            .map(|(_, points)| points)
            .sum::<i64>();
        for badge in score.badges() {
            for ((user, _), days) in self
                .times
                .iter()
                .filter(|((_, reason), _)| *reason == badge.reason)
            {
                let won = won_on(days, badge.count as usize, badge.within)
                    .into_iter()
                    .filter(|on| (from..=to).contains(on));
                league.badges.extend(won.map(|on| BadgeHeld {
                    user: *user,
                    badge: badge.name.clone(),
                    on,
                }));
            }
        }
    }
}

/// The days on which a count was reached, once for each span.
fn won_on(days: &[NaiveDate], count: usize, within: Within) -> Vec<NaiveDate> {
    let mut won = Vec::new();
    let mut span = None;
    let mut reached = 0;
    for day in days {
        let this = match within {
            Within::Ever => None,
            Within::Month => day.with_day(1),
            Within::Week => week_of(*day),
        };
        if this != span {
            (span, reached) = (this, 0);
        }
        reached += 1;
        if reached == count.max(1) {
            won.push(*day);
        }
    }
    won
}

/// Weeks begin on Saturday, as in Iran and most of the Arab world; business calendars come with the locale room.
fn week_of(day: NaiveDate) -> Option<NaiveDate> {
    day.checked_sub_days(Days::new(u64::from(day.weekday().days_since(Weekday::Sat))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_badge_is_won_once_a_week_when_the_count_is_reached() {
        // 2026-03-21 is a Saturday.
        let days: Vec<NaiveDate> = [
            "2026-03-20",
            "2026-03-21",
            "2026-03-22",
            "2026-03-23",
            "2026-03-28",
            "2026-03-29",
        ]
        .iter()
        .map(|text| day(text))
        .collect();
        assert_eq!(
            won_on(&days, 2, Within::Week),
            [day("2026-03-22"), day("2026-03-29")]
        );
        assert_eq!(won_on(&days, 6, Within::Ever), [day("2026-03-29")]);
        assert_eq!(won_on(&days, 7, Within::Month), []);
    }
}
