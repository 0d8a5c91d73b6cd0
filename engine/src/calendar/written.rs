//! How is a business calendar read from JSON?
//!
//! Strictly, as views are: a mistyped key is a fault with its place. What can be read and makes no sense is a fault too.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::{Map, Value as Json};

use super::definition::{BusinessCalendar, DatedDay, Holiday, Hours, Name, Season, Week, Yearly};
use super::hours::{self, Span};
use super::zone::Zone;
use crate::locale::{Calendar, fold_digits};
use crate::view::{DefinitionError, Making, Members, Part};

type Read<T> = Result<T, DefinitionError>;

const CALENDARS: [(&str, Calendar); 5] = [
    ("gregorian", Calendar::Gregorian),
    ("persian", Calendar::Jalali),
    ("jalali", Calendar::Jalali),
    ("hijri", Calendar::Hijri),
    ("islamic-umalqura", Calendar::Hijri),
];
const MOST_DAYS: u64 = 31;
const LAST_YEAR: u64 = 9_999;

impl BusinessCalendar {
    /// Reads the JSON form; the documentation of the engine's calendars shows one.
    ///
    /// # Errors
    /// When it cannot be read or makes no sense, as without any working time: the message says where, and what was
    /// expected there.
    pub fn from_json(json: &Json) -> crate::error::Result<Self> {
        Ok(Self::read(json)?)
    }

    pub(super) fn read(json: &Json) -> Read<Self> {
        let whole = Part::whole(json);
        let members = whole.members(&["zone", "weeks", "seasons", "holidays", "days"])?;
        let zone = members.needed("zone")?;
        let zone = Zone::named(&zone.text()?).map_err(|fault| zone.fault(fault.to_string()))?;
        let read = Self {
            zone,
            weeks: members.each("weeks", week)?,
            seasons: members.each("seasons", season)?,
            holidays: members.each("holidays", holiday)?,
            days: members.each("days", dated)?,
        };
        let weeks = || read.weeks.iter().flat_map(|week| &week.open);
        if weeks().flatten().all(Vec::is_empty) {
            return Err(match members.part("weeks") {
                Some(part) => part.fault("no day of any week has working time; give one, such as {\"open\": {\"saturday-wednesday\": \"08:00-16:00\"}}"),
                None => whole.fault("'weeks' is missing: without it there is no working time"),
            });
        }
        disjoint(&read.weeks, &members)?;
        once(&read.days, &members)?;
        Ok(read)
    }
}

/// At any day one week holds.
fn disjoint(weeks: &[Week], members: &Members<'_>) -> Read<()> {
    let parts = members.items("weeks")?;
    for (place, (week, part)) in weeks.iter().zip(&parts).enumerate() {
        let overlaps = |other: &&Week| {
            let begins = week.from.max(other.from);
            match (week.until, other.until) {
                (Some(one), Some(two)) => begins.is_none_or(|from| from <= one.min(two)),
                (Some(end), None) | (None, Some(end)) => begins.is_none_or(|from| from <= end),
                (None, None) => true,
            }
        };
        if let Some(before) = weeks.iter().take(place).position(|other| overlaps(&other)) {
            return Err(part.fault(format!(
                "it holds on days on which weeks[{before}] holds too; let one end with 'until' before the other begins"
            )));
        }
    }
    Ok(())
}

/// A day has hours of its own once.
fn once(days: &[DatedDay], members: &Members<'_>) -> Read<()> {
    let parts = members.items("days")?;
    let mut known = BTreeSet::new();
    for (day, part) in days.iter().zip(&parts) {
        if day.open.is_some() && !known.insert(day.day) {
            return Err(part.fault(format!("{} has hours in another entry already", day.day)));
        }
    }
    Ok(())
}

fn name(members: &Members<'_>) -> Read<Name> {
    match members.part("name") {
        Some(part) if part.as_text().is_some() => Ok(Name::from([(String::new(), part.text()?)])),
        _ => members.labels("name"),
    }
}

fn day(part: &Part<'_>) -> Read<NaiveDate> {
    let text = fold_digits(&part.text()?);
    text.parse().map_err(|_| {
        part.fault(format!(
            "'{text}' is no day such as 2026-03-21; a dated day is written in the Gregorian calendar"
        ))
    })
}

fn maybe_day(members: &Members<'_>, key: &str) -> Read<Option<NaiveDate>> {
    members.part(key).map(|part| day(&part)).transpose()
}

fn spans(part: &Part<'_>) -> Read<Vec<Span>> {
    let text = match part.json() {
        Json::String(text) => text.clone(),
        Json::Array(_) => {
            let items = part.items()?;
            let texts: Vec<String> = items.iter().map(Part::text).collect::<Read<_>>()?;
            texts.join(",")
        }
        _ => return Err(part.fault("hours such as \"08:00-12:00, 13:00-16:30\" are expected here")),
    };
    hours::spans(&text).map_err(|fault| part.fault(fault))
}

