//! What comes next in key order? Entries of a span, one after the other, a page in memory at a time.

use std::vec::IntoIter;

use super::{Direction, Row, Snapshot, Span, StoreError};

const PAGE: usize = 1000;

/// The entries of a span, in key order.
pub(crate) struct Rows<F> {
    /// Scans a span forward, up to so many entries.
    scan: F,
    /// What was not fetched yet.
    rest: Option<Span>,
    page: IntoIter<Row>,
}

impl<F: FnMut(&Span, usize) -> Result<Vec<Row>, StoreError>> Rows<F> {
    pub(crate) fn new(span: Span, scan: F) -> Self {
        Rows {
            scan,
            rest: Some(span),
            page: Vec::new().into_iter(),
        }
    }

    fn fetch(&mut self) -> Result<(), StoreError> {
        if let Some(span) = self.rest.take() {
            let page = (self.scan)(&span, PAGE)?;
            self.rest = page
                .last()
                .filter(|_| page.len() == PAGE)
                .map(|(last, _)| span.beyond(last, Direction::Forward));
            self.page = page.into_iter();
        }
        Ok(())
    }
}

impl<F: FnMut(&Span, usize) -> Result<Vec<Row>, StoreError>> Iterator for Rows<F> {
    type Item = Result<Row, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.len() == 0
            && let Err(error) = self.fetch()
        {
            return Some(Err(error));
        }
        self.page.next().map(Ok)
    }
}

/// Everything under a prefix that a snapshot sees.
pub(crate) fn rows_under<'a>(
    snapshot: &'a Snapshot,
    prefix: &[u8],
) -> impl Iterator<Item = Result<Row, StoreError>> + use<'a> {
    Rows::new(Span::prefix(prefix), |span: &Span, limit| {
        snapshot.scan(span, Direction::Forward, limit)
    })
}
