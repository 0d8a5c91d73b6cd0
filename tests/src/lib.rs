//! The test package has no library of its own; see `all/`.
