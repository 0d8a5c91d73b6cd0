//! When does a firm work, and what is so much working time later?

use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use clap::Subcommand;
use peyvand::calendar::{CalendarDate, HolidayFile, HolidayReceipt, KeptCalendar, WorkingTime};
use peyvand::locale::{
    Calendar, DateStyle, Digits, format_date, month_name, parse_date, weekday_name,
};
use peyvand::{Locale, Session};
use serde_json::{Value as Json, json};

use crate::fault::{Exit, Fault};
use crate::moment;
use crate::output::{Output, Side, Table, several};
use crate::source;
use crate::store::{self, Need};

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// The business calendars
    #[command(
        after_help = "Example, and how one is made:\n  peyvand calendar list\n  peyvand create business_calendar '{\"key\": \"tehran\", \"name\": \"دفتر تهران\", \"definition\": {\"zone\": \"Asia/Tehran\", \"weeks\": [{\"open\": {\"saturday-wednesday\": \"08:00-16:00\", \"thursday\": \"08:00-12:00\"}}]}}'"
    )]
    List,
    /// A month with its hours and holidays, in three calendars side by side
    #[command(
        after_help = "Examples:\n  peyvand calendar month tehran 1405/01@persian --locale fa\n  peyvand calendar month tehran 1447/09@hijri"
    )]
    Month {
        /// The calendar's key or id
        calendar: String,
        /// Year and month, such as 2026/03 or 1405/01@persian [default: this month, by the usual calendar of the language]
        month: Option<String>,
    },
    /// Whether it is open, and when it opens next
    #[command(after_help = "Example:\n  peyvand calendar open tehran '1405/01/05@persian 09:30'")]
    Open {
        /// The calendar's key or id
        calendar: String,
        /// An instant, or a day and a time by the calendar's clock [default: now]
        at: Option<String>,
    },
    /// What is so much working time later, or earlier
    #[command(
        after_help = "Examples:\n  peyvand calendar add tehran 8h '2026-03-19 11:00'\n  peyvand calendar add tehran 3d\n  peyvand calendar add tehran -- -90m"
    )]
    Add {
        /// The calendar's key or id
        calendar: String,
        /// Working time, such as 8h, 90m, 1h30m, or working days, 3d
        #[arg(allow_hyphen_values = true)]
        time: String,
        /// An instant, or a day and a time by the calendar's clock [default: now]
        from: Option<String>,
    },
    /// How much working time lies between two moments
    #[command(
        after_help = "Example:\n  peyvand calendar between tehran '2026-03-19 11:00' '2026-03-28 09:00'"
    )]
    Between {
        /// The calendar's key or id
        calendar: String,
        from: String,
        until: String,
    },
    /// Bring in a file of holidays, such as {"2026-03-21": "Nowruz"}
    #[command(
        after_help = "Example:\n  peyvand calendar holidays IR_COMMON.json --into tehran --from 2026-01-01"
    )]
    Holidays {
        /// The file; - reads it from stdin
        file: PathBuf,
        /// The calendar's key or id
        #[arg(long, value_name = "CALENDAR")]
        into: String,
        /// Only from this day on
        #[arg(long, value_name = "DAY", value_parser = moment::day)]
        from: Option<NaiveDate>,
        /// Only until this day
        #[arg(long, value_name = "DAY", value_parser = moment::day)]
        until: Option<NaiveDate>,
    },
}

pub(crate) fn run(action: &Action, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        match action {
            Action::List => list(&session, output),
            Action::Month { calendar, month } => {
                let month = Month::asked(month.as_deref(), &session)?;
                show(&session, calendar, month, output)
            }
            Action::Open { calendar, at } => open(&session, calendar, at.as_deref(), output),
            Action::Add {
                calendar,
                time,
                from,
            } => add(&session, calendar, time, from.as_deref(), output),
            Action::Between {
                calendar,
                from,
                until,
            } => between(&session, calendar, (from, until), output),
            Action::Holidays {
                file,
                into,
                from,
                until,
            } => {
                let file = HolidayFile::parse(&source::text(file)?)?.between(*from, *until);
                let receipt = session.import_holidays(into, &file)?;
                told(&receipt, output)
            }
        }
    })?;
    Ok(Exit::Fine)
}

