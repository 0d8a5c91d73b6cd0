//! How do amounts, days and moments calculate in a script?
//!
//! Exactly, and never across kinds in silence: rhai finds values of different types simply unequal and not ordered,
//! so that `record.amount > 1000` would be false for ever. Here it is an error that says what to write.

use std::cmp::Ordering;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use rhai::{Dynamic, Engine, EvalAltResult};

use super::value::{decimal_to_script, number};
use crate::record::{Decimal, Money, Value};
use crate::schema::FieldKind;

type Fallible<T> = Result<T, Box<EvalAltResult>>;
/// The order of two values; nothing when one of them is empty.
type Compared = Result<Option<Ordering>, String>;

/// Whether a comparison holds for an order.
type Holds = fn(Option<Ordering>) -> bool;

const COMPARISONS: [(&str, Holds); 6] = [
    ("==", |order| order == Some(Ordering::Equal)),
    ("!=", |order| order != Some(Ordering::Equal)),
    ("<", |order| order == Some(Ordering::Less)),
    ("<=", |order| {
        matches!(order, Some(Ordering::Less | Ordering::Equal))
    }),
    (">", |order| order == Some(Ordering::Greater)),
    (">=", |order| {
        matches!(order, Some(Ordering::Greater | Ordering::Equal))
    }),
];

/// All six comparisons of one type with whatever stands on the other side.
macro_rules! compare {
    ($engine:ident, $own:ty, $order:expr) => {
        for (sign, holds) in COMPARISONS {
            $engine
                .register_fn(sign, move |a: $own, b: Dynamic| -> Fallible<bool> {
                    Ok(holds($order(a, &b)?))
                })
                .register_fn(sign, move |a: Dynamic, b: $own| -> Fallible<bool> {
                    Ok(holds($order(b, &a)?.map(Ordering::reverse)))
                });
        }
    };
}

pub(super) fn register(engine: &mut Engine) {
    decimals(engine);
    money(engine);
    days(engine);
    moments(engine);
    spans(engine);
}

fn exact(result: Option<Decimal>) -> Fallible<Decimal> {
    Ok(result.ok_or("the result is too large, or a division by zero")?)
}

fn minus(number: Decimal) -> Option<Decimal> {
    number.checked_mul(Decimal::from(-1))
}

fn needed(value: &Dynamic) -> Fallible<Decimal> {
    Ok(number(value).ok_or_else(|| {
        format!(
            "a number is expected here, not {}",
            super::fault::type_name(value.type_name())
        )
    })?)
}

/// Decimals with fractions as they are written in a script (`0.5`), which rhai reads as floats.
fn decimals(engine: &mut Engine) {
    type Operation = fn(Decimal, Decimal) -> Option<Decimal>;
    const OPERATIONS: [(&str, Operation); 4] = [
        ("+", |a, b| a.checked_add(b)),
        ("-", |a, b| a.checked_add(minus(b)?)),
        ("*", |a, b| a.checked_mul(b)),
        ("/", |a, b| a.checked_div(b)),
    ];
    type Exact = rust_decimal::Decimal;
    // As records print them: without the zeroes that a calculation leaves at the end.
    for name in ["to_string", "to_debug"] {
        engine.register_fn(name, |number: &mut Exact| number.normalize().to_string());
    }
    for (sign, operation) in OPERATIONS {
        let calculate = move |a: Dynamic, b: Dynamic| -> Fallible<Dynamic> {
            Ok(decimal_to_script(exact(operation(
                needed(&a)?,
                needed(&b)?,
            ))?))
        };
        engine
            .register_fn(sign, move |a: Exact, b: f64| calculate(a.into(), b.into()))
            .register_fn(sign, move |a: f64, b: Exact| calculate(a.into(), b.into()));
    }
    for (sign, holds) in COMPARISONS {
        let compare = move |a: Dynamic, b: Dynamic| -> Fallible<bool> {
            Ok(holds(Some(needed(&a)?.cmp(&needed(&b)?))))
        };
        engine
            .register_fn(sign, move |a: Exact, b: f64| compare(a.into(), b.into()))
            .register_fn(sign, move |a: f64, b: Exact| compare(a.into(), b.into()));
    }
}

