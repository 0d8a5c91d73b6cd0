//! What comes next for an opportunity that was won, was lost or has gone quiet? A task for its
//! owner, due on a working day, once for each occasion.

mod week;
mod words;

use peyvand_plugin::{
    BindError, Date, Effects, Instant, Json, Language, Plugin, Row, Settings, WorkflowAction,
};

use week::Week;

/// What every task's `origin` says.
const ORIGIN: &str = "follow-up";

/// The occasion, from the workflow's parameter `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    Won,
    Lost,
    Quiet,
}

impl Occasion {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "won" => Self::Won,
            "lost" => Self::Lost,
            "quiet" => Self::Quiet,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Quiet => "quiet",
        }
    }

    fn status(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Quiet => "open",
        }
    }
}

/// The plugin with its settings.
#[derive(Debug, Clone)]
pub struct FollowUp {
    language: Language,
    week: Week,
    won_days: i32,
    lost_days: i32,
    quiet_days: i32,
    quiet_due_days: i32,
    /// None: the owner of the opportunity.
    who: Option<String>,
    who_else: Option<String>,
}

impl Plugin for FollowUp {
    fn bind(settings: &Settings) -> Result<Self, BindError> {
        let days = |name, range| {
            let days = settings.integer(name, range)?;
            i32::try_from(days).map_err(|_| BindError::setting(name, "set fewer days"))
        };
        let login = |name| {
            let login = settings.text(name)?.trim().to_owned();
            Ok::<_, BindError>((!login.is_empty()).then_some(login))
        };
        Ok(Self {
            language: Language::of_setting(settings, "language")?,
            week: Week::without(settings.text("weekend")?)?,
            won_days: days("won-days", 0..=60)?,
            lost_days: days("lost-days", 1..=730)?,
            quiet_days: days("quiet-days", 3..=365)?,
            quiet_due_days: days("quiet-due-days", 0..=30)?,
            who: login("who")?.filter(|who| who != "owner"),
            who_else: login("who-else")?,
        })
    }

    fn serves(_point: &str, name: &str) -> bool {
        name == "follow-up"
    }
}

impl FollowUp {
    /// When the task is due. A workflow may give its own number of `days`.
    fn due_on(&self, occasion: Occasion, today: Date, parameters: &Json) -> Date {
        let given = parameters.get("days").and_then(Json::integer);
        let given = given
            .filter(|days| (0..=3650).contains(days))
            .and_then(|days| i32::try_from(days).ok());
        match occasion {
            Occasion::Won => self.week.after(today, given.unwrap_or(self.won_days)),
            Occasion::Lost => {
                let due = today.plus_days(given.unwrap_or(self.lost_days));
                self.week.after(due, 0)
            }
            Occasion::Quiet => self.week.after(today, given.unwrap_or(self.quiet_due_days)),
        }
    }

    /// The day since which nothing happened, where that is long enough ago.
    fn quiet_since(&self, row: &Row<'_>) -> Option<Date> {
        let last = row.instant("last_activity_at").map(Instant::day);
        let since = last.or_else(|| row.date("opened_on"))?;
        (row.today().0.saturating_sub(since.0) >= self.quiet_days).then_some(since)
    }

    /// The day that makes this occasion this one: when it was closed, or since when it is quiet.
    /// Asked again about the same day, the host does nothing; a later quiet spell is another.
    fn day_of(&self, occasion: Occasion, row: &Row<'_>) -> Option<Date> {
        match occasion {
            Occasion::Won | Occasion::Lost => {
                let closed = row.instant("closed_at").map(Instant::day);
                Some(closed.unwrap_or_else(|| row.today()))
            }
            Occasion::Quiet => self.quiet_since(row),
        }
    }
}

impl WorkflowAction for FollowUp {
    fn perform(&self, row: &Row<'_>, parameters: &Json, effects: &mut Effects) {
        let reason = parameters.get("reason").and_then(Json::text);
        let Some(occasion) = reason.and_then(Occasion::named) else {
            peyvand_plugin::log("the workflow gives no reason; set it to won, lost or quiet");
            return;
        };
        // A workflow that catches too much makes no task that would be wrong.
        if row.text("status") != Some(occasion.status()) {
            return;
        }
        let (Some(id), Some(day)) = (row.text("id"), self.day_of(occasion, row)) else {
            return;
        };
        let due_on = self.due_on(occasion, row.today(), parameters);
        let quiet_for = row.today().0.saturating_sub(day.0);
        let owner = match &self.who {
            Some(who) => Some(who.as_str()),
            None => row.text("owner").or(self.who_else.as_deref()),
        };
        let name = row.text("name").unwrap_or(id);
        let key = format!("{}:{id}:{day}", occasion.name());
        effects
            .create("activity", key)
            .set(
                "kind",
                if occasion == Occasion::Quiet {
                    "task"
                } else {
                    "call"
                },
            )
            .set("subject", words::subject(occasion, name, self.language))
            .set("about", id)
            .set("due_on", due_on)
            .set("status", "planned")
            .set(
                "priority",
                if occasion == Occasion::Quiet {
                    "high"
                } else {
                    "normal"
                },
            )
            .set_some("owner", owner)
            .set(
                "description",
                words::description(occasion, row, quiet_for, self.language),
            )
            .set("origin", ORIGIN);
    }
}

peyvand_plugin::export!(FollowUp: workflow_action);

#[cfg(test)]
mod tests;
