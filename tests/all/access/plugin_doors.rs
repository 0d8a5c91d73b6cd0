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
    ]
}

pub(super) const WRITES: &[&str] = &[
    "Session::install_plugin",
    "Session::enable_plugin",
    "Session::remove_plugin",
    "Session::remove_plugin_and_strip",
];
