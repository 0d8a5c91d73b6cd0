//! Which objects and fields are there, and how are they changed?

use std::path::Path;

use peyvand::{Engine, Field, FieldKind, Labels, Object, SchemaChange};
use serde_json::{Value as Json, json};

use crate::args::Schema;
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, several};
use crate::source;
use crate::store::{self, Need};

pub(crate) fn run(asked: &Schema, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    match asked {
        Schema::List => store::with(dir, Need::Existing, |engine| list(engine, output))?,
        Schema::Show { object } => {
            store::with(dir, Need::Existing, |engine| show(engine, object, output))?
        }
        Schema::Apply {
            file,
            strip,
            dry_run,
        } => {
            let changes = changes(file)?;
            store::with(dir, Need::Created, |engine| match dry_run {
                true => in_use(engine, &changes, output),
                false => apply(engine, changes, *strip, output),
            })?;
        }
    }
    Ok(Exit::Fine)
}

fn list(engine: &Engine, output: &mut Output<'_>) -> Result<(), Fault> {
    let schema = engine.schema()?;
    if output.json {
        let about = |object: &Object| {
            let fields = object.live_fields().count();
            json!({"name": object.name, "prefix": object.prefix().as_str(), "label": object.label, "custom": object.is_custom(), "fields": fields})
        };
        return output.document(
            &json!({"data": schema.objects().map(|object| about(object)).collect::<Vec<_>>()}),
        );
    }
    let mut table = Table::new(&[
        ("object", Side::Left),
        ("prefix", Side::Left),
        ("fields", Side::Right),
        ("custom", Side::Left),
        ("label", Side::Left),
    ]);
    for object in schema.objects() {
        let custom = if object.is_custom() { "yes" } else { "" };
        let fields = object.live_fields().count().to_string();
        table.row([
            object.name.clone(),
            object.prefix().to_string(),
            fields,
            custom.to_owned(),
            in_all_languages(&object.label),
        ]);
    }
    output.table(&table)
}

fn show(engine: &Engine, name: &str, output: &mut Output<'_>) -> Result<(), Fault> {
    let schema = engine.schema()?;
    let Some(object) = schema.object(name) else {
        let known: Vec<&str> = schema
            .objects()
            .map(|object| object.name.as_str())
            .collect();
        return Err(Fault::input(
            format!(
                "there is no object '{name}'; there are {}",
                known.join(", ")
            ),
            "see `peyvand schema list`",
        ));
    };
    if output.json {
        return output.document(&**object);
    }
    let key = object.natural_key().map_or_else(String::new, |key| {
        format!(", may be referred to by its {}", key.name)
    });
    output.line(format!(
        "{}: ids begin with {}_{key}",
        object.name,
        object.prefix()
    ))?;
    let mut table = Table::new(&[
        ("field", Side::Left),
        ("holds", Side::Left),
        ("rules", Side::Left),
        ("label", Side::Left),
    ]);
    for field in object.live_fields() {
        table.row([
            field.name.clone(),
            holds(&field.kind),
            rules(field),
            in_all_languages(&field.label),
        ]);
    }
    output.table(&table)?;
    for index in object.indexes() {
        output.line(format!("has an index of {}", index.fields.join(", ")))?;
    }
    for total in object.totals() {
        let count = std::iter::once("count".to_owned());
        let measures = total.measures.iter().map(ToString::to_string);
        let measures: Vec<String> = count.chain(measures).collect();
        output.line(format!(
            "keeps the total {} by {}: {}",
            total.name,
            total.group_by.join(", "),
            measures.join(", ")
        ))?;
    }
    Ok(())
}

fn holds(kind: &FieldKind) -> String {
    match kind {
        FieldKind::Option { options } | FieldKind::MultiOption { options } => {
            format!("{}: {}", kind.name(), options.join(", "))
        }
        FieldKind::Reference { to, .. } => format!("reference to {}", to.join(", ")),
        FieldKind::Rollup(rollup) => format!("rollup over {}.{}", rollup.child, rollup.by),
        FieldKind::Plugin { of } => format!("text of type {of}"),
        other => other.name().to_owned(),
    }
}

