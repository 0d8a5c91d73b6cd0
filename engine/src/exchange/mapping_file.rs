//! How is a mapping written down?
//!
//! Read by hand and not by derived code, so that a mistyped key is answered with its place and the nearest known key.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use toml::{Table, Value};

use super::dates::{ColumnDays, DateRule, Order};
use super::fault::InputFault;
use super::mapping::{Column, Mapping, Require, Section};
use super::template::Template;
use crate::locale::{Calendar, fold_text};
use crate::schema::did_you_mean;

type Read<T> = Result<T, InputFault>;

/// A table whose keys are known.
struct Part<'t> {
    place: String,
    table: &'t Table,
}

impl<'t> Part<'t> {
    fn open(place: impl Into<String>, table: &'t Table, known: &[&str]) -> Read<Self> {
        let place = place.into();
        if let Some(key) = table.keys().find(|key| !known.contains(&key.as_str())) {
            let near = did_you_mean(key, known.iter().copied());
            return Err(InputFault::UnknownKey {
                place,
                key: key.clone(),
                near,
                known: known.join(", "),
            });
        }
        Ok(Self { place, table })
    }

    fn fault(&self, what: impl Into<String>) -> InputFault {
        InputFault::mapping(&self.place, what)
    }

    fn text(&self, key: &str) -> Read<Option<String>> {
        match self.table.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.trim().is_empty() => {
                Ok(Some(text.trim().to_owned()))
            }
            Some(_) => Err(self.fault(format!("`{key}` must be text in quotes"))),
        }
    }

    fn needed(&self, key: &str) -> Read<String> {
        self.text(key)?
            .ok_or_else(|| self.fault(format!("`{key}` is missing")))
    }

    fn flag(&self, key: &str) -> Read<Option<bool>> {
        match self.table.get(key) {
            None => Ok(None),
            Some(Value::Boolean(yes)) => Ok(Some(*yes)),
            Some(_) => Err(self.fault(format!("`{key}` must be true or false"))),
        }
    }

    /// A list of texts; one text stands for a list of one.
    fn texts(&self, key: &str) -> Read<Vec<String>> {
        let wrong = || self.fault(format!("`{key}` must be a list of texts"));
        match self.table.get(key) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text.clone()]),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(ToOwned::to_owned).ok_or_else(wrong))
                .collect(),
            Some(_) => Err(wrong()),
        }
    }

    fn table(&self, key: &str) -> Read<Option<&'t Table>> {
        match self.table.get(key) {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(table)),
            Some(_) => Err(self.fault(format!("`{key}` must be a table"))),
        }
    }

    fn tables(&self, key: &str) -> Read<Vec<&'t Table>> {
        let wrong = || self.fault(format!("`{key}` must be written as [[{key}]]"));
        match self.table.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_table().ok_or_else(wrong))
                .collect(),
            Some(_) => Err(wrong()),
        }
    }

    /// Text → text, found by folded text.
    fn words(&self, key: &str) -> Read<BTreeMap<String, String>> {
        let mut words = BTreeMap::new();
        for (from, to) in self.table(key)?.into_iter().flatten() {
            let to = match to {
                Value::String(text) => text.clone(),
                Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => to.to_string(),
                _ => return Err(self.fault(format!("`{key}`.\"{from}\" must be text"))),
            };
            if words.insert(fold_text(from), to).is_some() {
                return Err(self.fault(format!(
                    "`{key}`.\"{from}\" is there twice, in two spellings of one word"
                )));
            }
        }
        Ok(words)
    }

    fn fields(&self, key: &str) -> Read<Map<String, Json>> {
        let given = self.table(key)?.into_iter().flatten();
        Ok(given
            .map(|(field, value)| (field.clone(), json(value)))
            .collect())
    }

    fn templates(&self, key: &str) -> Read<BTreeMap<String, Template>> {
        let given = self.table(key)?.into_iter().flatten();
        given
            .map(|(field, template)| {
                let text = template
                    .as_str()
                    .ok_or_else(|| self.fault(format!("`{key}.{field}` must be text in quotes")))?;
                let template = Template::parse(text)
                    .map_err(|what| self.fault(format!("`{key}.{field}`: {what}")))?;
                Ok((field.clone(), template))
            })
            .collect()
    }
}

fn json(value: &Value) -> Json {
    match value {
        Value::String(text) => text.clone().into(),
        Value::Integer(number) => (*number).into(),
        Value::Boolean(yes) => (*yes).into(),
        // As text, which the schema reads exactly.
        Value::Float(number) => number.to_string().into(),
        Value::Datetime(at) => at.to_string().into(),
        Value::Array(items) => Json::Array(items.iter().map(json).collect()),
        Value::Table(table) => Json::Object(
            table
                .iter()
                .map(|(part, value)| (part.clone(), json(value)))
                .collect(),
        ),
    }
}

