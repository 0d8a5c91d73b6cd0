//! How does a debt stand, and who is called first?

use peyvand_plugin::{Decimal, Effects, Money, Patch, Row, records};

use crate::days::Age;
use crate::{Banking, ORIGIN, lookup, money};

/// The points of a hundred that the size of a debt can give, and those of broken promises.
const POINTS_OF_SIZE: i128 = 20;
const POINTS_OF_PROMISES: i64 = 10;
const POINTS_OF_PROMISE: i64 = 5;
/// Effects that one record may cause.
const MOST_EFFECTS: usize = 16;

/// From 0 to 100: age 70, size 20, broken promises 10.
pub(crate) fn priority(age: Age, outstanding: Decimal, large: Decimal, broken: i64) -> i64 {
    let (outstanding, large) = (outstanding.billionths(), large.billionths().max(1));
    let size = outstanding
        .clamp(0, large)
        .saturating_mul(POINTS_OF_SIZE)
        .checked_div(large)
        .unwrap_or(0);
    let promises = broken
        .clamp(0, POINTS_OF_PROMISES)
        .saturating_mul(POINTS_OF_PROMISE)
        .min(POINTS_OF_PROMISES);
    age.points() + i64::try_from(size).unwrap_or(0) + promises
}

impl Banking {
    /// What is left of a debt, how old it is, and how urgent.
    pub(crate) fn compute_standing(&self, row: &Row<'_>, patch: &mut Patch<'_, '_>) {
        let (Some(id), Some(amount)) = (row.text("id"), row.money("amount")) else {
            return;
        };
        let mut paid = money::nothing(&amount);
        lookup::each(
            "bank_payment",
            &format!("debt[eq]:{id}"),
            &["amount"],
            |row| {
                if let Some(payment) = row
                    .money("amount")
                    .filter(|one| one.currency == paid.currency)
                {
                    let sum = paid
                        .amount
                        .billionths()
                        .saturating_add(payment.amount.billionths());
                    paid.amount = Decimal::from_billionths(sum);
                }
            },
        );
        let filter = format!("and(debt[eq]:{id},state[eq]:broken)");
        let broken = records::count("bank_promise", &filter).unwrap_or(0);
        let broken = i64::try_from(broken).unwrap_or(i64::MAX);
        let outstanding = money::minus(&amount, &paid);
        let state = match row.boolean("written_off") {
            Some(true) => "written_off",
            _ if outstanding.amount <= Decimal::ZERO => "settled",
            _ => "open",
        };
        let age = row
            .date("due_on")
            .map_or(Age::Current, |due_on| Age::of(due_on, row.today()));
        let urgent = match state {
            "open" => priority(age, outstanding.amount, self.large_debt, broken),
            _ => 0,
        };
        patch
            .set("paid", paid)
            .set("outstanding", outstanding)
            .set("state", state)
            .set("bucket", age.option())
            .set("priority", urgent)
            .set("broken_promises", broken);
    }

    /// A payment came or went: the debt is reckoned anew. What it says last is what wakes it.
    pub(crate) fn payment_made(&self, row: &Row<'_>, effects: &mut Effects) {
        let Some(id) = row.text("id") else {
            return;
        };
        let (now, before) = (row.text("debt"), row.old().text("debt"));
        let amount = row
            .money("amount")
            .map_or(String::new(), |amount| amount.amount.to_string());
        for debt in [now, before.filter(|before| now != Some(*before))]
            .into_iter()
            .flatten()
        {
            let what = format!("payment {id} {amount}");
            effects
                .update(debt, format!("paid:{id}:{debt}:{amount}:{}", now.is_some()))
                .set(
                    "last_event",
                    if now == Some(debt) {
                        what
                    } else {
                        format!("{what} withdrawn")
                    },
                );
        }
    }

    /// Promises that a payment keeps, and the instalment of a debt that is settled.
    pub(crate) fn debt_paid(&self, row: &Row<'_>, effects: &mut Effects) {
        let (Some(id), Some(paid)) = (row.text("id"), row.money("paid")) else {
            return;
        };
        let was = row.old().money("paid");
        let is_settled = row.text("state") == Some("settled");
        if is_settled
            && row.old().text("state") != Some("settled")
            && let Some(instalment) = row.text("instalment")
        {
            let key = format!("settled:{id}:{}", paid.amount);
            effects.update(instalment, key).set("state", "paid");
        }
        if was.is_some_and(|was| !money::exceeds(&paid, &was)) {
            return;
        }
        let mut kept = Vec::new();
        let filter = format!("and(debt[eq]:{id},state[eq]:open)");
        let fields = ["id", "amount", "paid_before", "due_on"];
        lookup::each("bank_promise", &filter, &fields, |promise| {
            let (Some(promise_id), Some(amount)) = (promise.text("id"), promise.money("amount"))
            else {
                return;
            };
            let before = promise
                .money("paid_before")
                .unwrap_or_else(|| money::nothing(&paid));
            let is_in_time = promise
                .date("due_on")
                .is_none_or(|due_on| row.today() <= due_on);
            let since = money::minus(&paid, &before);
            if is_in_time && !money::exceeds(&amount, &since) {
                kept.push(promise_id.to_owned());
            }
        });
        for promise in kept.into_iter().take(MOST_EFFECTS - 1) {
            effects
                .update(promise.as_str(), format!("kept:{promise}"))
                .set("state", "kept");
        }
    }

