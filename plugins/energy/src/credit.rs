//! What is left of payments, and which bill does it pay next?

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use peyvand_plugin::{Answer, Row};

use crate::Energy;
use crate::found::{self, Checked, money, owned, rials};

/// Payments that one bill can be paid from: fewer than records may be added to one.
const PAYMENTS: usize = 12;

/// Rials that the records of one batch took already, by the bill or the payment they are taken from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taken(Arc<Mutex<BTreeMap<String, i128>>>);

impl Taken {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, i128>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the batch before.
    pub(crate) fn begin(&self, row: &Row<'_>) {
        if row.index() == 0 {
            self.all().clear();
        }
    }

    /// Takes as much as is wanted and there.
    pub(crate) fn take(&self, from: &str, there: i128, wanted: i128) -> i128 {
        let mut taken = self.all();
        let before = taken.get(from).copied().unwrap_or(0);
        let part = wanted.min(there - before).max(0);
        if part > 0 {
            taken.insert(from.to_owned(), before + part);
        }
        part
    }
}

/// What no bill has of a payment yet.
pub(crate) fn unused(payment: &str, amount: i128) -> Checked<i128> {
    let filter = format!("payment[eq]:{payment}");
    let parts = found::all("bill_allocation", &filter, "", &["amount"], |row| {
        rials(row, "amount")
    })?;
    Ok(amount - parts.iter().sum::<i128>())
}

/// Pays a bill that goes out from what its subscriber has paid before and no bill has, the oldest first; gives how much.
pub(crate) fn carry(
    energy: &Energy,
    answer: &mut Answer<'_, '_>,
    subscriber: &str,
    total: i128,
) -> Checked<i128> {
    let filter = format!("and(subscriber[eq]:{subscriber},unallocated[gt]:0)");
    let payments = found::all(
        "utility_payment",
        &filter,
        "paid_on,created_at",
        &["id", "amount"],
        |row| (owned(row, "id").unwrap_or_default(), rials(row, "amount")),
    )?;
    let mut left = total.max(0);
    for (payment, amount) in payments.into_iter().take(PAYMENTS) {
        // By its parts: what is said of it is counted after the commit.
        let part = energy.taken.take(&payment, unused(&payment, amount)?, left);
        let Some(amount) = money(part).filter(|_| part > 0) else {
            continue;
        };
        left -= part;
        answer
            .create("bill_allocation")
            .set_row("bill")
            .set("payment", payment)
            .set("amount", amount);
    }
    Ok(total.max(0) - left)
}
