//! How long do sales take, and where do they wait?

use peyvand::{Days, Engine, Filter, Locale, SaleTimes, StageTime};
use serde_json::{Value as Json, json};

use super::shown::{Shown, Word};
use crate::fault::Fault;
use crate::output::{Output, Side, Table};
use crate::store;

const SPAN: Word = Word(["span", "بازه", "المدة"]);
const STAGE: Word = Word(["stage", "مرحله", "المرحلة"]);
const SALES: Word = Word(["sales", "فروش‌ها", "المبيعات"]);
const LEFT: Word = Word(["left it", "از آن گذشت", "غادرتها"]);
const STANDING: Word = Word(["there now", "اکنون در آن", "فيها الآن"]);
const MEAN: Word = Word(["mean days", "میانگین روز", "متوسط الأيام"]);
const MEDIAN: Word = Word(["median days", "میانه روز", "وسيط الأيام"]);
const TO_WON: Word = Word(["opened to won", "آغاز تا برد", "من الفتح إلى الكسب"]);
const TO_LOST: Word = Word(["opened to lost", "آغاز تا باخت", "من الفتح إلى الخسارة"]);
const FIRST_CONTACT: Word = Word([
    "first contact to won",
    "نخستین تماس تا برد",
    "من أول اتصال إلى الكسب",
]);

pub(super) fn tell(engine: &Engine, filter: &str, output: &mut Output<'_>) -> Result<(), Fault> {
    let session = store::session(engine)?;
    let times = session.sale_times(&Filter::parse(filter)?)?;
    if output.json {
        return output.document(&as_json(&times));
    }
    let mut shown = Shown::of(session);
    let spans = [
        (&TO_WON, &times.to_won),
        (&TO_LOST, &times.to_lost),
        (&FIRST_CONTACT, &times.first_contact_to_won),
    ];
    let names = spans.map(|(word, _)| shown.word(word)).into();
    let mut columns = vec![((shown.word(&SPAN), Side::Left), names)];
    columns.extend(of_days(&shown, &SALES, &spans.map(|(_, days)| days)));
    output.table(&Table::of_columns(columns))?;
    if times.left_out > 0 {
        let count = shown.number(times.left_out);
        output.line(match shown.locale {
            Locale::Fa => format!("{count} فروش کنار گذاشته شد: پیش از آغاز بسته شده‌اند"),
            Locale::Ar => format!("تُركت {count} من الصفقات: أُغلقت قبل أن تُفتح"),
            _ => format!("{count} sales are left out: they were closed before they were opened"),
        })?;
    }
    // Of a stage that no sale was ever in, such as those that end one, there is nothing to tell.
    let entered = |one: &&StageTime| one.ended.count + one.standing.count > 0;
    let stages: Vec<&StageTime> = times.stages.iter().filter(entered).collect();
    if stages.is_empty() {
        return Ok(());
    }
    output.line("")?;
    let names = stages
        .iter()
        .map(|one| shown.name(Some(one.stage)))
        .collect();
    let mut columns = vec![((shown.word(&STAGE), Side::Left), names)];
    let ended: Vec<&Days> = stages.iter().map(|one| &one.ended).collect();
    let standing: Vec<&Days> = stages.iter().map(|one| &one.standing).collect();
    columns.extend(of_days(&shown, &LEFT, &ended));
    columns.extend(of_days(&shown, &STANDING, &standing));
    output.table(&Table::of_columns(columns))
}

/// How many there are, their mean and their median.
fn of_days(shown: &Shown, counted: &Word, all: &[&Days]) -> [((String, Side), Vec<String>); 3] {
    let column = |word: &Word, cell: &dyn Fn(&Days) -> String| {
        let cells = all.iter().map(|days| cell(days)).collect();
        ((shown.word(word), Side::Right), cells)
    };
    let days = |days: Option<peyvand::Decimal>| {
        days.map_or_else(String::new, |days| shown.number(days.round(1)))
    };
    [
        column(counted, &|one| shown.number(one.count)),
        column(&MEAN, &|one| days(one.mean)),
        column(&MEDIAN, &|one| days(one.median)),
    ]
}

fn as_json(times: &SaleTimes) -> Json {
    let stage = |one: &StageTime| json!({"stage": one.stage.to_string(), "ended": one.ended, "standing": one.standing});
    let stages: Vec<Json> = times.stages.iter().map(stage).collect();
    json!({
        "to_won": times.to_won, "to_lost": times.to_lost,
        "first_contact_to_won": times.first_contact_to_won, "left_out": times.left_out, "stages": stages,
    })
}
