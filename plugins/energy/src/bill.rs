//! What is to be paid for a period, and how is a bill that went out put right? By a linked correction, never by a change.

mod refused;

use peyvand_plugin::text::{Calendar, CalendarDay};
use peyvand_plugin::{Answer, Date, Decimal, Effects, Row};

use crate::Energy;
use crate::check_digit;
use crate::credit;
use crate::found::{self, Checked, owned, rials, set_rials};
use crate::tariff::{self, Line, Step};
use crate::told::sms;

/// What stays as it is once the bill is issued.
const FACTS: [&str; 8] = [
    "kind",
    "point",
    "reading_from",
    "reading_to",
    "corrects",
    "corrected_consumption",
    "reason",
    "due_on",
];
const ONE: i128 = 1_000_000_000;

/// What is charged: between two readings of a point, or again for a bill that was wrong.
struct Period {
    from: Date,
    until: Date,
    consumption: i128,
}

/// What a point says to its bills.
struct Point {
    number: String,
    utility: String,
    subscriber: Option<String>,
    tariff: Option<String>,
}

/// The parts of a bill, in rials.
struct Sums {
    energy: i128,
    fixed: i128,
    levy: i128,
    vat: i128,
    lines: Vec<Line>,
}

impl Sums {
    fn total(&self) -> i128 {
        self.energy + self.fixed + self.levy + self.vat
    }
}

/// The bill that a correction puts right.
struct Original {
    number: String,
    point: String,
    kind: String,
    state: String,
    from: Option<Date>,
    until: Option<Date>,
    total: i128,
    corrections: i128,
    paid: i128,
}

fn is_out(state: Option<&str>) -> bool {
    state.is_some_and(|state| state != "draft")
}

pub(crate) fn amend(energy: &Energy, row: &Row<'_>, answer: &mut Answer<'_, '_>) -> Checked<()> {
    energy.taken.begin(row);
    if is_out(row.old().text("state")) {
        if let Some(fact) = FACTS.into_iter().find(|fact| row.changed(fact)) {
            return Err(energy.issued(fact));
        }
        if row.text("state") == Some("draft") {
            return Err(energy.issued("state"));
        }
        return settle(row, answer, rials(row, "total"), None);
    }
    match row.text("kind") {
        Some("correction") => correction(energy, row, answer),
        _ => regular(energy, row, answer),
    }
}

fn regular(energy: &Energy, row: &Row<'_>, answer: &mut Answer<'_, '_>) -> Checked<()> {
    let (Some(point_id), Some(to)) = (row.text("point"), row.text("reading_to")) else {
        return Err(energy.no_reading());
    };
    let Some(point) = point(point_id)? else {
        return Ok(());
    };
    let last = format!("and(point[eq]:{point_id},kind[eq]:regular,state[ne]:draft)");
    let last = found::first(
        "utility_bill",
        &last,
        "-period_until",
        &["reading_to", "period_until", "carried"],
        |row| {
            (
                owned(row, "reading_to"),
                row.date("period_until"),
                rials(row, "carried"),
            )
        },
    )?;
    let from = match (row.text("reading_from"), &last) {
        (Some(from), _) => Some(from.to_owned()),
        (None, Some((to, _, _))) => to.clone(),
        (None, None) => {
            let of_point = format!("point[eq]:{point_id}");
            found::first(
                "meter_reading",
                &of_point,
                "read_on,created_at",
                &["id"],
                |row| owned(row, "id"),
            )?
            .flatten()
        }
    };
    let Some(from) = from else {
        return Err(energy.no_reading());
    };
    let (Some(from_day), Some(until)) = (reading(&from, point_id)?, reading(to, point_id)?) else {
        return Err(energy.no_reading());
    };
    let billed = last.as_ref().and_then(|(_, until, _)| *until);
    if from_day >= until || billed.is_some_and(|billed| from_day < billed) {
        return Err(energy.already_billed());
    }
    let of_period =
        format!("and(point[eq]:{point_id},read_on[gt]:{from_day},read_on[lte]:{until})");
    let parts = found::all("meter_reading", &of_period, "", &["consumption"], |row| {
        row.decimal("consumption").map_or(0, Decimal::billionths)
    })?;
    let period = Period {
        from: from_day,
        until,
        consumption: parts.iter().sum(),
    };
    let sums = energy.sums(&point, &period)?;
    // What was left below a thousand rials goes on to the next bill.
    let carried = last.map_or(0, |(_, _, carried)| carried);
    let raw = sums.total() + carried;
    let total = raw - raw.rem_euclid(1_000);
    answer.set("reading_from", from.as_str());
    answer.set("number", number(&point, until));
    show(answer, &point, &period, &sums);
    set_rials(answer, "carried", raw - total);
    set_rials(answer, "total", total);
    let mut paid = 0;
    if row.text("state") == Some("issued") {
        if let Some(subscriber) = &point.subscriber {
            paid = credit::carry(energy, answer, subscriber, total)?;
        }
        energy.issue(row, answer, &point, total - paid, until)?;
    }
    settle(row, answer, total, Some(paid))
}

