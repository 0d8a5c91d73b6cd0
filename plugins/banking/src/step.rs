//! What does a step of an application bring? A task for whoever has to do it, word to the customer, instalments.

use peyvand_plugin::{Effects, Language, Message, Row};

use crate::product::terms;
use crate::schedule::{Instalment, LONGEST};
use crate::{Banking, ORIGIN, days, lookup, money};

/// How many instalments come with one: an answer has room for sixteen effects, so every seventeenth is made with the
/// agreement and brings the sixteen after it.
const RUN: u32 = 17;

/// Steps after which there is nothing to do.
const ENDS: [&str; 5] = ["paid_out", "opened", "delivered", "refused", "withdrawn"];

/// What people call a step.
fn label(step: &str, language: Language) -> &str {
    match step {
        "registered" => language.pick("complete the application", "تکمیل درخواست", "إكمال الطلب"),
        "valuation" => language.pick("value the property", "ارزیابی وثیقه", "تقييم الرهن"),
        "credit_check" => language.pick("check the credit", "اعتبارسنجی", "دراسة الائتمان"),
        "branch_decision" => language.pick("decide (branch)", "تصمیم شعبه", "قرار الفرع"),
        "head_decision" => language.pick(
            "decide (head office)",
            "تصمیم اداره مرکزی",
            "قرار الإدارة العامة",
        ),
        "agreement" => language.pick("have the agreement signed", "امضای قرارداد", "توقيع العقد"),
        "opening" => language.pick("open the deposit", "افتتاح سپرده", "فتح الوديعة"),
        "limit_check" => language.pick("check the limit", "بررسی سقف کارت", "دراسة حد البطاقة"),
        "issuing" => language.pick("issue the card", "صدور کارت", "إصدار البطاقة"),
        other => other,
    }
}

impl Banking {
    /// A task for the responsible role, and a message where something was decided.
    pub(crate) fn step_taken(&self, row: &Row<'_>, effects: &mut Effects) {
        let (Some(id), Some(step)) = (row.text("id"), row.text("step")) else {
            return;
        };
        if !row.changed("step") {
            return;
        }
        let revision = row.integer("revision").unwrap_or(0);
        if !ENDS.contains(&step) {
            self.task(row, id, step, revision, effects);
        }
        self.tell(row, id, step, revision, effects);
    }

    fn task(&self, row: &Row<'_>, id: &str, step: &str, revision: i64, effects: &mut Effects) {
        let number = row.text("number").unwrap_or(id);
        let role = row.text("step_role");
        let owner = row.text("step_owner").map(str::to_owned);
        let owner = owner.or_else(|| holder(role?, row.text("branch")));
        effects
            .create("activity", format!("step:{id}:{revision}"))
            .set("kind", "task")
            .set(
                "subject",
                format!("{}: {number}", label(step, self.language)),
            )
            .set_some("about", row.text("applicant"))
            .set("bank_application", id)
            .set_some("due_on", row.date("step_due"))
            .set("status", "planned")
            .set_some("owner", owner)
            .set("origin", ORIGIN);
    }

    /// In the language that the customer reads.
    fn tell(&self, row: &Row<'_>, id: &str, step: &str, revision: i64, effects: &mut Effects) {
        let Some(applicant) = row.text("applicant").filter(|_| self.tells_customers) else {
            return;
        };
        let reads = lookup::of("contact", Some(applicant), &["language"], |row| {
            row.text("language").map(Language::of_locale)
        });
        let language = reads.flatten().unwrap_or(self.language);
        let number = row.text("number").unwrap_or(id);
        let text = match step {
            "agreement" => language.pick(
                format!(
                    "Your application {number} was approved. Please come to your branch to sign."
                ),
                format!(
                    "درخواست شما به شماره {number} پذیرفته شد. برای امضای قرارداد به شعبه بیایید."
                ),
                format!("تمت الموافقة على طلبكم رقم {number}. نرجو مراجعة الفرع للتوقيع."),
            ),
            "refused" => language.pick(
                format!(
                    "Your application {number} could not be approved. Your branch tells you why."
                ),
                format!("درخواست شما به شماره {number} پذیرفته نشد. شعبه دلیل آن را می‌گوید."),
                format!("تعذرت الموافقة على طلبكم رقم {number}. يوضح لكم الفرع السبب."),
            ),
            "paid_out" => language.pick(
                format!("The loan of application {number} was paid out."),
                format!("تسهیلات درخواست {number} پرداخت شد."),
                format!("صُرف تمويل الطلب رقم {number}."),
            ),
            "opened" => language.pick(
                format!("The deposit of application {number} is open."),
                format!("سپرده درخواست {number} افتتاح شد."),
                format!("فُتحت وديعة الطلب رقم {number}."),
            ),
            _ => return,
        };
        let subject = language.pick("Your application", "درخواست شما", "طلبكم");
        let message = Message::words(applicant, "sms", subject, &text);
        effects.send(message, format!("told:{id}:{revision}"));
    }

