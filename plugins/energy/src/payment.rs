//! Which bills does a payment pay? The one of its slip first, then the oldest.

use peyvand_plugin::{Answer, Effects, Row, Verb};

use crate::Energy;
use crate::check_digit;
use crate::credit;
use crate::found::{self, Checked, Refused, money, owned, rials, set_rials};

/// What a payment is; it stays as it came.
const FACTS: [&str; 5] = ["amount", "subscriber", "bill_id", "payment_id", "paid_on"];
/// Bills that one payment can pay: as many as records may be added to one.
const BILLS: usize = 16;

pub(crate) fn amend(energy: &Energy, row: &Row<'_>, answer: &mut Answer<'_, '_>) -> Checked<()> {
    energy.taken.begin(row);
    if row.old().has("amount") {
        if let Some(fact) = FACTS.into_iter().find(|fact| row.changed(fact)) {
            return Err(energy.received(fact));
        }
        if let Some(id) = row.text("id").filter(|_| row.changed("recount")) {
            let unused = credit::unused(id, rials(row, "amount"))?;
            set_rials(answer, "unallocated", unused.max(0));
        }
        return Ok(());
    }
    if row.date("paid_on").is_some_and(|day| day > row.today()) {
        return Err(energy.paid_in_future());
    }
    let mut left = rials(row, "amount");
    if left <= 0 {
        return Err(energy.no_amount());
    }
    let slip = energy.slip(row, left)?;
    if let Some(slip) = &slip {
        answer.set("bill_id", slip.bill_id.as_str());
        answer.set("payment_id", slip.payment_id.as_str());
    }
    let of_slip = slip.as_ref().and_then(|slip| slip.subscriber.clone());
    let Some(subscriber) = owned(row, "subscriber").or(of_slip) else {
        return Err(energy.nobody());
    };
    answer.set("subscriber", subscriber.as_str());
    let open = format!("and(subscriber[eq]:{subscriber},is_open[eq]:true)");
    let mut bills = found::all("utility_bill", &open, "due_on", &["id", "balance"], |row| {
        (owned(row, "id").unwrap_or_default(), rials(row, "balance"))
    })?;
    let first = slip.and_then(|slip| slip.bill);
    bills.sort_by_key(|(id, _)| Some(id) != first.as_ref());
    for (bill, balance) in bills.into_iter().take(BILLS) {
        let part = energy.taken.take(&bill, balance, left);
        let Some(amount) = money(part).filter(|_| part > 0) else {
            continue;
        };
        left -= part;
        answer
            .create("bill_allocation")
            .set_row("payment")
            .set("bill", bill)
            .set("amount", amount);
    }
    set_rials(answer, "unallocated", left);
    Ok(())
}

/// The bill of a slip.
struct Slip {
    bill_id: String,
    payment_id: String,
    bill: Option<String>,
    subscriber: Option<String>,
}

impl Energy {
    fn slip(&self, row: &Row<'_>, amount: i128) -> Checked<Option<Slip>> {
        let (bill, payment) = match (row.text("bill_id"), row.text("payment_id")) {
            (None, None) => return Ok(None),
            (bill, payment) => (bill.unwrap_or_default(), payment.unwrap_or_default()),
        };
        let Some((bill_id, payment_id, thousands)) = check_digit::slip(bill, payment) else {
            return Err(self.wrong_slip());
        };
        if i128::from(thousands) * 1_000 != amount {
            return Err(self.other_amount());
        }
        let filter = format!("and(bill_id[eq]:{bill_id},payment_id[eq]:{payment_id})");
        let fields = ["id", "corrects", "subscriber"];
        let bill = found::first("utility_bill", &filter, "-issued_on", &fields, |row| {
            // What a correction leaves to pay is owed under the bill that it corrects.
            (
                owned(row, "corrects").or_else(|| owned(row, "id")),
                owned(row, "subscriber"),
            )
        })?;
        let (bill, subscriber) = bill.unwrap_or_default();
        Ok(Some(Slip {
            bill_id,
            payment_id,
            bill,
            subscriber,
        }))
    }

