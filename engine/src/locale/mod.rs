//! How do people write the same thing?
//!
//! Persian, Arabic and English are equals: letters and digits that mean the same, dates in three calendars, numbers and
//! amounts in figures and in words, and the direction in which a text runs. All of it is pure: what language somebody
//! reads is the caller's to know.
//!
//! Stored keys are made with the folding of this room, so a change of its table is a change of the store's format.

mod amount;
#[cfg(feature = "intl")]
mod calendar;
#[cfg(feature = "intl")]
mod dates;
mod digits;
mod direction;
mod fold;
mod keyboard;
#[cfg(feature = "intl")]
mod month_names;
pub mod name;
mod number;
#[cfg(feature = "intl")]
mod periods;
mod variety;
mod words;

pub use amount::{Amount, AmountUnit, NotAnAmount, Redenomination, format_amount, parse_amount};
#[cfg(feature = "intl")]
pub use calendar::{Calendar, CalendarDay};
#[cfg(feature = "intl")]
pub use dates::{DateStyle, NotADate, format_date, parse_date};
pub use digits::{Digits, format_number, plain_number};
pub use direction::{Direction, isolate, isolate_html, without_marks};
pub use keyboard::KeyboardLayout;
#[cfg(feature = "intl")]
pub use month_names::{month_name, weekday_name};
pub use number::{NotANumber, parse_number, parse_percent};
#[cfg(feature = "intl")]
pub use periods::period_name;
pub use variety::Variety;
pub use words::{
    amount_from_words, amount_in_words, currency_name, number_from_words, number_in_words,
};

#[cfg(feature = "template")]
pub(crate) use direction::escape_html;
pub(crate) use fold::{each_folded, fold_digits, fold_text};
pub(crate) use keyboard::on_other_layouts;
pub(crate) use words::minor_digits;