fn correction(energy: &Energy, row: &Row<'_>, answer: &mut Answer<'_, '_>) -> Checked<()> {
    let (Some(id), Some(corrected)) = (row.text("corrects"), row.decimal("corrected_consumption"))
    else {
        return Err(energy.nothing_corrected());
    };
    if !row.has("reason") {
        return Err(energy.nothing_corrected());
    }
    let Some(original) = original(id)? else {
        return Ok(());
    };
    let (Some(from), Some(until)) = (original.from, original.until) else {
        return Ok(());
    };
    if original.kind != "regular" || !is_out(Some(&original.state)) {
        return Err(energy.not_correctable());
    }
    let Some(point) = point(&original.point)? else {
        return Ok(());
    };
    let period = Period {
        from,
        until,
        consumption: corrected.billionths(),
    };
    let sums = energy.sums(&point, &period)?;
    let right = sums.total() - sums.total().rem_euclid(1_000);
    let total = right - original.total - original.corrections;
    let earlier = found::all(
        "utility_bill",
        &format!("corrects[eq]:{id}"),
        "",
        &["id"],
        |row| owned(row, "id"),
    )?;
    let earlier = earlier
        .iter()
        .filter(|other| other.as_deref() != row.text("id"))
        .count();
    answer.set("number", format!("{}-{}", original.number, earlier + 1));
    answer.set("point", original.point.as_str());
    show(answer, &point, &period, &sums);
    set_rials(answer, "total", total);
    if row.text("state") == Some("issued") {
        let left = original.total + original.corrections + total - original.paid;
        energy.issue(row, answer, &point, left, until)?;
    }
    settle(row, answer, total, Some(0))
}

/// What is left to pay. What a correction changes is owed under the bill that it corrects. Of a bill that goes out is told
/// what was paid before; of any other it is counted.
fn settle(
    row: &Row<'_>,
    answer: &mut Answer<'_, '_>,
    total: i128,
    paid_before: Option<i128>,
) -> Checked<()> {
    let (Some(id), state) = (row.text("id"), row.text("state")) else {
        return Ok(());
    };
    if row.text("kind") == Some("correction") || !is_out(state) {
        set_rials(answer, "balance", 0);
        answer.set("is_open", false);
        return Ok(());
    }
    let (mut corrections, mut paid) = (0, paid_before.unwrap_or(0));
    if paid_before.is_none() {
        let issued = format!("and(corrects[eq]:{id},state[ne]:draft)");
        let parts = found::all("utility_bill", &issued, "", &["total"], |row| {
            rials(row, "total")
        })?;
        corrections = parts.iter().sum();
        let parts = found::all(
            "bill_allocation",
            &format!("bill[eq]:{id}"),
            "",
            &["amount"],
            |row| rials(row, "amount"),
        )?;
        paid = parts.iter().sum();
    }
    let balance = total + corrections - paid;
    set_rials(answer, "corrections", corrections);
    set_rials(answer, "paid", paid);
    set_rials(answer, "balance", balance);
    answer.set("is_open", balance > 0);
    answer.set("state", if balance > 0 { "issued" } else { "paid" });
    Ok(())
}

