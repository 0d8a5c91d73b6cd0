//! Which events of a sale are worth points? Those that move it. Typing is not one of them: a
//! record that is created, by hand or by an import, gives nothing, and neither does an edit that
//! leaves it where it stands.

use peyvand_plugin::{Awards, BindError, Currency, Decimal, Gamification, Plugin, Row, Settings};

/// The plugin with its settings.
#[derive(Debug, Clone, Copy)]
pub struct SalesLeague {
    currency: Currency,
    medium_from: Decimal,
    large_from: Decimal,
    small: i32,
    medium: i32,
    large: i32,
    forward: i32,
    loss_reason: i32,
    meeting: i32,
    visit: i32,
}

impl Plugin for SalesLeague {
    fn bind(settings: &Settings) -> Result<Self, BindError> {
        let points = |name| {
            let points = settings.integer(name, 0..=1000)?;
            i32::try_from(points).map_err(|_| BindError::setting(name, "set fewer points"))
        };
        let code = settings.text("currency")?;
        let currency = Currency::new(code).ok_or_else(|| {
            BindError::setting("currency", "set three capital letters such as IRR")
        })?;
        let (medium_from, large_from) = (
            settings.amount("medium-from")?,
            settings.amount("large-from")?,
        );
        if large_from < medium_from {
            let what_to_do = format!("set an amount of at least {medium_from}, as medium-from");
            return Err(BindError::setting("large-from", what_to_do));
        }
        Ok(Self {
            currency,
            medium_from,
            large_from,
            small: points("points-small")?,
            medium: points("points-medium")?,
            large: points("points-large")?,
            forward: points("points-forward")?,
            loss_reason: points("points-loss-reason")?,
            meeting: points("points-meeting")?,
            visit: points("points-visit")?,
        })
    }

    fn serves(_point: &str, name: &str) -> bool {
        matches!(name, "deals" | "meetings")
    }
}

impl SalesLeague {
    /// The points of a deal by its amount. Another currency counts as small: rates are not
    /// known here, and guessing would be unfair to somebody.
    fn of_amount(&self, row: &Row<'_>) -> i32 {
        match row.money("amount") {
            Some(money) if money.currency == self.currency => {
                if money.amount >= self.large_from {
                    self.large
                } else if money.amount >= self.medium_from {
                    self.medium
                } else {
                    self.small
                }
            }
            _ => self.small,
        }
    }

    fn score_deal(&self, row: &Row<'_>, awards: &mut Awards<'_>) {
        // Without a status before there was no event but the entry of the record.
        let Some(before) = row.old().text("status") else {
            return;
        };
        match (before, row.text("status")) {
            ("open", Some("won")) => awards.give("won", self.of_amount(row)),
            ("open", Some("lost")) if row.has("loss_reason") => {
                awards.give("loss-reason", self.loss_reason);
            }
            ("open", Some("open")) if is_forward(row) => awards.give("forward", self.forward),
            _ => {}
        }
    }

    fn score_activity(&self, row: &Row<'_>, awards: &mut Awards<'_>) {
        if (row.old().text("status"), row.text("status")) != (Some("planned"), Some("done")) {
            return;
        }
        match row.text("kind") {
            Some("meeting") => awards.give("meeting", self.meeting),
            Some("visit") => awards.give("visit", self.visit),
            _ => {}
        }
    }
}

/// Whether a deal went to another stage with a higher probability. The probability alone can be
/// typed; the stage alone does not say where forward is.
fn is_forward(row: &Row<'_>) -> bool {
    let (before, now) = (row.old().decimal("probability"), row.decimal("probability"));
    row.changed("stage") && row.old().has("stage") && before.is_some() && now > before
}

impl Gamification for SalesLeague {
    const REASONS: &'static [(&'static str, &'static [&'static str])] = &[
        ("deals", &["won", "forward", "loss-reason"]),
        ("meetings", &["meeting", "visit"]),
    ];

    fn score(&self, row: &Row<'_>, awards: &mut Awards<'_>) {
        match row.hook() {
            "deals" => self.score_deal(row, awards),
            _ => self.score_activity(row, awards),
        }
    }
}

peyvand_plugin::export!(SalesLeague: gamification);

#[cfg(test)]
mod tests;
