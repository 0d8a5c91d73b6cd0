//! Which hours and holidays does a month have?

use chrono::{Datelike, NaiveDate, NaiveTime, Utc};
use peyvand::calendar::CalendarDate;
use peyvand::locale::{
    Calendar, DateStyle, Digits, format_date, month_name, parse_date, weekday_name,
};
use peyvand::{Locale, Session};
use serde_json::{Value as Json, json};

use crate::fault::Fault;
use crate::output::{Output, Side, Table};

/// A month of a calendar.
pub(super) struct Month {
    calendar: Calendar,
    year: i32,
    month: u8,
}

impl Month {
    pub(super) fn asked(written: Option<&str>, session: &Session) -> Result<Self, Fault> {
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

pub(super) fn show(
    session: &Session,
    name: &str,
    month: Month,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
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
