//! What is an amount in the base currency of the workspace?
//!
//! By the rate of the record's own day: the latest `exchange_rate` from its currency on or before that day, else the
//! latest the other way round, turned over. Of two rates of one pair and day the one that was made later holds. Where
//! there is no rate the question is refused: a sum that leaves amounts out in silence is a wrong sum. Products and
//! quotients are rounded half to even at nine places, record by record.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use chrono::NaiveDate;

use super::candidate::Look;
use super::error::QueryError;
use super::reader::Reader;
use super::target::Target;
use super::when::QueryTime;
use crate::error::Result;
use crate::record::{Currency, Decimal, Money, Value};
use crate::schema::{FieldKind, Object, system};
use crate::store::spaces;

/// The field whose day chooses the rate, unless a measure names one.
const USUAL_DAY: &str = "close_date";

/// The key of the setting.
pub(crate) fn setting() -> Vec<u8> {
    spaces::named(spaces::SETTING, "base currency")
}

/// The base currency of the workspace, where it has one.
pub(crate) fn base_currency(reader: &Reader) -> Result<Option<Currency>> {
    let bytes = reader.snapshot.get(&setting())?;
    let code = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(code.and_then(|code| code.parse().ok()))
}

/// The field whose day chooses the rate; none where it is the day on which the record was made.
pub(super) fn day_field(
    object: &Object,
    named: Option<&str>,
) -> Result<Option<Target>, QueryError> {
    let name = match named {
        Some(name) => name,
        None if object.field(USUAL_DAY).is_some() => USUAL_DAY,
        None => return Ok(None),
    };
    let target = Target::of(object, name)?;
    match target.kind {
        FieldKind::Date | FieldKind::Instant => Ok(Some(target)),
        _ => Err(QueryError::NoDay {
            field: target.name,
            kind: target.kind.name(),
        }),
    }
}

/// The day whose rate holds for a record.
pub(super) fn day_of(
    record: &impl Look,
    field: Option<&Target>,
    time: &QueryTime,
) -> Option<NaiveDate> {
    let day = |value: &Value| match value {
        Value::Date(day) => Some(*day),
        Value::Instant(at) => Some(time.day_of(*at)),
        _ => None,
    };
    let told = field.and_then(|field| field.slot.value(record));
    let told = told.as_deref().and_then(day);
    told.or_else(|| record.look(system::CREATED_AT).as_deref().and_then(day))
}

/// The rates between one currency and the base.
#[derive(Debug, Default)]
struct Pair {
    to_base: BTreeMap<NaiveDate, Decimal>,
    from_base: BTreeMap<NaiveDate, Decimal>,
}

/// All rates from and to the base currency.
#[derive(Debug)]
pub(super) struct Rates {
    base: Currency,
    pairs: BTreeMap<String, Pair>,
}

impl Rates {
    pub(super) fn read(reader: &Reader) -> Result<Self> {
        let base = base_currency(reader)?.ok_or(QueryError::NoBaseCurrency)?;
        let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
        let object = reader.object("exchange_rate")?.clone();
        reader.each(&object, |record| {
            let (Some(from), Some(to), Some(Value::Date(day)), Some(Value::Decimal(rate))) = (
                record.text("from"),
                record.text("to"),
                record.get("day"),
                record.get("rate"),
            ) else {
                return Ok(ControlFlow::Continue(()));
            };
            if to == base.code() {
                let pair = pairs.entry(from.to_owned()).or_default();
                pair.to_base.insert(*day, *rate);
            } else if from == base.code() {
                let pair = pairs.entry(to.to_owned()).or_default();
                pair.from_base.insert(*day, *rate);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Self { base, pairs })
    }

    /// An amount in the base currency, by the rate of a day.
    pub(super) fn in_base(
        &self,
        money: Money,
        day: Option<NaiveDate>,
    ) -> Result<Money, QueryError> {
        if money.currency == self.base {
            return Ok(money);
        }
        let missing = || QueryError::NoRate {
            from: money.currency.code().to_owned(),
            to: self.base.code().to_owned(),
            day: day.map_or_else(String::new, |day| day.to_string()),
        };
        let pair = self.pairs.get(money.currency.code());
        let (pair, day) = pair.zip(day).ok_or_else(missing)?;
        let latest = |rates: &BTreeMap<NaiveDate, Decimal>| {
            let last = rates.range(..=day).next_back();
            last.map(|(_, rate)| *rate)
        };
        let amount = match (latest(&pair.to_base), latest(&pair.from_base)) {
            (Some(rate), _) => money.amount.checked_mul(rate),
            (None, Some(rate)) => money.amount.checked_div(rate),
            (None, None) => return Err(missing()),
        };
        let amount = amount.ok_or_else(|| {
            let (amount, of) = (money.amount, money.currency);
            QueryError::Overflow(format!("{amount} {of} in {}", self.base))
        })?;
        Ok(Money {
            amount,
            currency: self.base,
        })
    }
}