fn money(engine: &mut Engine) {
    let amount = |amount: Option<Decimal>, like: Money| -> Fallible<Money> {
        Ok(Money {
            amount: exact(amount)?,
            ..like
        })
    };
    engine
        .register_type_with_name::<Money>("money")
        .register_fn(
            "money",
            |amount: Dynamic, currency: &str| -> Fallible<Money> {
                Ok(Money {
                    amount: needed(&amount)?,
                    currency: currency
                        .parse()
                        .map_err(|error: crate::record::NotACurrency| error.to_string())?,
                })
            },
        )
        .register_get("amount", |money: &mut Money| {
            decimal_to_script(money.amount)
        })
        .register_get("currency", |money: &mut Money| {
            money.currency.code().to_owned()
        })
        .register_fn("+", move |a: Money, b: Money| {
            amount(a.amount.checked_add(same(a, b)?), a)
        })
        .register_fn("-", move |a: Money, b: Money| {
            amount(minus(same(a, b)?).and_then(|b| a.amount.checked_add(b)), a)
        })
        .register_fn("-", move |a: Money| amount(minus(a.amount), a))
        .register_fn("*", move |a: Money, b: Dynamic| {
            amount(a.amount.checked_mul(needed(&b)?), a)
        })
        .register_fn("*", move |a: Dynamic, b: Money| {
            amount(b.amount.checked_mul(needed(&a)?), b)
        })
        .register_fn("/", move |a: Money, b: Dynamic| {
            amount(a.amount.checked_div(needed(&b)?), a)
        })
        .register_fn("to_string", |money: &mut Money| {
            Value::Money(*money).to_string()
        })
        .register_fn("to_debug", |money: &mut Money| {
            Value::Money(*money).to_string()
        });
    compare!(engine, Money, |a: Money, b: &Dynamic| -> Compared {
        if b.is_unit() {
            return Ok(None);
        }
        match b.read_lock::<Money>() {
            Some(b) => Ok(Some(a.amount.cmp(&same(a, *b)?))),
            None => Err(format!(
                "money is compared with {}; compare its .amount, or compare it with money(…, \"{}\")",
                super::fault::type_name(b.type_name()),
                a.currency
            )),
        }
    });
}

/// The amount of `b`, when it can be set against `a`.
fn same(a: Money, b: Money) -> Result<Decimal, String> {
    if a.currency != b.currency {
        return Err(format!(
            "{} and {} are different currencies; no rate is known here",
            a.currency, b.currency
        ));
    }
    Ok(b.amount)
}

fn read<T>(
    kind: &FieldKind,
    text: &str,
    take: impl FnOnce(Value) -> Option<T>,
) -> Result<T, String> {
    take(kind.read(&text.into())?).ok_or_else(|| format!("'{text}' is not a {}", kind.name()))
}

fn day_of(text: &str) -> Result<NaiveDate, String> {
    read(&FieldKind::Date, text, |value| {
        if let Value::Date(day) = value {
            Some(day)
        } else {
            None
        }
    })
}

fn moment_of(text: &str) -> Result<DateTime<Utc>, String> {
    read(&FieldKind::Instant, text, |value| {
        if let Value::Instant(at) = value {
            Some(at)
        } else {
            None
        }
    })
}

const OUT_OF_TIME: &str = "the result is outside of the calendar";

fn shifted(day: NaiveDate, span: TimeDelta) -> Fallible<NaiveDate> {
    if span != TimeDelta::days(span.num_days()) {
        return Err(
            "a date is shifted by whole days; use an instant such as now() for hours and minutes"
                .into(),
        );
    }
    Ok(day.checked_add_signed(span).ok_or(OUT_OF_TIME)?)
}

