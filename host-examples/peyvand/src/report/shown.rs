//! How are keys and totals of a report written for people?

use chrono::NaiveDate;
use peyvand::locale::{Calendar, DateStyle, format_date, format_number, period_name};
use peyvand::{Locale, Object, RecordId, Session, Value};

use crate::query::Names;
use crate::value::Reading;

/// A word in English, Persian and Arabic.
pub(super) struct Word(pub(super) [&'static str; 3]);

pub(super) const COUNT: Word = Word(["count", "تعداد", "العدد"]);
const EMPTY: Word = Word(["(empty)", "(خالی)", "(فارغ)"]);
const CURRENCY: Word = Word(["currency", "ارز", "العملة"]);
const IN_BASE: Word = Word(["in base currency", "به ارز پایه", "بالعملة الأساسية"]);
const FUNCTIONS: [(&str, Word); 6] = [
    ("sum", Word(["sum", "جمع", "المجموع"])),
    ("avg", Word(["mean", "میانگین", "المتوسط"])),
    ("min", Word(["least", "کمینه", "الأدنى"])),
    ("max", Word(["greatest", "بیشینه", "الأقصى"])),
    ("median", Word(["median", "میانه", "الوسيط"])),
    (
        "distinct",
        Word(["different", "مقدارهای متفاوت", "قيم مختلفة"]),
    ),
];
const PERIODS: [(&str, Word); 5] = [
    ("day", Word(["day", "روز", "اليوم"])),
    ("week", Word(["week from", "هفته از", "الأسبوع من"])),
    ("month", Word(["month", "ماه", "الشهر"])),
    ("quarter", Word(["quarter", "فصل", "الربع"])),
    ("year", Word(["year", "سال", "السنة"])),
];

impl Word {
    pub(super) fn of(&self, locale: Locale) -> &'static str {
        let [en, fa, ar] = self.0;
        match locale {
            Locale::Fa => fa,
            Locale::Ar => ar,
            _ => en,
        }
    }
}

/// Writes what a report comes to.
pub(super) struct Shown {
    pub(super) locale: Locale,
    reading: Reading,
    names: Names,
}

impl Shown {
    pub(super) fn of(session: Session) -> Self {
        Self {
            locale: session.locale(),
            reading: Reading::of(&session),
            names: Names::of(session),
        }
    }

    pub(super) fn word(&self, word: &Word) -> String {
        word.of(self.locale).to_owned()
    }

    pub(super) fn number(&self, number: impl ToString) -> String {
        format_number(&number.to_string(), self.locale)
    }

    pub(super) fn name(&mut self, id: Option<RecordId>) -> String {
        match id {
            Some(id) => self.names.name(id),
            None => self.word(&EMPTY),
        }
    }

    /// A total of a group.
    pub(super) fn value(&mut self, value: Option<&Value>) -> String {
        match value {
            None => String::new(),
            Some(Value::Integer(number)) => self.number(number),
            Some(Value::Decimal(number)) => self.number(number.round(2)),
            Some(Value::Money(money)) => {
                let currency = money.currency.to_string();
                self.reading.amount(money.amount.round(2), &currency)
            }
            Some(Value::Date(day)) => self.day(*day, Calendar::usual(self.locale)),
            Some(other) => self.names.shown(other),
        }
    }

    fn day(&self, day: NaiveDate, calendar: Calendar) -> String {
        let written = format_date(day, calendar, self.locale, DateStyle::Short);
        written.unwrap_or_else(|| day.to_string())
    }

    /// A key of a group, of the object's field or of its period.
    pub(super) fn key(&mut self, object: &Object, key: &GroupKey, value: Option<&Value>) -> String {
        let Some(value) = value else {
            return self.word(&EMPTY);
        };
        if let (Some(period), Value::Date(day)) = (&key.period, value) {
            return self.period(period, key.calendar, *day);
        }
        let field = key.field.as_deref().and_then(|field| object.field(field));
        let option = field.zip(value_text(value)).and_then(|(field, option)| {
            let labels = field.option_labels.get(option)?;
            labels.get(self.locale.tag()).cloned()
        });
        option.unwrap_or_else(|| self.value(Some(value)))
    }

    /// The period that begins on a day.
    pub(super) fn period(&self, period: &str, calendar: Calendar, day: NaiveDate) -> String {
        period_name(period, day, calendar, self.locale)
    }

    /// What a column of keys is called.
    pub(super) fn key_name(&self, object: &Object, key: &GroupKey) -> String {
        let Some(field) = &key.field else {
            return self.word(&CURRENCY);
        };
        let field = self.field_name(object, field);
        let period = key.period.as_deref();
        let word = PERIODS.iter().find(|(name, _)| Some(*name) == period);
        match word {
            Some((_, word)) => format!("{field}: {}", word.of(self.locale)),
            None => field,
        }
    }

    fn field_name(&self, object: &Object, field: &str) -> String {
        let label = object
            .field(field)
            .and_then(|known| known.label.get(self.locale.tag()));
        label.cloned().unwrap_or_else(|| field.to_owned())
    }

    /// What a column of totals is called: `sum: Amount`.
    pub(super) fn measure_name(&self, object: &Object, measure: &peyvand::Measure) -> String {
        let written = measure.to_string();
        let Some((function, _)) = written.split_once('(') else {
            return self.word(&COUNT);
        };
        let word = FUNCTIONS.iter().find(|(name, _)| *name == function);
        let word = word.map_or(function, |(_, word)| word.of(self.locale));
        let field = self.field_name(object, measure.field().unwrap_or_default());
        match written.contains(" in base") {
            true => format!("{word}: {field} {}", IN_BASE.of(self.locale)),
            false => format!("{word}: {field}"),
        }
    }
}

fn value_text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// A key as it was written on the command line; without a field it is the currency of an amount.
pub(super) struct GroupKey {
    field: Option<String>,
    period: Option<String>,
    calendar: Calendar,
}

impl GroupKey {
    pub(super) fn currency() -> Self {
        Self {
            field: None,
            period: None,
            calendar: Calendar::Gregorian,
        }
    }

    /// Reads `stage`, `close_date:month@persian` or `month(close_date)@persian`; the engine has said that it is one.
    pub(super) fn of(written: &str) -> Self {
        let (written, calendar) = match written.split_once('@') {
            Some((written, calendar)) => (written, Calendar::from_name(calendar.trim())),
            None => (written, None),
        };
        let called = written.trim().trim_end_matches(')').split_once('(');
        let parts = called
            .map(|(period, field)| (field, period))
            .or_else(|| written.split_once(':'));
        let (field, period) = match parts {
            Some((field, period)) => (field, Some(period.trim().to_owned())),
            None => (written, None),
        };
        Self {
            field: Some(field.trim().to_owned()),
            period,
            calendar: calendar.unwrap_or(Calendar::Gregorian),
        }
    }
}
