//! What reads or changes plugins?

use super::leaks::Door;

pub(super) fn doors() -> Vec<Door> {
    let door = |name, tried| Door { name, tried };
    vec![
        door("Session::plugins", |session, _| {
            format!("{:?}", session.plugins().map(drop).unwrap_err())
        }),
        door("Session::plugin", |session, _| {
            format!("{:?}", session.plugin("lead-score").map(drop).unwrap_err())
        }),
        door("Session::plugin_log", |session, _| {
            format!("{:?}", session.plugin_log("lead-score").unwrap_err())
        }),
        door("Session::preview_plugin", |session, _| {
            format!("{:?}", session.preview_plugin(b"").map(drop).unwrap_err())
        }),
        door("Session::preview_plugin_removal", |session, _| {
            let removal = session.preview_plugin_removal("lead-score");
            format!("{:?}", removal.map(drop).unwrap_err())
        }),
        door("Session::plugin_values", |session, _| {
            let values = session.plugin_values("lead-score", |id, _| panic!("{id} is shown"));
            format!("{:?}", values.unwrap_err())
        }),
        door("Session::trusted_keys", |session, _| {
            format!("{:?}", session.trusted_keys().unwrap_err())
        }),
    ]
}

pub(super) const WRITES: &[&str] = &[
    "Session::install_plugin",
    "Session::install_plugin_with",
    "Session::install_unsigned_plugin",
    "Session::grant_plugin",
    "Session::enable_plugin",
    "Session::resume_plugin",
    "Session::drop_plugin_values",
    "Session::trust_key",
    "Session::distrust_key",
    "Session::remove_plugin",
    "Session::remove_plugin_and_strip",
];
