//! Does the reader of checkpoints keep calm whatever bytes it is given?
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| peyvand::testing::fuzz_checkpoint(bytes));
