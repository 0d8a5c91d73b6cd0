//! What must the packer know of `plugin.toml`? Its head and its kinds of hook; the host reads
//! and checks the rest.

use std::collections::BTreeSet;
use std::path::Path;

use toml::{Table, Value};

use crate::{CONTRACT, PackError};

const POINTS: [&str; 7] = [
    "field-type",
    "computed-fields",
    "before-save",
    "after-commit",
    "workflow-action",
    "gamification",
    "on-reply",
];

/// The part of a manifest that a build depends on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) points: BTreeSet<String>,
}

impl Head {
    pub(crate) fn read(path: &Path, bytes: &[u8]) -> Result<Self, PackError> {
        let table = crate::read_toml(path, bytes)?;
        Self::of(&table).map_err(|what| PackError::Manifest {
            path: path.display().to_string(),
            what,
        })
    }

    fn of(table: &Table) -> Result<Self, String> {
        let text = |key: &str| match table.get(key) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text.as_str()),
            _ => Err(format!("`{key}` is missing; set it to a text")),
        };
        let id = text("id")?;
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !id.bytes().all(is_plain) || id.starts_with('-') || id.ends_with('-') {
            return Err(format!(
                "the id {id} may have only a to z, 0 to 9 and - inside"
            ));
        }
        let contract = text("contract")?;
        if contract != CONTRACT {
            return Err(format!(
                "contract {contract} is not the one of this packer; set it to {CONTRACT}"
            ));
        }
        if !matches!(text("on-failure")?, "skip" | "reject") {
            return Err("`on-failure` must be skip or reject".to_owned());
        }
        let points = hook_points(table)?;
        Ok(Self {
            id: id.to_owned(),
            version: text("version")?.to_owned(),
            points,
        })
    }
}

fn hook_points(table: &Table) -> Result<BTreeSet<String>, String> {
    let hooks = match table.get("hook") {
        Some(Value::Array(hooks)) => hooks.as_slice(),
        // It may bring data and no code; the host says whether it brings anything.
        _ => &[],
    };
    let mut points = BTreeSet::new();
    for hook in hooks {
        match hook.get("point").and_then(Value::as_str) {
            Some(point) if POINTS.contains(&point) => points.insert(point.to_owned()),
            Some(point) => {
                return Err(format!(
                    "a hook's point is {point}; it must be one of {}",
                    POINTS.join(", ")
                ));
            }
            None => return Err("a [[hook]] has no `point`".to_owned()),
        };
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const GOOD: &str = "id = \"a-1\"\nversion = \"0.1.0\"\ncontract = \"0.1\"\non-failure = \"skip\"\n\
                        [[hook]]\npoint = \"before-save\"\n";

    fn head(text: &str) -> Result<Head, String> {
        Head::of(&text.parse().unwrap())
    }

    #[test]
    fn a_head_without_what_a_build_needs_is_refused_with_the_remedy() {
        assert_eq!(head(GOOD).unwrap().id, "a-1");
        for (from, to, part) in [
            ("a-1", "A_1", "only a to z"),
            ("\"0.1\"", "\"9\"", "set it to 0.1"),
            ("\"skip\"", "\"shrug\"", "skip or reject"),
            ("before-save", "before-lunch", "one of field-type"),
        ] {
            let error = head(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