/// The days of a period by month of the Persian calendar.
fn days_by_month(from: Date, until: Date) -> Option<Vec<(u8, i32)>> {
    let mut parts = Vec::new();
    let mut day = from;
    while day < until && parts.len() < 60 {
        let CalendarDay { year, month, .. } = Calendar::Jalali.name(day)?;
        let (year, next) = if month == 12 {
            (year + 1, 1)
        } else {
            (year, month + 1)
        };
        let next = Calendar::Jalali.day(CalendarDay {
            year,
            month: next,
            day: 1,
        })?;
        let end = next.min(until);
        parts.push((month, end.0 - day.0));
        day = end;
    }
    Some(parts)
}

/// A point's number and the Persian day on which the period ends; a period ends once.
fn number(point: &Point, until: Date) -> String {
    match Calendar::Jalali.name(until) {
        Some(CalendarDay { year, month, day }) => {
            format!("{}-{year:04}{month:02}{day:02}", point.number)
        }
        None => format!("{}-{until}", point.number),
    }
}

fn reading(id: &str, point: &str) -> Checked<Option<Date>> {
    let found = found::one("meter_reading", id, &["point", "read_on"], |row| {
        (row.text("point") == Some(point))
            .then(|| row.date("read_on"))
            .flatten()
    })?;
    Ok(found.flatten())
}

fn point(id: &str) -> Checked<Option<Point>> {
    found::one(
        "metering_point",
        id,
        &["number", "utility", "subscriber", "tariff"],
        |row| Point {
            number: owned(row, "number").unwrap_or_default(),
            utility: owned(row, "utility").unwrap_or_default(),
            subscriber: owned(row, "subscriber"),
            tariff: owned(row, "tariff"),
        },
    )
}

fn original(id: &str) -> Checked<Option<Original>> {
    let fields = [
        "number",
        "point",
        "kind",
        "state",
        "period_from",
        "period_until",
        "total",
        "corrections",
        "paid",
    ];
    found::one("utility_bill", id, &fields, |row| Original {
        number: owned(row, "number").unwrap_or_default(),
        point: owned(row, "point").unwrap_or_default(),
        kind: owned(row, "kind").unwrap_or_default(),
        state: owned(row, "state").unwrap_or_default(),
        from: row.date("period_from"),
        until: row.date("period_until"),
        total: rials(row, "total"),
        corrections: rials(row, "corrections"),
        paid: rials(row, "paid"),
    })
}

fn show(answer: &mut Answer<'_, '_>, point: &Point, period: &Period, sums: &Sums) {
    match &point.subscriber {
        Some(subscriber) => answer.set("subscriber", subscriber.as_str()),
        None => answer.clear("subscriber"),
    };
    answer
        .set("period_from", period.from)
        .set("period_until", period.until)
        .set("days", i64::from(period.until.0 - period.from.0))
        .set("consumption", Decimal::from_billionths(period.consumption))
        .set("lines", shown(&sums.lines));
    set_rials(answer, "energy_charge", sums.energy);
    set_rials(answer, "fixed_fee", sums.fixed);
    set_rials(answer, "levy", sums.levy);
    set_rials(answer, "vat", sums.vat);
}

/// The tiers as the printed bill lists them: whole units and rials.
fn shown(lines: &[Line]) -> String {
    let line = |line: &Line| {
        let (from, to) = line.months;
        let units = Decimal::from_billionths(line.units / (ONE / 100) * (ONE / 100));
        let rate = Decimal::from_billionths(line.rate);
        format!(
            "{{\"from\":{from},\"to\":{to},\"days\":{},\"units\":\"{units}\",\"rate\":\"{rate}\",\"amount\":{}}}",
            line.days, line.amount
        )
    };
    let lines: Vec<String> = lines.iter().map(line).collect();
    format!("[{}]", lines.join(","))
}