fn rules(field: &Field) -> String {
    let rules = [
        ("required", field.required),
        ("unique", field.unique),
        ("indexed", field.indexed && !field.unique),
        ("read-only", field.read_only),
    ];
    rules
        .into_iter()
        .filter(|(_, holds)| *holds)
        .map(|(word, _)| word)
        .collect::<Vec<_>>()
        .join(", ")
}

fn in_all_languages(label: &Labels) -> String {
    // English first: the others are read from the right.
    let mut texts: Vec<(&str, &str)> = label
        .iter()
        .map(|(tag, text)| (tag.as_str(), text.as_str()))
        .collect();
    texts.sort_by_key(|(tag, _)| *tag != "en");
    texts
        .into_iter()
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .join(" · ")
}

/// A list of changes, or one of them.
fn changes(file: &Path) -> Result<Vec<SchemaChange>, Fault> {
    let text = source::text(file)?;
    let broken = |error: &serde_json::Error| {
        let message = format!("{} is no list of schema changes: {error}", file.display());
        Fault::input(
            message,
            "write a list such as [{\"change\": \"add_field\", \"object\": \"account\", \"field\": {\"name\": \"rating\", \"type\": \"text\"}}]",
        )
    };
    let json: Json = serde_json::from_str(&text).map_err(|error| broken(&error))?;
    let list = if json.is_array() {
        json
    } else {
        Json::Array(vec![json])
    };
    serde_json::from_value(list).map_err(|error| broken(&error))
}

fn apply(
    engine: &Engine,
    changes: Vec<SchemaChange>,
    strip: bool,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let count = changes.len() as u64;
    let committed = match strip {
        true => store::session(engine)?.change_schema_and_strip(changes)?,
        false => store::session(engine)?.change_schema(changes)?,
    };
    if output.json {
        return output.document(&json!({"applied": count, "position": committed.position.get(), "warnings": committed.warnings}));
    }
    output.line(format!("{} made", several(count, "change", "changes")))?;
    crate::record::warnings(&committed.warnings, output)
}

/// What the changes would take out of views, forms and dashboards.
fn in_use(engine: &Engine, changes: &[SchemaChange], output: &mut Output<'_>) -> Result<(), Fault> {
    let uses = store::session(engine)?.definitions_in_use(changes)?;
    if output.json {
        return output.document(&json!({"data": uses}));
    }
    if uses.is_empty() {
        return output.line("no view, form or dashboard uses what would go");
    }
    let mut table = Table::new(&[
        ("uses it", Side::Left),
        ("id", Side::Left),
        ("where", Side::Left),
        ("stripped", Side::Left),
        ("name", Side::Left),
    ]);
    for used in uses {
        table.row([
            used.object,
            used.id.to_string(),
            used.places.join(", "),
            (if used.remains {
                "stays"
            } else {
                "goes to the bin"
            })
            .to_owned(),
            used.name,
        ]);
    }
    output.table(&table)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_file_has_one_change_or_a_list_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("changes.json");
        let one = r#"{"change": "add_field", "object": "account", "field": {"name": "rating", "type": "option", "options": ["a", "b"]}}"#;
        for (text, count) in [
            (one.to_owned(), 1),
            (format!("[{one},{one}]"), 2),
            ("[]".to_owned(), 0),
        ] {
            std::fs::write(&path, &text).unwrap();
            assert_eq!(changes(&path).unwrap().len(), count, "{text}");
        }
    }

    #[test]
    fn a_change_that_is_none_names_the_file_and_shows_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("changes.json");
        for text in ["", "7", r#"[{"change": "drop_object"}]"#] {
            std::fs::write(&path, text).unwrap();
            let fault = changes(&path).unwrap_err();
            assert!(
                fault
                    .to_string()
                    .contains("changes.json is no list of schema changes"),
                "{fault}"
            );
        }
    }
}
