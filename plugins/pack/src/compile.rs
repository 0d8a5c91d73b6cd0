//! How is a plugin's crate compiled to a module? By the cargo and rustc of the environment, small.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use toml::Value;

use crate::PackError;

const TARGET: &str = "wasm32-unknown-unknown";

/// Built for speed whatever the workspace's release profile says: every save pays for a guest's code, and its size, a
/// tenth more or less, is paid for once.
const PROFILE: [&str; 6] = [
    "profile.release.opt-level=3",
    "profile.release.lto=true",
    "profile.release.codegen-units=1",
    "profile.release.panic=\"abort\"",
    // The names of functions stay: they are what a trap is told with.
    "profile.release.strip=\"debuginfo\"",
    "profile.release.debug=false",
];

/// The folder of the cargo workspace around a plugin.
pub(crate) fn workspace_root(plugin_dir: &Path) -> Result<PathBuf, PackError> {
    let mut command = cargo();
    command
        .args(["locate-project", "--workspace", "--message-format", "plain"])
        .arg("--manifest-path")
        .arg(plugin_dir.join("Cargo.toml"));
    let output = run(&mut command, "CARGO")?;
    let path = String::from_utf8_lossy(&output.stdout);
    match Path::new(path.trim()).parent() {
        Some(root) if output.status.success() => Ok(root.to_owned()),
        _ => Err(PackError::NoWorkspace {
            folder: plugin_dir.display().to_string(),
            what: errors_of(&output),
        }),
    }
}

/// Compiles the plugin and reads the module.
pub(crate) fn module(
    plugin_dir: &Path,
    workspace: &Path,
    kit: Option<&Path>,
    target_dir: &Path,
) -> Result<Vec<u8>, PackError> {
    require_target()?;
    let (package, library) = names(&plugin_dir.join("Cargo.toml"))?;
    let mut command = cargo();
    command
        .args(["build", "--release", "--target", TARGET])
        .args(["--package", &package])
        .arg("--manifest-path")
        .arg(plugin_dir.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target_dir);
    for setting in PROFILE {
        command.args(["--config", setting]);
    }
    command.env_remove("RUSTFLAGS");
    command.env("CARGO_ENCODED_RUSTFLAGS", rust_flags(workspace, kit)?);
    let output = run(&mut command, "CARGO")?;
    if !output.status.success() {
        let what = errors_of(&output);
        let no_std = ["`core`", "`std`"]
            .iter()
            .any(|name| what.contains(&format!("can't find crate for {name}")));
        return Err(match no_std {
            true => PackError::NoTarget,
            false => PackError::Compile { package, what },
        });
    }
    let path = target_dir
        .join(TARGET)
        .join("release")
        .join(format!("{library}.wasm"));
    if !path.is_file() {
        let path = path.display().to_string();
        return Err(PackError::NoModule { package, path });
    }
    crate::read(&path)
}

/// Refuses early, and in words, where the standard library for the target is missing.
fn require_target() -> Result<(), PackError> {
    let mut command = rustc();
    command.args(["--print", "target-libdir", "--target", TARGET]);
    let output = run(&mut command, "RUSTC")?;
    let folder = String::from_utf8_lossy(&output.stdout);
    let has_core = std::fs::read_dir(folder.trim()).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"))
    });
    match has_core {
        true => Ok(()),
        false => Err(PackError::NoTarget),
    }
}

/// The flags of the environment, and short names for this machine's folders, which would else
/// be in the messages of panics.
fn rust_flags(workspace: &Path, kit: Option<&Path>) -> Result<OsString, PackError> {
    let mut flags = match std::env::var_os("CARGO_ENCODED_RUSTFLAGS") {
        Some(flags) => flags,
        None => std::env::var("RUSTFLAGS")
            .unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join("\u{1f}")
            .into(),
    };
    let sysroot = run(rustc().args(["--print", "sysroot"]), "RUSTC")?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim().to_owned());
    // Of several that fit, rustc takes the last.
    let folders = [
        (Some(sysroot), "rust"),
        (cargo_home(), "cargo"),
        (kit.map(Path::to_owned), "kit"),
        (Some(workspace.to_owned()), "peyvand"),
    ];
    for (folder, name) in folders {
        let Some(folder) = folder else { continue };
        if !flags.is_empty() {
            flags.push("\u{1f}");
        }
        flags.push("--remap-path-prefix=");
        flags.push(&folder);
        flags.push("=");
        flags.push(name);
    }
    Ok(flags)
}

/// The folders of this machine that a module could name.
pub(crate) fn machine_folders(workspace: &Path, kit: Option<&Path>) -> Vec<String> {
    [
        cargo_home(),
        kit.map(Path::to_owned),
        Some(workspace.to_owned()),
    ]
    .into_iter()
    .flatten()
    .map(|folder| folder.to_string_lossy().into_owned())
    .collect()
}

fn cargo_home() -> Option<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// The package's name and its library's file name.
fn names(cargo_toml: &Path) -> Result<(String, String), PackError> {
    let table = crate::read_toml(cargo_toml, &crate::read(cargo_toml)?)?;
    let name_in = |section: &str| {
        let name = table.get(section)?.get("name").and_then(Value::as_str)?;
        Some(name.to_owned())
    };
    let package = name_in("package").ok_or_else(|| PackError::Manifest {
        path: cargo_toml.display().to_string(),
        what: "there is no package name; a plugin is a cargo package".to_owned(),
    })?;
    let library = name_in("lib").unwrap_or_else(|| package.replace('-', "_"));
    Ok((package, library))
}

fn cargo() -> Command {
    program("CARGO", "cargo")
}

fn rustc() -> Command {
    program("RUSTC", "rustc")
}

fn program(variable: &str, name: &str) -> Command {
    Command::new(std::env::var_os(variable).unwrap_or_else(|| OsStr::new(name).to_owned()))
}

fn run(command: &mut Command, variable: &'static str) -> Result<Output, PackError> {
    command.output().map_err(|source| PackError::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        variable,
        source,
    })
}

fn errors_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}
