//! What does the plugin remember? Its own keys, shared by all its hooks, as they were before the
//! batch. Writes are part of an answer: [`Answer::keep`](crate::Answer::keep) and
//! [`Effects::keep`](crate::Effects::keep). Natively a test's [`world`](crate::world) answers.

/// The value of a key.
pub fn get(key: &str) -> Option<Vec<u8>> {
    #[cfg(target_arch = "wasm32")]
    return crate::guest::kept(key);
    #[cfg(not(target_arch = "wasm32"))]
    crate::world::kept(key)
}

/// Keys that begin with `prefix` and their values, in order, after the key `after`; at most
/// `limit` (1 to 1,000) of them.
pub fn scan(prefix: &str, after: Option<&str>, limit: u32) -> Vec<(String, Vec<u8>)> {
    #[cfg(target_arch = "wasm32")]
    return crate::guest::kept_under(prefix, after, limit);
    #[cfg(not(target_arch = "wasm32"))]
    crate::world::kept_under(prefix, after, limit)
}
