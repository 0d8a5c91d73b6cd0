//! Do the readers keep calm whatever bytes they are given?

use peyvand_proof::mutate::{corpus, drive, drive_readers, open_store_with_journal};

#[test]
fn a_mutated_journal_opens_or_is_told_to_be_damaged() {
    let scratch = peyvand_proof::scratch().unwrap();
    drive_readers(2_000).unwrap();
    let open = |bytes: &[u8]| open_store_with_journal(bytes, scratch.path());
    drive(&corpus("journal").unwrap(), 150, open).unwrap();
}