    fn received(&self, column: &'static str) -> Refused {
        let message = self.say(
            "what was received stays as it came; delete the payment where it bounced and enter the right one",
            "پرداخت ثبت‌شده تغییر نمی‌کند؛ اگر برگشت خورده آن را حذف و پرداخت درست را ثبت کنید",
            "الدفعة المسجلة لا تتغير؛ احذفها إن رُدّت وسجّل الصحيحة",
        );
        Refused::because_of(column, "received", message)
    }

    fn paid_in_future(&self) -> Refused {
        let message = self.say(
            "the payment is in the future; give the day on which it came",
            "تاریخ پرداخت در آینده است؛ روز دریافت را بنویسید",
            "تاريخ الدفع في المستقبل؛ اكتب يوم وصوله",
        );
        Refused::because_of("paid_on", "future", message)
    }

    fn no_amount(&self) -> Refused {
        let message = self.say(
            "the amount is in rials and above 0",
            "مبلغ به ریال و بیش از صفر است",
            "المبلغ بالريال وأكبر من صفر",
        );
        Refused::because_of("amount", "no-amount", message)
    }

    fn wrong_slip(&self) -> Refused {
        let message = self.say(
            "the bill id and the payment id do not fit: one of their digits is mistyped",
            "شناسهٔ قبض و شناسهٔ پرداخت با هم نمی‌خوانند: یکی از رقم‌ها اشتباه است",
            "معرّف الفاتورة ومعرّف الدفع لا يتطابقان: أحد الأرقام خطأ",
        );
        Refused::because_of("payment_id", "check-digit", message)
    }

    fn other_amount(&self) -> Refused {
        let message = self.say(
            "the payment id says another amount",
            "مبلغ درون شناسهٔ پرداخت چیز دیگری است",
            "المبلغ في معرّف الدفع مختلف",
        );
        Refused::because_of("amount", "other-amount", message)
    }

    fn nobody(&self) -> Refused {
        let message = self.say(
            "no bill has these ids; name the subscriber who paid",
            "قبضی با این شناسه‌ها نیست؛ مشترک پرداخت‌کننده را بنویسید",
            "لا فاتورة بهذين المعرّفين؛ حدّد المشترك الدافع",
        );
        Refused::because_of("subscriber", "nobody", message)
    }
}

/// What is left to pay of the bill is counted again.
pub(crate) fn follow(row: &Row<'_>, effects: &mut Effects) -> Checked<()> {
    let Some(id) = row.text("id") else {
        return Ok(());
    };
    // What is deleted comes with its last values, both as they are and as they were.
    let word = match row.old().has("bill") {
        true => "returned",
        false => "paid",
    };
    if let Some(bill) = row.text("bill") {
        effects
            .update(bill, format!("{word}:{id}"))
            .set("recount", format!("{word}:{id}"));
    }
    // A payment that was deleted took its parts along.
    if let Some(payment) = row.text("payment")
        && found::one("utility_payment", payment, &["id"], |_| ())?.is_some()
    {
        effects
            .update(payment, format!("{word}:{id}:payment"))
            .set("recount", format!("{word}:{id}"));
    }
    Ok(())
}

/// What was paid beyond all bills is counted as a credit.
pub(crate) fn count_credit(row: &Row<'_>, effects: &mut Effects) -> Checked<()> {
    let Some(id) = row.text("id") else {
        return Ok(());
    };
    let word = match row.verb() {
        Some(Verb::Delete) => "went",
        Some(Verb::Create) => "came",
        _ => "used",
    };
    let revision = row.integer("revision").unwrap_or_default();
    if let Some(subscriber) = row.text("subscriber") {
        effects
            .update(subscriber, format!("{word}:{id}:{revision}"))
            .set("recount", format!("{word}:{id}:{revision}"));
    }
    Ok(())
}
