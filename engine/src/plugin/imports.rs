//! What may a guest ask while it runs?
//!
//! The functions of `wit/v0.1/imports.wit` as the host serves them. A component is linked with those that it imports
//! and no others. What they cost the host is paid in fuel, so that a call cannot have the host work without end.

use wasmtime::component::Linker;
use wasmtime::{Engine, StoreContextMut, Trap};

use super::columns::{date, days};
use super::contract::{
    self, Calendar as AskedCalendar, CalendarDay as Named, Entry, Got, Page, QueryAsked, ReadError,
};
use super::guest::Guest;
use super::sight::Sight;
use crate::locale::{Calendar, fold_digits, fold_text};
use crate::record::Phone;

/// The interfaces that a plugin may import.
pub(super) const GIVEN: [&str; 8] = [
    "types", "log", "clock", "settings", "random", "records", "store", "text",
];

/// Fuel for a record that the host reads, beside that for its bytes.
const ROW_FUEL: u64 = 500;
/// Fuel for a number that looks random, and for a date in another calendar.
const WORK_FUEL: u64 = 200;
const RANDOM_BYTES: u32 = 4 << 10;

type Caller<'a> = StoreContextMut<'a, Guest>;

/// Everything that a guest can be given.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    linker.instance(&contract::interface("types"))?;
    told(&mut linker)?;
    drawn(&mut linker)?;
    read(&mut linker)?;
    kept(&mut linker)?;
    written(&mut linker)?;
    Ok(linker)
}

/// Takes fuel for work of the host.
pub(super) fn pay(store: &mut Caller<'_>, fuel: u64) -> wasmtime::Result<()> {
    let left = store.get_fuel()?.checked_sub(fuel).ok_or(Trap::OutOfFuel)?;
    store.set_fuel(left)
}

fn told(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.instance(&contract::interface("log"))?.func_wrap(
        "log",
        |mut store: Caller<'_>, (message,): (String,)| {
            pay(&mut store, message.len() as u64)?;
            store.data_mut().say(&message);
            Ok(())
        },
    )?;
    let mut clock = linker.instance(&contract::interface("clock"))?;
    clock.func_wrap("now", |store: Caller<'_>, (): ()| {
        Ok((store.data().moment.now,))
    })?;
    clock.func_wrap("today", |store: Caller<'_>, (): ()| {
        Ok((store.data().moment.today,))
    })?;
    linker
        .instance(&contract::interface("settings"))?
        .func_wrap("get", |mut store: Caller<'_>, (name,): (String,)| {
            let value = store.data().known.settings.get(&name);
            let value = value.map(ToString::to_string);
            pay(&mut store, value.as_ref().map_or(0, String::len) as u64)?;
            Ok((value,))
        })
}

fn drawn(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    let mut random = linker.instance(&contract::interface("random"))?;
    random.func_wrap("number", |mut store: Caller<'_>, (): ()| {
        pay(&mut store, WORK_FUEL)?;
        let mut number = [0; 8];
        store.data_mut().draw(&mut number);
        Ok((u64::from_le_bytes(number),))
    })?;
    random.func_wrap("bytes", |mut store: Caller<'_>, (count,): (u32,)| {
        if count > RANDOM_BYTES {
            let what =
                format!("it asked for {count} random bytes; at most {RANDOM_BYTES} are given");
            return Err(wasmtime::Error::msg(what));
        }
        pay(&mut store, WORK_FUEL + u64::from(count))?;
        let mut bytes = vec![0; count as usize];
        store.data_mut().draw(&mut bytes);
        Ok((bytes,))
    })
}

/// Does something with what the guest may see, and takes fuel for what it was shown.
fn seen<T>(
    store: &mut Caller<'_>,
    ask: impl FnOnce(&mut Sight) -> wasmtime::Result<Result<T, ReadError>>,
) -> wasmtime::Result<Result<T, ReadError>> {
    let Some(sight) = store.data_mut().sight.as_deref_mut() else {
        return Ok(Err(ReadError::Unavailable(
            "records are read while a hook is served, and not in bind or format".to_owned(),
        )));
    };
    let answer = ask(sight);
    let fuel = sight.take_shown(ROW_FUEL);
    pay(store, fuel)?;
    answer
}

