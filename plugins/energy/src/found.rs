//! What is already there, and how is it told that something must not be saved?

use peyvand_plugin::records::{self, Query, ReadError};
use peyvand_plugin::{Answer, Currency, Decimal, Money, Row};

/// Records of one page, and pages that are asked for at most.
const PAGE: u32 = 1_000;
const PAGES: u32 = 9;

/// Why a record is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The column to blame; none for the whole record.
    pub(crate) column: Option<&'static str>,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

pub(crate) type Checked<T> = Result<T, Refused>;

impl Refused {
    pub(crate) fn because_of(column: &'static str, code: &'static str, message: String) -> Self {
        Self {
            column: Some(column),
            code,
            message,
        }
    }

    pub(crate) fn tell(self, answer: &mut Answer<'_, '_>) {
        match self.column {
            Some(column) => answer.refuse_field(column, self.code, self.message),
            None => answer.refuse(self.code, self.message),
        }
    }
}

impl From<ReadError> for Refused {
    fn from(error: ReadError) -> Self {
        Self {
            column: None,
            code: "cannot-read",
            message: error.to_string(),
        }
    }
}

/// A record by its id; none where it is gone.
pub(crate) fn one<T>(
    object: &str,
    id: &str,
    fields: &[&str],
    take: impl FnOnce(&Row<'_>) -> T,
) -> Checked<Option<T>> {
    let got = records::get(object, &[id], fields)?;
    if got.found.first() != Some(&true) {
        return Ok(None);
    }
    Ok(got.selected.records().rows().next().map(|row| take(&row)))
}

/// All records that match.
pub(crate) fn all<T>(
    object: &str,
    filter: &str,
    sort: &str,
    fields: &[&str],
    mut take: impl FnMut(&Row<'_>) -> T,
) -> Checked<Vec<T>> {
    let (mut taken, mut cursor) = (Vec::new(), None::<String>);
    for _ in 0..PAGES {
        let page = Query {
            sort,
            limit: PAGE,
            after: cursor.as_deref(),
            ..Query::new(object, filter, fields)
        };
        let page = page.run()?;
        taken.extend(page.selected.records().rows().map(|row| take(&row)));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(taken)
}

/// The first record that matches.
pub(crate) fn first<T>(
    object: &str,
    filter: &str,
    sort: &str,
    fields: &[&str],
    take: impl FnOnce(&Row<'_>) -> T,
) -> Checked<Option<T>> {
    let query = Query {
        sort,
        limit: 1,
        ..Query::new(object, filter, fields)
    };
    let page = query.run()?;
    Ok(page.selected.records().rows().next().map(|row| take(&row)))
}

/// A reference or a text of a row as its own.
pub(crate) fn owned(row: &Row<'_>, column: &str) -> Option<String> {
    row.text(column).map(str::to_owned)
}

/// Rials of a row, whole; none are nothing.
pub(crate) fn rials(row: &Row<'_>, column: &str) -> i128 {
    row.money(column)
        .map_or(0, |money| money.amount.billionths() / ONE)
}

const ONE: i128 = 1_000_000_000;

/// An amount of whole rials.
pub(crate) fn money(rials: i128) -> Option<Money> {
    Some(Money {
        amount: Decimal::from_billionths(rials.checked_mul(ONE)?),
        currency: Currency::new("IRR")?,
    })
}

/// Sets an amount of whole rials.
pub(crate) fn set_rials(answer: &mut Answer<'_, '_>, column: &str, rials: i128) {
    match money(rials) {
        Some(money) => answer.set(column, money),
        None => answer.clear(column),
    };
}
