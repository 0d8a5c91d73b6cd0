//! What does a request need, whom is it told to, and what follows when it is done?
//!
//! Whose turn it is, by when and with which documents is said by the processes of `data/processes`.

use peyvand_plugin::{Answer, Effects, Row};

use crate::found::{self, Checked, Refused, owned};
use crate::told::sms;
use crate::{Energy, ORIGIN};

pub(crate) fn amend(energy: &Energy, row: &Row<'_>, answer: &mut Answer<'_, '_>) -> Checked<()> {
    if !row.has("requested_on") {
        answer.set("requested_on", row.today());
    }
    let category = row.text("category").unwrap_or_default();
    if category == "wrong_bill" && !row.has("bill") {
        return Err(energy.needs(
            "bill",
            "the bill that is wrong",
            "قبضی که نادرست است",
            "الفاتورة الخاطئة",
        ));
    }
    if matches!(category, "meter_test" | "name_change") && !row.has("point") {
        return Err(energy.needs(
            "point",
            "the metering point",
            "نقطهٔ اندازه‌گیری",
            "نقطة القياس",
        ));
    }
    if category == "new_connection" && !(row.has("applicant") && row.has("address")) {
        return Err(energy.needs(
            "applicant",
            "the applicant and the address",
            "متقاضی و نشانی",
            "مقدّم الطلب والعنوان",
        ));
    }
    if let Some(bill) = row.text("bill") {
        let of_bill = found::one("utility_bill", bill, &["subscriber", "point"], |row| {
            (owned(row, "subscriber"), owned(row, "point"))
        })?;
        let (subscriber, point) = of_bill.unwrap_or_default();
        if row.has("subscriber") && row.text("subscriber") != subscriber.as_deref() {
            return Err(energy.other_subscriber());
        }
        fill(row, answer, "subscriber", subscriber);
        fill(row, answer, "point", point);
    }
    if let Some(point) = row.text("point") {
        let of_point = found::one(
            "metering_point",
            point,
            &["subscriber", "branch", "grid_branch", "utility"],
            |row| {
                (
                    owned(row, "subscriber"),
                    owned(row, "branch"),
                    owned(row, "grid_branch"),
                    owned(row, "utility"),
                )
            },
        )?;
        let (subscriber, branch, grid, utility) = of_point.unwrap_or_default();
        fill(row, answer, "utility", utility);
        fill(row, answer, "subscriber", subscriber);
        fill(row, answer, "branch", branch);
        fill(row, answer, "grid_branch", grid);
    } else if let Some(subscriber) = row.text("subscriber") {
        let branch = found::one("subscriber", subscriber, &["branch"], |row| {
            owned(row, "branch")
        })?;
        fill(row, answer, "branch", branch.flatten());
    }
    Ok(())
}

fn fill(row: &Row<'_>, answer: &mut Answer<'_, '_>, column: &str, value: Option<String>) {
    if let Some(value) = value.filter(|_| !row.has(column)) {
        answer.set(column, value);
    }
}

impl Energy {
    fn needs(&self, column: &'static str, english: &str, persian: &str, arabic: &str) -> Refused {
        let message = self.say(
            &format!("a request of this category names {english}"),
            &format!("درخواست از این دسته باید این را داشته باشد: {persian}"),
            &format!("طلب من هذه الفئة يجب أن يحدد: {arabic}"),
        );
        Refused::because_of(column, "request-needs", message)
    }

    fn other_subscriber(&self) -> Refused {
        let message = self.say(
            "the bill is another subscriber's",
            "این قبض از آنِ مشترک دیگری است",
            "الفاتورة لمشترك آخر",
        );
        Refused::because_of("bill", "other-subscriber", message)
    }
}

/// A visit for what is done at the meter, a message when an outage is over, and the count of the card.
pub(crate) fn follow(energy: &Energy, row: &Row<'_>, effects: &mut Effects) -> Checked<()> {
    let (Some(id), Some(revision)) = (row.text("id"), row.integer("revision")) else {
        return Ok(());
    };
    let subscriber = row.text("subscriber");
    let party = match subscriber {
        Some(subscriber) => found::one("subscriber", subscriber, &["party"], |row| {
            owned(row, "party")
        })?
        .flatten(),
        None => owned(row, "applicant"),
    };
    let category = row.text("category").unwrap_or_default();
    if !row.old().has("category") && matches!(category, "meter_test" | "new_connection") {
        effects
            .create("activity", format!("visit:{id}"))
            .set("kind", "visit")
            .set(
                "subject",
                match category {
                    "meter_test" => energy.say(
                        "Test the meter on site",
                        "آزمایش کنتور در محل",
                        "فحص العداد في الموقع",
                    ),
                    _ => energy.say(
                        "Survey for a new connection",
                        "بازدید برای انشعاب تازه",
                        "معاينة لتوصيل جديد",
                    ),
                },
            )
            .set_some("about", party.clone())
            .set(
                "due_on",
                row.today()
                    .plus_days(if category == "meter_test" { 7 } else { 5 }),
            )
            .set("status", "planned")
            .set("origin", ORIGIN);
    }
    // The process adds these fields when it is declared, so that no hook can declare them.
    let ended = found::one("service_request", id, &["step_outcome"], |row| {
        owned(row, "step_outcome")
    });
    let ended = ended.ok().flatten().flatten();
    if let Some(party) =
        party.filter(|_| category == "outage" && ended.as_deref() == Some("success"))
    {
        effects.send(sms(&party, "outage-over", id), format!("over:{id}"));
    }
    if let Some(subscriber) = subscriber {
        effects
            .update(subscriber, format!("request:{id}:{revision}"))
            .set("recount", format!("{id}:{revision}"));
    }
    Ok(())
}
