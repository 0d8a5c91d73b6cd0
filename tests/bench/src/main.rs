//! How fast is the store, beside SQLite and the bare disk on the same work?

fn main() {}
