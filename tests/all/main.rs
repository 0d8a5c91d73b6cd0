//! Behaviour across rooms, in one binary: a file for each property that users rely on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "tests say what they expect"
)]

mod access;
mod bad_input;
mod banking;
mod bin;
mod contract;
mod conversion;
mod custom_schema;
mod customer;
mod energy;
mod every_failure;
mod follow_ups;
mod hostile_guests;
mod house_rules;
mod import_files;
mod import_maven;
mod languages;
mod model;
mod past;
mod plugins;
mod postgres;
mod projections;
mod queries;
mod scripts;
mod search;
mod setting;
mod store_directory;
mod two_writers;

/// A file that nobody lists would be a test that nobody runs.
#[test]
fn every_file_of_this_folder_is_listed() {
    let main = include_str!("main.rs");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("all");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "main") else {
            continue;
        };
        assert!(
            main.contains(&format!("\nmod {module};")),
            "tests/all/{name} is not listed in main.rs"
        );
    }
}
