//! What may a plugin do, in words that need no manual?

use peyvand::{Labels, PluginInfo, PluginSignature};

use super::state;
use crate::fault::Fault;
use crate::output::{Output, bytes};

pub(super) fn tell(
    plugin: &PluginInfo,
    installed: bool,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    output.line(format!(
        "{} {}: {}",
        plugin.id,
        plugin.version,
        label(&plugin.name)
    ))?;
    let description = label(&plugin.description);
    if !description.is_empty() {
        output.line(description)?;
    }
    output.line("")?;
    output.line(fact(
        "state",
        if installed {
            state(plugin)
        } else {
            "a file, not installed by this command"
        },
    ))?;
    output.line(fact(
        "file",
        &format!("{}, contract {}", bytes(plugin.size), plugin.contract),
    ))?;
    output.line(fact("blake3", &plugin.hash))?;
    output.line(fact("signature", &signature(plugin)))?;
    output.line(fact("offers", &interfaces(&plugin.exports)))?;
    output.line(fact("is given", &interfaces(&plugin.imports)))?;
    if let Some(why) = &plugin.broken {
        output.line(fact("broken", why))?;
    }
    output.line("")?;
    tell_powers(plugin, output)?;
    let Some(settings) = plugin
        .settings
        .as_object()
        .filter(|settings| !settings.is_empty())
    else {
        return Ok(());
    };
    output.line("")?;
    output.line("Its settings:")?;
    settings
        .iter()
        .try_for_each(|(name, value)| output.line(format!("  {name} = {value}")))
}

/// Who signed it, in words.
pub(super) fn signature(plugin: &PluginInfo) -> String {
    match &plugin.signature {
        PluginSignature::Trusted {
            key, name, comment, ..
        } => format!("signed by {name} (key {key}) as {comment}"),
        PluginSignature::Unknown { key, .. } => {
            format!("signed with the key {key}, which is not trusted")
        }
        _ => "not signed".to_owned(),
    }
}

/// What it may do, and that it can do nothing else.
pub(super) fn tell_powers(plugin: &PluginInfo, output: &mut Output<'_>) -> Result<(), Fault> {
    let powers = [
        ("It reads", by_object(&plugin.reads)),
        ("It sets", by_object(&plugin.writes)),
        ("It may ask for", plugin.effects.clone()),
        ("It brings", plugin.brings.clone()),
        ("It runs the workflows", plugin.workflows.clone()),
    ];
    for (verb, things) in powers.into_iter().filter(|(_, things)| !things.is_empty()) {
        output.line(format!("{verb}:"))?;
        things
            .iter()
            .try_for_each(|thing| output.line(format!("  {thing}")))?;
    }
    output.line("It cannot reach anything else: no files, no network, no clock of its own, no other records")?;
    output.line(match plugin.on_failure.as_str() {
        "skip" => "When it fails, the record is saved without it".to_owned(),
        "reject" => "When it fails, the record is refused".to_owned(),
        other => format!("When it fails: {other}"),
    })
}

/// `lead.email`, `lead.phone` are `lead: email, phone` to people.
fn by_object(fields: &[String]) -> Vec<String> {
    let mut objects: Vec<(&str, Vec<&str>)> = Vec::new();
    for (object, field) in fields
        .iter()
        .map(|field| field.split_once('.').unwrap_or((field, "")))
    {
        match objects.iter_mut().find(|(known, _)| *known == object) {
            Some((_, fields)) => fields.push(field),
            None => objects.push((object, vec![field])),
        }
    }
    objects
        .into_iter()
        .map(|(object, fields)| format!("{object}: {}", fields.join(", ")))
        .collect()
}

fn fact(name: &str, value: &str) -> String {
    format!("{name:<9} {value}")
}

/// `peyvand:plugin/before-save@0.1.0` is `before-save` to people.
fn interfaces(names: &[String]) -> String {
    let short = |name: &String| {
        let short = name
            .strip_prefix("peyvand:plugin/")
            .and_then(|rest| rest.split('@').next());
        short.unwrap_or(name).to_owned()
    };
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.iter().map(short).collect::<Vec<_>>().join(", ")
    }
}

/// The English text, or any.
pub(super) fn label(labels: &Labels) -> &str {
    labels
        .get("en")
        .or_else(|| labels.values().next())
        .map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_listed_by_object() {
        let fields = ["lead.email", "deal.amount", "lead.old.status"].map(str::to_owned);
        assert_eq!(
            by_object(&fields),
            ["lead: email, old.status", "deal: amount"]
        );
    }

    #[test]
    fn interfaces_of_the_contract_go_by_their_short_names_and_foreign_ones_in_full() {
        let names = [
            "peyvand:plugin/before-save@0.1.0".to_owned(),
            "wasi:io/streams@0.2.0".to_owned(),
        ];
        assert_eq!(interfaces(&names), "before-save, wasi:io/streams@0.2.0");
        assert_eq!(interfaces(&[]), "nothing");
    }
}
