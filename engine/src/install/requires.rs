//! Are the plugins there that a plugin builds upon, and who builds upon this one?

use super::Plugin;
use crate::error::{Error, ErrorKind, Failure, Result};
use crate::plugin::{Manifest, Range, Requirement};
use crate::schema::Labels;
use crate::session::Session;

/// Another plugin that a plugin builds upon.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PluginRequirement {
    /// Its id.
    pub plugin: String,
    /// The versions that will do, `>=0.2.0, <0.4.0`; empty where any does.
    pub version: String,
    /// What the manifest says it is for.
    pub why: Labels,
    /// The version that is installed, if one is.
    pub installed: Option<String>,
    /// Whether that one will do.
    pub met: bool,
}

impl PluginRequirement {
    fn new(requirement: &Requirement, installed: &[(String, String)]) -> Self {
        let mut held = installed.iter();
        let held = held.find(|(id, _)| *id == requirement.plugin);
        Self {
            plugin: requirement.plugin.clone(),
            version: requirement.version.to_string(),
            why: requirement.why.clone(),
            installed: held.map(|(_, version)| version.clone()),
            met: requirement.unmet(installed).is_none(),
        }
    }
}

/// As an entry of the store keeps it: each other plugin with the versions that will do.
pub(super) fn kept(manifest: &Manifest) -> Vec<(String, String)> {
    let kept =
        |requirement: &Requirement| (requirement.plugin.clone(), requirement.version.to_string());
    manifest.requires.iter().map(kept).collect()
}

fn of_kept((plugin, range): &(String, String)) -> Requirement {
    let version = match range.is_empty() {
        true => Range::default(),
        false => Range::read(range),
    };
    Requirement {
        plugin: plugin.clone(),
        version,
        why: Labels::new(),
    }
}

impl Session {
    /// The installed plugins with their versions.
    fn installed_versions(&self) -> Result<Vec<(String, String)>> {
        let plugins = self.definitions()?.plugins.into_iter();
        Ok(plugins
            .map(|(plugin, _)| (plugin.id, plugin.version))
            .collect())
    }

    /// What a plugin builds upon, and whether it is there.
    pub(super) fn requirements(&self, manifest: &Manifest) -> Result<Vec<PluginRequirement>> {
        if manifest.requires.is_empty() {
            return Ok(Vec::new());
        }
        let installed = self.installed_versions()?;
        let requires = manifest.requires.iter();
        Ok(requires
            .map(|requirement| PluginRequirement::new(requirement, &installed))
            .collect())
    }

    /// Refuses a plugin whose requirements are not met, and a version that those which are switched on do not build upon.
    pub(super) fn must_fit_the_others(&self, manifest: &Manifest) -> Result<()> {
        self.must_be_there(manifest)?;
        let users: Vec<String> = self
            .users_of(&manifest.id)?
            .into_iter()
            .filter(|(user, range)| user.enabled && !range.has(&manifest.version))
            .map(|(user, range)| format!("plugin {} {} requires {range}", user.id, user.version))
            .collect();
        if users.is_empty() {
            return Ok(());
        }
        let message = format!(
            "plugin {} cannot be installed: {}",
            manifest.title(),
            users.join("; ")
        );
        Err(Error::new(ErrorKind::Plugin, message).hint(
            "disable those that require another version, install this one, and then versions of theirs that go with it",
        ))
    }

    /// Refuses a plugin whose requirements are not met.
    pub(super) fn must_be_there(&self, manifest: &Manifest) -> Result<()> {
        self.must_all_be_met(&manifest.title(), &manifest.requires)
    }

    fn must_all_be_met(&self, title: &str, requires: &[Requirement]) -> Result<()> {
        if requires.is_empty() {
            return Ok(());
        }
        let installed = self.installed_versions()?;
        let unmet = requires.iter().filter_map(|requirement| {
            let why = requirement.unmet(&installed)?;
            let place = format!("requires {}", requirement.plugin);
            Some(Failure::field(
                &place,
                "requires",
                format!("plugin {title}: {why}"),
            ))
        });
        let unmet: Vec<Failure> = unmet.collect();
        if unmet.is_empty() {
            return Ok(());
        }
        Err(Error::with_failures(ErrorKind::Plugin, unmet)
            .hint("install a version that will do first: `peyvand plugin install FILE`"))
    }

    /// Refuses to switch a plugin on whose requirements are not met.
    pub(super) fn must_run_with_the_others(&self, plugin: &Plugin) -> Result<()> {
        let requires: Vec<Requirement> = plugin.requires.iter().map(of_kept).collect();
        self.must_all_be_met(&format!("{} {}", plugin.id, plugin.version), &requires)
    }

    /// Refuses to take a plugin away that others build upon, also where those are switched off.
    pub(super) fn must_not_be_required(&self, id: &str) -> Result<()> {
        let users = self.requiring(id)?;
        if users.is_empty() {
            return Ok(());
        }
        let message = format!("plugin {id} cannot be removed: {}", users.join("; "));
        Err(Error::new(ErrorKind::Plugin, message).hint("remove those that require it first"))
    }

    /// Who builds upon a plugin, in words.
    pub(super) fn requiring(&self, id: &str) -> Result<Vec<String>> {
        let users = self.users_of(id)?.into_iter();
        Ok(users
            .map(|(user, _)| format!("plugin {} {} requires it", user.id, user.version))
            .collect())
    }

    fn users_of(&self, id: &str) -> Result<Vec<(Plugin, Range)>> {
        let plugins = self.definitions()?.plugins.into_iter();
        let users = plugins.filter_map(|(plugin, _)| {
            let mut requires = plugin.requires.iter();
            let kept = requires.find(|(other, _)| other == id)?;
            let range = of_kept(kept).version;
            Some((plugin, range))
        });
        Ok(users.collect())
    }
}
