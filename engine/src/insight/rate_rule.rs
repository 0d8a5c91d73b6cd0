//! Is an exchange rate one?

use std::sync::Arc;

use crate::hook::{
    Answers, BeforeSave, HookContext, HookFailure, Interest, Refusal, Row, Rule, Verb, engine_rule,
};
use crate::record::{Currency, Decimal, Record, Value};
use crate::schema::Schema;

struct RateRule;

/// The rule for a schema; none where it has no rates.
pub(crate) fn hook(schema: &Schema) -> Option<Arc<dyn BeforeSave>> {
    schema.object("exchange_rate")?;
    let interest = Interest::new("exchange_rate", &[Verb::Create, Verb::Update], Vec::new());
    Some(engine_rule("an exchange rate is one", interest, RateRule))
}

impl Rule for RateRule {
    fn judge(&self, rows: &[Row<'_>], _: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let mut answers = Answers::default();
        for (row, after) in rows.iter().enumerate() {
            let Some(record) = after.after else { continue };
            let faults = faults(record).into_iter();
            answers
                .refusals
                .extend(faults.map(|(field, message)| Refusal {
                    row,
                    field: Some(field.to_owned()),
                    code: "rate".to_owned(),
                    message,
                }));
        }
        Ok(answers)
    }
}

fn faults(rate: &Record) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    for field in ["from", "to"] {
        let code = rate.text(field).unwrap_or_default();
        match code.parse::<Currency>() {
            Err(error) => faults.push((field, error.to_string())),
            // Rates are found by the code as it is written here.
            Ok(known) if known.code() != code => {
                faults.push((field, format!("write it as {known}")));
            }
            Ok(_) => {}
        }
    }
    if rate.text("from") == rate.text("to") {
        faults.push(("to", "a currency has no rate to itself".to_owned()));
    }
    if let Some(Value::Decimal(number)) = rate.get("rate")
        && *number <= Decimal::ZERO
    {
        faults.push(("rate", "a rate is greater than zero".to_owned()));
    }
    faults
}
