//! What does the administrator let a plugin do?

use crate::error::{Error, ErrorKind, Result};
use crate::plugin::{self, Right, Rights};
use crate::schema::Schema;
use crate::session::Session;

use super::info::PluginInfo;
use super::plugins::{as_json, no_plugin};

impl Session {
    /// Changes what an installed plugin may do: gives and withholds rights, each as
    /// [`PluginRight::right`](crate::PluginRight::right) writes it. A right without a field, such as `read lead`, is
    /// all that the plugin needs of it; `all` is everything that it needs.
    ///
    /// What it may not read it sees as absent; what it may not change is refused with an error that names the right.
    ///
    /// # Errors
    /// When it is not installed, a text is no right, the plugin does not need or have it, or a hook could not work any
    /// more: one that is asked about an object which it may not see, or would never be asked again.
    pub fn grant_plugin(&self, id: &str, give: &[&str], withhold: &[&str]) -> Result<PluginInfo> {
        let _one = self.engine.installing();
        let Some((mut held, bytes)) = self.stored_plugin(id)? else {
            return Err(no_plugin(id, ""));
        };
        let runtime = self.engine.plugin_runtime()?;
        let opened = plugin::open(&runtime, &bytes)?;
        let schema = self.engine.schema()?;
        let needed = opened.manifest.rights();
        let before = held.granted().unwrap_or_else(|| needed.clone());
        let mut granted = before.clone();
        for text in give {
            give_one(&mut granted, text, &needed).map_err(refused)?;
        }
        for text in withhold {
            withhold_one(&mut granted, text, &schema).map_err(refused)?;
        }
        held.grants = as_json(Some(&granted));
        if granted != before || held.granted().is_none() {
            plugin::load(&runtime, &bytes, &opened.manifest, &held.terms(), &schema)?;
            let listed = |verb: &str, rights: &[&str]| match rights {
                [] => String::new(),
                rights => format!(", {verb} {}", rights.join(", ")),
            };
            let what = format!(
                "grants of plugin {id}{}{}",
                listed("give", give),
                listed("withhold", withhold)
            );
            self.put_plugin(what, &held)?;
        }
        self.plugin(id)
    }
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Plugin, message)
        .hint("`peyvand plugin grant NAME` lists what the plugin needs")
}

fn give_one(granted: &mut Rights, text: &str, needed: &Rights) -> std::result::Result<(), String> {
    match text.trim() {
        "all" => {
            *granted = needed.clone();
            Ok(())
        }
        text => granted.give(&text.parse()?, needed),
    }
}

fn withhold_one(
    granted: &mut Rights,
    text: &str,
    schema: &Schema,
) -> std::result::Result<(), String> {
    let right: Right = text.parse()?;
    let object = match &right {
        Right::Record { object, .. } => schema.object(object),
        _ => None,
    };
    let fields = object.into_iter().flat_map(|object| object.live_fields());
    granted.withhold(&right, fields.map(|field| field.name.as_str()))
}
