//! Of those who came in, how many came how far?

use peyvand::locale::Calendar;
use peyvand::{Decimal, Engine, Funnel, FunnelRow};
use serde_json::{Value as Json, json};

use super::shown::{Shown, Word};
use crate::fault::Fault;
use crate::output::{Output, Side, Table};
use crate::store;

const CAME_IN: Word = Word(["came in", "ورود", "دخلوا"]);
const OWNER: Word = Word(["owner", "مسئول", "المسؤول"]);
const CONTACTS: Word = Word(["contacts", "تماس‌ها", "جهات الاتصال"]);
const LEADS: Word = Word(["leads", "سرنخ‌های جدی", "عملاء محتملون"]);
const SALES: Word = Word(["opportunities", "فرصت‌ها", "الفرص"]);
const WON: Word = Word(["won", "برده", "مكسوبة"]);
const OF_HUNDRED: Word = Word(["of 100", "از ۱۰۰", "من ١٠٠"]);

pub(super) fn tell(engine: &Engine, asked: &Funnel, output: &mut Output<'_>) -> Result<(), Fault> {
    let session = store::session(engine)?;
    let rows = session.funnel(asked)?;
    if output.json {
        let data: Vec<Json> = rows.iter().map(as_json).collect();
        return output.document(&json!({"data": data}));
    }
    if rows.is_empty() {
        return output.line("nobody came in");
    }
    let mut shown = Shown::of(session);
    let mut columns: Vec<((String, Side), Vec<String>)> = Vec::new();
    if let Some(cohort) = &asked.cohort {
        let (period, calendar) = match cohort.split_once('@') {
            Some((period, calendar)) => (period, Calendar::from_name(calendar.trim())),
            None => (cohort.as_str(), None),
        };
        let calendar = calendar.unwrap_or(Calendar::Gregorian);
        let cells = rows.iter().map(|row| {
            let day = row.cohort;
            day.map_or_else(String::new, |day| {
                shown.period(period.trim(), calendar, day)
            })
        });
        let cells = cells.collect();
        columns.push(((shown.word(&CAME_IN), Side::Left), cells));
    }
    if asked.per_person {
        let cells = rows.iter().map(|row| shown.name(row.owner)).collect();
        columns.push(((shown.word(&OWNER), Side::Left), cells));
    }
    let counts: [(&Word, fn(&FunnelRow) -> u64); 4] = [
        (&CONTACTS, |row| row.contacts),
        (&LEADS, |row| row.leads),
        (&SALES, |row| row.opportunities),
        (&WON, |row| row.won),
    ];
    for (place, (word, count)) in counts.into_iter().enumerate() {
        let cells = rows.iter().map(|row| shown.number(count(row))).collect();
        columns.push(((shown.word(word), Side::Right), cells));
        if let Some(step) = place.checked_sub(1) {
            let share =
                |row: &FunnelRow| -> Option<Decimal> { row.per_hundred()?.get(step).copied() };
            let cells = rows.iter().map(|row| {
                share(row).map_or_else(String::new, |share| shown.number(share.round(1)))
            });
            let cells = cells.collect();
            columns.push(((shown.word(&OF_HUNDRED), Side::Right), cells));
        }
    }
    output.table(&Table::of_columns(columns))
}

fn as_json(row: &FunnelRow) -> Json {
    let shares = row.per_hundred();
    let shares = shares.map(|shares| shares.map(|share| share.to_string()));
    json!({
        "cohort": row.cohort.map(|day| day.to_string()), "owner": row.owner.map(|id| id.to_string()),
        "contacts": row.contacts, "leads": row.leads, "opportunities": row.opportunities, "won": row.won,
        "per_hundred": shares,
    })
}