fn days(engine: &mut Engine) {
    engine
        .register_type_with_name::<NaiveDate>("date")
        .register_fn("date", |text: &str| -> Fallible<NaiveDate> {
            Ok(day_of(text)?)
        })
        .register_get("year", |day: &mut NaiveDate| i64::from(day.year()))
        .register_get("month", |day: &mut NaiveDate| i64::from(day.month()))
        .register_get("day", |day: &mut NaiveDate| i64::from(day.day()))
        .register_get("weekday", |day: &mut NaiveDate| {
            i64::from(day.weekday().number_from_monday())
        })
        .register_fn("+", |day: NaiveDate, span: TimeDelta| shifted(day, span))
        .register_fn("-", |day: NaiveDate, span: TimeDelta| shifted(day, -span))
        .register_fn("-", |later: NaiveDate, earlier: NaiveDate| {
            later.signed_duration_since(earlier)
        })
        .register_fn("to_string", |day: &mut NaiveDate| day.to_string())
        .register_fn("to_debug", |day: &mut NaiveDate| day.to_string());
    compare!(engine, NaiveDate, |a: NaiveDate, b: &Dynamic| -> Compared {
        if b.is_unit() {
            return Ok(None);
        }
        if let Some(b) = b.read_lock::<NaiveDate>() {
            return Ok(Some(a.cmp(&b)));
        }
        match b.read_lock::<rhai::ImmutableString>() {
            Some(text) => Ok(Some(a.cmp(&day_of(&text)?))),
            None => Err(format!(
                "a date is compared with {}; compare it with today() or date(\"2026-03-21\")",
                super::fault::type_name(b.type_name())
            )),
        }
    });
}

fn moments(engine: &mut Engine) {
    type Moment = DateTime<Utc>;
    let shift = |at: Moment, span: TimeDelta| -> Fallible<Moment> {
        Ok(at.checked_add_signed(span).ok_or(OUT_OF_TIME)?)
    };
    let text = |at: &mut Moment| Value::Instant(*at).to_string();
    engine
        .register_type_with_name::<Moment>("instant")
        .register_fn("instant", |text: &str| -> Fallible<Moment> {
            Ok(moment_of(text)?)
        })
        .register_fn("+", shift)
        .register_fn("-", move |at: Moment, span: TimeDelta| shift(at, -span))
        .register_fn("-", |later: Moment, earlier: Moment| {
            later.signed_duration_since(earlier)
        })
        .register_fn("to_string", text)
        .register_fn("to_debug", text);
    compare!(engine, Moment, |a: Moment, b: &Dynamic| -> Compared {
        if b.is_unit() {
            return Ok(None);
        }
        if let Some(b) = b.read_lock::<Moment>() {
            return Ok(Some(a.cmp(&b)));
        }
        match b.read_lock::<rhai::ImmutableString>() {
            Some(text) => Ok(Some(a.cmp(&moment_of(&text)?))),
            None => Err(format!(
                "an instant is compared with {}; compare it with now() or instant(\"2026-03-21T08:30:00Z\")",
                super::fault::type_name(b.type_name())
            )),
        }
    });
}

fn spans(engine: &mut Engine) {
    fn long(span: Option<TimeDelta>) -> Fallible<TimeDelta> {
        Ok(span.ok_or("the span of time is too long")?)
    }
    let text = |span: &mut TimeDelta| {
        Value::Duration(span.num_microseconds().unwrap_or(i64::MAX)).to_string()
    };
    engine
        .register_type_with_name::<TimeDelta>("span")
        .register_fn("days", |count: i64| long(TimeDelta::try_days(count)))
        .register_fn("hours", |count: i64| long(TimeDelta::try_hours(count)))
        .register_fn("minutes", |count: i64| long(TimeDelta::try_minutes(count)))
        .register_get("days", |span: &mut TimeDelta| span.num_days())
        .register_get("hours", |span: &mut TimeDelta| span.num_hours())
        .register_get("minutes", |span: &mut TimeDelta| span.num_minutes())
        .register_fn("+", |a: TimeDelta, b: TimeDelta| long(a.checked_add(&b)))
        .register_fn("-", |a: TimeDelta, b: TimeDelta| long(a.checked_sub(&b)))
        .register_fn("-", |span: TimeDelta| -span)
        .register_fn("*", |span: TimeDelta, times: i64| {
            long(
                i32::try_from(times)
                    .ok()
                    .and_then(|times| span.checked_mul(times)),
            )
        })
        .register_fn("to_string", text)
        .register_fn("to_debug", text);
    compare!(engine, TimeDelta, |a: TimeDelta, b: &Dynamic| -> Compared {
        if b.is_unit() {
            return Ok(None);
        }
        match b.read_lock::<TimeDelta>() {
            Some(b) => Ok(Some(a.cmp(&b))),
            None => Err(format!(
                "a span of time is compared with {}; compare it with days(…), hours(…) or minutes(…)",
                super::fault::type_name(b.type_name())
            )),
        }
    });
}
