//! Is a subscription number right, and what does its subscriber owe?

use peyvand_plugin::{Answer, Row, records};

use crate::Energy;
use crate::check_digit::{self, WrongNumber};
use crate::found::{self, Checked, Refused, owned, rials, set_rials};

impl Energy {
    /// The canonical form of the column `number`.
    fn number(&self, row: &Row<'_>) -> Checked<Option<String>> {
        let Some(typed) = row.text("number") else {
            return Ok(None);
        };
        let wrong = match check_digit::number(typed) {
            Ok(number) => return Ok((number != typed).then_some(number)),
            Err(wrong) => wrong,
        };
        Err(match wrong {
            WrongNumber::Length => Refused::because_of(
                "number",
                "number-length",
                self.say(
                    "the number has 9 digits, the last of them its check digit; write it as on a bill",
                    "شماره ۹ رقم دارد که آخری رقم کنترل است؛ آن را همان‌طور که روی قبض است بنویسید",
                    "الرقم من 9 خانات آخرها رقم التحقق؛ اكتبه كما في الفاتورة",
                ),
            ),
            WrongNumber::CheckDigit => Refused::because_of(
                "number",
                "check-digit",
                self.say(
                    "the check digit does not fit: one of the digits is mistyped",
                    "رقم کنترل نمی‌خواند: یکی از رقم‌ها اشتباه نوشته شده است",
                    "رقم التحقق لا يطابق: أحد الأرقام مكتوب خطأ",
                ),
            ),
        })
    }
}

/// The number, and where something was counted, the sums of the operator's card.
pub(crate) fn amend(energy: &Energy, row: &Row<'_>, answer: &mut Answer<'_, '_>) -> Checked<()> {
    if let Some(number) = energy.number(row)? {
        answer.set("number", number);
    }
    let Some(id) = row.text("id").filter(|_| row.changed("recount")) else {
        return Ok(());
    };
    let open = format!("and(subscriber[eq]:{id},is_open[eq]:true)");
    let bills = found::all(
        "utility_bill",
        &open,
        "due_on",
        &["balance", "due_on"],
        |bill| (rials(bill, "balance"), bill.date("due_on")),
    )?;
    set_rials(
        answer,
        "debt",
        bills.iter().map(|(balance, _)| balance).sum(),
    );
    answer.set("open_bills", i64::try_from(bills.len()).unwrap_or(i64::MAX));
    match bills.iter().find_map(|(_, due)| *due) {
        Some(due) => answer.set("oldest_due", due),
        None => answer.clear("oldest_due"),
    };
    set_rials(answer, "credit", credit(id)?);
    answer.set("open_requests", open_requests(id)?);
    Ok(())
}

/// What was paid beyond all bills, and what corrections gave back.
fn credit(subscriber: &str) -> Checked<i128> {
    let unused = format!("and(subscriber[eq]:{subscriber},unallocated[gt]:0)");
    let unused = found::all("utility_payment", &unused, "", &["unallocated"], |row| {
        rials(row, "unallocated")
    })?;
    let overpaid = format!("and(subscriber[eq]:{subscriber},balance[lt]:0)");
    let overpaid = found::all("utility_bill", &overpaid, "", &["balance"], |row| {
        -rials(row, "balance")
    })?;
    Ok(unused.iter().chain(&overpaid).sum())
}

/// Requests that have not come to an end. Where no process is declared yet, all that there are.
fn open_requests(subscriber: &str) -> Checked<i64> {
    let open = format!("and(subscriber[eq]:{subscriber},step_outcome[is_null]:true)");
    let count = match records::count("service_request", &open) {
        Err(records::ReadError::Unknown(_)) => {
            records::count("service_request", &format!("subscriber[eq]:{subscriber}"))?
        }
        counted => counted?,
    };
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// The number of a metering point, and the branch that it inherits.
pub(crate) fn check_point(
    energy: &Energy,
    row: &Row<'_>,
    answer: &mut Answer<'_, '_>,
) -> Checked<()> {
    if let Some(number) = energy.number(row)? {
        answer.set("number", number);
    }
    if row.has("branch") {
        return Ok(());
    }
    let Some(subscriber) = row.text("subscriber") else {
        return Ok(());
    };
    let branch = found::one("subscriber", subscriber, &["branch"], |found| {
        owned(found, "branch")
    })?;
    if let Some(branch) = branch.flatten() {
        answer.set("branch", branch);
    }
    Ok(())
}
