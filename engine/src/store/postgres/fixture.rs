//! Which database do tests run on?

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::PostgresBackend;
use crate::store::Retention;

/// The connection string of a database for tests; `None` after saying so, where none is given.
pub(crate) fn server() -> Option<String> {
    let url = std::env::var("PEYVAND_POSTGRES").ok();
    if url.is_none() {
        let forbidden = std::env::var_os("PEYVAND_NO_SKIPS").is_some();
        assert!(
            !forbidden,
            "PEYVAND_POSTGRES is not set, and no test may be skipped"
        );
        eprintln!("skipped: PEYVAND_POSTGRES names no database; `.ci/postgres start` makes one");
    }
    url
}

/// A tenant that no other test and no other run has.
pub(crate) fn tenant(test: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{test}-{}-{}-{number}", std::process::id(), now.as_nanos())
}

/// Runs a property on a tenant of its own, if there is a database.
pub(crate) fn in_database(
    test: &str,
    keep_history: Retention,
    property: fn(Arc<dyn crate::store::Backend>),
) {
    if let Some(url) = server() {
        let store = PostgresBackend::open(&url, &tenant(test), true, keep_history).unwrap();
        property(Arc::new(store));
    }
}