    /// The first instalment of each run, when the agreement is to be signed.
    pub(crate) fn begin_schedule(&self, row: &Row<'_>, effects: &mut Effects) {
        let is_due = row.changed("step") && row.text("step") == Some("agreement");
        if !is_due || row.text("kind") != Some("loan") {
            return;
        }
        if let Some(id) = row.text("id") {
            let first_of_run = |number: u32| number % RUN == 1;
            self.instalments(row, id, first_of_run, effects);
        }
    }

    /// The others of its run.
    pub(crate) fn go_on_schedule(&self, row: &Row<'_>, effects: &mut Effects) {
        let number = row
            .integer("number")
            .and_then(|number| u32::try_from(number).ok());
        let Some(number) = number.filter(|number| number % RUN == 1 && *number <= LONGEST) else {
            return;
        };
        let Some(application) = row.text("application") else {
            return;
        };
        let fields = ["amount", "term_months", "rate", "method", "first_due_on"];
        let _ = lookup::of("bank_application", Some(application), &fields, |terms| {
            let of_run = |other: u32| other > number && other < number + RUN;
            self.instalments(terms, application, of_run, effects);
        });
    }

    /// Those of an application that are wanted.
    fn instalments(
        &self,
        of: &Row<'_>,
        application: &str,
        wanted: impl Fn(u32) -> bool,
        effects: &mut Effects,
    ) {
        let (Some(amount), Some(first)) = (of.money("amount"), of.date("first_due_on")) else {
            return;
        };
        let months = of.integer("term_months");
        let terms = terms(Some(amount), months, of.decimal("rate"), of.text("method"));
        let all = terms
            .and_then(|terms| terms.instalments())
            .unwrap_or_default();
        for one in all.iter().filter(|one| wanted(one.number)) {
            let due_on = days::months_later(first, one.number - 1, self.calendar);
            let Instalment {
                number,
                principal,
                profit,
                balance,
            } = *one;
            effects
                .create(
                    "bank_instalment",
                    format!("instalment:{application}:{number}"),
                )
                .set("number", i64::from(number))
                .set("application", application)
                .set("due_on", due_on)
                .set("principal", money::of_units(principal, &amount))
                .set("profit", money::of_units(profit, &amount))
                .set("amount", money::of_units(one.amount(), &amount))
                .set("balance", money::of_units(balance, &amount));
        }
    }
}

/// Somebody of a role: of the branch where there is one, else of anywhere; the first by login.
fn holder(role: &str, branch: Option<&str>) -> Option<String> {
    let mut found: Option<(bool, String, String)> = None;
    let filter = format!("and(role[eq]:{role},active[eq]:true)");
    lookup::each("user", &filter, &["id", "login", "territory"], |user| {
        let (Some(id), Some(login)) = (user.text("id"), user.text("login")) else {
            return;
        };
        let is_elsewhere = branch.is_none() || user.text("territory") != branch;
        let this = (is_elsewhere, login.to_owned(), id.to_owned());
        if found.as_ref().is_none_or(|best| this < *best) {
            found = Some(this);
        }
    });
    found.map(|(_, _, id)| id)
}