/// Reads a mapping file.
pub(super) fn read(text: &str) -> Read<Mapping> {
    let table: Table = text
        .parse()
        .map_err(|error: toml::de::Error| InputFault::NotToml {
            line: 1 + error.span().map_or(0, |span| {
                text.bytes()
                    .take(span.start)
                    .filter(|b| *b == b'\n')
                    .count()
            }),
            message: error.message().replace('\n', ", "),
        })?;
    let root = Part::open("top level", &table, &["require", "import"])?;
    let requires = root
        .tables("require")?
        .into_iter()
        .map(require)
        .collect::<Read<Vec<_>>>()?;
    let imports = root
        .tables("import")?
        .into_iter()
        .map(section)
        .collect::<Read<Vec<_>>>()?;
    if imports.is_empty() {
        return Err(root.fault("there is no [[import]]; write one for each sort of file"));
    }
    for into in requires.iter().flat_map(|require| &require.into) {
        if !imports.iter().any(|section| section.into == *into) {
            return Err(root.fault(format!(
                "a [[require]] is for imports into '{into}', and there is none"
            )));
        }
    }
    Ok(Mapping { requires, imports })
}

fn require(table: &Table) -> Read<Require> {
    let part = Part::open("a [[require]]", table, &["object", "key", "fields", "into"])?;
    let (object, key, fields) = (
        part.needed("object")?,
        part.needed("key")?,
        part.fields("fields")?,
    );
    if !fields.get(&key).is_some_and(Json::is_string) {
        return Err(part.fault(format!(
            "`fields.{key}` is missing: it is the key by which the {object} is found"
        )));
    }
    Ok(Require {
        object,
        key,
        fields,
        into: part.texts("into")?,
    })
}

fn section(table: &Table) -> Read<Section> {
    let part = Part::open(
        "an [[import]]",
        table,
        &[
            "into",
            "files",
            "sheet",
            "key",
            "columns",
            "constants",
            "compose",
        ],
    )?;
    let into = part.needed("into")?;
    let part = Part {
        place: format!("the import into {into}"),
        ..part
    };
    let mut columns: BTreeMap<String, Column> = BTreeMap::new();
    for (header, value) in part.table("columns")?.into_iter().flatten() {
        if columns
            .keys()
            .any(|known| fold_text(known) == fold_text(header))
        {
            return Err(part.fault(format!(
                "the column '{header}' is mapped twice, in two spellings of one word"
            )));
        }
        columns.insert(header.clone(), column(&part.place, header, value)?);
    }
    if columns.values().all(|column| column.field.is_none()) {
        return Err(part.fault("no column goes to a field; write columns.\"header\" = \"field\""));
    }
    let mut fields: Vec<&str> = columns
        .values()
        .filter_map(|column| column.field.as_deref())
        .collect();
    fields.sort_unstable();
    if let Some([twice, _]) = fields.array_windows().find(|[one, next]| one == next) {
        return Err(part.fault(format!("two columns go to the field '{twice}'")));
    }
    Ok(Section {
        files: part.texts("files")?,
        sheet: part.text("sheet")?,
        key: part.text("key")?,
        constants: part.fields("constants")?,
        compose: part.templates("compose")?,
        columns,
        into,
    })
}

const COLUMN_KEYS: [&str; 14] = [
    "field",
    "alias",
    "values",
    "currency",
    "scale",
    "calendar",
    "order",
    "trim",
    "lookup",
    "object",
    "create",
    "defer",
    "unresolved",
    "ignore",
];

fn column(place: &str, header: &str, value: &Value) -> Read<Column> {
    let place = format!("{place}, column '{header}'");
    let table = match value {
        Value::String(field) => {
            return Ok(Column {
                field: Some(field.clone()),
                ..Column::default()
            });
        }
        Value::Table(table) => table,
        _ => {
            return Err(InputFault::mapping(
                &place,
                "write a field's name in quotes, or a table",
            ));
        }
    };
    let part = Part::open(place, table, &COLUMN_KEYS)?;
    if part.flag("ignore")? == Some(true) {
        return match table.len() {
            1 => Ok(Column::default()),
            _ => Err(part.fault("`ignore` leaves the column out; the other keys say nothing then")),
        };
    }
    let column = Column {
        field: Some(part.needed("field")?),
        alias: part.words("alias")?,
        values: part.words("values")?,
        currency: part
            .text("currency")?
            .map(|text| {
                text.parse()
                    .map_err(|error| part.fault(format!("`currency`: {error}")))
            })
            .transpose()?,
        scale: scale(&part)?,
        dates: dates(&part)?,
        untrimmed: part.flag("trim")? == Some(false),
        lookup: part.text("lookup")?,
        object: part.text("object")?,
        create: create(&part)?,
        defer: part.flag("defer")?.unwrap_or(false),
        unresolved: part.text("unresolved")?,
    };
    if column.create.is_some() && column.lookup.is_none() {
        return Err(part.fault("`create` needs `lookup`: the field that gets the text"));
    }
    Ok(column)
}