fn list(session: &Session, output: &mut Output<'_>) -> Result<(), Fault> {
    let calendars = session.business_calendars()?;
    if output.json {
        let data: Vec<Json> = calendars.iter().map(as_json).collect();
        return output.document(&json!({"data": data}));
    }
    let left = |name| (name, Side::Left);
    let mut table = Table::new(&[left("key"), left("zone"), left("name")]);
    for one in &calendars {
        let zone = one.calendar.zone().name().to_owned();
        table.row([one.key.clone(), zone, one.name.clone()]);
    }
    if !calendars.is_empty() {
        output.table(&table)?;
    }
    output.line(several(
        calendars.len() as u64,
        "business calendar",
        "business calendars",
    ))
}

fn as_json(one: &KeptCalendar) -> Json {
    json!({
        "id": one.id.to_string(), "key": one.key, "name": one.name, "zone": one.calendar.zone().name(),
    })
}

/// A month of a calendar.
struct Month {
    calendar: Calendar,
    year: i32,
    month: u8,
}

impl Month {
    fn asked(written: Option<&str>, session: &Session) -> Result<Self, Fault> {
        let usual = Calendar::usual(session.locale());
        let Some(written) = written else {
            let today = Utc::now().with_timezone(&session.zone()).date_naive();
            let named = usual
                .name_day(today)
                .or_else(|| Calendar::Gregorian.name_day(today));
            let named = named.ok_or_else(|| Fault::input("the clock is far out", "set it"))?;
            return Ok(Self {
                calendar: named.calendar,
                year: named.year,
                month: named.month,
            });
        };
        let unreadable = || {
            Fault::input(
                format!("'{written}' is no month"),
                "write it as 2026/03, 1405/01@persian or 1447/09@hijri",
            )
        };
        let (month, calendar) = match written.split_once('@') {
            Some((month, name)) => (month, Calendar::from_name(name).ok_or_else(unreadable)?),
            None => (written, Calendar::Gregorian),
        };
        // The first day of it is a day as any other.
        let first = parse_date(&format!("{}/01", month.replace('-', "/")), calendar);
        let named = first.ok().and_then(|first| calendar.name_day(first));
        let named = named
            .filter(|named| named.day == 1)
            .ok_or_else(unreadable)?;
        Ok(Self {
            calendar,
            year: named.year,
            month: named.month,
        })
    }

    fn days(&self) -> Vec<NaiveDate> {
        let count = self
            .calendar
            .days_in_month(self.year, self.month)
            .unwrap_or(0);
        let day = |day| self.calendar.day(self.year, self.month, day);
        (1..=count).filter_map(day).collect()
    }
}

const CALENDARS: [Calendar; 3] = [Calendar::Jalali, Calendar::Gregorian, Calendar::Hijri];

