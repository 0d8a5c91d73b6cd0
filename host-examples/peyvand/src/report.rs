//! What do the records add up to?

mod base;
mod funnel;
mod shown;
mod stages;
mod totals;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use chrono::{Days, NaiveDate, Utc};
use peyvand::{
    Aggregate, Decimal, Engine, Filter, Funnel, League, Locale, Measure, Query, Session, Value,
};
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};

use crate::args::{Ready, Report};
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table};
use crate::query::Names;
use crate::store::{self, Need};
use crate::value::Reading;

pub(crate) fn run(report: &Report, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| match &report.ready {
        None => totals::tell(engine, &report.totals, output),
        Some(Ready::Pipeline) => pipeline(engine, output),
        Some(Ready::Funnel {
            cohort,
            per_person,
            from,
            to,
        }) => {
            let mut asked = Funnel::new();
            (asked.cohort, asked.per_person) = (cohort.clone(), *per_person);
            (asked.from, asked.to) = (*from, *to);
            funnel::tell(engine, &asked, output)
        }
        Some(Ready::Stages { filter }) => stages::tell(engine, filter, output),
        Some(Ready::Base { currency }) => base::tell(engine, currency.as_deref(), output),
        Some(Ready::League { from, to }) => league(engine, *from, *to, output),
    })?;
    Ok(Exit::Fine)
}

/// The promised shape.
#[derive(Debug, Default, Serialize)]
struct Pipeline {
    won: Won,
    lost: Lost,
    open: Vec<Open>,
    win_rate: Option<f64>,
}

#[derive(Debug, Default, Serialize)]
struct Won {
    count: u64,
    value: Amounts,
}

#[derive(Debug, Default, Serialize)]
struct Lost {
    count: u64,
}

#[derive(Debug, Serialize)]
struct Open {
    stage: String,
    count: u64,
    value: Amounts,
}

/// Sums by currency; amounts in different currencies are never added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Amounts(BTreeMap<String, Decimal>);

impl Amounts {
    fn add(&mut self, currency: &str, amount: Decimal) -> Result<(), Fault> {
        let sum = self.0.entry(currency.to_owned()).or_default();
        *sum = sum.checked_add(amount).ok_or_else(|| {
            Fault::input(
                format!("the sum of the amounts in {currency} is too large"),
                "look for an amount with too many digits: peyvand query opportunity --sort -amount",
            )
        })?;
        Ok(())
    }

