//! In which currency does the workspace reckon?

use peyvand::Engine;
use serde_json::json;

use crate::fault::Fault;
use crate::output::Output;
use crate::store;
use crate::value::Reading;

/// Shows the base currency, or sets it first.
pub(super) fn tell(
    engine: &Engine,
    code: Option<&str>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let session = store::session(engine)?;
    if let Some(code) = code {
        let currency = code.parse().map_err(|error: peyvand::NotACurrency| {
            Fault::input(error.to_string(), "write it as IRR, AED or EUR")
        })?;
        session.set_base_currency(Some(currency))?;
    }
    let base = session
        .base_currency()?
        .map(|currency| currency.to_string());
    if output.json {
        return output.document(&json!({"base_currency": base}));
    }
    let reading = Reading::of(&session);
    output.line(match base {
        Some(base) => format!(
            "{}: {base}",
            reading.word(["base currency", "ارز پایه", "العملة الأساسية"])
        ),
        None => format!(
            "{}: peyvand report base IRR",
            reading.word([
                "there is no base currency; set one",
                "ارز پایه‌ای نیست؛ یکی را برگزینید",
                "لا توجد عملة أساسية؛ اختر واحدة",
            ])
        ),
    })
}