fn hours_of_week(part: &Part<'_>) -> Read<Hours> {
    let Json::Object(map) = part.json() else {
        return Err(part.fault(
            "the hours of each day of the week are expected here, such as {\"saturday-wednesday\": \"08:00-16:00\"}",
        ));
    };
    let mut open = Hours::default();
    for (days, json) in map {
        let read =
            spans(&Part::whole(json)).map_err(|fault| part.fault(format!("{days}: {fault}")))?;
        for day in hours::weekdays(days).map_err(|fault| part.fault(fault))? {
            let place = day.num_days_from_monday() as usize;
            if let Some(hours) = open.get_mut(place)
                && hours.replace(read.clone()).is_some()
            {
                return Err(part.fault(format!("{days}: a day of it has hours already")));
            }
        }
    }
    Ok(open)
}

fn week(part: &Part<'_>) -> Read<Week> {
    let members = part.members(&["from", "until", "open"])?;
    let (from, until) = (maybe_day(&members, "from")?, maybe_day(&members, "until")?);
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        return Err(part.fault(format!("it ends on {until}, before it begins")));
    }
    let open = hours_of_week(&members.needed("open")?)?;
    Ok(Week { from, until, open })
}

fn calendar(members: &Members<'_>) -> Read<Calendar> {
    members
        .part("calendar")
        .map_or(Ok(Calendar::Gregorian), |part| part.word(&CALENDARS))
}

/// `09-01`: month and day of a calendar.
fn yearly(part: &Part<'_>, calendar: Calendar) -> Read<Yearly> {
    let text = fold_digits(&part.text()?);
    let parts = text.split_once(['-', '/']);
    let parts = parts.and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
    let longest = match calendar {
        Calendar::Hijri => 30,
        _ => 31,
    };
    match parts {
        Some((month @ 1..=12, day @ 1..=31)) if day <= longest => Ok(Yearly { month, day }),
        _ => Err(part.fault(format!(
            "'{text}' is no day of a year; month and day are expected here, such as 01-01"
        ))),
    }
}

fn year_of(part: &Part<'_>, year: &str) -> Read<i32> {
    let plain = fold_digits(year);
    plain
        .trim()
        .parse()
        .map_err(|_| part.fault(format!("'{year}' is no year of its calendar, such as 1447")))
}

/// What is said for single years.
fn by_year<T>(
    members: &Members<'_>,
    read: impl Fn(&Part<'_>) -> Read<T>,
) -> Read<BTreeMap<i32, T>> {
    let Some(part) = members.part("corrected") else {
        return Ok(BTreeMap::new());
    };
    let Json::Object(map) = part.json() else {
        return Err(part.fault(
            "the day of each year that was corrected is expected here, such as {\"1447\": \"2026-03-21\"}",
        ));
    };
    map.iter()
        .map(|(year, json)| {
            let value =
                read(&Part::whole(json)).map_err(|fault| part.fault(format!("{year}: {fault}")))?;
            Ok((year_of(&part, year)?, value))
        })
        .collect()
}

fn season(part: &Part<'_>) -> Read<Season> {
    let members = part.members(&["name", "calendar", "from", "until", "open", "corrected"])?;
    let calendar = calendar(&members)?;
    Ok(Season {
        name: name(&members)?,
        calendar,
        from: yearly(&members.needed("from")?, calendar)?,
        until: yearly(&members.needed("until")?, calendar)?,
        open: hours_of_week(&members.needed("open")?)?,
        corrected: by_year(&members, |part| {
            let members = part.members(&["from", "until"])?;
            let (from, until) = (
                day(&members.needed("from")?)?,
                day(&members.needed("until")?)?,
            );
            match until < from {
                true => Err(part.fault(format!("it ends on {until}, before it begins"))),
                false => Ok((from, until)),
            }
        })?,
    })
}

fn holiday(part: &Part<'_>) -> Read<Holiday> {
    let members = part.members(&[
        "name",
        "calendar",
        "day",
        "days",
        "since",
        "until",
        "open",
        "corrected",
    ])?;
    let calendar = calendar(&members)?;
    let year = |key: &str| -> Read<Option<i32>> {
        let year = members.number(key, 1, LAST_YEAR)?;
        Ok(year.and_then(|year| i32::try_from(year).ok()))
    };
    Ok(Holiday {
        name: name(&members)?,
        calendar,
        on: yearly(&members.needed("day")?, calendar)?,
        days: members.number("days", 1, MOST_DAYS)?.unwrap_or(1),
        since: year("since")?,
        until: year("until")?,
        open: members
            .part("open")
            .map_or(Ok(Vec::new()), |part| spans(&part))?,
        corrected: by_year(&members, day)?,
    })
}

fn dated(part: &Part<'_>) -> Read<DatedDay> {
    let members = part.members(&["day", "name", "estimated", "open"])?;
    Ok(DatedDay {
        day: day(&members.needed("day")?)?,
        name: name(&members)?,
        estimated: members.flag("estimated")?,
        open: members.part("open").map(|part| spans(&part)).transpose()?,
    })
}

impl DatedDay {
    /// As it is read.
    pub(super) fn as_json(&self) -> Json {
        let name: Json = match self.name.get("") {
            Some(plain) => plain.clone().into(),
            None => {
                let names = self.name.iter();
                let names = names.map(|(tag, name)| (tag.clone(), Json::from(name.clone())));
                Json::Object(names.collect::<Map<_, _>>())
            }
        };
        Making::default()
            .put("day", self.day.to_string())
            .maybe("name", (!self.name.is_empty()).then_some(name))
            .flag("estimated", self.estimated)
            .maybe("open", self.open.as_deref().map(hours::written))
            .done()
    }
}
