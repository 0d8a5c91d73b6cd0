//! What may a plugin do, in words that need no manual?

use peyvand::{Labels, Locale, PluginInfo, PluginRequirement, PluginRight, PluginSignature};

use super::state;
use super::words::{self, Word};
use crate::fault::Fault;
use crate::output::{Output, bytes};

pub(super) fn tell(
    plugin: &PluginInfo,
    installed: bool,
    language: Locale,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    output.line(format!(
        "{} {}: {}",
        plugin.id,
        plugin.version,
        words::label(&plugin.name, language)
    ))?;
    let description = words::label(&plugin.description, language);
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
    if let Some(pause) = &plugin.paused {
        let since = words::PAUSED.of(language);
        output.line(format!("{since} {}: {}", pause.since, pause.reason))?;
        output.line(format!("help: peyvand plugin resume {}", plugin.id))?;
    }
    output.line("")?;
    tell_powers(plugin, language, output)?;
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
pub(super) fn tell_powers(
    plugin: &PluginInfo,
    language: Locale,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    for (verb, word) in VERBS {
        let things = by_object(&plugin.rights, verb, language);
        tell_list(word, &things, language, output)?;
    }
    tell_list(
        &words::REQUIRES,
        &required(plugin, language),
        language,
        output,
    )?;
    tell_list(&words::BRINGS, &plugin.brings, language, output)?;
    tell_list(&words::WORKFLOWS, &plugin.workflows, language, output)?;
    output.line(words::NOTHING_ELSE.of(language))?;
    output.line(match plugin.on_failure.as_str() {
        "reject" => words::REJECTS.of(language),
        _ => words::SKIPS.of(language),
    })
}

/// A line for each plugin that it builds upon: `banking >=0.2.0 (0.2.1 is installed): for its loans`.
fn required(plugin: &PluginInfo, language: Locale) -> Vec<String> {
    let line = |other: &PluginRequirement| {
        let held = match &other.installed {
            Some(version) => format!("{version} {}", words::INSTALLED.of(language)),
            None => words::NOT_INSTALLED.of(language).to_owned(),
        };
        let name = format!("{} {}", other.plugin, other.version);
        let name = format!("{} ({held})", name.trim_end());
        match words::label(&other.why, language) {
            "" => name,
            why => format!("{name}: {why}"),
        }
    };
    plugin.requires.iter().map(line).collect()
}

const VERBS: [(&str, &Word); 7] = [
    ("read", &words::READ),
    ("update", &words::UPDATE),
    ("create", &words::CREATE),
    ("delete", &words::DELETE),
    ("call", &words::CALL),
    ("send", &words::SEND),
    ("keep", &words::KEEP),
];

fn tell_list(
    word: &Word,
    things: &[String],
    language: Locale,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    if things.is_empty() {
        return Ok(());
    }
    output.line(format!("{}:", word.of(language)))?;
    things
        .iter()
        .try_for_each(|thing| output.line(format!("  {thing}")))
}

/// The rights of one verb, a line for each object: `Lead: Phone, E-mail (not granted): to call back`.
fn by_object(rights: &[PluginRight], verb: &str, language: Locale) -> Vec<String> {
    let mut objects: Vec<(&str, Vec<String>, &str)> = Vec::new();
    for right in rights.iter().filter(|right| right.verb == verb) {
        let object = called(&right.object_label, &right.what, language);
        let field = right.field.as_deref().map(|field| match field {
            "*" => words::ALL_FIELDS.of(language).to_owned(),
            field => called(&right.field_label, field, language).to_owned(),
        });
        let withheld = || format!(" ({})", words::WITHHELD.of(language));
        let field = match (field, right.granted) {
            (Some(field), true) => Some(field),
            (Some(field), false) => Some(format!("{field}{}", withheld())),
            (None, false) => Some(withheld().trim().to_owned()),
            (None, true) => None,
        };
        let why = words::label(&right.why, language);
        match objects
            .iter_mut()
            .find(|(known, _, known_why)| *known == object && *known_why == why)
        {
            Some((_, fields, _)) => fields.extend(field),
            None => objects.push((object, field.into_iter().collect(), why)),
        }
    }
    let comma = words::COMMA.of(language);
    let line = |(object, fields, why): (&str, Vec<String>, &str)| {
        let fields = fields.join(comma);
        let parts = [object, fields.as_str(), why];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(": ")
    };
    objects.into_iter().map(line).collect()
}

/// What people call it, or its name.
fn called<'a>(label: &'a Labels, name: &'a str, language: Locale) -> &'a str {
    match words::label(label, language) {
        "" => name,
        label => label,
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rights_are_told_by_object_in_the_language_of_the_client() {
        let engine = peyvand::Engine::in_memory().open().unwrap();
        let file = std::fs::read(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../plugins/dist/follow-up.wasm"
        ));
        let plugin = engine.inspect_plugin(&file.unwrap()).unwrap();
        let lines = |language| by_object(&plugin.rights, "create", language);
        let [english] = lines(Locale::En).try_into().unwrap();
        assert!(english.contains("Subject"), "{english}");
        let [persian] = lines(Locale::Fa).try_into().unwrap();
        assert!(
            persian.contains('،') && !persian.contains("subject"),
            "{persian}"
        );
        let [arabic] = lines(Locale::Ar).try_into().unwrap();
        assert_ne!(persian, arabic);
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
