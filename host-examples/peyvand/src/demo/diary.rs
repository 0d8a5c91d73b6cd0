//! What do people do all day? Calls, mails, meetings and visits, planned and held, and the tasks that rules gave them.

use chrono::{Datelike, Days, NaiveDate, SecondsFormat, Weekday};
use peyvand::{Filter, Query, RecordId, Request, Value};
use serde_json::json;

use super::customers::filled;
use super::names::Language;
use super::words;
use super::year::{ACTIVITIES, Year, hour};

/// Something in the diary that will be done on its day, or not.
pub(super) struct Planned {
    id: RecordId,
    kind: &'static str,
    language: Language,
}

/// Whom an activity is about.
struct About {
    id: RecordId,
    name: String,
    language: Language,
    seller: usize,
}

/// The task is done on the first day on which somebody finds the time; what nobody did for so long is dropped.
const DROPPED_AFTER: u64 = 12;

impl Year<'_> {
    /// Meetings, visits and tasks whose day has come.
    pub(super) fn keep_dates(&mut self) {
        let Some(tomorrow) = self.day.checked_add_days(Days::new(1)) else {
            return;
        };
        let later = self.planned.split_off(&tomorrow);
        for planned in std::mem::replace(&mut self.planned, later)
            .into_values()
            .flatten()
        {
            let held = self.dice.chance(91);
            let outcome = self
                .dice
                .chance(70)
                .then(|| self.dice.pick(&words::outcomes(planned.language)));
            let minutes = (planned.kind != "task").then(|| self.dice.between((3, 12)) * 10);
            let fields = if held {
                json!({"status": "done", "outcome": outcome, "duration_minutes": minutes})
            } else {
                json!({"status": "cancelled"})
            };
            self.asks.push(Request::update(planned.id, filled(fields)));
            self.touched.insert(planned.id);
        }
    }

    /// The tasks that plugins and scripts have made: found as anybody would find them, with a query.
    pub(super) fn do_rule_tasks(&mut self) -> peyvand::Result<()> {
        let due = Filter::eq("status", "planned")
            .and(Filter::is_in("origin", ["follow-up", "won-thanks"]))
            .and(Filter::lte("due_on", self.day));
        let tasks = self
            .session
            .query(&Query::new("activity").filter(due).limit(500))?
            .records;
        let dropped = self.day.checked_sub_days(Days::new(DROPPED_AFTER));
        for task in tasks {
            let old = match (task.get("due_on"), dropped) {
                (Some(Value::Date(due)), Some(dropped)) => *due < dropped,
                _ => false,
            };
            let fields = if self.dice.chance(55) {
                let minute = self.dice.between((0, 59));
                json!({"status": "done", "at": hour(self.day, 10, minute).to_rfc3339_opts(SecondsFormat::Secs, true)})
            } else if old {
                json!({"status": "cancelled"})
            } else {
                continue;
            };
            let done = fields["status"] == "done";
            self.asks.push(Request::update(task.id(), filled(fields)));
            self.touched.insert(task.id());
            if let (true, Some(Value::Reference(about))) = (done, task.get("about"))
                && let Some(place) = self.deal_of.get(about)
            {
                self.revive(*place);
            }
        }
        Ok(())
    }

    /// What people do of themselves: mostly about deals, the longer untouched the sooner.
    pub(super) fn new_activities(&mut self) -> peyvand::Result<()> {
        let today = self.day;
        let speaking = |quiet: Option<NaiveDate>| quiet.is_none_or(|until| until <= today);
        let open: Vec<usize> = (0..self.deals.len())
            .filter(|place| {
                self.deals
                    .get(*place)
                    .is_some_and(|deal| deal.open && speaking(deal.quiet_until))
            })
            .collect();
        for _ in 0..self.due(ACTIVITIES, self.made.activities) {
            let target = self.dice.weighted(&[(72, 0), (17, 1), (11, 2)]);
            let about = match target {
                0 => self.some_deal(&open),
                1 => self.some_lead()?,
                _ => None,
            };
            match about {
                Some((about, deal)) => self.act(&about, deal)?,
                None => {
                    let Some(customer) = self.dice.choose(&self.company.customers).cloned() else {
                        continue;
                    };
                    self.act(
                        &About {
                            id: customer.id,
                            name: customer.name,
                            language: customer.language,
                            seller: customer.seller,
                        },
                        None,
                    )?;
                }
            }
        }
        Ok(())
    }

    fn some_deal(&mut self, open: &[usize]) -> Option<(About, Option<usize>)> {
        let drawn: Vec<usize> = (0..5)
            .filter_map(|_| self.dice.choose(open).copied())
            .collect();
        let place = drawn
            .into_iter()
            .min_by_key(|place| self.deals.get(*place).map(|deal| deal.last_touch))?;
        let deal = self.deals.get(place)?;
        let customer = self.company.customers.get(deal.customer)?;
        Some((
            About {
                id: deal.id,
                name: customer.name.clone(),
                language: customer.language,
                seller: deal.seller,
            },
            Some(place),
        ))
    }

    fn some_lead(&mut self) -> peyvand::Result<Option<(About, Option<usize>)>> {
        let Some((id, language, seller)) = self.open_lead() else {
            return Ok(None);
        };
        Ok(Some((
            About {
                id,
                name: String::new(),
                language,
                seller,
            },
            None,
        )))
    }

    fn act(&mut self, about: &About, deal: Option<usize>) -> peyvand::Result<()> {
        let late = deal
            .and_then(|place| self.deals.get(place))
            .is_some_and(|deal| deal.stage >= 2);
        let kind = if late {
            self.dice.weighted(&[
                (26, "call"),
                (20, "email"),
                (24, "meeting"),
                (14, "visit"),
                (8, "task"),
                (8, "note"),
            ])
        } else {
            self.dice.weighted(&[
                (40, "call"),
                (26, "email"),
                (12, "meeting"),
                (7, "visit"),
                (6, "task"),
                (9, "note"),
            ])
        };
        let id = self.session.new_id("activity")?;
        let subject = self.dice.pick(&words::subjects(kind, about.language));
        let (start, minute) = (self.dice.between((9, 15)), self.dice.below(12) as i64 * 5);
        let mut day = self.day;
        let planned = matches!(kind, "meeting" | "visit" | "task");
        if planned {
            day = self.after((2, 7));
            if day.weekday() == Weekday::Fri {
                day = day.checked_add_days(Days::new(1)).unwrap_or(day);
            }
        }
        let spoken = matches!(kind, "call" | "email");
        let fields = json!({
            "kind": kind,
            "subject": format!("{subject} · {}", about.name).trim_end_matches(" · "),
            "about": about.id.to_string(),
            "at": (kind != "task").then(|| hour(day, start, minute).to_rfc3339_opts(SecondsFormat::Secs, true)),
            "due_on": (kind == "task").then(|| day.to_string()),
            "status": if planned { "planned" } else { "done" },
            "direction": spoken.then(|| if self.dice.chance(35) { "inbound" } else { "outbound" }),
            "duration_minutes": (kind == "call").then(|| self.dice.between((2, 25))),
            "outcome": (kind == "call" && self.dice.chance(50)).then(|| self.dice.pick(&words::outcomes(about.language))),
            "owner": self.company.seller(about.seller).map(|seller| seller.id.to_string()),
        });
        self.asks
            .push(Request::create_as(id, "activity", filled(fields)));
        self.made.activities += 1;
        if planned {
            self.planned.entry(day).or_default().push(Planned {
                id,
                kind,
                language: about.language,
            });
        }
        if let Some(deal) = deal.and_then(|place| self.deals.get_mut(place)) {
            deal.last_touch = day;
        }
        Ok(())
    }
}