    fn to_json(&self) -> Json {
        let mut sums = self.0.iter();
        match (sums.next(), sums.next()) {
            (None, _) => json!(0),
            (Some((_, sum)), None) => number(*sum),
            _ => self
                .0
                .iter()
                .map(|(currency, sum)| (currency.clone(), number(*sum)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    fn to_text(&self, reading: Reading) -> String {
        let sums = self.0.iter();
        let sums: Vec<String> = sums
            .map(|(currency, sum)| reading.amount(*sum, currency))
            .collect();
        if sums.is_empty() {
            "-".to_owned()
        } else {
            sums.join(" + ")
        }
    }
}

impl Serialize for Amounts {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(to)
    }
}

/// A JSON number where every reader gets it exactly, else text.
fn number(sum: Decimal) -> Json {
    let text = sum.to_string();
    text.parse::<i64>()
        .map_or_else(|_| json!(text), |whole| json!(whole))
}

/// One group of opportunities: of one status, stage and currency.
struct Group {
    status: String,
    stage: String,
    count: u64,
    sum: Option<(String, Decimal)>,
}

/// Adds the groups up; `order` says where a stage stands.
fn add_up(groups: &[Group], order: &HashMap<String, i64>) -> Result<Pipeline, Fault> {
    let mut pipeline = Pipeline::default();
    let mut open: BTreeMap<(i64, &str), (u64, Amounts)> = BTreeMap::new();
    for group in groups {
        let (count, value) = match group.status.as_str() {
            "won" => (&mut pipeline.won.count, Some(&mut pipeline.won.value)),
            "lost" => (&mut pipeline.lost.count, None),
            _ => {
                let place = order.get(&group.stage).copied().unwrap_or(i64::MAX);
                let (count, value) = open.entry((place, &group.stage)).or_default();
                (count, Some(value))
            }
        };
        *count += group.count;
        if let (Some(value), Some((currency, sum))) = (value, &group.sum) {
            value.add(currency, *sum)?;
        }
    }
    pipeline.open = open
        .into_iter()
        .map(|((_, stage), (count, value))| Open {
            stage: stage.to_owned(),
            count,
            value,
        })
        .collect();
    pipeline.win_rate = win_rate(pipeline.won.count, pipeline.lost.count);
    Ok(pipeline)
}

/// Won of all closed, in per cent with two decimals.
fn win_rate(won: u64, lost: u64) -> Option<f64> {
    let (won, closed) = (u128::from(won), u128::from(won) + u128::from(lost));
    let hundredths = (won * 10_000 + closed / 2).checked_div(closed)?;
    // At most 10 000, which a floating-point number holds exactly.
    Some(f64::from(u32::try_from(hundredths).ok()?) / 100.0)
}

fn pipeline(engine: &Engine, output: &mut Output<'_>) -> Result<(), Fault> {
    let session = store::session(engine)?;
    let stages = in_order(&session)?;
    let mut asked = Aggregate::new("opportunity");
    asked.filter = Filter::everything();
    asked.group_by = vec!["status".to_owned(), "stage".to_owned()];
    asked.measures = vec![Measure::Sum("amount".to_owned())];
    let text = |value: Option<&Option<Value>>| {
        value
            .and_then(Option::as_ref)
            .map_or_else(String::new, Value::to_string)
    };
    let mut groups = Vec::new();
    for row in session.aggregate(&asked)? {
        let stage = text(row.keys.get(1));
        let sum = match row.values.first() {
            Some(Some(Value::Money(money))) => Some((money.currency.to_string(), money.amount)),
            _ => None,
        };
        groups.push(Group {
            status: text(row.keys.first()),
            stage: stages.keys.get(&stage).cloned().unwrap_or(stage),
            count: row.count,
            sum,
        });
    }
    let pipeline = add_up(&groups, &stages.positions)?;
    if output.json {
        output.document(&pipeline)
    } else {
        tell_pipeline(&pipeline, &stages, Reading::of(&session), output)
    }
}

/// What the report needs to know of the stages.
#[derive(Default)]
struct Stages {
    /// By id.
    keys: HashMap<String, String>,
    /// By key.
    positions: HashMap<String, i64>,
    /// What people call them, by key.
    titles: HashMap<String, String>,
}

fn in_order(session: &Session) -> Result<Stages, Fault> {
    let mut stages = Stages::default();
    let mut query = Query::new("stage");
    query.limit = 1000;
    loop {
        let page = session.query(&query)?;
        for stage in &page.records {
            let key = stage
                .text("key")
                .map_or_else(|| stage.title(), str::to_owned);
            if let Some(Value::Integer(position)) = stage.get("position") {
                stages.positions.insert(key.clone(), *position);
            }
            let title = stage.title_in(session.locale());
            stages.titles.insert(key.clone(), title);
            stages.keys.insert(stage.id().to_string(), key);
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(stages),
        }
    }
}

fn tell_pipeline(
    pipeline: &Pipeline,
    stages: &Stages,
    reading: Reading,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let word = |words| reading.word(words).to_owned();
    let mut table = Table::headed(vec![
        (String::new(), Side::Left),
        (word(["stage", "مرحله", "المرحلة"]), Side::Left),
        (word(["count", "تعداد", "العدد"]), Side::Right),
        (word(["value", "ارزش", "القيمة"]), Side::Left),
    ]);
    for open in &pipeline.open {
        let title = stages.titles.get(&open.stage);
        table.row([
            word(["open", "باز", "مفتوحة"]),
            title.cloned().unwrap_or_else(|| open.stage.clone()),
            reading.count(open.count),
            open.value.to_text(reading),
        ]);
    }
    table.row([
        word(["won", "برده", "رابحة"]),
        String::new(),
        reading.count(pipeline.won.count),
        pipeline.won.value.to_text(reading),
    ]);
    table.row([
        word(["lost", "باخته", "خاسرة"]),
        String::new(),
        reading.count(pipeline.lost.count),
        String::new(),
    ]);
    output.table(&table)?;
    let Some(rate) = pipeline.win_rate else {
        return output.line(reading.word([
            "nothing is closed yet",
            "هنوز چیزی بسته نشده است",
            "لم يُغلق شيء بعد",
        ]));
    };
    let rate = reading.number(format!("{rate:.2}"));
    output.line(match reading.locale {
        Locale::Fa => format!("برده از بسته‌شده‌ها: {rate}٪"),
        Locale::Ar => format!("الرابحة من المغلقة: {rate}٪"),
        _ => format!("won of closed: {rate} %"),
    })
}

const WEEK: u64 = 7;

fn league(
    engine: &Engine,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let session = store::session(engine)?;
    // It is made of deals that not everybody sees.
    session.must_administer("see everybody's points")?;
    let to = to.unwrap_or_else(|| Utc::now().with_timezone(&session.zone()).date_naive());
    let from = from.unwrap_or_else(|| to.checked_sub_days(Days::new(WEEK - 1)).unwrap_or(to));
    if from > to {
        return Err(Fault::input(
            format!("the span begins on {from}, after its end {to}"),
            "give --from before --to",
        ));
    }
    let league = engine.league(from, to)?;
    if output.json {
        output.document(&league_json(&league, from, to, Names::of(session)))
    } else {
        let reading = Reading::of(&session);
        tell_league(&league, (from, to), Names::of(session), reading, output)
    }
}

fn league_json(league: &League, from: NaiveDate, to: NaiveDate, mut names: Names) -> Json {
    let mut standings = Vec::new();
    for standing in &league.standings {
        standings.push(json!({"user": standing.user.to_string(), "name": names.name(standing.user), "points": standing.points, "by_reason": standing.by_reason}));
    }
    let mut badges = Vec::new();
    for held in &league.badges {
        badges.push(json!({"user": held.user.to_string(), "name": names.name(held.user), "badge": held.badge, "on": held.on.to_string()}));
    }
    json!({"from": from.to_string(), "to": to.to_string(), "standings": standings, "badges": badges, "capped": league.capped})
}

fn tell_league(
    league: &League,
    (from, to): (NaiveDate, NaiveDate),
    mut names: Names,
    reading: Reading,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let (from, to) = (reading.day(from), reading.day(to));
    output.line(match reading.locale {
        Locale::Fa => format!("از {from} تا {to}"),
        Locale::Ar => format!("من {from} إلى {to}"),
        _ => format!("from {from} to {to}"),
    })?;
    if league.standings.is_empty() {
        return output.line(reading.word([
            "nobody has points; a plugin such as sales-league gives them, and --from and --to choose the days",
            "کسی امتیازی ندارد؛ افزونه‌ای چون sales-league امتیاز می‌دهد، و --from و --to روزها را برمی‌گزینند",
            "لا أحد له نقاط؛ تمنحها إضافة مثل sales-league، ويختار --from و--to الأيام",
        ]));
    }
    let heading = |words, side| (reading.word(words).to_owned(), side);
    let who = ["who", "چه کسی", "من"];
    let mut table = Table::headed(vec![
        heading(["place", "جایگاه", "المرتبة"], Side::Right),
        heading(["points", "امتیاز", "النقاط"], Side::Right),
        heading(["for", "برای", "مقابل"], Side::Left),
        heading(who, Side::Left),
    ]);
    for (place, standing) in league.standings.iter().enumerate() {
        let reasons = standing.by_reason.iter();
        let reasons: Vec<String> = reasons
            .map(|(reason, points)| format!("{reason} {}", reading.number(points)))
            .collect();
        table.row([
            reading.count(place as u64 + 1),
            reading.number(standing.points),
            reasons.join(reading.word([", ", "، ", "، "])),
            names.name(standing.user),
        ]);
    }
    output.table(&table)?;
    if !league.badges.is_empty() {
        let mut table = Table::headed(vec![
            heading(["on", "روز", "اليوم"], Side::Left),
            heading(["badge", "نشان", "الوسام"], Side::Left),
            heading(who, Side::Left),
        ]);
        for held in &league.badges {
            table.row([
                reading.day(held.on),
                held.badge.clone(),
                names.name(held.user),
            ]);
        }
        output.line("")?;
        output.table(&table)?;
    }
    if league.capped == 0 {
        return Ok(());
    }
    let capped = reading.number(league.capped);
    output.line(match reading.locale {
        Locale::Fa => format!("{capped} امتیاز بالای سقف بود و داده نشد"),
        Locale::Ar => format!("{capped} من النقاط كانت فوق الحد ولم تُمنح"),
        _ => format!("{capped} points were above a cap and not given"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn group(status: &str, stage: &str, count: u64, sum: Option<(&str, &str)>) -> Group {
        let sum = sum.map(|(currency, amount)| (currency.to_owned(), amount.parse().unwrap()));
        Group {
            status: status.to_owned(),
            stage: stage.to_owned(),
            count,
            sum,
        }
    }

    fn order() -> HashMap<String, i64> {
        [("prospecting", 0), ("engaging", 1), ("won", 4), ("lost", 5)]
            .map(|(key, place)| (key.to_owned(), place))
            .into()
    }

    fn json_of(groups: &[Group]) -> String {
        serde_json::to_string(&add_up(groups, &order()).unwrap()).unwrap()
    }

    #[test]
    fn the_known_answers_come_out_in_the_promised_shape() {
        let groups = [
            group("lost", "lost", 2473, Some(("USD", "0"))),
            group("open", "engaging", 1589, None),
            group("open", "prospecting", 500, None),
            group("won", "won", 4238, Some(("USD", "10005534"))),
        ];
        assert_eq!(
            json_of(&groups),
            r#"{"won":{"count":4238,"value":10005534},"lost":{"count":2473},"open":[{"stage":"prospecting","count":500,"value":0},{"stage":"engaging","count":1589,"value":0}],"win_rate":63.15}"#
        );
    }

    #[test]
    fn an_empty_store_has_no_win_rate() {
        assert_eq!(
            json_of(&[]),
            r#"{"won":{"count":0,"value":0},"lost":{"count":0},"open":[],"win_rate":null}"#
        );
    }

    #[test]
    fn currencies_are_kept_apart_and_records_without_an_amount_are_counted() {
        let groups = [
            group("won", "won", 2, Some(("USD", "12.5"))),
            group("won", "won", 3, Some(("IRR", "9000000000"))),
            group("won", "won", 4, None),
        ];
        let json = json_of(&groups);
        assert!(
            json.starts_with(r#"{"won":{"count":9,"value":{"IRR":9000000000,"USD":"12.5"}}"#),
            "{json}"
        );
    }

    #[test]
    fn a_sum_that_is_no_whole_number_of_64_bits_is_text() {
        for (sum, json) in [
            ("0", "0"),
            ("-5", "-5"),
            ("1.50", "\"1.5\""),
            ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "\"9223372036854775808\""),
        ] {
            assert_eq!(number(sum.parse().unwrap()).to_string(), json);
        }
    }

    #[test]
    fn a_sum_that_is_too_large_is_an_error_and_not_a_wrong_number() {
        let most = Some(("USD", "79000000000000000000"));
        let fault = add_up(
            &[group("won", "won", 1, most), group("won", "won2", 1, most)],
            &order(),
        )
        .unwrap_err();
        assert!(fault.to_string().contains("USD is too large"), "{fault}");
    }

    #[test]
    fn the_win_rate_is_rounded_to_two_decimals() {
        for (won, lost, rate) in [
            (1, 2, 33.33),
            (2, 1, 66.67),
            (1, 0, 100.0),
            (0, 1, 0.0),
            (1, 7, 12.5),
            (u64::MAX, 0, 100.0),
        ] {
            assert_eq!(win_rate(won, lost), Some(rate), "{won} {lost}");
        }
        assert_eq!(win_rate(0, 0), None);
    }

    #[test]
    fn open_stages_come_in_the_order_of_their_positions_and_unknown_ones_last() {
        let groups = [
            group("open", "zz", 1, None),
            group("open", "engaging", 1, None),
            group("open", "prospecting", 1, None),
        ];
        let stages: Vec<String> = add_up(&groups, &order())
            .unwrap()
            .open
            .into_iter()
            .map(|open| open.stage)
            .collect();
        assert_eq!(stages, ["prospecting", "engaging", "zz"]);
    }
}
