//! What do other records say? One at a time, by their ids.

use peyvand_plugin::{Row, log, records};

/// What `read` makes of a record; none where there is none, or it may not be read, which the log tells.
pub(crate) fn of<T>(
    object: &str,
    id: Option<&str>,
    fields: &[&str],
    read: impl FnOnce(&Row<'_>) -> T,
) -> Option<T> {
    let got = match records::get(object, &[id?], fields) {
        Ok(got) => got,
        Err(error) => {
            log(&format!("{object}: {error}"));
            return None;
        }
    };
    if got.found.first() != Some(&true) {
        return None;
    }
    let records = got.selected.records();
    let row = records.rows().next()?;
    Some(read(&row))
}

/// What `read` makes of each record that a filter finds; at most 10,000 of them.
pub(crate) fn each(object: &str, filter: &str, fields: &[&str], mut read: impl FnMut(&Row<'_>)) {
    let mut after: Option<String> = None;
    for _ in 0..10 {
        let query = records::Query {
            limit: 1_000,
            after: after.as_deref(),
            ..records::Query::new(object, filter, fields)
        };
        let page = match query.run() {
            Ok(page) => page,
            Err(error) => return log(&format!("{object}: {error}")),
        };
        let records = page.selected.records();
        records.rows().for_each(|row| read(&row));
        after = page.next;
        if after.is_none() {
            return;
        }
    }
}
