//! How does a utility read, bill, collect and serve? The checks, the computed fields and the effects of an energy
//! company; what it works with comes as data.

mod bill;
mod check_digit;
mod credit;
mod debtor;
mod found;
mod payment;
mod reading;
mod register;
mod request;
mod subscriber;
mod tariff;
mod told;

use peyvand_plugin::{
    AfterCommit, Answer, BeforeSave, BindError, Decimal, Effects, Json, Language, Plugin, Row,
    Settings, WorkflowAction,
};

/// What every task's `origin` says.
const ORIGIN: &str = "energy";

/// The plugin with its settings.
#[derive(Debug, Clone)]
pub struct Energy {
    language: Language,
    /// The three digits of the company in its bills' ids.
    company: String,
    due_days: i32,
    /// Estimates that may follow each other.
    estimates: usize,
    /// Units of its register that a meter of gas or water counts in a day at most, where the point says nothing.
    gas_daily: Decimal,
    water_daily: Decimal,
    /// The debt from which a call cannot be more urgent, in rials.
    large_debt: Decimal,
    /// Attempts after which nobody is called any more.
    attempts: i64,
    retry_days: i32,
    /// What the records of a batch took already: each of them sees the state before it.
    taken: credit::Taken,
}

impl Plugin for Energy {
    fn bind(settings: &Settings) -> Result<Self, BindError> {
        let days = |name, range| {
            let days = settings.integer(name, range)?;
            i32::try_from(days).map_err(|_| BindError::setting(name, "set fewer days"))
        };
        let company = settings.text("company-code")?;
        if company.len() > 3 || company.is_empty() || !company.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BindError::setting("company-code", "set up to three digits"));
        }
        let estimates = settings.integer("estimates-in-a-row", 0..=12)?;
        Ok(Self {
            language: Language::of_setting(settings, "language")?,
            company: company.to_owned(),
            due_days: days("due-days", 1..=120)?,
            estimates: usize::try_from(estimates).unwrap_or_default(),
            gas_daily: settings.amount("gas-daily-most")?,
            water_daily: settings.amount("water-daily-most")?,
            large_debt: settings.amount("large-debt")?,
            attempts: settings.integer("call-attempts", 1..=50)?,
            retry_days: days("call-again-days", 1..=60)?,
            taken: credit::Taken::default(),
        })
    }

    fn serves(point: &str, name: &str) -> bool {
        match point {
            "before-save" => matches!(
                name,
                "subscriber"
                    | "point"
                    | "reading"
                    | "bill"
                    | "payment"
                    | "request"
                    | "call"
                    | "attempt"
            ),
            "after-commit" => matches!(
                name,
                "reading" | "bill" | "allocation" | "payment" | "request" | "attempt" | "debt"
            ),
            "workflow-action" => matches!(name, "list-debtor" | "look-again"),
            _ => false,
        }
    }
}

impl Energy {
    /// Of three texts, the one in the company's language, with its digits.
    fn say(&self, english: &str, persian: &str, arabic: &str) -> String {
        self.language
            .digits(self.language.pick(english, persian, arabic))
    }
}

impl BeforeSave for Energy {
    fn before_save(&self, row: &Row<'_>, answer: &mut Answer<'_, '_>) {
        let checked = match row.hook() {
            "subscriber" => subscriber::amend(self, row, answer),
            "point" => subscriber::check_point(self, row, answer),
            "reading" => reading::amend(self, row, answer),
            "bill" => bill::amend(self, row, answer),
            "payment" => payment::amend(self, row, answer),
            "request" => request::amend(self, row, answer),
            "call" => debtor::amend_call(self, row, answer),
            "attempt" => debtor::check_attempt(self, row),
            _ => Ok(()),
        };
        if let Err(refused) = checked {
            refused.tell(answer);
        }
    }
}

impl AfterCommit for Energy {
    fn after_commit(&self, row: &Row<'_>, effects: &mut Effects) {
        let done = match row.hook() {
            "reading" => reading::follow(self, row, effects),
            "bill" => bill::follow(row, effects),
            "allocation" => payment::follow(row, effects),
            "payment" => payment::count_credit(row, effects),
            "request" => request::follow(self, row, effects),
            "attempt" => debtor::count_attempt(row, effects),
            "debt" => debtor::debt_changed(row, effects),
            _ => Ok(()),
        };
        if let Err(refused) = done {
            peyvand_plugin::log(&refused.message);
        }
    }
}

impl WorkflowAction for Energy {
    fn perform(&self, row: &Row<'_>, _parameters: &Json, effects: &mut Effects) {
        let done = match row.hook() {
            "list-debtor" => debtor::list(self, row, effects),
            "look-again" => debtor::look_again(row, effects),
            _ => Ok(()),
        };
        if let Err(refused) = done {
            peyvand_plugin::log(&refused.message);
        }
    }
}

peyvand_plugin::export!(Energy: before_save, after_commit, workflow_action);

#[cfg(test)]
mod tests;
