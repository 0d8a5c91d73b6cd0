//! Does a store of each format still open, with everything in it?

use peyvand_proof::fixture::{kept, still_opens};

#[test]
fn a_store_of_each_format_opens_with_everything_in_it() {
    let scratch = peyvand_proof::scratch().unwrap();
    for kept in kept().unwrap() {
        let records = still_opens(&kept, scratch.path());
        let records = records.unwrap_or_else(|why| panic!("{}: {why}", kept.display()));
        assert!(records > 5, "{} holds {records} records", kept.display());
    }
}
