//! Which other plugins does a plugin build upon, and in which versions?

use std::fmt;

use serde::{Deserialize, Deserializer};

use super::manifest::{Faults, is_word};
use crate::schema::{Labels, did_you_mean};

/// Another plugin whose objects, fields or records it uses: `[[requires]]` of its manifest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requirement {
    pub(crate) plugin: String,
    /// Any version where it says none.
    #[serde(default)]
    pub(crate) version: Range,
    /// What for, in several languages.
    #[serde(default)]
    pub(crate) why: Labels,
}

/// Versions that will do: `>=0.2, <0.4`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Range {
    bounds: Vec<(Comparison, Version)>,
    /// As it was written, where it could not be read.
    unread: Option<String>,
}

type Version = [u32; 3];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    Above,
    Below,
    Is,
}

/// The longer ones first, so that `>=` is not read as `>`.
const COMPARISONS: [(&str, Comparison); 5] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    (">", Comparison::Above),
    ("<", Comparison::Below),
    ("=", Comparison::Is),
];

impl Range {
    pub(crate) fn read(text: &str) -> Self {
        let parts = text.split(',').map(bound).collect::<Option<Vec<_>>>();
        match parts {
            Some(bounds) => Self {
                bounds,
                unread: None,
            },
            None => Self {
                bounds: Vec::new(),
                unread: Some(text.to_owned()),
            },
        }
    }

    /// Whether a version is one of them. What cannot be read is none.
    pub(crate) fn has(&self, version: &str) -> bool {
        let Some(version) = self::version(version).filter(|_| self.unread.is_none()) else {
            return false;
        };
        self.bounds
            .iter()
            .all(|(comparison, bound)| match comparison {
                Comparison::AtLeast => version >= *bound,
                Comparison::AtMost => version <= *bound,
                Comparison::Above => version > *bound,
                Comparison::Below => version < *bound,
                Comparison::Is => version == *bound,
            })
    }
}

fn bound(text: &str) -> Option<(Comparison, Version)> {
    let text = text.trim();
    let (rest, comparison) = COMPARISONS
        .iter()
        .find_map(|(sign, comparison)| Some((text.strip_prefix(sign)?, *comparison)))?;
    Some((comparison, version(rest.trim())?))
}

/// Three numbers; those that are left out are zero.
fn version(text: &str) -> Option<Version> {
    let mut version = [0; 3];
    let mut places = version.iter_mut();
    for number in text.split('.') {
        *places.next()? = number.parse().ok()?;
    }
    Some(version)
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self::read(&String::deserialize(from)?))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(unread) = &self.unread {
            return to.write_str(unread);
        }
        for (place, (comparison, [first, second, third])) in self.bounds.iter().enumerate() {
            let sign = COMPARISONS.iter().find(|(_, known)| known == comparison);
            let sign = sign.map_or("", |(sign, _)| sign);
            let comma = if place > 0 { ", " } else { "" };
            write!(to, "{comma}{sign}{first}.{second}.{third}")?;
        }
        Ok(())
    }
}

impl Requirement {
    /// `banking >=0.2.0, <0.4.0`.
    pub(crate) fn title(&self) -> String {
        let version = self.version.to_string();
        format!("{} {version}", self.plugin).trim_end().to_owned()
    }

    /// What is amiss where these plugins, each with its version, are installed.
    pub(crate) fn unmet(&self, installed: &[(String, String)]) -> Option<String> {
        let held = installed.iter().find(|(id, _)| *id == self.plugin);
        match held {
            Some((_, version)) if self.version.has(version) => None,
            Some((id, version)) => Some(format!(
                "it requires plugin {}, and {id} {version} is installed",
                self.title()
            )),
            None => {
                let near = did_you_mean(&self.plugin, installed.iter().map(|(id, _)| id.as_str()));
                Some(format!(
                    "it requires plugin {}, which is not installed{near}",
                    self.title()
                ))
            }
        }
    }
}

/// Checks what a manifest says under `[[requires]]`.
pub(super) fn check(id: &str, requires: &[Requirement], faults: &mut Faults) {
    for (place, requirement) in requires.iter().enumerate() {
        let name = &requirement.plugin;
        let mut fault = |message| faults.add(&format!("requires {name}"), "manifest", message);
        if !is_word(name) {
            fault(format!("'{name}' is not the id of a plugin"));
        }
        if name == id {
            fault("a plugin does not require itself".to_owned());
        }
        let earlier = requires.iter().take(place);
        if earlier.into_iter().any(|earlier| earlier.plugin == *name) {
            fault(format!(
                "it requires {name} twice; one version says all: \">=0.2, <0.4\""
            ));
        }
        if let Some(unread) = &requirement.version.unread {
            fault(format!(
                "'{unread}' says no versions; write \">=0.2, <0.4\", with >=, >, <=, < or ="
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_the_versions_between_its_bounds() {
        for (range, version, has) in [
            (">=0.2, <0.4", "0.2.0", true),
            (">=0.2, <0.4", "0.3.99", true),
            (">=0.2, <0.4", "0.4.0", false),
            (">=0.2,<0.4", "0.1.9", false),
            (">0.9.9", "0.10.0", true),
            ("<= 1", "1.0.0", true),
            ("<=1", "1.0.1", false),
            ("=1.2.3", "1.2.3", true),
            ("=1.2.3", "1.2.4", false),
            ("1.2.3", "1.2.3", false),
            (">=1.2.3.4", "9.9.9", false),
            (">=-1", "9.9.9", false),
            (">=4294967296", "9.9.9", false),
            ("", "1.0.0", false),
        ] {
            assert_eq!(Range::read(range).has(version), has, "{version} {range}");
        }
        assert!(Range::default().has("0.0.1"));
        assert_eq!(Range::read(">=0.2,< 4").to_string(), ">=0.2.0, <4.0.0");
    }
}