impl Energy {
    fn sums(&self, point: &Point, period: &Period) -> Checked<Sums> {
        let Some(tariff) = &point.tariff else {
            return Err(self.no_tariff(None));
        };
        let head = found::one(
            "tariff",
            tariff,
            &["fixed_fee", "levy_percent", "vat_percent"],
            |row| {
                let percent = |column| row.decimal(column).map_or(0, Decimal::billionths);
                (
                    rials(row, "fixed_fee"),
                    percent("levy_percent"),
                    percent("vat_percent"),
                )
            },
        )?;
        let Some((monthly, levy, vat)) = head else {
            return Err(self.no_tariff(None));
        };
        let steps = steps(tariff, period.until)?;
        let days = days_by_month(period.from, period.until).unwrap_or_default();
        let lines = tariff::charge(&steps, period.consumption, &days)
            .map_err(|why| self.no_tariff(Some(why)))?;
        let energy: i128 = lines.iter().map(|line| line.amount).sum();
        let fixed = monthly * i128::from(period.until.0 - period.from.0) / 30;
        Ok(Sums {
            energy,
            fixed,
            levy: tariff::percent_of(energy, levy),
            vat: tariff::percent_of(energy + fixed, vat),
            lines,
        })
    }

    /// The day, the term, and the two ids that the slip is paid by.
    fn issue(
        &self,
        row: &Row<'_>,
        answer: &mut Answer<'_, '_>,
        point: &Point,
        payable: i128,
        until: Date,
    ) -> Checked<()> {
        let today = row.today();
        answer.set("issued_on", today);
        if !row.has("due_on") {
            answer.set("due_on", today.plus_days(self.due_days));
        }
        let Some(bill_id) = check_digit::bill_id(&point.number, &self.company, &point.utility)
        else {
            return Ok(());
        };
        let named = Calendar::Jalali.name(until);
        let (year, month) = named.map_or((0, 0), |named| (named.year, named.month));
        let thousands = i64::try_from(payable / 1_000).unwrap_or_default();
        if let Some(payment_id) = check_digit::payment_id(&bill_id, thousands, year, month) {
            answer.set("barcode", check_digit::barcode(&bill_id, &payment_id));
            answer.set("payment_id", payment_id);
        }
        answer.set("bill_id", bill_id);
        Ok(())
    }
}

/// The tiers that are in force on a day.
fn steps(tariff: &str, day: Date) -> Checked<Vec<Step>> {
    let fields = [
        "first_month",
        "last_month",
        "up_to",
        "rate",
        "valid_from",
        "valid_until",
    ];
    let steps = found::all(
        "tariff_step",
        &format!("tariff[eq]:{tariff}"),
        "",
        &fields,
        |row| {
            let month = |column| {
                row.integer(column)
                    .and_then(|month| u8::try_from(month).ok())
            };
            let is_valid = row.date("valid_from").is_none_or(|from| from <= day)
                && row.date("valid_until").is_none_or(|until| day <= until);
            is_valid.then_some(Step {
                months: (
                    month("first_month").unwrap_or(1),
                    month("last_month").unwrap_or(12),
                ),
                up_to: row.decimal("up_to").map(Decimal::billionths),
                rate: row.money("rate").map_or(0, |rate| rate.amount.billionths()),
            })
        },
    )?;
    Ok(steps.into_iter().flatten().collect())
}

/// A bill that went out is told to its subscriber; what is owed is counted again.
pub(crate) fn follow(row: &Row<'_>, effects: &mut Effects) -> Checked<()> {
    let (Some(id), Some(revision)) = (row.text("id"), row.integer("revision")) else {
        return Ok(());
    };
    let goes_out = is_out(row.text("state")) && !is_out(row.old().text("state"));
    let subscriber = row.text("subscriber");
    if goes_out {
        if let Some(original) = row.text("corrects") {
            effects
                .update(original, format!("corrected:{id}"))
                .set("recount", format!("{id}:{revision}"));
        }
        let party = match subscriber {
            Some(subscriber) => found::one("subscriber", subscriber, &["party"], |row| {
                owned(row, "party")
            })?
            .flatten(),
            None => None,
        };
        if let Some(party) = party {
            effects.send(sms(&party, "bill-issued", id), format!("issued:{id}"));
        }
    }
    let owes = |row: &Row<'_>| rials(row, "balance");
    if let Some(subscriber) = subscriber.filter(|_| owes(row) != owes(&row.old())) {
        effects
            .update(subscriber, format!("debt:{id}:{revision}"))
            .set("recount", format!("{id}:{revision}"));
    }
    Ok(())
}