fn show(session: &Session, name: &str, month: Month, output: &mut Output<'_>) -> Result<(), Fault> {
    let language = session.locale();
    let time = session.working_time(name)?;
    let days: Vec<CalendarDate> = month
        .days()
        .into_iter()
        .filter_map(|day| time.date(day, language))
        .collect();
    if output.json {
        let data: Vec<Json> = days.iter().map(date_json).collect();
        return output.document(&json!({"zone": time.zone().name(), "data": data}));
    }
    let title = month_name(month.calendar, month.month, language).unwrap_or_default();
    let digits = Digits::of(language);
    let year = digits.write(&month.year.to_string());
    output.line(format!("{title} {year}"))?;
    let heading = |words: [&'static str; 3]| (words[language as usize], Side::Left);
    let mut columns = vec![
        (
            heading(["open", "ساعت کار", "الدوام"]),
            days.iter().map(|day| hours(day, language)).collect(),
        ),
        (
            heading(["day", "روز", "اليوم"]),
            days.iter()
                .map(|day| weekday_name(day.day, language).to_owned())
                .collect(),
        ),
        (
            heading(["holiday", "مناسبت", "المناسبة"]),
            days.iter().map(|day| occasions(day, language)).collect(),
        ),
    ];
    let names = [
        ["persian", "شمسی", "فارسي"],
        ["gregorian", "میلادی", "ميلادي"],
        ["hijri", "قمری", "هجري"],
    ];
    let dates: Vec<((&'static str, Side), Vec<String>)> = CALENDARS
        .iter()
        .zip(names)
        .map(|(calendar, words)| {
            let date = |day: &CalendarDate| {
                format_date(day.day, *calendar, language, DateStyle::Short).unwrap_or_default()
            };
            (heading(words), days.iter().map(date).collect())
        })
        .collect();
    columns.splice(0..0, dates);
    output.table(&Table::of_columns(columns))
}

fn hours(day: &CalendarDate, language: Locale) -> String {
    let spans = day.open.iter().map(|(from, until)| {
        let midnight = *until == NaiveTime::MIN;
        let until = if midnight {
            "24:00".to_owned()
        } else {
            until.format("%H:%M").to_string()
        };
        format!("{}-{until}", from.format("%H:%M"))
    });
    let spans: Vec<String> = spans.collect();
    Digits::of(language).write(&spans.join(" "))
}

fn occasions(day: &CalendarDate, language: Locale) -> String {
    let mut names = day.holidays.clone();
    names.extend(day.seasons.iter().cloned());
    let joined = names.join(match language {
        Locale::En => ", ",
        _ => "، ",
    });
    match (day.estimated, language) {
        (false, _) => joined,
        (true, Locale::Fa) => format!("{joined} (برآورد)"),
        (true, Locale::Ar) => format!("{joined} (تقديري)"),
        (true, _) => format!("{joined} (estimated)"),
    }
}

fn date_json(day: &CalendarDate) -> Json {
    let named = |calendar: Calendar| {
        let named = calendar.name_day(day.day)?;
        Some(format!(
            "{:04}-{:02}-{:02}",
            named.year, named.month, named.day
        ))
    };
    let open: Vec<[String; 2]> = day
        .open
        .iter()
        .map(|(from, until)| [from.to_string(), until.to_string()])
        .collect();
    json!({
        "day": day.day.to_string(),
        "persian": named(Calendar::Jalali),
        "hijri": named(Calendar::Hijri),
        "weekday": day.day.weekday().to_string(),
        "open": open,
        "holidays": day.holidays,
        "estimated": day.estimated,
        "seasons": day.seasons,
    })
}

/// An instant, or a day and a time by the calendar's clock.
fn instant(written: Option<&str>, time: &WorkingTime) -> Result<DateTime<Utc>, Fault> {
    let Some(written) = written else {
        return Ok(Utc::now());
    };
    if let Ok(at) = written.parse::<DateTime<Utc>>() {
        return Ok(at);
    }
    let unreadable = |why: String| {
        Fault::input(
            format!("'{written}' is no moment{why}"),
            "write it as 2026-03-19T07:30:00Z, or by the calendar's clock as '2026-03-19 11:00' or '1404/12/28@persian 11:00'",
        )
    };
    let (day, clock) = written.rsplit_once(' ').unwrap_or((written, "00:00"));
    let clock = NaiveTime::parse_from_str(clock, "%H:%M").map_err(|_| unreadable(String::new()))?;
    let day = moment::day(day.trim()).map_err(|why| unreadable(format!(": {why}")))?;
    Ok(time.zone().instant(NaiveDateTime::new(day, clock)))
}

/// As the calendar's clock shows it.
fn wall(at: DateTime<Utc>, time: &WorkingTime, language: Locale) -> String {
    let wall = time.zone().wall(at);
    let usual = Calendar::usual(language);
    let day = format_date(wall.date(), usual, language, DateStyle::Full).unwrap_or_default();
    let clock = Digits::of(language).write(&wall.format("%H:%M").to_string());
    format!("{day} {clock}")
}

fn open(
    session: &Session,
    name: &str,
    at: Option<&str>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let time = session.working_time(name)?;
    let at = instant(at, &time)?;
    let (is_open, next) = (time.is_open(at), time.next_opening(at));
    if output.json {
        return output.document(&json!({"at": at.to_rfc3339(), "open": is_open, "next_opening": next.map(|at| at.to_rfc3339())}));
    }
    let language = session.locale();
    let at = wall(at, &time, language);
    let next = next.map(|next| wall(next, &time, language));
    output.line(match (is_open, next, language) {
        (true, _, Locale::Fa) => format!("باز است: {at}"),
        (true, _, Locale::Ar) => format!("مفتوح: {at}"),
        (true, _, _) => format!("open: {at}"),
        (false, Some(next), Locale::Fa) => format!("بسته است: {at}؛ باز می‌شود: {next}"),
        (false, Some(next), Locale::Ar) => format!("مغلق: {at}؛ يفتح: {next}"),
        (false, Some(next), _) => format!("closed: {at}; opens {next}"),
        (false, None, Locale::Fa) => format!("بسته است: {at}؛ دیگر باز نمی‌شود"),
        (false, None, Locale::Ar) => format!("مغلق: {at}؛ لا يفتح بعد ذلك"),
        (false, None, _) => format!("closed: {at}; it opens no more"),
    })
}

/// Minutes of `1h30m`, or days of `3d`.
enum Amount {
    Time(TimeDelta),
    Days(i32),
}

fn amount(written: &str) -> Option<Amount> {
    let (sign, mut rest) = match written.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, written),
    };
    if let Some(days) = rest.strip_suffix('d') {
        return days
            .parse()
            .ok()
            .filter(|days: &i32| *days >= 0)
            .map(|days| Amount::Days(sign * days));
    }
    let mut minutes: i64 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = rest.split_at_checked(end)?;
        let number: i64 = number.parse().ok()?;
        minutes = minutes.checked_add(match unit.get(..1)? {
            "h" => number.checked_mul(60)?,
            "m" => number,
            _ => return None,
        })?;
        rest = unit.get(1..)?;
    }
    let time = TimeDelta::try_minutes(minutes.checked_mul(i64::from(sign))?)?;
    (written.len() > 1).then_some(Amount::Time(time))
}

