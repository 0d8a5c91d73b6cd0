//! What is a contact with a debtor, a promise, a payment, a guarantee allowed to say, and what follows?

use peyvand_plugin::{Answer, Date, Decimal, Effects, Money, Row};

use crate::debt::of_debt;
use crate::{Banking, lookup, money};

/// What comes after a contact, and in how many days.
fn usual_step(result: &str) -> (&'static str, i32) {
    match result {
        "no_answer" => ("call_again", 1),
        "promised" => ("wait_for_payment", 1),
        "refused" => ("send_notice", 3),
        "disputed" => ("review_dispute", 2),
        "wrong_number" => ("find_number", 2),
        "says_paid" => ("check_payment", 1),
        _ => ("none", 0),
    }
}

impl Banking {
    /// Fills in what comes next, and keeps a promise as a record of its own in the same commit.
    pub(crate) fn check_call(&self, row: &Row<'_>, answer: &mut Answer<'_, '_>) {
        let (Some(debt), Some(result)) = (row.text("debt"), row.text("result")) else {
            return;
        };
        let is_new = row.old().text("debt").is_none();
        if row.instant("at").is_none() {
            answer.set("at", row.now());
        }
        let (step, days) = usual_step(result);
        let mut from = row.today();
        if result == "promised" {
            let (amount, day) = (row.money("promised_amount"), row.date("promised_on"));
            if amount.is_none() {
                answer.refuse_field("promised_amount", "promise", self.promise_is_whole());
            }
            if day.is_none() {
                answer.refuse_field("promised_on", "promise", self.promise_is_whole());
            }
            let (Some(amount), Some(day)) = (amount, day) else {
                return;
            };
            from = day;
            if is_new {
                answer
                    .create("bank_promise")
                    .set("debt", debt)
                    .set("amount", amount)
                    .set("due_on", day)
                    .set("made_on", row.today())
                    .set_row("contact");
            }
        }
        if is_new && row.text("next_step").is_none() {
            answer.set("next_step", step);
        }
        if is_new && row.date("next_on").is_none() && step != "none" {
            answer.set("next_on", from.plus_days(days));
        }
        if row.date("next_on").is_some_and(|day| day < row.today()) && is_new {
            answer.refuse_field("next_on", "dates", self.not_past());
        }
    }

