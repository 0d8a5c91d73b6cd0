//! Which form does an object have where nobody declared one?

use std::collections::BTreeSet;

use super::form::{FormDefinition, FormField, FormPurpose, FormSection};
use super::words;
use crate::schema::{Field, FieldKind, Labels, Object, system};

/// A section in the making: its heading, whether it is folded, its fields.
type Built<'a> = (Labels, bool, Vec<&'a Field>);

/// The form that the engine makes of the schema where nobody declared one.
pub(super) fn built_in(object: &Object, purpose: FormPurpose) -> FormDefinition {
    let is_own = |field: &&Field| field.number >= system::FIRST_DECLARED;
    let is_kept = |field: &Field| field.read_only || field.is_rollup();
    let is_main =
        |field: &Field| field.number == object.title_field || field.required || field.is_indexed();
    let fields: Vec<&Field> = object.live_fields().filter(is_own).collect();
    let pick = |wanted: &dyn Fn(&Field) -> bool| -> Vec<&Field> {
        fields
            .iter()
            .copied()
            .filter(|field| wanted(field))
            .collect()
    };
    let mine = |field: &Field| field.brought_by.is_none() && !is_kept(field);
    let mut main = pick(&|field| mine(field) && is_main(field));
    main.sort_by_key(|field| (field.number != object.title_field, !field.required));
    let details = pick(&|field| mine(field) && !is_main(field));
    let mut sections: Vec<Built<'_>> = vec![
        (Labels::new(), false, main),
        (words::DETAILS.labels(), false, details),
    ];
    let plugins: BTreeSet<&str> = fields
        .iter()
        .filter_map(|field| field.brought_by.as_deref())
        .collect();
    for plugin in plugins {
        let named = [("en".to_owned(), plugin.to_owned())].into();
        let brought = pick(&|field| {
            field.brought_by.as_deref() == Some(plugin)
                && (!is_kept(field) || purpose != FormPurpose::Create)
        });
        sections.push((named, false, brought));
    }
    if purpose == FormPurpose::Show {
        let kept = pick(&|field| field.brought_by.is_none() && is_kept(field));
        sections.push((words::TOTALS.labels(), false, kept));
        let stamps = object.live_fields().filter(|field| !is_own(field));
        sections.push((words::HISTORY.labels(), true, stamps.collect()));
    }
    let built = sections
        .into_iter()
        .filter(|(_, _, fields)| !fields.is_empty())
        .map(|(label, collapsed, fields)| FormSection {
            label,
            collapsed,
            rows: in_rows(&fields),
            ..FormSection::default()
        });
    FormDefinition {
        sections: built.collect(),
        ..FormDefinition::new(&object.name)
    }
}

/// Two fields a row; what is long has a row of its own.
fn in_rows(fields: &[&Field]) -> Vec<Vec<FormField>> {
    let mut rows: Vec<Vec<FormField>> = Vec::new();
    let mut open = false;
    for field in fields {
        let long = matches!(
            field.kind,
            FieldKind::LongText | FieldKind::Address | FieldKind::Json
        );
        let one = FormField::new(&field.name);
        match rows.last_mut().filter(|_| open && !long) {
            Some(row) => {
                row.push(one);
                open = false;
            }
            None => {
                rows.push(vec![one]);
                open = !long;
            }
        }
    }
    rows
}