fn dates(part: &Part<'_>) -> Read<DateRule> {
    let days = match part.text("calendar")?.as_deref() {
        None => None,
        Some("by-year") => Some(ColumnDays::ByYear),
        Some(name) => Some(ColumnDays::Of(Calendar::from_name(name).ok_or_else(
            || part.fault("`calendar` must be gregorian, jalali, hijri or by-year"),
        )?)),
    };
    let order = match part.text("order")?.as_deref() {
        None => None,
        Some("day-first") => Some(Order::DayFirst),
        Some("month-first") => Some(Order::MonthFirst),
        Some(_) => return Err(part.fault("`order` must be day-first or month-first")),
    };
    Ok(DateRule {
        days,
        order,
        from_1904: false,
    })
}

fn scale(part: &Part<'_>) -> Read<Option<crate::record::Decimal>> {
    let text = match part.table.get("scale") {
        None => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(number @ (Value::Integer(_) | Value::Float(_))) => number.to_string(),
        Some(_) => return Err(part.fault("`scale` must be a number")),
    };
    text.parse()
        .map(Some)
        .map_err(|error| part.fault(format!("`scale`: {error}")))
}

/// `create = true`, or the further fields of what is made, as templates over `{value}`.
fn create(part: &Part<'_>) -> Read<Option<BTreeMap<String, Template>>> {
    match part.table.get("create") {
        None | Some(Value::Boolean(false)) => Ok(None),
        Some(Value::Boolean(true)) => Ok(Some(BTreeMap::new())),
        Some(Value::Table(_)) => {
            let templates = part.templates("create")?;
            let mut names = templates.values().flat_map(Template::names);
            if let Some(name) = names.find(|name| *name != "value") {
                return Err(part.fault(format!(
                    "`create` knows only {{value}}, the cell's text, and not {{{name}}}"
                )));
            }
            drop(names);
            Ok(Some(templates))
        }
        Some(_) => Err(part.fault("`create` must be true, false or a table of fields")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn message(text: &str) -> String {
        read(text).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn a_mistyped_key_is_answered_with_the_nearest() {
        let text =
            "[[import]]\ninto = 'account'\n[import.columns.x]\nfield = 'name'\nlookpu = 'name'\n";
        let told = message(text);
        assert!(
            told.contains("column 'x'") && told.contains("did you mean 'lookup'?"),
            "{told}"
        );
        let told = message("[[import]]\ninto = 'account'\ncolums = {}\n");
        assert!(told.contains("did you mean 'columns'?"), "{told}");
        let told = message("[[imports]]\ninto = 'account'\n");
        assert!(told.contains("did you mean 'import'?"), "{told}");
    }

    #[test]
    fn what_is_not_toml_is_told_with_its_line() {
        let told = message("[[import]]\ninto = 'account'\ncolumns = {x=\n");
        assert!(told.contains("line 3"), "{told}");
    }

    #[test]
    fn a_mapping_that_cannot_be_meant_is_refused() {
        for (text, part) in [
            ("", "no [[import]]"),
            ("[[import]]\ninto = 'account'", "no column goes"),
            (
                "[[import]]\ninto = 'account'\ncolumns = {a = 'name', b = 'name'}",
                "two columns go to the field 'name'",
            ),
            (
                "[[import]]\ninto = 'account'\ncolumns = {a = {field = 'x', currency = 'dollar'}}",
                "ISO 4217",
            ),
            (
                "[[import]]\ninto = 'account'\ncolumns = {a = {field = 'x', create = true}}",
                "needs `lookup`",
            ),
            (
                "[[import]]\ninto = 'account'\ncolumns = {a = {field = 'x', scale = 'many'}}",
                "`scale`",
            ),
            (
                "[[import]]\ninto = 'account'\ncolumns = {'ali ' = 'x', Ali = 'y'}",
                "mapped twice",
            ),
            (
                "[[import]]\ninto = 'a'\ncolumns = {a = 'x'}\n[[require]]\nobject = 's'\nkey = 'key'\nfields = {}",
                "fields.key",
            ),
        ] {
            assert!(message(text).contains(part), "{text}: {}", message(text));
        }
    }

    #[test]
    fn an_import_is_chosen_by_object_and_then_by_file() {
        let one = "[[import]]\ninto = 'account'\nfiles = ['a.csv']\ncolumns = {a = 'name'}\n";
        let two = "[[import]]\ninto = 'account'\nfiles = ['b.csv']\ncolumns = {b = 'name'}\n";
        let mapping = read(&format!("{one}{two}")).unwrap();
        assert!(
            mapping
                .select("account", Some("dir/B.csv"))
                .unwrap()
                .columns
                .contains_key("b")
        );
        assert!(
            mapping
                .select("account", Some("c.csv"))
                .unwrap_err()
                .to_string()
                .contains("2 imports into 'account'")
        );
        assert!(
            mapping
                .select("acount", None)
                .unwrap_err()
                .to_string()
                .contains("did you mean 'account'?")
        );
        assert!(read(one).unwrap().select("account", Some("c.csv")).is_ok());
    }
}
