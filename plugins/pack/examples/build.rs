//! Builds the plugins in the folders given: `cargo run -p peyvand-pack --example build -- plugins/lead-score`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::Path;
use std::process::ExitCode;

use peyvand_pack::{BuildOptions, build};

fn main() -> ExitCode {
    let options = BuildOptions {
        target_dir: std::env::var_os("GUESTS_TARGET").map(Into::into),
        out_dir: std::env::var_os("GUESTS_OUT").map(Into::into),
    };
    for folder in std::env::args().skip(1) {
        match build(Path::new(&folder), &options) {
            Ok(built) => {
                let (id, version, size) = (&built.id, &built.version, built.size);
                println!("{id} {version}: {size} bytes");
                println!("  exports {}", built.exports.join(", "));
                println!("  imports {}", built.imports.join(", "));
            }
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
