//! How does an author see at once what a change does? The folder is built and installed whenever its sources change.

use std::path::Path;
use std::time::Duration;

use peyvand::PluginConsent;
use peyvand_pack::{BuildOptions, build, source_hash};
use serde_json::{Value as Json, json};

use crate::fault::Fault;
use crate::output::{Output, bytes};
use crate::source;
use crate::store::{self, Need};

/// Between two looks at the sources.
const LOOK: Duration = Duration::from_millis(400);

/// Builds and installs; again with every change, unless it is to be done once. What fails is told, and the plugin that
/// is installed stays as it was.
pub(super) fn run(
    folder: &Path,
    settings: &Json,
    once: bool,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let mut built = None;
    loop {
        // While a file is being written its hash may be of a half; the next look sees the whole.
        let hash = source_hash(folder)?;
        if built.as_ref() != Some(&hash) {
            let done = renewed(folder, settings, dir, output);
            if once {
                return done;
            }
            if let Err(fault) = done {
                output.line(format!("not installed: {fault}"))?;
            }
            built = Some(hash);
        }
        std::thread::sleep(LOOK);
    }
}

fn renewed(
    folder: &Path,
    settings: &Json,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let built = build(folder, &BuildOptions::default())?;
    let file = source::bytes(&built.path)?;
    let mut consent = PluginConsent::default();
    (consent.grants, consent.unsigned) = (true, true);
    let plugin = store::with(dir, Need::Created, |engine| {
        let session = store::session(engine)?;
        Ok(session.install_plugin_with(&file, settings.clone(), consent)?)
    })?;
    if output.json {
        let (id, version) = (&plugin.id, &plugin.version);
        return output.document(&json!({"id": id, "version": version, "size": built.size}));
    }
    output.line(format!(
        "installed {} {}, {}",
        plugin.id,
        plugin.version,
        bytes(built.size)
    ))
}
