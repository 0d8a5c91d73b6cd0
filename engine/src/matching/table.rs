//! In which form do records come to be compared?

/// Records in columns, as text: one row each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<String>,
    values: Vec<Vec<String>>,
    rows: usize,
}

impl Table {
    /// With these columns and no rows.
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        let values = vec![Vec::new(); columns.len()];
        Self {
            columns,
            values,
            rows: 0,
        }
    }

    /// Adds a row: a value for each column, empty where there is none. What is missing at the end is empty, what is too
    /// much is left out.
    pub fn push<S: Into<String>>(&mut self, row: impl IntoIterator<Item = S>) {
        let mut row = row.into_iter();
        for column in &mut self.values {
            column.push(row.next().map_or_else(String::new, Into::into));
        }
        self.rows += 1;
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The value of a row in a column; empty where there is none.
    #[must_use]
    pub fn value(&self, row: usize, column: &str) -> &str {
        let value = self.column(column).and_then(|column| column.get(row));
        value.map_or("", String::as_str)
    }

    pub(super) fn column(&self, name: &str) -> Option<&[String]> {
        let at = self.columns.iter().position(|column| column == name)?;
        self.values.get(at).map(Vec::as_slice)
    }
}
