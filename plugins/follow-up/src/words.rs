//! What does a task say?

use peyvand_plugin::{Language, Row};

use crate::Occasion;

/// The subject of a task.
pub(crate) fn subject(occasion: Occasion, opportunity: &str, language: Language) -> String {
    let words = match occasion {
        Occasion::Won => language.pick(
            "Thank the customer and plan the delivery",
            "تشکر از مشتری و هماهنگی تحویل",
            "شكر العميل وتنسيق التسليم",
        ),
        Occasion::Lost => language.pick(
            "Try to win back",
            "تلاش برای بازگرداندن مشتری",
            "محاولة استعادة العميل",
        ),
        Occasion::Quiet => language.pick("Take up again", "از سر گرفتن گفت‌وگو", "استئناف التواصل"),
    };
    format!("{words}: {opportunity}")
}

/// What is known when the task is made.
pub(crate) fn description(
    occasion: Occasion,
    row: &Row<'_>,
    quiet_for: i32,
    language: Language,
) -> String {
    let text = match occasion {
        Occasion::Won => match row.money("amount") {
            Some(money) => {
                let (amount, currency) = (money.amount, money.currency.code());
                language.pick(
                    format!("Won with {amount} {currency}"),
                    format!("برده شد با {amount} {currency}"),
                    format!("رُبحت بمبلغ {amount} {currency}"),
                )
            }
            None => language
                .pick("Won without an amount", "برده شد، بی‌مبلغ", "رُبحت بلا مبلغ")
                .to_owned(),
        },
        Occasion::Lost => match row.text("loss_reason") {
            Some(reason) => language.pick(
                format!("It was lost: {reason}"),
                format!("از دست رفت: {reason}"),
                format!("خُسرت: {reason}"),
            ),
            None => language
                .pick(
                    "It was lost, and the reason is not recorded: ask for it",
                    "از دست رفت و دلیل آن ثبت نشده است: بپرسید",
                    "خُسرت ولم يُسجَّل السبب: اسأل عنه",
                )
                .to_owned(),
        },
        Occasion::Quiet => language.pick(
            format!("No activity for {quiet_for} days"),
            format!("{quiet_for} روز بی‌فعالیت"),
            format!("بلا نشاط منذ {quiet_for} يومًا"),
        ),
    };
    // What people wrote keeps its digits; numbers of ours take the language's.
    match occasion {
        Occasion::Lost => text,
        _ => language.digits(&text),
    }
}
