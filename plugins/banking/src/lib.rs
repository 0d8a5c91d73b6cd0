//! What does the front office of a bank do with applications and with debts?
//!
//! `product` is what the bank offers, `application` holds an application against it, `schedule` reckons its instalments,
//! `step` is what each step brings. `debt` says how a debt stands and who is called first, `collection` what contacts,
//! promises and payments may say. `days`, `money` and `iban` know dates, amounts and account numbers; `lookup` reads
//! other records. Objects, processes, views and the agreement are in the folder `data`.

mod application;
mod collection;
mod days;
mod debt;
mod iban;
mod lookup;
mod money;
mod product;
mod schedule;
mod step;

use peyvand_plugin::text::Calendar;
use peyvand_plugin::{
    AfterCommit, Answer, BeforeSave, BindError, ComputedFields, Decimal, Effects, Json, Language,
    Patch, Plugin, Row, Settings, WorkflowAction,
};

/// What every task's `origin` says.
const ORIGIN: &str = "banking";

/// The plugin with its settings.
#[derive(Debug, Clone)]
pub struct Banking {
    language: Language,
    calendar: Calendar,
    branch_decides_up_to: Decimal,
    large_debt: Decimal,
    tells_customers: bool,
}

impl Banking {
    /// A text in the language of the settings.
    fn say(
        &self,
        english: &'static str,
        persian: &'static str,
        arabic: &'static str,
    ) -> &'static str {
        self.language.pick(english, persian, arabic)
    }
}

impl Plugin for Banking {
    fn bind(settings: &Settings) -> Result<Self, BindError> {
        let calendar = settings.one_of("calendar", &["jalali", "gregorian"])?;
        Ok(Self {
            language: Language::of_setting(settings, "language")?,
            calendar: match calendar {
                "jalali" => Calendar::Jalali,
                _ => Calendar::Gregorian,
            },
            branch_decides_up_to: settings.amount("branch-decides-up-to")?,
            large_debt: settings.amount("large-debt")?,
            tells_customers: settings.one_of("channel", &["sms", "none"])? == "sms",
        })
    }
}

impl BeforeSave for Banking {
    fn before_save(&self, row: &Row<'_>, answer: &mut Answer<'_, '_>) {
        match row.hook() {
            "product" => product::check(row, answer, self.language),
            "application" => self.check_application(row, answer),
            "guarantee" => self.check_guarantee(row, answer),
            "payment" => self.check_payment(row, answer),
            "call" => self.check_call(row, answer),
            "promise" => self.check_promise(row, answer),
            _ => {}
        }
    }
}

impl ComputedFields for Banking {
    fn compute(&self, row: &Row<'_>, patch: &mut Patch<'_, '_>) {
        match row.hook() {
            "terms" => self.compute_terms(row, patch),
            "standing" => self.compute_standing(row, patch),
            _ => {}
        }
    }
}

impl AfterCommit for Banking {
    fn after_commit(&self, row: &Row<'_>, effects: &mut Effects) {
        match row.hook() {
            "step" => self.step_taken(row, effects),
            "schedule" => self.begin_schedule(row, effects),
            "instalment" => self.go_on_schedule(row, effects),
            "payment" => self.payment_made(row, effects),
            "paid" => self.debt_paid(row, effects),
            "call" => self.call_made(row, effects),
            "promise" => self.promise_broken(row, effects),
            _ => {}
        }
    }
}

impl WorkflowAction for Banking {
    fn perform(&self, row: &Row<'_>, _parameters: &Json, effects: &mut Effects) {
        match row.hook() {
            "age" => self.grow_old(row, effects),
            "break" => self.break_promise(row, effects),
            "fall-due" => self.fall_due(row, effects),
            _ => {}
        }
    }
}

peyvand_plugin::export!(Banking: before_save, computed_fields, after_commit, workflow_action);

#[cfg(test)]
mod tests;