    /// A debt that left its bucket is reckoned anew.
    pub(crate) fn grow_old(&self, row: &Row<'_>, effects: &mut Effects) {
        let (Some(id), Some(due_on)) = (row.text("id"), row.date("due_on")) else {
            return;
        };
        let age = Age::of(due_on, row.today()).option();
        if row.text("bucket") != Some(age) {
            effects
                .update(id, format!("age:{id}:{}", row.today()))
                .set("last_event", format!("{age} since {}", row.today()));
        }
    }

    /// An instalment that nobody paid becomes a debt.
    pub(crate) fn fall_due(&self, row: &Row<'_>, effects: &mut Effects) {
        let is_over = row
            .date("due_on")
            .is_some_and(|due_on| due_on < row.today());
        if !is_over || row.text("state") != Some("planned") {
            return;
        }
        let (Some(id), Some(application), Some(amount)) =
            (row.text("id"), row.text("application"), row.money("amount"))
        else {
            return;
        };
        let fields = ["number", "applicant", "branch", "step"];
        let _ = lookup::of("bank_application", Some(application), &fields, |of| {
            // Nothing is owed before it was paid out.
            let Some(applicant) = of
                .text("applicant")
                .filter(|_| of.text("step") == Some("paid_out"))
            else {
                return;
            };
            let number = row.integer("number").unwrap_or(0).to_string();
            let number = self.language.digits(&number);
            let loan = of.text("number").unwrap_or(application);
            let title = self.language.pick(
                format!("Instalment {number} of {loan}"),
                format!("قسط {number} از {loan}"),
                format!("القسط {number} من {loan}"),
            );
            effects
                .create("bank_debt", format!("debt:{id}"))
                .set("title", title)
                .set("customer", applicant)
                .set("application", application)
                .set("instalment", id)
                .set_some("branch", of.text("branch"))
                .set("amount", amount)
                .set_some("due_on", row.date("due_on"));
            effects
                .update(id, format!("overdue:{id}"))
                .set("state", "overdue");
        });
    }

    /// A promise whose day is over.
    pub(crate) fn break_promise(&self, row: &Row<'_>, effects: &mut Effects) {
        let is_over = row
            .date("due_on")
            .is_some_and(|due_on| due_on < row.today());
        if let Some(id) = row.text("id").filter(|_| is_over)
            && row.text("state") == Some("open")
        {
            effects
                .update(id, format!("broken:{id}"))
                .set("state", "broken");
        }
    }

    /// The debt of a broken promise is more urgent, and somebody calls. In a commit of its own: what is reckoned sees
    /// the promise only once it is broken.
    pub(crate) fn promise_broken(&self, row: &Row<'_>, effects: &mut Effects) {
        let (Some(id), Some(debt)) = (row.text("id"), row.text("debt")) else {
            return;
        };
        let (state, was) = (row.text("state"), row.old().text("state"));
        if state == was || ![state, was].contains(&Some("broken")) {
            return;
        }
        let state = state.unwrap_or("open");
        let is_broken = state == "broken";
        let today = is_broken.then(|| row.today());
        effects
            .update(debt, format!("promise:{id}:{state}:{}", row.today()))
            .set("last_event", format!("promise {id} {state}"))
            .set_some("next_contact_on", today);
        if !is_broken {
            return;
        }
        let told = row
            .money("amount")
            .map_or(String::new(), |amount| money::told(&amount, self.language));
        let subject = self.language.pick(
            format!("Call: a promise of {told} was broken"),
            format!("تماس: قول پرداخت {told} شکسته شد"),
            format!("اتصال: أُخلف وعد بدفع {told}"),
        );
        let key = format!("broken:{id}:task");
        self.collector_task(debt, &subject, row, key, None, effects);
    }

    /// A call for whoever collects a debt.
    pub(crate) fn collector_task(
        &self,
        debt: &str,
        subject: &str,
        row: &Row<'_>,
        key: String,
        due_on: Option<peyvand_plugin::Date>,
        effects: &mut Effects,
    ) {
        let fields = ["customer", "collector"];
        let known = lookup::of("bank_debt", Some(debt), &fields, |row| {
            let text = |field| row.text(field).map(str::to_owned);
            (text("customer"), text("collector"))
        });
        let (customer, collector) = known.unwrap_or_default();
        effects
            .create("activity", key)
            .set("kind", "call")
            .set("subject", subject)
            .set_some("about", customer)
            .set("bank_debt", debt)
            .set("due_on", due_on.unwrap_or_else(|| row.today()))
            .set("status", "planned")
            .set("priority", "high")
            .set_some("owner", collector)
            .set("origin", ORIGIN);
    }
}

/// What of a debt a promise or a payment is held against.
pub(crate) fn of_debt(id: Option<&str>) -> Option<(Money, Money)> {
    let fields = ["outstanding", "paid"];
    lookup::of("bank_debt", id, &fields, |row| {
        Some((row.money("outstanding")?, row.money("paid")?))
    })?
}
