//! The long proofs, and a table of what they showed.
fn main() {}