fn read(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    let mut records = linker.instance(&contract::interface("records"))?;
    records.func_wrap(
        "get",
        |mut store: Caller<'_>, (object, ids, fields): (String, Vec<String>, Vec<String>)| {
            let got: Result<Got, ReadError> =
                seen(&mut store, |sight| sight.get(&object, &ids, &fields))?;
            Ok((got,))
        },
    )?;
    records.func_wrap("query", |mut store: Caller<'_>, (query,): (QueryAsked,)| {
        let page: Result<Page, ReadError> = seen(&mut store, |sight| sight.query(query))?;
        Ok((page,))
    })?;
    records.func_wrap(
        "count",
        |mut store: Caller<'_>, (object, filter): (String, String)| {
            let count: Result<u64, ReadError> =
                seen(&mut store, |sight| sight.count(&object, &filter))?;
            Ok((count,))
        },
    )
}

fn kept(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    /// What the store answers in place of an error that the contract has no words for.
    fn there<T>(answer: Result<T, ReadError>) -> wasmtime::Result<T> {
        answer.map_err(|error| wasmtime::Error::msg(error.into_message()))
    }
    let mut kept = linker.instance(&contract::interface("store"))?;
    kept.func_wrap("get", |mut store: Caller<'_>, (key,): (String,)| {
        let value: Option<Vec<u8>> = there(seen(&mut store, |sight| sight.kept(&key))?)?;
        Ok((value,))
    })?;
    kept.func_wrap(
        "scan",
        |mut store: Caller<'_>, (prefix, after, limit): (String, Option<String>, u32)| {
            let found = seen(&mut store, |sight| {
                sight.kept_under(&prefix, after.as_deref(), limit)
            })?;
            let entries: Vec<Entry> = there(found)?;
            Ok((entries,))
        },
    )
}

impl From<AskedCalendar> for Calendar {
    fn from(asked: AskedCalendar) -> Self {
        match asked {
            AskedCalendar::Gregorian => Self::Gregorian,
            AskedCalendar::Jalali => Self::Jalali,
            AskedCalendar::Hijri => Self::Hijri,
        }
    }
}

fn written(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    let mut text = linker.instance(&contract::interface("text"))?;
    text.func_wrap("fold", |mut store: Caller<'_>, (given,): (String,)| {
        pay(&mut store, given.len() as u64)?;
        Ok((fold_text(&given),))
    })?;
    text.func_wrap(
        "ascii-digits",
        |mut store: Caller<'_>, (given,): (String,)| {
            pay(&mut store, given.len() as u64)?;
            Ok((fold_digits(&given),))
        },
    )?;
    text.func_wrap(
        "phone",
        |mut store: Caller<'_>, (number, country, trunk): (String, String, String)| {
            pay(&mut store, WORK_FUEL + number.len() as u64)?;
            let phone = Phone::parse(&number);
            Ok((phone.and_then(|phone| phone.e164_in(&country, &trunk)),))
        },
    )?;
    text.func_wrap(
        "in-calendar",
        |mut store: Caller<'_>, (day, calendar): (i32, AskedCalendar)| {
            pay(&mut store, WORK_FUEL)?;
            let named = date(i64::from(day)).and_then(|day| Calendar::from(calendar).name_day(day));
            let named = named.map(|named| Named {
                year: named.year,
                month: named.month,
                day: named.day,
            });
            Ok((named,))
        },
    )?;
    text.func_wrap(
        "day-of",
        |mut store: Caller<'_>, (calendar, named): (AskedCalendar, Named)| {
            pay(&mut store, WORK_FUEL)?;
            let day = Calendar::from(calendar).day(named.year, named.month, named.day);
            Ok((day.and_then(|day| i32::try_from(days(day)).ok()),))
        },
    )
}