    fn promise_is_whole(&self) -> &'static str {
        self.say(
            "a promise has an amount and a day; write both",
            "قول پرداخت مبلغ و تاریخ دارد؛ هر دو را بنویسید",
            "للوعد مبلغ وتاريخ؛ اكتب الاثنين",
        )
    }

    fn not_past(&self) -> &'static str {
        self.say(
            "the day is over; choose one from today on",
            "این روز گذشته است؛ روزی از امروز به بعد برگزینید",
            "مضى هذا اليوم؛ اختر يومًا من اليوم فصاعدًا",
        )
    }

    /// The debt knows of the contact, and the next step is somebody's task.
    pub(crate) fn call_made(&self, row: &Row<'_>, effects: &mut Effects) {
        let (Some(id), Some(debt)) = (row.text("id"), row.text("debt")) else {
            return;
        };
        let result = row.text("result").unwrap_or_default();
        effects
            .update(debt, format!("call:{id}"))
            .set("last_event", format!("contact {id} {result}"))
            .set("last_result", result)
            .set_some("last_contact_at", row.instant("at"))
            .set_some("next_contact_on", row.date("next_on"));
        let step = row.text("next_step").unwrap_or("none");
        if matches!(step, "none" | "wait_for_payment") {
            return;
        }
        let subject = match step {
            "call_again" => self.say("Call again", "تماس دوباره", "اتصال آخر"),
            "find_number" => self.say(
                "Find the debtor's number",
                "یافتن شماره بدهکار",
                "البحث عن رقم المدين",
            ),
            "check_payment" => self.say(
                "Check the payment",
                "بررسی پرداخت بدهکار",
                "التحقق من دفع المدين",
            ),
            "review_dispute" => self.say(
                "Review the dispute",
                "بررسی اعتراض بدهکار",
                "مراجعة اعتراض المدين",
            ),
            "send_notice" => self.say("Send a notice", "فرستادن اخطار", "إرسال إنذار"),
            _ => self.say(
                "Hand over to legal",
                "ارجاع به حقوقی",
                "إحالة إلى القانونية",
            ),
        };
        self.collector_task(
            debt,
            subject,
            row,
            format!("next:{id}"),
            row.date("next_on"),
            effects,
        );
    }

    pub(crate) fn check_promise(&self, row: &Row<'_>, answer: &mut Answer<'_, '_>) {
        let (Some(amount), Some(due_on)) = (row.money("amount"), row.date("due_on")) else {
            return;
        };
        if row.old().text("debt").is_some() {
            return;
        }
        if row.date("made_on").is_none() {
            answer.set("made_on", row.today());
        }
        if due_on < row.date("made_on").unwrap_or_else(|| row.today()) {
            answer.refuse_field("due_on", "dates", self.not_past());
        }
        let Some((outstanding, paid)) = of_debt(row.text("debt")) else {
            return;
        };
        self.check_amount(&amount, &outstanding, answer);
        if money::exceeds(&amount, &outstanding) {
            answer.refuse_field(
                "amount",
                "more-than-owed",
                self.say(
                    "the promise is more than is owed; write what is outstanding at most",
                    "قول از بدهی بیشتر است؛ بیش از مانده ننویسید",
                    "الوعد أكثر من الدين؛ لا تكتب أكثر من المتبقي",
                ),
            );
        }
        answer.set("paid_before", paid);
    }

    pub(crate) fn check_payment(&self, row: &Row<'_>, answer: &mut Answer<'_, '_>) {
        let Some(amount) = row.money("amount") else {
            return;
        };
        if let Some((outstanding, _)) = of_debt(row.text("debt")) {
            self.check_amount(&amount, &outstanding, answer);
        }
        if row
            .date("paid_on")
            .is_some_and(|day: Date| day > row.today())
        {
            answer.refuse_field(
                "paid_on",
                "dates",
                self.say(
                    "the day is still to come; write the day of the payment",
                    "این روز هنوز نیامده است؛ روز پرداخت را بنویسید",
                    "لم يأت هذا اليوم بعد؛ اكتب يوم السداد",
                ),
            );
        }
    }

    /// Above nothing, in whole units, and in the currency of the debt.
    fn check_amount(&self, amount: &Money, like: &Money, answer: &mut Answer<'_, '_>) {
        if amount.currency != like.currency {
            answer.refuse_field(
                "amount",
                "currency",
                self.say(
                    "the debt is in another currency; write the amount in that",
                    "ارز بدهی چیز دیگری است؛ مبلغ را به همان ارز بنویسید",
                    "الدين بعملة أخرى؛ اكتب المبلغ بها",
                ),
            );
        }
        if amount.amount <= Decimal::ZERO || money::units(amount).is_none() {
            answer.refuse_field(
                "amount",
                "whole-units",
                self.say(
                    "an amount is above nothing and in whole rials; round it",
                    "مبلغ باید بیش از صفر و به ریال درست باشد؛ آن را گرد کنید",
                    "يجب أن يكون المبلغ أكبر من صفر وبالريالات الصحيحة؛ قرّبه",
                ),
            );
        }
    }

    pub(crate) fn check_guarantee(&self, row: &Row<'_>, answer: &mut Answer<'_, '_>) {
        if row.text("kind") != Some("guarantor") {
            return;
        }
        let Some(guarantor) = row.text("guarantor") else {
            return answer.refuse_field(
                "guarantor",
                "guarantor",
                self.say(
                    "say who guarantees",
                    "بنویسید چه کسی ضامن است",
                    "اذكر من هو الكفيل",
                ),
            );
        };
        let applicant = lookup::of(
            "bank_application",
            row.text("application"),
            &["applicant"],
            |row| row.text("applicant").map(str::to_owned),
        );
        if applicant.flatten().as_deref() == Some(guarantor) {
            answer.refuse_field(
                "guarantor",
                "own-guarantor",
                self.say(
                    "nobody guarantees for himself; choose somebody else",
                    "کسی ضامن خود نمی‌شود؛ کس دیگری را برگزینید",
                    "لا يكفل أحد نفسه؛ اختر غيره",
                ),
            );
        }
    }
}