fn add(
    session: &Session,
    name: &str,
    written: &str,
    from: Option<&str>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let time = session.working_time(name)?;
    let from = instant(from, &time)?;
    let amount = amount(written).ok_or_else(|| {
        Fault::input(
            format!("'{written}' is no working time"),
            "write it as 8h, 90m, 1h30m or 3d, or with - before it",
        )
    })?;
    let outside = || {
        Fault::input(
            "that is outside of the years that the calendar knows",
            "ask for less",
        )
    };
    let language = session.locale();
    match amount {
        Amount::Time(amount) => {
            let at = time.add(from, amount).ok_or_else(outside)?;
            match output.json {
                true => output.document(&json!({"from": from.to_rfc3339(), "at": at.to_rfc3339()})),
                false => output.line(wall(at, &time, language)),
            }
        }
        Amount::Days(days) => {
            let from = time.zone().wall(from).date();
            let day = time.add_working_days(from, days).ok_or_else(outside)?;
            let shown = format_date(day, Calendar::usual(language), language, DateStyle::Full);
            match output.json {
                true => output.document(&json!({"from": from.to_string(), "day": day.to_string()})),
                false => output.line(shown.unwrap_or_default()),
            }
        }
    }
}

fn between(
    session: &Session,
    name: &str,
    (from, until): (&str, &str),
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let time = session.working_time(name)?;
    let (from, until) = (instant(Some(from), &time)?, instant(Some(until), &time)?);
    let outside = || {
        Fault::input(
            "that is outside of the years that the calendar knows",
            "ask for less",
        )
    };
    let minutes = time.between(from, until).ok_or_else(outside)?.num_minutes();
    if output.json {
        return output.document(&json!({"minutes": minutes}));
    }
    let sign = if minutes < 0 { "-" } else { "" };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    output.line(Digits::of(session.locale()).write(&format!("{sign}{hours}:{rest:02}")))
}

fn told(receipt: &HolidayReceipt, output: &mut Output<'_>) -> Result<(), Fault> {
    if output.json {
        let refused: Vec<Json> = receipt
            .refused
            .iter()
            .map(|(entry, why)| json!({"entry": entry, "why": why}))
            .collect();
        return output.document(&json!({
            "read": receipt.read, "added": receipt.added, "moved": receipt.moved, "confirmed": receipt.confirmed,
            "unchanged": receipt.unchanged, "refused": refused,
        }));
    }
    output.line(format!(
        "{} read: {} added, {} moved, {} confirmed, {} unchanged, {} refused",
        several(receipt.read as u64, "holiday", "holidays"),
        receipt.added,
        receipt.moved,
        receipt.confirmed,
        receipt.unchanged,
        receipt.refused.len()
    ))?;
    for (entry, why) in &receipt.refused {
        output.line(format!("  '{entry}': {why}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_working_time_are_read_in_hours_minutes_and_days() {
        let minutes = |text| match amount(text) {
            Some(Amount::Time(time)) => Some(time.num_minutes()),
            _ => None,
        };
        assert_eq!(minutes("1h30m"), Some(90));
        assert_eq!(minutes("-90m"), Some(-90));
        for text in [
            "",
            "-",
            "h",
            "3",
            "3x",
            "99999999999999999999h",
            "9223372036854775807h",
        ] {
            assert_eq!(minutes(text), None, "{text}");
        }
        assert!(matches!(amount("-3d"), Some(Amount::Days(-3))));
        assert!(amount("--3d").is_none());
    }
}
